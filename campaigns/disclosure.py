"""What may leave: small groups withheld, counts rounded, and nothing left from which they could be worked out.

The policy is one for every shared view. Estimates come from exact data; only what is shown is protected.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from campaigns.campaign import Campaign, Unit
from campaigns.effects import (
    Contrast,
    Counts,
    Effect,
    EffectEstimate,
    Evaluation,
    Note,
    NotEstimable,
    PooledEffect,
    RolePool,
    counts_by_group,
    is_weak,
)
from campaigns.roles import SUPPRESSED, contrast_roles, pools_of


# An estimate and its error to three decimals, with rounded counts, leave a median of 81 tables that fit; with exact
# counts one case in eleven had a single table.
DECIMALS = 3
SMALLEST_P = 0.001
SAY_WEAK = {"few_respondents", "very_few_clusters"}  # caveats that already say what ``weak`` would
COUNTS_OF_PEOPLE = {"n", "rows", "dropped", "people", "interviews", "linked", "smallest", "found", "total"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may be shown on shared views."""

    respondents: int = 10  # in any arm and wave; statistical offices withhold fewer than ten
    clusters: int = 3  # in any arm and wave: with two, each could work out the other
    round_to: int = 5


POLICY = Policy()


def protect(evaluation: Evaluation, policy: Policy = POLICY) -> Evaluation:
    """The evaluation as it may be shared.

    Effects that rest on a small group are withheld with their reason, and so is the one group by which they could
    be worked out; averages and contrasts are made anew without them; counts are rounded to five and estimates to
    three decimals. Protecting twice changes nothing.
    """
    if evaluation.protected:
        return evaluation
    kept = without_small(evaluation, policy)
    campaign = kept.campaign
    return replace(
        kept,
        effects=tuple(_shown(effect, campaign, policy) for effect in kept.effects),
        pools=tuple(_shown_pool(pool, campaign.outcome(pool.outcome).unit, policy) for pool in kept.pools),
        contrasts=tuple(_shown_contrast(c, campaign.outcome(c.outcome).unit) for c in kept.contrasts),
        protected=True,
    )


def without_small(evaluation: Evaluation, policy: Policy = POLICY) -> Evaluation:
    """The exact evaluation without the effects of small groups; for evaluators, who have the rows beside it."""
    campaign = evaluation.campaign
    kept = _without_what_would_tell(
        [_withheld(e, policy) if is_small(e, policy) else e for e in evaluation.effects]
    )
    outcomes = [outcome.id for outcome in campaign.outcomes]
    return replace(
        evaluation,
        effects=tuple(kept),
        pools=pools_of(kept, campaign),
        contrasts=tuple(c for outcome in outcomes for c in contrast_roles(kept, campaign, outcome)),
    )


def is_small(effect: Effect, policy: Policy = POLICY) -> bool:
    """Whether too few respondents or clusters stand behind a number for it to be shared."""
    counts = effect.counts
    if counts is None:
        return False
    people = [n for n in (counts.n, counts.smallest_n, *counts_by_group(counts)) if n is not None]
    clusters = (
        counts.n_clusters,
        counts.smallest_clusters,
        counts.clusters_campaign,
        counts.clusters_comparison,
    )
    return _too_few(people, policy.respondents) or _too_few(
        [c for c in clusters if c is not None], policy.clusters
    )


def rounded(count: int, policy: Policy = POLICY) -> int:
    """A count to the nearest five."""
    return policy.round_to * math.floor(count / policy.round_to + 0.5)


def _too_few(counts: Sequence[int], smallest: int) -> bool:
    # That nobody was interviewed is no secret of anybody's, and the field team must hear it.
    return any(0 < count < smallest for count in counts)


def _withheld(effect: Effect, policy: Policy) -> NotEstimable:
    values = {"respondents": policy.respondents, "clusters": policy.clusters}
    return NotEstimable(subject=effect.subject, code=SUPPRESSED, values=values)


def _is_withheld(effect: Effect) -> bool:
    return isinstance(effect, NotEstimable) and effect.code == SUPPRESSED


def _without_what_would_tell(effects: Sequence[Effect]) -> list[Effect]:
    """Where one level alone of a breakdown is withheld, the smallest other goes too: the rest would tell it."""
    result = list(effects)
    places = [place for place, effect in enumerate(result) if effect.subject.subgroup is not None]

    def breakdown(place: int) -> tuple[str, str, str, str]:
        subject = result[place].subject
        return (subject.outcome, subject.site or "", str(subject.subgroup).partition("=")[0], subject.term)

    for _, group in groupby(sorted(places, key=breakdown), key=breakdown):
        levels = list(group)
        shown = [place for place in levels if isinstance(result[place], EffectEstimate)]
        if sum(_is_withheld(result[place]) for place in levels) == 1 and shown:
            smallest = min(shown, key=lambda place: _size(result[place]))
            result[smallest] = NotEstimable(subject=result[smallest].subject, code="suppressed_complement")
    return result


def _size(effect: Effect) -> int:
    return effect.counts.n if effect.counts is not None else 0


def _shown(effect: Effect, campaign: Campaign, policy: Policy) -> Effect:
    if isinstance(effect, NotEstimable):
        counts = None if effect.counts is None else _shown_counts(effect.counts, policy)
        values = _shown_values(effect.values, policy)
        return replace(effect, counts=counts, values=values, caveats=_shown_notes(effect.caveats, policy))
    unit = campaign.outcome(effect.subject.outcome).unit
    notes = list(_shown_notes(effect.caveats, policy))
    if is_weak(effect.counts) and not SAY_WEAK & {note.code for note in notes}:
        notes.append(Note(code="weak"))
    return replace(
        effect,
        counts=_shown_counts(effect.counts, policy),
        estimate=_number(effect.estimate, unit),
        std_error=_number(effect.std_error, unit),
        df=_df(effect.df),
        statistic=round(effect.statistic, 2),
        p_value=_p_value(effect.p_value),
        p_adjusted=None if effect.p_adjusted is None else _p_value(effect.p_adjusted),
        conf_low=_number(effect.conf_low, unit),
        conf_high=_number(effect.conf_high, unit),
        mean_comparison_after=_level(effect.mean_comparison_after, unit),
        caveats=tuple(notes),
    )


def _shown_counts(counts: Counts, policy: Policy) -> Counts:
    def near(count: int | None) -> int | None:
        return None if count is None else rounded(count, policy)

    def below(count: int | None) -> int | None:
        return None if count is None else count // policy.round_to * policy.round_to

    return replace(
        counts,
        n=rounded(counts.n, policy),
        n_campaign_before=near(counts.n_campaign_before),
        n_campaign_after=near(counts.n_campaign_after),
        n_comparison_before=near(counts.n_comparison_before),
        n_comparison_after=near(counts.n_comparison_after),
        smallest_n=below(counts.smallest_n),  # downwards, so that what is weak stays weak
        dropped=rounded(counts.dropped, policy),
        causes=_shown_notes(counts.causes, policy),
    )


def _shown_values(values: Mapping[str, object], policy: Policy) -> dict[str, object]:
    """The numbers inside a caveat or a reason: counts of people rounded, small ones hidden."""
    return {name: _shown_value(name, value, policy) for name, value in values.items()}


def _shown_notes(notes: Sequence[Note], policy: Policy) -> tuple[Note, ...]:
    return tuple(replace(note, values=_shown_values(note.values, policy)) for note in notes)


def _shown_value(name: str, value: object, policy: Policy) -> object:
    if isinstance(value, tuple):
        return _shown_notes(value, policy)
    if not isinstance(value, int) or isinstance(value, bool) or name not in COUNTS_OF_PEOPLE or value == 0:
        return value
    return (
        f"<{policy.respondents}" if value < policy.respondents else value // policy.round_to * policy.round_to
    )


def _number(value: float, unit: Unit) -> float:
    """Three decimals; of a score in points whose numbers are small, three significant digits."""
    if unit != "points" or value == 0 or not math.isfinite(value):
        return round(value, DECIMALS)
    return round(value, max(DECIMALS, DECIMALS - 1 - math.floor(math.log10(abs(value)))))


def _level(value: float | None, unit: Unit) -> float | None:
    """A mean of a group; a share as a whole percentage that never says all or nobody."""
    if value is None:
        return None
    return min(0.98, max(0.02, round(value, 2))) if unit == "proportion" else _number(value, unit)


def _df(df: float) -> float:
    return round(df, 1) if math.isfinite(df) else df


def _p_value(p_value: float) -> float:
    return max(round(p_value, DECIMALS), SMALLEST_P)


def _shown_pool(pool: RolePool, unit: Unit, policy: Policy) -> RolePool:
    return replace(
        pool,
        n=rounded(pool.n, policy),
        average=None if pool.average is None else _shown_average(pool.average, unit),
        random_effects=None if pool.random_effects is None else _shown_average(pool.random_effects, unit),
    )


def _shown_average(pooled: PooledEffect, unit: Unit) -> PooledEffect:
    low, high = pooled.predict_low, pooled.predict_high
    return replace(
        pooled,
        estimate=_number(pooled.estimate, unit),
        std_error=_number(pooled.std_error, unit),
        df=_df(pooled.df),
        p_value=_p_value(pooled.p_value),
        conf_low=_number(pooled.conf_low, unit),
        conf_high=_number(pooled.conf_high, unit),
        predict_low=None if low is None else _number(low, unit),
        predict_high=None if high is None else _number(high, unit),
    )


def _shown_contrast(contrast: Contrast, unit: Unit) -> Contrast:
    return replace(
        contrast,
        estimate=_number(contrast.estimate, unit),
        std_error=_number(contrast.std_error, unit),
        df=_df(contrast.df),
        p_value=_p_value(contrast.p_value),
        p_adjusted=_p_value(contrast.p_adjusted),
        conf_low=_number(contrast.conf_low, unit),
        conf_high=_number(contrast.conf_high, unit),
    )
