"""Simulated pilots whose truth is known by arithmetic, many at once: every pilot is a site of one table.

An answer varies by 1 (a score) or as a share does (0 and 1) about a mean that depends on arm and wave. Wards differ: of the
variance of one answer ``icc`` lies between them, most of it lasting from wave to wave, the rest passing. Wards have unequal
numbers of interviews. Shares, counts and ratings move by bounded steps that never leave their scale, so no truth is clipped.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa


Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Kind = Literal["score", "share", "count", "rating"]

LASTING = 0.6  # of the variance between wards
SAME_PERSON = 0.5  # of the variance within a ward that stays with a person
INTERVIEWS = (6, 26)  # a ward and wave has from six to 25
LEVEL = {"score": 0.0, "share": 0.4, "count": 1.5, "rating": 0.0}
TREND = {"score": 0.2, "share": 0.06, "count": 0.2, "rating": 0.2}
EFFECT = {"score": 0.3, "share": 0.12, "count": 0.5, "rating": 0.5}
CUTS = (-1.5, -0.5, 0.5, 1.5)  # of the latent logistic variable behind ratings of 0 to 4
NODES = np.cos(
    (2 * np.arange(1, 65) - 1) * np.pi / 128
)  # equal weights for the arcsine law (Gauss-Chebyshev)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is true of every pilot. ``effect`` is what the campaign adds to the mean (of a rating: to the latent one)."""

    kind: Kind
    icc: float
    wards: int  # in each arm
    effect: float

    @property
    def level(self) -> float:
        return LEVEL[self.kind]

    @property
    def trend(self) -> float:
        """What would have happened anyway; none in worlds where nothing happens, so that a change can be nil."""
        return TREND[self.kind] if self.effect else 0.0

    @property
    def spread(self) -> float:
        """Standard deviation between wards, in the scale of the mean."""
        within = {"score": 1 - self.icc, "share": 0.24, "count": self.level, "rating": np.pi**2 / 3}[
            self.kind
        ]
        if self.kind == "share":
            return float(np.sqrt(self.icc * within))  # of the whole variance, which the level fixes
        return float(np.sqrt(self.icc / (1 - self.icc) * within))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Who was interviewed: one entry an interview (of a panel: a person, seen in every wave)."""

    pilot: Integers
    ward: Integers
    wave: Integers
    pilots: int
    wards: int

    def of_ward(self, values: Floats) -> Floats:
        """The value of each interview's ward (pilots x wards)."""
        return values[self.pilot, self.ward]


def sampled(rng: np.random.Generator, pilots: int, wards: int, waves: int = 1) -> Sampled:
    """Interviews in every ward and wave, unequal in number."""
    sizes = rng.integers(*INTERVIEWS, (pilots, wards, waves)).ravel()
    at = np.repeat(np.arange(len(sizes)), sizes)
    pilot, ward, wave = np.unravel_index(at, (pilots, wards, waves))
    return Sampled(pilot=pilot, ward=ward, wave=wave, pilots=pilots, wards=wards)


def differences(rng: np.random.Generator, world: World, who: Sampled, waves: int = 1) -> list[Floats]:
    """How far each interview's ward stands from the mean, by wave."""
    lasting = np.sqrt(LASTING) * world.spread * _steps(rng, world, (who.pilots, who.wards))
    own = []
    for _ in range(waves):
        passing = np.sqrt(1 - LASTING) * world.spread * _steps(rng, world, (who.pilots, who.wards))
        own.append(who.of_ward(lasting + passing))
    return own


def _steps(rng: np.random.Generator, world: World, shape: tuple[int, ...]) -> Floats:
    """Draws of variance 1: normal for scores, else bounded by the root of two (arcsine)."""
    if world.kind == "score":
        return rng.normal(size=shape)
    return np.sqrt(2) * np.cos(np.pi * rng.random(shape))


def answers(rng: np.random.Generator, world: World, mean: Floats) -> Floats:
    """One answer for each mean."""
    if world.kind == "score":
        return mean + np.sqrt(1 - world.icc) * rng.normal(size=len(mean))
    if world.kind == "share":
        return (rng.random(len(mean)) < mean).astype(float)
    if world.kind == "count":
        return rng.poisson(mean).astype(float)
    latent = mean + rng.logistic(size=len(mean))
    return np.searchsorted(np.array(CUTS), latent).astype(float)


def panel_answers(rng: np.random.Generator, world: World, means: list[Floats]) -> list[Floats]:
    """Answers of the same people in several waves, each with the mean of its wave, alike within a person."""
    n = len(means[0])
    if world.kind == "score":
        person = np.sqrt(SAME_PERSON * (1 - world.icc)) * rng.normal(size=n)
        own = np.sqrt((1 - SAME_PERSON) * (1 - world.icc))
        return [mean + person + own * rng.normal(size=n) for mean in means]
    first = rng.random(n)  # the same threshold as before, or a new one
    thresholds = [np.where(rng.random(n) < SAME_PERSON, first, rng.random(n)) for _ in means]
    return [(threshold < mean).astype(float) for threshold, mean in zip(thresholds, means, strict=True)]


def mean_rating(world: World, shift: float) -> float:
    """Expected rating where the latent mean is moved by ``shift``, over all wards."""
    lasting, passing = (np.sqrt(2 * share) * world.spread * NODES for share in (LASTING, 1 - LASTING))
    latent = shift + lasting[:, None] + passing[None, :]
    return float(sum((1 / (1 + np.exp(cut - latent))).mean() for cut in CUTS))


def table_of(who: Sampled, **columns: Floats | Integers | pa.Array) -> pa.Table:
    """The interviews as the estimation takes them; a column ``at_arm`` becomes ``@arm``."""
    parts = {"@site": pa.array(who.pilot), "@cluster": pa.array(who.ward)}
    for name, values in columns.items():
        part = values if isinstance(values, pa.Array) else pa.array(values)
        parts[f"@{name[3:]}" if name.startswith("at_") else name] = part
    return pa.table(parts)


def words(codes: npt.ArrayLike, names: tuple[str, ...]) -> pa.Array:
    """The name of each code."""
    return pa.DictionaryArray.from_arrays(pa.array(np.asarray(codes, dtype=np.int32)), list(names)).cast(
        pa.string()
    )


def arms(reached: npt.ArrayLike) -> pa.Array:
    """Campaign where 1, comparison where 0."""
    return words(reached, ("comparison", "campaign"))
