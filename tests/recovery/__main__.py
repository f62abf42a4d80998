"""``python -m tests.recovery``: simulate every design with every variance, and write docs/recovery.csv and docs/recovery.md.

``make recovery`` runs it. ``--page`` writes the page anew from the numbers that are there.
"""

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, fields
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.recovery.cases import CASES
from tests.recovery.measuring import Measured, measured, settings
from tests.recovery.page import page, said_before


DOCS = Path(__file__).resolve().parents[2] / "docs"
NUMBERS, PAGE = DOCS / "recovery.csv", DOCS / "recovery.md"


def main() -> None:
    said = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    said.add_argument("--fast", type=int, default=1000, help="pilots for ways that are a formula")
    said.add_argument("--slow", type=int, default=300, help="pilots for ways that draw, and for models")
    said.add_argument("--numbers", type=Path, default=NUMBERS, help="the table of numbers")
    said.add_argument("--page", action="store_true", help="only write the page anew")
    asked = said.parse_args()
    if asked.page:
        command, made = said_before(PAGE.read_text("utf-8"))
    else:
        write(asked.numbers, simulated({"fast": asked.fast, "slow": asked.slow}))
        command = f"python -m tests.recovery --fast {asked.fast} --slow {asked.slow}"
        made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    PAGE.write_text(page(read(asked.numbers), command=command, made=made), "utf-8")


def simulated(pilots: dict[str, int]) -> Iterator[Measured]:
    """Every setting, as it is done, on all processors."""
    todo = settings()
    with ProcessPoolExecutor(os.cpu_count()) as workers:
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
