"""The reviewers' screen: interviews of two waves that may be of one person, and the share found again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash, Input, Output, html
from flask import abort, jsonify, request

from campaigns.campaign import Campaign
from dashboard import link_views as views
from dashboard.components import Drawn, frame, message
from dashboard.linking import DECISIONS, Linker
from dashboard.links import Address, parse_address
from dashboard.services import Services
from surveys.languages import catalogue, pick, say
from surveys.problems import CannotProceed
from surveys.record.links import AlreadyLinked, Link
from surveys.xlsform import load_instrument


WORDS = "screens.linking.words."
LARGEST_REQUEST = 1 << 20
PAIRS_SENT = 200  # of the strongest; a reviewer sees one at a time
NAME_CHARACTERS = 200


class LinkReview(Drawn):
    """The pairs and the decisions about them, drawn by assets/linking.js."""

    _namespace = "campaign_linking"
    _type = "LinkReview"
    _prop_names = ("id", "campaign", "language", "sites", "waves", "earlier", "later", "words", "done")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The pairs of the campaign the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        content: list[Any] = [_message("screens.no_campaign.title", "screens.no_campaign.text", language)]
    elif len(campaign.main_waves) < 2:
        content = [_message("screens.linking.one_wave", "screens.linking.one_wave_text", language)]
    elif not campaign.linking.keys and campaign.columns.respondent is None:
        content = [_message("screens.linking.no_keys", "screens.linking.no_keys_text", language)]
    else:
        content = _screen(services, campaign, language)
    return frame("linking", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Connect the routes by which pairs are sought and decided, and the table of rates that follows them."""
    routes: Mapping[str, tuple[str, Callable[[_Visit], dict[str, Any]]]] = {
        "/linking/pairs.json": ("GET", _pairs),
        "/linking/find": ("POST", _find),
        "/linking/decide": ("POST", _decide),
        "/linking/undo": ("POST", _undo),
    }
    for path, (method, answer) in routes.items():
        app.server.add_url_rule(path, f"linking {path}", _answering(services, answer), methods=[method])

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
    earlier, later = Linker(services.workspace, services.catalogue, campaign).waves()
    heading = [
        html.H1(say("screens.linking.title", language)),
        html.P(say("screens.linking.lead", language), className="lead"),
    ]
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
        html.Div(heading, className="heading"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One request: who asks about which campaign in which language."""

    services: Services
    campaign: Campaign
    language: str

    @property
    def linker(self) -> Linker:
        """The links of the campaign."""
        return Linker(self.services.workspace, self.services.catalogue, self.campaign)

    @property
    def site(self) -> str | None:
        """The one site asked for, if any."""
        site = request.args.get("site") or None
        if site is not None and site not in {one.id for one in self.campaign.sites}:
            abort(404)
        return site

    @property
    def waves(self) -> tuple[str, str]:
        """The two waves asked for."""
        return self.linker.waves(request.args.get("from") or None, request.args.get("to") or None)

    @property
    def body(self) -> dict[str, Any]:
        """What was sent."""
        if (request.content_length or 0) > LARGEST_REQUEST:
            abort(413)
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            abort(400)
        return sent

    def who(self) -> str:
        """The name of whoever decides."""
        name = str(self.body.get("by") or "").strip()[:NAME_CHARACTERS]
        if not name:
            raise CannotProceed("", say(f"{WORDS}need_name", self.language), "")
        return name


def _answering(services: Services, answer: Callable[[_Visit], dict[str, Any]]) -> Callable[[], Any]:
    def view() -> Any:
        address = parse_address(request.args.to_dict(), services.workspace.languages)
        if address.campaign not in services.evaluations.campaigns():
            abort(404)
        campaign = services.evaluations.campaign(address.campaign)
        if campaign is None:
            abort(404)
        try:
            reply = jsonify(answer(_Visit(services=services, campaign=campaign, language=address.language)))
        except AlreadyLinked:
            return jsonify({"error": say("screens.linking.already_linked", address.language)}), 422
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}".strip()}), 422
        reply.headers["Cache-Control"] = "no-store"
        return reply

    return view


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
    waves = visit.waves
    for site in sites:
        visit.linker.find(site, *waves)
    return _pairs(visit)


def _decide(visit: _Visit) -> dict[str, Any]:
    body, decision = visit.body, visit.body.get("decision")
    if decision not in DECISIONS:
        abort(400)
    numbers = visit.linker.certain(visit.site, *visit.waves) if body.get("certain") else body.get("ids")
    if not isinstance(numbers, list) or not all(isinstance(number, int) for number in numbers):
        abort(400)
    visit.linker.decide(numbers, str(decision), visit.who())
    return _pairs(visit)


def _undo(visit: _Visit) -> dict[str, Any]:
    number = visit.body.get("id")
    if not isinstance(number, int):
        abort(400)
    visit.linker.undo(number, visit.who())
    return _pairs(visit)
