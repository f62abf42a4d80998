"""Which versions of the questionnaire were used where, and what their changes mean for the outcomes."""

import itertools
from collections.abc import Sequence
from typing import Any

from dash import Dash, html

from campaigns.campaign import Campaign
from campaigns.comparability import Comparability, compare_outcomes, told
from dashboard.components import disclosure, frame, message, panel
from dashboard.links import Address
from dashboard.questionnaires import asked_in
from dashboard.services import Services
from surveys.languages import pick, say
from surveys.record.questionnaires import QuestionnaireUse
from surveys.versions.changes import Change, changes_between


WORDS = "screens.questionnaires"


def layout(services: Services, address: Address) -> html.Div:
    """The questionnaires of the campaign the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        title, text = say("screens.no_campaign.title", language), say("screens.no_campaign.text", language)
        return frame("questionnaires", address, [message(title, text)], services=services)
    uses = services.catalogue.questionnaires(campaign.id)
    head = html.Div(
        [html.H1(say(f"{WORDS}.title", language)), html.P(say(f"{WORDS}.lead", language), className="lead")],
        className="heading",
    )
    content: list[Any] = [head]
    if not uses:
        content.append(message(say(f"{WORDS}.title", language), say(f"{WORDS}.nothing", language)))
    else:
        judged = compare_outcomes(campaign, asked_in(services.catalogue, campaign))
        content += [
            _outcomes(campaign, judged, language),
            _changes(uses, language),
            _used(campaign, uses, language),
        ]
    return frame("questionnaires", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Nothing on this screen moves."""


def _outcomes(campaign: Campaign, judged: Sequence[Comparability], language: str) -> html.Div:
    """The outcomes that were not asked alike, in sentences, worst first; or that all were."""
    titles = {site.id: pick(site.title, language) for site in campaign.sites}
    rank = {"broken": 0, "doubtful": 1}
    telling = sorted((one for one in judged if one.level in rank), key=lambda one: rank[one.level])
    said = [
        html.Li(
            [
                html.Strong(titles[one.site]),
                " · ",
                told(one, campaign.outcome(one.outcome), language),
                html.Ul([html.Li(change.sentence(language)) for change in one.changes]),
            ],
            className=f"version-{one.level}",
        )
        for one in telling
    ]
    found = html.Ul(said, className="version-list") if said else html.P(say(f"{WORDS}.all_alike", language))
    how = disclosure(say(f"{WORDS}.how_title", language), html.P(say(f"{WORDS}.how", language)))
    return panel(html.H2(say(f"{WORDS}.outcomes", language)), found, how)


def _changes(uses: Sequence[QuestionnaireUse], language: str) -> html.Div:
    """From each version to the next, in the order of their first uploads."""
    versions = list({use.sha256: use for use in sorted(uses, key=lambda use: use.uploads[0])}.values())
    parts: list[Any] = [html.H2(say(f"{WORDS}.changes", language))]
    for before, after in itertools.pairwise(versions):
        names = {"before": before.version or "–", "after": after.version or "–"}
        parts.append(html.H3(say(f"{WORDS}.from_to", language, **names)))
        if before.instrument is None or after.instrument is None:
            parts.append(html.P(say(f"{WORDS}.unknown", language)))
        else:
            parts.append(_table(changes_between(before.instrument, after.instrument), language))
    if len(versions) < 2:
        parts.append(html.P(say(f"{WORDS}.no_changes", language)))
    return panel(*parts)


def _table(changes: Sequence[Change], language: str) -> html.Div:
    rank = {"breaks": 0, "doubtful": 1, "harmless": 2}
    rows = [
        html.Tr(
            [
                html.Td(change.sentence(language)),
                html.Td(
                    say(f"versions.weights.{change.weight}", language), className=f"weight-{change.weight}"
                ),
            ]
        )
        for change in sorted(changes, key=lambda change: rank[change.weight])
    ]
    head = html.Tr(
        [html.Th(say(f"{WORDS}.columns.{name}", language), scope="col") for name in ("change", "weight")]
    )
    return html.Div(
        html.Table([html.Thead(head), html.Tbody(rows)], className="version-table"),
        className="scroll",
        tabIndex="0",
    )


def _used(campaign: Campaign, uses: Sequence[QuestionnaireUse], language: str) -> html.Div:
    titles = {site.id: pick(site.title, language) for site in campaign.sites}
    waves = {wave.id: pick(wave.title, language) for wave in campaign.waves}
    rows = [
        html.Tr(
            [
                html.Th(titles.get(use.site, use.site), scope="row"),
                html.Td(waves.get(use.wave, use.wave)),
                html.Td(f"{use.form_id} {use.version}".strip()),
                html.Td(", ".join(str(number) for number in use.uploads)),
            ]
        )
        for use in sorted(
            uses, key=lambda use: (list(titles).index(use.site) if use.site in titles else -1, use.uploads[0])
        )
    ]
    names = ("site", "wave", "version", "uploads")
    head = html.Tr([html.Th(say(f"{WORDS}.columns.{name}", language), scope="col") for name in names])
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="version-table")
    return panel(html.H2(say(f"{WORDS}.used", language)), html.Div(table, className="scroll", tabIndex="0"))
