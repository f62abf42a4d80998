"""Whether what rows that leave hold of a person is shared by others: k-anonymity (Samarati & Sweeney 1998)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd


FEWEST_ALIKE = 5  # people who share a combination; the usual bound of files for researchers


@dataclass(frozen=True, slots=True, kw_only=True)
class RareCombinations:
    """How many interviews have a combination that few share."""

    columns: tuple[str, ...]
    rows: int
    rare: int  # shared by fewer than ``FEWEST_ALIKE``
    alone: int  # shared by nobody

    def facts(self) -> Mapping[str, object]:
        """For the audit and the bundle: counts, no answers."""
        return {"columns": list(self.columns), "rows": self.rows, "rare": self.rare, "alone": self.alone}


def rare_combinations(rows: pd.DataFrame, columns: Sequence[str]) -> RareCombinations:
    """Interviews by how many of the same site have the same values in all of some columns."""
    if not len(rows) or not columns:
        return RareCombinations(columns=tuple(columns), rows=len(rows), rare=0, alone=0)
    by = list(dict.fromkeys([*(["site"] if "site" in rows else []), *columns]))
    alike = rows.groupby(by)[by[0]].transform("size")
    return RareCombinations(
        columns=tuple(columns),
        rows=len(rows),
        rare=int((alike < FEWEST_ALIKE).sum()),
        alone=int((alike == 1).sum()),
    )
