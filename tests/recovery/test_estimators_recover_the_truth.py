"""Many simulated pilots with one truth: the estimators find it, and their intervals cover it as often as they say.

Tolerances are those of the number of pilots drawn (three Monte Carlo standard errors), never looser.
"""

from collections.abc import Sequence
from functools import cache

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from campaigns.effects import Effect, EffectEstimate
from campaigns.estimation import Specification, estimate
from campaigns.simulation import OutcomeTruth, SiteTruth, simulate_scores


pytestmark = [
    pytest.mark.recovery,
    # ibis asks for an option that pandas is about to drop; nothing of ours does.
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]

PILOTS = 600
TREND = 0.06


def site(effect: float, *, wards: int, interviews: int = 360) -> SiteTruth:
    outcome = OutcomeTruth(level=0.4, trend=TREND, effect=effect, icc=0.02)
    return SiteTruth(
        site="pilot",
        wards_campaign=wards,
        wards_comparison=wards,
        interviews=(interviews, interviews),
        outcomes={"knows": outcome},
    )


@cache
def pilots(effect: float, wards: int) -> pd.DataFrame:
    """Every pilot as a site of its own, so that one query estimates them all."""
    rng = np.random.default_rng([2026, wards, round(1000 * (1 + effect))])
    drawn = [
        simulate_scores(site(effect, wards=wards), ["knows"], rng).assign(**{"@site": f"pilot {number:03d}"})
        for number in range(PILOTS)
    ]
    return pd.concat(drawn, ignore_index=True)


def estimates(rows: pd.DataFrame, design: str, **options: object) -> list[EffectEstimate]:
    specification = Specification(design=design, outcomes=("knows",), **options)  # type: ignore[arg-type]
    found: Sequence[Effect] = estimate(
        ibis.memtable(pa.Table.from_pandas(rows, preserve_index=False)), specification
    )
    made = [effect for effect in found if isinstance(effect, EffectEstimate)]
    assert len(made) == PILOTS
    return made


def mean_within_chance(values: Sequence[float], truth: float) -> bool:
    return abs(np.mean(values) - truth) < 3 * np.std(values, ddof=1) / np.sqrt(len(values))


def share_within_chance(share: float, truth: float) -> bool:
    return abs(share - truth) < 3 * np.sqrt(truth * (1 - truth) / PILOTS)


def coverage(effects: Sequence[EffectEstimate], truth: float) -> float:
    return float(np.mean([e.conf_low <= truth <= e.conf_high for e in effects]))


@pytest.mark.parametrize("effect", [0.12, -0.08])
def test_difference_in_differences_is_unbiased_and_its_cr2_interval_covers(effect: float) -> None:
    found = estimates(pilots(effect, 12), "difference_in_differences")

    assert mean_within_chance([e.estimate for e in found], effect)
    assert share_within_chance(coverage(found, effect), 0.95)
    spread = np.std([e.estimate for e in found], ddof=1)
    typical = np.sqrt(np.mean([e.std_error**2 for e in found]))
    assert typical == pytest.approx(spread, rel=3 / np.sqrt(2 * PILOTS))


def test_without_an_effect_one_in_twenty_is_called_one() -> None:
    found = estimates(pilots(0.0, 12), "difference_in_differences")

    assert share_within_chance(float(np.mean([e.p_value < 0.05 for e in found])), 0.05)


def test_with_five_wards_an_arm_the_cr2_interval_still_covers_where_the_naive_one_does_not() -> None:
    rows = pilots(0.12, 5)
    honest = estimates(rows, "difference_in_differences")
    naive = estimates(rows, "difference_in_differences", standard_errors="CR0", p_value="normal")

    assert mean_within_chance([e.estimate for e in honest], 0.12)
    assert coverage(honest, 0.12) > 0.95 - 3 * np.sqrt(0.95 * 0.05 / PILOTS)
    assert not share_within_chance(coverage(naive, 0.12), 0.95)


def test_before_and_after_alone_is_wrong_by_the_trend() -> None:
    rows = pilots(0.12, 12)
    found = estimates(rows[rows["@arm"] == "campaign"], "pre_post")

    assert mean_within_chance([e.estimate for e in found], 0.12 + TREND)
    assert not mean_within_chance([e.estimate for e in found], 0.12)
    assert coverage(found, 0.12) < 0.9
    assert share_within_chance(coverage(found, 0.12 + TREND), 0.95)


def test_before_and_after_alone_finds_effects_where_there_are_none() -> None:
    rows = pilots(0.0, 12)
    found = estimates(rows[rows["@arm"] == "campaign"], "pre_post")

    assert np.mean([e.p_value < 0.05 for e in found]) > 0.10


def test_comparing_arms_after_the_campaign_is_unbiased_but_less_sure() -> None:
    rows = pilots(0.12, 12)
    found = estimates(rows[rows["@wave"] == "after"], "randomised")

    assert mean_within_chance([e.estimate for e in found], 0.12)
    assert share_within_chance(coverage(found, 0.12), 0.95)
