"""De-identified rows: what the effects of a bundle are made from, and nothing else.

In it are the scored outcomes, the variables the plan names and the parts of the design. Every column is made in one of two
ways, so that nothing else can leave: as numbers, or as labels of which only those on a list keep their names (arms, before and
after, declared sites, choices the questionnaire offers); all others go by codes drawn anew for every bundle, so that they tell
no place and cannot be joined with another bundle. Exact covariates have a scale of their own. The order of rows is drawn, too.
Dates are waves. Answers, texts, interviewers and ids are not in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import SystemRandom

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from campaigns.cells import label
from campaigns.coded_labels import answers_told, codes_of
from campaigns.designs import DESIGNS
from campaigns.event_study import COMPARISON, with_events
from campaigns.linking_waves import linked
from campaigns.precise_numbers import is_exact, must_not_identify, on_own_scale
from campaigns.rare_combinations import RareCombinations, rare_combinations
from campaigns.specification import Specification


LABELS = ("site", "wave", "arm", "cluster", "cluster2", "stratum", "block", "unit", "respondent")
NUMBERS = ("weight", "fpc", "received", "dose", "period", "first_treated")
WAVES = frozenset({"before", "after", "other"})
BEFORE = "before."  # begins the name of an outcome as it was before
GROUP_OF = "group."  # begins the name of a subgroup whose variable is a covariate, too
NO_WAVES = ("event_study", "staggered")  # designs that know periods, not before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """The rows, how their columns are named, and how each analysis is told in their terms."""

    rows: pd.DataFrame  # texts; a blank is missing
    specifications: tuple[Specification, ...]  # of each analysis, events as arms
    renamed: Mapping[str, str] = field(default_factory=dict)  # variable or outcome of the plan -> column
    recoded: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # column -> value -> code
    rescaled: tuple[str, ...] = ()  # columns of numbers on a scale of their own

    @property
    def rare(self) -> RareCombinations:
        """Of how many the covariates, categories and subgroups together are shared by few."""
        names = [name for one in self.specifications for name in _variables(one) if not name.startswith("@")]
        return rare_combinations(self.rows, [self.renamed.get(name, name) for name in dict.fromkeys(names)])

    def told(self, column: str, value: str) -> str:
        """How a value of a column stands in the rows."""
        return self.recoded.get(column, {}).get(value, value)


def extract_of(
    analyses: Sequence[tuple[ir.Table, Specification]],
    choices: Mapping[str, frozenset[str]] | None = None,
) -> Extract:
    """The rows of all analyses as one table, de-identified.

    Parameters
    ----------
    choices
        Of each variable the answers that may keep their names, as the questionnaire offers them.

    Raises
    ------
    Refused
        A covariate names a person or a place by a number.
    """
    frames, told = [], []
    for table, specification in analyses:
        frame, own = _frame(table, specification)
        frames.append(frame)
        told.append(own)
    raw = pd.concat(frames, ignore_index=True).fillna("") if frames else pd.DataFrame()
    outcomes = list(dict.fromkeys(name for one in told for name in one.outcomes))
    covariates = list(dict.fromkeys(c for one in told for c in one.covariates))
    numeric = {*NUMBERS, *outcomes, *(BEFORE + name for name in outcomes), *covariates}
    recoded: dict[str, dict[str, str]] = {}
    rescaled: list[str] = []
    columns: dict[str, Sequence[str]] = {}
    for name in map(str, raw.columns):
        if name in covariates:
            must_not_identify(name, raw[name])
        if name in numeric:
            values = np.array([float(text) if text else np.nan for text in raw[name]])
            if name in covariates and is_exact(values):
                values, rescaled = on_own_scale(values), [*rescaled, name]
            columns[name] = _texts(pd.Series(values), numeric=True)
        else:
            recoded[name] = codes_of(raw[name], _letter(name), _told_of(raw, name, told, choices or {}))
            columns[name] = [recoded[name].get(value, value) for value in raw[name]]
    variables = list(dict.fromkeys(name for one in told for name in _variables(one)))
    renamed = _names([*variables, *outcomes], raw.columns)
    rows = pd.DataFrame(columns).rename(columns=renamed | {BEFORE + o: BEFORE + renamed[o] for o in outcomes})
    order = list(range(len(rows)))
    SystemRandom().shuffle(order)
    return Extract(
        rows=rows.iloc[order].reset_index(drop=True),
        specifications=tuple(told),
        renamed=renamed,
        recoded={renamed.get(name, name): codes for name, codes in recoded.items() if codes},
        rescaled=tuple(renamed[name] for name in rescaled),
    )


def _letter(name: str) -> str:
    return name[0] if name in LABELS else "k"


def _told_of(
    rows: pd.DataFrame, name: str, told: Sequence[Specification], choices: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The labels of a column that keep their names; fixed effects and parts of the design that are places have none."""
    if name == "wave":
        return WAVES
    if name == "arm":
        return frozenset({COMPARISON, *(arm for one in told for arm in (*one.arms, *one.comparison))})
    if name == "site":
        return frozenset(site for one in told for site in (*one.sites, *one.roles))
    if name in LABELS or any(name in one.fixed_effects for one in told):
        return frozenset()
    return answers_told(rows, name, choices)


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
    names = [name for name in _variables(specification) if not name.startswith(GROUP_OF)]
    names = list(dict.fromkeys([*names, *specification.outcomes]))
    frame = (
        table.select(*(f"@{part}" for part in parts), *names, *dict.fromkeys(before.values()))
        .to_pyarrow()
        .to_pandas()
    )
    numeric = {*specification.outcomes, *specification.covariates, *(f"@{part}" for part in NUMBERS)}
    columns = {part: _texts(frame[f"@{part}"], numeric=f"@{part}" in numeric) for part in parts}
    columns |= {name: _texts(frame[name], numeric=name in numeric) for name in names}
    columns |= {GROUP_OF + name: _texts(frame[name], numeric=False) for name in _both(specification)}
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
    labels = (*specification.categorical, *specification.fixed_effects, *specification.subgroups)
    names = dict.fromkeys([*specification.covariates, *labels])
    return [*names, *(GROUP_OF + name for name in _both(specification))]


def _both(specification: Specification) -> list[str]:
    """Subgroups whose variable is a number to adjust for, too."""
    return [name for name in specification.subgroups if name in specification.covariates]


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
