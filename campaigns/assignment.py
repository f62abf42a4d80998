"""What the lot assigned, read from the cells: clusters, respondents or single interviews, within their blocks."""

import numpy as np

from campaigns.question import CannotBe, Chosen, Question
from campaigns.randomisation import Units
from campaigns.sample import Floats, Integers


def units_assigned(question: Question, used: Chosen, arm: str) -> Units:
    """The units of one arm and of the comparison group, whose labels the test deals out again.

    Raises
    ------
    CannotBe
        There is no comparison group; nothing says what was assigned; or the arm, or the block, differs within a unit.
    """
    if not question.design.compares:
        raise CannotBe("nothing_assigned")
    groups = question.groups(arm)
    campaign = np.logical_or.reduce([members for name, members in groups.items() if name[:2] == "ca"])
    cells = used & np.logical_or.reduce(list(groups.values()))
    reached = campaign[cells].astype(float)
    sums = _sums(question, cells, reached)
    block = question.cells.keys["@block"].codes[cells] if question.records("@block") else 0 * reached
    part = next((part for part in ("@cluster", "@unit") if part in question.cells.keys), None)
    if part is None:
        return _persons(question, cells, reached.astype(bool), block.astype(np.int64), sums)
    codes = question.cells.keys[part].codes[cells]
    if codes.size and codes.min() < 0:
        raise CannotBe("no_clusters")
    names, unit = np.unique(codes, return_inverse=True)
    return Units(
        block=_of_units(block, unit, "block_varies_in_unit").astype(np.int64),
        reached=_of_units(reached, unit, "arm_varies_in_unit").astype(bool),
        times=np.ones(len(names), dtype=np.int64),
        sums=np.column_stack([np.bincount(unit, column, len(names)) for column in sums.T]),
        names=tuple(np.array(question.cells.keys[part].labels())[names].tolist()),
    )


def _sums(question: Question, cells: Chosen, reached: Floats) -> Floats:
    """Of each cell: weight and weighted outcome after and before, and the weight after of those reached."""
    own = question.cells.sums[question.outcome]
    w, wy = own["w"][cells], own["wy"][cells]
    before = np.zeros(int(cells.sum()))
    if any(name.endswith("before") for name in question.design.groups):
        before = question.those("@wave", question.specification.before)[cells].astype(float)
    after = 1 - before
    return np.column_stack([w * after, wy * after, w * before, wy * before, w * after * reached])


def _persons(question: Question, cells: Chosen, reached: np.ndarray, block: Integers, sums: Floats) -> Units:
    """Interviews of people who were assigned one by one; those of a cell are alike, their answer included."""
    if any(name.endswith("before") for name in question.design.groups):
        raise CannotBe("unit_unknown")
    n = question.cells.sums[question.outcome]["n"][cells]
    return Units(block=block, reached=reached, times=n.astype(np.int64), sums=sums / n[:, None])


def _of_units(values: Floats | Integers, unit: Integers, otherwise: str) -> Floats:
    """The value that all cells of each unit share."""
    shared = np.empty(int(unit.max(initial=-1)) + 1)
    shared[unit] = values
    if not np.array_equal(shared[unit], values):
        raise CannotBe(otherwise)
    return shared
