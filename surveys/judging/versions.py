"""Which ids name the same interview, and which of its versions came first.

Collection tools give an edited interview a new id and may say which id it replaces; some keep the first
one beside it. Ids are compared in one spelling: with or without ``uuid:``, and a UUID in small letters.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc


SERVER_NAME = "#"  # begins the name that a server, not a tool, gives an interview: it names no version of it
Texts = TypeVar("Texts", pa.Array, pa.ChunkedArray)

_PREFIX = "uuid:"
_UUID = r"^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$"


def canonical(ids: Texts) -> Texts:
    """The ids in the spelling they are compared in."""
    bare = ids
    if pc.any(pc.starts_with(ids, _PREFIX, ignore_case=True)).as_py():
        bare = pc.replace_substring_regex(ids, f"^(?i:{_PREFIX})", "")
        bare = pc.if_else(pc.equal(bare, ""), ids, bare)
    small = pc.ascii_lower(bare)
    if small.equals(bare):
        return bare
    spelt: Texts = pc.if_else(pc.match_substring_regex(bare, _UUID), small, bare)
    return spelt


def canonical_id(id_: str) -> str:
    """One id in the spelling it is compared in."""
    spelt: str = canonical(pa.array([id_], pa.large_string()))[0].as_py()
    return spelt


@dataclass(slots=True)
class Names:
    """Ids that name the same interview, found by what links them."""

    _parent: dict[str, str] = field(default_factory=dict)

    def link(self, one: str, other: str) -> None:
        """Two ids are of one interview."""
        first, second = self.of(one), self.of(other)
        if first != second:
            self._parent[second] = first

    def of(self, name: str) -> str:
        """The one id that stands for all that are linked with this one."""
        if name not in self._parent:
            return name
        top = name
        while (above := self._parent.get(top, top)) != top:
            top = above
        while (above := self._parent.get(name, name)) != top:
            self._parent[name], name = top, above
        return top

    def linked(self) -> set[str]:
        """Every id that was ever linked with another one."""
        return {*self._parent, *self._parent.values()}

    def groups(self) -> dict[str, list[str]]:
        """Every id that was ever linked, by the one that stands for it."""
        found: dict[str, list[str]] = {}
        for name in self.linked():
            found.setdefault(self.of(name), []).append(name)
        return found


def follows(later: str, earlier: str, previous: Mapping[str, str]) -> bool:
    """Whether the chain of replaced versions leads from one id back to the other."""
    seen = {later}
    at = previous.get(later)
    while at is not None and at not in seen:
        if at == earlier:
            return True
        seen.add(at)
        at = previous.get(at)
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a row says about its place among the versions of an interview; ids in their one spelling."""

    id: str  # of the interview
    version: str | None  # of this version
    edits: int | None  # how often it was edited, where the source counts


def newest_of(versions: Iterable[Version], previous: Mapping[str, str]) -> int | None:
    """The place of the version that came last; None where what they say does not tell."""
    told = list(versions)
    counted = [one.edits for one in told]
    if all(count is not None for count in counted) and len(set(counted)) == len(told):
        return max(range(len(told)), key=lambda place: told[place].edits or 0)
    last = [
        place
        for place, one in enumerate(told)
        if all(_came_after(one, other, previous) for other in told if other is not one)
    ]
    return last[0] if len(last) == 1 else None


def _came_after(one: Version, other: Version, previous: Mapping[str, str]) -> bool:
    if one.version is None or other.version is None or one.version == other.version:
        return False
    if follows(one.version, other.version, previous):
        return True
    other_is_first = other.version == other.id == one.id and other.version not in previous
    return other_is_first and one.version != one.id
