"""The first screen: what is in, what is late, and where to read on."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from campaigns.campaign import Campaign, Tier
from campaigns.claims import headline
from campaigns.effects import Evaluation
from dashboard import wording
from dashboard.collection import SHOWN_FROM, Progress, late, progress_of
from dashboard.comparison import alarms
from dashboard.components import alarm, frame, message, panel, role_mark
from dashboard.links import Address
from dashboard.services import Services
from surveys.languages import pick, say
from surveys.problems import CannotProceed


def layout(services: Services, address: Address) -> html.Div:
    """The overview of the campaign the address names."""
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        content: list[Any] = [_nothing("no_campaign", address.language)]
    else:
        content = _screen(services, campaign, address)
    return frame("overview", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Nothing on this screen moves."""


def summary(progress: Sequence[Progress], language: str) -> str:
    """The headline: how much of what should be in is in, and who is late."""
    behind = late(progress)
    if not any(one.interviews for one in progress):
        return say("screens.overview.nothing_in", language)
    if behind:
        names = [f"{pick(p.site.title, language)} ({pick(p.wave.title, language)})" for p in behind]
        return say("screens.overview.some_late", language, places=wording.and_list(names, language))
    waiting = [one for one in progress if one.state in {"open", "not_open"}]
    return say(f"screens.overview.{'under_way' if waiting else 'all_in'}", language)


def interviews_shown(count: int) -> str:
    """A count on a screen several countries share: rounded, and small ones not at all."""
    if count == 0:
        return "0"
    return f"<{SHOWN_FROM}" if count < SHOWN_FROM else wording.about(count)


def _screen(services: Services, campaign: Campaign, address: Address) -> list[Any]:
    language = address.language
    held = {(part.site, part.wave): part.interviews for part in services.catalogue.parts(campaign.id)}
    progress = progress_of(campaign, held, datetime.now(UTC).date())
    evaluation = _evaluation(services, campaign)
    return [
        html.Div(
            [
                html.H1(summary(progress, language)),
                html.P(_lead(campaign, language), className="lead"),
            ],
            className="heading",
        ),
        _campaigns(services, campaign, address),
        None if evaluation is None else alarm(alarms(evaluation, language), address),
        panel(
            _table(campaign, progress, address), _foot(services, campaign, language), class_name="collection"
        ),
        None if evaluation is None else _findings(evaluation, address),
    ]


def _lead(campaign: Campaign, language: str) -> str:
    waves = wording.and_list(
        [
            say("screens.words.wave", language, title=pick(wave.title, language),
                when=wording.months(wave.opens, wave.closes, language))
            for wave in campaign.main_waves
        ],
        language,
    )  # fmt: skip
    return say(
        "screens.overview.lead", language, title=pick(campaign.title, language),
        sites=wording.sites(len(campaign.sites), language), waves=waves,
    )  # fmt: skip


def _campaigns(services: Services, campaign: Campaign, address: Address) -> Component | None:
    files = services.evaluations.campaigns()
    if len(files) < 2:
        return None
    links = [
        html.Li(
            html.A(
                campaign_id,
                href=address.to("/overview", campaign=campaign_id),
                **({"aria-current": "page"} if campaign_id == campaign.id else {}),
            )
        )
        for campaign_id in files
    ]
    return html.Nav(
        [html.Span(say("screens.overview.campaigns", address.language)), html.Ul(links)],
        className="campaigns",
        **{"aria-label": say("screens.overview.campaigns", address.language)},
    )


def _table(campaign: Campaign, progress: Sequence[Progress], address: Address) -> html.Table:
    language = address.language
    by_place = {(p.site.id, p.wave.id): p for p in progress}
    body: list[Component] = []
    shown_role = None
    for site in dict.fromkeys(p.site.id for p in progress):
        first = by_place[(site, campaign.main_waves[0].id)]
        if first.site.role is not shown_role:
            shown_role = first.site.role
            body.append(_role_row(shown_role.value, len(campaign.main_waves), language))
        body.append(_site_row([by_place[(site, wave.id)] for wave in campaign.main_waves], address))
    head = [html.Th(say("screens.overview.site", language), scope="col")]
    head += [
        html.Th(
            [pick(wave.title, language), html.Small(wording.months(wave.opens, wave.closes, language))],
            scope="col",
        )
        for wave in campaign.main_waves
    ]
    return html.Table(
        [
            html.Caption(say("screens.overview.caption", language)),
            html.Thead(html.Tr(head)),
            html.Tbody(body),
        ],
        className="collection-table",
    )


def _role_row(role: str, waves: int, language: str) -> html.Tr:
    name = [role_mark(role), wording.role(role, language)]
    return html.Tr(html.Th(name, colSpan=waves + 1, scope="colgroup"), className=f"role-row role-{role}")


def _site_row(progress: Sequence[Progress], address: Address) -> html.Tr:
    language, site = address.language, progress[0].site
    name = [
        html.A(html.B(pick(site.title, language)), href=address.to("/site", site=site.id)),
        html.Span(pick(site.audience, language)),
    ]
    return html.Tr([html.Th(name, scope="row"), *[_cell(one, language) for one in progress]])


def _cell(progress: Progress, language: str) -> html.Td:
    target = "" if progress.target is None else f" / {progress.target:,}"
    share = progress.share
    bar = None if share is None else html.Span(html.Span(style={"width": f"{share:.0%}"}), className="bar-of")
    parts = [
        html.Span([html.B(interviews_shown(progress.interviews)), target], className="held"),
        html.Span(say(f"screens.overview.states.{progress.state}", language), className="state"),
        bar,
    ]
    return html.Td([part for part in parts if part is not None], className=f"progress {progress.state}",
                   **{"data-wave": pick(progress.wave.title, language)})  # fmt: skip


def _foot(services: Services, campaign: Campaign, language: str) -> html.P:
    uploads = services.catalogue.uploads(campaign.id)
    newest = next((u for u in uploads if u.accepted), None)
    said = [say("screens.overview.counted", language)]
    if newest is not None:
        said.append(
            say("screens.overview.newest", language, day=wording.day(newest.uploaded_at.date(), language))
        )
    return html.P(" ".join(said), className="source")


def _evaluation(services: Services, campaign: Campaign) -> Evaluation | None:
    try:
        return services.evaluations.current(campaign)
    except CannotProceed:
        return None


def _findings(evaluation: Evaluation, address: Address) -> Component:
    """The headlines, possible harms first."""
    language = address.language
    listed = [o for o in evaluation.campaign.outcomes if o.tier in {Tier.PRIMARY, Tier.HARM}]
    listed.sort(key=lambda outcome: outcome.tier is not Tier.HARM)
    found = [
        html.Li(html.A([html.Small(pick(outcome.title, language)), html.Span(headline(evaluation, outcome.id, language))],
                       href=address.to("/compare", outcome=outcome.id)))
        for outcome in listed
    ]  # fmt: skip
    return html.Section(
        [html.H2(say("screens.overview.findings", language)), html.Ul(found)], className="panel findings"
    )


def _nothing(which: str, language: str) -> html.Section:
    return message(say(f"screens.{which}.title", language), say(f"screens.{which}.text", language))
