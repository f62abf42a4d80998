"""What may leave: small groups withheld, numbers made coarser, and nothing left from which they could be worked out.

The one place through which every number goes that a screen, a download, a brief or another program reads. The rules are
those of the policy (``disclosure_policy``) and one for every view; for whom they are applied is part of the policy. Estimates
come from exact data; only what is shown is protected.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby

from campaigns.campaign import Campaign, Outcome
from campaigns.coarser import Coarser
from campaigns.disclosure_audit import audit, table_of
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import (
    Counts,
    Effect,
    EffectEstimate,
    Evaluation,
    Note,
    NotEstimable,
    RolePool,
    ShownBy,
    counts_by_group,
    is_weak,
)
from campaigns.roles import SUPPRESSED, contrast_roles, pools_of


SUPPRESSED_ANSWERS = "suppressed_answers"  # too few said yes, or did not, of an outcome of class S
SUPPRESSED_COMPLEMENT = "suppressed_complement"
NOT_A_BREAKDOWN = "not_a_breakdown"
WITHHELD = (SUPPRESSED, SUPPRESSED_ANSWERS, SUPPRESSED_COMPLEMENT, NOT_A_BREAKDOWN)
SAY_WEAK = {"few_respondents", "very_few_clusters"}  # caveats that already say what ``weak`` would

Carry = Callable[
    [Effect], Effect
]  # an effect as it may be told after what was told before: itself, or the earlier one


def protect(evaluation: Evaluation, policy: Policy = POLICY, *, carry: Carry | None = None) -> Evaluation:
    """The evaluation as it may be shown to the readers that the policy names.

    Effects that rest on a small group are withheld with their reason, and so is the one group by which they could
    be worked out; averages and contrasts are made anew without them; counts are rounded to five, estimates to a tenth of
    a percentage point. Protecting twice changes nothing.

    Parameters
    ----------
    carry
        What becomes of an effect in view of what was published before (``releases.carried``). Without it nothing was.
    """
    if evaluation.protected:
        return evaluation
    kept = without_small(evaluation, policy, carry=carry)
    shown_by = ShownBy(version=policy.version, sha256=policy.sha256, audience=policy.audience.value)
    if not policy.rounds:
        return replace(kept, protected=True, shown_by=shown_by)
    campaign = kept.campaign
    coarser = Coarser(policy=policy, confidence=campaign.analysis.confidence)
    shown = [_shown(effect, campaign, coarser) for effect in kept.effects]
    return replace(
        kept,
        effects=tuple(_without_what_is_not_safe(shown, policy)),
        pools=tuple(_shown_pool(pool, campaign, coarser) for pool in kept.pools),
        contrasts=tuple(coarser.contrast(c, campaign.outcome(c.outcome).unit) for c in kept.contrasts),
        protected=True,
        shown_by=shown_by,
    )


def without_small(
    evaluation: Evaluation, policy: Policy = POLICY, *, carry: Carry | None = None
) -> Evaluation:
    """The exact evaluation without the effects of small groups; for evaluators, who have the rows beside it."""
    campaign = evaluation.campaign
    kept: Sequence[Effect] = [_judged(effect, campaign, policy) for effect in evaluation.effects]
    kept = _without_what_would_tell(kept)
    if carry is not None:
        kept = [carry(effect) for effect in kept]
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
    return too_few(people, policy.fewest()) or too_few(
        [c for c in clusters if c is not None], policy.fewest_clusters()
    )


def too_few(counts: Sequence[int], smallest: int) -> bool:
    """Whether some of the groups are small. That nobody was interviewed is no secret of anybody's, and the field team must hear it."""
    return any(0 < count < smallest for count in counts)


def rounded(count: int, policy: Policy = POLICY) -> int:
    """A count to the nearest five."""
    return Coarser(policy=policy).count(count) if policy.rounds else count


def _judged(effect: Effect, campaign: Campaign, policy: Policy) -> Effect:
    """The effect, or that it is withheld and by which rule."""
    variable = str(effect.subject.subgroup).partition("=")[0]
    if policy.rounds and policy.breakdowns and effect.subject.subgroup and variable not in policy.breakdowns:
        return NotEstimable(subject=effect.subject, code=NOT_A_BREAKDOWN, values={"variable": variable})
    if is_small(effect, policy):
        values = {"respondents": policy.fewest(), "clusters": policy.fewest_clusters()}
        return NotEstimable(subject=effect.subject, code=SUPPRESSED, values=values)
    if isinstance(effect, EffectEstimate) and _tells_few(
        effect.counts, campaign.outcome(effect.subject.outcome), policy
    ):
        values = {"answers": policy.sensitive_answers}
        return NotEstimable(subject=effect.subject, code=SUPPRESSED_ANSWERS, values=values)
    return effect


def _tells_few(counts: Counts, outcome: Outcome, policy: Policy) -> bool:
    """Whether a sensitive number tells what few said; where nobody counted who said it, it does."""
    if not policy.rounds or outcome.item_class != "S" or outcome.unit != "proportion":
        return False
    return counts.fewest_answers is None or counts.fewest_answers < policy.sensitive_answers


def _is_withheld(effect: Effect) -> bool:
    return isinstance(effect, NotEstimable) and effect.code in (SUPPRESSED, SUPPRESSED_ANSWERS)


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
            result[smallest] = NotEstimable(subject=result[smallest].subject, code=SUPPRESSED_COMPLEMENT)
    return result


def _without_what_is_not_safe(effects: Sequence[Effect], policy: Policy) -> list[Effect]:
    """Of every breakdown of which a withheld group could still be worked out, the smallest level goes too, until none can."""
    result = list(effects)
    while True:
        open_tables = {
            (one.outcome, one.site, one.term, one.subgroup.partition("=")[0])
            for one in audit(result, policy)
            if not one.safe
        }
        shown = {
            table: [
                place
                for place, effect in enumerate(result)
                if isinstance(effect, EffectEstimate) and table_of(effect) == table
            ]
            for table in open_tables
        }
        if not any(shown.values()):
            return result
        for places in filter(None, shown.values()):
            smallest = min(places, key=lambda place: _size(result[place]))
            result[smallest] = NotEstimable(subject=result[smallest].subject, code=SUPPRESSED_COMPLEMENT)


def _size(effect: Effect) -> int:
    return effect.counts.n if effect.counts is not None else 0


def _shown(effect: Effect, campaign: Campaign, coarser: Coarser) -> Effect:
    if isinstance(effect, NotEstimable):
        counts = None if effect.counts is None else coarser.counts(effect.counts)
        values, caveats = coarser.values(effect.values), coarser.notes(effect.caveats)
        return replace(effect, counts=counts, values=values, caveats=caveats)
    weak = is_weak(effect.counts) and not SAY_WEAK & {note.code for note in effect.caveats}
    shown = coarser.effect(effect, campaign.outcome(effect.subject.outcome).unit)
    if not weak or any(note.code == "weak" for note in shown.caveats):
        return shown
    return replace(shown, caveats=(*shown.caveats, Note(code="weak")))


def _shown_pool(pool: RolePool, campaign: Campaign, coarser: Coarser) -> RolePool:
    unit = campaign.outcome(pool.outcome).unit
    return replace(
        pool,
        n=coarser.count(pool.n),
        average=None if pool.average is None else coarser.average(pool.average, unit),
        random_effects=None if pool.random_effects is None else coarser.average(pool.random_effects, unit),
        p_adjusted=None if pool.p_adjusted is None else coarser.p_value(pool.p_adjusted),
    )
