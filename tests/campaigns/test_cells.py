"""One grouped query gives the sums an estimate needs, and nothing is lost on the way."""

import numpy as np
import pandas as pd
import pytest

from campaigns.cells import compress, label
from tests.campaigns.made_up import table


ROWS = pd.DataFrame(
    {
        "@arm": ["a", "a", "a", "b", None],
        "age": [30.0, 30.0, np.nan, 41.0, 41.0],
        "w": [1.0, 2.0, 1.0, 0.5, 3.0],
        "y": [1.0, 3.0, 5.0, None, 2.0],
        "z": [1.0, None, 1.0, 1.0, 1.0],
    }
)


def test_rows_of_the_same_key_become_one_cell() -> None:
    cells = compress(table(ROWS), outcomes=["y", "z"], by=["@arm", "age"])
    first = (cells.keys["@arm"].codes == 0) & (cells.keys["age"].numbers() == 30)
    assert cells.rows[first] == [2]
    assert cells.sums["y"]["n"][first] == [2]
    assert cells.sums["y"]["wy"][first] == [4]
    assert cells.sums["y"]["wyy"][first] == [10]
    assert cells.sums["z"]["n"][first] == [1]


def test_a_missing_key_is_kept_apart_and_counted() -> None:
    cells = compress(table(ROWS), outcomes=["y"], by=["@arm", "age"])
    assert cells.rows.sum() == 5
    assert cells.rows[cells.keys["@arm"].codes < 0].sum() == 1
    assert cells.rows[cells.keys["age"].codes < 0].sum() == 1


def test_weighted_sums_are_weighted() -> None:
    cells = compress(table(ROWS), outcomes=["y"], by=["@arm"], weight="w")
    sums = {name: values[cells.keys["@arm"].among(["a"])][0] for name, values in cells.sums["y"].items()}
    assert sums == {"n": 3, "w": 4, "wy": 12, "wyy": 44, "ww": 6, "wwy": 18, "wwyy": 62}


def test_rows_without_weight_count_for_nothing() -> None:
    rows = ROWS.assign(w=[1.0, 0.0, None, 0.5, 3.0])
    cells = compress(table(rows), outcomes=["y"], by=["@arm"], weight="w")
    assert cells.sums["y"]["n"].sum() == 2
    assert cells.rows.sum() == 5


def test_an_outcome_far_from_zero_is_measured_from_near_its_mean() -> None:
    rows = pd.DataFrame({"g": ["a", "b"] * 50, "y": 1e9 + np.arange(100) / 7})
    cells = compress(table(rows), outcomes=["y"], by=["g"])
    assert cells.origin["y"] == pytest.approx(1e9, rel=1e-6)
    within = cells.sums["y"]["wyy"] - cells.sums["y"]["wy"] ** 2 / cells.sums["y"]["n"]
    expected = rows.groupby("g")["y"].apply(lambda y: ((y - y.mean()) ** 2).sum())
    assert within == pytest.approx(expected.to_numpy(), rel=1e-6)


def test_the_order_of_cells_does_not_depend_on_the_order_of_rows() -> None:
    one = compress(table(ROWS), outcomes=["y"], by=["@arm", "age"])
    other = compress(table(ROWS.iloc[::-1].reset_index(drop=True)), outcomes=["y"], by=["@arm", "age"])
    assert list(one.rows) == list(other.rows)
    assert one.keys["age"].levels == other.keys["age"].levels


def test_numbers_are_ordered_by_size_and_named_without_a_needless_point() -> None:
    rows = pd.DataFrame({"k": [10.0, 9.0, 2.5], "y": [1.0, 2.0, 3.0]})
    assert compress(table(rows), outcomes=["y"], by=["k"]).keys["k"].labels() == ("2.5", "9", "10")
    assert label(True) == "1"
