"""Making editions of a workspace's campaigns, exporting them, and making them again to see whether they still come out."""

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from campaigns.disclosure_report import report_on
from campaigns.editions import (
    Edition,
    Standing,
    campaign_of_edition,
    edition_of,
    evaluation_of_edition,
    is_whole,
    policy_of_edition,
    same_numbers,
)
from campaigns.effects import Evaluation
from campaigns.export import evaluation_as_dict, export_evaluation, software
from campaigns.membership import members_of
from campaigns.plan_lock import binding, stamped
from campaigns.records import editions, locked_plans, store_edition
from campaigns.registry import load_campaign
from campaigns.release_records import releases
from campaigns.releases import protect_after
from dashboard.evaluations import NothingYet, exactly, policy_of
from dashboard.releasing import released
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.problems import Refused
from surveys.record.erasing import ERASE


def make_edition(place: Workspace, catalogue: Catalogue, campaign_id: str, *, by: str, note: str) -> Edition:
    """Freeze what may be shown of the newest data under the next number, and export it to ``editions/``.

    Raises
    ------
    NothingYet
        No interviews are held.
    """
    file = place.campaign_file(campaign_id)
    campaign, text, policy = load_campaign(file), file.read_bytes().decode("utf-8"), policy_of(place)
    newest = catalogue.newest_upload(campaign.id)
    answers = columns.refresh(catalogue, place.columns, campaign.id)
    if not answers:
        raise NothingYet(campaign.id)
    exact = exactly(catalogue, campaign, answers, policy, as_of=newest)
    shown = stamped(
        released(catalogue, exact, answers, policy, by=by), binding(locked_plans(catalogue, campaign.id))
    )
    now = datetime.now(UTC)

    def frozen(number: int) -> Edition:
        return edition_of(
            shown,
            number=number,
            policy=policy,
            campaign_file=text,
            software=software(),
            made_at=now,
            by=by,
            note=note.strip(),
        )

    made = store_edition(catalogue, campaign.id, frozen)
    export_edition(place, catalogue, made)
    return made


def edition_numbered(catalogue: Catalogue, campaign_id: str, number: int) -> Edition:
    """The edition of that number.

    Raises
    ------
    Refused
        There is none; the message names those there are.
    """
    made = editions(catalogue, campaign_id)
    for one in made:
        if one.number == number:
            return one
    known = ", ".join(str(one.number) for one in made) or "–"
    raise Refused("no_such_edition", campaign_id, number=number, known=known)


def disclosure_of(catalogue: Catalogue, edition: Edition) -> Mapping[str, Any]:
    """The report on disclosure that is read before an edition goes to the public."""
    shown = evaluation_of_edition(edition, locked_plans(catalogue, edition.campaign))
    return report_on(shown, policy_of_edition(edition))


def export_edition(place: Workspace, catalogue: Catalogue, edition: Edition) -> Path:
    """Write an edition's numbers and what it was made of to its folder of the workspace; the record stays the original."""
    folder = place.editions / edition.campaign / str(edition.number)
    folder.mkdir(parents=True, exist_ok=True)
    shown = evaluation_of_edition(edition, locked_plans(catalogue, edition.campaign))
    (folder / "effects.csv").write_bytes(export_evaluation(shown, "csv"))
    (folder / "campaign.yaml").write_bytes(edition.campaign_file.encode("utf-8"))
    for name, value in (("edition.json", edition.summary()), ("evaluation.json", evaluation_as_dict(shown))):
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / name).write_text(text + "\n", "utf-8")
    return folder


def standing_of(place: Workspace, catalogue: Catalogue, edition: Edition) -> Standing:
    """Whether an edition is what was frozen, and comes out again from the record as of its upload."""
    if not is_whole(edition):
        return "altered"
    if any(
        certificate.campaign == edition.campaign
        and certificate.body["counted"] == ERASE
        and certificate.at >= edition.made_at
        for certificate in catalogue.certificates()
    ):
        return "erased"
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=place.folder) as folder:
        again = _made_again(catalogue, Path(folder), edition)
    return "same" if same_numbers(edition, again) else "differs"


def standings(
    place: Workspace, catalogue: Catalogue, campaigns: Sequence[str]
) -> Iterator[tuple[Edition, Standing]]:
    """Every edition of these campaigns and how it stands."""
    for campaign in campaigns:
        for edition in editions(catalogue, campaign):
            yield edition, standing_of(place, catalogue, edition)


def _made_again(catalogue: Catalogue, folder: Path, edition: Edition) -> Evaluation:
    campaign, policy = campaign_of_edition(edition), policy_of_edition(edition)
    answers = columns.refresh(catalogue, folder, campaign.id, as_of=edition.as_of_upload)
    exact = exactly(catalogue, campaign, answers, policy, as_of=edition.as_of_upload)
    told = next((one for one in releases(catalogue, campaign.id) if one.number == edition.release), None)
    return protect_after(exact, members_of(campaign, answers), policy, told)
