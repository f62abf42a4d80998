"""The same answer all through a grid of statements."""

from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np

from surveys.instrument import Instrument
from surveys.missing import reasons_of_list
from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import NO_ANSWER, Answered, Flags, Floats, Interviews
from surveys.quality.setting import Setting
from surveys.quality.team import FEWEST, deviations


ITEMS = 3  # statements that make a grid
SCALE = 3  # answers that make a scale; the same yes three times is nothing odd
FLAGGED_SHARE = 0.10  # by which an interviewer's share must lie above the team's, chance taken off
SURE = 0.05


def grids_of(instrument: Instrument, answers: Mapping[str, Answered]) -> list[list[str]]:
    """Questions in a row that share one scale of at least three answers, three questions or more."""

    def kind(name: str) -> tuple[object, ...]:
        question = answers[name].question
        return (question.type, question.choice_list, question.path)

    grids = []
    for (type_, listed, _), names in groupby(answers, key=kind):
        members = list(names)
        choices = instrument.choices.get(str(listed), ()) if type_ == "select_one" and listed else ()
        scale = [choice for choice in choices if choice.name not in reasons_of_list(choices)]
        if len(members) >= ITEMS and len(scale) >= SCALE:
            grids.append(members)
    return grids


def check_straight_lining(interviews: Interviews, grids: Sequence[Sequence[str]]) -> Checked:
    """Interviews, and interviewers, that give one answer to every statement of a grid."""
    if not grids:
        return Checked(check="straight_lining", impossible="no_grid")
    lined = np.zeros(len(interviews), dtype=bool)
    seen = np.zeros(len(interviews), dtype=bool)
    by_chance = 0.0
    for grid in grids:
        same, complete, chance = straight_lines([interviews.answers[name] for name in grid])
        lined, seen = lined | same, seen | complete
        by_chance = max(by_chance, chance)
    if not seen.any():
        return Checked(check="straight_lining", impossible="no_grid_answered")
    found = _interviewers(interviews, lined, seen)
    named = np.array([one.interviewer for one in found], dtype=object)
    rest = lined & ~np.isin(
        np.array([one or "" for one in interviews.interviewer.tolist()], dtype=object), named
    )
    if rest.any():
        found.append(_interviews(interviews, rest, seen, by_chance))
    return Checked(
        check="straight_lining",
        looked_at=int(seen.sum()),
        found=tuple(found),
        expected={"chance": by_chance, "grids": len(grids), "items": max(len(grid) for grid in grids)},
    )


def straight_lines(grid: Sequence[Answered]) -> tuple[Flags, Flags, float]:
    """Where the answers are all the same, where all were given, and how often chance alone makes them the same.

    By chance means: if each statement were answered as often with each answer as it was, but independently.
    """
    levels = sorted({level for one in grid for level in one.levels})
    codes = np.stack([_recoded(one, levels) for one in grid])
    complete = (codes != NO_ANSWER).all(axis=0)
    same = complete & (codes == codes[0]).all(axis=0)
    if not complete.any():
        return same, complete, 0.0
    shares: Floats = np.stack(
        [np.bincount(row[complete], minlength=len(levels)) / complete.sum() for row in codes]
    )
    return same, complete, float(shares.prod(axis=0).sum())


def _recoded(answered: Answered, levels: Sequence[str]) -> np.ndarray:
    places = np.array([*(levels.index(level) for level in answered.levels), NO_ANSWER])
    return np.asarray(places[answered.codes])


def _interviews(interviews: Interviews, lined: Flags, seen: Flags, chance: float) -> Found:
    odd = lined.sum() > 2 * chance * seen.sum() + 3 * np.sqrt(max(chance * seen.sum(), 1))
    return Found(
        code="straight_lined",
        severity="look" if odd else "note",
        count=int(lined.sum()),
        of=int(seen.sum()),
        interviews=interviews.named(lined),
        values={"chance": chance},
    )


def _interviewers(interviews: Interviews, lined: Flags, seen: Flags) -> list[Found]:
    values = np.where(seen, lined.astype(np.float64), np.nan)
    return [
        Found(
            code="straight_lining_interviewer",
            severity="act",
            count=int((lined & (interviews.interviewer == one.interviewer)).sum()),
            of=one.n,
            interviews=interviews.named(lined & (interviews.interviewer == one.interviewer)),
            interviewer=one.interviewer,
            values={"rate": one.mean, "others": one.others, "p": one.p_adjusted},
        )
        for one in deviations(values, interviews.interviewer, interviews.arm, interviews.cluster)
        if one.p_adjusted < SURE and one.shrunken >= FLAGGED_SHARE and one.n >= FEWEST
    ]


def check(interviews: Interviews, setting: Setting, instrument: Instrument) -> Checked:
    """The check as the report runs it."""
    return check_straight_lining(interviews, grids_of(instrument, interviews.answers))
