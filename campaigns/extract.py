"""De-identified rows: what the effects of a bundle are made from, and nothing else.

In it are the scored outcomes, the variables the plan names and the parts of the design. Clusters, strata, blocks, fixed
effects and persons have codes that are drawn anew for every bundle, so that they tell no place and cannot be joined with
another bundle; the order of rows is drawn, too. Dates are waves. Answers, texts, interviewers and ids are not in it.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import SystemRandom

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from campaigns.cells import label
from campaigns.designs import DESIGNS
from campaigns.event_study import GROUP, TIME, with_events
from campaigns.linking_waves import linked
from campaigns.specification import Specification


LABELS = ("site", "wave", "arm", "cluster", "cluster2", "stratum", "block", "unit", "respondent")
NUMBERS = ("weight", "fpc", "received", "dose", "period", "first_treated")
CODED = ("cluster", "cluster2", "stratum", "block", "unit", "respondent")  # never by name
BEFORE = "before."  # begins the name of an outcome as it was before
RARE = 10  # people of a site: a category with fewer goes by a code
MOST_CATEGORIES = 15  # a category with more is likely to be a place, and goes by codes
NO_WAVES = ("event_study", "staggered")  # designs that know periods, not before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The rows, how their columns are named, and how each analysis is told in their terms."""

    rows: pd.DataFrame  # texts; a blank is missing
    specifications: tuple[Specification, ...]  # of each analysis, events as arms
    renamed: Mapping[str, str] = field(default_factory=dict)  # variable or outcome of the plan -> column
    recoded: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column -> value -> code


def extract_of(analyses: Sequence[tuple[ir.Table, Specification]]) -> Extract:
    """The rows of all analyses as one table, de-identified."""
    frames, told = [], []
    for table, specification in analyses:
        frame, own = _frame(table, specification)
        frames.append(frame)
        told.append(own)
    rows = pd.concat(frames, ignore_index=True).fillna("") if frames else pd.DataFrame()
    variables = list(dict.fromkeys(name for one in told for name in _variables(one)))
    outcomes = list(dict.fromkeys(name for one in told for name in one.outcomes))
    renamed = _names([*variables, *outcomes], rows.columns)
    recoded = {name: _codes(rows[name], name[0]) for name in CODED if name in rows.columns}
    labels = {name for one in told for name in _label_variables(one)}
    fixed = {name for one in told for name in one.fixed_effects}
    for name in sorted(labels):
        codes = _category_codes(rows, name, wholly=name in fixed)
        if codes:
            recoded[name] = codes
    for name, codes in recoded.items():
        rows[name] = rows[name].map(lambda value, codes=codes: codes.get(value, value))
    rows = rows.rename(columns=renamed | {BEFORE + o: BEFORE + renamed[o] for o in outcomes})
    order = list(range(len(rows)))
    SystemRandom().shuffle(order)
    return Extract(
        rows=rows.iloc[order].reset_index(drop=True),
        specifications=tuple(told),
        renamed=renamed,
        recoded={renamed.get(name, name): codes for name, codes in recoded.items()},
    )


def _frame(table: ir.Table, specification: Specification) -> tuple[pd.DataFrame, Specification]:
    """The columns of one analysis as texts under their names in the extract."""
    design = DESIGNS[specification.design]
    before: dict[str, str] = {}
    if "baseline" in design.needs:
        before = dict.fromkeys(specification.outcomes, "@baseline")
        if "@baseline" not in table.columns:
            table = linked(
                table, specification.outcomes, before=specification.before, after=specification.after
            )
            before = {outcome: f"@before {outcome}" for outcome in specification.outcomes}
    if design.name == "event_study":
        table, specification = with_events(table, specification)
    parts = [
        part for part in (*LABELS, *NUMBERS) if f"@{part}" in table.columns and _is_used(part, specification)
    ]
    names = list(dict.fromkeys([*_variables(specification), *specification.outcomes]))
    frame = (
        table.select(*(f"@{part}" for part in parts), *names, *dict.fromkeys(before.values()))
        .to_pyarrow()
        .to_pandas()
    )
    numeric = {*specification.outcomes, *specification.covariates, *(f"@{part}" for part in NUMBERS)}
    columns = {part: _texts(frame[f"@{part}"], numeric=f"@{part}" in numeric) for part in parts}
    columns |= {name: _texts(frame[name], numeric=name in numeric) for name in names}
    columns |= {BEFORE + outcome: _texts(frame[name], numeric=True) for outcome, name in before.items()}
    found = pd.DataFrame(columns)
    return _used(found, specification), specification


def _is_used(part: str, specification: Specification) -> bool:
    """Whether the numbers depend on a part; what they do not depend on stays out."""
    design = specification.design
    if part in ("stratum", "fpc"):
        return specification.standard_errors == "linearised"
    if part in ("block", "unit"):
        return specification.p_value in ("randomisation", "automatic")
    if part == "respondent":
        return design == "staggered"
    if part in ("period", "first_treated"):
        return design == "staggered"
    if part in ("received", "dose"):
        return part in DESIGNS[design].needs
    return not (part == "wave" and design in NO_WAVES)


def _used(rows: pd.DataFrame, specification: Specification) -> pd.DataFrame:
    """Waves as before and after, arms under their names; rows that no effect is made from are left out."""
    rows = rows.copy()
    if "wave" in rows:
        meaning = dict.fromkeys(specification.before, "before") | dict.fromkeys(specification.after, "after")
        rows["wave"] = [meaning.get(value, "other" if value else "") for value in rows["wave"]]
    if "arm" in rows and specification.design not in NO_WAVES:
        rows["arm"] = rows["arm"].mask(rows["arm"].isin(list(specification.comparison)), "comparison")
    if specification.standard_errors == "linearised":
        return rows  # every row says how the site was sampled
    answered = np.logical_or.reduce([rows[outcome] != "" for outcome in specification.outcomes])
    return rows[answered & (rows["wave"] != "other")] if "wave" in rows else rows[answered]


def _variables(specification: Specification) -> list[str]:
    return list(dict.fromkeys([*specification.covariates, *_label_variables(specification)]))


def _label_variables(specification: Specification) -> list[str]:
    named = (*specification.categorical, *specification.fixed_effects, *specification.subgroups)
    return [name for name in dict.fromkeys(named) if name not in specification.covariates]


def _texts(values: pd.Series, *, numeric: bool) -> list[str]:
    if numeric:
        return ["" if pd.isna(v) or not np.isfinite(float(v)) else repr(float(v)) for v in values]
    return ["" if v is None or v != v else label(v) for v in values]


def _names(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """A name of its own for each variable: none is called as a part of the design is."""
    reserved = {*LABELS, *NUMBERS}
    found = {}
    for name in names:
        plain = name.lstrip("@")
        found[name] = f"{plain}_" if plain in reserved else plain
    return found


def _codes(values: pd.Series, letter: str) -> dict[str, str]:
    """For each value a code that says nothing of it; drawn anew each time."""
    levels = [value for value in values.unique() if value != ""]
    SystemRandom().shuffle(levels)
    width = len(str(len(levels)))
    return {value: f"{letter}{place:0{width}d}" for place, value in enumerate(levels, start=1)}


def _category_codes(rows: pd.DataFrame, name: str, *, wholly: bool) -> dict[str, str]:
    """Codes of the categories that could tell a place or a person; those of the design itself keep their names."""
    if name in (TIME, GROUP):
        return {}
    levels = [value for value in rows[name].unique() if value != ""]
    if wholly or len(levels) > MOST_CATEGORIES:
        return _codes(rows[name], "k")
    by_site = [rows["site"], rows[name]] if "site" in rows else [rows[name]]
    people = rows[rows[name] != ""].groupby(by_site).size()
    few = sorted({str(key[-1] if isinstance(key, tuple) else key) for key, n in people.items() if n < RARE})
    tail = secrets.token_hex(2)
    return {value: f"rare_{tail}_{place}" for place, value in enumerate(few, start=1)}


def without(rows: pd.DataFrame, sites: Iterable[str]) -> pd.DataFrame:
    """The rows but those of some sites."""
    return rows[~rows["site"].isin(list(sites))].reset_index(drop=True) if "site" in rows else rows


def in_terms_of(extract: Extract, specification: Specification) -> Specification:
    """A specification with the names of the extract's columns."""

    def renamed(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(extract.renamed.get(name, name) for name in names)

    return replace(
        specification,
        covariates=renamed(specification.covariates),
        categorical=renamed(specification.categorical),
        fixed_effects=renamed(specification.fixed_effects),
        subgroups=renamed(specification.subgroups),
    )
