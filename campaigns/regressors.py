"""From the question to the columns of its regression."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from campaigns.designs import Groups
from campaigns.question import Chosen, Question
from campaigns.sample import Floats, Integers, Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Regressors:
    """The columns of a regression on cells, and where the effect of each arm stands among them."""

    columns: Floats
    absorbed: Integers | None  # codes whose indicators are taken out; None: the constant is a column
    column_of: Mapping[str, int]
    interactions: tuple[int, ...] = ()  # columns that give covariates slopes of their own in an arm


def regressors(question: Question, used: Chosen, *, absorb: bool = True) -> Regressors:
    """Constant, indicators, covariates, the terms of the design, its effects, and slopes in the arms where asked for.

    Of interacted covariates each is taken around its weighted mean, so that the coefficient of an arm stays the average
    effect over everybody in the regression.

    References
    ----------
    Lin (2013), Annals of Applied Statistics 7:295. Checked against estimatr::lm_lin: tests/reference/interacted.R
    """
    cells, specification = question.cells, question.specification
    terms = question.design.regression(
        Groups(
            after=question.those("@wave", specification.after)[used].astype(float),
            arms={arm: question.those("@arm", (arm,))[used].astype(float) for arm in question.arms},
            dose=cells.keys["@dose"].numbers()[used] if "dose" in question.design.needs else np.zeros(0),
        )
    )
    interacted = specification.adjustment == "interacted"
    absorbed, written_out = _indicator_columns(question, used) if absorb else (None, question.indicators)
    if interacted:
        absorbed, written_out = None, question.indicators
    columns = [np.ones(int(used.sum()))] if absorbed is None else []
    covariates: list[Floats] = []
    for name in written_out:
        found = list(_indicators(cells.keys[name].codes[used]))
        columns.extend(found)
        covariates += found if name in specification.categorical else []
    weight = cells.sums[question.outcome]["w"][used]
    numeric = [_standardised(cells.keys[name].numbers()[used], weight) for name in question.numeric]
    columns += numeric
    columns.extend(terms.controls.values())
    column_of = dict.fromkeys(question.arms, 0)
    if not question.design.intercept_is_the_effect:
        column_of = {arm: len(columns) + position for position, arm in enumerate(terms.effects)}
        columns.extend(terms.effects.values())
    slopes = range(0)
    if interacted:
        around = [*(values - np.average(values, weights=weight) for values in covariates), *numeric]
        slopes = range(len(columns), len(columns) + len(around) * len(terms.effects))
        columns.extend(arm * values for arm in terms.effects.values() for values in around)
    return Regressors(
        columns=np.column_stack(columns), absorbed=absorbed, column_of=column_of, interactions=tuple(slopes)
    )


def sample_of(question: Question, used: Chosen) -> Sample:
    """The sums of the cells used, with the clusters the variance adds up in."""
    parts = question.cluster_parts if question.uses_clusters else ()
    cluster, second = [*(question.cells.keys[part].codes for part in parts), None, None][:2]
    return question.cells.sample(question.outcome, used, cluster, second)


def _indicator_columns(question: Question, used: Chosen) -> tuple[Integers | None, tuple[str, ...]]:
    """The codes whose indicators are absorbed, and the variables whose indicators are written out.

    The variable with most values is absorbed; where there is none, the constant is.
    """
    keys, names = question.cells.keys, question.indicators
    if question.design.intercept_is_the_effect:
        return None, names
    if not names:
        return np.zeros(int(used.sum()), dtype=np.int64), ()
    widest = max(names, key=lambda name: len(np.unique(keys[name].codes[used])))
    return keys[widest].codes[used], tuple(name for name in names if name != widest)


def _indicators(codes: Integers) -> Iterator[Floats]:
    """One column a value, the first left out."""
    for code in np.unique(codes)[1:]:
        yield (codes == code).astype(float)


def _standardised(values: Floats, weight: Floats) -> Floats:
    """A covariate around the mean of all respondents in its own spread.

    A coefficient is the same, the arithmetic safer; where the constant is the effect, it is that of the average respondent.
    """
    spread = float(values.std())
    centred: Floats = values - np.average(values, weights=weight)
    return centred / spread if spread > 0 else centred
