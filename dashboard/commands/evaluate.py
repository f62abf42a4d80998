"""``awareness evaluate`` and ``awareness export``: what a workspace's campaign did, protected."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from dashboard.commands.acting import ByOption, acting, in_the_readers_language
from dashboard.commands.results import write_bytes


if TYPE_CHECKING:
    from campaigns.effects import Evaluation, LockedPlan


class ExportFormat(StrEnum):
    """What the effects are written as."""

    CSV = "csv"
    XLSX = "xlsx"
    DTA = "dta"
    SAV = "sav"
    TEX = "tex"
    DOCX = "docx"
    MD = "md"
    JSON = "json"


class ExportTable(StrEnum):
    """Which table is exported."""

    EFFECTS = "effects"
    ITEMS = "items"
    CODEBOOK = "codebook"
    FLOW = "flow"
    CHECKLIST = "checklist"


Folder = Annotated[
    Path | None, typer.Option("--workspace", help="The workspace; otherwise AWARENESS_WORKSPACE.")
]
CampaignId = Annotated[str, typer.Option("--campaign", help="Id of the campaign.")]
AsOf = Annotated[int | None, typer.Option(help="The data as they stood after this upload.")]
Language = Annotated[str, typer.Option(help="Language of the sentences: en or ko.")]
NOTHING_ESTIMABLE = 4


def register(app: typer.Typer) -> None:
    """Add this family's verbs to the command line."""
    app.command()(evaluate)
    app.command()(export)


def evaluate(
    campaign: CampaignId,
    workspace: Folder = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write it whole (.json) or its effects (.csv, .xlsx, ...) to this file."),
    ] = None,
    as_of: AsOf = None,
    language: Language = "en",
) -> None:
    """Evaluate a campaign and print what may be said of it."""
    from campaigns.export import EXPORT_FORMATS

    ending = "" if output is None else output.suffix.lower().lstrip(".")
    if output is not None and ending not in EXPORT_FORMATS:
        _refuse_format(output, EXPORT_FORMATS)
    evaluation = evaluation_of(workspace, campaign, as_of)
    if output is not None:
        write_bytes(_file(evaluation, ending, language), output)
    typer.echo(_summary(evaluation, language))
    _leave_if_nothing(evaluation)


def export(
    campaign: CampaignId,
    output: Annotated[Path | None, typer.Option(help="The file to write.")] = None,
    export_format: Annotated[
        ExportFormat | None, typer.Option("--format", help="By default what --output ends in.")
    ] = None,
    table: Annotated[
        ExportTable,
        typer.Option(help="Effects; or items by arm and wave, codebook, flow, reporting checklist."),
    ] = ExportTable.EFFECTS,
    bundle: Annotated[
        Path | None,
        typer.Option(
            help="Write a replication bundle (.zip): de-identified rows, plan, numbers, scripts in R and Python."
        ),
    ] = None,
    workspace: Folder = None,
    as_of: AsOf = None,
    language: Language = "en",
    stars: Annotated[bool, typer.Option(help="In .tex and .docx mark small p-values by stars.")] = False,
    by: ByOption = None,
    why: Annotated[
        str,
        typer.Option(help="With --bundle: why rows are needed that few others are like; kept in the audit."),
    ] = "",
) -> None:
    """Write a campaign's effects, protected, for other programs and for print; or the bundle to replicate them."""
    from campaigns.export import EXPORT_FORMATS, export_evaluation
    from surveys.problems import CannotProceed

    if output is None and bundle is None:
        raise CannotProceed(
            "export", "no file is named.", "Write --output effects.csv, or --bundle replication.zip."
        )
    named = export_format.value if export_format else "" if output is None else output.suffix.lower()[1:]
    if output is not None and table is not ExportTable.EFFECTS:
        write_bytes(_beside(workspace, campaign, as_of, table.value, named, output, language), output)
        output = None
    if output is not None and named not in EXPORT_FORMATS:
        _refuse_format(output, EXPORT_FORMATS)
    if bundle is not None:
        with in_the_readers_language(language):
            write_bytes(_bundle(workspace, campaign, as_of, acting(by), why), bundle)
    if output is None:
        return
    evaluation = evaluation_of(workspace, campaign, as_of)
    write_bytes(export_evaluation(evaluation, named, language=language, stars=stars), output)
    _leave_if_nothing(evaluation)


def _beside(
    folder: Path | None,
    campaign_id: str,
    as_of: int | None,
    table: str,
    named: str,
    output: Path,
    language: str,
) -> bytes:
    """A table beside the effects, protected."""
    from campaigns.plan_lock import stamped
    from campaigns.tables_beside import BESIDE_FORMATS, table_beside
    from dashboard.evaluations import policy_of
    from dashboard.settings import load_workspace
    from surveys.xlsform import load_instrument

    if named not in BESIDE_FORMATS:
        _refuse_format(output, BESIDE_FORMATS)
    place, exact = load_workspace(folder), exact_of(folder, campaign_id, as_of)
    one = table_beside(
        table,
        stamped(exact.evaluation, exact.lock),
        exact.answers,
        instrument=load_instrument(place.instrument_file(exact.evaluation.campaign.instrument)),
        language=language,
        policy=policy_of(place),
    )
    return BESIDE_FORMATS[named](one)


def _bundle(folder: Path | None, campaign_id: str, as_of: int | None, by: str, why: str) -> bytes:
    """The replication bundle of a campaign. That rows left, and who took them, is noted."""
    from campaigns.replication import bundle_of_campaign
    from dashboard.evaluations import policy_of
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.xlsform import load_instrument

    place = load_workspace(folder)
    exact = exact_of(folder, campaign_id, as_of)
    bundle = bundle_of_campaign(
        exact.evaluation,
        exact.answers,
        lock=exact.lock,
        instrument=load_instrument(place.instrument_file(exact.evaluation.campaign.instrument)),
        policy=policy_of(place),
        why=why,
    )
    with Catalogue(place.database_url) as catalogue:
        facts: dict[str, object] = {
            "as_of_upload": exact.evaluation.as_of_upload,
            "data_sha256": exact.evaluation.data_sha256,
            "rare_combinations": bundle.rare.facts(),
        }
        if bundle.rare.rare:
            facts["why"] = why.strip()
        catalogue.note(by, "replication bundle written", f"campaign {campaign_id}", facts)
    return bundle.content


@dataclass(frozen=True, slots=True, kw_only=True)
class ExactEvaluation:
    """A campaign's evaluation before anything is rounded, the answers it was made from, and the plan that binds it."""

    evaluation: "Evaluation"
    answers: list[Path]
    lock: "LockedPlan | None"


def evaluation_of(folder: Path | None, campaign_id: str, as_of: int | None) -> "Evaluation":
    """A campaign's evaluation as shared views tell it, held against its locked plan."""
    from campaigns.plan_lock import stamped
    from dashboard.evaluations import policy_of
    from dashboard.releasing import as_of_release, released
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    exact, place = exact_of(folder, campaign_id, as_of), load_workspace(folder)
    tell = released if as_of is None else as_of_release
    with Catalogue(place.database_url) as catalogue:
        return stamped(tell(catalogue, exact.evaluation, exact.answers, policy_of(place)), exact.lock)


def exact_of(folder: Path | None, campaign_id: str, as_of: int | None) -> ExactEvaluation:
    """A campaign's exact evaluation; nothing of it is shown as it stands."""
    from campaigns.plan_lock import binding
    from campaigns.records import locked_plans
    from campaigns.registry import load_campaign
    from dashboard.evaluations import exactly, policy_of
    from dashboard.settings import load_workspace
    from surveys import columns
    from surveys.catalogue import Catalogue

    place = load_workspace(folder)
    campaign = load_campaign(place.campaign_file(campaign_id))
    with Catalogue(place.database_url) as catalogue:
        answers = columns.refresh(catalogue, place.columns, campaign.id, as_of=as_of)
        newest = catalogue.newest_upload(campaign.id) if as_of is None else as_of
        lock = binding(locked_plans(catalogue, campaign.id))
        exact = exactly(catalogue, campaign, answers, policy_of(place), as_of=newest)
    return ExactEvaluation(evaluation=exact, answers=answers, lock=lock)


def _file(evaluation: "Evaluation", ending: str, language: str) -> bytes:
    import json

    from campaigns.export import evaluation_as_dict, export_evaluation

    if ending != "json":
        return export_evaluation(evaluation, ending, language=language)
    whole = evaluation_as_dict(evaluation, language=language)
    return (json.dumps(whole, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _summary(evaluation: "Evaluation", language: str) -> str:
    """The title, the findings by outcome, and each site's sentence or why there is none."""
    from campaigns.claims import headline, sentence
    from campaigns.effects import EffectEstimate
    from campaigns.export import notes_of
    from surveys.languages import pick

    campaign, confidence = evaluation.campaign, evaluation.campaign.analysis.confidence
    lines = list(notes_of(evaluation, language))
    for outcome in campaign.outcomes:
        lines += ["", headline(evaluation, outcome.id, language)]
        for effect in evaluation.effects_of(outcome.id):
            site = campaign.site(effect.subject.site or "")
            if isinstance(effect, EffectEstimate):
                lines.append(f"  {sentence(effect, outcome, site, language, confidence)}")
            else:
                lines.append(
                    f"  {pick(site.title, language)}: {effect.reason(language)} {effect.remedy(language)}"
                )
    return "\n".join(lines)


def _leave_if_nothing(evaluation: "Evaluation") -> None:
    from campaigns.effects import EffectEstimate

    if not any(isinstance(effect, EffectEstimate) for effect in evaluation.effects):
        raise typer.Exit(NOTHING_ESTIMABLE)


def _refuse_format(output: Path, formats: Iterable[str]) -> NoReturn:
    from surveys.problems import CannotProceed

    endings = ", ".join(f".{name}" for name in formats)
    raise CannotProceed(str(output), "the file's ending names no format.", f"Use one of: {endings}.")
