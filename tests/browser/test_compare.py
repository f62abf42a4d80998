"""The coordinator's screen, as a person meets it: two languages, two widths, keyboard, print, download."""

import csv
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.app import services_of
from dashboard.settings import Workspace
from surveys.languages import say
from tests.browser.conftest import Visit


pytestmark = pytest.mark.browser
SERIOUS = {"serious", "critical"}


def serious_violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {node['html'][:160]}" for v in found if v["impact"] in SERIOUS for node in v["nodes"]
    ]


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


def rows(page: Page) -> list[str]:
    return page.locator("#compare-forest tr.row:not(.average) .name-line").all_inner_texts()


@pytest.mark.parametrize(("language", "heading"), [("en", "Site"), ("ko", "지역")])
def test_the_screen_opens_in_both_languages_without_errors_or_barriers(
    desktop: Visit, language: str, heading: str, shots: Path | None
) -> None:
    page = desktop.open(f"/compare?lang={language}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("#compare-forest thead .name")).to_have_text(heading)
    expect(page.locator(".strip")).to_contain_text(say("screens.frame.simulated", "ko"))
    expect(page.locator(".strip")).to_contain_text("Simulated data")
    assert page.title().startswith(page.locator("h1").inner_text())
    assert page.locator(".card").count() == 3
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"compare-{language}-desktop.png", full_page=True)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_phone_shows_the_same_screen_without_scrolling_sideways(
    phone: Visit, language: str, shots: Path | None
) -> None:
    page = phone.open(f"/compare?lang={language}")
    page.locator("#compare-forest .row").first.wait_for()
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / f"compare-{language}-phone.png", full_page=True)


def test_the_dark_screen_has_no_barriers_either(dark: Visit, shots: Path | None) -> None:
    page = dark.open("/compare?lang=en")
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / "compare-en-dark.png", full_page=True)


def test_another_outcome_changes_headline_table_and_address(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    before = page.locator("h1").inner_text()
    effects = page.locator("#compare-forest .cell-effect").all_inner_texts()
    page.locator(".segment", has_text="Possible harm").click()
    expect(page.locator("h1")).not_to_have_text(before)
    assert page.locator("#compare-forest .cell-effect").all_inner_texts() != effects
    assert "outcome=" in page.url
    expect(page.locator(".ends span").first).to_have_text("← Better")


def test_an_address_brings_back_outcome_and_sites(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.locator(".segment", has_text="Possible harm").click()
    expect(page).to_have_url(re.compile("outcome="))
    page.locator(".site-filter summary").click()
    page.locator(".site-filter input").first.uncheck()
    expect(page.locator(".site-filter summary")).to_contain_text(" of ")
    hidden, heading, url = rows(page), page.locator("h1").inner_text(), page.url
    assert page.locator(".site-filter").get_attribute("open") is not None
    page.goto("about:blank")
    again = desktop.open(url.removeprefix(desktop.address))
    expect(again.locator("h1")).to_have_text(heading)
    expect(again.locator("#compare-forest .row").first).to_be_visible()
    assert rows(again) == hidden
    expect(again.locator("#compare-filtered")).to_contain_text("Averages still take in all")


def test_the_language_switch_keeps_the_state(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.locator(".segment", has_text="Possible harm").click()
    expect(page).to_have_url(re.compile("outcome="))
    page.locator(".languages a", has_text="한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator(".segment.chosen")).to_have_text(say("screens.families.harm", "ko"))


def test_hiding_sites_leaves_the_averages_alone(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    average = page.locator("#compare-forest .row.average .cell-effect")
    average.first.wait_for()
    before = average.all_inner_texts()
    page.locator(".site-filter summary").click()
    page.locator(".site-filter input").first.uncheck()
    expect(page.locator("#compare-filtered")).not_to_be_empty()
    assert average.all_inner_texts() == before


def test_the_filter_closes_on_escape_and_beside_it_and_is_never_empty(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    choice, summary = page.locator(".site-filter"), page.locator(".site-filter summary")
    summary.click()
    assert serious_violations(page) == []
    page.keyboard.press("Escape")
    assert choice.get_attribute("open") is None
    expect(summary).to_be_focused()
    summary.click()
    boxes = page.locator(".site-filter input")
    every = boxes.count()
    for place in range(every):
        boxes.nth(place).click()
    expect(page.locator(".site-filter input:checked")).to_have_count(every)
    page.locator("h1").click()
    assert choice.get_attribute("open") is None


def test_the_plain_table_says_what_the_drawing_says(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.locator(".as-table > summary").click()
    expect(page.locator("#compare-plain caption")).to_be_visible()
    drawn = [text.split(" (")[0] for text in page.locator("#compare-forest td.cell-effect").all_inner_texts()]
    plain = page.locator("#compare-plain tbody tr").evaluate_all(
        "rows => rows.map(row => row.querySelectorAll('td')).filter(c => c.length > 3).map(c => c[3].innerText)"
    )
    assert plain == drawn
    assert serious_violations(page) == []


def test_everything_can_be_reached_and_worked_with_the_keyboard(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.locator(".segment input").first.focus()
    before = page.locator("h1").inner_text()
    page.keyboard.press("ArrowRight")
    expect(page.locator("h1")).not_to_have_text(before)
    page.locator(".how-to-read > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".how-to-read li").first).to_be_visible()


def test_a_weak_row_explains_itself(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    weak = page.locator("#compare-forest details.weak").first
    weak.wait_for()
    weak.locator("summary").click()
    expect(weak.locator("p")).to_be_visible()
    assert page.locator("#compare-forest .marker.hollow").count() >= 1
    assert page.locator("#compare-forest .interval.dashed").count() >= 1


def test_a_change_stands_apart_with_a_mark_of_its_own(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    assert page.locator("#compare-forest tr.change .marker.cross").count() >= 1
    expect(page.locator("#compare-forest .apart").first).to_contain_text("not an effect")
    expect(page.locator("#compare-change-note")).not_to_be_empty()


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_picture_comes_from_this_server_and_only_when_asked_for(
    desktop: Visit, kind: str, shots: Path | None
) -> None:
    asked: list[str] = []
    desktop.page.on("request", lambda request: asked.append(request.url))
    page = desktop.open("/compare?lang=ko")
    assert not any("plotly" in url for url in asked)
    page.locator(".downloads > summary").click()
    with page.expect_download(timeout=60_000) as download:
        page.locator(f"#compare-{kind}").click()
    picture = Path(download.value.path()).read_bytes()
    assert picture.startswith(b"\x89PNG" if kind == "png" else b"<svg")
    assert any("plotly-cartesian" in url for url in asked)
    assert download.value.suggested_filename.endswith(f".{kind}")
    if shots:
        (shots / f"picture.{kind}").write_bytes(picture)


def test_the_tables_for_download_hold_every_effect(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.locator(".downloads > summary").click()
    for kind in ("csv", "xlsx", "json"):
        with page.expect_download() as download:
            page.locator(f'[data-download$=".{kind}"]').click()
        content = Path(download.value.path()).read_bytes()
        assert len(content) > 500
        if kind == "csv":
            table = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
            assert {"outcome", "site", "estimate", "conf_low", "not_estimable"} <= set(table[0])


def test_the_link_can_be_copied(desktop: Visit) -> None:
    desktop.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = desktop.open("/compare?lang=en")
    page.locator("#compare-copy").click()
    expect(page.locator("#compare-said")).to_have_text("Link copied")
    assert page.evaluate("navigator.clipboard.readText()") == page.url


def test_a_printed_page_keeps_the_finding_and_drops_the_controls(desktop: Visit) -> None:
    page = desktop.open("/compare?lang=en")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("#compare-forest")).to_be_visible()
    expect(page.locator(".bar nav")).to_be_hidden()
    expect(page.locator(".site-filter")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_methods_page_has_no_barriers(desktop: Visit, language: str) -> None:
    page = desktop.open(f"/methods?lang={language}")
    assert page.locator(".prose section").count() >= 6
    assert overflow(page) <= 0
    assert serious_violations(page) == []


def test_a_page_that_is_not_there_says_so_in_the_frame(desktop: Visit) -> None:
    page = desktop.open("/nowhere?lang=en")
    expect(page.locator("h1")).to_have_text("There is no such page")
    expect(page.locator(".bar nav")).to_be_visible()


def test_the_evaluation_is_made_once_for_each_state_of_the_data(demo: Workspace) -> None:
    evaluations = services_of(demo).evaluations
    evaluations.prepare()
    campaign = evaluations.campaign()
    assert campaign is not None
    first = evaluations.current(campaign)
    assert first.protected
    assert evaluations.current(campaign) is first
    assert evaluations.current(replace(campaign, sha256="another plan")) is not first
