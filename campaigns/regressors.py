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


def regressors(question: Question, used: Chosen, *, absorb: bool = True) -> Regressors:
    """Constant, indicators, covariates, and the terms of the design; the effects come last."""
    cells, specification = question.cells, question.specification
    terms = question.design.regression(
        Groups(
            after=question.those("@wave", specification.after)[used].astype(float),
            arms={arm: question.those("@arm", (arm,))[used].astype(float) for arm in question.arms},
            dose=cells.keys["@dose"].numbers()[used] if "dose" in question.design.needs else np.zeros(0),
        )
    )
    absorbed, written_out = _indicator_columns(question, used) if absorb else (None, question.indicators)
    columns = [np.ones(int(used.sum()))] if absorbed is None else []
    for name in written_out:
        columns.extend(_indicators(cells.keys[name].codes[used]))
    weight = cells.sums[question.outcome]["w"][used]
    columns.extend(_standardised(cells.keys[name].numbers()[used], weight) for name in question.numeric)
    columns.extend(terms.controls.values())
    column_of = dict.fromkeys(question.arms, 0)
    if not question.design.intercept_is_the_effect:
        column_of = {arm: len(columns) + position for position, arm in enumerate(terms.effects)}
        columns.extend(terms.effects.values())
    return Regressors(columns=np.column_stack(columns), absorbed=absorbed, column_of=column_of)


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
