"""Every design with what it is simulated by: how its pilots are drawn, what is true, and the ways to its standard error."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from tests.recovery.worlds import (
    EFFECT,
    Kind,
    World,
    answers,
    arms,
    differences,
    mean_rating,
    panel_answers,
    sampled,
    table_of,
    words,
)


Draw = Callable[[np.random.Generator, World, int], pa.Table]
Options = Mapping[str, object]
WAVES = ("before", "after")


# ── Pilots ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _one_group(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, world.wards, 2)
    off = np.choose(who.wave, differences(rng, world, who, 2))
    mean = world.level + off + (world.trend + world.effect) * who.wave
    return table_of(who, at_wave=words(who.wave, WAVES), y=answers(rng, world, mean))


def _one_panel(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, world.wards)
    before, after = differences(rng, world, who, 2)
    moved = world.level + world.trend + world.effect
    first, second = panel_answers(rng, world, [world.level + before, moved + after])
    return table_of(who, at_baseline=first, y=second)


def _two_groups(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, 2 * world.wards, 2)
    reached = who.ward < world.wards
    off = np.choose(who.wave, differences(rng, world, who, 2))
    mean = world.level + off + (world.trend + world.effect * reached) * who.wave
    return table_of(who, at_wave=words(who.wave, WAVES), at_arm=arms(reached), y=answers(rng, world, mean))


def _two_panels(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, 2 * world.wards)
    reached = who.ward < world.wards
    before, after = differences(rng, world, who, 2)
    moved = world.level + world.trend + world.effect * reached
    first, second = panel_answers(rng, world, [world.level + before, moved + after])
    twice = replace(who, pilot=np.tile(who.pilot, 2), ward=np.tile(who.ward, 2))
    wave = np.repeat([0, 1], len(first))
    return table_of(
        twice, at_wave=words(wave, WAVES), at_arm=arms(np.tile(reached, 2)), y=np.concatenate([first, second])
    )


def _wards_by_lot(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, 2 * world.wards)
    reached = who.ward < world.wards
    mean = world.level + differences(rng, world, who)[0] + world.effect * reached
    return table_of(who, at_arm=arms(reached), y=answers(rng, world, mean))


def _wards_by_lot_in_strata(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Strata of four wards, two to each arm; strata differ by as much as wards do."""
    who = sampled(rng, pilots, 2 * world.wards)
    reached, stratum = who.ward % 2, who.ward // 4
    apart = 0.09 * np.cos(np.pi * rng.random((pilots, 2 * world.wards)))[who.pilot, stratum]
    off = 0.8 * differences(rng, world, who)[0] + apart
    mean = world.level + off + world.effect * reached
    return table_of(
        who,
        at_arm=arms(reached),
        at_block=stratum,
        at_stratum=stratum,
        area=stratum,
        y=answers(rng, world, mean),
    )


def _persons_by_lot(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """As many people as the wards would have held, each dealt an arm; more in the comparison group."""
    who = sampled(rng, pilots, 2 * world.wards)
    reached = rng.random(len(who.pilot)) < 0.4
    mean = np.full(len(reached), world.level) + world.effect * reached
    return table_of(who, at_arm=arms(reached), y=answers(rng, world, mean)).drop(["@cluster"])


def _persons_by_lot_in_strata(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """People dealt an arm within six strata of unequal level."""
    who = sampled(rng, pilots, 2 * world.wards)
    stratum = rng.integers(0, 6, len(who.pilot))
    order = np.lexsort((rng.random(len(stratum)), stratum, who.pilot))
    reached = np.empty(len(stratum), dtype=bool)
    reached[order] = np.arange(len(stratum)) % 2 == 0
    mean = world.level + 0.3 * (stratum / 5 - 0.5) + world.effect * reached
    return table_of(
        who, at_arm=arms(reached), at_block=stratum, area=stratum, y=answers(rng, world, mean)
    ).drop(["@cluster"])


def _ancova(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, 2 * world.wards)
    reached = who.ward < world.wards
    before, after = differences(rng, world, who, 2)
    moved = world.level + world.trend + world.effect * reached
    first, second = panel_answers(rng, world, [world.level + before, moved + after])
    return table_of(who, at_arm=arms(reached), at_baseline=first, y=second)


def _four_waves(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    who = sampled(rng, pilots, 2 * world.wards, 4)
    reached = who.ward < world.wards
    off = np.choose(who.wave, differences(rng, world, who, 4))
    mean = world.level + off + world.trend * who.wave / 3 + world.effect * reached * (who.wave > 1)
    return table_of(
        who, at_wave=words(who.wave, ("1", "2", "3", "4")), at_arm=arms(reached), y=answers(rng, world, mean)
    )


def _three_cohorts(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Never, from the second period on, from the third period on: as many wards each; the same people in four periods."""
    who = sampled(rng, pilots, 3 * world.wards)
    cohort = np.array([0, 2, 3])[who.ward // world.wards]
    means = []
    for period, off in enumerate(differences(rng, world, who, 4), start=1):
        since = (cohort > 0) & (period >= cohort)
        means.append(world.level + off + world.trend * (period - 1) / 3 + world.effect * since)
    y = np.concatenate(panel_answers(rng, world, means))
    many = replace(who, pilot=np.tile(who.pilot, 4), ward=np.tile(who.ward, 4))
    n = len(cohort)
    return table_of(
        many, at_period=np.repeat([1, 2, 3, 4], n), at_first_treated=np.tile(cohort, 4),
        at_respondent=np.tile(np.arange(n), 4), y=y,
    )  # fmt: skip


def _self_selected(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Those who know more anyway meet the campaign more often."""
    who = sampled(rng, pilots, 2 * world.wards)
    schooling = rng.integers(0, 3, len(who.pilot))
    reached = rng.random(len(schooling)) < np.array([0.25, 0.4, 0.6])[schooling]
    mean = world.level + differences(rng, world, who)[0] + 0.04 * schooling + world.effect * reached
    return table_of(who, at_arm=arms(reached), schooling=schooling, y=answers(rng, world, mean))


def _encouraged(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Of the wards' people six in ten take part if asked, nobody unasked; who would take part knows more anyway."""
    who = sampled(rng, pilots, 2 * world.wards)
    asked = who.ward < world.wards
    willing = rng.random(len(asked)) < 0.6
    received = asked & willing
    mean = world.level + differences(rng, world, who)[0] + 0.04 * willing + world.effect * received
    return table_of(who, at_arm=arms(asked), at_received=received.astype(float), y=answers(rng, world, mean))


def _dosed(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Wards with nil to three broadcasts, each of which adds a third of the effect."""
    who = sampled(rng, pilots, 2 * world.wards)
    dose = who.ward % 4
    mean = world.level + differences(rng, world, who)[0] + world.effect / 3 * dose
    return table_of(who, at_dose=dose.astype(float), y=answers(rng, world, mean))


def _crossed(rng: np.random.Generator, world: World, pilots: int) -> pa.Table:
    """Interviewers go to every ward, and each hears a little more or less than the others."""
    who = sampled(rng, pilots, 2 * world.wards)
    interviewer = rng.integers(0, 2 * world.wards, len(who.pilot))
    reached = (who.ward % 2 == 0) & (interviewer % 2 == 0) | (who.ward % 2 == 1) & (
        rng.random(len(interviewer)) < 0.2
    )  # whom the campaign reached depends on the ward and on who came
    heard = 0.25 * np.cos(np.pi * rng.random((pilots, 2 * world.wards)))[who.pilot, interviewer]
    mean = world.level + differences(rng, world, who)[0] + heard + world.effect * reached
    return table_of(who, at_cluster2=interviewer, at_arm=arms(reached), y=answers(rng, world, mean))


# ── Ways to a standard error ───────────────────────────────────────────────────────────────────────────────────────

UNCLUSTERED: Mapping[str, Options] = {
    kind: {"standard_errors": kind} for kind in ("iid", "HC0", "HC1", "HC2", "HC3")
}
BLIND: Mapping[str, Options] = {"HC2": {"standard_errors": "HC2"}}  # to the wards: what leaving them out does
SANDWICHES: Mapping[str, Options] = {
    kind: {"standard_errors": kind} for kind in ("CR0", "CR1", "CR1S", "CR2", "CR3")
}
LINEARISED: Mapping[str, Options] = {"linearised": {"standard_errors": "linearised"}}
BOOTSTRAP: Mapping[str, Options] = {
    "wild bootstrap": {"standard_errors": "CR1", "p_value": "wild_cluster_bootstrap", "draws": 999}
}
BY_LOT: Mapping[str, Options] = {
    "randomisation": {"standard_errors": "CR2", "p_value": "randomisation", "draws": 999}
}
BY_LOT_OF_PERSONS: Mapping[str, Options] = {
    "randomisation": {"standard_errors": "HC2", "p_value": "randomisation", "draws": 999}
}
AUTOMATIC: Mapping[str, Options] = {
    "automatic": {"standard_errors": "CR2", "p_value": "automatic", "draws": 999}
}
OWN: Mapping[str, Options] = {"influence": {}}
SLOW = ("wild bootstrap", "randomisation", "automatic")  # fewer pilots are drawn for these
ALL: tuple[tuple[Kind, float], ...] = (("score", 0.05), ("score", 0.15), ("share", 0.05), ("share", 0.15))
SOME: tuple[tuple[Kind, float], ...] = (("score", 0.15), ("share", 0.05))
NO_WARDS: tuple[tuple[Kind, float], ...] = (("score", 0.0), ("share", 0.0))
FEWEST = (
    4  # wards an arm at which ``automatic`` is shown beside the numbers of WARDS: there it changes its method
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A design with its pilots, the effect they truly have, and the ways to its standard error."""

    name: str
    design: str
    draw: Draw
    ways: Mapping[str, Options]
    worlds: tuple[tuple[Kind, float], ...] = SOME  # kind of outcome and intraclass correlation
    options: Options = field(default_factory=dict)
    term: str = "effect"
    share_of_effect: float = 1.0
    includes_trend: bool = False
    at_once: int = 100  # pilots in one table
    slow: bool = False  # made from rows: fewer pilots

    def truth(self, world: World) -> float:
        """What a perfect evaluation would find."""
        if world.kind == "rating":
            return mean_rating(world, world.effect) - mean_rating(world, 0.0)
        return self.share_of_effect * world.effect + (world.trend if self.includes_trend else 0.0)

    def effect(self, kind: Kind) -> float:
        """What the campaign adds in worlds where it does something."""
        return EFFECT[kind]


FITTED = {**BLIND, **SANDWICHES, **LINEARISED}
CLUSTERED = {**FITTED, **BOOTSTRAP, **AUTOMATIC}
CASES = (
    Case(name="pre_post", design="pre_post", draw=_one_group, ways=CLUSTERED, includes_trend=True),
    Case(
        name="paired_pre_post", design="paired_pre_post", draw=_one_panel, includes_trend=True,
        ways=CLUSTERED,
    ),
    Case(
        name="difference_in_differences, other people each wave", design="difference_in_differences", draw=_two_groups,
        ways={**CLUSTERED, **BY_LOT}, worlds=ALL,
    ),
    Case(
        name="difference_in_differences, the same people", design="difference_in_differences", draw=_two_panels,
        ways={**CLUSTERED, **BY_LOT},
    ),
    Case(
        name="randomised, wards", design="randomised", draw=_wards_by_lot, worlds=ALL,
        ways={**CLUSTERED, **BY_LOT},
    ),
    Case(
        name="randomised, wards in strata", design="randomised", draw=_wards_by_lot_in_strata,
        options={"fixed_effects": ("area",)}, ways={**CLUSTERED, **BY_LOT},
    ),
    Case(
        name="randomised, persons", design="randomised", draw=_persons_by_lot, worlds=NO_WARDS,
        ways={**UNCLUSTERED, **BY_LOT_OF_PERSONS},
    ),
    Case(
        name="randomised, persons in strata", design="randomised", draw=_persons_by_lot_in_strata,
        options={"fixed_effects": ("area",)}, worlds=NO_WARDS, ways={**UNCLUSTERED, **BY_LOT_OF_PERSONS},
    ),
    Case(
        name="randomised, wards crossed by interviewers", design="randomised", draw=_crossed, worlds=(("score", 0.05), ("score", 0.15)),
        ways={"CR1S": {"standard_errors": "CR1S"}, "CR1S two ways": {"standard_errors": "CR1S"}},
    ),
    Case(name="ancova", design="ancova", draw=_ancova, ways={**CLUSTERED, **BY_LOT}, at_once=10),
    Case(
        name="event_study", design="event_study", draw=_four_waves, ways=CLUSTERED, term="event_0",
        options={"before": ("1", "2"), "after": ("3", "4")},
    ),
    Case(
        name="staggered", design="staggered", draw=_three_cohorts, ways=OWN, term="simple_overall", at_once=10, slow=True,
    ),
    Case(
        name="exposure", design="exposure", draw=_self_selected, ways=OWN, options={"categorical": ("schooling",)},
        at_once=20, slow=True,
    ),
    Case(name="encouragement", design="encouragement", draw=_encouraged, ways={**BLIND, **SANDWICHES}),
    Case(
        name="dose", design="dose", draw=_dosed, ways=CLUSTERED, term="dose", share_of_effect=1 / 3,
        options={"arms": ("dose",)},
    ),
    Case(
        name="randomised, wards, logit", design="randomised", draw=_wards_by_lot, worlds=(("share", 0.05), ("share", 0.15)),
        options={"model": "logit"}, ways=FITTED, slow=True,
    ),
    Case(
        name="randomised, wards, Poisson", design="randomised", draw=_wards_by_lot, worlds=(("count", 0.05), ("count", 0.15)),
        options={"model": "poisson"}, ways=FITTED, slow=True,
    ),
    Case(
        name="randomised, wards, ordered logit", design="randomised", draw=_wards_by_lot, worlds=(("rating", 0.05), ("rating", 0.15)), slow=True,
        options={"model": "ordered_logit"},
        ways={kind: {"standard_errors": kind} for kind in ("HC1", "CR0", "CR1", "CR1S", "linearised")},
    ),
)  # fmt: skip
