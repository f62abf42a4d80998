"""The versions of one interview on the review page: when each came and by whom, and what it changed."""

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dashboard import wording
from dashboard.review_desk import Desk
from dashboard.services import Services
from surveys.record.history import Revision


COLUMNS = ("version", "when", "by", "file", "place", "counts", "changed")


def versions_of(desk: Desk, key: str, interview: str | None = None) -> html.Div:
    """A button that shows the versions of an interview; without one, a field for its id beside it."""
    field = f"versions-{key}"
    asked = {"page": "review", "interview": key}
    return html.Div(
        [
            html.Div(
                html.Label([html.Span(desk.say("versions.id")), dcc.Input(id=asked, type="text", maxLength=300, name=field)]),
                className="field",
            )
            if interview is None
            else dcc.Input(id=asked, type="hidden", value=interview),
            html.Button(
                desk.say("versions.show"), id={"page": "review", "versions": key}, type="button", className="button quiet"
            ),
            html.Div(id={"page": "review", "shown": key}, role="status"),
        ],
        className="interview-versions",
    )  # fmt: skip


def connect_versions(app: Dash, services: Services) -> None:
    """Connect the buttons that show versions."""

    @app.callback(
        Output({"page": "review", "shown": ALL}, "children"),
        Input({"page": "review", "versions": ALL}, "n_clicks"),
        State({"page": "review", "interview": ALL}, "value"), State({"page": "review", "interview": ALL}, "id"),
        State("review-where", "data"), prevent_initial_call=True,
    )  # fmt: skip
    def show(
        clicks: list[int | None], interviews: list[str | None], ids: list[Any], where: dict[str, Any]
    ) -> list[Any]:
        campaign = services.evaluations.campaign(where["campaign"])
        if campaign is None or not any(clicks):
            return [no_update] * len(ids)
        desk = Desk(services=services, campaign=campaign, sites=where["sites"], language=where["language"])
        asked = ctx.triggered_id["versions"]
        return [
            shown(desk, (interview or "").strip()) if one["interview"] == asked else no_update
            for one, interview in zip(ids, interviews, strict=True)
        ]


def shown(desk: Desk, interview: str) -> html.Div | html.P:
    """Every version of an interview as the team may see it, the newest first."""
    found = desk.services.catalogue.revisions(desk.campaign.id, interview) if interview else []
    if desk.sites and not any(one.site in desk.sites for one in found):
        found = []
    if not found:
        return html.P(desk.say("versions.unknown"), className="said bad")
    newest = found[-1]
    head = [html.Th(desk.say(f"versions.columns.{name}"), scope="col") for name in COLUMNS]
    rows = [
        _row(desk, one, hidden={newest.site} != {one.site, before.site})
        for one, before in zip(reversed(found), [*reversed(found[:-1]), found[0]], strict=True)
    ]
    caption = html.Caption(desk.say("versions.caption", submission=newest.submission, count=len(found)))
    table = html.Table(
        [caption, html.Thead(html.Tr(head)), html.Tbody(rows)], className="history-table steps"
    )
    return html.Div(table, className="scroll", tabIndex="0")


def _row(desk: Desk, one: Revision, *, hidden: bool) -> html.Tr:
    stands = desk.say("versions.stands") if one.went is None else desk.say("versions.until", step=one.went)
    return html.Tr(
        [
            html.Th(str(one.revision), scope="row"),
            html.Td(wording.moment(one.sent_at, desk.language)),
            html.Td(one.sent_by),
            html.Td(desk.say("versions.file", file=one.file, upload=one.upload)),
            html.Td(desk.place(one.site, one.wave)),
            html.Td(stands),
            html.Td(_changes(desk, one, hidden=hidden)),
        ]
    )


def _changes(desk: Desk, one: Revision, *, hidden: bool) -> html.Ul | str:
    if not one.differences:
        return desk.say("versions.first" if one.revision == 1 else "versions.same")
    said = []
    for change in one.differences:
        before = desk.answer(change.column, change.before, hidden=hidden)
        after = desk.answer(change.column, change.after, hidden=hidden)
        said.append(html.Li([html.B(desk.column(change.column)), f": {before} → {after}"]))
    return html.Ul(said)
