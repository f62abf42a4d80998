"""How the numbers are made, what they can carry, and where the words come from."""

from typing import Any

from dash import Dash, html

from dashboard.components import frame
from dashboard.links import Address
from dashboard.services import Services
from surveys.languages import catalogue, say


def layout(services: Services, address: Address) -> html.Div:
    """The method section, in the reader's language."""
    language = address.language
    content: list[Any] = [
        html.H1(say("screens.methods.title", language)),
        html.P(say("screens.methods.lead", language), className="lead"),
        html.Div(
            [
                html.Nav(
                    [html.A(_title(name, language), href=f"#{name}") for name in sections(language)],
                    **{"aria-label": say("screens.methods.contents", language)},
                ),
                html.Div([_section(name, language) for name in sections(language)], className="prose"),
            ],
            className="methods",
        ),
    ]
    campaign = services.evaluations.campaign(address.campaign)
    return frame("methods", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Nothing on this screen moves."""


def sections(language: str) -> list[str]:
    """The sections of the page, in the order the catalogue of strings holds them."""
    prefix, suffix = "screens.methods.sections.", ".title"
    return [
        key.removeprefix(prefix).removesuffix(suffix)
        for key in catalogue(language)
        if key.startswith(prefix) and key.endswith(suffix)
    ]


def _title(name: str, language: str) -> str:
    return say(f"screens.methods.sections.{name}.title", language)


def _section(name: str, language: str) -> html.Section:
    lines = say(f"screens.methods.sections.{name}.text", language).strip().splitlines()
    return html.Section(
        [
            html.H2(_title(name, language)),
            *[html.P(line.strip()) for line in lines if line.strip()],
        ],
        id=name,
    )
