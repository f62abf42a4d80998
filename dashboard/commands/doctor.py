"""``awareness doctor`` and ``awareness migrate``: what an operator should see to, and the record brought up to date."""

import json
from dataclasses import asdict
from typing import Annotated, Literal

import typer

from dashboard.commands.acting import (
    ByOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


Format = Literal["text", "json"]
MARKS = {"good": "ok", "look": "??", "bad": "!!"}


def register(app: typer.Typer) -> None:
    """Add ``doctor`` and ``migrate`` to the command line."""
    app.command()(doctor)
    app.command()(migrate)


def doctor(
    workspace: WorkspaceOption = None,
    format: Annotated[Format, typer.Option(help="How it is told.")] = "text",  # noqa: A002
    language: LanguageOption = "en",
) -> None:
    """Look at versions, room, rights, keys, database, clocks and settings, and say what to do. Nothing is changed; exit 1 if something is bad."""
    from dashboard.doctor import examine
    from dashboard.settings import load_workspace
    from surveys.languages import say

    place = load_workspace(workspace)
    with in_the_readers_language(language):
        checks = examine(place)
        told = [(one, say(f"safety.doctor.{one.code}", language, **one.values)) for one in checks]
        if format == "json":
            listed = [{**asdict(one), "message": message} for one, message in told]
            print(json.dumps(listed, ensure_ascii=False, indent=2, default=str))
        else:
            print("\n".join(f"{MARKS[one.grade]}  {message}" for one, message in told))
        if any(one.grade == "bad" for one in checks):
            raise typer.Exit(1)


def migrate(
    workspace: WorkspaceOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether there is something to do; exit 1 if so.")
    ] = False,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Bring the record up to date. Every verb that opens the record does so by itself; this one does nothing else, and says what it did."""
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.languages import say
    from surveys.record.database import standing

    place = load_workspace(workspace)
    with in_the_readers_language(language):
        who = acting(by)
        found = standing(place.database_url)
        version = found.version or "-"
        if check:
            print(say("safety.migrate.waiting" if found.waiting else "safety.migrate.current", language,
                      version=version, newest=found.newest, count=len(found.waiting)))  # fmt: skip
            raise typer.Exit(1 if found.waiting else 0)
        with Catalogue(place.database_url) as catalogue:
            if found.waiting:
                facts = {"from": found.version, "to": found.newest}
                catalogue.note(who, "record brought up to date", place.title, facts)
        print(say("safety.migrate.done" if found.waiting else "safety.migrate.current", language,
                  version=version, newest=found.newest, count=len(found.waiting)))  # fmt: skip
