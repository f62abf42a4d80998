"""What is interrupted: files sent, a correction's life, an erasure, a migration. Each goes on where an earlier try ended."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from typer.testing import CliRunner

from dashboard.__main__ import app
from dashboard.settings import Workspace, init_workspace, load_workspace
from surveys.catalogue import Catalogue
from surveys.corrections.ledger import Action, Cell, Proposal, State
from surveys.problems import CannotProceed
from surveys.record.database import MIGRATIONS
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export, write_instrument


ADDRESS = "AWARENESS_DATABASE_URL"
EARLIER = "0007"  # the step from which a record is migrated; originals have keys of their own since
GONE = "gone-interview-5"
ANSWER = "canary-answer-71"

Steps = Iterator[str]  # each is told as a receipt once it is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A workspace and the database that it uses; None is the SQLite file in its folder."""

    folder: Path
    url: str | None

    @contextmanager
    def opened(self) -> Iterator[Workspace]:
        """The workspace, while the settings name its database."""
        before = os.environ.pop(ADDRESS, None)
        if self.url is not None:
            os.environ[ADDRESS] = self.url
        try:
            yield load_workspace(self.folder)
        finally:
            os.environ.pop(ADDRESS, None)
            if before is not None:
                os.environ[ADDRESS] = before


def fill(scene: Scene) -> None:
    """Two uploads with an edit, a held interview, a text kept back, and one person who will be erased."""
    place = init_workspace(scene.folder, "Pilot")
    (place.campaigns / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
    write_instrument(place.instruments / "kap.xlsx")
    first = [said("a", remark="call 010-2000-0000"), said("b", remark="radio"), said(GONE, remark=ANSWER)]
    with scene.opened():
        _sent(scene, "a.csv", [*first, *(said(f"x{number}") for number in range(6))])
        _sent(scene, "b.csv", [said("b", remark="radio", heard="no"), said("d")])


def send(scene: Scene) -> Steps:
    """Two files, of which the second edits what the first brought."""
    yield _sent(scene, "c.csv", [*(said(f"n{number}", remark="radio") for number in range(5))])
    yield _sent(
        scene, "d.csv", [said("n1", remark="radio", age="44"), said("n9", remark="call 010-3000-0000")]
    )


def correct(scene: Scene) -> Steps:
    """A correction proposed, approved, applied and undone."""
    change = Proposal(
        submission="a", site="npl", wave="baseline", kind="change", reason="called back", question="age",
        type="integer", old=Cell(value=said("a")["age"]), new=Cell(value="31"),
    )  # fmt: skip
    order = (State.PROPOSED, State.APPROVED, State.APPLIED, State.UNDONE)
    steps: tuple[tuple[Action, State], ...] = (
        ("approve", State.APPROVED), ("apply", State.APPLIED), ("undo", State.UNDONE),
    )  # fmt: skip
    with scene.opened() as place, Catalogue(place.database_url) as catalogue:
        known = catalogue.corrections("pilot")
        if not known:
            catalogue.propose("pilot", [change], author="sita")
            known = catalogue.corrections("pilot")
        yield "proposed"
        reached = order.index(known[0].state)
        for action, state in steps:
            if order.index(state) > reached:
                catalogue.decide("pilot", [known[0].id], action, by="minji", why="checked")
            yield state.value


def erase(scene: Scene) -> Steps:
    """One interview erased, by the command; sent again, the command ends what was left of it."""
    words = (
        "erase",
        "--campaign",
        "pilot",
        "--submission",
        GONE,
        "--why",
        "request 12",
        "--by",
        "Lee",
        "--yes",
    )
    yield _said(scene, words, (0,), refused="holds nothing of that")


def migrate(scene: Scene) -> Steps:
    """A record of an earlier version brought up to date."""
    yield _said(scene, ("migrate", "--by", "Lee"), (0,))


DEEDS: dict[str, Callable[[Scene], Steps]] = {
    "ingest": send, "correction": correct, "erase": erase, "migrate": migrate,
}  # fmt: skip


def put_back(scene: Scene) -> None:
    """Take a record to an earlier version, with what it holds."""

    def down(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.downgrade(config, EARLIER)

    with scene.opened() as place, Catalogue(place.database_url) as catalogue:
        catalogue.database.write(down)


def _sent(scene: Scene, name: str, rows: list[dict[str, str]]) -> str:
    file = write_export(scene.folder.parent / name, rows)
    words = ("ingest", f"{file}", "--campaign", "pilot", "--site", "npl")
    return _said(scene, words, (0, 1))


def _said(scene: Scene, words: tuple[str, ...], right: tuple[int, ...], refused: str = "") -> str:
    with scene.opened():
        done = CliRunner().invoke(app, [*words, "--workspace", f"{scene.folder}"])
    expected = refused and isinstance(done.exception, CannotProceed) and refused in str(done.exception)
    if done.exit_code not in right and not expected:
        raise AssertionError(f"{words[0]} ended with {done.exit_code}: {done.output} {done.exception!r}")
    return f"{words[0]}: {done.output}"
