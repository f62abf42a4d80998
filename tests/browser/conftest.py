"""A real browser on the real demonstration, with every other host out of reach."""

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from werkzeug.serving import make_server

from dashboard.app import create_app
from dashboard.demo import build_demo
from dashboard.settings import Workspace


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--force-color-profile=srgb",
    "--font-render-hinting=none",
]
DESKTOP = {"width": 1440, "height": 1000}
PHONE = {"width": 390, "height": 844}
PATIENCE = 60_000  # milliseconds; the first page of a session waits for the evaluation


@dataclass(slots=True)
class Visit:
    """A page, and everything that should not have happened while it was open."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a path and wait until its heading is there."""
        self.page.goto(f"{self.address}{path}")
        self.page.locator("h1").first.wait_for(timeout=PATIENCE)
        self.page.evaluate("document.fonts.ready")
        return self.page


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The demonstration workspace, built once for all browser tests."""
    return build_demo(tmp_path_factory.mktemp("demo") / "workspace")


@pytest.fixture(scope="session")
def address(demo: Workspace) -> Iterator[str]:
    """Where the dashboard of the demonstration is served."""
    server = make_server("127.0.0.1", 0, create_app(demo).server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium from the system."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium is installed, and CI must not pass without one")
        pytest.skip("no Chromium is installed (on Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


def visit_with(chromium: Browser, address: str, **settings: object) -> Iterator[Visit]:
    context: BrowserContext = chromium.new_context(
        reduced_motion="reduce",
        timezone_id="Asia/Seoul",
        accept_downloads=True,
        **settings,  # type: ignore[arg-type]
    )
    context.set_default_timeout(15_000)
    visit = Visit(page=context.new_page(), address=address)

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
            return
        visit.outside.append(route.request.url)
        route.abort()

    context.route("**/*", only_here)
    visit.page.on(
        "console", lambda m: visit.errors.append(m.text) if m.type in {"error", "warning"} else None
    )
    visit.page.on("pageerror", lambda error: visit.errors.append(str(error)))
    yield visit
    context.close()
    assert visit.outside == []
    assert visit.errors == []


@pytest.fixture
def desktop(chromium: Browser, address: str) -> Iterator[Visit]:
    """A desk with a wide screen."""
    yield from visit_with(chromium, address, viewport=DESKTOP, locale="en-GB")


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Visit]:
    """A phone."""
    yield from visit_with(
        chromium, address, viewport=PHONE, locale="ko-KR", device_scale_factor=2, has_touch=True
    )


@pytest.fixture
def dark(chromium: Browser, address: str) -> Iterator[Visit]:
    """A desk at night."""
    yield from visit_with(chromium, address, viewport=DESKTOP, locale="en-GB", color_scheme="dark")


@pytest.fixture
def shots() -> Path | None:
    """Where screenshots go, if anywhere: the folder AWARENESS_SHOTS names."""
    named = os.environ.get("AWARENESS_SHOTS")
    if not named:
        return None
    Path(named).mkdir(parents=True, exist_ok=True)
    return Path(named)
