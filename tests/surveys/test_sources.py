"""What was decided about a source is remembered, version after version, and never reinterprets what is stored."""

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from campaigns.registry import fieldwork_of, load_campaign
from surveys.catalogue import Catalogue
from surveys.ingest import Receipt, ingest_file
from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from surveys.sources import SourceKey, parse_answers
from surveys.xlsform import load_instrument
from tests.surveys.fieldwork_example import CAMPAIGN, HEADERS, said, write_export, write_instrument


NPL_CSV = SourceKey(campaign="pilot", site="npl", instrument="kap", format="csv", dialect="plain")


class Desk:
    """Where files arrive, on a database of either kind."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder = folder
        (folder / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
        self.campaign = load_campaign(folder / "pilot.yaml")
        self.instrument = load_instrument(write_instrument(folder / "kap.xlsx"))
        self.catalogue = Catalogue(address)
        self.keys = KeyRing(folder / "keys")
        self.sent = 0

    def send(
        self, rows: list[dict[str, str]] | Path, *answers: str, site: str = "npl", by: str = "Mina"
    ) -> Receipt:
        self.sent += 1
        path = rows if isinstance(rows, Path) else write_export(self.folder / f"{self.sent}.csv", rows)
        return ingest_file(
            path,
            catalogue=self.catalogue,
            keys=self.keys,
            instrument=self.instrument,
            fieldwork=fieldwork_of(self.campaign, site=site),
            today=date(2026, 6, 1),
            uploader=by,
            answers=parse_answers(answers),
        )

    def days(self, upload: int) -> list[str]:
        tables = dict(self.catalogue.answers("pilot", self.catalogue.parts("pilot")))
        found: list[str] = tables[upload]["day"].to_pylist()
        return found


@pytest.fixture
def desk(tmp_path: Path, address: str):
    desk = Desk(tmp_path, address)
    yield desk
    desk.catalogue.close()


def open_ids(receipt: Receipt) -> list[str]:
    return [doubt.id for doubt in receipt.report.doubts if doubt.answer is None]


def test_an_answer_is_asked_for_once_and_remembered_with_who_and_when(desk: Desk) -> None:
    rows = [said("a", day="03/02/2026"), said("b", day="04/02/2026")]
    asked = desk.send(rows)
    assert (asked.verdict, open_ids(asked)) == ("reject-file", ["day_order:day"])
    assert desk.catalogue.remembered(NPL_CSV) is None
    answered = desk.send(rows, "day_order=day_first")
    assert desk.days(answered.upload) == ["2026-02-03", "2026-02-04"]
    remembered = desk.catalogue.remembered(NPL_CSV)
    assert remembered is not None
    assert (remembered.version, remembered.by) == (1, "Mina")
    assert remembered.decisions.answers == {"day_order:day": "day_first"}
    later = desk.send([said("c", day="05/02/2026")], by="Jun")
    assert desk.days(later.upload) == ["2026-02-05"]
    (doubt,) = later.report.doubts
    assert doubt.said is not None
    assert (doubt.answer, doubt.said.by) == ("day_first", "Mina")
    assert desk.catalogue.read_by(later.upload) is not None
    assert len(desk.catalogue.decisions_on(NPL_CSV)) == 1


def test_another_site_and_another_kind_of_file_are_asked_again(desk: Desk) -> None:
    desk.send([said("a", day="03/02/2026")], "day_order=day_first")
    assert desk.send([said("b", day="03/02/2026")], site="tha").verdict == "reject-file"
    path = write_workbook(desk.folder / "b.xlsx", {"Data": [said("b", day="03/02/2026")]})
    assert open_ids(desk.send(path)) == ["day_order:day"]


def test_evidence_against_what_was_decided_refuses_the_file_and_changes_nothing(desk: Desk) -> None:
    desk.send([said("a", day="03/02/2026")], "day_order=day_first")
    found = desk.send([said("b", day="02/13/2026")])
    assert [problem.code for problem in found.report.problems] == ["day_order_contradicted"]
    assert found.report.doubts[0].said is not None
    assert desk.catalogue.remembered(NPL_CSV).version == 1  # type: ignore[union-attr]


def test_a_change_of_mind_makes_a_version_and_names_the_uploads_it_would_read_otherwise(desk: Desk) -> None:
    first = desk.send([said("a", day="03/02/2026")], "day_order=day_first")
    proven = desk.send([said("b", day="2026-02-05")])
    changed = desk.send([said("c", day="04/02/2026")], "day_order:day=month_first", by="Jun")
    (warning,) = [one for one in changed.report.warnings if one.code == "decisions_changed"]
    assert warning.values["uploads"] == f"1.csv ({first.upload})"
    assert str(proven.upload) not in str(warning.values["uploads"])
    assert desk.days(first.upload) == ["2026-02-03"]
    assert desk.days(changed.upload) == ["2026-04-02"]
    assert desk.catalogue.read_by(first.upload).decisions.answers == {"day_order:day": "day_first"}  # type: ignore[union-attr]
    assert [one.version for one in desk.catalogue.decisions_on(NPL_CSV)] == [1, 2]
    after = desk.send([said("d", day="05/02/2026")])
    assert "decisions_changed" not in [one.code for one in after.report.warnings]


def test_a_file_sent_again_after_a_change_of_mind_is_held_and_not_silently_replaced(desk: Desk) -> None:
    rows = [said("a", day="03/02/2026")]
    first = desk.send(rows, "day_order=day_first")
    again = desk.send(rows, "day_order:day=month_first")
    assert (again.accepted, again.held) == (0, 1)
    assert desk.days(first.upload) == ["2026-02-03"]


def test_an_answer_taken_back_is_asked_for_again(desk: Desk) -> None:
    desk.send([said("a", age="-99", heard="-99")], "missing:-99=dont_know")
    assert desk.send([said("b", heard="-99")]).rejected == 0
    asked = desk.send([said("c", heard="-99")], "missing:-99=ask")
    assert open_ids(asked) == ["missing:-99"]
    assert asked.rejected == 1


def test_a_version_can_neither_be_changed_nor_removed(desk: Desk) -> None:
    desk.send([said("a", day="03/02/2026")], "day_order=day_first")
    for statement in ("UPDATE source_decision SET decided_by = 'x'", "DELETE FROM source_decision"):
        with pytest.raises((DBAPIError, CannotProceed)):
            desk.catalogue.database.write(lambda c, s=statement: c.execute(text(s)))  # type: ignore[misc]
    assert desk.catalogue.remembered(NPL_CSV).by == "Mina"  # type: ignore[union-attr]
    entries = [entry for entry in desk.catalogue.audit_entries() if entry.action == "source decided"]
    assert [(entry.actor, entry.details["keys"]) for entry in entries] == [("Mina", ["day_order:day"])]


# ---- sheets ----------------------------------------------------------------------------------------------


def write_workbook(path: Path, sheets: dict[str, list[dict[str, str]]]) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADERS)
            for line, row in enumerate(rows, start=1):
                sheet.write_row(line, 0, [row[header] for header in HEADERS])
    return path


def test_two_sheets_of_interviews_are_asked_about_with_what_each_leaves_open(desk: Desk) -> None:
    sheets = {"March": [said("a", day="03/02/2026")], "Cleaned": [said("b"), said("c", heard="-88")]}
    path = write_workbook(desk.folder / "two.xlsx", sheets)
    asked = desk.send(path)
    assert asked.verdict == "reject-file"
    assert open_ids(asked) == ["sheet", "day_order:day", "missing:-88"]
    sheet, day, code = asked.report.doubts
    assert (
        sheet.options[0].label() == "“March”. Rows: 1; columns: 10, of which belong to this questionnaire: 9"
    )
    assert (day.sheet, code.sheet) == ("March", "Cleaned")


def test_the_sheet_that_was_chosen_is_read_and_remembered(desk: Desk) -> None:
    def workbook(name: str, prefix: str) -> Path:
        sheets = {"March": [said(f"{prefix}1")], "Cleaned": [said(f"{prefix}2"), said(f"{prefix}3")]}
        return write_workbook(desk.folder / name, sheets)

    assert desk.send(workbook("a.xlsx", "a"), "sheet=Cleaned").accepted == 2
    later = desk.send(workbook("b.xlsx", "b"))
    assert later.accepted == 2
    assert (later.report.sheet, later.report.doubts[0].answer) == ("Cleaned", "Cleaned")
    lone = write_workbook(desk.folder / "c.xlsx", {"April": [said("c1")]})
    alone = desk.send(lone)
    assert alone.accepted == 1
    assert "decided_sheet_elsewhere" in [one.code for one in alone.report.warnings]
