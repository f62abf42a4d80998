"""The uploads of a campaign: what each was, what it brought, what was wrong with it. On a connection that is handed over."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from surveys.problems import Problem
from surveys.record import tables
from surveys.record.lineage import out_of_force
from surveys.record.places import PLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One file in the history of a campaign, or a decision that changed its answers."""

    id: int
    campaign: str
    site: str | None
    wave: str | None
    sha256: str
    name: str
    size: int
    format: str
    dialect: str
    uploader: str
    uploaded_at: datetime
    instrument: str
    instrument_version: str
    instrument_sha256: str
    verdict: str
    rows: int
    accepted: int
    replaced: int
    unchanged: int
    rejected: int
    held: int
    of: int | None = None  # the step that an undo takes back
    withdrawn_by: int | None = None  # the undo that took this step back; it may have been taken back itself
    reason: str = ""
    in_force: bool = True

    @property
    def kind(self) -> str:
        """``file``, or what was decided."""
        return self.dialect if self.format == PLACE else "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentCount:
    """The interviews of one upload, site and wave ("" where the row does not say it) that came without consent."""

    upload: int
    site: str
    wave: str
    refused: int
    blank: int


def steps(connection: Connection, campaign: str, site: str | None = None) -> list[Upload]:
    """The whole history of a campaign's answers, newest first, or of those steps that are about one site."""
    table = tables.upload
    query = select(table).where(table.c.campaign == campaign)
    if site is not None:
        touching = select(tables.touched.c.upload).where(
            tables.touched.c.campaign == campaign, tables.touched.c.site == site
        )
        query = query.where(or_(table.c.site == site, table.c.id.in_(touching)))
    void = out_of_force(connection, campaign)
    rows = connection.execute(query.order_by(table.c.id.desc())).mappings()
    return [Upload(**row, in_force=row["id"] not in void) for row in rows]


def campaigns(connection: Connection) -> list[str]:
    """The campaigns of which anything was uploaded."""
    return list(
        connection.scalars(select(tables.upload.c.campaign).distinct().order_by(tables.upload.c.campaign))
    )


def newest(connection: Connection, campaign: str) -> int | None:
    """The last upload that changed the campaign's answers; None where there is none."""
    query = select(func.max(tables.touched.c.upload)).where(tables.touched.c.campaign == campaign)
    last: int | None = connection.scalar(query)
    return last


def original(connection: Connection, upload: int) -> tuple[bytes, str | None] | None:
    """The file as it rests, and the name of the key that opens it; None where it is not kept."""
    table = tables.original
    query = select(table.c.bytes, table.c.key).where(table.c.upload == upload)
    found = connection.execute(query).one_or_none()
    return None if found is None else (found.bytes, found.key)


def without_consent(connection: Connection, campaign: str) -> list[ConsentCount]:
    """How many interviews each upload brought without consent, by site and wave; newest upload first."""
    table = tables.without_consent
    query = (
        select(table)
        .join(tables.upload)
        .where(tables.upload.c.campaign == campaign)
        .order_by(table.c.upload.desc(), table.c.site, table.c.wave)
    )
    return [ConsentCount(**row) for row in connection.execute(query).mappings()]


def problems(connection: Connection, upload: int, *, warnings: bool) -> list[Problem]:
    """What was wrong with an upload, or what was odd about it though it was accepted, in the order reported."""
    table = tables.problem
    query = (
        select(table).where(table.c.upload == upload, table.c.is_warning == warnings).order_by(table.c.number)
    )
    return [
        Problem(
            code=row.code, row=row.row, line=row.line, column=row.column, value=row.value,
            values=json.loads(row._mapping["values"]),
        )
        for row in connection.execute(query)
    ]  # fmt: skip
