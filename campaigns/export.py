"""Results as tables that other programs read: the effects, the averages, and what must be known of them."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version

import pandas as pd

from campaigns.alarms import told_alarms
from campaigns.campaign import Outcome
from campaigns.claims import harm_alarm, headline
from campaigns.disclosure import protect
from campaigns.disclosure_policy import Audience
from campaigns.effects import (
    Effect,
    EffectEstimate,
    Evaluation,
    LockedPlan,
    Note,
    PlanStamp,
    PooledEffect,
    ShownBy,
)
from campaigns.exported_tables import ExportedTables
from campaigns.flat_files import effects_as_csv, effects_as_json, effects_as_workbook, plain, records
from campaigns.latex import effects_as_latex
from campaigns.registry import notes_on
from campaigns.role_test import RoleTest, roles_alike
from campaigns.statistics_tables import effects_as_spss, effects_as_stata
from campaigns.word import effects_as_word
from surveys.languages import pick, say


EFFECT_COLUMNS = (
    "outcome", "site", "role", "subgroup", "design", "estimand", "term", "estimate", "std_error", "df", "statistic",
    "p_value", "p_adjusted", "conf_low", "conf_high", "n", "n_clusters", "n_campaign_before", "n_campaign_after",
    "n_comparison_before", "n_comparison_after", "mean_comparison_after", "standard_errors", "p_method", "verdict",
    "caveats", "not_estimable", "plan_sha256", "data_sha256", "software",
)  # fmt: skip
# Of an evaluation, whose plan may be locked; an estimate of a file on its own has the sentence among its caveats.
PLAN_COLUMNS = ("plan_status", "plan_deviations")
POOL_COLUMNS = (
    "outcome", "role", "sites", "left_out", "method", "interval", "k", "estimate", "std_error", "df", "p_value",
    "conf_low", "conf_high", "tau2", "tau2_low", "tau2_high", "i2", "q", "q_p_value", "predict_low", "predict_high",
    "n", "verdict", "caveats",
)  # fmt: skip
CONTRAST_COLUMNS = (
    "outcome", "first", "second", "estimate", "std_error", "df", "p_value", "p_adjusted", "conf_low", "conf_high",
    "caveats",
)  # fmt: skip
POOLED_FIELDS = (
    "method", "interval", "k", "estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "tau2", "tau2_low",
    "tau2_high", "i2", "q", "q_p_value", "predict_low", "predict_high",
)  # fmt: skip


def effect_table(
    results: Evaluation | Sequence[Effect],
    *,
    language: str = "en",
    plan_sha256: str | None = None,
    data_sha256: str | None = None,
) -> pd.DataFrame:
    """One row per effect, with the columns ``EFFECT_COLUMNS``, and ``PLAN_COLUMNS`` where it is an evaluation.

    An evaluation is protected first, however it comes; effects on their own are an evaluator's, from a file of
    theirs, and stand as they are. ``caveats`` holds a tuple of sentences, ``not_estimable`` a mapping with code,
    reason and remedy, or None.
    """
    effects, marks, columns = results, [], list(EFFECT_COLUMNS)
    if isinstance(results, Evaluation):
        shared = protect(results)
        plan_sha256, data_sha256 = shared.campaign.sha256, shared.data_sha256
        marks = [Note(code="simulated")] if shared.campaign.simulated else []
        effects, columns = shared.effects, [*EFFECT_COLUMNS, *PLAN_COLUMNS]
    stamps = {"plan_sha256": plan_sha256, "data_sha256": data_sha256, "software": software()}
    rows = [{**_row(effect, marks, language), **stamps} for effect in effects]  # type: ignore[union-attr]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def pool_table(evaluation: Evaluation, *, language: str = "en") -> pd.DataFrame:
    """One row per average, protected: those with equal weights and, where there are any, random effects."""
    rows = [
        {
            "outcome": pool.outcome,
            "role": pool.role,
            "sites": " ".join(pool.sites),
            "left_out": {site: note.say(language) for site, note in pool.left_out.items()} or None,
            **{name: getattr(pooled, name) for name in POOLED_FIELDS},
            "n": pool.n,
            "verdict": pool.verdict if pooled is pool.average else None,
            "caveats": tuple(note.say(language) for note in (*pool.caveats, *pooled.caveats)),
        }
        for pool in protect(evaluation).pools
        for pooled in (pool.average, pool.random_effects)
        if isinstance(pooled, PooledEffect)
    ]
    return pd.DataFrame(rows, columns=list(POOL_COLUMNS), dtype=object)


def contrast_table(evaluation: Evaluation, *, language: str = "en") -> pd.DataFrame:
    """One row per difference between two roles, protected."""
    rows = [
        {
            **{name: getattr(contrast, name) for name in CONTRAST_COLUMNS[:-1]},
            "caveats": tuple(note.say(language) for note in contrast.caveats),
        }
        for contrast in protect(evaluation).contrasts
    ]
    return pd.DataFrame(rows, columns=list(CONTRAST_COLUMNS), dtype=object)


def notes_of(evaluation: Evaluation, language: str = "en") -> tuple[str, ...]:
    """What must be known of a table of effects: what it is, from which data, what was done to protect people."""
    campaign = evaluation.campaign
    upload = evaluation.as_of_upload
    notes = [pick(campaign.title, language)]
    if campaign.simulated:
        notes.append(say("export.simulated", language))
    notes += [
        say("export.made", language, day=f"{evaluation.made_at:%Y-%m-%d %H:%M} UTC", software=software()),
        say("export.data", language, upload="–" if upload is None else upload, hash=evaluation.data_sha256),
        say("export.plan", language, hash=campaign.sha256),
        *_lock_in_words(evaluation.lock, language),
        _protection_in_words(evaluation.shown_by, language),
        say("export.units", language),
    ]
    notes += [note.say(language) for note in notes_on(campaign)]
    return (*notes, *told_alarms(evaluation, language))


EXPORT_FORMATS: dict[str, Callable[[ExportedTables], bytes]] = {
    "csv": effects_as_csv,
    "xlsx": effects_as_workbook,
    "dta": effects_as_stata,
    "sav": effects_as_spss,
    "tex": effects_as_latex,
    "docx": effects_as_word,
    "json": effects_as_json,
}


def exported(evaluation: Evaluation, *, language: str = "en", stars: bool = False) -> ExportedTables:
    """All tables of an evaluation, protected, with the names that people read."""
    shared = protect(evaluation)
    campaign = shared.campaign
    names = {site.id: pick(site.title, language) for site in campaign.sites}
    return ExportedTables(
        effects=effect_table(shared, language=language),
        more={
            "averages": pool_table(shared, language=language),
            "contrasts": contrast_table(shared, language=language),
        },
        notes=notes_of(shared, language),
        title=pick(campaign.title, language),
        language=language,
        names=names | {outcome.id: pick(outcome.title, language) for outcome in campaign.outcomes},
        confidence=campaign.analysis.confidence,
        stars=stars,
    )


def export_evaluation(
    evaluation: Evaluation, export_format: str, *, language: str = "en", stars: bool = False
) -> bytes:
    """The protected effects in one of ``EXPORT_FORMATS``; those that can hold averages, contrasts and notes do."""
    return EXPORT_FORMATS[export_format](exported(evaluation, language=language, stars=stars))


def evaluation_as_dict(evaluation: Evaluation, *, language: str = "en") -> dict[str, object]:
    """The whole protected evaluation, for programs: findings in words, effects, averages, contrasts, notes."""
    shared = protect(evaluation)
    campaign = shared.campaign

    def finding(outcome: Outcome) -> dict[str, object]:
        return {
            "outcome": outcome.id,
            "title": pick(outcome.title, language),
            "tier": outcome.tier.value,
            "headline": headline(shared, outcome.id, language),
        }

    tests = [roles_alike(shared.effects, campaign, outcome.id) for outcome in campaign.outcomes]
    return {
        "campaign": campaign.id,
        "title": pick(campaign.title, language),
        "simulated": campaign.simulated,
        "as_of_upload": shared.as_of_upload,
        "data_sha256": shared.data_sha256,
        "plan_sha256": campaign.sha256,
        "plan_lock": None if shared.lock is None else shared.lock.as_dict(),
        "made_at": shared.made_at.isoformat(),
        "software": software(),
        "protected": shared.protected,
        "disclosure_policy": None if shared.shown_by is None else asdict(shared.shown_by),
        "harm_alarm": harm_alarm(shared, language),
        "findings": [finding(outcome) for outcome in campaign.outcomes],
        "effects": records(effect_table(shared, language=language)),
        "averages": records(pool_table(shared, language=language)),
        "contrasts": records(contrast_table(shared, language=language)),
        "roles_alike": [_role_test(test) for test in tests if test is not None],
        "notes": list(notes_of(shared, language)),
    }


def _role_test(test: RoleTest) -> dict[str, object]:
    """The test as shared views show it: three decimals."""
    numbers = {name: plain(round(getattr(test, name), 3)) for name in ("statistic", "df", "p_value")}
    return {"outcome": test.outcome, "roles": list(test.roles), **numbers}


def _protection_in_words(shown_by: ShownBy | None, language: str) -> str:
    """What was done to protect the people interviewed, and by which policy."""
    if shown_by is None:
        return say("export.not_protected", language)
    release = "" if shown_by.release is None else say("export.release", language, number=shown_by.release)
    kind = "protected" if shown_by.audience in (Audience.SHARED, Audience.PUBLIC) else "exact"
    told = say(
        f"export.{kind}", language, version=shown_by.version, hash=shown_by.sha256, audience=shown_by.audience
    )
    return f"{told} {release}".strip()


def _lock_in_words(lock: LockedPlan | None, language: str) -> tuple[str, ...]:
    if lock is None:
        return (say("plan.source.no_lock", language),)
    facts = {
        "version": lock.version,
        "day": f"{lock.locked_at:%Y-%m-%d}",
        "by": lock.locked_by,
        "hash": lock.sha256,
    }
    return (say("plan.locked_late" if lock.late else "plan.locked", language, **facts),)


def software() -> str:
    """What the numbers were made with."""
    parts = []
    for package in ("campaign-evaluation", "statsmodels", "numpy"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} (not installed as a package)")
    return ", ".join([*parts, f"Python {platform.python_version()}"])


def _row(effect: Effect, marks: Sequence[Note], language: str) -> dict[str, object]:
    subject, counts, stamp = effect.subject, effect.counts, effect.stamp
    row: dict[str, object] = {
        name: getattr(subject, name)
        for name in ("outcome", "site", "role", "subgroup", "design", "estimand", "term")
    }
    if stamp is not None:
        row |= {"plan_status": stamp.status, "plan_deviations": _told_of(stamp, language)}
    if counts is not None:
        row |= {
            name: getattr(counts, name) for name in EFFECT_COLUMNS if name.startswith("n_") or name == "n"
        }
    if isinstance(effect, EffectEstimate):
        own = ("estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high",
               "mean_comparison_after", "standard_errors", "p_method", "verdict")  # fmt: skip
        notes = (*marks, *effect.caveats)
        return row | {name: getattr(effect, name) for name in own} | {"caveats": _said(notes, language)}
    why = {"code": effect.code, "reason": effect.reason(language), "remedy": effect.remedy(language)}
    return row | {"caveats": _said((*marks, *effect.caveats), language), "not_estimable": why}


def _told_of(stamp: PlanStamp, language: str) -> tuple[str, ...]:
    """The keys in which an estimate departs from the plan, or why it is exploratory."""
    if stamp.reason is not None:
        return (say(f"plan.exploratory.{stamp.reason.code}", language),)
    return stamp.deviations


def _said(notes: Sequence[Note], language: str) -> tuple[str, ...]:
    return tuple(note.say(language) for note in notes)
