"""What a reader takes away of a figure: the picture, its numbers with what they are, and the script that makes them again."""

from collections.abc import Callable, Sequence
from types import ModuleType

import pandas as pd
from dash import Dash
from flask import Response, abort, request

from campaigns.flat_files import table_as_csv
from dashboard.evaluations import NothingYet
from dashboard.figure_spec import FIGURE_KINDS, FigureSpec, find
from dashboard.figure_svg import as_svg
from dashboard.links import Address, parse_address
from dashboard.services import Services
from surveys.languages import say


Figures = Callable[[Services, Address], Sequence[FigureSpec]]
MEDIA_TYPES = {"svg": "image/svg+xml", "csv": "text/csv", "py": "text/x-python"}


def register(app: Dash, services: Services, pages: dict[str, ModuleType]) -> None:
    """Add the files of every figure of every page that has a function ``figures``."""

    @app.server.get("/download/figure/<page>/<figure>.<kind>")
    def figure_file(page: str, figure: str, kind: str) -> Response:
        made: Figures | None = getattr(pages.get(page), "figures", None)
        if made is None or kind not in FIGURE_KINDS:
            abort(404)
        address = _address(services)
        try:
            spec = find(made(services, address), figure)
        except NothingYet:
            abort(404)
        if spec is None:
            abort(404)
        name = "-".join(part for part in (address.campaign, page, address.site, figure) if part)
        reply = Response(FILES[kind](spec), mimetype=MEDIA_TYPES[kind])
        reply.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
        return reply


def as_csv(spec: FigureSpec) -> bytes:
    """The numbers; above them, behind ``#``, what they are. Proportions are 0-1."""
    about = [
        spec.headline,
        spec.subtitle,
        *spec.notes,
        *spec.source,
        spec.cite,
        spec.simulated,
        say("figures.units", spec.language),
    ]
    lines = [f"# {line}" for said in about for line in said.splitlines() if line]
    columns = list(dict.fromkeys(name for row in spec.data for name in row))
    table = pd.DataFrame([dict(row) for row in spec.data], columns=columns, dtype=object)
    return ("\n".join(lines) + "\n").encode("utf-8") + table_as_csv(table)


FILES: dict[str, Callable[[FigureSpec], bytes]] = {
    "svg": lambda spec: as_svg(spec).encode("utf-8"),
    "csv": as_csv,
    "py": lambda spec: spec.code.encode("utf-8"),
}


def _address(services: Services) -> Address:
    address = parse_address(
        request.args.to_dict(), services.workspace.languages, request.headers.get("Accept-Language", "")
    )
    if address.campaign and address.campaign not in services.evaluations.campaigns():
        abort(404)  # never another campaign's numbers
    return address
