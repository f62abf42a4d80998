"""Whether the arms were alike before the campaign."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from campaigns.least_squares import NoVariance
from campaigns.row_fits import arm_on_variables, difference
from campaigns.sample import Floats
from campaigns.threat_rows import SiteRows, Threat, mean_of


# What Works Clearinghouse, standards 4.1: below the first alike, up to the second to be adjusted for.
ALIKE = 0.05
ADJUSTABLE = 0.25


def balance(site: SiteRows, *, tested: bool = True) -> Iterator[Threat]:
    """Means by arm, normalised difference and test of every covariate and outcome before, then all together.

    ``tested=False`` leaves out the tests, which take most of the time.

    References
    ----------
    Imbens & Rubin (2015), Causal Inference, 14.2: (m1 - m0) / sqrt((s1^2 + s0^2) / 2). What Works Clearinghouse (2020),
    Standards Handbook 4.1. R: cobalt::bal.tab(s.d.denom = "pooled"). Checked by hand: tests/campaigns/test_threats.py
    """
    wave, first = site.at_first
    for arm in site.arms():
        rows, campaign = site.compared(first, arm)
        variables = _variables(site, rows, wave)
        for name, values in variables.items():
            found = _one(site, rows, values, campaign, tested=tested)
            yield replace(found, about=name, site=site.site, arm=arm, wave=wave)
        if tested and len(variables) > 1:
            together = _together(site, rows, np.column_stack(list(variables.values())), campaign)
            yield replace(together, about=", ".join(variables), site=site.site, arm=arm, wave=wave)


def normalised_difference(one: Floats, other: Floats) -> float | None:
    """The difference in means over the root of the mean variance; None where nothing varies."""
    spread = math.sqrt((float(one.var(ddof=1)) + float(other.var(ddof=1))) / 2)
    return float(one.mean() - other.mean()) / spread if spread > 0 else None


def label_of(normalised: float | None) -> str:
    """What Works Clearinghouse's three grades."""
    if normalised is None:
        return ""
    size = abs(normalised)
    return "ok" if size <= ALIKE else "adjust" if size <= ADJUSTABLE else "large"


def _variables(site: SiteRows, rows: pd.DataFrame, wave: str) -> dict[str, Floats]:
    specification = site.specification
    found = {name: rows[name].to_numpy(float) for name in specification.covariates}
    labels = dict.fromkeys((*specification.categorical, *specification.subgroups))
    for name in labels:
        levels = sorted(rows[name].dropna().unique())
        # Of two levels one says all; of more each is shown, the first stands for the rest in the joint test.
        for level in levels[1:]:
            given = rows[name].notna()
            found[f"{name}={level}"] = np.where(given, (rows[name] == level).astype(float), np.nan)
    if "@baseline" in rows.columns:
        found["baseline"] = rows["@baseline"].to_numpy(float)
    if wave == "before":
        found |= {name: rows[name].to_numpy(float) for name in specification.outcomes}
    return {name: values for name, values in found.items() if np.isfinite(values).sum() > 1}


def _one(site: SiteRows, rows: pd.DataFrame, values: Floats, campaign: Floats, *, tested: bool) -> Threat:
    given = np.isfinite(values)
    rows, values, campaign = rows.loc[given], values[given], campaign[given]
    one, other = values[campaign == 1], values[campaign == 0]
    plain = Threat(
        threat="balance",
        measure="normalised_difference",
        campaign=mean_of(one, rows[campaign == 1]),
        comparison=mean_of(other, rows[campaign == 0]),
        n_campaign=len(one),
        n_comparison=len(other),
    )
    if min(len(one), len(other)) < 2:
        return replace(plain, reason="no_answers")
    normalised = normalised_difference(one, other)
    plain = replace(plain, estimate=normalised, label=label_of(normalised))
    if not tested:
        return plain
    try:
        found = difference(rows, values, campaign, site.specification)
    except NoVariance as reason:
        return replace(plain, reason=reason.code)
    return replace(plain, df=found.df, p_value=found.p_value)


def _together(site: SiteRows, rows: pd.DataFrame, variables: Floats, campaign: Floats) -> Threat:
    complete = np.isfinite(variables).all(axis=1)
    rows, variables, campaign = rows.iloc[np.flatnonzero(complete)], variables[complete], campaign[complete]
    plain = Threat(
        threat="balance",
        measure="joint_test",
        n_campaign=int(campaign.sum()),
        n_comparison=int((1 - campaign).sum()),
    )
    if min(plain.n_campaign or 0, plain.n_comparison or 0) < 2:
        return replace(plain, reason="nobody_complete")
    try:
        found = arm_on_variables(rows, variables, campaign, site.specification)
    except NoVariance as reason:
        return replace(plain, reason=reason.code)
    label = "differ" if found.p_value < 1 - site.specification.confidence else "alike"
    return replace(plain, estimate=found.statistic, df=found.df, p_value=found.p_value, label=label)
