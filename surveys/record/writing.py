"""The rows that an upload leaves in the record. On a connection that ``Catalogue`` hands over."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, bindparam, insert, update

from surveys.record import payloads, tables
from surveys.record.arriving import Arriving
from surveys.record.database import insert_columns
from surveys.record.lineage import note_names
from surveys.record.revisions import HELD, Decided, Decisions, Incoming, Known, Stored


if TYPE_CHECKING:
    from surveys.record.arrivals import Arrival, Entry


PROBLEMS_KEPT = 10_000  # of one upload; the report names them all, the record need not


def insert_upload(connection: Connection, arrival: "Arrival", entry: "Entry") -> int:
    """The upload itself; its number."""
    names = (
        "campaign", "site", "wave", "sha256", "name", "size", "format", "dialect", "uploader",
        "instrument", "instrument_version", "instrument_sha256", "rows",
    )  # fmt: skip
    counts = ("verdict", "accepted", "replaced", "unchanged", "rejected", "held")
    values = {name: getattr(arrival, name) for name in names} | {
        name: getattr(entry, name) for name in counts
    }
    statement = insert(tables.upload).values(**values, uploaded_at=arrival.at).returning(tables.upload.c.id)
    return int(connection.execute(statement).scalar_one())


def insert_answers(
    connection: Connection,
    arrival: "Arrival",
    arriving: Arriving,
    decisions: Decisions,
    kept: Sequence[int],
    upload: int,
    own_ids: frozenset[str],
) -> None:
    """The answers as one payload, and a row for each interview of it.

    Parameters
    ----------
    own_ids
        Those that interviews were given here, because another one had the id they came with.
    """
    incoming = arriving.incoming
    whole = len(kept) == arriving.rows.num_rows
    rows = arriving.rows if whole else arriving.rows.take(pa.array(kept))
    mains = [incoming.ids[place] for place in kept]
    looked_at = [(row, decisions.of[place]) for row, place in enumerate(kept) if place in decisions.of]
    for row, one in looked_at:
        mains[row] = one.interview.main
    rows = _under_own_ids(rows, mains, own_ids)
    rows, codes = payloads.apart(rows)
    if codes is not None:
        sealed = arrival.seal(payloads.encode_payload(codes, {}))
        connection.execute(insert(tables.link_code), {"upload": upload, "codes": sealed})
    with ThreadPoolExecutor(max_workers=1) as beside:
        answers = beside.submit(payloads.encode_payload, rows, arrival.types)
        submissions = _submissions(arrival.campaign, incoming, kept, mains, looked_at, upload)
        insert_columns(connection, tables.submission, submissions)
        connection.execute(insert(tables.payload), {"upload": upload, **payloads.stored(answers.result())})


def _submissions(
    campaign: str,
    incoming: Incoming,
    kept: Sequence[int],
    mains: Sequence[str],
    looked_at: Sequence[tuple[int, Decided]],
    upload: int,
) -> dict[str, Iterable[object]]:
    """The row of each interview that is stored, column by column, neighbours in the key one after the other.

    Parameters
    ----------
    mains
        The id that each of them is kept under.
    looked_at
        Which of them are no first versions, and what was decided about them.
    """
    revisions = np.ones(len(kept), dtype=np.int64)
    superseded: list[int | None] = [None] * len(kept)
    for row, one in looked_at:
        revisions[row] = one.revision
        if one.overtaken or one.decision == "past":
            superseded[row] = upload
    order = pc.array_sort_indices(pa.array(mains, pa.large_string())).to_numpy()
    rows, places = order.tolist(), np.asarray(kept)[order].tolist()
    return {
        "campaign": repeat(campaign),
        "submission": [mains[row] for row in rows],
        "revision": revisions[order].tolist(),
        "site": [incoming.sites[place] for place in places],
        "wave": [incoming.waves[place] for place in places],
        "content": [incoming.contents[place] for place in places],
        "upload": repeat(upload),
        "position": rows,
        "superseded_by": [superseded[row] for row in rows],
    }


def supersede(connection: Connection, campaign: str, displaced: Sequence[Stored], step: int) -> None:
    """Note from which step on some revisions no longer hold."""
    if not displaced:
        return
    table = tables.submission
    mark = (
        update(table)
        .where(
            table.c.campaign == campaign,
            table.c.submission == bindparam("id_"),
            table.c.revision == bindparam("revision_"),
        )
        .values(superseded_by=step)
    )
    connection.execute(
        mark, [{"id_": stored.submission, "revision_": stored.revision} for stored in displaced]
    )


def insert_touched(
    connection: Connection,
    campaign: str,
    incoming: Incoming,
    kept: Sequence[int],
    displaced: Sequence[Stored],
    upload: int,
) -> None:
    """Which sites and waves an upload changed."""
    rows = Counter((incoming.sites[place], incoming.waves[place]) for place in kept)
    for stored in displaced:
        rows[stored.site, stored.wave] += 0  # something left, though nothing may have come
    if rows:
        connection.execute(
            insert(tables.touched),
            [
                {"campaign": campaign, "site": site, "wave": wave, "upload": upload, "rows": count}
                for (site, wave), count in rows.items()
            ],
        )


def note_ties(
    connection: Connection,
    campaign: str,
    incoming: Incoming,
    decisions: Decisions,
    known: Known,
    upload: int,
) -> None:
    """Remember further ids of interviews, and which earlier steps brought what the upload said again."""
    names: dict[str, tuple[str, str | None]] = {}
    own_ids = known.own_ids()  # the id that those came with is another interview's
    for place, one in decisions.of.items():
        if one.decision not in HELD and one.interview.main not in own_ids:
            for name in (incoming.ids[place], incoming.versions.get(place)):
                if name is not None and name != one.interview.main:
                    names.setdefault(name, (one.interview.main, None))
    for later, earlier in incoming.previous.items():
        interview = known.interviews.get(known.name_of(later))
        if interview is not None and interview.revisions:
            names[later] = (interview.main, earlier)
    new = {name: tie for name, tie in names.items() if (name, tie[1]) not in known.noted}
    note_names(connection, campaign, new, upload)
    relied = sorted({one.relies_on for one in decisions.of.values() if one.relies_on})
    if relied:
        connection.execute(
            insert(tables.relied), [{"upload": upload, "earlier": earlier} for earlier in relied]
        )


def insert_without_consent(connection: Connection, upload: int, arrival: "Arrival") -> None:
    """How many interviews of each site and wave came without consent."""
    rows = [
        {"upload": upload, "site": one.site, "wave": one.wave, "refused": one.refused, "blank": one.blank}
        for one in arrival.without_consent
    ]
    if rows:
        connection.execute(insert(tables.without_consent), rows)


def insert_problems(connection: Connection, upload: int, entry: "Entry") -> None:
    """What was wrong or odd, as far as it is kept."""
    told = [(False, problem) for problem in entry.problems] + [(True, problem) for problem in entry.warnings]
    rows = [
        {
            "upload": upload,
            "number": number,
            "is_warning": is_warning,
            "code": problem.code,
            "row": problem.row,
            "line": problem.line,
            "column": problem.column,
            "value": problem.value,
            "values": json.dumps(dict(problem.values), ensure_ascii=False, default=str),
        }
        for number, (is_warning, problem) in enumerate(told[:PROBLEMS_KEPT], start=1)
    ]
    if rows:
        connection.execute(insert(tables.problem), rows)


def _under_own_ids(rows: pa.Table, mains: Sequence[str], own_ids: frozenset[str]) -> pa.Table:
    if own_ids.isdisjoint(mains):
        return rows
    received = rows["@submission"].to_pylist()
    ids = [main if main in own_ids else id_ for id_, main in zip(received, mains, strict=True)]
    place = rows.column_names.index("@submission")
    return rows.set_column(place, "@submission", pa.array(ids, pa.large_string()))
