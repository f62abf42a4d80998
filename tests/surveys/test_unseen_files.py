"""Files as other scripts, offices and programs make them: good ones are taken whole, bad rows stay out, nothing is guessed."""

import csv
import gzip
import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from tests.surveys.exporting.files import delimited, open_document, workbook
from tests.surveys.exporting.xls import xls_workbook
from tests.surveys.test_siblings_of_awkward_uploads import (
    NAMES,
    SURVEY,
    canonical,
    judged,
    plain,
    said,
    truth,
)


Make = Callable[[], bytes]
AGE, DAY, HEARD = (NAMES.index(name) for name in ("age", "day", "heard"))


def grid() -> list[list[str]]:
    return [list(NAMES), *[[row[name] for name in NAMES] for row in truth()]]


def typed() -> list[list[object]]:
    """The interviews with numbers and days as such."""
    kinds: dict[str, Callable[[str], object]] = {
        "day": date.fromisoformat,
        "age": int,
        "att": int,
        "weight": float,
    }
    return [list(NAMES), *[[kinds.get(name, str)(row[name]) for name in NAMES] for row in truth()]]


def book(fill: Callable[[Any, Any], None], **options: object) -> bytes:
    """A workbook whose sheet "data" holds the interviews, and what ``fill`` does to it."""
    stream = io.BytesIO()
    quiet = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, {**quiet, **options}) as made:
        sheet = made.add_worksheet("data")
        for number, row in enumerate(grid()):
            sheet.write_row(number, 0, row)
        fill(made, sheet)
    return stream.getvalue()


def days_shown_as(shape: str, **options: object) -> bytes:
    def fill(made: Any, sheet: Any) -> None:
        look = made.add_format({"num_format": shape})
        for number, row in enumerate(truth(), start=1):
            sheet.write_datetime(number, DAY, datetime.fromisoformat(row["day"]), look)

    return book(fill, **options)


def ages(write: Callable[[Any, Any, int, int], None]) -> bytes:
    def fill(made: Any, sheet: Any) -> None:
        for number, row in enumerate(truth(), start=1):
            write(made, sheet, number, int(row["age"]))

    return book(fill)


def hide(_: Any, sheet: Any) -> None:
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_column(AGE, AGE, None, None, {"hidden": True})
    sheet.autofilter(0, 0, 6, len(NAMES) - 1)


def an_older_sheet(made: Any, _: Any) -> None:
    older = made.add_worksheet("old")
    for number, row in enumerate(grid()[:3]):
        older.write_row(number, 0, row)
    older.very_hidden()


def total(_: Any, sheet: Any) -> None:
    sheet.write(7, 0, "Total")
    sheet.write_formula(7, AGE, "=SUM(G2:G7)", None, 141)


def failed(_: Any, sheet: Any) -> None:
    sheet.write_formula(1, AGE, "=1/0", None, "#DIV/0!")
    sheet.write_formula(2, AGE, "=VLOOKUP(1,A1:A2,2,0)", None, "#N/A")


def streamed() -> bytes:
    """Texts in the cells themselves, as programs write that stream."""
    made = openpyxl.Workbook(write_only=True)
    sheet = made.create_sheet("data")
    for row in grid():
        sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def parts_changed(content: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.infolist():
            new.writestr(member.filename, change(member.filename, old.read(member)))
    return stream.getvalue()


def strict() -> bytes:
    """Excel's "Strict Open XML Spreadsheet"."""
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": b"http://purl.oclc.org/ooxml/officeDocument/relationships",
    }

    def change(_: str, content: bytes) -> bytes:
        for usual, other in names.items():
            content = content.replace(usual, other)
        return content

    return parts_changed(workbook({"data": grid()}), change)


def split(separator: str, no: str, yes: str) -> bytes:
    """A column for each choice, empty where the question was not answered."""
    return plain(
        [
            {
                **{name: text for name, text in row.items() if name != "channels"},
                **{
                    f"channels{separator}{code}": (yes if code in row["channels"].split() else no)
                    if row["channels"]
                    else ""
                    for code in ("tv", "radio", "social")
                },
            }
            for row in truth()
        ]
    )


def vietnamese(text: str) -> str:
    """As Windows' Vietnamese code page keeps it: tones apart from their vowels."""
    tones = "\u0323\u0300\u0301\u0303\u0309"
    pieces = []
    for letter in unicodedata.normalize("NFC", text):
        apart = unicodedata.normalize("NFD", letter)
        tone = next((mark for mark in tones if mark in apart), "")
        pieces.append(unicodedata.normalize("NFC", apart.replace(tone, "")) + tone)
    return "".join(pieces)


KOREAN = (
    "라디오에서 들었습니다",
    "이웃에게 들은 이야기입니다",
    "모릅니다",
    "텔레비전 방송을 보았습니다",
    "시장에서 들었다",
    "빚이 많다고 합니다",
)
CHINESE = (
    "我在市場聽說的，鄰居告訴我",
    "不知道這個電話",
    "電視上看到的消息",
    "他們說工作很好",
    "沒有合同的工作",
    "我的朋友去過那裡",
)
THAI = ("ได้ยินจากวิทยุในตลาด", "เพื่อนบ้านบอกมา", "ไม่ทราบเรื่องนี้", "ดูจากโทรทัศน์", "งานดีแต่มีหนี้", "ไม่มีสัญญาจ้าง")
VIETNAMESE = ("Tôi không biết", "đài phát thanh", "người hàng xóm", "ở chợ", "truyền hình", "mạng xã hội")

# Good files: every row, and the same interviews.
WHOLE: Mapping[str, Make] = {
    "arabic_digits.csv": lambda: plain(said("age", "٢١", "٢٢", "٢٣")),
    "bengali_digits.csv": lambda: plain(said("age", "২১", "২২", "২৩")),
    "khmer_lao_thai_digits.csv": lambda: plain(said("age", "២១", "໒໒", "๒๓")),
    "arabic_decimals.csv": lambda: plain(said("weight", "٢٫٥", "١", "٠٫٧٥")),
    "plus_signs.csv": lambda: plain(said("age", "+21", " +22")),
    "korean_code_page.csv": lambda: plain(said("remarks", *KOREAN), codec="cp949"),
    "korean_unix_semicolons.csv": lambda: plain(said("remarks", *KOREAN), codec="euc-kr", delimiter=";"),
    "traditional_chinese.csv": lambda: plain(said("remarks", *CHINESE), codec="big5"),
    "thai_standard_tabs.txt": lambda: plain(said("remarks", *THAI), codec="tis-620", delimiter="\t"),
    "vietnamese_code_page.csv": lambda: plain(said("remarks", *map(vietnamese, VIETNAMESE)), codec="cp1258"),
    "big_endian.csv": lambda: b"\xfe\xff" + plain(said("remarks", *KOREAN), codec="utf-16-be"),
    "wide_without_mark.csv": lambda: plain(said("remarks", *KOREAN), codec="utf-16-le"),
    "separator_line_wide.csv": lambda: ("sep=\t\r\n" + plain(truth(), delimiter="\t", ending="\r\n").decode()).encode("utf-16"),
    "french_office.csv": lambda: plain(
        [{**row, "weight": row["weight"].replace(".", ","), "remarks": "l’été à Genève"} for row in truth()],
        delimiter=";", codec="cp1252", ending="\r\n",
    ),
    "packed.csv.gz": lambda: gzip.compress(plain(truth())),
    "hidden_rows_and_columns.xlsx": lambda: book(hide),
    "older_sheet_very_hidden.xlsx": lambda: book(an_older_sheet),
    "korean_days.xlsx": lambda: days_shown_as('yyyy"년" m"월" d"일"'),
    "thai_years_shown.xlsx": lambda: days_shown_as("[$-107041E]d/m/bbbb"),
    "thai_years_shown_1904.xlsx": lambda: days_shown_as("[$-D07041E]d mmm bbbb", date_1904=True),
    "ages_with_a_unit_shown.xlsx": lambda: ages(
        lambda made, sheet, row, age: sheet.write_number(row, AGE, age, made.add_format({"num_format": '0" 세"'}))
    ),
    "ages_calculated.xlsx": lambda: ages(lambda _, sheet, row, age: sheet.write_formula(row, AGE, f"=10+{age - 10}", None, age)),
    "streamed.xlsx": streamed,
    "strict.xlsx": strict,
    "typed.xls": lambda: xls_workbook({"data": typed()}),
    "typed_1904.xls": lambda: xls_workbook({"data": typed()}, since_1904=True),
    "typed.ods": lambda: open_document({"data": typed()}),
    "split_true_false.csv": lambda: split("/", "FALSE", "TRUE"),
    "split_by_points.csv": lambda: split(".", "0", "1"),
    "split_by_underscores_in_words.csv": lambda: split("_", "no", "yes"),
    "choices_by_commas.csv": lambda: plain(said("channels", "tv, radio", "", "tv,radio")),
    "choices_by_semicolons.csv": lambda: plain(said("channels", "tv;radio", "", "tv;radio;")),
    "choices_by_lines.csv": lambda: plain(said("channels", "tv\nradio")),
    "choice_named_twice.csv": lambda: plain(said("channels", "tv radio tv")),
    "hard_spaces_around_codes.csv": lambda: plain(said("gender", "\u00a0male", "na\u00a0")),
    "marks_of_direction.csv": lambda: plain(said("gender", "\u200fmale", "na\u200e")),
    "heading_with_line_break.csv": lambda: plain(truth()).replace(b"remarks", b'"remarks\n"', 1),
    "heading_with_hard_space.csv": lambda: plain(truth()).replace(b"age", "age\u00a0".encode(), 1),
    "days_with_points.csv": lambda: plain(said("day", *(f"{n}.3.2025" for n in range(13, 19)))),
    "line_separator_in_text.csv": lambda: plain(said("remarks", "one\u2028two")),
    "weights_in_powers.csv": lambda: plain(said("weight", "2.5E0", "1e0", "7.5E-1")),
}  # fmt: skip

# Files of which some rows cannot be believed: those, and no others, stay out.
PARTLY: Mapping[str, tuple[Make, list[int]]] = {
    "formulas_that_failed.xlsx": (lambda: book(failed), [1, 2]),
    "total_below.xlsx": (lambda: book(total), [7]),
    "errors_as_text.csv": (lambda: plain(said("age", "#N/A", "#REF!")), [1, 2]),
    "thousands.csv": (lambda: plain(said("age", "2,1", "1,234")), [1, 2]),
    "marks_of_stata.csv": (lambda: plain(said("age", "21", ".", ".a")), [2, 3]),
    "thai_years_in_thai_digits.csv": (lambda: plain(said("day", "๑๓/๓/๒๕๖๘")), [1]),
    "week_of_the_year.csv": (lambda: plain(said("day", "2025-W11-4")), [1]),
    "longest_cell.csv": (lambda: plain(said("remarks", "x" * 40_000)), [1]),
    "heading_again.csv": (lambda: plain(truth()[:3]) + plain(truth()[3:]), [4]),
    "heading_again_with_mark.csv": (lambda: plain(truth()[:3]) + b"\xef\xbb\xbf" + plain(truth()[3:]), [4]),
    "three_headings.csv": (
        lambda: plain([{row[1]: row[2] for row in SURVEY[1:]}, {n: f'{{"ImportId":"{n}"}}' for n in NAMES}, *truth()]),
        [1, 2],
    ),
}  # fmt: skip

# Files that only a guess could make sense of.
NOT_AT_ALL: Mapping[str, tuple[Make, str]] = {
    "nothing_between.csv": (lambda: plain(truth()).replace(b"note 3", b"no\x00te"), "text_nul"),
    "quotes_of_mysql.csv": (
        lambda: plain(said("remarks", "X")).replace(b",X\n", b',"she said \\"no, never\\" then"\n'),
        "quote_unclosed",
    ),
    "two_ages.csv": (lambda: delimited([[*row, "age" if not number else "40"] for number, row in enumerate(grid())]), "duplicate_header"),
    "everything_in_one_column.csv": (
        lambda: delimited([[",".join(row)] for row in grid()], quoting=csv.QUOTE_ALL),
        "not_this_questionnaire",
    ),
    "heading_of_two_rows.xlsx": (
        lambda: workbook({"data": [["Identification", "", "", "", "", "", "Answers"], *grid()]}),
        "names_below_first_row",
    ),
}  # fmt: skip


def answers(row: Mapping[str, str | None]) -> dict[str, str]:
    return {name: text for name, text in canonical(row).items() if name != "remarks"}


def expected() -> list[dict[str, str]]:
    return [answers(row) for row in truth()]


@pytest.mark.parametrize("name", WHOLE)
def test_a_good_file_is_taken_whole_however_it_was_made(name, tmp_path):
    verdict, out, rows, codes = judged(tmp_path, name, WHOLE[name]())
    assert (verdict, out) == ("accept", []), codes
    assert [answers(row) for row in rows] == expected()


@pytest.mark.parametrize("name", PARTLY)
def test_only_the_rows_that_cannot_be_believed_stay_out(name, tmp_path):
    make, wrong = PARTLY[name]
    verdict, out, rows, _ = judged(tmp_path, name, make())
    assert (verdict, out) == ("accept-with-rejected-rows", wrong)
    whole = {one["submission_id"]: one for one in expected()}
    assert all(answers(row) == whole[row["submission_id"] or ""] for row in rows)


@pytest.mark.parametrize("name", NOT_AT_ALL)
def test_what_only_a_guess_could_read_is_refused(name, tmp_path):
    make, code = NOT_AT_ALL[name]
    assert judged(tmp_path, name, make()) == ("reject-file", [], [], [code])


def test_readings_printed_above_characters_are_no_part_of_a_text(tmp_path):
    def change(name: str, content: bytes) -> bytes:
        above = '<t>한국어</t><rPh sb="0" eb="1"><t>かんこく</t></rPh><phoneticPr fontId="1"/>'
        return (
            content.replace("<t>한국어</t>".encode(), above.encode()) if "sharedStrings" in name else content
        )

    content = parts_changed(
        workbook({"data": [list(NAMES), *[[r[n] for n in NAMES] for r in said("remarks", "한국어")]]}), change
    )
    assert re.search("かんこく".encode(), zipfile.ZipFile(io.BytesIO(content)).read("xl/sharedStrings.xml"))
    assert judged(tmp_path, "file.xlsx", content)[2][0]["remarks"] == "한국어"
