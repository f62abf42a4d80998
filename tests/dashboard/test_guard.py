"""Who may send, and what a failure tells: every route that changes something, every callback, whatever is sent to them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.app import create_app
from dashboard.guard import CSRF_COOKIE, CSRF_HEADER, DISPATCH, SAFE_METHODS
from dashboard.settings import init_workspace
from tests.dashboard.clients import client_of


DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
HELD = "somebody told us about the recruiter"
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Dash:
    place = init_workspace(tmp_path_factory.mktemp("guard") / "workspace", title="Pilot")
    copytree(DEMO / "campaigns", place.campaigns, dirs_exist_ok=True)
    made = create_app(place)
    made.server.add_url_rule("/fails", "fails", fail)
    return made


@pytest.fixture(scope="module")
def client(app: Dash) -> FlaskClient:
    return client_of(app)


def fail() -> None:
    raise ValueError(HELD)


def unsafe_routes(app: Dash) -> Iterator[tuple[str, str]]:
    """Every address that changes something, with its method; numbers and names filled in."""
    for rule in app.server.url_map.iter_rules():
        filled = {
            name: 7 if "int" in type(rule._converters[name]).__name__.lower() else "x"
            for name in rule.arguments
        }
        for method in sorted((rule.methods or set()) - SAFE_METHODS):
            built = rule.build(filled)
            assert built is not None, rule
            yield method, built[1]


def test_nothing_is_taken_without_the_token_or_from_elsewhere(app: Dash, client: FlaskClient) -> None:
    token = client.get_cookie(CSRF_COOKIE)
    assert token is not None
    assert token.same_site == "Strict"
    stranger = app.server.test_client()
    refused = (
        (stranger, {}),
        (client, {CSRF_HEADER: ""}),
        (client, {CSRF_HEADER: token.value[:-1] + "!"}),
        (client, {"Origin": "https://elsewhere.example"}),
        (client, {"Sec-Fetch-Site": "cross-site"}),
    )
    routes = list(unsafe_routes(app))
    assert len(routes) > 10
    for method, path in routes:
        for who, headers in refused:
            assert who.open(path, method=method, json={}, headers=headers).status_code == 403, (
                method,
                path,
                headers,
            )


def test_over_https_the_token_is_for_this_host_alone(app: Dash) -> None:
    reply = app.server.test_client().get("/", base_url="https://localhost")
    cookie = reply.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-{CSRF_COOKIE}=")
    assert "Secure" in cookie
    assert "SameSite=Strict" in cookie
    assert reply.headers["Strict-Transport-Security"]
    assert reply.headers["Cache-Control"] == "no-store"


@settings(max_examples=150)
@given(body=ANYTHING)
def test_whatever_is_sent_is_answered_or_refused_and_never_breaks_a_route(
    app: Dash, client: FlaskClient, body: Any
) -> None:
    for method, path in unsafe_routes(app):
        assert client.open(path, method=method, json=body).status_code < 500, (method, path)


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_a_callback_is_sent_is_answered_or_refused(
    app: Dash, client: FlaskClient, data: st.DataObject
) -> None:
    output = data.draw(st.sampled_from(sorted(app.callback_map)))
    declared = app.callback_map[output]
    body = {
        "output": output,
        "outputs": data.draw(ANYTHING),
        "inputs": [{**one, "value": data.draw(ANYTHING)} for one in declared["inputs"]],
        "state": [{**one, "value": data.draw(ANYTHING)} for one in declared["state"]],
        "changedPropIds": data.draw(ANYTHING),
    }
    assert client.post(DISPATCH, json=body).status_code < 500


def test_a_failure_tells_its_reference_and_nothing_of_what_it_held(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        told = client.get("/fails?lang=ko", headers={"Accept": "text/html"})
        machine = client.get("/fails?lang=en")
    assert (told.status_code, machine.status_code) == (500, 500)
    assert machine.get_json()["reference"] in caplog.text
    assert "test_guard.py:" in caplog.text
    for text in (told.text, machine.text, caplog.text):
        assert HELD not in text
    assert 'lang="ko"' in told.text
