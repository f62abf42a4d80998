"""The ledger on a screen: proposals, imported logs, decisions by two people, and what they do to the results."""

import tempfile
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from dash import Dash, html
from flask import Response, abort, request

from campaigns.campaign import Campaign
from dashboard import correction_views as views
from dashboard.components import Drawn, campaign_page, heading
from dashboard.corrections import exported, preview, proposing
from dashboard.links import Address
from dashboard.services import Services
from dashboard.visits import Visit, connect
from surveys.corrections.ledger import MOVES, RESPONDENT, State
from surveys.languages import catalogue, pick, say
from surveys.missing import Missing
from surveys.problems import CannotProceed
from surveys.proposing import Proposing, Wanted
from surveys.reading.limits import Limits


WORDS = "screens.corrections.words."
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
    return campaign_page("corrections", address, services, _screen)


def _screen(campaign: Campaign, language: str) -> list[Any]:
    return [heading("corrections", language), _panel(campaign, language)]


def register(app: Dash, services: Services) -> None:
    """Connect the routes by which the screen reads the ledger and decides."""
    routes = {
        "/corrections.json": ("GET", _ledger),
        "/corrections/form.json": ("GET", _form),
        "/corrections/answer.json": ("GET", _answer),
        "/corrections/propose": ("POST", _propose),
        "/corrections/import": ("POST", _import),
        "/corrections/preview": ("POST", _preview),
        "/corrections/decide": ("POST", _decide),
        "/corrections/log.xlsx": ("GET", _export),
    }
    connect(app, services, routes, partial(_Visit, desk=_Desk(services=services)))


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
class _Visit(Visit):
    """A visit to the ledger."""

    desk: _Desk

    @property
    def proposing(self) -> Proposing:
        """What judges corrections of the campaign."""
        return self.desk.proposing(self.campaign, self.language)

    @property
    def names(self) -> views.Shown:
        """Names of things in the reader's language."""
        return views.Shown(self.campaign, self.proposing.questions, self.language)


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
    chosen = visit.services.catalogue.corrections(visit.campaign.id, ids=visit.ids)
    found = preview(visit.services.workspace, visit.services.catalogue, visit.campaign, chosen)
    return views.preview_view(found, chosen, str(body.get("by") or ""), visit.names)


def _decide(visit: _Visit) -> dict[str, Any]:
    body = visit.body
    action = body.get("action")
    if action not in MOVES:
        abort(400)
    decided = visit.services.catalogue.decide(
        visit.campaign.id,
        visit.ids,
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
