"""What could make the effects of a plan come out wrong, measured from the same rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from campaigns.balance import balance
from campaigns.effects import Effect, EffectEstimate
from campaigns.fieldwork_threats import ceiling, dose_gap, interviewers, mode
from campaigns.losses import attrition, non_response
from campaigns.nulls import equivalence_p_value, minimum_detectable_effect
from campaigns.one_table import answers_of_file, effects_of_answers, specification_of, with_scores
from campaigns.plan import load_plan
from campaigns.scores import range_of, unit_of
from campaigns.specification import Specification
from campaigns.threat_rows import SiteRows, Threat


Check = Callable[[SiteRows], Iterator[Threat]]
CHECKS: dict[str, Check] = {
    "balance": balance,
    "attrition": attrition,
    "non_response": non_response,
    "contamination": dose_gap,
    "ceiling": ceiling,
    "interviewers": interviewers,
    "mode": mode,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatsOfFile:
    """What was found, and what it was made from."""

    threats: tuple[Threat, ...]
    plan_sha256: str
    data_sha256: str


def threats_of_file(plan_file: Path, data_file: Path) -> ThreatsOfFile:
    """The threats to every effect that a plan asks of a file of data.

    Raises
    ------
    CannotProceed
        The plan is wrong, or names what the data do not have.
    FileRefused
        The data cannot be read.
    """
    plan = load_plan(plan_file)
    answers = answers_of_file(plan, data_file)
    specification = specification_of(plan)
    rows = with_scores(answers.table, answers.scores).to_pyarrow().to_pandas()
    bounds = {name: range_of(score, unit_of(score)) for name, score in answers.scores.items()}
    found = threats(
        rows,
        specification,
        effects_of_answers(plan, answers),
        items={name: score.items for name, score in answers.scores.items()},
        bounds={name: bound for name, bound in bounds.items() if bound is not None},
    )
    return ThreatsOfFile(threats=tuple(found), plan_sha256=plan.sha256, data_sha256=answers.data_sha256)


def threats(
    rows: pd.DataFrame,
    specification: Specification,
    effects: Sequence[Effect],
    *,
    items: Mapping[str, tuple[str, ...]],
    bounds: Mapping[str, tuple[float, float]],
    checks: Mapping[str, Check] = CHECKS,
) -> Iterator[Threat]:
    """Every one of ``checks`` at every site, then what stands beside each null.

    Parameters
    ----------
    rows
        One row an interview, with the parts ``estimate`` takes and of ``@exposure``, ``@decoy``, ``@interviewer`` and ``@mode``
        those that there are.
    items, bounds
        The items of each outcome, and its lowest and highest possible score.
    """
    parts = [name for name in rows.columns if name.startswith("@") and name != "@weight"]
    empty = [name for name in parts if rows[name].isna().all()]
    rows = rows.drop(columns=empty)
    sites: Sequence[str | None] = [None]
    if "@site" in rows.columns:
        sites = list(dict.fromkeys([*specification.sites, *sorted(rows["@site"].dropna().unique())]))
    for name in sites:
        own = rows if name is None else rows[rows["@site"] == name]
        site = SiteRows(
            rows=own,
            specification=specification,
            site=name,
            items=items,
            bounds={**_of_zero_and_one(own, specification), **bounds},
        )
        people, clusters = site.smallest()
        for check in checks.values():
            yield from (
                replace(found, smallest_n=people, smallest_clusters=clusters) for found in check(site)
            )
    yield from nulls(effects, specification)


def nulls(effects: Sequence[Effect], specification: Specification) -> Iterator[Threat]:
    """Beside every effect whose interval covers zero: what could have been detected, and the test of equivalence."""
    for effect in effects:
        if not isinstance(effect, EffectEstimate) or not effect.conf_low <= 0 <= effect.conf_high:
            continue
        subject = effect.subject
        plain = Threat(
            threat="null",
            measure="minimum_detectable_effect",
            about=subject.outcome if subject.subgroup is None else f"{subject.outcome}, {subject.subgroup}",
            site=subject.site,
            arm=None if subject.term == "effect" else subject.term,
            std_error=effect.std_error,
            df=effect.df,
        )
        detectable = minimum_detectable_effect(effect.std_error, effect.df, specification.confidence)
        margin = specification.margins.get(subject.outcome)
        label = (
            ""
            if margin is None
            else "could_see_margin"
            if detectable <= margin
            else "too_small_to_see_margin"
        )
        yield replace(plain, estimate=detectable, label=label)
        if margin is not None:
            p_value = equivalence_p_value(effect.estimate, effect.std_error, effect.df, margin)
            ruled_out = p_value <= (1 - specification.confidence) / 2
            yield replace(
                plain,
                measure="equivalence",
                estimate=effect.estimate,
                conf_low=-margin,
                conf_high=margin,
                p_value=p_value,
                label="nothing_beyond_margin" if ruled_out else "cannot_say",
            )


def _of_zero_and_one(rows: pd.DataFrame, specification: Specification) -> dict[str, tuple[float, float]]:
    """Outcomes that are columns of noughts and ones are shares."""
    return {
        name: (0.0, 1.0)
        for name in specification.outcomes
        if set(rows[name].dropna().unique()) in ({0.0, 1.0}, {1.0})
    }
