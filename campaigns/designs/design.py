"""What every design says of itself, and the groups its regression sees."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from campaigns.effects import Estimand
from campaigns.sample import Floats


Group = Literal["campaign_before", "campaign_after", "comparison_before", "comparison_after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Who is who among the cells of one regression, as columns of 0 and 1."""

    after: Floats
    arms: Mapping[str, Floats]  # campaign arm -> its cells
    dose: Floats = field(
        default_factory=lambda: np.zeros(0)
    )  # exposure as a number, where the design needs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Columns of the regression: those that only adjust, and those whose coefficients are the effects."""

    controls: Mapping[str, Floats]
    effects: Mapping[str, Floats]  # campaign arm -> column


def no_regression(_: Groups) -> Terms:
    """Of designs whose estimates are made from rows."""
    return Terms(controls={}, effects={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How an effect is identified: what it is an effect of, what must hold, what data it takes."""

    name: str
    estimand: Estimand
    needs: tuple[str, ...]  # parts of the table: wave, arm, baseline
    groups: tuple[Group, ...]  # every one must have respondents, or there is no estimate
    regression: Callable[[Groups], Terms] = no_regression
    by_rows: bool = False  # made from single respondents, not from a regression on cells
    each_arm_alone: bool = False  # one regression an arm, the others' rows left out
    intercept_is_the_effect: bool = False
    differences: bool = False  # the outcome is the respondent's own difference
    fit: str | None = None  # how the coefficients are found where that is not the plan's to choose
    named_terms: bool = False  # every effect goes by its own name, even if it is the only one

    @property
    def compares(self) -> bool:
        """Whether anybody is compared with anybody; otherwise the result is a change."""
        return self.estimand == "dose" or any(group.startswith("comparison") for group in self.groups)

    @property
    def assumption(self) -> str:
        """Key of the sentence that must hold for the estimate to mean what it says."""
        return f"assumptions.{self.name}"
