"""Why rows of the data are not behind an estimate, each counted once, under the first cause that holds."""

from collections.abc import Mapping

from campaigns.effects import Note
from campaigns.question import Chosen, Question, requirements
from campaigns.sample import Floats


PARTS = ("wave", "arm", "other_arm", "weight", "outcome", "pair", "cluster", "cluster2", "stratum", "block", "unit", "received", "dose",
         "baseline", "period", "respondent", "panel")  # fmt: skip


def causes_of(question: Question) -> tuple[Note, ...]:
    """Why interviews of the question's site and subgroup are not used, in the order looked at."""
    cells, left = question.cells, question.chosen.copy()
    sums = cells.sums[question.outcome]["n"]
    lost: dict[str, int] = {}

    def count(name: str, holds: Chosen, rows: Floats) -> None:
        nonlocal left
        lost[name] = lost.get(name, 0) + int(rows[left & ~holds].sum())
        left = left & holds

    paired = "baseline" in question.design.needs  # whoever was seen in one wave only has no outcome there
    needed = requirements(question)
    count("@pair" if paired else "@wave", needed.pop("@wave"), cells.rows)
    count("@arm", needed.pop("@arm"), cells.rows)
    lost["@weight"] = int((cells.rows - cells.weighted)[left].sum())
    blank = int((cells.weighted - sums)[left].sum())
    lost["@pair" if paired else "@outcome"] = lost.get("@pair", 0) + blank
    for name, holds in needed.items():
        count("@baseline" if name == question.baseline else name, holds, sums)
    return causes(lost)


def causes(lost: Mapping[str, int]) -> tuple[Note, ...]:
    """How many rows each variable cost; ``@`` before a name says that it is a part and no covariate."""
    return tuple(_cause(name, n) for name, n in lost.items() if n)


def _cause(name: str, n: int) -> Note:
    part = name.removeprefix("@")
    if name.startswith("@") and part in PARTS:
        return Note(code=f"lost_{part}", values={"n": n})
    return Note(code="lost_covariate", values={"n": n, "name": name})
