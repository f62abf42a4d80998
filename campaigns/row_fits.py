"""Differences between arms of what is known of single rows, with the standard errors of the plan."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from campaigns.inference import interval, of_coefficient, uncertainty
from campaigns.influence import FROM_SCORES
from campaigns.joint_test import JointTest, joint_test
from campaigns.least_squares import NoVariance, Regression, regress
from campaigns.sample import Floats, Sample
from campaigns.specification import CLUSTERED, Specification, StandardErrors


FEWEST_CLUSTERS = 2  # on each side
NOTHING = 1e-11  # of a variable's own size: rounding, not variation


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Campaign minus comparison. Without ``p_value`` there is no variation to test it by."""

    estimate: float
    std_error: float
    df: float
    conf_low: float | None
    conf_high: float | None
    p_value: float | None


def difference(
    rows: pd.DataFrame,
    values: Floats,
    campaign: Floats,
    specification: Specification,
    weight: Floats | None = None,
) -> Difference:
    """Difference in means of ``values`` between rows of the campaign (1) and of the comparison group (0).

    Randomisation blocks are taken out where the rows name them.

    Raises
    ------
    NoVariance
        Too few rows or clusters.
    """
    _require_clusters(rows, campaign, specification)
    regression = _regression(rows, campaign[:, None], values, specification, weight)
    if not regression.holds(0):
        raise NoVariance("arm_is_its_block")
    estimated = of_coefficient(regression, 0)
    found = uncertainty(estimated, standard_errors_of(rows, specification))
    std_error = float(np.sqrt(max(found.variance, 0.0)))
    if std_error <= NOTHING * max(float(np.abs(values).max()), 1e-300):
        return Difference(
            estimate=estimated.value, std_error=0.0, df=found.df, conf_low=None, conf_high=None, p_value=None
        )
    told = interval(estimated.value, std_error, found.df, specification.confidence)
    return Difference(
        estimate=estimated.value,
        std_error=std_error,
        df=found.df,
        conf_low=told.low,
        conf_high=told.high,
        p_value=told.p_value,
    )


def arm_on_variables(
    rows: pd.DataFrame, variables: Floats, campaign: Floats, specification: Specification
) -> JointTest:
    """Whether the variables together tell the arms apart: the arm regressed on them, HTZ with CR2, else F.

    Raises
    ------
    NoVariance
        More variables than the rows or clusters can carry.
    """
    _require_clusters(rows, campaign, specification)
    regression = _regression(rows, variables, campaign, specification, None)
    if not len(regression.kept):
        raise NoVariance("singular_joint_test")
    return joint_test(regression, regression.kept.tolist(), standard_errors_of(rows, specification))


def standard_errors_of(rows: pd.DataFrame, specification: Specification) -> StandardErrors:
    """The plan's; CR2 or HC2 where it names such as need a sample's design, or clusters that are not there."""
    clustered = "@cluster" in rows.columns
    named = specification.standard_errors
    if "@cluster2" in rows.columns:
        return named if named in FROM_SCORES and named in CLUSTERED else "CR1S"
    if named == "linearised" or (named in CLUSTERED and not clustered):
        return "CR2" if clustered else "HC2"
    return named


def _require_clusters(rows: pd.DataFrame, campaign: Floats, specification: Specification) -> None:
    """A cluster by itself cannot be told from its own circumstances."""
    if standard_errors_of(rows, specification) not in CLUSTERED:
        return
    for side in (0.0, 1.0):
        if rows.loc[campaign == side, "@cluster"].nunique() < FEWEST_CLUSTERS:
            raise NoVariance("one_cluster_on_a_side")


def _regression(
    rows: pd.DataFrame, columns: Floats, values: Floats, specification: Specification, weight: Floats | None
) -> Regression:
    w = np.ones(len(rows)) if weight is None else weight
    if "@weight" in rows.columns:
        w = w * rows["@weight"].to_numpy(float)
    clusters = [
        pd.factorize(rows[part], sort=True)[0].astype(np.int64) if part in rows.columns else None
        for part in ("@cluster", "@cluster2")
    ]
    uses_clusters = standard_errors_of(rows, specification) in CLUSTERED
    sample = Sample(
        n=np.ones(len(rows)),
        w=w,
        wy=w * values,
        wyy=w * values**2,
        ww=w**2,
        wwy=w**2 * values,
        wwyy=w**2 * values**2,
        cluster=clusters[0] if uses_clusters else None,
        second=clusters[1] if uses_clusters else None,
    )
    block = np.zeros(len(rows), dtype=np.int64)
    if "@block" in rows.columns:
        block = pd.factorize(rows["@block"])[0].astype(np.int64)
    return regress(columns, sample, block)
