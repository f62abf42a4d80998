"""``awareness verify``: whether a workspace still is what was stored in it."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dashboard.commands.acting import (
    ByOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


if TYPE_CHECKING:
    from dashboard.verifying import Verified

Format = Literal["text", "json"]


def register(app: typer.Typer) -> None:
    """Add ``verify`` to the command line."""
    app.command()(verify)


def verify(
    workspace: WorkspaceOption = None,
    format: Annotated[Format, typer.Option(help="How it is told.")] = "text",  # noqa: A002
    expect: Annotated[
        str | None,
        typer.Option(help="A hash that was once the audit's newest; its chain must still hold it."),
    ] = None,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Look whether audit, answers, interviews, originals, plans and columns are as they were stored. Nothing is changed; exit 1 if not."""
    from dashboard import verifying
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    with in_the_readers_language(language):
        seen = verifying.verify(place, known_head=expect)
        if by is not None:
            with Catalogue(place.database_url) as catalogue:
                facts = {"findings": len(seen.findings), "audit_head": seen.audit_head}
                catalogue.note(acting(by), "record verified", place.title, facts)
        print(as_json(seen, language) if format == "json" else as_text(seen, language))
        if seen.findings:
            raise typer.Exit(1)


def as_text(seen: "Verified", language: str) -> str:
    """What was looked at and found, as a person reads it."""
    from surveys.languages import say

    lines = [_sentence(code, values, language) for code, values in _said(seen)]
    end = "whole" if not lines else "not_whole"
    counts = {name: value for name, value in asdict(seen).items() if name != "findings"}
    return "\n".join(
        [say("safety.verify.looked", language, **counts), *lines,
         say(f"safety.verify.{end}", language, count=len(lines)),
         say("safety.verify.head", language, head=seen.audit_head)]
    )  # fmt: skip


def as_json(seen: "Verified", language: str) -> str:
    """The same for machines."""
    findings = [
        {"code": code, **values, "message": _sentence(code, values, language)} for code, values in _said(seen)
    ]
    return json.dumps(
        {**asdict(seen), "whole": not findings, "findings": findings}, ensure_ascii=False, indent=2
    )


def _said(seen: "Verified") -> list[tuple[str, dict[str, object]]]:
    return [(one.code, dict(one.values)) for one in seen.findings]


def _sentence(code: str, values: dict[str, object], language: str) -> str:
    from surveys.languages import say

    return say(f"safety.verify.findings.{code}", language, **values)
