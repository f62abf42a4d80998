"""The part of a plan that says how p-values are adjusted for their number; refused where it cannot be done."""

from collections.abc import Mapping
from typing import get_args

from campaigns.plan_inference import COMPARING, FROM_ROWS, InferencePlan
from campaigns.schema import Section
from campaigns.specification import StepDownMethod


STEP_DOWN: tuple[str, ...] = get_args(StepDownMethod)  # by draws that the tests of a family share
MULTIPLICITY = ("holm", "bh", "by", "sharpened_q", *STEP_DOWN, "none")


def read_multiplicity(analysis: Section) -> str:
    """The method named, as a word or as ``{method: ...}``; Holm where none is."""
    if "multiplicity" not in analysis or not isinstance(analysis.values["multiplicity"], Mapping):
        return analysis.choice("multiplicity", MULTIPLICITY, "holm")
    inner = analysis.section("multiplicity")
    inner.allow_only(("method",))
    return inner.choice("method", MULTIPLICITY, "holm")


def step_down_must_fit(
    method: str,
    analysis: Section,
    inference: InferencePlan,
    *,
    design: str,
    clusters: int,
    arms: int,
    persons: bool,
) -> None:
    """Refuse tests in steps where there is nothing that could be drawn for all outcomes together.

    Parameters
    ----------
    clusters
        How many columns of clusters the plan names.
    persons
        Whether it names respondents.
    """
    if method not in STEP_DOWN:
        return
    other = "Use holm, which holds whatever the outcomes have to do with each other"
    if design in (*FROM_ROWS, "encouragement") or inference.model != "linear":
        what = f"{design} has" if inference.model == "linear" else f"the model {inference.model} has"
        analysis.refuse("multiplicity", f"{method} draws a linear model again, and {what} none.", f"{other}.")
    if method == "westfall_young" or inference.p_value == "randomisation":
        _must_be_dealt(method, analysis, design, arms, persons=persons or clusters > 0, other=other)
    elif clusters > 1 or inference.standard_errors == "linearised":
        analysis.refuse(
            "multiplicity",
            f"{method} draws one set of clusters again; it knows no crossing clusters and no strata of a sample.",
            f"{other}.",
        )


def _must_be_dealt(
    method: str, analysis: Section, design: str, arms: int, *, persons: bool, other: str
) -> None:
    if design not in COMPARING:
        analysis.refuse(
            "multiplicity",
            f"{method} deals out the arms again, and {design} compares no arms.",
            f"Use romano_wolf, or one of the designs {', '.join(COMPARING)}.",
        )
    if arms > 1:
        analysis.refuse(
            "multiplicity",
            f"{method} deals out one arm and the comparison group, and the plan names {arms} arms.",
            f"{other}, or romano_wolf with p_value: wild_cluster_bootstrap.",
        )
    if design == "difference_in_differences" and not persons:
        analysis.refuse(
            "multiplicity",
            f"{method} must know what was assigned to an arm for both waves, and no column says it.",
            "Name columns.cluster, or columns.respondent where the same people were interviewed twice.",
        )
