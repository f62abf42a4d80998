"""``awareness edition``: freeze an evaluation under a number, list what was frozen, make it again, let it out to the public."""

from typing import Annotated

import typer

from dashboard.commands.acting import (
    ByOption,
    CampaignOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)
from dashboard.commands.results import OutputOption, as_json, write_result


NOT_AS_FROZEN = 1
EditionOption = Annotated[int, typer.Option("--edition", help="Number of the edition.")]

verbs = typer.Typer(
    no_args_is_help=True, help="Freeze an evaluation under a number; list, verify and publish those made."
)


def register(app: typer.Typer) -> None:
    """Add ``edition`` and its verbs to the command line."""
    app.add_typer(verbs, name="edition")


@verbs.command()
def make(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    note: Annotated[str, typer.Option(help="What the edition is for.")] = "",
    language: LanguageOption = "en",
) -> None:
    """Freeze what may be shown of the newest data under the next number."""
    from dashboard.editions import make_edition
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.languages import say

    place = load_workspace(workspace)
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        made = make_edition(place, catalogue, campaign, by=acting(by), note=note)
    print(say("editions.made", language, campaign=campaign, number=made.number, hash=made.sha256))


@verbs.command("list")
def list_editions(
    campaign: CampaignOption, workspace: WorkspaceOption = None, output: OutputOption = None
) -> None:
    """Print every edition of a campaign as JSON, oldest first, without its numbers."""
    from campaigns.records import editions
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    with Catalogue(place.database_url) as catalogue:
        write_result(as_json([one.summary() for one in editions(catalogue, campaign)]), output)


@verbs.command()
def propose(
    campaign: CampaignOption,
    edition: EditionOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    language: LanguageOption = "en",
    output: OutputOption = None,
) -> None:
    """Ask for an edition to be public; prints the report on disclosure that a second person has to read."""
    from campaigns.release_records import propose_public
    from dashboard.editions import disclosure_of, edition_numbered
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        report = disclosure_of(catalogue, edition_numbered(catalogue, campaign, edition))
        propose_public(catalogue, campaign, edition, by=acting(by), report=report)
    write_result(as_json(report), output)


@verbs.command()
def approve(
    campaign: CampaignOption,
    edition: EditionOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Let an edition out to the public, as somebody else than who made it and who proposed it."""
    from campaigns.release_records import approve_public
    from dashboard.editions import edition_numbered
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.languages import say

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        made_by = edition_numbered(catalogue, campaign, edition).made_by
        approve_public(catalogue, campaign, edition, by=acting(by), made_by=made_by)
    print(say("editions.public", language, campaign=campaign, number=edition))


@verbs.command()
def verify(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    edition: Annotated[int | None, typer.Option(help="Only this one.")] = None,
    language: LanguageOption = "en",
) -> None:
    """Make editions again from the record as of their upload and hold the numbers against each other; exit 1 if they differ."""
    from campaigns.records import editions
    from dashboard.editions import edition_numbered, standing_of
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.languages import say

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    failed = False
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        chosen = (
            editions(catalogue, campaign)
            if edition is None
            else [edition_numbered(catalogue, campaign, edition)]
        )
        for one in chosen:
            standing = standing_of(place, catalogue, one)
            failed |= standing in ("altered", "differs")
            print(say(f"editions.standing.{standing}", language, campaign=campaign, number=one.number))
    if failed:
        raise typer.Exit(NOT_AS_FROZEN)
