"""Whether an outcome was asked alike in the waves that are compared, and at the sites that are averaged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from campaigns.campaign import Campaign, Outcome
from campaigns.effects import Effect, EffectEstimate, Note
from surveys.instrument import Instrument
from surveys.languages import pick, say
from surveys.versions.changes import Change, changes_between, of_question


Level = Literal["alike", "doubtful", "broken"]
BROKEN, DOUBTFUL = "asked_differently", "asked_doubtfully"  # codes of the caveats


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The questionnaires under which the answers of one site and wave were given."""

    site: str
    wave: str
    instruments: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparability:
    """How far one outcome can be compared at one site over its waves, and what stands in the way."""

    outcome: str
    site: str
    level: Level
    changes: tuple[Change, ...] = ()


def compare_outcomes(campaign: Campaign, asked: Sequence[Asked]) -> list[Comparability]:
    """Every outcome at every site: between the waves before and after, all versions against the first.

    An outcome is broken where a question it is scored from was added or dropped, asks for another kind of answer, or
    offers other choices; doubtful where it is worded otherwise or asked of others. Only its own questions count.
    """
    waves = (*campaign.analysis.before, *campaign.analysis.after)
    found = []
    for site in campaign.sites:
        versions = [
            instrument
            for wave in waves
            for one in asked
            if (one.site, one.wave) == (site.id, wave)
            for instrument in one.instruments
        ]
        changes = _changes(versions)
        found += [judged(outcome, site.id, changes) for outcome in campaign.outcomes]
    return found


def sites_asked_alike(
    campaign: Campaign, asked: Sequence[Asked], outcome: str
) -> dict[str, tuple[Change, ...]]:
    """What makes an outcome at a site another one than at the first site: nothing where it was asked alike."""
    first: Instrument | None = None
    found: dict[str, tuple[Change, ...]] = {}
    for site in campaign.sites:
        versions = [i for one in asked if one.site == site.id for i in one.instruments]
        if not versions:
            continue
        first = first or versions[0]
        changes = () if first.sha256 == versions[0].sha256 else changes_between(first, versions[0])
        items = campaign.outcome(outcome).score.items
        found[site.id] = tuple(
            c for item in items for c in of_question(changes, item) if c.weight == "breaks"
        )
    return found


def with_comparability(effects: Iterable[Effect], campaign: Campaign, asked: Sequence[Asked]) -> list[Effect]:
    """The effects, each with a caveat where its outcome was not asked alike. Broken ones are left out of averages."""
    by_place = {(one.outcome, one.site): one for one in compare_outcomes(campaign, asked)}
    across = {outcome.id: sites_asked_alike(campaign, asked, outcome.id) for outcome in campaign.outcomes}
    return [_noted(effect, by_place, across) for effect in effects]


def _noted(
    effect: Effect,
    by_place: Mapping[tuple[str, str], Comparability],
    across: Mapping[str, Mapping[str, tuple[Change, ...]]],
) -> Effect:
    subject = effect.subject
    found = by_place.get((subject.outcome, subject.site or ""))
    if not isinstance(effect, EffectEstimate) or found is None:
        return effect
    notes = []
    if found.level != "alike":
        code = BROKEN if found.level == "broken" else DOUBTFUL
        notes.append(Note(code=code, values={"questions": _questions(found.changes)}))
    elsewhere = across[subject.outcome].get(subject.site or "", ())
    if elsewhere:
        notes.append(Note(code="other_than_at_first_site", values={"questions": _questions(elsewhere)}))
    return replace(effect, caveats=(*effect.caveats, *notes)) if notes else effect


def _questions(changes: Sequence[Change]) -> str:
    return ", ".join(dict.fromkeys(change.question for change in changes))


def _changes(versions: Sequence[Instrument]) -> tuple[Change, ...]:
    if len(versions) < 2:
        return ()
    first = versions[0]
    different = {one.sha256: one for one in versions[1:] if one.sha256 != first.sha256}
    return tuple(change for later in different.values() for change in changes_between(first, later))


def told(found: Comparability, outcome: Outcome, language: str) -> str:
    """What the versions mean for an outcome, in one sentence."""
    values = {"title": pick(outcome.title, language), "questions": _questions(found.changes)}
    return say(f"versions.outcome.{found.level}", language, **values)


def judged(outcome: Outcome, site: str, changes: Sequence[Change]) -> Comparability:
    """How far an outcome can be compared, given what changed."""
    own = [change for item in outcome.score.items for change in of_question(changes, item)]
    broken = tuple(change for change in own if change.weight == "breaks")
    doubtful = tuple(change for change in own if change.weight == "doubtful")
    level: Level = "broken" if broken else "doubtful" if doubtful else "alike"
    return Comparability(outcome=outcome.id, site=site, level=level, changes=broken or doubtful)
