"""Whether the same interviewers work in both arms: where they do not, interviewers and campaign are told apart by nobody."""

import numpy as np

from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import Floats, Interviews
from surveys.quality.setting import Setting


APART_LOOK, APART_ACT = (
    0.40,
    0.70,
)  # share of interviews that would have to change hands for both arms to be alike
ONE_ARM = 0.95  # of an interviewer's interviews in one arm
FEWEST = 10


def distance(first: Floats, second: Floats) -> float:
    """Half the sum of absolute differences of two distributions over interviewers: 0 the same, 1 nobody in both."""
    return float(np.abs(first / first.sum() - second / second.sum()).sum() / 2)


def _unbalance(first: Floats, second: Floats) -> float:
    """Root of the sum of squared differences: what interviewers' own ways are multiplied by in the result."""
    return float(np.sqrt(((first / first.sum() - second / second.sum()) ** 2).sum()))


def check_assignment(interviews: Interviews, setting: Setting) -> Checked:
    """How differently interviewers are spread over the arms, and who works in one arm alone."""
    arms = sorted({one for one in interviews.arm.tolist() if one is not None})
    names = [name for name, _ in interviews.interviewers()]
    if len(arms) < 2:
        return Checked(check="assignment", impossible="one_arm")
    if len(names) < 2:
        return Checked(check="assignment", impossible="one_interviewer")
    counts = np.array(
        [[((interviews.arm == arm) & his).sum() for _, his in interviews.interviewers()] for arm in arms],
        dtype=np.float64,
    )
    if (counts.sum(axis=1) == 0).any():
        return Checked(check="assignment", impossible="one_arm")
    reference = arms.index(setting.comparison) if setting.comparison in arms else 0
    others = [place for place in range(len(arms)) if place != reference]
    apart = max(distance(counts[place], counts[reference]) for place in others)
    unbalance = max(_unbalance(counts[place], counts[reference]) for place in others)
    totals = counts.sum(axis=0)
    alone = [
        name
        for name, most, total in zip(names, counts.max(axis=0), totals, strict=True)
        if total >= FEWEST and most >= ONE_ARM * total
    ]
    where = np.isin(np.array([one or "" for one in interviews.interviewer.tolist()], dtype=object), alone)
    found = []
    if apart >= APART_LOOK:
        found.append(
            Found(
                code="interviewers_by_arm",
                severity="act" if apart >= APART_ACT else "look",
                count=int(where.sum()),
                of=len(interviews),
                values={
                    "apart": apart,
                    "unbalance": unbalance,
                    "alone": len(alone),
                    "interviewers": len(names),
                },
            )
        )
    return Checked(
        check="assignment", looked_at=len(interviews), found=tuple(found),
        expected={"apart": apart, "look": APART_LOOK},
    )  # fmt: skip
