"""The interviews of a file as the record looks at them: ids in one spelling, fingerprints, places and links.

Made before the transaction begins, because a large file takes a while.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from surveys.judging.versions import canonical
from surveys.record import payloads
from surveys.record.holding import Rows
from surveys.record.lineage import Sought, identities
from surveys.record.revisions import Identity, Incoming, is_nameless


if TYPE_CHECKING:
    from surveys.record.arrivals import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The rows whose respondent said no."""

    ids: Sequence[str]
    sites: Sequence[str]
    waves: Sequence[str]
    identities: Callable[[int], Identity]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arriving:
    """The interviews of a file, ready to be decided about."""

    rows: pa.Table  # the accepted ones, then older versions of them
    incoming: Incoming
    held: Rows
    declined: Declined
    sought: Sought

    def taken(self, places: Sequence[int], codes: Sequence[str]) -> Rows:
        """Some of the interviews as rows to be held."""
        return Rows(
            rows=self.rows.take(pa.array(places, pa.int64())),
            codes=list(codes),
            ids=[self.incoming.ids[place] for place in places],
            contents=[self.incoming.contents[place] for place in places],
            sites=[self.incoming.sites[place] for place in places],
            waves=[self.incoming.waves[place] for place in places],
        )


def arriving_interviews(arrival: "Arrival", held_code: str) -> Arriving:
    """The interviews of an arrival as ``store`` decides about them.

    Parameters
    ----------
    held_code
        The problem for which the check of the file holds rows.
    """
    accepted, outdated = arrival.accepted, arrival.aside.outdated
    rows = payloads.joined([accepted, outdated]) if outdated.num_rows else accepted
    held = _held(arrival.aside.held, arrival.types, held_code)
    declined = _declined(arrival.aside.declined)
    contents = payloads.content_fingerprints(rows, arrival.types)
    incoming = Incoming(
        ids=payloads.submission_ids(rows, contents),
        contents=contents,
        sites=_texts(rows["@site"]),
        waves=_texts(rows["@wave"]),
        identities=identities(rows),
        partial=any(warning.code == "skipped_columns" for warning in arrival.warnings),
        outdated=_oldest_first(rows, accepted.num_rows, arrival.aside.replaced),
        previous=arrival.aside.replaced,
        versions=_versions(rows),
    )
    sought = Sought(
        ids=frozenset((*incoming.ids, *held.ids, *declined.ids)),
        contents=frozenset((*contents, *held.contents)),
        nameless=bool(incoming.ids) and all(is_nameless(id_) for id_ in incoming.ids),
        same=[
            *((incoming.ids[place], version) for place, version in incoming.versions.items()),
            *((earlier, later) for later, earlier in incoming.previous.items()),
        ],
    )
    return Arriving(rows=rows, incoming=incoming, held=held, declined=declined, sought=sought)


def _held(rows: pa.Table, types: Mapping[str, str], code: str) -> Rows:
    if not rows.num_rows:
        return Rows()
    contents = payloads.content_fingerprints(rows, types)
    return Rows(
        rows=rows,
        codes=[code] * rows.num_rows,
        ids=payloads.submission_ids(rows, contents),
        contents=contents,
        sites=_texts(rows["@site"]),
        waves=_texts(rows["@wave"]),
    )


def _declined(rows: pa.Table) -> Declined:
    known = rows.filter(rows["@submission"].is_valid()) if rows.num_rows else rows
    if not known.num_rows:
        return Declined(ids=(), sites=(), waves=(), identities=lambda _: Identity())
    return Declined(
        ids=payloads.submission_ids(known, [b""] * known.num_rows),
        sites=_texts(known["@site"]),
        waves=_texts(known["@wave"]),
        identities=identities(known),
    )


def _versions(rows: pa.Table) -> dict[int, str]:
    """Place -> the id of its version, where that is not the id of the interview."""
    versions = canonical(rows["@version"].cast(pa.large_string()))
    if versions.null_count == len(versions):
        return {}
    return {place: version for place, version in enumerate(versions.to_pylist()) if version is not None}


def _oldest_first(rows: pa.Table, first: int, previous: Mapping[str, str]) -> list[int]:
    """The places of older versions, those with the fewest edits and the shortest chain before them first."""
    if first == rows.num_rows:
        return []
    identity = identities(rows)

    def age(place: int) -> tuple[int, int]:
        told = identity(place)
        edits = int(told.edit) if told.edit and told.edit.isdecimal() else 0
        length, at = 0, told.version
        while at is not None and at in previous and length <= len(previous):
            at, length = previous[at], length + 1
        return edits, length

    return sorted(range(first, rows.num_rows), key=age)


def _texts(values: pa.ChunkedArray) -> list[str]:
    """The few different texts of a part, one for each row; equal ones are one object."""
    coded = values.cast(pa.large_string()).fill_null("").combine_chunks().dictionary_encode()
    texts: list[str] = coded.dictionary.to_pylist()
    return [texts[place] for place in coded.indices.to_pylist()]
