"""What stands beside a null: how small an effect could have been seen, and whether larger ones are ruled out."""

import math

from scipy import special

from campaigns.inference import quantile


POWER = 0.8  # with which the minimum detectable effect would have been found


def minimum_detectable_effect(std_error: float, df: float, confidence: float) -> float:
    """The effect that a two-sided test with this error would have found four times in five.

    (t[1 - alpha/2] + t[0.8]) times the standard error, on its degrees of freedom.

    References
    ----------
    Bloom (1995), Evaluation Review 19:547-556. R: (qt(.975, df) + qt(.8, df)) * se.
    """
    return (quantile(df, confidence) + quantile(df, 2 * POWER - 1)) * std_error


def equivalence_p_value(estimate: float, std_error: float, df: float, margin: float) -> float:
    """Two one-sided tests: the chance of an estimate so near zero if the effect were as large as the margin.

    References
    ----------
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15:657-680. R: TOSTER::tsum_TOST.
    """
    nearest = (margin - abs(estimate)) / std_error
    return float(special.ndtr(-nearest) if math.isinf(df) else special.stdtr(df, -nearest))
