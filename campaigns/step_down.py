"""Several tests in steps, from one set of draws that all of them share: Romano and Wolf, Westfall and Young.

The draws keep how the outcomes hang together: where two outcomes move alike, the second costs little.
"""

import numpy as np

from campaigns.sample import Floats


TIE = 1e-9  # of a statistic: closer than this it is the same one, found by another order of sums


def by_largest(observed: Floats, drawn: Floats) -> Floats:
    """P-values by the step-down of Romano and Wolf: each against the largest statistic of those not yet refused.

    Parameters
    ----------
    observed
        One statistic a test, without its sign; on one scale, so studentised.
    drawn
        Tests x draws: the same under the null. The observed one is among the draws, so no p-value is nil: with B
        draws beside it they are (1 + number beyond) / (1 + B), and with every draw gone through they are exact.

    References
    ----------
    Romano & Wolf (2005), Econometrica 73:1237-1282; (2016), Statistics & Probability Letters 113:38-40 (p-values).
    R: wildrwolf; Stata: rwolf. Checked against brute force: tests/campaigns/test_step_down.py
    """
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(drawn[order[::-1]], axis=0)[::-1]
    return _in_steps(order, (largest >= _just_below(observed[order])[:, None]).mean(axis=1))


def by_smallest_p(observed: Floats, drawn: Floats) -> Floats:
    """P-values by the step-down of Westfall and Young: each p against the smallest p of those not yet refused.

    Every test has the p-value of its own draws, in the data and in each draw, so the statistics need no common
    scale, and a family of one has the p-value it had. Parameters as of ``by_largest``.

    References
    ----------
    Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 2.8; Ge, Dudoit & Speed (2003), Test 12:1-77
    (box 4: one set of draws serves both). R: multtest::mt.minP. Checked against brute force:
    tests/campaigns/test_step_down.py
    """
    ordered = np.sort(drawn, axis=1)
    own = np.array([_beyond(line, np.array([value])) for line, value in zip(ordered, observed, strict=True)])[
        :, 0
    ]
    among = np.stack([_beyond(line, values) for line, values in zip(ordered, drawn, strict=True)])
    order = np.argsort(own, kind="stable")
    smallest = np.minimum.accumulate(among[order[::-1]], axis=0)[::-1]
    return _in_steps(order, (smallest <= own[order][:, None]).mean(axis=1))


def _beyond(ordered: Floats, values: Floats) -> Floats:
    """The share of draws that are at least each value, as a whole number over the number of draws."""
    below = np.searchsorted(ordered, _just_below(values), side="left")
    found: Floats = (len(ordered) - below) / len(ordered)
    return found


def _just_below(values: Floats) -> Floats:
    lowered: Floats = values * (1 - TIE)
    return lowered


def _in_steps(order: np.ndarray, p_values: Floats) -> Floats:
    """No test has a smaller p than one before it; back in the order given."""
    found = np.empty(len(order))
    found[order] = np.maximum.accumulate(p_values)
    return found
