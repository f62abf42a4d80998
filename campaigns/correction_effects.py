"""What corrections do to the estimates: each primary outcome and each harm at each site, before and after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from campaigns.campaign import WEIGHTED_KINDS, Campaign, Tier
from campaigns.effects import Effect, EffectEstimate, Evaluation


DIGITS = 12  # what is shown has three decimals; further digits of a difference are noise of the machine


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
            return round(self.after.estimate - self.before.estimate, DIGITS)
        return None

    @property
    def kept(self) -> bool:
        """Whether a new number would tell of the few people behind it, so that the old one stands in its place."""
        return self.difference == 0 and any(note.code == "carried_over" for note in self.after.caveats)

    @property
    def moved(self) -> bool:
        """Whether anything of what is shown differs."""
        return _shown(self.before) != _shown(self.after)


def decisive(campaign: Campaign, touched: Collection[str]) -> Campaign:
    """The campaign with what corrections at some sites can move and what decides about it: primary outcomes and harms.

    Subgroups are left out. Sites that are not touched keep their estimates, so they need not be made again, unless an
    index takes its weights from all sites.
    """
    kept = tuple(outcome for outcome in campaign.outcomes if outcome.tier in (Tier.PRIMARY, Tier.HARM))
    shared = any(outcome.score.kind in WEIGHTED_KINDS for outcome in kept)
    sites = tuple(site for site in campaign.sites if shared or site.id in touched)
    return replace(campaign, outcomes=kept, sites=sites, analysis=replace(campaign.analysis, subgroups=()))


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
