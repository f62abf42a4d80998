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

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from campaigns.bias_reduced import bias_reduced, left_out
from campaigns.least_squares import SINGULAR, NoVariance, Regression, Uncertainty, squared_scores
from campaigns.sample import Floats
from campaigns.specification import CLUSTERED, StandardErrors


__all__ = ["VARIANCES", "WEIGHT_OF_EACH_ROW", "Interval", "StandardErrors", "interval", "uncertainty"]

# Exact from cells only where the rows of a cell share their weight.
WEIGHT_OF_EACH_ROW = ("HC2", "HC3", "CR2", "CR3")


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


def _heteroskedastic(regression: Regression, direction: Floats, inflation: Floats | float) -> Uncertainty:
    pull = regression.basis.rest @ direction
    variance = (pull**2 * squared_scores(regression) * inflation).sum()
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


VARIANCES: dict[str, Callable[[Regression, Floats], Uncertainty]] = {
    "iid": _iid,
    "HC0": _hc0,
    "HC1": _hc1,
    "HC2": _hc2,
    "HC3": _hc3,
    "CR0": _cr0,
    "CR1": _cr1,
    "CR1S": _cr1s,
    "CR2": bias_reduced,
    "CR3": left_out,
}


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
