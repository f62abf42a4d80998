"""The same interviews, sent as four kinds of file: one set of missing reasons in the record, the counts and a score."""

from collections import Counter

import ibis
import pyarrow.parquet as pq
import pytest

from campaigns.registry import parse_score
from campaigns.scoring import score_column
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from surveys.missing import Missing
from surveys.quality.interviews import interviews_of
from surveys.quality.nonresponse import missing_by_question
from surveys.responses import responses_table
from tests.surveys.exporting import kobo, odk, ona, statistics
from tests.surveys.exporting.interviews import INTERVIEWS, KEPT, KOREAN, questionnaire
from tests.surveys.judging import TODAY, fieldwork


SENT = {
    "kobo.csv": lambda: kobo.kobo_csv(kobo.Settings()),
    "kobo-korean.csv": lambda: kobo.kobo_csv(kobo.Settings(language=KOREAN, multiple="details")),
    "central.zip": lambda: odk.central_zip(odk.Settings(split=True, groups=True)),
    "ona.csv": lambda: ona.ona_csv(ona.Settings()),
    "spss.sav": lambda: statistics.spss_sav(KOREAN),
    "stata.dta": statistics.stata_dta,
}
SCORE = {
    "proportion_correct": {"debt": "1", "papers": "1"},
    "dont_know": "incorrect",
    "minimum_answered": 0.5,
}


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Each file alone in a record: the rows given back, the files of answers."""
    found = {}
    for name, write in SENT.items():
        folder = tmp_path_factory.mktemp("record")
        (folder / name).write_bytes(write())
        with Catalogue(f"sqlite:///{folder / 'catalogue.db'}") as catalogue:
            receipt = ingest_file(
                folder / name,
                catalogue=catalogue,
                keys=KeyRing(folder / "keys"),
                instrument=questionnaire(),
                fieldwork=fieldwork(parts={"interview_date": "day"}, site="npl", wave="endline"),
                columns_folder=folder / "columns",
                today=TODAY,
            )
            assert receipt.accepted == len(INTERVIEWS), receipt.as_dict()["problems"]
            rows = responses_table(catalogue, "trial", reasons=True)
            paths = columns.refresh(catalogue, folder / "columns", "trial")
        found[name] = (rows, pq.read_table(paths[0]))
    return found


def reasons(rows):
    return {
        name: rows[f"{name}@missing"].to_pylist() for name in KEPT if f"{name}@missing" in rows.column_names
    }


def counted(answers):
    interviews = interviews_of(answers, questionnaire())
    return {
        row.question: Counter({reason: n for reason, n in row.by_reason.items() if n})
        for row in missing_by_question(interviews)
        if row.question in KEPT
    }


def scores(answers):
    table = ibis.memtable(answers)
    return (
        table.select(score=score_column(table, parse_score(SCORE, "score"))).to_pyarrow()["score"].to_pylist()
    )


def test_every_file_gives_back_the_same_reasons(records):
    expected = {
        "age": None,
        "gender": ["refused" if one.said.get("gender") == "na" else None if "gender" in one.said else "blank" for one in INTERVIEWS],
        "channels": [
            None if "channels" in one.said else "not_asked" if one.said.get("heard") == "no" else "blank"
            for one in INTERVIEWS
        ],
        "debt": ["dont_know" if one.said.get("debt") == "dk" else None if "debt" in one.said else "blank" for one in INTERVIEWS],
    }  # fmt: skip
    for name, (rows, _) in records.items():
        found = reasons(rows)
        for question, wanted in expected.items():
            assert found.get(question) == wanted, (name, question)
        assert found == reasons(records["kobo.csv"][0]), name


def test_quality_counts_the_same_reasons_of_every_file(records):
    expected = counted(records["kobo.csv"][1])
    assert expected["debt"] == {Missing.DONT_KNOW: 2, Missing.BLANK: 1}
    assert expected["channels"] == {Missing.NOT_ASKED: 1, Missing.BLANK: 1}
    for name, (_, answers) in records.items():
        assert counted(answers) == expected, name


def test_a_score_takes_dont_know_as_it_says_whatever_file_it_came_in(records):
    for name, (_, answers) in records.items():
        assert scores(answers) == [0.5, 0.5, 0.0, None, 1.0, 0.0], name
