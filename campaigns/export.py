"""Results as tables that other programs read: the effects, the averages, and what must be known of them."""

import io
import json
import math
import platform
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version

import pandas as pd
import xlsxwriter

from campaigns.campaign import Outcome
from campaigns.claims import harm_alarm, headline
from campaigns.disclosure import protect
from campaigns.effects import Effect, EffectEstimate, Evaluation, LockedPlan, Note, PlanStamp, PooledEffect
from campaigns.registry import notes_on
from campaigns.role_test import RoleTest, roles_alike
from surveys.languages import pick, say
from surveys.spreadsheets import defused


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

Tables = Mapping[str, pd.DataFrame]


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
        say("export.protected", language),
        say("export.units", language),
    ]
    notes += [note.say(language) for note in notes_on(campaign)]
    alarm = harm_alarm(evaluation, language)
    return (*notes, *([alarm] if alarm else []))


def as_csv(table: pd.DataFrame, notes: Sequence[str] = (), more: Tables | None = None) -> bytes:
    """The table as CSV in UTF-8; text that a spreadsheet would run as a formula is defused. Holds no notes."""
    flat = pd.DataFrame(
        {name: [defused(_flat(v)) for v in table[name]] for name in table.columns}, dtype=object
    )
    return flat.to_csv(index=False, lineterminator="\n").encode("utf-8")


def as_json(table: pd.DataFrame, notes: Sequence[str] = (), more: Tables | None = None) -> bytes:
    """The table as a list of objects, at full precision; what is absent or infinite is null."""
    return (json.dumps(records(table), ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def as_xlsx(table: pd.DataFrame, notes: Sequence[str] = (), more: Tables | None = None) -> bytes:
    """A workbook: the table, further tables, and a sheet of notes. No text becomes a formula or a link."""
    file = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(file, options) as book:
        bold = book.add_format({"bold": True})
        for name, sheet_table in {"effects": table, **(more or {})}.items():
            _write_sheet(book.add_worksheet(name), sheet_table, bold)
        if notes:
            sheet = book.add_worksheet("notes")
            sheet.set_column(0, 0, 120)
            for line, note in enumerate(notes):
                sheet.write_string(line, 0, note)
    return file.getvalue()


EXPORT_FORMATS: dict[str, Callable[[pd.DataFrame, Sequence[str], Tables | None], bytes]] = {
    "csv": as_csv,
    "xlsx": as_xlsx,
    "json": as_json,
}


def export_evaluation(evaluation: Evaluation, export_format: str, *, language: str = "en") -> bytes:
    """The protected effects in one of ``EXPORT_FORMATS``; a workbook holds averages, contrasts and notes too."""
    more = {
        "averages": pool_table(evaluation, language=language),
        "contrasts": contrast_table(evaluation, language=language),
    }
    notes = notes_of(protect(evaluation), language)
    return EXPORT_FORMATS[export_format](effect_table(evaluation, language=language), notes, more)


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
        "plan_lock": None if shared.lock is None else _lock(shared.lock),
        "made_at": shared.made_at.isoformat(),
        "software": software(),
        "protected": shared.protected,
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
    numbers = {name: _plain(round(getattr(test, name), 3)) for name in ("statistic", "df", "p_value")}
    return {"outcome": test.outcome, "roles": list(test.roles), **numbers}


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


def _lock(lock: LockedPlan) -> dict[str, object]:
    return {
        "version": lock.version,
        "sha256": lock.sha256,
        "locked_at": lock.locked_at.isoformat(),
        "locked_by": lock.locked_by,
        "late": lock.late,
    }


def records(table: pd.DataFrame) -> list[dict[str, object]]:
    """The rows as objects that JSON can hold."""
    names = list(table.columns)
    return [
        {name: _plain(value) for name, value in zip(names, row, strict=True)}
        for row in table.itertuples(index=False, name=None)
    ]


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


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, str | int | float | dict | list | bool):
        return value
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _flat(value: object) -> object:
    """A cell of a spreadsheet: sentences in a row, a mapping as its texts."""
    if isinstance(value, tuple):
        return " ".join(str(item) for item in value) or None
    if isinstance(value, Mapping):
        if "reason" in value:
            return f"{value['reason']} {value['remedy']}"
        return " ".join(f"{key}: {text}" for key, text in value.items())
    return value


def _write_sheet(sheet: xlsxwriter.worksheet.Worksheet, table: pd.DataFrame, bold: object) -> None:
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name, bold)
        for line, value in enumerate(table[name], start=1):
            cell = _flat(value)
            if isinstance(cell, int | float) and not isinstance(cell, bool) and math.isfinite(cell):
                sheet.write_number(line, column, cell)
            elif isinstance(cell, float) and math.isnan(cell):
                continue
            elif cell is not None:
                sheet.write_string(line, column, str(cell))
    sheet.freeze_panes(1, 0)
