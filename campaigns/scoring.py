"""Answers become outcomes: one number a respondent, as expressions that run with the query that needs them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from campaigns.campaign import INDEX_KINDS, WEIGHTED_KINDS, Campaign, Outcome, Score


PARTS = ("@site", "@wave", "@arm", "@cluster", "@stratum", "@weight", "@respondent")
YES = ("1", "yes", "true")  # the answers that count where a score of yes/no items names none
TINY = 1e-9  # a component whose weights cancel says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The people an index is measured against: each site's comparison group before the campaign.

    Where a site has no comparison group, everybody interviewed there before; where nobody was, the comparison
    group afterwards.
    """

    means: Mapping[str, Mapping[str, float]]  # item -> site -> mean; "" stands for data without sites
    deviations: Mapping[str, Mapping[str, float]]  # item -> site -> standard deviation
    weights: Mapping[str, float] = field(default_factory=dict)  # item -> weight; empty: all the same
    index_mean: Mapping[str, float] = field(default_factory=dict)  # site -> mean of the weighted index
    index_deviation: Mapping[str, float] = field(default_factory=dict)


def scored(answers: ir.Table, campaign: Campaign, beside: Mapping[str, ir.Value] | None = None) -> ir.Table:
    """The parts, the variables of the plan under their own names, and one float64 column per outcome.

    Parameters
    ----------
    answers
        Typed answers of any number of sites and waves (``surveys.columns``). A question that is absent counts
        as not answered by anybody.
    campaign
        Whose outcomes are scored.
    beside
        Further columns of the answers, by name.

    Returns
    -------
    ir.Table
        An expression; nothing has been read yet but the means and deviations that an index is measured by.
        Null: the respondent has no score.
    """
    analysis = campaign.analysis
    variables = (*analysis.covariates, *analysis.categorical, *analysis.fixed_effects, *analysis.subgroups)
    ids = [outcome.id for outcome in campaign.outcomes]
    declared = [part for part in PARTS if part in ("@site", "@wave") or getattr(campaign.columns, part[1:])]
    if campaign.declares_weights and "@weight" not in declared:
        declared.append("@weight")
    if campaign.linking.keys and "@respondent" not in declared:
        declared.append("@respondent")
    columns = {part: _part(answers, part) for part in declared}
    columns |= {name: _column(answers, name) for name in dict.fromkeys(variables) if name not in ids}
    exposure = campaign.columns.exposure.get("received") or campaign.columns.exposure.get("recalled")
    if exposure is not None:
        columns["@received"] = met(answers, exposure)
    return answers.select(
        **columns,
        **{o.id: outcome_column(answers, o, campaign) for o in campaign.outcomes},
        **(beside or {}),
    )


def met(answers: ir.Table, question: str) -> ir.FloatingValue:
    """1 where a respondent met the campaign, 0 where not; don't know is not having met it."""
    said = _among(as_text(_column(answers, question)).lower(), YES).cast(dt.float64)
    unsure = _missing(answers, question) == "dont_know"
    answered = _column(answers, question).notnull() & _missing(answers, question).isnull()
    return ibis.cases((unsure, ibis.literal(0.0)), (answered, said), else_=ibis.null(dt.float64))


def outcome_column(answers: ir.Table, outcome: Outcome, campaign: Campaign) -> ir.FloatingValue:
    """One outcome of a campaign, float64, null where the respondent has no score."""
    if outcome.score.kind not in INDEX_KINDS:
        return score_column(answers, outcome.score)
    before = _among(_part(answers, "@wave"), campaign.analysis.before)
    after = _among(_part(answers, "@wave"), campaign.analysis.after)
    comparison = _part(answers, "@arm") == "comparison"
    return score_column(
        answers, outcome.score, reference_of(answers, outcome.score, before, after, comparison)
    )


def score_column(answers: ir.Table, score: Score, reference: Reference | None = None) -> ir.FloatingValue:
    """One score, float64. The kinds that are measured against a reference group need ``reference``."""
    if score.kind == "at_least":
        return _at_least(answers, score)
    if score.kind == "ladder":
        return _ladder(answers, score)
    if score.kind in INDEX_KINDS:
        if reference is None:
            raise ValueError(f"{score.kind} needs a reference group")
        return _index(answers, score, reference)
    if score.kind == "decoy_adjusted":
        recalled, decoy = (_yes(answers, score, item, not_asked=score.not_asked) for item in score.items)
        return recalled - decoy
    values = [_points(answers, score, item) for item in score.items]
    if score.benchmark is not None:
        return (values[0] - score.benchmark).abs()
    if score.kind == "list_experiment":
        return values[0]
    return values[0] if score.kind in ("item", "column") else _mean_of(values, score.minimum_answered)


def item_columns(
    answers: ir.Table, score: Score, reference: Reference | None = None
) -> dict[str, ir.FloatingValue]:
    """Every item of a score as the score counts it: turned, right or wrong, in deviations of the reference group."""
    if score.kind == "at_least":
        return {item: _count(answers, score, item) for item in score.items}
    if score.kind == "decoy_adjusted":
        return {item: _yes(answers, score, item, not_asked=score.not_asked) for item in score.items}
    if score.kind == "ladder":
        skipping = 0.0 if score.not_asked is None else score.not_asked
        return {item: _yes(answers, score, item, not_asked=skipping) for item in score.items}
    points = {item: _points(answers, score, item) for item in score.items}
    return points if reference is None else _standardised(answers, score, reference, points)


def reference_of(
    answers: ir.Table,
    score: Score,
    before: ir.BooleanValue,
    after: ir.BooleanValue,
    comparison: ir.BooleanValue,
) -> Reference:
    """Means and deviations of the reference group and, where an index learns them, its weights. Reads the data.

    An inverse-covariance index learns its weights from everybody interviewed before or after, each item standardised by
    the reference group of its site; a first component from the reference group alone, so that the campaign cannot
    bend it. Both are the same everywhere and come in the deviations of each site's reference group.

    References
    ----------
    Kling, Liebman & Katz (2007), Econometrica 75:83-119, for the mean of standardised items; Anderson (2008),
    JASA 103:1481-1495, for the inverse-covariance weights, with covariances over the pairs there are. Checked against
    R: tests/reference/reliability.R
    """
    items = {item: _points(answers, score, item) for item in score.items}
    site = _part(answers, "@site").fill_null("")
    rank = ibis.cases(
        (before & comparison, 1), (before & ~comparison.fill_null(False), 2), (after & comparison, 3), else_=9
    )
    people = answers.select(**{"@site": site, "@rank": rank}, **items)
    people = people.filter(people["@rank"] < 9)
    first = people.group_by("@site").aggregate(chosen=people["@rank"].min())
    ranked = people.join(first, "@site")
    # A site whose comparison group was not interviewed before is measured by whoever was.
    people = ranked.filter(ranked["@rank"] == ranked["chosen"]).select("@site", *score.items)
    moments = people.group_by("@site").aggregate(
        **{f"mean {item}": people[item].mean() for item in items},
        **{f"deviation {item}": people[item].std(how="sample") for item in items},
    )
    rows = {row["@site"]: row for row in moments.to_pyarrow().to_pylist()}
    plain = Reference(
        means={item: _by_site(rows, f"mean {item}") for item in items},
        deviations={item: _by_site(rows, f"deviation {item}") for item in items},
    )
    if score.kind not in WEIGHTED_KINDS:
        return plain
    everybody = answers.filter(before | after).select(
        **{"@site": _part(answers, "@site").fill_null("")}, **items
    )
    return _with_weights(people, everybody, score, plain)


def _with_weights(people: ir.Table, everybody: ir.Table, score: Score, plain: Reference) -> Reference:
    """The reference with the weights of the items, and the moments of the weighted index among ``people``."""
    learners = everybody if score.kind == "icw_index" else people
    values = {item: learners[item] for item in score.items}
    found = learners.select(**_standardised(learners, score, plain, values)).to_pyarrow()
    standardised = {item: found[item].to_numpy(zero_copy_only=False).astype(float) for item in score.items}
    weights = WEIGHTS_LEARNT[score.kind](pd.DataFrame(standardised))
    weighted = replace(plain, weights=dict(zip(score.items, weights, strict=True)))
    index = people.select("@site", index=_index(people, score, weighted, {i: people[i] for i in score.items}))
    spread = index.group_by("@site").aggregate(
        mean=index.index.mean(), deviation=index.index.std(how="sample")
    )
    rows = {row["@site"]: row for row in spread.to_pyarrow().to_pylist()}
    return replace(weighted, index_mean=_by_site(rows, "mean"), index_deviation=_by_site(rows, "deviation"))


def _inverse_covariance_weights(standardised: pd.DataFrame) -> list[float]:
    """Row sums of the inverse covariance, scaled to one; equal where there are too few people to tell."""
    k = standardised.shape[1]
    covariance = standardised.cov().to_numpy()
    if len(standardised) <= k or not np.isfinite(covariance).all():
        return [1.0 / k] * k
    sums = np.linalg.pinv(covariance).sum(axis=1)
    total = float(sums.sum())
    return [float(value) / total for value in sums] if total > 0 else [1.0 / k] * k


def _first_component_weights(standardised: pd.DataFrame) -> list[float]:
    """The direction in which the items vary most together, scaled to one; equal where there are too few to tell."""
    k = standardised.shape[1]
    covariance = standardised.cov().to_numpy()
    if len(standardised) <= k or not np.isfinite(covariance).all():
        return [1.0 / k] * k
    direction = np.linalg.eigh(covariance)[1][:, -1]
    total = float(direction.sum())
    return [float(value) / total for value in direction] if abs(total) > TINY else [1.0 / k] * k


WEIGHTS_LEARNT: Mapping[str, Callable[[pd.DataFrame], list[float]]] = {
    "icw_index": _inverse_covariance_weights,
    "first_component": _first_component_weights,
}


def _by_site(rows: Mapping[str, Mapping[str, object]], name: str) -> dict[str, float]:
    found = {site: row[name] for site, row in rows.items()}
    return {
        site: float(value) for site, value in found.items() if isinstance(value, float) and np.isfinite(value)
    }


def _standardised(
    answers: ir.Table, score: Score, reference: Reference, values: Mapping[str, ir.FloatingValue]
) -> dict[str, ir.FloatingValue]:
    """Each item in deviations of the reference group, turned so that more of the index is more of every item."""
    site = _part(answers, "@site").fill_null("")
    found = {}
    for item, value in values.items():
        mean = _per_site(site, reference.means[item])
        deviation = _per_site(site, {s: d for s, d in reference.deviations[item].items() if d > 0})
        z = (value - mean) / deviation
        found[item] = -z if item in score.reverse else z
    return found


def _index(
    answers: ir.Table,
    score: Score,
    reference: Reference,
    values: Mapping[str, ir.FloatingValue] | None = None,
) -> ir.FloatingValue:
    points = values or {item: _points(answers, score, item) for item in score.items}
    standardised = _standardised(answers, score, reference, points)
    weights = [reference.weights.get(item, 1.0) for item in score.items]
    index = _mean_of([standardised[item] for item in score.items], score.minimum_answered, weights)
    if not reference.index_deviation:
        return index
    site = _part(answers, "@site").fill_null("")
    deviation = _per_site(site, {s: d for s, d in reference.index_deviation.items() if d > 0})
    return (index - _per_site(site, reference.index_mean)) / deviation


def _per_site(site: ir.StringValue, numbers: Mapping[str, float]) -> ir.FloatingValue:
    if not numbers:
        return ibis.null(dt.float64)
    return ibis.cases(*((site == name, ibis.literal(value, dt.float64)) for name, value in numbers.items()))


def _at_least(answers: ir.Table, score: Score) -> ir.FloatingValue:
    counts = [_count(answers, score, item) for item in score.items]
    total = reduce(add, [count.fill_null(0.0) for count in counts])
    reached = (total >= float(score.at_least or 1)).cast(dt.float64)
    return ibis.cases((_enough(counts, score.minimum_answered), reached), else_=ibis.null(dt.float64))


def _ladder(answers: ir.Table, score: Score) -> ir.FloatingValue:
    """Rungs climbed without a gap. A rung that was skipped because of an earlier answer was not reached."""
    skipping = 0.0 if score.not_asked is None else score.not_asked
    climbed: ir.FloatingValue = ibis.literal(1.0, dt.float64)
    rungs = []
    for item in score.items:
        step = _yes(answers, score, item, not_asked=skipping)
        climbed = ibis.cases((climbed == 0.0, ibis.literal(0.0, dt.float64)), else_=climbed * step)
        rungs.append(climbed)
    return reduce(add, rungs)


def _count(answers: ir.Table, score: Score, item: str) -> ir.FloatingValue:
    """How many of the answers that count the respondent gave to one item."""
    if item not in score.counted:
        return _yes(answers, score, item, not_asked=score.not_asked)
    answer = _column(answers, item)
    given = reduce(add, [_selected(answer, choice).cast(dt.float64) for choice in score.counted[item]])
    return _filled(answers, score, item, given, not_asked=score.not_asked)


def _yes(answers: ir.Table, score: Score, item: str, *, not_asked: float | None) -> ir.FloatingValue:
    answer = _column(answers, item)
    if score.values:
        said = reduce(
            lambda one, other: one | other, [_is(answer, text) for text, n in score.values.items() if n > 0]
        )
    else:
        said = _among(as_text(answer).lower(), YES)
    return _filled(answers, score, item, said.cast(dt.float64), not_asked=not_asked)


def _points(answers: ir.Table, score: Score, item: str) -> ir.FloatingValue:
    """One item as a number: right or wrong, by the list of values, or as it stands."""
    answer = _column(answers, item)
    if score.kind == "proportion_correct":
        number = _is(answer, score.key[item]).cast(dt.float64)
    elif score.values:
        pairs = [(_is(answer, text), ibis.literal(value, dt.float64)) for text, value in score.values.items()]
        other = ibis.null(dt.float64)
        if score.otherwise is not None:
            other = ibis.cases((answer.notnull(), ibis.literal(score.otherwise, dt.float64)))
        number = ibis.cases(*pairs, else_=other)
    else:
        number = _as_number(answer)
    if score.scale is not None:
        low, high = score.scale
        number = ibis.cases((number.between(low, high), number))  # outside the scale is no answer to it
        if item in score.reverse and score.kind in ("item", "mean"):
            number = low + high - number
    return _filled(answers, score, item, number, not_asked=score.not_asked)


def _filled(
    answers: ir.Table, score: Score, item: str, number: ir.FloatingValue, *, not_asked: float | None
) -> ir.FloatingValue:
    """The number where there is an answer; what the score says of don't know and of skipped questions elsewhere."""
    missing = _missing(answers, item)
    cases: list[tuple[ir.BooleanValue, ir.FloatingValue]] = []
    if score.dont_know == "incorrect":
        cases.append((missing == "dont_know", ibis.literal(0.0, dt.float64)))
    if not_asked is not None:
        cases.append((missing == "not_asked", ibis.literal(not_asked, dt.float64)))
    answered = _column(answers, item).notnull() & missing.isnull()
    return ibis.cases(*cases, (answered, number), else_=ibis.null(dt.float64))


def _mean_of(
    values: Sequence[ir.FloatingValue], minimum_answered: float, weights: Sequence[float] | None = None
) -> ir.FloatingValue:
    """The mean of the items answered, where enough of them were."""
    shares = weights or [1.0] * len(values)
    total = reduce(add, [value.fill_null(0.0) * w for value, w in zip(values, shares, strict=True)])
    answered = reduce(add, [v.notnull().cast(dt.float64) * w for v, w in zip(values, shares, strict=True)])
    enough = _enough(values, minimum_answered)
    return ibis.cases((enough & (answered != 0.0), total / answered), else_=ibis.null(dt.float64))


def _enough(values: Sequence[ir.FloatingValue], minimum_answered: float) -> ir.BooleanValue:
    answered = reduce(add, [value.notnull().cast(dt.int64) for value in values])
    needed = max(1, int(np.ceil(minimum_answered * len(values) - 1e-9)))
    return answered >= needed


def _is(answer: ir.Value, text: str) -> ir.BooleanValue:
    """Whether the answer is ``text``; numbers are compared as numbers, so that 1 is 1.0."""
    number = _number(text)
    if isinstance(answer, ir.NumericValue):
        return answer == number if number is not None else ibis.literal(False)
    same = as_text(answer) == text
    if number is None:
        return same
    return same | (answer.try_cast(dt.float64) == number).fill_null(False)


def _selected(answer: ir.Value, choice: str) -> ir.BooleanValue:
    """Whether a choice is among those selected, which are codes with spaces between them."""
    padded = ibis.literal(" ") + as_text(answer) + ibis.literal(" ")
    return padded.contains(f" {choice} ")


def _among(value: ir.StringValue, texts: Sequence[str]) -> ir.BooleanValue:
    return value.isin(list(texts)).fill_null(False) if texts else ibis.literal(False)


def as_text(answer: ir.Value) -> ir.StringValue:
    """An answer as text, a whole number without decimals."""
    if isinstance(answer, ir.StringValue):
        return answer
    if isinstance(answer, ir.FloatingValue):
        whole = answer == answer.floor()
        return ibis.cases((whole, answer.cast(dt.int64).cast(dt.string)), else_=answer.cast(dt.string))
    return answer.cast(dt.string)


def _as_number(answer: ir.Value) -> ir.FloatingValue:
    if isinstance(answer, ir.StringValue):
        return answer.try_cast(dt.float64)
    return answer.cast(dt.float64)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _column(answers: ir.Table, name: str) -> ir.Value:
    return answers[name] if name in answers.columns else _nothing()


def _missing(answers: ir.Table, item: str) -> ir.StringValue:
    return _column(answers, f"{item}@missing")


def _part(answers: ir.Table, part: str) -> ir.Value:
    if part in answers.columns:
        return answers[part]
    return _nothing().cast(dt.float64) if part == "@weight" else _nothing()


def _nothing() -> ir.StringValue:
    """A text that is always null and, unlike a bare null, can be compared."""
    return ibis.literal("").nullif(ibis.literal(""))
