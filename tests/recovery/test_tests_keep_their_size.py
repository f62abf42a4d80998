"""Tests that are no formula, over many simulated pilots without an effect and with one: their size and their coverage.

Pilots with eight and twelve wards, unequal in size, answers alike within a ward. Tolerances are three Monte Carlo errors.
"""

from functools import cache

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate


pytestmark = [
    pytest.mark.recovery,
    # ibis asks for an option that pandas is about to drop; nothing of ours does.
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]

PILOTS = 500
EFFECT = 0.3


@cache
def pilots(wards: int, effect: float) -> pd.DataFrame:
    """Every pilot as a site of its own; wards are dealt out by lot, half and half, and answers do not know the arm."""
    rng = np.random.default_rng([2026, 11, wards, round(100 * effect)])
    drawn = []
    for pilot in range(PILOTS):
        sizes = rng.integers(8, 30, wards)
        ward = np.repeat(np.arange(wards), sizes)
        arm = rng.permutation(np.arange(wards) % 2)[ward]
        y = 0.5 * rng.normal(size=wards)[ward] + rng.normal(size=len(ward)) + effect * arm
        drawn.append(
            pd.DataFrame(
                {
                    "@site": f"pilot {pilot:03d}",
                    "@cluster": [f"w{w:02d}" for w in ward],
                    "@arm": np.where(arm == 1, "campaign", "comparison"),
                    "y": y,
                    "knows": (y > 0).astype(float),
                }
            )
        )
    return pd.concat(drawn, ignore_index=True)


def estimates(wards: int, effect: float, **options: object) -> list[EffectEstimate]:
    specification = Specification(design="randomised", **{"outcomes": ("y",), **options})  # type: ignore[arg-type]
    rows = ibis.memtable(pa.Table.from_pandas(pilots(wards, effect), preserve_index=False))
    found = [effect for effect in estimate(rows, specification) if isinstance(effect, EffectEstimate)]
    assert len(found) == PILOTS
    return found


def within_chance(share: float, truth: float) -> bool:
    return abs(share - truth) < 3 * np.sqrt(truth * (1 - truth) / PILOTS)


def refused(found: list[EffectEstimate]) -> float:
    return float(np.mean([e.p_value <= 0.05 for e in found]))


def covered(found: list[EffectEstimate], truth: float) -> float:
    return float(np.mean([e.conf_low <= truth <= e.conf_high for e in found]))


@pytest.mark.parametrize("wards", [8, 12])
def test_the_wild_cluster_bootstrap_keeps_its_size_and_covers(wards: int) -> None:
    assert within_chance(refused(estimates(wards, 0.0, p_value="wild_cluster_bootstrap")), 0.05)
    assert within_chance(covered(estimates(wards, EFFECT, p_value="wild_cluster_bootstrap"), EFFECT), 0.95)


@pytest.mark.parametrize("wards", [8, 12])
def test_randomisation_inference_is_exact_and_covers(wards: int) -> None:
    """Of the 70 assignments of eight wards p is at most 4/70 at the 5 % level: the size is what can be attained."""
    attainable = {8: 2 / 70, 12: 46 / 924}[wards]
    assert within_chance(refused(estimates(wards, 0.0, p_value="randomisation")), attainable)
    found = estimates(wards, EFFECT, p_value="randomisation")
    assert covered(found, EFFECT) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / PILOTS)


def test_uncorrected_errors_refuse_too_often_with_eight_wards() -> None:
    assert refused(estimates(8, 0.0, standard_errors="CR0", p_value="normal")) > 0.1


def test_a_logit_in_the_unit_of_the_outcome_covers_the_difference_in_proportions() -> None:
    """Answers above nil, among wards that vary: the mean difference is of normal tails."""
    from scipy import stats

    spread = np.sqrt(1.25)
    truth = stats.norm.cdf(EFFECT / spread) - 0.5
    found = estimates(12, EFFECT, outcomes=("knows",), model="logit", standard_errors="CR2")
    assert abs(np.mean([e.estimate for e in found]) - truth) < 3 * np.std(
        [e.estimate for e in found]
    ) / np.sqrt(PILOTS)
    assert within_chance(covered(found, truth), 0.95)
