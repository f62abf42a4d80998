"""A comparison of people who chose their own exposure, made as alike as the covariates allow, twice over."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from campaigns.sample import Floats, Integers


ITERATIONS = 100
CONVERGED = 1e-12
OVERLAP = (0.05, 0.95)  # chances of exposure beyond which few people stand for many
ALIKE = 0.1  # standardised difference of a covariate after weighting, above which the groups are not alike
PER_SD = 0.91  # a difference of one standard deviation as a log risk ratio (VanderWeele & Ding 2017)


class CannotCompare(Exception):
    """The groups cannot be made alike; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The difference between everybody exposed and nobody exposed, and how well it can be made."""

    estimate: float
    mean_exposed: float
    mean_unexposed: float
    variance: float
    outside_overlap: float  # share of people whose chance of exposure lies outside OVERLAP
    largest_difference: float  # between the weighted groups, over the covariates, in standard deviations


def compare_exposed(
    outcome: Floats,
    exposed: Floats,
    covariates: Floats,
    weight: Floats,
    cluster: Integers | None = None,
) -> Comparison:
    """Average difference by augmented inverse-probability weighting, right if either of its two models is.

    The chance of exposure is a logit, the outcome a linear regression in each group, both on ``covariates``, whose
    first column is the constant. The variance is that of all estimating equations stacked together (M-estimation),
    summed within clusters, so that the models' own error counts.

    Parameters
    ----------
    outcome, exposed, weight
        One entry a respondent; ``exposed`` is 0 or 1.
    cluster
        0, 1, ... for each respondent; None: respondents are independent. With clusters the variance is multiplied by
        G/(G-1).

    Raises
    ------
    CannotCompare
        The covariates tell the groups apart completely, or say the same thing twice.

    References
    ----------
    Robins, Rotnitzky & Zhao (1994), JASA 89:846-866; Stefanski & Boos (2002), The American Statistician 56:29-38.
    R: glm, lm and the sandwich of the stacked equations: tests/reference/exposure.R
    """
    if np.linalg.matrix_rank(covariates * np.sqrt(weight)[:, None]) < covariates.shape[1]:
        raise CannotCompare("covariates_dependent")
    share = weight / weight.mean()
    alpha = _logit(covariates, exposed, share)
    chance = special.expit(covariates @ alpha)
    means, slopes = [], []
    for group in (exposed, 1 - exposed):
        slopes.append(_least_squares(covariates, outcome, share * group))
        means.append(covariates @ slopes[-1])
    sides = ((exposed, chance, means[0]), (1 - exposed, 1 - chance, means[1]))
    pseudo = [fitted + group * (outcome - fitted) / odds for group, odds, fitted in sides]
    averages = [float(np.average(values, weights=share)) for values in pseudo]
    influence = _influence(outcome, exposed, covariates, share, chance, means, pseudo, averages)
    inverse = exposed / chance + (1 - exposed) / (1 - chance)
    return Comparison(
        estimate=averages[0] - averages[1],
        mean_exposed=averages[0],
        mean_unexposed=averages[1],
        variance=_variance(influence, cluster),
        outside_overlap=float(np.average((chance < OVERLAP[0]) | (chance > OVERLAP[1]), weights=share)),
        largest_difference=_largest_difference(covariates, exposed, share, share * inverse),
    )


def e_value(ratio: float) -> float:
    """How strongly something unmeasured would have to go with both exposure and outcome to explain a risk ratio.

    References
    ----------
    VanderWeele & Ding (2017), Annals of Internal Medicine 167:268-274. R: EValue::evalues.RR
    """
    above = max(ratio, 1 / ratio) if ratio > 0 else math.inf
    return above + math.sqrt(above * (above - 1))


def risk_ratio(comparison: Comparison, outcome: Floats, difference: float) -> float:
    """A difference as a risk ratio: of proportions directly, of other outcomes by their standard deviation."""
    if set(np.unique(outcome)) <= {0.0, 1.0}:
        base = comparison.mean_unexposed
        return float("inf") if base <= 0 else max((base + difference) / base, 0.0)
    return float(np.exp(PER_SD * difference / outcome.std(ddof=1)))


def _logit(covariates: Floats, exposed: Floats, weight: Floats) -> Floats:
    """Coefficients of a weighted logit by Newton's method."""
    found: Floats = np.zeros(covariates.shape[1])
    for _ in range(ITERATIONS):
        chance = special.expit(covariates @ found)
        information = covariates.T @ (covariates * (weight * chance * (1 - chance))[:, None])
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, covariates.T @ (weight * (exposed - chance)))
        found = np.asarray(found + step, dtype=np.float64)
        if np.abs(step).max() < CONVERGED * max(1.0, np.abs(found).max()):
            return found
    raise CannotCompare("separated")


def _least_squares(covariates: Floats, outcome: Floats, weight: Floats) -> Floats:
    root = np.sqrt(weight)[:, None]
    slopes, _, rank, _ = np.linalg.lstsq(covariates * root, outcome * root[:, 0], rcond=None)
    if rank < covariates.shape[1]:
        raise CannotCompare("covariates_dependent")
    return slopes.astype(np.float64)


def _influence(
    outcome: Floats,
    exposed: Floats,
    covariates: Floats,
    weight: Floats,
    chance: Floats,
    means: list[Floats],
    pseudo: list[Floats],
    averages: list[float],
) -> Floats:
    """What each respondent adds to the error of the difference, the estimation of both models included."""
    n = len(outcome)
    score = covariates * (weight * (exposed - chance))[:, None]
    information = covariates.T @ (covariates * (weight * chance * (1 - chance))[:, None]) / n
    of_chance = np.linalg.solve(information, score.T).T
    total = np.zeros(n)
    sides = ((1.0, exposed, chance, means[0]), (-1.0, 1 - exposed, 1 - chance, means[1]))
    for place, (sign, group, odds, fitted) in enumerate(sides):
        residual = outcome - fitted
        weighted = weight * group
        moment = covariates.T @ (covariates * weighted[:, None]) / n
        of_slopes = np.linalg.solve(moment, (covariates * (weighted * residual)[:, None]).T).T
        by_slopes = (covariates * (weight * (1 - group / odds))[:, None]).mean(axis=0)
        # d(1/odds)/d(alpha) = -sign * (1 - odds)/odds * x
        by_chance = (covariates * (-sign * weighted * residual * (1 - odds) / odds)[:, None]).mean(axis=0)
        own = weight * (pseudo[place] - averages[place])
        total += sign * (own + of_slopes @ by_slopes + of_chance @ by_chance)
    return total


def _variance(influence: Floats, cluster: Integers | None) -> float:
    n = len(influence)
    if cluster is None:
        return float((influence**2).sum()) / n**2
    sums = np.bincount(cluster, weights=influence)
    return float(len(sums) / (len(sums) - 1) * (sums**2).sum()) / n**2


def _largest_difference(covariates: Floats, exposed: Floats, weight: Floats, weighted: Floats) -> float:
    """The largest standardised difference between the weighted groups, in the deviations before weighting."""
    largest = 0.0
    for column in covariates.T[1:]:
        spread = math.sqrt(
            0.5 * sum(_spread(column[exposed == side], weight[exposed == side]) for side in (0, 1))
        )
        gap = abs(
            np.average(column[exposed == 1], weights=weighted[exposed == 1])
            - np.average(column[exposed == 0], weights=weighted[exposed == 0])
        )
        largest = max(largest, float(gap / spread) if spread > 0 else 0.0)
    return largest


def _spread(values: Floats, weight: Floats) -> float:
    mean = np.average(values, weights=weight)
    return float(np.average((values - mean) ** 2, weights=weight))
