"""The verb that judges a file without storing it: ``check``."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.answering import (
    AnswerOption,
    ColumnMapOption,
    SuggestMapOption,
    answers_given,
    write_suggested_map,
)


if TYPE_CHECKING:
    from surveys.checking import CheckReport
    from surveys.fieldwork import Fieldwork
    from surveys.reading import RawFile

SOME_ROWS_STAY_OUT = 1
FILE_REFUSED = 3


def register(app: typer.Typer) -> None:
    """Add ``check`` to the command line."""
    app.command()(check)


def check(
    file: Annotated[Path, typer.Argument(help="The survey file, as the collection tool exported it.")],
    instrument: Annotated[Path, typer.Option(help="The questionnaire, as an XLSForm.")],
    campaign: Annotated[Path | None, typer.Option(help="The campaign file, for its sites and waves.")] = None,
    site: Annotated[str | None, typer.Option(help="Id of the site, where the data do not say it.")] = None,
    wave: Annotated[str | None, typer.Option(help="Id of the wave, where the data do not say it.")] = None,
    name: Annotated[str | None, typer.Option(help="The file's own name, where FILE is a copy.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="The sheet, or the file in an archive, that holds the interviews.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the messages.")] = "en",
    report: Annotated[
        Path | None,
        typer.Option(help="Write the report as well: .json, or .xlsx with the rows to mend."),
    ] = None,
    accepted: Annotated[
        Path | None, typer.Option(help="Write the accepted rows as CSV, no value altered.")
    ] = None,
    answer: AnswerOption = None,
    column_map: ColumnMapOption = None,
    suggest_map: SuggestMapOption = None,
) -> None:
    """Judge a file against its questionnaire, and against the campaign where one is named."""
    from dashboard.reports import known_language, require_file, require_report_format, write_report
    from surveys.checking import refusal_as_dict, report_as_dict
    from surveys.interpreting import Judgement, interpret_file
    from surveys.problems import FileRefused

    for given in (file, instrument, *([campaign] if campaign else [])):
        require_file(given)
    known_language(language)
    if report is not None:
        require_report_format(report)
    questionnaire = _questionnaire(instrument, language)
    judgement = Judgement(
        instrument=questionnaire,
        fieldwork=_fieldwork(campaign, site, wave),
        today=datetime.now(UTC).astimezone().date(),
        answers=answers_given(answer, column_map, sheet),
    )
    try:
        interpreted = interpret_file(file, judgement, name=name or file.name)
    except FileRefused as refused:
        said: dict[str, Any] = refusal_as_dict(refused, language)
        if report is not None:
            write_report(report, said)
        if suggest_map is not None:
            write_suggested_map(suggest_map, refused.doubts, language)
        print(json.dumps(said, ensure_ascii=False, indent=2))
        raise typer.Exit(FILE_REFUSED) from None
    judged = interpreted.report
    said = report_as_dict(judged, language=language)
    if report is not None:
        _write_report(report, said, interpreted.raw, judged, language)
    if suggest_map is not None:
        write_suggested_map(suggest_map, judged.doubts, language)
    if accepted is not None:
        _write_accepted(accepted, judged)
    print(json.dumps(said, ensure_ascii=False, indent=2))
    if judged.verdict == "reject-file":
        raise typer.Exit(FILE_REFUSED)
    if judged.rejected or judged.held:
        raise typer.Exit(SOME_ROWS_STAY_OUT)


def _questionnaire(path: Path, language: str) -> Any:
    """The questionnaire; one that cannot be read is a mistake of the command, not of the survey file."""
    from surveys.problems import CannotProceed, FileRefused
    from surveys.xlsform import load_instrument

    try:
        return load_instrument(path)
    except FileRefused as refused:
        problem = refused.problem
        raise CannotProceed(str(path), problem.message(language), problem.remedy(language)) from None


def _fieldwork(path: Path | None, site: str | None, wave: str | None) -> "Fieldwork | None":
    from campaigns.registry import fieldwork_of, load_campaign
    from dashboard.settings import choose
    from surveys.problems import CannotProceed

    if path is None:
        if site is not None or wave is not None:
            option = "--site" if site is not None else "--wave"
            raise CannotProceed(option, "no campaign is named.", "Name its file with --campaign.")
        return None
    campaign = load_campaign(path)
    for option, wanted, known in (("--site", site, campaign.sites), ("--wave", wave, campaign.waves)):
        ids = tuple(one.id for one in known)
        if wanted is not None and wanted not in ids:
            remedy = choose(wanted, ids, none=f"Leave {option} out.")
            raise CannotProceed(option, f'campaign "{campaign.id}" has no "{wanted}".', remedy)
    return fieldwork_of(campaign, site=site, wave=wave)


def _write_report(
    path: Path, said: dict[str, Any], raw: "RawFile", judged: "CheckReport", language: str
) -> None:
    """The report as JSON, or the rows to mend as a workbook where some were refused or held."""
    from dashboard.reports import write_report
    from surveys.problems import CannotProceed
    from surveys.refusals import write_refused_rows

    if path.suffix.lower() != ".xlsx" or not (judged.rejected or judged.held):
        write_report(path, said)
        return
    try:
        write_refused_rows(path, raw, judged, language)
    except OSError as error:
        what = f"the report cannot be written here ({error.strerror})."
        raise CannotProceed(str(path), what, "Choose another place.") from None


def _write_accepted(path: Path, judged: "CheckReport") -> None:
    from surveys.checking import accepted_rows
    from surveys.problems import CannotProceed
    from surveys.responses import write_responses

    try:
        write_responses(accepted_rows(judged), path)
    except OSError as error:
        what = f"the rows cannot be written here ({error.strerror})."
        raise CannotProceed(str(path), what, "Choose another place.") from None
