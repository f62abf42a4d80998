"""What is left of each upload: its numbers as they stand now, not as they were when it came."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.verdicts import declined_rows
from surveys.catalogue import Catalogue, Upload


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
