"""How effects are to be estimated, in the terms of a table of cells."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


StandardErrors = Literal[
    "iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3", "linearised"
]  # fmt: skip
PValue = Literal["t", "normal", "wild_cluster_bootstrap", "randomisation", "automatic"]
Model = Literal["linear", "logit", "poisson", "ordered_logit"]
BootstrapWeights = Literal["rademacher", "webb"]
LonelyUnits = Literal["adjust", "certainty", "average", "remove"]
ComparisonGroup = Literal["never", "not_yet"]
Adjustment = Literal["additive", "interacted"]
StepDownMethod = Literal["romano_wolf", "westfall_young"]

CLUSTERED = ("CR0", "CR1", "CR1S", "CR2", "CR3")
# Exact from cells only where the rows of a cell share their weight.
WEIGHT_OF_EACH_ROW = ("HC2", "HC3", "CR2", "CR3")
ONE_WAY_ONLY = ("CR2", "CR3", "linearised")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDown:
    """Tests that are adjusted together, by draws that all of them share."""

    method: StepDownMethod
    families: Mapping[str, str]  # outcome -> family; one that is absent is not adjusted
    in_subgroups: bool = True  # whether the tests of each subgroup are families, too


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """How effects are to be estimated. Names are columns of the table."""

    design: str
    outcomes: tuple[str, ...]
    standard_errors: StandardErrors = "CR2"
    p_value: PValue = "t"
    draws: int = 9999  # where not every sign pattern or assignment can be gone through
    seed: int = 1
    bootstrap_weights: BootstrapWeights = "rademacher"
    lonely_units: LonelyUnits = "adjust"  # a stratum with one primary sampling unit
    model: Model = "linear"
    second_opinion: bool = False  # no test was named: where clusters are few, say what a better one finds
    confidence: float = 0.95
    covariates: tuple[str, ...] = ()  # numeric
    categorical: tuple[str, ...] = ()  # entered as indicators
    fixed_effects: tuple[str, ...] = ()  # entered as indicators
    adjustment: Adjustment = "additive"  # interacted: covariates have slopes of their own in each arm
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

    step_down: StepDown | None = None  # None: p-values are not adjusted here

    @property
    def may_deal_out(self) -> bool:
        """Whether arms may have to be dealt out again, so that blocks must be known."""
        return self.second_opinion or self.deals_out or self.p_value == "automatic"

    @property
    def deals_out(self) -> bool:
        """Whether arms are dealt out again, so that nobody can be used of whom it is not known who was assigned."""
        by_lot = self.step_down is not None and self.step_down.method == "westfall_young"
        return by_lot or self.p_value == "randomisation"

    @property
    def clustered(self) -> bool:
        """Whether the standard errors are cluster-robust."""
        return self.standard_errors in CLUSTERED
