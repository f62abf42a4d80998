"""What was decided before the data: the plan of a campaign, locked, and every estimate held against it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from typing import Literal

from campaigns.campaign import Analysis, Campaign, Columns, Outcome, Site, Tier
from campaigns.effects import Effect, EffectEstimate, Evaluation, LockedPlan, Note, PlanStamp
from campaigns.plan_multiplicity import STEP_DOWN
from surveys.languages import say


Reason = Literal[
    "no_lock",
    "locked_late",
    "exploratory_outcome",
    "outcome_not_planned",
    "site_not_planned",
    "subgroup_not_planned",
]

# What a plan fixes of an outcome and of a site. Titles may be reworded at any time.
OF_OUTCOMES = ("construct", "score", "better", "family", "tier", "unit", "range")
OF_SITES = ("country", "role", "design")
# Keys of the analysis that only some estimates depend on; all others every estimate depends on.
ONLY_FOR_SUBGROUPS, ONLY_FOR_MARGINS = "subgroups", "margin"
ONLY_FOR_AVERAGES = ("pool_by", "pool_method")
DRAWN = ("wild_cluster_bootstrap", "randomisation", "automatic")  # p-values that depend on draws and seed


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """One line of the report of plan against run: what was planned, and what came of it."""

    outcome: str
    site: str
    subgroup: str | None
    status: Literal["planned", "deviated", "exploratory", "not_run"]
    deviations: tuple[str, ...]
    told: Note | None  # why it is exploratory, or why there is no estimate
    estimate: float | None
    conf_low: float | None
    conf_high: float | None
    p_value: float | None
    p_adjusted: float | None


def plan_content(campaign: Campaign) -> dict[str, object]:
    """Everything the analysis of a campaign depends on, as plain values in one order: what a lock fixes."""
    return {
        "campaign": campaign.id,
        "instrument": campaign.instrument,
        "waves": [wave.id for wave in campaign.waves],
        "sites": {site.id: _of(site, OF_SITES) | _weights_of(site) for site in campaign.sites},
        "columns": _plain(_as_mapping(campaign.columns)),
        "missing_codes": dict(campaign.missing_codes),
        "outcomes": {outcome.id: _of(outcome, OF_OUTCOMES) for outcome in campaign.outcomes},
        "analysis": _plain(_analysis_of(campaign)),
    }


def _analysis_of(campaign: Campaign) -> dict[str, object]:
    """The analysis; keys that came after plans had been locked only where a plan uses them."""
    found = _as_mapping(campaign.analysis)
    if campaign.analysis.adjustment == "additive":
        del found["adjustment"]
    return found


def plan_sha256(content: Mapping[str, object]) -> str:
    """SHA-256 of a plan's content, whatever the order of its keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def binding(locks: Sequence[LockedPlan]) -> LockedPlan | None:
    """The lock that estimates are held against: the last one made before the data, else the last one made late."""
    in_time = [lock for lock in locks if not lock.late]
    chosen = in_time or locks
    return chosen[-1] if chosen else None


def stamp_of(effect: Effect, campaign: Campaign, lock: LockedPlan | None) -> PlanStamp:
    """Whether an estimate is what the locked plan says, departs from it and in what, or was never planned."""
    subject = effect.subject
    if lock is None:
        return _exploratory("no_lock")
    if lock.late:
        return _exploratory("locked_late")
    now, then = plan_content(campaign), lock.content
    outcomes, sites = _section(then, "outcomes"), _section(then, "sites")
    if subject.outcome not in outcomes:
        return _exploratory("outcome_not_planned")
    if campaign.outcome(subject.outcome).tier is Tier.EXPLORATORY:
        return _exploratory("exploratory_outcome")
    if subject.site is not None and subject.site not in sites:
        return _exploratory("site_not_planned")
    analysis = _section(then, "analysis")
    if subject.subgroup is not None and subject.subgroup.split("=")[0] not in _texts(analysis["subgroups"]):
        return _exploratory("subgroup_not_planned")
    deviations = tuple(_deviations(now, then, campaign, subject.outcome, subject.site))
    return PlanStamp(status="deviated" if deviations else "planned", deviations=deviations)


def stamped(evaluation: Evaluation, lock: LockedPlan | None) -> Evaluation:
    """The evaluation with the stamp of the plan on every estimate and on every gap."""
    campaign = evaluation.campaign
    effects = tuple(replace(effect, stamp=stamp_of(effect, campaign, lock)) for effect in evaluation.effects)
    return replace(evaluation, effects=effects, lock=lock)


def told_of_plan(evaluation: Evaluation, outcome: str, language: str) -> str:
    """How the estimates of an outcome stand to the plan, in one sentence."""
    lock = evaluation.lock
    if lock is None or lock.late:
        return say(f"plan.source.{'no_lock' if lock is None else 'late'}", language, **_facts(lock))
    stamps = [e.stamp for e in evaluation.effects_of(outcome) if e.stamp is not None]
    keys = sorted({key for stamp in stamps for key in stamp.deviations})
    if keys:
        return say("plan.source.deviated", language, **_facts(lock), keys=", ".join(keys))
    if any(stamp.status == "exploratory" for stamp in stamps):
        return say("plan.source.exploratory", language, **_facts(lock))
    return say("plan.source.planned", language, **_facts(lock))


def _facts(lock: LockedPlan | None) -> dict[str, object]:
    if lock is None:
        return {}
    return {
        "version": lock.version,
        "day": f"{lock.locked_at:%Y-%m-%d}",
        "by": lock.locked_by,
        "hash": lock.sha256,
    }


def compare_with_run(lock: LockedPlan, evaluation: Evaluation) -> list[PlanLine]:
    """Every estimate the plan names and what came of it, then those that were never planned."""
    run = {(e.subject.outcome, e.subject.site or "", e.subject.subgroup): e for e in evaluation.effects}
    lines = []
    for outcome in _section(lock.content, "outcomes"):
        for site in _section(lock.content, "sites"):
            wanted = [key for key in run if key[:2] == (outcome, site)]
            if not wanted:
                lines.append(_not_run(outcome, site))
            lines += [_line(run.pop(key)) for key in wanted]
    return [*lines, *(_line(effect) for effect in run.values())]


def _line(effect: Effect) -> PlanLine:
    stamp = effect.stamp or _exploratory("no_lock")
    there = effect if isinstance(effect, EffectEstimate) else None
    told = (
        stamp.reason if isinstance(effect, EffectEstimate) else Note(code=effect.code, values=effect.values)
    )
    return PlanLine(
        outcome=effect.subject.outcome,
        site=effect.subject.site or "",
        subgroup=effect.subject.subgroup,
        status=stamp.status if there is not None else "not_run",
        deviations=stamp.deviations,
        told=told,
        estimate=there.estimate if there else None,
        conf_low=there.conf_low if there else None,
        conf_high=there.conf_high if there else None,
        p_value=there.p_value if there else None,
        p_adjusted=there.p_adjusted if there else None,
    )


def _not_run(outcome: str, site: str) -> PlanLine:
    return PlanLine(
        outcome=outcome, site=site, subgroup=None, status="not_run", deviations=(), told=None, estimate=None,
        conf_low=None, conf_high=None, p_value=None, p_adjusted=None,
    )  # fmt: skip


def _exploratory(reason: Reason) -> PlanStamp:
    return PlanStamp(status="exploratory", reason=Note(code=reason))


def _deviations(
    now: Mapping[str, object], then: Mapping[str, object], campaign: Campaign, outcome: str, site: str | None
) -> Iterator[str]:
    """The keys, as the campaign file writes them, that an estimate depends on and that are no longer what was locked."""
    yield from _changed("", now, then, ("instrument", "waves", "columns", "missing_codes"))
    yield from _changed(
        f"outcomes.{outcome}.",
        _section(_section(now, "outcomes"), outcome),
        _section(_section(then, "outcomes"), outcome),
        OF_OUTCOMES,
    )
    if site is not None:
        yield from _changed(
            f"sites.{site}.",
            _section(_section(now, "sites"), site),
            _section(_section(then, "sites"), site),
            OF_SITES,
        )
        if _section(_section(now, "sites"), site).get("weights") != _section(
            _section(then, "sites"), site
        ).get("weights"):
            yield f"sites.{site}.weights"
    analysis, planned = _section(now, "analysis"), _section(then, "analysis")
    names = [
        field.name
        for field in fields(Analysis)
        if field.name not in (*ONLY_FOR_AVERAGES, ONLY_FOR_SUBGROUPS, ONLY_FOR_MARGINS)
    ]
    if campaign.analysis.p_value not in DRAWN and campaign.analysis.multiplicity not in STEP_DOWN:
        names = [name for name in names if name not in ("draws", "seed")]
    yield from _changed("analysis.", analysis, planned, names)
    family = campaign.outcome(outcome).family
    if _section(analysis, ONLY_FOR_MARGINS).get(family) != _section(planned, ONLY_FOR_MARGINS).get(family):
        yield f"analysis.margin.{family}"


def _changed(
    prefix: str, now: Mapping[str, object], then: Mapping[str, object], names: Sequence[str]
) -> Iterator[str]:
    """Names whose values differ. A name the lock does not know yet counts as the default it then had."""
    for name in names:
        if name in then and _known(now[name], then[name]) != then[name]:
            yield f"{prefix}{name}"


def _known(now: object, then: object) -> object:
    """A score without the fields that scores did not have yet when the plan was locked."""
    if isinstance(now, Mapping) and isinstance(then, Mapping) and "kind" in then:
        return {name: value for name, value in now.items() if name in then}
    return now


def _section(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = content[name]
    assert isinstance(found, Mapping), f"{name} of a plan is a mapping"  # noqa: S101
    return found


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _of(thing: Outcome | Site, names: Sequence[str]) -> dict[str, object]:
    return {name: _plain(getattr(thing, name)) for name in names}


def _weights_of(site: Site) -> dict[str, object]:
    """How the site's interviews are weighted; nothing where nothing is declared, as in locks made before that could be."""
    return {} if site.weights is None else {"weights": _plain(site.weights)}


def _as_mapping(thing: Columns | Analysis) -> dict[str, object]:
    return asdict(thing)


def _plain(value: object) -> object:
    """A value as JSON has it: enumerations as their text, tuples as lists, dataclasses as mappings."""
    if hasattr(value, "__dataclass_fields__"):
        value = asdict(value)  # type: ignore[call-overload]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return getattr(value, "value", value)
