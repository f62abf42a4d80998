"""The weights of one site and wave, and what a reader has to know of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from surveys.sampling_weights import design_weights
from surveys.weighting import (
    STRATUM,
    Cost,
    Floats,
    Integers,
    PopulationMargin,
    Weighting,
    cost_of,
    rake,
    trim,
)


NoteCode = Literal[
    "without_weight",
    "not_in_plan",
    "more_than_chosen",
    "no_interviews",
    "no_plan_for_wave",
    "question_absent",
    "no_interviews_with",
    "answers_without_share",
    "answer_unknown",
    "not_converged",
    "trim_impossible",
    "moved_by_trimming",
    "costly",
]
NAMED = 8  # clusters or answers a sentence names
TINY = 1e-300
MOVED = 0.01  # of a share, from which it is said that trimming moved a margin
COSTLY = 2.0  # a design effect that takes away half of the interviews


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Groups:
    """Interviews of one site and wave, grouped by whatever can decide their weight."""

    counts: Integers
    given: Floats  # weight in the data; NaN where there is none
    stratum: Sequence[str | None] | None = None  # None: the campaign has no such column
    cluster: Sequence[str | None] | None = None
    answers: Mapping[str, Sequence[str | None]] = field(default_factory=dict)  # of the questions of margins


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightNote:
    """Something to know about the weights; see ``weights.notes`` in the catalogue of strings."""

    code: NoteCode
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginLine:
    """One category of a margin: its share among the interviews that say it, and in the population."""

    question: str
    label: str
    interviews: int  # with a weight
    before: float  # by the design weights
    after: float
    target: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightsReport:
    """The weights of one site and wave in numbers. Nothing in it tells arms apart."""

    interviews: int
    cost: Cost | None  # None: nobody has a weight
    trimmed: int = 0  # interviews whose weight was cut or raised
    low: float | None = None  # the bounds, the mean being 1
    high: float | None = None
    rounds: int = 0  # of raking
    margins: tuple[MarginLine, ...] = ()
    notes: tuple[WeightNote, ...] = ()

    @property
    def share_trimmed(self) -> float:
        """Of the interviews with a weight, 0-1."""
        return self.trimmed / self.cost.interviews if self.cost else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WeightsMade:
    """The weight of each group, their mean over the interviews 1; NaN where there is none."""

    weights: Floats
    report: WeightsReport


def given_weights(groups: Groups) -> WeightsMade:
    """The weights as the data give them."""
    usable = np.nan_to_num(groups.given, nan=0.0)
    cost = cost_of(usable, groups.counts)
    report = WeightsReport(
        interviews=int(groups.counts.sum()), cost=cost, notes=(*_without(groups.given, groups), *_dear(cost))
    )
    return WeightsMade(weights=groups.given, report=report)


def make_weights(weighting: Weighting, wave: str, groups: Groups) -> WeightsMade:
    """Design weights, raked, then trimmed, as the campaign declares it.

    Who gave no answer that a margin names keeps the share the design weights give such people, and their weight comes from the other margins.
    """
    base, notes = _design(weighting, wave, groups)
    usable: Floats = np.where(np.isfinite(base) & (base > 0), base, 0.0)
    totals = usable * groups.counts
    margins = [_Categories.of(margin, groups, totals) for margin in weighting.margins]
    there = [one for one in margins if one is not None and one.lacking < 1]
    raked = rake(totals, [(one.codes, one.targets) for one in there])
    weights = np.divide(raked.totals, groups.counts, out=np.zeros_like(usable), where=groups.counts > 0)
    weights = _mean_one(weights, groups.counts)
    notes += [note for margin in weighting.margins for note in _of_margin(margin, groups, totals)]
    if not raked.converged:
        notes.append(WeightNote(code="not_converged", values={"rounds": raked.rounds, "gap": raked.gap}))
    trimmed, low, high, final = 0, None, None, weights
    if weighting.trim is not None:
        cut = trim(weights, groups.counts, weighting.trim)
        trimmed, final = int(groups.counts[cut.outside].sum()), cut.weights
        if cut.possible:
            low, high = cut.low or None, cut.high if np.isfinite(cut.high) else None
        else:
            notes.append(WeightNote(code="trim_impossible"))
    lines = tuple(line for one in there for line in one.lines(groups.counts, totals, final * groups.counts))
    moved = max((abs(line.after - line.target) for line in lines), default=0.0)
    if raked.converged and trimmed and moved >= MOVED:
        notes.append(WeightNote(code="moved_by_trimming", values={"moved": moved}))
    cost = cost_of(final, groups.counts)
    report = WeightsReport(
        interviews=int(groups.counts.sum()),
        cost=cost,
        trimmed=trimmed,
        low=low,
        high=high,
        rounds=raked.rounds,
        margins=lines,
        notes=(*notes, *_dear(cost)),
    )
    return WeightsMade(weights=np.where(final > 0, final, np.where(base == 0, 0.0, np.nan)), report=report)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Categories:
    """A margin as the groups fall into it; the last category is of those who did not say."""

    margin: PopulationMargin
    labels: tuple[str, ...]
    codes: Integers
    targets: Floats
    lacking: float  # the population's share of categories without an interview

    @classmethod
    def of(cls, margin: PopulationMargin, groups: Groups, totals: Floats) -> "_Categories | None":
        """None where the data do not hold the question."""
        answers = answers_to(margin, groups)
        if answers is None:
            return None
        labels = tuple(margin.shares)
        codes = labelled(margin, answers)
        held = np.bincount(codes, weights=totals, minlength=len(labels) + 1)
        shares = np.array([*margin.shares.values(), 0.0])
        there = np.where(held[:-1] > 0, shares[:-1], 0.0)
        whole = float(totals.sum())
        silent = float(held[-1]) / whole if whole else 0.0
        targets = np.zeros_like(shares)
        if there.sum() > 0:
            targets[:-1] = there / there.sum() * (1.0 - silent)
        targets[-1] = silent
        lacking = 1.0 if there.sum() <= 0 else float(shares.sum() - there.sum())
        return cls(margin=margin, labels=labels, codes=codes, targets=targets, lacking=lacking)

    def lines(self, counts: Integers, before: Floats, after: Floats) -> list[MarginLine]:
        """Each category of the margin."""
        weighted = np.where(before > 0, counts, 0)
        people = np.bincount(self.codes, weights=weighted, minlength=len(self.labels) + 1)[:-1]
        first, last = self._shares(before), self._shares(after)
        return [
            MarginLine(
                question=self.margin.question,
                label=label,
                interviews=int(people[at]),
                before=float(first[at]),
                after=float(last[at]),
                target=self.margin.shares[label],
            )
            for at, label in enumerate(self.labels)
        ]

    def _shares(self, totals: Floats) -> Floats:
        held = np.bincount(self.codes, weights=totals, minlength=len(self.labels) + 1)[:-1]
        return held / max(float(held.sum()), TINY)


def answers_to(margin: PopulationMargin, groups: Groups) -> Sequence[str | None] | None:
    """What each group answers to the question of a margin; None where the data do not hold it."""
    return groups.stratum if margin.question == STRATUM else groups.answers.get(margin.question)


def labelled(margin: PopulationMargin, answers: Sequence[str | None]) -> Integers:
    """The place of each answer among the labels of a margin; the number of labels where it has none."""
    labels = list(margin.shares)
    places = {
        answer.casefold(): at
        for at, label in enumerate(labels)
        for answer in margin.answers.get(label, () if label in margin.bands else (label,))
    }
    found = [places.get((answer or "").casefold(), len(labels)) for answer in answers]
    for at, label in enumerate(labels):
        if label in margin.bands:
            low, high = margin.bands[label]
            numbers = [_number(answer) for answer in answers]
            found = [
                at if number is not None and low <= number <= high else place
                for number, place in zip(numbers, found, strict=True)
            ]
    return np.array(found, dtype=np.int64)


def _number(answer: str | None) -> float | None:
    try:
        return None if answer is None else float(answer)
    except ValueError:
        return None


def _design(weighting: Weighting, wave: str, groups: Groups) -> tuple[Floats, list[WeightNote]]:
    if weighting.design == "equal":
        return np.ones(len(groups.counts)), []
    if weighting.design == "column":
        return groups.given, _without(groups.given, groups)
    plan = weighting.sampling_in(wave)
    if plan is None:
        return np.ones(len(groups.counts)), [WeightNote(code="no_plan_for_wave")]
    made = design_weights(plan, groups.stratum, groups.cluster, groups.counts, weighting.nonresponse)
    notes = []
    if made.unknown:
        without = int(groups.counts[np.isnan(made.weights)].sum())
        notes.append(WeightNote(code="not_in_plan", values={"count": without} | _some(made.unknown)))
    if made.overfull:
        notes.append(WeightNote(code="more_than_chosen", values=_some(made.overfull)))
    if made.silent:
        notes.append(WeightNote(code="no_interviews", values=_some(made.silent)))
    return made.weights, notes


def _of_margin(margin: PopulationMargin, groups: Groups, totals: Floats) -> list[WeightNote]:
    """Where the interviews do not fit a margin."""
    answers = answers_to(margin, groups)
    if answers is None:
        return [WeightNote(code="question_absent", values={"question": margin.question})]
    codes, labels = labelled(margin, answers), list(margin.shares)
    held = np.bincount(codes, weights=totals, minlength=len(labels) + 1)
    notes = []
    empty = tuple(label for at, label in enumerate(labels) if held[at] <= 0)
    if empty:
        lacking = sum(margin.shares[label] for label in empty)
        values = {"question": margin.question, "share": lacking} | _some(empty)
        notes.append(WeightNote(code="no_interviews_with", values=values))
    outside = (codes == len(labels)) & (totals > 0)
    said = np.array([bool(answer) for answer in answers], dtype=bool)
    strange = int(groups.counts[outside & said].sum())
    if strange:
        values = {"question": margin.question, "count": strange}
        notes.append(WeightNote(code="answers_without_share", values=values))
    silent = int(groups.counts[outside & ~said].sum())
    if silent:
        values = {"question": margin.question, "count": silent}
        notes.append(WeightNote(code="answer_unknown", values=values))
    return notes


def _without(given: Floats, groups: Groups) -> list[WeightNote]:
    count = int(groups.counts[~(given > 0)].sum())
    return [WeightNote(code="without_weight", values={"count": count})] if count else []


def _dear(cost: Cost | None) -> tuple[WeightNote, ...]:
    if cost is None or cost.design_effect < COSTLY:
        return ()
    return (WeightNote(code="costly", values={"lost": 1 - 1 / cost.design_effect}),)


def _some(names: Sequence[str]) -> dict[str, object]:
    more = len(names) - NAMED
    return {"names": ", ".join(names[:NAMED]) + (f" (+{more})" if more > 0 else "")}


def _mean_one(weights: Floats, counts: Integers) -> Floats:
    people = float(counts[weights > 0].sum())
    return weights * (people / float(weights @ counts)) if people else weights
