"""Design weights: one over the chance of being asked, as the sampling plan and the count of interviews give it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveys.weighting import Adjustment, Floats, Integers, SampledStratum, SamplingPlan


Place = tuple[str, str]  # stratum and cluster; the cluster is "" where persons were drawn at once


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignWeighted:
    """Design weights, and what about the plan and the interviews does not fit."""

    weights: Floats  # NaN where the plan does not know the place
    unknown: tuple[str, ...]  # clusters or strata of interviews that the plan does not name
    overfull: tuple[str, ...]  # with more interviews than persons chosen
    silent: tuple[str, ...]  # in the plan, without an interview


def design_weights(
    plan: SamplingPlan,
    stratum: Sequence[str | None] | None,
    cluster: Sequence[str | None] | None,
    counts: Integers,
    adjustment: Adjustment | None = None,
) -> DesignWeighted:
    """One over the chance of being asked: of the cluster being drawn, times of the person being chosen in it.

    A cluster of M persons is drawn with chance d / N, d of the N clusters of its stratum, or d M / (sum of M) where clusters are drawn by size;
    its persons with chance m / M, m of them chosen. Where the plan does not say m it is the number of interviews. With an ``adjustment``
    those who were chosen and gave no interview are made up for by those of their cluster, or of their stratum, who did: weights are
    multiplied by the summed weight of the chosen over that of the interviewed.

    Parameters
    ----------
    stratum, cluster
        Of each group of interviews; None where the campaign has no such column.
    counts
        Interviews in each group.

    References
    ----------
    Horvitz & Thompson (1952), JASA 47:663; weighting classes: Oh & Scheuren (1983). In R: ``1 / (p1 * p2)``, as tests/reference/weighting.R
    """
    places = _places(plan, stratum, cluster, len(counts))
    held: dict[Place, int] = {}
    for place, count in zip(places, counts.tolist(), strict=True):
        if place is not None:
            held[place] = held.get(place, 0) + count
    base = {place: _base(plan.strata[place[0]], place[1], held.get(place, 0)) for place in _planned(plan)}
    factor = _made_up_for(plan, base, held, adjustment)
    weights = np.array(
        [np.nan if place is None else base[place] * factor[place] for place in places], dtype=np.float64
    )
    return DesignWeighted(
        weights=weights,
        unknown=_unknown(places, stratum, cluster),
        overfull=tuple(
            _named(place) for place, count in sorted(held.items()) if count > _chosen(plan, place)
        ),
        silent=tuple(_named(place) for place in base if not held.get(place)),
    )


def _planned(plan: SamplingPlan) -> list[Place]:
    return [
        (name, cluster)
        for name, stratum in plan.strata.items()
        for cluster in (stratum.clusters if stratum.drawn is not None else ("",))
    ]


def _places(
    plan: SamplingPlan,
    stratum: Sequence[str | None] | None,
    cluster: Sequence[str | None] | None,
    groups: int,
) -> list[Place | None]:
    """Where each group was drawn: by its stratum where the data say it, else by its cluster, else the one stratum there is."""
    strata = list(plan.strata)
    whose = {name: place for place, one in plan.strata.items() for name in one.clusters}
    found: list[Place | None] = []
    for at in range(groups):
        ward = None if cluster is None else cluster[at]
        if stratum is not None:
            place = stratum[at]
        else:
            place = whose.get(ward or "", strata[0] if len(strata) == 1 else None)
        known = plan.strata.get(place or "")
        if known is None or place is None or known.persons_of(ward) is None:
            found.append(None)
        else:
            found.append((place, "" if known.drawn is None else ward or ""))
    return found


def _base(stratum: SampledStratum, cluster: str, interviews: int) -> float:
    persons = stratum.persons_of(cluster)
    assert persons is not None, "the place is one of the plan"  # noqa: S101
    chosen = interviews if persons.selected is None else persons.selected
    return persons.eligible / max(chosen, 1) / stratum.chance_of(cluster)


def _chosen(plan: SamplingPlan, place: Place) -> int:
    persons = plan.strata[place[0]].persons_of(place[1])
    assert persons is not None, "the place is one of the plan"  # noqa: S101
    return persons.eligible if persons.selected is None else persons.selected


def _made_up_for(
    plan: SamplingPlan, base: dict[Place, float], held: dict[Place, int], adjustment: Adjustment | None
) -> dict[Place, float]:
    """What the weights of each place are multiplied by for those who were chosen and not interviewed."""
    if adjustment is None:
        return dict.fromkeys(base, 1.0)
    chosen: dict[Place, float] = {}
    asked: dict[Place, float] = {}
    for place, weight in base.items():
        cell = place if adjustment == "cluster" else (place[0], "")
        chosen[cell] = chosen.get(cell, 0.0) + weight * _chosen(plan, place)
        asked[cell] = asked.get(cell, 0.0) + weight * held.get(place, 0)
    ratio = {cell: chosen[cell] / asked[cell] if asked[cell] else 1.0 for cell in chosen}
    return {place: ratio[place if adjustment == "cluster" else (place[0], "")] for place in base}


def _named(place: Place) -> str:
    return place[1] or place[0]


def _unknown(
    places: Sequence[Place | None],
    stratum: Sequence[str | None] | None,
    cluster: Sequence[str | None] | None,
) -> tuple[str, ...]:
    """The clusters, or where there are none the strata, that the plan does not name."""
    said = cluster if cluster is not None else stratum
    if said is None:
        return ()
    return tuple(sorted({said[at] or "–" for at, place in enumerate(places) if place is None}))
