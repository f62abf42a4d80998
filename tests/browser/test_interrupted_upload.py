"""A large file on a bad line: what was sent is sent once, a reload finds it again, and cancelling leaves nothing."""

import csv
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import CDPSession, Page, Request, expect

from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.languages import say
from tests.browser.conftest import Visit
from tests.browser.test_compare import overflow, serious_violations
from tests.browser.test_field_journey import CAMPAIGN, NAME, SITE, count, fresh_copy, send


pytestmark = pytest.mark.browser
SLOW = 200_000  # bytes in a second
FIRST_PIECE = 1 << 18


def test_a_cut_line_costs_only_what_it_cut(phone: Visit, demo: Workspace, tmp_path: Path) -> None:
    page = phone.open("/upload?lang=ko")
    line = slowly(page)
    offsets = pieces(page)
    file = large_file(demo, tmp_path / "large.csv", 1_500_000)
    choose(page, file)
    expect(page.locator(".under-way")).to_contain_text("MB 중 0.")
    wait_for(page, lambda: any(offsets))
    line(True)
    expect(page.locator(".cut")).to_have_text(say("screens.upload.words.cut", "ko"), timeout=30_000)
    assert overflow(page) <= 0
    assert serious_violations(page) == []
    line(False)
    expect(page.locator(".cut")).to_have_text("", timeout=30_000)
    line(False, 100 * SLOW)
    expect(page.locator(".verdict h2")).to_be_visible(timeout=60_000)
    assert offsets.count(0) == 1  # it never began anew
    assert sorted(offsets) == offsets
    phone.errors.clear()  # the browser says that requests failed, which is what we made them do


def test_a_page_that_was_closed_goes_on_with_the_file_and_keeps_the_verdict(
    desktop: Visit, demo: Workspace, tmp_path: Path
) -> None:
    page = desktop.open("/upload?lang=en")
    line = slowly(page)
    offsets = pieces(page)
    file = large_file(demo, tmp_path / "half.csv", 1_200_000)
    choose(page, file)
    wait_for(page, lambda: any(offset > 0 for offset in offsets))
    page.reload()
    expect(page.locator(".first")).to_contain_text("half.csv")
    expect(page.locator(".choice select").first).to_have_value(SITE)
    assert serious_violations(page) == []
    offsets.clear()
    line(False, 100 * SLOW)
    page.locator("input[type=file]").set_input_files(file)
    expect(page.locator(".verdict h2")).to_be_visible(timeout=60_000)
    assert offsets[0] >= FIRST_PIECE
    told = page.locator(".verdict h2").inner_text()
    page.reload()
    expect(page.locator(".verdict h2")).to_have_text(told)


def test_cancelling_while_sending_leaves_nothing_behind(
    desktop: Visit, demo: Workspace, tmp_path: Path
) -> None:
    page = desktop.open("/upload?lang=en")
    before, kept = uploads(demo), set(demo.arriving.iterdir())
    slowly(page)
    offsets = pieces(page)
    choose(page, large_file(demo, tmp_path / "never.csv", 1_000_000))
    wait_for(page, lambda: any(offset > 0 for offset in offsets))
    page.get_by_role("button", name=say("screens.upload.words.cancel", "en")).click()
    expect(page.locator(".verdict.cancelled h2")).to_have_text(say("screens.upload.words.cancelled", "en"))
    assert set(demo.arriving.iterdir()) == kept
    assert uploads(demo) == before
    page.reload()
    expect(page.locator(".drop")).to_be_visible()
    expect(page.locator(".first, .verdict")).to_have_count(0)


@pytest.mark.parametrize("by", ["verdict", "history"])
def test_whoever_sent_a_file_takes_it_back_and_the_history_says_so(
    phone: Visit, demo: Workspace, tmp_path: Path, by: str
) -> None:
    page = phone.open("/upload?lang=ko")
    send(page, remarked(fresh_copy(demo, tmp_path, "ko"), uuid.uuid4().hex[:8]))
    newest = page.locator(".uploads tbody tr").first
    expect(newest).to_contain_text(f"{count(page, 'accepted'):,}")
    page.get_by_label(say("screens.upload.words.name", "ko")).fill("other")
    page.keyboard.press("Enter")
    expect(page.locator(".uploads button")).to_have_count(0)
    page.get_by_label(say("screens.upload.words.name", "ko")).fill(NAME)
    page.keyboard.press("Enter")
    expect(newest.get_by_role("button")).to_be_visible()
    if by == "verdict":
        page.get_by_role("button", name=say("screens.upload.words.undo", "ko")).click()
    else:
        newest.get_by_role("button").click()
    expect(newest).to_contain_text(say("screens.upload.history.out", "ko"))
    expect(newest.get_by_role("button")).to_have_count(0)
    assert overflow(page) <= 0
    assert serious_violations(page) == []


def choose(page: Page, file: Path) -> None:
    page.locator(".choice select").first.select_option(SITE)
    page.locator(".choices input").fill(NAME)
    page.locator("input[type=file]").set_input_files(file)


def slowly(page: Page) -> Callable[..., None]:
    """A slow line, and the switch that cuts it."""
    session: CDPSession = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def line(cut: bool, speed: int = SLOW) -> None:
        rate = 0 if cut else speed
        session.send(
            "Network.emulateNetworkConditions",
            {"offline": cut, "latency": 20, "downloadThroughput": rate, "uploadThroughput": rate},
        )

    line(False)
    return line


def pieces(page: Page) -> list[int]:
    """At which byte each piece began, as they are sent."""
    offsets: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            offsets.append(int(request.headers["upload-offset"]))

    page.on("request", note)
    return offsets


def wait_for(page: Page, ready: Callable[[], bool]) -> None:
    for _ in range(300):
        if ready():
            return
        page.wait_for_timeout(100)
    raise AssertionError("nothing was sent")


def uploads(demo: Workspace) -> int:
    with Catalogue(demo.database_url) as catalogue:
        return len(catalogue.uploads(CAMPAIGN))


def large_file(demo: Workspace, path: Path, size: int) -> Path:
    """The demonstration's file with a remark so long that a slow line takes a while."""
    with (demo.folder / "incoming" / "npl-endline.csv").open(encoding="utf-8", newline="") as opened:
        header, *rows = list(csv.reader(opened, delimiter=";"))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow([*header, "padding"])
        for row in rows[:50]:
            writer.writerow([*row, "x" * min(30_000, size // 50)])
    return path


def remarked(file: Path, mark: str) -> Path:
    """The file with ids of its own."""
    text = re.sub(r"dcba3210(-[0-9a-f]{4}-)", rf"{mark}\1", file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    return file
