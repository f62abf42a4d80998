"""All that is concluded about a campaign: its effects, what they owe to the rule for don't know, and what weakens them.

The one way to an evaluation that people read, so that screen, print and export say the same of an effect.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from campaigns import dont_know
from campaigns.alarms import SiteNotes, with_alarms
from campaigns.campaign import Campaign
from campaigns.comparability import Asked
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import Evaluation
from campaigns.effects_of_sites import KeptEffects
from campaigns.evaluation import evaluate


@dataclass(slots=True)
class Kept:
    """What was concluded earlier, so that of the next state of the data only sites with other answers are looked at."""

    effects: KeptEffects = field(default_factory=KeptEffects)
    by_other_rule: KeptEffects = field(default_factory=KeptEffects)
    notes: dict[str, dict[str, SiteNotes]] = field(default_factory=dict)  # of each campaign


def conclude(
    campaign: Campaign,
    answers: Sequence[Path],
    *,
    as_of_upload: int | None,
    data_sha256: str,
    asked: Sequence[Asked] = (),
    policy: Policy = POLICY,
    kept: Kept | None = None,
) -> Evaluation:
    """The exact evaluation with every caveat that its answers can tell. See ``evaluate`` for the parameters."""
    known = Kept() if kept is None else kept
    exact = evaluate(
        campaign,
        answers,
        as_of_upload=as_of_upload,
        data_sha256=data_sha256,
        asked=asked,
        kept=known.effects,
    )
    exact = dont_know.of_campaign(exact, answers, policy, known.by_other_rule)
    return with_alarms(exact, answers, policy, known.notes.setdefault(campaign.id, {}))
