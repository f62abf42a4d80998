"""Relevance and constraints: what is understood, what it means, and what stays unknown."""

import re
import time
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.expressions import (
    Answers,
    Expression,
    Truths,
    Unsupported,
    asked,
    evaluate,
    meets_constraint,
    parse,
    referenced_names,
    unchecked_parts,
)
from surveys.instrument import Instrument, Question
from surveys.languages import languages, say
from tests.shared import needs_shared
from tests.surveys import row_by_row
from tests.surveys.forms import corpus_forms, corpus_instrument


TODAY = date(2026, 7, 1)
YES, NO, UNKNOWN = True, False, None
# A machine under load is no fault of an expression.
UNHURRIED = settings(deadline=None)


def told(truths: Truths) -> list[bool | None]:
    pairs = zip(truths.true, truths.false, strict=True)
    return [True if true else False if false else None for true, false in pairs]


def verdicts(
    source: str, own: list[str | None] | None = None, **columns: list[str | None]
) -> list[bool | None]:
    """What an expression says row by row; ``own`` is the column it belongs to."""
    expression = parse(source)
    assert isinstance(expression, Expression), expression
    rows = len(own) if own is not None else len(next(iter(columns.values()), [""]))
    return told(evaluate(expression, Answers(columns, rows=rows), today=TODAY, self_values=own))


# What is understood


@needs_shared
def test_every_condition_of_the_questionnaires_at_hand_is_understood() -> None:
    written = list(conditions_of_the_corpus())
    refused = [text for text in written if isinstance(parse(text), Unsupported)]
    checked = [text for text in written if not unchecked_parts(parse(text))]
    assert len(written) > 800
    assert refused == []
    assert len(checked) / len(written) > 0.99


def conditions_of_the_corpus() -> list[str]:
    texts: list[str | None] = []
    for genuine in corpus_forms():
        for question in corpus_instrument(genuine.file).questions:
            texts += [
                question.relevant,
                question.constraint,
                question.required_when,
                *question.group_relevants,
            ]
    return [text for text in texts if text]


@pytest.mark.parametrize(
    ("source", "same_as"),
    [
        ("${a}=1 or ${b}=2 and ${c}=3", "${a}=1 or (${b}=2 and ${c}=3)"),
        ("1 + 2 * 3 = 7", "(1 + (2 * 3)) = 7"),
        ("10 - 2 - 3 = 5", "((10 - 2) - 3) = 5"),
        ("${a} - 1 mod 2", "${a} - (1 mod 2)"),
        ("-${a} + 1", "(-${a}) + 1"),
        ("1 < 2 = 2 > 1", "(1 < 2) = (2 > 1)"),
        ("(${a}=1 or ${b}=1) or ${c}=1", "${a}=1 or ${b}=1 or ${c}=1"),
        ("${ a } = ‘yes’", "${a} = 'yes'"),
        ("/data/group/a = “yes”", "${a} = 'yes'"),
        ("../a = 1 and current()/../b = 2", "${a} = 1 and ${b} = 2"),
        (".> 0 and .<= 100", ". > 0 and . <= 100"),
        ("selected (., 'a')", "selected(.,'a')"),
    ],
)
def test_operators_bind_and_paths_lead_as_in_xpath(source: str, same_as: str) -> None:
    found, expected = parse(source), parse(same_as)
    assert isinstance(found, Expression)
    assert isinstance(expected, Expression)
    assert found.root == expected.root


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "blank"),
        ("  \n", "blank"),
        ("${a} = 'yes", "character"),
        ("${a} = 'yes' AND ${b} = 1", "grammar"),
        ("${a} == 1", "grammar"),
        ("selected(${a}, 'b'", "grammar"),
        ("${a} = ", "grammar"),
        ("1; drop table", "character"),
        ("(" * 500 + "1" + ")" * 500, "too_deep"),
        ("+".join(["1"] * 500), "too_deep"),
        ("not(" * 3000, "too_deep"),
        ("1 or " * 20_000 + "1", "too_long"),
    ],
)
def test_what_is_no_expression_says_why(source: str, reason: str) -> None:
    found = parse(source)
    assert isinstance(found, Unsupported)
    assert found.reason == reason
    assert told(evaluate(found, {"a": ["x", "y"]}, today=TODAY)) == [UNKNOWN, UNKNOWN]
    values = {"sheet": "survey", "row": 1, "name": "q", "column": "relevant", "text": source[:80]}
    assert all(say(f"form_warnings.condition_{reason}", language, **values) for language in languages())


def test_a_chain_of_a_thousand_choices_is_no_trouble() -> None:
    chain = " or ".join(f"${{a}} = 'x{number}'" for number in range(1000))
    assert verdicts(chain, a=["x999", "x1000", ""]) == [YES, NO, NO]


def test_names_are_listed_once_in_the_order_written() -> None:
    expression = parse("${b} = 1 and selected(../a, ${b}) or indexed-repeat(${c}, ${roster}, 1) = .")
    assert referenced_names(expression) == ("b", "a", "c", "roster")
    assert referenced_names(parse("((")) == ()


@UNHURRIED
@given(st.text(max_size=60))
def test_no_text_whatever_makes_the_parser_fail(source: str) -> None:
    assert isinstance(parse(source), Expression | Unsupported)


# What it means


def test_a_blank_is_the_empty_text_and_no_number() -> None:
    blanks: list[str | None] = ["", None]
    assert verdicts("${a} = ''", a=blanks) == [YES, YES]
    assert verdicts("${a} = 0", a=blanks) == [NO, NO]
    assert verdicts("${a} != 0", a=blanks) == [YES, YES]
    assert verdicts("${a} < 5 or ${a} >= 5", a=blanks) == [NO, NO]
    assert verdicts("not(${a} < 5)", a=blanks) == [YES, YES]
    assert verdicts("${a}", a=["", "0", "no"]) == [NO, YES, YES]


def test_text_equals_text_only_exactly_and_numbers_by_value() -> None:
    assert verdicts("${a} = 'yes'", a=["yes", "Yes", "yes ", "예"]) == [YES, NO, NO, NO]
    assert verdicts("${a} = '01'", a=["01", "1"]) == [YES, NO]
    assert verdicts("${a} = 1", a=["01", "1", "1.0", "one"]) == [YES, YES, YES, NO]
    assert verdicts("${a} = ${b}", a=["x", "x"], b=["x", "y"]) == [YES, NO]
    assert verdicts("0.1 + 0.2 = ${a}", a=["0.3"]) == [YES]


def test_choices_are_whole_words() -> None:
    answers: list[str | None] = ["tv radio", "radio", "radios tv", "", None]
    assert verdicts("selected(., 'radio')", answers) == [YES, YES, NO, NO, NO]
    assert verdicts("count-selected(.) = 2", answers) == [YES, NO, YES, NO, NO]
    assert verdicts("selected-at(., 1) = 'radio'", answers) == [YES, NO, NO, NO, NO]
    none_alone = "not(selected(., 'none') and count-selected(.) > 1)"
    assert verdicts(none_alone, ["none", "none tv", "tv radio"]) == [YES, NO, YES]


def test_a_constraint_of_the_field_with_its_own_words() -> None:
    rule = "if(${head}='no', . >= 2 and . <= 30, . >= 1 and . <= 30)"
    assert verdicts(rule, ["1", "1", "31"], head=["no", "yes", "yes"]) == [NO, YES, NO]
    assert verdicts("(.> 0 and .<= 100) or .= -999", ["0", "100", "-999", "-99"]) == [NO, YES, YES, NO]


def test_each_branch_of_an_if_keeps_its_kind() -> None:
    assert verdicts("if(${a} = 'x', 1, 'none') = '1.0'", a=["x", "y"]) == [YES, NO]
    assert verdicts("if(${a} = 'x', . > 5, '')", ["6", "5", "6"], a=["x", "x", "y"]) == [YES, NO, NO]
    assert verdicts("coalesce(${a}, ${b}) = 'z'", a=["", "z", "y"], b=["z", "", "z"]) == [YES, YES, NO]
    assert verdicts("once('x') = .", ["", "y"]) == [NO, YES]


def test_texts_are_cut_joined_and_searched() -> None:
    assert verdicts("substr(., 0, 2) = 'KR'", ["KR-11", "VN-11", ""]) == [YES, NO, NO]
    assert verdicts("substr(., -2) = '11'", ["KR-11", "VN-12"]) == [YES, NO]
    assert verdicts("concat(${a}, '-', ${b}) = 'x-y'", a=["x", "x"], b=["y", ""]) == [YES, NO]
    assert verdicts("contains(., 'ab') and starts-with(., 'a') and ends-with(., 'b')", ["ab", "ba"]) == [
        YES,
        NO,
    ]
    assert verdicts("translate(., 'abc', 'AB') = 'AB'", ["abc", "xyz"]) == [YES, NO]
    assert verdicts("join(' ', ${a}, 'x') = 'y x'", a=["y", "z"]) == [YES, NO]
    assert verdicts("string(1.50) = '1.5' and string(3.0) = '3'", a=[""]) == [YES]


def test_numbers_are_calculated_with() -> None:
    assert verdicts("${a} div 2 = 2.5 and ${a} mod 2 = 1 and -${a} = -5 and ${a} * 2 = 10", a=["5"]) == [YES]
    assert verdicts("-7 mod 2 = -1", a=[""]) == [YES]
    assert verdicts("round(2.5) = 3 and int(-2.7) = -2 and round(3.14159, 2) = 3.14", a=[""]) == [YES]
    assert verdicts("max(${a}, 3) = 3 and min(${a}, 3) = ${a}", a=["2"]) == [YES]
    assert verdicts("round(15 div (sqrt(cos(atan(${slope} div 100)))), 2) = 15", slope=["0", "90"]) == [
        YES,
        NO,
    ]


def test_days_are_compared_and_counted() -> None:
    rule = ". >= date('2023-01-01')"
    assert verdicts(rule, ["2022-12-31", "2023-01-01", "", "soon"]) == [NO, YES, NO, NO]
    assert verdicts("date('2024-03-01') - date('2024-02-28') = 2", a=[""]) == [YES]
    assert verdicts("${b} - ${a} > 30", a=["2024-01-01", "2024-01-01"], b=["2024-02-01", "2024-01-31"]) == [
        YES,
        NO,
    ]
    assert verdicts("format-date(., '%Y-%m') = '2024-02'", ["2024-02-29", "2024-03-01"]) == [YES, NO]
    assert verdicts("format-date(., '%b') = 'Feb'", ["2024-02-29"]) == [UNKNOWN]
    assert verdicts("decimal-time(.) >= 0.5", ["12:00", "11:59:59.000+09:00"]) == [YES, NO]
    apart = "decimal-date-time(${b}) - decimal-date-time(${a}) < 0.05"
    assert verdicts(apart, a=["2024-01-01T10:00:00.000+09:00"], b=["2024-01-01T02:00:00.000+01:00"]) == [YES]


# Regular expressions


def test_a_pattern_matches_the_whole_answer() -> None:
    assert verdicts("regex(., '[0-9]{3}')", ["123", "1234", "x123", ""]) == [YES, NO, NO, NO]
    assert verdicts("regex(., '^[A-Za-z0-9_-]{1,32}$')", ["a_b", "a b", "a\n"]) == [YES, NO, NO]
    assert verdicts("regex(., 'a|bc')", ["a", "bc", "ac"]) == [YES, YES, NO]
    assert verdicts("regex(., '[가-힣]+')", ["한국", "korea"]) == [YES, NO]
    assert verdicts(r"regex(., '[\u0E00-\u0E7F]+')", ["ไทย", "thai"]) == [YES, NO]


def test_where_apps_read_a_pattern_differently_nothing_is_said() -> None:
    assert verdicts(r"regex(., '\w+')", ["ab", "a b", "한국"]) == [YES, NO, UNKNOWN]
    assert verdicts(r"not(regex(., '\W+'))", ["ab", "한국"]) == [YES, UNKNOWN]
    assert verdicts("regex(., '[a-z&&[^b]]+')", ["a"]) == [UNKNOWN]
    assert verdicts(r"regex(., '(?=.*\d).+')", ["a1"]) == [UNKNOWN]
    assert verdicts(r"regex(., '(a)\1')", ["aa"]) == [UNKNOWN]
    assert verdicts("regex(., '(')", ["("]) == [UNKNOWN]
    assert verdicts("regex(., 'a)|(b')", ["a"]) == [UNKNOWN]


@pytest.mark.parametrize(
    "pattern", ["(a+)+", "(a|aa)+", "(.*a){25}", "((a{0,30}){0,30}){0,30}", "^(([0-9]{1})*[- .(]*)+$"]
)
def test_no_pattern_takes_longer_than_the_answer_is_long(pattern: str) -> None:
    started = time.process_time()
    verdicts(f"regex(., '{pattern}')", ["a" * 50_000 + "!", "1" * 50_000 + "!"])
    assert time.process_time() - started < 5


# What stays unknown


def test_what_a_table_cannot_answer_is_unknown_and_settles_nothing() -> None:
    assert verdicts("${absent} = 'yes'", a=["x"]) == [UNKNOWN]
    assert verdicts("pulldata('f', 'a', 'b', ${a}) = 1", a=["x"]) == [UNKNOWN]
    assert verdicts("indexed-repeat(${a}, ${roster}, 1) = 1", a=["x"]) == [UNKNOWN]
    assert verdicts("position(..) = 1", a=["x"]) == [UNKNOWN]
    assert verdicts("instance('x')/items/item[name = ${a}]/label = 'y'", a=["x"]) == [UNKNOWN]
    assert verdicts("count(${roster}) > 1 or sum(${a}) > 1", a=["5"]) == [UNKNOWN]
    assert verdicts("jr:choice-name(${a}, '${a}') = 'Yes'", a=["x"]) == [UNKNOWN]


def test_an_unknown_part_leaves_what_is_settled_without_it() -> None:
    assert verdicts("${absent} = 1 or ${a} = 1", a=["1", "2"]) == [YES, UNKNOWN]
    assert verdicts("${absent} = 1 and ${a} = 1", a=["1", "2"]) == [UNKNOWN, NO]
    assert verdicts("not(${absent} = 1)", a=["1"]) == [UNKNOWN]


def test_unchecked_parts_are_named() -> None:
    expression = parse(
        "pulldata('f', 'a') = 1 and ${a}[1] = 2 and uuid() != '' and sum(${a}) > 1 and ${b} = 1"
    )
    assert isinstance(expression, Expression)
    assert unchecked_parts(expression) == ("pulldata()", "path", "uuid()", "sum()")


def test_today_was_no_later_than_the_day_of_judging() -> None:
    """A future appointment must not become an error because the file was judged after it."""
    future = evaluate(parse(". <= today()"), {}, today=TODAY, self_values=["2026-07-01", "2026-07-02"])
    assert told(future) == [UNKNOWN, NO]
    appointment = evaluate(parse(". >= today()"), {}, today=TODAY, self_values=["2026-06-01", "2026-08-01"])
    assert told(appointment) == [UNKNOWN, YES]


def test_the_day_of_the_interview_tells_what_today_was() -> None:
    days = ["2026-06-01", "2026-06-01", None]
    appointments = ["2026-05-31", "2026-07-02", "2026-06-15"]
    found = evaluate(parse(". >= today()"), {}, today=TODAY, since=days, self_values=appointments)
    assert told(found) == [NO, YES, UNKNOWN]
    age = parse("int((today() - ${born}) div 365.25) >= 18")
    births = {"born": ["2000-01-01", "2020-01-01", "2008-06-15"]}
    assert told(evaluate(age, births, today=TODAY, since=date(2026, 6, 1))) == [YES, NO, UNKNOWN]
    years = parse("format-date(today(), '%Y') - ${born} >= 18")
    assert told(evaluate(years, {"born": ["2000", "2020"]}, today=TODAY, since=date(2026, 1, 1))) == [YES, NO]


def test_a_length_is_refused_only_where_every_app_would() -> None:
    assert verdicts("string-length(.) <= 3", ["abc", "ab😀", "abcd", "가나다라"]) == [YES, UNKNOWN, NO, NO]


def test_moments_within_a_day_are_not_ordered_where_apps_disagree() -> None:
    earlier, later = "2024-01-01T09:00:00.000+09:00", "2024-01-01T10:00:00.000+09:00"
    assert verdicts("${b} > ${a}", a=[earlier, earlier], b=[later, "2024-01-02"]) == [UNKNOWN, YES]
    assert verdicts("${b} > ${a}", a=["09:00"], b=["10:00"]) == [UNKNOWN]


# Columns and questions


@pytest.mark.parametrize(
    "column",
    [
        ["yes", None, "no"],
        pa.array(["yes", None, "no"], pa.large_string()),
        pa.chunked_array([["yes"], [None, "no"]], pa.string()),
        pa.array(["yes", None, "no"]).dictionary_encode(),
        pd.Series(["yes", None, "no"]),
        np.array(["yes", None, "no"], dtype=object),
    ],
)
def test_any_column_of_text_will_do(column: object) -> None:
    assert told(evaluate(parse("${a} = 'yes'"), {"a": column}, today=TODAY)) == [YES, NO, NO]


def test_a_file_without_rows_is_judged_without_ado() -> None:
    for source in ("${a} = 'yes'", "concat(${a}, ${b}) = 'x'", "string(today()) = ${a}", "regex(${a}, 'x')"):
        assert told(evaluate(parse(source), {"a": [], "b": []}, today=TODAY)) == []


def form(*questions: Question) -> Instrument:
    return Instrument(
        form_id="f",
        version="1",
        title="f",
        languages=("",),
        default_language="",
        questions=questions,
        choices={},
    )


def test_asked_joins_the_groups_around_with_the_question() -> None:
    plan = Question(
        name="plan", type="text", relevant="${wish} = 'yes'", group_relevants=("${consent} = 'yes'",)
    )
    wish, consent = Question(name="wish", type="text"), Question(name="consent", type="text")
    answers = {"consent": ["yes", "yes", "no"], "wish": ["yes", "no", "yes"], "plan": ["a", "", ""]}
    instrument = form(consent, wish, plan)
    assert told(asked(plan, instrument, answers, today=TODAY)) == [YES, NO, NO]
    assert told(asked(consent, instrument, answers, today=TODAY)) == [YES, YES, YES]


def test_from_outside_a_roster_its_answers_are_not_one_value() -> None:
    age = Question(name="age", type="integer", path=("member",), repeat="member")
    inside = Question(name="school", type="text", path=("member",), repeat="member", relevant="${age} < 18")
    outside = Question(name="total", type="text", relevant="${age} < 18")
    instrument = form(age, inside, outside)
    answers = {"age": ["10", "30"], "school": ["x", ""], "total": ["1", "2"]}
    assert told(asked(inside, instrument, answers, today=TODAY)) == [YES, NO]
    assert told(asked(outside, instrument, answers, today=TODAY)) == [UNKNOWN, UNKNOWN]


def test_a_blank_keeps_any_constraint() -> None:
    age = Question(name="age", type="integer", constraint=". >= 15 and . <= 99")
    answers = {"age": ["15", "14", "", None]}
    assert told(meets_constraint(age, form(age), answers, today=TODAY)) == [YES, NO, YES, YES]
    assert told(meets_constraint(age, form(age), {"x": ["a"]}, today=TODAY)) == [YES]


# Against a second implementation

WORDS = ["", "x", "y", "x y", "1", "2", "2.5", "-3", "abc", "2024-02-29", "2026-06-30", "true"]
LITERALS = tuple(f"'{word}'" for word in (*WORDS, "x z", "b", "2023-12-31"))
NUMBERS = ("0", "1", "2", "2.5", "3", "20000", "0.1")
PATTERNS = ("'[a-z]+'", "'[0-9.]*'", "'x( y)?'", "'(1|2)'", "'.*'")
ANSWERS = ("${a}", "${b}", "${c}", "../a", ".")
# V stands for a value, C for a condition, L for a literal, P for a pattern.
VALUES = (
    "(V + V)", "(V - V)", "(V * V)", "(V div V)", "(V mod V)", "(-V)", "if(C, V, V)", "coalesce(V, V)", "concat(V, V)",
    "max(V, V)", "min(V, V)", "string(V)", "number(V)", "int(V)", "round(V)", "count-selected(V)", "string-length(V)",
    "date(V)", "selected-at(V, 0)", "selected-at(V, 1)", "substr(V, 0, 2)", "format-date(V, '%Y')", "today()", "C",
)  # fmt: skip
CONDITIONS = (
    "(V = V)", "(V != V)", "(V < V)", "(V <= V)", "(V > V)", "(V >= V)", "(C and C)", "(C or C)", "not(C)",
    "selected(V, L)", "contains(V, L)", "starts-with(V, L)", "ends-with(V, L)", "regex(V, P)", "boolean(V)", "true()",
)  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, answers: tuple[str, ...] = ANSWERS, depth: int = 4) -> str:
    """A condition over some answers, nested at most so deep."""

    def filled(template: str, left: int) -> str:
        return "".join(part(letter, left) for letter in re.split(r"\b([VCLP])\b", template))

    def part(letter: str, left: int) -> str:
        if letter in ("V", "C"):
            leaves = (*answers, draw(st.sampled_from(LITERALS)), draw(st.sampled_from(NUMBERS)))
            templates = VALUES if letter == "V" else CONDITIONS
            stop = left == 0 or draw(st.integers(0, 3)) == 0
            return (
                draw(st.sampled_from(leaves)) if stop else filled(draw(st.sampled_from(templates)), left - 1)
            )
        if letter in ("L", "P"):
            return draw(st.sampled_from(LITERALS if letter == "L" else PATTERNS))
        return letter

    return filled(draw(st.sampled_from(CONDITIONS)), depth - 1)


COLUMNS = st.lists(st.tuples(*[st.sampled_from(WORDS)] * 4), min_size=1, max_size=8)


@UNHURRIED
@given(expressions(), COLUMNS, st.booleans())
def test_columns_and_rows_agree(source: str, rows: list[tuple[str, ...]], c_present: bool) -> None:
    expression = parse(source)
    assert isinstance(expression, Expression)
    columns = dict(zip("abc", zip(*[row[:3] for row in rows], strict=True), strict=True))
    if not c_present:
        del columns["c"]
    answers = {name: list(values) for name, values in columns.items()}
    own = [row[3] for row in rows]
    found = told(evaluate(expression, answers, today=TODAY, since=TODAY, self_values=own))
    for at, row in enumerate(rows):
        record = {name: values[at] for name, values in answers.items()}
        expected = row_by_row.truth(expression, record, row[3], TODAY)
        # The columns may know more than the rows: an "if" whose branches agree needs no condition.
        assert found[at] == expected or (expected is None and not c_present), (source, record, row[3])


@UNHURRIED
@given(expressions(("${a}", "${c}", ".")), COLUMNS)
def test_what_is_told_without_a_question_holds_whatever_its_answers(
    source: str, rows: list[tuple[str, ...]]
) -> None:
    expression = parse(source)
    a, _, c, own = (list(values) for values in zip(*rows, strict=True))
    without = told(evaluate(expression, {"a": a, "c": None}, today=TODAY, since=TODAY, self_values=own))
    knowing = told(evaluate(expression, {"a": a, "c": c}, today=TODAY, since=TODAY, self_values=own))
    for guarded, open_ in zip(without, knowing, strict=True):
        assert guarded is None or open_ is None or guarded == open_, source


@UNHURRIED
@given(expressions(("${a}", ".", "today()", "format-date(today(), '%Y')")), COLUMNS, st.data())
def test_what_is_told_of_a_span_of_days_holds_on_each(
    source: str, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    expression = parse(source)
    a, _, _, own = (list(values) for values in zip(*rows, strict=True))
    span = data.draw(st.integers(0, 1000))
    day = TODAY - timedelta(days=data.draw(st.integers(0, span)))
    since = TODAY - timedelta(days=span)
    spanned = told(evaluate(expression, {"a": a}, today=TODAY, since=since, self_values=own))
    exact = told(evaluate(expression, {"a": a}, today=day, since=day, self_values=own))
    for guarded, open_ in zip(spanned, exact, strict=True):
        assert guarded is None or open_ is None or guarded == open_, (source, day)
