"""Rows written to a file and read again are the rows: any text in any cell, and any interviews in any exporter's hand."""

import csv
import json
import tempfile
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from uuid import UUID

import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.problems import FileRefused
from tests.surveys.exporting.files import archive, delimited, open_document, workbook
from tests.surveys.exporting.interviews import Interview, told_instead
from tests.surveys.exporting.xls import xls_workbook
from tests.surveys.reading_here import cells_of, read_here
from tests.surveys.test_one_truth_in_every_format import EXPORTS, canonical, judged


# ---- any text in any cell ----------------------------------------------------------------------------------

Cells = list[list[str]]
HEADER = ["id", "나이", "remark", "q4"]
AWKWARD = st.sampled_from(
    [
        "=1+1", "-99", "1e5", "007", "NA", "null", "TRUE", "1,5", "2026-03-01", "a;b|c\td", 'said "no"', "'", " lead", "trail ",
        "한국어, 둘", "ไม่ทราบ", "မသိပါ", "نمی‌دانم", "👨‍👩‍👧", "<b>&amp;</b>", "a\nb", "x" * 300, "\u202eabc", "0.1", "12345678901234567890",
    ]
)  # fmt: skip
LETTERS = st.characters(
    exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"
)
TEXT = AWKWARD | st.text(LETTERS | st.sampled_from(',;|\t"\n'), max_size=12)


@st.composite
def tables(draw: st.DrawFn) -> Cells:
    """A header and rows of text; an id in every row, so that none is blank."""
    rows = draw(st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=8))
    return [HEADER, *[[f"i{place}", *row] for place, row in enumerate(rows)]]


def kept(text: str) -> str | None:
    """A cell as the platform keeps text: composed, and nothing where there is only white space."""
    return unicodedata.normalize("NFC", text) if text.strip() else None


def read_again(name: str, content: bytes) -> tuple[tuple[str, ...], list[list[str | None]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        table = read_here(path).interviews
        assert not table.broken_rows
        return table.columns, cells_of(table)


def expected(rows: Cells) -> tuple[tuple[str, ...], list[list[str | None]]]:
    """All columns but those that hold nothing keep their place."""
    return tuple(rows[0]), [[kept(cell) for cell in row] for row in rows[1:]]


@settings(max_examples=60, deadline=None)
@given(
    rows=tables(),
    delimiter=st.sampled_from(",;\t|"),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_any_text_comes_back_from_delimited_text(
    rows: Cells, delimiter: str, codec: str, quoting: int, ending: str
) -> None:
    content = delimited(rows, delimiter=delimiter, quoting=quoting, ending=ending, codec=codec)
    assert read_again("rows.tsv" if delimiter == "\t" else "rows.csv", content) == expected(rows)


NATIVE = {
    "cp949": ["라디오에서 들었습니다", "이웃에게 들은 이야기", "모릅니다"],
    "big5": ["我在市場聽說的，鄰居告訴我", "電視上看到的消息", "他們說工作很好"],
    "gb18030": ["我在市场听说的，邻居告诉我", "电视上看到的消息", "他们说工作很好"],
    "cp874": ["ได้ยินจากวิทยุในตลาด", "เพื่อนบ้านบอกมา", "ไม่ทราบเรื่องนี้"],
    "cp1252": ["l’été à Genève, très bien", "entendu à la radio", "« oui »"],
    "shift_jis": ["ラジオで聞きました", "近所の人から聞いた", "わかりません"],
}


@settings(max_examples=25, deadline=None)
@given(
    data=st.data(),
    codec=st.sampled_from(sorted(NATIVE)),
    delimiter=st.sampled_from(",;\t"),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_text_in_the_encodings_of_old_programs_comes_back_or_is_said_to_be_uncertain(
    data: st.DataObject, codec: str, delimiter: str, ending: str
) -> None:
    said = data.draw(st.lists(st.sampled_from(NATIVE[codec]), min_size=3, max_size=8))
    rows = remarks(said)
    content = delimited(rows, delimiter=delimiter, codec=codec, ending=ending)
    found: object = None
    with suppress(FileRefused):  # a few words can be words of two languages
        found = read_again("rows.txt" if delimiter == "\t" else "rows.csv", content)
    assert found in (None, expected(rows))


@pytest.mark.parametrize("codec", sorted(NATIVE))
def test_all_remarks_of_a_language_are_enough_to_tell_its_encoding(codec: str) -> None:
    rows = remarks(NATIVE[codec] * 2)
    assert read_again("rows.csv", delimited(rows, codec=codec)) == expected(rows)


def remarks(said: Sequence[str]) -> list[list[str]]:
    return [["id", "remark", "age"], *[[f"i{place}", text, "34"] for place, text in enumerate(said)]]


def records(rows: Cells) -> bytes:
    return json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]]).encode()


BOOKS: Mapping[str, Callable[[Cells], bytes]] = {
    "rows.xlsx": lambda rows: workbook({"data": rows}),
    "rows.xls": lambda rows: xls_workbook({"data": rows}),
    "rows.ods": lambda rows: open_document({"data": rows}),
    "rows.json": records,
    "rows.zip": lambda rows: archive({"rows.csv": delimited(rows)}),
}


@settings(max_examples=60, deadline=None)
@given(rows=tables(), name=st.sampled_from(sorted(BOOKS)))
def test_any_text_comes_back_from_workbooks_records_and_archives(rows: Cells, name: str) -> None:
    assert read_again(name, BOOKS[name](rows)) == expected(rows)


NUMBERS = (
    st.integers(-(10**9), 10**9).map(float)
    | st.integers(-8_000, 8_000).map(lambda n: n / 8)
    | st.floats(0.001, 1e6)
)
DAYS = st.dates(date(1900, 3, 1), date(2100, 1, 1))


@settings(max_examples=40, deadline=None)
@given(
    made=st.lists(st.tuples(NUMBERS, DAYS, st.booleans()), min_size=1, max_size=6),
    name=st.sampled_from(["rows.xls", "rows.ods"]),
    since_1904=st.booleans(),
)
def test_numbers_days_and_truth_come_back_from_cells_of_their_own_kind(
    made: list[tuple[float, date, bool]], name: str, since_1904: bool
) -> None:
    since_1904 = since_1904 and all(day > date(1904, 3, 1) for _, day, _ in made)
    rows = [["id", "hours", "day", "told"], *[[f"i{place}", *row] for place, row in enumerate(made)]]
    content = (
        open_document({"d": rows})
        if name.endswith("ods")
        else xls_workbook({"d": rows}, since_1904=since_1904)
    )
    _, cells = read_again(name, content)
    assert [(float(hours or ""), day, told) for _, hours, day, told in cells] == [
        (hours, day.isoformat(), str(told).upper()) for hours, day, told in made
    ]


@settings(max_examples=25, deadline=None)
@given(
    made=st.lists(st.tuples(NUMBERS, st.none() | st.sampled_from("adrz"), TEXT), min_size=1, max_size=6),
    version=st.sampled_from([8, 10, 12, 13, 14, 15]),
)
def test_numbers_texts_and_letters_come_back_from_every_version_of_stata(
    made: list[tuple[float, str | None, str]], version: int
) -> None:
    frame = pd.DataFrame(
        {
            "hours": pd.Series([n for n, _, _ in made]),
            "code": pd.Series([x or 1.0 for _, x, _ in made], dtype=object),
        }
    )
    old = version < 14  # whose texts are in the encoding of the day
    frame["remark"] = pd.Series(["plain" if old else text.strip() for _, _, text in made], dtype=object)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.dta"
        pyreadstat.write_dta(
            frame, str(path), version=version, missing_user_values={"code": ["a", "d", "r", "z"]}
        )
        cells = cells_of(read_here(path).interviews)
    assert [(float(hours or ""), code) for hours, code, _ in cells] == [
        (n, f".{x}" if x else "1") for n, x, _ in made
    ]
    assert [text for *_, text in cells] == [kept("plain" if old else text.strip()) for *_, text in made]


# ---- any interviews in any exporter's hand -------------------------------------------------------------------

NOTES = st.sampled_from(
    [
        "조사원: 통역이 필요했음",
        'She said: "no; never", then left',
        "สัมภาษณ์ที่บ้าน",
        "line one\nline two",
        "از رادیو شنیده است",
        "-",
        "7",
    ]
)


def sometimes(answers: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | answers


def several(*codes: str) -> st.SearchStrategy[str]:
    """Some of the codes, in the order of the form."""
    chosen = st.sets(st.sampled_from(codes), min_size=1)
    return chosen.map(lambda picked: " ".join(code for code in codes if code in picked))


@st.composite
def interviews(draw: st.DrawFn) -> list[Interview]:
    """One to five interviews that the questionnaire allows."""
    made = []
    for number in range(draw(st.integers(1, 5))):
        day = date(2026, 1, draw(st.integers(13, 28)))  # no month: which comes first is never open
        heard = draw(sometimes(st.sampled_from(["yes", "no"])))
        answers = {
            "consent": "yes",
            "day": day.isoformat(),
            "age": str(20 + 10 * number + draw(st.integers(0, 9))),  # web forms have no ids: rows must differ
            "gender": draw(st.sampled_from(["female", "male", "na"])),
            "hours": draw(sometimes(st.integers(0, 96).map(lambda n: str(n / 4).removesuffix(".0")))),
            "heard": heard,
            "channels": draw(sometimes(several("tv", "radio", "social_media", "worker")))
            if heard == "yes"
            else None,
            "debt": draw(sometimes(st.sampled_from(["1", "0", "dk"]))),
            "papers": draw(sometimes(st.sampled_from(["1", "0", "dk"]))),
            "safe": draw(sometimes(st.sampled_from(["1", "2", "3", "4", "-99"]))),
            "signs": draw(sometimes(several("1", "2", "3") | st.just("-99"))),
            "remark": draw(sometimes(NOTES)),
        }
        made.append(
            Interview(
                uuid=str(UUID(int=(4 << 76) | (8 << 60) | number + 1)), number=100_001 + number,
                start=f"{day}T08:5{number}:10", end=f"{day}T09:2{number}:44", sent=f"{day}T00:3{number}:00",
                said={name: said for name, said in answers.items() if said is not None},
            )
        )  # fmt: skip
    return made


@settings(max_examples=60, deadline=None, derandomize=True)
@given(made=interviews(), name=st.sampled_from(sorted(EXPORTS)))
def test_any_interviews_come_to_the_same_rows_from_any_exporter(made: list[Interview], name: str) -> None:
    with told_instead(made), tempfile.TemporaryDirectory() as folder:
        _, plain = judged("plain.csv", Path(folder))
        assert [problem.message() for problem in plain.problems] == []
        _, report = judged(name, Path(folder))
        assert [problem.message() for problem in report.problems] == []
        # A JSON export has no key for what nobody answered, and so no reason either.
        same = without_blanks if name.endswith(".json") else list
        assert same(canonical(report)) == same(canonical(plain))


def without_blanks(rows: list[dict[str, tuple[str | None, str | None]]]) -> list[dict[str, object]]:
    return [
        {name: (value, None if why == "blank" else why) for name, (value, why) in row.items()} for row in rows
    ]
