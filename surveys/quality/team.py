"""Interviewers against their team: how alike one interviewer's interviews are, and who stands apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats


Floats = NDArray[np.float64]
Labels = NDArray[np.object_]

FEWEST = 10  # interviews before one interviewer is compared with the others
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Resemblance:
    """The share of variance that lies between interviewers, arms kept apart."""

    icc: float  # as estimated; chance can make it negative
    conf_low: float
    conf_high: float
    interviewers: int
    n: int
    size: float  # interviews an interviewer, averaged as the variance needs it
    f: float
    p_value: float  # that it is more than chance, and more than the clusters they work in explain
    deviation: float  # standard deviation within interviewers
    design_effect: float  # of a mean: what the variance is multiplied by
    design_effect_contrast: float | None  # of the difference between arms; None without arms


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One interviewer against all others of the team, arms kept apart."""

    interviewer: str
    n: int
    mean: float
    others: float  # mean of the others
    difference: float  # adjusted for arm
    std_error: float
    df: float
    p_value: float
    p_adjusted: float  # Holm, over the interviewers compared
    shrunken: float  # the difference, drawn to zero as far as it may be chance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """The two-way fit ``value ~ arm + interviewer``."""

    values: Floats
    who: NDArray[np.int64]
    names: tuple[str, ...]
    arm: NDArray[np.int64]
    residuals: Floats
    ms_between: float
    ms_within: float
    df_between: float
    df_within: float
    size: float  # n0, the coefficient of the interviewers' variance in the mean square between them

    @property
    def between(self) -> float:
        """Variance between interviewers."""
        return max(0.0, (self.ms_between - self.ms_within) / self.size)


def resemblance(
    values: Floats, interviewer: Labels, arm: Labels | None = None, cluster: Labels | None = None
) -> Resemblance | None:
    """Intraclass correlation of interviewers by analysis of variance, with its F interval and design effects.

    The fit is ``y ~ arm + interviewer``, so that what the campaign did is not taken for what interviewers do. The
    variance between interviewers is Henderson's method 3: (MS_between - MS_within) / n0 with
    n0 = (N - sum_a sum_i n_ia^2 / n_a) / df_between, which without arms is the usual one-way n0. The interval
    inverts F = MS_between / MS_within (exact for balanced groups, near for others). The design effect of a mean
    is 1 + (sum n_i^2 / N - 1) ICC; that of the difference between two arms is
    [(1 - ICC)(1/n_c + 1/n_k) + ICC sum_i (n_ic/n_c - n_ik/n_k)^2] / (1/n_c + 1/n_k): interviewers who work in
    both arms alike cancel out.

    Where each works in clusters of their own, interviewer and cluster are estimated together; the p-value is then
    of F / D, with the D and degrees of freedom of ``deviations``.

    Returns
    -------
    None
        Fewer than two interviewers, or nobody with two interviews, or an answer that never varies.

    References
    ----------
    Searle, Casella & McCulloch (1992), Variance Components, ch. 5; Donner (1979), Am J Epidemiol 110:335-342;
    Kish (1962), JASA 57:92-115. R: ``aov(y ~ arm + interviewer)``; tests/reference/interviewers.R, where
    ``lme4::lmer`` stands beside it.
    """
    fit = _fit(values, interviewer, arm)
    if fit is None:
        return None
    f = fit.ms_between / fit.ms_within if fit.ms_within > _NOTHING else np.inf
    spread, free = _clustered(fit, _known(values, interviewer, cluster))
    beyond = fit.ms_between / spread if spread > _NOTHING else np.inf
    n, counts = len(fit.values), np.bincount(fit.who)
    low, high = (float(stats.f.ppf(share, fit.df_between, fit.df_within)) for share in (0.025, 0.975))
    icc = _icc_of(f, fit.size)
    return Resemblance(
        icc=icc,
        conf_low=_icc_of(f / high, fit.size),
        conf_high=_icc_of(f / low, fit.size),
        interviewers=len(fit.names),
        n=n,
        size=fit.size,
        f=f,
        p_value=float(stats.f.sf(beyond, fit.df_between, free)),
        deviation=float(np.sqrt(fit.ms_within)),
        design_effect=1 + (float((counts**2).sum()) / n - 1) * max(icc, 0.0),
        design_effect_contrast=_contrast_effect(fit, max(icc, 0.0)),
    )


def deviations(
    values: Floats, interviewer: Labels, arm: Labels | None = None, cluster: Labels | None = None
) -> tuple[Deviation, ...]:
    """Each interviewer with at least ``FEWEST`` interviews against all others, in the order of their names.

    The difference is the coefficient of "by this interviewer" beside the arms. Its variance is D s^2 / sum of squares
    of that indicator within arms; s^2 is the mean square within interviewers, and D >= 1 the design effect of
    clusters within interviewers, so that a ward is not taken for an interviewer:
    D = sum_g E_g^2 / [s^2 (N - sum_g n_g^2 / n_i(g))], E_g the sum of residuals of one interviewer in one cluster.
    Degrees of freedom are those cells minus interviewers, where clusters are known. P-values are Holm's over
    the interviewers compared, and the shrunken difference is B d with B = t^2 c / (t^2 c + se^2), t^2 the variance
    between interviewers and c = k / (k - 1) (empirical Bayes): a handful of interviews is drawn to the team.

    References
    ----------
    Rao & Scott (1992), Biometrics 48:577-585, for the design effect; Efron & Morris (1975), JASA 70:311-319.
    """
    fit = _fit(values, interviewer, arm)
    if fit is None:
        return ()
    spread, df = _clustered(fit, _known(values, interviewer, cluster))
    found = []
    for place, name in enumerate(fit.names):
        his = fit.who == place
        if his.sum() < FEWEST or (~his).sum() < FEWEST:
            continue
        indicator = _within(his.astype(np.float64), fit.arm)
        leverage = float((indicator**2).sum())
        if leverage < _NOTHING * len(his):
            continue  # alone in an arm: interviewer and arm cannot be told apart
        difference = float((indicator * fit.values).sum()) / leverage
        std_error = float(np.sqrt(spread / leverage))
        p_value = _two_sided(difference, std_error, df)
        found.append((name, his, difference, std_error, p_value))
    if not found:
        return ()
    adjusted = holm([p for *_, p in found])
    c = len(fit.names) / (len(fit.names) - 1)
    return tuple(
        Deviation(
            interviewer=name,
            n=int(his.sum()),
            mean=float(fit.values[his].mean()),
            others=float(fit.values[~his].mean()),
            difference=difference,
            std_error=std_error,
            df=df,
            p_value=p_value,
            p_adjusted=p_adjusted,
            shrunken=difference * _kept(fit.between * c, std_error**2),
        )
        for (name, his, difference, std_error, p_value), p_adjusted in zip(found, adjusted, strict=True)
    )


def _known(values: Floats, interviewer: Labels, cluster: Labels | None) -> Labels | None:
    """The clusters of the interviews that a fit takes in."""
    if cluster is None:
        return None
    kept: Labels = cluster[
        np.isfinite(values) & np.array([one is not None for one in interviewer], dtype=bool)
    ]
    return kept


def _fit(values: Floats, interviewer: Labels, arm: Labels | None) -> _Fit | None:
    known = np.isfinite(values) & np.array([one is not None for one in interviewer], dtype=bool)
    y = values[known]
    names, who = _coded(interviewer[known])
    arms = np.zeros(len(y), dtype=np.int64) if arm is None else _coded(arm[known])[1]
    if len(names) < 2 or len(y) <= len(names) or float(np.ptp(y)) <= _NOTHING:
        return None
    within_arms = _within(y, arms)
    dummies = np.stack(
        [_within((who == place).astype(np.float64), arms) for place in range(len(names))], axis=1
    )
    coefficients, _, rank, _ = np.linalg.lstsq(dummies, within_arms, rcond=None)
    residuals = within_arms - dummies @ coefficients
    ss_within = float((residuals**2).sum())
    ss_between = float((within_arms**2).sum()) - ss_within
    df_between = float(rank)
    df_within = float(len(y) - len(np.unique(arms)) - rank)
    if df_between < 1 or df_within < 1:
        return None
    size = float((dummies**2).sum()) / df_between
    return _Fit(
        values=y,
        who=who,
        names=names,
        arm=arms,
        residuals=residuals,
        ms_between=ss_between / df_between,
        ms_within=ss_within / df_within,
        df_between=df_between,
        df_within=df_within,
        size=size,
    )


def _coded(labels: Labels) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    texts = ["" if one is None else str(one) for one in labels.tolist()]
    names = sorted(set(texts))
    place = {name: number for number, name in enumerate(names)}
    return tuple(names), np.array([place[text] for text in texts], dtype=np.int64)


def _within(values: Floats, group: NDArray[np.int64]) -> Floats:
    """The values less the mean of their group."""
    sums = np.bincount(group, weights=values)
    counts = np.bincount(group)
    return np.asarray(values - (sums / np.maximum(counts, 1))[group], dtype=np.float64)


def _icc_of(f: float, size: float) -> float:
    if np.isinf(f):
        return 1.0
    return float((f - 1) / (f + size - 1))


def _contrast_effect(fit: _Fit, icc: float) -> float | None:
    arms = np.unique(fit.arm)
    if len(arms) != 2:
        return None
    first, second = (
        np.bincount(fit.who[fit.arm == one], minlength=len(fit.names)).astype(np.float64) for one in arms
    )
    alone = 1 / first.sum() + 1 / second.sum()
    apart = float(((first / first.sum() - second / second.sum()) ** 2).sum())
    return float(((1 - icc) * alone + icc * apart) / alone)


def _clustered(fit: _Fit, cluster: Labels | None) -> tuple[float, float]:
    """The variance of one interview's residual, made larger for clusters, and its degrees of freedom."""
    if cluster is None or all(one is None for one in cluster.tolist()):
        return fit.ms_within, fit.df_within
    cells, at = _coded(np.array([f"{w}\x1f{c}" for w, c in zip(fit.who, cluster, strict=True)], dtype=object))
    free = len(cells) - len(fit.names)
    expected = len(at) - _sum_of_shares(at, fit.who)
    if free < 1 or expected <= _NOTHING or fit.ms_within <= _NOTHING:
        return fit.ms_within, fit.df_within
    sums = np.bincount(at, weights=fit.residuals)
    effect = max(1.0, float((sums**2).sum()) / (fit.ms_within * expected))
    return fit.ms_within * effect, float(free)


def _sum_of_shares(cell: NDArray[np.int64], who: NDArray[np.int64]) -> float:
    """Sum over cells of n_g^2 / n_i."""
    sizes = np.bincount(cell).astype(np.float64)
    owner = np.zeros(len(sizes), dtype=np.int64)
    owner[cell] = who
    return float((sizes**2 / np.bincount(who)[owner]).sum())


def _two_sided(difference: float, std_error: float, df: float) -> float:
    if std_error <= _NOTHING:
        return 0.0 if abs(difference) > _NOTHING else 1.0
    return float(2 * stats.t.sf(abs(difference) / std_error, df))


def _kept(between: float, noise: float) -> float:
    return between / (between + noise) if between + noise > _NOTHING else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted by Holm's method, in the order given.

    Holm (1979), Scand J Stat 6:65-70. R: ``p.adjust(p, "holm")``. (statsmodels' multipletests collects garbage at
    every call, a fifth of a second each, and is called here for every question.)
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(stepped, 1.0)
    return [float(one) for one in adjusted]
