import csv
import gzip
import io
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from surveys.problems import FileRefused
from surveys.reading import Limits
from surveys.reading.delimited import _read_carefully, layout_of, read_delimited
from surveys.reading.regular import read_regular
from tests.surveys.reading_here import cells_of, read_here, refusal_of, said


HEADER = ["submission_id", "age", "village", "remarks", "consent"]


def text_file(folder: Path, content: str | bytes, name: str = "upload.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def refused_as(content: str | bytes) -> str:
    with pytest.raises(FileRefused) as raised:
        read_delimited(content if isinstance(content, bytes) else content.encode("utf-8"), "upload", Limits())
    return said(raised.value)


def test_blank_rows_are_left_out_and_lines_keep_the_spreadsheets_numbers(tmp_path):
    file = read_here(text_file(tmp_path, "a,b\n\n1,2\n,\n \t , \n3,\n"))
    assert cells_of(file.interviews) == [["1", "2"], ["3", None]]
    assert file.interviews.lines.tolist() == [3, 6]


def test_a_quoted_line_break_is_one_record_as_in_a_spreadsheet(tmp_path):
    file = read_here(text_file(tmp_path, 'a,b\r\n"one\r\ntwo",2\r\n3,4\r\n'))
    assert cells_of(file.interviews) == [["one\r\ntwo", "2"], ["3", "4"]]
    assert file.interviews.lines.tolist() == [2, 3]


def test_empty_cells_after_the_last_column_are_harmless(tmp_path):
    file = read_here(text_file(tmp_path, "a,b,c\n1,2,3,\n4,5,6,, \n"))
    assert cells_of(file.interviews) == [["1", "2", "3"], ["4", "5", "6"]]
    assert not file.interviews.broken_rows


def test_a_row_with_a_cell_too_many_or_too_few_is_marked_and_the_others_do_not_shift(tmp_path):
    file = read_here(text_file(tmp_path, "a,b,c\n1,2,3\n1,2,3,4\n1,2\n7,8,9\n"))
    assert cells_of(file.interviews) == [
        ["1", "2", "3"], ["1", "2", "3"], ["1", "2", None], ["7", "8", "9"],
    ]  # fmt: skip
    assert file.interviews.broken_rows == {1: "row_too_many_cells", 2: "row_too_few_cells"}


def test_trailing_delimiters_in_every_line_add_no_column(tmp_path):
    file = read_here(text_file(tmp_path, "a,b,,\n1,2,,\n3,4,,\n"))
    assert file.interviews.columns == ("a", "b")


def test_a_column_without_a_name_but_with_values_is_kept(tmp_path):
    file = read_here(text_file(tmp_path, "a,,c\n1,x,3\n"))
    assert file.interviews.columns == ("a", "", "c")


def test_what_looks_missing_stays_text(tmp_path):
    file = read_here(text_file(tmp_path, "a,b,c,d\nNA,n/a,NULL,-99\n"))
    assert cells_of(file.interviews) == [["NA", "n/a", "NULL", "-99"]]


def test_codes_keep_leading_zeros_signs_and_spaces(tmp_path):
    file = read_here(text_file(tmp_path, "a,b,c\n007,+5, x \n"))
    assert cells_of(file.interviews) == [["007", "+5", " x "]]


def test_text_becomes_nfc_and_is_otherwise_exact(tmp_path):
    decomposed = unicodedata.normalize("NFD", "한국, Việt")
    file = read_here(
        text_file(tmp_path, f'{unicodedata.normalize("NFD", "설문")},b\n"{decomposed}",\u200bx\n')
    )
    assert file.interviews.columns == ("설문", "b")
    assert cells_of(file.interviews) == [["한국, Việt", "\u200bx"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_records(tmp_path, delimiter):
    lines = [delimiter.join(HEADER)] + [
        delimiter.join([f"u{n}", "20", "Ban, Nong", "a; b|c", "yes"]) for n in range(3)
    ]
    if delimiter != "\t":
        lines = [line.replace("Ban, Nong", '"Ban, Nong"').replace("a; b|c", '"a; b|c"') for line in lines]
    file = read_here(text_file(tmp_path, "\n".join(lines)))
    assert file.delimiter == delimiter
    assert cells_of(file.interviews)[0] == ["u0", "20", "Ban, Nong", "a; b|c", "yes"]


def test_labels_full_of_commas_do_not_hide_a_semicolon(tmp_path):
    file = read_here(text_file(tmp_path, '"Age, in years";"Village, or town"\n"20";"A, B"\n"21";"C"\n'))
    assert file.delimiter == ";"
    assert file.interviews.columns == ("Age, in years", "Village, or town")


@pytest.mark.parametrize("hint", ["sep=;", '"sep=;"', "SEP=;"])
def test_excels_separator_line_is_a_hint_and_no_header(tmp_path, hint):
    file = read_here(text_file(tmp_path, f"{hint}\r\na;b,c\r\n1;2,5\r\n"))
    assert file.interviews.columns == ("a", "b,c")
    assert file.interviews.lines.tolist() == [3]


def test_a_file_of_one_column_is_read(tmp_path):
    assert cells_of(read_here(text_file(tmp_path, "submission_id\nu1\nu2\n")).interviews) == [["u1"], ["u2"]]


def test_lines_may_end_in_a_bare_carriage_return(tmp_path):
    assert cells_of(read_here(text_file(tmp_path, "a,b\r1,2\r3,4\r")).interviews) == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    "content",
    [
        'a,b\n"1,2\n3,4\n',
        'a,b\n"1"x,2\n',
        'a,b,c,d,e\n1,2,3,4,"five\n1,2,3,4,5\n1,2,3,4,six"\n',
    ],
)
def test_a_quote_that_is_not_closed_properly_refuses_the_file(content):
    assert refused_as(content) == "quote_unclosed"


def test_a_quotation_mark_inside_an_unquoted_cell_is_text(tmp_path):
    assert cells_of(read_here(text_file(tmp_path, 'a,b\n5" pipe,2\n')).interviews) == [['5" pipe', "2"]]


@pytest.mark.parametrize("content", ["a,b\n", "a,b", "a,b\n,\n \n"])
def test_a_file_without_interviews_is_refused(tmp_path, content):
    assert refusal_of(text_file(tmp_path, content)) == "no_rows"


def test_a_title_above_the_table_is_refused(tmp_path):
    assert refusal_of(text_file(tmp_path, "Report of March\nid,age,sex\n1,20,f\n2,21,m\n")) == "no_header"


def test_nothing_but_blanks_is_refused():
    assert refused_as(" \n\t\n") == "no_text"


@pytest.mark.parametrize("content", [bytes(100), b"a,b\n1,\x002\n"])
def test_nul_bytes_are_refused(content):
    assert refused_as(content) == "text_nul"


def test_more_rows_or_columns_than_allowed_are_refused(tmp_path):
    path = text_file(tmp_path, "a,b\n1,2\n3,4\n")
    assert refusal_of(path, limits=Limits(rows=1)) == "too_many_rows"
    assert refusal_of(path, limits=Limits(columns=1)) == "too_many_columns"


@pytest.mark.parametrize(
    ("codec", "told", "sentence"),
    [
        ("utf-8-sig", "utf-8", "마을 회의에서 들었습니다"),
        ("utf-16", "utf-16-le", "ကျွန်တော် ရေဒီယိုမှ ကြားခဲ့သည်"),
        ("utf-16-le", "utf-16-le", "heard on the radio in the village"),
        ("utf-16-be", "utf-16-be", "heard on the radio in the village"),
        ("cp949", "cp949", "마을 회의에서 라디오로 들었고 가족에게 이야기했습니다"),
        ("gb18030", "gb18030", "我在村里的广播中听到过这个活动，觉得很有用"),
        ("cp950", "big5", "我在村裡的廣播中聽到過這個活動，覺得很有用"),
        ("cp932", "shift_jis", "村の集まりでラジオから聞きました"),
        ("cp874", "windows-874", "ได้ยินจากวิทยุในหมู่บ้าน และเล่าให้ครอบครัวฟัง"),
        ("cp1252", "windows-1252", "Nous avons entendu à la radio : très utile, même à l'hôpital"),
        ("cp1254", "windows-1254", "Köyde radyodan duydum, çok faydalı değil mi? Işık şöyle dedi"),
        ("cp1251", "windows-1251", "Услышал по радио в деревне и рассказал семье"),
        ("cp1256", "windows-1256", "سمعت عن الحملة من المذياع في القرية"),
        ("mac_roman", "macintosh", "Entendu à l'hôpital, très utile même après"),
    ],
)
def test_an_encoding_is_recognised_by_its_language(codec, told, sentence):
    rows = "".join(f"u{n};{n}\t{sentence} {n}\n" for n in range(5)).replace(";", "\t")
    read = read_delimited(f"id\tage\tremarks\n{rows}".encode(codec), "upload", Limits())
    assert read.encoding == told
    assert cells_of(read.table)[4][2] == f"{sentence} 4"


def test_vietnamese_of_old_windows_is_read_as_vietnamese():
    sentence = "Tôi đã nghe trên đài ở xã và thấy rất hữu ích cho người lao động được bảo vệ"
    written = f"id,remarks\n1,{''.join(map(tone_apart, sentence))}\n".encode("cp1258")
    read = read_delimited(written, "upload", Limits())
    assert read.encoding == "windows-1258"
    assert cells_of(read.table)[0][1] == sentence


def tone_apart(letter: str) -> str:
    """A letter as windows-1258 keeps it: the tone mark behind, any other mark within."""
    marks = unicodedata.normalize("NFD", letter)
    tones = [mark for mark in marks if mark in "\u0300\u0301\u0303\u0309\u0323"]
    return unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in tones)) + "".join(tones)


@pytest.mark.parametrize(
    "content",
    [
        "id,name\n1,ciò\n".encode("cp1252"),  # also good Vietnamese of old Windows
        b"id,name\n1,\x8e\x9f\x86\n",
        "id,name\n1,naïve\n".encode("cp437"),
        "id,name\n1,한국\n".encode("iso2022_kr"),
        "id,name\n1,café\n2,日本\n".encode() + "3,né\n".encode("cp1252"),
    ],
)
def test_an_uncertain_encoding_is_refused_never_guessed(content):
    assert refused_as(content) in ("encoding_unknown", "encoding_ambiguous")


def test_a_file_cut_in_the_middle_of_a_letter_is_refused():
    assert refused_as("id,name\n1,한국".encode()[:-1]) == "text_cut_off"


def test_half_a_utf_16_character_is_refused():
    assert refused_as("\ufeffid,name\n1,x".encode("utf-16-le")[:-1]) == "text_damaged"


def test_letters_lost_before_us_are_reported(tmp_path):
    file = read_here(text_file(tmp_path, "id,name\n1,caf\ufffd\n"))
    assert [(warning.code, warning.column) for warning in file.warnings] == [("characters_lost", "name")]


@pytest.mark.parametrize(
    ("content", "comma"),
    [
        ("id;weight\n1;1,25\n2;0,5\n", True),
        ('id,weight\n1,"1,25"\n', True),
        ("id;weight\n1;1.25\n", False),
        ("id;weight;height\n1;1,25;1.70\n", False),
        ("id;income\n1;1,250\n2;12,500\n", False),
        ("id;choices\n1;a,b\n", False),
        ("id;weight\n1;3\n", False),
        ("id;weight;_version\n1;1,25;343.0\n", True),
    ],
)
def test_the_decimal_comma_is_a_convention_of_the_file(tmp_path, content, comma):
    file = read_here(text_file(tmp_path, content))
    assert file.decimal_comma is comma


def test_a_row_of_hxl_tags_is_left_out_with_a_warning(tmp_path):
    file = read_here(text_file(tmp_path, '"age";"place"\n"#age";"#loc +name"\n"20";"A"\n'))
    assert cells_of(file.interviews) == [["20", "A"]]
    assert file.interviews.lines.tolist() == [3]
    assert [warning.code for warning in file.warnings] == ["tag_row_skipped"]


def test_a_packed_csv_is_unpacked_but_not_beyond_measure(tmp_path):
    packed = text_file(tmp_path, gzip.compress(b"a,b\n1,2\n"), "upload.csv.gz")
    assert cells_of(read_here(packed).interviews) == [["1", "2"]]
    bomb = text_file(tmp_path, gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000), "bomb.csv.gz")
    assert refusal_of(bomb) == "archive_bomb"
    cut = text_file(tmp_path, gzip.compress(b"a,b\n1,2\n" * 99)[:-9], "cut.csv.gz")
    assert refusal_of(cut) == "archive_damaged"
    assert refusal_of(text_file(tmp_path, "a,b\n1,2\n", "plain.csv.gz")) == "content_mismatch"


@pytest.mark.parametrize(
    "start",
    [
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"<!DOCTYPE html><table>",
        b"\x89PNG\r\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
)
def test_what_is_no_text_is_refused_under_a_text_name(tmp_path, start):
    assert refusal_of(text_file(tmp_path, start + b" ,b\n1,2\n")) == "content_mismatch"


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1b"), max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=8)
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=TABLES,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ending=st.sampled_from(["\n", "\r\n"]),
    codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_rows_survive_every_dialect_of_writer(rows, delimiter, quoting, ending, codec):
    assume(
        quoting == csv.QUOTE_ALL or ending == "\r\n" or not any("\r" in cell for row in rows for cell in row)
    )
    width = len(rows[0])
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerow([f"question_{number}" for number in range(width)])
    writer.writerows(rows)
    try:
        read = read_delimited(written.getvalue().encode(codec), "upload", Limits())
    except FileRefused as refusal:  # a cell that itself holds what looks like a row
        assert refusal.problem.code == "quote_unclosed"  # noqa: PT017
        assert any(cell.count(delimiter) >= width - 1 and "\n" in cell for row in rows for cell in row)
        return
    kept = [[_expected(cell) for cell in row] for row in rows]
    assert read.delimiter == delimiter
    assert cells_of(read.table) == [row for row in kept if any(row)]
    assert not read.table.broken_rows


def _expected(cell: str) -> str | None:
    return unicodedata.normalize("NFC", cell) if cell.strip() else None


@settings(max_examples=200, deadline=None)
@given(
    rows=TABLES,
    delimiter=st.sampled_from([",", ";", "\t"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    ending=st.sampled_from(["\n", "\r\n"]),
)
def test_the_fast_way_gives_what_the_careful_one_gives(rows, delimiter, quoting, ending):
    assume(
        quoting == csv.QUOTE_ALL or ending == "\r\n" or not any("\r" in cell for row in rows for cell in row)
    )
    width = len(rows[0])
    written = io.StringIO(newline="")
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=ending)
    writer.writerow([f"question_{number}" for number in range(width)])
    writer.writerows(rows)
    text = written.getvalue()
    fast = read_regular(text, delimiter, "upload", Limits())
    if fast is None:
        return
    careful = _read_carefully(layout_of(text, delimiter), "upload", Limits())
    assert cells_of(fast) == cells_of(careful)
    assert fast.columns == careful.columns
    assert fast.lines.tolist() == careful.lines.tolist()


def test_a_large_regular_file_takes_the_fast_way_with_the_same_result():
    text = '"id";"weight";"remarks"\r\n' + "".join(
        f'"u{n}";"";"say ""{n}"" – 마을"\r\n' for n in range(20_000)
    )
    fast = read_regular(text, ";", "upload", Limits())
    assert fast is not None
    assert cells_of(fast)[19_999] == ["u19999", None, 'say "19999" – 마을']
    assert fast.lines.tolist()[-1] == 20_001


@pytest.mark.parametrize("spoilt", ["1,2,3\n", "\n", '"1"x,2\n', '1,"2\n'])
def test_the_fast_way_leaves_anything_irregular_to_the_careful_one(spoilt):
    text = "a,b\n" + "1,2\n" * 50 + spoilt + "1,2\n" * 50
    assert read_regular(text, ",", "upload", Limits()) is None
