"""The field team's screen: drop a file, watch it being judged, read the verdict, take the refused rows home."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, html

from campaigns.campaign import Campaign
from dashboard import upload_routes, wording
from dashboard.components import Drawn, campaign_page, heading
from dashboard.histories import Standing, can_take_back, standings_of, take_back
from dashboard.links import Address
from dashboard.services import Services
from surveys.languages import catalogue, pick, say
from surveys.problems import CannotProceed, Refused
from surveys.record.uploads import Upload


HISTORY = 10
WORDS = "screens.upload.words."


class UploadPanel(Drawn):
    """The drop area, the progress and the verdict, drawn by assets/upload.js. It tells when something was ``done``, and who is at work."""

    _namespace = "campaign_upload"
    _type = "UploadPanel"
    _prop_names = ("id", "campaign", "language", "sites", "waves", "largest", "words", "done", "name")
    available_properties = _prop_names


def layout(services: Services, address: Address) -> html.Div:
    """The upload page of the campaign the address names."""
    return campaign_page("upload", address, services, partial(_screen, services))


def register(app: Dash, services: Services) -> None:
    """Connect the routes a file goes through, and the history that follows it."""
    upload_routes.register(app, services)

    @app.callback(
        Output("upload-history", "children"), Input("upload", "done"), Input("upload", "name"),
        Input({"page": "upload", "undo": ALL}, "n_clicks"), State("upload", "campaign"),
        State("upload", "language"), prevent_initial_call=True,
    )  # fmt: skip
    def show_history(_: str, name: str, clicks: list[int | None], campaign: str, language: str) -> list[Any]:
        found = services.evaluations.campaign(campaign)
        if found is None:
            return []
        shelf = Shelf(services=services, campaign=found, language=language, name=name or "")
        undone = isinstance(ctx.triggered_id, dict) and any(clicks)
        return shelved(shelf, ctx.triggered_id["undo"] if undone else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The history of a campaign's uploads, and who looks at it."""

    services: Services
    campaign: Campaign
    language: str
    name: str = ""

    def say(self, key: str, **values: object) -> str:
        """A sentence of the history."""
        return say(f"screens.upload.history.{key}", self.language, **values)


def shelved(shelf: Shelf, undo: int | None = None) -> list[Any]:
    """The history, after taking back an upload where one is named."""
    if undo is None:
        return _history(shelf)
    said = html.P(_take_back(shelf, undo), role="status", className="said")
    return [said, *_history(shelf)]


def _take_back(shelf: Shelf, undo: int) -> str:
    """Take back an upload of one's own; what became of that."""
    campaign = shelf.campaign.id
    upload = next((one for one in shelf.services.catalogue.uploads(campaign) if one.id == undo), None)
    if upload is None or not can_take_back(upload, shelf.name):
        return shelf.say("not_yours")
    try:
        take_back(shelf.services, campaign, undo, shelf.name.strip())
    except Refused as refused:
        return refused.told(shelf.language)
    except CannotProceed as stop:
        return f"{stop.what} {stop.remedy}"
    return shelf.say("undone", file=upload.name)


def _screen(services: Services, campaign: Campaign, language: str) -> list[Any]:
    sites = [
        {"value": site.id,
         "label": f"{pick(site.title, language)} · {wording.role(site.role.value, language)} · "
                  f"{pick(site.audience, language)}"}
        for site in campaign.sites
    ]  # fmt: skip
    largest = services.uploads.receiving.limit
    waves = [{"value": wave.id, "label": pick(wave.title, language)} for wave in campaign.waves]
    return [
        heading("upload", language),
        UploadPanel(
            id="upload", campaign=campaign.id, language=language, sites=sites, waves=waves,
            largest=largest, words=_words(language, largest), done="", name="",
        ),
        html.Div(_history(Shelf(services=services, campaign=campaign, language=language)), id="upload-history"),
    ]  # fmt: skip


def _words(language: str, largest: int) -> dict[str, str]:
    """The page's own words; what the browser has to fill in stays in braces."""
    keys = [key for key in catalogue("en") if key.startswith(WORDS)]
    limit = str(largest >> 20)
    return {key.removeprefix(WORDS): say(key, language).replace("{limit}", limit) for key in keys}


# ---- what happened before ----------------------------------------------------------------------------------


def _history(shelf: Shelf) -> list[Any]:
    record, campaign = shelf.services.catalogue, shelf.campaign
    uploads = record.uploads(campaign.id)[:HISTORY]
    if not uploads:
        return []
    columns = ("when", "file", "place", "accepted", "unchanged", "rejected", "declined", "held", "do")
    standings = standings_of(record, campaign.id, uploads)
    head = [html.Th(shelf.say(name), scope="col") for name in columns]
    table = html.Table(
        [
            html.Caption(shelf.say("caption")),
            html.Thead(html.Tr(head)),
            html.Tbody(
                [
                    _history_row(shelf, upload, standing)
                    for upload, standing in zip(uploads, standings, strict=True)
                ]
            ),
        ],
        className="history-table uploads",
    )
    more = html.A(
        shelf.say("more"), href=Address(language=shelf.language, campaign=campaign.id).to("/review")
    )
    shown = [html.H2(shelf.say("title")), html.Div(table, className="scroll", tabIndex="0"), html.P(more)]
    return [html.Section(shown, className="panel history")]


def _history_row(shelf: Shelf, upload: Upload, standing: Standing) -> html.Tr:
    titles = {site.id: pick(site.title, shelf.language) for site in shelf.campaign.sites}
    place = titles.get(upload.site or "", shelf.say("by_file"))
    numbers = {
        "accepted": standing.accepted, "unchanged": standing.unchanged, "rejected": standing.rejected,
        "declined": standing.declined, "held": standing.held,
    }  # fmt: skip
    whole = "refused" if upload.verdict == "reject-file" else "" if upload.in_force else "out"
    cells = (
        [html.Td(shelf.say(whole), colSpan=len(numbers), className="refused")]
        if whole
        else [
            html.Td(
                f"{number:,}",
                className="number" if number else "number none",
                **{"data-label": shelf.say(name)},
            )
            for name, number in numbers.items()
        ]
    )
    return html.Tr(
        [
            html.Td(wording.moment(upload.uploaded_at, shelf.language)),
            html.Th(upload.name, scope="row"),
            html.Td(place),
            *cells,
            html.Td(_undo_button(shelf, upload)),
        ]
    )


def _undo_button(shelf: Shelf, upload: Upload) -> html.Button | str:
    if not can_take_back(upload, shelf.name):
        return ""
    return html.Button(
        shelf.say("undo"), id={"page": "upload", "undo": upload.id}, type="button", className="button quiet",
        **{"aria-label": shelf.say("undo_of", file=upload.name)},
    )  # fmt: skip
