"""One site on one page: how it was studied, who was interviewed, what was found, what threatens it, what it can say."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from campaigns import claims
from campaigns.campaign import Campaign, Outcome, Site
from campaigns.effects import EffectEstimate, Evaluation
from dashboard import wording
from dashboard.comparison import alarms, comparison_of
from dashboard.components import Figure, GoTo, alarm, campaign_page, panel
from dashboard.figure_spec import FigureSpec, as_props
from dashboard.links import Address
from dashboard.pages.compare import first_outcome
from dashboard.services import Services
from dashboard.site_figures import effect_of, finding, flow_figure, levels_figure, outcome_figures
from dashboard.threat_words import ThreatLine, threat_lines
from surveys.languages import pick, say


def layout(services: Services, address: Address) -> html.Div:
    """The page of the site the address names; the first site where it names none."""

    def content(campaign: Campaign, _language: str) -> Sequence[Component | None]:
        return _screen(services, services.evaluations.current(campaign), address)

    return campaign_page("site", address, services, content)


def register(app: Dash, services: Services) -> None:
    """Everything on this screen is a link or drawn in the browser."""


def figures(services: Services, address: Address) -> list[FigureSpec]:
    """The figures of the site and outcome of an address, in the order of the page."""
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        return []
    evaluation = services.evaluations.current(campaign)
    return _figures(services, evaluation, address, site_of(campaign, address), outcome_of(campaign, address))


def site_of(campaign: Campaign, address: Address) -> Site:
    """The site an address names; the first where it names none that there is."""
    return next((site for site in campaign.sites if site.id == address.site), campaign.sites[0])


def outcome_of(campaign: Campaign, address: Address) -> Outcome:
    """The outcome an address names; else the first primary one."""
    return next((o for o in campaign.outcomes if o.id == address.outcome), first_outcome(campaign))


def choices(campaign: Campaign, address: Address, page: str, *, outcomes: bool) -> html.Div:
    """Where to go from here: another site, another outcome."""
    language, site, outcome = address.language, site_of(campaign, address), outcome_of(campaign, address)
    show = say("site.show", language)
    sites = [
        {
            "value": address.to(page, site=one.id, outcome=address.outcome or ""),
            "label": f"{pick(one.title, language)} · {wording.role(one.role.value, language)}",
            "chosen": one is site,
        }
        for one in campaign.sites
    ]
    named = [
        {
            "value": address.to(page, site=site.id, outcome=one.id),
            "label": pick(one.title, language),
            "chosen": one is outcome,
        }
        for one in campaign.outcomes
    ]
    shown = [GoTo(id="go-site", label=say("site.choose_site", language), show=show, options=sites)]
    if outcomes:
        shown.append(
            GoTo(id="go-outcome", label=say("site.choose_outcome", language), show=show, options=named)
        )
    return html.Div(shown, className="goto-row")


def threat_list(lines: Sequence[ThreatLine], language: str) -> html.Ul:
    """Threats as lines: what, how grave, why."""
    return html.Ul(
        [
            html.Li(
                [
                    html.B(line.title),
                    html.Span(line.concern_words, className=f"concern concern-{line.concern}"),
                    html.P(_why(line, language)),
                ]
            )
            for line in lines
        ],
        className="threat-list",
    )


def _why(line: ThreatLine, language: str) -> str:
    about = (
        say("threat_words.seen_in", language, about=wording.and_list(line.about, language))
        if line.about
        else ""
    )
    return " ".join(part for part in (line.why, about) if part)


def _figures(
    services: Services, evaluation: Evaluation, address: Address, site: Site, outcome: Outcome
) -> list[FigureSpec]:
    language = address.language
    return [
        levels_figure(evaluation, services.tables.levels(evaluation, site.id), site, outcome, language),
        *outcome_figures(evaluation, site, address),
        flow_figure(evaluation, services.tables.flow(evaluation), site, language),
    ]


def _screen(services: Services, evaluation: Evaluation, address: Address) -> list[Component | None]:
    campaign, language = evaluation.campaign, address.language
    site, outcome = site_of(campaign, address), outcome_of(campaign, address)
    lines = threat_lines(evaluation, services.tables.threats(evaluation, site.id), site, language)
    drawn = [
        Figure(id=spec.id, spec=as_props(spec, address, "site"))
        for spec in _figures(services, evaluation, address, site, outcome)
    ]
    unknown = address.site is not None and address.site != site.id
    return [
        _heading(evaluation, site, address),
        html.P(say("site.unknown", language, site=address.site), className="filtered", role="status")
        if unknown
        else None,
        alarm(alarms(only(evaluation, site), language), address),
        choices(campaign, address, "/site", outcomes=True),
        _design(evaluation, site, language),
        *drawn,
        panel(
            html.H2(say("site.threats.title", language)),
            threat_list(lines, language),
            html.P(html.A(say("site.threats.more", language), href=address.to("/threats", site=site.id))),
            class_name="threats",
        ),
        _what_it_can_say(evaluation, site, outcome, language),
    ]


def only(evaluation: Evaluation, site: Site) -> Evaluation:
    """The evaluation as if there were no other site: a page about one tells no alarm of another."""
    effects = tuple(effect for effect in evaluation.effects if effect.subject.site == site.id)
    return replace(evaluation, campaign=replace(evaluation.campaign, sites=(site,)), effects=effects)


def _heading(evaluation: Evaluation, site: Site, address: Address) -> html.Div:
    language = address.language
    title = say(
        "site.title", language, site=pick(site.title, language), role=wording.role(site.role.value, language)
    )
    return html.Div(
        [
            html.H1(title),
            html.P(say("site.audience", language, audience=pick(site.audience, language)), className="lead"),
        ],
        className="heading",
    )


def _design(evaluation: Evaluation, site: Site, language: str) -> html.Div:
    campaign = evaluation.campaign
    design = site.design or campaign.analysis.design
    estimates = [
        e
        for e in evaluation.effects
        if isinstance(e, EffectEstimate) and e.subject.site == site.id and e.subject.subgroup is None
    ]
    compared = comparison_of(campaign, design, language)
    said = [say("site.design.text", language, design=wording.design(design, language), comparison=compared)]
    if estimates:
        errors = wording.and_list(sorted({e.standard_errors for e in estimates}), language)
        tests = wording.and_list(
            sorted({say(f"site.tests.{e.p_method}", language) for e in estimates}), language
        )
        said.append(say("site.design.errors", language, errors=errors, tests=tests))
    return panel(
        html.H2(say("site.design.title", language)),
        html.P(" ".join(said)),
        html.P(say("site.design.assumption", language, assumption=say(f"assumptions.{design}", language))),
        class_name="site-design",
    )


def _what_it_can_say(evaluation: Evaluation, site: Site, outcome: Outcome, language: str) -> html.Div:
    effect = effect_of(evaluation, site, outcome)
    can: list[Any] = [html.Li(finding(evaluation, site, outcome, language))]
    cannot = []
    if isinstance(effect, EffectEstimate):
        grade = claims.evidence(effect)
        can.append(
            html.Li(
                say("site.can.evidence", language, grade=say(f"screens.evidence.{grade.grade}", language))
            )
        )
        can += [html.Li(note.say(language)) for note in grade.reasons]
        if effect.subject.estimand == "change":
            cannot.append("change")
    cannot += ["one_of_role", "conduct", "other"]
    return panel(
        html.H2(say("site.can.title", language)),
        html.Ul(can, className="said-list"),
        html.H2(say("site.can.cannot", language)),
        html.Ul([html.Li(say(f"site.can.{key}", language)) for key in cannot], className="said-list"),
        class_name="can-say",
    )
