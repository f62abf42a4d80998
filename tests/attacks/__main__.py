"""The attacks at full length: ``make attack``. Prints what docs/assurance.md holds."""

import sys

import numpy as np

from tests.attacks.differencing import attacks, coarse, exact


def main(attempts: int) -> None:
    """Every way of showing, attacked as often."""
    rows = [
        ("exact, small groups withheld", exact, False, 1),
        ("rounded on the spot", coarse, False, 1),
        ("rounded, ten join at once", coarse, False, 10),
        ("releases, one joins", coarse, True, 1),
        ("releases, nine join", coarse, True, 9),
        ("releases, ten join", coarse, True, 10),
        ("releases, twelve join", coarse, True, 12),
    ]
    for name, tell, by_release, joined in rows:
        found = attacks(np.random.default_rng(1), attempts, tell, by_release=by_release, joined=joined)
        print(f"| {name} | {found.attempts:,} | {found.certain:,} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
