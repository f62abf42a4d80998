"""Outcomes become cells: one grouped query turns rows into the counts and sums an estimate needs.

Estimation never needs rows where the regressors are discrete. A continuous covariate simply gives cells of few
rows: slower, and the same single path.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from campaigns.sample import Floats, Integers, Sample


FAR_FROM_ZERO = (
    10.0  # standard deviations: then sums of squares are taken around the mean, or digits are lost
)
GLANCED_AT = 1_000  # rows looked at to see how far from zero an outcome lies


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One column of the key: the code of its value in each cell (-1: missing) and the values, in order."""

    codes: Integers
    levels: tuple[object, ...]
    code_of: Mapping[str, int]  # by the value as text

    def labels(self) -> tuple[str, ...]:
        """The values as text: 1.0 is "1"."""
        return tuple(self.code_of)

    def among(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells have one of the values."""
        wanted = np.zeros(len(self.levels) + 1, dtype=bool)  # the last place is that of the missing, code -1
        wanted[[self.code_of[text] for text in texts if text in self.code_of]] = True
        chosen: NDArray[np.bool_] = wanted[self.codes]
        return chosen

    def numbers(self) -> Floats:
        """The value of each cell as a number, NaN where missing."""
        values = np.array([*(float(str(level)) for level in self.levels), np.nan])
        return values[self.codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The cells of one table: keys, rows, and for each outcome its sums (see ``inference.Sample``).

    Outcomes are measured from ``origin``: zero, or a round number near their mean where that lies far from zero.
    """

    keys: Mapping[str, Key]
    rows: Floats
    weighted: Floats  # rows with a weight above nil; without weights, all
    sums: Mapping[str, Mapping[str, Floats]]
    origin: Mapping[str, float] = field(default_factory=dict)

    def part(self, chosen: NDArray[np.bool_]) -> "Cells":
        """Some of the cells, with the same codes."""
        return Cells(
            keys={name: replace(key, codes=key.codes[chosen]) for name, key in self.keys.items()},
            rows=self.rows[chosen],
            weighted=self.weighted[chosen],
            sums={
                outcome: {name: values[chosen] for name, values in sums.items()}
                for outcome, sums in self.sums.items()
            },
            origin=self.origin,
        )

    def sample(
        self,
        outcome: str,
        chosen: NDArray[np.bool_],
        cluster: Integers | None,
        second: Integers | None = None,
    ) -> Sample:
        """The sums of one outcome over the chosen cells; ``cluster`` and ``second`` are codes of all cells."""
        sums = {name: values[chosen] for name, values in self.sums[outcome].items()}
        return Sample(**sums, cluster=_without_gaps(cluster, chosen), second=_without_gaps(second, chosen))


def _without_gaps(codes: Integers | None, chosen: NDArray[np.bool_]) -> Integers | None:
    return None if codes is None else np.unique(codes[chosen], return_inverse=True)[1]


def compress(
    table: ir.Table,
    *,
    outcomes: Sequence[str],
    by: Sequence[str],
    weight: str | None = None,
    squares: bool = True,
    from_zero: bool = False,
) -> Cells:
    """The cells of ``table`` by the columns ``by``, for all outcomes in one scan.

    Rows without an outcome do not count for that outcome. With a ``weight``, rows whose weight is missing, or
    nil do not count for any. Where a variance needs the weight of each row, ``weight`` is part of ``by``.

    Parameters
    ----------
    squares
        False leaves out the squared sums, for variances that need none (CR0 to CR3).
    from_zero
        Outcomes are measured from zero even where that lies far away, for models of the outcome's own value.
    """
    origin = dict.fromkeys(outcomes, 0.0) if from_zero else _origins(table, outcomes)
    aggregates = {"@rows": table.count()}
    if weight is not None:
        aggregates["@weighted"] = (table[weight] > 0).sum()
    for position, outcome in enumerate(outcomes):
        y = table[outcome].cast("float64")
        y = y - origin[outcome] if origin[outcome] else y
        named = _weighted(table[weight], y) if weight else _unweighted(y)
        aggregates |= {
            f"{name} {position}": sum_ for name, sum_ in named.items() if squares or name not in SQUARES
        }
    grouped = table.group_by(list(by)) if by else table
    frame = grouped.aggregate(**aggregates).to_pyarrow()
    return _as_cells(frame, outcomes, by, origin, weighted=weight is not None)


SQUARES = ("wyy", "wwy", "wwyy")


def _unweighted(y: ir.FloatingValue) -> dict[str, ir.Value]:
    return {"n": y.count(), "wy": y.sum(), "wyy": (y * y).sum()}


def _weighted(weight: ir.Value, y: ir.FloatingValue) -> dict[str, ir.Value]:
    usable = y.notnull() & weight.notnull() & (weight > 0)
    w = usable.ifelse(weight.cast("float64"), ibis.null())
    return {
        "n": w.count(),
        "w": w.sum(),
        "wy": (w * y).sum(),
        "wyy": (w * y * y).sum(),
        "ww": (w * w).sum(),
        "wwy": (w * w * y).sum(),
        "wwyy": (w * w * y * y).sum(),
    }


def _origins(table: ir.Table, outcomes: Sequence[str]) -> dict[str, float]:
    """Where each outcome is measured from, by a glance at a few rows."""
    few = table.select(**{f"y{i}": table[outcome].cast("float64") for i, outcome in enumerate(outcomes)})
    seen = few.limit(GLANCED_AT).to_pyarrow()
    origins = {}
    for i, outcome in enumerate(outcomes):
        values = seen[f"y{i}"].drop_null().to_numpy()
        with np.errstate(over="ignore"):  # a spread too large to be worked with is said to be so later
            mean, deviation = (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)
        origins[outcome] = float(round(mean)) if abs(mean) > FAR_FROM_ZERO * max(deviation, 1e-9) else 0.0
    return origins


def _as_cells(
    frame: pa.Table,
    outcomes: Sequence[str],
    by: Sequence[str],
    origin: Mapping[str, float],
    *,
    weighted: bool,
) -> Cells:
    keys = {name: _key(frame[name]) for name in by}
    order = np.lexsort([key.codes for key in reversed(keys.values())]) if keys else np.arange(frame.num_rows)

    def column(name: str) -> Floats:
        values = frame[name].to_numpy(zero_copy_only=False).astype(float)
        sorted_: Floats = np.nan_to_num(values[order])
        return sorted_

    sums = {}
    for position, outcome in enumerate(outcomes):
        found = {
            name: column(f"{name} {position}")
            for name in ("n", "w", "wy", "wyy", "ww", "wwy", "wwyy")
            if f"{name} {position}" in frame.column_names
        }
        if not weighted:
            found |= {"w": found["n"], "ww": found["n"], "wwy": found["wy"]}
        nothing = np.full(len(order), np.nan)
        found = {name: found.get(name, nothing) for name in ("n", "w", "wy", "wyy", "ww", "wwy")} | {
            "wwyy": found.get("wwyy", found.get("wyy", nothing))
        }
        sums[outcome] = found
    return Cells(
        keys={name: replace(key, codes=key.codes[order]) for name, key in keys.items()},
        rows=column("@rows"),
        weighted=column("@weighted" if weighted else "@rows"),
        sums=sums,
        origin=origin,
    )


def _key(column: pa.ChunkedArray) -> Key:
    encoded = pc.dictionary_encode(column).combine_chunks()
    values = encoded.dictionary.to_pylist()
    known = [i for i, value in enumerate(values) if value == value]  # NaN is missing, too
    known.sort(key=lambda i: _in_order(values[i]))
    rank = np.full(len(values) + 1, -1, dtype=np.int64)
    rank[known] = np.arange(len(known))
    codes = encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    levels = tuple(values[i] for i in known)
    return Key(codes=rank[codes], levels=levels, code_of={label(level): i for i, level in enumerate(levels)})


def _in_order(value: object) -> tuple[int, float, str]:
    """Numbers by size, before texts."""
    try:
        return (0, float(str(value)), str(value))
    except ValueError:
        return (1, 0.0, str(value))


def label(value: object) -> str:
    """A value of a key as text: 1.0 is "1"."""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)
