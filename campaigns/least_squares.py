"""Weighted least squares on cells: the coefficients of the rows, and the basis their variances are made in."""

from dataclasses import dataclass

import numpy as np

from campaigns.sample import Floats, Integers, Sample


DEPENDENT = 1e-7  # of a column's own length: what R's lm calls collinear
# Squared lengths between which the cross-products cannot tell what is collinear, and the columns are asked.
UNSURE = (1e-13, 1e-6)
SINGULAR = 1e-10  # eigenvalues of I - H below it are nil: a cluster that its own indicators fit exactly


class NoVariance(Exception):
    """No such variance exists for these data; ``code`` names the reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """Y = X R^-1, one row a cell, in two parts: indicators of groups, which are orthogonal as they are, and the rest.

    The indicator of a group with summed weight W_b is 1/sqrt(W_b) in the cells of the group and nil elsewhere, so it
    is kept as a code and a height. Hundreds of randomisation blocks then cost what one constant costs.
    """

    rest: Floats  # cells x remaining coefficients
    group: Integers  # code of the group; all nil where nothing is absorbed
    height: Floats  # 1/sqrt(W_b); nil where nothing is absorbed
    groups: int

    @property
    def squares(self) -> Floats:
        """Y_c'Y_c of each cell."""
        lengths: Floats = np.einsum("ij,ij->i", self.rest, self.rest)
        return lengths + self.height**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A weighted least squares fit on cells, in the basis where its bread is the identity."""

    sample: Sample
    kept: Integers  # columns of the design that are no combination of the groups and of earlier columns
    coefficients: Floats  # of the kept columns
    triangle: Floats  # R of the kept columns, the groups taken out
    basis: Basis
    residual: Floats  # mean(y) - fitted, one a cell

    @property
    def rank(self) -> int:
        """Coefficients that are identified, those of the absorbed groups included."""
        return len(self.kept) + self.basis.groups

    @property
    def df_residual(self) -> int:
        """Rows minus coefficients."""
        return self.sample.rows - self.rank

    def holds(self, column: int) -> bool:
        """Whether the design's column was kept."""
        return bool((self.kept == column).any())

    def coefficient(self, column: int) -> float:
        """The coefficient of a kept column of the design."""
        return float(self.coefficients[np.searchsorted(self.kept, column)])

    def direction(self, column: int) -> Floats:
        """The contrast that picks one coefficient, in the remaining basis: R^-T c. Along the groups it is nil."""
        return self.along((self.kept == column).astype(float))

    def along(self, gradient: Floats) -> Floats:
        """A combination of the kept coefficients as a direction of the remaining basis: R^-T gradient."""
        return np.asarray(np.linalg.solve(self.triangle.T, gradient), dtype=np.float64)

    def row_weight(self) -> Floats:
        """The weight of each row of a cell; only where the rows of a cell share it."""
        return self.sample.w / self.sample.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """Variance of one coefficient and the degrees of freedom of its t distribution."""

    variance: float
    df: float
    remarks: tuple[str, ...] = ()  # codes of caveats: how the variance had to be made


def regress(design: Floats, sample: Sample, group: Integers | None = None) -> Regression:
    """Weighted least squares of cell means on the design, collinear columns left out in their order, as R does.

    The indicators of ``group`` are absorbed (Frisch, Waugh & Lovell): means of the groups are taken out of both sides,
    which changes no other coefficient. The rest is reduced to its triangle, and statsmodels solves that.

    Parameters
    ----------
    design
        One row a cell, one column a coefficient; without a constant where ``group`` is given.
    group
        A code for each cell, such as its randomisation block; all the same for a plain constant; None: nothing
        is absorbed.
    """
    mean = sample.wy / sample.w
    codes, height, groups = _absorbed(sample.w, group)
    columns, left = design, mean
    if groups:
        columns = np.column_stack([_within(column, sample.w, codes) for column in design.T] or [design])
        left = _within(mean, sample.w, codes)
    root = np.sqrt(sample.w)
    kept = independent_columns(columns * root[:, None], np.sqrt(sample.w @ design**2))
    orthonormal, triangle = np.linalg.qr(columns[:, kept] * root[:, None])
    coefficients = _solved(triangle, orthonormal.T @ (root * left))
    return Regression(
        sample=sample,
        kept=kept,
        coefficients=coefficients,
        triangle=triangle,
        basis=Basis(rest=orthonormal / root[:, None], group=codes, height=height, groups=groups),
        residual=left - columns[:, kept] @ coefficients,
    )


def _solved(triangle: Floats, right: Floats) -> Floats:
    if not len(right):
        return np.zeros(0)
    from statsmodels.regression.linear_model import OLS  # heavy; what reads plans and files does without

    return np.asarray(OLS(right, triangle, hasconst=False).fit().params)


def _absorbed(weight: Floats, group: Integers | None) -> tuple[Integers, Floats, int]:
    """Codes without gaps, the height of each cell's indicator, and how many groups there are."""
    if group is None:
        return np.zeros(len(weight), dtype=np.int64), np.zeros(len(weight)), 0
    codes = np.unique(group, return_inverse=True)[1].astype(np.int64)
    totals = np.bincount(codes, weights=weight)
    return codes, 1 / np.sqrt(totals[codes]), len(totals)


def _within(values: Floats, weight: Floats, codes: Integers) -> Floats:
    """Values less the mean of their group."""
    means = np.bincount(codes, weights=weight * values) / np.bincount(codes, weights=weight)
    return values - means[codes]


def independent_columns(columns: Floats, lengths: Floats) -> Integers:
    """The columns that are no combination of the columns before them, by their cross-products.

    ``lengths`` are those the columns had before anything was taken out of them: what is left of a column that is
    a combination of the absorbed groups is rounding.
    """
    own = np.sqrt(np.einsum("ij,ij->j", columns, columns))
    usable = own > DEPENDENT * np.maximum(lengths, 1e-300)
    columns = columns[:, usable] / own[usable]
    left = columns.T @ columns  # what earlier columns leave unexplained; swept column by column
    kept: list[int] = []
    for j in range(left.shape[0]):
        remaining = left[j, j]
        if UNSURE[0] < remaining < UNSURE[1]:
            remaining = _unexplained(columns[:, j], columns[:, kept])
        if remaining > DEPENDENT**2:
            left[j + 1 :, j + 1 :] -= np.outer(left[j + 1 :, j], left[j, j + 1 :]) / left[j, j]
            kept.append(j)
    return np.flatnonzero(usable)[kept]


def _unexplained(column: Floats, others: Floats) -> float:
    fitted = others @ np.linalg.lstsq(others, column, rcond=None)[0]
    return float(((column - fitted) ** 2).sum())


def squared_scores(regression: Regression) -> Floats:
    """Sum of (w e)^2 over the rows of each cell."""
    sample, mu = regression.sample, regression.sample.wy / regression.sample.w - regression.residual
    return np.maximum(sample.wwyy - 2 * mu * sample.wwy + mu**2 * sample.ww, 0.0)
