"""Ordered answers by proportional odds; the effect is the difference in the mean score it predicts.

P(y <= j) = 1 / (1 + exp(x'b - threshold_j)). The log-likelihood is concave, so Newton's steps find its top. Fitted here
because statsmodels' OrderedModel takes no weights and stops four digits short.

References
----------
McCullagh (1980), Journal of the Royal Statistical Society B 42:109. Pratt (1981), JASA 76:103 (concavity).
Checked against ordinal::clm with sandwich::vcovCL and the delta method: tests/reference/models.R
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from campaigns.inference import Estimated
from campaigns.influence import Influence
from campaigns.least_squares import independent_columns
from campaigns.marginal import MOST_LEVELS, comparison_of, values_of
from campaigns.question import CannotBe, Chosen, Question
from campaigns.regressors import Regressors, regressors, sample_of
from campaigns.sample import Floats, Integers, Sample


STEPS = 100
SETTLED = 1e-11  # of Newton's decrement: half the gain another step would bring
RUNNING_AWAY = 30.0  # spread of the linear predictor that only exactly predicted answers bring about


@dataclass(frozen=True, slots=True, kw_only=True)
class _Likelihood:
    """The cells as the likelihood sees them."""

    level: Integers  # 0, 1, ... of each cell's answer
    columns: Floats  # without a constant
    weight: Floats

    @property
    def thresholds(self) -> int:
        return int(self.level.max())

    def value(self, parameters: Floats) -> float:
        """The weighted log-likelihood."""
        with np.errstate(divide="ignore"):
            return float(self.weight @ np.log(np.maximum(self._parts(parameters)[2], 0.0)))

    def scores(self, parameters: Floats) -> Floats:
        """The gradient of one row of each cell: cells x parameters."""
        upper, lower, p = self._parts(parameters)
        up, down = self._rows()
        scores: Floats = (_density(upper) / p)[:, None] * up - (_density(lower) / p)[:, None] * down
        return scores

    def information(self, parameters: Floats) -> Floats:
        """Minus the matrix of second derivatives."""
        upper, lower, p = self._parts(parameters)
        up, down = self._rows()
        above, below = _density(upper) / p, _density(lower) / p
        of_up = _density_slope(upper) / p - above**2
        of_down = -_density_slope(lower) / p - below**2
        crossed = up.T @ ((self.weight * above * below)[:, None] * down)
        found = up.T @ ((self.weight * of_up)[:, None] * up)
        found += down.T @ ((self.weight * of_down)[:, None] * down) + crossed + crossed.T
        return -found

    def _parts(self, parameters: Floats) -> tuple[Floats, Floats, Floats]:
        """Threshold above and below each answer less the linear predictor, and the probability between them."""
        edges = np.concatenate([[-np.inf], parameters[: self.thresholds], [np.inf]])
        eta = self.columns @ parameters[self.thresholds :]
        upper, lower = edges[self.level + 1] - eta, edges[self.level] - eta
        return upper, lower, special.expit(upper) - special.expit(lower)

    def _rows(self) -> tuple[Floats, Floats]:
        """How the upper and the lower distance of each cell move with the parameters."""
        steps = np.arange(self.thresholds)
        up, down = self.level[:, None] == steps, self.level[:, None] - 1 == steps
        return np.hstack([up, -self.columns]), np.hstack([down, -self.columns])


def _density(x: Floats) -> Floats:
    p: Floats = special.expit(x)
    return p * special.expit(-x)


def _density_slope(x: Floats) -> Floats:
    return _density(x) * (special.expit(-x) - special.expit(x))


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedFit:
    """A fitted proportional-odds model."""

    question: Question
    regressors: Regressors
    sample: Sample
    kept: Integers
    likelihood: _Likelihood
    parameters: Floats
    scale: Floats  # the value of each level, in order

    def estimated(self, arm: str) -> Estimated:
        """The average difference in the expected score between everybody with the campaign and without it."""
        compared = comparison_of(self.question, self.regressors, self.kept, self.sample.w, arm)
        value, gradient = self._expected(compared.with_campaign, compared.share)
        value_without, gradient_without = self._expected(compared.without, compared.share)
        triangle = np.linalg.cholesky(self.likelihood.information(self.parameters)).T
        direction = np.linalg.solve(triangle.T, gradient - gradient_without)
        scores = np.linalg.solve(triangle.T, self.likelihood.scores(self.parameters).T).T
        return Estimated(
            value=value - value_without,
            influence=Influence(
                basis=scores,
                residual=self.sample.w,
                direction=direction,
                squares=(scores @ direction) ** 2 * self.sample.ww,
                sample=self.sample,
                rank=len(self.parameters),
            ),
            model_variance=float(direction @ direction),
        )

    def _expected(self, columns: Floats, share: Floats) -> tuple[float, Floats]:
        """The average expected score, and its gradient along the parameters."""
        thresholds = self.parameters[: self.likelihood.thresholds]
        distance = thresholds - (columns @ self.parameters[len(thresholds) :])[:, None]
        steps = np.diff(self.scale)
        pushed = _density(distance) * steps
        value = self.scale[-1] - float(share @ (special.expit(distance) @ steps))
        return value, np.concatenate([-(share @ pushed), columns.T @ (share * pushed.sum(axis=1))])


def fit_ordered(question: Question, used: Chosen) -> OrderedFit:
    """Proportional odds of the cells.

    Raises
    ------
    CannotBe
        The outcome has too many values to be ordered answers; some answers are predicted exactly; no fit is found.
    """
    values = values_of(question, used)
    scale, level = np.unique(values, return_inverse=True)
    if len(scale) > MOST_LEVELS:
        raise CannotBe("too_many_levels", levels=len(scale), most=MOST_LEVELS)
    if len(scale) == 1:
        raise CannotBe("no_variation")
    found, sample = regressors(question, used, absorb=False), sample_of(question, used)
    root = np.sqrt(sample.w)
    independent = independent_columns(found.columns * root[:, None], np.sqrt(sample.w @ found.columns**2))
    kept = independent[1:]  # the first column is the constant, which the thresholds stand for
    likelihood = _Likelihood(level=level, columns=found.columns[:, kept], weight=sample.w)
    return OrderedFit(
        question=question,
        regressors=found,
        sample=sample,
        kept=kept,
        likelihood=likelihood,
        parameters=_top(likelihood),
        scale=scale,
    )


def _top(likelihood: _Likelihood) -> Floats:
    """Where the likelihood is largest, by Newton's steps, halved where they overshoot."""
    weights = np.bincount(likelihood.level, likelihood.weight)
    below = np.cumsum(weights)[:-1] / weights.sum()
    parameters = np.concatenate([special.logit(below), np.zeros(likelihood.columns.shape[1])])
    value = likelihood.value(parameters)
    for _ in range(STEPS):
        gradient = likelihood.scores(parameters).T @ likelihood.weight
        try:
            step = np.linalg.solve(likelihood.information(parameters), gradient)
        except np.linalg.LinAlgError as error:
            raise CannotBe("separation") from error
        if gradient @ step < SETTLED**2 * weights.sum():
            return parameters
        while not (tried := likelihood.value(parameters + step)) >= value - 1e-12 * abs(value):
            step /= 2
        parameters, value = parameters + step, tried
        if np.ptp(likelihood.columns @ parameters[likelihood.thresholds :]) > RUNNING_AWAY:
            raise CannotBe("separation")
    raise CannotBe("no_convergence")
