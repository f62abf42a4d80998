"""What must hold of weights, whatever the sample and the population."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveys.weighting import STRATUM, PopulationMargin, Trim, Weighting, cost_of, rake, trim
from surveys.weights_made import Groups, WeightsMade, make_weights


quick = settings(max_examples=60, deadline=None)
SEEDS = st.integers(0, 100_000)
RULES = st.one_of(
    st.builds(Trim, by=st.sampled_from(["median", "mean"]), above=st.floats(1.01, 6.0), below=st.none() | st.floats(0.0, 1.0)),
    st.builds(Trim, by=st.just("deviations"), above=st.floats(0.1, 4.0), below=st.none() | st.floats(0.1, 4.0)),
    st.builds(Trim, by=st.just("percentile"), above=st.floats(0.5, 1.0), below=st.none() | st.floats(0.0, 0.5)),
)  # fmt: skip


def sample(seed: int) -> Groups:
    """Groups in which every pair of answers occurs, some without an answer, some without a weight."""
    rng = np.random.default_rng(seed)
    first = np.repeat(["a", "b", "c"], 8)
    second = np.tile(["x", "y"], 12)
    silent = rng.random(24) < 0.15
    silent[:6] = False
    given = rng.lognormal(0, 1, 24)
    given[20:] = np.where(rng.random(4) < 0.3, np.nan, given[20:])
    return Groups(
        counts=rng.integers(1, 9, 24),
        given=given,
        stratum=second.tolist(),
        answers={
            "q": [None if gone else answer for gone, answer in zip(silent, first.tolist(), strict=True)]
        },
    )


def weighting(seed: int, rule: Trim | None = None) -> Weighting:
    rng = np.random.default_rng(seed + 1)
    q, s = rng.dirichlet([4, 4, 4]), rng.dirichlet([4, 4])
    margins = (
        PopulationMargin(question="q", shares=dict(zip("abc", q.tolist(), strict=True))),
        PopulationMargin(question=STRATUM, shares=dict(zip("xy", s.tolist(), strict=True))),
    )
    return Weighting(design="column", margins=margins, trim=rule)


def reordered(groups: Groups, order: np.ndarray) -> Groups:
    assert groups.stratum is not None
    return Groups(
        counts=groups.counts[order], given=groups.given[order], stratum=[groups.stratum[at] for at in order],
        answers={"q": [groups.answers["q"][at] for at in order]},
    )  # fmt: skip


def sum_of(made: WeightsMade, groups: Groups) -> float:
    return float(np.nansum(made.weights * groups.counts))


@quick
@given(SEEDS)
def test_margins_are_met_after_raking(seed: int) -> None:
    report = make_weights(weighting(seed), "w", sample(seed)).report
    assume("not_converged" not in [note.code for note in report.notes])
    assert len(report.margins) == 5
    for line in report.margins:
        assert line.after == pytest.approx(line.target, abs=1e-7)


@quick
@given(SEEDS, RULES, st.floats(1e-3, 1e4))
def test_the_unit_of_the_first_weights_changes_nothing(seed: int, rule: Trim, unit: float) -> None:
    groups = sample(seed)
    other = Groups(
        counts=groups.counts, given=groups.given * unit, stratum=groups.stratum, answers=groups.answers
    )
    one, two = (make_weights(weighting(seed, rule), "w", each).weights for each in (groups, other))
    assert two == pytest.approx(one, rel=1e-6, nan_ok=True)


@quick
@given(SEEDS, RULES)
def test_the_order_of_rows_changes_nothing(seed: int, rule: Trim) -> None:
    groups = sample(seed)
    order = np.random.default_rng(seed).permutation(24)
    plain = make_weights(weighting(seed, rule), "w", groups)
    mixed = make_weights(weighting(seed, rule), "w", reordered(groups, order))
    assert mixed.weights == pytest.approx(plain.weights[order], rel=1e-6, nan_ok=True)


@quick
@given(SEEDS, RULES)
def test_weights_average_one_and_nobody_loses_one(seed: int, rule: Trim) -> None:
    groups = sample(seed)
    made = make_weights(weighting(seed, rule), "w", groups)
    assert (np.isfinite(made.weights) == np.isfinite(groups.given)).all()
    people = groups.counts[np.isfinite(groups.given)].sum()
    assert sum_of(made, groups) == pytest.approx(people, rel=1e-9)


@quick
@given(SEEDS, RULES)
def test_trimming_keeps_the_sum_the_order_and_the_bounds(seed: int, rule: Trim) -> None:
    groups = sample(seed)
    weights = np.nan_to_num(groups.given)
    cut = trim(weights, groups.counts, rule)
    assert cut.weights @ groups.counts == pytest.approx(weights @ groups.counts, rel=1e-9)
    used = weights > 0
    by_size = np.argsort(weights[used])
    assert (np.diff(cut.weights[used][by_size]) >= -1e-12).all()
    if cut.possible:
        assert (cut.weights[used] <= cut.high * (1 + 1e-9)).all()
        assert (cut.weights[used] >= cut.low * (1 - 1e-9)).all()
    else:
        assert (cut.weights == weights).all()


@quick
@given(SEEDS)
def test_unequal_weights_never_tell_more_than_equal_ones(seed: int) -> None:
    groups = sample(seed)
    cost = cost_of(np.nan_to_num(groups.given), groups.counts)
    assert cost is not None
    assert cost.design_effect >= 1
    assert cost.effective <= cost.interviews
    assert cost.smallest <= 1 <= cost.largest


@quick
@given(SEEDS)
def test_raking_twice_is_raking_once(seed: int) -> None:
    groups = sample(seed)
    once = make_weights(weighting(seed), "w", groups)
    assume("not_converged" not in [note.code for note in once.report.notes])
    again = Groups(counts=groups.counts, given=once.weights, stratum=groups.stratum, answers=groups.answers)
    assert make_weights(weighting(seed), "w", again).weights == pytest.approx(
        once.weights, rel=1e-5, nan_ok=True
    )


@quick
@given(SEEDS)
def test_raking_to_one_margin_is_poststratification(seed: int) -> None:
    rng = np.random.default_rng(seed)
    totals, category = rng.lognormal(0, 1, 30), np.resize([0, 1, 2], 30)
    shares = rng.dirichlet([2, 2, 2])
    raked = rake(totals, [(category, shares)])
    held = np.bincount(category, weights=totals)
    assert raked.totals == pytest.approx(totals * (shares * totals.sum() / held)[category], rel=1e-9)
