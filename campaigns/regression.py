"""One question about the cells of a site, answered: an estimate for each arm, or the reason why there is none."""

import math
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import NoReturn

import numpy as np

from campaigns.dropped_rows import causes_of
from campaigns.effects import Counts, Effect, EffectEstimate, Note, NotEstimable, Subject, verdict_of
from campaigns.fitting import MODELS, Fit
from campaigns.inference import Estimated, interval, uncertainty
from campaigns.least_squares import NoVariance, Uncertainty
from campaigns.question import CannotBe, Chosen, Question, clusters_among, usable
from campaigns.sampled import survey_design
from campaigns.specification import StandardErrors
from campaigns.survey_variance import linearised
from campaigns.tested import second_opinion, tested


NOTHING = 1e-11  # of the outcome's own size: rounding, not variation
FEWEST_CLUSTERS = 2  # in every group that is compared: one cluster cannot be told from its own circumstances


class Answers:
    """The answers to one question, one an arm; the regression is fitted once."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.used = usable(question)
        self.groups = {arm: question.groups(arm) for arm in question.arms}
        self._fitted: Fit | None = None

    def with_standard_errors(self, kind: StandardErrors) -> "Answers":
        """The same fit with other standard errors; of the same clusters."""
        other = copy(self)
        specification = replace(self.question.specification, standard_errors=kind)
        other.question = replace(self.question, specification=specification)
        if self.question.design.fit is None:  # two-stage fits keep the standard errors they were asked for
            self._fit_if_possible()
            other._fitted = self._fitted
        return other

    def _fit_if_possible(self) -> None:
        with suppress(CannotBe, NoVariance), np.errstate(over="ignore", invalid="ignore"):
            self.fit()

    def effect(self, arm: str, subject: Subject) -> Effect:
        """The estimate for one arm, or why there is none."""
        counts = self.counts(arm)
        try:
            self._require_groups(counts)
            with np.errstate(
                over="ignore", invalid="ignore"
            ):  # values too large to be worked with are said to be so
                return self._estimate(arm, subject, counts)
        except (CannotBe, NoVariance) as reason:
            values = getattr(reason, "values", {})
            return NotEstimable(subject=subject, code=reason.code, values=values, counts=counts)

    def reason_against(self, arm: str) -> str | None:
        """Code of the reason why there can be no estimate, as far as counting shows; None where there is none."""
        try:
            self._require_groups(self.counts(arm))
        except CannotBe as reason:
            return reason.code
        return None

    def value(self, estimated: Estimated) -> float:
        """The estimate in the outcome's own unit, from zero."""
        if not self.question.design.intercept_is_the_effect:
            return estimated.value
        return estimated.value + self.question.cells.origin.get(self.question.outcome, 0.0)

    # ── Counting ───────────────────────────────────────────────────────────────────────────────────────────────

    def counts(self, arm: str) -> Counts:
        """Respondents and clusters behind the estimate for one arm."""
        cells, chosen = self.question.cells, self.question.chosen
        groups = {name: self.used & members for name, members in self.groups[arm].items()}
        n = {name: self._n(members) for name, members in groups.items()}
        in_arm = [members for name, members in groups.items() if name.startswith("campaign")]
        in_comparison = [members for name, members in groups.items() if name.startswith("comparison")]
        clusters = {name: self._clusters(members) for name, members in groups.items()}
        known = [count for count in clusters.values() if count is not None]
        return Counts(
            n=self._n(self.used),
            n_clusters=self._fewest_clusters(),
            n_campaign_before=n.get("campaign_before"),
            n_campaign_after=n.get("campaign_after"),
            n_comparison_before=n.get("comparison_before"),
            n_comparison_after=n.get("comparison_after"),
            clusters_campaign=self._clusters(np.logical_or.reduce(in_arm)),
            clusters_comparison=self._clusters(np.logical_or.reduce(in_comparison))
            if in_comparison
            else None,
            smallest_clusters=min(known) if known else None,
            smallest_n=min(n.values()),
            dropped=int(cells.rows[chosen].sum()) - self._n(self.used),
            causes=causes_of(self.question),
        )

    def _n(self, cells: Chosen) -> int:
        return int(self.question.cells.sums[self.question.outcome]["n"][cells].sum())

    def _clusters(self, cells: Chosen) -> int | None:
        parts = self.question.cluster_parts
        return clusters_among(self.question, parts[0], cells) if parts else None

    def _fewest_clusters(self) -> int | None:
        """Clusters in all; of two ways, those of the way that has fewer, which sets the degrees of freedom."""
        return min(
            (clusters_among(self.question, part, self.used) for part in self.question.cluster_parts),
            default=None,
        )

    # ── Estimating ─────────────────────────────────────────────────────────────────────────────────────────────

    def _require_groups(self, counts: Counts) -> None:
        if counts.n == 0:
            self._nobody()
        numbers = {group: getattr(counts, f"n_{group}") for group in self.question.design.groups}
        compared = [group for group in numbers if group.startswith("comparison")]
        if compared and not any(numbers[group] for group in compared):
            raise CannotBe("no_comparison_group")
        for group, n in numbers.items():
            if not n:
                raise CannotBe(f"no_{group}")
        if self.question.uses_clusters and counts.smallest_clusters is None:
            raise CannotBe("no_clusters")
        if self.question.uses_clusters and (counts.smallest_clusters or 0) < FEWEST_CLUSTERS:
            raise CannotBe(
                "one_cluster" if compared else "one_cluster_a_wave",
                campaign=counts.clusters_campaign,
                comparison=counts.clusters_comparison,
            )

    def _nobody(self) -> NoReturn:
        if not self.question.cells.rows[self.question.chosen].sum():
            raise CannotBe("no_rows")
        if not self._n(self.question.chosen):
            raise CannotBe("no_answers")
        raise CannotBe("no_complete_rows", causes=causes_of(self.question))

    def _estimate(self, arm: str, subject: Subject, counts: Counts) -> EffectEstimate:
        question, specification = self.question, self.question.specification
        estimated = self.fit().estimated(arm)
        estimate = self.value(estimated)
        found, remarks = self.uncertainty(estimated)
        std_error = math.sqrt(max(found.variance, 0.0))
        self._require_variation(std_error)
        df = math.inf if specification.p_value == "normal" else found.df
        usual = interval(estimate, std_error, df, specification.confidence)
        test = tested(question, self.used, arm, estimated, usual, counts)
        return EffectEstimate(
            subject=subject,
            counts=counts,
            estimate=estimate,
            std_error=std_error,
            df=df,
            statistic=test.interval.statistic,
            p_value=test.interval.p_value,
            conf_low=test.interval.low,
            conf_high=test.interval.high,
            mean_comparison_after=self._mean_of_comparison(arm),
            standard_errors=specification.standard_errors,
            p_method=test.method,
            verdict=verdict_of(
                test.interval.low, test.interval.high, specification.margins.get(question.outcome)
            ),
            caveats=(
                *estimated.remarks,
                *remarks,
                *test.remarks,
                *second_opinion(question, self.used, arm, estimated, test, counts),
            ),
        )

    @property
    def fitted(self) -> Fit | None:
        """The model, where an effect was estimated by it."""
        return self._fitted

    def fit(self) -> Fit:
        """The model, fitted once for all arms."""
        if self._fitted is None:
            if self.question.design.differences and self.question.specification.model != "linear":
                raise CannotBe("model_of_differences", model=self.question.specification.model)
            model = self.question.design.fit or self.question.specification.model
            self._fitted = MODELS[model](self.question, self.used)
        return self._fitted

    def uncertainty(self, estimated: Estimated) -> tuple[Uncertainty, tuple[Note, ...]]:
        """The variance of an estimate, and what must be said of how it was made."""
        kind = self.question.specification.standard_errors
        if kind != "linearised":
            found = uncertainty(estimated, kind)
            return found, tuple(Note(code=code) for code in found.remarks)
        design = survey_design(self.question, self.used)
        remarks = []
        if design.lonely.size:
            remarks.append(
                Note(code=f"lonely_units_{design.lonely_units}", values={"strata": design.lonely.size})
            )
        if design.across_strata:
            remarks.append(Note(code="clusters_across_strata", values={"clusters": design.across_strata}))
        return linearised(estimated.influence, design), tuple(remarks)

    def _require_variation(self, std_error: float) -> None:
        if not math.isfinite(std_error):
            raise CannotBe("too_large")
        sums = self.question.cells.sums[self.question.outcome]
        means = sums["wy"][self.used] / sums["w"][self.used]
        size = max(float(np.abs(means).max()), float(np.ptp(means)))
        if std_error <= NOTHING * size:
            raise CannotBe("no_variation" if np.ptp(means) <= NOTHING * size else "no_residual_variation")

    def _mean_of_comparison(self, arm: str) -> float | None:
        cells = self.groups[arm].get("comparison_after")
        if cells is None:
            return None
        sums = self.question.cells.sums[self.question.outcome]
        chosen = cells & self.used
        mean = float(sums["wy"][chosen].sum() / sums["w"][chosen].sum())
        return mean + self.question.cells.origin.get(self.question.outcome, 0.0)
