"""What a reader must hear beside a number."""

import math
from collections.abc import Iterator
from dataclasses import replace

from campaigns.designs import DESIGNS
from campaigns.effects import Counts, EffectEstimate, Note, NotEstimable
from campaigns.nulls import equivalence_p_value, minimum_detectable_effect
from campaigns.specification import CLUSTERED, Specification


FEW_CLUSTERS = 20  # an arm: below it cluster-robust intervals are approximations of varying quality
VERY_FEW_CLUSTERS = 6  # an arm: below it shown but marked weak, the policy of what may be shown
FEW_RESPONDENTS = 30  # an arm and wave: below it shown but marked weak, the same policy
UNCORRECTED = ("CR0", "CR1", "CR1S")  # errors that come out too small where clusters are few
LOW_DF = 4.0  # Satterthwaite degrees of freedom below which p-values are not to be trusted (Tipton 2015)


def with_caveats(effect: EffectEstimate, specification: Specification) -> EffectEstimate:
    """The effect with what must be said beside it."""
    notes = [
        *_of_design(effect),
        *_of_sample(effect),
        *_of_inference(effect),
        *_of_null(effect, specification),
        *_of_margin(effect, specification),
    ]
    return replace(effect, caveats=(*effect.caveats, *notes))


def with_drops(absent: NotEstimable) -> NotEstimable:
    """The reason, with what became of the rows."""
    notes = () if absent.counts is None else tuple(_of_drops(absent.counts))
    return replace(absent, caveats=(*absent.caveats, *notes))


def _of_design(effect: EffectEstimate) -> Iterator[Note]:
    if DESIGNS[effect.subject.design].compares:
        return
    yield Note(code="change_not_effect")
    values = {"estimate": f"{effect.estimate:+.3g}"}
    if effect.conf_low > 0 or effect.conf_high < 0:
        nearest = effect.conf_low if effect.conf_low > 0 else effect.conf_high
        yield Note(code="background_trend", values={**values, "nearest": f"{nearest:+.3g}"})
    else:
        yield Note(code="background_trend_any", values=values)


def _of_sample(effect: EffectEstimate) -> Iterator[Note]:
    counts = effect.counts
    if counts.smallest_n is not None and counts.smallest_n < FEW_RESPONDENTS:
        yield Note(code="few_respondents", values={"n": counts.smallest_n, "limit": FEW_RESPONDENTS})
    yield from _of_drops(counts)


def _of_drops(counts: Counts) -> Iterator[Note]:
    everybody = counts.n + counts.dropped
    if counts.dropped:
        yield Note(
            code="many_dropped",
            values={
                "dropped": counts.dropped,
                "rows": everybody,
                "share": f"{counts.dropped / everybody:.0%}",
                "causes": counts.causes,
            },
        )


def _of_inference(effect: EffectEstimate) -> Iterator[Note]:
    counts = effect.counts
    arms = [n for n in (counts.clusters_campaign, counts.clusters_comparison) if n is not None]
    fewest = min(arms, default=math.inf)
    clustered = effect.standard_errors in (*CLUSTERED, "linearised", "influence_function")
    if arms and not clustered and counts.n_clusters != counts.n:
        yield Note(code="clusters_ignored", values={"clusters": counts.n_clusters})
    if fewest < VERY_FEW_CLUSTERS:
        yield Note(code="very_few_clusters", values={"clusters": fewest, "limit": VERY_FEW_CLUSTERS})
    elif fewest < FEW_CLUSTERS:
        yield Note(code="few_clusters", values={"clusters": fewest, "limit": FEW_CLUSTERS})
    if fewest < FEW_CLUSTERS and effect.p_method in ("t", "normal", "automatic"):
        values = {"clusters": fewest, "errors": effect.standard_errors}
        if effect.standard_errors in UNCORRECTED:
            yield Note(code="uncorrected_errors", values=values)
        if effect.p_method == "normal" and clustered:
            yield Note(code="normal_with_few_clusters", values=values)
    if effect.p_method == "wild_cluster_bootstrap" and fewest < VERY_FEW_CLUSTERS:
        yield Note(code="fragile_bootstrap", values={"clusters": fewest})
    if effect.standard_errors == "CR2" and effect.df < LOW_DF:
        yield Note(code="low_df", values={"df": f"{effect.df:.1f}"})


def _of_null(effect: EffectEstimate, specification: Specification) -> Iterator[Note]:
    """Beside an interval that covers zero: what could have been seen, and whether what matters is ruled out."""
    if not effect.conf_low <= 0 <= effect.conf_high:
        return
    detectable = minimum_detectable_effect(effect.std_error, effect.df, specification.confidence)
    yield Note(code="minimum_detectable", values={"effect": f"{detectable:.3g}"})
    margin = specification.margins.get(effect.subject.outcome)
    if margin is not None:
        p_value = equivalence_p_value(effect.estimate, effect.std_error, effect.df, margin)
        yield Note(code="equivalence", values={"margin": f"{margin:g}", "p": f"{p_value:.3g}"})


def _of_margin(effect: EffectEstimate, specification: Specification) -> Iterator[Note]:
    margin = specification.margins.get(effect.subject.outcome)
    not_nil = effect.conf_low > 0 or effect.conf_high < 0
    if margin is not None and not_nil and effect.verdict == "nothing_beyond_margin":
        yield Note(code="effect_below_margin", values={"margin": f"{margin:g}"})
