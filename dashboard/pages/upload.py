"""The field team's screen: drop a file, watch it being judged, read the verdict, take the refused rows home."""

from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, html
from flask import Response, abort, jsonify, request

from campaigns.campaign import Campaign
from dashboard import verdicts, wording
from dashboard.components import Drawn, frame, message
from dashboard.histories import Standing, standings_of
from dashboard.links import Address, parse_address
from dashboard.questions import answers_from_page, questions_of
from dashboard.services import Services
from dashboard.uploads import Job, Sending
from surveys.catalogue import Upload
from surveys.languages import catalogue, pick, say
from surveys.problems import CannotProceed
from surveys.reading.limits import Limits


HISTORY = 10
CHUNK = 1 << 20
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WORDS = "screens.upload.words."


class UploadPanel(Drawn):
    """The drop area, the progress and the verdict, drawn by assets/upload.js."""

    _namespace = "campaign_upload"
    _type = "UploadPanel"
    _prop_names = ("id", "campaign", "language", "sites", "waves", "largest", "words", "done")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The upload page of the campaign the address names."""
    language = address.language
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        title, text = say("screens.no_campaign.title", language), say("screens.no_campaign.text", language)
        content: list[Any] = [message(title, text)]
    else:
        content = _screen(services, campaign, language)
    return frame("upload", address, content, services=services, campaign=campaign)


def register(app: Dash, services: Services) -> None:
    """Connect the routes a file goes through, and the history that follows it."""
    _register_routes(app, services)

    @app.callback(
        Output("upload-history", "children"), Input("upload", "done"), Input("upload", "campaign"),
        Input("upload", "language"), prevent_initial_call=True,
    )  # fmt: skip
    def show_history(_: str, campaign: str, language: str) -> list[Any]:
        found = services.evaluations.campaign(campaign)
        return [] if found is None else _history(services, found, language)


def _screen(services: Services, campaign: Campaign, language: str) -> list[Any]:
    sites = [
        {"value": site.id,
         "label": f"{pick(site.title, language)} · {wording.role(site.role.value, language)} · "
                  f"{pick(site.audience, language)}"}
        for site in campaign.sites
    ]  # fmt: skip
    waves = [{"value": wave.id, "label": pick(wave.title, language)} for wave in campaign.waves]
    return [
        html.Div(
            [
                html.H1(say("screens.upload.title", language)),
                html.P(say("screens.upload.lead", language), className="lead"),
            ],
            className="heading",
        ),
        UploadPanel(
            id="upload", campaign=campaign.id, language=language, sites=sites, waves=waves,
            largest=Limits().file_bytes, words=_words(language), done="",
        ),
        html.Div(_history(services, campaign, language), id="upload-history"),
    ]  # fmt: skip


def _words(language: str) -> dict[str, str]:
    keys = [key for key in catalogue("en") if key.startswith(WORDS)]
    return {key.removeprefix(WORDS): say(key, language) for key in keys}


def _history(services: Services, campaign: Campaign, language: str) -> list[Any]:
    uploads = services.catalogue.uploads(campaign.id)[:HISTORY]
    if not uploads:
        return []
    columns = ("when", "file", "place", "accepted", "unchanged", "rejected", "declined", "held")
    standings = standings_of(services.catalogue, campaign.id, uploads)
    head = [html.Th(say(f"screens.upload.history.{name}", language), scope="col") for name in columns]
    table = html.Table(
        [
            html.Caption(say("screens.upload.history.caption", language)),
            html.Thead(html.Tr(head)),
            html.Tbody(
                [
                    _history_row(upload, standing, campaign, language)
                    for upload, standing in zip(uploads, standings, strict=True)
                ]
            ),
        ],
        className="history-table",
    )
    title = html.H2(say("screens.upload.history.title", language))
    more = html.A(
        say("screens.upload.history.more", language),
        href=Address(language=language, campaign=campaign.id).to("/review"),
    )
    shown = [title, html.Div(table, className="scroll", tabIndex="0"), html.P(more)]
    return [html.Section(shown, className="panel history")]


def _history_row(upload: Upload, standing: Standing, campaign: Campaign, language: str) -> html.Tr:
    titles = {site.id: pick(site.title, language) for site in campaign.sites}
    place = titles.get(upload.site or "", say("screens.upload.history.by_file", language))
    when = wording.moment(upload.uploaded_at, language)
    numbers = (
        standing.accepted, standing.unchanged, standing.rejected, standing.declined, standing.held
    )  # fmt: skip
    whole = "refused" if upload.verdict == "reject-file" else "" if upload.in_force else "out"
    cells = (
        [html.Td(say(f"screens.upload.history.{whole}", language), colSpan=len(numbers), className="refused")]
        if whole
        else [html.Td(f"{number:,}", className="number") for number in numbers]
    )
    return html.Tr([html.Td(when), html.Th(upload.name, scope="row"), html.Td(place), *cells])


# ---- the routes a file goes through ----------------------------------------------------------------------


def _register_routes(app: Dash, services: Services) -> None:
    @app.server.post("/upload")
    def receive() -> tuple[Response, int]:
        address = parse_address(request.args.to_dict(), services.workspace.languages)
        campaign = services.evaluations.campaigns().get(address.campaign or "")
        if campaign is None:
            abort(404)
        if (request.content_length or 0) > Limits().file_bytes:
            return jsonify({"error": say("screens.upload.words.too_large", address.language)}), 413
        path = services.uploads.new_place()
        _save(path)
        sending = Sending(
            path=path,
            name=request.args.get("name", "")[:300] or "upload",
            campaign=campaign.stem,
            site=request.args.get("site") or None,
            wave=request.args.get("wave") or None,
            language=address.language,
        )
        return jsonify({"job": services.uploads.begin(sending).id}), 202

    @app.server.post("/upload/<job_id>/answers")
    def answer(job_id: str) -> tuple[Response, int]:
        said = request.get_json(silent=True)
        try:
            answers, by = answers_from_page(said)
        except CannotProceed as stop:
            return jsonify({"error": f"{stop.what} {stop.remedy}"}), 400
        job = services.uploads.again(_job(services, job_id), answers, by)
        if job is None:
            return jsonify({"error": say("screens.upload.words.asked_gone", _language(services))}), 410
        return jsonify({"job": job.id}), 202

    @app.server.get("/upload/<job_id>.json")
    def progress(job_id: str) -> Response:
        return jsonify(_told(_job(services, job_id), _language(services)))

    @app.server.get("/upload/<job_id>/refused.xlsx")
    def refused(job_id: str) -> Response:
        job = _job(services, job_id)
        if job.refused_rows is None:
            abort(404)
        reply = Response(job.refused_rows, mimetype=WORKBOOK)
        reply.headers.set(
            "Content-Disposition", "attachment", filename=f"{Path(job.name).stem}-refused-rows.xlsx"
        )
        reply.headers["Cache-Control"] = "no-store"
        return reply


def _language(services: Services) -> str:
    return parse_address(request.args.to_dict(), services.workspace.languages).language


def _save(path: Path) -> None:
    with path.open("wb") as file:
        while chunk := request.stream.read(CHUNK):
            file.write(chunk)


def _job(services: Services, job_id: str) -> Job:
    job = services.uploads.job(job_id)
    if job is None:
        abort(404)
    return job


def _told(job: Job, language: str) -> dict[str, Any]:
    told: dict[str, Any] = {
        "state": job.state, "fraction": job.fraction,
        "step": say(f"screens.upload.steps.{job.step}", language),
    }  # fmt: skip
    if job.state == "done" and job.receipt is not None:
        told["verdict"] = verdicts.verdict_of(job.receipt, language)
        told["questions"] = questions_of(job.receipt.report.doubts, language) if job.waiting else []
        if job.receipt.held:
            told["review"] = Address(language=language, campaign=job.campaign).to("/review")
        told["refused_rows"] = f"/upload/{job.id}/refused.xlsx" if job.refused_rows else ""
    if job.state == "failed":
        told["verdict"] = verdicts.stopped(job.stop, language)
    return told
