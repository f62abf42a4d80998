"""Keys of a plan that nothing in its analysis takes account of: a silence there would pass for an adjustment."""

from collections.abc import Callable, Mapping

from campaigns.plan import Plan
from campaigns.plan_inference import FROM_ROWS
from campaigns.plan_multiplicity import STEP_DOWN


def _survey(plan: Plan) -> bool:
    return plan.inference.standard_errors == "linearised"


def _draws(plan: Plan) -> bool:
    drawn = plan.inference.p_value in ("wild_cluster_bootstrap", "randomisation", "automatic")
    return plan.inference.second_opinion or drawn or plan.multiplicity in STEP_DOWN


def _designs(*names: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.design in names


def _by_cells(plan: Plan) -> bool:
    return plan.design not in FROM_ROWS or _is_dose(plan)


def _is_dose(plan: Plan) -> bool:
    return plan.design == "exposure" and "dose" in plan.columns


def _by_start(plan: Plan) -> bool:
    return plan.design == "event_study" and "first_treated" in plan.columns


USED: Mapping[str, Callable[[Plan], bool]] = {
    "columns.stratum": _survey,
    "columns.fpc": _survey,
    "columns.baseline": _designs("paired_pre_post", "ancova"),
    "columns.received": _designs("encouragement"),
    "columns.dose": _designs("exposure"),
    "columns.period": lambda plan: plan.design == "staggered" or _by_start(plan),
    "columns.first_treated": _designs("staggered", "event_study"),
    "columns.arm": lambda plan: (
        plan.design not in ("staggered",) and not _by_start(plan) and not _is_dose(plan)
    ),
    "columns.interviewer": lambda _: False,  # `awareness threats` looks at these three, no estimate does
    "columns.mode": lambda _: False,
    "columns.exposure": lambda _: False,
    "analysis.comparison_group": _designs("staggered"),
    "analysis.standard_errors": _by_cells,
    "analysis.p_value": lambda plan: _by_cells(plan) or plan.inference.p_value == "normal",
    "analysis.lonely_psu": _survey,
    "analysis.draws": _draws,
    "analysis.seed": _draws,
    "analysis.bootstrap_weights": lambda plan: (
        plan.inference.second_opinion
        or plan.inference.p_value == "wild_cluster_bootstrap"
        or plan.multiplicity == "romano_wolf"
    ),
}


def unused_keys(plan: Plan) -> tuple[str, ...]:
    """The keys that are given and play no part."""
    given = {f"columns.{part}" for part in plan.columns} | {f"analysis.{key}" for key in plan.given}
    given |= {"columns.arm"} if plan.arm is not None else set()
    return tuple(key for key, used in USED.items() if key in given and not used(plan))
