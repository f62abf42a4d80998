"""Releases: what was told before decides what may be told next.

A number that changes because of one person tells that person's answer to whoever knows both. So a number that was told stays
what it was until, in every arm and wave behind it, ten people or more have come, gone or answered otherwise, or nobody
has; and until those who did so did not all say the same. Changes add up: they are counted since the number was last told, not since the last release.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from campaigns.campaign import Campaign
from campaigns.disclosure import Carry, is_small, protect
from campaigns.disclosure_policy import Policy
from campaigns.effects import Effect, EffectEstimate, Evaluation, Note, ShownBy
from campaigns.membership import Groups, Members, Place, few_changed, meaning_of


CARRIED = "carried_over"
Key = tuple[str, str | None, str | None, str]  # outcome, site, subgroup, term


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What was told of a campaign at one time. Never changed afterwards."""

    campaign: str
    number: int  # 1, 2, ... within the campaign
    as_of_upload: int | None
    data_sha256: str
    plan_sha256: str
    policy_version: str
    policy_sha256: str
    software: str
    made_at: datetime
    made_by: str
    kept: int  # numbers that stayed what they were although a few people changed
    effects: tuple[Effect, ...]  # as they were told
    members: Members  # who stood behind each of them when it was last told anew

    def is_of(self, exact: Evaluation, policy: Policy, software: str) -> bool:
        """Whether the release tells of this state of data, plan, policy and program."""
        return (self.data_sha256, self.plan_sha256, self.policy_sha256, self.software) == (
            exact.data_sha256,
            exact.campaign.sha256,
            policy.sha256,
            software,
        )


def protect_after(
    exact: Evaluation, members: Members, policy: Policy, previous: Release | None
) -> Evaluation:
    """The evaluation as it may be shown after a release; see ``disclosure.protect``."""
    if previous is None:
        return protect(exact, policy)
    shown = protect(exact, policy, carry=carry_from(previous, members, policy, exact.campaign))
    if shown.shown_by is None:
        return shown
    return replace(shown, shown_by=replace(shown.shown_by, release=previous.number))


def release_of(
    shown: Evaluation,
    members: Members,
    policy: Policy,
    previous: Release | None,
    *,
    software: str,
    made_at: datetime,
    by: str,
) -> Release:
    """The release that follows on ``previous`` and tells what is shown."""
    kept = [effect for effect in shown.effects if _is_carried(effect)]
    behind: dict[Place, Groups] = dict(members)
    if previous is not None:
        places = {place_of(effect, shown.campaign) for effect in kept}
        behind |= {place: previous.members[place] for place in places if place in previous.members}
    return Release(
        campaign=shown.campaign.id,
        number=1 if previous is None else previous.number + 1,
        as_of_upload=shown.as_of_upload,
        data_sha256=shown.data_sha256,
        plan_sha256=shown.campaign.sha256,
        policy_version=policy.version,
        policy_sha256=policy.sha256,
        software=software,
        made_at=made_at,
        made_by=by,
        kept=len(kept),
        effects=shown.effects,
        members=behind,
    )


def in_release(shown: Evaluation, release: Release) -> Evaluation:
    """The evaluation with the number of the release it belongs to."""
    by = shown.shown_by or ShownBy(
        version=release.policy_version, sha256=release.policy_sha256, audience="P2"
    )
    return replace(shown, shown_by=replace(by, release=release.number))


def carry_from(previous: Release, members: Members, policy: Policy, campaign: Campaign) -> Carry:
    """What becomes of an effect in view of what the release told of it."""
    told = {key_of(effect): effect for effect in previous.effects}
    other_policy = previous.policy_sha256 != policy.sha256

    def carry(effect: Effect) -> Effect:
        earlier = told.get(key_of(effect))
        if not isinstance(earlier, EffectEstimate) or (other_policy and is_small(earlier, policy)):
            return effect
        place = place_of(effect, campaign)
        if place not in previous.members:
            return effect
        now, then = members.get(place, {}), previous.members.get(place, {})
        share = campaign.outcome(effect.subject.outcome).unit == "proportion"
        if not few_changed(now, then, policy.changed, share=share):
            return effect
        return _as_told(earlier, previous.number)

    return carry


def key_of(effect: Effect) -> Key:
    """Which number an effect is."""
    subject = effect.subject
    return subject.outcome, subject.site, subject.subgroup, subject.term


def place_of(effect: Effect, campaign: Campaign) -> Place:
    """Whose answers an effect is made of, and how."""
    subject = effect.subject
    site = subject.site or ""
    return Place(
        outcome=subject.outcome,
        site=site,
        subgroup=subject.subgroup or "",
        meaning=meaning_of(campaign, subject.outcome, site),
    )


def changes(earlier: Release, later: Release) -> Mapping[Key, tuple[Effect | None, Effect]]:
    """The numbers that two releases tell differently."""
    before = {key_of(effect): effect for effect in earlier.effects}
    return {
        key_of(effect): (before.get(key_of(effect)), effect)
        for effect in later.effects
        if before.get(key_of(effect)) != effect
    }


def _is_carried(effect: Effect) -> bool:
    return any(note.code == CARRIED for note in effect.caveats)


def _as_told(earlier: EffectEstimate, release: int) -> EffectEstimate:
    if _is_carried(earlier):
        return earlier
    return replace(earlier, caveats=(*earlier.caveats, Note(code=CARRIED, values={"release": release})))
