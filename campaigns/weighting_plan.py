"""The ``weights:`` sections of a campaign file: how respondents were drawn, what is known of the population, where weights end."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import cast, get_args

from campaigns.campaign import Campaign
from campaigns.schema import Section, as_number, as_text, did_you_mean, unique
from surveys.weighting import (
    STRATUM,
    Adjustment,
    DesignWeights,
    PopulationMargin,
    SampledCluster,
    SampledStratum,
    SamplingPlan,
    Trim,
    TrimBy,
    Weighting,
)


KEYS = ("design", "sampling", "nonresponse", "margins", "trim")


def weighting_of(
    section: Section, waves: Sequence[str], *, column: bool, otherwise: Weighting | None = None
) -> Weighting | None:
    """How interviews are weighted; None where neither this section nor that of the whole campaign says it.

    Parameters
    ----------
    column
        Whether the data hold a weight.
    otherwise
        The campaign's; a site's own keys stand in for its.
    """
    section.allow_only(KEYS)
    if not section.values:
        return otherwise
    found = otherwise or Weighting(design="column" if column else "equal")
    if "sampling" in section:
        found = replace(found, sampling=_plans(section, waves), design="sampling")
    if "design" in section:
        found = replace(
            found, design=cast("DesignWeights", section.choice("design", get_args(DesignWeights)))
        )
    if "nonresponse" in section:
        allowed = get_args(Adjustment)
        found = replace(found, nonresponse=cast("Adjustment", section.choice("nonresponse", allowed)))
    if "margins" in section:
        margins = tuple(_margin(inner) for inner in section.sections("margins"))
        unique(margins, lambda margin: margin.question, section, "margins")
        found = replace(found, margins=margins)
    if "trim" in section:
        found = replace(found, trim=_trim(section.section("trim")))
    return found


def margin_columns(campaign: Campaign) -> tuple[str, ...]:
    """Questions that margins are known of."""
    return tuple(
        dict.fromkeys(
            margin.question
            for site in campaign.sites
            for margin in (site.weights.margins if site.weights else ())
            if margin.question != STRATUM
        )
    )


def weighting_must_hold(campaign: Campaign, root: Section) -> None:
    """What the weights of a site need of the rest of the file."""
    for position, site in enumerate(campaign.sites):
        if site.weights is not None:
            own = root.values.get("sites")
            said = isinstance(own, list) and isinstance(own[position], Mapping) and "weights" in own[position]
            _must_hold(site.weights, campaign, root, f"sites[{position}].weights" if said else "weights")


def _must_hold(weighting: Weighting, campaign: Campaign, root: Section, where: str) -> None:
    columns = campaign.columns
    if weighting.design == "column" and columns.weight is None:
        root.refuse(
            f"{where}.design", "no column of the data holds a weight.", "Name it at columns.weight, or write "
            "design: equal, or give the sampling plan.",
        )  # fmt: skip
    if weighting.design == "sampling" and not weighting.sampling:
        root.refuse(
            f"{where}.sampling", "this key is needed and absent.", "Say how respondents were drawn, "
            "sampling: {strata: {...}}.",
        )  # fmt: skip
    _sampling_must_hold(weighting, campaign, root, where)
    for position, margin in enumerate(weighting.margins):
        key = f"{where}.margins[{position}].question"
        if margin.question == STRATUM and columns.stratum is None:
            root.refuse(key, "no column says the stratum.", "Name it at columns.stratum.")
        if margin.question in (columns.arm, "arm"):
            root.refuse(
                key,
                "arms are no part of a population.",
                "Take this margin out: weights never depend on the arm.",
            )


def _sampling_must_hold(weighting: Weighting, campaign: Campaign, root: Section, where: str) -> None:
    strata = [one for plan in weighting.sampling for one in plan.strata.values()]
    if any(one.drawn is not None for one in strata) and campaign.columns.cluster is None:
        root.refuse(
            f"{where}.sampling",
            "clusters were drawn and no column says the cluster.",
            "Name it at columns.cluster.",
        )
    for plan in weighting.sampling:
        names = [name for one in plan.strata.values() for name in one.clusters]
        many = len(plan.strata) > 1 and any(one.persons for one in plan.strata.values())
        if campaign.columns.stratum is None and (many or len(set(names)) < len(names)):
            root.refuse(
                f"{where}.sampling.strata", "no column says the stratum, and the clusters do not tell it.",
                "Name it at columns.stratum.",
            )  # fmt: skip
    chosen = [one for s in strata for one in ([s.persons] if s.persons else s.clusters.values())]
    if weighting.nonresponse is not None and (
        weighting.design != "sampling" or any(one.selected is None for one in chosen)
    ):
        root.refuse(
            f"{where}.nonresponse", "it is not known how many persons were chosen.",
            "Give selected: for every cluster, or leave nonresponse out: weights then count those interviewed.",
        )  # fmt: skip


def _plans(section: Section, waves: Sequence[str]) -> tuple[SamplingPlan, ...]:
    several = isinstance(section.values["sampling"], list)
    plans = [
        _plan(one, waves)
        for one in (section.sections("sampling") if several else [section.section("sampling")])
    ]
    claimed: set[str] = set()
    for position, plan in enumerate(plans):
        for wave in plan.waves or waves:
            if wave in claimed:
                section.refuse(
                    f"sampling[{position}].waves",
                    f'"{wave}" has a sampling plan already.',
                    "Name each wave once.",
                )
            claimed.add(wave)
    return tuple(plans)


def _plan(section: Section, waves: Sequence[str]) -> SamplingPlan:
    section.allow_only(("waves", "strata"))
    named = section.texts("waves")
    for wave in named:
        if wave not in waves:
            section.refuse(
                "waves",
                f'"{wave}" is no wave.',
                f"Use one of: {', '.join(waves)}.{did_you_mean(wave, waves)}",
            )
    strata = section.section("strata")
    if not strata.values:
        section.refuse(
            "strata",
            "this key is needed and absent.",
            "Name each stratum, or the site as one: strata: {all: {...}}.",
        )
    return SamplingPlan(strata={name: _stratum(strata.section(name)) for name in strata.values}, waves=named)


def _stratum(section: Section) -> SampledStratum:
    if "eligible" in section:
        section.allow_only(("eligible", "selected"))
        return SampledStratum(persons=_persons(section))
    section.allow_only(("drawn", "clusters_in_stratum", "size_of_stratum", "clusters"))
    clusters = section.section("clusters")
    if not clusters.values:
        section.refuse(
            "clusters", "this key is needed and absent.",
            "Name each cluster drawn, clusters: {ward_1: {eligible: 840, selected: 25}}, or write eligible: and selected: "
            "where persons were drawn at once.",
        )  # fmt: skip
    if ("clusters_in_stratum" in section) == ("size_of_stratum" in section):
        section.refuse(
            "clusters_in_stratum", "it is not said how clusters were drawn.",
            "Give clusters_in_stratum where each had the same chance, or size_of_stratum where they were drawn by size.",
        )  # fmt: skip
    drawn = section.whole("drawn", low=max(1, len(clusters.values)))
    by_size = "size_of_stratum" in section
    found = SampledStratum(
        drawn=drawn,
        clusters_in_stratum=None if by_size else section.whole("clusters_in_stratum", low=drawn),
        size_of_stratum=section.number("size_of_stratum", low=1) if by_size else None,
        clusters={name: _persons(clusters.section(name), by_size=by_size) for name in clusters.values},
    )
    for name in found.clusters:
        if found.chance_of(name) > 1 + 1e-9:
            section.refuse(
                f"clusters.{name}", "by its size this cluster is drawn with a chance above 1.",
                "It was certain to be drawn: give it a stratum of its own, with drawn: 1 and clusters_in_stratum: 1.",
            )  # fmt: skip
    return found


def _persons(section: Section, *, by_size: bool = False) -> SampledCluster:
    if "drawn" not in section.values:
        section.allow_only(("eligible", "selected", "size") if by_size else ("eligible", "selected"))
    eligible = section.whole("eligible", low=1)
    return SampledCluster(
        eligible=eligible,
        selected=section.whole("selected", low=1, high=eligible) if "selected" in section else None,
        size=section.number("size", low=1e-9) if "size" in section else None,
    )


def _margin(section: Section) -> PopulationMargin:
    section.allow_only(("question", "shares", "answers", "bands", "source", "date"))
    shares = section.section("shares")
    sizes = {label: as_number(value) for label, value in shares.values.items()}
    for label, size in sizes.items():
        if size is None or size <= 0:
            shares.refuse(
                label, "a number above nil is expected here.", "Write the share or the number of people; leave out what "
                "nobody is.",
            )  # fmt: skip
    if len(sizes) < 2:
        section.refuse(
            "shares", "a margin has two categories or more.", "Write shares: {female: 52, male: 48}."
        )
    whole = sum(size for size in sizes.values() if size is not None)
    answers, bands = section.section("answers"), section.section("bands")
    for inner in (answers, bands):
        inner.allow_only(tuple(sizes))
    merged = {label: answers.texts(label) for label in answers.values}
    found = PopulationMargin(
        question=section.text("question"),
        shares={label: size / whole for label, size in sizes.items() if size is not None},
        answers=merged,
        bands={label: _band(bands, label) for label in bands.values},
        source=section.languages("source"),
        day=section.day("date"),
    )
    _once_each(found, section)
    return found


def _band(section: Section, label: str) -> tuple[float, float]:
    bounds = section.interval(label)
    if bounds is None:
        section.refuse(label, "a lowest and a highest value are expected here.", "Write them as [15, 24].")
    return bounds


def _once_each(margin: PopulationMargin, section: Section) -> None:
    """An answer, or a number, belongs to one category."""
    taken: dict[str, str] = {}
    for label in margin.shares:
        for answer in margin.answers.get(label, () if label in margin.bands else (label,)):
            if taken.setdefault(answer.casefold(), label) != label:
                section.refuse(
                    "answers", f'"{as_text(answer)}" is in two categories.', "Let an answer be in one only."
                )
    ordered = sorted(margin.bands.items(), key=lambda band: band[1])
    for (_, (_, high)), (label, (low, _)) in pairwise(ordered):
        if low <= high:
            section.refuse(
                f"bands.{label}",
                "this band overlaps the one before it.",
                "Both ends count: [15, 24], then [25, 34].",
            )


def _trim(section: Section) -> Trim:
    section.allow_only(("by", "above", "below"))
    by = cast("TrimBy", section.choice("by", get_args(TrimBy)))
    if "above" not in section and "below" not in section:
        section.refuse(
            "above", "this key is needed and absent.", "Say where weights end, {by: median, above: 5}."
        )
    if by == "percentile":
        return Trim(by=by, above=_bound(section, "above", 0.5, 1.0), below=_bound(section, "below", 0.0, 0.5))
    if by == "deviations":
        return Trim(
            by=by, above=_bound(section, "above", 0.0, 100.0), below=_bound(section, "below", 0.0, 100.0)
        )
    return Trim(by=by, above=_bound(section, "above", 1.01, 1000.0), below=_bound(section, "below", 0.0, 1.0))


def _bound(section: Section, key: str, low: float, high: float) -> float | None:
    return section.number(key, low=low, high=high) if key in section else None
