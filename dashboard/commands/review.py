"""``awareness review``: interviews that wait for a person, and steps that are taken back."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.acting import (
    ByOption,
    CampaignOption,
    LanguageOption,
    SiteOption,
    WhyOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


if TYPE_CHECKING:
    from dashboard.settings import Workspace
    from surveys.catalogue import Catalogue
    from surveys.record.reviewing import HeldInterview
    from surveys.record.uploads import Upload


app = typer.Typer(no_args_is_help=True, help="Decide about held interviews; take uploads and decisions back.")

Number = Annotated[int, typer.Argument(help="Number of the held interview.")]
StepNumber = Annotated[int, typer.Argument(help="Number of the upload or decision.")]


def register(main: typer.Typer) -> None:
    """Add ``review`` and its verbs to the command line."""
    main.add_typer(app, name="review")


@app.command("list")
def list_(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    decided: Annotated[bool, typer.Option("--decided", help="Those that were decided about.")] = False,
    language: LanguageOption = "en",
) -> None:
    """Print the held interviews as JSON: those that wait, or those decided about."""
    with _record(workspace, campaign, language) as catalogue:
        held = catalogue.held(campaign, site=site, waiting=not decided)
    _print([_as_dict(one, language) for one in held])


@app.command()
def show(
    held: Number,
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    language: LanguageOption = "en",
) -> None:
    """Print a held interview beside what it competes with, in the columns in which they differ."""
    with _record(workspace, campaign, language) as catalogue:
        [comparison] = catalogue.compare_held(campaign, [held])
    hidden = [version.hidden for version in comparison.versions]
    _print(
        _as_dict(comparison.held, language)
        | {
            "versions": [
                {"held": one.held, "upload": one.upload, "site": one.site, "wave": one.wave}
                for one in comparison.versions
            ],
            "differing": {
                name: [
                    None if out else cell.missing or cell.value
                    for cell, out in zip(cells, hidden, strict=True)
                ]
                for name, cells in comparison.differing
            },
        }
    )


@app.command()
def decide(
    held: Number,
    decision: Annotated[str, typer.Argument(help="replace, both or discard.")],
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Say what a held interview is: an edit (replace), another interview (both), or none at all (discard)."""
    from surveys.problems import Refused
    from surveys.record.reviewing import ACTIONS

    def change(catalogue: "Catalogue") -> int:
        action = next((one for one in ACTIONS if one == decision), None)
        if action is None:
            raise Refused("no_decision", "review decide", decision=decision, known=", ".join(ACTIONS))
        return catalogue.decide_held(campaign, held, action, by=acting(by), why=why)

    _change(workspace, campaign, language, change)


@app.command()
def undo(
    step: StepNumber,
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Take an upload or a decision back: what it brought leaves, what it replaced holds again."""
    _change(
        workspace,
        campaign,
        language,
        lambda catalogue: catalogue.undo(campaign, step, by=acting(by), why=why),
    )


@app.command()
def redo(
    step: StepNumber,
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Bring back an upload or a decision that was taken back."""
    _change(
        workspace,
        campaign,
        language,
        lambda catalogue: catalogue.redo(campaign, step, by=acting(by), why=why),
    )


@app.command()
def steps(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    site: SiteOption = None,
    language: LanguageOption = "en",
) -> None:
    """Print everything that changed the answers, newest first."""
    with _record(workspace, campaign, language) as catalogue:
        found = catalogue.steps(campaign, site)
    _print([_step(one) for one in found])


@app.command()
def verdict(
    upload: StepNumber,
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    language: LanguageOption = "en",
) -> None:
    """Print what was said of an upload when it came."""
    from surveys.problems import Refused

    with _record(workspace, campaign, language) as catalogue:
        found = next((one for one in catalogue.uploads(campaign) if one.id == upload), None)
        if found is None:
            raise Refused("step_unknown", f"upload {upload}", step=upload)
        problems, warnings = catalogue.problems(upload), catalogue.warnings(upload)
    _print(
        {
            "verdict": found.verdict, "accepted": found.accepted, "unchanged": found.unchanged,
            "rejected": found.rejected, "held": found.held,
            "problems": [one.as_dict(language) for one in problems],
            "warnings": [one.as_dict(language) for one in warnings],
        }
    )  # fmt: skip


@contextmanager
def _record(workspace: Path | None, campaign: str, language: str) -> "Iterator[Catalogue]":
    from surveys.catalogue import Catalogue

    place = _place(workspace, campaign)
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        yield catalogue


def _place(workspace: Path | None, campaign: str) -> "Workspace":
    from dashboard.settings import load_workspace

    place = load_workspace(workspace)
    place.campaign_file(campaign)
    return place


def _change(
    workspace: Path | None, campaign: str, language: str, change: "Callable[[Catalogue], int]"
) -> None:
    """Change the record and bring the columns up to date; says which step it was."""
    from surveys import columns

    with _record(workspace, campaign, language) as catalogue:
        step = change(catalogue)
        columns.refresh(catalogue, _place(workspace, campaign).columns, campaign)
    _print({"step": step})


def _as_dict(one: "HeldInterview", language: str) -> dict[str, Any]:
    from surveys.languages import say

    return {
        "held": one.id, "submission": one.submission, "site": one.site, "wave": one.wave, "upload": one.upload,
        "file": one.file, "row": one.row, "code": one.code, "message": say(f"screens.review.because.{one.code}", language),
        "decision": one.decision, "step": one.step, "by": one.decided_by, "why": one.reason, "own_id": one.own,
    }  # fmt: skip


def _step(one: "Upload") -> dict[str, Any]:
    return {
        "step": one.id, "kind": one.kind, "of": one.of, "at": one.uploaded_at.isoformat(), "by": one.uploader,
        "file": one.name, "why": one.reason, "in_force": one.in_force, "accepted": one.accepted,
        "unchanged": one.unchanged, "rejected": one.rejected, "held": one.held, "verdict": one.verdict,
    }  # fmt: skip


def _print(said: object) -> None:
    print(json.dumps(said, ensure_ascii=False, indent=2))
