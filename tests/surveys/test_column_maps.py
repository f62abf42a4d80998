"""Headers that are not the questionnaire's: suggested with a reason, applied only when a person confirms."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.checking import CheckReport, check_table
from surveys.doubts import Doubt, Suggestion
from surveys.instrument import Instrument
from surveys.map_files import load_map, write_map
from surveys.problems import CannotProceed, FileRefused
from surveys.sources import Decisions, of_column_map
from tests.surveys.judging import (
    ENGLISH,
    KOREAN,
    TODAY,
    ask,
    choices,
    column,
    fieldwork,
    questionnaire,
    received,
    warned,
)


SEX = choices({"f": ("Woman", "여성"), "m": ("Man", "남성")})
LISTS = {
    "yes_no": choices({"yes": ("Yes", "예"), "no": ("No", "아니요")}),
    "channels": choices({"tv": ("Television", "텔레비전"), "radio": ("Radio", "라디오")}),
    "sex": SEX,
}
FORM = questionnaire(
    ask("interview", "text", required=True, label={ENGLISH: "Interview number", KOREAN: "면접 번호"}),
    ask(
        "age",
        "integer",
        required=True,
        label={ENGLISH: "How old are you?", KOREAN: "나이가 어떻게 되십니까?"},
    ),
    ask("sex", "select_one sex", label={ENGLISH: "Are you a woman or a man?", KOREAN: "성별"}),
    ask("hotline", "select_one yes_no", label={ENGLISH: "Do you know a telephone line that helps migrants?"}),
    ask("day", "date", label={ENGLISH: "Date of the interview", KOREAN: "면접일"}),
    ask("heard", "select_multiple channels", label={ENGLISH: "Where did you hear of it?"}),
    lists=LISTS,
)
STRANGE = [
    "Nr",
    "How old are you (in years)?",
    "Q3",
    "Do you know a telephone line that helps mig...",
    "면접일",
    "Phone number",
]
RIGHT = ["interview", "age", "sex", "hotline", "day"]
ROWS = [
    ["1", "31", "Woman", "yes", "2026-02-03", "0912345678"],
    ["2", "44", "Man", "no", "2026-02-04", "0912345679"],
    ["3", "19", "Woman", "no", "2026-02-05", "0912345677"],
]


def refused(
    header: list[str], *rows: list[str], columns: dict[str, str] | None = None, **more: object
) -> FileRefused:
    with pytest.raises(FileRefused) as caught:
        judged(header, *rows, columns=columns, **more)
    return caught.value


def judged(
    header: list[str],
    *rows: list[str],
    columns: dict[str, str] | None = None,
    form: Instrument = FORM,
    **more: object,
) -> CheckReport:
    decisions = of_column_map(columns) if columns else Decisions()
    return check_table(received(header, *rows), form, today=TODAY, decisions=decisions, **more)  # type: ignore[arg-type]


def asked(doubts: tuple[Doubt, ...]) -> dict[str, Suggestion]:
    doubt = next(one for one in doubts if one.kind == "columns")
    return {one.header: one for one in doubt.suggestions}


def test_strange_headers_are_suggested_a_question_with_a_reason() -> None:
    found = asked(refused(STRANGE, *ROWS).doubts)
    assert {header: one.question for header, one in found.items()} == {
        "Nr": None,
        "How old are you (in years)?": "age",
        "Q3": "sex",
        "Phone number": None,
    }
    reasons = [found[header].reason for header in STRANGE if header in found]
    assert reasons == ["nothing", "label", "answers", "identifier"]
    assert all(0.6 <= one.strength <= 1 for one in found.values() if one.question)


def test_a_suggestion_never_shows_an_answer_and_is_never_applied_by_itself() -> None:
    refusal = refused(STRANGE, *ROWS)
    told = str([one.as_dict("ko") for one in refusal.doubts])
    assert not any(
        cell in told for row in ROWS for cell in row if len(cell) > 1 and cell not in ("yes", "no", "19")
    )
    assert refusal.problem.code == "required_column_missing"


def test_a_confirmed_map_gives_the_very_table_that_right_headers_give() -> None:
    columns = dict(zip(STRANGE, [*RIGHT, ""], strict=True))
    mapped = judged(STRANGE, *ROWS, columns=columns)
    right = judged(RIGHT, *[row[:5] for row in ROWS])
    assert mapped.accepted.equals(right.accepted)
    assert set(mapped.used) == {f"column:{header}" for header in STRANGE}
    assert "0912345678" not in str(mapped.accepted.to_pydict())


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.text("abcxyz ÄÖ가나다", min_size=1, max_size=12), min_size=5, max_size=5, unique=True),
    order=st.permutations(range(5)),
)
def test_any_renaming_that_is_confirmed_changes_nothing_but_the_headers(
    names: list[str], order: list[int]
) -> None:
    strange = [f"column {name}!" for name in names]
    rows = [[row[place] for place in order] for row in ROWS]
    columns = {strange[new]: RIGHT[place] for new, place in enumerate(order)}
    mapped = judged(strange, *rows, columns=columns)
    right = judged([RIGHT[place] for place in order], *rows)
    assert mapped.accepted.equals(right.accepted)


def test_split_choices_may_be_mapped_one_by_one() -> None:
    header = ["interview", "age", "Watched it", "Listened"]
    columns = {"Watched it": "heard/tv", "Listened": "heard/radio"}
    report = judged(header, ["1", "30", "1", "0"], ["2", "31", "1", "1"], columns=columns)
    assert column(report, "heard") == ["tv", "tv radio"]


def test_a_column_of_identifiers_is_never_mapped_to_a_question() -> None:
    named = refused(STRANGE, *ROWS, columns={"Phone number": "age", "Nr": "interview"})
    assert [problem.code for problem in named.problems] == ["map_identifier"]
    numbers = [[str(n), "30", f"091234567{n}"] for n in range(10)]
    by_content = refused(["interview", "age", "Q9"], *numbers, columns={"Q9": "hotline"})
    assert [problem.code for problem in by_content.problems] == ["map_identifier"]


def test_the_id_of_a_respondent_may_be_mapped_for_it_is_hashed() -> None:
    field = fieldwork(parts={"respondent": "person"}, wave="endline")
    rows = [[str(n), "30", f"091234567{n}"] for n in range(10)]
    report = check_table(
        received(["interview", "age", "Code"], *rows), FORM, field,
        today=TODAY, decisions=of_column_map({"Code": "person"}),
    )  # fmt: skip
    assert report.accepted.column("@respondent").to_pylist()[0] == "0912345670"
    assert "person" not in report.accepted.column_names


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"Q3": "income"}, "map_unknown_question"),
        ({"Q3": "sex", "Nr": "sex"}, "map_two_columns"),
        ({"Old heading": "age", "Nr": "interview"}, "map_header_gone"),
    ],
)
def test_a_map_that_does_not_fit_is_told_and_asked_again(columns: dict[str, str], code: str) -> None:
    refusal = refused(STRANGE, *ROWS, columns=columns)
    assert refusal.problem.code == code
    assert asked(refusal.doubts)


def test_a_header_that_is_gone_is_told_by_name() -> None:
    refusal = refused(["interview", "age", "Gender"], ["1", "30", "Woman"], columns={"Q3": "sex"})
    assert refusal.problem.code == "map_header_gone"
    assert "Q3" in refusal.problem.message()


def test_a_new_column_of_a_mapped_source_is_told_and_asked_about_without_stopping() -> None:
    columns = dict(zip(STRANGE, [*RIGHT, ""], strict=True))
    report = judged(
        [*STRANGE, "Where did you hear of it (TV, radio)?"], *[[*row, "tv"] for row in ROWS], columns=columns
    )
    assert "map_new_headers" in warned(report)
    found = asked(report.doubts)
    assert found["Where did you hear of it (TV, radio)?"].question == "heard"
    assert found["Q3"].reason == "confirmed"


def test_what_was_confirmed_elsewhere_in_the_campaign_is_suggested_first() -> None:
    found = asked(refused(STRANGE, *ROWS, past_maps=[{"NR": "interview"}]).doubts)
    assert (found["Nr"].question, found["Nr"].reason) == ("interview", "past")


def test_a_file_of_known_headers_is_not_asked_about() -> None:
    assert judged(RIGHT, *[row[:5] for row in ROWS]).doubts == ()


def test_a_map_goes_out_as_yaml_and_comes_back(tmp_path: Path) -> None:
    found = asked(refused(STRANGE, *ROWS).doubts)
    write_map(tmp_path / "map.yaml", list(found.values()), "ko")
    text = (tmp_path / "map.yaml").read_text("utf-8")
    assert "개인정보이므로 저장하지 않음" in text
    assert load_map(tmp_path / "map.yaml") == {header: one.question or "" for header, one in found.items()}


@pytest.mark.parametrize(
    "text",
    [
        "columns: nothing", "other: []", "columns: [{column: a}]", "columns: [{column: a, question: 1}]", ":\n-",
        "columns: [{column: a, question: b}, {column: a, question: c}]", "\ufeff\x00",
    ],
)  # fmt: skip
def test_what_is_no_map_is_refused_with_where(tmp_path: Path, text: str) -> None:
    (tmp_path / "map.yaml").write_text(text, "utf-8")
    with pytest.raises(CannotProceed, match=r"map\.yaml"):
        load_map(tmp_path / "map.yaml")
