"""What each cluster carries of one effect: how many there really are, and what the estimate would be without each.

References
----------
Carter, Schnepel & Steigerwald (2017), Review of Economics and Statistics 99:698 (effective number of clusters).
MacKinnon, Nielsen & Webb (2023), Stata Journal 23:942 (leverage, partial leverage, estimates without each).
Checked against fits without each cluster: tests/reference/clusters.R
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np

from campaigns.assignment import units_assigned
from campaigns.bias_reduced import left_out_shifts
from campaigns.effects import Subject
from campaigns.inference import Estimated
from campaigns.least_squares import Regression
from campaigns.question import CannotBe, clusters_among
from campaigns.randomisation import smallest_p
from campaigns.regression import Answers
from campaigns.sample import Floats


NOTHING = 1e-18  # of what independent errors add: then errors that move as one cancel inside every cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedCluster:
    """One cluster of one effect."""

    cluster: str
    n: int  # respondents
    n_by_group: Mapping[str, int]  # by arm and wave, as the design has them
    leverage: float  # tr(H_gg): of the coefficients, how many it alone accounts for
    partial_leverage: float  # its share in what identifies the effect; all add up to one
    left_out_estimate: float | None  # None: without it there is no estimate, or the model has no exact one


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterInspection:
    """The clusters of one effect, or why there is nothing to look at."""

    subject: Subject
    estimate: float | None = None
    n_clusters: int | None = None
    clusters_by_group: Mapping[str, int] = field(default_factory=dict)
    size_cv: float | None = None  # standard deviation of respondents a cluster over their mean
    effective_if_independent: float | None = None  # G* with independent answers inside a cluster
    effective_if_alike: float | None = None  # G* with answers that move as one: the cautious number
    smallest_p_bootstrap: float | None = None  # of all sign patterns
    smallest_p_randomisation: float | None = None  # of all assignments; None where no lot can be gone through
    clusters: tuple[InspectedCluster, ...] = ()
    not_estimable: str | None = None  # code of the reason

    def as_record(self) -> dict[str, object]:
        """Nested mappings and lists, for JSON."""
        found = asdict(self)
        subject = found.pop("subject")
        return {**subject, **found}

    def as_lines(self) -> list[dict[str, object]]:
        """One flat mapping a cluster, for CSV; one in all where there are none."""
        whole = self.as_record()
        del whole["clusters"], whole["clusters_by_group"]
        whole |= {f"clusters_{group}": number for group, number in self.clusters_by_group.items()}
        lines = []
        for each in self.clusters:
            own: dict[str, object] = asdict(each)
            own.pop("n_by_group")
            lines.append({**whole, **own, **{f"n_{group}": n for group, n in each.n_by_group.items()}})
        return lines or [whole]


def inspect_clusters(answers: Answers, arm: str, subject: Subject) -> ClusterInspection:
    """What each cluster carries of the effect of one arm."""
    reason = answers.reason_against(arm)
    if reason is not None:
        return ClusterInspection(subject=subject, not_estimable=reason)
    try:
        estimated = answers.fit().estimated(arm)
    except CannotBe as stop:
        return ClusterInspection(subject=subject, not_estimable=stop.code)
    regression = estimated.regression
    if regression is None:
        return ClusterInspection(subject=subject, not_estimable="no_leverages")
    sample, names = regression.sample, _names(answers)
    sizes = np.bincount(sample.codes, sample.n)
    part = answers.question.cluster_parts[0]
    independent, alike = _variances(regression, estimated)
    return ClusterInspection(
        subject=subject,
        estimate=answers.value(estimated),
        n_clusters=len(sizes),
        clusters_by_group={
            group: clusters_among(answers.question, part, members & answers.used)
            for group, members in answers.groups[arm].items()
        },
        size_cv=float(sizes.std(ddof=1) / sizes.mean()),
        effective_if_independent=_effective(independent),
        effective_if_alike=_effective(alike) if alike.sum() > NOTHING * independent.sum() else None,
        smallest_p_bootstrap=2.0 ** (1 - len(sizes)),
        smallest_p_randomisation=_smallest_by_lot(answers, arm),
        clusters=tuple(_each_cluster(answers, arm, estimated, regression, names)),
    )


def _names(answers: Answers) -> list[str]:
    key = answers.question.cells.keys[answers.question.cluster_parts[0]]
    labels = key.labels()
    return [labels[code] for code in np.unique(key.codes[answers.used])]


def _each_cluster(
    answers: Answers, arm: str, estimated: Estimated, regression: Regression, names: list[str]
) -> list[InspectedCluster]:
    sample, direction = regression.sample, estimated.influence.direction
    leverage = np.bincount(sample.codes, sample.w * regression.basis.squares)
    pull = regression.basis.rest @ direction
    partial = np.bincount(sample.codes, sample.w * pull**2) / (direction @ direction)
    left_out = np.full(len(names), math.nan)
    if estimated.spread is None and answers.question.design.fit is None:
        left_out = answers.value(estimated) - left_out_shifts(regression, direction)
    groups = {
        group: np.bincount(sample.codes, sample.n * members[answers.used], len(names))
        for group, members in answers.groups[arm].items()
    }
    sizes = np.bincount(sample.codes, sample.n)
    return [
        InspectedCluster(
            cluster=name,
            n=int(sizes[g]),
            n_by_group={group: int(n[g]) for group, n in groups.items()},
            leverage=float(leverage[g]),
            partial_leverage=float(partial[g]),
            left_out_estimate=float(left_out[g]) if math.isfinite(left_out[g]) else None,
        )
        for g, name in enumerate(names)
    ]


def _variances(regression: Regression, estimated: Estimated) -> tuple[Floats, Floats]:
    """What each cluster adds to the variance (gamma_g) if its errors are all independent, and if they are all the same."""
    sample = regression.sample
    pull = regression.basis.rest @ estimated.influence.direction
    independent = np.bincount(sample.codes, pull**2 * sample.ww).astype(float)
    return independent, np.bincount(sample.codes, pull * sample.w).astype(float) ** 2


def _effective(variances: Floats) -> float:
    """G* = G / (1 + Gamma), Gamma the squared coefficient of variation of gamma_g."""
    return len(variances) / (1 + float(((variances / variances.mean() - 1) ** 2).mean()))


def _smallest_by_lot(answers: Answers, arm: str) -> float | None:
    try:
        return smallest_p(units_assigned(answers.question, answers.used, arm))
    except CannotBe:
        return None
