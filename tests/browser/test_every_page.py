"""Every page is whole: in both languages, on a desk and on a phone, for whoever sees it and whoever does not."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboard.pages import PAGES
from surveys.languages import languages
from tests.browser.conftest import DESKTOP, PHONE, Visit
from tests.browser.test_compare import overflow


pytestmark = pytest.mark.browser

OUT_OF_SIGHT = """() => [...document.querySelectorAll("nav [aria-current=page]")].filter(link => {
  const box = link.getBoundingClientRect();
  return box.left < 0 || box.right > window.innerWidth;
}).map(link => link.textContent)"""


@pytest.mark.parametrize("language", languages())
def test_every_page_is_whole_on_desk_and_phone(desktop: Visit, language: str, shots: Path | None) -> None:
    for name in PAGES:
        desktop.page.set_viewport_size(DESKTOP)
        page = desktop.open(f"/{name}?lang={language}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        for width, size in (("desktop", DESKTOP), ("phone", PHONE)):
            page.set_viewport_size(size)
            assert overflow(page) <= 0, (name, width)
            assert page.evaluate(OUT_OF_SIGHT) == [], (name, width)
            assert violations(page) == [], (name, width)
            if shots:
                page.screenshot(path=shots / f"{name}-{language}-{width}.png", full_page=True)


def violations(page: Page) -> list[str]:
    """Whatever axe finds, however slight."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]
