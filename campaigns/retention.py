"""How long the encrypted originals of a campaign are kept: until so many months after its last wave has closed."""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from campaigns.campaign import Campaign


RETENTION_MONTHS = 24  # after the last wave, where neither workspace nor campaign says otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """Until when the originals of a campaign are kept, and why."""

    months: int
    counted_from: date
    last_wave_closed: bool  # False: it does not say when it closes, so the newest upload counts
    due: date  # from this day on they are destroyed

    def is_due(self, today: date) -> bool:
        """Whether the time is over."""
        return today >= self.due


def retention_of(campaign: Campaign | None, uploaded: Sequence[date], months: int) -> Retention:
    """Until when the originals are kept.

    Parameters
    ----------
    campaign
        None where its file is gone; then the workspace's months count from the newest upload.
    uploaded
        The days of the uploads whose originals are held; at least one.
    months
        The workspace's, where the campaign does not say otherwise.
    """
    kept = campaign.retention_months if campaign and campaign.retention_months is not None else months
    closed = campaign.waves[-1].closes if campaign else None
    from_day = closed or max(uploaded)
    return Retention(
        months=kept,
        counted_from=from_day,
        last_wave_closed=closed is not None,
        due=months_later(from_day, kept),
    )


def months_later(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
