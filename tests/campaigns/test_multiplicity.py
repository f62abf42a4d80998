"""Adjusted p-values against R's p.adjust, statsmodels, and Anderson's program written out."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from campaigns.multiplicity import Method, adjusted


REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "pooling.json").read_text("utf-8"))[
    "adjusted"
]
p_values = st.lists(st.floats(0, 1), min_size=1, max_size=25)


@pytest.mark.parametrize("method", ["holm", "bh", "by"])
def test_adjustment_agrees_with_r(method: Method) -> None:
    assert adjusted(REFERENCE["p"], method) == pytest.approx(REFERENCE[method], rel=1e-12)


@settings(max_examples=20)  # statsmodels collects the whole program's garbage at every call
@given(p=p_values)
def test_holm_agrees_with_statsmodels(p: list[float]) -> None:
    assert adjusted(p, "holm") == pytest.approx(multipletests(p, method="holm")[1], abs=1e-12)


def andersons_program(p: list[float]) -> list[float]:
    """The loop of Anderson (2008), step by step as in the paper's own code."""
    order = sorted(range(len(p)), key=lambda place: p[place])
    ordered, m = [p[place] for place in order], len(p)
    found = [1.0] * m
    for step in range(1000, 0, -1):
        q = step / 1000
        first = q / (1 + q)
        rejected = max((r for r in range(1, m + 1) if first * r / m >= ordered[r - 1]), default=0)
        second = math.inf if rejected == m else first * (m / (m - rejected))
        last = max((r for r in range(1, m + 1) if second * r / m >= ordered[r - 1]), default=0)
        for rank in range(last):
            found[rank] = q
    result = [0.0] * m
    for place, value in zip(order, found, strict=True):
        result[place] = value
    return result


@given(p=p_values)
def test_sharpened_q_values_are_andersons(p: list[float]) -> None:
    one_step = 0.001 + 1e-9  # where a p-value is exactly at a bound, the last bit decides between two steps
    assert adjusted(p, "sharpened_q") == pytest.approx(andersons_program(p), abs=one_step)


@given(p=p_values, method=st.sampled_from(["holm", "bh", "by"]))
def test_adjusting_never_lowers_a_p_value_and_keeps_the_order(p: list[float], method: Method) -> None:
    found = np.array(adjusted(p, method), float)
    assert (found >= np.array(p) - 1e-12).all()
    assert (found <= 1).all()
    assert (np.diff(found[np.argsort(p, kind="stable")]) >= -1e-12).all()


def test_an_absent_p_value_stays_absent_and_is_not_counted() -> None:
    assert adjusted([0.01, None, 0.04, math.nan], "holm") == [
        pytest.approx(0.02),
        None,
        pytest.approx(0.04),
        None,
    ]
    assert adjusted([], "bh") == []


def test_none_changes_nothing() -> None:
    assert adjusted([0.2, 0.01], "none") == [0.2, 0.01]
