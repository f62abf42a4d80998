"""Uploads of the kinds that are known to go wrong, made here: each comes to the truth, or is refused for a reason."""

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from surveys.checking import accepted_rows, check_table
from surveys.fieldwork import FieldSite, FieldWave, Fieldwork
from surveys.instrument import Instrument
from surveys.problems import FileRefused
from tests.surveys.exporting.files import archive, delimited, workbook
from tests.surveys.forms import form
from tests.surveys.judging import TODAY
from tests.surveys.reading_here import read_here


ENGLISH, KOREAN, DARI = "English (en)", "한국어 (ko)", "دری (prs)"
LABELS = tuple(f"label::{language}" for language in (ENGLISH, KOREAN, DARI))
SURVEY = (
    ("type", "name", *LABELS, "required", "relevant", "constraint"),
    ("text", "submission_id", "Submission", "제출 번호", "شماره", "yes", "", "regex(., '^[A-Za-z0-9:_.-]{1,64}$')"),
    ("select_one country", "country", "Country", "국가", "کشور", "yes"),
    ("select_one wave", "wave", "Wave", "시점", "مرحله", "yes"),
    ("select_one arm", "arm", "Arm", "집단", "گروه", "yes"),
    ("text", "cluster", "Cluster", "집락", "خوشه", "yes", "", "regex(., '^[A-Za-z0-9_-]{1,32}$')"),
    ("date", "day", "Day", "조사일", "روز", "yes", "", ". >= date('2023-01-01') and . <= today()"),
    ("integer", "age", "Age in years", "나이", "سن", "", "", ". >= 15 and . <= 99"),
    ("select_one gender", "gender", "Gender", "성별", "جنسیت"),
    ("decimal", "weight", "Weight", "가중치", "وزن", "", "", ". > 0 and . <= 100"),
    ("select_one truth", "know", "Debt is a sign", "빚은 신호다", "قرض نشانه است"),
    ("select_one likert", "att", "It is safe", "안전하다", "امن است"),
    ("select_one yesno", "heard", "Heard of it?", "들어 보았나?", "شنیده اید؟"),
    ("select_multiple channel", "channels", "Where?", "어디서?", "کجا؟", "", "${heard} = 'yes'"),
    ("text", "remarks", "Remarks", "메모", "یادداشت", "", "", "string-length(.) <= 2000"),
)  # fmt: skip
CHOICES = (
    ("list_name", "name", *LABELS),
    ("country", "VNM", "Viet Nam", "베트남", "ویتنام"), ("country", "THA", "Thailand", "태국", "تایلند"),
    ("wave", "baseline", "Baseline", "사전", "پیش"), ("wave", "endline", "Endline", "사후", "پس"),
    ("arm", "treatment", "Campaign area", "캠페인 지역", "ساحه کمپاین"),
    ("arm", "control", "Comparison area", "비교 지역", "ساحه مقایسه"),
    ("gender", "female", "Female", "여성", "زن"), ("gender", "male", "Male", "남성", "مرد"),
    ("gender", "na", "Prefer not to say", "응답 거부", "نمی‌گویم"),
    ("truth", "1", "True", "맞다", "درست"), ("truth", "0", "False", "틀리다", "نادرست"),
    ("truth", "dk", "Don't know", "모름", "نمی‌دانم"),
    *(("likert", str(n), f"Level {n}", f"{n}단계", f"سطح {n}") for n in range(1, 6)),
    ("yesno", "yes", "Yes", "예", "بلی"), ("yesno", "no", "No", "아니요", "نه"),
    ("channel", "tv", "Television", "텔레비전", "تلویزیون"), ("channel", "radio", "Radio", "라디오", "رادیو"),
    ("channel", "social", "Social media", "소셜 미디어", "رسانه اجتماعی"),
)  # fmt: skip
NAMES = tuple(row[1] for row in SURVEY[1:])


def questionnaire() -> Instrument:
    width = len(SURVEY[0])
    return form(
        [(*row, *[""] * (width - len(row))) for row in SURVEY], CHOICES, (("form_id",), ("siblings",))
    )


FORM = questionnaire()
FIELD = Fieldwork(
    campaign="awareness",
    sites=(FieldSite(id="vnm", country="VNM", country_names=("VN", "Viet Nam")),),
    waves=(FieldWave(id="baseline"), FieldWave(id="endline")),
    parts={
        "submission": "submission_id", "country": "country", "wave": "wave", "arm": "arm", "cluster": "cluster",
        "weight": "weight", "interview_date": "day",
    },
    wave_values={"baseline": ("baseline",), "endline": ("endline",)},
    arm_values={"campaign": ("treatment",), "comparison": ("control",)},
    site="vnm",
)  # fmt: skip


def truth() -> list[dict[str, str]]:
    """Six interviews."""
    return [
        {
            "submission_id": f"uuid:VN-{n:04d}", "country": "VNM", "wave": "baseline",
            "arm": "treatment" if n % 2 else "control", "cluster": f"VN-C{n:02d}", "day": f"2025-03-{n + 12:02d}",
            "age": str(20 + n), "gender": ("female", "male", "na")[n % 3], "weight": ("0.75", "2.5", "1")[n % 3],
            "know": ("1", "0", "dk")[n % 3], "att": str(n % 5 + 1), "heard": "yes" if n % 2 else "no",
            "channels": "tv radio" if n % 2 else "", "remarks": f"note {n}",
        }
        for n in range(1, 7)
    ]  # fmt: skip


def plain(rows: list[dict[str, str]], header: tuple[str, ...] | None = None, **how: Any) -> bytes:
    names = header or tuple(rows[0])
    return delimited([list(names), *[[row.get(name, "") for name in names] for row in rows]], **how)


def said(column: str, *texts: str) -> list[dict[str, str]]:
    """The interviews with the first answers to one question replaced."""
    rows = truth()
    for row, text in zip(rows, texts, strict=False):
        row[column] = text
    return rows


def renamed(change: Callable[[str], str], rows: list[dict[str, str]] | None = None) -> bytes:
    return plain([{change(name): text for name, text in row.items()} for row in rows or truth()])


def judged(
    folder: Path, name: str, content: bytes
) -> tuple[str, list[int], list[dict[str, str | None]], list[str]]:
    """Verdict, rows that stay out, rows accepted, codes of problems and warnings."""
    path = folder / name
    path.write_bytes(content)
    try:
        report = check_table(read_here(path), FORM, FIELD, today=TODAY)
    except FileRefused as refused:
        return "reject-file", [], [], [refused.problem.code]
    codes = [problem.code for problem in (*report.problems, *report.warnings)]
    return report.verdict, sorted({*report.rejected, *report.held}), accepted_rows(report).to_pylist(), codes


def labelled(language: int) -> bytes:
    """Headings and answers as texts of one language."""
    spoken = {(row[0], row[1]): row[2 + language] for row in CHOICES[1:]}
    lists = {row[1]: row[0].partition(" ")[2] for row in SURVEY[1:]}
    header = [row[2 + language] for row in SURVEY[1:]]
    rows = [
        [" ".join(spoken[lists[name], code] for code in row[name].split()) if lists[name] else row[name] for name in NAMES]
        for row in truth()
    ]  # fmt: skip
    return delimited([header, *rows])


def dates_in_cells(**options: object) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True, **options}) as book:
        sheet = book.add_worksheet("data")
        shape = book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, NAMES)
        for place, row in enumerate(truth(), start=1):
            sheet.write_row(place, 0, [row[name] for name in NAMES])
            sheet.write_datetime(place, NAMES.index("day"), datetime.fromisoformat(row["day"]), shape)
    return stream.getvalue()


# The same six interviews, however they are laid out.
WHOLE: Mapping[str, Callable[[], bytes]] = {
    "semicolons.csv": lambda: plain(truth(), delimiter=";"),
    "pipes.csv": lambda: plain(truth(), delimiter="|"),
    "tabs.csv": lambda: plain(truth(), delimiter="\t"),
    "returns.csv": lambda: plain(truth(), ending="\r"),
    "mixed_endings.csv": lambda: plain(truth()).replace(b"\n", b"\r\n", 3),
    "all_quoted.csv": lambda: plain(truth(), quoting=csv.QUOTE_ALL),
    "spaces_behind_commas.csv": lambda: plain(truth()).replace(b",", b", "),
    "spaces_behind_commas_quoted.csv": lambda: plain(truth(), quoting=csv.QUOTE_ALL).replace(b'","', b'", "'),
    "empty_lines.csv": lambda: plain(truth()).replace(b"\n", b"\n\n"),
    "trailing_commas.csv": lambda: plain(truth()).replace(b"\n", b",\n"),
    "mark.csv": lambda: plain(truth(), codec="utf-8-sig"),
    "utf16.csv": lambda: plain(truth(), codec="utf-16"),
    "utf32.csv": lambda: plain(truth(), codec="utf-32"),
    "separator_line.csv": lambda: b"sep=;\n" + plain(truth(), delimiter=";"),
    "reordered.csv": lambda: plain(truth(), NAMES[::-1]),
    "capitals.csv": lambda: renamed(str.upper),
    "spaced_headings.csv": lambda: renamed(lambda name: f" {name} "),
    "words.csv": lambda: renamed(lambda name: name.replace("_", " ").title()),
    "group_slash.csv": lambda: renamed(lambda n: f"demog/{n}" if n in ("age", "gender") else n),
    "group_dash.csv": lambda: renamed(lambda n: f"demog-{n}" if n in ("age", "gender") else n),
    "group_dot.csv": lambda: renamed(lambda n: f"demog.{n}" if n in ("age", "gender") else n),
    "group_colon.csv": lambda: renamed(lambda n: f"demog:{n}" if n in ("age", "gender") else n),
    "row_names_of_r.csv": lambda: plain([{"": str(n), **row} for n, row in enumerate(truth())]),
    "index_of_pandas.csv": lambda: plain([{"Unnamed: 0": str(n), **row} for n, row in enumerate(truth())]),
    "tags.csv": lambda: plain([dict.fromkeys(NAMES, "") | {"age": "#affected+age"}, *truth()]),
    "english.csv": lambda: labelled(0),
    "korean.csv": lambda: labelled(1),
    "dari.csv": lambda: labelled(2),
    "korean_decomposed.csv": lambda: unicodedata.normalize("NFD", labelled(1).decode()).encode(),
    "split.csv": lambda: plain(
        [
            {**{k: v for k, v in row.items() if k != "channels"}, **{
                f"channels/{code}": str(int(code in row["channels"])) if row["channels"] else ""
                for code in ("tv", "radio", "social")}}
            for row in truth()
        ]
    ),
    "zeros_where_blank.csv": lambda: plain(
        [
            {**row, **{f"channels/{c}": str(int(c in row["channels"])) for c in ("radio", "tv")}}
            for row in truth()
        ]
    ),
    "native_digits.csv": lambda: plain(said("age", "๒๑", "۲۲", "၂၃", "२४", "２５")),
    "dates_with_clocks.csv": lambda: plain(
        said("day", "2025-03-13T23:30:00Z", "2025-03-14T00:10:00+07:00", "2025-03-15 08:00", "2025/3/16")
    ),
    "dates_in_korean.csv": lambda: plain(
        said("day", "2025. 3. 13.", "2025년 3월 14일", "2025.03.15", "2025. 03. 16", "2025년3월17일", "2025-03-18")
    ),
    "dates_in_words.csv": lambda: plain(
        said("day", "13 March 2025", "March 14, 2025", "15-Mar-2025", "Mar 16, 2025 8:00:00 AM")
    ),
    "day_first.csv": lambda: plain(said("day", *(f"{n}/03/2025" for n in range(13, 19)))),
    "month_first.csv": lambda: plain(said("day", *(f"3/{n}/2025" for n in range(13, 19)))),
    "decimal_commas.csv": lambda: plain(
        [{**row, "weight": row["weight"].replace(".", ",")} for row in truth()], delimiter=";"
    ),
    "whole_numbers_with_points.csv": lambda: plain(said("age", "21.0", "22.00")),
    "labels_among_codes.csv": lambda: plain(said("gender", "Male", "응답 거부", "FEMALE", "مرد")),
    "spaces_around_ids.csv": lambda: plain(said("cluster", " VN-C01", "VN-C02 ", "\tVN-C03")),
    "workbook.xlsx": lambda: workbook({"data": [NAMES, *[[r[n] for n in NAMES] for r in truth()]]}),
    "workbook_below.xlsx": lambda: workbook(
        {"d": [[], [], ["", *NAMES], *[["", *[r[n] for n in NAMES]] for r in truth()]]}
    ),
    "workbook_with_notes.xlsx": lambda: workbook(
        {"README": [["hello"]], "data": [NAMES, *[[r[n] for n in NAMES] for r in truth()]], "Sheet3": []}
    ),
    "date_cells.xlsx": dates_in_cells,
    "date_cells_1904.xlsx": lambda: dates_in_cells(date_1904=True),
    "list.json": lambda: json.dumps(truth()).encode(),
    "numbers.json": lambda: json.dumps([{**r, "age": int(r["age"]), "weight": float(r["weight"])} for r in truth()]).encode(),
    "nested.json": lambda: json.dumps(
        {"results": [{"submission_id": r["submission_id"], "g": {k: v for k, v in r.items() if k != "submission_id"}} for r in truth()]}
    ).encode(),
    "lists.json": lambda: json.dumps([{**r, "channels": r["channels"].split()} for r in truth()]).encode(),
    "mark.json": lambda: b"\xef\xbb\xbf" + json.dumps(truth()).encode(),
    "folder.zip": lambda: archive({"export/data.csv": plain(truth()), "__MACOSX/._data.csv": b"x"}),
    "korean_name.zip": lambda: archive({"설문.csv": plain(truth())}),
}  # fmt: skip


def canonical(row: Mapping[str, str | None]) -> dict[str, str]:
    weight = row["weight"] or ""
    return {name: row[name] or "" for name in NAMES} | {"weight": str(float(weight)) if weight else ""}


@pytest.mark.parametrize("name", WHOLE)
def test_the_same_interviews_come_out_of_every_layout(name, tmp_path):
    verdict, out, rows, codes = judged(tmp_path, name, WHOLE[name]())
    assert (verdict, out) == ("accept", []), codes
    assert [canonical(row) for row in rows] == [canonical(row) for row in truth()]


# One question's answers, of which the first so many are wrong.
WRONG_ROWS: Mapping[str, tuple[str, tuple[str, ...], str]] = {
    "age_not_available": ("age", ("NA", "N/A", "NULL", "nan", "-", "."), "not_a_whole_number"),
    "age_code": ("age", ("-99", "-88"), "undeclared_missing_code"),
    "age_out_of_range": ("age", ("14", "100", "999"), "constraint_fails"),
    "age_words": ("age", ("twenty", "27 years", "27세", "0x1B", "1_0", "Ⅳ"), "not_a_whole_number"),
    "age_infinite": ("age", ("inf", "NaN", "1e400"), "not_a_whole_number"),
    "weight_zero": ("weight", ("0", "101"), "constraint_fails"),
    "weight_spaced": ("weight", ("1 000.5", "1\u00a0000"), "not_a_number"),
    "gender_close": ("gender", ("femme", "Femal", "female male", "1"), "unknown_choice"),
    "know_zeros": ("know", ("01", "00"), "unknown_choice"),
    "likert_between": ("att", ("0", "6", "3.5", "level"), "unknown_choice"),
    "wave_unknown": ("wave", ("midline", "wave1"), "unknown_choice"),
    "arm_blank": ("arm", ("", " "), "required_blank"),
    "country_of_another": ("country", ("THA", "Thailand", "태국"), "wrong_country"),
    "cluster_inside": ("cluster", ("VN C01", "VN;C01", "'; DROP TABLE x;--"), "constraint_fails"),
    "id_shortened": ("submission_id", ("1.23457E+17",), "id_lost_digits"),
    "id_blank": ("submission_id", ("", " "), "required_blank"),
    "id_markup": ("submission_id", ("<script>alert(1)</script>",), "constraint_fails"),
    "channels_unknown": ("channels", ("tv fax",), "unknown_choice"),
    "date_buddhist": ("day", ("2568-03-11", "13/03/2568"), "other_calendar"),
    "date_hijri": ("day", ("1403-12-21",), "other_calendar"),
    "date_impossible": ("day", ("2025-02-30", "2023-02-29"), "no_such_day"),
    "date_of_two_digits": ("day", ("11/03/25",), "two_digit_year"),
    "date_number": ("day", ("45727", "1741651200", "20250313"), "not_a_date"),
    "date_future": ("day", ("2099-01-01", "9999-12-31"), "date_in_future"),
    "date_early": ("day", ("2022-12-31",), "constraint_fails"),
    "remarks_control": ("remarks", ("a\x07b",), "control_characters"),
    "remarks_long": ("remarks", ("x" * 2001,), "constraint_fails"),
}


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_wrong_answers_keep_their_rows_out_and_the_others_are_untouched(name, tmp_path):
    column, texts, code = WRONG_ROWS[name]
    verdict, out, rows, codes = judged(tmp_path, "file.csv", plain(said(column, *texts)))
    assert out == list(range(1, len(texts) + 1)), codes
    assert verdict == ("accept-with-rejected-rows" if len(texts) < 6 else "reject-file")
    assert code in codes
    assert [canonical(row) for row in rows] == [canonical(row) for row in truth()[len(texts) :]]


# Free text is kept exactly.
TEXTS = (
    "<img src=x onerror=alert(1)>", "'; DROP TABLE responses;--", "=1+1", "+1", "@SUM(1)", "{{7*7}} ${7*7} %s {0}",
    "../../etc/passwd", "👨‍👩‍👧‍👦", "a\nb", "tab\there", "ရေဒီယိုမှ ကြားဖူးသည်", "می‌دانم که نمی‌دانم", "\u202eabc\u202c", "NA", "null",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".json"])
def test_free_text_is_kept_exactly(text, ending, tmp_path):
    rows = said("remarks", text)
    content = {
        ".csv": lambda: plain(rows),
        ".xlsx": lambda: workbook({"d": [NAMES, *[[r[n] for n in NAMES] for r in rows]]}),
        ".json": lambda: json.dumps(rows).encode(),
    }[ending]()
    verdict, _, kept, codes = judged(tmp_path, f"file{ending}", content)
    assert verdict == "accept", codes
    assert kept[0]["remarks"] == text


# The whole file cannot be read without guessing.
REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "day_or_month.csv": (lambda: plain(said("day", *(f"{n:02d}/04/2025" for n in (1, 2, 3, 5, 6, 7)))), "day_or_month_first"),
    "both_orders.csv": (lambda: plain(said("day", "25/03/2025", "03/25/2025")), "day_and_month_mixed"),
    "no_arm.csv": (lambda: plain(truth(), tuple(n for n in NAMES if n != "arm")), "required_column_missing"),
    "two_ages.csv": (lambda: plain([{**r, "Age": "44"} for r in truth()]), "duplicate_header"),
    "cyrillic_arm.csv": (lambda: renamed(lambda n: "аrm" if n == "arm" else n), "lookalike_header"),
    "wide_arm.csv": (lambda: renamed(lambda n: "ａｒｍ" if n == "arm" else n), "lookalike_header"),
    "no_header.csv": (lambda: plain(truth()).partition(b"\n")[2], "not_this_questionnaire"),
    "title.csv": (lambda: b"Survey of 2025\n" + plain(truth()), "no_header"),
    "open_quote.csv": (lambda: plain(truth()).replace(b"baseline", b'"baseline', 1), "quote_unclosed"),
    "cut.csv": (lambda: plain(said("remarks", *["한국어"] * 6))[:-2], "text_cut_off"),
    "nothing.csv": (lambda: b"\xef\xbb\xbf", "no_text"),
    "two_sheets.xlsx": (
        lambda: workbook({s: [NAMES, *[[r[n] for n in NAMES] for r in truth()]] for s in ("north", "south")}),
        "sheets_ambiguous",
    ),
    "page.csv": (lambda: b"<html><body>Sign in</body></html>", "content_mismatch"),
    "cut.json": (lambda: json.dumps(truth()).encode()[:-30], "json_invalid"),
    "refusal.json": (lambda: b'{"detail": "Authentication credentials were not provided."}', "json_service_error"),
    "two_members.zip": (lambda: archive({"a.csv": plain(truth()), "b.csv": plain(truth())}), "sheets_ambiguous"),
    "upwards.zip": (lambda: archive({"../a.csv": plain(truth())}), "archive_path"),
    "cut.zip": (lambda: archive({"a.csv": plain(truth())})[:-40], "archive_damaged"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_without_guessing_is_refused_whole(name, tmp_path):
    make, code = REFUSED[name]
    assert judged(tmp_path, name, make()) == ("reject-file", [], [], [code])


@pytest.mark.parametrize(
    ("again", "out", "codes"),
    [
        ({}, [], ["duplicate_identical"]),
        ({"submission_id": " uuid:VN-0001"}, [], ["duplicate_identical"]),
        ({"age": "44"}, [1, 7], ["duplicate_conflict"]),
        ({"submission_id": "uuid:VN-0001\u200b"}, [7], ["invisible_in_id"]),
        ({"submission_id": "uuid:VN-０００１"}, [7], ["constraint_fails"]),
    ],
)
def test_an_id_met_again_counts_once_or_is_held(again, out, codes, tmp_path):
    verdict, kept_out, rows, told = judged(tmp_path, "file.csv", plain([*truth(), truth()[0] | again]))
    assert kept_out == out
    assert set(codes) <= set(told)
    assert len(rows) == len(truth()) - out.count(1)
    assert verdict == ("accept-with-rejected-rows" if out else "accept")


def test_a_lone_column_behind_a_strange_group_is_left_to_a_person(tmp_path):
    content = renamed(lambda name: "partner-age" if name == "age" else name)
    verdict, _, rows, codes = judged(tmp_path, "file.csv", content)
    assert (verdict, rows[0].get("age")) == ("accept", None)
    assert "unknown_columns" in codes


def test_a_workbook_of_two_sheets_is_read_by_the_sheet_that_is_named(tmp_path):
    path = tmp_path / "two.xlsx"
    half = {"north": truth()[:3], "south": truth()[3:]}
    path.write_bytes(
        workbook({s: [NAMES, *[[r[n] for n in NAMES] for r in rows]] for s, rows in half.items()})
    )
    report = check_table(read_here(path, sheet="south"), FORM, FIELD, today=date(2026, 11, 23))
    assert accepted_rows(report).column("submission_id").to_pylist() == [
        r["submission_id"] for r in half["south"]
    ]
