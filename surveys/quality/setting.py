"""What the checks know of the design beside the interviews themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from surveys.quality.interviews import Interviews


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measure:
    """One outcome as the checks use it: to know what a finding could move. Never shown by arm."""

    outcome: str
    items: frozenset[str]  # the questions it is scored from
    values: NDArray[np.float64]  # one an interview, in the order of Interviews; NaN without a score
    low: float  # of its scale, or lowest observed where that is open
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedQuota:
    """So many interviews of one kind; ``by`` empty: of the whole site and wave."""

    by: Mapping[str, str]
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Rows of uploaded files that stayed out, by the code of the problem; see ``tally``."""

    by_code: Mapping[str, int] = field(default_factory=dict)
    files: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Setting:
    """The design around the interviews of one site and wave."""

    today: date
    opens: date | None = None
    closes: date | None = None
    measures: Sequence[Measure] = ()  # the primary outcomes
    dont_know_counts: frozenset[str] = (
        frozenset()
    )  # questions to which a don't know is an answer, such as a wrong one
    comparison: str | None = "comparison"  # the arm the others are compared with
    quotas: Sequence[PlannedQuota] = ()
    earlier_clusters: frozenset[str] = frozenset()  # clusters of the site's earlier waves; empty: none known
    clusters_elsewhere: Mapping[str, str] = field(
        default_factory=dict
    )  # cluster -> the other site that has it
    backchecks: Interviews | None = None
    refusals: Refusals = field(default_factory=Refusals)
