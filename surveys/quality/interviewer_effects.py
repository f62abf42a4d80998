"""How much interviewers shape the answers, and whose answers stand apart from the team's."""

import numpy as np

from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import Floats, Interviews
from surveys.quality.setting import Measure, Setting
from surveys.quality.team import Deviation, Resemblance, deviations, holm, resemblance


SURE = 0.05  # after Holm over interviewers and outcomes
APART = 0.25  # standard deviations, chance taken off; what is often called a small effect
ICC_LOOK, ICC_ACT = (
    0.02,
    0.05,
)  # usual in face-to-face surveys is 0.01 to 0.02 (Groves 1989); 0.05 doubles variances
NORMAL_95 = 1.96


def check_interviewer_effects(interviews: Interviews, setting: Setting) -> Checked:
    """The intraclass correlation of each primary outcome, interviewers whose answers differ, and fast interviewers."""
    if len({one for one in interviews.interviewer.tolist() if one is not None}) < 2:
        return Checked(check="interviewer_effects", impossible="one_interviewer")
    found = []
    for measure in setting.measures:
        alike = resemblance(measure.values, interviews.interviewer, interviews.arm, interviews.cluster)
        if alike is not None and alike.p_value < SURE / len(setting.measures) and alike.icc >= ICC_LOOK:
            found.append(_resembling(interviews, measure, alike))
    found += _apart(interviews, setting)
    found += _fast(interviews)
    return Checked(
        check="interviewer_effects",
        looked_at=len(interviews),
        found=tuple(found),
        expected={"icc": ICC_LOOK, "apart": APART},
    )


def widening(alike: Resemblance) -> float:
    """What a standard error is multiplied by: of the difference between arms, where there are two."""
    effect = alike.design_effect if alike.design_effect_contrast is None else alike.design_effect_contrast
    return float(np.sqrt(max(effect, 1.0)))


def _resembling(interviews: Interviews, measure: Measure, alike: Resemblance) -> Found:
    return Found(
        code="interviewers_shape_answers",
        severity="act" if alike.icc >= ICC_ACT else "look",
        count=alike.n,
        of=len(interviews),
        question=measure.outcome,
        items=tuple(sorted(measure.items)),
        values={
            "icc": alike.icc,
            "low": max(alike.conf_low, 0.0),
            "high": alike.conf_high,
            "interviewers": alike.interviewers,
            "widening": widening(alike),
            "deviation": alike.deviation,
        },
    )


def _apart(interviews: Interviews, setting: Setting) -> list[Found]:
    tested: list[tuple[Measure, Deviation, float]] = []
    for measure in setting.measures:
        spread = _spread(measure.values)
        tested += [
            (measure, one, spread)
            for one in deviations(measure.values, interviews.interviewer, interviews.arm, interviews.cluster)
            if spread > 0
        ]
    adjusted = holm([one.p_value for _, one, _ in tested])
    return [
        Found(
            code="answers_apart",
            severity="look",
            count=one.n,
            of=len(interviews),
            interviews=interviews.named(interviews.interviewer == one.interviewer),
            interviewer=one.interviewer,
            question=measure.outcome,
            items=tuple(sorted(measure.items)),
            values={"apart": abs(one.shrunken) / spread, "p": p},
        )
        for (measure, one, spread), p in zip(tested, adjusted, strict=True)
        if p < SURE and abs(one.shrunken) / spread >= APART
    ]


def _fast(interviews: Interviews) -> list[Found]:
    """Interviewers whose interviews are short as a rule, on the scale of the logarithm."""
    known = np.isfinite(interviews.minutes) & (interviews.minutes > 0)
    logs = np.log(np.where(known, interviews.minutes, 1.0))
    logs = np.where(known, logs, np.nan)
    found = []
    for one in deviations(logs, interviews.interviewer, interviews.arm, interviews.cluster):
        if one.p_adjusted >= SURE or one.shrunken > np.log(
            0.7
        ):  # a third shorter than the others' interviews
            continue
        his = (interviews.interviewer == one.interviewer) & known
        found.append(
            Found(
                code="fast_interviewer",
                severity="look",
                count=int(his.sum()),
                of=len(interviews),
                interviews=interviews.named(his),
                interviewer=one.interviewer,
                values={
                    "typical": float(np.exp(one.mean)),
                    "others": float(np.exp(one.others)),
                    "p": one.p_adjusted,
                },
            )
        )
    return found


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.std(ddof=1)) if len(known) > 1 else 0.0
