"""What a power cut leaves of a SQLite record: copies of its files at one moment while somebody writes."""

import os
import random
import select
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select as chosen

from surveys.catalogue import Catalogue
from surveys.keys import KeyRing
from surveys.record import tables
from tests.surveys.arriving import arrival, interview, keys_in


INTERVIEWS = 5  # of a file


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerCuts:
    """How many copies were opened, and what was wrong in them."""

    copies: int
    cut: int  # of the copies, those that lost an end of the log that nobody had been promised
    receipts: int  # that had been given before the last copy
    faults: tuple[str, ...]


def power_cuts(folder: Path, copies: int, seed: int = 1) -> PowerCuts:
    """Stop the writer at random moments, copy its files, lose what was not yet safe on disk, and open the copy."""
    chance = random.Random(seed)  # noqa: S311  no secret
    file, keys = folder / "catalogue.db", keys_in(folder)
    Catalogue(f"sqlite:///{file}").close()
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _write_on(file, keys, writer)
    os.close(writer)
    told, cut, faults = b"", 0, []
    try:
        for number in range(copies):
            time.sleep(chance.uniform(0.0, 0.2))
            os.kill(child, signal.SIGSTOP)
            os.waitpid(child, os.WUNTRACED)
            while select.select([reader], [], [], 0)[0]:
                if not (piece := os.read(reader, 65_536)):
                    raise AssertionError("the writer ended by itself")
                told += piece
            copy = folder / "copy.db"
            cut += _copied(file, copy, _safe(told), chance)
            faults += [f"copy {number}: {fault}" for fault in _wrong(copy, keys, _receipts(told))]
            os.kill(child, signal.SIGCONT)  # only now, or the record would outgrow the looking
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
    return PowerCuts(copies=copies, cut=cut, receipts=len(_receipts(told)), faults=tuple(faults))


def _write_on(file: Path, keys: KeyRing, writer: int) -> None:
    """Store files one after the other and tell each, with how long the log was when it was safe."""
    try:
        with Catalogue(f"sqlite:///{file}") as catalogue, catalogue.database.reading():
            number = 0
            while True:
                rows = [interview(f"f{number}-{row}", age=str(row)) for row in range(INTERVIEWS)]
                entry = catalogue.store(arrival(rows, keys))
                log = file.with_name(f"{file.name}-wal")
                size = log.stat().st_size if log.exists() else 0
                os.write(writer, f"{entry.upload} {size}\n".encode())
                number += 1
    finally:
        os._exit(70)


def _receipts(told: bytes) -> list[int]:
    return [int(line.split()[0]) for line in told.decode().splitlines()]


def _safe(told: bytes) -> int:
    return int(told.decode().splitlines()[-1].split()[1]) if told else 0


def _copied(file: Path, copy: Path, safe: int, chance: random.Random) -> bool:
    """Copy database and log; of what the log has beyond ``safe``, half the time only a part is left."""
    for left in copy.parent.glob(f"{copy.name}*"):
        left.unlink()
    shutil.copy(file, copy)
    log, logged = file.with_name(f"{file.name}-wal"), copy.with_name(f"{copy.name}-wal")
    if not log.exists():
        return False
    shutil.copy(log, logged)
    size = logged.stat().st_size
    if size <= safe or chance.random() < 0.5:
        return False
    os.truncate(logged, chance.randrange(safe, size))
    return True


def _wrong(copy: Path, keys: KeyRing, receipts: list[int]) -> list[str]:
    with Catalogue(f"sqlite:///{copy}") as catalogue:
        found = [f"verify: {one.code}" for one in catalogue.findings(keys)]
        with catalogue.database.reading() as connection:
            query = chosen(tables.upload.c.id, tables.upload.c.accepted)
            stored = {row.id: row.accepted for row in connection.execute(query)}
        if lost := set(receipts) - set(stored):
            found.append(f"receipts lost: {sorted(lost)}")
        if any(count != INTERVIEWS for count in stored.values()):
            found.append("a file is stored in part")
        if len(stored) - len(receipts) not in (0, 1):
            found.append("more than the file under way was stored beyond the receipts")
        if catalogue.first_broken_audit_entry() is not None:
            found.append("the audit is broken")
    return found
