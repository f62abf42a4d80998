"""What a campaign file must be as a whole: names told apart, designs that have what they need, back-checks that check."""

from collections.abc import Sequence
from itertools import pairwise
from typing import get_args

from campaigns.campaign import Campaign, Tier
from campaigns.linking_keys import linking_must_hold
from campaigns.schema import Section, as_number, as_text, did_you_mean
from campaigns.weighting_plan import margin_columns, weighting_must_hold
from surveys.fieldwork import Part


PARTS: tuple[str, ...] = get_args(Part)
COMPARES_ARMS = ("difference_in_differences", "randomised", "ancova", "event_study", "encouragement")
COMPARES_EXPOSURE = ("exposure", "encouragement")  # by the exposure question named received, else recalled


def must_hold(campaign: Campaign, root: Section) -> None:
    """The invariants that join one part of the file with another."""
    opened = [wave for wave in campaign.waves if wave.opens]
    for earlier, later in pairwise(opened):
        if earlier.opens and later.opens and later.opens < earlier.opens:
            root.refuse(
                "waves", f"{later.id} opens before {earlier.id}.", "List the waves in the order of time."
            )
    _backchecks_must_hold(campaign, root)
    linking_must_hold(campaign, root, _with_another_part(campaign))
    weighting_must_hold(campaign, root)
    variables = set(analysis_columns(campaign))
    for position, outcome in enumerate(campaign.outcomes):
        if outcome.id in variables:
            root.refuse(
                f"outcomes[{position}].id", f'"{outcome.id}" is a variable of the plan too.', "Rename it."
            )
    families = {outcome.family for outcome in campaign.outcomes}
    for family in campaign.analysis.margin:
        if family not in families:
            root.refuse(
                f"analysis.margin.{family}",
                "no outcome belongs to this family.",
                among(family, sorted(families)),
            )
        if campaign.analysis.margin[family] < 0:
            root.refuse(f"analysis.margin.{family}", "a margin is never negative.", "Write its size alone.")
    if not any(outcome.tier is Tier.PRIMARY for outcome in campaign.outcomes):
        root.refuse(
            "outcomes", "no outcome is primary.", "Say before the data which outcome decides: tier: primary."
        )
    for where, design in _designs(campaign):
        _design_must_hold(design, campaign, root, where)
    known = {site.id for site in campaign.sites}
    for position, cost in enumerate(campaign.costs):
        site = cost.get("site")
        if site is not None and as_text(site) not in known:
            root.refuse(
                f"costs[{position}].site", f'"{site}" is no site.', among(as_text(site), sorted(known))
            )
        if "amount" in cost and as_number(cost["amount"]) is None:
            root.refuse(
                f"costs[{position}].amount", "a number is expected here.", "Write digits only, 42000."
            )


def _designs(campaign: Campaign) -> list[tuple[str, str]]:
    """Every design of the campaign and the key that names it."""
    own = [
        (f"sites[{place}].design", site.design) for place, site in enumerate(campaign.sites) if site.design
    ]
    return [("analysis.design", campaign.analysis.design), *own]


def _design_must_hold(design: str, campaign: Campaign, root: Section, where: str) -> None:
    if design in COMPARES_ARMS and not campaign.columns.arm:
        root.refuse(
            "columns.arm",
            f"{design} compares arms and no column says the arm.",
            "Name the question that says it, or choose pre_post (which cannot attribute a change to the campaign).",
        )
    if design in COMPARES_EXPOSURE and not {"received", "recalled"} & set(campaign.columns.exposure):
        root.refuse(
            "columns.exposure",
            f"{design} needs to know who met the campaign, and no question says it.",
            "Name it, for example exposure: {recalled: heard}.",
        )
    if design == "staggered":
        root.refuse(
            where,
            "staggered needs the period in which each place started, which a campaign file does not hold.",
            "Choose event_study, or give the rows of awareness responses and a plan to awareness estimate.",
        )


def _backchecks_must_hold(campaign: Campaign, root: Section) -> None:
    main = [wave.id for wave in campaign.main_waves]
    for position, wave in enumerate(campaign.waves):
        if wave.backcheck_of is None:
            continue
        key = f"waves[{position}].backcheck_of"
        if wave.backcheck_of not in main:
            root.refuse(key, f'"{wave.backcheck_of}" is no wave to check.', among(wave.backcheck_of, main))
        if campaign.columns.respondent is None:
            root.refuse(
                key,
                "a back-check needs to find the same respondent again.",
                "Name the question with the respondent's code at columns.respondent.",
            )
        if wave.id in (*campaign.analysis.before, *campaign.analysis.after):
            root.refuse(key, "a back-check is no wave to estimate from.", "Take it out of before and after.")


def among(value: str, allowed: Sequence[str]) -> str:
    """The remedy for a value that is none of those allowed."""
    return f"Use one of: {', '.join(allowed)}.{did_you_mean(value, allowed)}"


def _with_another_part(campaign: Campaign) -> tuple[str, ...]:
    """Questions whose answers are needed as they are: all that have a part but to say who the respondent is."""
    columns = campaign.columns
    parts = [getattr(columns, part) for part in (*PARTS, "consent") if part != "respondent"]
    named = [name for name in (*parts, *columns.exposure.values()) if name is not None]
    counted = [name for site in campaign.sites for quota in site.quotas for name in quota.by]
    return (
        *named,
        *counted,
        *margin_columns(campaign),
        *analysis_columns(campaign),
        *scored_columns(campaign),
    )


def analysis_columns(campaign: Campaign) -> tuple[str, ...]:
    """Columns that the analysis names."""
    analysis = campaign.analysis
    return (*analysis.covariates, *analysis.categorical, *analysis.fixed_effects, *analysis.subgroups)


def scored_columns(campaign: Campaign) -> tuple[str, ...]:
    """Questions that outcomes are scored from."""
    return tuple(item for outcome in campaign.outcomes for item in outcome.score.items)
