"""Interviews that wait for a person: kept as de-identified as accepted ones, so that none is ever lost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from surveys.record import payloads, tables
from surveys.record.revisions import Known


if TYPE_CHECKING:
    from surveys.record.arrivals import Arrival


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Interviews to be held, one entry each."""

    rows: pa.Table = field(default_factory=lambda: pa.table({"@row": pa.array([], pa.int64())}))
    codes: Sequence[str] = ()  # why
    ids: Sequence[str] = ()  # in their one spelling
    contents: Sequence[bytes] = ()
    sites: Sequence[str] = ()
    waves: Sequence[str] = ()

    def take(self, places: Sequence[int]) -> "Rows":
        """Some of them."""
        return Rows(
            rows=self.rows.take(pa.array(places, pa.int64())),
            codes=[self.codes[place] for place in places],
            ids=[self.ids[place] for place in places],
            contents=[self.contents[place] for place in places],
            sites=[self.sites[place] for place in places],
            waves=[self.waves[place] for place in places],
        )

    def joined(self, others: "Rows") -> "Rows":
        """These and others."""
        return Rows(
            rows=payloads.joined([self.rows, others.rows]),
            codes=[*self.codes, *others.codes],
            ids=[*self.ids, *others.ids],
            contents=[*self.contents, *others.contents],
            sites=[*self.sites, *others.sites],
            waves=[*self.waves, *others.waves],
        )


def settled(held: Rows, known: Known) -> list[int]:
    """Places of rows that need no person any more: the record holds them, or somebody has decided."""
    places = []
    for place, (id_, content) in enumerate(zip(held.ids, held.contents, strict=True)):
        revisions = (stored for one in known.candidates(id_) for stored in one.revisions)
        discarded = (known.name_of(id_), content) in known.discarded
        if discarded or any(stored.content == content for stored in revisions):
            places.append(place)
    return places


def new_ones(
    connection: Connection,
    campaign: str,
    held: Rows,
    name_of: Callable[[str], str],
    void: frozenset[int],
) -> Rows:
    """Those that do not wait already, each once."""
    if not held.ids:
        return held
    table = tables.held
    query = select(table.c.interview, table.c.content, table.c.upload, table.c.step).where(
        table.c.campaign == campaign
    )
    waiting = {
        (name_of(row.interview), row.content)
        for row in connection.execute(query)
        if row.upload not in void and (row.step is None or row.step in void)
    }
    places = []
    for place, (id_, content) in enumerate(zip(held.ids, held.contents, strict=True)):
        if (name_of(id_), content) not in waiting:
            waiting.add((name_of(id_), content))
            places.append(place)
    return held.take(places)


def keep(connection: Connection, arrival: "Arrival", held: Rows, upload: int) -> None:
    """Keep the answers and a row for each interview that waits."""
    if not held.ids:
        return
    rows, codes = payloads.apart(held.rows)
    payload = {
        "upload": upload,
        **payloads.stored(payloads.encode_payload(rows, arrival.types)),
        "codes": None if codes is None else arrival.seal(payloads.encode_payload(codes, {})),
    }
    connection.execute(insert(tables.held_payload), payload)
    numbers = zip(held.rows["@row"].to_pylist(), held.rows["@line"].to_pylist(), strict=True)
    received = held.rows["@submission"].to_pylist()
    connection.execute(
        insert(tables.held),
        [
            {
                "campaign": arrival.campaign, "upload": upload, "position": place, "row": row, "line": line,
                "code": held.codes[place], "submission": received[place] or "", "interview": held.ids[place],
                "site": held.sites[place], "wave": held.waves[place], "content": held.contents[place],
            }
            for place, (row, line) in enumerate(numbers)
        ],
    )  # fmt: skip
