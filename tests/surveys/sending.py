"""A process that sends files to a record: ``python -m tests.surveys.sending ADDRESS FOLDER FIRST FILES [STATEMENT]``.

It sends the numbered files in turn and prints the receipt of each when it has it. With STATEMENT it
dies, as by a power cut, right after that many SQL statements.
"""

import os
import sys
from pathlib import Path

from sqlalchemy import event

from surveys.catalogue import Catalogue
from surveys.keys import KeyRing
from tests.surveys.arriving import arrival, interview


INTERVIEWS = 40  # of a file


def interviews(number: int) -> list[dict[str, object]]:
    """What the file of that number says, every time it is sent."""
    return [
        interview(f"{number}-{i}", cluster=f"w{i % 5}", heard="yes" if i % 3 else ...)
        for i in range(INTERVIEWS)
    ]


def main(address: str, folder: str, first: str, files: str, dies_after: str = "0") -> None:
    keys = KeyRing(Path(folder) / "keys")
    catalogue = Catalogue(address)
    if int(dies_after):
        _die_after(catalogue, int(dies_after))
    for number in range(int(first), int(first) + int(files)):
        entry = catalogue.store(arrival(interviews(number), keys))
        print(number, entry.upload, entry.accepted, entry.unchanged, flush=True)
    catalogue.close()


def _die_after(catalogue: Catalogue, statements: int) -> None:
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statements:
            os._exit(9)

    event.listen(catalogue.database._engine, "after_cursor_execute", count)


if __name__ == "__main__":
    main(*sys.argv[1:])
