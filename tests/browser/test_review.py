"""Held interviews as whoever decides about them sees them: side by side, decided, taken back."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from campaigns.registry import fieldwork_of, load_campaign
from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.ingest import Receipt, ingest_file
from surveys.languages import say
from surveys.responses import responses_table
from surveys.xlsform import load_instrument
from tests.browser.conftest import Visit
from tests.browser.test_compare import overflow, serious_violations


pytestmark = pytest.mark.browser
CAMPAIGN, SITE = "safe-journeys-2026", "npl"


def words(key: str, language: str, **values: object) -> str:
    return say(f"screens.review.{key}", language, **values)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_held_interview_is_looked_at_decided_and_taken_back(
    desktop: Visit, demo: Workspace, tmp_path: Path, language: str, shots: Path | None
) -> None:
    receipt = another_interview_under_a_used_id(demo, tmp_path, place=("en", "ko").index(language))
    assert (receipt.held, receipt.accepted) == (1, 0)
    page = desktop.open(f"/review?lang={language}")
    card = page.locator(".held-card").last
    assert card.locator(".versions tbody tr").count() >= 2
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"review-{language}-desktop.png", full_page=True)

    press(page, card.get_by_role("button", name=words("actions.both", language)))
    expect(page.locator(".said.bad")).to_contain_text(say("refusals.name_needed.what", language))
    page.get_by_label(words("name", language)).fill("Kim")
    page.locator(".held-card").last.get_by_role("button", name=words("actions.discard", language)).click()
    expect(page.locator(".said.bad")).to_contain_text(say("refusals.held_reason.what", language))

    waiting = page.locator(".held-card").count()
    press(page, page.locator(".held-card").last.get_by_role("button", name=words("actions.both", language)))
    expect(page.locator(".held-card")).to_have_count(waiting - 1)
    newest = page.locator(".steps tbody tr").first
    expect(newest).to_contain_text(words("kinds.both", language))
    expect(newest).to_contain_text("Kim")
    step = newest.locator("th").inner_text()
    press(page, newest.get_by_role("button", name=words("undo_of", language, step=step)))
    expect(page.locator(".held-card")).to_have_count(waiting)
    expect(page.locator(".said")).to_have_class("said")

    page.reload()
    expect(page.get_by_label(words("name", language))).to_have_value("Kim")
    page.get_by_label(words("why", language)).last.fill("typed twice")
    press(
        page, page.locator(".held-card").last.get_by_role("button", name=words("actions.discard", language))
    )
    expect(page.locator(".held-card")).to_have_count(waiting - 1)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_review_page_fits_a_phone(
    phone: Visit, demo: Workspace, tmp_path: Path, language: str, shots: Path | None
) -> None:
    another_interview_under_a_used_id(demo, tmp_path, place=2)
    page = phone.open(f"/review?lang={language}")
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    page.locator(".steps summary").first.click()
    assert overflow(page) <= 0
    if shots:
        page.screenshot(path=shots / f"review-{language}-phone.png", full_page=True)


def press(page: Page, button: Locator) -> None:
    """Reach a button with the keyboard and press it."""
    button.focus()
    with page.expect_response(re.compile("_dash-update-component")):
        page.keyboard.press("Enter")


def another_interview_under_a_used_id(demo: Workspace, folder: Path, place: int) -> Receipt:
    """Send a stored interview's id again with another day and other answers."""
    campaign = load_campaign(demo.campaign_file(CAMPAIGN))
    parts = campaign.columns
    with Catalogue(demo.database_url) as record:
        rows = responses_table(
            record, CAMPAIGN, site=SITE, site_question=parts.site, wave_question=parts.wave,
            respondent_question=parts.respondent,
        )  # fmt: skip
        row = {name: text or "" for name, text in rows.slice(place, 1).to_pylist()[0].items()}
        earlier = next(
            day
            for day in rows[parts.interview_date].to_pylist()
            if day is not None and day != row[parts.interview_date]
        )
        path = folder / "again.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row)
            writer.writeheader()
            writer.writerow({**row, parts.interview_date: earlier, parts.respondent: "NPL-1"})
        return ingest_file(
            path,
            catalogue=record,
            keys=demo.keys,
            instrument=load_instrument(demo.instrument_file(campaign.instrument)),
            fieldwork=fieldwork_of(campaign, site=SITE),
        )
