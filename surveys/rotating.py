"""A new key of the workspace in the place of the old one: every sealed thing closed anew, whatever interrupts it.

Both keys open everything while it is done: the new one is written before the old one first, then every original's key and
every sealed code is closed anew, and only when nothing is left that the old key alone opens does it leave the ring. It is put
aside, not destroyed: earlier backups of the record and of the keys need it.
"""

from dataclasses import dataclass
from pathlib import Path

from surveys.catalogue import Catalogue
from surveys.keys import KeyRing


ROUNDS = 5  # an upload that was under way may have used the old key once more


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What was closed anew, and where the old key lies."""

    originals: int
    codes: int
    retired: Path


def rotate_key(catalogue: Catalogue, keys: KeyRing) -> Rotated:
    """Close everything under a new key; one that was interrupted is brought to its end."""
    keys.begin_rotation()
    catalogue.give_originals_own_keys(keys)
    originals = codes = 0
    for _ in range(ROUNDS):
        closed = keys.close_originals_anew(), catalogue.close_codes_anew(keys)
        originals, codes = originals + closed[0], codes + closed[1]
        if not any(closed):
            break
    retired = keys.end_rotation()
    return Rotated(originals=originals, codes=codes, retired=retired)
