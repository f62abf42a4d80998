"""A correction from its proposal to its undoing, as two people go through it on a desk and on a phone."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.languages import say
from tests.browser.conftest import Visit
from tests.browser.test_compare import overflow, serious_violations


pytestmark = pytest.mark.browser
CAMPAIGN = "safe-journeys-2026"
QUESTION = "hotline_known"


def words(name: str, language: str) -> str:
    return say(f"screens.corrections.words.{name}", language)


@pytest.mark.parametrize(("language", "place"), [("en", 3), ("ko", 5)])
def test_two_people_correct_an_answer_and_take_it_back(
    desktop: Visit, demo: Workspace, tmp_path: Path, language: str, place: int, shots: Path | None
) -> None:
    row = interview(demo, place)
    page = desktop.open(f"/corrections?lang={language}")
    be(page, "Sita", language)
    form = page.locator("form.propose")
    form.get_by_label(words("submission", language)).fill(row["_uuid"])
    form.get_by_label(words("question", language)).select_option(QUESTION)
    expect(page.locator(".now")).to_be_visible()
    form.get_by_label(words("new_value", language)).select_option("no" if row[QUESTION] == "yes" else "yes")
    form.get_by_label(words("reason", language), exact=True).fill("heard the recording again")
    form.get_by_role("button").click()
    entered = form.locator(".said")
    expect(entered).to_contain_text(re.compile(r"\d+"))
    number = int(re.search(r"\d+", entered.inner_text())[0])
    status = say("corrections.statuses.proposed", language)
    expect(entered).to_contain_text(
        say("screens.corrections.proposed.entered", language, number=number, status=status)
    )

    choose(page, number, language)
    press(page, "approve", language)
    expect(page.locator(".decide .said")).to_contain_text(say("corrections.told.own_correction", language))
    press(page, "preview", language)
    page.locator(".what-if summary").click()
    expect(page.locator(".what-if .blind")).to_be_visible()
    expect(page.locator(".what-if .effects")).to_have_count(0)

    be(page, "Minji", language)
    press(page, "preview", language)
    expect(page.locator(".what-if .blind")).to_have_count(0, timeout=60_000)
    if not page.locator(".what-if .note").is_visible():
        page.locator(".what-if summary").click()
    expect(page.locator(".what-if .note")).to_be_visible()
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"corrections-{language}-desktop.png", full_page=True)
    for action, state in (("approve", "approved"), ("apply", "applied"), ("undo", "undone")):
        press(page, action, language)
        label = say(f"corrections.states.{state}", language)
        expect(page.locator(".decide .said")).to_contain_text(label)
        expect(page.locator(f"tr:has(input[aria-label='{named(number, language)}']) .badge")).to_have_text(
            label
        )
    with Catalogue(demo.database_url) as catalogue:
        states = [step.state.value for step in catalogue.correction_steps([number])[number]]
    assert states == ["proposed", "approved", "applied", "undone"]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_log_is_imported_on_a_phone_and_every_row_is_told(
    phone: Visit, demo: Workspace, tmp_path: Path, language: str, shots: Path | None
) -> None:
    row = interview(demo, 8 if language == "en" else 9)
    log = tmp_path / "cleaning_log.csv"
    new = "no" if row[QUESTION] == "yes" else "yes"
    lines = ["uuid,question,old_value,new_value,change_type", f"{row['_uuid']},{QUESTION},{row[QUESTION]},{new},change_response",
             f"{row['_uuid']},age,{row['age']},200,change_response", f"nobody,age,1,{30},change_response"]  # fmt: skip
    log.write_text("\n".join(lines) + "\n", "utf-8")
    page = phone.open(f"/corrections?lang={language}")
    be(page, "Sita", language)
    page.locator(".import input[type=file]").set_input_files(log)
    rows = page.locator(".log-rows tbody tr")
    expect(rows).to_have_count(3, timeout=60_000)
    expect(rows.nth(0)).to_contain_text(say("corrections.statuses.proposed", language))
    expect(rows.nth(1)).to_contain_text("200")
    expect(rows.nth(2)).to_contain_text("nobody")
    expect(page.locator(".ledger tbody tr").first).to_contain_text(QUESTION)
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"corrections-{language}-phone.png", full_page=True)


def test_the_ledger_is_worked_with_the_keyboard_alone(desktop: Visit, demo: Workspace) -> None:
    page = desktop.open("/corrections?lang=en")
    be(page, "Sita", "en")
    form = page.locator("form.propose")
    form.get_by_label(words("submission", "en")).focus()
    page.keyboard.type(interview(demo, 12)["_uuid"])
    form.get_by_role("checkbox", name=words("withdraw", "en")).focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("a test interview")
    page.keyboard.press("Enter")
    expect(form.locator(".said")).to_be_visible()
    expect(page.locator(".ledger tbody tr").first).to_contain_text(say("screens.corrections.whole", "en"))


def be(page: Page, name: str, language: str) -> None:
    page.get_by_label(words("name", language)).first.fill(name)


def named(number: int, language: str) -> str:
    return words("choose_one", language).format(id=number)


def choose(page: Page, number: int, language: str) -> None:
    page.get_by_role("checkbox", name=named(number, language), exact=True).check()


def press(page: Page, action: str, language: str) -> None:
    page.locator(".decide").get_by_role("button", name=words(action, language), exact=True).click()
    expect(page.locator(".decide .under-way")).to_have_count(0, timeout=60_000)


def interview(demo: Workspace, place: int) -> dict[str, str]:
    """A complete interview of the demonstration, as its file has it."""
    with (demo.folder / "incoming" / "npl-endline.csv").open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file, delimiter=";")
            if row["consent"] == "yes" and row["age"].isdigit() and row[QUESTION] in ("yes", "no")
        ]
    return rows[place]
