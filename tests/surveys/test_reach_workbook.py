"""A real multi-sector needs assessment: the questionnaire and its five-sheet workbook, stored with its sample design."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

from surveys.xlsform import load_instrument
from tests.shared import SHARED, needs_shared


FOLDER = SHARED / "corpus" / "impact_humind"
CAMPAIGN = """
campaign: needs
title: {en: Needs assessment}
instrument: needs
waves: [{id: baseline}, {id: endline}]
sites: [{id: hti, country: HTI, role: origin, audience: {en: households}}]
columns: {cluster: cluster_id, stratum: stratum, weight: weight, interview_date: today}
outcomes:
  - id: respondent_is_a_woman
    construct: factual_knowledge
    title: {en: The respondent is a woman}
    score: {item: resp_gender, equals: female}
    better: higher
    family: knowledge
    tier: primary
analysis: {design: pre_post, before: baseline, after: endline}
"""


def awareness(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@needs_shared
def test_the_questionnaire_is_read_whole() -> None:
    form = load_instrument(next((FOLDER / "xlsform").glob("*.xlsx")))
    assert len([q for q in form.questions if q.type not in {"note", "calculate"}]) > 200
    assert len({row for q in form.questions if (row := q.row)}) == len(form.questions)


@needs_shared
def test_the_workbook_comes_in_with_weights_strata_and_clusters(tmp_path: Path) -> None:
    workspace = tmp_path / "needs"
    assert awareness("init", workspace).returncode == 0
    (workspace / "campaigns" / "needs.yaml").write_text(CAMPAIGN, "utf-8")
    shutil.copy(next((FOLDER / "xlsform").glob("*.xlsx")), workspace / "instruments" / "needs.xlsx")

    ingested = awareness(
        "ingest", FOLDER / "export" / "dummy_raw_data.xlsx", "--workspace", workspace,
        "--campaign", "needs", "--site", "hti", "--wave", "baseline",
    )  # fmt: skip
    # The answers are random: many interviews leave a required question blank, and those stay out.
    assert ingested.returncode == 1, ingested.stderr
    out = tmp_path / "rows.csv"
    assert (
        awareness("responses", "--workspace", workspace, "--campaign", "needs", "--output", out).returncode
        == 0
    )
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 129
    for name in ("weight", "stratum", "cluster_id"):
        assert all(row[name] for row in rows)
    assert {row["cluster_id"] for row in rows} == {f"cluster_{number}" for number in (1, 2, 3, 4)}
