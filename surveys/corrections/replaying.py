"""What corrections of one cell come to: applied together in any order, and replayed on a newer version.

Nothing here depends on the order in which corrections are given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from surveys.corrections.ledger import Cell, Correction


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What becomes of several corrections of one cell that are applied together."""

    applied: tuple[Correction, ...]  # in the order in which each was made against the one before
    refused: dict[int, str]  # id -> why: old_value_differs, conflict, twice
    holds: Cell  # what the cell then holds


def settle(held: Cell, corrections: Sequence[Correction]) -> Settled:
    """Apply corrections to a cell: each only where the cell holds what it was made against.

    A correction made against the outcome of another follows it, whatever the order they are given in. Two
    that were made against the same value and want different things contradict each other: neither is applied.
    """
    waiting = sorted(corrections, key=lambda one: one.id)
    applied: list[Correction] = []
    refused: dict[int, str] = {}
    value = held
    while matching := [one for one in waiting if one.old.says(value, one.type)]:
        first = matching[0]
        if any(not _same_aim(first, other) for other in matching):
            refused |= {one.id: "conflict" for one in matching}
            waiting = [one for one in waiting if one not in matching]
            break
        refused |= {one.id: "twice" for one in matching[1:]}
        applied.append(first)
        waiting = [one for one in waiting if one not in matching]
        value = first.new
    refused |= {one.id: "old_value_differs" for one in waiting}
    return Settled(applied=tuple(applied), refused=refused, holds=value)


Replayed = Literal["stays", "absorbed", "stale"]


def replay(received: Cell, chain: Sequence[Correction]) -> dict[int, Replayed]:
    """What becomes of applied corrections of a cell when a newer version of the interview arrives.

    Parameters
    ----------
    received
        What the newer version says in that cell.
    chain
        The applied corrections of the cell, oldest first, each made against the one before.

    Returns
    -------
    dict
        ``absorbed`` where the newer version already says what the correction made of the cell; ``stays`` where it
        still says what the correction was made against; ``stale`` where it says a third thing.
    """
    if not chain:
        return {}
    values = [chain[0].old, *(one.new for one in chain)]
    reached = [place for place, value in enumerate(values) if value.says(received, chain[0].type)]
    if not reached:
        return {one.id: "stale" for one in chain}
    return {one.id: "absorbed" if place < reached[-1] else "stays" for place, one in enumerate(chain)}


def replay_waiting(held: Cell, waiting: Sequence[Correction]) -> dict[int, Replayed]:
    """The same for corrections that are not applied yet.

    Parameters
    ----------
    held
        What the cell now holds, applied corrections counted in.
    waiting
        The proposed and approved corrections of the cell.
    """
    reachable = [held]
    fates: dict[int, Replayed] = {one.id: "stale" for one in waiting}
    open_ones = list(waiting)
    while following := [one for one in open_ones if any(one.old.says(v, one.type) for v in reachable)]:
        fates |= {one.id: "stays" for one in following}
        reachable += [one.new for one in following]
        open_ones = [one for one in open_ones if one not in following]
    return fates | {
        one.id: "absorbed"
        for one in waiting
        if one.new.says(held, one.type) and not one.old.says(held, one.type)
    }


def _same_aim(one: Correction, other: Correction) -> bool:
    return one.new.says(other.new, one.type) and one.new.missing == other.new.missing
