"""Kill a deed again and again, and hold what is left against what a run without a kill goes through."""

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import text

from dashboard.settings import Workspace
from dashboard.verifying import verify
from surveys.catalogue import Catalogue
from surveys.record.database import known_versions, standing
from surveys.record.tables import metadata
from surveys.responses import responses_table
from tests.crash.deeds import ANSWER, DEEDS, EARLIER, GONE, Scene, fill, put_back
from tests.crash.killing import Ended, Failed, run
from tests.surveys.databases import copied_postgresql_database, new_postgresql_database


OF_EVERY_TRY = frozenset({"audit"})  # a try that finds its work done notes that, too
State = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often a deed was killed, and what was wrong afterwards."""

    deed: str
    kind: str
    points: int
    random: int
    receipts: int  # that were shown before a kill
    faults: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Interruption:
    """A deed on one kind of database, ready to be killed."""

    deed: str
    server: str | None
    base: Scene
    head: str = ""
    states: list[State] = field(default_factory=list)  # before the first step and after each
    seconds: float = 0.0
    columns: frozenset[str] = frozenset()

    @contextmanager
    def copy(self) -> Iterator[Scene]:
        """The base, to be killed in."""
        folder = self.base.folder.parent / "try"
        shutil.rmtree(folder, ignore_errors=True)
        url = None
        if self.server is not None:
            url = copied_postgresql_database(self.server, self.base.url)
        shutil.copytree(self.base.folder, folder / "workspace")
        try:
            yield Scene(folder=folder / "workspace", url=url)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if self.server is not None and url is not None:
                dropped(self.server, url)

    def steps(self, scene: Scene) -> Callable[[], Iterator[str]]:
        """The deed there."""
        return lambda: DEEDS[self.deed](scene)

    def rehearse(self) -> None:
        """Learn the states of a run that nobody kills."""
        with self.copy() as scene:
            if self.deed == "migrate":
                with scene.opened() as place:
                    assert standing(place.database_url).version == EARLIER
                self.seconds = run(self.steps(scene)).seconds
                self.states = [state(scene)] * 2
                return
            self.states.append(state(scene))
            for _ in DEEDS[self.deed](scene):
                self.states.append(state(scene))
        with self.copy() as scene:
            self.seconds = run(self.steps(scene)).seconds

    def faults(self, scene: Scene, ended: Ended) -> Iterator[str]:
        """What is wrong after the kill, and after the next try."""
        with scene.opened() as place:
            if self.deed == "migrate":
                stands = standing(place.database_url).version
                if stands not in (EARLIER, known_versions()[-1]):
                    yield f"the migration stopped half-way, at {stands}"
            yield from self._damage(place)
        reached = state(scene)
        if reached not in self.states:
            yield "a state that no whole run goes through"
        elif reached not in self.states[ended.receipts : ended.receipts + 2]:
            yield "a receipt was shown for what is not stored, or a step ran ahead"
        try:
            run(self.steps(scene))
        except Failed as failed:
            yield f"the next try failed: {failed}"
        if state(scene) != self.states[-1]:
            yield "the next try does not end where a whole run does"
        with scene.opened() as place:
            yield from self._damage(place)
            if self.deed == "erase":
                yield from _left_of_the_erased(place)

    def _damage(self, place: Workspace) -> Iterator[str]:
        found = verify(place, known_head=self.head)
        yield from (f"verify: {one.code} {dict(one.values)}" for one in found.findings)


def prepared(deed: str, server: str | None, folder: Path) -> Interruption:
    """The deed on a filled record, rehearsed once."""
    url = None if server is None else new_postgresql_database(server)
    scene = Scene(folder=folder / "workspace", url=url)
    fill(scene)
    if deed == "migrate":
        put_back(scene)
    made = Interruption(deed=deed, server=server, base=scene)
    with made.copy() as other, other.opened() as place:
        made.head = verify(place).audit_head
    made.rehearse()
    return made


def interrupted(made: Interruption, *, every: int = 1, at_random: int = 0, seed: int = 1) -> Tally:
    """Kill at every (or each n-th) write until the deed ends by itself, then at random moments."""
    chance = random.Random(seed)  # noqa: S311  no secret
    points = shots = receipts = 0
    faults: list[str] = []
    for at in count(1, every):
        with made.copy() as scene:
            ended = run(made.steps(scene), at=at)
            points, receipts = points + ended.killed, receipts + ended.receipts * ended.killed
            faults += [f"{made.deed} at {at}: {fault}" for fault in made.faults(scene, ended)]
        if not ended.killed:
            break
    while shots < at_random:
        after = chance.uniform(0, made.seconds)
        with made.copy() as scene:
            ended = run(made.steps(scene), after=after)
            shots, receipts = shots + ended.killed, receipts + ended.receipts * ended.killed
            faults += [f"{made.deed} after {after:.4f} s: {fault}" for fault in made.faults(scene, ended)]
    kind = "SQLite" if made.server is None else "PostgreSQL"
    return Tally(
        deed=made.deed, kind=kind, points=points, random=shots, receipts=receipts, faults=tuple(faults)
    )


def state(scene: Scene) -> State:
    """What the record says, but for times, keys and who tried how often."""
    with scene.opened() as place, Catalogue(place.database_url) as catalogue:
        with catalogue.database.reading() as connection:
            rows = tuple(
                (name, connection.scalar(text(f'SELECT count(*) FROM "{name}"')))  # noqa: S608  our own names
                for name in sorted(set(metadata.tables) - OF_EVERY_TRY)
            )
        answers = responses_table(catalogue, "pilot").to_pylist()
        sent = [(one.sha256, one.accepted, one.rejected, one.held) for one in catalogue.uploads("pilot")]
        ledger = [(one.submission, one.state) for one in catalogue.corrections("pilot")]
        return rows, repr(answers), tuple(sent), tuple(ledger), len(catalogue.certificates())


def _left_of_the_erased(place: Workspace) -> Iterator[str]:
    with Catalogue(place.database_url) as catalogue:
        named = {str(one["key"]) for paper in catalogue.certificates() for one in paper.originals}
    if named & set(place.keys.original_keys()):
        yield "the key of an original that is certified as destroyed is still there"
    for file in place.folder.rglob("*"):
        if file.is_file() and any(word.encode() in file.read_bytes() for word in (GONE, ANSWER)):
            yield f"something of the erased person is left in {file.name}"
    if not list(place.folder.glob("certificates/0001.json")):
        yield "the certificate was never written as a file"


def dropped(server: str, address: str) -> None:
    """Drop a database that was only for one try."""
    name = psycopg.conninfo.conninfo_to_dict(address)["dbname"]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
