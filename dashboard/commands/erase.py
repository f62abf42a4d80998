"""``awareness erase``: one person's interviews out of everything, with a certificate."""

from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.acting import (
    ByOption,
    CampaignOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


if TYPE_CHECKING:
    from dashboard.settings import Workspace
    from surveys.catalogue import Catalogue
    from surveys.record.erasing import Erasure, Whom


def register(app: typer.Typer) -> None:
    """Add ``erase`` to the command line."""
    app.command()(erase)


def erase(
    campaign: CampaignOption,
    workspace: WorkspaceOption = None,
    respondent: Annotated[
        str | None,
        typer.Option(help="The respondent's id as the questionnaire has it; it is stored nowhere."),
    ] = None,
    submission: Annotated[str | None, typer.Option(help="The id of one interview.")] = None,
    why: Annotated[str, typer.Option(help="Why; stands on the certificate. Never a name.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before erasing.")] = False,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Erase a respondent or an interview from record, columns and originals, with a certificate. That cannot be undone."""
    from campaigns.registry import load_campaign
    from dashboard.certificates import write_certificate
    from dashboard.settings import load_workspace
    from surveys import columns
    from surveys.catalogue import Catalogue
    from surveys.languages import say
    from surveys.problems import Refused

    place = load_workspace(workspace)
    countries = {site.country for site in load_campaign(place.campaign_file(campaign)).sites}
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        whom = _whom(place, respondent, submission, countries)
        found = catalogue.erasure(campaign, whom)
        if not found.versions + found.held:
            _finish(place, catalogue, campaign)
            raise Refused("erase_nothing", f"campaign {campaign}")
        print(_told(found, language))
        if dry_run:
            print(say("safety.erase.dry", language))
            return
        who = acting(by)
        _check_reason(why, respondent, submission)
        _confirm(found, asked=not yes, language=language)
        catalogue.give_originals_own_keys(place.keys)
        certificate = catalogue.erase(
            campaign, whom, {"workspace": place.title, "why": why.strip()}, place.keys, by=who
        )
        columns.forget(place.columns, campaign)
        columns.refresh(catalogue, place.columns, campaign)
        files = write_certificate(place.folder, certificate, place.languages)
        print(say("safety.erase.done", language, number=certificate.number, file=files[0]))
        print(say("safety.erase.by_hand", language))


def _whom(place: "Workspace", respondent: str | None, submission: str | None, countries: set[str]) -> "Whom":
    import pyarrow as pa

    from surveys.problems import Refused
    from surveys.record.erasing import Whom

    if (respondent is None) == (submission is None):
        raise Refused("erase_whom", "--respondent, --submission")
    if submission is not None:
        return Whom(submissions=frozenset({submission.strip()}))
    said = pa.chunked_array([pa.array([(respondent or "").strip()], pa.large_string())])
    found = {place.keys.pseudonyms(said, country)[0].as_py() for country in sorted(countries)}
    return Whom(pseudonyms=frozenset(one for one in found if one))


def _told(found: "Erasure", language: str) -> str:
    from dataclasses import asdict

    from surveys.languages import say

    uploads = ", ".join(map(str, found.originals)) or say("safety.erase.no_originals", language)
    return say("safety.erase.what", language, **{**asdict(found), "originals": uploads})


def _check_reason(why: str, *names: str | None) -> None:
    from surveys.problems import Refused

    if not why.strip():
        raise Refused("erase_why", "--why")
    if any(name and name.strip().lower() in why.lower() for name in names):
        raise Refused("erase_why_names", "--why")


def _confirm(found: "Erasure", *, asked: bool, language: str) -> None:
    from surveys.languages import say
    from surveys.problems import Refused

    if not asked:
        return
    try:
        said = input(say("safety.erase.confirm", language, count=found.interviews)).strip()
    except EOFError:
        said = ""
    if said != str(found.interviews):
        raise Refused("erase_unconfirmed", "erase", count=found.interviews)


def _finish(place: "Workspace", catalogue: "Catalogue", campaign: str) -> None:
    """Do what an erasure that was killed after its commit left: keys, the database's files, columns, certificates."""
    from dashboard.certificates import write_certificate
    from surveys import columns

    if catalogue.erased_marks(campaign):
        catalogue.finish_destruction(place.keys)
        columns.forget(place.columns, campaign)
        for certificate in catalogue.certificates():
            write_certificate(place.folder, certificate, place.languages)
