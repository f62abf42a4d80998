"""What every screen is built of: the frame around a page, charts, and the few displays drawn in the browser."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
from dash import dcc, html
from dash.development.base_component import Component

from campaigns.campaign import Campaign
from dashboard.evaluations import NothingYet, policy_of
from dashboard.links import SITES_APART, Address
from dashboard.services import Services
from surveys.languages import pick, say


GRAPH_CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,  # plotly would offer to send the figure to another host
    "displayModeBar": False,
    "responsive": True,
}
NAVIGATION = ("overview", "compare", "site", "threats", "upload", "export", "methods")
# The screens of those who collect the data, under the one entry of the navigation that leads to the first of them.
FIELDWORK = ("upload", "quality", "review", "withheld", "corrections", "linking", "questionnaires")


class Drawn(Component):
    """A display drawn in the browser by assets/campaign_ui.js from the values it is given."""

    _namespace = "campaign_ui"
    _type = "Drawn"
    _prop_names: tuple[str, ...] = ("id",)
    _children_props: tuple[str, ...] = ()
    _base_nodes = ("children",)
    _valid_wildcard_attributes: tuple[str, ...] = ()
    available_properties: tuple[str, ...] = ("id",)
    available_wildcard_properties: tuple[str, ...] = ()


class ForestTable(Drawn):
    """The comparison of sites as a table with intervals."""

    _type = "ForestTable"
    _prop_names = ("id", "view", "shown", "words", "harms")
    available_properties = _prop_names


class PlainTable(Drawn):
    """The same rows without a drawing."""

    _type = "PlainTable"
    _prop_names = ("id", "view", "shown", "words")
    available_properties = _prop_names


class RoleCards(Drawn):
    """A card a role: its average, and how it stands among the outcomes."""

    _type = "RoleCards"
    _prop_names = ("id", "cards", "words")
    available_properties = _prop_names


class Contrasts(Drawn):
    """The differences between roles, in words."""

    _type = "Contrasts"
    _prop_names = ("id", "title", "said", "note")
    available_properties = _prop_names


class OutcomePicker(Drawn):
    """Families as a segmented control, and a native select where a family holds several outcomes."""

    _type = "OutcomePicker"
    _prop_names = ("id", "families", "value", "label", "select_label")
    available_properties = _prop_names


class SiteChoice(Drawn):
    """The sites to show, as native checkboxes."""

    _type = "SiteChoice"
    _prop_names = ("id", "options", "value")
    available_properties = _prop_names


class Figure(Drawn):
    """A figure from its value (``figure_spec.as_props``), with its table, source, link, citation and files."""

    _type = "Figure"
    _prop_names = ("id", "spec")
    available_properties = _prop_names


class GoTo(Drawn):
    """A labelled list of places, and a button that goes to the one chosen."""

    _type = "GoTo"
    _prop_names = ("id", "label", "show", "options")
    available_properties = _prop_names


def chart(figure: go.Figure, *, title: str, summary: str, graph_id: str, height: int = 320) -> html.Figure:
    """The one way a Plotly figure comes on a screen: named, summed up in words, sending nothing anywhere."""
    return html.Figure(
        [
            html.Figcaption([html.B(title), html.Span(summary)], id=f"{graph_id}-caption"),
            dcc.Graph(id=graph_id, figure=figure, config=GRAPH_CONFIG, style={"height": f"{height}px"}),
        ],
        className="chart",
        role="group",
        **{"aria-labelledby": f"{graph_id}-caption"},
    )


def frame(
    page: str,
    address: Address,
    content: Sequence[Component | None],
    *,
    services: Services,
    campaign: Campaign | None = None,
) -> html.Div:
    """A whole page: skip link, strip, header with navigation and languages, breadcrumb, content, foot."""
    language, known = address.language, services.workspace.languages
    return html.Div(
        [
            html.A(say("screens.frame.skip", language), href="#content", className="skip"),
            html.Header(
                [
                    _strip(campaign, language, known),
                    _bar(page, address, services),
                    _fieldwork_bar(page, address, services),
                ],
                className="top",
            ),
            html.Main(
                [_breadcrumb(page, campaign, language), *(part for part in content if part is not None)],
                id="content",
                className=f"page page-{page}",
                tabIndex="-1",
            ),
            html.Footer(
                html.P(
                    [
                        html.B(services.workspace.title),
                        " ",
                        say(_foot(page), language),
                        " ",
                        _policy(services, language),
                    ]
                ),
                className="foot",
            ),
        ],
        lang=language,
    )


def campaign_page(
    page: str,
    address: Address,
    services: Services,
    content_of: Callable[[Campaign, str], Sequence[Component | None]],
) -> html.Div:
    """The page of the campaign the address names; where there is none, or no interview of it, what to do.

    Parameters
    ----------
    content_of
        What the page shows of a campaign in a language.
    """
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        title, text = say("screens.no_campaign.title", language), say("screens.no_campaign.text", language)
        content: Sequence[Component | None] = [message(title, text)]
    else:
        try:
            content = content_of(campaign, language)
        except NothingYet:
            content = [message(say("screens.no_data.title", language), say("screens.no_data.text", language))]
    return frame(page, address, content, services=services, campaign=campaign)


def heading(page: str, language: str) -> html.Div:
    """What a page is for, above everything else on it."""
    return html.Div(
        [
            html.H1(say(f"screens.{page}.title", language)),
            html.P(say(f"screens.{page}.lead", language), className="lead"),
        ],
        className="heading",
    )


def message(title: str, text: str, links: Mapping[str, str] | None = None) -> html.Section:
    """What a page says when it has nothing to show: what is the case, what to do, where to go on."""
    shown: list[Component] = [html.H1(title), html.P(text, className="lead")]
    if links:
        shown.append(html.Ul([html.Li(html.A(words, href=href)) for words, href in links.items()]))
    return html.Section(shown, className="message")


def alarm(alarms: Mapping[str, str], address: Address) -> html.Div | None:
    """The warning that a possible harm moved the wrong way; the same on every screen that shows results."""
    if not alarms:
        return None
    show = say("screens.compare.show_it", address.language)
    warnings = [
        html.Li([said, " ", html.A(show, href=address.to("/compare", outcome=outcome))])
        for outcome, said in alarms.items()
    ]
    return html.Div(html.Ul(warnings), className="alarm", role="alert")


def panel(*content: Component | None, class_name: str = "") -> html.Div:
    """A white sheet."""
    return html.Div([part for part in content if part is not None], className=f"panel {class_name}".strip())


def disclosure(summary: str, *content: Component, class_name: str = "") -> html.Details:
    """Something folded away until it is asked for."""
    return html.Details([html.Summary(summary), *content], className=f"disclosure {class_name}".strip())


def role_mark(role: str) -> html.Span:
    """The shape of a role, in its colour; the word stands beside it."""
    return html.Span(className=f"mark mark-{role}", **{"aria-hidden": "true"})


def _foot(page: str) -> str:
    """What the numbers of a page are: exact where a team sees its own work, else protected."""
    return "screens.frame.foot_fieldwork" if page in FIELDWORK else "screens.frame.foot"


def _policy(services: Services, language: str) -> str:
    """By which policy the numbers of every page are protected."""
    policy = policy_of(services.workspace)
    return say("disclosure.foot", language, version=policy.version, hash=policy.sha256[:12])


def _strip(campaign: Campaign | None, language: str, known: Sequence[str]) -> html.P | None:
    if campaign is None or not campaign.simulated:
        return None
    return html.P(
        [html.Span(say("screens.frame.simulated", code), lang=code) for code in _first(language, known)],
        className="strip",
        role="note",
    )


def _first(language: str, known: Sequence[str]) -> list[str]:
    return sorted(known, key=lambda code: code != language)


def _bar(page: str, address: Address, services: Services) -> html.Div:
    language = address.language
    return html.Div(
        [
            html.A(
                [
                    html.Span(className="logo", **{"aria-hidden": "true"}),
                    html.Span(say("screens.frame.name", language), className="name"),
                    html.Span(say("screens.frame.under", language), className="under"),
                ],
                href=address.to("/"),
                className="brand",
            ),
            html.Nav(
                [
                    _nav_link(_nav_words(name, services), name, address, current=name == _entry_of(page))
                    for name in NAVIGATION
                    if name in services.pages
                ],
                **{"aria-label": say("screens.frame.navigation", language)},
            ),
            _switch(page, address, services.workspace.languages),
        ],
        className="bar",
    )


def _fieldwork_bar(page: str, address: Address, services: Services) -> html.Nav | None:
    """The screens of the field teams, on each of them."""
    offered = [name for name in FIELDWORK if name in services.pages]
    if page not in offered or len(offered) < 2:
        return None
    return html.Nav(
        [_nav_link(f"screens.frame.nav.{name}", name, address, current=name == page) for name in offered],
        className="fieldwork-bar",
        **{"aria-label": say("screens.frame.nav.fieldwork", address.language)},
    )


def _nav_link(words: str, name: str, address: Address, *, current: bool) -> html.A:
    return html.A(
        say(words, address.language),
        href=address.to(f"/{name}"),
        className="current" if current else "",
        **({"aria-current": "page"} if current else {}),
    )


def _nav_words(name: str, services: Services) -> str:
    """The first screen of the field teams goes by the name of them all, once there are several."""
    several = name == FIELDWORK[0] and any(other in services.pages for other in FIELDWORK[1:])
    return "screens.frame.nav.fieldwork" if several else f"screens.frame.nav.{name}"


def _entry_of(page: str) -> str:
    return FIELDWORK[0] if page in FIELDWORK else page


def _switch(page: str, address: Address, known: Sequence[str]) -> html.Div:
    state = {
        "outcome": address.outcome or "",
        "sites": SITES_APART.join(address.sites),
        "site": address.site or "",
        "wave": address.wave or "",
    }
    return html.Div(
        [
            html.A(
                say("screens.frame.language", code),
                href=address.to(
                    f"/{page}" if page in (*NAVIGATION, *FIELDWORK) else "/", **{**state, "lang": code}
                ),
                lang=code,
                hrefLang=code,
                className="current" if code == address.language else "",
                **{"data-language": code, **({"aria-current": "true"} if code == address.language else {})},
            )
            for code in known
        ],
        className="languages",
        role="group",
        **{"aria-label": " / ".join(say("screens.frame.language", code) for code in known)},
    )


def _breadcrumb(page: str, campaign: Campaign | None, language: str) -> html.Nav | None:
    if page not in (*NAVIGATION, *FIELDWORK):
        return None
    places = [pick(campaign.title, language)] if campaign else []
    places.append(say(f"screens.frame.nav.{page}", language))
    return html.Nav(
        html.Ol([html.Li(place) for place in places]),
        className="breadcrumb",
        **{"aria-label": say("screens.frame.breadcrumb", language)},
    )
