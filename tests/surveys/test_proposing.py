"""What people want corrected, judged by the questionnaire and the record: values, rules, consequences, logs."""

import csv
import random
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from surveys.catalogue import Catalogue
from surveys.corrections.ledger import Cell, State
from surveys.fieldwork import FieldSite, FieldWave, Fieldwork
from surveys.instrument import Choice, Instrument, Question
from surveys.problems import FileRefused
from surveys.proposing import ImportReport, Judged, Proposing, Wanted
from surveys.proposing.log_files import COLUMNS, as_csv, as_xlsx, cleaning_log
from surveys.responses import responses_table
from tests.shared import SHARED, needs_shared
from tests.surveys.arriving import arrival, interview, keys_in


TODAY = date(2026, 10, 1)
IEFIELDKIT = SHARED / "corpus" / "dime_iefieldkit" / "export"
YES_NO = (
    Choice(name="yes", labels={"English (en)": "Yes", "한국어 (ko)": "예"}),
    Choice(name="no", labels={"English (en)": "No", "한국어 (ko)": "아니요"}),
    Choice(name="dk", labels={"English (en)": "Don't know", "한국어 (ko)": "모름"}),
)
SIGNS = tuple(
    Choice(name=name, labels={"English (en)": name.title()}) for name in ("debt", "wages", "threats")
)
FORM = Instrument(
    form_id="kap",
    version="1",
    title="KAP",
    languages=("English (en)", "한국어 (ko)"),
    default_language="English (en)",
    questions=(
        Question(name="person", type="text"),
        Question(name="site", type="text"),
        Question(name="area", type="text"),
        Question(name="consent", type="select_one", choice_list="yes_no", required=True),
        Question(name="age", type="integer", required=True, constraint=". >= 15 and . <= 99"),
        Question(name="age_group", type="calculate", calculation="if(${age} < 25, 'young', 'old')"),
        Question(name="heard", type="select_one", choice_list="yes_no"),
        Question(name="where", type="text", relevant="${heard} = 'yes'"),
        Question(name="signs", type="select_multiple", choice_list="signs"),
        Question(name="phone", type="phonenumber"),
        Question(name="member_name", type="text", repeat="household"),
        Question(name="born", type="date"),
    ),
    choices={"yes_no": YES_NO, "signs": SIGNS},
)
FIELDWORK = Fieldwork(
    campaign="pilot",
    sites=(FieldSite(id="npl", country="NPL"),),
    waves=(FieldWave(id="baseline"),),
    parts={"respondent": "person", "site": "site", "arm": "area"},
    wave_values={},
    arm_values={"campaign": ("A",), "comparison": ("B",)},
    missing_codes={"-98": "dont_know"},
    consent="consent",
)


def respondents(site: str, person: str) -> str:
    return f"hash of {person} under the key of {site}"


def usual(id_: str, **said: object) -> dict[str, object]:
    answers = {
        "consent": "yes", "age": "30", "age_group": "old", "heard": "yes", "where": "radio", "signs": "debt wages",
        "area": "A", "arm": "campaign", "respondent": respondents("npl", f"P-{id_}"),
    }  # fmt: skip
    return interview(id_, **{**answers, **said})


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Proposing:
    """For tests that judge and enter nothing."""
    record = record_in(tmp_path_factory.mktemp("record"))
    yield Proposing(record, FORM, FIELDWORK, pseudonym=respondents, today=TODAY)
    record.close()


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    record = record_in(tmp_path)
    yield record
    record.close()


def record_in(tmp_path: Path) -> Catalogue:
    record = Catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}")
    rows = [
        usual("uuid:a"),
        usual("b", heard="no", where=None, **{"where@missing": "not_asked"}),
        usual("c", age="41", signs="threats"),
    ]
    types = {
        "age": "integer",
        "born": "date",
        "heard": "select_one",
        "signs": "select_multiple",
        "where": "text",
    }
    record.store(arrival(rows, keys_in(tmp_path), types=types))
    return record


@pytest.fixture
def proposing(catalogue: Catalogue) -> Proposing:
    return Proposing(catalogue, FORM, FIELDWORK, pseudonym=respondents, today=TODAY)


def judged(proposing: Proposing, submission: str, question: str, new: str | None, **said: object) -> Judged:
    wanted = Wanted(submission=submission, question=question, new=new, reason="called back", **said)
    return proposing.judge([wanted])[0]


def code(one: Judged) -> str | None:
    return one.problem.code if one.problem else None


@pytest.mark.parametrize(
    ("question", "written", "cell"),
    [
        ("age", "31", Cell(value="31")),
        ("age", "-98", Cell(missing="dont_know")),
        ("heard", "No", Cell(value="no")),
        ("heard", "아니요", Cell(value="no")),
        ("heard", "모름", Cell(value="dk", missing="dont_know")),
        ("heard", "NA", Cell(missing="blank")),
        ("signs", "wages threats", Cell(value="wages threats")),
        ("signs", "Wages, Threats", Cell(value="wages threats")),
        ("born", "1990-02-03", Cell(value="1990-02-03")),
    ],
)
def test_a_new_value_is_read_as_an_upload_would_read_it(
    read_only: Proposing, question: str, written: str, cell: Cell
) -> None:
    one = judged(read_only, "uuid:a", question, written)
    assert one.status == "proposed"
    assert one.proposal is not None
    assert one.proposal.new == cell
    assert one.proposal.submission == "a"  # the record's spelling


@pytest.mark.parametrize(
    ("question", "written", "why"),
    [
        ("age", "200", "constraint_fails"),
        ("age", "thirty", "not_a_whole_number"),
        ("age", "", "required_blank"),
        ("age", "-99", "undeclared_missing_code"),
        ("heard", "maybe", "unknown_choice"),
        ("signs", "debt money", "unknown_choice"),
        ("born", "03/04/1990", "day_or_month_first"),
        ("consent", "no", "no_consent"),
        ("area", "C", "unknown_arm"),
        ("where", "call 0771 234 5678", "correction_personal_data"),
        ("phone", "0771234567", "correction_identifier"),
        ("member_name", "Maya", "correction_in_roster"),
        ("site", "tha", "correction_moves_interview"),
        ("_submission_time", "x", "correction_of_metadata"),
        ("nonsense", "1", "correction_unknown_question"),
    ],
)
def test_what_the_questionnaire_would_refuse_is_refused_with_its_reason(
    read_only: Proposing, question: str, written: str, why: str
) -> None:
    one = judged(read_only, "a", question, written)
    assert (one.status, code(one)) == ("refused", why)
    assert one.problem is not None
    for language in ("en", "ko"):
        assert one.problem.message(language)
        assert one.problem.remedy(language)


def test_an_answer_may_be_thrown_away_with_a_reason_even_where_the_form_requires_one(
    read_only: Proposing,
) -> None:
    one = judged(read_only, "a", "age", None, missing="lost")
    assert one.proposal is not None
    assert one.proposal.new == Cell(missing="lost")


def test_an_interview_nobody_sent_and_an_old_value_nobody_stored_are_told_apart(read_only: Proposing) -> None:
    assert code(judged(read_only, "zz", "age", "31")) == "correction_unknown_interview"
    differs = judged(read_only, "a", "age", "31", old="29")
    assert (differs.status, code(differs)) == ("stale", "correction_old_differs")
    done = judged(read_only, "a", "age", "30", old="29")
    assert (done.status, code(done)) == ("nothing_to_do", "correction_already_so")
    same = judged(read_only, "a", "age", "30")
    assert (same.status, code(same)) == ("nothing_to_do", "correction_no_change")


def test_an_old_value_is_understood_as_the_record_has_it(read_only: Proposing) -> None:
    assert judged(read_only, "a", "age", "31", old="30.0").status == "proposed"
    assert judged(read_only, "a", "heard", "no", old="Yes").status == "proposed"
    assert judged(read_only, "a", "signs", "debt", old="wages debt").status == "proposed"
    assert judged(read_only, "b", "where", "", old="").status == "nothing_to_do"


def test_what_follows_elsewhere_in_the_interview_is_told(read_only: Proposing) -> None:
    closed = judged(read_only, "a", "heard", "no")
    assert closed.status == "proposed"
    assert {one.code for one in closed.consequences} == {"correction_rules_out_answer"}
    assert closed.consequences[0].values == {"other": "where"}
    opened = judged(read_only, "b", "heard", "yes")
    assert {one.code for one in opened.consequences} == {"correction_opens_question"}
    calculated = judged(read_only, "a", "age", "20")
    assert [one.values for one in calculated.consequences] == [{"other": "age_group"}]


def test_an_answer_to_a_question_that_was_not_asked_waits_for_the_one_that_opens_it(
    proposing: Proposing,
) -> None:
    alone = Wanted(submission="b", question="where", new="poster", reason="r")
    opening = Wanted(submission="b", question="heard", new="yes", reason="r")
    assert code(proposing.judge([alone])[0]) == "contradiction"
    for together in ([alone, opening], [opening, alone]):
        assert [one.status for one in proposing.judge(together)] == ["proposed", "proposed"]
    proposing.propose([opening], "sita")
    assert proposing.judge([alone])[0].status == "proposed"  # the other waits in the ledger


def test_a_correction_may_be_made_against_one_that_still_waits(
    proposing: Proposing, catalogue: Catalogue
) -> None:
    proposing.propose([Wanted(submission="a", question="age", new="31", reason="r")], "sita")
    assert judged(proposing, "a", "age", "32", old="31").status == "proposed"
    assert judged(proposing, "a", "age", "33", old="32").status == "stale"


def test_the_arm_and_the_respondent_follow_their_questions(
    proposing: Proposing, catalogue: Catalogue
) -> None:
    wanted = [
        Wanted(submission="a", question="area", new="B", reason="r"),
        Wanted(submission="a", question="person", new="P-9", old="P-uuid:a", reason="r"),
    ]
    ids = [id_ for _, id_ in proposing.propose(wanted, "sita") if id_]
    catalogue.decide("pilot", ids, "approve", by="minji")
    catalogue.decide("pilot", ids, "apply", by="minji")
    rows = catalogue.interviews("pilot", ["a"])
    assert rows["@arm"].to_pylist() == ["comparison"]
    assert rows["area"].to_pylist() == ["B"]
    assert rows["@respondent"].to_pylist() == [respondents("npl", "P-9")]
    assert "person" not in rows.column_names
    assert "P-9" not in [one.new.value for one in catalogue.corrections("pilot")]


def test_every_row_of_a_cleaning_log_has_a_status_and_a_reason(proposing: Proposing, tmp_path: Path) -> None:
    report = imported(
        proposing,
        tmp_path,
        "uuid,old_value,question,issue,check_id,check_binding,change_type,new_value,enumerator_num",
        "a,30,age,typing error,1,x,change_response,31,7",
        "a,yes,heard,,1,x,blank_response,,7",
        "c,,,a test,1,x,remove_survey,,7",
        "b,no,heard,,1,x,no_action,,7",
        "b,30,age,,1,x,change_response,,7",
        "b,30,age,,1,x,perhaps,31,7",
        "b,1,signs/debt,,1,x,change_response,0,7",
        "b,0,signs.threats,,1,x,change_response,1,7",
        "b,1,signs.threats,,1,x,change_response,0,7",
        "b,44,age,,1,x,change_response,45,7",
    )
    assert report.dialect == "reach"
    assert [(row.row, row.status, row.problem.code if row.problem else None) for row in report.rows] == [
        (2, "proposed", None),
        (3, "proposed", None),
        (4, "proposed", None),
        (5, "nothing_to_do", "correction_no_action"),
        (6, "refused", "correction_no_new_value"),
        (7, "refused", "correction_unknown_change"),
        (8, "proposed", None),
        (9, "merged", None),
        (10, "stale", "correction_old_differs"),
        (11, "stale", "correction_old_differs"),
    ]
    for row in report.as_dict("ko")["rows"]:
        assert row["status"] in ("proposed", "merged") or (row["message"] and row["remedy"])


def test_a_log_is_one_entry_however_often_it_comes(
    proposing: Proposing, catalogue: Catalogue, tmp_path: Path
) -> None:
    lines = [
        "uuid,question,old_value,new_value,change_type",
        "a,age,30,31,change_response",
        "b,heard,no,dk,change_response",
    ]
    first = imported(proposing, tmp_path, *lines)
    again = imported(proposing, tmp_path, *lines)
    assert first.counts() == {"proposed": 2}
    assert again.counts() == {"already_there": 2}
    assert [row.corrections for row in again.rows] == [row.corrections for row in first.rows]
    assert catalogue.log_rows(again.log)[0].status == "already_there"


def test_the_order_of_a_logs_rows_changes_nothing(catalogue: Catalogue, tmp_path: Path) -> None:
    lines = [
        "a,age,30,31,change_response", "a,age,31,32,change_response", "b,where,,poster,change_response",
        "b,heard,no,yes,change_response", "c,signs/debt,0,1,change_response", "c,signs/wages,0,1,change_response",
        "c,age,41,42,change_response", "c,age,41,43,change_response",
    ]  # fmt: skip
    outcomes = set()
    for seed in range(4):
        random.Random(seed).shuffle(lines)  # noqa: S311
        proposing = Proposing(catalogue, FORM, FIELDWORK, today=TODAY)
        report = imported(proposing, tmp_path, "uuid,question,old_value,new_value,change_type", *lines)
        assert {row.status for row in report.rows} <= {"proposed", "merged", "already_there"}
        found = catalogue.corrections("pilot")
        outcomes.add(frozenset((one.submission, one.question, one.old, one.new) for one in found))
    assert len(outcomes) == 1
    ids = [one.id for one in catalogue.corrections("pilot")]
    catalogue.decide("pilot", ids, "approve", by="minji")
    catalogue.decide("pilot", ids, "apply", by="minji")
    rows = responses_table(catalogue, "pilot")
    assert rows["age"].to_pylist() == ["32", "30", "41"]
    assert rows["where"].to_pylist()[:2] == ["radio", "poster"]
    assert rows["signs"].to_pylist()[2] == "debt wages threats"


def test_a_surveycto_correction_log_is_read_with_and_without_old_values(
    proposing: Proposing, tmp_path: Path
) -> None:
    server = imported(
        proposing,
        tmp_path,
        "KEY,field,old value,new value,comment",
        "uuid:a,age,30,33,typed wrong",
        "uuid:b,age,9,33,",
    )
    assert server.dialect == "surveycto"
    assert [row.status for row in server.rows] == ["proposed", "stale"]
    local = imported(
        proposing, tmp_path, "key,fieldname,value,notes", "uuid:c,age,33,called", "uuid:b,heard,.d,"
    )
    assert (local.dialect, local.counts()) == ("surveycto", {"proposed": 2})


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("a,b,c", "1,2,3"), "correction_log_unknown"),
        (("uuid,question,change_type",), "correction_log_empty"),
    ],
)
def test_what_is_no_log_is_refused_in_words(
    proposing: Proposing, tmp_path: Path, lines: tuple[str, ...], why: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        imported(proposing, tmp_path, *lines)
    assert refused.value.problem.code == why


def test_the_ledger_written_as_a_cleaning_log_says_what_to_do_to_the_raw_export(
    proposing: Proposing, catalogue: Catalogue, tmp_path: Path
) -> None:
    wanted = [
        Wanted(submission="a", question="where", new='=HYPERLINK("x")', reason="=1+1"),
        Wanted(submission="b", question="age", new="35", reason="r"),
        Wanted(submission="c", kind="withdraw", reason="a test"),
        Wanted(submission="c", question="heard", new=None, missing="lost", reason="r"),
    ]
    ids = [id_ for _, id_ in proposing.propose(wanted, "sita") if id_]
    catalogue.decide("pilot", ids, "approve", by="minji", why="seen")
    catalogue.decide("pilot", [ids[0], ids[3]], "apply", by="minji")
    catalogue.decide("pilot", [ids[2]], "apply", by="minji")
    found = catalogue.corrections("pilot")
    rows = cleaning_log(found, catalogue.correction_steps(ids))
    assert [row["change_type"] for row in rows] == [
        "change_response",
        "no_action",
        "remove_survey",
        "blank_response",
    ]
    assert {row["decided_by"] for row in rows} == {"minji"}
    written = list(csv.DictReader(as_csv(rows).decode().splitlines()))
    assert tuple(written[0]) == COLUMNS
    assert (written[0]["new_value"], written[0]["issue"]) == ('\'=HYPERLINK("x")', "'=1+1")
    file = tmp_path / "log.xlsx"
    file.write_bytes(as_xlsx(rows))
    cells = [cell for row in openpyxl.load_workbook(file).active.iter_rows() for cell in row]
    assert '=HYPERLINK("x")' in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
    catalogue.decide("pilot", [ids[0]], "undo", by="minji")
    report = proposing.import_log(file, author="sita")
    assert (report.dialect, report.rows[0].status) == ("reach", "proposed")  # the undone one is wanted again


CARS = Instrument(
    form_id="auto",
    version="1",
    title="Cars",
    languages=("",),
    default_language="",
    questions=(
        Question(name="make", type="text"),
        Question(name="id", type="integer"),
        Question(name="origin", type="text"),
        Question(name="foreign_o", type="text"),
        Question(name="price", type="integer"),
        Question(name="length", type="integer"),
        Question(name="foreign", type="select_one", choice_list="foreign"),
    ),
    choices={"foreign": tuple(Choice(name=str(code)) for code in range(4))},
)
CAR_FIELDWORK = Fieldwork(
    campaign="pilot",
    sites=(FieldSite(id="npl", country="NPL"),),
    waves=(FieldWave(id="baseline"),),
    parts={},
    wave_values={},
    arm_values={},
)


@pytest.fixture
def cars(tmp_path: Path) -> Proposing:
    """The cars that the corpus's correction workbooks speak of, as interviews."""
    said: list[Mapping[str, object]] = [
        {
            "make": "Olds 98",
            "id": "1",
            "price": "8814",
            "length": "220",
            "foreign": "0",
            "foreign_o": "Local",
        },
        {
            "make": "Dodge Magnum",
            "id": "2",
            "price": "5886",
            "length": "184",
            "foreign": "0",
            "foreign_o": "Alien",
        },
        {"make": "Volvo 260", "id": "3", "price": "11995", "length": "193", "foreign": "1"},
        {"make": "Buick Century", "id": "4", "price": "4816", "length": "184", "foreign": "0"},
        {
            "make": "Buick Skylark",
            "id": "5",
            "price": "4082",
            "length": "200",
            "foreign": "0",
            "origin": "Local",
        },
        {
            "make": "Cad. Eldorado",
            "id": "15",
            "price": "14500",
            "length": "204",
            "foreign": "0",
            "origin": "Alien",
        },
    ]
    record = Catalogue(f"sqlite:///{tmp_path / 'cars.db'}")
    rows = [interview(f"k{number}", **answers) for number, answers in enumerate(said)]
    record.store(arrival(rows, keys_in(tmp_path)))
    yield Proposing(record, CARS, CAR_FIELDWORK, today=TODAY)
    record.close()


def wanted_of(proposing: Proposing, report: ImportReport) -> set[tuple[object, ...]]:
    found = proposing._catalogue.corrections("pilot", log=report.log)
    return {
        (one.row, one.submission, one.question or one.kind, one.old.value, one.new.value) for one in found
    }


@needs_shared
def test_dimes_iecorrect_workbook_picks_interviews_by_value_and_by_a_question(cars: Proposing) -> None:
    report = cars.import_log(IEFIELDKIT / "iecorrect-simple-str-id.xlsx", author="sita")
    assert report.dialect == "iecorrect"
    # its idvalue is the make, which is a question here, so no interview is found by it; what goes by value is
    told = {
        (row.sheet, row.row): (row.status, row.problem.code if row.problem else None) for row in report.rows
    }
    assert told["string", 2] == ("proposed", None)
    assert told["string", 3] == ("refused", "correction_unknown_interview")
    assert told["numeric", 2] == ("proposed", None)
    assert told["other", 2] == ("proposed", None)
    assert told["other", 3] == ("proposed", None)
    assert told["drop", 2] == ("refused", "correction_unknown_interview")
    assert wanted_of(cars, report) == {
        (2, "k0", "make", "Olds 98", "News 98"),
        (2, "k1", "length", "184", "0"),
        (2, "k3", "length", "184", "0"),
        (2, "k0", "foreign", "0", "2"),
        (3, "k1", "foreign", "0", "3"),
    }


@needs_shared
def test_dimes_iecorrect_workbook_picks_interviews_by_several_ids(cars: Proposing) -> None:
    report = cars.import_log(IEFIELDKIT / "iecorrect-multiple-ids.xlsx", author="sita")
    assert [row.status for row in report.rows] == ["proposed", "proposed", "proposed"]
    assert wanted_of(cars, report) == {
        (2, "k5", "origin", "Alien", "foo"),
        (3, "k4", "origin", "Local", "bar"),
        (2, "k4", "price", "4082", "2"),
    }


@needs_shared
@pytest.mark.parametrize(
    ("file", "statuses"),
    [
        ("iecorrect-wrongvalue.xlsx", {"refused"}),
        ("iedupreport.xlsx", {"nothing_to_do"}),
    ],
)
def test_every_row_of_the_corpus_workbooks_is_told(cars: Proposing, file: str, statuses: set[str]) -> None:
    report = cars.import_log(IEFIELDKIT / file, author="sita")
    assert {row.status for row in report.rows} == statuses
    assert all(row.problem is not None and row.problem.message("ko") for row in report.rows)


@needs_shared
@pytest.mark.parametrize("file", ["iecorrect-template.xlsx", "auto_recode.xlsx", "harmonization.xlsx"])
def test_an_empty_template_and_a_codebook_are_refused_in_words(cars: Proposing, file: str) -> None:
    with pytest.raises(FileRefused) as refused:
        cars.import_log(IEFIELDKIT / file, author="sita")
    assert refused.value.problem.code in ("correction_log_empty", "correction_log_unknown")


def test_an_ieduplicates_report_drops_keeps_and_renames(
    proposing: Proposing, catalogue: Catalogue, tmp_path: Path
) -> None:
    report = imported(
        proposing,
        tmp_path,
        "person,duplistid,datelisted,datefixed,correct,drop,newid,initials,notes,key,listofdiffs",
        "P-1,1,x,x,yes,,,SK,,uuid:a,age",
        "P-1,2,x,x,,yes,,SK,typed twice,b,age",
        "P-c,3,x,x,,,P-77,SK,,c,age",
        "P-9,4,x,x,,yes,,SK,,,age",
        "P-9,5,x,x,,,,,,b,age",
    )
    assert report.dialect == "ieduplicates"
    assert [(row.status, row.problem.code if row.problem else None) for row in report.rows] == [
        ("nothing_to_do", "correction_kept"),
        ("proposed", None),
        ("proposed", None),
        ("refused", "correction_without_key"),
        ("nothing_to_do", "correction_undecided"),
    ]
    withdrawn, renamed = catalogue.corrections("pilot", states=[State.PROPOSED])
    assert (withdrawn.kind, withdrawn.submission, withdrawn.reason) == ("withdraw", "b", "typed twice · SK")
    assert renamed.part_value == respondents("npl", "P-77")


def imported(proposing: Proposing, folder: Path, *lines: str) -> ImportReport:
    file = folder / "log.csv"
    write(file, lines)
    return proposing.import_log(file, author="sita")


def write(file: Path, lines: Iterable[str]) -> None:
    file.write_text("\n".join(lines) + "\n", "utf-8")
