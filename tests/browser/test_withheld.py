"""Somebody responsible for a country reads the texts that were kept back, and decides about each."""

import threading
from pathlib import Path

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from dashboard.settings import load_workspace
from surveys.languages import say
from tests.browser.conftest import DESKTOP, PHONE, visit_with
from tests.browser.test_compare import overflow
from tests.browser.test_every_page import violations
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.dashboard.test_withheld import NAME, TELEPHONE, kept_back


__all__ = ["awareness", "kept_back", "workspace"]
pytestmark = pytest.mark.browser


@pytest.fixture
def place(kept_back: Path):
    server = make_server("127.0.0.1", 0, create_app(load_workspace(kept_back)).server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_texts_are_read_by_name_released_left_out_and_taken_back(chromium, place, shots):
    for visit in visit_with(chromium, place, viewport=DESKTOP, locale="en-GB"):
        page = visit.open("/withheld?lang=en&campaign=pilot")
        ticks = page.locator(".kept-back input[type=checkbox]")
        expect(ticks).to_have_count(3)
        assert TELEPHONE not in page.content()
        assert violations(page) == []
        ticks.first.focus()
        page.keyboard.press("v")
        expect(page.get_by_role("alert")).to_have_text(words("need_name"))
        page.get_by_label(words("name")).fill("Lee")
        ticks.first.focus()
        page.keyboard.press("v")
        expect(page.locator(".kept-back q")).to_have_text(TELEPHONE)
        assert violations(page) == []
        page.keyboard.press("o")
        expect(ticks).to_have_count(2)
        expect(ticks.first).to_be_focused()
        page.keyboard.press("a")
        expect(ticks).to_have_count(1)
        page.get_by_role("button", name=words("undo")).first.click()
        expect(ticks).to_have_count(2)
        if shots:
            page.screenshot(path=shots / "withheld.png", full_page=True)


def test_on_a_phone_in_korean_a_text_is_decided_about_by_thumb(chromium, place, shots):
    for visit in visit_with(chromium, place, viewport=PHONE, locale="ko-KR", has_touch=True):
        page = visit.open("/withheld?lang=ko&campaign=pilot")
        page.get_by_label(words("name", "ko")).fill("이은주")
        page.locator(".kept-back input[type=checkbox]").nth(1).tap()
        page.get_by_role("button", name=words("read", "ko", count=1)).tap()
        expect(page.locator(".kept-back q")).to_have_text(NAME)
        assert overflow(page) <= 0
        assert violations(page) == []
        if shots:
            page.screenshot(path=shots / "withheld-phone.png", full_page=True)
        page.get_by_role("button", name=words("leave_out", "ko", count=1)).tap()
        expect(page.locator(".kept-back input[type=checkbox]")).to_have_count(2)


def words(name: str, language: str = "en", **values: object) -> str:
    return say(f"screens.withheld.words.{name}", language, **values)
