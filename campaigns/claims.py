"""The sentence a result can carry, and how much weight: never more than the design allows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from campaigns.campaign import Better, Outcome, Site, Tier
from campaigns.effects import (
    WEAK_BELOW_CLUSTERS,
    WEAK_BELOW_RESPONDENTS,
    EffectEstimate,
    Estimand,
    Evaluation,
    Note,
    RolePool,
    Verdict,
    counts_by_group,
)
from campaigns.roles import averaged_effects
from surveys.languages import pick, say


Reading = Literal["improved", "worsened", "no_meaningful_change", "unclear"]
Claim = Literal[
    "caused", "caused_in_takers", "compared", "associated", "changed"
]  # from the strongest words to the weakest
Movement = Literal["up", "down", "nothing", "unclear"]
Measure = Literal["people", "share", "points", "standard_deviations"]

STRONG, MODERATE, LIMITED, VERY_LIMITED = 4, 3, 2, 1
# What a design can show at best, were there always enough clusters and people.
AT_BEST: Mapping[str, int] = {
    "randomised": STRONG,
    "ancova": STRONG,
    "encouragement": STRONG,
    "difference_in_differences": MODERATE,
    "event_study": MODERATE,
    "staggered": MODERATE,
    "exposure": LIMITED,
    "pre_post": VERY_LIMITED,
    "paired_pre_post": VERY_LIMITED,
}
ENOUGH_CLUSTERS = 20  # an arm: from here on cluster-robust inference is dependable
# Caveats of an effect that lessen its grade, by how much, and the reason told.
LESSENED_BY: Mapping[str, tuple[int, str]] = {
    "attrition_differential": (1, "evidence_attrition"),
    "attrition_sign_open": (1, "evidence_attrition_open"),
    "clusters_ignored": (2, "evidence_clusters_ignored"),
    "asked_differently": (1, "evidence_asked_differently"),
    "dont_know_decides": (1, "evidence_dont_know"),
}
# Caveats whose test stands beside the estimate's own where clusters are few; of the two the larger p is believed.
BETTER_TESTS = ("few_bootstrap_beside", "few_randomisation", "few_fragile_bootstrap", "few_nothing")
HARM_ALARM = 0.05  # one-sided, without regard to other outcomes: a missed harm costs more than a false alarm
CLAIMS: Mapping[Estimand, Claim] = {
    "ITT": "caused",
    "LATE": "caused_in_takers",
    "ATT": "compared",
    "association": "associated",
    "dose": "associated",
    "change": "changed",
}
_WEAKEST_LAST: tuple[Claim, ...] = ("caused", "caused_in_takers", "compared", "associated", "changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How much weight a result can bear: 4 strong, 3 moderate, 2 limited, 1 very limited; and why."""

    grade: int
    reasons: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What one role's number says."""

    role: str
    site: Site | None  # the only site of the role with a number, where there is no average
    movement: Movement
    claim: Claim


def reading(effect: EffectEstimate, outcome: Outcome, confidence: float = 0.95) -> Reading:
    """What an effect says, given the direction hoped for, the margin and the tests of its family."""
    return reading_of(told_verdict(effect, outcome, confidence), effect.estimate, outcome.better)


def told_verdict(effect: EffectEstimate, outcome: Outcome, confidence: float = 0.95) -> Verdict | None:
    """The verdict a sentence may rest on.

    What the campaign hopes for must also stand after the adjustment for the other outcomes of its family, and in the
    test that is better where clusters are few; a harm need not: it is told as soon as the interval shows it.
    """
    beside = [float(str(note.values["p"])) for note in effect.caveats if note.code in BETTER_TESTS]
    p_values = [p for p in (effect.p_adjusted, *beside) if p is not None]
    return _told(effect.verdict, effect.estimate, max(p_values, default=None), outcome, confidence)


def told_pool_verdict(pool: RolePool, outcome: Outcome, confidence: float = 0.95) -> Verdict | None:
    """The same of a role's average."""
    if pool.average is None:
        return pool.verdict
    return _told(pool.verdict, pool.average.estimate, pool.p_adjusted, outcome, confidence)


def _told(
    verdict: Verdict | None, estimate: float, largest_p: float | None, outcome: Outcome, confidence: float
) -> Verdict | None:
    hoped_for = (estimate > 0) == (outcome.better == "higher")
    if verdict == "effect" and hoped_for and largest_p is not None and largest_p >= round(1 - confidence, 9):
        return "inconclusive"
    return verdict


def reading_of(verdict: Verdict | None, estimate: float, better: Better) -> Reading:
    """What a verdict says, given the direction hoped for."""
    if verdict == "nothing_beyond_margin":
        return "no_meaningful_change"
    if verdict != "effect":
        return "unclear"
    return "improved" if (estimate > 0) == (better == "higher") else "worsened"


def evidence(effect: EffectEstimate) -> Evidence:
    """The weight of one effect: what its design can show at best, less what its sample cannot carry."""
    counts, design = effect.counts, effect.subject.design
    grade, reasons = AT_BEST.get(design, VERY_LIMITED), [Note(code=f"evidence_{_kind(design)}")]
    arms = [c for c in (counts.clusters_campaign, counts.clusters_comparison) if c is not None]
    fewest = min(arms, default=ENOUGH_CLUSTERS)
    if fewest < ENOUGH_CLUSTERS:
        grade -= 2 if fewest < WEAK_BELOW_CLUSTERS else 1
        reasons.append(Note(code="evidence_few_clusters", values={"clusters": fewest}))
    people = [n for n in (counts.smallest_n, *counts_by_group(counts)) if n is not None]
    if min(people, default=WEAK_BELOW_RESPONDENTS) < WEAK_BELOW_RESPONDENTS:
        grade -= 1
        reasons.append(Note(code="evidence_few_people", values={"limit": WEAK_BELOW_RESPONDENTS}))
    reasons += [Note(code=LESSENED_BY[code][1]) for code in _lessening(effect)]
    grade -= _lessened(effect)
    return Evidence(grade=max(grade, VERY_LIMITED), reasons=tuple(reasons))


def _lessening(effect: EffectEstimate) -> list[str]:
    return list(dict.fromkeys(note.code for note in effect.caveats if note.code in LESSENED_BY))


def _lessened(effect: EffectEstimate) -> int:
    """How many grades an effect's caveats take from what its design and its sample could carry."""
    return sum(LESSENED_BY[code][0] for code in _lessening(effect))


def strength(effect: EffectEstimate) -> int:
    """The weight of one effect, from 4 (strong) to 1 (very limited)."""
    return evidence(effect).grade


def pool_strength(pool: RolePool, evaluation: Evaluation) -> int:
    """The weight of an average: that of its best founded site, less one where a site in it is weak.

    What a caveat takes from one of its sites (attrition, clusters left out) it takes from the average.
    """
    behind = [
        effect
        for effect in evaluation.effects_of(pool.outcome)
        if isinstance(effect, EffectEstimate) and effect.subject.site in pool.sites
    ]
    weak = any(note.code == "weak_sites" for note in pool.caveats)
    best = max((strength(effect) + _lessened(effect) for effect in behind), default=VERY_LIMITED)
    return max(best - weak - max(map(_lessened, behind), default=0), VERY_LIMITED)


def headline(evaluation: Evaluation, outcome_id: str, language: str) -> str:
    """The finding on one outcome in one sentence or two, by role; roles are named in the order of the route.

    Its verbs are those of the weakest design behind it, and it never says that one role did better than another.
    """
    outcome = evaluation.campaign.outcome(outcome_id)
    title = pick(outcome.title, language)
    found = _findings(evaluation, outcome)
    if not found:
        return say("claims.headline.none", language, outcome=title)
    claim = max((finding.claim for finding in found), key=_WEAKEST_LAST.index)
    clauses: list[str] = []
    for movement in ("up", "down", "nothing", "unclear"):
        where = _where([f for f in found if f.movement == movement], language)
        if where:
            clauses.append(
                _clause(movement, claim, outcome, title, where, first=not clauses, language=language)
            )
    return say("claims.headline.join", language).join(clauses)


def sentence(
    effect: EffectEstimate, outcome: Outcome, site: Site, language: str, confidence: float = 0.95
) -> str:
    """One effect in natural frequencies, with what it may not be taken for."""
    claim = _claim(effect)
    parts = [
        say(
            f"claims.sentence.{claim}",
            language,
            site=pick(site.title, language),
            outcome=pick(outcome.title, language),
            size=_size(effect, measure_of(outcome), language),
            interval=_interval(effect, measure_of(outcome), language),
        )
    ]
    tail = {"unclear": "unclear", "worsened": "worsened", "no_meaningful_change": "nothing"}.get(
        reading(effect, outcome, confidence)
    )
    if tail:
        parts.append(say(f"claims.sentence.{tail}", language))
    return " ".join(parts)


def harm_alarm(evaluation: Evaluation, language: str) -> str | None:
    """Which harm outcomes moved the wrong way, and where; None where none did.

    A sign of harm is a one-sided p-value of at most 5 percent, at a site or, divided by their number, in a
    subgroup of it; other outcomes are not held against it. "Moved" is said where the interval leaves no doubt.
    """
    sentences = []
    for outcome in evaluation.campaign.outcomes:
        if outcome.tier is not Tier.HARM:
            continue
        signs = [_sign_of_harm(evaluation, outcome, site) for site in evaluation.campaign.sites]
        for kind in ("sure", "sign"):
            places = [
                pick(site.title, language)
                for site, sign in zip(evaluation.campaign.sites, signs, strict=True)
                if sign == kind
            ]
            if places:
                values = {"outcome": pick(outcome.title, language), "places": _listed(places, language)}
                sentences.append(say(f"claims.harm_alarm.{kind}", language, **values))
    return " ".join([*sentences, say("claims.harm_alarm.then", language)]) if sentences else None


def _sign_of_harm(evaluation: Evaluation, outcome: Outcome, site: Site) -> Literal["sure", "sign"] | None:
    here = [
        effect
        for effect in evaluation.effects
        if isinstance(effect, EffectEstimate)
        and effect.subject.outcome == outcome.id
        and effect.subject.site == site.id
    ]
    worse = [effect for effect in here if (effect.estimate > 0) == (outcome.better == "lower")]
    whole = [effect for effect in worse if effect.subject.subgroup is None]
    if any(effect.conf_low > 0 or effect.conf_high < 0 for effect in whole):
        return "sure"
    parts = [effect for effect in worse if effect.subject.subgroup is not None]
    levels = sum(effect.subject.subgroup is not None for effect in here)
    in_whole = any(effect.p_value / 2 <= HARM_ALARM for effect in whole)
    in_part = any(effect.p_value / 2 <= HARM_ALARM / levels for effect in parts)
    return "sign" if in_whole or in_part else None


def _kind(design: str) -> str:
    if design in ("randomised", "ancova", "encouragement"):
        return "randomised"
    if design == "exposure":
        return "self_selected"
    return "one_group" if design in ("pre_post", "paired_pre_post") else "comparison"


def _claim(effect: EffectEstimate) -> Claim:
    """The words an effect can carry; a trial that is too small to lean on speaks no louder than a comparison."""
    claim = CLAIMS[effect.subject.estimand]
    if claim not in ("caused", "caused_in_takers") or strength(effect) >= MODERATE:
        return claim
    return "associated" if claim == "caused_in_takers" else "compared"


def _findings(evaluation: Evaluation, outcome: Outcome) -> list[_Finding]:
    effects = averaged_effects(evaluation.effects, evaluation.campaign, outcome.id)
    confidence = evaluation.campaign.analysis.confidence
    pools = [pool for pool in evaluation.pools if pool.outcome == outcome.id]
    by_role = [pool for pool in pools if pool.role is not None] or pools
    found = []
    for pool in by_role:
        behind = [effects[site] for site in pool.sites if site in effects]
        if not behind:
            continue
        alone = None if pool.average else evaluation.campaign.site(pool.sites[0])
        number, verdict = (
            (pool.average.estimate, told_pool_verdict(pool, outcome, confidence))
            if pool.average
            else (behind[0].estimate, told_verdict(behind[0], outcome, confidence))
        )
        found.append(
            _Finding(
                role=pool.role or "all",
                site=alone,
                movement=_movement(verdict, number),
                claim=max((_claim(effect) for effect in behind), key=_WEAKEST_LAST.index),
            )
        )
    return found


def _movement(verdict: Verdict | None, estimate: float) -> Movement:
    if verdict == "nothing_beyond_margin":
        return "nothing"
    if verdict != "effect":
        return "unclear"
    return "up" if estimate > 0 else "down"


def _clause(
    movement: Movement, claim: Claim, outcome: Outcome, title: str, where: str, *, first: bool, language: str
) -> str:
    key = movement if movement in ("nothing", "unclear") else f"{claim}.{movement}"
    said = say(
        f"claims.headline.{key}.{'first' if first else 'next'}",
        language,
        outcome=title,
        where=where,
        measure=say(f"claims.measure.{measure_of(outcome)}", language),
    )
    wrong = (movement, outcome.better) in (("up", "lower"), ("down", "higher"))
    return say("claims.headline.wrong", language, clause=said) if wrong else said


def _where(found: Sequence[_Finding], language: str) -> str:
    roles = [say(f"claims.roles.{f.role}", language) for f in found if f.site is None]
    sites = [pick(f.site.title, language) for f in found if f.site is not None]
    places = [say("claims.where.roles", language, roles=_listed(roles, language, dot=True))] if roles else []
    if sites:
        places.append(say("claims.where.sites", language, sites=_listed(sites, language)))
    return _listed(places, language)


def _listed(words: Iterable[str], language: str, *, dot: bool = False) -> str:
    every = list(words)
    if len(every) < 2:
        return "".join(every)
    comma = say("claims.list.roles" if dot else "claims.list.comma", language)
    last = say("claims.list.last_role" if dot else "claims.list.last", language)
    return f"{comma.join(every[:-1])}{last}{every[-1]}"


def measure_of(outcome: Outcome) -> Measure:
    """What a number of an outcome counts: people, a share of answers, points, or standard deviations."""
    if outcome.unit != "proportion":
        return outcome.unit
    return "share" if outcome.score.kind in ("proportion_correct", "column", "mean") else "people"


def _size(effect: EffectEstimate, measure: Measure, language: str) -> str:
    direction = "more" if effect.estimate >= 0 else "less"
    number = _shown(effect.estimate, measure, _decimals(effect, measure))
    if measure == "people" and float(number) == 0:
        return say(f"claims.size.people.tiny_{direction}", language)
    return say(f"claims.size.{measure}.{direction}", language, number=number)


def _interval(effect: EffectEstimate, measure: Measure, language: str) -> str:
    if not (math.isfinite(effect.conf_low) and math.isfinite(effect.conf_high)):
        return say("claims.interval.open", language)
    decimals = _decimals(effect, measure)
    low, high = (_shown(value, measure, decimals) for value in (effect.conf_low, effect.conf_high))
    if effect.conf_low >= 0:
        return say(f"claims.interval.{measure}.more", language, low=low, high=high)
    if effect.conf_high <= 0:
        return say(f"claims.interval.{measure}.less", language, low=high, high=low)
    return say(f"claims.interval.{measure}.either", language, low=low, high=high)


def _decimals(effect: EffectEstimate, measure: Measure) -> int:
    if measure in ("points", "standard_deviations"):
        return 2
    return 1 if effect.conf_high - effect.conf_low < 0.03 else 0  # narrow intervals need a decimal to be seen


def _shown(value: float, measure: Measure, decimals: int) -> str:
    return f"{abs(value) * (100 if measure in ('people', 'share') else 1):.{decimals}f}"
