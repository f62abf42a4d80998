"""What a page's own routes have in common: who asks about which campaign, what was sent, and refusals in the reader's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash
from flask import Response, abort, jsonify, request

from campaigns.campaign import Campaign
from dashboard.links import parse_address
from dashboard.services import Services
from surveys.problems import CannotProceed, FileRefused, Refused


LARGEST_REQUEST = 2 << 20  # bytes of a decision; a file comes as a stream
LARGEST_ID = 2**31
NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request: who asks about which campaign in which language."""

    services: Services
    campaign: Campaign
    language: str

    @property
    def site(self) -> str | None:
        """The one site asked for, if any."""
        site = request.args.get("site") or None
        if site is not None and site not in {one.id for one in self.campaign.sites}:
            abort(404)
        return site

    @property
    def body(self) -> dict[str, Any]:
        """What was sent."""
        if (request.content_length or 0) > LARGEST_REQUEST:
            abort(413)
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            abort(400)
        return sent

    @property
    def ids(self) -> list[int]:
        """The numbers that were sent."""
        sent = self.body.get("ids")
        if not isinstance(sent, list) or not all(type(one) is int and 0 <= one < LARGEST_ID for one in sent):
            abort(400)
        return sent

    def who(self, name: object) -> str:
        """The name of whoever decides."""
        text = str(name or "").strip()[:NAME_CHARACTERS]
        if not text:
            raise Refused("name_needed", "")
        return text


def connect(
    app: Dash,
    services: Services,
    routes: Mapping[str, tuple[str, Callable[[Any], Any]]],
    visit: Callable[..., Visit] = Visit,
) -> None:
    """Connect the routes of a page: path -> method and what answers a visit.

    Parameters
    ----------
    visit
        Makes the visit of ``services``, ``campaign`` and ``language``.
    """
    for path, (method, answer) in routes.items():
        app.server.add_url_rule(
            path, path.removeprefix("/"), _answering(services, answer, visit), methods=[method],
            strict_slashes=False,
        )  # fmt: skip


def _answering(
    services: Services, answer: Callable[[Any], Any], visit: Callable[..., Visit]
) -> Callable[[], Any]:
    def view() -> Any:
        address = parse_address(request.args.to_dict(), services.workspace.languages)
        language = address.language
        if address.campaign not in services.evaluations.campaigns():
            abort(404)
        campaign = services.evaluations.campaign(address.campaign)
        if campaign is None:
            abort(404)
        try:
            given = answer(visit(services=services, campaign=campaign, language=language))
        except FileRefused as refused:
            problem = refused.problem
            return jsonify({"error": f"{problem.message(language)} {problem.remedy(language)}"}), 422
        except Refused as refused:
            return jsonify({"error": refused.told(language)}), 422
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}".strip()}), 422
        reply = given if isinstance(given, Response) else jsonify(given)
        reply.headers["Cache-Control"] = "no-store"
        return reply

    return view
