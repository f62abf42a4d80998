"""Right, wrong and don't know: what of a share of right answers may be luck, and who moved from which to which."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from campaigns.sample import Floats


STATES = ("right", "wrong", "dont_know")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Answers to one right-or-wrong item, by what they were. Others (refused, not asked, blank) are not counted."""

    right: int
    wrong: int
    dont_know: int

    @property
    def n(self) -> int:
        """Everybody who answered or said not to know."""
        return self.right + self.wrong + self.dont_know


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One item before and after, of the people asked both times: of all of them (``arm`` None), or of one arm."""

    item: str
    arm: str | None
    n: int
    counts: Mapping[str, Mapping[str, int]]  # state before -> state after -> people
    gain: float | None  # share right after minus before
    guess_corrected_gain: (
        float | None
    )  # the same with luck taken out; None where the options are not declared


def answered(states: np.ndarray) -> Answered:
    """Count the states of one item."""
    return Answered(**{state: int((states == state).sum()) for state in STATES})


def guess_corrected(found: Answered, options: int | None) -> float | None:
    """The share who know: right - wrong / (k - 1), as if those who do not know and answer pick any of k answers.

    May fall below nil. None where nobody answered or the number of options is not declared.

    References
    ----------
    Thurstone (1919), Psychological Monographs 26 (3); Cor & Sood (2016), Political Analysis 24:1-16. R: guess::stndcor.
    """
    if options is None or not found.n:
        return None
    return (found.right - found.wrong / (options - 1)) / found.n


def transition(
    item: str, before: np.ndarray, after: np.ndarray, options: int | None, arm: str | None = None
) -> Transition:
    """From what to what the people asked twice moved. R: guess::transmat."""
    both = np.isin(before, STATES) & np.isin(after, STATES)
    before, after = before[both], after[both]
    counts = {
        first: {then: int(((before == first) & (after == then)).sum()) for then in STATES} for first in STATES
    }
    n = int(both.sum())
    earlier, later = answered(before), answered(after)
    corrected = [guess_corrected(one, options) for one in (earlier, later)]
    return Transition(
        item=item,
        arm=arm,
        n=n,
        counts=counts,
        gain=(later.right - earlier.right) / n if n else None,
        guess_corrected_gain=None if None in corrected else _difference(corrected),
    )


def _difference(values: list[float | None]) -> float:
    before, after = (float(value or 0.0) for value in values)
    return after - before


def states_of(points: Floats, reasons: np.ndarray) -> np.ndarray:
    """The state of each answer, from its points (1, 0, NaN) and the reason why there is none."""
    return np.select(
        [points == 1, points == 0, reasons == "dont_know"],
        [np.array(state) for state in STATES],
        default="none",
    )
