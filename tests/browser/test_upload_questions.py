"""A file that cannot tell by itself: its questions are answered on the page, once, and remembered for the next file."""

import csv
from pathlib import Path

import pytest
import xlsxwriter
from playwright.sync_api import Page, expect

from dashboard.settings import Workspace
from surveys.languages import say
from tests.browser.conftest import Visit
from tests.browser.test_compare import overflow, serious_violations
from tests.browser.test_field_journey import count, send


pytestmark = pytest.mark.browser
ADULT = {str(age) for age in range(18, 60)}
METADATA = 11  # columns of KoboToolbox at the end, which a plain table has not


def test_questions_are_answered_once_and_remembered(
    desktop: Visit, phone: Visit, demo: Workspace, tmp_path: Path, shots: Path | None
) -> None:
    page = desktop.open("/upload?lang=en")
    send(page, plain_table(demo, tmp_path / "first.csv", "A"))
    expect(page.locator(".verdict h2")).to_have_text(say("screens.upload.verdicts.refused.headline", "en"))
    expect(page.locator(".question")).to_have_count(3)
    expect(page.locator(".questions")).to_contain_text("2 September 2026")
    assert serious_violations(page) == []
    picture(page, shots, "questions-en-desktop")

    page.get_by_role("button", name=say("screens.upload.words.asked_send", "en")).click()
    expect(page.get_by_role("alert")).to_have_text(say("screens.upload.words.asked_confirm_missing", "en"))
    answer_by_keyboard(page)
    expect(page.locator(".verdict.accepted h2")).to_be_visible(timeout=60_000)
    assert count(page, "accepted") == 3
    expect(page.locator(".settled").first).to_contain_text("As you answered")

    page = phone.open("/upload?lang=ko")
    send(page, plain_table(demo, tmp_path / "second.csv", "B"))
    expect(page.locator(".verdict.accepted h2")).to_be_visible(timeout=60_000)
    assert count(page, "accepted") == 3
    expect(page.locator(".settled").filter(has_text="김민아 님이 정한 방식")).to_have_count(3)
    page.locator(".settled summary").first.click()
    expect(page.locator(".settled .question").first).to_be_visible()
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    picture(page, shots, "questions-ko-phone")


def test_of_two_sheets_the_one_left_out_is_shown_as_something_to_act_on(
    phone: Visit, desktop: Visit, demo: Workspace, tmp_path: Path, shots: Path | None
) -> None:
    file = two_sheets(demo, tmp_path / "two.xlsx")
    page = phone.open("/upload?lang=en")
    send(page, file)
    expect(page.locator(".causes .fix")).to_contain_text(say("screens.upload.asked.fix", "en"))
    page.get_by_label("Team A").check()
    page.get_by_role("button", name=say("screens.upload.words.asked_send", "en")).click()
    expect(page.locator(".verdict.incomplete .attention")).to_contain_text("Team B", timeout=60_000)
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    picture(page, shots, "left-out-en-phone")

    page = desktop.open("/upload?lang=ko")  # remembers the sheet, and that another one stays out
    send(page, file)
    expect(page.locator(".verdict.incomplete .attention")).to_contain_text("Team B", timeout=60_000)
    picture(page, shots, "left-out-ko-desktop")


def two_sheets(demo: Workspace, path: Path) -> Path:
    """Right rows of the demonstration on two sheets, as two teams might have kept them."""
    with (demo.folder / "incoming" / "npl-endline.csv").open(encoding="utf-8", newline="") as opened:
        header, *rows = list(csv.reader(opened, delimiter=";"))
    with xlsxwriter.Workbook(str(path)) as book:
        for name, part in (("Team A", rows[:2]), ("Team B", rows[2:4])):
            sheet = book.add_worksheet(name)
            for line, row in enumerate([header, *part]):
                sheet.write_row(line, 0, row)
    return path


def answer_by_keyboard(page: Page) -> None:
    """Take a wrong choice back, confirm the columns, say what the file cannot, sign, and send."""
    select = page.locator(".column-map select:not([disabled])").first
    expect(select).to_have_value("age")
    select.select_option("")
    page.get_by_role("button", name=say("screens.upload.words.asked_undo", "en")).click()
    expect(select).to_have_value("age")
    page.get_by_label(say("screens.upload.words.asked_confirm", "en")).focus()
    page.keyboard.press("Space")
    page.get_by_label("The day comes first").focus()
    page.keyboard.press("Space")
    page.get_by_label(say("screens.upload.words.name", "en")).fill("김민아")
    page.get_by_label("“Refused”").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")


def plain_table(demo: Workspace, path: Path, mark: str) -> Path:
    """Three right rows of the demonstration's file as a person would have made a table of them."""
    source = next((demo.folder / "incoming").glob("try-me*.csv"))
    with source.open(encoding="utf-8", newline="") as opened:
        header, *rows = list(csv.reader(opened, delimiter=";"))
    places = {name: place for place, name in enumerate(header)}
    good = [
        row
        for row in rows
        if row[places["consent"]] == "yes"
        and row[places["age"]] in ADULT
        and row[places["int_licence"]] in ("yes", "no")
    ][:3]
    for number, row in enumerate(good, start=1):
        row[places["today"]] = f"0{number + 1}/09/2026"
        row[places["respondent_code"]] = f"NPL-{mark}-{number}"
        row[places["heard_decoy"]] = "-99" if number == 1 else "no"
    kept = [place for place, name in enumerate(header[:-METADATA]) if name not in ("start", "end")]
    names = ["Age of the person" if header[place] == "age" else header[place] for place in kept]
    with path.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow([*names, "Phone number"])
        writer.writerows([[row[place] for place in kept] + ["0912345678"] for row in good])
    return path


def picture(page: Page, shots: Path | None, name: str) -> None:
    if shots:
        page.screenshot(path=shots / f"{name}.png", full_page=True)
