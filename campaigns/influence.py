"""What each cell adds to the error of one estimate, and the variances that need nothing else.

An estimate that solves score equations errs, to first order, by the sum of its rows' scores seen along one direction.
Such sums add up within a cell, a cluster, a sampling unit, so these variances are exact from cells for
any weights, any likelihood, and clusters that cross.

References
----------
Cameron, Gelbach & Miller (2011), Journal of Business & Economic Statistics 29:238 (two-way clusters).
Checked against sandwich::vcovHC and vcovCL, clubSandwich::vcovCR: tests/reference/cells.R, two_way.R
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from campaigns.least_squares import NoVariance, Regression, Uncertainty, squared_scores
from campaigns.sample import Floats, Integers, Sample


NOTHING = 1e-9  # of a variance's parts: what is left of them is rounding
REPAIRED = "two_way_repaired"  # remark on a variance whose negative parts were set to nil


@dataclass(frozen=True, slots=True, kw_only=True)
class Influence:
    """The scores of the cells in a basis whose bread is the identity, and the direction of the estimate in it."""

    basis: Floats  # cells x coefficients
    residual: (
        Floats  # summed weighted residual of each cell; ones where ``basis`` holds the scores themselves
    )
    direction: Floats
    squares: Floats  # sum over the rows of a cell of the squared influence of each
    sample: Sample
    rank: int  # coefficients, absorbed ones included

    @property
    def totals(self) -> Floats:
        """The influence of each cell: the sum over its rows."""
        summed: Floats = (self.basis @ self.direction) * self.residual
        return summed

    @property
    def df_residual(self) -> int:
        """Rows minus coefficients."""
        return self.sample.rows - self.rank


def influence(regression: Regression, direction: Floats) -> Influence:
    """The influence of each cell on one combination of a regression's coefficients."""
    pull = regression.basis.rest @ direction
    return Influence(
        basis=regression.basis.rest,
        residual=regression.sample.w * regression.residual,
        direction=direction,
        squares=pull**2 * squared_scores(regression),
        sample=regression.sample,
        rank=regression.rank,
    )


def _hc0(found: Influence) -> Uncertainty:
    return Uncertainty(variance=float(found.squares.sum()), df=found.df_residual)


def _hc1(found: Influence) -> Uncertainty:
    factor = found.sample.rows / found.df_residual
    return Uncertainty(variance=float(factor * found.squares.sum()), df=found.df_residual)


def _cr0(found: Influence) -> Uncertainty:
    return _clustered(found, lambda _: 1.0)


def _cr1(found: Influence) -> Uncertainty:
    return _clustered(found, lambda clusters: clusters / (clusters - 1))


def _cr1s(found: Influence) -> Uncertainty:
    rows = (found.sample.rows - 1) / found.df_residual
    return _clustered(found, lambda clusters: clusters / (clusters - 1) * rows)


FROM_SCORES: dict[str, Callable[[Influence], Uncertainty]] = {
    "HC0": _hc0,
    "HC1": _hc1,
    "CR0": _cr0,
    "CR1": _cr1,
    "CR1S": _cr1s,
}


def _clustered(found: Influence, factor: Callable[[int], float]) -> Uncertainty:
    sample = found.sample
    if sample.second is not None:
        return _two_way(found, sample.codes, sample.second, factor)
    return Uncertainty(
        variance=factor(sample.clusters) * _within(found.totals, sample.codes), df=sample.clusters - 1
    )


def _within(totals: Floats, codes: Integers) -> float:
    """Sum over clusters of their squared sums."""
    return float((np.bincount(codes, weights=totals) ** 2).sum())


def _two_way(
    found: Influence, first: Integers, second: Integers, factor: Callable[[int], float]
) -> Uncertainty:
    """V = V_first + V_second - V_both, each with the factor of its own clusters; df = the fewer clusters - 1.

    As sandwich::vcovCL, whose ``cadjust`` likewise corrects each part by its own clusters. Where the sum is not
    positive, the negative eigenvalues of the whole matrix are set to nil, as the paper proposes; here in the basis
    whose bread is the identity, so that the unit of a covariate does not matter.
    """
    both = np.unique(np.stack([first, second]), axis=1, return_inverse=True)[1].ravel()
    parts = ((first, 1.0), (second, 1.0), (both, -1.0))
    numbers = [int(codes.max()) + 1 for codes, _ in parts]
    if min(numbers[:2]) < 2:
        raise NoVariance("one_cluster_of_two_ways")
    signs = [sign * factor(number) for (_, sign), number in zip(parts, numbers, strict=True)]
    df = min(numbers[:2]) - 1
    variance = sum(sign * _within(found.totals, codes) for sign, (codes, _) in zip(signs, parts, strict=True))
    if variance > 0:
        return Uncertainty(variance=variance, df=df)
    scores = found.basis * found.residual[:, None]
    meat = np.zeros((scores.shape[1], scores.shape[1]))
    for sign, (codes, _), number in zip(signs, parts, numbers, strict=True):
        sums = np.zeros((number, scores.shape[1]))
        np.add.at(sums, codes, scores)
        meat += sign * sums.T @ sums
    values, vectors = np.linalg.eigh(meat)
    along = vectors.T @ found.direction
    repaired = float((np.maximum(values, 0.0) * along**2).sum())
    if repaired <= NOTHING * float((np.abs(values) * along**2).sum()):
        raise NoVariance("two_way_not_positive")
    return Uncertainty(variance=repaired, df=df, remarks=(REPAIRED,))
