"""Respondents who are gone before the last wave: how many by arm, and what their absence could hide."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from campaigns.sample import Floats


Chosen = NDArray[np.bool_]

# Between arms, from which on the main estimate is shown with its bounds (judgement; What Works Clearinghouse is near).
DIFFERENTIAL = 0.03
DIFFERENTIAL_P = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class AttritionRates:
    """Shares lost in each arm, and their difference with its test (Newcombe's interval, pooled z test)."""

    n_campaign: int
    n_comparison: int
    lost_campaign: int
    lost_comparison: int
    difference: float  # campaign minus comparison, 0-1
    conf_low: float
    conf_high: float
    p_value: float

    @property
    def is_differential(self) -> bool:
        """Whether the arms lost so differently that the main estimate needs its bounds beside it."""
        return abs(self.difference) >= DIFFERENTIAL or self.p_value < DIFFERENTIAL_P


@dataclass(frozen=True, slots=True, kw_only=True)
class LeeBounds:
    """Where the effect on those who would be found in either arm lies, whoever the others are."""

    lower: float
    upper: float
    std_error_lower: float
    std_error_upper: float
    trimmed: float  # share of the arm that lost fewer, 0-1
    trimmed_arm: str  # campaign, comparison; none where both lost alike
    conf_low: float  # of the effect, not of the bounds (Imbens & Manski)
    conf_high: float


def attrition_rates(
    observed_campaign: int,
    n_campaign: int,
    observed_comparison: int,
    n_comparison: int,
    confidence: float = 0.95,
) -> AttritionRates:
    """Shares lost and their difference.

    References
    ----------
    Newcombe (1998), Stat Med 17:873-890, method 10. R: prop.test(correct = FALSE) and the Wilson limits.
    """
    lost = (n_campaign - observed_campaign, n_comparison - observed_comparison)
    shares = (lost[0] / n_campaign, lost[1] / n_comparison)
    z = float(stats.norm.ppf(0.5 + confidence / 2))
    limits = [_wilson(share, n, z) for share, n in zip(shares, (n_campaign, n_comparison), strict=True)]
    difference = shares[0] - shares[1]
    low = math.hypot(shares[0] - limits[0][0], limits[1][1] - shares[1])
    high = math.hypot(limits[0][1] - shares[0], shares[1] - limits[1][0])
    pooled = sum(lost) / (n_campaign + n_comparison)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n_campaign + 1 / n_comparison))
    return AttritionRates(
        n_campaign=n_campaign,
        n_comparison=n_comparison,
        lost_campaign=lost[0],
        lost_comparison=lost[1],
        difference=difference,
        conf_low=difference - low,
        conf_high=difference + high,
        p_value=float(2 * stats.norm.sf(abs(difference) / spread)) if spread > 0 else 1.0,
    )


def lee_bounds(outcome: Floats, campaign: Chosen, confidence: float = 0.95) -> LeeBounds:
    """Bounds of the effect where the arms lost different shares, by trimming the arm that lost fewer.

    Holds where being assigned to the campaign can only have made people easier to find, or only harder.

    Parameters
    ----------
    outcome
        One entry for everybody assigned; NaN where the respondent is gone.
    campaign
        Who was assigned to the campaign.

    References
    ----------
    Lee (2009), Review of Economic Studies 76:1071-1102 (bounds and their errors, proposition 3); Imbens & Manski
    (2004), Econometrica 72:1845-1857 (interval). The number trimmed is whole, so that ties trim alike. R by
    hand: tests/reference/attrition.R; Stata: leebounds.
    """
    found = np.isfinite(outcome)
    rates = [float(found[arm].mean()) for arm in (campaign, ~campaign)]
    more, fewer = (campaign, ~campaign) if rates[0] >= rates[1] else (~campaign, campaign)
    trim = abs(rates[0] - rates[1]) / max(rates)
    kept = np.sort(outcome[more & found])
    other = outcome[fewer & found]
    cut = min(round(trim * len(kept)), len(kept) - 1)
    ends = [kept[: len(kept) - cut], kept[cut:]]  # the lowest are kept, the highest are kept
    borders = [float(ends[0].max()), float(ends[1].min())]
    sign = 1.0 if rates[0] >= rates[1] else -1.0
    values = [sign * (float(end.mean()) - float(other.mean())) for end in ends]
    errors = [
        math.sqrt(_lee_variance(end, border, other, trim, rates=(max(rates), min(rates)), n=len(outcome), share=float(more.mean())))
        for end, border in zip(ends, borders, strict=True)
    ]  # fmt: skip
    (lower, low_error), (upper, high_error) = sorted(zip(values, errors, strict=True))
    reach = _imbens_manski(upper - lower, max(low_error, high_error), confidence)
    return LeeBounds(
        lower=lower,
        upper=upper,
        std_error_lower=low_error,
        std_error_upper=high_error,
        trimmed=trim,
        trimmed_arm="none" if trim == 0 else "campaign" if sign > 0 else "comparison",
        conf_low=lower - reach * low_error,
        conf_high=upper + reach * high_error,
    )


def tipping_point(outcome: Floats, campaign: Chosen, confidence: float = 0.95) -> float | None:
    """How far those lost from the campaign arm would have to lie from those found there for the effect to vanish.

    The lost of both arms are given the mean of those found in their own arm, those of the campaign arm moved by a
    shift towards the comparison group. None where there is nothing to overturn or nobody to do it.

    Returns
    -------
    float or None
        The smallest shift, in the outcome's unit, at which the interval of the difference in means covers zero.

    References
    ----------
    Yan, Lee & Li (2009), Journal of Biopharmaceutical Statistics 19:1085-1098.
    """
    found = np.isfinite(outcome)
    lost = int((campaign & ~found).sum())
    if not lost:
        return None
    one, other = outcome[campaign & found], outcome[~campaign & found]
    share = lost / int(campaign.sum())
    difference = float(one.mean() - other.mean())
    spread = math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    margin = float(stats.norm.ppf(0.5 + confidence / 2)) * spread
    if abs(difference) <= margin:
        return None
    return -math.copysign((abs(difference) - margin) / share, difference)


def response_weights(found: Chosen, covariates: Floats) -> Floats:
    """Weights that let those found stand for those lost who are like them: 1 / chance of being found, by a logit.

    Parameters
    ----------
    covariates
        One row for everybody assigned, known before anybody was lost; the first column is the constant.

    Returns
    -------
    array
        Nil for those lost; the others' mean is one.
    """

    def loss(slopes: Floats) -> float:
        line = covariates @ slopes
        return float(np.logaddexp(0, line).sum() - line[found].sum())

    def slope(slopes: Floats) -> Floats:
        gradient: Floats = covariates.T @ (special.expit(covariates @ slopes) - found)
        return gradient

    fitted = optimize.minimize(
        loss, np.zeros(covariates.shape[1]), jac=slope, method="BFGS", options={"gtol": 1e-8}
    )
    weights: Floats = np.where(found, 1 / special.expit(covariates @ fitted.x), 0.0)
    weights /= weights[found].mean()
    return weights


def _wilson(share: float, n: int, z: float) -> tuple[float, float]:
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return centre - half, centre + half


def _lee_variance(
    kept: Floats,
    border: float,
    other: Floats,
    trim: float,
    *,
    rates: tuple[float, float],
    n: int,
    share: float,
) -> float:
    """Variance of one bound: of the trimmed mean, of where it is cut, of the share cut, and of the other arm's mean."""
    found_more, found_fewer = rates[0] * share, rates[1] * (1 - share)
    gap = border - float(kept.mean())
    of_mean = float(kept.var()) / (found_more * (1 - trim)) + gap**2 * trim / (found_more * (1 - trim))
    of_share = (1 - trim) ** 2 * ((1 - rates[0]) / found_more + (1 - rates[1]) / found_fewer)
    of_other = float(other.var()) / found_fewer
    return (of_mean + (gap / (1 - trim)) ** 2 * of_share + of_other) / n


def _imbens_manski(width: float, std_error: float, confidence: float) -> float:
    """How many standard errors beyond its bounds the effect's interval reaches."""
    if std_error == 0:
        return 0.0  # everybody found gave one answer

    def excess(reach: float) -> float:
        return float(stats.norm.cdf(reach + width / std_error) - stats.norm.cdf(-reach)) - confidence

    return float(optimize.brentq(excess, 0.0, 10.0, xtol=1e-13))
