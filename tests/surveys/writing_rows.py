"""Made-up answers as the record holds them, and a file of them read and judged again."""

from pathlib import Path

import pyarrow as pa
from hypothesis import strategies as st

from surveys.checking import CheckReport, check_table
from surveys.instrument import Choice
from surveys.missing import Missing
from surveys.writing.formats import Labelling, write_rows
from tests.surveys.judging import ENGLISH, KOREAN, TODAY, ask, questionnaire
from tests.surveys.reading_here import read_here


def listed(*rows: tuple[str, str, str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(name=code, labels={ENGLISH: english, KOREAN: korean}) for code, english, korean in rows
    )


LISTS = {
    "yesno": listed(("yes", "Yes", "예"), ("no", "No", "아니요"), ("na", "Prefer not to say", "응답 거부")),
    "truth": listed(("1", "True", "맞다"), ("0", "False", "틀리다"), ("dk", "Don't know", "모름")),
    "degree": listed(
        ("1", "Not at all", "전혀"),
        ("2", "Somewhat", "조금"),
        ("-99", "Don't know", "모름"),
        ("-98", "Refused", "응답 거부"),
        ("-97", "No answer", "무응답"),
        ("-1", "Lost", "유실"),  # an answer, whatever it is called
    ),
    "sign": listed(("1", "Debt", "빚"), ("2", "No contract", "계약서 없음"), ("-99", "Don't know", "모름")),
}
FORM = questionnaire(
    ask("interview"),
    ask("day", "date"),
    ask("age", "integer"),
    ask("hours", "decimal"),
    ask("heard", "select_one yesno"),
    ask("debt", "select_one truth"),
    ask("degree", "select_one degree"),
    ask("signs", "select_multiple sign"),
    ask("remark"),
    ask("clock", "time"),
    lists=LISTS,
)
NO_ANSWERS = {
    "heard": {"na": "refused"},
    "debt": {"dk": "dont_know"},
    "degree": {"-99": "dont_know", "-98": "refused", "-97": "refused"},
    "signs": {"-99": "dont_know"},
}
ANSWERS = {
    "day": st.dates(min_value=TODAY.replace(year=1990), max_value=TODAY).map(str),
    "age": st.integers(-2_000, 10**9).map(str),
    "hours": st.integers(-8_000, 8_000).map(lambda n: str(n / 8).removesuffix(".0")),
    "heard": st.sampled_from(["yes", "no", "na"]),
    "debt": st.sampled_from(["1", "0", "dk"]),
    "degree": st.sampled_from(["1", "2", "-1", "-99", "-98", "-97"]),
    "signs": st.sampled_from(["1", "2", "1 2", "-99", "1 -99"]),
    "remark": st.sampled_from(["=1+1", "빚이 많다", "said “no”, twice", "x" * 300, "-99x"]),
    "clock": st.sampled_from(["08:30:00", "23:59:59"]),
}


@st.composite
def cells(draw: st.DrawFn, question: str) -> tuple[str | None, str | None]:
    """An answer with the reason its choice stands for, or nothing for some reason."""
    if draw(st.booleans()):
        value = draw(ANSWERS[question])
        return value, NO_ANSWERS.get(question, {}).get(value)
    return None, draw(st.sampled_from([str(reason) for reason in Missing]))


def rows() -> st.SearchStrategy[list[dict[str, tuple[str | None, str | None]]]]:
    return st.lists(st.fixed_dictionaries({name: cells(name) for name in ANSWERS}), min_size=1, max_size=25)


def responses(made: list[dict[str, tuple[str | None, str | None]]]) -> pa.Table:
    """The rows as the record gives them back, with their reasons."""
    columns = {"interview": pa.array([f"i{place}" for place in range(len(made))], pa.large_string())}
    for name in ANSWERS:
        columns[name] = pa.array([row[name][0] for row in made], pa.large_string())
        columns[f"{name}@missing"] = pa.array([row[name][1] for row in made], pa.large_string())
    return pa.table(columns)


def written(table: pa.Table, path: Path, language: str = "en") -> dict[str, str]:
    return dict(write_rows(table, path, Labelling(campaign="trial", instrument=FORM, language=language)))


def judged_again(path: Path) -> CheckReport:
    return check_table(read_here(path), FORM, today=TODAY)


def kept(report: CheckReport) -> list[dict[str, tuple[str | None, str | None]]]:
    """Answer and reason of every cell; numbers in one spelling."""
    return [
        {name: (_spelt(name, row[name]), row.get(f"{name}@missing")) for name in ANSWERS}
        for row in report.accepted.to_pylist()
    ]


def _spelt(name: str, text: str | None) -> str | None:
    return str(float(text)) if text and name in ("age", "hours") else text


def spelt(
    made: list[dict[str, tuple[str | None, str | None]]],
) -> list[dict[str, tuple[str | None, str | None]]]:
    return [{name: (_spelt(name, value), why) for name, (value, why) in row.items()} for row in made]
