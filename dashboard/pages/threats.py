"""What could make the numbers come out wrong: every site at a glance, then the reasons of one."""

from collections.abc import Sequence

from dash import Dash, html
from dash.development.base_component import Component

from campaigns.campaign import Campaign
from campaigns.effects import Evaluation
from dashboard.components import Figure, campaign_page, heading, panel
from dashboard.figure_spec import FigureSpec, as_props
from dashboard.links import Address
from dashboard.pages.site import choices, site_of, threat_list
from dashboard.services import Services
from dashboard.threat_figures import balance_figure, clusters_figure, sites_figure
from dashboard.threat_words import threat_lines
from surveys.languages import pick, say


def layout(services: Services, address: Address) -> html.Div:
    """All sites of a campaign, and the one the address names."""

    def content(campaign: Campaign, _language: str) -> Sequence[Component | None]:
        return _screen(services, services.evaluations.current(campaign), address)

    return campaign_page("threats", address, services, content)


def register(app: Dash, services: Services) -> None:
    """Everything on this screen is a link or drawn in the browser."""


def figures(services: Services, address: Address) -> list[FigureSpec]:
    """The figures of the page, in its order."""
    campaign = services.evaluations.campaign(address.campaign)
    return [] if campaign is None else _figures(services, services.evaluations.current(campaign), address)


def _figures(services: Services, evaluation: Evaluation, address: Address) -> list[FigureSpec]:
    site, language, tables = site_of(evaluation.campaign, address), address.language, services.tables
    found = tables.threats(evaluation, site.id)
    return [
        sites_figure(evaluation, {**tables.threats_so_far(evaluation), site.id: found}, address),
        balance_figure(evaluation, found, site, language),
        clusters_figure(evaluation, tables.clusters(evaluation, site.id), site, language),
    ]


def _screen(services: Services, evaluation: Evaluation, address: Address) -> list[Component | None]:
    language, site = address.language, site_of(evaluation.campaign, address)
    lines = threat_lines(evaluation, services.tables.threats(evaluation, site.id), site, language)
    sites, *of_site = [
        Figure(id=spec.id, spec=as_props(spec, address, "threats"))
        for spec in _figures(services, evaluation, address)
    ]
    title = say("threats_page.of_site", language, site=pick(site.title, language))
    return [
        heading("threats_page", language),
        sites,
        choices(evaluation.campaign, address, "/threats", outcomes=False),
        panel(html.H2(title), threat_list(lines, language), class_name="threats"),
        *of_site,
    ]
