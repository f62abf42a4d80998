"""The reviewers' screen: interviews of two waves that may be of one person, and the share found again."""

from functools import partial
from typing import Any

from dash import Dash, Input, Output, html
from flask import abort, request

from campaigns.campaign import Campaign
from dashboard import link_views as views
from dashboard.components import Drawn, campaign_page, heading, message
from dashboard.linking import DECISIONS, Linker
from dashboard.links import Address
from dashboard.pair_searches import PairSearch
from dashboard.services import Services
from dashboard.visits import Visit, connect
from surveys.languages import catalogue, pick, say
from surveys.problems import Refused
from surveys.record.links import Link
from surveys.xlsform import load_instrument


WORDS = "screens.linking.words."
PAIRS_SENT = 200  # of the strongest; a reviewer sees one at a time


class LinkReview(Drawn):
    """The pairs and the decisions about them, drawn by assets/linking.js."""

    _namespace = "campaign_linking"
    _type = "LinkReview"
    _prop_names = ("id", "campaign", "language", "sites", "waves", "earlier", "later", "words", "done")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The pairs of the campaign the address names."""
    return campaign_page("linking", address, services, partial(_screen, services))


def register(app: Dash, services: Services) -> None:
    """Connect the routes by which pairs are sought and decided, and the table of rates that follows them."""
    routes = {
        "/linking/pairs.json": ("GET", _pairs),
        "/linking/find": ("POST", _find),
        "/linking/search.json": ("GET", _search),
        "/linking/stop": ("POST", _stop),
        "/linking/decide": ("POST", _decide),
        "/linking/undo": ("POST", _undo),
    }
    connect(app, services, routes, _Visit)

    @app.callback(
        Output("linkage-rates", "children"), Input("linking", "done"), Input("linking", "campaign"),
        Input("linking", "language"), prevent_initial_call=True,
    )  # fmt: skip
    def show_rates(done: str, campaign: str, language: str) -> Any:
        found = services.evaluations.campaign(campaign)
        return [] if found is None else _rates(services, found, language, *_waves_of(done))


def _message(title: str, text: str, language: str) -> html.Section:
    return message(say(title, language), say(text, language))


def _screen(services: Services, campaign: Campaign, language: str) -> list[Any]:
    if len(campaign.main_waves) < 2:
        return [_message("screens.linking.one_wave", "screens.linking.one_wave_text", language)]
    if not campaign.linking.keys and campaign.columns.respondent is None:
        return [_message("screens.linking.no_keys", "screens.linking.no_keys_text", language)]
    earlier, later = Linker(services.workspace, services.catalogue, campaign).waves()
    review = LinkReview(
        id="linking",
        campaign=campaign.id,
        language=language,
        sites=[{"value": site.id, "label": pick(site.title, language)} for site in campaign.sites],
        waves=[{"value": wave.id, "label": pick(wave.title, language)} for wave in campaign.main_waves],
        earlier=earlier,
        later=later,
        words={
            key.removeprefix(WORDS): say(key, language) for key in catalogue("en") if key.startswith(WORDS)
        },
        done="",
    )
    return [
        heading("linking", language),
        review,
        html.Div(_rates(services, campaign, language), id="linkage-rates"),
    ]


def _rates(
    services: Services,
    campaign: Campaign,
    language: str,
    earlier: str | None = None,
    later: str | None = None,
) -> html.Section:
    linker = Linker(services.workspace, services.catalogue, campaign)
    waves = linker.waves(earlier, later)
    return views.rates_view(linker.rates(*waves), campaign, *waves, language)


def _waves_of(done: str) -> tuple[str | None, str | None]:
    """The waves that stand in what the review says it has done: a turn, and the two waves."""
    _, *waves = done.split("~")
    return (waves[0], waves[1]) if len(waves) == 2 else (None, None)


# ---- the routes ------------------------------------------------------------------------------------------


class _Visit(Visit):
    """A visit that asks about two waves."""

    @property
    def linker(self) -> Linker:
        """The links of the campaign."""
        return Linker(self.services.workspace, self.services.catalogue, self.campaign)

    @property
    def waves(self) -> tuple[str, str]:
        """The two waves asked for."""
        return self.linker.waves(request.args.get("from") or None, request.args.get("to") or None)


def _pairs(visit: _Visit) -> dict[str, Any]:
    links = visit.linker.links(visit.site, *visit.waves)
    open_ = [link for link in links if link.state == "proposed"]
    put_off = [link for link in links if link.state == "undecided"]
    decided = sorted(
        (link for link in links if link.state in ("accepted", "rejected")),
        key=lambda link: str(link.decided_at),
        reverse=True,
    )
    shown = {"open": open_, "put_off": put_off, "decided": decided}
    return {
        **{name: _shown(visit, some[:PAIRS_SENT]) for name, some in shown.items()},
        "counts": {name: len(some) for name, some in shown.items()},
        "certain": sum(link.proposal.certain for link in open_),
    }


def _shown(visit: _Visit, links: list[Link]) -> list[dict[str, Any]]:
    facts = {
        interview: one
        for site in dict.fromkeys(link.waves.site for link in links)
        for interview, one in visit.linker.facts(site).items()
    }
    labels = _labels(visit)
    return [views.pair_view(link, facts, visit.campaign, labels, visit.language) for link in links]


def _labels(visit: _Visit) -> dict[str, str]:
    """What each key is called: the question as the questionnaire words it."""
    instrument = load_instrument(visit.services.workspace.instrument_file(visit.campaign.instrument))
    names = [key.question for key in visit.campaign.linking.keys]
    asked = {name: instrument.question(name) for name in names}
    return {
        name: (instrument.text_in(question.labels, visit.language) if question else "") or name
        for name, question in asked.items()
    }


def _find(visit: _Visit) -> dict[str, Any]:
    sites = [visit.site] if visit.site else [site.id for site in visit.campaign.sites]
    return _told(visit, visit.services.searches.begin(visit.linker, sites, *visit.waves))


def _search(visit: _Visit) -> dict[str, Any]:
    """How far the last search of these waves is; a page that is opened again finds it so."""
    return _told(visit, visit.services.searches.newest(visit.campaign.id, *visit.waves))


def _stop(visit: _Visit) -> dict[str, Any]:
    search = visit.services.searches.newest(visit.campaign.id, *visit.waves)
    if search is not None:
        search.unwanted.set()
    return _told(visit, search)


def _told(visit: _Visit, search: PairSearch | None) -> dict[str, Any]:
    if search is None:
        return {"state": "", "fraction": 0.0, "said": ""}
    words, language = "screens.linking.search.", visit.language
    if search.state == "running":
        site = visit.campaign.site(search.sites[min(search.done, len(search.sites) - 1)])
        said = say(f"{words}{search.step}", language, site=pick(site.title, language))
    elif isinstance(search.stop, Refused):
        said = search.stop.told(language)
    elif search.stop is not None:
        said = f"{search.stop.what} {search.stop.remedy}".strip()
    else:
        said = say(f"{words}{search.state}", language)
    return {"state": search.state, "fraction": search.fraction, "said": said}


def _decide(visit: _Visit) -> dict[str, Any]:
    body = visit.body
    decision = body.get("decision")
    if decision not in DECISIONS:
        abort(400)
    numbers = visit.linker.certain(visit.site, *visit.waves) if body.get("certain") else body.get("ids")
    if not isinstance(numbers, list) or not all(isinstance(number, int) for number in numbers):
        abort(400)
    visit.linker.decide(numbers, str(decision), visit.who(body.get("by")))
    return _pairs(visit)


def _undo(visit: _Visit) -> dict[str, Any]:
    number = visit.body.get("id")
    if not isinstance(number, int):
        abort(400)
    visit.linker.undo(number, visit.who(visit.body.get("by")))
    return _pairs(visit)
