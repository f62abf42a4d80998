"""A reviewer finds respondents again: at a desk by keyboard, on a phone by thumb."""

import threading

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from dashboard.app import create_app
from tests.browser.conftest import DESKTOP, PHONE, visit_with
from tests.browser.test_compare import serious_violations
from tests.dashboard.panel_workspace import build


pytestmark = pytest.mark.browser


@pytest.fixture
def panel(tmp_path):
    server = make_server("127.0.0.1", 0, create_app(build(tmp_path / "workspace")).server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def desk(chromium, panel):
    yield from visit_with(chromium, panel, viewport=DESKTOP, locale="en-GB")


@pytest.fixture
def pocket(chromium, panel):
    yield from visit_with(
        chromium, panel, viewport=PHONE, locale="ko-KR", device_scale_factor=2, has_touch=True
    )


def test_a_reviewer_decides_by_keyboard_takes_back_and_sees_the_share_grow(desk, shots):
    page = desk.open("/linking?lang=en&campaign=panel")
    expect(page.get_by_text("No pairs are waiting.")).to_be_visible()
    page.get_by_role("button", name="Look for pairs").click()
    expect(page.get_by_text("11 pairs to look at")).to_be_visible(timeout=60_000)
    card = page.locator(".pair")
    expect(card).to_be_focused()
    page.keyboard.press("a")
    expect(page.get_by_role("alert")).to_contain_text("Type your name first")
    expect(page.get_by_label("Your name")).to_be_focused()
    page.keyboard.type("Mina Rai")
    expect(page.get_by_text("0 of 11 pairs decided")).to_be_visible()  # the keys are letters in a field
    card.focus()
    number = card.locator(".source").first.inner_text()
    page.keyboard.press("n")
    expect(card.locator(".source").first).not_to_have_text(number)
    page.keyboard.press("a")
    expect(page.get_by_text("1 of 11 pairs decided")).to_be_visible()
    expect(card).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_text("2 of 11 pairs decided")).to_be_visible()
    page.keyboard.press("u")
    expect(page.get_by_label("Show")).to_contain_text("Undecided (1)")
    page.get_by_role("button", name="Undo the last decision").click()
    expect(page.get_by_label("Show")).to_have_count(0)
    linked = page.locator("#linkage-rates")
    page.get_by_role("button", name="in every key and have no rival").click()
    expect(page.get_by_text("pairs accepted")).to_be_visible()
    expect(linked.get_by_role("table")).to_contain_text("Campaign")
    page.get_by_text("Decided pairs (").click()
    page.get_by_role("button", name="Undo, Pair").first.click()
    expect(page.get_by_text("Decided pairs (")).to_be_visible()
    assert serious_violations(page) == []
    page.reload()
    expect(page.get_by_label("Your name")).to_have_value("Mina Rai")
    expect(page.locator(".so-far")).to_be_visible()  # nothing is under way when the server goes
    if shots:
        page.screenshot(path=shots / "linking.png", full_page=True)


def test_on_a_phone_in_korean_nothing_runs_off_the_side(pocket, shots):
    page = pocket.open("/linking?lang=ko&campaign=panel")
    page.get_by_label("담당자 이름").fill("김미나")
    page.get_by_role("button", name="짝 찾기").click()
    expect(page.get_by_text("검토할 짝 11건")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="같은 사람", exact=True).tap()
    expect(page.get_by_text("11건 중 1건 판단 완료")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    table = page.locator("#linkage-rates .scroll")
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth + 1")
    assert serious_violations(page) == []
    if shots:
        page.screenshot(path=shots / "linking-phone.png", full_page=True)
