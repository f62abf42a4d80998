"""The part of a plan that says how sure the numbers are: standard errors, test, model; refused where they contradict."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast, get_args

from campaigns.few_clusters import BY_LOT
from campaigns.influence import FROM_SCORES
from campaigns.schema import Section
from campaigns.specification import (
    ONE_WAY_ONLY,
    Adjustment,
    BootstrapWeights,
    LonelyUnits,
    Model,
    PValue,
    StandardErrors,
)


INFERENCE_KEYS = (
    "standard_errors", "p_value", "draws", "seed", "bootstrap_weights", "lonely_psu", "model",
)  # fmt: skip
FROM_ROWS = ("staggered", "exposure")  # designs with a variance of their own, by influence functions
# Designs with arms that a lot may have dealt out.
COMPARING = ("difference_in_differences", "randomised", "ancova")


@dataclass(frozen=True, slots=True, kw_only=True)
class InferencePlan:
    """How the uncertainty of every estimate is to be found."""

    standard_errors: StandardErrors = "CR2"
    p_value: PValue = "t"
    draws: int = 9999
    seed: int = 1
    bootstrap_weights: BootstrapWeights = "rademacher"
    lonely_units: LonelyUnits = "adjust"
    model: Model = "linear"
    second_opinion: bool = False  # the errors are CR2 and the plan names no test


def read_inference(
    analysis: Section, columns: Section, design: str, clusters: tuple[str, ...], single: Mapping[str, str]
) -> InferencePlan:
    """What ``analysis`` says of the uncertainty, the defaults where it says nothing."""
    found = InferencePlan(
        model=cast("Model", analysis.choice("model", get_args(Model), "linear")),
        p_value=cast("PValue", analysis.choice("p_value", get_args(PValue), "t")),
        draws=analysis.whole("draws", 9999, low=99),
        seed=analysis.whole("seed", 1, low=0),
        bootstrap_weights=cast(
            "BootstrapWeights", analysis.choice("bootstrap_weights", get_args(BootstrapWeights), "rademacher")
        ),
        lonely_units=cast("LonelyUnits", analysis.choice("lonely_psu", get_args(LonelyUnits), "adjust")),
        standard_errors=_standard_errors(analysis, clusters, single),
    )
    found = replace(found, second_opinion="p_value" not in analysis and found.standard_errors == "CR2")
    may_cluster = bool(clusters or "respondent" in single)
    if design in FROM_ROWS:
        _only_influence(found, design, clusters, analysis, columns)
    _require_cluster(found, may_cluster, columns)
    _two_ways(found, clusters, analysis)
    _model_fits(found, design, analysis)
    if design == "encouragement":
        _two_stage_fits(found, analysis)
    if found.p_value == "wild_cluster_bootstrap":
        _bootstrap_fits(found, analysis)
    if found.p_value == "automatic" and not found.standard_errors.startswith("CR"):
        analysis.refuse(
            "p_value",
            "automatic chooses the test by the number of clusters, and these standard errors know none.",
            "Name cluster and leave standard_errors out, or use p_value: t.",
        )
    if found.p_value == "randomisation":
        _randomisation_fits(design, may_cluster, analysis, columns)
    return found


def read_adjustment(analysis: Section, design: str, *, covariates: bool) -> Adjustment:
    """How covariates enter; with slopes of their own in each arm only where the arms were drawn by lot."""
    found = cast("Adjustment", analysis.choice("adjustment", get_args(Adjustment), "additive"))
    if found == "additive":
        return found
    if design not in BY_LOT:
        analysis.refuse(
            "adjustment",
            f"interacted covariates belong to arms drawn by lot, and {design} is another design.",
            f"Leave it out, or use one of the designs {', '.join(BY_LOT)}.",
        )
    if not covariates:
        analysis.refuse(
            "adjustment", "there are no covariates to interact.", "Name covariates, or leave it out."
        )
    if analysis.text("model", "linear") != "linear":
        analysis.refuse("adjustment", "only the linear model has it.", "Use model: linear, or leave it out.")
    return found


def _standard_errors(
    analysis: Section, clusters: tuple[str, ...], single: Mapping[str, str]
) -> StandardErrors:
    """CR2 where there are clusters, otherwise HC2; CR1S and HC1 where those do not exist."""
    from_scores = len(clusters) > 1 or analysis.text("model", "linear") == "ordered_logit"
    clustered, robust = ("CR1S", "HC1") if from_scores else ("CR2", "HC2")
    default = clustered if clusters or "respondent" in single else robust
    return cast("StandardErrors", analysis.choice("standard_errors", get_args(StandardErrors), default))


def _only_influence(
    found: InferencePlan, design: str, clusters: tuple[str, ...], analysis: Section, columns: Section
) -> None:
    if found.model != "linear":
        analysis.refuse("model", f"{design} has models of its own.", "Leave model out.")
    if found.p_value in ("wild_cluster_bootstrap", "randomisation", "automatic"):
        analysis.refuse(
            "p_value", f"{design} has errors by influence functions and a normal test.", "Leave p_value out."
        )
    if len(clusters) > 1:
        columns.refuse("cluster", f"{design} takes one set of clusters.", "Name one column.")


def _require_cluster(found: InferencePlan, may_cluster: bool, columns: Section) -> None:
    if may_cluster:
        return
    if found.p_value == "wild_cluster_bootstrap":
        columns.refuse(
            "cluster",
            "wild_cluster_bootstrap needs this key and it is absent.",
            "Name the column of the cluster; where respondents were sampled one by one, use p_value: t.",
        )
    if found.standard_errors.startswith("CR"):
        columns.refuse(
            "cluster",
            f"{found.standard_errors} needs this key and it is absent.",
            "Name the column of the cluster; where respondents were sampled one by one, use standard_errors: HC2.",
        )


def _two_ways(found: InferencePlan, clusters: tuple[str, ...], analysis: Section) -> None:
    if len(clusters) < 2:
        return
    if found.standard_errors in ONE_WAY_ONLY:
        analysis.refuse(
            "standard_errors",
            f"{found.standard_errors} is made for clusters that do not cross; for two ways there is no such correction.",
            "Use CR1S (Stata's), CR1 or CR0, or name one column of clusters.",
        )
    if found.p_value in ("wild_cluster_bootstrap", "randomisation", "automatic"):
        analysis.refuse(
            "p_value",
            f"{found.p_value} works on one set of clusters, and two are named.",
            "Name the cluster that was assigned or sampled as a whole, or use p_value: t.",
        )


def _model_fits(found: InferencePlan, design: str, analysis: Section) -> None:
    if found.model == "linear":
        return
    if design == "paired_pre_post":
        analysis.refuse(
            "model",
            f"{found.model} models an outcome, and paired_pre_post works on each respondent's own difference.",
            "Use linear, or design pre_post with respondent as the cluster.",
        )
    if found.model == "ordered_logit" and found.standard_errors not in (*FROM_SCORES, "iid", "linearised"):
        analysis.refuse(
            "standard_errors",
            f"{found.standard_errors} corrects by the leverage of each answer, and ordered_logit has none.",
            "Use CR1S or CR1 with clusters, HC1 without.",
        )


def _two_stage_fits(found: InferencePlan, analysis: Section) -> None:
    if found.model != "linear":
        analysis.refuse(
            "model",
            "encouragement is estimated by two-stage least squares.",
            "Leave model out, or use linear.",
        )
    if found.p_value in ("wild_cluster_bootstrap", "automatic"):
        analysis.refuse(
            "p_value",
            f"{found.p_value} is made for one regression, and encouragement takes two.",
            "Use p_value: t, and read the Anderson-Rubin interval in the caveats.",
        )
    if found.standard_errors == "linearised":
        analysis.refuse(
            "standard_errors",
            "linearised errors are not offered for encouragement.",
            "Use CR2 with cluster, or HC2 without.",
        )


def _bootstrap_fits(found: InferencePlan, analysis: Section) -> None:
    if found.model != "linear":
        analysis.refuse(
            "p_value",
            f"wild_cluster_bootstrap is made for the linear model, not for {found.model}.",
            "Use model: linear, whose coefficient is the difference in the outcome's own unit, or p_value: t.",
        )
    if found.standard_errors == "linearised":
        analysis.refuse(
            "p_value",
            "wild_cluster_bootstrap knows no strata and no finite populations, and linearised errors are about them.",
            "Use p_value: t, or cluster-robust standard errors such as CR2.",
        )


def _randomisation_fits(design: str, may_cluster: bool, analysis: Section, columns: Section) -> None:
    if design not in COMPARING:
        analysis.refuse(
            "p_value",
            f"randomisation deals out the arms again, and {design} compares no arms.",
            f"Use p_value: t, or one of the designs {', '.join(COMPARING)}.",
        )
    if design == "difference_in_differences" and not may_cluster:
        columns.refuse(
            "cluster",
            "randomisation must know what was assigned to an arm for both waves, and no column says it.",
            "Name cluster, or respondent where the same people were interviewed twice.",
        )
