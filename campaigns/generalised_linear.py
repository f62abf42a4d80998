"""Logit and Poisson regression on cells; the effect is the average difference they predict, in the outcome's own unit.

The last step of the fit is a weighted least squares of the working response. It has the same scores and the same
bread, so every variance of a regression serves the likelihood as well; the average difference is one
direction of the coefficients (delta method).

References
----------
McCullagh & Nelder (1989), Generalized Linear Models, 2.5. Bartus (2005), Stata Journal 5:309 (effects of 0/1 variables).
Konis (2007), PhD thesis, Oxford (separation by linear programming); Santos Silva & Tenreyro (2010), Economics Letters
107:310 (the same for counts).
Checked against glm with sandwich::vcovHC, vcovCL, clubSandwich::vcovCR and the delta method, and survey::svyglm:
tests/reference/models.R
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import statsmodels.api as sm
from scipy import optimize, special

from campaigns.inference import Estimated
from campaigns.influence import influence
from campaigns.least_squares import Regression, independent_columns, regress
from campaigns.marginal import comparison_of, values_of
from campaigns.question import CannotBe, Chosen, Question
from campaigns.regressors import Regressors, regressors, sample_of
from campaigns.sample import Floats, Sample


EXTREME = 12.0  # of the linear predictor: beyond it the fit may be running away, and separation is looked for
SEPARATED = 1e-6  # of the largest possible value of the linear programme


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How the mean follows from the linear predictor."""

    mean: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]  # of the mean; with these two links also the variance of a row
    statsmodels: Callable[[], Any]
    fixed_spread: bool  # the variance has no factor of its own to be estimated
    ceiling: float  # the largest mean there can be


def _logistic_slope(eta: Floats) -> Floats:
    p: Floats = special.expit(eta)
    return p * (1 - p)


FAMILIES: Mapping[str, Family] = {
    "logit": Family(
        mean=special.expit,
        slope=_logistic_slope,
        statsmodels=sm.families.Binomial,
        fixed_spread=True,
        ceiling=1.0,
    ),
    "poisson": Family(
        mean=np.exp, slope=np.exp, statsmodels=sm.families.Poisson, fixed_spread=False, ceiling=np.inf
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralisedFit:
    """A fitted logit or Poisson regression."""

    question: Question
    family: Family
    regressors: Regressors
    weight: Floats  # of each cell
    spread: Floats  # variance of a row of each cell
    regression: Regression  # of the working response

    def estimated(self, arm: str) -> Estimated:
        """The average difference in the mean between everybody with the campaign and everybody without it."""
        kept, coefficients = self.regression.kept, self.regression.coefficients
        compared = comparison_of(self.question, self.regressors, kept, self.weight, arm)
        with_campaign, without = compared.with_campaign @ coefficients, compared.without @ coefficients
        mean, slope, share = self.family.mean, self.family.slope, compared.share
        gradient = compared.with_campaign.T @ (share * slope(with_campaign))
        gradient -= compared.without.T @ (share * slope(without))
        direction = self.regression.along(gradient)
        return Estimated(
            value=float(share @ (mean(with_campaign) - mean(without))),
            influence=influence(self.regression, direction),
            regression=self.regression,
            spread=self.spread,
            model_variance=float(direction @ direction) if self.family.fixed_spread else None,
        )


def fit_generalised(question: Question, used: Chosen) -> GeneralisedFit:
    """Logit or Poisson regression of the cells.

    Raises
    ------
    CannotBe
        The outcome is not 0 and 1 (logit) or has negative values (Poisson); some answers are predicted exactly; or
        the fit does not settle.
    """
    family = FAMILIES[question.specification.model]
    _require_outcome(question, used)
    found, sample = regressors(question, used, absorb=False), sample_of(question, used)
    columns, root = found.columns, np.sqrt(sample.w)
    kept = independent_columns(columns * root[:, None], np.sqrt(sample.w @ columns**2))
    eta = _linear_predictor(columns[:, kept], sample, family)
    return GeneralisedFit(
        question=question,
        family=family,
        regressors=found,
        weight=sample.w,
        spread=family.slope(eta) * sample.n / sample.w,
        regression=regress(columns, _working(sample, eta, family)),
    )


def _require_outcome(question: Question, used: Chosen) -> None:
    values = values_of(question, used)
    if question.specification.model == "logit" and not np.isin(values, (0.0, 1.0)).all():
        raise CannotBe("not_binary")
    if values.min() < 0:
        raise CannotBe("negative_counts")
    if np.ptp(values) == 0:
        raise CannotBe("no_variation")


def _linear_predictor(columns: Floats, sample: Sample, family: Family) -> Floats:
    mean = sample.wy / sample.w
    model = sm.GLM(mean, columns, family=family.statsmodels(), var_weights=sample.w)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # of separation, which is looked for below
        fit = model.fit(maxiter=100, tol=1e-10)
    eta: Floats = columns @ np.asarray(fit.params)
    if not np.isfinite(eta).all() or np.abs(eta).max() > EXTREME:
        _refuse_separation(columns, mean, family)
    if not (np.isfinite(eta).all() and fit.converged):
        raise CannotBe("no_convergence")
    for _ in range(2):  # Newton's last steps: what the tolerance above leaves is squared away
        step = regress(columns, _working(sample, eta, family))
        eta = columns @ step.coefficients
    return eta


def _working(sample: Sample, eta: Floats, family: Family) -> Sample:
    """The sums of the working response z = eta + (y - mean)/slope with the weights w slope."""
    mu, slope = family.mean(eta), family.slope(eta)
    left = sample.wy - mu * sample.w
    squares = sample.wyy - 2 * mu * sample.wy + mu**2 * sample.w
    left_w = sample.wwy - mu * sample.ww
    squares_w = sample.wwyy - 2 * mu * sample.wwy + mu**2 * sample.ww
    return Sample(
        n=sample.n,
        w=slope * sample.w,
        wy=slope * eta * sample.w + left,
        wyy=slope * eta**2 * sample.w + 2 * eta * left + squares / slope,
        ww=slope**2 * sample.ww,
        wwy=slope**2 * eta * sample.ww + slope * left_w,
        wwyy=slope**2 * eta**2 * sample.ww + 2 * slope * eta * left_w + squares_w,
        cluster=sample.cluster,
        second=sample.second,
    )


def _refuse_separation(columns: Floats, mean: Floats, family: Family) -> None:
    """Refuse where some combination of the columns predicts the lowest or the highest outcome without an error.

    Then the likelihood rises without end along it. Looked for as the largest sum of the cells' distances on their right
    side, with every cell in between on the line itself.
    """
    side = np.where(mean <= 0, -1.0, np.where(mean >= family.ceiling, 1.0, 0.0))
    at_end = side != 0
    pushed = columns[at_end] * side[at_end][:, None]
    between: Floats | None = columns[~at_end] if (~at_end).any() else None
    found = optimize.linprog(
        -pushed.sum(axis=0),
        A_ub=-pushed,
        b_ub=np.zeros(len(pushed)),
        A_eq=between,
        b_eq=None if between is None else np.zeros(len(between)),
        bounds=(-1, 1),
    )
    if found.status == 0 and -float(found.fun or 0.0) > SEPARATED * np.abs(pushed).sum():
        raise CannotBe("separation")
