"""Pooling against R's metafor, and what must hold whatever the numbers."""

import json
import math
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.pooling import (
    Interval,
    Method,
    PooledEffect,
    average_sites,
    moderate,
    pool_effects,
    subgroup_test,
)
from tests.shared import SHARED, needs_shared


REFERENCE: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "reference" / "pooling.json").read_text("utf-8")
)
METHODS: tuple[Method, ...] = ("REML", "DL", "PM", "fixed")
INTERVALS: tuple[Interval, ...] = ("normal", "knapp_hartung", "knapp_hartung_floored")
CLOSE = 1e-6


def columns(table: str) -> tuple[list[float], list[float]]:
    rows = REFERENCE["tables"][table]
    return [row["yi"] for row in rows], [row["sei"] ** 2 for row in rows]


@pytest.mark.parametrize("table", REFERENCE["tables"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("interval", INTERVALS)
def test_pooling_agrees_with_metafor(table: str, method: Method, interval: Interval) -> None:
    pooled = pool_effects(*columns(table), method=method, interval=interval)
    for name, value in REFERENCE["pooled"][f"{table} {method} {interval}"].items():
        assert getattr(pooled, name) == pytest.approx(value, rel=CLOSE, abs=1e-9), name


@pytest.mark.parametrize("table", REFERENCE["tables"])
def test_equal_weights_agree_with_the_formula_in_r(table: str) -> None:
    expected = REFERENCE["equal"][table]
    effects, variances = columns(table)
    pooled = average_sites(effects, variances, expected["dfs"])
    for name in ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high"):
        assert getattr(pooled, name) == pytest.approx(expected[name], rel=1e-10)
    assert pooled == pool_effects(effects, variances, expected["dfs"], method="equal")


@pytest.mark.parametrize("key", REFERENCE["moderated"])
def test_meta_regression_agrees_with_metafor(key: str) -> None:
    table, _, moderator, interval = key.split(" ")
    rows = REFERENCE["tables"][table]
    last = sorted({row["role"] for row in rows})[-1]
    values = [row["rate"] if moderator == "rate" else float(row["role"] == last) for row in rows]
    design = np.column_stack([np.ones(len(rows)), values])
    found = moderate(*columns(table), design, ("intercept", moderator), interval=cast("Interval", interval))
    expected = REFERENCE["moderated"][key]
    for name in ("estimate", "std_error", "p_value", "conf_low", "conf_high"):
        assert [getattr(term, name) for term in found.terms] == pytest.approx(expected[name], rel=CLOSE)
    assert found.tau2 == pytest.approx(expected["tau2"], rel=CLOSE, abs=1e-9)
    assert (found.q, found.p_value) == pytest.approx((expected["q"], expected["q_p_value"]), rel=CLOSE)
    assert found.residual_q == pytest.approx(expected["residual_q"], rel=CLOSE)
    assert found.residual_q_p_value == pytest.approx(expected["residual_q_p_value"], rel=CLOSE)


def test_the_test_of_subgroups_agrees_with_metafor() -> None:
    expected = REFERENCE["subgroups"]
    groups = []
    for name in expected["groups"]:
        rows = [row for row in REFERENCE["tables"]["spread"] if row["role"] == name]
        groups.append(pool_effects([r["yi"] for r in rows], [r["sei"] ** 2 for r in rows], interval="normal"))
    assert [group.estimate for group in groups] == pytest.approx(expected["estimate"], rel=CLOSE)
    assert subgroup_test(groups) == pytest.approx((expected["q"], expected["p_value"]), rel=CLOSE)


@needs_shared
@pytest.mark.parametrize(
    ("case", "method", "interval"),
    [
        (
            f"{'EE' if method == 'fixed' else method}_{'wald' if interval == 'normal' else 'knha'}",
            method,
            interval,
        )
        for method in METHODS
        for interval in ("normal", "knapp_hartung")
        if (method, interval) != ("fixed", "knapp_hartung")
    ],
)
def test_the_published_trials_of_bcg_come_out_as_in_r(case: str, method: Method, interval: Interval) -> None:
    results = json.loads((SHARED / "reference" / "meta_bcg" / "expected.json").read_text("utf-8"))["results"]
    pooled = pool_effects(
        results["effects"]["yi"], results["effects"]["vi"], method=method, interval=interval
    )
    expected = results[case]
    for mine, theirs in (
        ("estimate", "estimate"), ("std_error", "se"), ("p_value", "p_value"), ("conf_low", "ci_low"),
        ("conf_high", "ci_high"), ("tau2", "tau2"), ("q", "Q"), ("q_p_value", "Q_p"),
    ):  # fmt: skip
        assert getattr(pooled, mine) == pytest.approx(expected[theirs], rel=1e-7)
    assert pooled.i2 == pytest.approx(expected["I2"] / 100, rel=1e-7)
    if method in ("REML", "DL") and interval == "normal":
        prediction = results[f"{method}_prediction_higgins_k_minus_2"]
        assert pooled.predict_low == pytest.approx(prediction["pi_low"], rel=1e-7)
        assert pooled.predict_high == pytest.approx(prediction["pi_high"], rel=1e-7)


def test_one_site_is_itself() -> None:
    pooled = pool_effects([0.2], [0.01])
    assert (pooled.estimate, pooled.std_error) == (0.2, pytest.approx(0.1))
    assert pooled.tau2 is None
    assert pooled.i2 is None
    assert pooled.predict_low is None


def test_two_sites_have_no_prediction() -> None:
    pooled = pool_effects([0.3, -0.1], [0.01, 0.02])
    assert pooled.tau2 is not None
    assert pooled.predict_low is None


sites = st.lists(
    st.tuples(st.floats(-2, 2).map(lambda x: round(x, 4)), st.floats(1e-3, 2).map(lambda x: round(x, 4))),
    min_size=2,
    max_size=12,
)
ways = st.tuples(st.sampled_from((*METHODS, "equal")), st.sampled_from(INTERVALS))


def pooled_of(rows: list[tuple[float, float]], way: tuple[str, str]) -> PooledEffect:
    return pool_effects(
        [effect for effect, _ in rows],
        [error**2 for _, error in rows],
        method=cast("Method", way[0]),
        interval=cast("Interval", way[1]),
    )


@settings(max_examples=40, deadline=None)
@given(rows=sites, way=ways)
def test_an_average_lies_among_its_sites_and_its_interval_around_it(
    rows: list[tuple[float, float]], way: tuple[str, str]
) -> None:
    pooled = pooled_of(rows, way)
    effects = [effect for effect, _ in rows]
    assert min(effects) - 1e-9 <= pooled.estimate <= max(effects) + 1e-9
    if pooled.std_error == 0:  # effects without any scatter leave Knapp and Hartung nothing to test them by
        assert way[1] == "knapp_hartung"
        assert math.isnan(pooled.p_value)
    else:
        assert pooled.conf_low <= pooled.estimate <= pooled.conf_high
        assert 0 <= pooled.p_value <= 1
    assert pooled.i2 is None or 0 <= pooled.i2 <= 1
    assert pooled.tau2 is None or pooled.tau2 >= 0
    if pooled.tau2_low is not None and pooled.tau2_high is not None:
        assert 0 <= pooled.tau2_low <= pooled.tau2_high


@settings(max_examples=40, deadline=None)
@given(rows=sites, way=ways, shift=st.floats(-1, 1), scale=st.floats(0.1, 10))
def test_shifting_and_scaling_effects_shifts_and_scales_the_average(
    rows: list[tuple[float, float]], way: tuple[str, str], shift: float, scale: float
) -> None:
    plain = pooled_of(rows, way)
    moved = pooled_of([(effect * scale + shift, error * scale) for effect, error in rows], way)
    assert moved.estimate == pytest.approx(plain.estimate * scale + shift, rel=1e-5, abs=1e-6)
    assert moved.std_error == pytest.approx(plain.std_error * scale, rel=1e-4, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(rows=sites, way=ways, seed=st.integers(0, 99))
def test_the_order_of_sites_does_not_matter(
    rows: list[tuple[float, float]], way: tuple[str, str], seed: int
) -> None:
    order = np.random.default_rng(seed).permutation(len(rows))
    one, other = pooled_of(rows, way), pooled_of([rows[place] for place in order], way)
    assert one.estimate == pytest.approx(other.estimate, rel=1e-6, abs=1e-8)
    assert one.std_error == pytest.approx(other.std_error, rel=1e-5, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(rows=sites)
def test_the_floor_never_narrows_an_interval(rows: list[tuple[float, float]]) -> None:
    floored = pooled_of(rows, ("REML", "knapp_hartung_floored"))
    for interval in ("knapp_hartung", "normal"):
        other = pooled_of(rows, ("REML", interval))
        width = 0.0 if other.std_error == 0 else other.conf_high - other.conf_low
        assert floored.conf_high - floored.conf_low >= width - 1e-12


def test_sites_without_known_degrees_of_freedom_are_taken_as_normal() -> None:
    pooled = average_sites([0.1, 0.2], [0.01, 0.01], [math.inf, math.inf])
    assert pooled.df == math.inf
    assert pooled.interval == "normal"
