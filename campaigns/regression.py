"""One regression on cells: from what is asked, and of whom, to an estimate or the reason why there is none."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from campaigns.cells import Cells
from campaigns.designs import Design, Group, Groups
from campaigns.effects import Counts, Effect, EffectEstimate, NotEstimable, Subject, verdict_of
from campaigns.inference import interval, uncertainty
from campaigns.least_squares import NoVariance, Regression, Uncertainty, regress
from campaigns.sample import Floats, Integers, Sample
from campaigns.specification import Specification
from campaigns.survey_variance import SurveyDesign, linearised


Chosen = NDArray[np.bool_]

NOTHING = 1e-11  # of the outcome's own size: rounding, not variation
FEWEST_CLUSTERS = 2  # in every group that is compared: one cluster cannot be told from its own circumstances


class CannotBe(Exception):
    """There is no estimate; ``code`` and ``values`` make the reason."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: an outcome, the arms that are compared, and the cells it is asked of."""

    cells: Cells  # of one site
    specification: Specification
    design: Design
    outcome: str
    arms: tuple[str, ...]
    chosen: Chosen  # the cells of the subgroup; all of them are the sample that a survey design is about
    baseline: str | None = None  # the key that holds the outcome before, as a covariate

    def records(self, part: str) -> bool:
        """Whether the site has the part at all: a wave, an arm, a cluster, a stratum."""
        return part in self.cells.keys and bool((self.cells.keys[part].codes >= 0).any())

    def those(self, part: Literal["@wave", "@arm"], values: tuple[str, ...]) -> Chosen:
        """Cells whose wave or arm has one of the values; all where the design can do without and the site has none."""
        if part in self.cells.keys and (self.records(part) or part.strip("@") in self.design.needs):
            return self.cells.keys[part].among(values)
        return np.ones(len(self.cells.rows), dtype=bool)

    @property
    def uses_clusters(self) -> bool:
        """Whether the variance adds up within clusters."""
        linearised_by_cluster = self.specification.standard_errors == "linearised" and self.records(
            "@cluster"
        )
        return self.specification.clustered or linearised_by_cluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A regression, the cells it used, and where the effect of each arm stands among its columns."""

    regression: Regression
    used: Chosen
    column_of: Mapping[str, int]


class Answers:
    """The answers to one question, one an arm; the regression is fitted once."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.used = _usable(question)
        self.groups = {arm: self._groups(arm) for arm in question.arms}
        self._fitted: Fitted | None = None

    def effect(self, arm: str, subject: Subject) -> Effect:
        """The estimate for one arm, or why there is none."""
        counts = self.counts(arm)
        try:
            self._require_groups(counts)
            return self._estimate(arm, subject, counts)
        except (CannotBe, NoVariance) as reason:
            values = getattr(reason, "values", {})
            return NotEstimable(subject=subject, code=reason.code, values=values, counts=counts)

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
            n_clusters=self._clusters(self.used),
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
        )

    def _groups(self, arm: str) -> dict[Group, Chosen]:
        """The cells of each group the design compares."""
        question, specification = self.question, self.question.specification
        campaign, comparison = (
            question.those("@arm", (arm,)),
            question.those("@arm", specification.comparison),
        )
        before, after = (
            question.those("@wave", waves) for waves in (specification.before, specification.after)
        )
        found: dict[Group, Chosen] = {}
        for group in question.design.groups:
            side = campaign if group.startswith("campaign") else comparison
            found[group] = side & (before if group.endswith("before") else after)
        return found

    def _n(self, cells: Chosen) -> int:
        return int(self.question.cells.sums[self.question.outcome]["n"][cells].sum())

    def _clusters(self, cells: Chosen) -> int | None:
        key = self.question.cells.keys.get("@cluster")
        if key is None or not self.question.records("@cluster"):
            return None
        return int(np.count_nonzero(np.bincount(key.codes[cells & (key.codes >= 0)])))

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
        raise CannotBe("no_complete_rows")

    def _estimate(self, arm: str, subject: Subject, counts: Counts) -> EffectEstimate:
        question, specification = self.question, self.question.specification
        fitted = self._fit()
        column = fitted.column_of[arm]
        if not fitted.regression.holds(column):
            raise CannotBe("not_identified")
        estimate = fitted.regression.coefficient(column)
        if question.design.intercept_is_the_effect:
            estimate += question.cells.origin.get(question.outcome, 0.0)
        found = self._uncertainty(fitted, column)
        std_error = math.sqrt(max(found.variance, 0.0))
        self._require_variation(fitted.regression.sample, std_error)
        df = math.inf if specification.p_value == "normal" else found.df
        tested = interval(estimate, std_error, df, specification.confidence)
        return EffectEstimate(
            subject=subject,
            counts=counts,
            estimate=estimate,
            std_error=std_error,
            df=df,
            statistic=tested.statistic,
            p_value=tested.p_value,
            conf_low=tested.low,
            conf_high=tested.high,
            mean_comparison_after=self._mean_of_comparison(arm),
            standard_errors=specification.standard_errors,
            p_method=specification.p_value,
            verdict=verdict_of(tested.low, tested.high, specification.margins.get(question.outcome)),
        )

    def _fit(self) -> Fitted:
        if self._fitted is None:
            self._fitted = _fit(self.question, self.used)
        return self._fitted

    def _uncertainty(self, fitted: Fitted, column: int) -> Uncertainty:
        if self.question.specification.standard_errors == "linearised":
            return linearised(fitted.regression, column, _survey_design(self.question, fitted))
        return uncertainty(fitted.regression, column, self.question.specification.standard_errors)

    def _require_variation(self, sample: Sample, std_error: float) -> None:
        if not math.isfinite(std_error):
            raise CannotBe("too_large")
        means = sample.wy / sample.w
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


# ── From the question to the columns of the regression ─────────────────────────────────────────────────────────────


def _usable(question: Question) -> Chosen:
    """Cells that enter the regression: an outcome, a wave and an arm that are compared, no covariate missing."""
    specification, cells = question.specification, question.cells
    used = question.chosen & (cells.sums[question.outcome]["n"] > 0)
    waves = {name.rpartition("_")[2] for name in question.design.groups}
    named = (specification.before if "before" in waves else ()) + specification.after
    arms = (*question.arms, *(specification.comparison if question.design.compares else ()))
    used &= question.those("@wave", named) & question.those("@arm", arms)
    variables = [*specification.covariates, *specification.categorical, *specification.fixed_effects]
    variables += ["@cluster"] if question.uses_clusters and question.records("@cluster") else []
    variables += ["@stratum"] if question.records("@stratum") else []
    variables += [question.baseline] if question.baseline else []
    for name in variables:
        used &= cells.keys[name].codes >= 0
    return used


def _fit(question: Question, used: Chosen) -> Fitted:
    cells, specification = question.cells, question.specification
    terms = question.design.regression(
        Groups(
            after=question.those("@wave", specification.after)[used].astype(float),
            arms={arm: question.those("@arm", (arm,))[used].astype(float) for arm in question.arms},
        )
    )
    absorbed, written_out = _indicator_columns(question, used)
    columns = [np.ones(int(used.sum()))] if absorbed is None else []
    for name in written_out:
        columns.extend(_indicators(cells.keys[name].codes[used]))
    numeric = (*specification.covariates, *([question.baseline] if question.baseline else []))
    columns.extend(_standardised(cells.keys[name].numbers()[used]) for name in numeric)
    columns.extend(terms.controls.values())
    column_of = dict.fromkeys(question.arms, 0)
    if not question.design.intercept_is_the_effect:
        column_of = {arm: len(columns) + position for position, arm in enumerate(terms.effects)}
        columns.extend(terms.effects.values())
    by_cluster = question.uses_clusters and question.records("@cluster")
    sample = cells.sample(question.outcome, used, cells.keys["@cluster"].codes if by_cluster else None)
    regression = regress(np.column_stack(columns), sample, absorbed)
    return Fitted(regression=regression, used=used, column_of=column_of)


def _indicator_columns(question: Question, used: Chosen) -> tuple[Integers | None, list[str]]:
    """The codes whose indicators are absorbed, and the variables whose indicators are written out.

    The variable with most values is absorbed; where there is none, the constant is.
    """
    specification, keys = question.specification, question.cells.keys
    names = list(dict.fromkeys((*specification.fixed_effects, *specification.categorical)))
    if question.design.intercept_is_the_effect:
        return None, names
    if not names:
        return np.zeros(int(used.sum()), dtype=np.int64), []
    widest = max(names, key=lambda name: len(np.unique(keys[name].codes[used])))
    return keys[widest].codes[used], [name for name in names if name != widest]


def _indicators(codes: Integers) -> Iterator[Floats]:
    """One column a value, the first left out."""
    for code in np.unique(codes)[1:]:
        yield (codes == code).astype(float)


def _standardised(values: Floats) -> Floats:
    """A covariate around its mean in its own spread: the effect is the same, the arithmetic safer."""
    spread = float(values.std())
    centred: Floats = values - values.mean()
    return centred / spread if spread > 0 else centred


def _survey_design(question: Question, fitted: Fitted) -> SurveyDesign:
    """Strata and sampling units of the whole site: a subgroup or a missing answer does not change the sample."""
    cells = question.cells
    sampled = cells.weighted > 0
    stratum = np.zeros(len(cells.rows), dtype=np.int64)
    if question.records("@stratum"):
        stratum = cells.keys["@stratum"].codes
    sampled &= stratum >= 0
    found, units = np.unique(stratum[sampled]), []
    population = []
    for code in found:
        inside = sampled & (stratum == code)
        units.append(_units(question, inside))
        population.append(_population(cells, inside, units[-1]))
    return SurveyDesign(
        stratum=np.searchsorted(found, stratum[fitted.used]),
        units=np.array(units, dtype=float),
        population=np.array(population),
    )


def _units(question: Question, inside: Chosen) -> float:
    """Primary sampling units: clusters, or the respondents themselves."""
    if not question.records("@cluster"):
        return float(question.cells.weighted[inside].sum())
    codes = question.cells.keys["@cluster"].codes
    return float(len(np.unique(codes[inside & (codes >= 0)])))


def _population(cells: Cells, inside: Chosen, units: float) -> float:
    """Units there are in the population of a stratum; inf where nothing is said."""
    if "@fpc" not in cells.keys:
        return math.inf
    stated = cells.keys["@fpc"].numbers()[inside]
    known = stated[np.isfinite(stated)]
    if not known.size:
        return math.inf
    if np.ptp(known) > 0:
        raise CannotBe("fpc_varies")
    if known[0] < units:
        raise CannotBe("fpc_too_small", population=f"{known[0]:g}", units=f"{units:g}")
    return float(known[0])
