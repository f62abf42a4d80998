"""Beside an average of sites: what it would be without each, what each site's effect looks like in its light, nested sites."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from campaigns import inference
from campaigns.pooling import Interval, Method, Vector, pool_effects
from campaigns.sample import Integers


RANDOM = ("REML", "DL", "PM")  # methods that estimate how much sites differ


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutSite:
    """The average over all sites but one."""

    left_out: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float
    p_value: float
    tau2: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenSite:
    """One site's effect drawn towards the average, the more the less it says by itself."""

    site: str
    estimate: float
    std_error: float
    conf_low: float
    conf_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedPool:
    """The average of effects that lie within groups, such as sites within countries."""

    k: int
    groups: int
    estimate: float
    std_error: float
    df: float
    p_value: float
    conf_low: float
    conf_high: float
    tau2_between: float  # of groups
    tau2_within: float  # of effects within a group


def leave_one_out(
    names: Sequence[str],
    estimates: Vector,
    variances: Vector,
    dfs: Vector,
    *,
    method: Method,
    interval: Interval,
    confidence: float,
) -> list[WithoutSite]:
    """The average without each site in turn; none where fewer than two sites would be left.

    References
    ----------
    Viechtbauer & Cheung (2010), Research Synthesis Methods 1:112-125. R: metafor::leave1out.
    """
    if len(names) < 3:
        return []
    found = []
    for place, name in enumerate(names):
        kept = np.arange(len(names)) != place
        pooled = pool_effects(
            estimates[kept],
            variances[kept],
            dfs[kept],
            method=method,
            interval=interval,
            confidence=confidence,
        )
        found.append(
            WithoutSite(
                left_out=name, estimate=pooled.estimate, std_error=pooled.std_error, conf_low=pooled.conf_low,
                conf_high=pooled.conf_high, p_value=pooled.p_value, tau2=pooled.tau2,
            )
        )  # fmt: skip
    return found


def shrunken_sites(
    names: Sequence[str],
    estimates: Vector,
    variances: Vector,
    *,
    method: Method,
    interval: Interval,
    confidence: float,
) -> list[ShrunkenSite]:
    """Best linear unbiased predictions of the sites' true effects under random effects.

    References
    ----------
    Raudenbush & Bryk (1985), Journal of Educational Statistics 10:75-98. R: metafor::blup.
    """
    if method not in RANDOM or len(names) < 2:
        return []
    pooled = pool_effects(estimates, variances, method=method, interval=interval, confidence=confidence)
    if pooled.std_error == 0:
        return []  # the sites' effects are all the same
    tau2 = pooled.tau2 or 0.0
    share = tau2 / (tau2 + variances)
    values = share * estimates + (1 - share) * pooled.estimate
    errors = np.sqrt(share * variances + (1 - share) ** 2 * pooled.std_error**2)
    found = []
    for name, value, error in zip(names, values, errors, strict=True):
        ends = inference.interval(float(value), float(error), pooled.df, confidence)
        found.append(
            ShrunkenSite(
                site=name,
                estimate=float(value),
                std_error=float(error),
                conf_low=ends.low,
                conf_high=ends.high,
            )
        )
    return found


def pool_nested(
    estimates: Vector, variances: Vector, group: Integers, *, confidence: float = 0.95
) -> NestedPool:
    """Three-level random effects: effects differ within groups, and groups differ; both variances by REML.

    The interval is by t with k - 1 degrees of freedom.

    References
    ----------
    Konstantopoulos (2011), Research Synthesis Methods 2:61-76; Cheung (2014), Psychological Methods 19:211-229.
    R: metafor::rma.mv(random = ~ 1 | group/effect, test = "t"): tests/reference/nested_pooling.R
    """
    same = group[:, None] == group[None, :]
    one = np.ones(len(estimates))

    def parts(between: float, within: float) -> tuple[float, float, Vector]:
        inverse = np.linalg.inv(np.diag(variances + within) + between * same)
        precision = float(one @ inverse @ one)
        return float(one @ inverse @ estimates) / precision, precision, inverse

    def loss(roots: Vector) -> float:
        mean, precision, inverse = parts(*(roots**2))
        residual = estimates - mean
        determinant = -np.linalg.slogdet(inverse)[1]
        return float(0.5 * (determinant + np.log(precision) + residual @ inverse @ residual))

    scale = float(np.sqrt(np.var(estimates) + variances.mean()))
    starts = [(one_, other) for one_ in (0.05, 0.7) for other in (0.05, 0.7)]
    tries = [
        optimize.minimize(
            loss,
            scale * np.array(start),
            method="Nelder-Mead",
            options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 4000},
        )
        for start in starts
    ]
    best = min(tries, key=lambda found: found.fun)
    between, within = (float(value) for value in best.x**2)
    mean, precision, _ = parts(between, within)
    std_error, df = float(1 / np.sqrt(precision)), float(len(estimates) - 1)
    tested = inference.interval(mean, std_error, df, confidence)
    return NestedPool(
        k=len(estimates), groups=len(np.unique(group)), estimate=mean, std_error=std_error, df=df,
        p_value=tested.p_value, conf_low=tested.low, conf_high=tested.high, tau2_between=between, tau2_within=within,
    )  # fmt: skip
