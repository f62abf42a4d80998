"""``awareness corrections``: the ledger of corrections, from a proposal to its undoing."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.acting import (
    ByOption,
    CampaignOption,
    LanguageOption,
    WhyOption,
    WorkspaceOption,
    acting,
)


if TYPE_CHECKING:
    from campaigns.campaign import Campaign
    from dashboard.settings import Workspace
    from surveys.catalogue import Catalogue
    from surveys.corrections.ledger import Action, Correction
    from surveys.proposing import Judged


SOME_STAYED_OUT = 1

app = typer.Typer(no_args_is_help=True, help="Correct stored answers: propose, approve, apply, undo.")

Ids = Annotated[list[int] | None, typer.Argument(help="Numbers of the corrections.")]
LogOption = Annotated[int | None, typer.Option("--log", help="All corrections of this imported log.")]


def register(main: typer.Typer) -> None:
    """Add ``corrections`` and its verbs to the command line."""
    main.add_typer(app, name="corrections")


@app.command("list")
def list_(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    state: Annotated[str | None, typer.Option(help="Only those in this state.")] = None,
    site: Annotated[str | None, typer.Option(help="Only those of this site.")] = None,
    question: Annotated[str | None, typer.Option(help="Only those of this question.")] = None,
    language: LanguageOption = "en",
) -> None:
    """Print the ledger as JSON, with the history of each correction."""
    from dashboard.settings import choose
    from surveys.corrections.ledger import State
    from surveys.problems import CannotProceed

    states = tuple(one.value for one in State)
    if state is not None and state not in states:
        raise CannotProceed("--state", f'there is no state "{state}".', choose(state, states, none=""))
    place, _ = _opened(workspace, campaign, language)
    with _catalogue(place) as catalogue:
        found = catalogue.corrections(
            campaign, states=None if state is None else [State(state)], site=site, question=question
        )
        steps = catalogue.correction_steps([one.id for one in found])
    _print([_as_dict(one, language) | {"history": [_step(step) for step in steps[one.id]]} for one in found])


@app.command()
def propose(
    campaign: CampaignOption,
    submission: Annotated[str, typer.Option(help="Id of the interview.")],
    reason: Annotated[str, typer.Option(help="Why it is to be corrected.")],
    workspace: WorkspaceOption = None,
    question: Annotated[str | None, typer.Option(help="The question.")] = None,
    value: Annotated[str | None, typer.Option(help="The new answer, as a code or a label.")] = None,
    missing: Annotated[
        str | None, typer.Option(help="Instead of an answer, why there is none: lost, refused ...")
    ] = None,
    old: Annotated[
        str | None, typer.Option(help="The answer that is corrected; by default what is stored.")
    ] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Withdraw the interview as a whole.")] = False,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Propose one correction; exit code 1 where the questionnaire or the record objects."""
    from dashboard.corrections import proposing
    from surveys.problems import CannotProceed
    from surveys.proposing import Wanted

    if withdraw == (question is not None) or (not withdraw and (value is None) == (missing is None)):
        raise CannotProceed(
            "corrections propose",
            "it must be said what is to change.",
            "Give --question with --value or --missing, or --withdraw alone.",
        )
    _known_reason(missing)
    place, loaded = _opened(workspace, campaign, language)
    wanted = Wanted(
        submission=submission, kind="withdraw" if withdraw else "change", question=question or "", old=old,
        new=value, missing=missing, reason=reason,
    )  # fmt: skip
    with _catalogue(place) as catalogue:
        [(judged, id_)] = proposing(place, catalogue, loaded, language).propose([wanted], acting(by))
    _print(_judged(judged, id_, language))
    if id_ is None:
        raise typer.Exit(SOME_STAYED_OUT)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A cleaning log of REACH, DIME or SurveyCTO.")],
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Propose what a log of corrections says, and print what became of each of its rows."""
    from dashboard.corrections import proposing
    from dashboard.reports import require_file

    require_file(file)
    place, loaded = _opened(workspace, campaign, language)
    with _catalogue(place) as catalogue:
        report = proposing(place, catalogue, loaded, language).import_log(file, author=acting(by))
    _print(report.as_dict(language))
    if {"refused", "stale"} & report.counts().keys():
        raise typer.Exit(SOME_STAYED_OUT)


@app.command()
def preview(
    campaign: CampaignOption,
    ids: Ids = None,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
    language: LanguageOption = "en",
) -> None:
    """Print what applying corrections would do to the estimates; nothing is changed."""
    from dashboard.corrections import preview as previewed
    from dashboard.corrections import preview_as_dict

    place, loaded = _opened(workspace, campaign, language)
    with _catalogue(place) as catalogue:
        chosen = _chosen(catalogue, campaign, ids, log)
        _print(preview_as_dict(previewed(place, catalogue, loaded, chosen), language))


@app.command()
def approve(
    campaign: CampaignOption,
    ids: Ids = None,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Approve corrections that somebody else proposed."""
    _decide("approve", campaign, ids, log, workspace, by, why, language)


@app.command()
def reject(
    campaign: CampaignOption,
    ids: Ids = None,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Reject corrections that are proposed, approved, or no longer fit."""
    _decide("reject", campaign, ids, log, workspace, by, why, language)


@app.command()
def apply(
    campaign: CampaignOption,
    ids: Ids = None,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Apply approved corrections; together they take one place in the order of uploads."""
    _decide("apply", campaign, ids, log, workspace, by, why, language)


@app.command()
def undo(
    campaign: CampaignOption,
    ids: Ids = None,
    log: LogOption = None,
    workspace: WorkspaceOption = None,
    by: ByOption = None,
    why: WhyOption = "",
    language: LanguageOption = "en",
) -> None:
    """Undo applied corrections: the answers are again what they were."""
    _decide("undo", campaign, ids, log, workspace, by, why, language)


@app.command()
def export(
    campaign: CampaignOption,
    output: Annotated[Path, typer.Option(help="The file to write, .csv or .xlsx.")],
    workspace: WorkspaceOption = None,
    language: LanguageOption = "en",
) -> None:
    """Write the ledger as a cleaning log in the columns of REACH."""
    from dashboard.corrections import exported
    from surveys.problems import CannotProceed
    from surveys.proposing.log_files import LOG_FORMATS

    ending = output.suffix.lower().lstrip(".")
    if ending not in LOG_FORMATS:
        endings = ", ".join(f".{name}" for name in LOG_FORMATS)
        raise CannotProceed(str(output), "the file's ending names no format.", f"Use one of: {endings}.")
    place, _ = _opened(workspace, campaign, language)
    with _catalogue(place) as catalogue:
        found = catalogue.corrections(campaign)
        content = exported(catalogue, found, ending)
    try:
        output.write_bytes(content)
    except OSError as error:
        raise CannotProceed(
            str(output), f"the file cannot be written ({error.strerror}).", "Choose another place."
        ) from None
    print(f"{output}: {len(found)} corrections.")


def _decide(
    action: "Action",
    campaign: str,
    ids: Sequence[int] | None,
    log: int | None,
    workspace: Path | None,
    by: str | None,
    why: str,
    language: str,
) -> None:
    from dashboard.corrections import came_about, told

    place, _ = _opened(workspace, campaign, language)
    with _catalogue(place) as catalogue:
        chosen = [one.id for one in _chosen(catalogue, campaign, ids, log)]
        decided = catalogue.decide(campaign, chosen, action, by=acting(by), why=why)
    _print(
        [
            {
                "correction": one.id,
                "state": one.state.value,
                "told": one.told,
                "message": told(one.told, language),
            }
            for one in decided
        ]
    )
    if not all(came_about(one, action) for one in decided):
        raise typer.Exit(SOME_STAYED_OUT)


def _opened(workspace: Path | None, campaign: str, language: str) -> "tuple[Workspace, Campaign]":
    from campaigns.registry import load_campaign
    from dashboard.reports import known_language
    from dashboard.settings import load_workspace

    known_language(language)
    place = load_workspace(workspace)
    return place, load_campaign(place.campaign_file(campaign))


def _catalogue(place: "Workspace") -> "Catalogue":
    from surveys.catalogue import Catalogue

    return Catalogue(place.database_url)


def _chosen(
    catalogue: "Catalogue", campaign: str, ids: Sequence[int] | None, log: int | None
) -> "list[Correction]":
    from surveys.problems import CannotProceed

    if bool(ids) == (log is not None):
        raise CannotProceed(
            "corrections",
            "no corrections are named.",
            "Give their numbers, or --log with the number of a log.",
        )
    found = catalogue.corrections(campaign, ids=ids, log=log)
    absent = sorted(set(ids or ()) - {one.id for one in found})
    if absent or not found:
        raise CannotProceed(
            "corrections",
            f"there is no correction {absent[0]}."
            if absent
            else f"there is no log {log}, or it proposed nothing.",
            f"See the numbers with: awareness corrections list --campaign {campaign}",
        )
    return found


def _known_reason(missing: str | None) -> None:
    from dashboard.settings import choose
    from surveys.missing import Missing
    from surveys.problems import CannotProceed

    reasons = tuple(one.value for one in Missing)
    if missing is not None and missing not in reasons:
        raise CannotProceed(
            "--missing", f'"{missing}" is no missing reason.', choose(missing, reasons, none="")
        )


def _judged(judged: "Judged", id_: int | None, language: str) -> dict[str, Any]:
    problem = judged.problem
    return {
        "correction": id_,
        "status": judged.status,
        "message": problem.message(language) if problem else "",
        "remedy": problem.remedy(language) if problem else "",
        "consequences": [one.message(language) for one in judged.consequences],
    }


def _as_dict(one: "Correction", language: str) -> dict[str, Any]:
    from dashboard.corrections import told

    return {
        "correction": one.id, "state": one.state.value, "message": told(one.told, language), "kind": one.kind,
        "submission": one.submission, "site": one.site, "wave": one.wave, "question": one.question,
        "old": {"value": one.old.value, "missing": one.old.missing},
        "new": {"value": one.new.value, "missing": one.new.missing},
        "reason": one.reason, "author": one.author, "log": one.log_name, "log_row": one.row,
        "applied_at": one.applied_at, "ended_at": one.ended_at,
    }  # fmt: skip


def _step(step: Any) -> dict[str, Any]:
    return {
        "state": step.state.value, "at": f"{step.at:%Y-%m-%dT%H:%M:%SZ}", "by": step.actor, "why": step.why,
        "place": step.place,
    }  # fmt: skip


def _print(said: object) -> None:
    print(json.dumps(said, ensure_ascii=False, indent=2))
