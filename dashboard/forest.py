"""The rows of the key screen: one outcome, every site, and the averages of the roles.

The table on screen, its plain table and the picture for download are all drawn from
these values, so they cannot disagree. Numbers here are in the unit a screen shows.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from campaigns import claims
from campaigns.campaign import Outcome, Role, Site, Unit
from campaigns.effects import (
    Counts,
    Effect,
    EffectEstimate,
    Evaluation,
    Note,
    NotEstimable,
    PooledEffect,
    RolePool,
    Verdict,
    is_weak,
)
from dashboard import wording
from surveys.languages import pick, say


RowKind = Literal["site", "change", "gap", "average"]
Reading = claims.Reading | Literal["rose", "fell"]

SAYS_WHY_WEAK = ("few_respondents", "very_few_clusters", "weak")  # caveats that give the reason
AXIS_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0)
MOST_TICKS = 8
OFF_THE_AXIS = 1e6  # where the line of an interval without a bound ends, in the unit shown
LEAST_REACH: Mapping[Unit, float] = {"proportion": 5.0, "points": 0.2, "standard_deviations": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """The scale a plot is drawn on, in the unit shown."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    margin: float | None  # the smallest difference that matters
    margin_label: str
    better: Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestRow:
    """One line of the table: a site's effect or change, why there is none, or a role's average."""

    kind: RowKind
    role: str
    site: str | None
    name: str
    note: str = ""
    counts: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    predict_low: float | None = None
    predict_high: float | None = None
    effect: str = ""
    interval: str = ""
    reading: Reading | None = None
    reading_words: str = ""
    evidence: int = 0
    evidence_words: str = ""
    weak: str = ""  # why the row is drawn as weak; empty where it is not
    reason: str = ""  # why there is no number
    remedy: str = ""
    p: str = ""
    clusters: str = ""
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestGroup:
    """The sites of one role, in the order the campaign file declares them."""

    role: str
    title: str
    audience: str  # where all its sites share one
    apart: str  # heads the changes, which are no effects
    rows: tuple[ForestRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """One outcome's table."""

    outcome: str
    caption: str
    unit: str
    axis: Axis
    groups: tuple[ForestGroup, ...]


def forest(evaluation: Evaluation, outcome_id: str, language: str) -> Forest:
    """The table of one outcome, rows in declared order, nothing left out."""
    outcome = evaluation.campaign.outcome(outcome_id)
    groups = tuple(
        _group(evaluation, outcome, role, language)
        for role in Role
        if any(site.role == role for site in evaluation.campaign.sites)
    )
    return Forest(
        outcome=outcome_id,
        caption=say("screens.compare.caption", language, outcome=pick(outcome.title, language)),
        unit=wording.unit(outcome.unit, language),
        axis=axis_of(
            (row for group in groups for row in group.rows),
            outcome,
            evaluation.campaign.analysis.margin.get(outcome.family),
        ),
        groups=groups,
    )


def axis_of(rows: Iterable[ForestRow], outcome: Outcome, margin: float | None) -> Axis:
    """A scale that holds zero, the margin and every interval; a weak row's interval may run off it."""
    reach = LEAST_REACH[outcome.unit]
    shown_margin = None if margin is None else wording.shown(margin, outcome.unit)
    values = [-reach, reach, shown_margin or 0.0]
    drawn = [row for row in rows if row.estimate is not None]
    ends = [end for row in drawn if not row.weak for end in (row.low, row.high) if end is not None]
    values += [end for end in ends if abs(end) < OFF_THE_AXIS]
    values += [row.estimate for row in drawn if row.estimate is not None]
    low, high = min(values), max(values)
    step = next((s for s in AXIS_STEPS if (high - low) / s <= MOST_TICKS - 1), (high - low) / MOST_TICKS)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = tuple(round(index * step, 4) for index in range(first, last + 1))
    return Axis(
        low=ticks[0],
        high=ticks[-1],
        ticks=ticks,
        labels=tuple(wording.tick(value) for value in ticks),
        margin=shown_margin,
        margin_label=_margin_label(shown_margin, outcome),
        better=outcome.better,
    )


def reading_of(
    verdict: Verdict | None, estimate: float, outcome: Outcome, *, change: bool = False
) -> Reading:
    """What an interval says in a word; a change in one group rose or fell, it never improved anything."""
    if change and verdict == "effect":
        return "rose" if estimate > 0 else "fell"
    return claims.reading_of(verdict, estimate, outcome.better)


def pool_of(evaluation: Evaluation, outcome_id: str, role: str) -> RolePool | None:
    """The average of a role, where the evaluation holds one."""
    return next((p for p in evaluation.pools if p.outcome == outcome_id and p.role == role), None)


def _group(evaluation: Evaluation, outcome: Outcome, role: Role, language: str) -> ForestGroup:
    sites = [site for site in evaluation.campaign.sites if site.role == role]
    audiences = {pick(site.audience, language) for site in sites}
    shared = audiences.pop() if len(audiences) == 1 else ""
    rows: list[ForestRow] = []
    for site in sites:
        effects = [e for e in evaluation.effects_of(outcome.id) if e.subject.site == site.id]
        rows += site_rows(site, effects, outcome, language, name_audience=not shared)
    rows.sort(key=lambda row: row.kind == "change")  # stable: what is no effect stands apart, below
    pool = pool_of(evaluation, outcome.id, role)
    averaged = pool is not None and is_of_changes(evaluation, pool)
    if pool is not None and pool.average is not None:
        average = average_row(evaluation, pool, pool.average, outcome, language)
        below = [place for place, row in enumerate(rows) if row.kind == "change" and not averaged]
        rows.insert(below[0] if below else len(rows), average)
    return ForestGroup(
        role=role.value,
        title=wording.role(role.value, language),
        audience=shared,
        apart=say(f"screens.compare.{'apart_averaged' if averaged else 'apart'}", language),
        rows=tuple(rows),
    )


def is_of_changes(evaluation: Evaluation, pool: RolePool) -> bool:
    """Whether an average is one of before-and-after changes, and so no effect either."""
    return any(
        effect.subject.site in pool.sites and effect.subject.estimand == "change"
        for effect in evaluation.effects_of(pool.outcome)
    )


def site_rows(
    site: Site, effects: Sequence[Effect], outcome: Outcome, language: str, *, name_audience: bool = False
) -> list[ForestRow]:
    """A line for each effect of a site (several where it ran several arms); a gap where it has none."""
    if not effects:
        return [_gap(site, say("screens.compare.nothing_yet", language), "", language, name_audience)]
    rows = []
    for effect in effects:
        name = pick(site.title, language)
        if len(effects) > 1:
            name = f"{name} · {effect.subject.term}"
        if isinstance(effect, NotEstimable):
            row = _gap(site, effect.reason(language), effect.remedy(language), language, name_audience)
        else:
            row = _estimate(site, effect, outcome, name, language, name_audience)
        rows.append(row)
    return rows


def average_row(
    evaluation: Evaluation, pool: RolePool, average: PooledEffect, outcome: Outcome, language: str
) -> ForestRow:
    """The equal-weight average of a role's sites; the prediction interval only where five sites carry one."""
    random = pool.random_effects
    change = is_of_changes(evaluation, pool)
    return ForestRow(
        kind="average",
        role=pool.role or "",
        site=None,
        name=say(f"screens.roles.{pool.role}.average", language),
        note=say(f"screens.averages.{average.method}", language, sites=wording.sites(average.k, language)),
        counts=wording.about(pool.n) if pool.n else "",
        **_numbers(average.estimate, average.conf_low, average.conf_high, outcome.unit, language),
        predict_low=_shown(random.predict_low if random else None, outcome.unit),
        predict_high=_shown(random.predict_high if random else None, outcome.unit),
        **_words(
            reading_of(claims.told_pool_verdict(pool, outcome), average.estimate, outcome, change=change),
            claims.pool_strength(pool, evaluation),
            language,
        ),
        p=wording.p_value(average.p_value if pool.p_adjusted is None else pool.p_adjusted),
        caveats=tuple(note.say(language) for note in (*pool.caveats, *average.caveats)),
    )


def _estimate(
    site: Site, effect: EffectEstimate, outcome: Outcome, name: str, language: str, name_audience: bool
) -> ForestRow:
    change = effect.subject.estimand == "change"
    verdict = claims.told_verdict(effect, outcome)
    reading = reading_of(verdict, effect.estimate, outcome, change=change)
    grade = claims.evidence(effect)
    notes = [
        *grade.reasons[:1],
        *(note for note in effect.caveats if note.code not in SAYS_WHY_WEAK),
    ]
    return ForestRow(
        kind="change" if change else "site",
        role=site.role.value,
        site=site.id,
        name=name,
        note=pick(site.audience, language) if name_audience else "",
        counts=interviews(effect.counts),
        **_numbers(effect.estimate, effect.conf_low, effect.conf_high, outcome.unit, language),
        **_words(reading, grade.grade, language),
        weak=weak_reason(effect, language),
        p=wording.p_value(effect.p_value if effect.p_adjusted is None else effect.p_adjusted),
        clusters="" if effect.counts.n_clusters is None else f"{effect.counts.n_clusters:,}",
        caveats=tuple(_said(note, effect, outcome, language) for note in notes),
    )


def _gap(site: Site, reason: str, remedy: str, language: str, name_audience: bool) -> ForestRow:
    return ForestRow(
        kind="gap",
        role=site.role.value,
        site=site.id,
        name=pick(site.title, language),
        note=pick(site.audience, language) if name_audience else "",
        reason=reason,
        remedy=remedy,
    )


def interviews(counts: Counts) -> str:
    """Interviews before and after over all arms, rounded as shared views must."""
    before = _sum(counts.n_campaign_before, counts.n_comparison_before)
    after = _sum(counts.n_campaign_after, counts.n_comparison_after)
    if before is None and after is None:
        return wording.about(counts.n)
    return wording.before_after(before, after)


def weak_reason(effect: EffectEstimate, language: str) -> str:
    """Why a row is drawn as weak: too few interviews or clusters somewhere; empty where it is not."""
    if not is_weak(effect.counts):
        return ""
    reasons = [note.say(language) for note in effect.caveats if note.code in SAYS_WHY_WEAK]
    return " ".join(reasons) or say("screens.compare.weak", language)


def _margin_label(margin: float | None, outcome: Outcome) -> str:
    if not margin:
        return ""
    return wording.tick(margin if outcome.better == "higher" else -margin)


def drawn_to(bound: float, unit: Unit) -> float:
    """Where the line of an interval ends, in the unit shown; without a bound it runs off the axis."""
    if math.isinf(bound):
        return math.copysign(OFF_THE_AXIS, bound)
    return round(wording.shown(bound, unit), 4)


def _numbers(estimate: float, low: float, high: float, unit: Unit, language: str) -> dict[str, object]:
    return {
        "estimate": _shown(estimate, unit),
        "low": drawn_to(low, unit),
        "high": drawn_to(high, unit),
        "effect": wording.number(estimate, unit),
        "interval": wording.interval(low, high, unit, language),
    }


def _said(note: Note, effect: EffectEstimate, outcome: Outcome, language: str) -> str:
    """A caveat with its numbers in the unit the screen shows."""
    if "estimate" not in note.values:
        return note.say(language)
    nearest = effect.conf_low if effect.conf_low > 0 else effect.conf_high
    unit = wording.unit(outcome.unit, language)
    shown = {
        "estimate": f"{wording.number(effect.estimate, outcome.unit)} {unit}",
        "nearest": f"{wording.number(nearest, outcome.unit)} {unit}",
    }
    return replace(note, values={**note.values, **shown}).say(language)


def _words(reading: Reading, grade: int, language: str) -> dict[str, object]:
    return {
        "reading": reading,
        "reading_words": say(f"screens.readings.{reading}", language),
        "evidence": grade,
        "evidence_words": say(f"screens.evidence.{grade}", language),
    }


def _shown(value: float | None, unit: Unit) -> float | None:
    return None if value is None else round(wording.shown(value, unit), 4)


def _sum(*parts: int | None) -> int | None:
    there = [part for part in parts if part is not None]
    return sum(there) if there else None
