"""Sufficient statistics: what a regression needs of its rows, one entry a cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one regression needs of its rows, one entry a cell (sums over the rows of the cell).

    Unweighted rows have weight 1. ``wy`` and the others are sums of w*y, w*y^2, w^2, w^2*y, w^2*y^2.
    """

    n: Floats
    w: Floats
    wy: Floats
    wyy: Floats
    ww: Floats
    wwy: Floats
    wwyy: Floats
    cluster: Integers | None = None  # 0, 1, ... without gaps
    second: Integers | None = None  # the clusters that cross them, likewise

    @property
    def rows(self) -> int:
        """Rows (respondents) behind the cells."""
        return int(self.n.sum())

    @property
    def codes(self) -> Integers:
        """The cluster of each cell; without clusters, one for all."""
        return np.zeros(len(self.n), dtype=np.int64) if self.cluster is None else self.cluster

    @property
    def clusters(self) -> int:
        """Clusters behind the cells."""
        return int(self.codes.max()) + 1
