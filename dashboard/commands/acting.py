"""What verbs have in common: the campaign and its workspace, who acts, and the reader's language."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer


CampaignOption = Annotated[str, typer.Option("--campaign", help="Id of the campaign.")]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of the workspace; else AWARENESS_WORKSPACE says it."),
]
SiteOption = Annotated[str | None, typer.Option("--site", help="Only this site.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why; kept in the record.")]
LanguageOption = Annotated[str, typer.Option("--language", help="Language of the messages.")]
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who does this; by default the name of this login.")
]


def acting(by: str | None) -> str:
    """The name given, or that of the login."""
    from surveys.problems import CannotProceed

    name = (by if by is not None else getpass.getuser()).strip()
    if not name:
        raise CannotProceed("--by", "it is not said who does this.", "Give a name with --by.")
    return name


@contextmanager
def in_the_readers_language(language: str) -> Iterator[None]:
    """Say in the reader's language what cannot be done within."""
    from dashboard.reports import known_language
    from surveys.problems import Refused

    known_language(language)
    try:
        yield
    except Refused as refused:
        raise refused.said_in(language) from None
