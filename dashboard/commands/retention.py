"""``awareness retention``: until when the encrypted originals are kept, and their end."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard.commands.acting import ByOption, WorkspaceOption, acting


if TYPE_CHECKING:
    from campaigns.retention import Retention
    from dashboard.settings import Workspace
    from surveys.catalogue import Catalogue
    from surveys.record.retention import KeptOriginal


def register(app: typer.Typer) -> None:
    """Add ``retention`` to the command line."""
    app.command()(retention)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The originals of one campaign and until when they are kept."""

    campaign: str
    originals: "list[KeptOriginal]"
    rule: "Retention"


def retention(
    workspace: WorkspaceOption = None,
    campaign: Annotated[str | None, typer.Option(help="Only this campaign.")] = None,
    due: Annotated[bool, typer.Option("--due", help="List only what is due.")] = False,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Destroy what is due, for ever, with a certificate.")
    ] = False,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What is due on that day; today by default.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before destroying.")] = False,
    certificates: Annotated[
        bool, typer.Option("--certificates", help="Write every certificate again as files.")
    ] = False,
    by: ByOption = None,
) -> None:
    """Show until when the encrypted originals are kept, and destroy those whose time is over. That cannot be undone."""
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue

    place = load_workspace(workspace)
    today = datetime.now(UTC).astimezone().date()
    day = as_of.date() if as_of is not None else today
    if destroy:
        _refuse_days_to_come(day, today)
    with Catalogue(place.database_url) as catalogue:
        catalogue.give_originals_own_keys(place.keys)
        if certificates:
            _write_all(place, catalogue)
            return
        kept = _kept(place, catalogue, campaign)
        ended = [one for one in kept if one.rule.is_due(day)]
        for one in ended if due or destroy else kept:
            print(_said(one, day))
        if not destroy:
            if not (ended if due else kept):
                print("Nothing is due." if due else "No originals are held.")
            return
        if not ended:
            print("Nothing is due, nothing was destroyed.")
            gone = catalogue.finish_destruction(place.keys)
            if gone:
                print(f"{gone} keys of destroyed originals were still there; they are destroyed too.")
            return
        _confirm(ended, asked=not yes)
        _destroy(place, catalogue, ended, acting(by))


def _kept(place: "Workspace", catalogue: "Catalogue", campaign: str | None) -> list[Kept]:
    from campaigns.registry import load_campaign
    from campaigns.retention import retention_of

    if campaign is not None:
        place.campaign_file(campaign)
    held: dict[str, list[KeptOriginal]] = {}
    for original in catalogue.originals(campaign):
        held.setdefault(original.campaign, []).append(original)
    known = place.campaign_ids()
    return [
        Kept(
            campaign=name,
            originals=originals,
            rule=retention_of(
                load_campaign(place.campaign_file(name)) if name in known else None,
                [one.uploaded_at.date() for one in originals],
                place.retention_months,
            ),
        )
        for name, originals in sorted(held.items())
    ]


def _said(one: Kept, day: date) -> str:
    number = len(one.originals)
    until = "due since" if one.rule.is_due(day) else "kept until"
    counted = "its last wave closed" if one.rule.last_wave_closed else "the newest upload came"
    return (
        f"{one.campaign}: {number} {'original' if number == 1 else 'originals'}, {until} {one.rule.due} "
        f"({one.rule.months} months after {counted} on {one.rule.counted_from})."
    )


def _refuse_days_to_come(day: date, today: date) -> None:
    from surveys.problems import CannotProceed

    if day > today:
        raise CannotProceed(
            "--as-of",
            f"{day} has not come yet, and what is due only then must not be destroyed today.",
            "Leave --as-of out, or leave --destroy out to see what will be due.",
        )


def _confirm(ended: list[Kept], *, asked: bool) -> None:
    from surveys.problems import CannotProceed

    number = sum(len(one.originals) for one in ended)
    if not asked:
        return
    print(
        f"{number} original{'' if number == 1 else 's'} will be destroyed for ever. Nobody can bring them back, not from backups either. "
        "The accepted answers stay."
    )
    try:
        said = input(f"Type {number} to destroy them: ").strip()
    except EOFError:
        said = ""
    if said != str(number):
        raise CannotProceed(
            "retention", "it was not confirmed; nothing was destroyed.", f"Type {number}, or add --yes."
        )


def _destroy(place: "Workspace", catalogue: "Catalogue", ended: list[Kept], who: str) -> None:
    from dashboard.certificates import write_certificate

    for one in ended:
        rule = one.rule
        reason = {
            "workspace": place.title,
            "months": rule.months,
            "counted": "wave" if rule.last_wave_closed else "upload",
            "counted_from": str(rule.counted_from),
            "due": str(rule.due),
            "method": [
                "the key of each original destroyed",
                "the encrypted bytes deleted and the files of the database written anew",
            ],
        }
        uploads = [original.upload for original in one.originals]
        certificate = catalogue.destroy_originals(one.campaign, uploads, reason, place.keys, by=who)
        files = write_certificate(place.folder, certificate, place.languages)
        print(
            f"{one.campaign}: {len(uploads)} originals destroyed, certificate {certificate.number} ({files[0]})."
        )
    print("Destroy the copies of their keys too, wherever the safe copy of keys/originals lies.")


def _write_all(place: "Workspace", catalogue: "Catalogue") -> None:
    from dashboard.certificates import write_certificate

    certificates = catalogue.certificates()
    for certificate in certificates:
        write_certificate(place.folder, certificate, place.languages)
    counts = Counter(one.campaign for one in certificates)
    print(f"{sum(counts.values())} certificates are in {Path(place.folder) / 'certificates'}.")
