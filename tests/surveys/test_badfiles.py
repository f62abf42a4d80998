"""Every awkward and hostile upload of the study material, judged as its own checker does."""

import csv
import json
import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from surveys.checking import accepted_rows, check_table, refusal_as_dict, report_as_dict
from surveys.fieldwork import FieldSite, FieldWave, Fieldwork
from surveys.problems import FileRefused
from surveys.reading import read_file
from surveys.xlsform import load_instrument
from tests.shared import SHARED, needs_shared


FOLDER = SHARED / "badfiles"
MANIFEST: dict[str, Any] = (
    json.loads((FOLDER / "manifest.json").read_text("utf-8")) if FOLDER.is_dir() else {"cases": []}
)
IDS = [Path(case["file"]).name for case in MANIFEST["cases"]]
NAMES = {"VNM": ("VN", "Viet Nam", "Vietnam", "베트남")}

pytestmark = needs_shared


@cache
def questionnaire() -> Any:
    return load_instrument(FOLDER / MANIFEST["form"])


def campaign(country: str) -> Fieldwork:
    return Fieldwork(
        campaign="awareness",
        sites=(FieldSite(id="here", country=country, country_names=NAMES.get(country, ())),),
        waves=(FieldWave(id="baseline"), FieldWave(id="endline")),
        parts={
            "submission": "submission_id", "country": "country", "wave": "wave", "arm": "arm", "cluster": "cluster",
            "weight": "weight", "interview_date": "interview_date",
        },
        wave_values={"baseline": ("baseline",), "endline": ("endline",)},
        arm_values={"treatment": ("treatment",), "control": ("control",)},
        site="here",
    )  # fmt: skip


@cache
def judged(place: int) -> dict[str, Any]:
    """What becomes of one upload, as the checker of the material wants to hear it."""
    case = MANIFEST["cases"][place]
    try:
        raw = read_file(FOLDER / case["file"], name=case["upload_as"])
        report = check_table(
            raw, questionnaire(), campaign(case["context"]["country"]), today=date(2026, 11, 23)
        )
    except FileRefused as refused:
        said = refusal_as_dict(refused)
        return {"outcome": "reject-file", "accepted": 0, "rows": [], "bad": None, "said": said}
    rows = accepted_rows(report).to_pylist()
    return {
        "outcome": report.verdict,
        "accepted": len(rows),
        "rows": rows,
        "bad": sorted(report.rejected + report.held),
        "said": report_as_dict(report),
    }


def plain(name: str, value: str | None, mode: str) -> str:
    text = value or ""
    if mode == "nfc":
        text = unicodedata.normalize("NFC", text)
    if name == "channels":
        return " ".join(sorted(text.split()))
    if name in ("age", "weight") or re.match(r"(att|int)_\d", name):
        try:
            return str(Decimal(text.strip()).normalize())
        except InvalidOperation:
            return text
    return text.strip()


def expected(case: dict[str, Any]) -> dict[str, dict[str, str]]:
    with (FOLDER / case["expected_table"]).open(encoding="utf-8", newline="") as stream:
        return {row["submission_id"]: row for row in csv.DictReader(stream)}


@pytest.mark.parametrize("place", range(len(IDS)), ids=IDS)
def test_an_awkward_upload_comes_to_what_it_should(place: int) -> None:
    case, got = MANIFEST["cases"][place], judged(place)
    assert got["outcome"] in [case["expect"], *case["also_ok"]]
    assert not (case.get("never_accept_all") and got["outcome"] == "accept")
    if got["outcome"] == "reject-file":
        assert got["rows"] == []
    if got["outcome"] == case["expect"] and case.get("accepted") is not None:
        assert got["accepted"] == case["accepted"]
    if got["outcome"] == case["expect"] == "accept-with-rejected-rows" and case.get("bad_rows") is not None:
        assert got["bad"] == case["bad_rows"]
    if case.get("expected_table") and got["outcome"] != "reject-file":
        want, mode = expected(case), case.get("compare", "")
        have = {row["submission_id"]: row for row in got["rows"]}
        assert set(have) <= set(want)
        assert got["outcome"] != "accept" or set(have) == set(want)
        wrong = [
            (key, name)
            for key, row in have.items()
            for name in want[key]
            if plain(name, row.get(name), mode) != plain(name, want[key][name], mode)
        ]
        assert wrong == []
    for secret in case.get("never_store", []):
        assert secret not in json.dumps(got["rows"], ensure_ascii=False)


@pytest.mark.parametrize("place", range(len(IDS)), ids=IDS)
def test_an_awkward_upload_is_answered_in_sentences(place: int) -> None:
    said = judged(place)["said"]
    for problem in [*said["problems"], *said["warnings"]]:
        assert problem["message"]
        assert problem["remedy"]
        shown = f"{problem['message']}{problem['value'] or ''}{problem['column'] or ''}"
        assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in shown)
