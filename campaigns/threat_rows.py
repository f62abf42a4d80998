"""What every check of a threat is made from, and what it finds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from campaigns.sample import Floats
from campaigns.specification import Specification


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """One thing that could make an effect come out wrong, measured. Shares are 0-1."""

    threat: str  # balance, attrition, non_response, contamination, ceiling, interviewers, mode, null
    measure: str
    about: str = ""  # variable or outcome
    site: str | None = None
    arm: str | None = None
    wave: str | None = None  # before, after
    campaign: float | None = None  # mean or share of the arm
    comparison: float | None = None
    estimate: float | None = None  # what ``measure`` names
    std_error: float | None = None
    df: float | None = None
    conf_low: float | None = None
    conf_high: float | None = None
    p_value: float | None = None
    n_campaign: int | None = None
    n_comparison: int | None = None
    smallest_n: int | None = None  # interviews in the arm and wave of the site that has fewest
    smallest_clusters: int | None = None  # clusters, likewise
    label: str = ""  # what it comes to: ``threats.<threat>.<label>``
    reason: str = ""  # code of why it could not be measured
    values: Mapping[str, object] = field(default_factory=dict)  # of the reason's sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRows:
    """The interviews of one site, one row each, in the plan's terms."""

    rows: pd.DataFrame
    specification: Specification
    site: str | None
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # outcome -> its items
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # outcome -> possible range

    @property
    def before(self) -> pd.DataFrame:
        """The interviews of the waves before; none where there is no such wave."""
        return self._of(self.specification.before) if "@wave" in self.rows.columns else self.rows[:0]

    @property
    def after(self) -> pd.DataFrame:
        """The interviews of the waves after; all where there are no waves."""
        return self._of(self.specification.after) if "@wave" in self.rows.columns else self.rows

    @property
    def at_first(self) -> tuple[str, pd.DataFrame]:
        """The waves before, by which arms are held against each other; where there are none, those after."""
        return ("before", self.before) if len(self.before) else ("after", self.after)

    def _of(self, waves: tuple[str, ...]) -> pd.DataFrame:
        return self.rows[self.rows["@wave"].isin(waves)]

    def arms(self) -> Iterator[str]:
        """The arms that can be held against a comparison group."""
        if "@arm" not in self.rows.columns:
            return
        there = set(self.rows["@arm"].dropna())
        if there & set(self.specification.comparison):
            yield from (arm for arm in self.specification.arms if arm in there)

    def smallest(self) -> tuple[int, int | None]:
        """Interviews, and clusters where there are any, in the arm and wave that has fewest."""
        parts = [part for part in ("@arm", "@wave") if part in self.rows.columns]
        groups = [rows for _, rows in self.rows.groupby(parts)] if parts else [self.rows]
        people = min((len(rows) for rows in groups), default=0)
        if "@cluster" not in self.rows.columns:
            return people, None
        return people, min((int(rows["@cluster"].nunique()) for rows in groups), default=0)

    def compared(self, rows: pd.DataFrame, arm: str) -> tuple[pd.DataFrame, Floats]:
        """The rows of one arm and of the comparison group that can be used, and which are the arm's (1)."""
        used = rows["@arm"].isin([arm, *self.specification.comparison])
        for part in ("@cluster", "@cluster2", "@block", "@weight"):
            if part in rows.columns:
                used &= rows[part].notna()
        chosen = rows[used]
        return chosen, (chosen["@arm"] == arm).to_numpy().astype(float)


def mean_of(values: Floats, rows: pd.DataFrame) -> float | None:
    """The mean of those there are, weighted where the rows have weights."""
    weight = rows["@weight"].to_numpy(float) if "@weight" in rows.columns else np.ones(len(rows))
    given = np.isfinite(values) & np.isfinite(weight)
    if not weight[given].sum() > 0:
        return None
    return float(np.average(values[given], weights=weight[given]))
