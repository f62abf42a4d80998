"""CR2 with Satterthwaite degrees of freedom, and CR3: one adjustment matrix a cluster, from cells.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28:169. Pustejovsky & Tipton (2018), JBES 36:672.
Checked against clubSandwich::vcovCR and coef_test, weights varying or not: tests/reference/cells.R
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from campaigns.least_squares import SINGULAR, NoVariance, Regression, Uncertainty
from campaigns.sample import Floats, Integers


GATHERED = 4_000_000  # numbers brought together at once where clusters are treated in batches
IDENTIFIED = 1e-6  # of a direction: what may lie along coefficients that leave with a cluster
WRITTEN_OUT = 300  # clusters or coefficients up to which full matrices are cheaper than sparse ones
WIDE = 40  # cells of a cluster up to which its own matrix is cheaper than one in the span of its basis


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clusters:
    """Clusters with equally many cells, gathered: arrays of clusters x cells (x coefficients).

    A cell of n rows stands as one row: its basis and its residual times sqrt(n).
    """

    ids: Integers
    cells: Integers
    rest: Floats
    group: Integers
    height: Floats
    weight: Floats  # of one row
    residual: Floats

    def inner(self) -> Floats:
        """Y_c'Y_d for all pairs of cells of each cluster."""
        same = self.group[:, :, None] == self.group[:, None, :]
        products: Floats = self.rest @ self.rest.transpose(0, 2, 1)
        products += same * (self.height[:, :, None] * self.height[:, None, :])
        return products


def _batches(regression: Regression) -> Iterator[_Clusters]:
    """All clusters, in batches of equal size that fit in memory."""
    sample, basis = regression.sample, regression.basis
    order = np.argsort(sample.codes, kind="stable")
    sizes = np.bincount(sample.codes)
    starts = np.cumsum(sizes) - sizes
    root, weight = np.sqrt(sample.n), regression.row_weight()
    for size in np.unique(sizes):
        ids = np.flatnonzero(sizes == size)
        at_once = max(1, GATHERED // (int(size) * max(int(size), len(regression.kept), 1)))
        for first in range(0, len(ids), at_once):
            batch = ids[first : first + at_once]
            cells = order[starts[batch][:, None] + np.arange(size)]
            yield _Clusters(
                ids=batch,
                cells=cells,
                rest=basis.rest[cells] * root[cells][..., None],
                group=basis.group[cells],
                height=basis.height[cells] * root[cells],
                weight=weight[cells],
                residual=regression.residual[cells] * root[cells],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Square:
    """Y'W^2Y in its parts: among groups (diagonal), between groups and the rest, among the rest."""

    groups: Floats
    between: Floats
    rest: Floats

    def outer(self, one: _Clusters) -> Floats:
        """Y_c'(Y'W^2Y)Y_d for all pairs of cells of each cluster."""
        same = one.group[:, :, None] == one.group[:, None, :]
        heights = one.height[:, :, None] * one.height[:, None, :]
        crossed = (one.height[..., None] * self.between[one.group]) @ one.rest.transpose(0, 2, 1)
        products: Floats = one.rest @ self.rest @ one.rest.transpose(0, 2, 1)
        products += same * heights * self.groups[one.group][:, :, None]
        products += crossed + crossed.transpose(0, 2, 1)
        return products

    def whole(self) -> sparse.csr_array:
        """The matrix itself; there are no groups where nothing is absorbed."""
        between = sparse.csr_array(self.between)
        blocks: Any = [[sparse.diags_array(self.groups), between], [between.T, sparse.csr_array(self.rest)]]
        return sparse.csr_array(sparse.block_array(blocks))

    def written_out(self) -> Floats:
        """The matrix itself with all its zeros."""
        return np.block([[np.diag(self.groups), self.between], [self.between.T, self.rest]])


def _square(regression: Regression) -> _Square:
    basis, scale = regression.basis, regression.sample.n * regression.row_weight() ** 2
    count = max(basis.groups, 1)
    between = np.zeros((count, basis.rest.shape[1]))
    np.add.at(between, basis.group, (scale * basis.height)[:, None] * basis.rest)
    return _Square(
        groups=np.bincount(basis.group, weights=scale * basis.height**2, minlength=count).astype(float),
        between=between,
        rest=(basis.rest * scale[:, None]).T @ basis.rest,
    )


def bias_reduced(regression: Regression, direction: Floats, spread: Floats | None = None) -> Uncertainty:
    """Bias-reduced linearisation with an identity target; Satterthwaite degrees of freedom.

    p_g = A_g' W_g X_g M c with A_g = ((I-H)(I-H)')_gg^(-1/2), the inverse root a pseudo-inverse where a cluster is
    fitted exactly; V = sum_g (p_g'e_g)^2.

    With ``spread``, the variance a likelihood gives a row of each cell (Phi), the regression is one whose rows are
    divided by the root of it, and the root is the symmetric one of clubSandwich in the outcome's own unit:
    p_g = Phi_g (Phi_g (I-H)_gg Phi_g)^(-1/2) X_g M c. Other roots are as unbiased, but give other numbers.
    """
    square = _square(regression)
    pulled = _pulled(regression, direction, square, spread)
    stood = pulled * np.sqrt(regression.sample.n) * regression.residual
    score = np.bincount(regression.sample.codes, weights=stood)
    return Uncertainty(variance=float((score**2).sum()), df=_satterthwaite(regression, pulled, square))


def products_of_pulls(
    regression: Regression, directions: Sequence[Floats]
) -> dict[tuple[int, int], NDArray[np.float64]]:
    """p_gs'(I-H)_g (I-H)_h'p_ht of all pairs of clusters, for all pairs of directions: matrices clusters x clusters.

    What the variances and covariances of CR2 variances are made of when every row has the same variance.
    """
    square = _square(regression)
    pulls = [_pulled(regression, direction, square, None) for direction in directions]
    across = [summed_by_cluster(regression, pulled) for pulled in pulls]
    weighted = [summed_by_cluster(regression, pulled * regression.row_weight()) for pulled in pulls]
    middle = square.written_out()
    found = {}
    for s, one in enumerate(pulls):
        for t, other in enumerate(pulls):
            own = np.diag(np.bincount(regression.sample.codes, weights=one * other).astype(float))
            mixed = across[s] @ weighted[t].T + weighted[s] @ across[t].T
            found[s, t] = own - mixed + across[s] @ middle @ across[t].T
    return found


def _pulled(regression: Regression, direction: Floats, square: "_Square", spread: Floats | None) -> Floats:
    """P of every cell."""
    pulled = np.empty(len(regression.residual))
    for batch in _batches(regression):
        own = None if spread is None else spread[batch.cells]
        pulled[batch.cells] = _adjusted(batch, direction, square, own)
    return pulled


def _adjusted(batch: _Clusters, direction: Floats, square: _Square, spread: Floats | None) -> Floats:
    """B^(-1/2) W X M c of each cluster of the batch."""
    start = batch.weight * (batch.rest @ direction)
    cells, rank = batch.rest.shape[1:]
    if spread is None and cells > max(2 * (rank + 1), WIDE):
        return np.stack([_adjusted_wide(batch, one, start[one], square) for one in range(len(start))])
    both = batch.weight[:, :, None] + batch.weight[:, None, :]
    left = np.eye(cells) - batch.inner() * both + square.outer(batch)
    adjusted: Floats
    if spread is None:
        adjusted = np.einsum("gcd,gd->gc", _inverse_root(left), start)
    else:
        spread = spread / spread.mean(axis=1, keepdims=True)  # its unit cancels
        roots = _inverse_root(left * (spread[:, :, None] * spread[:, None, :]))
        adjusted = spread * np.einsum("gcd,gd->gc", roots, start)
    return adjusted


def _adjusted_wide(batch: _Clusters, one: int, start: Floats, square: _Square) -> Floats:
    """The same for a cluster with many cells: B differs from I only in the span of its basis."""
    basis, groups = _local_basis(batch, one)
    weighted = basis * batch.weight[one][:, None]
    local = np.block(
        [[np.diag(square.groups[groups]), square.between[groups]], [square.between[groups].T, square.rest]]
    )
    span, _ = np.linalg.qr(np.hstack([basis, weighted]))
    inside, mixed = span.T @ basis, (span.T @ basis) @ (span.T @ weighted).T
    small = np.eye(span.shape[1]) - mixed - mixed.T + inside @ local @ inside.T
    outside = start - span @ (span.T @ start)
    adjusted: Floats = outside + span @ (_inverse_root(small[None])[0] @ (span.T @ start))
    return adjusted


def _local_basis(batch: _Clusters, one: int) -> tuple[Floats, Integers]:
    """One cluster's basis written out, its groups first, and which groups those are."""
    groups, codes = np.unique(batch.group[one], return_inverse=True)
    indicators = (codes[:, None] == np.arange(len(groups))) * batch.height[one][:, None]
    return np.hstack([indicators, batch.rest[one]]), groups


def _inverse_root(matrices: Floats) -> Floats:
    """Symmetric inverse square roots; eigenvalues that are nil stay nil."""
    values, vectors = np.linalg.eigh(matrices)
    nil = values < SINGULAR
    powers = np.where(nil, 0.0, 1 / np.sqrt(np.where(nil, 1.0, values)))
    roots: Floats = (vectors * powers[:, None, :]) @ vectors.transpose(0, 2, 1)
    return roots


def _satterthwaite(regression: Regression, pulled: Floats, square: _Square) -> float:
    """tr(Omega)^2 / tr(Omega^2) with Omega_gh = p_g'(I-H)_g (I-H)_h'p_h.

    Omega = diag(p'p) - S T' - T S' + S (Y'W^2Y) S' = diag(p'p) + F N F', where the rows of S and T are Y_g'p_g and
    Y_g'W_g p_g, F = [S T], N = [Y'W^2Y -I; -I 0]. Where clusters are many it is not written out.
    """
    own: Floats = np.bincount(regression.sample.codes, weights=pulled**2).astype(float)
    columns = max(regression.basis.groups, 1) + regression.basis.rest.shape[1]
    if max(len(own), columns) <= WRITTEN_OUT:
        across = summed_by_cluster(regression, pulled)
        mixed = across @ summed_by_cluster(regression, pulled * regression.row_weight()).T
        omega = np.diag(own) - mixed - mixed.T + across @ square.written_out() @ across.T
        return float(np.trace(omega) ** 2 / (omega**2).sum())
    return _satterthwaite_of_many(regression, pulled, square, own)


def _satterthwaite_of_many(regression: Regression, pulled: Floats, square: _Square, own: Floats) -> float:
    """The same by sparse matrices, without writing out clusters x clusters."""
    across = by_cluster(regression, pulled)
    weighted = by_cluster(regression, pulled * regression.row_weight())
    factor = sparse.csr_array(sparse.hstack([across, weighted]))
    unit = sparse.eye_array(across.shape[1])
    blocks: Any = [[square.whole(), -unit], [-unit, None]]
    middle = sparse.csr_array(sparse.block_array(blocks))
    diagonal = (factor @ middle).multiply(factor).sum(axis=1)
    product = sparse.csr_array(middle @ (factor.T @ factor))
    squares = (own**2 + 2 * own * diagonal).sum() + product.multiply(product.T).sum()
    return float((own + diagonal).sum() ** 2 / squares)


def summed_by_cluster(regression: Regression, values: Floats) -> Floats:
    """Y_g'v_g for each cluster, written out: one row a cluster, the groups first."""
    basis, codes = regression.basis, regression.sample.codes
    stood = values * np.sqrt(regression.sample.n)
    groups = max(basis.groups, 1)
    sums = np.zeros((regression.sample.clusters, groups + basis.rest.shape[1]))
    np.add.at(sums, (codes, basis.group), stood * basis.height)
    np.add.at(sums[:, groups:], codes, stood[:, None] * basis.rest)
    return sums


def by_cluster(regression: Regression, values: Floats) -> sparse.csr_array:
    """Y_g'v_g for each cluster: one row a cluster, the groups first."""
    basis, codes = regression.basis, regression.sample.codes
    stood = values * np.sqrt(regression.sample.n)
    shape = (regression.sample.clusters, max(basis.groups, 1))
    groups = sparse.coo_array((stood * basis.height, (codes, basis.group)), shape=shape)
    cells = sparse.csr_array((stood, (codes, np.arange(len(codes)))), shape=(shape[0], len(codes)))
    return sparse.csr_array(sparse.hstack([groups, sparse.csr_array(cells @ basis.rest)]))


def left_out(regression: Regression, direction: Floats) -> Uncertainty:
    """Close to the jackknife: A_g = (I-H_gg)^-1, as clubSandwich, without (G-1)/G."""
    scores = np.empty(regression.sample.clusters)
    for batch in _batches(regression):
        scores[batch.ids] = _left_out_scores(batch, direction)
    return Uncertainty(variance=float((scores**2).sum()), df=len(scores) - 1)


def _left_out_scores(batch: _Clusters, direction: Floats) -> Floats:
    """d'Y'W(I - YY'W)^-1 e of each cluster, solved on whichever side is smaller."""
    cells, rank = batch.rest.shape[1:]
    if cells > max(rank + 1, WIDE):
        return np.array([_left_out_score_wide(batch, one, direction) for one in range(len(batch.ids))])
    left = np.eye(cells) - batch.inner() * batch.weight[:, None, :]
    _refuse_singular(left)
    solved = np.linalg.solve(left, batch.residual[..., None])[..., 0]
    scores: Floats = np.einsum("gc,gc->g", batch.weight * (batch.rest @ direction), solved)
    return scores


def _left_out_score_wide(batch: _Clusters, one: int, direction: Floats) -> float:
    basis, groups = _local_basis(batch, one)
    weighted = basis * batch.weight[one][:, None]
    left = np.eye(basis.shape[1]) - weighted.T @ basis
    _refuse_singular(left)
    along = np.concatenate([np.zeros(len(groups)), direction])
    return float(along @ np.linalg.solve(left, weighted.T @ batch.residual[one]))


def left_out_shifts(regression: Regression, direction: Floats) -> Floats:
    """By how much leaving out each cluster lowers the estimate; NaN where the others do not identify it.

    d'(I - S_g)^-1 Y_g'W_g e_g with S_g = Y_g'W_g Y_g. Coefficients that only the cluster identifies, such as its own
    indicator, are left out with it. MacKinnon, Nielsen & Webb (2023), Stata Journal 23:942.
    """
    shifts = np.empty(regression.sample.clusters)
    for batch in _batches(regression):
        for one, cluster in enumerate(batch.ids):
            shifts[cluster] = _left_out_shift(batch, one, direction)
    return shifts


def _left_out_shift(batch: _Clusters, one: int, direction: Floats) -> float:
    basis, groups = _local_basis(batch, one)
    weighted = basis * batch.weight[one][:, None]
    values, vectors = np.linalg.eigh(np.eye(basis.shape[1]) - weighted.T @ basis)
    gone = values < SINGULAR
    along = vectors.T @ np.concatenate([np.zeros(len(groups)), direction])
    if gone.any() and np.abs(along[gone]).max() > IDENTIFIED * np.linalg.norm(direction):
        return float("nan")
    score = vectors.T @ (weighted.T @ batch.residual[one])
    return float((along[~gone] * score[~gone] / values[~gone]).sum())


def _refuse_singular(matrices: Floats) -> None:
    if np.linalg.svd(matrices, compute_uv=False).min() < SINGULAR:
        raise NoVariance("singular_adjustment")
