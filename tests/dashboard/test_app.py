"""The app as a server: its pages, its headers, what it refuses."""

import json
import re
from pathlib import Path
from shutil import copytree

import pytest
from dash import Dash
from flask.testing import FlaskClient

from dashboard.app import create_app, services_of, show_page
from dashboard.components import FIELDWORK, NAVIGATION
from dashboard.links import Address, language_of, parse_address
from dashboard.pages import FIRST_PAGE, PAGES
from dashboard.settings import Workspace, init_workspace
from surveys.languages import say
from tests.dashboard.clients import client_of


DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace with nothing in it."""
    return init_workspace(tmp_path / "workspace", title="Pilot")


@pytest.fixture
def with_campaign(workspace: Workspace) -> Workspace:
    """A workspace with a campaign and no interviews."""
    copytree(DEMO / "campaigns", workspace.campaigns, dirs_exist_ok=True)
    return workspace


@pytest.fixture
def app(with_campaign: Workspace) -> Dash:
    return create_app(with_campaign)


@pytest.fixture
def client(app: Dash) -> FlaskClient:
    return client_of(app)


def shown(workspace: Workspace, path: str, **query: str) -> str:
    return json.dumps(
        show_page(services_of(workspace), path, query).to_plotly_json(), default=vars_of, ensure_ascii=False
    )


def vars_of(component: object) -> object:
    return component.to_plotly_json()  # type: ignore[attr-defined]


def test_every_page_of_the_navigation_has_its_place_in_the_order() -> None:
    order = [name for entry in NAVIGATION for name in (FIELDWORK if entry == FIELDWORK[0] else (entry,))]
    assert [name for name in order if name in PAGES] == list(PAGES)
    assert FIRST_PAGE in PAGES


def test_an_empty_workspace_says_what_to_do(workspace: Workspace) -> None:
    assert "No campaign yet" in shown(workspace, "/compare", lang="en")


def test_a_campaign_without_interviews_says_what_to_do(with_campaign: Workspace) -> None:
    assert "No interviews yet" in shown(with_campaign, "/compare", lang="en")
    assert say("screens.no_data.title", "ko") in shown(with_campaign, "/compare", lang="ko")


def test_every_page_opens_in_every_language(with_campaign: Workspace) -> None:
    for language in with_campaign.languages:
        for name in PAGES:
            page = shown(with_campaign, f"/{name}", lang=language)
            assert '"H1"' in page, name
            assert "aria-current" in page


def test_simulated_data_are_named_as_such_in_both_languages_on_every_page(with_campaign: Workspace) -> None:
    for name in PAGES:
        page = shown(with_campaign, f"/{name}", lang="ko")
        assert say("screens.frame.simulated", "ko") in page
        assert "Simulated data" in page


def test_pages_of_the_field_team_do_not_claim_that_their_counts_are_rounded(with_campaign: Workspace) -> None:
    rounded, exact = say("screens.frame.foot", "en"), say("screens.frame.foot_fieldwork", "en")
    for name in PAGES:
        text = shown(with_campaign, f"/{name}", lang="en")
        assert (exact in text, rounded in text) == (name in FIELDWORK, name not in FIELDWORK)


def test_a_page_that_is_not_there_is_answered_plainly(with_campaign: Workspace) -> None:
    assert "There is no such page" in shown(with_campaign, "/nowhere", lang="en")


def test_a_page_that_is_not_there_leads_home_and_keeps_the_notice(with_campaign: Workspace) -> None:
    page = shown(with_campaign, "/nowhere", lang="en")
    assert "To the overview" in page
    assert "Simulated data" in page


def test_an_unknown_campaign_is_named_as_such_and_never_replaced(
    with_campaign: Workspace, client: FlaskClient
) -> None:
    page = shown(with_campaign, "/compare", lang="en", campaign="qq")
    assert "There is no such campaign" in page
    for campaign in with_campaign.campaign_ids():
        assert f"campaign={campaign}" in page
    assert client.get("/download/effects.csv?campaign=qq").status_code == 404


def test_a_campaign_file_that_is_wrong_is_explained_and_not_a_blank_page(with_campaign: Workspace) -> None:
    next(with_campaign.campaigns.glob("*.yaml")).write_text("campaign: [", "utf-8")
    page = shown(with_campaign, "/compare", lang="en")
    assert "put right first" in page
    assert "Traceback" not in page


def test_two_apps_live_in_one_process(tmp_path: Path) -> None:
    one, other = (init_workspace(tmp_path / name, title=name) for name in ("one", "other"))
    assert create_app(one) is not create_app(other)
    assert "one" in shown(one, "/methods", lang="en")
    assert "other" in shown(other, "/methods", lang="en")


def test_the_page_is_routed_without_a_browser(client: FlaskClient) -> None:
    client.get("/")
    reply = client.post(
        "/_dash-update-component",
        json={
            "output": "page.children",
            "outputs": {"id": "page", "property": "children"},
            "inputs": [
                {"id": "address", "property": "pathname", "value": "/compare"},
                {"id": "address", "property": "search", "value": "?lang=en"},
            ],
            "changedPropIds": ["address.pathname"],
        },
    )
    assert reply.status_code == 200
    assert "No interviews yet" in reply.get_data(as_text=True)


def test_the_first_reply_is_in_the_readers_language(client: FlaskClient) -> None:
    assert '<html lang="ko">' in client.get("/compare?lang=ko").get_data(as_text=True)
    assert '<html lang="en">' in client.get("/compare?lang=en").get_data(as_text=True)
    korean = client.get("/", headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})
    assert '<html lang="ko">' in korean.get_data(as_text=True)


def test_nothing_but_this_server_may_be_loaded_and_no_inline_script_but_our_own(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    scripts = re.search(r"script-src ([^;]+)", policy)
    assert scripts is not None
    assert "unsafe" not in scripts[1]
    assert "http" not in policy
    assert "sha256-" in scripts[1]
    for expected in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert expected in policy


def test_every_reply_carries_the_security_headers(client: FlaskClient) -> None:
    for address in ("/", "/healthz", "/_dash-layout", "/assets/campaign_ui.js", "/nowhere"):
        with client.get(address) as reply:
            headers = reply.headers
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"


def test_health_answers(client: FlaskClient) -> None:
    assert client.get("/healthz").status_code == 200


def test_a_request_from_another_site_is_refused(client: FlaskClient) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert client.post("/_dash-update-component", json={}, headers=headers).status_code == 403


def test_no_page_names_another_host(client: FlaskClient) -> None:
    page = client.get("/compare").get_data(as_text=True)
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)


def test_the_big_drawing_library_is_there_and_no_part_of_the_page(client: FlaskClient) -> None:
    assert "plotly-cartesian" not in client.get("/compare").get_data(as_text=True)
    with client.get("/assets/vendor/plotly-cartesian.min.js") as reply:
        assert reply.status_code == 200


def test_downloads_without_data_are_not_found(client: FlaskClient) -> None:
    for address in ("/download/effects.csv", "/download/figure.json", "/download/effects.exe"):
        assert client.get(address).status_code == 404


def test_an_address_is_read_tolerantly() -> None:
    known = ("ko", "en")
    address = parse_address({"lang": "xx", "sites": "npl~~bgd~", "outcome": ""}, known)
    assert address == Address(language="ko", sites=("npl", "bgd"))
    assert language_of("", known, "fr-FR,en;q=0.5") == "en"
    assert language_of("", known, "") == "ko"
    assert language_of("", known, "garbage;;;q=,=") == "ko"


def test_an_address_keeps_language_and_campaign() -> None:
    address = Address(language="en", campaign="pilot 1")
    assert address.to("/methods") == "/methods?lang=en&campaign=pilot%201"
    assert address.to("/compare", sites="npl~bgd") == "/compare?lang=en&campaign=pilot%201&sites=npl~bgd"


def test_assets_name_no_other_host() -> None:
    assets = Path(__file__).resolve().parents[2] / "dashboard" / "assets"
    for path in (*assets.glob("*.css"), *assets.glob("*.js")):
        found = re.findall(r"https?://[^\s\"')]+", path.read_text("utf-8"))
        assert not found, (path.name, found)


def test_licences_lie_beside_what_was_brought_in() -> None:
    assets = Path(__file__).resolve().parents[2] / "dashboard" / "assets"
    assert "SIL Open Font License" in (assets / "fonts" / "LICENSE.txt").read_text("utf-8")
    assert "MIT" in (assets / "vendor" / "plotly-LICENSE.txt").read_text("utf-8")
