"""Workspaces full of what can be lost, on both databases, and what a record holds, for tests of its safekeeping."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, select
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from dashboard.__main__ import app
from dashboard.settings import init_workspace, load_workspace
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.surveys.databases import copied_postgresql_database, new_postgresql_database, postgresql_server
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export, write_instrument


__all__ = ["awareness", "full", "made_once", "postgresql_server", "workspace"]

PASSPHRASE = "many boats cross the strait"  # noqa: S105
TEXT = "call 010-2000-0000"
UPLOADS = {
    "a.csv": [said("a", remark=TEXT), said("b", remark="radio"), said("c")],
    "b.csv": [said("b", remark="radio", heard="no"), said("d")],
}


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Workspaces as they were filled through the command line, one for each kind of database."""
    made: dict[str, tuple[Path, str | None]] = {}

    def make(kind, server, monkeypatch):
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            url = new_postgresql_database(server) if kind == "postgresql" else None
            if url:
                monkeypatch.setenv("AWARENESS_DATABASE_URL", url)
            made[kind] = (_filled(folder), url)
        return made[kind]

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def full(request, made_once, tmp_path, monkeypatch):
    """A workspace with two uploads of three and two interviews, one held, and a text kept back."""
    server = request.getfixturevalue("postgresql_server") if request.param == "postgresql" else None
    filled, url = made_once(request.param, server, monkeypatch)
    monkeypatch.setenv("AWARENESS_BACKUP_PASSPHRASE", PASSPHRASE)
    if url is not None:
        monkeypatch.setenv("AWARENESS_DATABASE_URL", copied_postgresql_database(server, url))
    return Path(shutil.copytree(filled, tmp_path / "workspace"))


def _filled(folder: Path) -> Path:
    place = init_workspace(folder / "workspace", "Pilot")
    (place.campaigns / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
    write_instrument(place.instruments / "kap.xlsx")
    for name, rows in UPLOADS.items():
        file = write_export(folder / name, rows)
        words = (
            "ingest",
            f"{file}",
            "--workspace",
            f"{place.folder}",
            "--campaign",
            "pilot",
            "--site",
            "npl",
        )
        assert CliRunner().invoke(app, words).exit_code in (0, 1)
    return place.folder


def record_of(folder: Path, *, without: tuple[str, ...] = ("audit",)) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a workspace's record."""
    url = make_url(load_workspace(folder).database_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.connect() as connection:
        found = MetaData()
        found.reflect(connection)
        rows = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in found.sorted_tables
            if table.name not in without
        }
    engine.dispose()
    return rows
