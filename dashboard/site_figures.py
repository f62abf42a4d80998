"""The figures of one site: who was interviewed, where each arm stood, and every outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from campaigns import claims
from campaigns.campaign import Outcome, Site, Tier
from campaigns.effects import Effect, EffectEstimate, Evaluation
from campaigns.levels import Level
from dashboard import wording
from dashboard.figure_parts import (
    bounds_of,
    cited,
    level_scale,
    lines_of,
    records,
    row_of,
    scale_of,
    script,
    simulated,
    source_of,
)
from dashboard.figure_spec import Box, FigureGroup, FigureRow, FigureSpec, Key, Lane, Look, Mark
from dashboard.forest import ForestRow, axis_of, site_rows
from dashboard.links import Address
from surveys.languages import pick, say


FLOW_CODE = """
table = services.tables.flow(evaluation)
print(table[table["site"] == $site].to_csv(index=False))
"""
LEVELS_CODE = """
for level in services.tables.levels(evaluation, $site):
    if level.outcome == $outcome:
        print(level)
"""
OUTCOMES_CODE = """
for effect in evaluation.effects:
    if effect.subject.site == $site and effect.subject.subgroup is None:
        print(effect)
"""


# ── Who was interviewed ────────────────────────────────────────────────────────────────────────────────────────────


def flow_figure(evaluation: Evaluation, flow: pd.DataFrame, site: Site, language: str) -> FigureSpec:
    """Clusters and people of a site by arm, from the first comparison wave to the last."""
    rows = [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in flow[flow["site"] == site.id].to_dict("records")
    ]
    headline, subtitle = _flow_headline(rows, site, language), say("site.flow.subtitle", language)
    people = sum(int(str(row.get(f"people_{wave}") or 0)) for row in rows for wave in ("before", "after"))
    return FigureSpec(
        id="flow",
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("site.flow.how_to_read", language),
        source=source_of(evaluation, evaluation.campaign.outcomes[0].id, language, people),
        language=language,
        lanes=tuple(_lane(row, language) for row in rows),
        data=records(rows),
        code=script(evaluation, headline, subtitle, FLOW_CODE, site=site.id),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )


def arm_title(arm: str, language: str) -> str:
    """An arm by its usual name; one of several campaign arms by its own."""
    try:
        return say(f"site.arms.{arm or 'all'}", language)
    except KeyError:
        return arm.replace("_", " ")


def arm_look(arm: str) -> Look:
    """How an arm is drawn."""
    return "comparison" if arm == "comparison" else "campaign"


def _flow_headline(rows: Sequence[dict[str, object]], site: Site, language: str) -> str:
    place = pick(site.title, language)
    shown = [row for row in rows if not row.get("withheld")]
    if not shown:
        return say("site.flow.none", language, site=place)
    lost = [row for row in shown if row.get("clusters_lost")]
    if lost:
        parts = [
            say("site.flow.lost_of", language, lost=row["clusters_lost"], before=row["clusters_before"],
                arm=arm_title(str(row["arm"]), language))
            for row in lost
        ]  # fmt: skip
        return say("site.flow.lost", language, site=place, parts=wording.and_list(parts, language))
    before, after = (sum(int(str(row[f"people_{wave}"])) for row in shown) for wave in ("before", "after"))
    clusters = sum(int(str(row.get("clusters_before") or 0)) for row in shown)
    key = "kept" if clusters else "people"
    return say(f"site.flow.{key}", language, site=place, before=wording.about(before), after=wording.about(after),
               clusters=clusters)  # fmt: skip


def _lane(row: dict[str, object], language: str) -> Lane:
    arm = str(row["arm"])
    title, look = arm_title(arm, language), arm_look(arm)
    if row.get("withheld"):
        reason = say("site.flow.withheld", language, fewest=str(row["withheld"]).lstrip("<"))
        return Lane(title=title, reason=reason, look=look)
    return Lane(title=title, look=look, boxes=(*_assigned(row, language), _wave_box(row, "before", language),
                                               _wave_box(row, "after", language)))  # fmt: skip


def _assigned(row: dict[str, object], language: str) -> list[Box]:
    if row.get("clusters_without_interviews") is None:
        return []
    without, before = int(str(row["clusters_without_interviews"])), int(str(row.get("clusters_before") or 0))
    count = say("site.flow.clusters", language, count=without + before)
    return [Box(title=say("site.flow.assigned", language), count=count)]


def _wave_box(row: dict[str, object], wave: str, language: str) -> Box:
    details = []
    if row.get(f"clusters_{wave}") is not None:
        details.append(say("site.flow.clusters", language, count=row[f"clusters_{wave}"]))
    details.append(
        say("site.flow.analysed", language, analysed=wording.about(int(str(row[f"analysed_{wave}"]))),
            without=wording.about(int(str(row[f"not_analysed_{wave}"]))))
    )  # fmt: skip
    if wave == "after" and row.get("received_after") is not None:
        details.append(
            say("site.flow.received", language, count=wording.about(int(str(row["received_after"]))))
        )
    aside = []
    told = {
        "before": ("clusters_without_interviews",),
        "after": ("clusters_lost", "clusters_added", "people_followed", "people_lost", "people_new"),
    }[wave]
    for name in told:
        if row.get(name) is None:
            continue
        count = int(str(row[name]))
        said = f"{count:,}" if name.startswith("clusters") else wording.about(count)
        aside.append(say(f"site.flow.aside.{name}", language, count=said))
    return Box(
        title=say(f"site.flow.{wave}", language),
        count=say("site.flow.people", language, count=wording.about(int(str(row[f"people_{wave}"])))),
        details=tuple(details),
        aside=tuple(aside),
    )


# ── Where each arm stood ───────────────────────────────────────────────────────────────────────────────────────────


def levels_figure(
    evaluation: Evaluation, levels: Sequence[Level], site: Site, outcome: Outcome, language: str
) -> FigureSpec:
    """One outcome before and after, in each arm."""
    own = [level for level in levels if level.outcome == outcome.id]
    effect = effect_of(evaluation, site, outcome)
    headline = finding(evaluation, site, outcome, language)
    subtitle = say(
        "site.levels.subtitle",
        language,
        outcome=pick(outcome.title, language),
        measure=say(f"screens.measures.{claims.measure_of(outcome)}", language),
        confidence=wording.percent(evaluation.campaign.analysis.confidence),
    )
    ends = [end for level in own for end in (level.mean, level.conf_low, level.conf_high) if end is not None]
    arms = list(dict.fromkeys(level.arm for level in own))
    one_group = isinstance(effect, EffectEstimate) and effect.subject.estimand == "change"
    return FigureSpec(
        id="levels",
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("site.levels.how_to_read", language),
        source=source_of(evaluation, outcome.id, language, sum(level.n for level in own)),
        language=language,
        first=say("site.levels.first", language),
        columns=(say("site.levels.value", language), say("site.levels.interviews", language)),
        groups=tuple(
            FigureGroup(
                title=arm_title(arm, language),
                look=arm_look(arm),
                rows=tuple(_level_row(level, outcome, language) for level in own if level.arm == arm),
            )
            for arm in arms
        )
        or (FigureGroup(rows=(_no_levels(site, language),)),),
        scale=level_scale(ends, outcome.unit, bounds_of(outcome)),
        notes=(say("screens.compare.change_note", language),) if one_group else (),
        data=records([_level_record(level) for level in own]),
        code=script(evaluation, headline, subtitle, LEVELS_CODE, site=site.id, outcome=outcome.id),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )


def effect_of(evaluation: Evaluation, site: Site, outcome: Outcome) -> Effect | None:
    """The first effect of an outcome at a site; of several arms' the one declared first."""
    return next((e for e in evaluation.effects_of(outcome.id) if e.subject.site == site.id), None)


def finding(evaluation: Evaluation, site: Site, outcome: Outcome, language: str) -> str:
    """What is found of an outcome at a site, in a sentence; or why nothing is."""
    effect = effect_of(evaluation, site, outcome)
    if isinstance(effect, EffectEstimate):
        return claims.sentence(effect, outcome, site, language, evaluation.campaign.analysis.confidence)
    place, title = pick(site.title, language), pick(outcome.title, language)
    reason = say("screens.compare.nothing_yet", language) if effect is None else effect.reason(language)
    return say("site.no_finding", language, site=place, outcome=title, reason=reason)


def _level_row(level: Level, outcome: Outcome, language: str) -> FigureRow:
    name = say(f"site.levels.{level.when}", language)
    if level.withheld or level.mean is None:
        return FigureRow(name=name, reason=say("site.levels.withheld", language))
    unit = outcome.unit
    written = wording.level(level.mean, unit)
    bounds = None
    if level.conf_low is not None and level.conf_high is not None:
        bounds = (wording.shown(level.conf_low, unit), wording.shown(level.conf_high, unit))
        between = say("screens.words.range", language, low=wording.level(level.conf_low, unit),
                      high=wording.level(level.conf_high, unit))  # fmt: skip
        written = f"{written} ({between})"
    mark = Mark(
        estimate=wording.shown(level.mean, unit),
        low=None if bounds is None else bounds[0],
        high=None if bounds is None else bounds[1],
        look=arm_look(level.arm),
        weak=level.n_clusters is not None and level.n_clusters < claims.WEAK_BELOW_CLUSTERS,
    )
    return FigureRow(name=name, marks=(mark,), cells=(written, wording.about(level.n)))


def _no_levels(site: Site, language: str) -> FigureRow:
    return FigureRow(name=pick(site.title, language), reason=say("screens.compare.nothing_yet", language))


def _level_record(level: Level) -> dict[str, object]:
    return {
        "outcome": level.outcome, "site": level.site, "arm": level.arm, "when": level.when, "mean": level.mean,
        "conf_low": level.conf_low, "conf_high": level.conf_high, "n": None if level.withheld else level.n,
        "n_clusters": level.n_clusters, "flag": "c" if level.withheld else "",
    }  # fmt: skip


# ── Every outcome ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The rows of one outcome: one an arm."""

    outcome: Outcome
    rows: Sequence[ForestRow]


def outcome_figures(evaluation: Evaluation, site: Site, address: Address) -> list[FigureSpec]:
    """Every outcome's effect at a site: a figure for each unit, since different units share no scale."""
    units = list(dict.fromkeys(outcome.unit for outcome in evaluation.campaign.outcomes))
    return [
        _outcomes_in(evaluation, site, [o for o in evaluation.campaign.outcomes if o.unit == unit], address,
                     "outcomes" if place == 0 else f"outcomes-{unit.replace('_', '-')}")
        for place, unit in enumerate(units)
    ]  # fmt: skip


def _outcomes_in(
    evaluation: Evaluation, site: Site, outcomes: Sequence[Outcome], address: Address, figure: str
) -> FigureSpec:
    language, unit = address.language, outcomes[0].unit
    found = [
        _Found(
            outcome=outcome,
            rows=site_rows(
                site,
                [e for e in evaluation.effects_of(outcome.id) if e.subject.site == site.id],
                outcome,
                language,
            ),
        )
        for outcome in outcomes
    ]
    axis = axis_of([row for one in found for row in one.rows], outcomes[0], None)
    headline = _told_together(found, site, language)
    subtitle = say(
        "site.outcomes.subtitle",
        language,
        design=wording.design(site.design or evaluation.campaign.analysis.design, language),
        unit=wording.unit_in_words(unit, language),
        confidence=wording.percent(evaluation.campaign.analysis.confidence),
    )
    effects = [e for o in outcomes for e in evaluation.effects_of(o.id) if e.subject.site == site.id]
    most = max((e.counts.n for e in effects if isinstance(e, EffectEstimate)), default=0)
    crossed = any(row.kind == "change" for one in found for row in one.rows)
    return FigureSpec(
        id=figure,
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("site.outcomes.how_to_read", language),
        source=source_of(evaluation, outcomes[0].id, language, most),
        language=language,
        first=say("site.outcomes.first", language),
        columns=(
            f"{say('screens.table.effect', language)}, {wording.unit(unit, language)}",
            say("screens.table.reading", language),
            say("screens.table.evidence", language),
            say("screens.table.interviews", language),
        ),
        groups=_families(found, site, address),
        scale=scale_of(axis, language),
        legend=(
            Key(look=site.role.value, text=say("site.outcomes.key_change" if crossed else "site.outcomes.key_effect", language),
                form="cross" if crossed else "point"),
        ),
        notes=(say("screens.compare.change_note", language),) if crossed else (),
        data=records([effect_record(effect) for effect in effects]),
        code=script(evaluation, headline, subtitle, OUTCOMES_CODE, site=site.id),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )  # fmt: skip


def _families(found: Sequence[_Found], site: Site, address: Address) -> tuple[FigureGroup, ...]:
    language = address.language
    groups: dict[str, list[FigureRow]] = {}
    for one in found:
        outcome, rows = one.outcome, one.rows
        family = "harm" if outcome.tier is Tier.HARM else outcome.family
        note = say("screens.table.lower_better", language) if outcome.better == "lower" else ""
        href = address.to("/site", site=site.id, outcome=outcome.id)
        title = pick(outcome.title, language)
        several = len(rows) > 1
        groups.setdefault(family, []).extend(
            row_of(
                row,
                name=f"{title} · {row.name.partition(' · ')[2]}" if several else title,
                note=note,
                href=href,
            )
            for row in rows
        )
    ordered = sorted(groups, key=lambda family: family == "harm")
    return tuple(
        FigureGroup(title=wording.family(family, language), look=site.role.value, rows=tuple(groups[family]))
        for family in ordered
    )


def _told_together(found: Sequence[_Found], site: Site, language: str) -> str:
    """Which outcomes read how; harm in the open, what is unclear named as such."""
    parts = []
    for reading in ("worsened", "improved", "rose", "fell", "no_meaningful_change", "unclear"):
        named = [
            say("site.outcomes.quoted", language, title=pick(one.outcome.title, language))
            for one in found
            if any(row.reading == reading for row in one.rows)
        ]
        if named:
            parts.append(
                say(f"site.outcomes.{reading}", language, outcomes=wording.and_list(named, language))
            )
    place = pick(site.title, language)
    if not parts:
        return say("site.outcomes.nothing", language, site=place)
    return say(
        "site.outcomes.headline", language, site=place, parts=say("site.outcomes.join", language).join(parts)
    )


def effect_record(effect: Effect) -> dict[str, object]:
    """An effect for other programs, proportions 0-1; a reason where there is none."""
    subject = effect.subject
    plain: dict[str, object] = {
        "outcome": subject.outcome, "site": subject.site, "role": subject.role, "design": subject.design,
        "estimand": subject.estimand, "term": subject.term,
    }  # fmt: skip
    if not isinstance(effect, EffectEstimate):
        return {
            **plain,
            "flag": "c" if effect.code.startswith("suppressed") else "z",
            "not_estimable": effect.reason("en"),
        }
    return {
        **plain, "estimate": effect.estimate, "std_error": effect.std_error, "df": effect.df, "conf_low": effect.conf_low,
        "conf_high": effect.conf_high, "p_value": effect.p_value, "p_adjusted": effect.p_adjusted, "n": effect.counts.n,
        "n_clusters": effect.counts.n_clusters, "standard_errors": effect.standard_errors, "flag": "",
    }  # fmt: skip
