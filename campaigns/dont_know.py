"""The same effects with every don't know counted by the other rule: what an estimate owes to the rule."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from campaigns.campaign import Campaign, DontKnow, Score
from campaigns.disclosure import is_small
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Effect, EffectEstimate, Evaluation, Note
from campaigns.effects_of_sites import KeptEffects, effects_of_sites
from campaigns.scores import WITHOUT_A_WRONG_ANSWER, unit_of


OTHER: Mapping[DontKnow, DontKnow] = {"incorrect": "missing", "missing": "incorrect"}


def with_other_rule(scores: Mapping[str, Score]) -> dict[str, Score]:
    """The scores that could count a don't know as a wrong answer or as none, each by the rule it does not have."""
    return {
        name: replace(score, dont_know=OTHER[score.dont_know])
        for name, score in scores.items()
        if score.kind not in WITHOUT_A_WRONG_ANSWER
        and (score.kind != "item" or unit_of(score) == "proportion")
    }


def beside_other_rule(
    effects: Sequence[Effect], others: Sequence[Effect], scores: Mapping[str, Score]
) -> list[Effect]:
    """The effects, each with the estimate by the other rule beside it; alone where the rule makes no difference.

    Parameters
    ----------
    others
        The same effects by the other rule.
    scores
        The scores as the plan has them, by outcome.
    """
    found = {other.subject: other for other in others if isinstance(other, EffectEstimate)}
    return [
        _noted(effect, found[effect.subject], scores[effect.subject.outcome])
        if isinstance(effect, EffectEstimate) and effect.subject in found
        else effect
        for effect in effects
    ]


def of_campaign(
    evaluation: Evaluation,
    answers: Sequence[Path],
    policy: Policy = POLICY,
    kept: KeptEffects | None = None,
) -> Evaluation:
    """A campaign's exact evaluation with the estimates by the other rule beside its own.

    An estimate by the other rule rests on other people; where they are too few to be shown, it is left out. Those of
    sites whose answers are what they were are ``kept``.
    """
    campaign: Campaign = evaluation.campaign
    scores = {outcome.id: outcome.score for outcome in campaign.outcomes}
    turned = with_other_rule(scores)
    if not turned:
        return evaluation
    outcomes = tuple(replace(o, score=turned[o.id]) for o in campaign.outcomes if o.id in turned)
    analysis = replace(campaign.analysis, multiplicity="none")
    made = effects_of_sites(replace(campaign, outcomes=outcomes, analysis=analysis), answers, kept)
    others = [other for other in made if not is_small(other, policy)]
    return replace(evaluation, effects=tuple(beside_other_rule(evaluation.effects, others, scores)))


def _noted(effect: EffectEstimate, other: EffectEstimate, score: Score) -> EffectEstimate:
    if (effect.estimate, effect.std_error, effect.counts.n) == (
        other.estimate,
        other.std_error,
        other.counts.n,
    ):
        return effect
    notes = [
        Note(
            code=f"dont_know_{score.dont_know}",
            values={
                "estimate": f"{effect.estimate:+.3f}", "other": f"{other.estimate:+.3f}",
                "other_low": f"{other.conf_low:+.3f}", "other_high": f"{other.conf_high:+.3f}",
            },
        )
    ]  # fmt: skip
    if _says(effect) != _says(other):
        notes.append(Note(code="dont_know_decides"))
    return replace(effect, caveats=(*effect.caveats, *notes))


def _says(effect: EffectEstimate) -> str:
    """What the interval says of the direction."""
    return "higher" if effect.conf_low > 0 else "lower" if effect.conf_high < 0 else "open"
