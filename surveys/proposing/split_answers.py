"""Logs that correct the columns of single choices: several rows, one answer of several codes."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from surveys.corrections.ledger import Cell
from surveys.problems import Problem
from surveys.proposing.questions import Meant
from surveys.proposing.wanted import Wanted


_CHOSEN = frozenset({"1", "1.0", "true", "yes", "y"})
_NOT_CHOSEN = frozenset({"0", "0.0", "false", "no", "n"})
_UNSAID = frozenset({"", "na", "n/a", "nan", "none", "null"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """One row of a log after its rows about single choices were joined to one answer."""

    wanted: Wanted
    merged: bool = False  # another row of the log says it with it
    problem: Problem | None = None


def joined(rows: Sequence[tuple[Wanted, Meant, Cell]]) -> list[Joined]:
    """Each row, in the order given; of those about choices of one answer, the first carries the whole new answer.

    Parameters
    ----------
    rows
        What is wanted, the question or choice it means, and what the interview now says to that question.
    """
    result = [Joined(wanted=wanted) for wanted, _, _ in rows]
    groups: dict[tuple[str, str], list[int]] = defaultdict(list)
    wholes: set[tuple[str, str]] = set()
    for place, (wanted, meant, _) in enumerate(rows):
        cell = (wanted.submission or "", meant.asked.name)
        if meant.code is None:
            wholes.add(cell)
        else:
            groups[cell].append(place)
    for cell, places in groups.items():
        held = rows[places[0]][2]
        codes = set((held.value or "").split())
        kept = []
        for place in places:
            wanted, meant, _ = rows[place]
            result[place] = _understood(wanted, meant.code or "", codes)
            if result[place].problem is None:
                kept.append(place)
        if cell in wholes:  # the log says the answer as a whole too, and that row counts
            for place in kept:
                result[place] = replace(result[place], merged=True)
        elif kept:
            _join(result, rows, kept, codes)
    return result


def _understood(wanted: Wanted, code: str, codes: set[str]) -> Joined:
    new, old = _ticked(wanted.new), _ticked(wanted.old)
    if new is None:
        problem = Problem(code="not_ticked_or_not", column=wanted.question, value=wanted.new)
        return Joined(wanted=wanted, problem=problem)
    if old is not None and old != (code in codes):
        return Joined(wanted=wanted, problem=Problem(code="correction_old_differs", column=wanted.question))
    return Joined(wanted=wanted)


def _join(
    result: list[Joined], rows: Sequence[tuple[Wanted, Meant, Cell]], kept: Sequence[int], codes: set[str]
) -> None:
    held = rows[kept[0]][2]
    asked = rows[kept[0]][1].asked
    for place in kept:
        wanted, meant, _ = rows[place]
        (codes.add if _ticked(wanted.new) else codes.discard)(meant.code or "")
    listed = asked.choices.codes if asked.choices is not None else tuple(sorted(codes))
    ordered = [code for code in (*listed, *sorted(codes - set(listed))) if code in codes]
    first, *others = sorted(kept, key=lambda place: rows[place][0].row)
    whole = replace(rows[first][0], question=asked.name, old=held.value, new=" ".join(ordered) or None)
    result[first] = Joined(wanted=whole)
    for place in others:
        result[place] = Joined(wanted=rows[place][0], merged=True)


def _ticked(text: str | None) -> bool | None:
    """Whether the choice was made; None where the text does not say."""
    plain = (text or "").strip().casefold()
    if plain in _UNSAID:
        return None
    return True if plain in _CHOSEN else False if plain in _NOT_CHOSEN else None
