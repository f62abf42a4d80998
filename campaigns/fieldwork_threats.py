"""What fieldwork can do to an effect: exposure on the wrong side, nothing left to learn, other interviewers, another mode."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from campaigns.losses import shares
from campaigns.threat_rows import SiteRows, Threat, mean_of


CEILING = 0.85  # of the possible range, at baseline: hardly anything left to gain (judgement of the field)
APART = 0.5  # share of interviews by interviewers who worked on one side only, above which the sides cannot be told apart
MODE_SHIFT = 0.05  # share of interviews in another mode


def dose_gap(site: SiteRows) -> Iterator[Threat]:
    """Exposure in the campaign arm less that in the comparison group after the campaign; of a decoy, likewise."""
    for part in ("exposure", "decoy"):
        if f"@{part}" not in site.rows.columns:
            continue
        for arm in site.arms():
            rows, campaign = site.compared(site.after, arm)
            given = rows[f"@{part}"].notna().to_numpy()
            values = rows[f"@{part}"].to_numpy(float)[given]
            found = shares(site, rows[given], values, campaign[given])
            label = ""
            if found.conf_low is not None and part == "exposure":
                label = "gap" if found.conf_low > 0 else "no_gap"
            yield replace(
                found, threat="contamination", measure="dose_gap" if part == "exposure" else "decoy_gap",
                about=part, site=site.site, arm=arm, wave="after", label=label,
            )  # fmt: skip


def ceiling(site: SiteRows) -> Iterator[Threat]:
    """Where the scores stood in their possible range before the campaign, and how many stood at its end."""
    wave, rows = site.at_first
    if (
        wave == "after" and "@arm" in rows.columns
    ):  # nobody was asked before: those whom no campaign has reached
        rows = rows[rows["@arm"].isin(site.specification.comparison)]
    for outcome, (low, high) in site.bounds.items():
        values = rows[outcome].to_numpy(float)
        given = values[np.isfinite(values)]
        if not given.size or high <= low:
            continue
        mean = mean_of(values, rows)
        place = None if mean is None else (mean - low) / (high - low)
        label = _label(place)
        for measure, number in (
            ("place_in_range", place),
            ("at_highest", float(np.isclose(given, high).mean())),
            ("at_lowest", float(np.isclose(given, low).mean())),
        ):
            yield Threat(
                threat="ceiling", measure=measure, about=outcome, site=site.site, wave=wave, estimate=number,
                n_campaign=len(given), label=label if measure == "place_in_range" else "",
            )  # fmt: skip


def _label(place: float | None) -> str:
    if place is None:
        return ""
    return "ceiling" if place > CEILING else "floor" if place < 1 - CEILING else "ok"


def interviewers(site: SiteRows) -> Iterator[Threat]:
    """The share of interviews by interviewers who worked in one arm only, and in one wave only."""
    if "@interviewer" not in site.rows.columns:
        return
    for wave, rows in (("before", site.before), ("after", site.after)):
        yield from _one_sided(site, rows, "@arm", "in_one_arm", wave)
    if len(site.before) and len(site.after):
        both = pd.concat([site.before.assign(**{"@side": "before"}), site.after.assign(**{"@side": "after"})])
        yield from _one_sided(site, both, "@side", "in_one_wave", None)


def _one_sided(
    site: SiteRows, rows: pd.DataFrame, part: str, measure: str, wave: str | None
) -> Iterator[Threat]:
    if part not in rows.columns:
        return
    known = rows[rows["@interviewer"].notna() & rows[part].notna()]
    if known[part].nunique() < 2:
        return
    sides = known.groupby("@interviewer")[part].nunique()
    share = float(known["@interviewer"].map(sides).eq(1).mean())
    yield Threat(
        threat="interviewers", measure=measure, about="interviewer", site=site.site, wave=wave, estimate=share,
        n_campaign=len(known), label="apart" if share > APART else "ok",
    )  # fmt: skip


def mode(site: SiteRows) -> Iterator[Threat]:
    """The share of interviews that would have to be in another mode for the two sides to have the same mix."""
    if "@mode" not in site.rows.columns:
        return
    yield from _shift(site, site.before, site.after, "between_waves", None)
    for arm in site.arms():
        rows, campaign = site.compared(site.after, arm)
        yield from _shift(site, rows[campaign == 1], rows[campaign == 0], "between_arms", arm)


def _shift(
    site: SiteRows, one: pd.DataFrame, other: pd.DataFrame, measure: str, arm: str | None
) -> Iterator[Threat]:
    mixes = [rows["@mode"].value_counts(normalize=True) for rows in (one, other)]
    if not all(len(mix) for mix in mixes):
        return
    distance = float(mixes[0].sub(mixes[1], fill_value=0.0).abs().sum() / 2)
    yield Threat(
        threat="mode", measure=measure, about="mode", site=site.site, arm=arm, estimate=distance,
        n_campaign=int(one["@mode"].notna().sum()), n_comparison=int(other["@mode"].notna().sum()),
        label="changed" if distance > MODE_SHIFT else "ok",
    )  # fmt: skip
