"""Keys of a plan that nothing in its analysis takes account of: a silence there would pass for an adjustment."""

from collections.abc import Callable, Mapping

from campaigns.plan import Plan
from campaigns.plan_inference import FROM_ROWS


def _survey(plan: Plan) -> bool:
    return plan.inference.standard_errors == "linearised"


def _draws(plan: Plan) -> bool:
    return plan.inference.second_opinion or plan.inference.p_value in (
        "wild_cluster_bootstrap",
        "randomisation",
        "automatic",
    )


def _designs(*names: str) -> Callable[[Plan], bool]:
    return lambda plan: plan.design in names


def _by_cells(plan: Plan) -> bool:
    return plan.design not in FROM_ROWS


USED: Mapping[str, Callable[[Plan], bool]] = {
    "columns.stratum": _survey,
    "columns.fpc": _survey,
    "columns.baseline": _designs("paired_pre_post", "ancova"),
    "columns.received": _designs(),
    "columns.dose": _designs(),
    "columns.period": _designs("staggered"),
    "columns.first_treated": _designs("staggered"),
    "analysis.comparison_group": _designs("staggered"),
    "analysis.standard_errors": _by_cells,
    "analysis.p_value": lambda plan: _by_cells(plan) or plan.inference.p_value == "normal",
    "analysis.lonely_psu": _survey,
    "analysis.draws": _draws,
    "analysis.seed": _draws,
    "analysis.bootstrap_weights": lambda plan: (
        plan.inference.second_opinion or plan.inference.p_value == "wild_cluster_bootstrap"
    ),
}


def unused_keys(plan: Plan) -> tuple[str, ...]:
    """The keys that are given and play no part."""
    given = {f"columns.{part}" for part in plan.columns} | {f"analysis.{key}" for key in plan.given}
    return tuple(key for key, used in USED.items() if key in given and not used(plan))
