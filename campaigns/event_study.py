"""Several waves as events: a table in which every wave of the campaign group is a group of its own.

The campaign group in its last wave before the start is the reference; fixed effects of wave and of group take out what all
share. What is left of a wave's group is its difference in differences with the reference.

References
----------
Freyaldenhoven, Hansen & Shapiro (2019), American Economic Review 109:3307; Roth (2022), American Economic Review: Insights
4:305 (what a pre-trend test cannot prove). R: fixest::feols with i(), or lm with dummies.
Checked against lm with sandwich and clubSandwich: tests/reference/event_study.R
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from campaigns.effects import Effect, EffectEstimate, Note
from campaigns.fitting import LinearFit
from campaigns.joint_test import joint_test
from campaigns.least_squares import NoVariance
from campaigns.regression import Answers
from campaigns.specification import Specification


TIME, GROUP = "@time", "@group"
COMPARISON = "comparison"
PROOF = (
    0.05  # a joint test of earlier differences below it contradicts the assumption; above it proves nothing
)


def with_events(table: ir.Table, specification: Specification) -> tuple[ir.Table, Specification]:
    """The table with events as arms, and the specification in its terms.

    Parameters
    ----------
    table
        With ``@wave`` and ``@arm`` (everybody starts between the same two waves), or with ``@period`` and
        ``@first_treated`` (blank or nil: never treated; the reference is the period before the start).
    """
    if "@first_treated" in table.columns:
        table, events = _by_start(table)
    else:
        table, events = _by_wave(table, specification)
    references = tuple(name for name, reference in events.items() if reference)
    told = replace(
        specification,
        arms=tuple(name for name, reference in events.items() if not reference),
        comparison=(COMPARISON, *references),
        fixed_effects=(*specification.fixed_effects, TIME, GROUP),
    )
    return table, told


def with_pre_trend(effects: Iterable[Effect], answers: Answers) -> list[Effect]:
    """The effects, each with the joint test of the differences before the start."""
    found = list(effects)
    note = _pre_trend(answers)
    notes = (*([note] if note else []), *contaminated(answers))
    return [
        replace(e, caveats=(*_placebo(e), *notes, *e.caveats)) if isinstance(e, EffectEstimate) else e
        for e in found
    ]


def _placebo(effect: EffectEstimate) -> tuple[Note, ...]:
    return (Note(code="before_the_start"),) if "event_-" in effect.subject.term else ()


def _by_wave(table: ir.Table, specification: Specification) -> tuple[ir.Table, dict[str, bool]]:
    """Events by wave: as many units of time from the first wave after as their names say, or in the order named."""
    places = _places(specification.before, specification.after)
    arms = specification.arms or ("campaign",)
    several = len(arms) > 1
    wave, arm = table["@wave"].cast("string"), table["@arm"].cast("string")
    known = wave.isin(list(places))
    names = {
        (one, label): f"{one} event_{place}" if several else f"event_{place}"
        for one in arms
        for label, place in places.items()
    }
    cases = [((arm == one) & (wave == label), ibis.literal(name)) for (one, label), name in names.items()]
    compared = known & arm.isin(list(specification.comparison))
    event = ibis.cases(*cases, (compared, ibis.literal(COMPARISON)), else_=ibis.null(dt.string))
    last = specification.before[-1]
    named = sorted(names.items(), key=lambda entry: (arms.index(entry[0][0]), places[entry[0][1]]))
    events = {name: label == last for (_, label), name in named}
    table = table.mutate(
        **{"@arm": event, TIME: wave, GROUP: ibis.cases((compared, ibis.literal(COMPARISON)), else_=arm)}
    )
    return table.drop("@wave"), events


def _places(before: Sequence[str], after: Sequence[str]) -> dict[str, int]:
    """How many waves, or units of time, each wave lies from the first one after the start."""
    labels = [*before, *after]
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return {label: place - len(before) for place, label in enumerate(labels)}
    start = numbers[len(before)]
    if all((number - start).is_integer() for number in numbers):
        return {label: int(number - start) for label, number in zip(labels, numbers, strict=True)}
    return {label: place - len(before) for place, label in enumerate(labels)}


def _by_start(table: ir.Table) -> tuple[ir.Table, dict[str, bool]]:
    """Events by each unit's own start."""
    start = table["@first_treated"].cast("float64")
    period = table["@period"].cast("float64")
    never = start.isnull() | (start <= 0)
    since = (period - start).round(0).cast("int64")
    event = ibis.cases((never, ibis.literal(COMPARISON)), else_=ibis.literal("event_") + since.cast("string"))
    group = ibis.cases((never, ibis.literal(0.0)), else_=start)
    table = table.mutate(**{"@arm": event, TIME: period, GROUP: group})
    seen = table.filter(~never).select(since=since).distinct().to_pyarrow()["since"].to_pylist()
    places = sorted(place for place in seen if place is not None)
    earlier = [place for place in places if place < 0]
    reference = -1 if -1 in earlier else max(earlier, default=None)
    table = table.drop("@wave") if "@wave" in table.columns else table
    return table, {f"event_{place}": place == reference for place in places}


def contaminated(answers: Answers) -> tuple[Note, ...]:
    """What must be said where several cohorts share one regression."""
    groups = answers.question.cells.keys[GROUP]
    cohorts = {text for text in groups.labels() if text not in (COMPARISON, "0")}
    by_start = "@wave" not in answers.question.cells.keys and all(_is_number(text) for text in cohorts)
    return (
        (Note(code="cohorts_pooled", values={"cohorts": len(cohorts)}),)
        if by_start and len(cohorts) > 1
        else ()
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _pre_trend(answers: Answers) -> Note | None:
    """The joint test of every difference before the reference; None where there is none, or no such test."""
    earlier = [arm for arm in answers.question.arms if "event_-" in arm]
    fit = answers.fitted
    if not earlier or not isinstance(fit, LinearFit):
        return None
    columns = [fit.column_of[arm] for arm in earlier if fit.regression.holds(fit.column_of[arm])]
    if not columns:
        return None
    try:
        found = joint_test(fit.regression, columns, answers.question.specification.standard_errors)
    except (NoVariance, KeyError):
        return Note(code="pre_trend_untestable", values={"differences": len(columns)})
    values = {
        "f": f"{found.statistic:.3g}",
        "coefficients": found.coefficients,
        "df": f"{found.df:.3g}",
        "p": f"{found.p_value:.3g}",
    }
    return Note(code="pre_trend_seen" if found.p_value < PROOF else "pre_trend_not_seen", values=values)
