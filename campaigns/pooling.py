"""Effects over sites: the average of these sites, random effects, roles and their contrasts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from campaigns.effects import PooledEffect


Method = Literal["REML", "DL", "PM", "fixed", "equal"]
Interval = Literal["knapp_hartung", "knapp_hartung_floored", "normal"]
Vector = NDArray[np.float64]
Numbers = Sequence[float] | Vector

# Below five sites the variance between sites is hardly estimable: with three studies of one real campaign the
# prediction interval ran from -0.79 to 0.96.
SMALLEST_RANDOM_EFFECTS = 5
SMALLEST_AVERAGE = 2
NO_SCATTER = 1e-20  # of Knapp and Hartung's q: effects that are all the same, but for rounding


class NoScatter(ValueError):
    """The effects are explained without a remainder, so that none of them can be tested by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeratorTerm:
    """One coefficient of a meta-regression."""

    term: str
    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """Whether effects differ with what is known of the sites."""

    terms: tuple[ModeratorTerm, ...]
    q: float  # Wald statistic of all moderators together; F times their number under Knapp-Hartung
    q_df: int
    p_value: float
    tau2: float  # left between sites
    residual_q: float
    residual_q_p_value: float


def average_sites(
    estimates: Numbers,
    variances: Numbers,
    dfs: Numbers,
    *,
    weights: Numbers | None = None,
    confidence: float = 0.95,
) -> PooledEffect:
    """The average effect of *these* sites, by weights declared in advance (equal ones by default).

    Says nothing of other sites. ``V = sum(a^2 V_c)``; degrees of freedom by Satterthwaite,
    ``(sum a^2 V_c)^2 / sum(a^4 V_c^2 / df_c)``.

    References
    ----------
    Satterthwaite (1946), Biometrics Bulletin 2:110-114. Checked against tests/reference/pooling.R
    """
    effect, variance = np.asarray(estimates, float), np.asarray(variances, float)
    share = np.full(effect.size, 1.0 / effect.size) if weights is None else np.asarray(weights, float)
    share = share / share.sum()
    parts = share**2 * variance
    total = float(parts.sum())
    df = _satterthwaite(parts, np.asarray(dfs, float))
    estimate = float(share @ effect)
    kind = "t_satterthwaite" if np.isfinite(df) else "normal"
    return _with_interval("equal", kind, effect, variance, estimate, float(np.sqrt(total)), df, confidence)


def pool_effects(
    estimates: Numbers,
    variances: Numbers,
    dfs: Numbers | None = None,
    *,
    method: Method = "REML",
    interval: Interval = "knapp_hartung_floored",
    confidence: float = 0.95,
) -> PooledEffect:
    """Average effect over sites, at any number of them; what to make of few sites is policy, not arithmetic.

    Parameters
    ----------
    estimates, variances
        One estimate a site of the same outcome, estimand and unit, and its variance.
    dfs
        Degrees of freedom of each variance; used by ``equal`` alone. None: infinitely many.
    method
        ``REML``, ``DL`` (DerSimonian-Laird) and ``PM`` (Paule-Mandel) estimate the variance between sites, which
        is never negative; ``fixed`` is the inverse-variance mean, ``equal`` the arithmetic mean of the sites.
    interval
        ``knapp_hartung`` rescales the standard error by the scatter observed (q), ``knapp_hartung_floored`` never
        lets it shrink (q at least 1), ``normal`` does neither.

    Returns
    -------
    PooledEffect
        ``estimate`` in the outcome's unit; ``tau2`` in its square; ``i2`` in 0-1; ``predict_low, predict_high``:
        range for the true effect at a new, similar site, by t with k - 2 degrees of freedom, from three sites up.

        Where the effects are all the same, ``knapp_hartung`` has an error of nil, and neither p-value nor interval (NaN).

    References
    ----------
    Viechtbauer (2005), JEBS 30:261-293 (REML); DerSimonian & Laird (1986); Paule & Mandel (1982); Knapp & Hartung
    (2003), Stat Med 22:2693-2710; Roever, Knapp & Friede (2015), BMC Med Res Methodol 15:99 (the floor); Higgins,
    Thompson & Spiegelhalter (2009), JRSS A 172:137-159 (prediction); Viechtbauer (2007), Stat Med 26:37-52
    (Q-profile). Checked against metafor::rma: tests/reference/pooling.R
    """
    effect, variance = np.asarray(estimates, float), np.asarray(variances, float)
    k = effect.size
    if method == "equal":
        if interval == "normal" or dfs is None:
            dfs = [np.inf] * k
        return average_sites(estimates, variances, dfs, confidence=confidence)
    tau2 = _tau2(effect, variance, np.ones((k, 1)), method)
    weight = 1.0 / (variance + tau2)
    estimate = float(weight @ effect / weight.sum())
    wald = 1.0 / float(weight.sum())
    squared = _knapp_hartung(float(weight @ (effect - estimate) ** 2) / (k - 1), interval) if k > 1 else 1.0
    df = float(k - 1) if interval != "normal" and k > 1 else np.inf
    pooled = _with_interval(
        method, interval, effect, variance, estimate, float(np.sqrt(wald * squared)), df, confidence
    )
    return _with_heterogeneity(pooled, effect, variance, tau2, method, confidence)


def moderate(
    estimates: Numbers,
    variances: Numbers,
    design: Vector,
    terms: Sequence[str],
    *,
    method: Method = "REML",
    interval: Interval = "knapp_hartung_floored",
    confidence: float = 0.95,
) -> Moderation:
    """Meta-regression of the effects on what is known of the sites, with one variance left between them.

    Parameters
    ----------
    design
        One row a site; the first column is the constant.
    terms
        The names of the columns.

    Raises
    ------
    NoScatter
        The terms explain the effects to the last digit, which leaves ``knapp_hartung`` no error to test them by.

    References
    ----------
    Knapp & Hartung (2003), Stat Med 22:2693-2710. Checked against metafor::rma(mods=): tests/reference/pooling.R
    """
    effect, variance = np.asarray(estimates, float), np.asarray(variances, float)
    k, p = design.shape
    tau2 = _tau2(effect, variance, design, method)
    weight = 1.0 / (variance + tau2)
    inverse = np.linalg.inv(design.T @ (weight[:, None] * design))
    coefficients = inverse @ design.T @ (weight * effect)
    residual = effect - design @ coefficients
    squared = _knapp_hartung(float(weight @ residual**2) / (k - p), interval)
    if squared == 0:
        raise NoScatter
    covariance = inverse * squared
    df = np.inf if interval == "normal" else float(k - p)
    joint = coefficients[1:] @ np.linalg.solve(covariance[1:, 1:], coefficients[1:])
    fixed = _fixed_residuals(effect, variance, design)
    return Moderation(
        terms=tuple(
            _term(*row, df, confidence) for row in zip(terms, coefficients, np.diag(covariance), strict=True)
        ),
        q=float(joint),
        q_df=p - 1,
        p_value=float(
            stats.chi2.sf(joint, p - 1) if np.isinf(df) else stats.f.sf(joint / (p - 1), p - 1, df)
        ),
        tau2=tau2,
        residual_q=fixed,
        residual_q_p_value=float(stats.chi2.sf(fixed, k - p)),
    )


def subgroup_test(pooled: Sequence[PooledEffect]) -> tuple[float, float] | None:
    """Whether the averages of independent groups differ: Cochran's Q over them, and its p-value (chi-squared).

    None where an average has no error.
    """
    effect = np.asarray([p.estimate for p in pooled])
    variance = np.asarray([p.std_error for p in pooled]) ** 2
    if (variance <= 0).any():
        return None
    q = _cochran(effect, variance)
    return q, float(stats.chi2.sf(q, effect.size - 1))


def _satterthwaite(parts: Vector, dfs: Vector) -> float:
    lost = float((parts**2 / dfs).sum())
    return float(parts.sum() ** 2 / lost) if lost > 0 else float("inf")


def _knapp_hartung(q: float, interval: Interval) -> float:
    if interval == "normal":
        return 1.0
    return max(q, 1.0) if interval == "knapp_hartung_floored" else q if q > NO_SCATTER else 0.0


def _with_interval(
    method: str,
    interval: str,
    effect: Vector,
    variance: Vector,
    estimate: float,
    std_error: float,
    df: float,
    confidence: float,
) -> PooledEffect:
    reach = _quantile(confidence, df) * std_error if std_error > 0 else np.nan
    k = effect.size
    q = _cochran(effect, variance)
    return PooledEffect(
        k=k,
        method=method,
        interval=interval,
        estimate=estimate,
        std_error=std_error,
        df=df,
        p_value=_two_sided(estimate / std_error, df) if std_error > 0 else np.nan,
        conf_low=estimate - reach,
        conf_high=estimate + reach,
        q=q if k > 1 else None,
        q_p_value=float(stats.chi2.sf(q, k - 1)) if k > 1 else None,
        i2=max(0.0, (q - (k - 1)) / q) if k > 1 and q > 0 else None,
    )


def _with_heterogeneity(
    pooled: PooledEffect, effect: Vector, variance: Vector, tau2: float, method: str, confidence: float
) -> PooledEffect:
    """The variance between sites, its share and interval, and where a new site's effect would lie."""
    k = effect.size
    if k < 2:
        return pooled
    if method == "fixed":
        return replace(pooled, tau2=0.0)
    weight = 1.0 / variance
    typical = (k - 1) * weight.sum() / (weight.sum() ** 2 - (weight**2).sum())
    low, high = _q_profile(effect, variance, confidence)
    pooled = replace(pooled, tau2=tau2, tau2_low=low, tau2_high=high, i2=float(tau2 / (tau2 + typical)))
    if k < 3 or pooled.std_error == 0:
        return pooled
    reach = _quantile(confidence, k - 2) * float(np.sqrt(tau2 + pooled.std_error**2))
    return replace(pooled, predict_low=pooled.estimate - reach, predict_high=pooled.estimate + reach)


def _tau2(effect: Vector, variance: Vector, design: Vector, method: str) -> float:
    """The variance between sites that the moderators leave, at least zero."""
    if method == "fixed" or effect.size <= design.shape[1]:
        return 0.0
    if method == "DL":
        return _dersimonian_laird(effect, variance, design)
    if method == "PM":
        return _paule_mandel(effect, variance, design)
    return _restricted_likelihood(effect, variance, design)


def _dersimonian_laird(effect: Vector, variance: Vector, design: Vector) -> float:
    weight = 1.0 / variance
    projector = _projector(weight, design)
    excess = effect @ projector @ effect - (effect.size - design.shape[1])
    return max(0.0, float(excess / np.trace(projector)))


def _paule_mandel(effect: Vector, variance: Vector, design: Vector) -> float:
    return _generalised_q_equals(effect, variance, design, effect.size - design.shape[1])


def _restricted_likelihood(effect: Vector, variance: Vector, design: Vector) -> float:
    """The maximum of the restricted likelihood, by a root of its derivative in every interval that has one."""

    def score(tau2: float) -> float:
        projector = _projector(1.0 / (variance + tau2), design)
        step = projector @ effect
        return float(step @ step - np.trace(projector))

    def likelihood(tau2: float) -> float:
        weight = 1.0 / (variance + tau2)
        _, log_determinant = np.linalg.slogdet(design.T @ (weight[:, None] * design))
        q = effect @ _projector(weight, design) @ effect
        return float(-0.5 * (np.log(variance + tau2).sum() + log_determinant + q))

    scale = float(np.var(effect) + variance.max())
    grid = np.concatenate([[0.0], scale * np.logspace(-8, 3, 250)])
    slopes = np.array([score(tau2) for tau2 in grid])
    tops = [
        float(optimize.brentq(score, grid[position], grid[position + 1], xtol=1e-15, rtol=1e-14))
        for position in np.flatnonzero((slopes[:-1] > 0) & (slopes[1:] <= 0))
    ]
    return max([0.0, *tops], key=likelihood)


def _projector(weight: Vector, design: Vector) -> Vector:
    """W - W X (X'W X)^-1 X'W."""
    weighted = weight[:, None] * design
    found: Vector = np.diag(weight) - weighted @ np.linalg.solve(design.T @ weighted, weighted.T)
    return found


def _generalised_q_equals(effect: Vector, variance: Vector, design: Vector, target: float) -> float:
    """The variance between sites at which the generalised Q falls to ``target``; zero where it is lower already."""

    def excess(tau2: float) -> float:
        return float(effect @ _projector(1.0 / (variance + tau2), design) @ effect) - target

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.var(effect) + variance.max())
    while excess(high) > 0:
        high *= 2
    return float(optimize.brentq(excess, 0.0, high, xtol=1e-15, rtol=1e-14))


def _q_profile(effect: Vector, variance: Vector, confidence: float) -> tuple[float, float]:
    constant, df = np.ones((effect.size, 1)), effect.size - 1
    tail = (1 - confidence) / 2
    return (
        _generalised_q_equals(effect, variance, constant, float(stats.chi2.ppf(1 - tail, df))),
        _generalised_q_equals(effect, variance, constant, float(stats.chi2.ppf(tail, df))),
    )


def _cochran(effect: Vector, variance: Vector) -> float:
    weight = 1.0 / variance
    return float(weight @ (effect - weight @ effect / weight.sum()) ** 2)


def _fixed_residuals(effect: Vector, variance: Vector, design: Vector) -> float:
    return float(effect @ _projector(1.0 / variance, design) @ effect)


def _term(name: str, estimate: float, variance: float, df: float, confidence: float) -> ModeratorTerm:
    std_error = float(np.sqrt(variance))
    reach = _quantile(confidence, df) * std_error
    return ModeratorTerm(
        term=name,
        estimate=float(estimate),
        std_error=std_error,
        df=df,
        statistic=float(estimate) / std_error,
        p_value=_two_sided(float(estimate) / std_error, df),
        conf_low=float(estimate) - reach,
        conf_high=float(estimate) + reach,
    )


def _quantile(confidence: float, df: float) -> float:
    probability = 1 - (1 - confidence) / 2
    return float(stats.norm.ppf(probability) if np.isinf(df) else stats.t.ppf(probability, df))


def _two_sided(statistic: float, df: float) -> float:
    return float(2 * (stats.norm.sf(abs(statistic)) if np.isinf(df) else stats.t.sf(abs(statistic), df)))
