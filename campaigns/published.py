"""Numbers that a report gives, worked out again from the other numbers it gives, as far as their rounding allows.

A printed number stands for everything that would be rounded to it. So every check yields a range: what the other numbers,
at the ends of their own rounding, could come to. The reported number agrees where its own rounding meets that range.

References
----------
Nuijten, Hartgerink, van Assen, Epskamp & Wicherts (2016), Behavior Research Methods 48:1205 (statcheck). Brown & Heathers
(2017), Social Psychological and Personality Science 8:363. R: statcheck, scrutiny. Checked against published studies and
Welch's test of scipy: tests/campaigns/test_published_studies.py
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product

from scipy import special

from campaigns.inference import quantile


Numbers = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """One quantity from the numbers as printed, and the least and most it may be given their rounding."""

    value: float
    low: float
    high: float

    def agrees(self, reported: str) -> bool:
        """Whether the number reported could have come about."""
        least, most = _rounded_to(reported)
        return self.low <= most and least <= self.high


class CannotRecompute(Exception):
    """The numbers given do not determine the quantity; ``missing`` are the names that would."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def two_groups(mean_1: float, sd_1: float, n_1: float, mean_2: float, sd_2: float, n_2: float) -> Numbers:
    """Welch's test of second minus first, and the standardised difference (d by the pooled sd; g corrected).

    References
    ----------
    Welch (1947), Biometrika 34:28. Hedges (1981), Journal of Educational Statistics 6:107. R: t.test, effsize::cohen.d.
    """
    of_1, of_2 = sd_1**2 / n_1, sd_2**2 / n_2
    std_error, df = math.sqrt(of_1 + of_2), n_1 + n_2 - 2
    welch = (of_1 + of_2) ** 2 / (of_1**2 / (n_1 - 1) + of_2**2 / (n_2 - 1))
    d = (mean_2 - mean_1) / math.sqrt(((n_1 - 1) * sd_1**2 + (n_2 - 1) * sd_2**2) / df)
    return {**_tested(mean_2 - mean_1, std_error, welch), "d": d, "g": d * (1 - 3 / (4 * df - 1))}


def paired_change(mean: float, sd: float, n: float, confidence: float = 0.95) -> Numbers:
    """The paired t test from the mean and sd of the changes themselves. R: t.test(paired = TRUE)."""
    return _tested(mean, sd / math.sqrt(n), n - 1, confidence)


def two_means(
    mean_1: float, std_error_1: float, mean_2: float, std_error_2: float, df: float = math.inf
) -> Numbers:
    """Second minus first of two independent means with their standard errors."""
    return _tested(mean_2 - mean_1, math.hypot(std_error_1, std_error_2), df)


def from_interval(
    estimate: float, conf_low: float, conf_high: float, df: float = math.inf, confidence: float = 0.95
) -> Numbers:
    """Standard error and p-value from a symmetric interval. Altman & Bland (2011), BMJ 343:d2304."""
    return _tested(estimate, (conf_high - conf_low) / (2 * quantile(df, confidence)), df, confidence)


def change_in_percent(before: float, after: float) -> Numbers:
    """The change as per cent of what was before."""
    return {"percent": 100 * (after / before - 1)}


def eta_squared(f: float, df_1: float, df_2: float) -> Numbers:
    """Partial eta squared from an F test: df1 F / (df1 F + df2). Cohen (1973). R: effectsize::F_to_eta2."""
    return {"eta_squared": df_1 * f / (df_1 * f + df_2)}


def _tested(estimate: float, std_error: float, df: float, confidence: float = 0.95) -> Numbers:
    statistic, reach = estimate / std_error, quantile(df, confidence) * std_error
    below = special.ndtr(-abs(statistic)) if math.isinf(df) else special.stdtr(df, -abs(statistic))
    return {
        "estimate": estimate,
        "std_error": std_error,
        "statistic": statistic,
        "df": df,
        "p_value": 2 * float(below),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How a quantity follows from others: what it gives, which it needs, which it may do without."""

    compute: Callable[..., Numbers]
    gives: tuple[str, ...]
    needs: tuple[str, ...]
    may: tuple[str, ...] = ()


TEST = ("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high")
CHECKS: dict[str, Check] = {
    "two_groups": Check(
        compute=two_groups, gives=(*TEST, "d", "g"), needs=("mean_1", "sd_1", "n_1", "mean_2", "sd_2", "n_2")
    ),
    "paired_change": Check(compute=paired_change, gives=TEST, needs=("mean", "sd", "n")),
    "two_means": Check(
        compute=two_means, gives=TEST, needs=("mean_1", "std_error_1", "mean_2", "std_error_2"), may=("df",)
    ),
    "from_interval": Check(
        compute=from_interval, gives=TEST, needs=("estimate", "conf_low", "conf_high"), may=("df",)
    ),
    "change_in_percent": Check(compute=change_in_percent, gives=("percent",), needs=("before", "after")),
    "eta_squared": Check(compute=eta_squared, gives=("eta_squared",), needs=("f", "df_1", "df_2")),
}
EXACT = ("n", "n_1", "n_2", "df", "df_1", "df_2")  # counts are not rounded


def recompute(check: str, printed: Mapping[str, str]) -> dict[str, Recomputed]:
    """Every quantity of a check from numbers as they are printed, with the range their rounding leaves.

    The range is that of the ends of every rounding, in all combinations.

    Raises
    ------
    CannotRecompute
        Some number is not given: of a paired test, for one, the two standard deviations do not determine that of the change.
    """
    rule = CHECKS[check]
    missing = tuple(name for name in rule.needs if not printed.get(name))
    if missing:
        raise CannotRecompute(missing)
    given = {name: text for name in (*rule.needs, *rule.may) if (text := printed.get(name))}
    as_printed = rule.compute(**{name: float(text) for name, text in given.items()})
    ends = [(float(text),) if name in EXACT else _rounded_to(text) for name, text in given.items()]
    corners = [rule.compute(**dict(zip(given, corner, strict=True))) for corner in product(*ends)]
    return {
        name: Recomputed(
            value=value,
            low=min(corner[name] for corner in corners),
            high=max(corner[name] for corner in corners),
        )
        for name, value in as_printed.items()
    }


def _rounded_to(text: str) -> tuple[float, float]:
    """The least and most that is rounded to a number as it is printed."""
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise ValueError(text) from error
    exponent = number.as_tuple().exponent
    half = Decimal(5).scaleb(int(exponent) - 1)
    return float(number - half), float(number + half)
