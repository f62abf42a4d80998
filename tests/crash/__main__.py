"""The kills at full length: ``make crash``. Prints what docs/assurance.md holds."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.crash.campaign import interrupted, prepared
from tests.crash.deeds import DEEDS
from tests.crash.power import power_cuts
from tests.surveys.databases import started_postgresql


def main() -> int:
    """The deeds on the databases at every write and at random moments, then the power cuts; how many faults."""
    wanted = _wanted()
    faults: list[str] = []
    for kind in wanted.databases:
        if kind == "sqlite":
            faults += _kills(wanted, None)
        else:
            with started_postgresql() as server:
                faults += _kills(wanted, server)
    if wanted.copies:
        folder = Path(tempfile.mkdtemp(prefix="crash-"))
        cuts = power_cuts(folder, wanted.copies)
        shutil.rmtree(folder)
        faults += cuts.faults
        print(f"| {cuts.copies:,} | {cuts.cut:,} | {cuts.receipts:,} | {len(cuts.faults)} |")
    print(*faults, sep="\n")
    return len(faults)


def _kills(wanted: argparse.Namespace, server: str | None) -> list[str]:
    faults: list[str] = []
    for deed in wanted.deeds:
        folder = Path(tempfile.mkdtemp(prefix="crash-"))
        made = prepared(deed, server, folder)
        tally = interrupted(made, every=wanted.every, at_random=wanted.random)
        shutil.rmtree(folder)
        faults += tally.faults
        print(
            f"| {deed} | {tally.kind} | {tally.points:,} | {tally.random:,} | {tally.receipts:,} | {len(tally.faults)} |",
            flush=True,
        )
    return faults


def _wanted() -> argparse.Namespace:
    read = argparse.ArgumentParser(prog="tests.crash", description=__doc__)
    read.add_argument("--random", type=int, default=1000, help="kills at random moments, of each")
    read.add_argument("--every", type=int, default=1, help="kill only at each n-th write")
    read.add_argument("--copies", type=int, default=500, help="power cuts")
    read.add_argument("--deeds", nargs="*", choices=DEEDS, default=list(DEEDS))
    kinds = ("sqlite", "postgresql")
    read.add_argument("--databases", nargs="*", choices=kinds, default=list(kinds))
    return read.parse_args()


if __name__ == "__main__":
    sys.exit(main() > 0)
