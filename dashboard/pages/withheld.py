"""Texts kept back because they seem to point to a person: read by whoever gives a name, released or left out, undone."""

from functools import partial
from typing import Any, cast

from dash import Dash, html
from flask import abort

from campaigns.campaign import Campaign
from dashboard.components import Drawn, campaign_page, heading
from dashboard.links import Address
from dashboard.services import Services
from dashboard.visits import Visit, connect
from dashboard.withheld import TextsKeptBack
from surveys import columns
from surveys.languages import catalogue, pick, say
from surveys.record.withholding import DECIDED, Ruling
from surveys.xlsform import load_instrument


WORDS = "screens.withheld.words."


class WithheldTexts(Drawn):
    """The texts and the decisions about them, drawn by assets/withheld.js."""

    _namespace = "campaign_withheld"
    _type = "WithheldTexts"
    _prop_names = ("id", "campaign", "language", "site", "sites", "words")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The texts kept back of the campaign the address names."""
    return campaign_page("withheld", address, services, partial(_screen, address))


def register(app: Dash, services: Services) -> None:
    """Connect the routes by which texts are listed, read and decided about."""
    routes = {
        "/withheld/list.json": ("GET", _list),
        "/withheld/read": ("POST", _read),
        "/withheld/decide": ("POST", _decide),
        "/withheld/undo": ("POST", _undo),
    }
    connect(app, services, routes)


def _screen(address: Address, campaign: Campaign, language: str) -> list[Any]:
    sites = [{"value": site.id, "label": pick(site.title, language)} for site in campaign.sites]
    words = {key.removeprefix(WORDS): say(key, language) for key in catalogue("en") if key.startswith(WORDS)}
    known = {site.id for site in campaign.sites}
    return [
        heading("withheld", language),
        WithheldTexts(
            id="withheld", campaign=campaign.id, language=language, sites=sites, words=words,
            site=address.site if address.site in known else "",
        ),
    ]  # fmt: skip


def _texts(visit: Visit) -> TextsKeptBack:
    return TextsKeptBack(visit.services.workspace, visit.services.catalogue, visit.campaign)


def _list(visit: Visit) -> dict[str, Any]:
    questionnaire = visit.services.workspace.instrument_file(visit.campaign.instrument)
    return _texts(visit).view(visit.site, load_instrument(questionnaire), visit.language)


def _read(visit: Visit) -> dict[str, Any]:
    return {"texts": _texts(visit).texts(visit.ids, visit.who(visit.body.get("by")))}


def _decide(visit: Visit) -> dict[str, Any]:
    ruling = visit.body.get("ruling")
    if ruling not in DECIDED:
        abort(400)
    place, who = visit.services.workspace, visit.who(visit.body.get("by"))
    visit.services.catalogue.decide_withheld(
        visit.campaign.id, visit.ids, cast("Ruling", ruling), place.keys, by=who
    )
    columns.refresh(visit.services.catalogue, place.columns, visit.campaign.id)
    return _list(visit)


def _undo(visit: Visit) -> dict[str, Any]:
    who = visit.who(visit.body.get("by"))
    visit.services.catalogue.undo_withheld(visit.campaign.id, visit.ids, by=who)
    columns.refresh(visit.services.catalogue, visit.services.workspace.columns, visit.campaign.id)
    return _list(visit)
