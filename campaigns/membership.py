"""Who stands behind a number, as a sketch by which two states of the data are compared and nobody is found again.

Of every arm and wave the people are counted in ``BUCKETS`` buckets by a hash of their interview, once by the interview alone and
once by all that it brings to the number. People who come or go change the first kind of buckets, those whose answers change
the second. A sum over all hashes tells that nothing changed. Hashes are never kept, only counts of them.
"""

import base64
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from campaigns.campaign import INDEX_KINDS, Campaign
from campaigns.scoring import scored


BUCKETS = 64
WHOLE = ""  # in place of an outcome: every interview, with all that any outcome takes from it
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The people of one arm and wave."""

    people: int
    checksum: int  # of all that they bring
    by_interview: tuple[int, ...]  # people in each bucket
    by_content: tuple[int, ...]

    def changed_since(self, earlier: "Sketch") -> int:
        """At least so many people came, went or answered otherwise; 0 only where nobody did."""
        if self.checksum == earlier.checksum and self.people == earlier.people:
            return 0
        came_or_went = _distance(self.by_interview, earlier.by_interview)
        other_content = _distance(self.by_content, earlier.by_content)
        return max(came_or_went, (other_content + 1) // 2, 1)


NOBODY = Sketch(people=0, checksum=0, by_interview=(0,) * BUCKETS, by_content=(0,) * BUCKETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of which number the people are: an outcome at a site, as a whole or of one level of a breakdown."""

    outcome: str
    site: str
    subgroup: str = ""


Groups = Mapping[str, Sketch]  # "arm|wave" -> its people
Members = Mapping[Place, Groups]


def few_changed(now: Groups, earlier: Groups, limit: int) -> bool:
    """Whether in some arm and wave somebody changed, but fewer than ``limit``."""
    return any(
        0 < now.get(group, NOBODY).changed_since(earlier.get(group, NOBODY)) < limit
        for group in {*now, *earlier}
    )


def members_of(campaign: Campaign, answers: Sequence[Path]) -> dict[Place, dict[str, Sketch]]:
    """The people behind every number of a campaign, from the answers as ``surveys.columns`` writes them."""
    if not answers:
        return {}
    rows = _rows(campaign, answers)
    person = _hash(rows["@submission"])
    shared = _together([person, *(_hash(rows[name]) for name in _shared_columns(rows, campaign))])
    contents = {
        outcome.id: _together([shared, *(_hash(rows[name]) for name in _own_columns(outcome.id, campaign))])
        for outcome in campaign.outcomes
    }
    contents[WHOLE] = _together(list(contents.values()))
    there = {outcome.id: rows[outcome.id].notna().to_numpy() for outcome in campaign.outcomes}
    there[WHOLE] = np.ones(len(rows), dtype=bool)
    found: dict[Place, dict[str, Sketch]] = {}
    for (site, group), place in _groups(rows):
        for subgroup, members in _parts(rows, place, campaign):
            for outcome, content in contents.items():
                if subgroup and outcome == WHOLE:
                    continue
                chosen = members[there[outcome][members]]
                key = Place(outcome=outcome, site=site, subgroup=subgroup)
                found.setdefault(key, {})[group] = _sketch(person[chosen], content[chosen])
    return found


def packed(members: Members) -> str:
    """The sketches as text for the record."""
    lines = [
        f"{place.outcome}\t{place.site}\t{place.subgroup}\t{group}\t{sketch.people}\t{sketch.checksum}\t"
        + " ".join(map(str, (*sketch.by_interview, *sketch.by_content)))
        for place, groups in members.items()
        for group, sketch in groups.items()
    ]
    return base64.b85encode(zlib.compress("\n".join(lines).encode(), 9)).decode()


def unpacked(text: str) -> dict[Place, dict[str, Sketch]]:
    """What ``packed`` wrote."""
    found: dict[Place, dict[str, Sketch]] = {}
    for line in zlib.decompress(base64.b85decode(text)).decode().splitlines():
        outcome, site, subgroup, group, people, checksum, counts = line.split("\t")
        numbers = tuple(map(int, counts.split()))
        sketch = Sketch(
            people=int(people),
            checksum=int(checksum),
            by_interview=numbers[:BUCKETS],
            by_content=numbers[BUCKETS:],
        )
        found.setdefault(Place(outcome=outcome, site=site, subgroup=subgroup), {})[group] = sketch
    return found


def _rows(campaign: Campaign, answers: Sequence[Path]) -> pd.DataFrame:
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        waves = [*campaign.analysis.before, *campaign.analysis.after]
        here = table.filter(table["@wave"].isin(waves), table["@site"].isin([s.id for s in campaign.sites]))
        items = {item for outcome in campaign.outcomes for item in _items_of_index(outcome.id, campaign)}
        beside: dict[str, ir.Value] = {
            f"item {item}": here[item].cast("string") for item in sorted(items) if item in here.columns
        }
        beside |= {f"item {item}": ibis.literal("") for item in items if item not in here.columns}
        rows: pd.DataFrame = (
            scored(here, campaign, {**beside, "@submission": here["@submission"]}).to_pyarrow().to_pandas()
        )
        return rows
    finally:
        connection.disconnect()


def _items_of_index(outcome: str, campaign: Campaign) -> tuple[str, ...]:
    """Indices are measured against a group, so that one person moves the scores of all: they are known by what was answered."""
    score = campaign.outcome(outcome).score
    return score.items if score.kind in INDEX_KINDS else ()


def _own_columns(outcome: str, campaign: Campaign) -> list[str]:
    return [f"item {item}" for item in _items_of_index(outcome, campaign)] or [outcome]


def _shared_columns(rows: pd.DataFrame, campaign: Campaign) -> list[str]:
    """What an interview brings to every outcome: its parts and the variables of the plan."""
    outcomes = {outcome.id for outcome in campaign.outcomes}
    return [
        name
        for name in rows.columns
        if name not in outcomes and not name.startswith("item ") and name != "@submission"
    ]


def _hash(values: pd.Series) -> Hashes:
    """One 64-bit hash a value, the same on every machine and in every run."""
    plain = values.to_numpy(np.float64) if pd.api.types.is_numeric_dtype(values) else None
    if plain is None:
        return pd.util.hash_array(values.astype("string").fillna("\0").to_numpy(object), categorize=True)
    return pd.util.hash_array(np.where(np.isnan(plain), -1.5e300, plain))


def _together(hashes: Sequence[Hashes]) -> Hashes:
    """One hash of several, in which their order counts."""
    found = np.zeros_like(hashes[0])
    for one in hashes:
        found = (found * np.uint64(6364136223846793005)) ^ one
        found ^= found >> np.uint64(29)
    return found


def _groups(rows: pd.DataFrame) -> list[tuple[tuple[str, str], NDArray[np.intp]]]:
    arm = rows["@arm"].fillna("") if "@arm" in rows.columns else pd.Series("", index=rows.index)
    place = (rows["@site"] + "\t" + arm + "|" + rows["@wave"]).to_numpy(object)
    found = []
    for name in sorted(set(place)):
        site, _, group = str(name).partition("\t")
        found.append(((site, group), np.flatnonzero(place == name)))
    return found


def _parts(
    rows: pd.DataFrame, members: NDArray[np.intp], campaign: Campaign
) -> list[tuple[str, NDArray[np.intp]]]:
    """The people of an arm and wave, and those of every level of every breakdown."""
    found = [("", members)]
    for variable in campaign.analysis.subgroups:
        levels = as_levels(rows[variable]).to_numpy(object)[members]
        found += [(f"{variable}={level}", members[levels == level]) for level in sorted(set(levels)) if level]
    return found


def as_levels(values: pd.Series) -> pd.Series:
    """Values as breakdowns write them: 1.0 is 1; blank where missing."""
    if pd.api.types.is_numeric_dtype(values):
        return values.map(lambda value: f"{value:g}" if value == value else "")
    return values.astype("string").fillna("")


def _sketch(person: Hashes, content: Hashes) -> Sketch:
    def counted(hashes: Hashes) -> tuple[int, ...]:
        buckets = (hashes >> np.uint64(7)) % np.uint64(BUCKETS)
        return tuple(np.bincount(buckets.astype(np.int64), minlength=BUCKETS).tolist())

    return Sketch(
        people=len(person),
        checksum=int(content.sum(dtype=np.uint64)),
        by_interview=counted(person),
        by_content=counted(content),
    )


def _distance(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))
