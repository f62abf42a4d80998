"""How small an effect a survey can see, and how large it must be: power, minimum detectable effect, sample size.

Two arms of equal size. The number of clusters is that of one arm, and so is the number of respondents, in one wave.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from scipy import optimize, special, stats
from statsmodels.stats.proportion import power_proportions_2indep

from surveys.problems import CannotProceed


Solve = Literal["mde", "clusters", "n", "power"]
PowerDesign = Literal["after_only", "two_wave_cross_section", "cohort", "individual"]

NEEDED: Mapping[str, tuple[str, ...]] = {  # in a design of clusters, for each thing solved for
    "mde": ("clusters", "cluster_size"),
    "power": ("clusters", "cluster_size", "effect"),
    "clusters": ("cluster_size", "effect"),
    "n": ("effect",),
}
SMALLEST = 2.0  # clusters or respondents of an arm, below which nothing can be told from chance
LARGEST = 1e7  # clusters or respondents beyond which nobody surveys


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What is known of a survey to come. ``effect`` and ``sd`` are in the outcome's unit."""

    design: PowerDesign = "after_only"
    sd: float = 1.0
    proportion: float | None = None  # of the comparison group, instead of ``sd``
    effect: float | None = None
    clusters: float | None = None  # of one arm
    cluster_size: float | None = None  # respondents of a cluster in one wave
    n: float | None = None  # respondents of one arm in one wave
    icc: float = 0.0
    cv: float = 0.0  # of the sizes of clusters: standard deviation over mean
    cluster_autocorrelation: float = 0.0  # of a cluster's means over time
    individual_autocorrelation: float = 0.0  # of a respondent's deviations from them, in a cohort
    alpha: float = 0.05
    power: float = 0.8

    @property
    def by_cluster(self) -> bool:
        """Whether clusters were assigned as a whole."""
        return self.design != "individual"

    @property
    def spread(self) -> float:
        """Standard deviation of the outcome; of a proportion, of both arms together once the effect is known."""
        if self.proportion is None:
            return self.sd
        reached = self.proportion if self.effect is None else self.proportion + self.effect
        return float(np.sqrt((self.proportion * (1 - self.proportion) + reached * (1 - reached)) / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerResult:
    """The quantity solved for, and what it rests on."""

    solve: Solve
    sizes: Sizes  # with the quantity solved for
    design_effect: float
    df: float
    std_error: float
    mde_normal: float | None  # where the effect is solved for: by the normal approximation
    mde_noncentral_t: float | None  # and as the effect at which the t test has that power exactly

    @property
    def value(self) -> float:
        """The quantity solved for."""
        name = "effect" if self.solve == "mde" else self.solve
        return float(getattr(self.sizes, name))


def solve_power(solve: Solve, sizes: Sizes) -> PowerResult:
    """Solve for the minimum detectable effect, the clusters or respondents an arm needs, or the power.

    With clusters the smallest detectable effect is ``(t[1-alpha/2] + t[power]) * SE`` on ``2 (J - 1)`` degrees of
    freedom, and clusters and respondents are solved from the same equation; power is that of the t test with the
    noncentral distribution. The squared standard error is, with J clusters of m respondents an arm,
    ``2 sd^2 D / (J m)`` after the campaign only and ``4 sd^2 D / (J m)`` for a difference in differences, where the
    design effect D is

    * after only: ``1 + ((cv^2 + 1) m - 1) icc``;
    * two waves of different respondents in the same clusters: ``1 - icc + (cv^2 + 1) m icc (1 - CAC)``;
    * a cohort: ``(1 - icc) (1 - IAC) + (cv^2 + 1) m icc (1 - CAC)``.

    Where a proportion is given, the variance is the mean of both arms'. Respondents drawn and assigned one by one: noncentral t for means, the normal test of two proportions otherwise.

    Raises
    ------
    CannotProceed
        Something needed is absent, out of range, or no size can reach the power asked for.

    References
    ----------
    Bloom (1995), Evaluation Review 19:547-556; Eldridge, Ashby & Kerry (2006), IJE 35:1292-1300; Hooper et al.
    (2016), Stat Med 35:4718-4728; R power.t.test and power.prop.test with strict=TRUE: tests/reference/power.R
    """
    _check(solve, sizes)
    solved = _solved_by_cluster(solve, sizes) if sizes.by_cluster else _solved_one_by_one(solve, sizes)
    std_error = _std_error(solved)
    of_means = sizes.by_cluster or sizes.proportion is None
    normal = float(stats.norm.ppf(1 - solved.alpha / 2) + stats.norm.ppf(solved.power))
    return PowerResult(
        solve=solve,
        sizes=solved,
        design_effect=design_effect(solved),
        df=_df(solved),
        std_error=std_error,
        mde_normal=_smallest_effect(solved, normal) if solve == "mde" else None,
        mde_noncentral_t=_noncentral_mde(solved) if solve == "mde" and of_means else None,
    )


def design_effect(sizes: Sizes) -> float:
    """How many times the variance is that of as many respondents drawn one by one in the same number of waves."""
    if not sizes.by_cluster:
        return 1.0
    assert sizes.cluster_size is not None, "a design of clusters has a cluster size by now"  # noqa: S101
    between = (sizes.cv**2 + 1) * sizes.cluster_size * sizes.icc
    within = 1 - sizes.icc
    if sizes.design == "after_only":
        return within + between
    if sizes.design == "cohort":
        within *= 1 - sizes.individual_autocorrelation
    return within + between * (1 - sizes.cluster_autocorrelation)


def _solved_by_cluster(solve: Solve, sizes: Sizes) -> Sizes:
    if solve == "mde":
        sizes = replace(sizes, n=_product(sizes))
        return replace(sizes, effect=_reachable(_smallest_effect(sizes, _multiplier(sizes))))
    if solve == "power":
        sizes = replace(sizes, n=_product(sizes))
        return replace(sizes, power=_power(sizes))
    if solve == "n" and sizes.cluster_size is None:

        def larger(size: float) -> Sizes:
            return replace(sizes, cluster_size=size)

        found = larger(_root(lambda size: _excess(larger(size)), low=1.0))
    else:

        def more(clusters: float) -> Sizes:
            return replace(sizes, clusters=clusters)

        found = more(_root(lambda clusters: _excess(more(clusters)), low=SMALLEST))
    return replace(found, n=_product(found))


def _solved_one_by_one(solve: Solve, sizes: Sizes) -> Sizes:
    if solve == "power":
        return replace(sizes, power=_power(sizes))
    if solve == "n":

        def with_n(n: float) -> Sizes:
            return replace(sizes, n=n)

        return with_n(_root(lambda n: sizes.power - _power(with_n(n)), low=SMALLEST))
    return replace(sizes, effect=_reachable(_noncentral_mde(sizes)))


def _reachable(effect: float | None) -> float:
    if effect is None:
        raise CannotProceed(
            "--n", "so few respondents see no effect that a proportion could have.", "Take more respondents."
        )
    return effect


def _smallest_effect(sizes: Sizes, multiplier: float) -> float | None:
    """The effect that is ``multiplier`` of its own standard errors; None where no proportion is that large."""
    if sizes.proportion is None:
        return multiplier * _std_error(sizes)
    most = 1 - sizes.proportion - 1e-12

    def lacking(effect: float) -> float:
        return multiplier * _std_error(replace(sizes, effect=effect)) - effect

    if lacking(most) > 0:
        return None
    return float(optimize.brentq(lacking, 0.0, most, xtol=1e-14, rtol=1e-13))


def _noncentral_mde(sizes: Sizes) -> float | None:
    """The effect at which the test's power is the one asked for; None where no effect reaches it."""
    most = np.inf if sizes.proportion is None else 1 - sizes.proportion - 1e-9
    high = _std_error(sizes)

    def lacking(effect: float) -> float:
        return sizes.power - _power(replace(sizes, effect=effect))

    while lacking(min(high, most)) > 0:
        if high >= most:
            return None
        high *= 1.5
    return float(optimize.brentq(lacking, 0.0, min(high, most), xtol=1e-14, rtol=1e-13))


def _power(sizes: Sizes) -> float:
    assert sizes.effect is not None, "power is asked of an effect"  # noqa: S101
    if not sizes.by_cluster and sizes.proportion is not None:
        found = power_proportions_2indep(sizes.effect, sizes.proportion, sizes.n, alpha=sizes.alpha)
        return float(found.power)
    return _t_test_power(abs(sizes.effect) / _std_error(sizes), _df(sizes), sizes.alpha)


def _t_test_power(noncentrality: float, df: float, alpha: float) -> float:
    """Power of a two-sided t test, both tails; statsmodels' own gives NaN where the far tail underflows."""
    critical = stats.t.ppf(1 - alpha / 2, df)
    beyond = special.nctdtr(df, noncentrality, -critical)
    return float(1 - special.nctdtr(df, noncentrality, critical) + (0.0 if np.isnan(beyond) else beyond))


def _excess(sizes: Sizes) -> float:
    """By how much the smallest detectable effect is larger than the effect hoped for."""
    assert sizes.effect is not None, "clusters and respondents are solved for an effect"  # noqa: S101
    return _multiplier(sizes) * _std_error(sizes) - abs(sizes.effect)


def _multiplier(sizes: Sizes) -> float:
    df = _df(sizes)
    return float(stats.t.ppf(1 - sizes.alpha / 2, df) + stats.t.ppf(sizes.power, df))


def _std_error(sizes: Sizes) -> float:
    n = _product(sizes) if sizes.by_cluster else sizes.n
    assert n is not None, "the number of respondents is known by now"  # noqa: S101
    waves = 2 if sizes.design in ("two_wave_cross_section", "cohort") else 1
    return float(sizes.spread * np.sqrt(2 * waves * design_effect(sizes) / n))


def _df(sizes: Sizes) -> float:
    size = sizes.clusters if sizes.by_cluster else sizes.n
    assert size is not None, "the number of clusters or respondents is known by now"  # noqa: S101
    return 2 * (size - 1)


def _product(sizes: Sizes) -> float:
    assert sizes.clusters is not None, "the number of clusters is known by now"  # noqa: S101
    assert sizes.cluster_size is not None, "the size of clusters is known by now"  # noqa: S101
    return sizes.clusters * sizes.cluster_size


def _root(lacking: Callable[[float], float], low: float) -> float:
    """Where what is lacking becomes nil, as the size grows."""
    if lacking(low) <= 0:
        return low
    high = 2 * low
    while lacking(high) > 0:
        high *= 2
        if high > LARGEST:
            raise CannotProceed(
                "--solve",
                "no size reaches this power: what clusters differ by does not shrink with their size.",
                "Hope for a larger effect, take more clusters, or accept a lower power.",
            )
    return float(optimize.brentq(lacking, high / 2, high, xtol=1e-12, rtol=1e-13))


def _check(solve: Solve, sizes: Sizes) -> None:
    _must(
        solve in get_args(Solve),
        "--solve",
        f'"{solve}" cannot be solved for.',
        "Use mde, clusters, n or power.",
    )
    for option, value, low, high in (
        ("--alpha", sizes.alpha, 0, 1),
        ("--power", sizes.power, sizes.alpha, 1),
        ("--proportion", 0.5 if sizes.proportion is None else sizes.proportion, 0, 1),
    ):
        _must(
            low < value < high, option, f"{value:g} is not between {low:g} and {high:g}.", "Mend the number."
        )
    for option, value in (
        ("--icc", sizes.icc),
        ("--autocorrelation", sizes.cluster_autocorrelation),
        ("--individual-autocorrelation", sizes.individual_autocorrelation),
    ):
        _must(0 <= value <= 1, option, f"{value:g} is not between 0 and 1.", "Mend the number.")
    _must(sizes.sd > 0, "--sd", "it must be greater than zero.", "Mend the number.")
    _must(sizes.cv >= 0, "--cv", "it cannot be negative.", "Mend the number.")
    _check_sizes(solve, sizes)


def _check_sizes(solve: Solve, sizes: Sizes) -> None:
    if not sizes.by_cluster:
        _must(
            solve != "clusters",
            "--solve",
            "respondents drawn one by one form no clusters.",
            "Solve for n instead.",
        )
        needed: tuple[str, ...] = {"mde": ("n",), "power": ("n", "effect"), "n": ("effect",)}[solve]
    else:
        needed = NEEDED[solve]
        one_of_two = solve != "n" or (sizes.clusters is None) != (sizes.cluster_size is None)
        _must(
            one_of_two,
            "--clusters, --cluster-size",
            "to solve for n one of the two must be known, and the other not.",
            "Give the one that is fixed.",
        )
    for name in needed:
        option = f"--{name.replace('_', '-')}"
        value = getattr(sizes, name)
        _must(value is not None, option, f"it is needed to solve for {solve} and is absent.", "Give it.")
        _must(value != 0, option, "it must not be zero.", "Mend the number.")
    _must(
        (sizes.clusters or 2) > 1, "--clusters", "an arm needs two clusters at least.", "Take more clusters."
    )
    _must((sizes.n or 2) > 1, "--n", "an arm needs two respondents at least.", "Take more respondents.")
    _must(
        (sizes.cluster_size or 1) > 0, "--cluster-size", "it must be greater than zero.", "Mend the number."
    )
    if sizes.proportion is not None and sizes.effect is not None:
        _must(
            0 < sizes.proportion + sizes.effect < 1,
            "--effect",
            "the proportion and the effect together leave the range from 0 to 1.",
            "Give the effect as a proportion: five percentage points are 0.05.",
        )


def _must(so: bool, where: str, what: str, remedy: str) -> None:
    if not so:
        raise CannotProceed(where, what, remedy)
