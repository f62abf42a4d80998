"""The routes a file goes through: announced, sent in pieces, judged, watched, cancelled, taken back.

Sending follows the manner of the tus protocol: a piece says at which byte it begins, and whoever was cut off asks first.
"""

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dash import Dash
from flask import Response, abort, jsonify, request

from dashboard import verdicts
from dashboard.histories import take_back
from dashboard.links import Address, parse_address
from dashboard.questions import answers_from_page, person_from_page, questions_of
from dashboard.receiving import PIECE_BYTES, Coming, Elsewhere, NoRoom, TooLarge
from dashboard.services import Services
from dashboard.uploads import Job
from surveys.languages import say
from surveys.problems import CannotProceed, Refused


PATIENCE = 60  # seconds a line may say nothing in the middle of a piece
LONGEST_NAME = 300
OFFSET = re.compile(r"[0-9]{1,15}")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Reply = tuple[Response, int]


def register(app: Dash, services: Services) -> None:
    """Connect the routes."""
    _register_sending(app, services)
    _register_judging(app, services)


def _register_sending(app: Dash, services: Services) -> None:
    receiving = services.uploads.receiving

    @app.server.post("/upload")
    def announce() -> Reply:
        said = _said()
        campaign = str(said.get("campaign"))
        size = said.get("size")
        if campaign not in services.evaluations.campaigns():
            abort(404)
        if type(size) is not int or size < 0:
            abort(400)
        try:
            coming = receiving.announce(
                name=str(said.get("name") or "")[:LONGEST_NAME] or "upload",
                size=size,
                campaign=campaign,
                site=_text(said, "site"),
                wave=_text(said, "wave"),
                by=person_from_page(said),
            )
        except CannotProceed:
            return _error("name_missing", 400)
        except TooLarge:
            return _error("too_large", 413)
        except NoRoom:
            return _error("no_room", 503)
        services.uploads.warm(campaign)
        return jsonify({"id": coming.id, "offset": 0}), 201

    @app.server.route("/upload/<id_>", methods=["HEAD"])
    def arrived(id_: str) -> Response:
        coming = _coming(id_)
        reply = Response(
            headers={"Upload-Offset": str(receiving.offset(coming)), "Upload-Length": str(coming.size)}
        )
        reply.headers["Cache-Control"] = "no-store"
        return reply

    @app.server.patch("/upload/<id_>")
    def piece(id_: str) -> Reply:
        coming = _coming(id_)
        offset = request.headers.get("Upload-Offset", "")
        if OFFSET.fullmatch(offset) is None:
            abort(400)
        if (request.content_length or 0) > PIECE_BYTES:
            return _error("too_large", 413)
        try:
            with _impatient():
                return jsonify({"offset": receiving.append(coming, int(offset), request.stream)}), 200
        except Elsewhere as elsewhere:
            return jsonify({"offset": elsewhere.offset}), 409
        except TooLarge:
            return _error("changed", 413)
        except OSError:
            abort(408)  # the line is dead; what came is kept

    @app.server.post("/upload/<id_>/whole")
    def whole(id_: str) -> Reply:
        job = services.uploads.job(id_)
        if job is None:
            coming = _coming(id_)
            try:
                as_sent = receiving.hand_over(coming, str(_said().get("fingerprint") or ""))
            except Elsewhere as elsewhere:
                return jsonify({"offset": elsewhere.offset}), 409
            if not as_sent:
                return _error("changed", 422)
            job = services.uploads.begin(coming, _language(services))
        return jsonify({"job": job.id}), 202

    def _coming(id_: str) -> Coming:
        coming = receiving.find(id_)
        if coming is None:
            abort(404)
        return coming

    def _error(key: str, status: int) -> Reply:
        sentence = say(f"screens.upload.words.{key}", _language(services), limit=receiving.limit >> 20)
        return jsonify({"error": sentence}), status


def _register_judging(app: Dash, services: Services) -> None:
    uploads = services.uploads

    @app.server.get("/upload/<id_>.json")
    def progress(id_: str) -> Response:
        job, coming = uploads.job(id_), uploads.receiving.find(id_)
        if job is not None:
            told = _told(job, _language(services))
        elif coming is not None:
            told = _under_way(coming)
        else:
            abort(404)
        reply = jsonify(told)
        reply.headers["Cache-Control"] = "no-store"
        return reply

    @app.server.delete("/upload/<id_>")
    def cancel(id_: str) -> Reply:
        job = uploads.job(id_)
        if job is not None:
            return jsonify({"cancelled": uploads.cancel(job)}), 200
        if uploads.receiving.find(id_) is None:
            abort(404)
        uploads.receiving.remove(id_)
        return jsonify({"cancelled": True}), 200

    @app.server.post("/upload/<id_>/answers")
    def answer(id_: str) -> Reply:
        try:
            answers, by = answers_from_page(_said())
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}"}), 400
        job = uploads.again(_job(id_), answers, by)
        if job is None:
            return jsonify({"error": say("screens.upload.words.asked_gone", _language(services))}), 410
        return jsonify({"job": job.id}), 202

    @app.server.post("/upload/<id_>/undo")
    def undo(id_: str) -> Reply:
        job = _job(id_)
        if job.receipt is None or job.receipt.repeated:
            abort(409)
        try:
            take_back(services, job.campaign, job.receipt.upload, person_from_page(_said()))
        except Refused as refused:
            return jsonify({"error": refused.told(_language(services))}), 409
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}"}), 409
        return jsonify({"done": say("screens.upload.words.undone", _language(services))}), 200

    @app.server.get("/upload/<id_>/refused.xlsx")
    def refused(id_: str) -> Response:
        job = _job(id_)
        if job.refused_rows is None:
            abort(404)
        reply = Response(job.refused_rows, mimetype=WORKBOOK)
        reply.headers.set(
            "Content-Disposition", "attachment", filename=f"{Path(job.name).stem}-refused-rows.xlsx"
        )
        reply.headers["Cache-Control"] = "no-store"
        return reply

    def _under_way(coming: Coming) -> dict[str, Any]:
        return {
            "state": "arriving", "name": coming.name, "size": coming.size, "site": coming.site or "",
            "wave": coming.wave or "", "offset": uploads.receiving.offset(coming),
            "fingerprint": uploads.receiving.fingerprint(coming),
            "verified": uploads.receiving.is_verified(coming),
        }  # fmt: skip

    def _job(id_: str) -> Job:
        job = uploads.job(id_)
        if job is None:
            abort(404)
        return job


def _language(services: Services) -> str:
    return parse_address(request.args.to_dict(), services.workspace.languages).language


def _told(job: Job, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "state": job.state, "name": job.name, "fraction": job.fraction, "stage": job.step,
        "step": say(f"screens.upload.steps.{job.step}", language), "storing": job.storing,
    }  # fmt: skip
    if job.state == "done" and job.receipt is not None:
        receipt = job.receipt
        told["verdict"] = verdicts.verdict_of(receipt, language)
        told["questions"] = questions_of(receipt.report.doubts, language) if job.kept or job.writing else []
        told["writing"] = job.writing
        told["undo"] = not receipt.repeated and bool(receipt.accepted or receipt.held)
        if receipt.held:
            told["review"] = Address(language=language, campaign=job.campaign).to("/review")
        told["refused_rows"] = f"/upload/{job.id}/refused.xlsx" if job.refused_rows else ""
    if job.state == "failed":
        told["verdict"] = verdicts.stopped(job.stop, language)
    return told


def _said() -> Mapping[str, Any]:
    said = request.get_json(silent=True)
    return said if isinstance(said, dict) else {}


def _text(said: Mapping[str, Any], key: str) -> str | None:
    return str(said.get(key) or "")[:LONGEST_NAME] or None


@contextlib.contextmanager
def _impatient() -> Iterator[None]:
    """A line that died without a word does not hold one of the server's threads for good."""
    line = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if line is None:
        yield
        return
    before = line.gettimeout()
    line.settimeout(PATIENCE)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            line.settimeout(before)
