"""What threatens a site's effects, in words: one line a threat, how grave it is, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from campaigns.campaign import Campaign, Site
from campaigns.designs import DESIGNS
from campaigns.effects import WEAK_BELOW_CLUSTERS, EffectEstimate, Evaluation
from campaigns.few_clusters import BY_LOT
from campaigns.threat_rows import Threat
from surveys.languages import pick, say


Concern = Literal["serious", "some", "none", "unknown"]
GRAVITY: tuple[Concern, ...] = ("serious", "some", "none", "unknown")
# Of each measured threat the labels from the gravest down, and how grave each is.
LABELS: Mapping[str, Mapping[str, Concern]] = {
    "balance": {"large": "serious", "differ": "some", "adjust": "some", "ok": "none", "alike": "none"},
    "attrition": {"sign_not_secure": "serious", "differential": "serious", "not_linked": "unknown", "sign_secure": "none", "ok": "none"},
    "non_response": {"differential": "some", "ok": "none"},
    "contamination": {"no_gap": "serious", "gap": "none"},
    "ceiling": {"ceiling": "some", "floor": "some", "ok": "none"},
    "interviewers": {"apart": "some", "ok": "none"},
    "mode": {"changed": "some", "ok": "none"},
}  # fmt: skip
THREATS = (*LABELS, "clusters", "trend")
NAMED = 4  # variables or outcomes a line names; more would not be read
FEW = (
    "few_clusters",
    "very_few_clusters",
    "few_bootstrap_beside",
    "few_fragile_bootstrap",
    "few_randomisation",
    "few_nothing",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatLine:
    """One threat at one site."""

    threat: str  # one of THREATS
    title: str
    concern: Concern
    concern_words: str
    why: str
    about: tuple[str, ...] = ()  # what it is seen in, gravest first


def threat_lines(
    evaluation: Evaluation, found: Sequence[Threat], site: Site, language: str
) -> list[ThreatLine]:
    """Every threat to the effects at a site, gravest first; what could not be measured last, with the reason."""
    lines = [_measured(name, found, evaluation.campaign, site, language) for name in LABELS]
    lines += [_clusters(evaluation, site, language), _trend(evaluation, site, language)]
    return sorted(lines, key=lambda line: GRAVITY.index(line.concern))


def named(about: str, campaign: Campaign, language: str) -> str:
    """A variable or outcome as people call it; ``sex=male`` as it stands in the data."""
    titles = {outcome.id: outcome.title for outcome in campaign.outcomes}
    return pick(titles[about], language) if about in titles else about


def _line(threat: str, concern: Concern, why: str, language: str, about: Sequence[str] = ()) -> ThreatLine:
    return ThreatLine(
        threat=threat,
        title=say(f"threat_words.titles.{threat}", language),
        concern=concern,
        concern_words=say(f"threat_words.concerns.{concern}", language),
        why=why,
        about=tuple(about[:NAMED]),
    )


def _measured(
    threat: str, found: Sequence[Threat], campaign: Campaign, site: Site, language: str
) -> ThreatLine:
    own = [one for one in found if one.threat == threat and one.site == site.id]
    ranks = LABELS[threat]
    for label, concern in ranks.items():
        with_label = [one for one in own if one.label == label]
        if with_label:
            about = dict.fromkeys(named(one.about, campaign, language) for one in with_label if one.about)
            grave = list(about) if concern in ("serious", "some") else []
            return _line(threat, concern, say(f"threats.{threat}.{label}", language), language, grave)
    withheld = next((one for one in own if one.reason), None)
    if withheld is not None:
        return _line(
            threat, "unknown", say(f"reasons.{withheld.reason}.what", language, **withheld.values), language
        )
    return _line(threat, "unknown", say(f"threat_words.not_measured.{threat}", language), language)


def _clusters(evaluation: Evaluation, site: Site, language: str) -> ThreatLine:
    estimates = _whole(evaluation, site)
    counted = [e for e in estimates if e.counts.n_clusters is not None]
    if not counted:
        key = "none" if estimates else "no_estimate"
        return _line("clusters", "unknown", say(f"threat_words.clusters.{key}", language), language)
    counts = counted[0].counts
    arms = [c for c in (counts.clusters_campaign, counts.clusters_comparison) if c is not None]
    fewest = min(arms, default=counts.n_clusters or 0)
    notes = [note for note in counted[0].caveats if note.code in FEW]
    if not notes:
        enough = say("threat_words.clusters.enough", language, clusters=counts.n_clusters, fewest=fewest)
        return _line("clusters", "none", enough, language)
    concern: Concern = "serious" if fewest < WEAK_BELOW_CLUSTERS else "some"
    first = say("threat_words.clusters.few", language, clusters=counts.n_clusters, fewest=fewest)
    return _line("clusters", concern, " ".join([first, *(note.say(language) for note in notes)]), language)


def _trend(evaluation: Evaluation, site: Site, language: str) -> ThreatLine:
    """Of a change in one group the background trend that would explain it; of a comparison its assumption."""
    design = site.design or evaluation.campaign.analysis.design
    estimates = _whole(evaluation, site)
    trends = [
        note
        for e in estimates
        for note in e.caveats
        if note.code.startswith(("background_trend", "pre_trend"))
    ]
    if DESIGNS[design].estimand == "change":
        one_group = say("threat_words.trend.one_group", language)
        first = [note.say(language) for note in trends[:1]]
        return _line("trend", "serious", " ".join([one_group, *first]), language)
    if design in BY_LOT:
        return _line("trend", "none", say("threat_words.trend.by_lot", language), language)
    said = [note.say(language) for note in trends[:1]]
    contradicted = any(note.code == "pre_trend_seen" for note in trends)
    why = said or [say("threat_words.trend.untested", language)]
    concern: Concern = "serious" if contradicted else "none" if said else "some"
    return _line("trend", concern, " ".join(why), language)


def _whole(evaluation: Evaluation, site: Site) -> list[EffectEstimate]:
    return [
        effect
        for effect in evaluation.effects
        if isinstance(effect, EffectEstimate)
        and effect.subject.site == site.id
        and effect.subject.subgroup is None
    ]
