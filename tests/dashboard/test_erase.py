"""``erase``: nothing of a person is left in any file of the workspace, and sending the file again brings nobody back."""

import json
import zlib
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cryptography.fernet import InvalidToken

from dashboard.settings import load_workspace
from dashboard.verifying import verify
from surveys.catalogue import Catalogue
from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from tests.dashboard.safekeeping import (
    awareness,
    full,
    made_once,
    postgresql_server,
    record_of,
    workspace,
)
from tests.dashboard.test_backup import opened
from tests.surveys.fieldwork_example import said, write_export


__all__ = ["awareness", "full", "made_once", "postgresql_server", "workspace"]

CANARIES = ("canary-answer-71", "010-9999-1234", "P-gone-77", "gone-interview-5", "w-gone-ward")
PERSON = {"person": CANARIES[2], "ward": CANARIES[4]}


@pytest.fixture
def with_a_canary(full, tmp_path, awareness):
    """The full workspace with one more upload in which one person can be told by everything they said."""
    rows = [
        said("x1", remark="radio"),
        said(CANARIES[3], remark=f"call {CANARIES[1]}", **PERSON),
        said("x2", remark="call 010-1111-2222"),
        *(said(f"x{number}", remark=f"radio {number}") for number in range(3, 9)),
    ]
    file = write_export(tmp_path / "gone.csv", rows)
    here = ("--workspace", full, "--campaign", "pilot", "--site", "npl")
    assert awareness("ingest", file, *here)[0] == 0
    later = write_export(tmp_path / "gone2.csv", [said(CANARIES[3], remark=CANARIES[0], age="31", **PERSON)])
    assert awareness("ingest", later, *here)[0] in (0, 1)
    return full


def everything_opened(folder: Path) -> bytes:
    """Every byte of every file, and of every place of the record that is packed or sealed, opened with the keys at hand."""
    place = load_workspace(folder)
    raw = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    raw += [repr(pq.read_table(path).to_pylist()).encode() for path in folder.rglob("*.parquet")]
    for rows in record_of(folder, without=()).values():
        for row in rows:
            for cell in row:
                if not isinstance(cell, bytes):
                    raw.append(str(cell).encode())
                    continue
                raw.append(cell)
                raw += _opened(cell, place.keys)
    return b"\n".join(raw)


def _opened(cell: bytes, keys: KeyRing) -> list[bytes]:
    """The cell opened with every key there is, and unpacked."""
    found = []
    for name in (None, *keys.original_keys()):
        with suppress(CannotProceed, OSError):
            found.append(keys.decrypt(cell, name))
        if name is not None:
            with suppress(InvalidToken, ValueError):
                found.append(keys.original_key(name).open(cell))
    for one in (cell, *found):
        if one[:4] == b"PAR1":
            found.append(repr(pq.read_table(pa.BufferReader(one)).to_pylist()).encode())
        with suppress(zlib.error):
            found.append(zlib.decompress(one))
    return found


def people(folder):
    """Who said it, as the record knows them."""
    with Catalogue(load_workspace(folder).database_url) as catalogue:
        for _, table in catalogue.answers("pilot", catalogue.parts("pilot")):
            both = zip(table["@submission"].to_pylist(), table["@respondent"].to_pylist(), strict=True)
            yield from (person for id_, person in both if id_ == CANARIES[3])


def erased(folder, awareness, *more):
    return awareness(
        "erase",
        "--workspace",
        folder,
        "--campaign",
        "pilot",
        "--why",
        "request 12",
        "--by",
        "Lee",
        "--yes",
        *more,
    )


def test_a_respondent_is_gone_from_every_byte_and_does_not_come_back(with_a_canary, tmp_path, awareness):
    folder = with_a_canary
    before = everything_opened(folder)
    [pseudonym] = set(people(folder))
    for canary in (*CANARIES[:2], *CANARIES[3:], pseudonym):
        assert canary.encode() in before, canary
    assert before.count(b"010-1111-2222") > 1  # in the original, and as a text that waits
    words = ("erase", "--workspace", folder, "--campaign", "pilot", "--respondent", CANARIES[2])
    state = record_of(folder, without=())
    code, printed, told = awareness(*words, "--dry-run")
    assert (code, "To go: 1 interviews" in printed) == (0, True), printed + told
    assert record_of(folder, without=()) == state
    keys_before = set(load_workspace(folder).keys.original_keys())
    code, printed, told = erased(folder, awareness, "--respondent", CANARIES[2])
    assert code == 0, printed + told
    after = everything_opened(folder)
    for canary in (*CANARIES, pseudonym):
        assert canary.encode() not in after, canary
    assert b"010-1111-2222" in after  # another person's text still waits, sealed under another key
    place = load_workspace(folder)
    assert verify(place).findings == ()
    certificate = json.loads((folder / "certificates/0001.json").read_text("utf-8"))
    assert certificate["interviews"] == 1
    assert {one["key"] for one in certificate["originals"]} == keys_before - set(place.keys.original_keys())
    assert "삭제 확인서 제1호" in (folder / "certificates/0001.ko.txt").read_text("utf-8")
    with Catalogue(place.database_url) as catalogue:
        parts = catalogue.parts("pilot")
        kept = [
            row for _, table in catalogue.answers("pilot", parts) for row in table["@submission"].to_pylist()
        ]
        assert sum(part.interviews for part in parts) == len(kept)
    assert {"x1", "x2", "a", "d"} <= set(kept)
    rows = [said("x1", remark="radio"), said(CANARIES[3], remark=CANARIES[0], **PERSON), said("y")]
    here = ("--workspace", folder, "--campaign", "pilot", "--site", "npl")
    code, printed, told = awareness("ingest", tmp_path / "gone.csv", *here)
    report = json.loads(printed)
    assert (code, report["accepted"], report["rejected"]) == (1, 0, 1), printed + told
    code, printed, told = awareness("ingest", write_export(tmp_path / "more.csv", rows), *here)
    report = json.loads(printed)
    assert (code, report["accepted"], report["unchanged"], report["rejected"]) == (1, 1, 1, 1), printed + told
    assert report["problems"][0]["code"] == "interview_erased"
    again = everything_opened(folder)
    for canary in (*CANARIES, pseudonym):
        assert canary.encode() not in again, canary
    assert verify(place).findings == ()
    code, printed, told = awareness(
        "backup", "--workspace", folder, "--output", tmp_path / "b", "--keys", tmp_path / "k"
    )
    assert code == 0
    for file in (tmp_path / "b", tmp_path / "k"):
        content = opened(file.read_bytes())
        for canary in CANARIES:
            assert canary.encode() not in content
    code, _, told = erased(folder, awareness, "--respondent", CANARIES[2])
    assert (code, "holds nothing of that" in told) == (2, True)


def test_an_interview_goes_with_its_corrections_and_a_reason_may_not_name_anybody(
    with_a_canary, awareness, tmp_path
):
    folder = with_a_canary
    code, _, told = awareness("erase", "--workspace", folder, "--campaign", "pilot", "--submission", "x1")
    assert (code, "no reason is given" in told) == (2, True)
    words = ("erase", "--workspace", folder, "--campaign", "pilot", "--submission", "x1", "--yes")
    code, _, told = awareness(*words, "--why", "interview x1 wants it", "--language", "ko")
    assert (code, "당사자를 알 수 있는" in told) == (2, True)
    code, _, told = awareness("erase", "--workspace", folder, "--campaign", "pilot", "--why", "w")
    assert (code, "whose interviews" in told) == (2, True)
    assert erased(folder, awareness, "--submission", "x1")[0] == 0
    with Catalogue(load_workspace(folder).database_url) as catalogue:
        assert not catalogue.interviews("pilot", ["x1"]).num_rows
        assert catalogue.interviews("pilot", ["x2"]).num_rows == 1
    assert verify(load_workspace(folder)).findings == ()
