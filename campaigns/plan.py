"""A plan on one table: reviewed YAML that says what to estimate from one file, validated key by key."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast, get_args

from campaigns.plan_columns import ArmColumn, ReceivedColumn, WaveColumn, read_columns
from campaigns.plan_inference import INFERENCE_KEYS, InferencePlan, read_adjustment, read_inference
from campaigns.plan_multiplicity import read_multiplicity, step_down_must_fit
from campaigns.registry import MISSING_REASONS
from campaigns.schema import Section, as_text, did_you_mean, read_yaml, section_of
from campaigns.specification import Adjustment, ComparisonGroup


OFFERED = (
    "pre_post", "paired_pre_post", "difference_in_differences", "randomised", "ancova", "event_study", "staggered",
    "exposure", "encouragement",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOutcome:
    """An outcome: a numeric column as it stands, or a score of several (a mapping that ``parse_score`` reads)."""

    id: str
    column: str | None
    score: Mapping[str, object] | None
    family: str
    where: str  # file and key, for complaints about the column


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to estimate from one file, and how. Build it with ``load_plan``."""

    file: str
    sha256: str
    outcomes: tuple[PlannedOutcome, ...]
    design: str
    wave: WaveColumn | None = None
    arm: ArmColumn | None = None
    received: ReceivedColumn | None = None  # None: numbers, or yes and no
    cluster: tuple[str, ...] = ()  # one column, or two that cross
    columns: Mapping[str, str] = field(
        default_factory=dict
    )  # site, respondent, stratum, weight, ... -> column
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # column -> values of the rows to use
    roles: Mapping[str, str] = field(default_factory=dict)  # site -> role, in the order declared
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # code -> why there is no answer
    inference: InferencePlan = field(default_factory=InferencePlan)
    covariates: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    fixed_effects: tuple[str, ...] = ()
    adjustment: Adjustment = "additive"
    subgroups: tuple[str, ...] = ()
    margins: Mapping[str, float] = field(default_factory=dict)  # outcome -> smallest difference that matters
    multiplicity: str | None = None  # None: p-values are not adjusted
    comparison_group: ComparisonGroup = "never"  # of staggered starts
    confidence: float = 0.95
    given: tuple[str, ...] = ()  # keys of ``analysis`` that the file has

    @property
    def clusters_are_respondents(self) -> bool:
        """Whether the uncertainty is of clusters and only respondents can serve as such."""
        clustered = self.inference.standard_errors.startswith("CR")
        return not self.cluster and (clustered or self.inference.p_value == "wild_cluster_bootstrap")

    @property
    def named_columns(self) -> dict[str, str]:
        """Every column of the data the plan names outside its outcomes, and the key that names it."""
        named = {self.wave.column: "columns.wave"} if self.wave else {}
        named |= {self.arm.column: "columns.arm"} if self.arm else {}
        named |= dict.fromkeys(self.cluster, "columns.cluster")
        named |= {column: f"columns.{part}" for part, column in self.columns.items()}
        named |= dict.fromkeys(self.where, "where")
        for key in ("covariates", "categorical", "fixed_effects", "subgroups"):
            named |= dict.fromkeys(getattr(self, key), f"analysis.{key}")
        return named


def load_plan(path: Path, *, for_scores: bool = False) -> Plan:
    """The plan a file states.

    Parameters
    ----------
    for_scores
        Nothing is to be estimated: the plan may do without a design, and without what a design needs.

    Raises
    ------
    CannotProceed
        Something is unreadable, unknown, absent, contradictory or not offered; says the file, the key and the remedy.
    """
    root = read_yaml(path)
    root.allow_only(
        ("title", "description", "outcomes", "columns", "sites", "missing_codes", "where", "analysis")
    )
    columns, analysis = root.section("columns"), root.section("analysis")
    _allow_in_analysis(analysis)
    design = "" if for_scores else _design(analysis)
    named = read_columns(columns, analysis, design)
    single = named.single
    inference = (
        InferencePlan(standard_errors="HC2")
        if for_scores
        else read_inference(analysis, columns, design_estimated(design, single), named.cluster, single)
    )
    multiplicity = read_multiplicity(analysis) if "multiplicity" in analysis else None
    if multiplicity is not None and not for_scores:
        step_down_must_fit(
            multiplicity,
            analysis,
            inference,
            design=design_estimated(design, single),
            clusters=len(named.cluster),
            arms=len(named.arm.campaign) if named.arm else 0,
            persons="respondent" in single,
        )
    outcomes = _outcomes(root)
    covariates, categorical = _covariates(analysis)
    return Plan(
        file=str(path),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        outcomes=outcomes,
        design=design,
        wave=named.wave,
        arm=named.arm,
        received=named.received,
        cluster=named.cluster,
        columns=single,
        where={name: _values(root.section("where"), name) for name in root.section("where").values},
        roles=_roles(root),
        missing_codes=_missing_codes(root.section("missing_codes")),
        inference=inference,
        covariates=covariates,
        categorical=categorical,
        fixed_effects=analysis.texts("fixed_effects"),
        adjustment="additive" if for_scores else _adjustment(analysis, design, covariates, categorical),
        subgroups=analysis.texts("subgroups"),
        margins=_margins(analysis, outcomes),
        multiplicity=multiplicity,
        comparison_group=cast(
            "ComparisonGroup", analysis.choice("comparison_group", get_args(ComparisonGroup), "never")
        ),
        confidence=analysis.number("confidence", 0.95, low=0.5, high=0.9999),
        given=tuple(key for key in analysis.values if key in analysis),
    )


def _allow_in_analysis(analysis: Section) -> None:
    analysis.allow_only(
        (
            "design", "before", "after", *INFERENCE_KEYS, "covariates", "categorical", "fixed_effects", "subgroups",
            "adjustment", "margin", "multiplicity", "confidence", "comparison_group",
        )
    )  # fmt: skip


def design_estimated(design: str, columns: Mapping[str, str]) -> str:
    """The key in DESIGNS of a plan's design: exposure is another one where it is a number."""
    return "dose" if design == "exposure" and "dose" in columns else design


def _design(analysis: Section) -> str:
    return analysis.choice("design", OFFERED)


def _outcomes(root: Section) -> tuple[PlannedOutcome, ...]:
    found: list[PlannedOutcome] = []
    for entry in root.sections("outcomes"):
        entry.allow_only(
            ("id", "column", "score", "family", "title", "construct", "better", "tier", "unit", "range")
        )
        name = entry.name("id")
        if ("column" in entry) == ("score" in entry):
            entry.refuse(
                "column", "either a column or a score is needed, not both.", f"Write column: {name}."
            )
        if name in (outcome.id for outcome in found):
            entry.refuse("id", f'"{name}" stands twice.', "Give every outcome a name of its own.")
        found.append(
            PlannedOutcome(
                id=name,
                column=entry.optional_text("column"),
                score=entry.section("score").values if "score" in entry else None,
                family=entry.text("family", ""),
                where=entry.where("column" if "column" in entry else "score"),
            )
        )
    if not found:
        root.refuse("outcomes", "at least one outcome is needed.", "Write - {id: y, column: y}.")
    return tuple(found)


def _roles(root: Section) -> dict[str, str]:
    roles = {}
    for entry in root.sections("sites"):
        entry.allow_only(("id", "role", "country", "audience", "title"))
        roles[entry.text("id")] = (
            entry.choice("role", ("origin", "transit", "destination"), "") if "role" in entry else ""
        )
    return roles


def _missing_codes(section: Section) -> dict[str, str]:
    return {code: section.choice(code, MISSING_REASONS) for code in section.values}


def _values(section: Section, key: str) -> tuple[str, ...]:
    values = section.texts(key)
    if not values:
        section.refuse(key, "no value is given.", "Write the value of the rows to use, or a list of values.")
    return values


def _covariates(section: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    numeric, categorical = [], list(section.texts("categorical"))
    entries = section.values.get("covariates") or []
    for position, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        if not isinstance(entry, Mapping):
            numeric.append(as_text(entry))
            continue
        inner = section_of(entry, section.where(f"covariates[{position}]"))
        inner.allow_only(("categorical",))
        categorical.append(inner.text("categorical"))
    return tuple(numeric), tuple(categorical)


def _adjustment(
    analysis: Section, design: str, covariates: tuple[str, ...], categorical: tuple[str, ...]
) -> Adjustment:
    return read_adjustment(analysis, design, covariates=bool(covariates or categorical) or design == "ancova")


def _margins(analysis: Section, outcomes: tuple[PlannedOutcome, ...]) -> dict[str, float]:
    """Smallest differences that matter; declared for a family, for one outcome, or as one number for all."""
    if "margin" in analysis and not isinstance(analysis.values["margin"], Mapping):
        return dict.fromkeys((outcome.id for outcome in outcomes), analysis.number("margin", low=0))
    section = analysis.section("margin")
    names = {name for outcome in outcomes for name in (outcome.id, outcome.family) if name}
    for name in section.values:
        if name not in names:
            section.refuse(
                name, "no outcome and no family has this name.",
                f"Use one of: {', '.join(sorted(names))}.{did_you_mean(name, sorted(names))}",
            )  # fmt: skip
    found = {}
    for outcome in outcomes:
        for name in (outcome.family, outcome.id):
            if name in section:
                found[outcome.id] = section.number(name, low=0)
    return found
