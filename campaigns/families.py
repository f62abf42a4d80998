"""The tests of a family, adjusted together by draws that all of them share."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from campaigns.assignment import units_assigned
from campaigns.effects import Effect, EffectEstimate, Note
from campaigns.inference import Estimated
from campaigns.least_squares import Regression
from campaigns.question import CannotBe
from campaigns.randomisation import Block, Units, blocks_of, dealt_again, difference_of
from campaigns.regression import Answers
from campaigns.sample import Floats, Integers
from campaigns.specification import Specification, StepDown, StepDownMethod
from campaigns.step_down import by_largest, by_smallest_p
from campaigns.studentised import studentised, with_squares
from campaigns.wild_bootstrap import patterns_of, refit


MOST_PATTERNS = 2**18  # a family is drawn once, so more is affordable than for one test: 18 clusters
NAMES: dict[StepDownMethod, str] = {"romano_wolf": "Romano-Wolf", "westfall_young": "Westfall-Young"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An effect, and the question it answers."""

    effect: Effect
    answers: Answers
    arm: str


def adjusted_in_steps(found: Sequence[Answered], specification: Specification) -> list[Effect]:
    """The effects in their order, with ``p_adjusted`` among the tests of their family at their site and subgroup.

    A family of one keeps its p-value. What is not estimable is left out and counted. Where a family cannot be
    drawn together, ``p_adjusted`` stays empty and a note says that Holm's is to stand in.
    """
    step_down = specification.step_down
    effects = [one.effect for one in found]
    if step_down is None:
        return effects
    families: dict[tuple[str | None, str | None, str], list[int]] = {}
    for place, effect in enumerate(effects):
        subject = effect.subject
        if subject.outcome in step_down.families and (step_down.in_subgroups or subject.subgroup is None):
            family = (subject.site, subject.subgroup, step_down.families[subject.outcome])
            families.setdefault(family, []).append(place)
    for places in families.values():
        tests = [place for place in places if isinstance(effects[place], EffectEstimate)]
        left_out = len(places) - len(tests)
        for place, effect in zip(
            tests, _family([found[place] for place in tests], step_down, specification), strict=True
        ):
            notes = (Note(code="step_down_left_out", values={"left_out": left_out}),) if left_out else ()
            effects[place] = replace(effect, caveats=(*effect.caveats, *notes))
    return effects


def _family(
    members: Sequence[Answered], step_down: StepDown, specification: Specification
) -> list[EffectEstimate]:
    effects = [one.effect for one in members if isinstance(one.effect, EffectEstimate)]
    if len(effects) < 2:
        return [replace(effect, p_adjusted=effect.p_value) for effect in effects]
    by_lot = step_down.method == "westfall_young" or {e.p_method for e in effects} == {"randomisation"}
    try:
        drawn = (_dealt if by_lot else _bootstrapped)(members, step_down.method, specification)
    except CannotBe as reason:
        values: dict[str, object] = {"method": NAMES[step_down.method], "why": reason.code}
        note = Note(code="step_down_by_holm", values=values)
        return [replace(effect, caveats=(*effect.caveats, note)) for effect in effects]
    step = by_largest if step_down.method == "romano_wolf" else by_smallest_p
    values = {"method": NAMES[step_down.method], "tests": len(effects), "seed": specification.seed}
    note = Note(code=drawn.code, values=values | {"draws": f"{drawn.draws:,}"})
    return [
        replace(effect, p_adjusted=p, caveats=(*effect.caveats, note))
        for effect, p in zip(effects, step(drawn.observed, drawn.drawn).tolist(), strict=True)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawn:
    """Statistics without their sign: one a test as observed, tests x draws under the null."""

    observed: Floats
    drawn: Floats
    draws: int
    code: str  # of the note that says how


# ── Signs of clusters ──────────────────────────────────────────────────────────────────────────────────────────────


def _bootstrapped(members: Sequence[Answered], _: StepDownMethod, specification: Specification) -> _Drawn:
    """Wild cluster bootstrap with the null imposed; a cluster, or a person, has one weight for all outcomes."""
    estimates = [one.answers.fit().estimated(one.arm) for one in members]
    names = [_names(one) for one in members]
    everybody = np.unique(np.concatenate(names))
    rows = []
    for one, own in zip(estimates, names, strict=True):
        patterns = patterns_of(
            len(everybody),
            specification.bootstrap_weights,
            draws=specification.draws,
            seed=specification.seed,
            most=MOST_PATTERNS,
        )
        there, codes = np.unique(own, return_inverse=True)
        places = np.searchsorted(everybody, there)
        regression = _clustered(one, codes)
        refits = refit(regression, one.influence.direction, (block[places] for block in patterns.blocks))
        factor = 1 - 1 / len(there)  # of CR1, which is not the same for outcomes with other clusters
        rows.append(np.sqrt(factor * np.array([refits.found(one.value), *refits.squared_t(one.value)])))
    values = np.stack(rows)
    return _Drawn(
        observed=values[:, 0],
        drawn=values[:, 1:],
        draws=patterns.draws,
        code="step_down_every_pattern" if patterns.every else "step_down_patterns",
    )


def _names(one: Answered) -> np.ndarray:
    """The cluster, or the person, that each cell used belongs to, by name."""
    question = one.answers.question
    if len(question.cluster_parts) > 1:
        raise CannotBe("bootstrap_needs_one_way")
    part = "@cluster" if question.records("@cluster") else "@unit"
    if part not in question.cells.keys:
        raise CannotBe("no_clusters")
    key = question.cells.keys[part]
    codes = key.codes[one.answers.used]
    if codes.min(initial=0) < 0:
        raise CannotBe("no_clusters")
    return np.array(key.labels())[codes]


def _clustered(estimated: Estimated, codes: Integers) -> Regression:
    regression = estimated.regression
    if regression is None or estimated.spread is not None:
        raise CannotBe("bootstrap_needs_linear")
    return replace(regression, sample=replace(regression.sample, cluster=codes, second=None))


# ── Arms dealt out again ───────────────────────────────────────────────────────────────────────────────────────────


def _dealt(members: Sequence[Answered], method: StepDownMethod, specification: Specification) -> _Drawn:
    """The same assignments for every outcome: the plain difference, studentised for Romano and Wolf."""
    if len({one.arm for one in members}) > 1:
        raise CannotBe("several_arms_dealt")
    units = [units_assigned(one.answers.question, one.answers.used, one.arm) for one in members]
    squares = method == "romano_wolf"
    rows = []
    for blocks in _by_outcome([replace(u, sums=with_squares(u.sums)) for u in units] if squares else units):
        dealt = dealt_again(blocks, draws=specification.draws, seed=specification.seed)
        statistic = studentised if squares else difference_of
        found = np.abs(statistic(np.vstack([dealt.reached, dealt.drawn]), dealt.total))
        rows.append(np.where(np.isnan(found), np.inf, found))  # no difference in this assignment: it exceeds
    values = np.stack(rows)
    return _Drawn(
        observed=values[:, 0],
        drawn=values[:, 1:],
        draws=dealt.assignments if dealt.every else specification.draws,
        code="step_down_every_assignment" if dealt.every else "step_down_assignments",
    )


def _by_outcome(units: Sequence[Units]) -> list[list[Block]]:
    """The blocks as each outcome sees them, with the same units in the same order; one without an answer adds nothing."""
    if any(not own.names for own in units):
        raise CannotBe("unit_unknown")
    names = sorted({name for own in units for name in own.names})
    block, reached = np.full(len(names), -1), np.full(len(names), -1)
    sums = []
    for own in units:
        places = np.searchsorted(names, own.names)
        for known, new, code in (
            (block, own.block, "block_varies_in_unit"),
            (reached, own.reached.astype(int), "arm_varies_in_unit"),
        ):
            if ((known[places] >= 0) & (known[places] != new)).any():
                raise CannotBe(code)
            known[places] = new
        spread = np.zeros((len(names), own.sums.shape[1]))
        spread[places] = own.sums
        sums.append(spread)
    together = Units(
        block=block,
        reached=reached.astype(bool),
        times=np.ones(len(names), dtype=np.int64),
        sums=np.hstack(sums),
    )
    width = sums[0].shape[1]
    return [
        [
            replace(own, sums=own.sums[:, start : start + width], reached=own.reached[start : start + width])
            for own in blocks_of(together)
        ]
        for start in range(0, width * len(units), width)
    ]
