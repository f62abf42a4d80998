"""List experiments: how many hold what nobody would admit, from how many statements of a list they hold."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from campaigns.inference import quantile
from campaigns.sample import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class ListExperiment:
    """The share who hold the statement that only the longer list has, and whether the design held."""

    n_long: int
    n_short: int
    share: float  # may fall outside 0-1 by chance
    std_error: float
    conf_low: float
    conf_high: float
    p_design: float  # small: adding the statement changed the answers to the others
    smallest: (
        float  # the smallest share of a kind of respondent that the answers imply; below nil is impossible
    )
    all_held: (
        float  # of the shorter list, the share who hold every statement: their long answer would tell on them
    )
    none_held: float


def list_experiment(count: Floats, long: np.ndarray, listed: int, confidence: float = 0.95) -> ListExperiment:
    """Difference in means of the longer and the shorter list, with the test of the design.

    Given the two distributions, the shares of people who hold y other statements, with and without the sensitive one,
    are differences of shares; the design fails where one of them is below nil. Each is tested one-sided, and the smallest
    p is multiplied by their number: cruder, and more careful, than the moment selection of R's ``ict.test``.

    Parameters
    ----------
    count
        Statements held; no NaN.
    long
        Who had the longer list.
    listed
        Statements of the shorter list.

    References
    ----------
    Blair & Imai (2012), Political Analysis 20:47-77, sections 2.1 and 3.1. R: list::ictreg(method = "lm") without
    covariates. Published numbers: tests/campaigns/test_list_experiment.py
    """
    one, other = count[long], count[~long]
    share = float(one.mean() - other.mean())
    std_error = math.sqrt(one.var(ddof=1) / len(one) + other.var(ddof=1) / len(other))
    reach = quantile(math.inf, confidence) * std_error
    smallest, p_design = _design(one, other, listed)
    return ListExperiment(
        n_long=len(one),
        n_short=len(other),
        share=share,
        std_error=std_error,
        conf_low=share - reach,
        conf_high=share + reach,
        p_design=p_design,
        smallest=smallest,
        all_held=float((other == listed).mean()),
        none_held=float((other == 0).mean()),
    )


def _design(one: Floats, other: Floats, listed: int) -> tuple[float, float]:
    """The smallest implied share, and the p-value of all of them being at least nil."""
    shares, p_values = [], []
    for y in range(listed):
        # with the sensitive statement, y others: P(short <= y) - P(long <= y);
        # without it, y + 1 others: P(long <= y + 1) - P(short <= y)
        for first, second in ((other <= y, one <= y), (one <= y + 1, other <= y)):
            a, b = float(first.mean()), float(second.mean())
            error = math.sqrt(a * (1 - a) / len(first) + b * (1 - b) / len(second))
            shares.append(a - b)
            p_values.append(float(special.ndtr((a - b) / error)) if error > 0 else 1.0)
    return min(shares), min(1.0, len(p_values) * min(p_values))
