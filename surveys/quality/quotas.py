"""Interviews held against interviews planned, by site, arm, sex, age: what is still to do, and by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Literal

import numpy as np

from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import Interviews
from surveys.quality.setting import Setting


State = Literal["complete", "on_track", "behind", "short", "not_open", "no_question"]
COMPLETE_FROM = 0.95  # a few refusals are normal
BEHIND_BY = 0.10  # of the target, behind an even pace


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaProgress:
    """One quota; ``by`` empty: the whole site and wave."""

    by: Mapping[str, str]
    target: int
    held: int
    state: State
    days_left: int | None  # None: the wave has no last day
    per_day: (
        int | None
    )  # interviews a day from now to the last day, both counted; None: nothing to do or no time

    @property
    def to_do(self) -> int:
        """Interviews still wanting."""
        return max(0, self.target - self.held)

    @property
    def share(self) -> float:
        """Held as a share of the target, 0-1 and never more."""
        return min(1.0, self.held / self.target)


def progress(interviews: Interviews, setting: Setting) -> tuple[QuotaProgress, ...]:
    """Every quota of the site and wave in declared order."""
    return tuple(_progress(interviews, setting, quota.by, quota.target) for quota in setting.quotas)


def check_quotas(interviews: Interviews, setting: Setting) -> Checked:
    """Quotas behind an even pace, short at the end, or counted by a question the data do not hold."""
    if not setting.quotas:
        return Checked(check="quotas", impossible="no_quotas")
    found = [
        Found(
            code=f"quota_{one.state}",
            severity="act" if one.state == "behind" else "look",
            count=one.to_do,
            of=one.target,
            values={
                "by": dict(one.by),
                "held": one.held,
                "target": one.target,
                "per_day": one.per_day or 0,
                "days": one.days_left or 0,
            },
        )
        for one in progress(interviews, setting)
        if one.state in ("behind", "short", "no_question")
    ]
    return Checked(
        check="quotas", looked_at=len(interviews), found=tuple(found), expected={"behind": BEHIND_BY}
    )


def _progress(interviews: Interviews, setting: Setting, by: Mapping[str, str], target: int) -> QuotaProgress:
    inside = _inside(interviews, by)
    held = 0 if inside is None else int(inside.sum())
    left = _days_left(setting)
    to_do = max(0, target - held)
    return QuotaProgress(
        by=dict(by),
        target=target,
        held=held,
        state="no_question" if inside is None else _state(held, target, setting),
        days_left=left,
        per_day=ceil(to_do / left) if left and to_do else None,
    )


def _inside(interviews: Interviews, by: Mapping[str, str]) -> np.ndarray | None:
    where = np.ones(len(interviews), dtype=bool)
    for name, value in by.items():
        part = interviews.part(name)
        if part is None:
            return None
        where &= _is(part.tolist(), value)
    return where


def _is(texts: Sequence[str | None], value: str) -> np.ndarray:
    wanted = value.casefold()
    return np.array([text is not None and text.casefold() == wanted for text in texts], dtype=bool)


def _state(held: int, target: int, setting: Setting) -> State:
    if held >= COMPLETE_FROM * target:
        return "complete"
    if setting.opens is not None and setting.today < setting.opens:
        return "not_open"
    if setting.closes is not None and setting.today > setting.closes:
        return "short"
    elapsed = _elapsed(setting)
    return "behind" if elapsed is not None and held < (elapsed - BEHIND_BY) * target else "on_track"


def _elapsed(setting: Setting) -> float | None:
    """Share of the wave's days that are over, yesterday the last of them."""
    if setting.opens is None or setting.closes is None:
        return None
    days = (setting.closes - setting.opens).days + 1
    return min(1.0, (setting.today - setting.opens).days / days)


def _days_left(setting: Setting) -> int | None:
    if setting.closes is None:
        return None
    first: date = setting.today if setting.opens is None else max(setting.today, setting.opens)
    return max(0, (setting.closes - first).days + 1)
