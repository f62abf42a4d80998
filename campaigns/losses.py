"""Who was lost between the waves, who gave no answer, and what that could hide."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from campaigns.attrition import (
    DIFFERENTIAL,
    DIFFERENTIAL_P,
    attrition_rates,
    lee_bounds,
    response_weights,
    tipping_point,
)
from campaigns.least_squares import NoVariance
from campaigns.row_fits import difference
from campaigns.sample import Floats
from campaigns.threat_rows import SiteRows, Threat, mean_of


INTERVIEW = "interview"
LATER = "@after "  # an outcome's answer in the waves after, beside what was known before


def attrition(site: SiteRows) -> Iterator[Threat]:
    """Of those known before: shares lost by arm with the test by the plan's errors, and what the lost could hide.

    Bounds, the estimate weighted for response and the tipping point are made for outcomes whose loss differs
    between arms.
    """
    people = _known_before(site)
    if people is None:
        return
    if not any(site.arms()):
        yield from _of_one_group(site, people)
    for arm in site.arms():
        rows, campaign = site.compared(people, arm)
        if not len(rows) or not rows["@found"].any():
            yield Threat(
                threat="attrition",
                measure="lost",
                about=INTERVIEW,
                site=site.site,
                arm=arm,
                label="not_linked",
            )
            continue
        outcomes = site.specification.outcomes
        asked = {INTERVIEW: rows["@found"].to_numpy(bool)} if "@wave" in site.rows.columns else {}
        asked |= {name: rows[f"{LATER}{name}"].notna().to_numpy() for name in outcomes}
        for name, found in asked.items():
            lost = _lost(site, rows, found, campaign)
            yield replace(lost, about=name, site=site.site, arm=arm)
            if name != INTERVIEW and lost.label == "differential":
                for hidden in _hidden(site, rows, name, campaign):
                    yield replace(hidden, about=name, site=site.site, arm=arm)


def _of_one_group(site: SiteRows, people: pd.DataFrame) -> Iterator[Threat]:
    """The shares lost where nobody is compared: there is no test, and no bound of an effect."""
    for name in site.specification.outcomes:
        lost = people[f"{LATER}{name}"].isna().to_numpy().astype(float)
        yield Threat(
            threat="attrition",
            measure="lost",
            about=name,
            site=site.site,
            campaign=mean_of(lost, people),
            n_campaign=len(people),
        )


def non_response(site: SiteRows) -> Iterator[Threat]:
    """Of those interviewed: the share without an answer to every item and outcome, by arm, in each wave."""
    for wave, part in (("before", site.before), ("after", site.after)):
        for arm in site.arms():
            rows, campaign = site.compared(part, arm)
            if not len(rows):
                continue
            for name in _asked(site):
                share = shares(site, rows, rows[name].isna().to_numpy().astype(float), campaign)
                label = "differential" if _differs(share) else "ok"
                yield replace(
                    share, threat="non_response", measure="missing", about=name, site=site.site, arm=arm, wave=wave,
                    label="" if share.reason else label,
                )  # fmt: skip


def _asked(site: SiteRows) -> list[str]:
    items = [item for outcome in site.specification.outcomes for item in site.items.get(outcome, ())]
    return [
        name for name in dict.fromkeys((*items, *site.specification.outcomes)) if name in site.rows.columns
    ]


def _known_before(site: SiteRows) -> pd.DataFrame | None:
    """One row a person known before, with the outcomes after; None where nobody can be followed."""
    outcomes = list(site.specification.outcomes)
    rows = site.rows
    if "@respondent" in rows.columns and len(site.before):
        known = site.before[site.before["@respondent"].notna()].drop_duplicates("@respondent")
        later = site.after[site.after["@respondent"].notna()].drop_duplicates("@respondent")
        later = later[["@respondent", *outcomes]].rename(
            columns={name: f"{LATER}{name}" for name in outcomes}
        )
        people = known.merge(later, on="@respondent", how="left", indicator="@found")
        return people.assign(**{"@found": people["@found"] == "both"})
    if "@baseline" in rows.columns:
        known = site.after[site.after["@baseline"].notna()]
        same = {f"{LATER}{name}": known[name] for name in outcomes}
        found = known[outcomes].notna().any(axis=1)
        return known.assign(**same, **{"@found": found})
    return None


def _lost(site: SiteRows, rows: pd.DataFrame, found: np.ndarray, campaign: Floats) -> Threat:
    one = campaign == 1
    share = shares(site, rows, (~found).astype(float), campaign)
    rates = attrition_rates(
        int(found[one].sum()),
        int(one.sum()),
        int(found[~one].sum()),
        int((~one).sum()),
        site.specification.confidence,
    )
    p_value = rates.p_value if share.p_value is None else share.p_value
    differs = abs(rates.difference) >= DIFFERENTIAL or p_value < DIFFERENTIAL_P
    return replace(
        share,
        threat="attrition",
        measure="lost",
        estimate=rates.difference if share.estimate is None else share.estimate,
        p_value=p_value,
        label="differential" if differs else "ok",
    )


def _hidden(site: SiteRows, rows: pd.DataFrame, outcome: str, campaign: Floats) -> Iterator[Threat]:
    values, one = rows[f"{LATER}{outcome}"].to_numpy(float), campaign == 1
    found = np.isfinite(values)
    plain = Threat(
        threat="attrition", measure="", n_campaign=int(found[one].sum()), n_comparison=int(found[~one].sum())
    )
    if min(plain.n_campaign or 0, plain.n_comparison or 0) < 2:
        return
    confidence = site.specification.confidence
    raw = float(values[one & found].mean() - values[~one & found].mean())
    bounds = lee_bounds(values, one, confidence)
    secure = bounds.conf_low > 0 or bounds.conf_high < 0
    label = "sign_secure" if secure else "sign_not_secure"
    yield replace(plain, measure="lee_lower", estimate=bounds.lower, std_error=bounds.std_error_lower, label=label,
                  conf_low=bounds.conf_low, conf_high=bounds.conf_high)  # fmt: skip
    yield replace(plain, measure="lee_upper", estimate=bounds.upper, std_error=bounds.std_error_upper, label=label,
                  conf_low=bounds.conf_low, conf_high=bounds.conf_high)  # fmt: skip
    yield replace(plain, measure="difference_of_those_found", estimate=raw)
    yield replace(_weighted(site, rows, outcome, campaign), threat="attrition", measure="response_weighted")
    yield replace(plain, measure="tipping_point", estimate=tipping_point(values, one, confidence))


def _weighted(site: SiteRows, rows: pd.DataFrame, outcome: str, campaign: Floats) -> Threat:
    """The difference of those found, each standing for the lost who are like them by what was known before."""
    values = rows[f"{LATER}{outcome}"].to_numpy(float)
    found = np.isfinite(values)
    known = [np.ones(len(rows)), campaign]
    before = [
        *site.specification.covariates,
        *(name for name in (outcome, "@baseline") if _differs_from_later(name, rows, outcome)),
    ]
    known += [_standard(rows[name].to_numpy(float)) for name in before]
    weights = response_weights(found, np.column_stack(known))
    return shares(site, rows[found], values[found], campaign[found], weights[found])


def _differs_from_later(name: str, rows: pd.DataFrame, outcome: str) -> bool:
    """Whether a column is known before: of wide data the outcome itself is the one after."""
    return name in rows.columns and (name != outcome or not rows[name].equals(rows[f"{LATER}{outcome}"]))


def _standard(values: Floats) -> Floats:
    """Around the mean in its own spread; those who gave no answer stand at the mean."""
    spread = float(np.nanstd(values)) if np.isfinite(values).any() else 0.0
    if spread == 0:
        return np.zeros(len(values))
    centred: Floats = np.where(np.isfinite(values), (values - np.nanmean(values)) / spread, 0.0)
    return centred


def shares(
    site: SiteRows, rows: pd.DataFrame, values: Floats, campaign: Floats, weights: Floats | None = None
) -> Threat:
    """Means of both arms and their difference, tested by the plan's standard errors."""
    one = campaign == 1
    plain = Threat(
        threat="",
        measure="",
        campaign=mean_of(values[one], rows[one])
        if weights is None
        else float(np.average(values[one], weights=weights[one])),
        comparison=mean_of(values[~one], rows[~one])
        if weights is None
        else float(np.average(values[~one], weights=weights[~one])),
        n_campaign=int(one.sum()),
        n_comparison=int((~one).sum()),
    )
    if not (one.any() and (~one).any()):
        return replace(plain, reason="no_comparison_group")
    try:
        found = difference(rows, values, campaign, site.specification, weights)
    except NoVariance as reason:
        return replace(plain, reason=reason.code)
    return replace(
        plain, estimate=found.estimate, std_error=found.std_error, df=found.df, conf_low=found.conf_low,
        conf_high=found.conf_high, p_value=found.p_value,
    )  # fmt: skip


def _differs(share: Threat) -> bool:
    gap = abs(share.estimate) >= DIFFERENTIAL if share.estimate is not None else False
    return gap or (share.p_value is not None and share.p_value < DIFFERENTIAL_P)
