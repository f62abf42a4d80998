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
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from campaigns.bias_reduced import bias_reduced, left_out
from campaigns.effects import Note
from campaigns.influence import FROM_SCORES, Influence, influence
from campaigns.least_squares import SINGULAR, NoVariance, Regression, Uncertainty, squared_scores
from campaigns.sample import Floats
from campaigns.specification import CLUSTERED, StandardErrors


__all__ = ["Estimated", "Interval", "StandardErrors", "interval", "of_coefficient", "quantile", "uncertainty"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """A number a model gives, and what its variances are made from."""

    value: float
    influence: Influence
    regression: Regression | None = None  # where rows have leverages; its influence is along ``direction``
    spread: Floats | None = (
        None  # variance of a row of each cell where the regression is a likelihood's last step
    )
    model_variance: float | None = None  # what the likelihood itself says, where it fixes the spread
    remarks: tuple[Note, ...] = ()  # what must be said of how the number was made


def of_coefficient(regression: Regression, column: int) -> Estimated:
    """One coefficient of a least squares fit."""
    return Estimated(
        value=regression.coefficient(column),
        influence=influence(regression, regression.direction(column)),
        regression=regression,
    )


def uncertainty(estimated: Estimated, standard_errors: StandardErrors) -> Uncertainty:
    """Variance and degrees of freedom of an estimate.

    Raises
    ------
    NoVariance
        No residual degrees of freedom, fewer than two clusters, or a CR3 or HC3 that does not exist.
    """
    found = estimated.influence
    if found.df_residual < 1:
        raise NoVariance("no_residual_df")
    if standard_errors in CLUSTERED and found.sample.clusters < 2:
        raise NoVariance("one_cluster")
    if standard_errors in FROM_SCORES:
        return FROM_SCORES[standard_errors](found)
    if standard_errors == "iid" and estimated.model_variance is not None:
        return Uncertainty(variance=estimated.model_variance, df=found.df_residual)
    regression = estimated.regression
    if regression is None:
        raise NoVariance("no_leverages")
    if standard_errors == "CR2" and estimated.spread is not None:
        return bias_reduced(_whitened(regression), found.direction, estimated.spread)
    return FROM_LEVERAGES[standard_errors](regression, found.direction)


def _whitened(regression: Regression) -> Regression:
    """The same fit with every row times the root of its weight, so that each has the variance one.

    The working weight is the inverse of the variance a likelihood gives a row. CR2 is then unbiased under that variance,
    as clubSandwich takes it for a glm, and not under equal variances.
    """
    sample, basis = regression.sample, regression.basis
    root = np.sqrt(regression.row_weight())
    return replace(
        regression,
        basis=replace(basis, rest=basis.rest * root[:, None], height=basis.height * root),
        residual=regression.residual * root,
        sample=replace(
            sample, w=sample.n, ww=sample.n, wy=sample.wy / root, wwy=sample.wy / root, wwyy=sample.wyy
        ),
    )


def _iid(regression: Regression, direction: Floats) -> Uncertainty:
    sample, mu = regression.sample, regression.sample.wy / regression.sample.w - regression.residual
    squares = (sample.wyy - 2 * mu * sample.wy + mu**2 * sample.w).sum()
    df = regression.df_residual
    return Uncertainty(variance=float(squares / df * (direction @ direction)), df=df)


def _inflated(regression: Regression, direction: Floats, inflation: Floats) -> Uncertainty:
    pull = regression.basis.rest @ direction
    variance = (pull**2 * squared_scores(regression) * inflation).sum()
    return Uncertainty(variance=float(variance), df=regression.df_residual)


def _leverage_left(regression: Regression) -> Floats:
    """1 - h of each cell's rows."""
    left: Floats = 1.0 - regression.row_weight() * regression.basis.squares
    return left


def _hc2(regression: Regression, direction: Floats) -> Uncertainty:
    left = _leverage_left(regression)
    fitted_exactly = left < SINGULAR  # a row alone in its block: its residual is nil, it adds nothing
    return _inflated(
        regression, direction, np.where(fitted_exactly, 0.0, 1 / np.where(fitted_exactly, 1.0, left))
    )


def _hc3(regression: Regression, direction: Floats) -> Uncertainty:
    left = _leverage_left(regression)
    if left.min() < SINGULAR:
        raise NoVariance("singular_adjustment")
    return _inflated(regression, direction, 1 / left**2)


FROM_LEVERAGES: dict[str, Callable[[Regression, Floats], Uncertainty]] = {
    "iid": _iid,
    "HC2": _hc2,
    "HC3": _hc3,
    "CR2": bias_reduced,
    "CR3": left_out,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Test of no effect and confidence interval of one estimate."""

    estimate: float
    statistic: float
    p_value: float
    low: float
    high: float

    def replaced(self, p_value: float, low: float, high: float) -> "Interval":
        """The same estimate with the test and the interval of another method."""
        return replace(self, p_value=p_value, low=low, high=high)


def interval(estimate: float, std_error: float, df: float, confidence: float) -> Interval:
    """Two-sided test against zero and interval by the t distribution (df = inf: the normal)."""
    statistic = estimate / std_error
    below = special.ndtr(-abs(statistic)) if np.isinf(df) else special.stdtr(df, -abs(statistic))
    reach = quantile(df, confidence) * std_error
    return Interval(
        estimate=estimate,
        statistic=statistic,
        p_value=2 * float(below),
        low=estimate - reach,
        high=estimate + reach,
    )


def quantile(df: float, confidence: float) -> float:
    """How many standard errors an interval reaches either way, by the t distribution (df = inf: the normal)."""
    beyond = 0.5 - confidence / 2
    return -float(special.ndtri(beyond) if np.isinf(df) else special.stdtrit(df, beyond))
