"""The nouns of a campaign and what must always be true of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Literal

from surveys.fieldwork import LinkingKey, Protection
from surveys.weighting import Weighting


class Role(StrEnum):
    """What a site is on the route. It belongs to campaign, site and audience, never to a country."""

    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"


class Tier(StrEnum):
    """How much weight the plan puts on an outcome."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    HARM = "harm"
    EXPLORATORY = "exploratory"


Text = Mapping[str, str]  # language -> text
ScoreKind = Literal[
    "item",
    "column",
    "at_least",
    "proportion_correct",
    "mean",
    "z_index",
    "icw_index",
    "first_component",
    "ladder",
    "list_experiment",
    "decoy_adjusted",
    "calibration",
]
INDEX_KINDS = (
    "z_index",
    "icw_index",
    "first_component",
)  # measured against a reference group, in its deviations
WEIGHTED_KINDS = ("icw_index", "first_component")  # whose weights are learnt from the answers
DontKnow = Literal["incorrect", "missing"]
Unit = Literal["proportion", "points", "standard_deviations"]
Better = Literal["higher", "lower"]
# K: knowledge, attitude, intention, recall. S: own migration, recruiters, victimisation, reporting: it may harm who is known by it.
ItemClass = Literal["K", "S"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """One round of interviews, in the order of the campaign file."""

    id: str
    title: Text
    opens: date | None = None
    closes: date | None = None
    backcheck_of: str | None = None  # the wave whose respondents it asks a second time, briefly, as a check


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Interviews planned in one part of a site's sample."""

    by: Mapping[str, str]  # question, or arm, cluster, stratum -> its value
    wave: str
    target: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a campaign ran: a country, a role and an audience."""

    id: str
    country: str  # ISO 3166-1 alpha-3
    role: Role
    audience: Text
    title: Text  # defaults to the country's name
    target: Mapping[str, int] = field(default_factory=dict)  # wave id -> interviews planned
    quotas: tuple[Quota, ...] = ()
    design: str | None = None  # where the site's design differs from the plan's
    weights: Weighting | None = None  # None: the data's own weight, or none


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How answers become one number a respondent."""

    kind: ScoreKind
    items: tuple[str, ...]
    key: Mapping[str, str] = field(default_factory=dict)  # item -> right answer
    reverse: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None  # lowest and highest answer of the items
    at_least: int | None = None
    dont_know: DontKnow = "incorrect"
    minimum_answered: float = 0.7  # share of items answered below which there is no score
    values: Mapping[str, float] = field(default_factory=dict)  # answer -> number, e.g. {yes: 1, no: 0}
    counted: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # item -> answers that count, at_least
    otherwise: float | None = None  # number of an answer that ``values`` does not name; None: no score
    not_asked: float | None = None  # number of an item the form skipped; None: the item was not answered
    options: Mapping[str, int] = field(default_factory=dict)  # item -> answers to choose from, for guessing
    listed: int | None = None  # items of the shorter list of a list experiment
    benchmark: float | None = None  # what a belief is held against, in its own unit
    benchmark_source: str = ""
    benchmark_date: str = ""  # the day for which the benchmark held, as ISO writes it


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A scored number, its construct and the direction the campaign hopes for."""

    id: str
    construct: str
    title: Text
    score: Score
    better: Better
    family: str
    tier: Tier
    unit: Unit
    range: tuple[float, float] | None = None  # lowest and highest possible score, where bounded
    item_class: ItemClass = "K"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The plan: what was decided before the data."""

    design: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    standard_errors: str = "CR2"
    p_value: str = "t"  # t, normal, wild_cluster_bootstrap, randomisation, automatic
    draws: int = 9999
    seed: int = 1
    covariates: tuple[str, ...] = ()  # numeric
    categorical: tuple[str, ...] = ()  # covariates entered as indicator variables
    fixed_effects: tuple[str, ...] = ()
    adjustment: str = "additive"  # interacted: slopes of their own in each arm, where it was drawn by lot
    subgroups: tuple[str, ...] = ()
    margin: Mapping[str, float] = field(default_factory=dict)  # family -> smallest difference that matters
    multiplicity: str = "holm"
    pool_by: str = "role"
    pool_method: str | None = None  # None: the policy (equal below five sites, REML from five up, alongside)
    confidence: float = 0.95

    @property
    def second_opinion(self) -> bool:
        """Whether the test is CR2's, so that a better one stands beside it where clusters are few."""
        return self.standard_errors == "CR2" and self.p_value == "t"


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which question, or which column of the data, plays which part."""

    submission: str | None = None
    country: str | None = None
    respondent: str | None = None
    site: str | None = None
    wave: str | None = None
    arm: str | None = None
    cluster: str | None = None
    stratum: str | None = None
    weight: str | None = None
    interview_date: str | None = None
    interviewer: str | None = None
    consent: str | None = None
    exposure: Mapping[str, str] = field(default_factory=dict)  # recalled, decoy, ... -> question
    wave_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # wave id -> values in the data
    arm_values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # arm id -> values in the data


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """How respondents without a reliable id are found again in another wave."""

    keys: tuple[LinkingKey, ...] = ()
    block: tuple[str, ...] = ()  # pairs are compared only where one of these agrees, or nearly


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """One campaign as its file states it. Build it with ``registry.load_campaign``."""

    id: str
    title: Text
    instrument: str
    waves: tuple[Wave, ...]
    sites: tuple[Site, ...]
    columns: Columns
    outcomes: tuple[Outcome, ...]
    analysis: Analysis
    simulated: bool = False  # every screen and export of it says so
    description: Text = field(default_factory=dict)
    themes: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    messages: tuple[Mapping[str, object], ...] = ()
    costs: tuple[Mapping[str, object], ...] = ()
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # code -> missing reason
    linking: Linking = field(default_factory=Linking)
    identifiers: Mapping[str, Protection] = field(default_factory=dict)  # question -> what becomes of it
    retention_months: int | None = (
        None  # how long originals are kept after the last wave; None: the workspace's
    )
    sha256: str = ""  # of the campaign file, the plan's stamp

    @property
    def main_waves(self) -> tuple[Wave, ...]:
        """The waves that results come from: all but back-checks."""
        return tuple(wave for wave in self.waves if wave.backcheck_of is None)

    @property
    def declares_weights(self) -> bool:
        """Whether the weights of some site are made by declared rules."""
        return any(site.weights is not None for site in self.sites)

    @property
    def weighted(self) -> bool:
        """Whether interviews count by a weight, the data's own or one that is made."""
        return self.columns.weight is not None or self.declares_weights

    def site(self, site_id: str) -> Site:
        """The site of that id; KeyError where there is none."""
        return {site.id: site for site in self.sites}[site_id]

    def outcome(self, outcome_id: str) -> Outcome:
        """The outcome of that id; KeyError where there is none."""
        return {outcome.id: outcome for outcome in self.outcomes}[outcome_id]
