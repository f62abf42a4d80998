"""The evaluator's screen: every effect of a campaign as a table, and what each column holds."""

from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from campaigns.campaign import Campaign
from campaigns.export import EFFECT_COLUMNS, EXPORT_FORMATS, PLAN_COLUMNS
from campaigns.tables_beside import TABLES_BESIDE
from dashboard.components import frame, message, panel
from dashboard.links import Address
from dashboard.services import Services
from surveys.languages import say
from surveys.problems import CannotProceed


BESIDE_SHOWN = ("xlsx", "docx", "csv")  # what most readers ask for; the command line writes all formats


def layout(services: Services, address: Address) -> html.Div:
    """The export page of the campaign the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    content: list[Any]
    if campaign is None:
        title, text = say("screens.no_campaign.title", language), say("screens.no_campaign.text", language)
        content = [message(title, text)]
    else:
        content = _screen(services, campaign, address)
    return frame("export", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Nothing on this screen moves; the downloads are the compare page's own routes."""


def _screen(services: Services, campaign: Campaign, address: Address) -> list[Any]:
    language = address.language
    heading = html.Div(
        [
            html.H1(say("screens.export.title", language)),
            html.P(say("screens.export.lead", language), className="lead"),
        ],
        className="heading",
    )
    try:
        evaluation = services.evaluations.current(campaign)
    except CannotProceed:
        title, text = say("screens.no_data.title", language), say("screens.no_data.text", language)
        return [heading, panel(html.H2(title), html.P(text))]
    made = say(
        "screens.export.made", language, effects=len(evaluation.effects), upload=evaluation.as_of_upload,
        plan=campaign.sha256[:12], data=evaluation.data_sha256[:12],
    )  # fmt: skip
    return [
        heading,
        panel(
            html.H2(say("screens.export.effects_title", language)),
            html.Ul([_format(name, address) for name in EXPORT_FORMATS], className="formats"),
            html.P(made, className="export-note"),
            html.P(say("screens.export.protected", language), className="export-note"),
        ),
        panel(
            html.H2(say("screens.export.beside_title", language)),
            html.Ul([_beside(name, address) for name in TABLES_BESIDE], className="formats"),
        ),
        panel(html.H2(say("screens.export.columns_title", language)), _codebook(language)),
        panel(html.H2(say("screens.export.reproduce_title", language)), *_reproduce(campaign, language)),
    ]


def _format(name: str, address: Address) -> html.Li:
    language = address.language
    return html.Li(
        [
            html.H3(say(f"screens.export.formats.{name}.title", language)),
            html.P(say(f"screens.export.formats.{name}.text", language)),
            html.A(
                say("screens.export.download", language, kind=name.upper()),
                href=address.to(f"/download/effects.{name}"),
                className="button",
                download="",
            ),
        ]
    )


def _beside(name: str, address: Address) -> html.Li:
    """A table beside the effects, with a link for each format."""
    language = address.language
    links = [
        html.A(
            kind.upper(),
            href=address.to(f"/download/{name}.{kind}"),
            className="button",
            download="",
            **{"aria-label": say("screens.export.download_named", language, name=title, kind=kind.upper())},
        )
        for title in [say(f"exports.beside.{name}.title", language)]
        for kind in BESIDE_SHOWN
    ]
    return html.Li(
        [
            html.H3(say(f"exports.beside.{name}.title", language)),
            html.P(say(f"exports.beside.{name}.text", language)),
            html.P(_spaced(links)),
        ]
    )


def _spaced(links: list[Component]) -> list[Any]:
    return [part for link in links for part in (link, " ")]


def _codebook(language: str) -> html.Table:
    rows = [
        html.Tr(
            [html.Th(html.Code(name), scope="row"), html.Td(say(f"screens.export.columns.{name}", language))]
        )
        for name in (*EFFECT_COLUMNS, *PLAN_COLUMNS)
    ]
    return html.Table(
        [html.Caption(say("screens.export.columns_caption", language)), html.Tbody(rows)],
        className="codebook",
    )


def _reproduce(campaign: Campaign, language: str) -> list[Component]:
    lines = say("screens.export.reproduce", language).strip().splitlines()
    return [html.P(line.strip(), className="export-note") for line in lines] + [
        html.P(html.Code(f"awareness export --workspace FOLDER --campaign {campaign.id} --format csv --output effects.csv"),
               className="export-note"),
        html.P(html.Code(f"awareness export --workspace FOLDER --campaign {campaign.id} --bundle replication.zip --by NAME"),
               className="export-note"),
        html.P(html.Code("awareness estimate PLAN.yaml --data FILE --format json"), className="export-note"),
    ]  # fmt: skip
