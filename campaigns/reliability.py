"""Whether the items of a score hang together: alpha and its interval, omega, and what each item adds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats


Matrix = NDArray[np.float64]

FEWEST_FOR_OMEGA = 3  # with two items one factor has more loadings than there are correlations
LOWEST_UNIQUENESS = (
    0.005  # of an item's variance; a factor that explains more is no common factor (Heywood case)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How well the items of a score measure one thing. None: cannot be computed, as with a single item."""

    n: int  # respondents who answered every item
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    omega: float | None
    item_rest: tuple[float | None, ...]  # correlation of each item with the sum of the others
    alpha_if_dropped: tuple[float | None, ...]


def reliability_of(items: Matrix, confidence: float = 0.95) -> Reliability:
    """Reliability of the sum of items, from the respondents who answered all of them.

    Parameters
    ----------
    items
        One row a respondent and one column an item, turned so that more is more of the same; NaN where missing.

    Returns
    -------
    Reliability
        ``alpha`` is Cronbach's (KR-20 where the items are right or wrong), its interval Feldt's; ``omega`` is the
        share of the sum's variance that one common factor explains, fitted by maximum likelihood.

    References
    ----------
    Cronbach (1951), Psychometrika 16:297-334; Feldt, Woodruff & Salih (1987), Applied Psychological Measurement
    11:93-103; McDonald (1999), Test Theory, for omega; Joreskog (1967), Psychometrika 32:443-482, for the factor.
    Checked against R psych::alpha and factanal: tests/reference/reliability.R
    """
    complete = items[~np.isnan(items).any(axis=1)]
    n, k = complete.shape
    nothing = (None,) * k
    if k < 2 or n < 2:
        return Reliability(
            n=n,
            alpha=None,
            alpha_low=None,
            alpha_high=None,
            omega=None,
            item_rest=nothing,
            alpha_if_dropped=nothing,
        )
    covariance = np.cov(complete, rowvar=False)
    alpha = _alpha(covariance)
    low, high = _feldt(alpha, n, k, confidence)
    return Reliability(
        n=n,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        omega=_omega(covariance),
        item_rest=tuple(_item_rest(covariance, place) for place in range(k)),
        alpha_if_dropped=tuple(_alpha(_without(covariance, place)) for place in range(k)),
    )


def _alpha(covariance: Matrix) -> float | None:
    k = covariance.shape[0]
    total = float(covariance.sum())
    if k < 2 or total <= 0:
        return None
    return float(k / (k - 1) * (1 - np.trace(covariance) / total))


def _feldt(alpha: float | None, n: int, k: int, confidence: float) -> tuple[float | None, float | None]:
    if alpha is None:
        return None, None
    beyond = (1 - confidence) / 2
    df = (n - 1, (n - 1) * (k - 1))
    low = 1 - (1 - alpha) * float(stats.f.ppf(1 - beyond, *df))
    return low, 1 - (1 - alpha) * float(stats.f.ppf(beyond, *df))


def _item_rest(covariance: Matrix, place: int) -> float | None:
    others = np.delete(covariance[place], place).sum()
    rest = _without(covariance, place).sum()
    spread = covariance[place, place] * rest
    return float(others / np.sqrt(spread)) if spread > 0 else None


def _without(covariance: Matrix, place: int) -> Matrix:
    return np.delete(np.delete(covariance, place, axis=0), place, axis=1)


def _omega(covariance: Matrix) -> float | None:
    """Common variance over all variance of the sum; None where one factor does not fit or is not identified."""
    deviations = np.sqrt(np.diag(covariance))
    if covariance.shape[0] < FEWEST_FOR_OMEGA or (deviations <= 0).any():
        return None
    found = _one_factor(covariance / np.outer(deviations, deviations))
    if found is None:
        return None
    loadings, uniquenesses = found
    common = float((loadings * deviations).sum() ** 2)
    return common / (common + float((uniquenesses * deviations**2).sum()))


def _one_factor(correlation: Matrix) -> tuple[Matrix, Matrix] | None:
    """Loadings and uniquenesses of one factor by maximum likelihood, concentrated on the uniquenesses."""
    k = correlation.shape[0]
    if np.linalg.matrix_rank(correlation) < k:
        return None

    def parts(uniquenesses: Matrix) -> tuple[Matrix, Matrix]:
        scale = 1 / np.sqrt(uniquenesses)
        values, vectors = np.linalg.eigh(correlation * np.outer(scale, scale))
        return values, vectors

    def discrepancy(uniquenesses: Matrix) -> float:
        rest = parts(uniquenesses)[0][:-1]
        return float((rest - np.log(rest) - 1).sum())

    def slope(uniquenesses: Matrix) -> Matrix:
        loadings = _loadings(uniquenesses, *parts(uniquenesses))
        left = np.outer(loadings, loadings) + np.diag(uniquenesses) - correlation
        gradient: Matrix = np.diag(left) / uniquenesses**2
        return gradient

    start = 0.5 / np.diag(np.linalg.inv(correlation))
    fitted = optimize.minimize(
        discrepancy,
        start,
        jac=slope,
        method="L-BFGS-B",
        bounds=[(LOWEST_UNIQUENESS, 1.0)] * k,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 1000},
    )
    if (fitted.x <= LOWEST_UNIQUENESS * 1.001).any():
        return None
    return _loadings(fitted.x, *parts(fitted.x)), fitted.x


def _loadings(uniquenesses: Matrix, values: Matrix, vectors: Matrix) -> Matrix:
    found: Matrix = np.sqrt(uniquenesses) * vectors[:, -1] * np.sqrt(max(values[-1] - 1, 0.0))
    return found
