"""What the columns of a file must not bring into the record."""

import pyarrow as pa
import pytest

from surveys.deidentification import interviewer_pseudonym, is_code, respondent_pseudonyms
from surveys.fieldwork import WITHHELD, FieldSite, FieldWave, Fieldwork
from surveys.instrument import Choice, Question
from surveys.judging.answers import Answers
from surveys.judging.consent import refusals_by_place, without_consent
from surveys.judging.protection import Protected, protect
from tests.surveys.judging import questionnaire


def fieldwork(**more: object) -> Fieldwork:
    usual = {
        "campaign": "c", "sites": (FieldSite(id="npl", country="NPL", country_names=("NP", "Nepal")),), "waves": (FieldWave(id="w"),),
        "parts": {"respondent": "person"}, "wave_values": {}, "arm_values": {},
    }  # fmt: skip
    return Fieldwork(**(usual | more))  # type: ignore[arg-type]


def protected(columns: dict[str, tuple[str, list[str | None]]], **more: object) -> Protected:
    answers = {
        name: Answers(name=name, header=name, values=pa.array(cells, pa.large_string()))
        for name, (_, cells) in columns.items()
    }
    questions = {name: Question(name=name, type=kind) for name, (kind, _) in columns.items()}
    return protect(answers, questions, fieldwork(**more))


def cells(found: Protected, name: str) -> list[str | None]:
    return found.answers[name].values.to_pylist()


def said(found: Protected, code: str) -> str:
    return next(str(one.values["columns"]) for one in found.findings if one.code == code)


def test_a_column_of_telephones_is_dropped_and_named_by_its_heading() -> None:
    found = protected({"q7": ("text", ["9841234567", "9841234568", None, "9841234569"])})
    assert "q7" not in found.answers
    assert said(found, "identifying_content") == "q7"


def test_a_copy_of_the_respondents_id_is_dropped_whole_or_inside_a_text() -> None:
    ids = ["R-00001", "R-00002", "R-00003", "R-00004"]
    found = protected(
        {
            "person": ("text", list(ids)),
            "again": ("text", list(ids)),
            "label": ("calculate", [f"household of {one}" for one in ids]),
            "village": ("text", ["a", "b", "c", "R-00004"]),
        }
    )
    assert set(found.answers) == {"person", "village"}
    assert said(found, "identifying_content") == "again, label"


def test_what_the_campaign_uses_or_keeps_is_not_dropped() -> None:
    columns = {"q7": ("text", ["9841234567", "9841234568", "9841234569"])}
    kept = protected(columns, identifiers={"q7": "keep"})
    assert cells(kept, "q7") == ["9841234567", "9841234568", "9841234569"]
    used = protected(columns, extra_columns=("q7",))
    assert cells(used, "q7") == [None, None, None]  # the analysis has the column, the texts wait


def test_one_text_is_kept_back_and_the_others_stay() -> None:
    found = protected({"remark": ("text", ["radio", "call 010-2000-0000", None])})
    assert cells(found, "remark") == ["radio", None, None]
    assert found.withheld[f"{WITHHELD}remark"].to_pylist() == [None, "call 010-2000-0000", None]
    assert [list(one.rows) for one in found.findings if one.code == "personal_data_in_text"] == [[1]]


def test_a_held_question_waits_whole() -> None:
    found = protected({"remark": ("text", ["radio", None])}, identifiers={"remark": "hold"})
    assert cells(found, "remark") == [None, None]
    assert found.withheld[f"{WITHHELD}remark"].to_pylist() == ["radio", None]


@pytest.mark.parametrize("cell", ["1990-07-12", "12/07/1990", "1990"])
def test_of_a_day_of_birth_the_year_is_kept(cell: str) -> None:
    found = protected({"dob": ("date", [cell])})
    assert (cells(found, "dob"), found.types) == (["1990"], {"dob": "integer"})
    assert said(found, "coarsened_columns") == "dob"


def test_a_position_is_rounded_where_that_is_declared_and_the_form_asks_no_area() -> None:
    where = {"spot": ("geopoint", ["27.71725 85.32396 1300 5", "junk"])}
    assert cells(protected(where, identifiers={"spot": "coarsen"}), "spot") == ["27.7 85.3", None]
    with_area = protected(where | {"district": ("text", ["Kathmandu", "x"])}, identifiers={"spot": "coarsen"})
    assert set(with_area.answers) == {"district"}


def test_interviewers_are_kept_by_code_and_hidden_by_name() -> None:
    assert all(is_code(one) for one in ("7", "E07", "NPL-03", "team 2", "KTM/12", "a"))
    assert not any(is_code(one) for one in ("Ram Bahadur", "jane", "9841234567890", "홍길동", "a@b.co"))
    key = b"k" * 32
    assert interviewer_pseudonym(key, "Ram ") == interviewer_pseudonym(key, "ram")
    assert interviewer_pseudonym(key, "Ram")[2:] not in respondent_pseudonyms(key)("Ram")


def test_a_declared_question_is_known_by_its_heading_and_never_read() -> None:
    from surveys.judging.headers import match_headers

    instrument = questionnaire(Question(name="nick", type="text", required=True), Question(name="age", type="integer")
    )  # fmt: skip
    headers = match_headers(
        ["nick", "age"], instrument, fieldwork(parts={}, identifiers={"nick": "drop", "nikc": "drop"})
    )
    assert set(headers.answers) == {"age"}
    told = {one.code: one.values["columns"] for one in headers.warnings}
    assert told == {"identifier_columns": "nick", "identifiers_not_asked": "nikc"}


def test_a_heading_that_is_itself_a_telephone_is_not_repeated() -> None:
    from surveys.judging.headers import match_headers

    instrument = questionnaire(Question(name="age", type="integer"))
    headers = match_headers(["age", "9841234567 010-2000-0000"], instrument, fieldwork(parts={}))
    assert [one.values["columns"] for one in headers.warnings] == ["•••"]


@pytest.mark.parametrize(
    ("yes", "no"),
    [("동의함", "동의하지 않음"), ("ยินยอม", "ไม่ยินยอม"), ("Đồng ý", "Không đồng ý"), ("သဘောတူ", "သဘောမတူ"), ("بلی", "نخیر"), ("Setuju", "Tidak setuju"), ("Yes", "No")],
)  # fmt: skip
def test_a_refusal_is_known_in_the_form_s_language_and_counted_by_site(yes: str, no: str) -> None:
    question = Question(name="agree", type="select_one", choice_list="a", required=True)
    choices = (Choice(name="1", labels={"x": yes}), Choice(name="2", labels={"x": no}))
    answers = Answers(name="agree", header="agree", values=pa.array(["1", "2", None, "2"], pa.large_string()))
    findings = without_consent(question, choices, answers)
    assert all(one.cell is None for one in findings)
    places = pa.array(["npl", "npl", "npl", None]), pa.array(["w", "w", "w", "w"])
    counts = {(one.site, one.wave): (one.refused, one.blank) for one in refusals_by_place(findings, *places)}
    assert counts == {("npl", "w"): (1, 1), ("", "w"): (1, 0)}
