"""Held interviews side by side with what they compete with, decisions about them, and the history with its undo."""

from dataclasses import asdict
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from campaigns.campaign import Campaign
from dashboard import verdicts, wording
from dashboard.components import campaign_page, disclosure, heading
from dashboard.histories import Standing, standings_of
from dashboard.interview_versions import connect_versions, versions_of
from dashboard.links import Address
from dashboard.review_desk import WORDS, Desk
from dashboard.services import Services
from surveys import columns
from surveys.languages import catalogue, say
from surveys.problems import CannotProceed, Refused
from surveys.record.reviewing import ACTIONS, Comparison, VersionShown
from surveys.record.uploads import Upload


CARDS = 10  # held interviews shown at a time
STEPS = 25


def layout(services: Services, address: Address) -> html.Div:
    """The review page of the campaign the address names."""

    def content(campaign: Campaign, language: str) -> list[Any]:
        return _screen(Desk(services=services, campaign=campaign, sites=address.sites, language=language))

    return campaign_page("review", address, services, content)


def register(app: Dash, services: Services) -> None:
    """Connect the buttons: each decides, then everything is shown as it stands."""

    @app.callback(
        Output("review-body", "children"), Output("review-said", "children"),
        Input({"page": "review", "do": ALL, "on": ALL}, "n_clicks"),
        State("review-name", "value"), State({"page": "review", "why": ALL}, "value"),
        State({"page": "review", "why": ALL}, "id"), State("review-where", "data"),
        prevent_initial_call=True,
    )  # fmt: skip
    def act(
        clicks: list[int | None], name: str, whys: list[str | None], ids: list[Any], where: dict[str, Any]
    ) -> Any:
        campaign = services.evaluations.campaign(where["campaign"])
        if campaign is None or not any(clicks):
            return no_update, no_update
        desk = Desk(services=services, campaign=campaign, sites=where["sites"], language=where["language"])
        reasons = {one["why"]: text or "" for one, text in zip(ids, whys, strict=True)}
        pressed = ctx.triggered_id
        return acted(desk, pressed["do"], pressed["on"], name or "", reasons.get(pressed["on"], ""))

    connect_versions(app, services)


def acted(desk: Desk, do: str, on: int, name: str, why: str) -> tuple[list[Any], html.P]:
    """Decide, take back or bring back; the page as it then stands, and what became of it."""
    try:
        step = _change(desk, do, on, name.strip()[:200], why.strip()[:2000])
    except Refused as refused:
        return _body(desk), html.P(refused.told(desk.language), className="said bad")
    except CannotProceed as stop:
        return _body(desk), html.P(f"{stop.what} {stop.remedy}", className="said bad")
    return _body(desk), html.P(desk.say(f"done.{do}", step=step, on=on), className="said")


def _change(desk: Desk, do: str, on: int, name: str, why: str) -> int:
    if not name:
        raise Refused("name_needed", "review")
    record, campaign = desk.services.catalogue, desk.campaign.id
    action = next((one for one in ACTIONS if one == do), None)
    if action is not None:
        step = record.decide_held(campaign, on, action, by=name, why=why)
    else:
        step = (record.redo if do == "redo" else record.undo)(campaign, on, by=name, why=why)
    columns.refresh(record, desk.services.workspace.columns, campaign)
    return step


def _screen(desk: Desk) -> list[Any]:
    where = {"campaign": desk.campaign.id, "sites": list(desk.sites), "language": desk.language}
    name = html.Div(
        [
            html.Label(desk.say("name"), htmlFor="review-name"),
            dcc.Input(
                id="review-name", type="text", autoComplete="name", maxLength=200, debounce=False,
                persistence=True, persistence_type="local",
            ),
            html.Small(desk.say("name_hint")),
        ],
        className="field",
    )  # fmt: skip
    return [
        heading("review", desk.language),
        dcc.Store(id="review-where", data=where),
        html.Div(
            [
                html.Div(name, className="panel who"),
                html.Div(id="review-said", role="status", **{"aria-live": "polite"}),
                html.Div(_body(desk), id="review-body"),
            ],
            className="review",
        ),
    ]


def _body(desk: Desk) -> list[Any]:
    return [_kept_back(desk), _waiting(desk), _sought(desk), _history(desk)]


# ---- what waits --------------------------------------------------------------------------------------------


def _waiting(desk: Desk) -> html.Section:
    record = desk.services.catalogue
    held = [one for one in record.held(desk.campaign.id) if not desk.sites or one.site in desk.sites]
    title = html.H2(desk.say("waiting"))
    if not held:
        return html.Section([title, html.P(desk.say("none"), className="empty")], className="panel")
    shown = record.compare_held(desk.campaign.id, [one.id for one in held[:CARDS]])
    more = len(held) - CARDS
    return html.Section(
        [
            title,
            html.P(desk.say("waiting_count", count=len(held))),
            *[_card(desk, one) for one in shown],
            *([html.P(desk.say("more", count=more), className="more")] if more > 0 else []),
        ],
        className="panel",
    )


def _kept_back(desk: Desk) -> html.P | None:
    """The way to the texts that wait because they seem to point to a person."""
    waiting = desk.services.catalogue.withheld(desk.campaign.id)
    count = sum(not desk.sites or one.site in desk.sites for one in waiting)
    if not count:
        return None
    address = Address(language=desk.language, campaign=desk.campaign.id).to("/withheld")
    said = say("screens.withheld.on_review", desk.language, count=count)
    link = html.A(say("screens.withheld.on_review_link", desk.language), href=address)
    return html.P([said, " ", link], className="panel")


def _card(desk: Desk, comparison: Comparison) -> html.Article:
    held = comparison.held
    when = wording.moment(held.uploaded_at, desk.language)
    place = desk.place(held.site, held.wave)
    stored = any(version.held is None for version in comparison.versions)
    actions = ("replace", "both", "discard") if stored else ("store", "discard")
    return html.Article(
        [
            html.H3(desk.say("card", submission=held.submission)),
            html.P(
                f"{place} · {desk.say('came', row=held.row, file=held.file, when=when)}", className="source"
            ),
            html.P(desk.say(f"because.{held.code}")),
            _side_by_side(desk, comparison),
            versions_of(desk, str(held.id), held.interview) if stored else None,
            _reason(desk, held.id),
            html.Div(
                [
                    _button(desk, f"actions.{do}", "replace" if do == "store" else do, held.id)
                    for do in actions
                ],
                className="buttons",
            ),
        ],
        className="held-card",
    )


def _reason(desk: Desk, held: int) -> html.Div:
    field = f"review-why-{held}"
    return html.Div(
        html.Label(
            [
                html.Span(desk.say("why")),
                dcc.Input(id={"page": "review", "why": held}, type="text", maxLength=2000, name=field),
                html.Small(desk.say("why_hint")),
            ]
        ),
        className="field",
    )


def _button(desk: Desk, words: str, do: str, on: int, **values: object) -> html.Button:
    quiet = " quiet" if do in ("discard", "undo", "redo") else ""
    return html.Button(
        desk.say(words, **values), id={"page": "review", "do": do, "on": on}, type="button",
        className=f"button{quiet}",
    )  # fmt: skip


def _side_by_side(desk: Desk, comparison: Comparison) -> html.Div | html.P:
    if not comparison.differing:
        return html.P(desk.say("same"))
    held = comparison.held
    head = [html.Th(desk.say("column"), scope="col")]
    head += [html.Th(_heading(desk, version, held.id), scope="col") for version in comparison.versions]
    rows = [
        html.Tr(
            [
                html.Th(desk.column(name), scope="row"),
                *[
                    html.Td(desk.answer(name, cell, hidden=version.hidden))
                    for cell, version in zip(cells, comparison.versions, strict=True)
                ],
            ]
        )
        for name, cells in comparison.differing
    ]
    caption = html.Caption(desk.say("compared", submission=held.submission))
    table = html.Table([caption, html.Thead(html.Tr(head)), html.Tbody(rows)], className="versions")
    return html.Div(table, className="scroll", tabIndex="0")


def _heading(desk: Desk, version: VersionShown, held: int) -> str:
    if version.held is None:
        return desk.say("stored_elsewhere" if version.hidden else "stored")
    return desk.say("this") if version.held == held else desk.say("other", held=version.held)


def _sought(desk: Desk) -> html.Section:
    """The versions of any interview, by its id."""
    parts = [
        html.H2(desk.say("versions.title")),
        html.P(desk.say("versions.lead")),
        versions_of(desk, "sought"),
    ]
    return html.Section(parts, className="panel")


# ---- what was done -----------------------------------------------------------------------------------------


def _history(desk: Desk) -> html.Section | None:
    steps = desk.services.catalogue.steps(desk.campaign.id)
    if not steps:
        return None
    names = ("step", "when", "what", "by", "numbers", "state", "do")
    head = [html.Th(desk.say(f"columns.{name}"), scope="col") for name in names]
    table = html.Table(
        [
            html.Caption(desk.say("history_caption")),
            html.Thead(html.Tr(head)),
            html.Tbody(
                [
                    _step(desk, one, standing)
                    for one, standing in zip(
                        steps[:STEPS],
                        standings_of(desk.services.catalogue, desk.campaign.id, steps[:STEPS]),
                        strict=True,
                    )
                ]
            ),
        ],
        className="history-table steps",
    )
    note = desk.say("history_more", shown=STEPS, total=len(steps)) if len(steps) > STEPS else ""
    return html.Section(
        [
            html.H2(desk.say("history")),
            html.Div(table, className="scroll", tabIndex="0"),
            html.P(note, className="more"),
        ],
        className="panel history",
    )


def _step(desk: Desk, step: Upload, standing: Standing) -> html.Tr:
    state = desk.say("in_force" if step.in_force else "out")
    return html.Tr(
        [
            html.Th(str(step.id), scope="row"),
            html.Td(wording.moment(step.uploaded_at, desk.language)),
            html.Td([html.Span(_what(desk, step)), *_details(desk, step)], className="what"),
            html.Td(step.uploader),
            html.Td(_numbers(desk, step, standing)),
            html.Td(state, className="" if step.in_force else "refused"),
            html.Td(_reversal(desk, step)),
        ]
    )


def _what(desk: Desk, step: Upload) -> str:
    kind = step.kind if f"{WORDS}kinds.{step.kind}" in catalogue("en") else "other"
    return desk.say(f"kinds.{kind}", name=step.name, of=step.of)


def _details(desk: Desk, step: Upload) -> list[Any]:
    """What was said of a file when it came, or why somebody decided."""
    if step.kind != "file":
        return [html.Small(step.reason)] if step.reason else []
    record = desk.services.catalogue
    told = [*record.problems(step.id), *record.warnings(step.id)]
    causes = verdicts.causes_of(told, desk.language)
    said = [html.Li([html.B(one.title), " ", one.remedy]) for one in causes]
    return [disclosure(desk.say("verdict"), html.Ul(said) if said else html.P(desk.say("clean")))]


def _numbers(desk: Desk, step: Upload, standing: Standing) -> str:
    if step.kind != "file" or not step.in_force:
        return ""
    counts = [
        desk.say(f"counts.{name}", count=f"{number:,}")
        for name, number in asdict(standing).items()
        if number or name == "accepted"
    ]
    return ", ".join(counts)


def _reversal(desk: Desk, step: Upload) -> html.Button | str:
    nothing = step.kind == "file" and not (step.accepted or step.held or step.unchanged)
    if step.kind not in ("file", *ACTIONS) or nothing:
        return ""
    do = "undo" if step.in_force else "redo"
    return _button(desk, f"{do}_of", do, step.id, step=step.id)
