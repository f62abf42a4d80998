"""A plan and one file of data become effects: no workspace, no questionnaire."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn, cast

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from campaigns.campaign import INDEX_KINDS, Score
from campaigns.cluster_inspection import ClusterInspection
from campaigns.data_file import DataFile, read_data
from campaigns.dont_know import beside_other_rule, with_other_rule
from campaigns.effects import Effect, EffectEstimate, Note
from campaigns.estimation import Specification, estimate, inspect
from campaigns.labelled_scores import score_in_codes
from campaigns.multiplicity import adjusted, by_formula
from campaigns.plan import Plan, PlannedOutcome, design_estimated, load_plan
from campaigns.plan_columns import RECEIVED
from campaigns.plan_multiplicity import STEP_DOWN
from campaigns.plan_unused import unused_keys
from campaigns.scores import answers_must_fit, needs_codes, parse_score
from campaigns.scoring import Reference, reference_of, score_column
from campaigns.specification import StepDown, StepDownMethod
from surveys.instrument import Choice
from surveys.missing import SUSPECT_CODES, Missing, reason_of_choice
from surveys.problems import CannotProceed
from surveys.record.payloads import MISSING


ONE_ARM = "campaign"
YES_NO = {"yes": "1", "no": "0"}  # how exposure may be written beside numbers
SHOWN = 10  # values of a column, quoted where one was not found
ROW = "@row"  # where a row stands in the file, from 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOfEffects:
    """What came of a plan, and what it was made from."""

    effects: tuple[Effect, ...]
    plan_sha256: str
    data_sha256: str
    confidence: float


def effects_of_file(plan_file: Path, data_file: Path) -> TableOfEffects:
    """All effects that a plan asks of a file of data.

    Raises
    ------
    CannotProceed
        The plan is wrong, or names what the data do not have.
    FileRefused
        The data cannot be read.
    """
    plan = load_plan(plan_file)
    answers = answers_of_file(plan, data_file)
    return TableOfEffects(
        effects=effects_of_answers(plan, answers),
        plan_sha256=plan.sha256,
        data_sha256=answers.data_sha256,
        confidence=plan.confidence,
    )


def effects_of_answers(plan: Plan, answers: "AnswersOfFile") -> tuple[Effect, ...]:
    """All effects that a plan asks of the rows it uses."""
    table = with_scores(answers.table, answers.scores)
    made = _beside_other_rule(list(estimate(table, specification_of(plan))), plan, answers)
    found = [_with_notes(effect, plan, answers) for effect in made]
    return tuple(_adjusted(found, plan))


def _beside_other_rule(effects: Sequence[Effect], plan: Plan, answers: "AnswersOfFile") -> Sequence[Effect]:
    """The effects with those by the other rule for don't know beside them, where somebody said not to know."""
    turned = {
        name: score
        for name, score in with_other_rule(answers.scores).items()
        if any(_says_not_to_know(answers.table, item) for item in score.items)
    }
    if not turned:
        return effects
    specification = replace(
        specification_of(plan), outcomes=tuple(turned), second_opinion=False, step_down=None
    )
    others = list(estimate(with_scores(answers.table, turned), specification))
    return beside_other_rule(effects, others, answers.scores)


def _says_not_to_know(table: pa.Table, item: str) -> bool:
    return bool(pc.any(pc.equal(table[f"{item}{MISSING}"], Missing.DONT_KNOW.value)).as_py())


def clusters_of_file(plan_file: Path, data_file: Path) -> list[ClusterInspection]:
    """What each cluster carries of every effect that a plan asks of a file of data."""
    plan = load_plan(plan_file)
    if not plan.cluster and "respondent" not in plan.columns:
        raise CannotProceed(
            f"{plan.file}, columns.cluster",
            "there are no clusters to look at.",
            "Name the column of the cluster.",
        )
    answers = answers_of_file(plan, data_file)
    return inspect(with_scores(answers.table, answers.scores), specification_of(plan))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersOfFile:
    """The rows of a file that a plan uses, in the plan's terms, and the scores it makes of them."""

    table: pa.Table
    scores: Mapping[str, Score]  # of the outcomes that are scores
    data_sha256: str
    not_found: tuple[Note, ...] = ()  # values the plan names and no row has


def answers_of_file(plan: Plan, data_file: Path) -> AnswersOfFile:
    """What a plan names of a file of data.

    Raises
    ------
    CannotProceed
        The plan names what the data do not have, or scores would make nothing of them.
    FileRefused
        The data cannot be read.
    """
    scores = {o.id: parse_score(o.score, o.where) for o in plan.outcomes if o.score is not None}
    items = [item for score in scores.values() for item in score.items]
    columns = [*plan.named_columns, *items, *(o.column for o in plan.outcomes if o.column)]
    data = read_data(data_file, columns, plan.missing_codes)
    scores = {o.id: score_in_codes(scores[o.id], data, o.where) for o in plan.outcomes if o.id in scores}
    _scores_must_fit(plan, scores, data)
    return AnswersOfFile(
        table=_table(plan, data, items),
        scores=scores,
        data_sha256=data.sha256,
        not_found=tuple(_not_found(plan, data)),
    )


def specification_of(plan: Plan) -> Specification:
    """The plan in the terms of the table made for it."""
    before: tuple[str, ...] = ("before",)
    after: tuple[str, ...] = ("after",)
    if plan.design == "event_study" and plan.wave is not None:
        before, after = plan.wave.before, plan.wave.after
    design = design_estimated(plan.design, plan.columns)
    return Specification(
        design=design,
        before=before,
        after=after,
        outcomes=tuple(outcome.id for outcome in plan.outcomes),
        standard_errors=plan.inference.standard_errors,
        p_value=plan.inference.p_value,
        draws=plan.inference.draws,
        seed=plan.inference.seed,
        bootstrap_weights=plan.inference.bootstrap_weights,
        lonely_units=plan.inference.lonely_units,
        model=plan.inference.model,
        second_opinion=plan.inference.second_opinion,
        confidence=plan.confidence,
        covariates=plan.covariates,
        categorical=plan.categorical,
        fixed_effects=plan.fixed_effects,
        adjustment=plan.adjustment,
        subgroups=plan.subgroups,
        margins=plan.margins,
        roles={site: role for site, role in plan.roles.items() if role},
        sites=tuple(plan.roles),
        arms=("dose",) if design == "dose" else _arm_names(plan),
        comparison_group=plan.comparison_group,
        step_down=_step_down(plan),
    )


def _step_down(plan: Plan) -> StepDown | None:
    if plan.multiplicity not in STEP_DOWN:
        return None
    return StepDown(
        method=cast("StepDownMethod", plan.multiplicity),
        families={outcome.id: outcome.family for outcome in plan.outcomes},
    )


def _arm_names(plan: Plan) -> tuple[str, ...]:
    if plan.arm is None:
        return ()
    return plan.arm.campaign if plan.arm.several else (ONE_ARM,)


# ── The table ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _table(plan: Plan, data: DataFile, items: Sequence[str]) -> pa.Table:
    """The standard parts, the variables and the outcomes that are columns; rows that ``where`` leaves out are gone."""
    columns = _parts(plan, data)
    columns |= {item: data.answers(item, f"{plan.file}, outcomes.score") for item in items}
    columns |= {f"{item}{MISSING}": data.reasons(item, f"{plan.file}, outcomes.score") for item in items}
    columns |= _variables(plan, data)
    for outcome in plan.outcomes:
        if outcome.id in columns and outcome.id not in (outcome.column, *items):
            _refuse_name(outcome, plan)
        if outcome.column is not None:
            columns[outcome.id] = data.numbers(outcome.column, outcome.where)
    used = _rows_used(plan, data)
    table = pa.table({ROW: pa.array(range(1, data.rows + 1), pa.int64()), **columns})
    return table if used is None else table.filter(used)


def _parts(plan: Plan, data: DataFile) -> dict[str, pa.Array]:
    parts: dict[str, pa.Array] = {}

    def where(key: str) -> str:
        return f"{plan.file}, columns.{key}"

    if plan.wave is not None:
        meaning = dict.fromkeys(plan.wave.before, "before") | dict.fromkeys(plan.wave.after, "after")
        if plan.design == "event_study":
            meaning = {value: value for value in (*plan.wave.before, *plan.wave.after)}
        parts["@wave"] = data.matched(plan.wave.column, where("wave"), meaning)
    if plan.arm is not None and "dose" not in plan.columns:
        own = {value: value if plan.arm.several else ONE_ARM for value in plan.arm.campaign}
        meaning = own | dict.fromkeys(plan.arm.comparison, "comparison")
        parts["@arm"] = data.matched(plan.arm.column, where("arm"), meaning)
    for part in ("site", "respondent", "stratum"):
        if part in plan.columns:
            parts[f"@{part}"] = data.labels(plan.columns[part], where(part))
    for part in ("weight", "fpc", "baseline", "period", "first_treated", "dose"):
        if part in plan.columns:
            parts[f"@{part}"] = data.numbers(plan.columns[part], where(part))
    if "received" in plan.columns:
        parts["@received"] = _received(plan, data, where("received"))
    if "@weight" in parts:
        _must_not_be_negative(parts["@weight"], where("weight"))
    for part, column in zip(("@cluster", "@cluster2"), plan.cluster, strict=False):
        parts[part] = data.labels(column, where("cluster"))
    if plan.clusters_are_respondents:
        parts["@cluster"] = parts["@respondent"]
    for part in ("interviewer", "mode"):
        if part in plan.columns:
            parts[f"@{part}"] = data.labels(plan.columns[part], where(part))
    for part in ("exposure", "decoy"):
        if part in plan.columns:
            parts[f"@{part}"] = data.numbers(plan.columns[part], where("exposure"), YES_NO)
    return parts | _assigned(plan, data, parts)


def _received(plan: Plan, data: DataFile, where: str) -> pa.Array:
    column = plan.columns["received"]
    if plan.received is None:
        return data.numbers(column, where, YES_NO, remedy=RECEIVED)
    meaning = dict.fromkeys(plan.received.yes, "1") | dict.fromkeys(plan.received.no, "0")
    return pc.cast(data.matched(column, where, meaning), pa.float64())


def _assigned(plan: Plan, data: DataFile, parts: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
    """What randomisation deals out again, where that is no cluster, and within which blocks."""
    found = {}
    if "block" in plan.columns:
        found["@block"] = data.labels(plan.columns["block"], f"{plan.file}, columns.block")
    if plan.inference.p_value == "randomisation" and "@cluster" not in parts and "@respondent" in parts:
        found["@unit"] = parts["@respondent"]
    return found


def _variables(plan: Plan, data: DataFile) -> dict[str, pa.Array]:
    found = {}
    for key in ("subgroups", "fixed_effects", "categorical"):
        for name in getattr(plan, key):
            found[name] = data.labels(name, f"{plan.file}, analysis.{key}")
    for name in plan.covariates:
        found[name] = data.numbers(name, f"{plan.file}, analysis.covariates")
    return found


def _scores_must_fit(plan: Plan, scores: Mapping[str, Score], data: DataFile) -> None:
    """No score says or asks what would silently come to nothing in these data."""
    for outcome in plan.outcomes:
        if outcome.score is None:
            continue
        score = scores[outcome.id]
        given = {item: _counts(data.answers(item, outcome.where)) for item in score.items}
        meant = {reason for item in score.items for reason in data.codes_of(item).values()}
        looks_so = {answer for said in given.values() for answer in said if _looks_like_dont_know(answer)}
        if "dont_know" in outcome.score and "dont_know" not in meant and looks_so and needs_codes(score):
            raise CannotProceed(
                f"{outcome.where}.dont_know",
                f'the answer "{min(looks_so)}" looks like no answer and no code is declared to mean don\'t know, '
                f"so it would not count as {score.dont_know}.",
                "Add missing_codes to the plan, for example missing_codes: {dk: dont_know, refused: refused}; "
                "or leave dont_know out.",
            )
        answers_must_fit(score, given, outcome.where)


def _looks_like_dont_know(answer: str) -> bool:
    return answer in SUSPECT_CODES or reason_of_choice(Choice(name=answer)) is Missing.DONT_KNOW


def _counts(answers: pa.Array) -> dict[str, int]:
    counts = pc.value_counts(answers.drop_null()).to_pylist()
    return {count["values"]: count["counts"] for count in counts}


def _refuse_name(outcome: PlannedOutcome, plan: Plan) -> NoReturn:
    raise CannotProceed(
        f"{plan.file}, outcomes",
        f'the outcome "{outcome.id}" has the name of a column that the analysis uses.',
        "Give the outcome another id.",
    )


def _must_not_be_negative(weights: pa.Array, where: str) -> None:
    lowest = pc.min(weights).as_py()
    if lowest is not None and lowest < 0:
        raise CannotProceed(where, "a weight is negative.", "Correct the weights, or name another column.")


def _not_found(plan: Plan, data: DataFile) -> Iterator[Note]:
    """Values that mean a wave, an arm or the rows to use, and that no row has: a slip of the plan, as a rule."""
    named: list[tuple[str, str, tuple[str, ...]]] = [
        (f"where.{column}", column, values) for column, values in plan.where.items()
    ]
    if plan.wave is not None:
        named.append(("columns.wave", plan.wave.column, (*plan.wave.before, *plan.wave.after)))
    if plan.arm is not None:
        named.append(("columns.arm", plan.arm.column, (*plan.arm.campaign, *plan.arm.comparison)))
    if plan.received is not None:
        named.append(("columns.received", plan.columns["received"], (*plan.received.yes, *plan.received.no)))
    for key, column, values in named:
        where = f"{plan.file}, {key}"
        absent = data.without(column, where, values)
        if absent:
            there = data.values(column, where)
            more = ", ..." if len(there) > SHOWN else ""
            yield Note(
                code="value_not_found",
                values={
                    "key": key,
                    "column": column,
                    "values": _quoted(absent),
                    "there": _quoted(there[:SHOWN]) + more,
                },
            )


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f'"{value}"' for value in values)


def _rows_used(plan: Plan, data: DataFile) -> pa.Array | None:
    used = None
    for name, values in plan.where.items():
        chosen = pc.is_valid(data.matched(name, f"{plan.file}, where.{name}", dict.fromkeys(values, "yes")))
        used = chosen if used is None else pc.and_(used, chosen)
    return used


def with_scores(table: pa.Table, scores: Mapping[str, Score]) -> ir.Table:
    """The table with the outcomes that are scores of several columns."""
    rows = ibis.memtable(table)
    if not scores:
        return rows
    references = references_of(rows, scores)
    return rows.mutate(
        **{name: score_column(rows, score, references.get(name)) for name, score in scores.items()}
    )


def references_of(rows: ir.Table, scores: Mapping[str, Score]) -> dict[str, Reference]:
    """Of the scores that are measured against a reference group, that group. Without arms everybody is."""
    comparison = rows["@arm"] == "comparison" if "@arm" in rows.columns else ibis.literal(True)
    before, after = _in_wave(rows, "before"), _in_wave(rows, "after")
    return {
        name: reference_of(rows, score, before, after, comparison)
        for name, score in scores.items()
        if score.kind in INDEX_KINDS
    }


def _in_wave(answers: ir.Table, wave: str) -> ir.BooleanValue:
    if "@wave" not in answers.columns:
        return cast("ir.BooleanValue", ibis.literal(wave == "after"))
    return cast("ir.BooleanValue", answers["@wave"] == wave)


# ── What is said beside the effects ────────────────────────────────────────────────────────────────────────────────


def _with_notes(effect: Effect, plan: Plan, answers: AnswersOfFile) -> Effect:
    if not isinstance(effect, EffectEstimate):
        return replace(effect, caveats=(*answers.not_found, *effect.caveats))
    notes = [*answers.not_found]
    if plan.clusters_are_respondents:
        notes.append(Note(code="clustered_by_respondent"))
    if _block_left_out(plan):
        notes.append(Note(code="block_not_in_model"))
    unused = unused_keys(plan)
    if unused:
        notes.append(Note(code="keys_not_used", values={"keys": ", ".join(unused)}))
    notes.append(Note(code="plan_not_locked"))  # a file on its own proves no date
    return replace(effect, caveats=(*effect.caveats, *notes))


def _block_left_out(plan: Plan) -> bool:
    """Whether blocks are named and neither the model nor the test knows them."""
    block = plan.columns.get("block")
    in_model = block in (*plan.fixed_effects, *plan.categorical)
    in_test = (
        plan.inference.p_value in ("randomisation", "automatic") or plan.multiplicity == "westfall_young"
    )
    return block is not None and not in_model and not in_test


def _adjusted(effects: Sequence[Effect], plan: Plan) -> list[Effect]:
    """P-values adjusted within each family of a site and subgroup, where the plan asks for it."""
    if plan.multiplicity is None:
        return list(effects)
    family_of = {outcome.id: outcome.family for outcome in plan.outcomes}
    families = [(e.subject.site, e.subject.subgroup, family_of[e.subject.outcome]) for e in effects]
    result = list(effects)
    for family in dict.fromkeys(families):
        places = [i for i, own in enumerate(families) if own == family]
        made = [e for place in places if isinstance(e := effects[place], EffectEstimate)]
        if all(effect.p_adjusted is not None for effect in made):
            continue  # adjusted in steps, by draws
        raw = [e.p_value if isinstance(e := effects[i], EffectEstimate) else None for i in places]
        for place, value in zip(places, adjusted(raw, by_formula(plan.multiplicity)), strict=True):
            effect = effects[place]
            if isinstance(effect, EffectEstimate):
                result[place] = replace(effect, p_adjusted=value)
    return result
