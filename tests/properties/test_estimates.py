"""What must hold of every estimate, whatever the data."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate
from tests.campaigns.made_up import table


quick = settings(max_examples=12, deadline=None)
KINDS = st.sampled_from(["iid", "HC1", "HC2", "HC3", "CR0", "CR1S", "CR2", "CR3"])
SEEDS = st.integers(0, 10_000)


def survey(seed: int, *, weighted: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(10), rng.integers(4, 12, 10))
    n = len(cluster)
    rows = pd.DataFrame(
        {
            "@cluster": [f"c{c}" for c in cluster],
            "@arm": np.where(cluster % 2 == 0, "campaign", "comparison"),
            "@wave": np.where(np.arange(n) % 2 == 0, "before", "after"),
            "age": rng.integers(18, 22, n).astype(float),
            "y": rng.normal(size=10)[cluster] + rng.normal(size=n),
        }
    )
    return rows.assign(**{"@weight": rng.uniform(0.5, 3, n)}) if weighted else rows


def effect(rows: pd.DataFrame, kind: str, **options: object) -> EffectEstimate:
    specification = Specification(
        design="difference_in_differences", outcomes=("y",), standard_errors=kind, covariates=("age",), **options  # type: ignore[arg-type]
    )  # fmt: skip
    (found,) = estimate(table(rows), specification)
    assert isinstance(found, EffectEstimate), found
    return found


def same(one: EffectEstimate, other: EffectEstimate, *, scale: float = 1.0) -> None:
    size = abs(one.std_error)
    assert other.estimate == pytest.approx(scale * one.estimate, rel=1e-8, abs=1e-9 * size * abs(scale))
    assert other.std_error == pytest.approx(abs(scale) * one.std_error, rel=1e-7)
    assert other.df == pytest.approx(one.df, rel=1e-7)


@quick
@given(SEEDS, KINDS, st.booleans())
def test_exchanging_the_arms_changes_the_sign_and_nothing_else(seed: int, kind: str, weighted: bool) -> None:
    rows = survey(seed, weighted=weighted)
    other = {"campaign": "comparison", "comparison": "campaign"}
    same(effect(rows, kind), effect(rows.assign(**{"@arm": rows["@arm"].map(other)}), kind), scale=-1.0)


@quick
@given(SEEDS, KINDS, st.booleans())
def test_exchanging_the_waves_changes_the_sign_and_nothing_else(seed: int, kind: str, weighted: bool) -> None:
    rows = survey(seed, weighted=weighted)
    same(effect(rows, kind), effect(rows, kind, before=("after",), after=("before",)), scale=-1.0)


@quick
@given(SEEDS, KINDS)
def test_the_order_of_rows_does_not_matter(seed: int, kind: str) -> None:
    rows = survey(seed, weighted=True)
    same(effect(rows, kind), effect(rows.sample(frac=1, random_state=seed), kind))


@quick
@given(SEEDS, KINDS, st.floats(0.01, 1000))
def test_the_scale_of_weights_does_not_matter(seed: int, kind: str, scale: float) -> None:
    rows = survey(seed, weighted=True)
    same(effect(rows, kind), effect(rows.assign(**{"@weight": scale * rows["@weight"]}), kind))


@quick
@given(SEEDS, KINDS)
def test_equal_weights_are_no_weights(seed: int, kind: str) -> None:
    rows = survey(seed)
    same(effect(rows, kind), effect(rows.assign(**{"@weight": 2.5}), kind))


@quick
@given(SEEDS, KINDS, st.floats(-1e6, 1e6), st.booleans())
def test_a_constant_added_to_the_outcome_changes_nothing(
    seed: int, kind: str, constant: float, weighted: bool
) -> None:
    rows = survey(seed, weighted=weighted)
    same(effect(rows, kind), effect(rows.assign(y=rows["y"] + constant), kind))


@quick
@given(SEEDS, KINDS, st.floats(0.001, 1000))
def test_another_unit_of_the_outcome_changes_the_unit_of_the_effect(
    seed: int, kind: str, unit: float
) -> None:
    rows = survey(seed)
    same(effect(rows, kind), effect(rows.assign(y=unit * rows["y"]), kind), scale=unit)


@quick
@given(SEEDS, KINDS)
def test_a_covariate_given_twice_or_in_another_unit_changes_nothing(seed: int, kind: str) -> None:
    rows = survey(seed)
    rows["months"] = 12 * rows["age"] + 3
    one = effect(rows, kind)
    same(one, effect(rows, kind, categorical=(), fixed_effects=(), margins={"y": 1.0}))
    found = estimate(
        table(rows),
        Specification(
            design="difference_in_differences", outcomes=("y",), standard_errors=kind, covariates=("age", "months")  # type: ignore[arg-type]
        ),
    )[0]  # fmt: skip
    assert isinstance(found, EffectEstimate)
    same(one, found)


@quick
@given(SEEDS)
def test_twice_the_same_interviews_in_the_same_clusters_leave_cr0_as_it_was(seed: int) -> None:
    rows = survey(seed)
    same(effect(rows, "CR0"), effect(pd.concat([rows, rows]), "CR0"))
