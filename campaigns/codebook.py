"""What every variable holds: the question in both languages, its choices, how it is scored, and what missing means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from campaigns.campaign import Campaign, Outcome, Score
from campaigns.extract import BEFORE, GROUP_OF, LABELS, NUMBERS, Extract
from campaigns.plan import Plan
from surveys.instrument import Instrument, Question
from surveys.languages import pick, say
from surveys.missing import LETTERS, Missing, reasons_of_list


LANGUAGES = ("en", "ko")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One variable. What does not apply to it is blank."""

    variable: str
    kind: str  # design, covariate, outcome, item
    label_en: str
    label_ko: str
    question_en: str = ""
    question_ko: str = ""
    type: str = ""
    choices_en: str = ""
    choices_ko: str = ""
    construct: str = ""
    scoring: str = ""
    direction: str = ""
    family: str = ""
    tier: str = ""
    unit: str = ""
    range: str = ""
    missing: str = ""  # how an absent answer is written, and the codes that mean one
    source: str = ""  # the questions it comes from
    version: str = ""  # of the questionnaire


def codebook_table(entries: Sequence[Entry]) -> pd.DataFrame:
    """One row a variable."""
    columns = list(Entry.__dataclass_fields__)
    return pd.DataFrame(
        [[getattr(one, name) for name in columns] for one in entries], columns=columns, dtype=object
    )


def codebook_of_campaign(
    campaign: Campaign,
    instrument: Instrument | None,
    columns: Sequence[str] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> list[Entry]:
    """The outcomes of a campaign, the items behind them, and the columns of an extract where one is given."""
    analysis, names = campaign.analysis, renamed or {}
    questions = (*analysis.covariates, *analysis.categorical, *analysis.fixed_effects, *analysis.subgroups)
    items = dict.fromkeys(item for outcome in campaign.outcomes for item in outcome.score.items)
    covariates = [
        _question(name, names.get(name, name), "covariate", campaign, instrument)
        for name in dict.fromkeys(questions)
    ]
    found = [
        *(_part(name) for name in columns or () if name in (*LABELS, *NUMBERS)),
        *covariates,
        *(_outcome(outcome, names.get(outcome.id, outcome.id), instrument) for outcome in campaign.outcomes),
    ]
    if columns is None:
        return [*found, *(_question(item, item, "item", campaign, instrument) for item in items)]
    return _of_columns(found, columns)


def codebook_of_plan(plan: Plan, columns: Sequence[str], renamed: Mapping[str, str]) -> list[Entry]:
    """The columns of the extract of a plan on one file, which has no questionnaire."""
    outcomes = {renamed.get(o.id, o.id): o for o in plan.outcomes}
    found = []
    for name in columns:
        plain = name.removeprefix(BEFORE)
        if name in (*LABELS, *NUMBERS):
            found.append(_part(name))
        elif plain in outcomes:
            outcome = outcomes[plain]
            scoring = f"column {outcome.column}" if outcome.column else str(dict(outcome.score or {}))
            entry = Entry(
                variable=plain, kind="outcome", label_en=plain, label_ko=plain, type="number", scoring=scoring
            )
            found.append(entry)
        else:
            found.append(Entry(variable=name, kind="covariate", label_en=name, label_ko=name, source=name))
    return _of_columns(found, columns)


def as_in_extract(entries: Sequence[Entry], extract: Extract) -> list[Entry]:
    """The entries as the rows hold them: where answers go by codes no choices are told, exact numbers have their own scale."""
    return [_as_held(entry, extract) for entry in entries]


def _as_held(entry: Entry, extract: Extract) -> Entry:
    if entry.variable in extract.rescaled:
        return replace(entry, type="number on a scale drawn for this bundle")
    if entry.variable in extract.recoded and entry.kind != "design":
        return replace(entry, type="code drawn for this bundle", choices_en="", choices_ko="")
    return entry


def _of_columns(found: Sequence[Entry], columns: Sequence[str]) -> list[Entry]:
    """In the order of the extract; an outcome as it was before has an entry like its own."""
    by_name = {entry.variable: entry for entry in found}
    entries = []
    for name in columns:
        entry = by_name.get(name) or by_name.get(name.removeprefix(BEFORE))
        if entry is None and name.startswith(GROUP_OF):
            entry = replace(by_name[name.removeprefix(GROUP_OF)], variable=name)
        if entry is None:
            entry = Entry(variable=name, kind="design", label_en=name, label_ko=name)
        entries.append(_renamed(entry, name))
    return entries


def _renamed(entry: Entry, name: str) -> Entry:
    if entry.variable == name:
        return entry
    labels = {
        f"label_{code}": say("exports.codebook.before", code, label=getattr(entry, f"label_{code}"))
        for code in LANGUAGES
    }
    return replace(entry, variable=name, **labels)


def _part(name: str) -> Entry:
    labels = {f"label_{code}": say(f"exports.codebook.parts.{name}", code) for code in LANGUAGES}
    return Entry(variable=name, kind="design", type="number" if name in NUMBERS else "code", **labels)


def _question(
    name: str, variable: str, kind: str, campaign: Campaign, instrument: Instrument | None
) -> Entry:
    question = instrument.question(name) if instrument is not None else None
    if instrument is None or question is None:
        return Entry(variable=variable, kind=kind, label_en=name, label_ko=name, source=name)
    texts = {code: " ".join(instrument.text_in(question.labels, code).split()) or name for code in LANGUAGES}
    return Entry(
        variable=variable,
        kind=kind,
        label_en=texts["en"],
        label_ko=texts["ko"],
        question_en=texts["en"],
        question_ko=texts["ko"],
        type=question.type,
        choices_en=_choices(question, instrument, "en"),
        choices_ko=_choices(question, instrument, "ko"),
        missing=_missing(question, instrument, campaign),
        source=name,
        version=_version(instrument),
    )


def _choices(question: Question, instrument: Instrument, language: str) -> str:
    listed = instrument.choices_of(question) or ()
    return "; ".join(
        f"{choice.name} = {' '.join(instrument.text_in(choice.labels, language).split()) or choice.name}"
        for choice in listed
    )


def _missing(question: Question, instrument: Instrument, campaign: Campaign) -> str:
    """The codes of this question that mean no answer, and the letters of the reasons in statistics files."""
    codes = {code: Missing(reason) for code, reason in campaign.missing_codes.items()}
    codes |= dict(reasons_of_list(instrument.choices_of(question) or ()))
    told = [f"{code} = {reason.value}" for code, reason in codes.items()]
    return "; ".join([*told, *(f".{letter} = {reason.value}" for reason, letter in LETTERS.items())])


def _version(instrument: Instrument) -> str:
    return " ".join(part for part in (instrument.form_id, instrument.version) if part)


def _outcome(outcome: Outcome, variable: str, instrument: Instrument | None) -> Entry:
    low_high = outcome.range
    return Entry(
        variable=variable,
        kind="outcome",
        label_en=pick(outcome.title, "en"),
        label_ko=pick(outcome.title, "ko"),
        type="number",
        construct=outcome.construct,
        scoring=_scoring(outcome.score),
        direction=outcome.better,
        family=outcome.family,
        tier=outcome.tier.value,
        unit=outcome.unit,
        range="" if low_high is None else f"{low_high[0]:g} to {low_high[1]:g}",
        missing=say("exports.codebook.no_score", "en"),
        source=" ".join(outcome.score.items),
        version="" if instrument is None else _version(instrument),
    )


def _scoring(score: Score) -> str:
    """The rule as the campaign file has it, key by key."""
    parts: list[str] = [score.kind]
    if score.at_least is not None:
        parts.append(f"at least {score.at_least}")
    if score.counted:
        parts.append("counted: " + ", ".join(f"{k} in ({' '.join(v)})" for k, v in score.counted.items()))
    if score.key:
        parts.append("key: " + ", ".join(f"{k} = {v}" for k, v in score.key.items()))
    if score.values:
        parts.append("values: " + ", ".join(f"{k} -> {v:g}" for k, v in score.values.items()))
    if score.reverse:
        parts.append("reversed: " + ", ".join(score.reverse))
    if score.scale is not None:
        parts.append(f"scale: {score.scale[0]:g} to {score.scale[1]:g}")
    if score.benchmark is not None:
        told = ", ".join(said for said in (score.benchmark_source, score.benchmark_date) if said)
        parts.append(f"benchmark: {score.benchmark:g}{f' ({told})' if told else ''}")
    parts += [f"don't know: {score.dont_know}", f"minimum answered: {score.minimum_answered:g}"]
    return "; ".join(parts)
