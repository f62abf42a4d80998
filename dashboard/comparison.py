"""Everything the compare page says about one outcome: the finding in words, the cards, the table, what to doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from campaigns import claims
from campaigns.campaign import Campaign, Outcome, Tier, Wave
from campaigns.effects import Contrast, EffectEstimate, Evaluation, PooledEffect
from campaigns.plan_lock import told_of_plan
from dashboard import wording
from dashboard.forest import (
    Axis,
    Forest,
    ForestRow,
    Reading,
    axis_of,
    drawn_to,
    forest,
    is_of_changes,
    pool_of,
    reading_of,
)
from surveys.languages import pick, say


MOST_MINI_ROWS = 6  # a card is read at a glance or not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class MiniRow:
    """One outcome in the small chart of a role's card."""

    outcome: str
    title: str
    current: bool
    lower: bool  # whether less of it is what the campaign hopes for
    estimate: float | None
    low: float | None
    high: float | None
    effect: str  # or a dash where there is no number


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleCard:
    """One role at a glance: its average (or its only site), and how that stands among the outcomes."""

    role: str
    title: str
    basis: str  # "Average of 3 sites", "One site: Nepal"
    effect: str
    unit: str
    interval: str
    reading: Reading | None
    reading_words: str
    reason: str
    axis: Axis
    minis: tuple[MiniRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The compare page for one outcome, in one language."""

    outcome: str
    headline: str
    sentence: str
    cards: tuple[RoleCard, ...]
    forest: Forest
    contrasts: tuple[str, ...]
    contrasts_note: str
    change_note: str  # why some rows are no effects; empty where all are
    source: tuple[str, ...]
    harm: bool  # whether this is an outcome that must not move the wrong way
    alarm: str  # what is said where it did; empty where it did not
    simulated: str  # the notice that must go wherever the numbers go; empty for real data


def compare(evaluation: Evaluation, outcome_id: str, language: str) -> Comparison:
    """What the compare page shows of one outcome."""
    outcome = evaluation.campaign.outcome(outcome_id)
    table = forest(evaluation, outcome_id, language)
    rows = [row for group in table.groups for row in group.rows]
    contrasts, contrasts_note = contrasts_in_words(evaluation, outcome, language)
    return Comparison(
        outcome=outcome_id,
        headline=claims.headline(evaluation, outcome_id, language),
        sentence=sentence(evaluation.campaign, outcome, language),
        cards=cards(evaluation, outcome, table, language),
        forest=table,
        contrasts=tuple(contrasts),
        contrasts_note=contrasts_note,
        change_note=say("screens.compare.change_note", language)
        if any(row.kind == "change" for row in rows)
        else "",
        source=source(evaluation, outcome_id, language),
        harm=outcome.tier is Tier.HARM,
        alarm=_alarm(evaluation, outcome, language),
        simulated=say("screens.frame.simulated", language) if evaluation.campaign.simulated else "",
    )


def sentence(campaign: Campaign, outcome: Outcome, language: str) -> str:
    """What exactly is plotted: the estimand, the waves, the unit and the interval, in one sentence."""
    analysis = campaign.analysis
    return say(
        "screens.compare.sentence",
        language,
        measure=say(f"screens.measures.{claims.measure_of(outcome)}", language),
        comparison=comparison_of(campaign, campaign.analysis.design, language),
        unit=wording.unit_in_words(outcome.unit, language),
        confidence=wording.percent(analysis.confidence),
    )


def cards(evaluation: Evaluation, outcome: Outcome, table: Forest, language: str) -> tuple[RoleCard, ...]:
    """One card a role, in the order of the route."""
    beside = _beside(evaluation, outcome, language)
    cards_minis = {
        group.role: tuple(_mini(evaluation, other, group.role, outcome.id, language) for other in beside)
        for group in table.groups
    }
    axis = axis_of((_as_row(mini) for minis in cards_minis.values() for mini in minis), outcome, margin=None)
    return tuple(
        _card(evaluation, outcome, group.role, cards_minis[group.role], axis, language)
        for group in table.groups
    )


def contrasts_in_words(evaluation: Evaluation, outcome: Outcome, language: str) -> tuple[list[str], str]:
    """Each difference between two roles as a line, and what must be said of all of them."""
    contrasts = [contrast for contrast in evaluation.contrasts if contrast.outcome == outcome.id]
    if not contrasts:
        return [], say("screens.compare.no_contrasts", language)
    caveats = [[note.say(language) for note in contrast.caveats] for contrast in contrasts]
    of_all = [text for text in caveats[0] if all(text in others for others in caveats)]
    lines = [
        " ".join([_contrast(contrast, outcome, language), *(text for text in own if text not in of_all)])
        for contrast, own in zip(contrasts, caveats, strict=True)
    ]
    return lines, " ".join(of_all) or say("screens.compare.contrasts_note", language)


def _contrast(contrast: Contrast, outcome: Outcome, language: str) -> str:
    return say(
        "screens.compare.contrast",
        language,
        first=wording.role(contrast.first, language),
        second=say(f"screens.roles.{contrast.second}.within", language),
        effect=wording.number(contrast.estimate, outcome.unit),
        unit=wording.unit(outcome.unit, language),
        interval=wording.interval(contrast.conf_low, contrast.conf_high, outcome.unit, language),
        p=wording.p_value(contrast.p_adjusted),
    )


def alarms(evaluation: Evaluation, language: str) -> dict[str, str]:
    """Harm outcome id -> what is said of its having moved the wrong way; what is certain stands first."""
    outcomes = sorted(
        evaluation.campaign.outcomes, key=lambda outcome: not _surely_worse(evaluation, outcome)
    )
    said = {outcome.id: _alarm(evaluation, outcome, language) for outcome in outcomes}
    return {outcome: alarm for outcome, alarm in said.items() if alarm}


def _alarm(evaluation: Evaluation, outcome: Outcome, language: str) -> str:
    if outcome.tier is not Tier.HARM:
        return ""
    alone = replace(evaluation, campaign=replace(evaluation.campaign, outcomes=(outcome,)))
    return claims.harm_alarm(alone, language) or ""


def _surely_worse(evaluation: Evaluation, outcome: Outcome) -> bool:
    """Whether an interval leaves no doubt at one site at least."""
    lower_better = outcome.better == "lower"
    return outcome.tier is Tier.HARM and any(
        effect.conf_low > 0 if lower_better else effect.conf_high < 0
        for effect in evaluation.effects_of(outcome.id)
        if isinstance(effect, EffectEstimate)
    )


def source(evaluation: Evaluation, outcome: str, language: str) -> tuple[str, ...]:
    """Where the numbers come from: waves and their dates, method, what it rests on, data version."""
    campaign = evaluation.campaign
    analysis = campaign.analysis
    estimates = [e for e in evaluation.effects if isinstance(e, EffectEstimate)]
    errors = wording.and_list(sorted({e.standard_errors for e in estimates}), language)
    return (
        say(
            "screens.compare.source_simulated" if campaign.simulated else "screens.compare.source",
            language,
            waves=_waves(campaign, language),
        ),
        say(
            "screens.compare.method",
            language,
            design=wording.design(analysis.design, language),
            errors=errors or analysis.standard_errors,
            multiplicity=say(f"screens.multiplicity.{analysis.multiplicity}", language),
        ),
        *_assumption(analysis.design, language),
        told_of_plan(evaluation, outcome, language),
        say(
            "screens.compare.version",
            language,
            upload=evaluation.as_of_upload or say("screens.words.none", language),
            hash=evaluation.data_sha256[:7],
            day=wording.day(evaluation.made_at, language),
        ),
    )


def _assumption(design: str, language: str) -> list[str]:
    try:
        said = say(f"assumptions.{design}", language)
    except KeyError:
        return []
    return [say("screens.compare.assumption", language, assumption=said)]


def comparison_of(campaign: Campaign, design: str, language: str) -> str:
    """What a design compares, in words and with the waves of the campaign."""
    analysis = campaign.analysis
    before, after = (_wave_names(campaign, ids, language) for ids in (analysis.before, analysis.after))
    key = f"screens.comparisons.{design}"
    try:
        return say(key, language, before=before, after=after)
    except KeyError:
        return wording.design(design, language)


def _wave_names(campaign: Campaign, ids: Sequence[str], language: str) -> str:
    named = [_wave(wave, language) for wave in campaign.waves if wave.id in ids]
    return wording.and_list(named, language)


def _wave(wave: Wave, language: str) -> str:
    when = wording.months(wave.opens, wave.closes, language)
    title = pick(wave.title, language)
    return say("screens.words.wave", language, title=title, when=when) if when else title


def _waves(campaign: Campaign, language: str) -> str:
    used = {*campaign.analysis.before, *campaign.analysis.after}
    waves = [wave for wave in campaign.waves if wave.id in used] or list(campaign.waves)
    return wording.and_list([_wave(wave, language) for wave in waves], language)


def _beside(evaluation: Evaluation, current: Outcome, language: str) -> list[Outcome]:
    """The outcomes of a card's small chart, of one unit: a harm with an alarm always, then the plan's main ones."""
    campaign = evaluation.campaign
    fitting = [o for o in campaign.outcomes if o.unit == current.unit and o.tier is not Tier.EXPLORATORY]
    must = [o for o in fitting if o is current or _alarm(evaluation, o, language)]
    may = sorted((o for o in fitting if o not in must), key=lambda o: o.tier is Tier.SECONDARY)
    kept = {current.id, *(o.id for o in [*must, *may[: max(MOST_MINI_ROWS - len(must), 0)]])}
    return [o for o in campaign.outcomes if o.id in kept]


def _mini(evaluation: Evaluation, outcome: Outcome, role: str, current: str, language: str) -> MiniRow:
    shown = _number_of(evaluation, outcome, role)
    return MiniRow(
        outcome=outcome.id,
        title=pick(outcome.title, language),
        current=outcome.id == current,
        lower=outcome.better == "lower",
        estimate=None if shown is None else wording.shown(shown.estimate, outcome.unit),
        low=None if shown is None else drawn_to(shown.conf_low, outcome.unit),
        high=None if shown is None else drawn_to(shown.conf_high, outcome.unit),
        effect="–" if shown is None else wording.number(shown.estimate, outcome.unit),
    )


def _number_of(evaluation: Evaluation, outcome: Outcome, role: str) -> PooledEffect | EffectEstimate | None:
    """The role's average; where it has but one site with an effect, that site's."""
    pool = pool_of(evaluation, outcome.id, role)
    if pool is not None and pool.average is not None:
        return pool.average
    own = _effects_in(evaluation, outcome.id, role)
    return own[0] if len(own) == 1 else None


def _effects_in(evaluation: Evaluation, outcome_id: str, role: str) -> list[EffectEstimate]:
    sites = {site.id for site in evaluation.campaign.sites if site.role == role}
    return [
        effect
        for effect in evaluation.effects_of(outcome_id)
        if isinstance(effect, EffectEstimate)
        and effect.subject.site in sites
        and effect.subject.estimand != "change"
    ]


def _card(
    evaluation: Evaluation,
    outcome: Outcome,
    role: str,
    minis: tuple[MiniRow, ...],
    axis: Axis,
    language: str,
) -> RoleCard:
    number = _number_of(evaluation, outcome, role)
    pool = pool_of(evaluation, outcome.id, role)
    alone = isinstance(number, EffectEstimate)
    verdict = (
        claims.told_verdict(number, outcome)
        if alone
        else claims.told_pool_verdict(pool, outcome)
        if pool
        else None
    )
    changes = pool is not None and is_of_changes(evaluation, pool)
    reading = None if number is None else reading_of(verdict, number.estimate, outcome, change=changes)
    return RoleCard(
        role=role,
        title=wording.role(role, language),
        basis=_basis(evaluation.campaign, number, changes, language),
        effect="" if number is None else wording.number(number.estimate, outcome.unit),
        unit=wording.unit(outcome.unit, language),
        interval=""
        if number is None
        else wording.interval(number.conf_low, number.conf_high, outcome.unit, language),
        reading=reading,
        reading_words="" if reading is None else say(f"screens.readings.{reading}", language),
        reason="" if number is not None else _no_number(evaluation, outcome, role, language),
        axis=axis,
        minis=minis,
    )


def _basis(
    campaign: Campaign, number: PooledEffect | EffectEstimate | None, changes: bool, language: str
) -> str:
    if isinstance(number, PooledEffect):
        key = "basis_changes" if changes else "basis_average"
        return say(f"screens.compare.{key}", language, sites=wording.sites(number.k, language))
    if isinstance(number, EffectEstimate):
        site = pick(campaign.site(number.subject.site or "").title, language)
        return say("screens.compare.basis_one", language, site=site)
    return ""


def _no_number(evaluation: Evaluation, outcome: Outcome, role: str, language: str) -> str:
    sites = {site.id for site in evaluation.campaign.sites if site.role == role}
    changes = [
        effect
        for effect in evaluation.effects_of(outcome.id)
        if effect.subject.site in sites and effect.subject.estimand == "change"
    ]
    key = "only_change" if changes else "no_average"
    return say(f"screens.compare.{key}", language)


def _as_row(mini: MiniRow) -> ForestRow:
    return ForestRow(
        kind="site", role="", site=None, name="", estimate=mini.estimate, low=mini.low, high=mini.high
    )
