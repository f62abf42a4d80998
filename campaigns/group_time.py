"""Effects of campaigns that start at different times, by cohort and period, and their averages.

Everything is an average of differences, so everything has an influence function: what each unit adds to the error.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from campaigns.sample import Floats, Integers
from campaigns.specification import ComparisonGroup


Chosen = NDArray[np.bool_]

NEVER = 0.0
FEWEST_OF_A_COHORT = 5  # clusters; the error of a cohort of one state came out as p = 1e-37


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """Units that start at different times. In a panel a row is a unit and has an outcome in every period.

    In repeated cross-sections a row is one interview and has an outcome in its own period, NaN in all others.
    """

    outcomes: Floats  # rows x periods
    periods: Floats  # in order
    cohort: Floats  # of each row, when it was first treated; NEVER where it never was
    weight: Floats
    repeated: bool  # whether units are the same in every period


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One effect: of a cohort in a period, or an average of such. ``influence`` has the mean nil."""

    term: str
    estimate: float
    influence: Floats
    cohorts: tuple[float, ...]  # whose effects it holds
    campaign_before: int = 0
    campaign_after: int = 0
    comparison_before: int = 0
    comparison_after: int = 0
    mean_comparison_after: float | None = None
    before_start: bool = False  # a difference that no campaign can have made


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """The effect on one cohort in one period."""

    cohort: float
    period: float
    term: Term


def group_time_effects(panel: Panel, comparison: ComparisonGroup = "never") -> list[Term]:
    """Group-time average treatment effects, and their simple, dynamic, group and calendar averages.

    The effect on cohort g in period t is the mean change of g since its base period less that of the comparison: the
    period before g started (for a period before the start, the one just before that: a varying base). Cohorts treated
    in the first period have no base and are left out; those that start after the last period were never treated.

    Parameters
    ----------
    comparison
        Units never treated, or also those not yet treated.

    Returns
    -------
    list
        ``att_g2004_t2006`` and so on in order of cohort and period; ``simple_overall``; ``dynamic_-1`` and so on by
        periods since the start and their average after it, ``dynamic_overall``; ``group_2004``, ``group_overall``;
        ``calendar_2006``, ``calendar_overall``. Empty where nobody is treated or nobody to compare with.

    References
    ----------
    Callaway & Sant'Anna (2021), Journal of Econometrics 225:200-230. R: did::att_gt(bstrap = FALSE) and did::aggte.
    """
    cohorts = [float(g) for g in np.unique(panel.cohort) if g > panel.periods[0]]
    cells = [
        cell
        for cohort in cohorts
        for cell in (_effect(panel, cohort, place, comparison) for place in range(1, len(panel.periods)))
        if cell is not None
    ]
    if not cells:
        return []
    return [*(cell.term for cell in cells), *_averages(panel, cells)]


def starts_of(first_treated: Floats, periods: Floats) -> Floats:
    """Each row's cohort: never treated where blank, nil, or later than the last period."""
    never = ~np.isfinite(first_treated) | (first_treated <= 0) | (first_treated > periods[-1])
    found: Floats = np.where(never, NEVER, first_treated)
    return found


def variance_of(influence: Floats, cluster: Integers | None) -> float:
    """Variance of an estimate from its influence function, summed within clusters where there are any."""
    sums = influence if cluster is None else np.bincount(cluster, weights=influence).astype(float)
    return float((sums**2).sum()) / len(influence) ** 2


def _effect(panel: Panel, cohort: float, place: int, comparison: ComparisonGroup) -> _Cell | None:
    """The effect on a cohort in the period at ``place``; None where nobody is compared."""
    period = float(panel.periods[place])
    earlier = np.flatnonzero(panel.periods < cohort)
    base = place - 1 if period < cohort else int(earlier[-1])
    treated = panel.cohort == cohort
    control = panel.cohort == NEVER
    if comparison == "not_yet":
        control = control | ((panel.cohort > panel.periods[max(place, base)]) & ~treated)
    compare = _of_panel if panel.repeated else _of_cross_sections
    term = compare(panel, cohort, treated, control, place, base)
    if term is None:
        return None
    return _Cell(cohort=cohort, period=period, term=replace(term, before_start=period < cohort))


def _of_panel(
    panel: Panel, cohort: float, treated: Chosen, control: Chosen, place: int, base: int
) -> Term | None:
    change = panel.outcomes[:, place] - panel.outcomes[:, base]
    if not treated.any() or not control.any():
        return None
    gained, above = _mean(change, treated, panel.weight)
    otherwise, below = _mean(change, control, panel.weight)
    campaign, compared = int(treated.sum()), int(control.sum())
    return Term(
        term=_name(cohort, panel.periods[place]),
        estimate=gained - otherwise,
        influence=above - below,
        cohorts=(cohort,),
        campaign_before=campaign,
        campaign_after=campaign,
        comparison_before=compared,
        comparison_after=compared,
        mean_comparison_after=_mean(panel.outcomes[:, place], control, panel.weight)[0],
    )


def _of_cross_sections(
    panel: Panel, cohort: float, treated: Chosen, control: Chosen, place: int, base: int
) -> Term | None:
    after, before = np.isfinite(panel.outcomes[:, place]), np.isfinite(panel.outcomes[:, base])
    groups = {
        "campaign_after": (place, treated & after, 1.0),
        "campaign_before": (base, treated & before, -1.0),
        "comparison_after": (place, control & after, -1.0),
        "comparison_before": (base, control & before, 1.0),
    }
    if not all(members.any() for _, members, _ in groups.values()):
        return None
    estimate, influence, means = 0.0, np.zeros(len(panel.cohort)), {}
    for name, (column, members, sign) in groups.items():
        means[name], pull = _mean(panel.outcomes[:, column], members, panel.weight)
        estimate += sign * means[name]
        influence += sign * pull
    counts = {name: int(members.sum()) for name, (_, members, _) in groups.items()}
    return Term(
        term=_name(cohort, panel.periods[place]),
        estimate=estimate,
        influence=influence,
        cohorts=(cohort,),
        campaign_before=counts["campaign_before"],
        campaign_after=counts["campaign_after"],
        comparison_before=counts["comparison_before"],
        comparison_after=counts["comparison_after"],
        mean_comparison_after=means["comparison_after"],
    )


def _name(cohort: float, period: float) -> str:
    return f"att_g{_written(cohort)}_t{_written(period)}"


def _mean(values: Floats, members: Chosen, weight: Floats) -> tuple[float, Floats]:
    """The weighted mean of the members, and its influence function over all rows."""
    own = np.where(members, weight, 0.0)
    filled = np.where(members, values, 0.0)
    mean = float(own @ filled / own.sum())
    influence: Floats = own * (filled - mean) * (len(values) / own.sum())
    return mean, influence


# ── Averages ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _averages(panel: Panel, cells: Sequence[_Cell]) -> Iterable[Term]:
    share = {
        cohort: float(np.average(panel.cohort == cohort, weights=panel.weight))
        for cohort in {c.cohort for c in cells}
    }
    after = [cell for cell in cells if cell.period >= cell.cohort]
    if after:
        yield _weighted(panel, "simple_overall", after, share)
    kinds: tuple[tuple[str, Callable[[_Cell], float], Sequence[_Cell]], ...] = (
        ("dynamic", lambda cell: _since(panel, cell), cells),
        ("group", lambda cell: cell.cohort, after),
        ("calendar", lambda cell: cell.period, after),
    )
    for kind, key, chosen in kinds:
        by_key: dict[float, list[_Cell]] = {}
        for cell in chosen:
            by_key.setdefault(key(cell), []).append(cell)
        terms = {
            value: _weighted(panel, f"{kind}_{_written(value)}", by_key[value], share)
            for value in sorted(by_key)
        }
        yield from terms.values()
        whole = _overall(panel, kind, terms, share)
        if whole is not None:
            yield whole


def _since(panel: Panel, cell: _Cell) -> float:
    return cell.period - cell.cohort


def _overall(
    panel: Panel, kind: str, terms: Mapping[float, Term], share: Mapping[float, float]
) -> Term | None:
    """The average after the start: equal over lengths of exposure and over periods, by size over cohorts."""
    chosen = {value: term for value, term in terms.items() if kind != "dynamic" or value >= 0}
    if not chosen:
        return None
    name = f"{kind}_overall"
    if kind == "group":
        cells = [_Cell(cohort=value, period=value, term=term) for value, term in chosen.items()]
        return _weighted(panel, name, cells, share)
    return Term(
        term=name,
        estimate=float(np.mean([term.estimate for term in chosen.values()])),
        influence=np.mean([term.influence for term in chosen.values()], axis=0),
        cohorts=_cohorts(chosen.values()),
    )


def _weighted(panel: Panel, name: str, cells: Sequence[_Cell], share: Mapping[float, float]) -> Term:
    """The average of effects by the size of their cohorts; that the sizes are estimated adds to its error."""
    shares = np.array([share[cell.cohort] for cell in cells])
    effects = np.array([cell.term.estimate for cell in cells])
    weights = shares / shares.sum()
    influence = sum(weight * cell.term.influence for weight, cell in zip(weights, cells, strict=True))
    scale = panel.weight / panel.weight.mean()
    sizes = np.column_stack([scale * (panel.cohort == cell.cohort) - share[cell.cohort] for cell in cells])
    influence = influence + sizes @ effects / shares.sum()
    influence = influence - sizes.sum(axis=1) * (shares @ effects) / shares.sum() ** 2
    return Term(
        term=name,
        estimate=float(weights @ effects),
        influence=influence,
        cohorts=_cohorts(cell.term for cell in cells),
    )


def _cohorts(terms: Iterable[Term]) -> tuple[float, ...]:
    return tuple(sorted({cohort for term in terms for cohort in term.cohorts}))


def _written(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:g}"
