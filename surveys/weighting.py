"""Weights: from how a sample was drawn, raked to what is known of the population, trimmed, and what they cost.

Everything works on groups of interviews that are alike in whatever decides their weight, with the number of interviews in each; one
interview a group is the same as rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray


Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
DesignWeights = Literal["column", "equal", "sampling"]
Adjustment = Literal["cluster", "stratum"]
TrimBy = Literal["median", "mean", "deviations", "percentile"]

STRATUM = "stratum"  # names the margin of the strata themselves
MOST_ROUNDS = 1000
NEARLY = 1e-6  # a bound that is the mean, but for the rounding of floating point, leaves no room either
NEAR_ENOUGH = 1e-9  # of a share; what is shown has three decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationMargin:
    """What is known of a population: how it divides over the answers to one question."""

    question: str  # or STRATUM
    shares: Mapping[str, float]  # label -> share; they sum to 1
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # label -> answers, where not itself
    bands: Mapping[str, tuple[float, float]] = field(
        default_factory=dict
    )  # label -> lowest and highest number
    source: Mapping[str, str] = field(default_factory=dict)  # language -> whose figures they are
    day: date | None = None  # of the figures


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledCluster:
    """Persons of a drawn cluster: how many could have been asked, and how many were chosen to be."""

    eligible: int
    selected: int | None = None  # None: everybody interviewed, nobody else
    size: float | None = None  # by which it was drawn; None: eligible


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledStratum:
    """How one stratum was sampled: clusters and then persons, or persons at once."""

    drawn: int | None = None  # clusters; None: persons were drawn at once
    clusters_in_stratum: int | None = None  # each with the same chance
    size_of_stratum: float | None = None  # or each by its size, of this sum
    clusters: Mapping[str, SampledCluster] = field(default_factory=dict)
    persons: SampledCluster | None = None  # where persons were drawn at once

    def chance_of(self, cluster: str | None) -> float:
        """The chance that the cluster was drawn; 1 where persons were drawn at once."""
        if self.drawn is None:
            return 1.0
        if self.clusters_in_stratum is not None:
            return self.drawn / self.clusters_in_stratum
        assert self.size_of_stratum is not None, "one of the two is known"  # noqa: S101
        one = self.clusters[cluster or ""]
        return self.drawn * (one.eligible if one.size is None else one.size) / self.size_of_stratum

    def persons_of(self, cluster: str | None) -> SampledCluster | None:
        """The persons of a cluster, or of the stratum; None where the plan does not know the cluster."""
        return self.persons if self.drawn is None else self.clusters.get(cluster or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPlan:
    """How the respondents of a site were drawn in some of its waves."""

    strata: Mapping[str, SampledStratum]
    waves: tuple[str, ...] = ()  # none named: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """Where weights end, in medians, means, standard deviations from the mean, or percentiles (0-1)."""

    by: TrimBy
    above: float | None = None
    below: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """How the interviews of a site come to stand for its population, each wave for itself."""

    design: DesignWeights
    sampling: tuple[SamplingPlan, ...] = ()
    nonresponse: Adjustment | None = None
    margins: tuple[PopulationMargin, ...] = ()
    trim: Trim | None = None

    def sampling_in(self, wave: str) -> SamplingPlan | None:
        """The sampling plan of a wave."""
        return next((plan for plan in self.sampling if not plan.waves or wave in plan.waves), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raked:
    """Weights after raking."""

    totals: Floats  # of each group
    rounds: int
    gap: float  # the largest difference of a share from its target

    @property
    def converged(self) -> bool:
        """Whether every margin is met."""
        return self.gap <= NEAR_ENOUGH


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trimmed:
    """Weights within bounds, their sum unchanged."""

    weights: Floats
    low: float
    high: float
    outside: NDArray[np.bool_]  # which weights lay beyond
    possible: bool  # False: the bounds leave out the mean, and nothing was trimmed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What unequal weights cost in precision."""

    interviews: int  # with a weight above nil
    design_effect: float
    effective: float  # interviews of equal weight that would tell as much
    smallest: float  # of the weights, their mean being 1
    largest: float


def rake(totals: Floats, margins: Sequence[tuple[Integers, Floats]]) -> Raked:
    """Weights whose shares in every margin are the population's, as near to the first weights as can be.

    Iterative proportional fitting: the weights of each category of a margin are multiplied so that they sum to the category's share,
    margin after margin, until all hold at once (Deming and Stephan 1940; Deville, Sarndal and Sautory 1993). The sum of the weights is kept.

    Parameters
    ----------
    totals
        The sum of the weights of each group; nil or more.
    margins
        For each margin the category of every group, from 0, and the share of each category. Every category with a share has weight, and the
        shares sum to 1.

    References
    ----------
    Deming & Stephan (1940), Ann Math Stat 11:427. Deville, Sarndal & Sautory (1993), JASA 88:1013.
    Checked against survey::rake: tests/reference/weighting.R
    """
    whole = float(totals.sum())
    if whole <= 0 or not margins:
        return Raked(totals=totals.copy(), rounds=0, gap=0.0)
    now, gap, rounds = totals.copy(), _gap(totals, margins), 0
    while gap > NEAR_ENOUGH and rounds < MOST_ROUNDS:
        for category, shares in margins:
            held = np.bincount(category, weights=now, minlength=len(shares))
            factor = np.divide(shares * whole, held, out=np.zeros_like(shares), where=held > 0)
            now = now * factor[category]
        now *= whole / now.sum()
        rounds += 1
        gap = _gap(now, margins)
    return Raked(totals=now, rounds=rounds, gap=gap)


def trim(weights: Floats, counts: Integers, rule: Trim) -> Trimmed:
    """Weights cut at bounds, what is cut off given to the others in equal parts, so that the sum stays.

    The result is w + c held within the bounds, c such that the sum is kept; with an upper bound alone that is what repeated trimming by
    R's ``trimWeights(strict = TRUE)`` comes to. Weights of nil stay nil.

    References
    ----------
    Potter (1990), Proc ASA Survey Research Methods 225-230. Checked against survey::trimWeights: tests/reference/weighting.R
    """
    used = weights > 0
    w, n = weights[used], counts[used].astype(float)
    low, high = _bounds(np.repeat(w, counts[used]), rule) if len(w) else (0.0, np.inf)
    outside = np.zeros(len(weights), dtype=bool)
    outside[used] = (w < low) | (w > high)
    mean = float(w @ n) / float(n.sum()) if len(w) else 0.0
    if outside.any() and not low * (1 + NEARLY) < mean < high * (1 - NEARLY):
        return Trimmed(
            weights=weights.copy(), low=low, high=high, outside=np.zeros_like(outside), possible=False
        )
    found = weights.copy()
    if outside.any():
        found[used] = np.clip(w + _shift(w, n, low, high), low, high)
    return Trimmed(weights=found, low=low, high=high, outside=outside, possible=True)


def cost_of(weights: Floats, counts: Integers) -> Cost | None:
    """Kish's design effect of unequal weights, n sum(w^2) / sum(w)^2, and the effective number of interviews, n over it.

    None where no interview has a weight.

    References
    ----------
    Kish (1992), J Off Stat 8:183. In R: ``n * sum(w^2) / sum(w)^2``; survey::svymean's design effect differs by outcome.
    """
    used = weights > 0
    if not used.any():
        return None
    w, n = weights[used], counts[used].astype(float)
    people, sum_of, squares = float(n.sum()), float(n @ w), float(n @ w**2)
    effect = max(1.0, people * squares / sum_of**2)
    mean = sum_of / people
    return Cost(
        interviews=int(people),
        design_effect=effect,
        effective=people / effect,
        smallest=float(w.min()) / mean,
        largest=float(w.max()) / mean,
    )


def _gap(totals: Floats, margins: Sequence[tuple[Integers, Floats]]) -> float:
    whole = totals.sum()
    return max(
        float(np.abs(np.bincount(category, weights=totals, minlength=len(shares)) / whole - shares).max())
        for category, shares in margins
    )


def _bounds(weights: Floats, rule: Trim) -> tuple[float, float]:
    if rule.by == "percentile":
        low = 0.0 if rule.below is None else float(np.quantile(weights, rule.below))
        return low, np.inf if rule.above is None else float(np.quantile(weights, rule.above))
    if rule.by == "deviations":
        mean, spread = float(weights.mean()), float(weights.std(ddof=1)) if len(weights) > 1 else 0.0
        low = 0.0 if rule.below is None else max(0.0, mean - rule.below * spread)
        return low, np.inf if rule.above is None else mean + rule.above * spread
    middle = float(np.median(weights) if rule.by == "median" else weights.mean())
    low = 0.0 if rule.below is None else rule.below * middle
    return low, np.inf if rule.above is None else rule.above * middle


def _shift(w: Floats, n: Floats, low: float, high: float) -> float:
    """The c for which clip(w + c) sums to what w does: halving, then exactly on the weights left free."""
    whole = float(w @ n)
    reach = float(w.max() - w.min()) + max(0.0, low) + (high if np.isfinite(high) else 0.0)
    below, above = -reach, reach
    for _ in range(200):
        c = (below + above) / 2
        if float(np.clip(w + c, low, high) @ n) < whole:
            below = c
        else:
            above = c
    c = (below + above) / 2
    free = (w + c > low) & (w + c < high)
    if not free.any():
        return c
    held = float(np.clip(w + c, low, high)[~free] @ n[~free])
    return (whole - held - float(w[free] @ n[free])) / float(n[free].sum())
