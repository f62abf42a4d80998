"""What must be heard before an effect is read: arms that lost different people, weights that hold no margin, few clusters."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import ibis

from campaigns.campaign import Campaign
from campaigns.claims import harm_alarm
from campaigns.disclosure import POLICY, Policy
from campaigns.effects import EffectEstimate, Evaluation, Note
from campaigns.losses import attrition
from campaigns.threats_of_campaign import threats_of_campaign
from campaigns.weights import weights_report
from surveys.languages import pick, say


# Caveats told above all effects, with the sites they are told of, in this order; each names those it stands for.
ALARMS: Mapping[str, tuple[str, ...]] = {
    "attrition": ("attrition_differential",),
    "attrition_open": ("attrition_sign_open",),
    "very_few_clusters": ("very_few_clusters",),
    "few_clusters": ("few_clusters",),
    "clusters_ignored": ("clusters_ignored",),
    "weights": ("weights_not_converged",),
    "asked_differently": ("asked_differently",),
}


def with_alarms(evaluation: Evaluation, answers: Sequence[Path], policy: Policy = POLICY) -> Evaluation:
    """An exact evaluation, its effects with the caveats that only its answers can tell: attrition and weights.

    Parameters
    ----------
    answers
        The answers it was made from.
    policy
        What may be shown: shares of small groups do not enter a caveat.
    """
    lost = _attrition(evaluation.campaign, answers, policy)
    unmet = _unmet_margins(evaluation.campaign, answers)
    effects = []
    for effect in evaluation.effects:
        subject = effect.subject
        site = subject.site or ""
        notes = (*lost.get((subject.outcome, site, subject.term), ()), *unmet.get(site, ()))
        whole = isinstance(effect, EffectEstimate)
        effects.append(replace(effect, caveats=(*effect.caveats, *notes)) if whole and notes else effect)
    return replace(evaluation, effects=tuple(effects))


def told_alarms(evaluation: Evaluation, language: str) -> tuple[str, ...]:
    """The alarms of an evaluation in words: harm first, then what weakens the effects, and where."""
    harm = harm_alarm(evaluation, language)
    found = [] if harm is None else [harm]
    for alarm, codes in ALARMS.items():
        places = [
            pick(site.title, language)
            for site in evaluation.campaign.sites
            if any(
                note.code in codes
                for effect in evaluation.effects
                if effect.subject.site == site.id and effect.subject.subgroup is None
                for note in effect.caveats
            )
        ]
        if places:
            comma = say("claims.list.comma", language)
            found.append(say(f"claims.alarms.{alarm}", language, places=comma.join(places)))
    return tuple(found)


def _attrition(
    campaign: Campaign, answers: Sequence[Path], policy: Policy
) -> dict[tuple[str, str, str], list[Note]]:
    """By outcome, site and term: what different losses of the arms mean for the effect."""
    if not campaign.columns.respondent or not campaign.columns.arm:
        return {}
    found: dict[tuple[str, str, str], list[Note]] = {}
    for threat in threats_of_campaign(campaign, answers, (), policy, checks={"attrition": attrition}):
        term = "effect" if threat.arm in (None, "campaign") else str(threat.arm)
        place = (threat.about, threat.site or "", term)
        if threat.measure == "lost" and threat.label == "differential":
            shares = {"campaign": threat.campaign or 0.0, "comparison": threat.comparison or 0.0}
            found.setdefault(place, []).append(Note(code="attrition_differential", values=shares))
        elif threat.measure == "lee_lower" and threat.label == "sign_not_secure":
            found.setdefault(place, []).append(Note(code="attrition_sign_open"))
    return found


def _unmet_margins(campaign: Campaign, answers: Sequence[Path]) -> dict[str, list[Note]]:
    """By site: that no weights meet all the margins declared for a wave."""
    if not campaign.declares_weights or not answers:
        return {}
    found: dict[str, list[Note]] = {}
    connection = ibis.duckdb.connect()
    try:
        rows = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        for site in campaign.sites:
            for wave in (*campaign.analysis.before, *campaign.analysis.after):
                report = weights_report(rows, campaign, site=site.id, wave=wave)
                for note in () if report is None else report.notes:
                    if note.code == "not_converged":
                        values = {"wave": wave, "gap": 100 * cast("float", note.values["gap"])}
                        found.setdefault(site.id, []).append(
                            Note(code="weights_not_converged", values=values)
                        )
    finally:
        connection.disconnect()
    return found
