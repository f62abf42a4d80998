"""What a campaign did, as values: an estimate, or why there is none; a pooled effect; an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from campaigns.campaign import Campaign
from surveys.languages import say


Estimand = Literal["change", "ITT", "ATT", "LATE", "association", "dose"]
Verdict = Literal["effect", "nothing_beyond_margin", "inconclusive"]


def verdict_of(conf_low: float, conf_high: float, margin: float | None = None) -> Verdict:
    """What an interval says of an effect, given the smallest difference that would matter (None: not declared).

    An interval that lies within the margin is ``nothing_beyond_margin``, even where it excludes zero.
    """
    if margin is not None and -margin <= conf_low and conf_high <= margin:
        return "nothing_beyond_margin"
    return "effect" if conf_low > 0 or conf_high < 0 else "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A caveat or a reason: a code whose sentence stands in the catalogue of strings."""

    code: str  # caveats: ``caveats.<code>``; reasons: ``reasons.<code>.what`` and ``.fix``
    values: Mapping[str, object] = field(
        default_factory=dict
    )  # a tuple of notes is a list within the sentence

    def say(self, language: str = "en") -> str:
        """The caveat's sentence."""
        return say(f"caveats.{self.code}", language, **said_values(self.values, language))


def said_values(values: Mapping[str, object], language: str) -> dict[str, object]:
    """What is filled into a sentence, lists of notes in the language of the sentence."""
    return {
        name: ", ".join(note.say(language) for note in value) if isinstance(value, tuple) else value
        for name, value in values.items()
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a number is about. The same for an estimate and for its absence."""

    outcome: str
    site: str | None = None
    role: str | None = None
    subgroup: str | None = None  # "female=1"
    design: str
    estimand: Estimand
    term: str = "effect"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Respondents behind a number, by arm and wave (None where the design has no such group)."""

    n: int
    n_clusters: int | None = None
    n_campaign_before: int | None = None
    n_campaign_after: int | None = None
    n_comparison_before: int | None = None
    n_comparison_after: int | None = None
    clusters_campaign: int | None = None
    clusters_comparison: int | None = None
    smallest_clusters: int | None = None  # clusters in the arm and wave that has fewest
    smallest_n: int | None = None  # respondents in the arm and wave that has fewest
    fewest_answers: int | None = (
        None  # of an outcome of class S: the fewest who said yes, or did not, in one of them
    )
    dropped: int = 0  # rows left out for a missing value, or a wave or arm not named
    causes: tuple[Note, ...] = ()  # why: how many for which value


WEAK_BELOW_RESPONDENTS = 30  # in an arm and wave; the policy of what may be shown
WEAK_BELOW_CLUSTERS = 6  # in an arm


def is_weak(counts: Counts) -> bool:
    """Whether so few stand behind a number that it is shown only with a warning."""
    clusters = (counts.clusters_campaign, counts.clusters_comparison, counts.smallest_clusters)
    return any(c is not None and c < WEAK_BELOW_CLUSTERS for c in clusters) or any(
        n is not None and n < WEAK_BELOW_RESPONDENTS for n in (*counts_by_group(counts), counts.smallest_n)
    )


def counts_by_group(counts: Counts) -> tuple[int | None, ...]:
    """Respondents in every arm and wave that the design has."""
    return (
        counts.n_campaign_before,
        counts.n_campaign_after,
        counts.n_comparison_before,
        counts.n_comparison_after,
    )


PlanStatus = Literal["planned", "deviated", "exploratory"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanStamp:
    """How an estimate stands to the plan that was locked before the data."""

    status: PlanStatus
    deviations: tuple[str, ...] = ()  # keys of the campaign file that are no longer what was locked
    reason: Note | None = None  # why it is exploratory: ``plan.exploratory.<code>``


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectEstimate:
    """One effect (or change) of one campaign on one outcome at one site."""

    subject: Subject
    counts: Counts
    estimate: float  # in the outcome's unit; positive = higher in the campaign group, not "good"
    std_error: float
    df: float  # of the reference t distribution; inf for the normal
    statistic: float
    p_value: float
    conf_low: float
    conf_high: float
    mean_comparison_after: float | None
    standard_errors: str  # "CR2", "HC1", ...
    p_method: str  # "t", "normal", ...
    verdict: Verdict | None = None
    p_adjusted: float | None = None
    caveats: tuple[Note, ...] = ()
    stamp: PlanStamp | None = None  # None: nobody asked how it stands to a plan


@dataclass(frozen=True, slots=True, kw_only=True)
class NotEstimable:
    """An estimate that cannot be made, why, and what to do instead. Drawn as a gap."""

    subject: Subject
    code: str
    values: Mapping[str, object] = field(default_factory=dict)
    counts: Counts | None = None
    caveats: tuple[Note, ...] = ()  # what may explain it further
    stamp: PlanStamp | None = None

    def reason(self, language: str = "en") -> str:
        """Why there is no estimate."""
        return say(f"reasons.{self.code}.what", language, **said_values(self.values, language))

    def remedy(self, language: str = "en") -> str:
        """What to do instead."""
        return say(f"reasons.{self.code}.fix", language, **said_values(self.values, language))


Effect = EffectEstimate | NotEstimable


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledEffect:
    """An average over sites."""

    k: int
    method: str  # REML, DL, PM, fixed, equal
    interval: str  # t_satterthwaite, knapp_hartung, knapp_hartung_floored, normal
    estimate: float
    std_error: float
    df: float
    p_value: float
    conf_low: float
    conf_high: float
    tau2: float | None = None  # unit squared
    tau2_low: float | None = None
    tau2_high: float | None = None
    i2: float | None = None  # 0-1
    q: float | None = None
    q_p_value: float | None = None
    predict_low: float | None = None
    predict_high: float | None = None
    caveats: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RolePool:
    """The average of one outcome over the sites of one role (role None: over all sites)."""

    outcome: str
    role: str | None
    sites: tuple[str, ...]  # the sites averaged
    left_out: Mapping[str, Note] = field(default_factory=dict)  # site -> why it is not averaged
    average: PooledEffect | None = None  # equal weights, from two sites up
    random_effects: PooledEffect | None = None  # from five sites up
    n: int = 0
    verdict: Verdict | None = None
    p_adjusted: float | None = None  # of the average, among the outcomes of its family for this role
    caveats: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The difference between two roles' averages."""

    outcome: str
    first: str
    second: str
    estimate: float  # first minus second
    std_error: float
    df: float
    p_value: float
    p_adjusted: float  # Holm over the contrasts of the outcome
    conf_low: float
    conf_high: float
    caveats: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedPlan:
    """A plan as somebody locked it. ``late``: answers of the last wave it compares had already arrived."""

    campaign: str
    version: int  # 1, 2, ... within the campaign
    sha256: str
    content: Mapping[str, object]
    locked_at: datetime
    locked_by: str
    note: str
    late: bool
    as_of_upload: int | None  # the newest upload at that time

    def as_dict(self) -> dict[str, object]:
        """Who locked which version when, as JSON holds it; the plan itself left out."""
        return {
            "version": self.version,
            "sha256": self.sha256,
            "locked_at": self.locked_at.isoformat(),
            "locked_by": self.locked_by,
            "late": self.late,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBy:
    """The rules by which an evaluation may be shown: version and hash of the policy, for whom, and of which release."""

    version: str
    sha256: str
    audience: str  # P0 to P3
    release: int | None = None  # None: it belongs to no release


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything concluded about one campaign from one state of the data. Exact numbers; see ``disclosure``."""

    campaign: Campaign
    effects: tuple[Effect, ...]
    pools: tuple[RolePool, ...]
    contrasts: tuple[Contrast, ...]
    as_of_upload: int | None
    data_sha256: str
    made_at: datetime
    protected: bool = False  # True once the disclosure rules were applied
    shown_by: ShownBy | None = None  # the rules that were applied
    lock: LockedPlan | None = None  # the plan that the estimates were held against

    def effects_of(self, outcome: str, *, subgroup: str | None = None) -> Sequence[Effect]:
        """The effects of one outcome in the declared order of sites."""
        return [
            e for e in self.effects
            if e.subject.outcome == outcome and e.subject.subgroup == subgroup
        ]  # fmt: skip
