"""Average marginal effects: whom they are averaged over, with the campaign and without it.

References
----------
Norton, Wang & Ai (2004), Stata Journal 4:154; Puhani (2012), Economics Letters 115:85 (differences in differences).
R: marginaleffects::avg_comparisons. Checked against glm and clm with the delta method: tests/reference/models.R
"""

from dataclasses import dataclass

import numpy as np

from campaigns.question import CannotBe, Chosen, Question
from campaigns.regressors import Regressors
from campaigns.sample import Floats, Integers


MOST_LEVELS = 20  # values of an outcome that is taken for ordered answers, not for a measure


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The same respondents with the campaign and without it: their regressors, and how much each cell counts."""

    with_campaign: Floats  # cells x kept columns
    without: Floats
    share: Floats  # of each cell in the average; sums to one


def comparison_of(
    question: Question, found: Regressors, kept: Integers, weight: Floats, arm: str
) -> Comparison:
    """Whom the effect of one arm is averaged over.

    Everybody interviewed, where the estimand is an effect or a change of all of them. In difference-in-differences the
    campaign group after the campaign: their expected outcome, less what it would have been without the interaction
    (Puhani 2012, Economics Letters 115:85), since arms that move alike on the scale of the model do not do so
    in the outcome's own unit, and an average over people the campaign never met is not the effect on the treated.
    """
    column = found.column_of[arm]
    if column not in kept:
        raise CannotBe("not_identified")
    without, with_campaign = found.columns.copy(), found.columns.copy()
    for each in found.column_of.values():
        without[:, each] = with_campaign[:, each] = 0.0
    with_campaign[:, column] = 1.0
    counted = weight
    if question.design.estimand == "ATT":
        counted = np.where(found.columns[:, column] > 0, weight, 0.0)
    return Comparison(
        with_campaign=with_campaign[:, kept], without=without[:, kept], share=counted / counted.sum()
    )


def values_of(question: Question, used: Chosen) -> Floats:
    """The outcome of each cell; where a model needs it, the outcome is part of the key."""
    return question.cells.keys[question.outcome].numbers()[used]
