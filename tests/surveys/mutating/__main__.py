"""``python -m tests.surveys.mutating FILES [FORMAT ...]``: damage that many files of each format; 1 where any fault is found."""

import sys
import tempfile
import time
from pathlib import Path

from tests.surveys.mutating.outcomes import Tally, run, table_of
from tests.surveys.mutating.seeds import SEEDS


def main(files: int, kinds: list[str]) -> int:
    tallies: dict[str, Tally] = {}
    for kind in kinds:
        begun = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            tallies[kind] = run(kind, files, Path(folder))
        print(f"{kind}: {files} files in {time.monotonic() - begun:.0f} s", flush=True)
        for fault in tallies[kind].faults:
            print(fault, flush=True)
    print("\n".join(table_of(tallies)))
    return int(any(tally.faults for tally in tallies.values()))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:] or list(SEEDS)))
