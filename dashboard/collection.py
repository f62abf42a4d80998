"""What is in and what is late: the interviews held for each site and wave against what was planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from campaigns.campaign import Campaign, Role, Site, Wave


State = Literal["complete", "open", "late", "not_open", "no_target"]

COMPLETE_FROM = 0.95  # share of the target at which a team may stop worrying; a few refusals are normal
SHOWN_FROM = 10  # below this a count is not shown on a view several countries share


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One site in one wave."""

    site: Site
    wave: Wave
    interviews: int
    target: int | None
    state: State

    @property
    def share(self) -> float | None:
        """Interviews as a share of the target, 0-1 and never more."""
        return min(self.interviews / self.target, 1.0) if self.target else None


def progress_of(campaign: Campaign, held: Mapping[tuple[str, str], int], today: date) -> list[Progress]:
    """Every site and wave of a campaign in declared order; ``held`` counts interviews by (site, wave)."""
    return [
        _progress(site, wave, held.get((site.id, wave.id), 0), today)
        for role in Role
        for site in campaign.sites
        if site.role is role
        for wave in campaign.main_waves
    ]


def late(progress: Sequence[Progress]) -> list[Progress]:
    """Those whose wave is over and whose interviews are not all in."""
    return [one for one in progress if one.state == "late"]


def _progress(site: Site, wave: Wave, interviews: int, today: date) -> Progress:
    target = site.target.get(wave.id)
    return Progress(
        site=site, wave=wave, interviews=interviews, target=target,
        state=_state(wave, interviews, target, today),
    )  # fmt: skip


def _state(wave: Wave, interviews: int, target: int | None, today: date) -> State:
    if target is None:
        return "no_target"
    if interviews >= COMPLETE_FROM * target:
        return "complete"
    if wave.opens and today < wave.opens:
        return "not_open"
    return "late" if wave.closes and today > wave.closes else "open"
