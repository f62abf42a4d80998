"""Designs whose estimates need single respondents: the rows of one outcome, at one site, in one subgroup."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaigns.cells import label
from campaigns.dropped_rows import causes
from campaigns.effects import Counts, Effect, EffectEstimate, Note, NotEstimable, Subject, verdict_of
from campaigns.inference import interval
from campaigns.sample import Floats, Integers
from campaigns.specification import Specification


NOTHING = 1e-11  # of the outcome's own size: rounding, not variation
INFLUENCE = "influence_function"  # how the standard errors of these designs are made


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of one outcome with everything the design needs; those that lack any of it are left out, and counted."""

    specification: Specification
    subject: Subject
    outcome: Floats
    weight: Floats
    numbers: Mapping[str, Floats]
    labels: Mapping[str, tuple[str, ...]]  # of each label column its values, in order
    codes: Mapping[str, Integers]  # and each row's place among them
    dropped: int
    causes: tuple[Note, ...] = ()  # why, and how many for which value

    @property
    def n(self) -> int:
        """Rows used."""
        return len(self.outcome)

    @property
    def cluster(self) -> Integers | None:
        """The cluster of each row, 0, 1, ...; None where there is none."""
        return self.codes.get("@cluster")

    def where(self, column: str, values: Sequence[str]) -> np.ndarray:
        """Which rows have one of the values."""
        places = [place for place, text in enumerate(self.labels[column]) if text in values]
        return np.isin(self.codes[column], places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An estimate as a design on rows makes it."""

    term: str
    estimate: float
    variance: float
    counts: Counts
    mean_comparison_after: float | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """There is no estimate of this term, and why."""

    term: str
    code: str
    values: Mapping[str, object]
    counts: Counts


def slices(
    table: ir.Table,
    specification: Specification,
    *,
    numbers: Sequence[str],
    labels: Sequence[str],
    subject: Subject,
) -> Iterator[Rows]:
    """The rows of every outcome, site and subgroup level, in that order; ``subject`` says what is common to them."""
    parts = [name for name in ("@cluster",) if name in table.columns]
    wanted = list(dict.fromkeys([*numbers, *labels, *parts, *specification.subgroups]))
    places = ["@site"] if "@site" in table.columns else []
    weights = ["@weight"] if "@weight" in table.columns else []
    columns = list(dict.fromkeys([*specification.outcomes, *wanted, *places, *weights]))
    rows = table.select(*columns).to_pyarrow()
    for outcome in specification.outcomes:
        for site, here in _by_site(rows, specification):
            for subgroup, chosen in _levels(here, specification):
                about = Subject(
                    outcome=outcome, site=site, subgroup=subgroup, design=subject.design, estimand=subject.estimand,
                    role=specification.roles.get(site) if site is not None else None,
                )  # fmt: skip
                yield _complete(chosen, specification, about, numbers, [*labels, *parts])


def effect_of(rows: Rows, found: Found | Absent) -> Effect:
    """The estimate with its test and interval by the normal distribution, or the reason why there is none."""
    subject = Subject(
        outcome=rows.subject.outcome, site=rows.subject.site, role=rows.subject.role, subgroup=rows.subject.subgroup,
        design=rows.subject.design, estimand=rows.subject.estimand, term=found.term,
    )  # fmt: skip
    if isinstance(found, Absent):
        return NotEstimable(subject=subject, code=found.code, values=found.values, counts=found.counts)
    std_error = math.sqrt(max(found.variance, 0.0))
    if std_error <= NOTHING * max(float(np.abs(rows.outcome).max()), 1e-300):
        return NotEstimable(subject=subject, code="no_residual_variation", counts=found.counts)
    specification = rows.specification
    tested = interval(found.estimate, std_error, math.inf, specification.confidence)
    return EffectEstimate(
        subject=subject,
        counts=found.counts,
        estimate=found.estimate,
        std_error=std_error,
        df=math.inf,
        statistic=tested.statistic,
        p_value=tested.p_value,
        conf_low=tested.low,
        conf_high=tested.high,
        mean_comparison_after=found.mean_comparison_after,
        standard_errors=INFLUENCE,
        p_method="normal",
        verdict=verdict_of(tested.low, tested.high, specification.margins.get(subject.outcome)),
        caveats=found.notes,
    )


def clusters_among(rows: Rows, members: np.ndarray) -> int | None:
    """How many clusters the rows lie in."""
    return None if rows.cluster is None else len(np.unique(rows.cluster[members]))


def _by_site(rows: pa.Table, specification: Specification) -> Iterator[tuple[str | None, pa.Table]]:
    if "@site" not in rows.column_names:
        yield None, rows
        return
    found = [label(value) for value in pc.unique(rows["@site"]).to_pylist() if value is not None]
    declared = specification.sites or tuple(specification.roles)
    for site in [*declared, *sorted(site for site in found if site not in declared)]:
        yield site, rows.filter(pc.equal(rows["@site"].cast(pa.large_string()), site))


def _levels(rows: pa.Table, specification: Specification) -> Iterator[tuple[str | None, pa.Table]]:
    yield None, rows
    for name in specification.subgroups:
        values = [value for value in pc.unique(rows[name]).to_pylist() if value is not None]
        for value in sorted(values, key=label):
            yield (
                f"{name}={label(value)}",
                rows.filter(pc.equal(rows[name], pa.scalar(value, rows[name].type))),
            )


def _complete(
    rows: pa.Table,
    specification: Specification,
    subject: Subject,
    numbers: Sequence[str],
    labels: Sequence[str],
) -> Rows:
    outcome = _floats(rows, subject.outcome)
    weight = _floats(rows, "@weight") if "@weight" in rows.column_names else np.ones(rows.num_rows)
    values = {name: _floats(rows, name) for name in numbers}
    texts = {name: [None if v is None else label(v) for v in rows[name].to_pylist()] for name in labels}
    needed = {"@weight": np.isfinite(weight) & (weight > 0), "@outcome": np.isfinite(outcome)}
    needed |= {name: np.array([t is not None for t in found], dtype=bool) for name, found in texts.items()}
    needed |= {name: np.isfinite(found) for name, found in values.items() if name not in MAY_BE_BLANK}
    used, lost = np.ones(len(outcome), dtype=bool), {}
    for name, holds in needed.items():
        lost[name] = int((used & ~holds).sum())
        used &= holds
    coded = {
        name: _coded([t for t, u in zip(found, used, strict=True) if u]) for name, found in texts.items()
    }
    return Rows(
        specification=specification,
        subject=subject,
        outcome=outcome[used],
        weight=weight[used],
        numbers={name: found_numbers[used] for name, found_numbers in values.items()},
        labels={name: levels for name, (levels, _) in coded.items()},
        codes={name: codes for name, (_, codes) in coded.items()},
        dropped=int((~used).sum()),
        causes=causes(lost),
    )


def _coded(texts: Sequence[str | None]) -> tuple[tuple[str, ...], Integers]:
    levels = tuple(sorted({text for text in texts if text is not None}))
    place = {text: at for at, text in enumerate(levels)}
    return levels, np.array([place[text] for text in texts if text is not None], dtype=np.int64)


MAY_BE_BLANK = ("@first_treated",)  # blank: never treated


def _floats(rows: pa.Table, name: str) -> Floats:
    values: Floats = rows[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values
