"""What a way to a standard error comes to over many pilots: bias, honesty of the error, coverage, size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from zlib import crc32

import ibis
import numpy as np
import pyarrow as pa

from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate, estimate_with_each
from campaigns.specification import StandardErrors
from tests.recovery.cases import CASES, FEWEST, SLOW, SOME, Case
from tests.recovery.worlds import Kind, World


SEED = 20261125
LEVEL = 0.05
WARDS = (6, 10, 20, 40)
ORDER = (FEWEST, 6, 20, 10, 40)  # what says most comes first
ERRORS_OF_THEIR_OWN = (
    "wild bootstrap",
    "randomisation",
    "automatic",
)  # the interval is not made from the standard error


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One case in one kind of world."""

    case: Case
    kind: Kind
    icc: float
    wards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One line of the table. Errors (``_error``) are those of the number of pilots."""

    design: str
    outcome: str
    icc: float
    clusters_per_arm: int
    way: str
    pilots: int
    without_estimate: int
    truth: float
    bias: float
    bias_error: float
    true_sd: float
    se_ratio: float | None  # mean standard error over the standard deviation of the estimates
    coverage: float
    coverage_error: float
    size: float
    size_error: float


def settings() -> list[Setting]:
    """Every line of the table to be, in the order in which it is worth waiting for."""
    found = [
        Setting(case=case, kind=kind, icc=icc, wards=wards)
        for case in CASES
        for kind, icc in case.worlds
        for wards in ((FEWEST, *WARDS) if "automatic" in case.ways else WARDS)
        if wards != FEWEST or (kind, icc) in SOME
    ]
    return sorted(found, key=lambda setting: ORDER.index(setting.wards))


def measured(setting: Setting, pilots: Mapping[str, int]) -> list[Measured]:
    """Every way of a case in one setting; ``pilots`` is how many are drawn for ``fast`` and for ``slow`` ways."""
    case = setting.case
    drawn = ways_of(setting, pilots)
    effect = case.effect(setting.kind)
    there = World(kind=setting.kind, icc=setting.icc, wards=setting.wards, effect=effect)
    nowhere = World(kind=setting.kind, icc=setting.icc, wards=setting.wards, effect=0.0)
    found = _all_effects(case, there, drawn)
    nothing = _all_effects(case, nowhere, drawn)
    return [
        _summary(setting, name, case.truth(there), found[name], nothing[name], drawn[name]) for name in drawn
    ]


def ways_of(setting: Setting, pilots: Mapping[str, int]) -> dict[str, int]:
    """The ways to a standard error that a setting shows, and how many pilots are drawn for each."""
    case = setting.case
    return {
        name: pilots["slow" if case.slow or name in SLOW else "fast"]
        for name in case.ways
        if _shown(setting, name)
    }


def _shown(setting: Setting, way: str) -> bool:
    if setting.wards == FEWEST:
        return way in ("automatic", "CR1S", "CR2")
    return way not in SLOW or (setting.kind, setting.icc) not in (("score", 0.05), ("share", 0.15))


def _all_effects(case: Case, world: World, drawn: Mapping[str, int]) -> dict[str, list[EffectEstimate]]:
    found: dict[str, list[EffectEstimate]] = {name: [] for name in drawn}
    asked = dict.fromkeys(drawn, 0)
    for table in _tables(case, world, max(drawn.values())):
        open_ = [name for name in drawn if asked[name] < drawn[name]]
        for together in _of_one_fit(case, open_):
            for name, made in effects(case, together, table).items():
                asked[name] += case.at_once
                found[name] += made
    return found


def _tables(case: Case, world: World, pilots: int) -> Iterator[pa.Table]:
    key = crc32(repr((case.name, world)).encode())
    rng = np.random.default_rng([SEED, key])
    for _ in range(0, pilots, case.at_once):
        yield case.draw(rng, world, case.at_once)


def _of_one_fit(case: Case, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The ways, those together that differ in nothing but the standard error of one fit."""
    alike = [
        name
        for name in names
        if set(case.ways[name]) == {"standard_errors"} and name in get_args(StandardErrors)
    ]
    families = [tuple(n for n in alike if n[:2] == kind) for kind in ("CR", "HC")]
    alone = [(name,) for name in names if not any(name in family for family in families)]
    return [*(family for family in families if family), *alone]


def effects(case: Case, names: Sequence[str], rows: pa.Table) -> dict[str, list[EffectEstimate]]:
    """The effects of every pilot of a table by one way, or by several standard errors of one fit."""
    if "@cluster2" in rows.column_names and names != ("CR1S two ways",):
        rows = rows.drop(["@cluster2"])
    options = {**case.options, **case.ways[names[0]]}
    specification = Specification(design=case.design, outcomes=("y",), **options)  # type: ignore[arg-type]
    table = ibis.memtable(rows)
    if len(names) == 1:
        made = {names[0]: estimate(table, specification)}
    else:
        made = estimate_with_each(table, specification, names)  # type: ignore[arg-type, assignment]
    return {
        name: [e for e in all_ if isinstance(e, EffectEstimate) and e.subject.term == case.term]
        for name, all_ in made.items()
    }


def _summary(
    setting: Setting,
    way: str,
    truth: float,
    found: list[EffectEstimate],
    nothing: list[EffectEstimate],
    drawn: int,
) -> Measured:
    estimates = np.array([e.estimate for e in found])
    spread = float(estimates.std(ddof=1))
    covered = float(np.mean([e.conf_low <= truth <= e.conf_high for e in found]))
    refused = float(np.mean([e.p_value <= LEVEL for e in nothing]))
    honest = float(np.mean([e.std_error for e in found])) / spread
    return Measured(
        design=setting.case.name,
        outcome=setting.kind,
        icc=setting.icc,
        clusters_per_arm=setting.wards,
        way=way,
        pilots=drawn,
        without_estimate=2 * drawn - len(found) - len(nothing),
        truth=truth,
        bias=float(estimates.mean()) - truth,
        bias_error=spread / np.sqrt(len(estimates)),
        true_sd=spread,
        se_ratio=None if way in ERRORS_OF_THEIR_OWN else honest,
        coverage=covered,
        coverage_error=chance(covered, len(found)),
        size=refused,
        size_error=chance(refused, len(nothing)),
    )


def chance(share: float, n: int) -> float:
    """Monte Carlo error of a share of n pilots."""
    return float(np.sqrt(share * (1 - share) / n))
