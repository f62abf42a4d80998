"""What corrections do to the estimates: each primary outcome and each harm at each site, before and after."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campaigns.campaign import Campaign, Tier
from campaigns.effects import Effect, EffectEstimate, Evaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectChange:
    """One estimate as it is and as it would be."""

    outcome: str
    site: str
    term: str
    before: Effect
    after: Effect

    @property
    def difference(self) -> float | None:
        """After less before, in the outcome's unit; None where one of the two cannot be shown."""
        if isinstance(self.before, EffectEstimate) and isinstance(self.after, EffectEstimate):
            return self.after.estimate - self.before.estimate
        return None

    @property
    def moved(self) -> bool:
        """Whether anything of what is shown differs."""
        return _shown(self.before) != _shown(self.after)


def decisive(campaign: Campaign) -> Campaign:
    """The campaign with those outcomes alone that decide about it: the primary ones and the harms."""
    kept = tuple(outcome for outcome in campaign.outcomes if outcome.tier in (Tier.PRIMARY, Tier.HARM))
    return replace(campaign, outcomes=kept)


def effect_changes(before: Evaluation, after: Evaluation) -> Sequence[EffectChange]:
    """The estimates of two evaluations of one campaign side by side, those of subgroups left out.

    Both must be protected: what is shown of a change is the change of what is shown.
    """
    if not (before.protected and after.protected):
        raise ValueError("effects are compared as they may be shown")
    then = {_key(effect): effect for effect in after.effects if effect.subject.subgroup is None}
    return [
        EffectChange(
            outcome=effect.subject.outcome,
            site=effect.subject.site or "",
            term=effect.subject.term,
            before=effect,
            after=then[_key(effect)],
        )
        for effect in before.effects
        if effect.subject.subgroup is None and _key(effect) in then
    ]


def _key(effect: Effect) -> tuple[str, str | None, str]:
    return effect.subject.outcome, effect.subject.site, effect.subject.term


def _shown(effect: Effect) -> tuple[object, ...]:
    if isinstance(effect, EffectEstimate):
        return effect.estimate, effect.conf_low, effect.conf_high
    return (effect.code,)
