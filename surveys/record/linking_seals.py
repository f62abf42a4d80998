"""The sealed codes of linking keys, closed under another key without anything else being touched."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select, update

from surveys.keys import KeyRing
from surveys.record import tables


TABLES = {"link_code": tables.link_code, "held_payload": tables.held_payload}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where sealed codes lie."""

    table: Literal["link_code", "held_payload"]
    upload: int


def places(connection: Connection) -> list[Place]:
    """Every place of sealed codes."""
    found = []
    for name in ("link_code", "held_payload"):
        table = TABLES[name]
        query = select(table.c.upload).where(table.c.codes.is_not(None)).order_by(table.c.upload)
        found += [Place(table=name, upload=upload) for upload in connection.scalars(query)]
    return found


def close_anew(connection: Connection, place: Place, keys: KeyRing) -> bool:
    """Close the codes of one upload under the newest key; whether an older one had closed them."""
    table = TABLES[place.table]
    here = table.c.upload == place.upload
    sealed = connection.scalar(select(table.c.codes).where(here))
    anew = None if sealed is None else keys.sealed_anew(sealed)
    if anew is None:
        return False
    connection.execute(update(table).where(here).values(codes=anew))
    return True
