"""What was checked about disclosure before something goes out: the report that the second person reads."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from campaigns.disclosure_audit import audit
from campaigns.disclosure_policy import Policy
from campaigns.effects import EffectEstimate, Evaluation, NotEstimable


def report_on(shown: Evaluation, policy: Policy) -> Mapping[str, Any]:
    """The checks of a protected evaluation, their findings, and whether it passed.

    Everything in it may be told to whoever may read the evaluation itself.
    """
    estimates = [effect for effect in shown.effects if isinstance(effect, EffectEstimate)]
    audited = audit(shown.effects, policy)
    findings = [
        *([] if shown.protected else ["not_protected"]),
        *sorted({f"rounding:{e.subject.outcome}" for e in estimates if not _is_rounded(e, policy)}),
        *sorted({f"small:{e.subject.outcome}" for e in estimates if _is_small(e, policy)}),
        *sorted({f"recoverable:{one.outcome}" for one in audited if not one.safe}),
    ]
    return {
        "policy": {"version": policy.version, "sha256": policy.sha256},
        "data_sha256": shown.data_sha256,
        "plan_sha256": shown.campaign.sha256,
        "told": len(estimates),
        "withheld": dict(
            Counter(
                effect.code
                for effect in shown.effects
                if isinstance(effect, NotEstimable) and effect.code.startswith("suppressed_")
            )
        ),
        "carried_over": sum(
            any(note.code == "carried_over" for note in effect.caveats) for effect in shown.effects
        ),
        "smallest_group": min(
            (e.counts.smallest_n for e in estimates if e.counts.smallest_n is not None), default=None
        ),
        "withheld_groups_audited": len(audited),
        "withheld_groups_safe": sum(one.safe for one in audited),
        "narrowest_range": min(
            (one.most - one.least for one in audited if one.most < float("inf")), default=None
        ),
        "findings": findings,
        "passed": not findings,
    }


def _is_rounded(effect: EffectEstimate, policy: Policy) -> bool:
    counts = effect.counts
    people = (
        counts.n,
        counts.n_campaign_before,
        counts.n_campaign_after,
        counts.n_comparison_before,
        counts.n_comparison_after,
    )
    return all(n is None or n % policy.round_to == 0 for n in people)


def _is_small(effect: EffectEstimate, policy: Policy) -> bool:
    counts = effect.counts
    return (counts.smallest_n is not None and counts.smallest_n < policy.respondents) or (
        counts.smallest_clusters is not None and counts.smallest_clusters < policy.clusters
    )
