"""What is left of each upload: its numbers as they stand now, not as they were when it came; and taking one back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.services import Services
from dashboard.verdicts import declined_rows
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.record.uploads import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The interviews of one upload, counted as the verdict counts them."""

    accepted: int  # those that were held and that somebody stored since included
    unchanged: int
    rejected: int  # to be mended
    declined: int  # did not agree to take part
    held: int  # wait still


def standings_of(catalogue: Catalogue, campaign: str, uploads: Sequence[Upload]) -> list[Standing]:
    """Where each of these uploads stands after all that was decided since."""
    held = catalogue.held(campaign, waiting=None)
    waiting = Counter(one.upload for one in held if one.step is None)
    stored = Counter(one.upload for one in held if one.step is not None and one.decision != "discard")
    standings = []
    for upload in uploads:
        declined = len(declined_rows(catalogue.problems(upload.id))) if upload.rejected else 0
        standings.append(
            Standing(
                accepted=upload.accepted + stored[upload.id],
                unchanged=upload.unchanged,
                rejected=upload.rejected - declined,
                declined=declined,
                held=waiting[upload.id],
            )
        )
    return standings


def is_owner(upload: Upload, name: str) -> bool:
    """Whether that person sent the file."""
    return bool(name.strip()) and upload.uploader.strip().casefold() == name.strip().casefold()


def can_take_back(upload: Upload, name: str) -> bool:
    """Whether an upload is one's own and still brings anything; the record refuses where something stands on it."""
    return is_owner(upload, name) and upload.in_force and bool(upload.accepted or upload.held)


def take_back(services: Services, campaign: str, upload: int, by: str) -> None:
    """Take an upload back, and let the derived columns follow.

    Raises
    ------
    CannotProceed
        Something later stands on it, or it is out already; the message says which.
    """
    services.catalogue.undo(campaign, upload, by=by)
    columns.refresh(services.catalogue, services.workspace.columns, campaign)
