"""The whole record at one moment, table by table, and a new record made of it; the same on every database.

The tables are looked up in the database itself, so that a record of an earlier version is filled as it was and then
brought up to date like any other.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
from sqlalchemy import (
    Connection,
    LargeBinary,
    MetaData,
    Row,
    Table,
    func,
    insert,
    inspect,
    select,
    types,
)

from surveys.problems import Refused
from surveys.record.database import VERSION_TABLE, Database, known_versions, migrate, version_of


ROWS_AT_A_TIME = 5_000
BYTES_AT_A_TIME = 16 << 20  # of a piece, unless one row alone is larger


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some rows of one table, as an Arrow stream."""

    table: str
    rows: int
    content: bytes


def piece(table: str, content: bytes) -> Piece:
    """A piece as it was written."""
    with pa.ipc.open_stream(pa.BufferReader(content)) as stream:
        rows = sum(batch.num_rows for batch in stream)
    return Piece(table=table, rows=rows, content=content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The record as one connection sees it. The pieces are read as they are asked for."""

    version: str | None  # the step of the migrations at which it stands
    pieces: Iterator[Piece]


def taken(connection: Connection) -> Snapshot:
    """The record as the connection sees it, for as long as it is open."""
    return Snapshot(version=version_of(connection), pieces=_pieces(connection))


def _pieces(connection: Connection) -> Iterator[Piece]:
    """Every row of every table, those that others refer to first."""
    for table in _tables(connection):
        query = select(table).order_by(*table.primary_key.columns)
        rows = _rows_at_a_time(connection, table)
        for some in connection.execute(query.execution_options(yield_per=rows)).partitions():
            yield Piece(table=table.name, rows=len(some), content=_packed(table, some))


def fill(url: str, at: str, read: Callable[[], Iterator[Piece]]) -> dict[str, int]:
    """Make a record of the pieces in an empty database, as one transaction; how many rows each table got.

    Parameters
    ----------
    at
        The step of the migrations at which the pieces were taken.
    read
        Begins to read them anew; it is called again where PostgreSQL breaks the transaction off.

    Raises
    ------
    Refused
        The database holds something, or the pieces come from a newer version of this program.
    """
    database = Database(url, up_to_date=False)

    def work(connection: Connection) -> dict[str, int]:
        if inspect(connection).get_table_names():
            raise Refused("restore_database_full", database.where)
        migrate(connection, at)
        rows = _load(connection, read())
        migrate(connection, "head")
        return rows

    try:
        if at not in known_versions():
            raise Refused("restore_newer", database.where, version=at, known=known_versions()[-1])
        return database.write(work)
    finally:
        database.close()


def _load(connection: Connection, pieces: Iterable[Piece]) -> dict[str, int]:
    tables = {table.name: table for table in _tables(connection)}
    rows = dict.fromkeys(tables, 0)
    for piece in pieces:
        _insert(connection, tables[piece.table], piece.content)
        rows[piece.table] += piece.rows
    if connection.dialect.name == "postgresql":
        _move_sequences(connection, tables.values())
    return rows


def _tables(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def _rows_at_a_time(connection: Connection, table: Table) -> int:
    """So many rows that a piece stays small even if every row were as large as the largest."""
    large = [func.coalesce(func.max(func.length(column)), 0) for column in table.columns
             if isinstance(column.type, LargeBinary)]  # fmt: skip
    if not large:
        return ROWS_AT_A_TIME
    largest = sum(connection.execute(select(*large)).one())
    return min(ROWS_AT_A_TIME, max(1, BYTES_AT_A_TIME // max(1, largest)))


def _packed(table: Table, rows: Sequence[Row[Any]]) -> bytes:
    schema = pa.schema([(column.name, _arrow(column.type)) for column in table.columns])
    values = zip(*rows, strict=True)
    batch = pa.record_batch(
        [pa.array([_plain(one) for one in column], field.type)
         for column, field in zip(values, schema, strict=True)],
        schema=schema,
    )  # fmt: skip
    sink = BytesIO()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        stream.write_batch(batch)
    return sink.getvalue()


def _insert(connection: Connection, table: Table, content: bytes) -> None:
    with pa.ipc.open_stream(pa.BufferReader(content)) as stream:
        rows = stream.read_all().to_pylist()
    connection.execute(insert(table), rows)


def _plain(value: object) -> object:
    """A value as Arrow takes it; SQLite's moments are in UTC and do not say so."""
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def _arrow(kind: types.TypeEngine[Any]) -> pa.DataType:
    known: tuple[tuple[type[types.TypeEngine[Any]], pa.DataType], ...] = (
        (types.Boolean, pa.bool_()),
        (types.Integer, pa.int64()),
        (types.Float, pa.float64()),
        (types.DateTime, pa.timestamp("us", "UTC")),
        (types.LargeBinary, pa.large_binary()),
        (types.Text, pa.large_string()),
    )
    for one, arrow in known:
        if isinstance(kind, one):
            return arrow
    raise AssertionError(f"no table of the record has a column of the type {kind!r}")


def _move_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """Let PostgreSQL go on counting where the rows end."""
    for table in tables:
        [*key] = table.primary_key.columns
        sequence = connection.scalar(
            select(func.pg_get_serial_sequence(table.name, key[0].name))
        ) if len(key) == 1 else None  # fmt: skip
        last = connection.scalar(select(func.max(key[0]))) if sequence else None
        if last is not None:
            connection.execute(select(func.setval(sequence, last)))
