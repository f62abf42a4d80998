"""What a workspace tells of a campaign: protected in view of what it told before, and kept as a release."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from campaigns.disclosure_policy import Policy
from campaigns.effects import Evaluation
from campaigns.export import software
from campaigns.membership import members_of
from campaigns.release_records import newest_release, store_release
from campaigns.releases import in_release, protect_after, release_of
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed


PLATFORM = "platform"  # who makes a release when somebody merely looks
ATTEMPTS = 20  # at being the next release while others are made


def released(
    catalogue: Catalogue, exact: Evaluation, answers: Sequence[Path], policy: Policy, *, by: str = PLATFORM
) -> Evaluation:
    """An exact evaluation of the newest data as it may be shown, kept as a release where nothing of it was told yet.

    Parameters
    ----------
    answers
        The answers it was made from.
    """
    if not answers:
        return protect_after(exact, {}, policy, None)
    members = members_of(exact.campaign, answers)
    for _ in range(ATTEMPTS):
        previous = newest_release(catalogue, exact.campaign.id)
        shown = protect_after(exact, members, policy, previous)
        if previous is not None and previous.is_of(exact, policy, software()):
            return in_release(shown, previous)
        made = release_of(
            shown, members, policy, previous, software=software(), made_at=datetime.now(UTC), by=by
        )
        if store_release(catalogue, made):
            return in_release(shown, made)
    raise CannotProceed(
        exact.campaign.id, "others are making releases all the time; none was kept.", "Try again in a minute."
    )


def as_of_release(
    catalogue: Catalogue, exact: Evaluation, answers: Sequence[Path], policy: Policy
) -> Evaluation:
    """An exact evaluation of an earlier state of the data as it may be shown, in view of what was told until then."""
    previous = newest_release(catalogue, exact.campaign.id, exact.as_of_upload)
    if previous is None:
        return protect_after(exact, {}, policy, None)
    return protect_after(exact, members_of(exact.campaign, answers), policy, previous)
