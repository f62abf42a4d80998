"""A client that sends the token, as the dashboard's own pages do."""

from dash import Dash
from flask.testing import FlaskClient

from dashboard.guard import CSRF_COOKIE, CSRF_HEADER


def client_of(app: Dash) -> FlaskClient:
    """A client that has opened a page and so holds the token."""
    client = app.server.test_client()
    client.get("/")
    cookie = client.get_cookie(CSRF_COOKIE)
    assert cookie is not None
    client.environ_base[f"HTTP_{CSRF_HEADER.upper().replace('-', '_')}"] = cookie.value
    return client
