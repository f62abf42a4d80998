"""The dashboard as an app: routes, and the pages put into their frame."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from dash import Dash, Input, Output, dcc, html
from flask import request

from dashboard import downloads, figure_files
from dashboard.components import frame, message
from dashboard.evaluations import Evaluations
from dashboard.guard import CSRF_COOKIE, CSRF_HEADER, csrf_cookie, guard, log_failure
from dashboard.links import Address, language_of, parse_address
from dashboard.pages import FIRST_PAGE, PAGES
from dashboard.pair_searches import PairSearches
from dashboard.quality import Qualities
from dashboard.services import Services
from dashboard.settings import Workspace
from dashboard.tables import Tables
from dashboard.uploads import Uploads
from surveys.catalogue import Catalogue
from surveys.languages import say
from surveys.problems import CannotProceed


WEEK = 604_800  # seconds; what may change carries its time of change in its address
INDEX = """<!DOCTYPE html>
<html lang="@language@">
  <head>
    {%metas%}
    <title>@title@</title>
    <link rel="icon" type="image/svg+xml" href="@mark@">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    {%config%}{%scripts%}{%renderer%}
  </body>
</html>"""


class Dashboard(Dash):
    """A Dash app whose first reply already is in the reader's language."""

    def __init__(self, *args: Any, known_languages: Sequence[str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._known_languages = known_languages

    def _config(self) -> dict[str, Any]:
        """What the browser is told: the token's cookie has another name over HTTPS."""
        told: dict[str, Any] = super()._config()
        return {**told, "csrf_token_name": csrf_cookie(request.is_secure)}

    def interpolate_index(self, **parts: str) -> str:
        """The page Dash starts from, with its language and title."""
        language = language_of(
            request.args.get("lang", ""), self._known_languages, request.headers.get("Accept-Language", "")
        )
        page = super().interpolate_index(**parts)
        return (
            page.replace("@language@", language)
            .replace("@title@", say("screens.frame.name", language))
            .replace("@mark@", self.get_asset_url("mark.svg"))
        )


def create_app(workspace: Workspace, *, prepare: bool = False) -> Dash:
    """The dashboard of one workspace. Several may live in one process: nothing is kept outside the app.

    Parameters
    ----------
    prepare
        Evaluate in the background at once, so that the first visitor finds the results ready.
    """
    services = services_of(workspace)
    app = Dashboard(
        __name__,
        known_languages=workspace.languages,
        index_string=INDEX,
        compress=True,
        serve_locally=True,
        assets_ignore=r".*cartesian.*",  # fetched by the browser only when a picture is asked for
        enable_mcp=False,
        health_endpoint="healthz",
        csrf_token_name=CSRF_COOKIE,
        csrf_header_name=CSRF_HEADER,
        suppress_callback_exceptions=True,  # a page's callbacks are there before the page is
        update_title=None,
        meta_tags=[{"name": "viewport", "content": "width=device-width, initial-scale=1"}],
    )
    app.server.config["SEND_FILE_MAX_AGE_DEFAULT"] = WEEK
    app.layout = html.Div([dcc.Location(id="address", refresh="callback-nav"), html.Div(id="page")])
    _route(app, services)
    for page in PAGES.values():
        page.register(app, services)
    downloads.register(app, services)
    figure_files.register(app, services, PAGES)
    guard(app, workspace.languages)
    if prepare:
        threading.Thread(target=services.evaluations.prepare, name="prepare", daemon=True).start()
    return app


def services_of(workspace: Workspace) -> Services:
    """What the pages of a workspace call upon, put together."""
    catalogue = Catalogue(workspace.database_url)
    return Services(
        workspace=workspace,
        catalogue=catalogue,
        evaluations=Evaluations(workspace, catalogue),
        tables=Tables(workspace, catalogue),
        uploads=Uploads(workspace, catalogue),
        qualities=Qualities(workspace, catalogue),
        searches=PairSearches(),
        pages=tuple(PAGES),
    )


def show_page(services: Services, path: str, query: Mapping[str, str], accepted: str = "") -> html.Div:
    """The page of an address; a plain answer where there is none."""
    address = parse_address(query, services.workspace.languages, accepted)
    name = path.strip("/") or FIRST_PAGE
    page = PAGES.get(name)
    if page is None:
        home = {say("screens.not_found.home", address.language): address.to("/")}
        return _message_page("not_found", address, services, links=home)
    try:
        known = services.evaluations.campaigns()
        if address.campaign and known and address.campaign not in known:
            nowhere = replace(address, campaign=None)
            links = {campaign: nowhere.to(f"/{name}", campaign=campaign) for campaign in known}
            return _message_page(
                "unknown_campaign", nowhere, services, links=links, campaign=address.campaign
            )
        shown: html.Div = page.layout(services, address)
    except CannotProceed as stop:
        return _message_page("stopped", address, services, said=f"{stop.where}: {stop.what} {stop.remedy}")
    except Exception as error:
        reference = log_failure(f"page {name}", error)
        return _message_page("failed", address, services, reference=reference)
    return shown


def _route(app: Dash, services: Services) -> None:
    @app.callback(Output("page", "children"), Input("address", "pathname"), Input("address", "search"))
    def route(path: str | None, search: str | None) -> html.Div:
        query = dict(parse_qsl((search or "").removeprefix("?")))
        return show_page(services, path or "/", query, request.headers.get("Accept-Language", ""))


def _message_page(
    which: str,
    address: Address,
    services: Services,
    *,
    links: Mapping[str, str] | None = None,
    **values: str,
) -> html.Div:
    title = say(f"screens.{which}.title", address.language)
    text = say(f"screens.{which}.text", address.language, **values)
    try:
        campaign = services.evaluations.campaign(address.campaign)  # for the notice that data are simulated
    except Exception:
        campaign = None  # the page being shown may be about just that
    return frame(which, address, [message(title, text, links)], services=services, campaign=campaign)
