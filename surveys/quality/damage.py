"""What a finding could do to the result, found without showing anybody an outcome by arm."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from surveys.quality.findings import Damage, Found
from surveys.quality.interviews import Flags, Floats, Interviews
from surveys.quality.setting import Measure, Setting


NORMAL_95 = 1.96
USUAL_ICC = (
    0.01  # of interviewers in face-to-face surveys (Groves 1989, Survey Errors and Survey Costs, ch. 8)
)


def largest_shift(
    values: Floats, weight: Floats, arm: np.ndarray, affected: Flags, low: float, high: float,
    comparison: str | None,
) -> float:  # fmt: skip
    """The most by which the result could move if the affected answers were anything from ``low`` to ``high``.

    The result is the weighted mean of an arm less that of the comparison arm (of the one group, where there is one):
    upward, every affected answer of the arm becomes ``high`` and every one of the comparison ``low``; downward the
    other way round. With several arms, the worst of them. These are the worst-case bounds of Manski (1990, AER P&P
    80:319-323), for answers that are there but not to be trusted.
    """
    known = np.isfinite(values)
    up, down = np.where(known, high - values, 0.0) * weight, np.where(known, values - low, 0.0) * weight
    shifts = []
    for here, there in _contrasts(arm, known, comparison):
        raised = _mean_over(up, affected & here, weight, here) + _mean_over(
            down, affected & there, weight, there
        )
        lowered = _mean_over(down, affected & here, weight, here) + _mean_over(
            up, affected & there, weight, there
        )
        shifts.append(max(raised, lowered))
    return max(shifts, default=0.0)


def shift_without(
    values: Floats, weight: Floats, arm: np.ndarray, affected: Flags, comparison: str | None
) -> float | None:
    """How far the result moves when the affected interviews are left out; None where nobody would be left."""
    known = np.isfinite(values)
    shifts = []
    for here, there in _contrasts(arm, known, comparison):
        one = _mean(values, weight, here & ~affected), _mean(values, weight, there & ~affected)
        if None in one and (one[0] is None or there.any()):
            return None
        before = (_mean(values, weight, here) or 0.0) - (_mean(values, weight, there) or 0.0)
        shifts.append(abs((one[0] or 0.0) - (one[1] or 0.0) - before))
    return max(shifts, default=None)


def with_damage(found: Sequence[Found], interviews: Interviews, setting: Setting) -> list[Found]:
    """Each finding with what it could do to the primary outcome that it could move most."""
    place = {one: at for at, one in enumerate(interviews.ids.tolist())}
    return [replace(one, damage=_damage(one, place, interviews, setting)) for one in found]


def _damage(one: Found, place: Mapping[str, int], interviews: Interviews, setting: Setting) -> Damage | None:
    affected = np.zeros(len(interviews), dtype=bool)
    affected[[place[name] for name in one.interviews]] = True
    touched = [m for m in setting.measures if not one.items or m.items & set(one.items)]
    worst: Damage | None = None
    for measure in touched:
        damage = _on(measure, one, affected, interviews, setting)
        if worst is None or damage.relative > worst.relative:
            worst = damage
    return worst


def _on(measure: Measure, one: Found, affected: Flags, interviews: Interviews, setting: Setting) -> Damage:
    span = measure.high - measure.low
    facts = (measure.values, interviews.weight, interviews.arm, affected)
    turned = largest_shift(*facts, measure.low, measure.high, setting.comparison) if affected.any() else 0.0
    blurred = min(_blur(one, measure, interviews, setting), span)
    return Damage(
        outcome=measure.outcome,
        turned=turned,
        dropped=shift_without(*facts, setting.comparison) if affected.any() else None,
        blurred=blurred,
        relative=max(turned, blurred) / span if span > 0 else 0.0,
    )


def _blur(one: Found, measure: Measure, interviews: Interviews, setting: Setting) -> float:
    """How much wider the 95 % interval gets on either side: for want of interviews, or by interviewers."""
    known = np.isfinite(measure.values)
    if one.code == "interviewers_shape_answers":
        factor = float(one.values["widening"])  # type: ignore[arg-type]
        return (
            NORMAL_95 * _std_error(measure.values, interviews.arm, known, setting.comparison) * (factor - 1)
        )
    if one.code == "interviewers_by_arm":
        ways = float(np.nanstd(measure.values)) * np.sqrt(USUAL_ICC) if known.any() else 0.0
        return float(NORMAL_95 * ways * float(one.values["unbalance"]))  # type: ignore[arg-type]
    if one.code in ("quota_behind", "quota_short") and known.any():
        held, target = int(one.values["held"]), int(one.values["target"])  # type: ignore[call-overload]
        n = len(interviews)
        whole = _std_error(measure.values, interviews.arm, known, setting.comparison)
        # The interval of the quota's part as it is, less what it would be; by the part's share of the site.
        wider: float = float(np.sqrt(n / max(held, 1)) - np.sqrt(n / target))
        return float(NORMAL_95 * whole * wider * target / max(n, target))
    return 0.0


def _std_error(values: Floats, arm: np.ndarray, known: Flags, comparison: str | None) -> float:
    errors = []
    for here, there in _contrasts(arm, known, comparison):
        parts = [values[group].var(ddof=1) / group.sum() for group in (here, there) if group.sum() > 1]
        errors.append(float(np.sqrt(sum(parts))))
    return max(errors, default=0.0)


def _contrasts(arm: np.ndarray, known: Flags, comparison: str | None) -> list[tuple[Flags, Flags]]:
    """The groups whose means are subtracted: each arm and the comparison; one group and nobody."""
    names: Collection[str] = sorted({one for one in arm.tolist() if one is not None})
    nobody = np.zeros(len(arm), dtype=bool)
    if comparison not in names or len(names) < 2:
        return [(known, nobody)]
    there = known & (arm == comparison)
    return [(known & (arm == name), there) for name in names if name != comparison]


def _mean_over(gains: Floats, affected: Flags, weight: Floats, group: Flags) -> float:
    total = float(weight[group].sum())
    return float(gains[affected].sum()) / total if total > 0 else 0.0


def _mean(values: Floats, weight: Floats, group: Flags) -> float | None:
    total = float(weight[group].sum())
    return float((values[group] * weight[group]).sum()) / total if total > 0 else None
