"""Randomisation inference: the arms dealt out again, in every way the lot could have fallen.

Within each block as many units as were drawn get the campaign; a unit is a cluster that was assigned as a whole, or a
person. Under the sharp null that the campaign changed nobody's answer, each assignment was as likely as the one that
happened, so the share of them with a difference at least as large is an exact p-value. If the campaign added
the same amount r to everybody it reached, the answers without it are known for each r; the interval is
the set of r that are not refused. Each assignment refuses on a closed range of r that can be written
down, so the interval needs no search.

References
----------
Fisher (1935), The Design of Experiments. Rosenbaum (2002), Observational Studies, 2.4 and 2.6. Young (2019),
Quarterly Journal of Economics 134:557.
Checked against assignments written out with combn: tests/reference/randomisation.R
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from campaigns.sample import Floats, Integers


MOST_ASSIGNMENTS = 1_000_000  # gone through one by one
DRAWN_AT_ONCE = 2_000_000  # numbers held in memory together
TIE = (
    1e-9  # of the outcome's size: closer than this it is the same difference, found by another order of sums
)
# Sums of a unit: weight and weighted outcome after, the same before, and the weight after if it had the campaign.
W_AFTER, Y_AFTER, W_BEFORE, Y_BEFORE, W_REACHED = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """What was assigned, one entry a unit or a kind of like units. The order does not matter."""

    block: Integers
    reached: np.ndarray  # whether the unit had the campaign
    times: Integers  # how many units are like this
    sums: Floats  # units x 5, of one unit each
    names: tuple[str, ...] = ()  # of units that are told apart by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomised:
    """A p-value and an interval by randomisation; a bound is infinite where no constant effect is refused."""

    p_value: float
    low: float
    high: float
    assignments: int  # there are
    every_assignment: bool
    draws: int


def assignments_of(units: Units) -> int:
    """In how many ways the arms could have been dealt out."""
    return _number(list(blocks_of(units)))


def _number(blocks: Sequence["Block"]) -> int:
    return math.prod(math.comb(block.size, block.drawn) for block in blocks)


def smallest_p(units: Units) -> float:
    """The smallest p that any answers could give: the assignment observed, and its opposite where that is one too."""
    opposite = all(2 * block.drawn == block.size for block in blocks_of(units))
    return min(1.0, (2 if opposite else 1) / assignments_of(units))


def randomisation_test(units: Units, *, draws: int, seed: int, confidence: float) -> Randomised:
    """Two-sided test on the absolute difference in means, or in their changes where there is a wave before.

    An assignment that leaves an arm without interviews in a wave has no difference; it counts as exceeding.
    """
    dealt = dealt_again(list(blocks_of(units)), draws=draws, seed=seed)
    drawn, total = dealt.drawn, dealt.total
    found = float(difference_of(dealt.reached[None], total)[0])
    difference, share = difference_of(drawn, total), _share_reached(drawn, total)
    slack = TIE * max(abs(found), float(np.abs(difference[np.isfinite(difference)]).max(initial=0.0)))
    beyond = ~(np.abs(difference) < abs(found) - slack)
    low, high = _refused(difference, share, found)
    level = math.floor((1 - confidence) * len(low) * (1 + 1e-12))
    return Randomised(
        p_value=float(beyond.mean()),
        low=float(np.partition(low, level)[level]),
        high=float(-np.partition(-high, level)[level]),
        assignments=dealt.assignments,
        every_assignment=dealt.every,
        draws=dealt.assignments if dealt.every else draws,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The units of one block, how many of them were drawn, and how many there are."""

    times: Integers
    sums: Floats
    drawn: int
    reached: Floats  # summed over the units that had the campaign

    @property
    def size(self) -> int:
        """How many units there are."""
        return int(self.times.sum())


def blocks_of(units: Units) -> Iterator[Block]:
    """The blocks, with their units in an order that the rows of the file have no part in."""
    order = np.lexsort((*units.sums.T, units.block))
    for block in np.unique(units.block):
        own = order[units.block[order] == block]
        yield Block(
            times=units.times[own],
            sums=units.sums[own],
            drawn=int((units.times[own] * units.reached[own]).sum()),
            reached=(units.sums[own] * (units.times[own] * units.reached[own])[:, None]).sum(axis=0),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealt:
    """The campaign group's sums in each assignment (the observed one among them), as it was, and everybody's."""

    drawn: Floats
    reached: Floats
    total: Floats
    assignments: int  # there are
    every: bool  # all of them are gone through


def dealt_again(blocks: Sequence[Block], *, draws: int, seed: int) -> Dealt:
    """Every assignment where there are few enough, else the one observed and draws."""
    number = _number(blocks)
    every = number <= MOST_ASSIGNMENTS
    reached = np.sum([block.reached for block in blocks], axis=0)
    total = np.sum([(block.sums * block.times[:, None]).sum(axis=0) for block in blocks], axis=0)
    drawn = _all(blocks) if every else np.vstack([reached, _drawn(blocks, draws, seed)])
    return Dealt(drawn=drawn, reached=reached, total=total, assignments=number, every=every)


def difference_of(drawn: Floats, total: Floats) -> Floats:
    """Campaign minus comparison of the means after, minus the same before where there is a before."""
    rest = total - drawn
    with np.errstate(divide="ignore", invalid="ignore"):
        found = drawn[:, Y_AFTER] / drawn[:, W_AFTER] - rest[:, Y_AFTER] / rest[:, W_AFTER]
        if total[W_BEFORE] > 0:
            found -= drawn[:, Y_BEFORE] / drawn[:, W_BEFORE] - rest[:, Y_BEFORE] / rest[:, W_BEFORE]
    return np.asarray(found)


def _share_reached(drawn: Floats, total: Floats) -> Floats:
    """By how much the difference of each assignment falls when one unit is taken from everybody reached."""
    rest = total - drawn
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(drawn[:, W_REACHED] / drawn[:, W_AFTER] - rest[:, W_REACHED] / rest[:, W_AFTER])


def _refused(difference: Floats, share: Floats, found: float) -> tuple[Floats, Floats]:
    """The range of constant effects r for which each assignment is at least as extreme as the observed one.

    |A - r B| >= |D - r|: between the roots (A - D)/(B - 1) and (A + D)/(B + 1), D always inside.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (difference - found) / (share - 1), (difference + found) / (share + 1)
    same = ~(np.abs(share) < 1 - TIE)  # the assignment observed, its opposite, or one without a difference
    low, high = np.minimum(first, second), np.maximum(first, second)
    return np.where(same, -np.inf, low), np.where(same, np.inf, high)


def _all(blocks: Sequence[Block]) -> Floats:
    """The campaign group's sums in every assignment: each way of one block with each way of the others."""
    sums = np.zeros((1, blocks[0].sums.shape[1]))
    for block in blocks:
        sums = (sums[:, None, :] + _every_choice(block)[None, :, :]).reshape(-1, sums.shape[1])
    return sums


def _every_choice(block: Block) -> Floats:
    """The sums of every choice of ``drawn`` units; of the smaller side, taken from the whole where it is larger."""
    units = np.repeat(block.sums, block.times, axis=0)
    fewer = min(block.drawn, len(units) - block.drawn)
    choices = [np.zeros((1, units.shape[1]))] + [np.zeros((0, units.shape[1]))] * fewer
    for position, unit in enumerate(units):
        left = len(units) - position - 1  # units still to come: a choice that cannot be filled is dropped
        for size in range(fewer, 0, -1):
            choices[size] = np.vstack([choices[size], choices[size - 1] + unit])
        choices = [found if fewer - size <= left else found[:0] for size, found in enumerate(choices)]
    chosen = choices[fewer]
    return chosen if fewer == block.drawn else units.sum(axis=0) - chosen


def _drawn(blocks: Sequence[Block], draws: int, seed: int) -> Floats:
    """The campaign group's sums in assignments drawn at random."""
    rng = np.random.default_rng(seed)
    sums = np.zeros((draws, blocks[0].sums.shape[1]))
    for block in blocks:
        at_once = max(DRAWN_AT_ONCE // len(block.times), 1)
        for start in range(0, draws, at_once):
            here = slice(start, min(start + at_once, draws))
            chosen = rng.multivariate_hypergeometric(
                block.times, block.drawn, size=here.stop - here.start, method="marginals"
            )
            sums[here] += chosen @ block.sums
    return sums
