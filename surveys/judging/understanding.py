"""The columns of a file as the questions they answer, with what people decided about them and what is left open."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from surveys.display import listed
from surveys.doubts import Doubt, Suggestion
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question
from surveys.judging.answers import SELECT_ONE, SEVERAL, declared_codes
from surveys.judging.choices import ChoiceList
from surveys.judging.column_maps import Target, map_faults, targets_of, unmatched_columns
from surveys.judging.doubtful import CodeRules, Column, code_doubts, day_doubts
from surveys.judging.findings import Finding
from surveys.judging.headers import HeaderMap, Source, match_headers
from surveys.judging.known_headers import KnownHeaders
from surveys.judging.linking_keys import unjudged_keys
from surveys.judging.map_suggestions import columns_doubt, confirmed, suggest
from surveys.judging.misplaced import line_of_names
from surveys.judging.parts import judged_as
from surveys.judging.targets import stored_questions
from surveys.missing import Missing
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawFile, RawTable
from surveys.sources import Decisions, column_key


MOST_COLUMNS = 300  # beyond that it is no survey with other headings
NOT_AVAILABLE = {  # what the exporter writes where nothing was answered
    "ona": frozenset({"n/a", "N/A"}),
    "limesurvey": frozenset({"N/A", "n/a"}),
}
CONFIRMED = "confirmed"  # the answer that stands for a whole column map
WORTH_TELLING = 0.8  # strength of a suggestion for a file that could be read without it

# Refusals that a column map may mend.
_OF_HEADERS = frozenset(
    {
        "not_this_questionnaire", "required_column_missing", "ambiguous_label_header", "ambiguous_header",
        "lookalike_header", "map_unknown_question", "map_identifier", "map_two_columns",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a file is understood by."""

    instrument: Instrument
    fieldwork: Fieldwork | None
    today: date
    decisions: Decisions
    past_maps: Sequence[Mapping[str, str]] = ()  # column maps confirmed in the campaign, the latest first

    @property
    def rules(self) -> CodeRules:
        """What the form and people say of codes."""
        return CodeRules(self.instrument, self.decisions, self.today)


def understand_headers(raw: RawFile, known: Known) -> HeaderMap:
    """Which column holds what, read with the column map.

    Raises
    ------
    FileRefused
        The headers cannot be understood, or the map does not fit the file; with the question which
        column holds what, and with what else will have to be asked.
    """
    column_map = known.decisions.columns
    try:
        _refuse_wrong_map(raw, known)
        headers = match_headers(
            raw.interviews.columns, known.instrument, known.fieldwork, raw.dialect, column_map
        )
    except FileRefused as refused:
        if refused.problem.code not in _OF_HEADERS:
            raise
        _refuse_names_below(raw.interviews, refused, known.instrument)
        outdated = _outdated(raw.interviews, column_map, names_found(raw, known))
        doubts = _doubts_of_headers(raw, known)
        raise FileRefused(*outdated, *refused.problems, doubts=doubts) from None
    answered = headers.answers.values()
    have = {*headers.answers, *(f"{one.name}/{code}" for one in answered for _, code in one.split)}
    outdated = _outdated(raw.interviews, column_map, have)
    if outdated:
        raise FileRefused(*outdated, doubts=_doubts_of_headers(raw, known))
    return headers


def _refuse_names_below(table: RawTable, refused: FileRefused, instrument: Instrument) -> None:
    line = line_of_names(table, instrument) if refused.problem.code == "not_this_questionnaire" else None
    if line is not None:
        raise FileRefused(Problem(code="names_below_first_row", line=line, values={"number": line})) from None


def questions_behind(headers: HeaderMap, fieldwork: Fieldwork | None) -> dict[str, Question]:
    """The question behind every column; a column the form does not ask is judged by the part it plays."""
    parts = {name: part for part, name in fieldwork.parts.items()} if fieldwork else {}
    unjudged = unjudged_keys(fieldwork)
    judged = {
        source.name: judged_as(source.name, source.question, parts.get(source.name))
        for source in headers.answers.values()
        if source.name not in unjudged
    }
    return {name: question for name, question in judged.items() if question is not None}


def choices_of(question: Question | None, instrument: Instrument) -> ChoiceList | None:
    """The list a question is answered from; None where it has none, or it lives in another file."""
    listed_choices = instrument.choices_of(question) if question is not None else None
    if question is None or listed_choices is None or question.type not in SELECT_ONE | SEVERAL:
        return None
    return ChoiceList(listed_choices, other=question.or_other)


def whole_column(table: RawTable, position: int) -> pa.Array:
    """One column of the file in one piece."""
    column = table.rows.column(position)
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def columns_of(
    raw: RawFile, headers: HeaderMap, questions: Mapping[str, Question], known: Known
) -> list[Column]:
    """Every column of answers, as those see it who look for doubts."""
    return [
        _column(source, question, choices, place, raw, headers, known)
        for source in headers.answers.values()
        if (question := questions.get(source.name)) is not None
        for choices in [choices_of(question, known.instrument)]
        for place in (source.whole, *(place for place, _ in source.split))
        if place is not None
    ]


def doubts_of(columns: Sequence[Column], known: Known) -> tuple[list[Doubt], list[str]]:
    """What the columns leave open or would without a decision, and the keys of the decisions put to use."""
    days = day_doubts(columns, known.decisions, known.today)
    codes = code_doubts(columns, known.rules, known.decisions)
    return [*days.doubts, *codes.doubts], [*days.used, *codes.used]


def used_map_keys(raw: RawFile, known: Known) -> list[str]:
    """The keys of the column map that this file has a header for."""
    headers = set(raw.interviews.columns)
    return [column_key(header) for header in known.decisions.columns if header in headers]


def worthwhile_map(raw: RawFile, headers: HeaderMap, known: Known) -> list[Doubt]:
    """The question which column holds what, for a file that could be read without asking.

    It is open where unknown columns look much like questions that have none, and about every column
    that is new to a source with a column map; it is settled where the map speaks of the file.
    """
    column_map = known.decisions.columns
    mapped: Sequence[Suggestion] = ()
    if column_map:
        mapped = confirmed(raw.interviews, column_map, _targets(raw, known), known.instrument)
    lacking = [name for name in stored_questions(known.instrument) if name not in headers.answers]
    worth: list[Suggestion] = []
    if lacking and any(warning.code == "unknown_columns" for warning in headers.warnings):
        least = 0.0 if column_map else WORTH_TELLING
        worth = [one for one in _suggestions(raw, known, list(headers.answers)) if one.strength >= least]
    if not worth and not mapped:
        return []
    answer = None if worth else CONFIRMED
    return [_map_doubt(raw, known, [*mapped, *worth], blocking=False, answer=answer)]


def new_headers(raw: RawFile, known: Known) -> list[Finding]:
    """One warning for the columns that a source's column map does not know."""
    if not known.decisions.columns:
        return []
    headers = KnownHeaders(known.instrument, known.fieldwork, raw.dialect, raw.interviews.columns)
    places = unmatched_columns(raw.interviews, headers, known.decisions.columns)
    names = [raw.interviews.columns[place] for place in places]
    values = {"columns": listed(names), "number": len(names)}
    return [Finding(code="map_new_headers", effect="warn", values=values)] if names else []


def _column(
    source: Source,
    question: Question,
    choices: ChoiceList | None,
    place: int,
    raw: RawFile,
    headers: HeaderMap,
    known: Known,
) -> Column:
    header = headers.headers[place]
    labels = (raw.value_labels or {}).get(header, {})
    parts = known.fieldwork.parts if known.fieldwork else {}
    return Column(
        name=source.name,
        header=header,
        texts=raw.interviews.rows.column(place),
        question=question,
        choices=choices,
        declared=dict.fromkeys(NOT_AVAILABLE.get(raw.dialect, ()), Missing.BLANK)
        | declared_codes(
            known.fieldwork.missing_codes if known.fieldwork else {},
            (raw.declared_missing or {}).get(header, {}),
            labels,
        ),
        labelled=frozenset(code for code, label in labels.items() if choices and choices.by_label(label)),
        plays_part=source.name in parts.values() and parts.get("interview_date") != source.name,
        of_the_interview=parts.get("interview_date") == source.name,
        one_choice=place != source.whole,
    )


def _refuse_wrong_map(raw: RawFile, known: Known) -> None:
    if not known.decisions.columns:
        return
    faults = map_faults(
        known.decisions.columns, raw.interviews, known.instrument, known.fieldwork, raw.dialect
    )
    if faults:
        raise FileRefused(*faults)


def _outdated(table: RawTable, column_map: Mapping[str, str], have: Collection[str]) -> list[Problem]:
    """The headers of the map that are gone, and with them the only column of their question."""
    present = set(table.columns)
    gone = [
        header for header, name in column_map.items() if name and header not in present and name not in have
    ]
    values = {"columns": listed(gone), "number": len(gone)}
    return [Problem(code="map_header_gone", values=values)] if gone else []


def _doubts_of_headers(raw: RawFile, known: Known) -> list[Doubt]:
    """Which column holds what; and, as far as the suggestions are right, what is to be asked besides."""
    suggestions = _suggestions(raw, known, names_found(raw, known))
    mapped = confirmed(raw.interviews, known.decisions.columns, _targets(raw, known), known.instrument)
    if not (suggestions or mapped) or len(suggestions) > MOST_COLUMNS:
        return []
    doubt = _map_doubt(raw, known, [*mapped, *suggestions], blocking=True)
    suggested = {one.header: one.question for one in suggestions if one.question}
    column_map = {**known.decisions.columns, **suggested}
    lenient = _without_requirements(known)
    try:
        headers = match_headers(
            raw.interviews.columns, lenient.instrument, lenient.fieldwork, raw.dialect, column_map
        )
    except FileRefused:
        return [doubt]
    columns = columns_of(raw, headers, questions_behind(headers, known.fieldwork), known)
    return [doubt, *doubts_of(columns, known)[0]]


def _without_requirements(known: Known) -> Known:
    """The same with no column that must be there: what is lacking has been told already."""
    questions = tuple(replace(question, required=False) for question in known.instrument.questions)
    field = known.fieldwork
    if field is not None:
        field = replace(field, parts={part: name for part, name in field.parts.items() if part != "arm"})
    return replace(known, instrument=replace(known.instrument, questions=questions), fieldwork=field)


def _suggestions(raw: RawFile, known: Known, taken: Sequence[str]) -> tuple[Suggestion, ...]:
    """A suggestion for every column that is neither known nor spoken of by the map."""
    headers = KnownHeaders(known.instrument, known.fieldwork, raw.dialect, raw.interviews.columns)
    places = unmatched_columns(raw.interviews, headers, known.decisions.columns)
    if len(places) > MOST_COLUMNS:
        return ()
    present = set(raw.interviews.columns)
    targets, column_map = _targets(raw, known), known.decisions.columns
    by_map = [
        targets[name].base for header, name in column_map.items() if header in present and name in targets
    ]
    past = [column_map, *known.past_maps]
    return suggest(
        raw.interviews, places, [*taken, *by_map], known.instrument, known.fieldwork, raw.dialect, past
    )


def _targets(raw: RawFile, known: Known) -> dict[str, Target]:
    return targets_of(known.instrument, known.fieldwork, raw.dialect)


def _map_doubt(
    raw: RawFile,
    known: Known,
    suggestions: Sequence[Suggestion],
    *,
    blocking: bool,
    answer: str | None = None,
) -> Doubt:
    """The question which column holds what, with every question that has no column of its own."""
    taken = set(names_found(raw, known))
    free = [target for target in _targets(raw, known).values() if target.base not in taken]
    return columns_doubt(suggestions, free, known.instrument, blocking=blocking, answer=answer)


def names_found(raw: RawFile, known: Known) -> list[str]:
    """Names of the questions that some header names by itself."""
    headers = KnownHeaders(known.instrument, known.fieldwork, raw.dialect, raw.interviews.columns)
    names = []
    for header in raw.interviews.columns:
        try:
            found = headers.find(header, by_label=False) or headers.find_loosely(header)
        except FileRefused:
            continue
        if found is not None and found.kind in ("answer", "choice"):
            names.append(found.name)
    return names
