"""Corrections as the screen shows them: rows, forms, reports and previews in the reader's words."""

from collections.abc import Mapping, Sequence
from typing import Any

from campaigns.campaign import Campaign, Unit
from campaigns.correction_effects import EffectChange
from campaigns.effects import Effect, EffectEstimate
from dashboard import wording
from dashboard.corrections import Preview, Touched, came_about, told
from surveys.corrections.ledger import (
    MOVES,
    RESPONDENT,
    WITHDRAW,
    Action,
    Cell,
    Correction,
    Decided,
    Step,
    same_person,
)
from surveys.display import shown
from surveys.instrument import Instrument
from surveys.languages import pick, say
from surveys.missing import Missing
from surveys.proposing import ImportReport, Judged, Questions
from surveys.proposing.questions import Asked


SHOWN_ROWS = 300
LONGEST = 120  # characters of an answer or a reason in a row


class Shown:
    """Names of sites, waves, questions and answers in a reader's language."""

    def __init__(self, campaign: Campaign, questions: Questions, language: str) -> None:
        self.language = language
        self.questions = questions
        self._campaign = campaign
        self._sites = {site.id: pick(site.title, language) for site in campaign.sites}
        self._waves = {wave.id: pick(wave.title, language) for wave in campaign.waves}

    def site(self, site: str) -> str:
        """A site by its title."""
        return self._sites.get(site, site)

    def wave(self, wave: str) -> str:
        """A wave by its title."""
        return self._waves.get(wave, wave)

    def question(self, name: str) -> str:
        """A question as the form asks it; its name where it has no words."""
        asked = self.questions.stored(name).question
        return (self.instrument.text_in(asked.labels, self.language) if asked else "") or name

    def outcome(self, outcome: str) -> str:
        """An outcome by its title."""
        return pick(self._campaign.outcome(outcome).title, self.language)

    def unit(self, outcome: str) -> Unit:
        """The unit of an outcome."""
        return self._campaign.outcome(outcome).unit

    @property
    def instrument(self) -> Instrument:
        """The questionnaire."""
        return self.questions.instrument

    def answer(self, cell: Cell, name: str, part: str | None) -> str:
        """An answer as people read it: the choices' own words, or why there is none."""
        if part == RESPONDENT:
            return say("screens.corrections.pseudonym", self.language)
        if cell.value is None:
            reason = cell.missing or Missing.BLANK.value
            return say(f"screens.corrections.missing.{reason}", self.language)
        labels = self.choices(self.questions.stored(name))
        codes = cell.value.split() if len(labels) and cell.value not in labels else [cell.value]
        return shown(", ".join(labels.get(code, code) for code in codes), LONGEST)

    def choices(self, asked: Asked) -> dict[str, str]:
        """The codes of a question's list and their words."""
        listed = self.instrument.choices_of(asked.question) if asked.question else None
        return {
            one.name: self.instrument.text_in(one.labels, self.language) or one.name for one in listed or ()
        }


def ledger_view(
    corrections: Sequence[Correction], steps: Mapping[int, Sequence[Step]], names: Shown
) -> list[dict[str, Any]]:
    """One entry a correction, newest first."""
    return [_row(one, steps.get(one.id, ()), names) for one in reversed(corrections)]


def form_view(names: Shown) -> list[dict[str, Any]]:
    """The questions that can be corrected, each with what its new answer may be."""
    entries = []
    for asked in names.questions.correctable():
        choices = [{"value": code, "label": label} for code, label in names.choices(asked).items()]
        several = asked.type.startswith("select_multiple") and bool(choices)
        kind = "several" if several else "one" if choices else "text"
        label = shown(names.question(asked.name), LONGEST)
        entries.append({"name": asked.name, "label": label, "kind": kind, "choices": choices})
    return entries


def judged_view(judged: Judged, id_: int | None, language: str) -> dict[str, Any]:
    """What became of one proposal."""
    problem = judged.problem
    return {
        "entered": id_ is not None,
        "headline": say(
            f"screens.corrections.proposed.{'entered' if id_ is not None else 'not_entered'}",
            language,
            number=id_ or "",
            status=say(f"corrections.statuses.{judged.status}", language),
        ),
        "message": problem.message(language) if problem else "",
        "remedy": problem.remedy(language) if problem else "",
        "consequences": [f"{one.message(language)} {one.remedy(language)}" for one in judged.consequences],
    }


def import_view(report: ImportReport, language: str) -> dict[str, Any]:
    """What became of a log: counts, and every row with its reason."""
    counts = [
        {"status": status, "label": say(f"corrections.statuses.{status}", language), "count": count}
        for status, count in report.counts().items()
    ]
    rows = [
        {
            "place": f"{row.sheet} · {row.row}",
            "status": say(f"corrections.statuses.{row.status}", language),
            "state": row.status,
            "message": f"{row.problem.message(language)} {row.problem.remedy(language)}"
            if row.problem
            else "",
            "consequences": [one.message(language) for one in row.consequences],
        }
        for row in report.rows
    ]
    dialect = say(f"screens.corrections.dialects.{report.dialect}", language)
    headline = say("screens.corrections.imported", language, name=report.name, dialect=dialect)
    return {"log": report.log, "headline": headline, "counts": counts, "rows": rows}


def decided_view(decided: Sequence[Decided], action: Action, language: str) -> dict[str, Any]:
    """What became of a decision: how many went as asked, and why the others did not."""
    done = sum(came_about(one, action) for one in decided)
    others = [
        f"{one.id}: {told(one.told, language)}" for one in decided if not came_about(one, action) and one.told
    ]
    state = say(f"corrections.states.{MOVES[action][1].value}", language)
    became = "decided" if done else "none_decided"
    headline = say(f"screens.corrections.{became}", language, count=done, total=len(decided), state=state)
    return {"headline": headline, "others": others, "done": done}


def preview_view(found: Preview, chosen: Sequence[Correction], by: str, names: Shown) -> dict[str, Any]:
    """What corrections would do. Their authors are not shown results: they must stay blind to them."""
    language = names.language
    blind = not by.strip() or any(same_person(one.author, by) for one in chosen)
    moved = [one for one in found.effects if one.moved]
    kept = sum(one.kept for one in found.effects)
    return {
        "headline": say(
            "screens.corrections.preview.headline", language, count=len(found.applied), total=len(chosen)
        ),
        "refused": [f"{id_}: {told(code, language)}" for id_, code in sorted(found.refused.items())],
        "touched": [_touched(one, names) for one in found.touched],
        "blind": say("screens.corrections.preview.blind", language) if blind else "",
        "effects": [] if blind else [_effect_row(one, names) for one in moved],
        "unmoved": ""
        if blind
        else say(
            "screens.corrections.preview.unmoved", language,
            count=len(found.effects) - len(moved), total=len(found.effects),
        )
        + (say("disclosure.kept", language, count=kept) if kept else ""),
    }  # fmt: skip


def _row(one: Correction, steps: Sequence[Step], names: Shown) -> dict[str, Any]:
    language = names.language
    withdraw = one.kind == WITHDRAW
    place = f"{names.site(one.site)} · {names.wave(one.wave)}" if one.wave else names.site(one.site)
    source = f"{one.log_name} · {one.sheet or ''} {one.row or ''}".strip() if one.log_name else ""
    return {
        "id": one.id,
        "state": one.state.value,
        "moves": [action for action, (before, _) in MOVES.items() if one.state in before],
        "state_label": say(f"corrections.states.{one.state.value}", language),
        "told": told(one.told, language),
        "submission": shown(one.submission, 60),
        "place": place,
        "question": say("screens.corrections.whole", language) if withdraw else one.question,
        "question_label": "" if withdraw else shown(names.question(one.question), LONGEST),
        "old": "" if withdraw else names.answer(one.old, one.question, one.part),
        "new": say("screens.corrections.withdrawn", language)
        if withdraw
        else names.answer(one.new, one.question, one.part),
        "reason": shown(one.reason, LONGEST),
        "author": shown(one.author, 60),
        "source": shown(source, 80),
        "history": [_step(step, language) for step in steps],
    }


def _step(step: Step, language: str) -> str:
    state = say(f"corrections.states.{step.state.value}", language)
    said = [state, wording.moment(step.at, language), shown(step.actor, 60)]
    said += [text for text in (shown(step.why, LONGEST), told(step.told, language)) if text]
    if step.place is not None:
        said.append(say("screens.corrections.place", language, place=step.place))
    return " · ".join(said)


def _touched(one: Touched, names: Shown) -> str:
    return say(
        "screens.corrections.preview.touched", names.language, site=names.site(one.site), wave=names.wave(one.wave),
        interviews=one.interviews, cells=one.cells, withdrawn=one.withdrawn,
    )  # fmt: skip


def _effect_row(one: EffectChange, names: Shown) -> dict[str, str]:
    unit = names.unit(one.outcome)
    difference = one.difference
    return {
        "outcome": names.outcome(one.outcome),
        "site": names.site(one.site),
        "before": _effect(one.before, unit, names.language),
        "after": _effect(one.after, unit, names.language),
        "difference": ""
        if difference is None
        else f"{wording.number(difference, unit)} {wording.unit(unit, names.language)}",
    }


def _effect(effect: Effect, unit: Unit, language: str) -> str:
    if isinstance(effect, EffectEstimate):
        interval = wording.interval(effect.conf_low, effect.conf_high, unit, language)
        return f"{wording.number(effect.estimate, unit)} ({interval})"
    return effect.reason(language)
