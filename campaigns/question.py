"""What is asked of the cells of one site: an outcome, the arms that are compared, and whom it is asked of."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from campaigns.cells import Cells
from campaigns.designs import Design, Group
from campaigns.sample import Integers
from campaigns.specification import Specification


Chosen = NDArray[np.bool_]


class CannotBe(Exception):
    """There is no estimate; ``code`` and ``values`` make the reason."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: an outcome, the arms that are compared, and the cells it is asked of."""

    cells: Cells  # of one site
    specification: Specification
    design: Design
    outcome: str
    arms: tuple[str, ...]
    chosen: Chosen  # the cells of the subgroup; all of them are the sample that a survey design is about
    baseline: str | None = None  # the key that holds the outcome before, as a covariate

    def records(self, part: str) -> bool:
        """Whether the site has the part at all: a wave, an arm, a cluster, a stratum."""
        return part in self.cells.keys and bool((self.cells.keys[part].codes >= 0).any())

    def those(self, part: Literal["@wave", "@arm"], values: tuple[str, ...]) -> Chosen:
        """Cells whose wave or arm has one of the values; all where the design can do without and the site has none."""
        if part in self.cells.keys and (self.records(part) or part.strip("@") in self.design.needs):
            return self.cells.keys[part].among(values)
        return np.ones(len(self.cells.rows), dtype=bool)

    @property
    def uses_clusters(self) -> bool:
        """Whether the variance adds up within clusters."""
        linearised_by_cluster = self.specification.standard_errors == "linearised" and self.records(
            "@cluster"
        )
        return (
            self.specification.clustered
            or linearised_by_cluster
            or self.specification.p_value == "wild_cluster_bootstrap"
        )

    @property
    def cluster_parts(self) -> tuple[str, ...]:
        """The keys of the clusters there are, one or two ways; of two, the one with more clusters first."""
        parts = [part for part in ("@cluster", "@cluster2") if self.records(part)]
        return tuple(sorted(parts, key=lambda part: -_number(self.cells.keys[part].codes)))

    @property
    def numeric(self) -> tuple[str, ...]:
        """The covariates that enter as numbers, the outcome before among them."""
        return (*self.specification.covariates, *([self.baseline] if self.baseline else []))

    @property
    def indicators(self) -> tuple[str, ...]:
        """The variables that enter as indicators of their values."""
        return tuple(dict.fromkeys((*self.specification.fixed_effects, *self.specification.categorical)))

    def groups(self, arm: str) -> dict[Group, Chosen]:
        """The cells of each group that the design compares for one arm."""
        specification = self.specification
        campaign, comparison = self.those("@arm", (arm,)), self.those("@arm", specification.comparison)
        before, after = (self.those("@wave", waves) for waves in (specification.before, specification.after))
        if "@time" in self.cells.keys:  # of an event study: those compared in the same wave
            times = self.cells.keys["@time"].codes
            comparison = self.those("@arm", specification.comparison[:1]) & np.isin(times, times[campaign])
        found: dict[Group, Chosen] = {}
        for group in self.design.groups:
            side = campaign if group.startswith("campaign") else comparison
            found[group] = side & (before if group.endswith("before") else after)
        return found


def _number(codes: Integers) -> int:
    return int(np.count_nonzero(np.bincount(codes[codes >= 0])))


def clusters_among(question: Question, part: str, cells: Chosen) -> int:
    """Clusters with a cell among those given."""
    return _number(question.cells.keys[part].codes[cells])


def usable(question: Question) -> Chosen:
    """Cells that enter the estimate: an outcome, a wave and an arm that are compared, nothing needed missing."""
    used = question.chosen & (question.cells.sums[question.outcome]["n"] > 0)
    for holds in requirements(question).values():
        used &= holds
    return used


def requirements(question: Question) -> dict[str, Chosen]:
    """What cells need beside an outcome, in the order it is looked at: which of them have it, by part or covariate."""
    specification, cells = question.specification, question.cells
    waves = {name.rpartition("_")[2] for name in question.design.groups}
    named = (specification.before if "before" in waves else ()) + specification.after
    arms = (*question.arms, *(specification.comparison if question.design.compares else ()))
    found = {"@wave": question.those("@wave", named), "@arm": question.those("@arm", arms)}
    variables = [*question.numeric, *question.indicators]
    variables += [f"@{part}" for part in ("received", "dose") if part in question.design.needs]
    variables += question.cluster_parts if question.uses_clusters else ()
    assigned = ("@block", "@unit") if specification.deals_out else ()
    variables += [part for part in ("@stratum", *assigned) if question.records(part)]
    return found | {name: cells.keys[name].codes >= 0 for name in variables}
