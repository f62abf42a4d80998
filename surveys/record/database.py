"""The database under the record: how it is opened, locked, brought up to date, and how its failures read."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    NullPool,
    Table,
    Text,
    any_,
    bindparam,
    column,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, InterfaceError, ProgrammingError

from surveys.problems import CannotProceed


Result = TypeVar("Result")

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION_TABLE = "alembic_version"
BUSY_SECONDS = 30  # how long a writer waits for the writers before it
ROWS_AT_A_TIME = 200  # of a statement; databases bound the values that one may have
SQLITE_CACHE_KIB = 32_000  # an upload of 200,000 interviews touches some 30 MB of pages
ATTEMPTS = 6  # at a transaction that PostgreSQL broke off for another's sake
_BROKEN_OFF = frozenset({"40001", "40P01"})  # serialization failure, deadlock
_WRITERS = 5_120_417  # the advisory lock that writers to a PostgreSQL record queue for
_one_migration = threading.Lock()  # Alembic's environment is one per process


class Database:
    """A SQLite file or a PostgreSQL database, at the version of this code unless ``up_to_date`` is False."""

    def __init__(self, url: str, *, up_to_date: bool = True) -> None:
        self.url = _understood(url)
        self.where = self.url.render_as_string(hide_password=True)
        self._engine = _engine(self.url)
        try:
            if up_to_date:
                self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the record throughout."""
        with self._translated(), _for_reading(self._engine).connect() as connection, connection.begin():
            yield connection

    def write(self, work: Callable[[Connection], Result]) -> Result:
        """What ``work`` gives back, done as one transaction: wholly, or not at all.

        ``work`` may run more than once, when PostgreSQL breaks a transaction off.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._translated(), _for_writing(self._engine).begin() as connection:
                    if connection.dialect.name == "postgresql":
                        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
                    return work(connection)
            except _BrokenOffError:
                time.sleep(0.02 * 2**attempt)
        raise CannotProceed(
            self.where, "the database is too busy; nothing was saved.", "Try again in a minute."
        )

    def purge(self) -> None:
        """Write the files of the database anew, so that nothing of what was deleted stays in them."""
        with self._translated():
            if self.url.get_backend_name() == "sqlite":
                raw = self._engine.raw_connection()
                try:
                    cursor = raw.cursor()
                    for statement in ("wal_checkpoint(TRUNCATE)", "journal_size_limit = 0"):
                        cursor.execute(f"PRAGMA {statement}").fetchall()
                    cursor.execute("VACUUM")
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                    cursor.close()
                finally:
                    raw.close()
                return
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for name in inspect(connection).get_table_names():
                    connection.execute(text(f'VACUUM FULL "{name}"'))

    def _bring_up_to_date(self) -> None:
        known = known_versions()
        with self.reading() as connection:
            version = version_of(connection)
        if version is not None and version not in known:
            raise CannotProceed(
                self.where,
                f"the record was written by a newer version of this program (step {version}; this one knows {known[-1]}).",
                "Install the newer version, or restore a backup from before the upgrade.",
            )
        if version != known[-1]:
            self.write(migrate)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Failures of the database itself, told as where, what, and what to do."""
        try:
            yield
        except (IntegrityError, ProgrammingError):
            raise  # ours to mend, not the user's
        except (DatabaseError, InterfaceError) as error:
            if getattr(error.orig, "sqlstate", None) in _BROKEN_OFF:
                raise _BrokenOffError from error
            raise CannotProceed(self.where, *_told(error.orig)) from error


def insert_columns(connection: Connection, table: Table, columns: Mapping[str, Iterable[object]]) -> None:
    """Insert many rows, given column by column, some hundreds to a statement.

    Past the driver's own speed nothing is added: neither time nor memory goes to naming every value of
    every row, and half the driver's time is that of running a statement.
    """
    sqlite = connection.dialect.name == "sqlite"
    dialect = SQLiteDialect(paramstyle="qmark") if sqlite else PGDialect(paramstyle="format")  # type: ignore[no-untyped-call]
    statement = insert(table).compile(dialect=dialect, column_keys=list(columns))
    names = statement.positiontup or ()
    into, _, one_row = str(statement).rpartition(" VALUES ")
    values = chain.from_iterable(zip(*(columns[name] for name in names), strict=False))
    while some := tuple(islice(values, ROWS_AT_A_TIME * len(names))):
        rows = ", ".join([one_row] * (len(some) // len(names)))
        connection.exec_driver_sql(f"{into} VALUES {rows}", some)


def is_among(connection: Connection, column: Column[str]) -> ColumnElement[bool]:
    """Whether a text is one of those of ``among``, however many they are: one parameter holds them all."""
    if connection.dialect.name == "sqlite":
        wanted = func.json_each(bindparam("among")).table_valued("value")
        return column.in_(select(wanted.c.value))
    return column == any_(bindparam("among", type_=ARRAY(Text)))


def among(connection: Connection, texts: Sequence[str]) -> dict[str, object]:
    """The parameter of ``is_among``."""
    return {"among": json.dumps(texts) if connection.dialect.name == "sqlite" else list(texts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a database is, without bringing it up to date."""

    kind: str
    version: str | None  # the step at which its record stands; None where it holds none
    newest: str  # the last step that this program knows
    waiting: tuple[str, ...]  # the steps that opening it would take
    clock: datetime


def standing(url: str) -> Standing:
    """Where the record at an address stands.

    Raises
    ------
    CannotProceed
        The database cannot be reached.
    """
    known = known_versions()
    file = Path(_understood(url).database or "")
    if _understood(url).get_backend_name() == "sqlite" and not file.exists():  # to look must not make it
        now = datetime.now(UTC)
        return Standing(kind="sqlite", version=None, newest=known[-1], waiting=tuple(known), clock=now)
    database = Database(url, up_to_date=False)
    try:
        with database.reading() as connection:
            version = version_of(connection)
            told = connection.scalar(select(func.now()))
    finally:
        database.close()
    if version is not None and version not in known:
        waiting: Sequence[str] = ()
    else:
        waiting = known if version is None else known[known.index(version) + 1 :]
    at = told if isinstance(told, datetime) else datetime.now(UTC)
    return Standing(
        kind=database.url.get_backend_name(),
        version=version,
        newest=known[-1],
        waiting=tuple(waiting),
        clock=at if at.tzinfo is not None else at.replace(tzinfo=UTC),
    )


def known_versions() -> list[str]:
    """The steps of the migrations that this program knows, in their order."""
    return [path.name.split("_")[0] for path in sorted((MIGRATIONS / "versions").glob("[0-9]*_*.py"))]


def version_of(connection: Connection) -> str | None:
    """The step at which a record stands; None where the database holds none."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return found


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the history on this connection; whoever waited for the lock finds it already run."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    with _one_migration:
        command.upgrade(config, to)


class _BrokenOffError(Exception):
    """PostgreSQL gave this transaction up so that another could go on."""


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        parsed = None
    if parsed is None or parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise CannotProceed(
            "database",
            "this is no address of a SQLite or PostgreSQL database.",
            "Write sqlite:///catalogue.db, or postgresql://user@host/name.",
        )
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    return parsed.set(drivername="sqlite")


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        _make_private(url)
        engine = create_engine(
            url, hide_parameters=True, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise CannotProceed(
            "database",
            "PostgreSQL needs the package psycopg, which is not installed.",
            'Install it: pip install "campaign-evaluation[postgresql]".',
        ) from None


def _make_private(url: URL) -> None:
    """Make the file before SQLite does, so that only its owner can read it."""
    path = Path(url.database or "")
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise CannotProceed(
            str(path),
            f"the record cannot be opened ({error.strerror}).",
            "Check the folder and who may write in it, or name another database in workspace.toml.",
        ) from None


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where _begin_sqlite says, never by themselves
    cursor = connection.cursor()
    if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # a receipt survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
    cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between.
    immediate = connection.get_execution_options().get("for_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _for_reading(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":  # one state throughout, by nature
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ")


def _for_writing(engine: Engine) -> Engine:
    return engine.execution_options(for_writing=True)


def _told(error: Any) -> tuple[str, str]:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    for sign, what, remedy in _SIGNS:
        if sign in reason:
            return what, remedy
    return f"the database answered: {reason}. Nothing was saved.", "Mend the database, then try again."


_SIGNS = (
    (
        "locked",
        "another program has held the database for longer than it may; nothing was saved.",
        "Try again in a minute; if it stays so, see which program has catalogue.db open.",
    ),
    ("full", "the disk is full; nothing was saved.", "Make room on the disk, then send the file again."),
    (
        "readonly",
        "the database may not be written; nothing was saved.",
        "Give the platform's user the right to write the file and its folder.",
    ),
    (
        "not a database",
        "this file is not a database of this platform.",
        "Name the right file in workspace.toml, or restore a backup.",
    ),
    (
        "malformed",
        "the database file is damaged; nothing was saved.",
        "Stop the server and restore the last backup.",
    ),
    (
        "onnect",
        "the database cannot be reached; nothing was saved.",
        "See that the server runs and that address, user and password are right.",
    ),
)
