"""Whether the averages of the roles differ at all, before any two of them are compared."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from campaigns.campaign import Campaign
from campaigns.effects import Effect
from campaigns.roles import averaged_effects


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleTest:
    """An approximate Hotelling test that all roles' averages are equal."""

    outcome: str
    statistic: float
    roles: tuple[str, ...]
    df: float  # of the denominator
    p_value: float


def roles_alike(effects: Sequence[Effect], campaign: Campaign, outcome: str) -> RoleTest | None:
    """One test over all roles of the equal-weight averages of their sites; None with fewer than two roles, and for changes.

    The differences between roles are linear in independent estimates of the sites, whose variances are known to
    df_c degrees of freedom. The Wald statistic Q of the q differences is compared as
    ``(eta - q + 1) / (eta q) Q`` with ``F(q, eta - q + 1)``, where eta matches the spread of the variance matrix:
    ``eta = q (q + 1) / sum_st sum_c 2 (a_sc a_tc V_c)^2 / df_c`` in the basis where its expectation is the identity. With two
    roles it is the contrast's own test.

    References
    ----------
    Zhang (2012), Electronic Journal of Statistics 6:1094-1123; Pustejovsky & Tipton (2018), JBES 36:672-683.
    R: clubSandwich::Wald_test(test = "HTZ"), which takes clusters where this takes estimates.
    """
    sites = averaged_effects(effects, campaign, outcome)
    of_role: dict[str, list[str]] = {}
    for site in sites:
        of_role.setdefault(campaign.site(site).role.value, []).append(site)
    if len(of_role) < 2 or any(effect.subject.estimand == "change" for effect in sites.values()):
        return None
    names = list(sites)
    means = np.array([[(name in members) / len(members) for name in names] for members in of_role.values()])
    differences = means[1:] - means[0]
    estimates = np.array([sites[name].estimate for name in names])
    variances = np.array([sites[name].std_error ** 2 for name in names])
    dfs = np.array([sites[name].df for name in names])
    expected = (differences * variances) @ differences.T
    q = len(differences)
    values = differences @ estimates
    wald = float(values @ np.linalg.solve(expected, values))
    roots, vectors = np.linalg.eigh(expected)
    standard = (vectors / np.sqrt(roots)) @ vectors.T @ differences
    spread = sum(
        float((2 * (standard[s] * standard[t] * variances) ** 2 / dfs).sum())
        for s in range(q)
        for t in range(q)
    )
    if spread == 0:
        return RoleTest(
            outcome=outcome,
            statistic=wald / q,
            roles=tuple(of_role),
            df=float("inf"),
            p_value=float(stats.chi2.sf(wald, q)),
        )
    eta = q * (q + 1) / spread
    if eta - q + 1 <= 0:
        return None
    statistic = (eta - q + 1) / (eta * q) * wald
    return RoleTest(
        outcome=outcome,
        statistic=statistic,
        roles=tuple(of_role),
        df=eta - q + 1,
        p_value=float(stats.f.sf(statistic, q, eta - q + 1)),
    )
