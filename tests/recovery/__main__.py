"""``python -m tests.recovery``: simulate every design with every variance, and write docs/recovery.csv and docs/recovery.md.

``make recovery`` runs it. ``--resume`` keeps the settings that the table of numbers has with as many pilots, and does the rest.
``--page`` writes the page anew from the numbers that are there.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path

from tests.recovery.cases import CASES
from tests.recovery.measuring import Measured, Setting, measured, settings, ways_of
from tests.recovery.page import page, said_before


DOCS = Path(__file__).resolve().parents[2] / "docs"
NUMBERS, PAGE = DOCS / "recovery.csv", DOCS / "recovery.md"


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--fast", type=int, default=1000, help="pilots for ways that are a formula")
    said.add_argument("--slow", type=int, default=300, help="pilots for ways that draw, and for models")
    said.add_argument("--numbers", type=Path, default=NUMBERS, help="the table of numbers")
    said.add_argument("--workers", type=int, default=os.cpu_count(), help="processes at once")
    said.add_argument(
        "--resume", action="store_true", help="keep the settings that are there with as many pilots"
    )
    said.add_argument("--page", action="store_true", help="only write the page anew")
    asked = said.parse_args()
    if asked.page:
        command, made = said_before(PAGE.read_text("utf-8"))
    else:
        pilots = {"fast": asked.fast, "slow": asked.slow}
        kept = done_before(asked.numbers, pilots) if asked.resume else []
        todo = [setting for setting in settings() if not any(is_of(line, setting) for line in kept)]
        write(asked.numbers, chain(kept, simulated(todo, pilots, asked.workers)))
        command = f"python -m tests.recovery --fast {asked.fast} --slow {asked.slow}"
        made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    PAGE.write_text(page(read(asked.numbers), command=command, made=made), "utf-8")


def done_before(file: Path, pilots: Mapping[str, int]) -> list[Measured]:
    """The lines of the settings that a table of numbers holds whole, drawn as often as is asked now."""
    lines = [measured_of(line) for line in read(file)]
    found = []
    for setting in settings():
        asked = ways_of(setting, pilots)
        there = [line for line in lines if is_of(line, setting)]
        if {line.way: line.pilots for line in there} == asked:
            found += there
    return found


def is_of(line: Measured, setting: Setting) -> bool:
    of_line = (line.design, line.outcome, line.icc, line.clusters_per_arm)
    return of_line == (setting.case.name, setting.kind, setting.icc, setting.wards)


def measured_of(line: Mapping[str, str]) -> Measured:
    """A line as it was measured, from its text."""
    kinds = {
        "design": str,
        "outcome": str,
        "way": str,
        "clusters_per_arm": int,
        "pilots": int,
        "without_estimate": int,
    }
    values = {name: kinds.get(name, float)(text) if text else None for name, text in line.items()}
    return Measured(**values)  # type: ignore[arg-type]


def simulated(
    todo: Sequence[Setting], pilots: Mapping[str, int], processes: int | None
) -> Iterator[Measured]:
    """Every setting, as it is done."""
    with ProcessPoolExecutor(processes) as workers:
        jobs = [workers.submit(partial(measured, pilots=pilots), setting) for setting in todo]
        for done, job in enumerate(as_completed(jobs), start=1):
            yield from job.result()
            print(f"\r{done} of {len(todo)} settings", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def write(file: Path, lines: Iterator[Measured]) -> None:
    """The numbers, one line a way and setting, as they come and at last in order."""
    names = [field.name for field in fields(Measured)]
    found = []
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, names, lineterminator="\n")
        table.writeheader()
        for line in lines:
            found.append(line)
            table.writerow(rounded(line))
            out.flush()
    order = {case.name: place for place, case in enumerate(CASES)}
    found.sort(key=lambda m: (order[m.design], m.outcome, m.icc, m.clusters_per_arm))
    with file.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, names, lineterminator="\n")
        table.writeheader()
        table.writerows(rounded(line) for line in found)


def rounded(line: Measured) -> dict[str, object]:
    """Five decimals say more than the pilots do."""
    return {
        name: round(value, 5) if isinstance(value, float) else value for name, value in asdict(line).items()
    }


def read(file: Path) -> list[dict[str, str]]:
    """The numbers as they were written."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


if __name__ == "__main__":
    main()
