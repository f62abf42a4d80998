"""Who stands behind a number, as a sketch by which two states of the data are compared and nobody is found again.

Of every arm and wave the people are counted in ``BUCKETS`` buckets by a hash of their interview, once by the interview alone and
once by all that it brings to the number. People who come or go change the first kind of buckets, those whose answers change
the second. A sum over all hashes tells that nothing changed. Hashes are never kept, only counts of them.
"""

import base64
import hashlib
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


BUCKETS = 256
WHOLE = ""  # in place of an outcome: every interview, with all that any outcome takes from it
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """People counted by a hash of something of theirs."""

    checksum: int
    buckets: tuple[int, ...]

    def distance(self, other: "Counted") -> int:
        """At least so many hashes are in one of the two only; 0 only where they are the same."""
        found = sum(abs(a - b) for a, b in zip(self.buckets, other.buckets, strict=True))
        return found if self.checksum == other.checksum else max(found, 1)


NOTHING = Counted(checksum=0, buckets=(0,) * BUCKETS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """The people of one arm and wave."""

    people: int = 0
    yes: int = 0  # of them, those at the highest value of a share
    interviews: Counted = NOTHING
    values: Counted = NOTHING  # an interview and its value
    contents: Counted = NOTHING  # an interview and all that it brings to a number

    def tells_of_few(self, earlier: "Sketch", limit: int, *, share: bool) -> bool:
        """Whether a new number beside the earlier one could tell of single people.

        It could where somebody came, went or answered otherwise, but fewer than ``limit``; and of a share also where all who did
        so said the same, since then each of them is known.
        """
        came_or_went = self.interviews.distance(earlier.interviews)
        otherwise = self.values.distance(earlier.values)
        any_content = self.contents.distance(earlier.contents)
        changed = (came_or_went, (otherwise + 1) // 2, (any_content + 1) // 2)
        if came_or_went:  # of values and contents those who came or went count once, the others twice
            changed = (came_or_went, max(came_or_went, changed[1]), max(came_or_went, changed[2]))
        if any(0 < count < limit for count in changed):
            return True
        return share and otherwise > 0 and not self._is_mixed(earlier, otherwise)

    def _is_mixed(self, earlier: "Sketch", changed: int) -> bool:
        """Whether among those who came and went both answers occur, as far as sums can tell."""
        more = self.people - earlier.people
        came, went = (changed + more) / 2, (changed - more) / 2
        return -went < self.yes - earlier.yes < came


NOBODY = Sketch()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Of which number the people are: an outcome at a site, as a whole or of one level of a breakdown."""

    outcome: str
    site: str
    subgroup: str = ""
    meaning: str = ""  # a number that is scored or compared in another way is another number


Groups = Mapping[str, Sketch]  # "arm|wave" -> its people
Members = Mapping[Place, Groups]


def few_changed(now: Groups, earlier: Groups, limit: int, *, share: bool = False) -> bool:
    """Whether a new number would tell of single people of some arm and wave, beside the one that was told of them earlier."""
    return any(
        now.get(group, NOBODY).tells_of_few(earlier.get(group, NOBODY), limit, share=share)
        for group in {*now, *earlier}
    )


def members_of(campaign: Campaign, answers: Sequence[Path]) -> dict[Place, dict[str, Sketch]]:
    """The people behind every number of a campaign, from the answers as ``surveys.columns`` writes them."""
    if not answers:
        return {}
    rows = _rows(campaign, answers)
    person = _hash(rows["@submission"])
    shared = _together([person, *(_hash(rows[name]) for name in _shared_columns(rows, campaign))])
    values = {
        outcome.id: _together([person, *(_hash(rows[name]) for name in _own_columns(outcome.id, campaign))])
        for outcome in campaign.outcomes
    }
    values[WHOLE] = _together(list(values.values()))
    yes = {outcome.id: (rows[outcome.id] >= 1).to_numpy() for outcome in campaign.outcomes}
    yes[WHOLE] = np.zeros(len(rows), dtype=bool)
    there = {outcome.id: rows[outcome.id].notna().to_numpy() for outcome in campaign.outcomes}
    there[WHOLE] = np.ones(len(rows), dtype=bool)
    found: dict[Place, dict[str, Sketch]] = {}
    for (site, group), place in _groups(rows):
        for subgroup, members in _parts(rows, place, campaign):
            for outcome, value in values.items():
                if subgroup and outcome == WHOLE:
                    continue
                chosen = members[there[outcome][members]]
                key = Place(
                    outcome=outcome, site=site, subgroup=subgroup, meaning=meaning_of(campaign, outcome, site)
                )
                found.setdefault(key, {})[group] = Sketch(
                    people=len(chosen),
                    yes=int(yes[outcome][chosen].sum()),
                    interviews=_counted(person[chosen]),
                    values=_counted(value[chosen]),
                    contents=_counted(_together([value[chosen], shared[chosen]])),
                )
    return found


def meaning_of(campaign: Campaign, outcome: str, site: str) -> str:
    """How an outcome is scored and compared at a site, as a short hash; draws, seeds and corrections for many tests left out."""
    if outcome == WHOLE:
        return ""
    analysis, one = campaign.analysis, campaign.outcome(outcome)
    told = (
        one.score, one.unit, campaign.site(site).design or analysis.design, analysis.before, analysis.after,
        analysis.covariates, analysis.categorical, analysis.fixed_effects, analysis.adjustment,
        campaign.columns.exposure, campaign.columns.arm_values,
    )  # fmt: skip
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def packed(members: Members) -> str:
    """The sketches as text for the record."""
    lines = [
        "\t".join(
            (
                place.outcome, place.site, place.subgroup, place.meaning, group, str(sketch.people), str(sketch.yes),
                *(_as_line(one) for one in (sketch.interviews, sketch.values, sketch.contents)),
            )
        )
        for place, groups in members.items()
        for group, sketch in groups.items()
    ]  # fmt: skip
    return base64.b85encode(zlib.compress("\n".join(lines).encode(), 9)).decode()


def unpacked(text: str) -> dict[Place, dict[str, Sketch]]:
    """What ``packed`` wrote."""
    found: dict[Place, dict[str, Sketch]] = {}
    for line in zlib.decompress(base64.b85decode(text)).decode().splitlines():
        outcome, site, subgroup, meaning, group, people, yes, interviews, values, contents = line.split("\t")
        sketch = Sketch(
            people=int(people),
            yes=int(yes),
            interviews=_from_line(interviews),
            values=_from_line(values),
            contents=_from_line(contents),
        )
        place = Place(outcome=outcome, site=site, subgroup=subgroup, meaning=meaning)
        found.setdefault(place, {})[group] = sketch
    return found


def _as_line(counted: Counted) -> str:
    return f"{counted.checksum} {' '.join(map(str, counted.buckets))}"


def _from_line(text: str) -> Counted:
    checksum, *buckets = map(int, text.split(" "))
    return Counted(checksum=checksum, buckets=tuple(buckets))


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


def _counted(hashes: Hashes) -> Counted:
    buckets = ((hashes >> np.uint64(7)) % np.uint64(BUCKETS)).astype(np.int64)
    return Counted(
        checksum=int(hashes.sum(dtype=np.uint64)),
        buckets=tuple(np.bincount(buckets, minlength=BUCKETS).tolist()),
    )
