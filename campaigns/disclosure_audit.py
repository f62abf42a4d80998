"""What can be worked out of a withheld number from all that is told beside it: the audit by linear programming.

Whoever reads a release knows of every group it tells a rounded count, so an interval; that the levels of a breakdown make up the
whole; and that nobody is counted below nought. The least and the most that a withheld group could hold given all of that is the
answer of two linear programs (Castro 2012, "Recent advances in optimization techniques for statistical tabular data
protection"; the attacker's problem of complementary suppression). Assuming that levels make up the whole exactly gives the
attacker more than is true where answers are missing, so the audit errs on the safe side.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from scipy.optimize import linprog

from campaigns.disclosure_policy import Policy
from campaigns.effects import Counts, Effect, EffectEstimate, NotEstimable


INFEASIBLE = 2  # as HiGHS says it
GROUPS = ("n_campaign_before", "n_campaign_after", "n_comparison_before", "n_comparison_after")
Table = tuple[str, str, str, str]  # outcome, site, term, variable of the breakdown


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One withheld group of people and what can be worked out of its size."""

    outcome: str
    site: str
    term: str
    subgroup: str
    group: str
    least: float
    most: float
    safe: bool  # the range is wide enough, and leaves open on which side of the threshold it lies


def audit(effects: Sequence[Effect], policy: Policy) -> list[Audited]:
    """Every withheld group of every breakdown, from effects as they are told."""
    wholes = {
        (e.subject.outcome, e.subject.site or "", e.subject.term): e
        for e in effects
        if e.subject.subgroup is None
    }
    parts = sorted((e for e in effects if e.subject.subgroup is not None), key=table_of)
    return [
        found
        for table, levels in groupby(parts, key=table_of)
        for found in _audited(table, list(levels), wholes.get(table[:3]), policy)
    ]


def bounds(
    known: Mapping[str, tuple[float, float]], wanted: str, sums: Sequence[tuple[str, Sequence[str]]]
) -> tuple[float, float]:
    """The least and the most one cell can hold.

    Parameters
    ----------
    known
        Cell -> the interval it lies in; nought and infinity for a withheld one.
    wanted
        The cell in question.
    sums
        Each total with the cells that make it up.
    """
    names = list(known)
    place = {name: number for number, name in enumerate(names)}
    equal = np.zeros((len(sums), len(names)))
    for row, (total, parts) in enumerate(sums):
        equal[row, place[total]] = -1.0
        equal[row, [place[part] for part in parts]] = 1.0
    limits = [(low, None if np.isinf(high) else high) for low, high in known.values()]
    ends = {}
    for sign in (1.0, -1.0):
        cost = np.zeros(len(names))
        cost[place[wanted]] = sign
        found = linprog(
            cost,
            A_eq=equal if len(sums) else None,
            b_eq=np.zeros(len(sums)) if len(sums) else None,
            bounds=limits,
            method="highs",
        )
        if found.status == INFEASIBLE:  # levels do not make up the whole: some people belong to none
            return known[wanted]
        ends[sign] = sign * float(found.fun or 0.0) if found.status == 0 else np.inf
    return ends[1.0], ends[-1.0]


def table_of(effect: Effect) -> Table:
    """The breakdown an effect is part of."""
    subject = effect.subject
    return (
        subject.outcome, subject.site or "", subject.term, str(subject.subgroup).partition("=")[0],
    )  # fmt: skip


def _audited(
    table: Table, levels: Sequence[Effect], whole: Effect | None, policy: Policy
) -> Iterator[Audited]:
    withheld = [e for e in levels if isinstance(e, NotEstimable) and e.code.startswith("suppressed_")]
    if not withheld:
        return
    for group in GROUPS:
        known = {str(e.subject.subgroup): _interval(e, group, policy) for e in levels}
        sums: list[tuple[str, Sequence[str]]] = []
        if isinstance(whole, EffectEstimate) and getattr(whole.counts, group) is not None:
            known[""] = _interval(whole, group, policy)
            sums = [("", [name for name in known if name])]
        for effect in withheld:
            name = str(effect.subject.subgroup)
            least, most = bounds(known, name, sums)
            wide = most - least >= policy.interval
            open_side = effect.code != "suppressed_small" or least < policy.respondents <= most
            yield Audited(
                outcome=table[0], site=table[1], term=table[2], subgroup=name, group=group,
                least=least, most=most, safe=wide and open_side,
            )  # fmt: skip


def _interval(effect: Effect, group: str, policy: Policy) -> tuple[float, float]:
    """What a reader knows of a group: nothing but that it is not below nought, or a rounded count."""
    counts: Counts | None = effect.counts
    told = None if counts is None else getattr(counts, group)
    if told is None or not isinstance(effect, EffectEstimate):
        return (0.0, np.inf)
    reach = (policy.round_to - 1) / 2
    return (max(float(told) - reach, 0.0), float(told) + reach)
