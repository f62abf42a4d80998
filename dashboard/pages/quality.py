"""The field team's own screen: what is wrong with their interviews while it can still be mended. No outcome by arm."""

from typing import Any

from dash import Dash, Input, Output, html
from flask import Response, abort, jsonify, request

from campaigns.campaign import Campaign
from dashboard import wording
from dashboard.components import Drawn, frame, message
from dashboard.links import Address, parse_address
from dashboard.quality import SiteQuality
from dashboard.quality_sheet import weekly_sheet
from dashboard.quality_view import view_of
from dashboard.quality_words import campaign_places
from dashboard.services import Services
from surveys.languages import catalogue, pick, say


WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = "quality.page."
NAMED = (
    "interview",
    "interviewer",
    "day",
    "started",
    "minutes",
)  # what stands beside an interview to look at


class QualityReport(Drawn):
    """The report, fetched and drawn by assets/quality.js."""

    _namespace = "campaign_quality"
    _type = "QualityReport"
    _prop_names = ("id", "source", "page", "site", "wave", "sites", "waves", "words", "told")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The quality page of the campaign, site and wave the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    content: list[Any]
    if campaign is None:
        content = [
            message(say("screens.no_campaign.title", language), say("screens.no_campaign.text", language))
        ]
    else:
        content = _screen(services, campaign, address)
    return frame("quality", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Connect the report, the headline that waits for it, and the weekly sheet."""
    app.clientside_callback(
        "dash_clientside.quality.told",
        Output("quality-headline", "children"),
        Output("quality-lead", "children"),
        Input("quality-report", "told"),
        prevent_initial_call=True,
    )

    @app.server.get("/quality/report.json")
    def report() -> Response:
        address = _address(services)
        reply = jsonify(view_of(_asked(services, address), address))
        reply.headers["Cache-Control"] = "no-store"
        return reply

    @app.server.get("/download/quality.xlsx")
    def sheet() -> Response:
        address = _address(services)
        quality = _asked(services, address)
        reply = Response(weekly_sheet(quality, address.language), mimetype=WORKBOOK)
        name = f"{quality.campaign.id}-{quality.site}-{quality.wave}-quality-{quality.day.isoformat()}.xlsx"
        reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        reply.headers["Cache-Control"] = "no-store"
        return reply


def place_of(services: Services, campaign: Campaign, address: Address) -> tuple[str, str]:
    """The site and wave of the address; else the first site with interviews, and its newest wave."""
    sites, waves = [one.id for one in campaign.sites], [one.id for one in campaign.main_waves]
    held = {site: services.qualities.waves_with_interviews(campaign, site) for site in sites}
    site = address.site if address.site in sites else next((one for one in sites if held[one]), sites[0])
    newest = (held[site] or waves)[-1]
    return site, address.wave if address.wave in waves else newest


def _screen(services: Services, campaign: Campaign, address: Address) -> list[Any]:
    language = address.language
    site, wave = place_of(services, campaign, address)
    titles = campaign_places(campaign, site, wave, language)
    words: dict[str, Any] = {
        key.removeprefix(WORDS): say(key, language) for key in catalogue("en") if key.startswith(WORDS)
    }
    words["weights"] = {
        name: say(f"weights.{name}", language) for name in ("title", "how", "margins", "margins_note")
    }
    words["columns"] = {name: say(f"quality.sheet.columns.{name}", language) for name in NAMED}
    title = f"{say('quality.page.title', language)}: {', '.join(titles)}"
    return [
        html.Div(
            [
                html.H1(title, id="quality-headline"),
                html.P(say("quality.page.loading", language), id="quality-lead", className="lead"),
            ],
            className="heading",
            **{"aria-live": "polite"},
        ),
        QualityReport(
            id="quality-report",
            source=address.to("/quality/report.json", site=site, wave=wave),
            page=address.to("/quality"),
            site=site,
            wave=wave,
            sites=[
                {
                    "value": one.id,
                    "label": f"{pick(one.title, language)} · {wording.role(one.role.value, language)}",
                }
                for one in campaign.sites
            ],
            waves=[{"value": one.id, "label": pick(one.title, language)} for one in campaign.main_waves],
            words=words,
        ),
    ]


def _address(services: Services) -> Address:
    return parse_address(
        request.args.to_dict(), services.workspace.languages, request.headers.get("Accept-Language", "")
    )


def _asked(services: Services, address: Address) -> SiteQuality:
    """The report of exactly the campaign, site and wave that are named; nothing else stands in for them.

    Where no campaign is named, it is the one every page opens with.
    """
    if address.campaign and address.campaign not in services.evaluations.campaigns():
        abort(404)
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None or address.site not in {one.id for one in campaign.sites}:
        abort(404)
    if address.wave not in {one.id for one in campaign.main_waves}:
        abort(404)
    return services.qualities.current(campaign, address.site, address.wave)
