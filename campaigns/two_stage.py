"""Two-stage least squares with one instrument, from cells that share what was received."""

import math
from dataclasses import dataclass, replace

import numpy as np

from campaigns.effects import Note
from campaigns.inference import Estimated, of_coefficient, quantile, uncertainty
from campaigns.least_squares import Regression, regress
from campaigns.question import CannotBe, Chosen, Question
from campaigns.regressors import Regressors, regressors, sample_of
from campaigns.sample import Floats, Sample
from campaigns.specification import StandardErrors


WEAK = 10.0  # first-stage F below which the usual interval is not to be trusted (Staiger & Stock 1997)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoStageFit:
    """The second stage with its true residuals, the first stage, and the outcome on the instrument."""

    second: Regression
    first: Regression
    reduced: Regression
    together: Regression  # of the sum of outcome and received on the instrument, for their covariance
    column: int
    standard_errors: StandardErrors
    confidence: float

    def estimated(self, arm: str) -> Estimated:
        """The effect of what was received, on those who received it because of the arm."""
        found = of_coefficient(self.second, self.column)
        return replace(found, remarks=(self._first_stage(), *self._anderson_rubin()))

    def _first_stage(self) -> Note:
        strength = self._variance(self.first)
        f = self.first.coefficient(self.column) ** 2 / strength if strength > 0 else math.inf
        values = {"f": f"{f:.3g}", "share": f"{self.first.coefficient(self.column):.3g}"}
        return Note(code="first_stage" if f >= WEAK else "weak_first_stage", values=values)

    def _anderson_rubin(self) -> tuple[Note, ...]:
        """The effects that the outcome on the instrument does not contradict, however weak the first stage."""
        of_outcome, of_received = (r.coefficient(self.column) for r in (self.reduced, self.first))
        v_outcome, v_received, v_both = (self._variance(r) for r in (self.reduced, self.first, self.together))
        crossed = (v_both - v_outcome - v_received) / 2
        df = uncertainty(of_coefficient(self.reduced, self.column), self.standard_errors).df
        bound = quantile(df, self.confidence) ** 2
        square = of_received**2 - bound * v_received
        middle = of_outcome * of_received - bound * crossed
        constant = of_outcome**2 - bound * v_outcome
        inside = middle**2 - square * constant
        if square > 0 and inside >= 0:
            ends = [(middle + sign * math.sqrt(inside)) / square for sign in (-1, 1)]
            return (Note(code="anderson_rubin", values={"low": f"{ends[0]:.4g}", "high": f"{ends[1]:.4g}"}),)
        return (Note(code="anderson_rubin_unbounded"),)

    def _variance(self, regression: Regression) -> float:
        return uncertainty(of_coefficient(regression, self.column), self.standard_errors).variance


def fit_two_stage(question: Question, used: Chosen) -> TwoStageFit:
    """What was received is replaced by what the assignment makes one expect; residuals are those of what was received.

    The standard errors are those of the second stage seen as a regression on the expected values: HC0 to CR1S are the usual
    ones of two-stage least squares, CR2 and CR3 those of clubSandwich.

    References
    ----------
    Angrist, Imbens & Rubin (1996), JASA 91:444-455; Anderson & Rubin (1949), Annals of Mathematical Statistics 20:46-63.
    Checked against AER::ivreg with sandwich and clubSandwich: tests/reference/two_stage.R
    """
    found = regressors(question, used)
    column = next(iter(found.column_of.values()))
    sample = sample_of(question, used)
    received = question.cells.keys["@received"].numbers()[used]
    if np.ptp(received) == 0:
        raise CannotBe("received_alike")
    first = _stage(found, _plus(sample, received, outcome=0.0))
    if not first.holds(column):
        raise CannotBe("not_identified")
    expected = received - first.residual
    columns = found.columns.copy()
    columns[:, column] = expected
    second = regress(columns, sample, found.absorbed)
    if not second.holds(column):
        raise CannotBe("no_first_stage")
    actual = second.residual + (expected - received) * second.coefficient(column)
    return TwoStageFit(
        second=replace(second, residual=actual),
        first=first,
        reduced=_stage(found, sample),
        together=_stage(found, _plus(sample, received)),
        column=column,
        standard_errors=question.specification.standard_errors,
        confidence=question.specification.confidence,
    )


def _stage(found: Regressors, sample: Sample) -> Regression:
    return regress(found.columns, sample, found.absorbed)


def _plus(sample: Sample, received: Floats, outcome: float = 1.0) -> Sample:
    """The sums of outcome (or of nothing) plus received, which the rows of a cell share."""
    return replace(
        sample,
        wy=outcome * sample.wy + received * sample.w,
        wyy=outcome * (sample.wyy + 2 * received * sample.wy) + received**2 * sample.w,
        wwy=outcome * sample.wwy + received * sample.ww,
        wwyy=outcome * (sample.wwyy + 2 * received * sample.wwy) + received**2 * sample.ww,
    )
