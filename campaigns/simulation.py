"""Pilots with known effects: the demonstration, the recovery tests, power by simulation.

Every effect is added on the scale of the outcome itself (to a probability, or to a mean in points) and every
disturbance around it has mean zero and bounded size, so nothing is ever clipped and the estimands of
``true_effects`` hold exactly, by arithmetic and not by a long run. A random generator is always an argument.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CAMPAIGN, COMPARISON = "A", "B"  # as the form writes them, so that interviewers stay blind
PROVINCES = 3
LASTING = 0.6  # share of the differences between wards that stays from wave to wave


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeTruth:
    """What is true of one outcome at one site, in the outcome's own unit."""

    level: float  # before, in both arms
    trend: float = 0.0  # would have happened anyway
    effect: float = 0.0  # what the campaign adds, averaged over women and men
    women: float = 0.0  # effect among women minus effect among men
    icc: float = 0.0  # share of the variance of one answer that lies between wards
    scale: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTruth:
    """One simulated site."""

    site: str
    wards_campaign: int
    wards_comparison: int
    interviews: tuple[int, ...]  # by wave
    outcomes: Mapping[str, OutcomeTruth]
    women: float = 0.5
    recalls: float = 0.5  # share that recalls the campaign in its wards, after
    unvisited: tuple[int, ...] = ()  # wards of each arm not reached, by wave
    clock: str = "+00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pilot:
    """Several simulated sites that share waves and a questionnaire."""

    waves: Mapping[str, date]  # wave -> first day of interviewing; the first wave is "before"
    sites: tuple[SiteTruth, ...]
    questionnaire: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The wards of one site and how far each stands from the site's level, per outcome (wards x waves)."""

    wards: pd.DataFrame  # name, label, site, province, area_group, weight
    shocks: Mapping[str, Numbers] = field(default_factory=dict)


def pilot_from(tree: Mapping[str, Any]) -> Pilot:
    """The pilot that a file such as ``data/demo/truth.yaml`` states.

    Raises
    ------
    ValueError
        Some level, with its trend, effect and ward differences, would leave the outcome's scale.
    """
    sites = []
    for name, said in tree["sites"].items():
        outcomes = {
            outcome: OutcomeTruth(
                **{**shared, **said.get("truth", {}).get(outcome, {})},
                icc=tree["icc"][outcome],
                scale=tuple(tree.get("scales", {}).get(outcome, (0.0, 1.0))),
            )
            for outcome, shared in tree["everywhere"].items()
        }
        campaign, comparison = said["wards"]
        site = SiteTruth(
            site=name,
            wards_campaign=campaign,
            wards_comparison=comparison,
            interviews=tuple(said["interviews"]),
            outcomes=outcomes,
            women=said["women"],
            recalls=said["recalls"],
            unvisited=tuple(said.get("unvisited", ())),
            clock=said["clock"],
        )
        require_inside_scale(site)
        sites.append(site)
    return Pilot(waves=tree["waves"], sites=tuple(sites), questionnaire=tree["questionnaire"])


def require_inside_scale(site: SiteTruth) -> None:
    """Raise ValueError where a chance could leave 0-1, which would bend the truth by clipping."""
    for name, truth in site.outcomes.items():
        reach = sum(_amplitudes(truth))
        chances = [
            _chance(truth, after=after, campaign=campaign, woman=woman, women_share=site.women)
            for after in (0.0, 1.0)
            for campaign in (0.0, 1.0)
            for woman in (0.0, 1.0)
        ]
        if min(chances) - reach < 0 or max(chances) + reach > 1:
            raise ValueError(
                f"{site.site}, {name}: levels and ward differences leave the scale of the outcome"
            )


def draw_ground(site: SiteTruth, waves: int, rng: np.random.Generator) -> Ground:
    """Wards, assigned to the arms by lot within provinces, and their lasting and passing differences."""
    wards = _wards(site, rng)
    shocks = {}
    for name, truth in site.outcomes.items():
        lasting, passing = _amplitudes(truth)
        shocks[name] = lasting * _hump(rng, (len(wards), 1)) + passing * _hump(rng, (len(wards), waves))
    return Ground(wards=wards, shocks=shocks)


def draw_sample(
    site: SiteTruth, ground: Ground, wave: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """The ward (by position) of every interview of a wave, in the order of wards."""
    visited = _visited(site, ground.wards, wave)
    share = visited * rng.uniform(0.85, 1.15, len(visited))
    planned = site.interviews[wave] * visited.sum() / len(visited)
    sizes = rng.multinomial(round(planned), share / share.sum())
    return np.repeat(np.arange(len(visited)), sizes)


def chances(
    site: SiteTruth, ground: Ground, outcome: str, *, wave: int, ward: npt.NDArray[np.int64], woman: Flags
) -> Numbers:
    """The chance of the outcome (or the mean as a share of its scale) for every interview."""
    campaign = (ground.wards["area_group"].to_numpy() == CAMPAIGN)[ward]
    truth = site.outcomes[outcome]
    expected = _chance(truth, after=float(wave > 0), campaign=campaign, woman=woman, women_share=site.women)
    return np.asarray(expected + ground.shocks[outcome][ward, wave], dtype=np.float64)


def simulate_scores(site: SiteTruth, outcomes: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """Interviews as scored rows, two waves, for simulating a design many times over.

    Returns
    -------
    DataFrame
        ``@site, @wave`` (before, after), ``@arm`` (campaign, comparison), ``@cluster, @stratum, @weight``,
        ``sex`` and one column of 0/1 answers per outcome.
    """
    ground = draw_ground(site, 2, rng)
    waves = []
    for wave, name in enumerate(("before", "after")):
        ward = draw_sample(site, ground, wave, rng)
        woman = rng.random(len(ward)) < site.women
        at = ground.wards.iloc[ward]
        rows = pd.DataFrame(
            {
                "@site": site.site,
                "@wave": name,
                "@arm": np.where(at["area_group"] == CAMPAIGN, "campaign", "comparison"),
                "@cluster": at["name"].to_numpy(),
                "@stratum": at["province"].to_numpy(),
                "@weight": at["weight"].to_numpy(),
                "sex": np.where(woman, "female", "male"),
            }
        )
        for outcome in outcomes:
            chance = chances(site, ground, outcome, wave=wave, ward=ward, woman=woman)
            rows[outcome] = (rng.random(len(ward)) < chance).astype(np.float64)
        waves.append(rows)
    return pd.concat(waves, ignore_index=True)


def true_effects(pilot: Pilot) -> pd.DataFrame:
    """What a perfect evaluation would find, by arithmetic.

    The difference in differences of the expected outcome is ``effect``: levels and trend cancel, ward
    differences have mean zero and do not depend on the arm, weights and refusals do not depend on the answer.
    A site without comparison wards can only show the change before to after, ``trend + effect``.

    Returns
    -------
    DataFrame
        ``site, outcome, subgroup`` (None: everybody), ``estimand`` (ITT or change), ``truth, effect, trend``.
    """
    rows = []
    for site in pilot.sites:
        single = site.wards_comparison == 0
        for name, outcome in site.outcomes.items():
            for subgroup, apart in (
                (None, 0.0),
                ("sex=female", (1 - site.women) * outcome.women),
                ("sex=male", -site.women * outcome.women),
            ):
                effect = outcome.effect + apart
                rows.append(
                    {
                        "site": site.site,
                        "outcome": name,
                        "subgroup": subgroup,
                        "estimand": "change" if single else "ITT",
                        "truth": effect + outcome.trend if single else effect,
                        "effect": effect,
                        "trend": outcome.trend,
                    }
                )
    return pd.DataFrame(rows)


def _chance(
    truth: OutcomeTruth, *, after: float, campaign: Any, woman: Any, women_share: float
) -> Any:  # floats or arrays alike
    low, high = truth.scale
    apart = truth.women * (woman * 1.0 - women_share)
    reached = after * (campaign * 1.0)
    return (truth.level + truth.trend * after + (truth.effect + apart) * reached - low) / (high - low)


def _amplitudes(truth: OutcomeTruth) -> tuple[float, float]:
    """Largest lasting and passing distance of a ward, from the intraclass correlation of one answer."""
    low, high = truth.scale
    level = (truth.level - low) / (high - low)
    variance = 5 * truth.icc * level * (1 - level)  # the hump of size 1 has variance 1/5
    return float(np.sqrt(LASTING * variance)), float(np.sqrt((1 - LASTING) * variance))


def _hump(rng: np.random.Generator, shape: tuple[int, int]) -> Numbers:
    """Draws from -1 to 1 with mean 0 and variance 1/5, humped in the middle."""
    return 2 * rng.beta(2, 2, shape) - 1


def _wards(site: SiteTruth, rng: np.random.Generator) -> pd.DataFrame:
    count = site.wards_campaign + site.wards_comparison
    names = np.array([f"{site.site.upper()}-{number:02d}" for number in range(1, count + 1)])
    province = np.arange(count) * PROVINCES // count
    # By lot within provinces: along the shuffled wards of each province the arms take turns.
    order = np.lexsort((rng.random(count), province))
    in_turn = (
        np.array([CAMPAIGN, COMPARISON] * count)[:count] if site.wards_comparison else [CAMPAIGN] * count
    )
    arms = np.empty(count, dtype=object)
    arms[order] = _exactly(list(in_turn), site.wards_campaign)
    by_province = rng.uniform(0.9, 1.1, PROVINCES)
    weight = np.round(by_province[province] * rng.uniform(0.8, 1.25, count), 3)
    return pd.DataFrame(
        {
            "name": names,
            "label": [f"Ward {name}" for name in names],
            "site": site.site,
            "province": [f"{site.site}-{p + 1}" for p in province],
            "area_group": arms,
            "weight": weight,
        }
    )


def _exactly(arms: list[str], campaign: int) -> list[str]:
    """The turns, with the last ones changed where the arms are to differ in size."""
    surplus = arms.count(CAMPAIGN) - campaign
    too_many, too_few = (CAMPAIGN, COMPARISON) if surplus > 0 else (COMPARISON, CAMPAIGN)
    changed = list(arms)
    last = [position for position in reversed(range(len(arms))) if arms[position] == too_many]
    for position in last[: abs(surplus)]:
        changed[position] = too_few
    return changed


def _visited(site: SiteTruth, wards: pd.DataFrame, wave: int) -> Flags:
    """Which wards a wave reached: in each arm all but the last few (wards bear their numbers by chance)."""
    missed = site.unvisited[wave] if wave < len(site.unvisited) else 0
    from_the_end = wards.groupby("area_group").cumcount(ascending=False).to_numpy()
    return np.asarray(from_the_end >= missed)
