"""The ledger on a screen: proposals, imported logs, decisions by two people, and what they do to the results."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dash import Dash, html
from flask import Response, abort, jsonify, request

from campaigns.campaign import Campaign
from dashboard import correction_views as views
from dashboard.components import Drawn, frame, message
from dashboard.corrections import exported, preview, proposing
from dashboard.links import Address, parse_address
from dashboard.services import Services
from surveys.corrections.ledger import MOVES, RESPONDENT, State
from surveys.languages import catalogue, pick, say
from surveys.missing import Missing
from surveys.problems import CannotProceed, FileRefused
from surveys.proposing import Proposing, Wanted
from surveys.reading.limits import Limits


WORDS = "screens.corrections.words."
LARGEST_REQUEST = 2 << 20  # bytes of a decision; a log may be as large as any file
CHUNK = 1 << 20
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CorrectionsPanel(Drawn):
    """The ledger and what can be done with it, drawn by assets/corrections.js."""

    _namespace = "campaign_corrections"
    _type = "CorrectionsPanel"
    _prop_names = ("id", "campaign", "language", "sites", "states", "reasons", "words", "empty")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The corrections of the campaign the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        title, text = say("screens.no_campaign.title", language), say("screens.no_campaign.text", language)
        content: list[Any] = [message(title, text)]
    else:
        content = [
            html.Div(
                [
                    html.H1(say("screens.corrections.title", language)),
                    html.P(say("screens.corrections.lead", language), className="lead"),
                ],
                className="heading",
            ),
            _panel(campaign, language),
        ]
    return frame("corrections", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Connect the routes by which the screen reads the ledger and decides."""
    desk = _Desk(services=services)
    routes: Mapping[str, tuple[str, Callable[[_Visit], Any]]] = {
        "/corrections.json": ("GET", _ledger),
        "/corrections/form.json": ("GET", _form),
        "/corrections/answer.json": ("GET", _answer),
        "/corrections/propose": ("POST", _propose),
        "/corrections/import": ("POST", _import),
        "/corrections/preview": ("POST", _preview),
        "/corrections/decide": ("POST", _decide),
        "/corrections/log.xlsx": ("GET", _export),
    }
    for path, (method, answer) in routes.items():
        app.server.add_url_rule(
            path, f"corrections {path}", _answering(desk, answer), methods=[method], strict_slashes=False
        )


def _panel(campaign: Campaign, language: str) -> CorrectionsPanel:
    keys = [key for key in catalogue("en") if key.startswith(WORDS)]
    reasons = [one for one in Missing if one is not Missing.NOT_ASKED]  # that follows from the form alone
    return CorrectionsPanel(
        id="corrections",
        campaign=campaign.id,
        language=language,
        sites=[{"value": site.id, "label": pick(site.title, language)} for site in campaign.sites],
        states=[
            {"value": state.value, "label": say(f"corrections.states.{state.value}", language)}
            for state in State
        ],
        reasons=[
            {"value": one.value, "label": say(f"screens.corrections.missing.{one.value}", language)}
            for one in reasons
        ],
        words={key.removeprefix(WORDS): say(key, language) for key in keys},
        empty={
            "ever": say("screens.corrections.none_yet", language),
            "here": say("screens.corrections.none_here", language),
        },
    )


@dataclass(slots=True, kw_only=True)
class _Desk:
    """The services, and for each campaign what judges its corrections, kept while its files stay as they are."""

    services: Services
    kept: dict[str, tuple[tuple[str, int], Proposing]] = field(default_factory=dict)

    def proposing(self, campaign: Campaign, language: str) -> Proposing:
        """What judges corrections of a campaign, read anew when its questionnaire changes."""
        workspace = self.services.workspace
        version = (campaign.sha256, workspace.instrument_file(campaign.instrument).stat().st_mtime_ns)
        kept = self.kept.get(campaign.id)
        if kept is None or kept[0] != version:
            kept = (version, proposing(workspace, self.services.catalogue, campaign, language))
            self.kept[campaign.id] = kept
        return kept[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Visit:
    """One request: who asks about which campaign in which language."""

    desk: _Desk
    campaign: Campaign
    language: str

    @property
    def services(self) -> Services:
        """What the pages call upon."""
        return self.desk.services

    @property
    def proposing(self) -> Proposing:
        """What judges corrections of the campaign."""
        return self.desk.proposing(self.campaign, self.language)

    @property
    def names(self) -> views.Shown:
        """Names of things in the reader's language."""
        return views.Shown(self.campaign, self.proposing.questions, self.language)

    @property
    def body(self) -> dict[str, Any]:
        """What was sent."""
        if (request.content_length or 0) > LARGEST_REQUEST:
            abort(413)
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            abort(400)
        return sent

    def who(self, name: object) -> str:
        """The name of whoever decides."""
        text = str(name or "").strip()[:200]
        if not text:
            raise CannotProceed("", say(f"{WORDS}need_name", self.language), "")
        return text


def _answering(desk: _Desk, answer: Callable[[_Visit], Any]) -> Callable[[], Any]:
    def view() -> Any:
        address = parse_address(request.args.to_dict(), desk.services.workspace.languages)
        if address.campaign not in desk.services.evaluations.campaigns():
            abort(404)
        campaign = desk.services.evaluations.campaign(address.campaign)
        if campaign is None:
            abort(404)
        try:
            given = answer(_Visit(desk=desk, campaign=campaign, language=address.language))
        except FileRefused as refused:
            problem = refused.problem
            said = f"{problem.message(address.language)} {problem.remedy(address.language)}"
            return jsonify({"error": said}), 422
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}".strip()}), 422
        reply = given if isinstance(given, Response) else jsonify(given)
        reply.headers["Cache-Control"] = "no-store"
        return reply

    return view


def _ledger(visit: _Visit) -> dict[str, Any]:
    asked = {name: request.args.get(name) or None for name in ("state", "site", "question")}
    known = {state.value: state for state in State}
    states = [known[asked["state"]]] if asked["state"] in known else None
    ledger = visit.services.catalogue
    found = ledger.corrections(
        visit.campaign.id, states=states, site=asked["site"], question=asked["question"]
    )
    shown = found[-views.SHOWN_ROWS :]
    steps = ledger.correction_steps([one.id for one in shown])
    empty = not found and not (any(asked.values()) and ledger.corrections(visit.campaign.id))
    return {"rows": views.ledger_view(shown, steps, visit.names), "total": len(found), "never": empty}


def _form(visit: _Visit) -> dict[str, Any]:
    return {"questions": views.form_view(visit.names)}


def _answer(visit: _Visit) -> dict[str, Any]:
    """What is stored now, so that whoever corrects it sees it first."""
    name = request.args.get("question", "")
    held = visit.proposing.held(request.args.get("submission", "").strip(), name)
    if held is None:
        return {"known": False, "text": ""}
    asked = visit.proposing.questions.stored(name)
    part = RESPONDENT if asked.part == "respondent" else None
    text = say(f"{WORDS}now", visit.language, value=visit.names.answer(held, name, part))
    return {"known": True, "text": text}


def _propose(visit: _Visit) -> dict[str, Any]:
    body = visit.body
    withdraw, missing = bool(body.get("withdraw")), str(body.get("missing") or "")
    wanted = Wanted(
        submission=str(body.get("submission") or "").strip(),
        kind="withdraw" if withdraw else "change",
        question=str(body.get("question") or ""),
        new=str(body.get("value") or ""),
        missing=missing if missing in {one.value for one in Missing} else None,
        reason=str(body.get("reason") or "").strip()[:2000],
    )
    [(judged, id_)] = visit.proposing.propose([wanted], visit.who(body.get("by")))
    return views.judged_view(judged, id_, visit.language)


def _import(visit: _Visit) -> dict[str, Any]:
    if (request.content_length or 0) > Limits().file_bytes:
        raise CannotProceed("", say("screens.upload.words.too_large", visit.language), "")
    by = visit.who(request.args.get("by"))
    with tempfile.TemporaryDirectory(prefix="log-") as folder:
        path = Path(folder) / "log"
        with path.open("wb") as file:
            while chunk := request.stream.read(CHUNK):
                file.write(chunk)
        name = request.args.get("name", "")[:300] or "log.csv"
        report = visit.proposing.import_log(path, author=by, name=name)
    return views.import_view(report, visit.language)


def _preview(visit: _Visit) -> dict[str, Any]:
    body = visit.body
    chosen = visit.services.catalogue.corrections(visit.campaign.id, ids=_ids(body))
    found = preview(visit.services.workspace, visit.services.catalogue, visit.campaign, chosen)
    return views.preview_view(found, chosen, str(body.get("by") or ""), visit.names)


def _decide(visit: _Visit) -> dict[str, Any]:
    body = visit.body
    action = body.get("action")
    if action not in MOVES:
        abort(400)
    decided = visit.services.catalogue.decide(
        visit.campaign.id,
        _ids(body),
        action,
        by=visit.who(body.get("by")),
        why=str(body.get("why") or "")[:2000],
    )
    return views.decided_view(decided, action, visit.language)


def _export(visit: _Visit) -> Response:
    ledger = visit.services.catalogue
    content = exported(ledger, ledger.corrections(visit.campaign.id), "xlsx")
    reply = Response(content, mimetype=WORKBOOK)
    reply.headers.set("Content-Disposition", "attachment", filename=f"{visit.campaign.id}-cleaning-log.xlsx")
    return reply


def _ids(body: Mapping[str, Any]) -> list[int]:
    sent = body.get("ids")
    if not isinstance(sent, list) or not all(isinstance(one, int) for one in sent):
        abort(400)
    return sent
