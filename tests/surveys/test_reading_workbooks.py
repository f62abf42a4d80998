import datetime
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
import xlsxwriter

from surveys.reading import Limits, read_sheets
from tests.shared import SHARED, needs_shared
from tests.surveys.reading_here import cells_of, read_here, refusal_of


def workbook(folder: Path, sheets: dict[str, list[list[object]]], **options: object) -> Path:
    path = folder / "upload.xlsx"
    with xlsxwriter.Workbook(
        str(path), {"strings_to_formulas": False, "strings_to_urls": False, **options}
    ) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def changed(path: Path, member: str, change: dict[bytes, bytes]) -> Path:
    """A copy of a workbook in which one part's XML is written otherwise."""
    copy = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == member:
                for old, new in change.items():
                    assert old in content
                    content = content.replace(old, new)
            target.writestr(info.filename, content)
    return copy


SHEET = "xl/worksheets/sheet1.xml"


def test_cells_become_exact_text(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        clock = book.add_format({"num_format": "hh:mm:ss"})
        share = book.add_format({"num_format": "0%"})
        sheet.write_row(0, 0, list("abcdefghij"))
        sheet.write_row(1, 0, [27, 0.75, 1e-7, -3.5])
        sheet.write_boolean(1, 4, True)
        sheet.write_datetime(1, 5, datetime.date(2026, 3, 1), day)
        sheet.write_datetime(1, 6, datetime.datetime(2026, 3, 1, 9, 30, 5), moment)
        sheet.write_datetime(1, 7, datetime.time(9, 30), clock)
        sheet.write_number(1, 8, 0.5, share)
        sheet.write_string(1, 9, " =1+1 \n한국")
    assert cells_of(read_here(path).interviews) == [
        [
            "27",
            "0.75",
            "0.0000001",
            "-3.5",
            "TRUE",
            "2026-03-01",
            "2026-03-01T09:30:05",
            "09:30:00",
            "0.5",
            " =1+1 \n한국",
        ]
    ]


def test_dates_of_the_1904_calendar_are_read_as_such(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path), {"date_1904": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["day", "id"])
        sheet.write_datetime(1, 0, datetime.date(2026, 3, 1), book.add_format({"num_format": "dd/mm/yyyy"}))
        sheet.write_string(1, 1, "u1")
    assert cells_of(read_here(path).interviews) == [["2026-03-01", "u1"]]


def test_blank_rows_keep_their_line_numbers_and_the_table_may_start_lower(tmp_path):
    path = workbook(tmp_path, {"data": [[], ["a", "b"], [1, 2], [], ["  ", ""], [3, None]]})
    file = read_here(path)
    assert cells_of(file.interviews) == [["1", "2"], ["3", None]]
    assert file.interviews.lines.tolist() == [3, 6]


def test_a_number_that_lost_its_last_digits_marks_its_row(tmp_path):
    path = workbook(
        tmp_path, {"data": [["id", "age"], [12345678901234567890, 20], ["12345678901234567890", 21]]}
    )
    file = read_here(path)
    assert file.interviews.broken_rows == {0: "number_lost_digits"}
    assert cells_of(file.interviews)[1] == ["12345678901234567890", "21"]


def test_an_error_in_a_cell_marks_its_row_and_is_never_a_blank(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["id", "age"], ["u1", 20], ["u2", "#REF!"], ["u3", "said #REF! aloud"]):
        sheet.append(row)
    assert sheet["B3"].data_type == "e"
    path = tmp_path / "upload.xlsx"
    book.save(path)
    file = read_here(path)
    assert file.interviews.broken_rows == {1: "cell_error"}
    assert file.interviews.rows.num_rows == 3


def test_a_formula_that_was_never_calculated_marks_its_row(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "age", "note"], ["u1", "=10+10", "x"], ["u2", 21, "y"]):
        book.active.append(row)
    path = tmp_path / "upload.xlsx"
    book.save(path)
    assert read_here(path).interviews.broken_rows == {0: "cell_not_calculated"}


def test_a_formula_with_its_value_is_read_as_the_value(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["id", "age", "note"])
        sheet.write_string(1, 0, "u1")
        sheet.write_formula(1, 1, "=10+10", None, 20)
        sheet.write_formula(1, 2, '=IF(B2>30,"old","")', None, "")
    file = read_here(changed(path, SHEET, {b'<c r="C2"><f>': b'<c r="C2" t="str"><f>'}))
    assert cells_of(file.interviews) == [["u1", "20", None]]
    assert not file.interviews.broken_rows


def test_a_cell_longer_than_a_spreadsheet_holds_marks_its_row(tmp_path):
    path = workbook(tmp_path, {"data": [["id", "story"], ["u1", "x" * 200]]})
    assert read_here(path, limits=Limits(cell_characters=100)).interviews.broken_rows == {0: "cell_too_long"}


def test_a_hidden_sheet_is_left_out_with_a_warning(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        old, data = book.add_worksheet("old"), book.add_worksheet("data")
        for sheet, identity in ((old, "u-old"), (data, "u-new")):
            sheet.write_row(0, 0, ["id", "age"])
            sheet.write_row(1, 0, [identity, 20])
        data.activate()
        old.hide()
    file = read_here(path)
    assert file.interviews.name == "data"
    assert [(warning.code, warning.values) for warning in file.warnings] == [
        ("sheet_hidden", {"sheet": "old"})
    ]


def test_rosters_are_told_from_interviews_by_their_parent_columns(tmp_path):
    path = workbook(
        tmp_path,
        {
            "members": [
                ["name", "_index", "_parent_table_name", "_parent_index"],
                ["A", 1, "main", 1],
                ["B", 2, "main", 1],
            ],
            "main": [
                ["village", "_id", "_uuid", "_submission_time", "__version__", "_index"],
                ["X", 7, "u1", "t", "v", 1],
            ],
            "read me": [["This is", "how it was collected"], ["x", "y"]],
        },
    )
    file = read_here(path)
    assert (file.interviews.name, file.dialect) == ("main", "kobo")
    assert [roster.name for roster in file.rosters] == ["members"]
    assert [warning.values for warning in file.warnings] == [{"sheet": "read me"}]


def test_rosters_are_told_by_pointing_at_a_shared_identity(tmp_path):
    path = workbook(
        tmp_path,
        {
            "households": [["uuid", "village"], ["u1", "X"], ["u2", "Y"]],
            "people": [["uuid", "age"], ["u1", 20], ["u1", 3], ["u2", 50]],
        },
    )
    file = read_here(path)
    assert file.interviews.name == "households"
    assert [roster.name for roster in file.rosters] == ["people"]


def test_a_log_of_corrections_is_named_for_what_it_is_and_left_out_beside_interviews(tmp_path):
    log = [["id", "varname", "value", "valuecurrent", "initials", "notes"], ["u1", "age", 20, 200, "mr", ""]]
    drop = [["id", "initials", "notes"], ["u2", "mr", "a test"]]
    assert refusal_of(workbook(tmp_path, {"numeric": log, "drop": drop})) == "correction_log"
    assert refusal_of(workbook(tmp_path, {"Sheet1": log})) == "correction_log"
    rows = [["id", "age", "notes"], ["u1", 20, ""]]
    file = read_here(workbook(tmp_path, {"interviews": rows, "corrected": log}))
    assert file.interviews.name == "interviews"
    assert [warning.values for warning in file.warnings] == [{"sheet": "corrected"}]


def test_sheets_that_list_questions_and_choices_are_no_interviews(tmp_path):
    questions = [["type", "name", "label::English"], ["integer", "age", "Age"]]
    listed = [["list_name", "name", "label"], ["yesno", "yes", "Yes"]]
    rows = [["id", "age"], ["u1", 20]]
    file = read_here(workbook(tmp_path, {"new questions": questions, "lists": listed, "answers": rows}))
    assert file.interviews.name == "answers"


def test_two_sheets_that_could_both_be_interviews_are_refused_until_one_is_named(tmp_path):
    rows = [["id", "age"], ["u1", 20]]
    path = workbook(tmp_path, {"north": rows, "south": rows})
    assert refusal_of(path) == "sheets_ambiguous"
    assert read_here(path, sheet="South").interviews.name == "south"
    assert refusal_of(path, sheet="west") == "sheet_not_found"


def test_a_questionnaire_is_refused_as_data(tmp_path):
    path = workbook(
        tmp_path,
        {
            "survey": [["type", "name", "label"], ["text", "q", "Q?"]],
            "choices": [["list_name", "name"], ["l", "1"]],
        },
    )
    assert refusal_of(path) == "questionnaire_not_data"


def test_interviews_beside_their_questionnaire_are_read(tmp_path):
    path = workbook(
        tmp_path,
        {
            "survey": [["type", "name", "label"], ["text", "q", "Q?"]],
            "data": [["uuid", "q", "age", "village", "heard"], ["u1", "x", 20, "X", "yes"]],
        },
    )
    assert read_here(path).interviews.name == "data"


def test_a_sheet_without_interviews_is_refused(tmp_path):
    assert refusal_of(workbook(tmp_path, {"data": [["a", "b"]]})) == "no_rows"
    assert refusal_of(workbook(tmp_path, {"data": []})) == "no_rows"


def test_columns_styled_to_the_end_of_the_sheet_do_no_harm(tmp_path):
    path = workbook(tmp_path, {"data": [["a", "b"], [1, 2]]})
    styled = changed(path, SHEET, {b"</row></sheetData>": b'<c r="XFD2" s="0"/></row></sheetData>'})
    assert cells_of(read_here(styled).interviews) == [["1", "2"]]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', "too_many_rows"),
        (b'<row r="5"><c r="XFD5"><v>1</v></c></row>', "too_many_columns"),
        (b'<row r="900000"><c r="CZZ900000"><v>1</v></c></row>', "sheet_spread_out"),
        (b"<row r='900000'><c t='n'\n r = 'CZZ900000' ><v>1</v></c></row>", "sheet_spread_out"),
    ],
)
def test_a_stray_cell_far_away_is_refused_before_it_is_read(tmp_path, cell, code):
    path = workbook(tmp_path, {"data": [["a", "b"], [1, 2]]})
    assert refusal_of(changed(path, SHEET, {b"</sheetData>": cell + b"</sheetData>"})) == code


@pytest.mark.parametrize("member", [SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"])
def test_a_document_type_declaration_anywhere_is_refused(tmp_path, member):
    path = workbook(tmp_path, {"data": [["a", "b"], ["x", "y"]]})
    declared = b'standalone="yes"?>\n<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    assert refusal_of(changed(path, member, {b'standalone="yes"?>': declared})) == "xml_declaration"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'<c r="A2"><v>1</v></c>', b'<c r="A2"><v>1</v></c><c r="A2"><v>9</v></c>'),
        (b"</sheetData>", b'<row r="2"><c r="A2"><v>9</v></c></row></sheetData>'),
        (b'<c r="A2"><v>1</v></c>', b'<c r="A2"><v>1<!-- -->0</v></c>'),
        (b'<c r="A2"><v>1</v></c>', b'<c r="A2" t="str"><v><![CDATA[x]]></v></c>'),
        (b'<c r="A2"><v>1</v></c>', b'<c r="A2" t="s"><v>-1</v></c>'),
    ],
)
def test_cells_that_programs_read_differently_are_refused(tmp_path, old, new):
    path = workbook(tmp_path, {"data": [["a", "b"], [1, 2]]})
    assert refusal_of(changed(path, SHEET, {old: new})) == "workbook_unusual"


def test_macros_are_refused_under_any_name(tmp_path):
    path = workbook(tmp_path, {"data": [["a", "b"], ["x", "y"]]})
    sheet = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert refusal_of(changed(path, "[Content_Types].xml", {sheet: macros})) == "workbook_macros"
    assert refusal_of(path, name="upload.xlsm") == "format_unknown"
    assert refusal_of(path, name="upload.xlsb") == "format_unknown"


def test_another_office_document_is_refused(tmp_path):
    path = workbook(tmp_path, {"data": [["a", "b"], ["x", "y"]]})
    word = {b"spreadsheetml.sheet.main+xml": b"wordprocessingml.document.main+xml"}
    assert refusal_of(changed(path, "[Content_Types].xml", word)) == "content_mismatch"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"a,b\n1,2\n", "upload.xlsx", "content_mismatch"),
        (b"a,b\n1,2\n", "upload.xls", "content_mismatch"),
        (b"<html><table>", "upload.xls", "content_mismatch"),
        (b"a,b\n1,2\n", "upload.ods", "content_mismatch"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "upload.xlsx",
            "workbook_encrypted",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "upload.xlsx", "content_mismatch"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT_CUR".encode("utf-16-le"),
            "upload.xls",
            "workbook_macros",
        ),
    ],
)
def test_content_that_is_not_what_its_name_says_is_refused(tmp_path, content, name, code):
    path = tmp_path / name
    path.write_bytes(content)
    assert refusal_of(path) == code


def test_a_damaged_part_is_refused_by_its_checksum(tmp_path):
    path = workbook(tmp_path, {"data": [["a", "b"], *[[n, "x" * 50] for n in range(200)]]})
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo(SHEET).header_offset
    content[start + 200] ^= 0x10
    path.write_bytes(bytes(content))
    assert refusal_of(path) == "archive_damaged"


ODS_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
)


def text_cell(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{escape(text)}</text:p></table:table-cell>'


def open_document(
    folder: Path, rows: str, *, prolog: str = "", more: str = "", style: str = "", extra: str = ""
) -> Path:
    path = folder / "upload.ods"
    content = (
        f'<?xml version="1.0"?>{prolog}<office:document-content {ODS_NAMES}><office:automatic-styles>{more}'
        f"</office:automatic-styles><office:body><office:spreadsheet>{extra}"
        f'<table:table table:name="data" {style}>{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
    return path


ODS_HEADER = f"<table:table-row>{text_cell('a')}{text_cell('b')}</table:table-row>"


def test_open_document_cells_become_exact_text(tmp_path):
    cells = {
        '<table:table-cell office:value-type="float" office:value="27"><text:p>27,0</text:p></table:table-cell>': "27",
        '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></table:table-cell>': "0.5",
        '<table:table-cell office:value-type="date" office:date-value="2026-03-01"><text:p>1.3.</text:p></table:table-cell>': "2026-03-01",
        '<table:table-cell office:value-type="time" office:time-value="PT9H30M00S"><text:p/></table:table-cell>': "09:30:00",
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>': "TRUE",
        '<table:table-cell office:value-type="string"><text:p>one<text:s text:c="2"/>two</text:p><text:p>three</text:p></table:table-cell>': "one  two\nthree",
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a note</text:p></office:annotation><text:p>said</text:p></table:table-cell>': "said",
    }
    header = "".join(text_cell(f"q{number}") for number in range(len(cells)))
    rows = f"<table:table-row>{header}</table:table-row><table:table-row>{''.join(cells)}</table:table-row>"
    assert cells_of(read_here(open_document(tmp_path, rows)).interviews) == [list(cells.values())]


def test_open_document_repeats_are_read_and_padding_costs_nothing(tmp_path):
    padding = '<table:table-cell table:number-columns-repeated="16384"/>'
    rows = (
        f'{ODS_HEADER}<table:table-row table:number-rows-repeated="2">'
        f'<table:table-cell table:number-columns-repeated="2" office:value-type="float" office:value="5"/>{padding}</table:table-row>'
        f'<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    file = read_here(open_document(tmp_path, rows))
    assert cells_of(file.interviews) == [["5", "5"], ["5", "5"]]
    assert file.interviews.lines.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("attribute", "code"),
    [("number-rows-repeated", "too_many_rows"), ("number-columns-repeated", "too_many_columns")],
)
def test_open_document_repeats_are_no_bomb(tmp_path, attribute, code):
    where = (
        ("", f' table:{attribute}="90000000"')
        if "columns" in attribute
        else (f' table:{attribute}="90000000"', "")
    )
    rows = (
        f"{ODS_HEADER}<table:table-row{where[0]}>"
        f'<table:table-cell{where[1]} office:value-type="float" office:value="5"/></table:table-row>'
    )
    assert refusal_of(open_document(tmp_path, rows)) == code


def test_open_document_errors_and_lost_digits_mark_their_rows(tmp_path):
    error = '<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p></table:table-cell>'
    long = '<table:table-cell office:value-type="float" office:value="1.2345678901234567E+019"/>'
    rows = "".join(f"<table:table-row>{text_cell('u')}{cell}</table:table-row>" for cell in (error, long))
    file = read_here(open_document(tmp_path, ODS_HEADER + rows))
    assert file.interviews.broken_rows == {0: "cell_error", 1: "number_lost_digits"}


def test_open_document_entities_are_refused(tmp_path):
    laughs = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    assert refusal_of(open_document(tmp_path, ODS_HEADER, prolog=laughs)) == "xml_declaration"


def test_open_document_hidden_sheets_are_left_out(tmp_path):
    style = '<style:style style:name="ta1" style:family="table"><style:table-properties table:display="false"/></style:style>'
    rows = f"{ODS_HEADER}<table:table-row>{text_cell('x')}{text_cell('y')}</table:table-row>"
    path = open_document(tmp_path, rows, more=style, style='table:style-name="ta1"')
    assert refusal_of(path) == "sheets_hidden"


def test_sheets_are_given_whole_hidden_ones_too(tmp_path):
    path = tmp_path / "form.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        survey = book.add_worksheet("survey")
        survey.write_row(0, 0, ["type", "name", "label"])
        survey.write_row(2, 0, ["integer", "age"])
        hidden = book.add_worksheet("choices")
        hidden.write_row(0, 0, ["list_name", "name"])
        hidden.write_row(1, 0, ["yn", 1])
        hidden.hide()
    survey_sheet, choices_sheet = read_sheets(path)
    assert survey_sheet.rows == (("type", "name", "label"), ("", "", ""), ("integer", "age", ""))
    assert (choices_sheet.visible, choices_sheet.rows) == (False, (("list_name", "name"), ("yn", "1")))


def test_a_questionnaire_kept_in_one_csv_is_given_as_its_sheets(tmp_path):
    path = tmp_path / "form.csv"
    path.write_text('survey,,\n,type,name\n,text,q1\nchoices,,\n,list_name,name\n,yn,"1"\n', "utf-8")
    assert [(sheet.name, sheet.rows) for sheet in read_sheets(path)] == [
        ("survey", (("type", "name"), ("text", "q1"))),
        ("choices", (("list_name", "name"), ("yn", "1"))),
    ]


@needs_shared
def test_every_questionnaire_of_the_corpus_gives_its_survey_sheet():
    for path in sorted(SHARED.glob("corpus/*/xlsform*/*")):
        if path.stat().st_size:
            names = [sheet.name.lower() for sheet in read_sheets(path) if sheet.rows]
            assert "survey" in names, path.name
