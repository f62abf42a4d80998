"""The made-up survey of tests/reference/cells.csv as the estimation's table, and a second way to its numbers."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa


REFERENCE = Path(__file__).resolve().parents[1] / "reference"


@cache
def _survey() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "cells.csv")


def interviews() -> pd.DataFrame:
    """One row an interview, with the standard parts beside the columns of the file."""
    rows = _survey().copy()
    rows["@wave"] = rows["after"].map({0: "before", 1: "after"})
    rows["@arm"] = rows["arm"].map({0: "comparison", 1: "campaign"})
    rows["@cluster"] = rows["village"]
    return rows


def table(rows: pd.DataFrame) -> ibis.Table:
    """The rows as the estimation takes them."""
    return ibis.memtable(pa.Table.from_pandas(rows, preserve_index=False))


def did_design(rows: pd.DataFrame, *, district: bool = False) -> np.ndarray:
    """Constant, arm, after, districts, female, age and last the effect, row by row."""
    parts = [np.ones(len(rows)), rows["arm"], rows["after"], rows["female"], rows["age"]]
    if district:
        parts += [(rows["district"] == f"d{i}").astype(float) for i in range(1, 6)]
    return np.column_stack([*parts, rows["arm"] * rows["after"]]).astype(float)


def by_rows(
    x: np.ndarray,
    y: np.ndarray,
    w: np.ndarray,
    clusters: np.ndarray,
    adjust: Callable[[np.ndarray], np.ndarray],
) -> tuple[float, float]:
    """Standard error and Satterthwaite df of the last coefficient, with every matrix written out in full.

    ``adjust`` turns a cluster's block of (I-H)(I-H)' into its adjustment matrix.
    """
    n = len(y)
    bread = np.linalg.inv(x.T @ (w[:, None] * x))
    left = np.eye(n) - x @ bread @ (x.T * w)
    residual = left @ y
    target = left @ left.T
    pulls = np.zeros((len(np.unique(clusters)), n))
    for g, name in enumerate(np.unique(clusters)):
        own = np.flatnonzero(clusters == name)
        pulls[g, own] = adjust(target[np.ix_(own, own)]) @ (w[own] * (x[own] @ bread[:, -1]))
    omega = (pulls @ left) @ (pulls @ left).T
    return float(np.sqrt(((pulls @ residual) ** 2).sum())), float(np.trace(omega) ** 2 / (omega**2).sum())


def inverse_root(block: np.ndarray) -> np.ndarray:
    """Symmetric pseudo-inverse square root."""
    values, vectors = np.linalg.eigh(block)
    powers = np.array([value**-0.5 if value > 1e-10 else 0.0 for value in values])
    return vectors @ np.diag(powers) @ vectors.T
