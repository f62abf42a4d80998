"""The key screen: origin, transit and destination compared on one outcome."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from dash import Dash, Input, Output, State, dcc, html

from campaigns.campaign import Campaign, Outcome, Tier
from campaigns.effects import Evaluation, Note
from campaigns.export import EXPORT_FORMATS
from dashboard import wording
from dashboard.comparison import Comparison, alarms, compare
from dashboard.components import (
    Contrasts,
    ForestTable,
    OutcomePicker,
    PlainTable,
    RoleCards,
    SiteChoice,
    alarm,
    disclosure,
    frame,
    message,
    panel,
)
from dashboard.evaluations import NothingYet
from dashboard.links import Address
from dashboard.services import Services
from surveys.languages import pick, say


TABLE_WORDS = (
    "site", "role", "interviews", "before_after", "effect", "reading", "evidence", "worse", "better", "margin",
    "weak", "unclear_why", "plot", "interval", "clusters", "notes", "as_table", "lower_better",
)  # fmt: skip
HARM = "harm"


def layout(services: Services, address: Address) -> html.Div:
    """The screen for what the address names; says what to do where there is nothing to compare."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        content: list[Any] = [_nothing("no_campaign", language)]
    else:
        try:
            content = screen(services.evaluations.current(campaign), address)
        except NothingYet:
            content = [_nothing("no_data", language)]
    return frame("compare", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Connect the screen: it is redrawn, copied and drawn as a picture in the browser."""
    app.clientside_callback(
        "dash_clientside.compare.show",
        Output("compare-headline", "children"),
        Output("compare-sentence", "children"),
        Output("compare-cards", "cards"),
        Output("compare-forest", "view"),
        Output("compare-forest", "shown"),
        Output("compare-plain", "view"),
        Output("compare-plain", "shown"),
        Output("compare-contrasts", "said"),
        Output("compare-contrasts", "note"),
        Output("compare-change-note", "children"),
        Output("compare-source", "children"),
        Output("compare-sites-chosen", "children"),
        Output("compare-filtered", "children"),
        Input("compare-outcome", "value"),
        Input("compare-sites", "value"),
        State("compare-data", "data"),
    )
    app.clientside_callback(
        "dash_clientside.compare.copy",
        Output("compare-said", "children"),
        Input("compare-copy", "n_clicks"),
        State("compare-copied", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        "dash_clientside.compare.picture",
        Output("compare-pictured", "children"),
        Input("compare-png", "n_clicks"),
        Input("compare-svg", "n_clicks"),
        State("compare-picture-failed", "data"),
        prevent_initial_call=True,
    )


def first_outcome(campaign: Campaign) -> Outcome:
    """What the screen opens with: the first primary outcome of the plan."""
    primary = [outcome for outcome in campaign.outcomes if outcome.tier is Tier.PRIMARY]
    return (primary or list(campaign.outcomes))[0]


def families(campaign: Campaign, language: str) -> list[dict[str, Any]]:
    """The outcomes as the picker offers them: by family in declared order, possible harm last and together."""
    found: dict[str, list[Outcome]] = {}
    for outcome in campaign.outcomes:
        found.setdefault(HARM if outcome.tier is Tier.HARM else outcome.family, []).append(outcome)
    harms = found.pop(HARM, None)
    if harms:
        found[HARM] = harms
    return [
        {
            "id": family,
            "title": wording.family(family, language),
            "outcomes": [{"id": o.id, "title": pick(o.title, language)} for o in outcomes],
        }
        for family, outcomes in found.items()
    ]


def screen(evaluation: Evaluation, address: Address) -> list[Any]:
    """What stands in the frame: heading, controls, cards, table, source."""
    campaign, language = evaluation.campaign, address.language
    views = {o.id: compare(evaluation, o.id, language) for o in campaign.outcomes}
    initial = first_outcome(campaign).id
    outcome = address.outcome if address.outcome in views else initial
    known = [site.id for site in campaign.sites]
    sites = [site for site in known if site in address.sites] or known
    view = views[outcome]
    words = {**table_words(campaign, language), "site_page": address.to("/site")}
    return [
        dcc.Store(id="compare-data", data=_data(views, initial, known, language)),
        _heading(view, evaluation, address),
        _controls(campaign, outcome, sites, language),
        RoleCards(id="compare-cards", cards=[asdict(card) for card in view.cards], words=words),
        panel(
            ForestTable(
                id="compare-forest",
                view=asdict(view.forest),
                shown=None,
                words=words,
                harms=[o.id for o in campaign.outcomes if o.tier is Tier.HARM],
            ),
            html.P(view.change_note, id="compare-change-note", className="change-note"),
            Contrasts(
                id="compare-contrasts",
                title=say("screens.compare.contrasts", language),
                said=list(view.contrasts),
                note=view.contrasts_note,
            ),
            _how_to_read(language),
            disclosure(
                say("screens.compare.as_table", language),
                PlainTable(id="compare-plain", view=asdict(view.forest), shown=None, words=words),
                class_name="as-table",
            ),
            _foot(view, language),
            class_name="compare",
        ),
    ]


def _heading(view: Comparison, evaluation: Evaluation, address: Address) -> html.Div:
    warning = alarm(alarms(evaluation, address.language), address)
    return html.Div(
        [
            html.Div([html.H1(view.headline, id="compare-headline")], **{"aria-live": "polite"}),
            html.P(view.sentence, id="compare-sentence", className="lead"),
            *([] if warning is None else [warning]),
        ],
        className="heading",
    )


def _controls(campaign: Campaign, outcome: str, sites: list[str], language: str) -> html.Div:
    return html.Div(
        [
            OutcomePicker(
                id="compare-outcome",
                families=families(campaign, language),
                value=outcome,
                label=say("screens.compare.families", language),
                select_label=say("screens.compare.outcome", language),
            ),
            html.Details(
                [
                    html.Summary(html.Span(id="compare-sites-chosen")),
                    html.Fieldset(
                        [
                            html.Legend(say("screens.compare.sites_shown", language)),
                            SiteChoice(
                                id="compare-sites",
                                options=[
                                    {
                                        "value": site.id,
                                        "label": f"{pick(site.title, language)} · "
                                        f"{wording.role(site.role.value, language)}",
                                    }
                                    for site in campaign.sites
                                ],
                                value=sites,
                            ),
                            html.P(say("screens.compare.filter_note", language)),
                        ]
                    ),
                ],
                className="site-filter",
            ),
            html.P(id="compare-filtered", className="filtered"),
        ],
        className="controls",
    )


def _how_to_read(language: str) -> html.Details:
    lines = say("screens.compare.how_to_read_lines", language).strip().splitlines()
    return disclosure(
        say("screens.compare.how_to_read", language),
        html.Ul([html.Li(line.strip()) for line in lines]),
        class_name="how-to-read",
    )


def _foot(view: Comparison, language: str) -> html.Div:
    return html.Div(
        [
            html.P("\n".join(view.source), id="compare-source", className="source"),
            html.Div(
                [
                    html.Button(say("screens.compare.copy_link", language), id="compare-copy", type="button"),
                    html.Span(id="compare-said", role="status", className="said"),
                    dcc.Store(id="compare-copied", data=say("screens.compare.copied", language)),
                    _downloads(language),
                    html.Span(id="compare-pictured", role="status", className="said"),
                    dcc.Store(
                        id="compare-picture-failed", data=say("screens.compare.picture_failed", language)
                    ),
                ],
                className="actions",
            ),
        ],
        className="panel-foot",
    )


def _downloads(language: str) -> html.Details:
    pictures = [
        html.Button(say(f"screens.compare.download_{name}", language), id=f"compare-{name}", type="button")
        for name in ("png", "svg")
    ]
    tables = [
        html.A(
            say(f"screens.compare.download_{name}", language),
            href=f"/download/effects.{name}",
            **{"data-download": f"/download/effects.{name}"},
        )
        for name in EXPORT_FORMATS
    ]
    return html.Details(
        [
            html.Summary(say("screens.compare.download", language)),
            html.Div(
                [html.Span(**{"data-figure": "/download/figure.json"}, hidden=True), *pictures, *tables]
            ),
        ],
        className="downloads",
    )


def _data(views: Mapping[str, Comparison], initial: str, sites: list[str], language: str) -> dict[str, Any]:
    """Every outcome's view at once: a change of outcome is then drawn without asking the server."""
    return {
        "views": {outcome: asdict(view) for outcome, view in views.items()},
        "initial": initial,
        "sites": sites,
        "language": language,
        "name": say("screens.frame.name", language),
        "words": {
            "all_sites": say("screens.compare.all_sites", language, count=len(sites)),
            "some_sites": say("screens.compare.some_sites", language),
            "filtered": say("screens.compare.filtered", language),
        },
    }


def table_words(campaign: Campaign, language: str) -> dict[str, str]:
    """The titles and words of the table, for the screen and for the picture."""
    confidence = wording.percent(campaign.analysis.confidence)
    return {
        **{word: say(f"screens.table.{word}", language) for word in TABLE_WORDS},
        "confidence": say("screens.table.confidence", language, confidence=confidence),
        "ci": say("screens.table.ci", language, confidence=confidence),
        "unsettled": Note(code="not_after_adjustment").say(language),
        "filtered": say("screens.compare.filtered", language),
    }


def _nothing(which: str, language: str) -> html.Section:
    return message(say(f"screens.{which}.title", language), say(f"screens.{which}.text", language))
