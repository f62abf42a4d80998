"""What some kinds of score have to say beyond their mean: luck, don't knows, decoys, benchmarks, lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from campaigns.campaign import Score
from campaigns.guessing import Transition, answered, guess_corrected, states_of, transition
from campaigns.list_experiment import ListExperiment, list_experiment
from campaigns.scores import WITHOUT_A_WRONG_ANSWER
from campaigns.scoring import item_columns, score_column
from surveys.record.payloads import MISSING


@dataclass(frozen=True, slots=True, kw_only=True)
class GuessCorrected:
    """One item's answers by what they were, and the share who know."""

    item: str
    right: int
    wrong: int
    dont_know: int
    options: int | None
    share_right: float | None
    share_corrected: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """Who recalls the campaign, who recalls one that never was, and the difference."""

    n: int
    recalled: float
    decoy: float
    adjusted: float
    std_error: float  # of the difference within persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Beliefs against a benchmark, in their own unit."""

    n: int
    benchmark: float
    source: str
    date: str
    mean_belief: float
    mean_error: float  # without its sign
    over: float  # share who believe more
    under: float
    exact: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What applies to the score; the rest is empty."""

    dont_know_incorrect: float | None = None  # the mean if every don't know counts as wrong
    dont_know_missing: float | None = None  # and if it counts as no answer
    difficulty: Mapping[str, float | None] = field(default_factory=dict)  # item -> share right
    guessing: tuple[GuessCorrected, ...] = ()
    transitions: tuple[Transition, ...] = ()
    recall: Recall | None = None
    calibration: Calibration | None = None
    list_experiment: ListExperiment | None = None


def extras_of(rows: ir.Table, score: Score | None, confidence: float) -> Extras:
    """What the kind of score has to say beyond its mean."""
    if score is None:
        return Extras()
    if score.kind == "decoy_adjusted":
        return Extras(recall=_recall(rows, score))
    if score.kind == "calibration":
        return Extras(calibration=_calibration(rows, score))
    if score.kind == "list_experiment":
        return Extras(list_experiment=_list_experiment(rows, score, confidence))
    if score.kind in WITHOUT_A_WRONG_ANSWER:
        return Extras()
    incorrect, missing = (_mean_with(rows, score, rule) for rule in ("incorrect", "missing"))
    plain = Extras(dont_know_incorrect=incorrect, dont_know_missing=missing)
    if score.kind != "proportion_correct":
        return plain
    table = _states(rows, score)
    guessing = tuple(_guess_corrected(item, table[item].to_numpy(), score) for item in score.items)
    return replace(
        plain,
        difficulty={one.item: one.share_right for one in guessing},
        guessing=guessing,
        transitions=tuple(_transitions(table, score)),
    )


def _mean_with(rows: ir.Table, score: Score, rule: str) -> float | None:
    column = score_column(rows, replace(score, dont_know="incorrect" if rule == "incorrect" else "missing"))
    mean = rows.select(score=column).score.mean().to_pyarrow().as_py()
    return None if mean is None else float(mean)


# ── Right, wrong, don't know ───────────────────────────────────────────────────────────────────────────────────────


def _states(rows: ir.Table, score: Score) -> pd.DataFrame:
    """The state of every answer, with the wave and the respondent where the plan names them."""
    points = item_columns(rows, replace(score, dont_know="missing", not_asked=None))
    parts = [part for part in ("@site", "@wave", "@arm", "@respondent") if part in rows.columns]
    found = rows.select(
        *parts, **points, **{f"{item}{MISSING}": rows[f"{item}{MISSING}"] for item in score.items}
    )
    table = found.to_pyarrow().to_pandas()
    states = {
        item: states_of(table[item].to_numpy(float), table[f"{item}{MISSING}"].to_numpy())
        for item in score.items
    }
    found_states: pd.DataFrame = table[parts].assign(**states)
    return found_states


def _guess_corrected(item: str, states: np.ndarray, score: Score) -> GuessCorrected:
    found, options = answered(states), score.options.get(item)
    return GuessCorrected(
        item=item,
        right=found.right,
        wrong=found.wrong,
        dont_know=found.dont_know,
        options=options,
        share_right=found.right / found.n if found.n else None,
        share_corrected=guess_corrected(found, options),
    )


def _transitions(table: pd.DataFrame, score: Score) -> list[Transition]:
    """Of respondents seen once before and once after; of others it is not for us to guess which answer counts."""
    if not {"@wave", "@respondent"} <= set(table.columns):
        return []
    person = [part for part in ("@site", "@respondent") if part in table.columns]
    known = table.dropna(subset="@respondent")
    waves = [
        known[known["@wave"] == wave].drop_duplicates(person, keep=False) for wave in ("before", "after")
    ]
    both = waves[0].merge(waves[1], on=person, suffixes=("@before", "@after"))
    if not len(both):
        return []
    groups: list[tuple[str | None, pd.DataFrame]] = [(None, both)]
    if "@arm@before" in both.columns:
        stayed = both[both["@arm@before"] == both["@arm@after"]]  # who changed sides is of neither arm
        groups += [(str(arm), of_arm) for arm, of_arm in stayed.groupby("@arm@before")]
    return [
        transition(
            item,
            people[f"{item}@before"].to_numpy(),
            people[f"{item}@after"].to_numpy(),
            score.options.get(item),
            arm,
        )
        for item in score.items
        for arm, people in groups
    ]


# ── Decoys, benchmarks, lists ──────────────────────────────────────────────────────────────────────────────────────


def _recall(rows: ir.Table, score: Score) -> Recall | None:
    recalled, decoy = _complete(rows, score).T
    n = len(recalled)
    if n < 2:
        return None
    return Recall(
        n=n,
        recalled=float(recalled.mean()),
        decoy=float(decoy.mean()),
        adjusted=float((recalled - decoy).mean()),
        std_error=float((recalled - decoy).std(ddof=1) / np.sqrt(n)),
    )


def _calibration(rows: ir.Table, score: Score) -> Calibration | None:
    belief, benchmark = _complete(rows, score)[:, 0], score.benchmark
    if benchmark is None or not len(belief):
        return None
    return Calibration(
        n=len(belief),
        benchmark=benchmark,
        source=score.benchmark_source,
        date=score.benchmark_date,
        mean_belief=float(belief.mean()),
        mean_error=float(np.abs(belief - benchmark).mean()),
        over=float((belief > benchmark).mean()),
        under=float((belief < benchmark).mean()),
        exact=float((belief == benchmark).mean()),
    )


def _list_experiment(rows: ir.Table, score: Score, confidence: float) -> ListExperiment | None:
    """The arm says who had the longer list; with waves, those after count."""
    if "@arm" not in rows.columns or score.listed is None:
        return None
    if "@wave" in rows.columns:
        rows = rows.filter(rows["@wave"] == "after")
    table = rows.filter(rows["@arm"].notnull())
    found = (
        table.select(count=item_columns(table, score)[score.items[0]], arm=table["@arm"])
        .to_pyarrow()
        .to_pandas()
    )
    given = found.dropna()
    long = (given["arm"] != "comparison").to_numpy()
    if min(int(long.sum()), int((~long).sum())) < 2:
        return None
    return list_experiment(given["count"].to_numpy(float), long, score.listed, confidence)


def _complete(rows: ir.Table, score: Score) -> np.ndarray:
    columns = item_columns(rows, score)
    found = rows.select(**columns).to_pyarrow().to_pandas()[list(columns)].to_numpy(float)
    complete: np.ndarray = found[~np.isnan(found).any(axis=1)]
    return complete
