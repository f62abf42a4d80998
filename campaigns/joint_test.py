"""Whether several coefficients are all nil, with the variance their standard errors have."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from campaigns.bias_reduced import products_of_pulls
from campaigns.inference import Estimated, uncertainty
from campaigns.influence import influence
from campaigns.least_squares import NoVariance, Regression
from campaigns.sample import Floats
from campaigns.specification import StandardErrors


@dataclass(frozen=True, slots=True, kw_only=True)
class JointTest:
    """An F test of several coefficients together; ``df`` need not be whole."""

    statistic: float
    coefficients: int
    df: float
    p_value: float


def joint_test(regression: Regression, columns: Sequence[int], standard_errors: StandardErrors) -> JointTest:
    """Wald test of columns of the design, as an F test.

    With CR2 it is the approximate Hotelling test (HTZ): the Wald statistic Q is that of a Wishart matrix with eta degrees
    of freedom, eta = q(q+1) / sum of the variances of its entries, and (eta-q+1)/(eta q) Q is compared with
    F(q, eta-q+1). Otherwise Q/q is compared with F(q, df), df being G-1 with clusters and n-k without.

    Raises
    ------
    NoVariance
        The variance matrix is singular: as many coefficients as clusters, or fewer clusters than that.

    References
    ----------
    Pustejovsky & Tipton (2018), JBES 36:672-683. Checked against clubSandwich::Wald_test: tests/reference/joint.R
    """
    directions = [regression.direction(column) for column in columns]
    variance, df = _covariance(regression, directions, standard_errors)
    values = np.array([regression.coefficient(column) for column in columns])
    q = len(values)
    if np.linalg.matrix_rank(variance, hermitian=True) < q:
        raise NoVariance("singular_joint_test")
    wald = float(values @ np.linalg.solve(variance, values))
    scale = 1.0 / q
    if standard_errors == "CR2":
        eta = _wishart_df(regression, np.column_stack(directions))
        scale, df = (eta - q + 1) / (eta * q), eta - q + 1
    if df <= 0:
        raise NoVariance("singular_joint_test")
    return JointTest(
        statistic=wald * scale, coefficients=q, df=df, p_value=float(stats.f.sf(wald * scale, q, df))
    )


def _covariance(
    regression: Regression, directions: Sequence[Floats], standard_errors: StandardErrors
) -> tuple[Floats, float]:
    """Variances of the coefficients and, from those of their sums, their covariances."""

    def variance(direction: Floats) -> float:
        along = Estimated(value=0.0, influence=influence(regression, direction), regression=regression)
        return uncertainty(along, standard_errors).variance

    q = len(directions)
    found = np.diag([variance(direction) for direction in directions])
    for one in range(q):
        for other in range(one):
            both = variance(directions[one] + directions[other])
            found[one, other] = found[other, one] = (both - found[one, one] - found[other, other]) / 2
    first = Estimated(value=0.0, influence=influence(regression, directions[0]), regression=regression)
    return found, uncertainty(first, standard_errors).df


def _wishart_df(regression: Regression, directions: Floats) -> float:
    values, vectors = np.linalg.eigh(directions.T @ directions)
    standard = directions @ (vectors / np.sqrt(values)) @ vectors.T
    q = standard.shape[1]
    products = products_of_pulls(regression, [standard[:, place] for place in range(q)])
    total = sum(
        float((products[s, s] * products[t, t]).sum() + (products[s, t] * products[t, s]).sum())
        for s in range(q)
        for t in range(q)
    )
    return float(q * (q + 1) / total)
