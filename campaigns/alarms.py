"""What must be heard before an effect is read: arms that lost different people, weights that hold no margin, few clusters."""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.datatypes as dt

from campaigns.campaign import Campaign
from campaigns.claims import harm_alarm
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.effects import EffectEstimate, Evaluation, Note
from campaigns.effects_of_sites import answers_in, folders_of, sites_in, types_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNotes:
    """What only the answers of some sites can tell of their effects."""

    lost: Mapping[tuple[str, str, str], Sequence[Note]]  # by outcome, site and term
    unmet: Mapping[str, Sequence[Note]]  # by site


def with_alarms(
    evaluation: Evaluation,
    answers: Sequence[Path],
    policy: Policy = POLICY,
    kept: MutableMapping[str, SiteNotes] | None = None,
) -> Evaluation:
    """An exact evaluation, its effects with the caveats that only its answers can tell: attrition and weights.

    Parameters
    ----------
    answers
        The answers it was made from.
    policy
        What may be shown: shares of small groups do not enter a caveat.
    kept
        Notes made earlier, by what they were made from; those of other answers are let go.
    """
    campaign, types = evaluation.campaign, types_of(answers) if answers else {}
    earlier = {} if kept is None else dict(kept)
    notes = {
        made_from: earlier.get(made_from) or _notes(campaign, files, policy, types)
        for made_from, files in (folders_of(campaign, answers, types) if answers else {}).items()
    }
    if kept is not None:
        kept.clear()
        kept.update(notes)
    lost = {place: told for one in notes.values() for place, told in one.lost.items()}
    unmet = {site: told for one in notes.values() for site, told in one.unmet.items()}
    effects = []
    for effect in evaluation.effects:
        subject = effect.subject
        site = subject.site or ""
        told = (*lost.get((subject.outcome, site, subject.term), ()), *unmet.get(site, ()))
        whole = isinstance(effect, EffectEstimate)
        effects.append(replace(effect, caveats=(*effect.caveats, *told)) if whole and told else effect)
    return replace(evaluation, effects=tuple(effects))


def _notes(
    campaign: Campaign, files: Sequence[Path], policy: Policy, types: Mapping[str, dt.DataType]
) -> SiteNotes:
    return SiteNotes(
        lost=_attrition(campaign, files, policy, types), unmet=_unmet_margins(campaign, files, types)
    )


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
    campaign: Campaign, answers: Sequence[Path], policy: Policy, types: Mapping[str, dt.DataType]
) -> dict[tuple[str, str, str], list[Note]]:
    """By outcome, site and term: what different losses of the arms mean for the effect."""
    if not campaign.columns.respondent or not campaign.columns.arm:
        return {}
    found: dict[tuple[str, str, str], list[Note]] = {}
    checks = {"attrition": attrition}
    for threat in threats_of_campaign(campaign, answers, (), policy, checks=checks, types=types):
        term = "effect" if threat.arm in (None, "campaign") else str(threat.arm)
        place = (threat.about, threat.site or "", term)
        if threat.measure == "lost" and threat.label == "differential":
            shares = {"campaign": threat.campaign or 0.0, "comparison": threat.comparison or 0.0}
            found.setdefault(place, []).append(Note(code="attrition_differential", values=shares))
        elif threat.measure == "lee_lower" and threat.label == "sign_not_secure":
            found.setdefault(place, []).append(Note(code="attrition_sign_open"))
    return found


def _unmet_margins(
    campaign: Campaign, answers: Sequence[Path], types: Mapping[str, dt.DataType]
) -> dict[str, list[Note]]:
    """By site: that no weights meet all the margins declared for a wave."""
    if not campaign.declares_weights:
        return {}
    found: dict[str, list[Note]] = {}
    connection = ibis.duckdb.connect()
    try:
        rows, here = answers_in(connection, answers, types), sites_in(answers)
        for site in (one for one in campaign.sites if one.id in here):
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
