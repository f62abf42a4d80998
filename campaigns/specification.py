"""How effects are to be estimated, in the terms of a table of cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


StandardErrors = Literal[
    "iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3", "linearised"
]  # fmt: skip
PValue = Literal["t", "normal"]
ComparisonGroup = Literal["never", "not_yet"]

CLUSTERED = ("CR0", "CR1", "CR1S", "CR2", "CR3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """How effects are to be estimated. Names are columns of the table."""

    design: str
    outcomes: tuple[str, ...]
    standard_errors: StandardErrors = "CR2"
    p_value: PValue = "t"
    confidence: float = 0.95
    covariates: tuple[str, ...] = ()  # numeric
    categorical: tuple[str, ...] = ()  # entered as indicators
    fixed_effects: tuple[str, ...] = ()  # entered as indicators
    subgroups: tuple[str, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)  # outcome -> smallest difference that matters
    roles: Mapping[str, str] = field(default_factory=dict)  # site -> role
    sites: tuple[str, ...] = ()  # in this order; empty: as ``roles`` has them, then as found
    before: tuple[str, ...] = ("before",)  # values of @wave
    after: tuple[str, ...] = ("after",)
    arms: tuple[str, ...] = ()  # values of @arm, one effect each; empty: all but the comparison group's
    comparison: tuple[str, ...] = ("comparison",)  # values of @arm
    comparison_group: ComparisonGroup = (
        "never"  # with whom cohorts that start at different times are compared
    )

    @property
    def clustered(self) -> bool:
        """Whether the standard errors are cluster-robust."""
        return self.standard_errors in CLUSTERED
