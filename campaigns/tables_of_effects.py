"""Tables of effects that come as files: pooled, or with their p-values adjusted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from campaigns import multiplicity
from campaigns.effects import Note, PooledEffect
from campaigns.pooled_sites import (
    NestedPool,
    ShrunkenSite,
    WithoutSite,
    leave_one_out,
    pool_nested,
    shrunken_sites,
)
from campaigns.pooling import (
    Interval,
    Method,
    Moderation,
    NoScatter,
    Vector,
    moderate,
    pool_effects,
    subgroup_test,
)
from campaigns.roles import objections
from surveys.problems import CannotProceed


LARGEST = 1e100  # beyond it squares overflow; no effect is that large
MISSING = ["", "NA", "NaN", "nan", "null", "None", "."]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Effects:
    """The rows of a table that hold an estimate."""

    estimates: Vector
    variances: Vector
    dfs: Vector
    rows: pd.DataFrame
    left_out: int


def read_table(path: Path) -> pd.DataFrame:
    """A CSV of text, blank cells missing; raises CannotProceed where it cannot be read."""
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=MISSING, encoding="utf-8-sig")
    except OSError as error:
        raise CannotProceed(
            str(path), "the file cannot be read.", f"Check the path ({error.strerror})."
        ) from error
    except (ValueError, UnicodeDecodeError) as error:
        raise CannotProceed(
            str(path),
            "the file cannot be read as a table.",
            "Save it as CSV in UTF-8 with one row of column names.",
        ) from error
    return table.rename(columns=str.strip)


def pool_table(
    table: pd.DataFrame,
    where: str,
    *,
    method: Method = "REML",
    interval: Interval | None = None,
    by: str | None = None,
    moderators: Sequence[str] = (),
    nested: str | None = None,
    confidence: float = 0.95,
    language: str = "en",
) -> dict[str, object] | None:
    """The average of a table's effects, its groups and moderators, as a JSON object; None where no row has one.

    ``interval`` None is the method's own: Knapp and Hartung's, floored; of equal weights, Satterthwaite's.

    Whatever is asked is computed, at any number of rows; what the policy has against it stands in ``caveats``.
    """
    effects = _effects(table, where)
    if effects.estimates.size == 0:
        return None
    asked, interval = interval, interval or "knapp_hartung_floored"
    pooled = _pool(effects, method, interval, confidence)
    groups = [] if by is None else _groups(effects, by, where, method, interval, confidence)
    moderation = _moderation(effects, moderators, where, method, interval, confidence) if moderators else None
    test = subgroup_test([group for _, group in groups]) if len(groups) > 1 else None
    if moderation is not None and by is None:
        test = (moderation.q, moderation.p_value)
    notes = [*pooled.caveats]
    if method == "equal" and asked in ("knapp_hartung", "knapp_hartung_floored"):
        notes.append(Note(code="interval_of_equal_weights", values={"asked": asked}))
    if effects.left_out:
        notes.append(Note(code="rows_left_out", values={"rows": effects.left_out}))
    return {
        **_fields(pooled),
        "groups": [
            {"group": name, **_fields(group), "caveats": [note.say(language) for note in group.caveats]}
            for name, group in groups
        ],
        "moderators": [] if moderation is None else _terms(moderation),
        "subgroup_q": None if test is None else test[0],
        "subgroup_p_value": None if test is None else test[1],
        **({} if moderation is None else _residual(moderation)),
        **_beside(effects, method, interval, confidence),
        "nested": None if nested is None else _nested(effects, nested, where, confidence),
        "method": pooled.method,
        "interval": pooled.interval,
        "confidence": confidence,
        "caveats": [note.say(language) for note in notes],
    }


def adjust_table(
    table: pd.DataFrame, where: str, *, method: multiplicity.Method, family: str | None = None
) -> pd.DataFrame:
    """The table with a last column ``p_adjusted``; without a family all rows are one."""
    p_values = _numbers(table, "p_value", where)
    strange = (p_values < 0) | (p_values > 1)
    if strange.any():
        row = int(np.flatnonzero(strange)[0]) + 1
        raise CannotProceed(
            f"{where}, p_value, row {row}", "a p-value lies between 0 and 1.", "Mend the cell."
        )
    if family is not None:
        _must_have(table, family, where)
    families = pd.Series("", index=table.index) if family is None else table[family].fillna("")
    adjusted = np.full(len(table), np.nan)
    for name in families.unique():
        places = np.flatnonzero((families == name).to_numpy())
        found = multiplicity.adjusted(p_values.to_numpy(float)[places].tolist(), method)
        adjusted[places] = [math.nan if p is None else p for p in found]
    return table.drop(columns="p_adjusted", errors="ignore").assign(p_value=p_values, p_adjusted=adjusted)


def _effects(table: pd.DataFrame, where: str) -> _Effects:
    estimates = _numbers(table, "estimate", where)
    if "std_error" in table.columns:
        errors = _numbers(table, "std_error", where)
        _refuse(errors <= 0, where, "std_error", "it must be greater than zero.", "Mend the cell.")
        variances = errors**2
    elif "variance" in table.columns:
        variances = _numbers(table, "variance", where)
        _refuse(variances <= 0, where, "variance", "it must be greater than zero.", "Mend the cell.")
    else:
        raise CannotProceed(
            where, "there is neither a column std_error nor a column variance.", "Add one of the two."
        )
    there = estimates.notna() & variances.notna()
    dfs = _numbers(table, "df", where) if "df" in table.columns else pd.Series(np.inf, index=table.index)
    _refuse(
        dfs <= 0,
        where,
        "df",
        "degrees of freedom are greater than zero.",
        "Mend the cell, or leave it blank.",
    )
    return _Effects(
        estimates=estimates[there].to_numpy(float),
        variances=variances[there].to_numpy(float),
        dfs=np.asarray(dfs[there].fillna(np.inf), dtype=np.float64),
        rows=table[there].reset_index(drop=True),
        left_out=int((~there).sum()),
    )


def _pool(effects: _Effects, method: Method, interval: Interval, confidence: float) -> PooledEffect:
    pooled = pool_effects(
        effects.estimates,
        effects.variances,
        effects.dfs,
        method=method,
        interval=interval,
        confidence=confidence,
    )
    return replace(pooled, caveats=objections(pooled))


def _beside(effects: _Effects, method: Method, interval: Interval, confidence: float) -> dict[str, object]:
    """The average without each site, and each site in the light of the average."""
    labels = (
        effects.rows["site"] if "site" in effects.rows.columns else pd.Series(range(1, len(effects.rows) + 1))
    )
    names = [str(label) for label in labels]
    numbers = (effects.estimates, effects.variances)
    without = leave_one_out(
        names, *numbers, effects.dfs, method=method, interval=interval, confidence=confidence
    )
    shrunken = shrunken_sites(names, *numbers, method=method, interval=interval, confidence=confidence)
    return {
        "leave_one_out": [_plain(one) for one in without],
        "shrunken": [_plain(one) for one in shrunken],
    }


def _nested(effects: _Effects, column: str, where: str, confidence: float) -> dict[str, object]:
    _must_have(effects.rows, column, where)
    group = pd.factorize(effects.rows[column].fillna(""))[0].astype(np.int64)
    if len(np.unique(group)) < 2 or len(group) < 3:
        raise CannotProceed(
            "--nested", "at least three effects in two groups are needed.", "Leave --nested out."
        )
    return _plain(pool_nested(effects.estimates, effects.variances, group, confidence=confidence))


def _plain(found: WithoutSite | ShrunkenSite | NestedPool) -> dict[str, object]:
    return {name: _finite(value) for name, value in asdict(found).items()}


def _groups(
    effects: _Effects, by: str, where: str, method: Method, interval: Interval, confidence: float
) -> list[tuple[str, PooledEffect]]:
    _must_have(effects.rows, by, where)
    names = effects.rows[by].fillna("")
    found = []
    for name in dict.fromkeys(names):
        chosen = (names == name).to_numpy()
        part = _Effects(
            estimates=effects.estimates[chosen],
            variances=effects.variances[chosen],
            dfs=effects.dfs[chosen],
            rows=effects.rows[chosen],
            left_out=0,
        )
        found.append((str(name), _pool(part, method, interval, confidence)))
    return found


def _moderation(
    effects: _Effects,
    moderators: Sequence[str],
    where: str,
    method: Method,
    interval: Interval,
    confidence: float,
) -> Moderation:
    if method == "equal":
        raise CannotProceed(
            "--method", "equal weights leave no room for a moderator.", "Use REML, DL, PM or fixed."
        )
    columns: dict[str, Vector] = {"intercept": np.ones(effects.estimates.size)}
    for moderator in moderators:
        columns |= _moderator(effects.rows, moderator, where)
    design = np.column_stack(list(columns.values()))
    if design.shape[0] <= design.shape[1]:
        raise CannotProceed(
            "--moderator",
            f"{design.shape[0]} rows cannot carry {design.shape[1]} coefficients.",
            "Name fewer moderators or add rows.",
        )
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise CannotProceed(
            "--moderator",
            "the moderators say the same thing, or one does not vary.",
            "Leave one of them out.",
        )
    try:
        return moderate(
            effects.estimates,
            effects.variances,
            design,
            list(columns),
            method=method,
            interval=interval,
            confidence=confidence,
        )
    except NoScatter:
        raise CannotProceed(
            "--interval",
            "the moderators explain the effects without a remainder, so that knapp_hartung has no error to test them by.",
            "Use knapp_hartung_floored or normal.",
        ) from None


def _moderator(rows: pd.DataFrame, name: str, where: str) -> dict[str, Vector]:
    """A column of numbers as it stands; one of names as indicators, the first name in order left out."""
    _must_have(rows, name, where)
    if rows[name].isna().any():
        row = int(np.flatnonzero(rows[name].isna())[0]) + 1
        raise CannotProceed(f"{where}, {name}, row {row}", "the moderator is blank.", "Fill the cell.")
    numbers = pd.to_numeric(rows[name], errors="coerce")
    if numbers.notna().all():
        return {name: numbers.to_numpy(float)}
    levels = sorted(rows[name].unique())
    if len(levels) < 2:
        raise CannotProceed(
            "--moderator", f"the column {name} does not vary, so it explains nothing.", "Leave it out."
        )
    return {f"{name}={level}": (rows[name] == level).to_numpy(float) for level in levels[1:]}


def _numbers(table: pd.DataFrame, column: str, where: str) -> pd.Series:
    _must_have(table, column, where)
    numbers = pd.to_numeric(table[column].replace({"Inf": "inf", "-Inf": "-inf"}), errors="coerce").astype(
        float
    )
    strange = table[column].notna() & ~(numbers.abs() <= LARGEST)
    if column == "df":
        strange &= numbers != np.inf  # the normal distribution
    _refuse(
        strange,
        where,
        column,
        "this is not a number that can be worked with.",
        "Write digits with a decimal point.",
    )
    return cast("pd.Series", numbers)


def _refuse(wrong: pd.Series, where: str, column: str, what: str, remedy: str) -> None:
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0]) + 1
        raise CannotProceed(f"{where}, {column}, row {row}", what, remedy)


def _must_have(table: pd.DataFrame, column: str, where: str) -> None:
    if column not in table.columns:
        raise CannotProceed(
            where, f"there is no column {column}.", f"The columns are: {', '.join(map(str, table.columns))}."
        )


def _fields(pooled: PooledEffect) -> dict[str, object]:
    names = ("k", "estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "tau2", "tau2_low", "tau2_high",
             "i2", "q", "q_p_value", "predict_low", "predict_high")  # fmt: skip
    return {name: _finite(getattr(pooled, name)) for name in names}


def _terms(moderation: Moderation) -> list[dict[str, object]]:
    return [{name: _finite(value) for name, value in asdict(term).items()} for term in moderation.terms]


def _residual(moderation: Moderation) -> Mapping[str, object]:
    return {
        "subgroup_df": moderation.q_df,
        "residual_tau2": moderation.tau2,
        "residual_q": moderation.residual_q,
        "residual_q_p_value": moderation.residual_q_p_value,
    }


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
