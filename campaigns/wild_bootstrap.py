"""The wild cluster bootstrap with the null imposed, from one vector a cluster and never from rows.

Under the null the outcome is fitted without the effect; the residuals of a whole cluster are multiplied by one random
weight; the effect is estimated again, and its t with CR1 errors is compared with the one found. All of
that is linear in the residuals, so each draw needs only what a cluster's restricted residuals add to the coefficients.
The same is linear in the value the null gives the effect: five numbers a draw serve the test of every value, and
the interval is the set of values that are not refused.

References
----------
Cameron, Gelbach & Miller (2008), Review of Economics and Statistics 90:414. MacKinnon (2022), Econometrics and
Statistics (fast computations). Webb (2023), Canadian Journal of Economics 56:839 (six-point weights).
Checked against draws made row by row: tests/reference/wild_bootstrap.R, tests/campaigns/test_wild_bootstrap.py
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from campaigns.bias_reduced import by_cluster
from campaigns.least_squares import NoVariance, Regression
from campaigns.sample import Floats
from campaigns.specification import BootstrapWeights


MOST_PATTERNS = 2**16  # gone through one by one: every sign pattern of 16 clusters, every Webb pattern of 6
HELD = 2_000_000  # weights held in memory together
TIE = 1e-9  # of a squared t: closer than this it is the same t, found by another order of sums
UNMOVED = 1e-20  # of the largest: a variance that does not depend on the value the null gives the effect
CLOSE = 1e-14  # of the width of the bracket: where the search for a bound ends
VALUES: dict[BootstrapWeights, Floats] = {
    "rademacher": np.array([1.0, -1.0]),
    "webb": np.array([1.0, -1.0, 1.5**0.5, -(1.5**0.5), 0.5**0.5, -(0.5**0.5)]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrapped:
    """A p-value and an interval by the wild cluster bootstrap; a bound is infinite where no value is refused."""

    p_value: float
    low: float
    high: float
    draws: int
    all_patterns: bool


def wild_cluster_bootstrap(
    regression: Regression,
    direction: Floats,
    estimate: float,
    *,
    confidence: float,
    draws: int,
    seed: int,
    weights: BootstrapWeights = "rademacher",
    bounds: bool = True,
) -> Bootstrapped:
    """Test of no effect and interval; symmetric, |t*| >= |t|. Without ``bounds`` the interval is not looked for.

    Every pattern of weights is gone through where there are at most 65,536 of them; otherwise ``draws`` of them and the
    one observed, so that p is never nil.
    """
    patterns = patterns_of(regression.sample.clusters, weights, draws=draws, seed=seed)
    refits = refit(regression, direction, patterns.blocks)
    if not refits.own > 0:
        raise NoVariance("no_residual_variation")

    def p_value(null: float) -> float:
        return refits.p_value(estimate - null)

    level, bounded = 1 - confidence, bounds and refits.p_far_out <= 1 - confidence
    return Bootstrapped(
        p_value=p_value(0.0),
        low=_bound(p_value, estimate, -refits.std_error, level) if bounded else -np.inf,
        high=_bound(p_value, estimate, refits.std_error, level) if bounded else np.inf,
        draws=patterns.draws,
        all_patterns=patterns.every,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Weights of the clusters, in blocks of clusters x patterns; the observed one (all of them 1) is among them."""

    blocks: Iterator[Floats]
    draws: int  # beside the observed one, or all there are
    every: bool


def patterns_of(
    clusters: int, weights: BootstrapWeights, *, draws: int, seed: int, most: int = MOST_PATTERNS
) -> Patterns:
    """Every pattern of weights where there are at most ``most``; otherwise as many draws as asked for."""
    number = len(VALUES[weights]) ** clusters
    if number <= most:
        return Patterns(blocks=_all_patterns(clusters, weights), draws=number, every=True)
    return Patterns(blocks=_drawn(clusters, weights, draws, seed), draws=draws, every=False)


def _all_patterns(clusters: int, weights: BootstrapWeights) -> Iterator[Floats]:
    """Clusters x patterns; a pattern and its opposite give the same |t|, so the first cluster's sign stays."""
    values = VALUES[weights]
    if len(values) > 2:
        first = product(values[::2], *[values] * (clusters - 1))
        yield np.array(list(first)).T
        return
    numbers, at_once = np.arange(2 ** (clusters - 1)), HELD // clusters
    for start in range(0, len(numbers), at_once):
        bits = numbers[start : start + at_once] >> np.arange(clusters)[:, None] & 1
        yield np.where(bits, -1.0, 1.0)


def _drawn(clusters: int, weights: BootstrapWeights, draws: int, seed: int) -> Iterator[Floats]:
    """The observed pattern, then draws."""
    yield np.ones((clusters, 1))
    rng, at_once = np.random.default_rng(seed), max(HELD // clusters, 1)
    for start in range(0, draws, at_once):
        yield rng.choice(VALUES[weights], size=(clusters, min(at_once, draws - start)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refits:
    """Of each draw, what its t needs: N = n0 + h n1 and D = d00 + 2 h d01 + h^2 d11, with h = estimate - null.

    N is the effect of the draw and D its CR1 variance, both in units of the regressor with all others partialled out,
    factors that are the same in every draw left out.
    """

    n0: Floats
    n1: Floats
    d00: Floats
    d01: Floats
    d11: Floats
    own: float  # the same variance of the estimate itself
    size: float  # 1 / (x'Wx) of the partialled regressor
    std_error: float

    @property
    def p_far_out(self) -> float:
        """What p tends to as the value tested goes out of all bounds; it is nowhere below that."""
        return float((self.d11 == 0).mean())

    def p_value(self, h: float) -> float:
        """Share of draws whose |t| is at least the one found when the effect is tested against estimate - h."""
        return float((self.squared_t(h) >= self.found(h) * (1 - TIE)).mean())

    def found(self, h: float) -> float:
        """The squared t of the effect itself against estimate - h."""
        return (h / self.size) ** 2 / self.own

    def squared_t(self, h: float) -> Floats:
        """The squared t of each draw; infinite, so that it counts as exceeding, where no variance is left."""
        variance = np.maximum(self.d00 + 2 * h * self.d01 + h**2 * self.d11, 0.0)
        nothing = variance <= TIE**2 * (self.own + h**2 * self.d11.max())
        effect = (self.n0 + h * self.n1) ** 2
        return np.asarray(np.where(nothing, np.inf, effect / np.where(nothing, 1.0, variance)))


def refit(regression: Regression, direction: Floats, patterns: Iterator[Floats]) -> Refits:
    """Of cluster g: a_g = Y_g'Wx, q_g = Y_g'We, and their parts along x; a restricted residual is e + h x."""
    sample, pull = regression.sample, regression.basis.rest @ direction
    size = float(direction @ direction)
    partialled = pull / size
    # by_cluster sums sqrt(n) times what it is given; cells stand as one row there.
    scale = sample.w / np.sqrt(sample.n)
    along = by_cluster(regression, scale * partialled)
    scores = by_cluster(regression, scale * regression.residual)
    score_e = np.bincount(sample.codes, sample.w * partialled * regression.residual)
    score_x = np.bincount(sample.codes, sample.w * partialled**2)
    parts: list[Floats] = []
    for v in patterns:
        left_e = score_e[:, None] * v - along @ (scores.T @ v)
        left_x = score_x[:, None] * v - along @ (along.T @ v)
        parts.append(
            np.stack(
                [
                    score_e @ v,
                    score_x @ v,
                    (left_e**2).sum(axis=0),
                    (left_e * left_x).sum(axis=0),
                    (left_x**2).sum(axis=0),
                ]
            )
        )
    n0, n1, d00, d01, d11 = np.hstack(parts)
    still = (
        d11 <= UNMOVED * d11.max()
    )  # the observed pattern and its like: rounding must not move them far out
    d01, d11 = np.where(still, 0.0, d01), np.where(still, 0.0, d11)
    own = float((score_e**2).sum())
    clusters = sample.clusters
    return Refits(
        n0=n0,
        n1=n1,
        d00=d00,
        d01=d01,
        d11=d11,
        own=own,
        size=size,
        std_error=float(np.sqrt(clusters / (clusters - 1) * own) * size),
    )


def _bound(p_value: Callable[[float], float], estimate: float, step: float, level: float) -> float:
    """The value nearest to the estimate, on the side of ``step``, from which on p is at most ``level``."""
    inside, reach = estimate, 0.5 * step
    outside = estimate + reach
    while p_value(outside) > level:
        inside, reach = outside, 1.25 * reach
        outside += reach
    while abs(outside - inside) > CLOSE * max(abs(outside), abs(step)):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        if p_value(middle) > level:
            inside = middle
        else:
            outside = middle
    return outside
