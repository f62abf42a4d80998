"""Least squares on cells, and the variances statsmodels lacks: cluster-robust CR0 to CR3 and HC on cells, exact.

The rows of a cell are exchangeable: they share every regressor, their cluster and, where the variance needs it,
their weight. A regression on cells therefore gives what the regression on rows gives. Coefficients need the
cell's mean and summed weight. Scores add up within a cell. An adjustment matrix of CR2 or CR3 acts, inside
a cell of n rows, only along the direction (1, ..., 1)/sqrt(n), so the cell may stand as one row
sqrt(n) x, sqrt(n) mean(y) with the weight of one row.

Notation of the code: the basis is Y = X R^-1 with Y'WY = I, so that the bread M is the identity.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28:169. Pustejovsky & Tipton (2018), JBES 36:672.
Checked against sandwich::vcovHC and clubSandwich::vcovCR, coef_test: tests/reference/cells.R
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import sparse, special

from campaigns.sample import Floats, Integers, Sample
from campaigns.specification import CLUSTERED, StandardErrors


__all__ = [
    "VARIANCES",
    "NoVariance",
    "Regression",
    "StandardErrors",
    "SurveyDesign",
    "Uncertainty",
    "interval",
    "linearised",
    "regress",
    "uncertainty",
]

WEIGHT_OF_EACH_ROW = (
    "HC2",
    "HC3",
    "CR2",
    "CR3",
)  # exact from cells only where a cell's rows share their weight
DEPENDENT = 1e-7  # of a column's own length: what R's lm calls collinear
UNSURE = (
    1e-13,
    1e-6,
)  # squared lengths between which the cross-products cannot tell, and the columns are asked
SINGULAR = 1e-10  # eigenvalues of I - H below it are nil: a cluster that its own indicators fit exactly
GATHERED = 4_000_000  # numbers brought together at once where clusters are treated in batches
WIDE = 40  # cells of a cluster up to which its own matrix is cheaper than one in the span of its basis


class NoVariance(Exception):
    """No such variance exists for these data; ``code`` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Y = X R^-1, one row a cell, in two parts: indicators of groups, which are orthogonal as they are, and the rest.

    The indicator of a group with summed weight W_b is 1/sqrt(W_b) in the cells of the group and nil elsewhere, so it
    is kept as a code and a height. Hundreds of randomisation blocks then cost what one constant costs.
    """

    rest: Floats  # cells x remaining coefficients
    group: Integers  # code of the group; all nil where nothing is absorbed
    height: Floats  # 1/sqrt(W_b); nil where nothing is absorbed
    groups: int

    @property
    def squares(self) -> Floats:
        """Y_c'Y_c of each cell."""
        lengths: Floats = np.einsum("ij,ij->i", self.rest, self.rest)
        return lengths + self.height**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A weighted least squares fit on cells, in the basis where its bread is the identity."""

    sample: Sample
    kept: Integers  # columns of the design that are no combination of the groups and of earlier columns
    coefficients: Floats  # of the kept columns
    triangle: Floats  # R of the kept columns, the groups taken out
    basis: Basis
    residual: Floats  # mean(y) - fitted, one a cell

    @property
    def rank(self) -> int:
        """Coefficients that are identified, those of the absorbed groups included."""
        return len(self.kept) + self.basis.groups

    @property
    def df_residual(self) -> int:
        """Rows minus coefficients."""
        return self.sample.rows - self.rank

    def holds(self, column: int) -> bool:
        """Whether the design's column was kept."""
        return bool((self.kept == column).any())

    def coefficient(self, column: int) -> float:
        """The coefficient of a kept column of the design."""
        return float(self.coefficients[np.searchsorted(self.kept, column)])

    def direction(self, column: int) -> Floats:
        """The contrast that picks one coefficient, in the remaining basis: R^-T c. Along the groups it is nil."""
        contrast = (self.kept == column).astype(float)
        return np.linalg.solve(self.triangle.T, contrast)

    def row_weight(self) -> Floats:
        """The weight of each row of a cell; only where the rows of a cell share it."""
        return self.sample.w / self.sample.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Variance of one coefficient and the degrees of freedom of its t distribution."""

    variance: float
    df: float


# ── The fit ────────────────────────────────────────────────────────────────────────────────────────────────────────


def regress(design: Floats, sample: Sample, group: Integers | None = None) -> Regression:
    """Weighted least squares of cell means on the design, collinear columns left out in their order, as R does.

    The indicators of ``group`` are absorbed (Frisch, Waugh & Lovell): means of the groups are taken out of both sides,
    which changes no other coefficient. The rest is reduced to its triangle, and statsmodels solves that.

    Parameters
    ----------
    design
        One row a cell, one column a coefficient; without a constant where ``group`` is given.
    group
        A code for each cell, such as its randomisation block; all the same for a plain constant; None: nothing
        is absorbed.
    """
    mean = sample.wy / sample.w
    codes, height, groups = _absorbed(sample.w, group)
    columns, left = design, mean
    if groups:
        columns = np.column_stack([_within(column, sample.w, codes) for column in design.T] or [design])
        left = _within(mean, sample.w, codes)
    root = np.sqrt(sample.w)
    kept = independent_columns(columns * root[:, None], np.sqrt(sample.w @ design**2))
    orthonormal, triangle = np.linalg.qr(columns[:, kept] * root[:, None])
    coefficients = _solved(triangle, orthonormal.T @ (root * left))
    return Regression(
        sample=sample,
        kept=kept,
        coefficients=coefficients,
        triangle=triangle,
        basis=Basis(rest=orthonormal / root[:, None], group=codes, height=height, groups=groups),
        residual=left - columns[:, kept] @ coefficients,
    )


def _solved(triangle: Floats, right: Floats) -> Floats:
    if not len(right):
        return np.zeros(0)
    return np.asarray(sm.OLS(right, triangle, hasconst=False).fit().params)


def _absorbed(weight: Floats, group: Integers | None) -> tuple[Integers, Floats, int]:
    """Codes without gaps, the height of each cell's indicator, and how many groups there are."""
    if group is None:
        return np.zeros(len(weight), dtype=np.int64), np.zeros(len(weight)), 0
    codes = np.unique(group, return_inverse=True)[1].astype(np.int64)
    totals = np.bincount(codes, weights=weight)
    return codes, 1 / np.sqrt(totals[codes]), len(totals)


def _within(values: Floats, weight: Floats, codes: Integers) -> Floats:
    """Values less the mean of their group."""
    means = np.bincount(codes, weights=weight * values) / np.bincount(codes, weights=weight)
    return values - means[codes]


def independent_columns(columns: Floats, lengths: Floats) -> Integers:
    """The columns that are no combination of the columns before them, by their cross-products.

    ``lengths`` are those the columns had before anything was taken out of them: what is left of a column that is
    a combination of the absorbed groups is rounding.
    """
    own = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    usable = own > DEPENDENT * np.maximum(lengths, 1e-300)
    columns = columns[:, usable] / own[usable]
    left = columns.T @ columns  # what earlier columns leave unexplained; swept column by column
    kept: list[int] = []
    for j in range(left.shape[0]):
        remaining = left[j, j]
        if UNSURE[0] < remaining < UNSURE[1]:
            remaining = _unexplained(columns[:, j], columns[:, kept])
        if remaining > DEPENDENT**2:
            left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / left[j, j]
            kept.append(j)
    return np.flatnonzero(usable)[kept]


def _unexplained(column: Floats, others: Floats) -> float:
    fitted = others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return float(((column - fitted) ** 2).sum())


# ── Variances ──────────────────────────────────────────────────────────────────────────────────────────────────────


def uncertainty(regression: Regression, column: int, standard_errors: StandardErrors) -> Uncertainty:
    """Variance and degrees of freedom of one coefficient.

    Raises
    ------
    NoVariance
        No residual degrees of freedom, fewer than two clusters, or a CR3 or HC3 that does not exist.
    """
    if regression.df_residual < 1:
        raise NoVariance("no_residual_df")
    if standard_errors in CLUSTERED and regression.sample.clusters < 2:
        raise NoVariance("one_cluster")
    return VARIANCES[standard_errors](regression, regression.direction(column))


def _iid(regression: Regression, direction: Floats) -> Uncertainty:
    sample, mu = regression.sample, regression.sample.wy / regression.sample.w - regression.residual
    squares = (sample.wyy - 2 * mu * sample.wy + mu**2 * sample.w).sum()
    df = regression.df_residual
    return Uncertainty(variance=float(squares / df * (direction @ direction)), df=df)


def _squared_scores(regression: Regression) -> Floats:
    """Sum of (w e)^2 over the rows of each cell."""
    sample, mu = regression.sample, regression.sample.wy / regression.sample.w - regression.residual
    return np.maximum(sample.wwyy - 2 * mu * sample.wwy + mu**2 * sample.ww, 0.0)


def _heteroskedastic(regression: Regression, direction: Floats, inflation: Floats | float) -> Uncertainty:
    pull = regression.basis.rest @ direction
    variance = (pull**2 * _squared_scores(regression) * inflation).sum()
    return Uncertainty(variance=float(variance), df=regression.df_residual)


def _hc0(regression: Regression, direction: Floats) -> Uncertainty:
    return _heteroskedastic(regression, direction, 1.0)


def _hc1(regression: Regression, direction: Floats) -> Uncertainty:
    return _heteroskedastic(regression, direction, regression.sample.rows / regression.df_residual)


def _leverage_left(regression: Regression) -> Floats:
    """1 - h of each cell's rows."""
    left: Floats = 1.0 - regression.row_weight() * regression.basis.squares
    return left


def _hc2(regression: Regression, direction: Floats) -> Uncertainty:
    left = _leverage_left(regression)
    fitted_exactly = left < SINGULAR  # a row alone in its block: its residual is nil, it adds nothing
    return _heteroskedastic(
        regression, direction, np.where(fitted_exactly, 0.0, 1 / np.where(fitted_exactly, 1.0, left))
    )


def _hc3(regression: Regression, direction: Floats) -> Uncertainty:
    left = _leverage_left(regression)
    if left.min() < SINGULAR:
        raise NoVariance("singular_adjustment")
    return _heteroskedastic(regression, direction, 1 / left**2)


def _cluster_scores(regression: Regression, direction: Floats) -> Floats:
    cells = (regression.basis.rest @ direction) * regression.sample.w * regression.residual
    return np.bincount(regression.sample.codes, weights=cells).astype(float)


def _clustered(regression: Regression, direction: Floats, factor: float) -> Uncertainty:
    scores = _cluster_scores(regression, direction)
    return Uncertainty(variance=float(factor * (scores**2).sum()), df=len(scores) - 1)


def _cr0(regression: Regression, direction: Floats) -> Uncertainty:
    return _clustered(regression, direction, 1.0)


def _cr1(regression: Regression, direction: Floats) -> Uncertainty:
    clusters = regression.sample.clusters
    return _clustered(regression, direction, clusters / (clusters - 1))


def _cr1s(regression: Regression, direction: Floats) -> Uncertainty:
    clusters, rows = regression.sample.clusters, regression.sample.rows
    return _clustered(regression, direction, clusters / (clusters - 1) * (rows - 1) / regression.df_residual)


# ── CR2 and CR3: one adjustment matrix a cluster ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clusters:
    """Clusters with equally many cells, gathered: arrays of clusters x cells (x coefficients).

    A cell of n rows stands as one row: its basis and its residual times sqrt(n).
    """

    ids: Integers
    cells: Integers
    rest: Floats
    group: Integers
    height: Floats
    weight: Floats  # of one row
    residual: Floats

    def inner(self) -> Floats:
        """Y_c'Y_d for all pairs of cells of each cluster."""
        same = self.group[:, :, None] == self.group[:, None, :]
        products: Floats = self.rest @ self.rest.transpose(0, 2, 1)
        products += same * (self.height[:, :, None] * self.height[:, None, :])
        return products


def _batches(regression: Regression) -> Iterator[_Clusters]:
    """All clusters, in batches of equal size that fit in memory."""
    sample, basis = regression.sample, regression.basis
    order = np.argsort(sample.codes, kind="stable")
    sizes = np.bincount(sample.codes)
    starts = np.cumsum(sizes) - sizes
    root, weight = np.sqrt(sample.n), regression.row_weight()
    for size in np.unique(sizes):
        ids = np.flatnonzero(sizes == size)
        at_once = max(1, GATHERED // (int(size) * max(int(size), len(regression.kept), 1)))
        for first in range(0, len(ids), at_once):
            batch = ids[first : first + at_once]
            cells = order[starts[batch][:, None] + np.arange(size)]
            yield _Clusters(
                ids=batch,
                cells=cells,
                rest=basis.rest[cells] * root[cells][..., None],
                group=basis.group[cells],
                height=basis.height[cells] * root[cells],
                weight=weight[cells],
                residual=regression.residual[cells] * root[cells],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Square:
    """Y'W^2Y in its parts: among groups (diagonal), between groups and the rest, among the rest."""

    groups: Floats
    between: Floats
    rest: Floats

    def outer(self, one: _Clusters) -> Floats:
        """Y_c'(Y'W^2Y)Y_d for all pairs of cells of each cluster."""
        same = one.group[:, :, None] == one.group[:, None, :]
        heights = one.height[:, :, None] * one.height[:, None, :]
        crossed = (one.height[..., None] * self.between[one.group]) @ one.rest.transpose(0, 2, 1)
        products: Floats = one.rest @ self.rest @ one.rest.transpose(0, 2, 1)
        products += same * heights * self.groups[one.group][:, :, None]
        products += crossed + crossed.transpose(0, 2, 1)
        return products

    def whole(self) -> sparse.csr_array:
        """The matrix itself; there are no groups where nothing is absorbed."""
        between = sparse.csr_array(self.between)
        blocks: Any = [[sparse.diags_array(self.groups), between], [between.T, sparse.csr_array(self.rest)]]
        return sparse.csr_array(sparse.block_array(blocks))


def _square(regression: Regression) -> _Square:
    basis, scale = regression.basis, regression.sample.n * regression.row_weight() ** 2
    count = max(basis.groups, 1)
    between = np.zeros((count, basis.rest.shape[1]))
    np.add.at(between, basis.group, (scale * basis.height)[:, None] * basis.rest)
    return _Square(
        groups=np.bincount(basis.group, weights=scale * basis.height**2, minlength=count).astype(float),
        between=between,
        rest=(basis.rest * scale[:, None]).T @ basis.rest,
    )


def _cr2(regression: Regression, direction: Floats) -> Uncertainty:
    """Bias-reduced linearisation with an identity target; Satterthwaite degrees of freedom.

    p_g = A_g' W_g X_g M c with A_g = ((I-H)(I-H)')_gg^(-1/2), the inverse root a pseudo-inverse where a cluster is
    fitted exactly; V = sum_g (p_g'e_g)^2.
    """
    square = _square(regression)
    pulled = np.empty(len(regression.residual))
    score = np.empty(regression.sample.clusters)
    for batch in _batches(regression):
        own = _adjusted(batch, direction, square)
        pulled[batch.cells] = own
        score[batch.ids] = np.einsum("gc,gc->g", own, batch.residual)
    return Uncertainty(variance=float((score**2).sum()), df=_satterthwaite(regression, pulled, square))


def _adjusted(batch: _Clusters, direction: Floats, square: _Square) -> Floats:
    """B^(-1/2) W X M c of each cluster of the batch."""
    start = batch.weight * (batch.rest @ direction)
    cells, rank = batch.rest.shape[1:]
    if cells > max(2 * (rank + 1), WIDE):
        return np.stack([_adjusted_wide(batch, one, start[one], square) for one in range(len(start))])
    both = batch.weight[:, :, None] + batch.weight[:, None, :]
    roots = _inverse_root(np.eye(cells) - batch.inner() * both + square.outer(batch))
    adjusted: Floats = np.einsum("gcd,gd->gc", roots, start)
    return adjusted


def _adjusted_wide(batch: _Clusters, one: int, start: Floats, square: _Square) -> Floats:
    """The same for a cluster with many cells: B differs from I only in the span of its basis."""
    basis, groups = _local_basis(batch, one)
    weighted = basis * batch.weight[one][:, None]
    local = np.block(
        [[np.diag(square.groups[groups]), square.between[groups]], [square.between[groups].T, square.rest]]
    )
    span, _ = np.linalg.qr(np.hstack([basis, weighted]))
    inside, mixed = span.T @ basis, (span.T @ basis) @ (span.T @ weighted).T
    small = np.eye(span.shape[1]) - mixed - mixed.T + inside @ local @ inside.T
    outside = start - span @ (span.T @ start)
    adjusted: Floats = outside + span @ (_inverse_root(small[None])[0] @ (span.T @ start))
    return adjusted


def _local_basis(batch: _Clusters, one: int) -> tuple[Floats, Integers]:
    """One cluster's basis written out, its groups first, and which groups those are."""
    groups, codes = np.unique(batch.group[one], return_inverse=True)
    indicators = (codes[:, None] == np.arange(len(groups))) * batch.height[one][:, None]
    return np.hstack([indicators, batch.rest[one]]), groups


def _inverse_root(matrices: Floats) -> Floats:
    """Symmetric inverse square roots; eigenvalues that are nil stay nil."""
    values, vectors = np.linalg.eigh(matrices)
    nil = values < SINGULAR
    powers = np.where(nil, 0.0, 1 / np.sqrt(np.where(nil, 1.0, values)))
    roots: Floats = (vectors * powers[:, None, :]) @ vectors.transpose(0, 2, 1)
    return roots


def _satterthwaite(regression: Regression, pulled: Floats, square: _Square) -> float:
    """tr(Omega)^2 / tr(Omega^2) with Omega_gh = p_g'(I-H)_g (I-H)_h'p_h, without writing out clusters x clusters.

    Omega = diag(p'p) - S T' - T S' + S (Y'W^2Y) S' = diag(p'p) + F N F', where the rows of S and T are Y_g'p_g and
    Y_g'W_g p_g, F = [S T], N = [Y'W^2Y -I; -I 0].
    """
    across = _by_cluster(regression, pulled)
    weighted = _by_cluster(regression, pulled * regression.row_weight())
    own = np.bincount(regression.sample.codes, weights=pulled**2)
    factor = sparse.csr_array(sparse.hstack([across, weighted]))
    unit = sparse.eye_array(across.shape[1])
    blocks: Any = [[square.whole(), -unit], [-unit, None]]
    middle = sparse.csr_array(sparse.block_array(blocks))
    diagonal = (factor @ middle).multiply(factor).sum(axis=1)
    product = sparse.csr_array(middle @ (factor.T @ factor))
    squares = (own**2 + 2 * own * diagonal).sum() + product.multiply(product.T).sum()
    return float((own + diagonal).sum() ** 2 / squares)


def _by_cluster(regression: Regression, values: Floats) -> sparse.csr_array:
    """Y_g'v_g for each cluster: one row a cluster, the groups first."""
    basis, codes = regression.basis, regression.sample.codes
    stood = values * np.sqrt(regression.sample.n)
    shape = (regression.sample.clusters, max(basis.groups, 1))
    groups = sparse.coo_array((stood * basis.height, (codes, basis.group)), shape=shape)
    cells = sparse.csr_array((stood, (codes, np.arange(len(codes)))), shape=(shape[0], len(codes)))
    return sparse.csr_array(sparse.hstack([groups, sparse.csr_array(cells @ basis.rest)]))


def _cr3(regression: Regression, direction: Floats) -> Uncertainty:
    """Close to the jackknife: A_g = (I-H_gg)^-1, as clubSandwich, without (G-1)/G."""
    scores = np.empty(regression.sample.clusters)
    for batch in _batches(regression):
        scores[batch.ids] = _left_out_scores(batch, direction)
    return Uncertainty(variance=float((scores**2).sum()), df=len(scores) - 1)


def _left_out_scores(batch: _Clusters, direction: Floats) -> Floats:
    """d'Y'W(I - YY'W)^-1 e of each cluster, solved on whichever side is smaller."""
    cells, rank = batch.rest.shape[1:]
    if cells > max(rank + 1, WIDE):
        return np.array([_left_out_score_wide(batch, one, direction) for one in range(len(batch.ids))])
    left = np.eye(cells) - batch.inner() * batch.weight[:, None, :]
    _refuse_singular(left)
    solved = np.linalg.solve(left, batch.residual[..., None])[..., 0]
    scores: Floats = np.einsum("gc,gc->g", batch.weight * (batch.rest @ direction), solved)
    return scores


def _left_out_score_wide(batch: _Clusters, one: int, direction: Floats) -> float:
    basis, groups = _local_basis(batch, one)
    weighted = basis * batch.weight[one][:, None]
    left = np.eye(basis.shape[1]) - weighted.T @ basis
    _refuse_singular(left)
    along = np.concatenate([np.zeros(len(groups)), direction])
    return float(along @ np.linalg.solve(left, weighted.T @ batch.residual[one]))


def _refuse_singular(matrices: Floats) -> None:
    if np.linalg.svd(matrices, compute_uv=False).min() < SINGULAR:
        raise NoVariance("singular_adjustment")


VARIANCES: dict[str, Callable[[Regression, Floats], Uncertainty]] = {
    "iid": _iid,
    "HC0": _hc0,
    "HC1": _hc1,
    "HC2": _hc2,
    "HC3": _hc3,
    "CR0": _cr0,
    "CR1": _cr1,
    "CR1S": _cr1s,
    "CR2": _cr2,
    "CR3": _cr3,
}


# ── Survey design ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How the rows of a regression were sampled. A domain keeps the design of the whole sample.

    ``stratum`` is one code a cell. ``units`` and ``population`` are one entry a stratum: primary sampling units in the
    sample, and in the population (inf: no correction). Without ``sample.cluster`` each row is its own unit.
    """

    stratum: Integers
    units: Floats
    population: Floats


def linearised(regression: Regression, column: int, design: SurveyDesign) -> Uncertainty:
    """Taylor-linearised variance of a coefficient under strata, clusters, weights and finite populations.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_g (z_hg - mean_h)^2; df = units - strata. A stratum with one unit is centred at
    the mean over all units. As survey::svyglm, except its degrees of freedom. tests/reference/survey.R
    """
    sample = regression.sample
    pull = regression.basis.rest @ regression.direction(column)
    totals = pull * sample.w * regression.residual
    if sample.cluster is None:
        squares = np.bincount(design.stratum, pull**2 * _squared_scores(regression), len(design.units))
        sums = np.bincount(design.stratum, totals, len(design.units))
    else:
        pairs, at = np.unique(np.stack([design.stratum, sample.cluster]), axis=1, return_inverse=True)
        units = np.bincount(at.ravel(), totals)
        squares = np.bincount(pairs[0], units**2, len(design.units))
        sums = np.bincount(pairs[0], units, len(design.units))
    alone = design.units < 2
    grand = sums.sum() / design.units.sum()
    between = np.where(alone, (sums - grand) ** 2, squares - sums**2 / design.units)
    spread = np.where(alone, 1.0, design.units / np.where(alone, 1.0, design.units - 1)) * between
    df = float(design.units.sum() - len(design.units))
    if df < 1:
        raise NoVariance("no_residual_df")
    return Uncertainty(variance=float(((1 - design.units / design.population) * spread).sum()), df=df)


# ── From a variance to what is reported ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Test of no effect and confidence interval of one coefficient."""

    statistic: float
    p_value: float
    low: float
    high: float


def interval(estimate: float, std_error: float, df: float, confidence: float) -> Interval:
    """Two-sided test against zero and interval by the t distribution (df = inf: the normal)."""
    statistic = estimate / std_error
    beyond = 0.5 - confidence / 2
    if np.isinf(df):
        p_value, quantile = 2 * float(special.ndtr(-abs(statistic))), -float(special.ndtri(beyond))
    else:
        p_value, quantile = 2 * float(special.stdtr(df, -abs(statistic))), -float(special.stdtrit(df, beyond))
    return Interval(
        statistic=statistic,
        p_value=p_value,
        low=estimate - quantile * std_error,
        high=estimate + quantile * std_error,
    )
