"""Campaign files: reviewed YAML becomes a valid Campaign, or a complaint with file and key."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast, get_args

from campaigns.campaign import (
    Analysis,
    Better,
    Campaign,
    Columns,
    ItemClass,
    Outcome,
    Quota,
    Role,
    Site,
    Tier,
    Unit,
    Wave,
)
from campaigns.consistency import PARTS, among, analysis_columns, must_hold, scored_columns
from campaigns.countries import alpha_2, country_spellings, country_title, known_countries
from campaigns.effects import Note
from campaigns.linking_keys import linking_of
from campaigns.plan_inference import read_adjustment
from campaigns.plan_multiplicity import read_multiplicity
from campaigns.schema import Section, as_text, did_you_mean, read_yaml, section_of, unique
from campaigns.scores import parse_score, range_of, unit_of
from campaigns.weighting_plan import margin_columns, weighting_of
from surveys.fieldwork import FieldSite, FieldWave, Fieldwork, Part, Protection


__all__ = ["country_spellings", "country_title", "fieldwork_of", "load_campaign", "notes_on", "parse_score"]

DESIGNS = (
    "pre_post",
    "paired_pre_post",
    "difference_in_differences",
    "randomised",
    "ancova",
    "event_study",
    "staggered",
    "exposure",
    "encouragement",
)
NEEDS_BEFORE_AND_AFTER = ("pre_post", "paired_pre_post", "difference_in_differences", "ancova", "event_study")
STANDARD_ERRORS = ("iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3", "linearised")
P_VALUES = ("t", "normal", "wild_cluster_bootstrap", "randomisation", "automatic")
LOWEST_CONFIDENCE = 0.9  # of what sentences rest on: a narrower interval would carry words it cannot
POOL_METHODS = ("REML", "DL", "PM", "fixed", "equal")
MISSING_REASONS = ("dont_know", "refused", "not_asked", "not_applicable", "blank", "lost")
# From campaign to behaviour, then what a campaign may do harm to.
CONSTRUCTS = (
    "reach",
    "unaided_recall",
    "aided_recall",
    "message_comprehension",
    "subjective_information",
    "factual_knowledge",
    "risk_belief",
    "attitude",
    "norm",
    "stigma",
    "self_efficacy",
    "intention",
    "preparation",
    "protective_practice",
    "help_seeking",
    "behaviour",
    "generalised_fear",
    "distrust",
    "deterrence_of_regular_migration",
    "false_suspicion",
)
# Constructs whose answers may harm who is known by them: class S where the campaign file says nothing else.
SENSITIVE_CONSTRUCTS = frozenset(
    {"preparation", "behaviour", "own_migration", "recruiter_contact", "victimisation", "reporting"}
)
PARTS_COUNTED = frozenset({"arm", "cluster", "stratum"})  # what a quota may count by beside a question
DEFAULT_ARM_VALUES = {
    "campaign": ("campaign", "treatment", "treated", "intervention", "1", "yes"),
    "comparison": ("comparison", "control", "0", "no"),
}

_CAMPAIGN_KEYS = (
    "campaign", "title", "description", "simulated", "themes", "partners", "instrument", "messages", "costs",
    "waves", "sites", "columns", "linking", "weights", "missing_codes", "identifiers", "retention_months", "outcomes", "analysis",
)  # fmt: skip


def load_campaign(path: Path) -> Campaign:
    """The campaign that a file states.

    Raises
    ------
    CannotProceed
        The file is unreadable, or something in it is unknown, absent or contradictory; says the file, the key
        and what to write instead.
    """
    root = read_yaml(path)
    root.allow_only(_CAMPAIGN_KEYS)
    waves = tuple(_wave(section) for section in root.sections("waves"))
    columns = _columns(root.section("columns"), waves)
    sites = tuple(_site(section, waves) for section in root.sections("sites"))
    outcomes = tuple(_outcome(section) for section in root.sections("outcomes"))
    for entries, key in ((waves, "waves"), (sites, "sites"), (outcomes, "outcomes")):
        if not entries:
            root.refuse(key, "at least one entry is needed.", "Begin each entry with a dash: - {id: ...}.")
    unique(waves, lambda wave: wave.id, root, "waves")
    unique(sites, lambda site: site.id, root, "sites")
    unique(outcomes, lambda outcome: outcome.id, root, "outcomes")
    campaign = Campaign(
        id=root.name("campaign"),
        title=root.languages("title"),
        instrument=root.name("instrument"),
        waves=waves,
        sites=_weighted(sites, root, columns, waves),
        columns=columns,
        outcomes=outcomes,
        analysis=_analysis(root.section("analysis"), waves),
        simulated=root.flag("simulated"),
        description=root.languages("description", {}),
        themes=root.texts("themes"),
        partners=root.texts("partners"),
        messages=root.plain("messages"),
        costs=root.plain("costs"),
        missing_codes=_missing_codes(root.section("missing_codes")),
        linking=linking_of(root.section("linking")),
        identifiers=_identifiers(root.section("identifiers")),
        retention_months=root.whole("retention_months", low=1) if "retention_months" in root else None,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    must_hold(campaign, root)
    return campaign


def fieldwork_of(campaign: Campaign, *, site: str | None = None, wave: str | None = None) -> Fieldwork:
    """What an upload to the campaign may hold; ``site`` and ``wave`` are those the uploader named, if any."""
    columns = campaign.columns
    parts = {part: getattr(columns, part) for part in PARTS if getattr(columns, part) is not None}
    named = set(parts.values()) | set(columns.exposure.values())
    if columns.consent is not None:
        named.add(columns.consent)
    counted = sorted(
        {name for site in campaign.sites for quota in site.quotas for name in quota.by} - PARTS_COUNTED
    )
    keys = campaign.linking.keys
    extra = [*sorted(named), *analysis_columns(campaign), *scored_columns(campaign), *counted]
    extra += [key.question for key in keys]
    extra += margin_columns(campaign)
    return Fieldwork(
        campaign=campaign.id,
        sites=tuple(
            FieldSite(id=s.id, country=s.country, country_names=country_spellings(s.country))
            for s in campaign.sites
        ),
        waves=tuple(FieldWave(id=w.id, opens=w.opens, closes=w.closes) for w in campaign.waves),
        parts=cast("Mapping[Part, str]", parts),
        wave_values=columns.wave_values,
        arm_values=columns.arm_values,
        exposure=columns.exposure,
        site=site,
        wave=wave,
        missing_codes=campaign.missing_codes,
        consent=columns.consent,
        extra_columns=tuple(dict.fromkeys(extra)),
        linking_keys=keys,
        identifiers=campaign.identifiers,
    )


def notes_on(campaign: Campaign) -> tuple[Note, ...]:
    """What is allowed but unwise in a campaign file: no harm outcome, no margin, a construct off the ladder."""
    notes = []
    if not any(outcome.tier is Tier.HARM for outcome in campaign.outcomes):
        notes.append(Note(code="no_harm_outcome"))
    families = {o.family for o in campaign.outcomes if o.tier is not Tier.EXPLORATORY}
    without = sorted(families - set(campaign.analysis.margin))
    if without:
        notes.append(Note(code="no_margin", values={"families": ", ".join(without)}))
    undated = [
        o.id for o in campaign.outcomes if o.score.benchmark is not None and not o.score.benchmark_date
    ]
    if undated:
        notes.append(Note(code="undated_benchmark", values={"outcomes": ", ".join(undated)}))
    for outcome in campaign.outcomes:
        if outcome.construct not in CONSTRUCTS:
            values = {
                "outcome": outcome.id,
                "construct": outcome.construct,
                "constructs": ", ".join(CONSTRUCTS),
            }
            notes.append(Note(code="unknown_construct", values=values))
    return tuple(notes)


def _wave(section: Section) -> Wave:
    section.allow_only(("id", "title", "opens", "closes", "backcheck_of"))
    name = section.name("id")
    opens, closes = section.day("opens"), section.day("closes")
    if opens and closes and closes < opens:
        section.refuse("closes", "the wave closes before it opens.", "Exchange or mend the two days.")
    return Wave(
        id=name,
        title=section.languages("title", {"en": name}),
        opens=opens,
        closes=closes,
        backcheck_of=section.optional_text("backcheck_of"),
    )


def _site(section: Section, waves: Sequence[Wave]) -> Site:
    section.allow_only(
        ("id", "country", "role", "audience", "title", "target", "quotas", "design", "weights")
    )
    country = section.text("country").upper()
    if alpha_2(country) is None:
        section.refuse(
            "country",
            f'"{country}" is not a country.',
            f"Use the three letters of ISO 3166-1, for example NPL or KOR.{did_you_mean(country, known_countries())}",
        )
    target = section.section("target")
    target.allow_only([wave.id for wave in waves])
    return Site(
        id=section.name("id"),
        country=country,
        role=Role(section.choice("role", [role.value for role in Role])),
        audience=section.languages("audience", {}),
        title=section.languages("title", country_title(country)),
        target={wave: target.whole(wave) for wave in target.values},
        quotas=tuple(_quota(inner, waves) for inner in section.sections("quotas")),
        design=section.choice("design", DESIGNS) if "design" in section else None,
    )


def _weighted(
    sites: Sequence[Site], root: Section, columns: Columns, waves: Sequence[Wave]
) -> tuple[Site, ...]:
    """The sites with how their interviews are weighted: by their own keys, and where they say nothing by the campaign's."""
    names, column = [wave.id for wave in waves], columns.weight is not None
    usual = weighting_of(root.section("weights"), names, column=column)
    return tuple(
        replace(site, weights=weighting_of(section.section("weights"), names, column=column, otherwise=usual))
        for site, section in zip(sites, root.sections("sites"), strict=True)
    )


def _quota(section: Section, waves: Sequence[Wave]) -> Quota:
    section.allow_only(("by", "wave", "target"))
    by = section.section("by")
    if not by.values:
        section.refuse(
            "by", "this key is needed and absent.", "Say whom the quota counts, by: {sex: female}."
        )
    return Quota(
        by={name: by.text(name) for name in by.values},
        wave=section.choice("wave", [wave.id for wave in waves]),
        target=section.whole("target", low=1),
    )


def _columns(section: Section, waves: Sequence[Wave]) -> Columns:
    section.allow_only((*PARTS, "consent", "exposure"))
    exposure = section.section("exposure")
    plain = {
        part: section.optional_text(part)
        for part in (*PARTS, "consent")
        if not isinstance(section.values.get(part), Mapping)
    }
    wave, wave_values = _coded(section, "wave", [w.id for w in waves])
    arm, arm_values = _coded(section, "arm", None)
    given = {"wave": wave, "arm": arm} | {part: name for part, name in plain.items() if name}
    for part, value in section.values.items():
        if isinstance(value, Mapping) and part not in ("wave", "arm", "exposure"):
            inner = section.section(part)
            inner.allow_only(("column",))
            given[part] = inner.text("column")
    return Columns(
        **given,
        exposure={kind: exposure.text(kind) for kind in exposure.values},
        wave_values=_values_of_waves(waves) | wave_values,
        arm_values=(arm_values or dict(DEFAULT_ARM_VALUES)) if given.get("arm") else {},
    )


def _coded(
    section: Section, part: str, allowed: Sequence[str] | None
) -> tuple[str | None, dict[str, tuple[str, ...]]]:
    """The column of ``wave`` or ``arm`` and, where they are given, the values of the data that mean each id."""
    if not isinstance(section.values.get(part), Mapping):
        return section.optional_text(part), {}
    inner = section.section(part)
    if allowed is not None:
        inner.allow_only(("column", *allowed))
    values = {name: inner.texts(name) for name in inner.values if name != "column"}
    taken: dict[str, str] = {}
    for name, meant in values.items():
        for value in meant:
            if taken.setdefault(value.casefold(), name) != name:
                inner.refuse(
                    name,
                    f'"{value}" already means {taken[value.casefold()]}.',
                    "Let a value mean one thing only.",
                )
    return inner.text("column"), values


def _values_of_waves(waves: Sequence[Wave]) -> dict[str, tuple[str, ...]]:
    return {wave.id: tuple(dict.fromkeys((wave.id, *wave.title.values()))) for wave in waves}


def _outcome(section: Section) -> Outcome:
    section.allow_only(
        (
            "id", "construct", "title", "score", "column", "better", "family", "tier", "unit", "range", "item_class",
        )
    )  # fmt: skip
    name, construct = section.name("id"), section.text("construct")
    if "column" in section and "score" not in section:
        score = parse_score({"column": section.text("column")}, section.where("column"))
    elif "score" in section:
        score = parse_score(section.section("score").values, section.where("score"))
    else:
        section.refuse(
            "score", "this key is needed and absent.", "Say how answers become a number, {item: ...}."
        )
    unit = cast("Unit", section.choice("unit", get_args(Unit), unit_of(score)))
    return Outcome(
        id=name,
        construct=construct,
        title=section.languages("title", {"en": name.replace("_", " ")}),
        score=score,
        better=cast("Better", section.choice("better", get_args(Better))),
        family=section.name("family"),
        tier=Tier(section.choice("tier", [tier.value for tier in Tier])),
        unit=unit,
        range=section.interval("range") or range_of(score, unit),
        item_class=cast(
            "ItemClass",
            section.choice(
                "item_class", get_args(ItemClass), "S" if construct in SENSITIVE_CONSTRUCTS else "K"
            ),
        ),
    )


def _analysis(section: Section, waves: Sequence[Wave]) -> Analysis:
    section.allow_only(
        (
            "design", "before", "after", "standard_errors", "p_value", "draws", "seed", "covariates", "categorical",
            "fixed_effects", "adjustment", "subgroups", "margin", "multiplicity", "pool", "confidence",
        )
    )  # fmt: skip
    design = section.choice("design", DESIGNS)
    before, after = _waves_named(section, "before", waves), _waves_named(section, "after", waves)
    if design in NEEDS_BEFORE_AND_AFTER and not (before and after):
        section.refuse(
            "after" if before else "before",
            f"{design} compares waves and needs to know which.",
            f"Name one or more of: {', '.join(wave.id for wave in waves)}.",
        )
    order = [wave.id for wave in waves]
    main = [wave.id for wave in waves if wave.backcheck_of is None]
    if before and after and max(map(order.index, before)) >= min(map(order.index, after)):
        section.refuse(
            "before", "a wave before does not come before the waves after.", "Order the waves in time."
        )
    numeric, categorical = _covariates(section)
    pool = section.section("pool")
    pool.allow_only(("by", "method"))
    return Analysis(
        design=design,
        before=before,
        after=after or tuple(main[-1:]),
        standard_errors=section.choice("standard_errors", STANDARD_ERRORS, "CR2"),
        p_value=section.choice("p_value", P_VALUES, "t"),
        draws=section.whole("draws", 9999, low=99),
        seed=section.whole("seed", 1),
        covariates=numeric,
        categorical=(*categorical, *section.texts("categorical")),
        fixed_effects=section.texts("fixed_effects"),
        adjustment=read_adjustment(
            section, design, covariates=bool(numeric or categorical or section.texts("categorical"))
        ),
        subgroups=section.texts("subgroups"),
        margin=section.numbers("margin"),
        multiplicity=read_multiplicity(section),
        pool_by=pool.choice("by", ("role", "none"), "role"),
        pool_method=pool.choice("method", POOL_METHODS) if "method" in pool else None,
        confidence=section.number("confidence", 0.95, low=LOWEST_CONFIDENCE, high=0.999),
    )


def _waves_named(section: Section, key: str, waves: Sequence[Wave]) -> tuple[str, ...]:
    known = [wave.id for wave in waves]
    return tuple(_one_of(section, key, wave, known) for wave in section.texts(key))


def _covariates(section: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    numeric, categorical = [], []
    entries = section.values.get("covariates") or []
    for position, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        if isinstance(entry, Mapping):
            inner = section_of(entry, section.where(f"covariates[{position}]"))
            inner.allow_only(("categorical",))
            categorical.append(inner.text("categorical"))
        else:
            numeric.append(as_text(entry))
    return tuple(numeric), tuple(categorical)


def _missing_codes(section: Section) -> dict[str, str]:
    return {code: section.choice(code, MISSING_REASONS) for code in section.values}


def _identifiers(section: Section) -> dict[str, Protection]:
    return {
        question: cast("Protection", section.choice(question, get_args(Protection)))
        for question in section.values
    }


def _one_of(section: Section, key: str, value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        section.refuse(key, f'"{value}" is not one of the possible values.', among(value, allowed))
    return value
