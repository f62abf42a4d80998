"""``awareness withheld``: texts kept back because they seem to point to a person, and what is decided about them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.acting import (
    ByOption,
    LanguageOption,
    SiteOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


if TYPE_CHECKING:
    from dashboard.withheld import TextsKeptBack
    from surveys.record.withholding import Withheld


def register(app: typer.Typer) -> None:
    """Add ``withheld`` to the command line."""
    app.command()(withheld)


def withheld(
    campaign: Annotated[str, typer.Option(help="Id of the campaign.")],
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the texts themselves; that is noted in the audit.")
    ] = False,
    decided: Annotated[bool, typer.Option("--decided", help="Those decided about, and by whom.")] = False,
    release: Annotated[
        list[int] | None, typer.Option(help="Number of a text that points to nobody: back into the answers.")
    ] = None,
    leave_out: Annotated[
        list[int] | None, typer.Option(help="Number of a text that does: out of the answers.")
    ] = None,
    undo: Annotated[
        list[int] | None, typer.Option(help="Number of a text decided about: it waits again.")
    ] = None,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """List the texts that were kept back because they seem to point to a person, and decide about them."""
    from campaigns.registry import load_campaign
    from dashboard.settings import load_workspace
    from dashboard.withheld import TextsKeptBack
    from surveys import columns
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    loaded = load_campaign(place.campaign_file(campaign))
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        if release or leave_out or undo:
            who = acting(by)
            for ids, ruling in ((release or [], "released"), (leave_out or [], "left_out")):
                if ids:
                    count = catalogue.decide_withheld(campaign, ids, ruling, place.keys, by=who)
                    _say(count, f"{'was' if count == 1 else 'were'} {ruling.replace('_', ' ')}.")
            if undo:
                count = catalogue.undo_withheld(campaign, undo, by=who)
                _say(count, f"{'waits' if count == 1 else 'wait'} again.")
            columns.refresh(catalogue, place.columns, campaign)
            return
        kept = TextsKeptBack(place, catalogue, loaded)
        if decided:
            _list_decided(catalogue.withheld(campaign, site, state=None))
        else:
            _list_waiting(kept, kept.waiting(site), acting(by) if show else None, language)


def _list_waiting(
    kept: "TextsKeptBack", waiting: "Sequence[Withheld]", reader: str | None, language: str
) -> None:
    from dashboard.withheld import kinds_in_words

    kinds = kept.kinds(waiting)
    texts = {} if reader is None else kept.texts([one.id for one in waiting], reader)
    for one in waiting:
        text = f": {texts[one.id]}" if one.id in texts else ""
        print(f"{_named(one)} ({', '.join(kinds_in_words(kinds.get(one.id, ()), language))}){text}")
    _say(len(waiting), "waits." if len(waiting) == 1 else "wait.")


def _list_decided(every: "Sequence[Withheld]") -> None:
    from surveys.record.withholding import DECIDED

    for one in every:
        if one.state in DECIDED:
            print(f"{_named(one)}: {one.state.replace('_', ' ')} by {one.decided_by}")


def _named(one: "Withheld") -> str:
    return f"{one.id}  upload {one.upload}, {one.site} {one.wave}, {one.submission}, {one.question}"


def _say(count: int, what: str) -> None:
    print(f"{count} {'text' if count == 1 else 'texts'} {what}")
