"""What must hold of the tests that are no formula, of two-way clusters and of the likelihoods, whatever the data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate
from tests.campaigns.made_up import table


quick = settings(max_examples=5, deadline=None)
SEEDS = st.integers(0, 10_000)
WAYS: dict[str, dict[str, object]] = {
    "bootstrap": {"standard_errors": "CR1", "p_value": "wild_cluster_bootstrap"},
    "webb": {"standard_errors": "CR1", "p_value": "wild_cluster_bootstrap", "bootstrap_weights": "webb", "draws": 999},
    "randomisation": {"standard_errors": "CR1", "p_value": "randomisation"},
    "two ways": {"standard_errors": "CR1S"},
    "logit": {"standard_errors": "CR2", "model": "logit", "covariates": ("age",), "outcomes": ("knows",)},
    "poisson": {"standard_errors": "CR1S", "model": "poisson", "outcomes": ("signs",)},
    "ordered": {"standard_errors": "CR1S", "model": "ordered_logit", "covariates": ("age",), "outcomes": ("signs",)},
}  # fmt: skip
LINEAR = st.sampled_from(["bootstrap", "randomisation", "two ways"])
ALL = st.sampled_from(sorted(WAYS))
NUMBERS = ("estimate", "std_error", "p_value", "conf_low", "conf_high")


def survey(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(8), rng.integers(6, 14, 8))
    n = len(cluster)
    level = rng.normal(size=8)[cluster] / 3 + 0.4 * (cluster % 2)
    return pd.DataFrame(
        {
            "@cluster": [f"c{c}" for c in cluster],
            "@arm": np.where(cluster % 2 == 0, "campaign", "comparison"),
            "@weight": rng.uniform(0.5, 3, n),
            "interviewer": [f"i{i}" for i in rng.integers(0, 6, n)],
            "age": rng.integers(18, 30, n).astype(float),
            "y": level + rng.normal(size=n),
            "knows": (rng.random(n) < 1 / (1 + np.exp(-level))).astype(float),
            "signs": rng.poisson(np.exp(level / 2)).clip(max=4).astype(float),
        }
    )


def effect(rows: pd.DataFrame, way: str) -> EffectEstimate:
    options: dict[str, object] = {"outcomes": ("y",), **WAYS[way]}
    if way == "two ways":
        rows = rows.assign(**{"@cluster2": rows["interviewer"]})
    (found,) = estimate(table(rows), Specification(design="randomised", **options))  # type: ignore[arg-type]
    if way == "two ways":  # may come out below zero, and then there is none
        assume(isinstance(found, EffectEstimate))
    assert isinstance(found, EffectEstimate), found
    return found


def same(one: EffectEstimate, other: EffectEstimate) -> None:
    for name in NUMBERS:
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-6, abs=1e-9), name


def changed_sign(one: EffectEstimate, other: EffectEstimate) -> None:
    assert other.estimate == pytest.approx(-one.estimate, rel=1e-6, abs=1e-9)
    assert other.std_error == pytest.approx(one.std_error, rel=1e-6)
    assert other.p_value == pytest.approx(one.p_value, rel=1e-6)
    assert (other.conf_low, other.conf_high) == pytest.approx((-one.conf_high, -one.conf_low), rel=1e-6)


@quick
@given(SEEDS, ALL)
def test_the_order_of_rows_does_not_matter(seed: int, way: str) -> None:
    rows = survey(seed)
    same(effect(rows, way), effect(rows.sample(frac=1, random_state=seed), way))


@quick
@given(SEEDS, ALL, st.floats(0.01, 1000))
def test_the_scale_of_weights_does_not_matter(seed: int, way: str, scale: float) -> None:
    rows = survey(seed)
    one, other = effect(rows, way), effect(rows.assign(**{"@weight": scale * rows["@weight"]}), way)
    same(one, other)


@quick
@given(SEEDS, ALL)
def test_the_names_of_clusters_that_keep_their_order_do_not_matter(seed: int, way: str) -> None:
    rows = survey(seed)
    same(effect(rows, way), effect(rows.assign(**{"@cluster": "village " + rows["@cluster"]}), way))


@quick
@given(SEEDS, LINEAR, st.floats(-1000, 1000))
def test_a_constant_added_to_the_outcome_changes_nothing(seed: int, way: str, constant: float) -> None:
    rows = survey(seed)
    same(effect(rows, way), effect(rows.assign(y=rows["y"] + constant), way))


@quick
@given(SEEDS, LINEAR, st.floats(0.01, 100))
def test_another_unit_changes_the_unit_and_not_the_test(seed: int, way: str, unit: float) -> None:
    rows = survey(seed)
    one, other = effect(rows, way), effect(rows.assign(y=unit * rows["y"]), way)
    assert other.p_value == one.p_value or other.p_value == pytest.approx(one.p_value, rel=1e-6)
    for name in ("estimate", "std_error", "conf_low", "conf_high"):
        assert getattr(other, name) == pytest.approx(unit * getattr(one, name), rel=1e-6, abs=1e-9 * unit)


@quick
@given(SEEDS, ALL)
def test_exchanging_the_arms_changes_the_sign_and_nothing_else(seed: int, way: str) -> None:
    rows = survey(seed)
    other = {"campaign": "comparison", "comparison": "campaign"}
    changed_sign(effect(rows, way), effect(rows.assign(**{"@arm": rows["@arm"].map(other)}), way))


@quick
@given(SEEDS)
def test_exchanging_knowing_and_not_knowing_changes_the_sign_of_a_logit(seed: int) -> None:
    rows = survey(seed)
    changed_sign(effect(rows, "logit"), effect(rows.assign(knows=1 - rows["knows"]), "logit"))


@quick
@given(SEEDS, st.sampled_from(["bootstrap", "randomisation"]))
def test_the_interval_and_the_test_say_the_same(seed: int, way: str) -> None:
    found = effect(survey(seed), way)
    assert (found.p_value > 0.05) is (found.conf_low < 0 < found.conf_high)
