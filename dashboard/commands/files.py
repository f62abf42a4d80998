"""The verbs that keep files: ``init`` makes a workspace, ``ingest`` stores a file, ``responses`` gives rows back."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dashboard.commands.acting import WorkspaceOption
from dashboard.commands.answering import (
    AnswerOption,
    ByOption,
    ColumnMapOption,
    SuggestMapOption,
    answers_given,
    who,
    write_suggested_map,
)


if TYPE_CHECKING:
    import pyarrow as pa

    from campaigns.campaign import Campaign
    from surveys.catalogue import Catalogue
    from surveys.ingest import Receipt
    from surveys.instrument import Instrument


SOME_ROWS_STAYED_OUT = 1
FILE_REFUSED = 3


def register(app: typer.Typer) -> None:
    """Add ``init``, ``ingest`` and ``responses`` to the command line."""
    app.command()(init)
    app.command()(ingest)
    app.command()(responses)


def init(
    folder: Annotated[Path, typer.Argument(help="A new or an empty folder.")],
    title: Annotated[str | None, typer.Option(help="What the workspace is called on screens.")] = None,
) -> None:
    """Make a workspace: the one folder that holds campaigns, questionnaires, keys and the record."""
    from dashboard.settings import init_workspace
    from surveys.catalogue import Catalogue

    workspace = init_workspace(folder, title)
    Catalogue(workspace.database_url).close()
    print(f"{workspace.folder}: the workspace is ready.")
    print("Put campaign files into campaigns/, XLSForms into instruments/, and keep a safe copy of keys/.")


def ingest(
    file: Annotated[Path, typer.Argument(help="The survey file, as the collection tool exported it.")],
    campaign: Annotated[str, typer.Option(help="Id of the campaign.")],
    workspace: WorkspaceOption = None,
    site: Annotated[str | None, typer.Option(help="Id of the site, where the data do not say it.")] = None,
    wave: Annotated[str | None, typer.Option(help="Id of the wave, where the data do not say it.")] = None,
    name: Annotated[str | None, typer.Option(help="The file's own name, where FILE is a copy.")] = None,
    sheet: Annotated[
        str | None, typer.Option(help="The sheet, or the file in an archive, that holds the interviews.")
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the messages.")] = "en",
    report: Annotated[
        Path | None, typer.Option(help="Write the report here as well: .json or .xlsx.")
    ] = None,
    answer: AnswerOption = None,
    column_map: ColumnMapOption = None,
    suggest_map: SuggestMapOption = None,
    by: ByOption = None,
) -> None:
    """Check a file and store what is right; the same file again changes nothing."""
    from campaigns.registry import fieldwork_of, load_campaign
    from dashboard.reports import known_language, require_file, require_report_format
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.ingest import REFUSED, ingest_file

    place = load_workspace(workspace)
    loaded = load_campaign(place.campaign_file(campaign))
    require_file(file)
    known_language(language)
    if report is not None:
        require_report_format(report)
    require_id(site, "site", [one.id for one in loaded.sites], campaign)
    require_id(wave, "wave", [one.id for one in loaded.waves], campaign)
    answers = answers_given(answer, column_map, sheet)
    with Catalogue(place.database_url) as catalogue:
        receipt = ingest_file(
            file,
            name=name,
            catalogue=catalogue,
            keys=place.keys,
            instrument=_questionnaire(place.instrument_file(loaded.instrument), language),
            fieldwork=fieldwork_of(loaded, site=site, wave=wave),
            uploader=who(by),
            answers=answers,
            columns_folder=place.columns,
        )
    if suggest_map is not None:
        write_suggested_map(suggest_map, receipt.report.doubts, language)
    said = receipt.as_dict(language)
    if report is not None:
        _write_report(report, said, receipt, file, language)
    print(json.dumps(said, ensure_ascii=False, indent=2))
    if receipt.verdict == REFUSED:
        raise typer.Exit(FILE_REFUSED)
    if receipt.rejected or receipt.held:
        raise typer.Exit(SOME_ROWS_STAYED_OUT)


def responses(
    campaign: Annotated[str, typer.Option(help="Id of the campaign.")],
    output: Annotated[
        Path | None,
        typer.Option(help="Where the rows go: .dta, .sav, .xlsx or .parquet; any other ending is CSV."),
    ] = None,
    workspace: WorkspaceOption = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    as_of: Annotated[int | None, typer.Option(help="The rows as they stood after this upload.")] = None,
    with_withheld: Annotated[
        bool,
        typer.Option(
            "--with-withheld/--without-withheld",
            help="Also the texts that wait because they seem to point to a person; --why is then required.",
        ),
    ] = False,
    why: Annotated[str, typer.Option(help="Why such texts are taken out; kept in the audit.")] = "",
    language: Annotated[str, typer.Option(help="Language of labels in .dta and .sav.")] = "en",
    roster: Annotated[
        str | None, typer.Option(help="The rows of this repeated section instead of the interviews.")
    ] = None,
    by: ByOption = None,
    history: Annotated[
        str | None,
        typer.Option(help="Instead of rows: the versions of the interview with this id, without answers."),
    ] = None,
    weights: Annotated[
        bool,
        typer.Option(
            "--weights", help="Add final_weight: the weight estimates use, made as the campaign says."
        ),
    ] = False,
) -> None:
    """Write the rows now held, raw: the questionnaire's names and codes, no value altered.

    Texts that were kept back because they seem to point to a person are missing in it, as answers that were lost, unless
    --with-withheld asks for them; the audit then says who took them out, and why.
    """
    from campaigns.registry import load_campaign
    from dashboard.reports import known_language
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.judging.roster_tables import roster_instrument
    from surveys.problems import CannotProceed
    from surveys.responses import responses_table, roster_table
    from surveys.writing.formats import Labelling, write_rows

    place = load_workspace(workspace)
    loaded = load_campaign(place.campaign_file(campaign))
    require_id(site, "site", [one.id for one in loaded.sites], campaign)
    known_language(language)
    if (output is None) == (history is None):
        raise CannotProceed(
            "responses",
            "it is not said what to write.",
            "Give --output, or --history with the id of an interview.",
        )
    if with_withheld and not why.strip():
        raise CannotProceed(
            "--with-withheld",
            "it is not said why texts that seem to point to a person are taken out.",
            "Give the reason with --why; it is kept in the audit. Or leave --with-withheld out.",
        )
    columns = loaded.columns
    asked = _questionnaire(place.instrument_file(loaded.instrument), language)
    if roster is not None:
        _require_roster(roster, asked)
    with Catalogue(place.database_url) as catalogue:
        if history is not None:
            print(json.dumps(_versions(catalogue, campaign, history), ensure_ascii=False, indent=2))
            return
        assert output is not None, "one of the two was given"  # noqa: S101
        _require_upload(as_of, catalogue.newest_upload(campaign), campaign)
        if roster is not None:
            asked = roster_instrument(asked, roster)
            table = roster_table(catalogue, campaign, roster, site=site, as_of=as_of)
        else:
            table = responses_table(
                catalogue,
                campaign,
                site=site,
                as_of=as_of,
                site_question=columns.site,
                wave_question=columns.wave,
                respondent_question=columns.respondent,
                withheld_with=place.keys if with_withheld else None,
                reasons=True,
            )
            if weights:
                table = _with_weights(table, catalogue, place.columns, loaded, site, as_of)
        waiting = [] if roster is not None else catalogue.withheld(campaign, site)
        if waiting and with_withheld:
            facts = {"campaign": campaign, "texts": len(waiting), "reason": why.strip()}
            catalogue.note(who(by), "withheld texts taken out", f"campaign {campaign}", facts)
    labelling = Labelling(
        campaign=campaign,
        instrument=asked,
        language=language,
        ids=(columns.submission, columns.respondent, columns.site, columns.wave, columns.cluster),
    )
    try:
        renamed = write_rows(table, output, labelling)
    except OSError as error:
        raise CannotProceed(
            str(output), f"the rows cannot be written here ({error.strerror}).", "Choose another place."
        ) from None
    print(f"{output}: {table.num_rows} rows.")
    for column, name in renamed.items():
        print(f'The column "{column}" is called {name} in it.', file=sys.stderr)
    if waiting:
        print(_about_withheld(len(waiting), given=with_withheld, campaign=campaign), file=sys.stderr)


def _about_withheld(number: int, *, given: bool, campaign: str) -> str:
    texts = "1 text that seems" if number == 1 else f"{number} texts that seem"
    if given:
        return f"{texts} to point to a person: it holds them. Keep the file safe."
    return f"{texts} to point to a person: left out until somebody decides: awareness withheld --campaign {campaign}"


def _with_weights(
    table: "pa.Table",
    catalogue: "Catalogue",
    folder: Path,
    campaign: "Campaign",
    site: str | None,
    as_of: int | None,
) -> "pa.Table":
    """The rows with the weights that estimates use; CannotProceed where nothing is weighted."""
    from campaigns.weights import with_final_weights
    from surveys import columns
    from surveys.problems import CannotProceed

    if not campaign.weighted:
        raise CannotProceed(
            "--weights",
            f'campaign "{campaign.id}" weights nothing.',
            "Leave --weights out, or declare columns.weight or weights: in the campaign file.",
        )
    files = columns.refresh(catalogue, folder, campaign.id, site, as_of)
    return with_final_weights(table, files, campaign)


def _require_roster(roster: str, instrument: "Instrument") -> None:
    """CannotProceed where the questionnaire has no repeated section of that name."""
    from dashboard.settings import choose
    from surveys.problems import CannotProceed

    if roster not in instrument.repeats:
        none = "The questionnaire has none: leave --roster out."
        remedy = choose(roster, instrument.repeats, none=none)
        raise CannotProceed("--roster", f'the questionnaire has no repeated section "{roster}".', remedy)


def _versions(catalogue: "Catalogue", campaign: str, submission: str) -> list[dict[str, object]]:
    from surveys.problems import CannotProceed

    found = catalogue.revisions(campaign, submission)
    if not found:
        raise CannotProceed(
            "--history",
            f'campaign "{campaign}" has no interview "{submission}".',
            "See the ids with: awareness responses --output",
        )
    return [one.as_dict() for one in found]


def _questionnaire(path: Path, language: str) -> "Instrument":
    """The questionnaire; one that cannot be read is a mistake of the workspace, not of the survey file."""
    from surveys.problems import CannotProceed, FileRefused
    from surveys.xlsform import load_instrument

    try:
        return load_instrument(path)
    except FileRefused as refused:
        problem = refused.problem
        raise CannotProceed(str(path), problem.message(language), problem.remedy(language)) from None


def _write_report(path: Path, said: dict[str, Any], receipt: "Receipt", file: Path, language: str) -> None:
    """The report as JSON, or the rows to mend as a workbook where some were refused or held."""
    from dashboard.reports import write_report
    from surveys.ingest import REFUSED
    from surveys.problems import CannotProceed
    from surveys.reading import read_file
    from surveys.refusals import write_refused_rows

    nothing_to_mend = receipt.verdict == REFUSED or not (receipt.rejected or receipt.held)
    if path.suffix.lower() != ".xlsx" or nothing_to_mend:
        write_report(path, said)
        return
    try:
        raw = read_file(file, name=receipt.name, sheet=receipt.report.sheet)
        write_refused_rows(path, raw, receipt.report, language)
    except OSError as error:
        what = f"the report cannot be written here ({error.strerror})."
        raise CannotProceed(str(path), what, "Choose another place.") from None


def require_id(wanted: str | None, what: str, known: list[str], campaign: str) -> None:
    """CannotProceed where an option names a site or wave that the campaign does not have."""
    from dashboard.settings import choose
    from surveys.problems import CannotProceed

    if wanted is not None and wanted not in known:
        raise CannotProceed(
            f"--{what}",
            f'campaign "{campaign}" has no {what} "{wanted}".',
            choose(wanted, tuple(known), none=f"Leave --{what} out."),
        )


def _require_upload(as_of: int | None, newest: int | None, campaign: str) -> None:
    from surveys.problems import CannotProceed

    if as_of is not None and not 0 < as_of <= (newest or 0):
        known = f"The newest is {newest}." if newest else "Nothing was stored yet."
        raise CannotProceed("--as-of", f'campaign "{campaign}" has no upload {as_of}.', known)
