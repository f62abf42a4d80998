"""``awareness questionnaire``: what changed between two versions, and what it means for the outcomes."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.results import (
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_result,
)


if TYPE_CHECKING:
    from campaigns.campaign import Campaign
    from surveys.versions.changes import Change


BROKEN = 1  # exit code: an outcome is no longer comparable

verbs = typer.Typer(no_args_is_help=True, help="Compare versions of a questionnaire in outcome terms.")


def register(app: typer.Typer) -> None:
    """Add ``questionnaire`` and its verbs to the command line."""
    app.add_typer(verbs, name="questionnaire")


@verbs.callback()
def one_verb() -> None:
    """Compare versions of a questionnaire in outcome terms."""


@verbs.command()
def compare(
    earlier: Annotated[Path, typer.Argument(help="The questionnaire as it was, an XLSForm.")],
    later: Annotated[Path, typer.Argument(help="The questionnaire as it is or is to be.")],
    campaign: Annotated[
        Path | None, typer.Option(help="The campaign file, for what it means for outcomes.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the sentences.")] = "en",
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Say what changed between two versions. Exit code 1: an outcome of the campaign is no longer comparable."""
    from campaigns.registry import load_campaign
    from dashboard.reports import known_language, require_file
    from surveys.versions.changes import changes_between
    from surveys.xlsform import load_instrument

    for path in (earlier, later, *([campaign] if campaign else [])):
        require_file(path)
    known_language(language)
    changes = changes_between(load_instrument(earlier), load_instrument(later))
    outcomes = _outcomes(load_campaign(campaign), changes, language) if campaign is not None else []
    said = {"outcomes": outcomes, "changes": [_change(change, language) for change in changes]}
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(_as_csv(changes, language) if csv else as_json(said), output)
    if any(outcome["level"] == "broken" for outcome in outcomes):
        raise typer.Exit(BROKEN)


def _outcomes(campaign: "Campaign", changes: "tuple[Change, ...]", language: str) -> list[dict[str, object]]:
    from campaigns.comparability import judged, told

    found = []
    for outcome in campaign.outcomes:
        one = judged(outcome, "", changes)
        sentence = told(one, outcome, language)
        questions = list(dict.fromkeys(change.question for change in one.changes))
        found.append(
            {"outcome": outcome.id, "level": one.level, "questions": questions, "sentence": sentence}
        )
    return found


def _change(change: "Change", language: str) -> dict[str, object]:
    return {
        "question": change.question,
        "choice": change.choice,
        "kind": change.kind,
        "weight": change.weight,
        "sentence": change.sentence(language),
    }


def _as_csv(changes: "tuple[Change, ...]", language: str) -> str:
    import pandas as pd

    columns = ["question", "choice", "kind", "weight", "sentence"]
    return pd.DataFrame([_change(one, language) for one in changes], columns=columns).to_csv(index=False)
