"""Repeated sections: judged row by row, stored with their interviews, and sharing whatever becomes of those."""

from dataclasses import replace
from pathlib import Path

import pytest

from surveys.catalogue import Catalogue
from surveys.checking import check_table
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from surveys.responses import responses_table, roster_table
from surveys.rosters import in_words, rows_of_cell
from tests.shared import SHARED
from tests.surveys.databases import new_postgresql_database, postgresql_server
from tests.surveys.exporting.files import table, workbook
from tests.surveys.exporting.interviews import INTERVIEWS
from tests.surveys.exporting.interviews import questionnaire as of_one_truth
from tests.surveys.forms import corpus_instrument
from tests.surveys.judging import TODAY, ask, fieldwork, judge, questionnaire, received
from tests.surveys.reading_here import read_here
from tests.surveys.test_one_truth_in_every_format import EXPORTS, judged


__all__ = ["postgresql_server"]

HOUSEHOLD = questionnaire(
    ask("consent", "select_one yes_no"),
    ask("day", "date"),
    ask("ward"),
    ask("age", "integer", constraint=". < 120"),
    ask("member_name", label="Full name", path=("member",), repeat="member"),
    ask("member_age", "integer", path=("member",), repeat="member", constraint=". < 120", required=True),
    ask("member_knows", "select_one knows", path=("member",), repeat="member"),
    ask(
        "member_school", "select_one yes_no", path=("member",), repeat="member", relevant="${member_age} < 18"
    ),
    ask("member_note", path=("member",), repeat="member", relevant="${consent} = 'yes'"),
)
FIELD = {"parts": {"interview_date": "day", "cluster": "ward"}, "site": "npl", "wave": "endline"}
INTERVIEW = ("consent", "day", "ward", "age", "_uuid", "_index")
MEMBER = (
    "member_name", "member_age", "member_knows", "member_school", "member_note", "_index", "_parent_table_name",
    "_parent_index",
)  # fmt: skip
U1, U2 = "67205d50-86ac-594c-a7ab-dd444a6c243f", "8fc54337-078a-52e2-bd73-5a700a1f31d7"


def interview(uuid, index, *, age="34", ward="w1"):
    return ["yes", "2026-09-13", ward, age, uuid, str(index)]


def member(parent, age, *, name="", knows="1", school="", note=""):
    return [name, age, knows, school, note, "", "Trial", str(parent)]


def household(interviews, members=None):
    sheets = {"Trial": table(list(INTERVIEW), interviews)}
    if members is not None:
        sheets["member"] = table(list(MEMBER), members)
    return workbook(sheets)


TWO = [interview(U1, 1), interview(U2, 2)]
MEMBERS = [member(1, "61"), member(1, "4", school="yes", knows="dk"), member(2, "49")]


class Record:
    """A record and the files that are sent to it."""

    def __init__(self, folder: Path, address: str | None = None) -> None:
        self.folder = folder
        self.catalogue = Catalogue(address or f"sqlite:///{folder / 'catalogue.db'}")
        self.keys = KeyRing(folder / "keys")

    def send(self, content: bytes, name: str = "trial.xlsx"):
        path = self.folder / name
        path.write_bytes(content)
        return ingest_file(
            path, catalogue=self.catalogue, keys=self.keys, instrument=HOUSEHOLD, fieldwork=fieldwork(**FIELD),
            today=TODAY, uploader="Mina",
        )  # fmt: skip

    def members(self, as_of=None):
        rows = roster_table(self.catalogue, "trial", "member", as_of=as_of).to_pylist()
        return [(row["submission_id"][:4], row["row_number"], row["member_age"]) for row in rows]


@pytest.fixture
def record(tmp_path):
    record = Record(tmp_path)
    yield record
    record.catalogue.close()


ALL = [("6720", "1", "61"), ("6720", "2", "4"), ("8fc5", "1", "49")]


# ---- judging -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [name for name in EXPORTS if name.startswith(("kobo-", "central-", "surveycto", "ona"))]
)
def test_every_exporters_rosters_come_to_the_same_rows(name, tmp_path):
    raw, report = judged(name, tmp_path)
    has_members = raw.rosters or any("member_age" in header for header in raw.interviews.columns)
    if not has_members:
        assert report.rosters == ()
        return
    expected = [list(one.members) for one in INTERVIEWS]
    found = [
        []
        if cell is None
        else [{n: v for n, v in row.items() if n != "@number"} for row in rows_of_cell(cell)]
        for cell in report.accepted["@roster member"].to_pylist()
    ]
    assert found == expected
    assert [(one.name, one.rows, one.accepted, one.refused) for one in report.rosters] == [
        ("member", 3, 3, 0)
    ]


def test_every_kind_of_export_of_rosters_is_among_the_tests():
    kinds = {"central-odata-expanded.json", "kobo-api.json", "surveycto-us.csv", "surveycto-long.zip"}
    assert kinds <= set(EXPORTS)
    assert of_one_truth().repeats == ("member",)


def test_a_wrong_cell_costs_the_row_and_not_the_interview(record):
    receipt = record.send(household(TWO, [*MEMBERS, member(1, "400"), member(2, "abc"), member(2, "")]))
    assert (receipt.accepted, receipt.rejected) == (2, 0)
    assert record.members() == ALL
    [roster] = receipt.as_dict()["rosters"]
    assert (roster["rows"], roster["accepted"], roster["refused"]) == (6, 3, 3)
    assert [(one["row"], one["column"], one["code"]) for one in roster["problems"]] == [
        (4, "member_age", "constraint_fails"), (5, "member_age", "not_a_whole_number"), (6, "member_age", "required_blank"),
    ]  # fmt: skip
    assert "roster_rows_refused" in [one["code"] for one in receipt.as_dict("ko")["warnings"]]


def test_a_row_of_no_interview_is_refused_by_its_number(record):
    receipt = record.send(household(TWO, [*MEMBERS, member(7, "20")]))
    [roster] = receipt.report.rosters
    assert [(one.row, one.line, one.code) for one in roster.problems] == [
        (4, 5, "roster_row_without_interview")
    ]
    assert record.members() == ALL


def test_missing_reasons_follow_the_forms_logic_inside_and_around_the_roster(record):
    record.send(household(TWO, MEMBERS))
    first, second, _ = roster_table(record.catalogue, "trial", "member").to_pylist()
    assert (first["member_school"], first["member_school@missing"]) == (None, "not_asked")
    assert (second["member_school"], second["member_school@missing"]) == ("yes", None)
    assert (second["member_knows"], second["member_knows@missing"]) == ("dk", "dont_know")
    assert first["member_note@missing"] == "blank"


def test_names_of_household_members_are_never_stored_and_told_by_column(record):
    named = [member(1, "61", name="Aung San Myint"), member(2, "49", name="Kim Mina", note="call 0771234567")]
    receipt = record.send(household(TWO, named))
    found = roster_table(record.catalogue, "trial", "member")
    assert "member_name" not in found.column_names
    assert found["member_note"].to_pylist() == [None, None]
    said = [one["message"] for one in receipt.as_dict()["warnings"]]
    assert any("member_name" in one for one in said)
    assert not any("Aung" in one or "0771234567" in one for one in said)
    record.catalogue.close()
    files = b"".join(path.read_bytes() for path in record.folder.glob("catalogue.db*"))
    assert b"Aung San" not in files
    assert b"0771234567" not in files


def test_a_nested_roster_is_led_to_its_interview_by_the_one_around_it():
    form = questionnaire(
        ask("ward"),
        ask("tree", path=("trees",), repeat="trees"),
        ask("eggs", "integer", path=("trees", "nests"), repeat="nests"),
    )
    raw = received(["ward", "KEY"], ["w1", "uuid:1"], ["w2", "uuid:2"], format="zip", dialect="odk_central")
    trees = received(
        ["tree", "PARENT_KEY", "KEY"],
        ["oak", "uuid:2", "uuid:2/trees[1]"],
        ["ash", "uuid:1", "uuid:1/trees[1]"],
    ).interviews
    nests = received(
        ["eggs", "PARENT_KEY", "KEY"],
        ["3", "uuid:1/trees[1]", "a"],
        ["4", "uuid:2/trees[1]", "b"],
        ["5", "uuid:9", "c"],
    ).interviews
    tables = tuple(replace(one, name=name) for one, name in ((trees, "f-trees"), (nests, "f-nests")))
    report = check_table(replace(raw, rosters=tables), form, today=TODAY)
    eggs = [rows_of_cell(cell)[0]["eggs"] for cell in report.accepted["@roster nests"].to_pylist()]
    assert eggs == ["3", "4"]
    assert [(one.name, one.accepted, one.refused) for one in report.rosters] == [
        ("trees", 2, 0),
        ("nests", 2, 1),
    ]


def test_nested_rosters_beside_the_interview_have_two_numbers():
    form = questionnaire(
        ask("ward"), ask("tree_1"), ask("eggs", "integer", path=("trees", "nests"), repeat="nests")
    )
    header = ["ward", "tree_1", "eggs_1_1", "eggs_1_2", "eggs_2_1"]
    report = judge(form, header, ["w1", "oak", "3", None, "4"], ["w2", "ash", None, None, None])
    first, second = report.accepted["@roster nests"].to_pylist()
    assert [row["eggs"] for row in rows_of_cell(first)] == ["3", "4"]
    assert second is None
    assert report.accepted["tree_1"].to_pylist() == ["oak", "ash"]


def test_one_id_with_two_rosters_waits_for_a_person_and_a_copy_does_not():
    twice = [interview(U1, 1), interview(U1, 2)]
    for second, held, repeated in ((member(2, "61"), (), (2,)), (member(2, "20"), (1, 2), ())):
        raw = received(list(INTERVIEW), *twice, format="xlsx", dialect="kobo")
        members = received(list(MEMBER), member(1, "61"), second).interviews
        report = check_table(
            replace(raw, rosters=(replace(members, name="member"),)),
            HOUSEHOLD,
            fieldwork(**FIELD),
            today=TODAY,
        )
        assert (report.held, report.repeated) == (held, repeated)


# ---- storing -------------------------------------------------------------------------------------------------


def test_a_refused_interview_brings_no_rows(record):
    receipt = record.send(household([interview(U1, 1, age="400"), TWO[1]], MEMBERS))
    assert (receipt.accepted, receipt.rejected) == (1, 1)
    assert record.members() == ALL[2:]
    [roster] = receipt.report.rosters
    assert (roster.rows, roster.accepted, roster.refused) == (3, 1, 0)


def test_rows_are_taken_back_and_brought_back_with_their_interviews(record):
    first = record.send(household(TWO, MEMBERS))
    step = record.catalogue.undo("trial", first.upload, by="Mina", why="wrong file")
    assert record.members() == []
    assert record.members(as_of=first.upload) == ALL
    record.catalogue.redo("trial", first.upload, by="Mina", why="right after all")
    assert record.members() == ALL
    assert record.members(as_of=step) == []


def test_a_withdrawn_interview_takes_its_rows_with_it(record):
    record.send(household(TWO, MEMBERS))
    refuser = [["no", "2026-09-13", "w1", "", U1, "1"]]
    receipt = record.send(household(refuser, []), "b.xlsx")
    assert "consent_withdrawn" in [one.code for one in receipt.report.warnings]
    assert record.members() == ALL[2:]


def test_a_corrected_roster_replaces_the_rows_and_the_past_can_be_asked_for(record):
    first = record.send(household(TWO, MEMBERS))
    mended = [member(1, "62"), MEMBERS[1], MEMBERS[2]]
    second = record.send(household(TWO, mended), "b.xlsx")
    assert (second.accepted, second.replaced, second.unchanged) == (1, 1, 1)
    assert sorted(record.members()) == [("6720", "1", "62"), ("6720", "2", "4"), ("8fc5", "1", "49")]
    assert record.members(as_of=first.upload) == ALL
    assert record.send(household(TWO, mended), "c.xlsx").accepted == 0


def test_a_file_without_the_roster_says_nothing_of_it(record):
    record.send(household(TWO, MEMBERS))
    again = record.send(household(TWO), "b.xlsx")
    assert (again.accepted, again.unchanged) == (0, 2)
    assert record.members() == ALL
    corrected = record.send(household([interview(U1, 1, age="35"), TWO[1]]), "c.xlsx")
    assert (corrected.accepted, corrected.replaced) == (1, 1)
    assert sorted(record.members()) == ALL
    ages = responses_table(record.catalogue, "trial")["age"].to_pylist()
    assert sorted(ages) == ["34", "35"]


def test_a_held_interview_takes_its_rows_along_and_brings_them_when_it_is_accepted(record):
    record.send(household(TWO, MEMBERS))
    other = household([interview(U1, 1, ward="w9")], [member(1, "20"), member(1, "21")])
    receipt = record.send(other, "b.xlsx")
    assert receipt.held == 1
    assert record.members() == ALL
    [held] = record.catalogue.held("trial")
    [comparison] = record.catalogue.compare_held("trial", [held.id])
    shown = dict(comparison.differing)["@roster member"]
    assert [cell.value for cell in shown] == [
        "(member_age: 61, member_knows: 1); (member_age: 4, member_knows: dk, member_school: yes)",
        "(member_age: 20, member_knows: 1); (member_age: 21, member_knows: 1)",
    ]
    record.catalogue.decide_held("trial", held.id, "replace", by="Mina", why="the right household")
    assert sorted(record.members()) == [("6720", "1", "20"), ("6720", "2", "21"), ("8fc5", "1", "49")]


def test_rosters_are_no_part_of_what_engines_read(record, tmp_path):
    record.send(household(TWO, MEMBERS))
    parts = record.catalogue.parts("trial")
    [(_, answers)] = record.catalogue.answers("trial", parts)
    assert not [name for name in answers.column_names if "roster" in name]
    assert in_words('[{"@number":1,"a":"x","b@missing":"blank"}]') == "(a: x)"


@pytest.mark.skipif(not (SHARED / "corpus").is_dir(), reason="the corpus is not at hand")
def test_a_genuine_household_survey_has_every_member_with_an_interview():
    form = corpus_instrument("impact_humind/xlsform/REACH_2024_MSNA-kobo-tool_draft_v11.xlsx")
    raw = read_here(SHARED / "corpus/impact_humind/export/dummy_raw_data.xlsx")
    report = check_table(raw, form, today=TODAY)
    assert [(one.name, one.rows, one.refused) for one in report.rosters] == [
        ("roster", 965, 42), ("edu_ind", 965, 0), ("health_ind", 965, 1), ("nut_ind", 965, 0),
    ]  # fmt: skip
    codes = {problem.code for one in report.rosters for problem in one.problems}
    assert "roster_row_without_interview" not in codes


@pytest.mark.postgresql
def test_rosters_live_the_same_life_on_postgresql(postgresql_server, tmp_path):
    record = Record(tmp_path, new_postgresql_database(postgresql_server))
    first = record.send(household(TWO, [*MEMBERS, member(1, "400"), member(7, "20")]))
    [roster] = first.as_dict()["rosters"]
    assert (first.accepted, roster["rows"], roster["accepted"], roster["refused"]) == (2, 5, 3, 2)
    assert record.members() == ALL
    mended = [member(1, "62"), MEMBERS[1], MEMBERS[2]]
    second = record.send(household(TWO, mended), "b.xlsx")
    assert second.replaced == 1
    assert sorted(record.members()) == [("6720", "1", "62"), ("6720", "2", "4"), ("8fc5", "1", "49")]
    assert record.members(as_of=first.upload) == ALL
    step = record.catalogue.undo("trial", second.upload, by="Mina", why="wrong file")
    assert sorted(record.members(as_of=step)) == ALL
    assert record.send(household(TWO, mended), "c.xlsx").accepted == 1
    conflicting = household([interview(U1, 1, ward="w9"), TWO[1]], [member(1, "33"), MEMBERS[2]])
    assert record.send(conflicting, "d.xlsx").held == 1
    [held] = record.catalogue.held("trial")
    [comparison] = record.catalogue.compare_held("trial", [held.id])
    assert "@roster member" in dict(comparison.differing)
    record.catalogue.decide_held("trial", held.id, "replace", by="Mina")
    assert ("6720", "1", "33") in record.members()
    versions = record.catalogue.revisions("trial", U1)
    assert "roster member" in versions[-1].changed
    record.catalogue.close()
