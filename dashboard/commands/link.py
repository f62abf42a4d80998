"""``awareness link``: respondents found again in another wave, decided by a person, counted by site and arm."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.acting import ByOption, SiteOption, WorkspaceOption, acting
from dashboard.commands.results import OutputOption, as_json, write_result


if TYPE_CHECKING:
    from campaigns.linkage import LinkageRate
    from dashboard.linking import Linker
    from surveys.record.links import Link


class Shown(StrEnum):
    """How what was found is shown."""

    TABLE = "table"
    JSON = "json"


class Decision(StrEnum):
    """What somebody decides about a pair."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNDECIDED = "undecided"


app = typer.Typer(help="Find respondents again in another wave, review the pairs, and count.")

CampaignOption = Annotated[str | None, typer.Option("--campaign", help="Id of the campaign.")]
FromOption = Annotated[str | None, typer.Option("--from", help="The earlier wave; by default the plan's.")]
ToOption = Annotated[str | None, typer.Option("--to", help="The later wave; by default the plan's.")]
FormatOption = Annotated[Shown, typer.Option("--format", help="A table to read, or JSON.")]
Number = Annotated[int, typer.Argument(help="Number of the pair.")]


def register(main: typer.Typer) -> None:
    """Add ``link`` and its verbs to the command line."""
    main.add_typer(app, name="link")


@app.callback(invoke_without_command=True)
def link(
    context: typer.Context,
    campaign: CampaignOption = None,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    earlier: FromOption = None,
    later: ToOption = None,
    shown: FormatOption = Shown.TABLE,
    output: OutputOption = None,
) -> None:
    """Look for the respondents of one wave in another; say how many were found, by site and arm."""
    if context.invoked_subcommand is not None:
        return
    with _linker(workspace, campaign) as linker:
        waves = linker.waves(earlier, later)
        sites = _sites(linker, site)
        waiting = {one: linker.find(one, *waves) for one in sites}
        rates = linker.rates(*waves, site)
    if shown is Shown.JSON:
        said: dict[str, Any] = {
            "campaign": linker.campaign.id, "from": waves[0], "to": waves[1],
            "to_review": waiting, "rates": [_rate(rate) for rate in rates],
        }  # fmt: skip
        write_result(as_json(said), output)
        return
    lines = [f"{one}: {count} pairs to review" for one, count in waiting.items()]
    write_result("\n".join([*lines, "", *_table(rates)]) + "\n", output)


@app.command()
def rate(
    campaign: CampaignOption = None,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    earlier: FromOption = None,
    later: ToOption = None,
    shown: FormatOption = Shown.TABLE,
    output: OutputOption = None,
) -> None:
    """Say how many respondents of a wave are found again in another, by site and arm."""
    with _linker(workspace, campaign) as linker:
        _sites(linker, site)
        rates = linker.rates(*linker.waves(earlier, later), site)
    text = as_json([_rate(one) for one in rates]) if shown is Shown.JSON else "\n".join(_table(rates)) + "\n"
    write_result(text, output)


@app.command("list")
def list_(
    campaign: CampaignOption = None,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    earlier: FromOption = None,
    later: ToOption = None,
    state: Annotated[
        str | None, typer.Option(help="Only those proposed, accepted, rejected or undecided.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Print the pairs as JSON, the strongest first: how their keys compare, never what they say."""
    with _linker(workspace, campaign) as linker:
        _sites(linker, site)
        links = linker.links(site, *linker.waves(earlier, later))
    write_result(as_json([_pair(one) for one in links if state in (None, one.state)]), output)


@app.command()
def decide(
    decision: Annotated[Decision, typer.Argument(help="accept, reject or undecided.")],
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of the pairs.")] = None,
    certain: Annotated[
        bool, typer.Option("--certain", help="All pairs that agree in every key and have no rival.")
    ] = False,
    campaign: CampaignOption = None,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    earlier: FromOption = None,
    later: ToOption = None,
    by: ByOption = None,
) -> None:
    """Decide about pairs, all of them or none."""
    from surveys.problems import CannotProceed

    if bool(numbers) == certain:
        raise CannotProceed(
            "link decide", "it must be said about which pairs.", "Give their numbers, or --certain alone."
        )
    with _linker(workspace, campaign) as linker:
        _sites(linker, site)
        chosen = numbers or linker.certain(site, *linker.waves(earlier, later))
        decided = linker.decide(chosen, decision.value, acting(by))
    print(as_json([_pair(one) for one in decided]), end="")


@app.command()
def undo(
    number: Number,
    campaign: CampaignOption = None,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
) -> None:
    """Take the last decision about a pair back."""
    with _linker(workspace, campaign) as linker:
        print(as_json(_pair(linker.undo(number, acting(by)))), end="")


@contextmanager
def _linker(workspace: Path | None, campaign: str | None) -> "Iterator[Linker]":
    from campaigns.registry import load_campaign
    from dashboard.linking import Linker
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.problems import CannotProceed

    place = load_workspace(workspace)
    if campaign is None:
        raise CannotProceed(
            "--campaign", "no campaign is named.", f"Use one of: {', '.join(place.campaign_ids())}."
        )
    loaded = load_campaign(place.campaign_file(campaign))
    with Catalogue(place.database_url) as catalogue:
        yield Linker(place, catalogue, loaded)


def _sites(linker: "Linker", site: str | None) -> list[str]:
    from dashboard.settings import choose
    from surveys.problems import CannotProceed

    known = [one.id for one in linker.campaign.sites]
    if site is not None and site not in known:
        raise CannotProceed("--site", f'there is no site "{site}".', choose(site, tuple(known), none=""))
    return known if site is None else [site]


def _rate(rate: "LinkageRate") -> dict[str, Any]:
    return {
        "site": rate.site, "arm": rate.arm, "interviewed": rate.interviewed, "linked": rate.linked,
        "rate": rate.share, "interviewed_later": rate.interviewed_later,
    }  # fmt: skip


def _pair(link: "Link") -> dict[str, Any]:
    pair = link.proposal
    return {
        "link": link.id, "site": link.waves.site, "from": link.waves.earlier, "to": link.waves.later,
        "submission_from": pair.earlier, "submission_to": pair.later, "agreement": dict(pair.agreement),
        "strength": pair.strength, "rivals": pair.rivals, "same_id": pair.same_id, "state": link.state,
        "decided_by": link.decided_by,
        "decided_at": None if link.decided_at is None else link.decided_at.isoformat(),
    }  # fmt: skip


def _table(rates: "Sequence[LinkageRate]") -> list[str]:
    rows = [
        (one.site, one.arm or "", str(one.interviewed), str(one.linked),
         "" if one.share is None else f"{one.share:.1%}", str(one.interviewed_later))
        for one in rates
    ]  # fmt: skip
    head = ("site", "arm", "interviewed", "linked", "rate", "interviewed later")
    widths = [max(len(row[place]) for row in (head, *rows)) for place in range(len(head))]
    return [_line(row, widths) for row in (head, *rows)]


def _line(cells: "Sequence[str]", widths: "Sequence[int]") -> str:
    """Names to the left, numbers to the right."""
    padded = [
        cell.ljust(width) if place < 2 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()
