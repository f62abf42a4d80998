"""What a reader takes away: the effects as a table in every format, and the compare table as a picture."""

from dash import Dash
from flask import Response, abort, jsonify, request

from campaigns.effects import Evaluation
from campaigns.export import EXPORT_FORMATS, export_evaluation
from campaigns.tables_beside import BESIDE_FORMATS, TABLES_BESIDE, table_beside
from dashboard.comparison import compare
from dashboard.evaluations import NothingYet, policy_of
from dashboard.figures import PICTURE_WIDTH, forest_figure
from dashboard.links import Address, parse_address
from dashboard.pages.compare import first_outcome, table_words
from dashboard.services import Services
from surveys import columns
from surveys.xlsform import load_instrument


MEDIA_TYPES = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "dta": "application/x-stata-dta",
    "sav": "application/x-spss-sav",
    "tex": "application/x-tex",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "json": "application/json",
    "md": "text/markdown",
}


def register(app: Dash, services: Services) -> None:
    """Add the addresses under ``/download``."""

    @app.server.get("/download/figure.json")
    def figure() -> Response:
        evaluation, address = _asked(services)
        campaign = evaluation.campaign
        known = {outcome.id for outcome in campaign.outcomes}
        outcome = address.outcome if address.outcome in known else first_outcome(campaign).id
        view = compare(evaluation, outcome or "", address.language)
        drawn = forest_figure(view, table_words(campaign, address.language), sites=address.sites)
        return jsonify(
            {
                **drawn.to_plotly_json(),
                "name": f"{campaign.id}-{outcome}",
                "width": PICTURE_WIDTH,
                "height": drawn.layout.height,
            }
        )

    @app.server.get("/download/effects.<kind>")
    def effects(kind: str) -> Response:
        if kind not in EXPORT_FORMATS:
            abort(404)
        evaluation, address = _asked(services)
        return _export(evaluation, kind, address.language)

    @app.server.get("/download/<table>.<kind>")
    def beside(table: str, kind: str) -> Response:
        if table not in TABLES_BESIDE or kind not in BESIDE_FORMATS:
            abort(404)
        evaluation, address = _asked(services)
        campaign, place = evaluation.campaign, services.workspace
        one = table_beside(
            table,
            evaluation,
            columns.refresh(services.catalogue, place.columns, campaign.id, as_of=evaluation.as_of_upload),
            instrument=load_instrument(place.instrument_file(campaign.instrument)),
            language=address.language,
            policy=policy_of(place),
        )
        return _file(BESIDE_FORMATS[kind](one), kind, f"{campaign.id}-{table}.{kind}")


def _asked(services: Services) -> tuple[Evaluation, Address]:
    address = parse_address(
        request.args.to_dict(),
        services.workspace.languages,
        request.headers.get("Accept-Language", ""),
    )
    if address.campaign and address.campaign not in services.evaluations.campaigns():
        abort(404)  # never another campaign's numbers
    campaign = services.evaluations.campaign(address.campaign)
    if campaign is None:
        abort(404)
    try:
        return services.evaluations.current(campaign), address
    except NothingYet:
        abort(404)


def _export(evaluation: Evaluation, kind: str, language: str) -> Response:
    body = export_evaluation(evaluation, kind, language=language)
    return _file(body, kind, f"{evaluation.campaign.id}-effects.{kind}")


def _file(body: bytes, kind: str, name: str) -> Response:
    reply = Response(body, mimetype=MEDIA_TYPES[kind])
    reply.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return reply
