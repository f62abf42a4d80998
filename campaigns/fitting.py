"""The models an outcome may be fitted by, each answering with the effect in the outcome's own unit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from campaigns.effects import Note
from campaigns.generalised_linear import fit_generalised
from campaigns.inference import Estimated, of_coefficient
from campaigns.least_squares import Regression, regress
from campaigns.ordered_logit import fit_ordered
from campaigns.question import CannotBe, Chosen, Question
from campaigns.regressors import regressors, sample_of
from campaigns.two_stage import fit_two_stage


class Fit(Protocol):
    """A fitted model."""

    def estimated(self, arm: str) -> Estimated:
        """The effect of one arm; raises ``CannotBe`` where the data do not identify it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearFit:
    """Weighted least squares: the effect is a coefficient."""

    regression: Regression
    column_of: Mapping[str, int]
    remarks: tuple[Note, ...] = ()

    def estimated(self, arm: str) -> Estimated:
        """The coefficient of the arm's column."""
        if not self.regression.holds(self.column_of[arm]):
            raise CannotBe("not_identified")
        return replace(of_coefficient(self.regression, self.column_of[arm]), remarks=self.remarks)


def fit_linear(question: Question, used: Chosen) -> Fit:
    """Weighted least squares of the cell means."""
    found = regressors(question, used)
    regression = regress(found.columns, sample_of(question, used), found.absorbed)
    lost = sum(not regression.holds(column) for column in found.interactions)
    remarks = (Note(code="slopes_left_out", values={"slopes": lost}),) if lost else ()
    return LinearFit(regression=regression, column_of=found.column_of, remarks=remarks)


MODELS: dict[str, Callable[[Question, Chosen], Fit]] = {
    "linear": fit_linear,
    "logit": fit_generalised,
    "poisson": fit_generalised,
    "ordered_logit": fit_ordered,
    "two_stage": fit_two_stage,
}
