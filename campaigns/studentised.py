"""The difference that assignments are compared by, over its own standard error in each of them.

A unit's influence on the mean of its arm is z = (Y1 - m1 W1) / sum(W1), less the same before where there is a wave before;
the variance of an arm with G units is G/(G-1) sum(z^2), which for persons with equal weights is that of HC2. Squares
and products of a unit's sums add up over the units drawn, so each assignment costs one sum.

References
----------
Young (2019), Quarterly Journal of Economics 134:557 (the randomisation-t). Checked against units written out one by one:
tests/campaigns/test_step_down.py
"""

import numpy as np

from campaigns.randomisation import W_AFTER, W_BEFORE, W_REACHED, Y_AFTER, Y_BEFORE, difference_of
from campaigns.sample import Floats


OWN = (W_AFTER, Y_AFTER, W_BEFORE, Y_BEFORE)
PAIRS = [(i, j) for i in range(len(OWN)) for j in range(i, len(OWN))]
THERE = W_REACHED + 1  # column that counts units with an answer
PRODUCTS = THERE + 1  # and from here on the products
NOTHING = 1e-12  # of a variance's parts: what is left of them is rounding


def with_squares(sums: Floats) -> Floats:
    """The sums of units, whether each has an answer, and their products."""
    there = (sums[:, W_AFTER] + sums[:, W_BEFORE] > 0).astype(float)
    return np.column_stack([sums, there, *(sums[:, OWN[i]] * sums[:, OWN[j]] for i, j in PAIRS)])


def studentised(drawn: Floats, total: Floats) -> Floats:
    """The t of each assignment; NaN where an arm has too few units for a variance, or none is left."""
    rest = total - drawn
    before = bool(total[W_BEFORE] > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = _variance(drawn, before) + _variance(rest, before)
        return np.asarray(difference_of(drawn, total) / np.sqrt(variance))


def _variance(arm: Floats, before: bool) -> Floats:
    """Of the arm's mean, or of its change, in each assignment; NaN where there is none."""
    w1, y1, w0, y0 = (arm[:, column] for column in OWN)
    along = [-y1 / w1**2, 1 / w1, y0 / w0**2 if before else 0 * w1, -1 / w0 if before else 0 * w1]
    parts = [
        (1 if i == j else 2) * along[i] * along[j] * arm[:, PRODUCTS + place]
        for place, (i, j) in enumerate(PAIRS)
    ]
    variance = np.sum(parts, axis=0)
    units = np.round(arm[:, THERE])
    left = (units > 1) & (variance > NOTHING * np.abs(parts).max(axis=0))
    return np.where(left, variance * units / (units - 1), np.nan)
