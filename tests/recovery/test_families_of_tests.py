"""Families of outcomes that move alike: false findings come as seldom as promised, true ones more often than by Holm."""

from functools import cache

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate
from campaigns.multiplicity import adjusted
from campaigns.specification import PValue, StepDown, StepDownMethod


pytestmark = [
    pytest.mark.recovery,
    # ibis asks for an option that pandas is about to drop; nothing of ours does.
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]
FAMILIES = 400
NULLS = ("a", "b", "c", "d", "e")
TRUE = "f"
ALPHA = 0.05


@cache
def families(effect: float) -> pd.DataFrame:
    """Sites of 7 against 7 villages with six outcomes that correlate 0.9; one alone has an effect."""
    rng = np.random.default_rng([2026, round(100 * effect)])
    site, village, _ = np.indices((FAMILIES, 14, 8))
    shared = rng.normal(size=(FAMILIES, 14, 1)) * 0.4 + rng.normal(size=site.shape)
    rows = {"@site": site.ravel().astype(str), "@cluster": village.ravel().astype(str)}
    rows["@arm"] = np.where(village.ravel() % 2 == 0, "campaign", "comparison")
    for outcome in (*NULLS, TRUE):
        own = rng.normal(size=site.shape) * 0.3
        rows[outcome] = (shared + own + (effect * (village % 2 == 0) if outcome == TRUE else 0)).ravel()
    return pd.DataFrame(rows)


@cache
def p_values(effect: float, method: StepDownMethod, p_value: PValue) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Adjusted and plain p-values, one row a family."""
    step_down = StepDown(method=method, families=dict.fromkeys((*NULLS, TRUE), "all"))
    specification = Specification(
        design="randomised", outcomes=(*NULLS, TRUE), p_value=p_value, step_down=step_down
    )
    table = ibis.memtable(pa.Table.from_pandas(families(effect), preserve_index=False))
    found = [e for e in estimate(table, specification) if isinstance(e, EffectEstimate)]
    rows = pd.DataFrame(
        [(e.subject.site, e.subject.outcome, e.p_adjusted, e.p_value) for e in found],
        columns=["site", "outcome", "adjusted", "plain"],
    )
    return rows.pivot_table("adjusted", "site", "outcome"), rows.pivot_table("plain", "site", "outcome")


CASES: list[tuple[StepDownMethod, PValue]] = [
    ("romano_wolf", "wild_cluster_bootstrap"),
    ("romano_wolf", "randomisation"),
    ("westfall_young", "randomisation"),
]


@pytest.mark.parametrize(("method", "p_value"), CASES)
def test_a_family_without_effects_has_a_false_finding_one_time_in_twenty(
    method: StepDownMethod, p_value: PValue
) -> None:
    found, plain = p_values(0.0, method, p_value)
    chance = 3 * np.sqrt(ALPHA * (1 - ALPHA) / FAMILIES)
    assert abs(float((found.min(axis=1) <= ALPHA).mean()) - ALPHA) < chance
    assert float((plain.min(axis=1) <= ALPHA).mean()) > ALPHA + chance


@pytest.mark.parametrize(("method", "p_value"), CASES)
def test_beside_a_true_effect_the_others_are_still_safe_and_it_is_found_more_often_than_by_holm(
    method: StepDownMethod, p_value: PValue
) -> None:
    found, plain = p_values(0.9, method, p_value)
    false = float((found[list(NULLS)].min(axis=1) <= ALPHA).mean())
    assert false < ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / FAMILIES)
    by_holm = [adjusted(row.tolist(), "holm")[plain.columns.get_loc(TRUE)] for _, row in plain.iterrows()]
    assert (found[TRUE] <= ALPHA).sum() > 1.1 * sum(p is not None and p <= ALPHA for p in by_holm)
