"""Numbers far from all others, with fences that follow the skew of the answers."""

import numpy as np
from statsmodels.stats.stattools import medcouple

from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import Floats, Interviews, substantive
from surveys.quality.setting import Setting


FEWEST = 20
FENCE = 3.0  # interquartile ranges; Tukey's "far out"
MOST_FOR_SKEW = (
    2000  # the medcouple looks at all pairs; so many evenly spaced order statistics tell it as well
)


def fences(numbers: Floats) -> tuple[float, float] | None:
    """Lowest and highest number that is not far out; None with too few, or half of all the same.

    Adjusted boxplot: Q1 - k exp(a MC) IQR and Q3 + k exp(b MC) IQR with a, b = -4, 3 for a medcouple MC >= 0 and
    -3, 4 below, and k = 3 in place of 1.5. For symmetric answers these are Tukey's outer fences.

    References
    ----------
    Hubert & Vandervieren (2008), Comput Stat Data Anal 52:5186-5201. R: ``robustbase::adjboxStats(x, coef=3)``.
    """
    known = np.sort(numbers[np.isfinite(numbers)])
    if len(known) < FEWEST:
        return None
    low, high = np.quantile(known, [0.25, 0.75])
    spread = float(high - low)
    if spread <= 0:
        return None
    skew = skewness(known)
    down, up = (-4.0, 3.0) if skew >= 0 else (-3.0, 4.0)
    return float(low - FENCE * np.exp(down * skew) * spread), float(high + FENCE * np.exp(up * skew) * spread)


def skewness(ordered: Floats) -> float:
    """The medcouple of sorted numbers, -1 to 1."""
    if len(ordered) > MOST_FOR_SKEW:
        ordered = ordered[np.linspace(0, len(ordered) - 1, MOST_FOR_SKEW).round().astype(int)]
    return float(medcouple(ordered))


def check_outliers(interviews: Interviews, setting: Setting) -> Checked:
    """Each question that asks for a number, each number far out."""
    numeric = {n: one.numbers for n, one in substantive(interviews).items() if one.numbers is not None}
    if not numeric:
        return Checked(check="outliers", impossible="no_numbers")
    found = []
    for name, numbers in numeric.items():
        inside = fences(numbers)
        if inside is None:
            continue
        low, high = inside
        where = (numbers < low) | (numbers > high)
        if where.any():
            found.append(
                Found(
                    code="far_out",
                    severity="look",
                    count=int(where.sum()),
                    of=int(np.isfinite(numbers).sum()),
                    interviews=interviews.named(where),
                    question=name,
                    items=(name,),
                    values={"low": low, "high": high},
                )
            )
    return Checked(
        check="outliers", looked_at=len(interviews), found=tuple(found), expected={"questions": len(numeric)}
    )
