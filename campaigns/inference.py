"""Least squares on cells, and the variances statsmodels lacks: cluster-robust CR0 to CR3 and HC on cells, exact.

The rows of a cell are exchangeable: they share every regressor, their cluster and, where the variance needs it,
their weight. A regression on cells therefore gives what the regression on rows gives. Coefficients need the
cell's mean and summed weight. Scores add up within a cell. An adjustment matrix of CR2 or CR3 acts, inside
a cell of n rows, only along the direction (1, ..., 1)/sqrt(n), so the cell may stand as one row
sqrt(n) x, sqrt(n) mean(y) with the weight of one row.

Notation of the code: ``basis`` is Y = X R^-1 with Y'WY = I, so that the bread M is the identity.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28:169. Pustejovsky & Tipton (2018), JBES 36:672.
Checked against sandwich::vcovHC and clubSandwich::vcovCR, coef_test: tests/reference/cells.R
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy import stats

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
WIDEST_PAIRS = 3_000  # clusters up to which all pairs are written out


class NoVariance(Exception):
    """No such variance exists for these data; ``code`` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A weighted least squares fit on cells, in the basis where its bread is the identity."""

    sample: Sample
    kept: Integers  # columns of the design that are not combinations of earlier ones
    coefficients: Floats  # of the kept columns
    triangle: Floats  # R of the QR decomposition of the weighted design
    basis: Floats  # X R^-1, one row a cell
    residual: Floats  # mean(y) - fitted, one a cell

    @property
    def rank(self) -> int:
        """Coefficients that are identified."""
        return len(self.kept)

    @property
    def df_residual(self) -> int:
        """Rows minus coefficients."""
        return self.sample.rows - self.rank

    def holds(self, column: int) -> bool:
        """Whether the design's column was kept."""
        return bool(np.isin(column, self.kept))

    def coefficient(self, column: int) -> float:
        """The coefficient of a kept column of the design."""
        return float(self.coefficients[np.searchsorted(self.kept, column)])

    def direction(self, column: int) -> Floats:
        """The contrast that picks one coefficient, in the basis: R^-T c."""
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


def regress(design: Floats, sample: Sample) -> Regression:
    """Weighted least squares of cell means on the design, collinear columns left out in their order, as R does.

    The design's first column is the constant. The weighted design is reduced to its triangle, and statsmodels
    solves that: the same coefficients, at a cost that does not grow with the number of cells.
    """
    root = np.sqrt(sample.w)
    kept = independent_columns(design, sample.w)
    orthonormal, triangle = np.linalg.qr(design[:, kept] * root[:, None])
    mean = sample.wy / sample.w
    fit = sm.OLS(orthonormal.T @ (root * mean), triangle).fit()
    return Regression(
        sample=sample,
        kept=kept,
        coefficients=np.asarray(fit.params),
        triangle=triangle,
        basis=orthonormal / root[:, None],
        residual=mean - design[:, kept] @ fit.params,
    )


def independent_columns(design: Floats, weights: Floats) -> Integers:
    """The columns that are no combination of the columns before them, by the weighted cross-products.

    Columns are centred first (the first is the constant), so that years or prices far from zero are told apart.
    """
    columns = _centred(design, weights)
    length = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    usable = length > DEPENDENT * np.sqrt(weights.sum()) * np.maximum(np.abs(design).max(axis=0), 1e-300)
    columns = columns[:, usable] / length[usable]
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


def _centred(design: Floats, weights: Floats) -> Floats:
    means = weights @ design / weights.sum()
    means[0] = 0.0  # the constant itself stays
    columns: Floats = (design - means) * np.sqrt(weights)[:, None]
    return columns


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
    pull = regression.basis @ direction
    variance = (pull**2 * _squared_scores(regression) * inflation).sum()
    return Uncertainty(variance=float(variance), df=regression.df_residual)


def _hc0(regression: Regression, direction: Floats) -> Uncertainty:
    return _heteroskedastic(regression, direction, 1.0)


def _hc1(regression: Regression, direction: Floats) -> Uncertainty:
    return _heteroskedastic(regression, direction, regression.sample.rows / regression.df_residual)


def _leverage_left(regression: Regression) -> Floats:
    """1 - h of each cell's rows."""
    leverage: Floats = regression.row_weight() * np.einsum("ij,ij->i", regression.basis, regression.basis)
    return 1.0 - leverage


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
    cells = (regression.basis @ direction) * regression.sample.w * regression.residual
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
    """Clusters with equally many cells, gathered: arrays of clusters x cells (x coefficients)."""

    ids: Integers
    basis: Floats  # sqrt(n) Y
    weight: Floats  # of one row
    residual: Floats  # sqrt(n) times the cell's mean residual


def _batches(regression: Regression) -> list[_Clusters]:
    """All clusters, in batches of equal size that fit in memory."""
    sample = regression.sample
    order = np.argsort(sample.codes, kind="stable")
    sizes = np.bincount(sample.codes)
    starts = np.cumsum(sizes) - sizes
    root, weight = np.sqrt(sample.n), regression.row_weight()
    found = []
    for size in np.unique(sizes):
        ids = np.flatnonzero(sizes == size)
        at_once = max(1, GATHERED // max(1, int(size) * regression.rank))
        for first in range(0, len(ids), at_once):
            batch = ids[first : first + at_once]
            cells = order[starts[batch][:, None] + np.arange(size)]
            found.append((batch, cells))
    return [
        _Clusters(
            ids=batch,
            basis=regression.basis[cells] * root[cells][..., None],
            weight=weight[cells],
            residual=regression.residual[cells] * root[cells],
        )
        for batch, cells in found
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pull:
    """How each cluster pulls at one coefficient after its adjustment, p_g = A_g' W_g X_g M c."""

    score: Floats  # p_g'e_g
    own: Floats  # p_g'p_g
    across: Floats  # X_g'p_g, clusters x coefficients
    weighted: Floats  # X_g'W_g p_g
    square: Floats  # X'W^2X


def _cr2(regression: Regression, direction: Floats) -> Uncertainty:
    """Bias-reduced linearisation with an identity target; Satterthwaite degrees of freedom.

    A_g = ((I-H)(I-H)')_gg^(-1/2), the inverse root a pseudo-inverse where a cluster is fitted exactly.
    """
    pull = _pull(regression, direction)
    return Uncertainty(variance=float((pull.score**2).sum()), df=_satterthwaite(pull))


def _pull(regression: Regression, direction: Floats) -> _Pull:
    groups, rank = regression.sample.clusters, regression.rank
    weight = regression.row_weight()
    square = (regression.basis * (regression.sample.n * weight**2)[:, None]).T @ regression.basis
    score, own = np.empty(groups), np.empty(groups)
    across, weighted = np.empty((groups, rank)), np.empty((groups, rank))
    for batch in _batches(regression):
        pulled = _adjusted(batch, direction, square)
        score[batch.ids] = np.einsum("gc,gc->g", pulled, batch.residual)
        own[batch.ids] = np.einsum("gc,gc->g", pulled, pulled)
        across[batch.ids] = np.einsum("gck,gc->gk", batch.basis, pulled)
        weighted[batch.ids] = np.einsum("gck,gc->gk", batch.basis, batch.weight * pulled)
    return _Pull(score=score, own=own, across=across, weighted=weighted, square=square)


def _adjusted(batch: _Clusters, direction: Floats, square: Floats) -> Floats:
    """B^(-1/2) W X M c of each cluster of the batch."""
    start = batch.weight * (batch.basis @ direction)
    cells, rank = batch.basis.shape[1:]
    if cells <= 2 * rank:
        inner = np.einsum("gck,gdk->gcd", batch.basis, batch.basis, optimize=True)
        outer = np.einsum("gck,gdk->gcd", batch.basis @ square, batch.basis, optimize=True)
        both = batch.weight[:, :, None] + batch.weight[:, None, :]
        roots = _inverse_root(np.eye(cells) - inner * both + outer)
        adjusted: Floats = np.einsum("gcd,gd->gc", roots, start)
        return adjusted
    return np.stack(
        [_adjusted_wide(*one, square) for one in zip(batch.basis, batch.weight, start, strict=True)]
    )


def _adjusted_wide(basis: Floats, weight: Floats, start: Floats, square: Floats) -> Floats:
    """The same for a cluster with more cells than twice the coefficients: B differs from I only in their span."""
    span, _ = np.linalg.qr(np.hstack([basis, basis * weight[:, None]]))
    inside, inside_weighted = span.T @ basis, span.T @ (basis * weight[:, None])
    mixed = inside @ inside_weighted.T
    small = np.eye(span.shape[1]) - mixed - mixed.T + inside @ square @ inside.T
    adjusted: Floats = span @ (_inverse_root(small[None])[0] @ (span.T @ start))
    return adjusted


def _inverse_root(matrices: Floats) -> Floats:
    """Symmetric inverse square roots; eigenvalues that are nil stay nil."""
    values, vectors = np.linalg.eigh(matrices)
    nil = values < SINGULAR
    powers = np.where(nil, 0.0, 1 / np.sqrt(np.where(nil, 1.0, values)))
    roots: Floats = (vectors * powers[:, None, :]) @ vectors.transpose(0, 2, 1)
    return roots


def _satterthwaite(pull: _Pull) -> float:
    """tr(Omega)^2 / tr(Omega^2) with Omega_gh = p_g'(I-H)_g (I-H)_h'p_h, without clusters x clusters where large.

    Omega = diag(own) - across weighted' - weighted across' + across X'W^2X across' = diag(own) + F N F'.
    """
    factor = np.hstack([pull.across, pull.weighted])
    rank = pull.across.shape[1]
    middle = np.block([[pull.square, -np.eye(rank)], [-np.eye(rank), np.zeros((rank, rank))]])
    if len(pull.own) <= max(2 * rank, WIDEST_PAIRS if rank > 50 else 0):
        omega = np.diag(pull.own) + factor @ middle @ factor.T
        return float(np.trace(omega) ** 2 / (omega**2).sum())
    turned = factor @ middle
    diagonal = np.einsum("gk,gk->g", turned, factor)
    product = middle @ (factor.T @ factor)
    trace = (pull.own + diagonal).sum()
    squares = (pull.own**2 + 2 * pull.own * diagonal).sum() + np.einsum("ij,ji->", product, product)
    return float(trace**2 / squares)


def _cr3(regression: Regression, direction: Floats) -> Uncertainty:
    """Close to the jackknife: A_g = (I-H_gg)^-1, as clubSandwich, without (G-1)/G."""
    scores = np.empty(regression.sample.clusters)
    for batch in _batches(regression):
        scores[batch.ids] = _left_out_scores(batch, direction)
    return Uncertainty(variance=float((scores**2).sum()), df=len(scores) - 1)


def _left_out_scores(batch: _Clusters, direction: Floats) -> Floats:
    """d'Y'W(I - YY'W)^-1 e of each cluster, solved on whichever side is smaller."""
    cells, rank = batch.basis.shape[1:]
    weighted = batch.basis * batch.weight[..., None]
    if cells <= rank:
        left = np.eye(cells) - batch.basis @ weighted.transpose(0, 2, 1)
        _refuse_singular(left)
        solved = np.linalg.solve(left, batch.residual[..., None])[..., 0]
        scores: Floats = np.einsum("gc,gc->g", weighted @ direction, solved)
        return scores
    left = np.eye(rank) - weighted.transpose(0, 2, 1) @ batch.basis
    _refuse_singular(left)
    pulled = np.einsum("gck,gc->gk", weighted, batch.residual)
    scores = np.linalg.solve(left, pulled[..., None])[..., 0] @ direction
    return scores


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
    pull = regression.basis @ regression.direction(column)
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
    half = float(stats.t.ppf(0.5 + confidence / 2, df)) * std_error
    return Interval(
        statistic=statistic,
        p_value=float(2 * stats.t.sf(abs(statistic), df)),
        low=estimate - half,
        high=estimate + half,
    )
