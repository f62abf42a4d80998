"""The test of one effect by the method asked for, and beside it what a better one finds where clusters are few."""

import math
from dataclasses import dataclass

from campaigns.assignment import units_assigned
from campaigns.effects import Counts, Note
from campaigns.few_clusters import fewest_clusters, reliance
from campaigns.inference import Estimated, Interval
from campaigns.question import CannotBe, Chosen, Question
from campaigns.randomisation import randomisation_test, smallest_p
from campaigns.specification import PValue
from campaigns.wild_bootstrap import wild_cluster_bootstrap


COUNTABLE = 10**9  # assignments; more of them are written as a power of ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A test and an interval, by which method, and what must be said of how they were made."""

    interval: Interval
    method: PValue
    remarks: tuple[Note, ...] = ()


def tested(
    question: Question, used: Chosen, arm: str, estimated: Estimated, usual: Interval, counts: Counts
) -> Tested:
    """The test the specification asks for; ``automatic`` chooses by the clusters there are.

    Raises
    ------
    CannotBe
        The method does not exist for this question; or, with ``automatic``, no method is valid.
    """
    method = question.specification.p_value
    if method == "automatic":
        method = _chosen(question, counts)
    if method == "wild_cluster_bootstrap":
        return _bootstrapped(question, estimated, usual)
    if method == "randomisation":
        return _randomised(question, used, arm, usual)
    return Tested(interval=usual, method=method)


def _chosen(question: Question, counts: Counts) -> PValue:
    clusters = fewest_clusters(counts)
    if clusters is None or question.design.fit is not None:
        return "t"
    found = reliance(question.design.name, clusters)
    if found == "nothing":
        raise CannotBe("no_valid_test", clusters=clusters)
    if found == "randomisation":
        return "randomisation"
    return "wild_cluster_bootstrap" if found == "fragile_bootstrap" else "t"


def _bootstrapped(
    question: Question, estimated: Estimated, usual: Interval, *, bounds: bool = True
) -> Tested:
    specification, regression = question.specification, estimated.regression
    if regression is None or estimated.spread is not None:
        raise CannotBe("bootstrap_needs_linear")
    if len(question.cluster_parts) > 1:
        raise CannotBe("bootstrap_needs_one_way")
    found = wild_cluster_bootstrap(
        regression,
        estimated.influence.direction,
        usual.estimate,
        confidence=specification.confidence,
        draws=specification.draws,
        seed=specification.seed,
        weights=specification.bootstrap_weights,
        bounds=bounds,
    )
    code = "bootstrap_every_pattern" if found.all_patterns else "bootstrap_draws"
    values = {
        "draws": f"{found.draws:,}",
        "seed": specification.seed,
        "smallest": f"{2 / found.draws if found.all_patterns else 1 / (found.draws + 1):.2g}",
    }
    remark = Note(code=code, values=values)
    return Tested(
        interval=usual.replaced(found.p_value, found.low, found.high),
        method="wild_cluster_bootstrap",
        remarks=(remark, *_unbounded(found.low, found.high)),
    )


def _randomised(question: Question, used: Chosen, arm: str, usual: Interval) -> Tested:
    """The interval is that of constant effects where the estimate is the plain difference that is dealt out again."""
    specification, units = question.specification, units_assigned(question, used, arm)
    found = randomisation_test(
        units, draws=specification.draws, seed=specification.seed, confidence=specification.confidence
    )
    number = found.assignments
    values = {
        "assignments": f"{number:,}" if number < COUNTABLE else f"10^{math.log10(number):.0f}",
        "draws": f"{found.draws:,}",
        "seed": specification.seed,
        "smallest": f"{smallest_p(units):.2g}",
    }
    code = "randomisation_every_assignment" if found.every_assignment else "randomisation_draws"
    remarks = [Note(code=code, values=values)]
    low, high = found.low, found.high
    if question.numeric or question.indicators or specification.model != "linear":
        remarks.append(Note(code="randomisation_unadjusted"))
        low, high = usual.low, usual.high
    return Tested(
        interval=usual.replaced(found.p_value, low, high),
        method="randomisation",
        remarks=(*remarks, *_unbounded(low, high)),
    )


def _unbounded(low: float, high: float) -> tuple[Note, ...]:
    return () if math.isfinite(low) and math.isfinite(high) else (Note(code="interval_unbounded"),)


def second_opinion(
    question: Question, used: Chosen, arm: str, estimated: Estimated, test: Tested, counts: Counts
) -> tuple[Note, ...]:
    """What the method fit for so few clusters finds, where the specification left the choice open."""
    clusters = fewest_clusters(counts)
    asked = question.specification.second_opinion or question.specification.p_value == "automatic"
    if not (asked and question.uses_clusters) or clusters is None or question.design.fit is not None:
        return ()
    found = reliance(question.design.name, clusters)
    if found == "enough":
        return ()
    values: dict[str, object] = {"clusters": clusters}
    try:
        if found in ("randomisation", "nothing"):
            if (
                question.design.named_terms
            ):  # arms that stand for waves are nothing a lot could deal out again
                return (Note(code="few_nothing_impossible", values=values),)
            other = _randomised(question, used, arm, test.interval)
        else:
            other = _bootstrapped(question, estimated, test.interval, bounds=False)
    except CannotBe:
        return (Note(code=f"few_{found}_impossible", values=values),)
    values |= {"p": f"{other.interval.p_value:.3g}", **other.remarks[0].values}
    if other.method == test.method:
        return (Note(code=f"few_chosen_{other.method}", values=values),)
    return (Note(code=f"few_{found}", values=values),)
