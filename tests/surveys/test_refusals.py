from pathlib import Path

import pytest
from openpyxl import load_workbook

from surveys.checking import check_table
from surveys.reading import read_file
from surveys.refusals import write_refused_rows
from tests.surveys.judging import TODAY, ask, column, judge, questionnaire, received, told


FORM = questionnaire(
    ask("age", "integer", constraint=". >= 15"),
    ask("heard", "select_one yes_no"),
    ask("remarks"),
    ask("day", "date"),
)
HEADER = ["age", "heard", "remarks", "day", "_uuid", "odd"]
ROWS = (
    ["7", "yes", "=1+1", "2026-03-01", "0001", "kept"],
    ["30", "perhaps", "http://example.org", "2026-03-02", "0002", ""],
    ["31", "no", "fine", "2026-03-03", "0003", ""],
    ["32", "no", "once", "2026-03-04", "0004", ""],
    ["33", "no", "twice", "2026-03-04", "0004", ""],
)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_refused_and_held_rows_stand_exactly_as_received(tmp_path: Path, language: str) -> None:
    raw = received(HEADER, *ROWS)
    report = check_table(raw, FORM, today=TODAY)
    path = tmp_path / "mend.xlsx"
    assert write_refused_rows(path, raw, report, language) == 4
    sheet = load_workbook(path).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][3:] == HEADER
    assert [row[0] for row in rows[1:]] == ["1", "2", "4", "5"]
    assert [[cell or "" for cell in row[3:]] for row in rows[1:]] == [list(ROWS[i]) for i in (0, 1, 3, 4)]
    assert report.problems[0].message(language) in str(rows[1][1])
    assert all(
        cell.data_type in ("s", "n") and cell.hyperlink is None for row in sheet.iter_rows() for cell in row
    )


def test_the_cells_to_mend_are_marked(tmp_path: Path) -> None:
    raw = received(HEADER, *ROWS)
    write_refused_rows(tmp_path / "mend.xlsx", raw, check_table(raw, FORM, today=TODAY))
    sheet = load_workbook(tmp_path / "mend.xlsx").active
    assert sheet is not None
    marked = {
        (cell.row, cell.column)
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == "FFFDE68A"
    }
    assert marked == {(2, 4), (3, 5), (4, 8), (5, 8)}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_mended_workbook_is_accepted_when_sent_again(tmp_path: Path, language: str) -> None:
    raw = received(HEADER, *ROWS)
    path = tmp_path / "mend.xlsx"
    write_refused_rows(path, raw, check_table(raw, FORM, today=TODAY), language)
    book = load_workbook(path)
    sheet = book.active
    assert sheet is not None
    sheet["D2"], sheet["E3"], sheet["H5"] = "17", "yes", "0005"
    book.save(path)
    again = check_table(read_file(path), FORM, today=TODAY)
    assert (again.verdict, told(again)) == ("accept", [])
    assert column(again, "age") == ["17", "30", "32", "33"]
    assert column(again, "remarks") == ["=1+1", "http://example.org", "once", "twice"]
    assert column(again, "@submission") == ["0001", "0002", "0004", "0005"]


def test_the_workbook_untouched_meets_the_same_refusals(tmp_path: Path) -> None:
    raw = received(HEADER, *ROWS)
    first = check_table(raw, FORM, today=TODAY)
    write_refused_rows(tmp_path / "mend.xlsx", raw, first)
    again = check_table(read_file(tmp_path / "mend.xlsx"), FORM, today=TODAY)
    assert again.verdict == "reject-file"
    assert [p.code for p in again.problems if p.row] == [p.code for p in first.problems]


def test_codes_of_a_statistics_file_go_out_as_their_labels(tmp_path: Path) -> None:
    header, labels = ["age", "heard"], {"heard": {"1": "Yes", "2": "No", "3": "Perhaps"}}
    raw = received(header, ["20", "1"], ["5", "2"], ["21", "3"], value_labels=labels)
    report = check_table(raw, FORM, today=TODAY)
    assert told(report) == [(2, "age", "constraint_fails"), (3, "heard", "unknown_choice")]
    write_refused_rows(tmp_path / "mend.xlsx", raw, report)
    again = judge(FORM, header, ["20", "No"])
    assert column(again, "heard") == ["no"]
    sheet = load_workbook(tmp_path / "mend.xlsx").active
    assert sheet is not None
    assert [sheet["E2"].value, sheet["E3"].value] == ["No", "Perhaps"]


def test_a_text_too_long_for_a_workbook_says_so_and_is_not_stored_cut(tmp_path: Path) -> None:
    raw = received(["age", "remarks"], ["5", "x" * 40_000], ["20", "y"])
    write_refused_rows(tmp_path / "mend.xlsx", raw, check_table(raw, FORM, today=TODAY))
    again = check_table(read_file(tmp_path / "mend.xlsx"), FORM, today=TODAY)
    assert "truncated_text" in [problem.code for problem in again.problems]
