"""Which question a column with a strange header may hold: by an earlier map, by name, by wording, by its answers.

A suggestion has a reason and a strength, and is never applied by itself.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from rapidfuzz import fuzz, process

from surveys.display import shown
from surveys.doubts import Doubt, Option, Suggestion
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question
from surveys.judging.answers import SELECT_ONE, SEVERAL
from surveys.judging.choices import ChoiceList
from surveys.judging.column_maps import Target, distinct_texts, identifies, targets_of
from surveys.judging.quantities import read_day, read_number, read_time
from surveys.languages import languages
from surveys.reading.table import RawTable
from surveys.sources import DAY_ORDERS


LEAST_STRENGTH = 0.6  # below this a suggestion would be read as noise
STRENGTH_OF_PAST = 0.97  # a person confirmed it before, for this very header
STRENGTH_OF_ANSWERS = 0.6  # nothing but the answers speaks for it
STRENGTH_OF_BEGINNING = 0.9  # the header is the cut beginning of the question
STRENGTH_OF_NAME_WITHIN = 0.75  # the question's name is a word, or words, of the header
STRENGTH_OF_WORDS = 0.95  # all words of one are among those of the other
_ABBREVIATED = re.compile(r"\s*(?:…|\.\.\.?)\s*$")
_LEAST_BEGINNING = 8  # letters of a cut header that say something
_LEAST_NAME = 3  # letters; "q" or "no" is a word of anything
_LEAST_WORDS = 3  # with fewer, one word in common would say too much
_FEW = 12  # different values; more is free text
_TICKS = frozenset(
    {"0", "1", "yes", "no", "true", "false", "x", "y", "n", "예", "아니요", "checked", "unchecked"}
)


class _Candidate(NamedTuple):
    strength: float
    place: int
    target: Target
    reason: str


def suggest(
    table: RawTable,
    places: Sequence[int],
    taken: Iterable[str],
    instrument: Instrument,
    fieldwork: Fieldwork | None,
    dialect: str,
    past: Sequence[Mapping[str, str]] = (),
) -> tuple[Suggestion, ...]:
    """A question for each of these columns, as far as name, wording, answers or an earlier map speak for one.

    Parameters
    ----------
    places
        The columns whose headers are unknown.
    taken
        Names of questions that have a column already.
    past
        Column maps that people confirmed before, the latest first.
    """
    filled = set(taken)
    targets = targets_of(instrument, fieldwork, dialect)
    free = {name: target for name, target in targets.items() if target.base not in filled}
    regions = fieldwork.regions if fieldwork else ()
    secret = [
        place for place in places if identifies(table.columns[place], table.rows.column(place), regions)
    ]
    open_places = [place for place in places if place not in secret]
    candidates = [
        *_from_past(table, open_places, free, past),
        *_from_wording(table, open_places, list(free.values()), instrument),
        *_from_answers(table, open_places, list(free.values()), instrument),
    ]
    chosen = _best_pairs(candidates)
    return tuple(
        _suggestion(table, place, chosen.get(place), place in secret, instrument) for place in places
    )


def confirmed(
    table: RawTable, column_map: Mapping[str, str], targets: Mapping[str, Target], instrument: Instrument
) -> tuple[Suggestion, ...]:
    """The columns of the file that a map speaks of, as they were confirmed."""
    found = []
    for place, header in enumerate(table.columns):
        if header in column_map:
            name = column_map[header]
            question = targets[name].question if name in targets else None
            told = _suggestion(table, place, None, False, instrument)
            labels = {} if question is None else labels_by_code(question.labels, instrument)
            found.append(replace(told, question=name, reason="confirmed", strength=1.0, label=labels))
    return tuple(found)


def columns_doubt(
    suggestions: Sequence[Suggestion],
    targets: Sequence[Target],
    instrument: Instrument,
    *,
    blocking: bool,
    answer: str | None = None,
) -> Doubt:
    """The question which columns hold what, with everything they may hold."""
    found = sum(bool(one.question) for one in suggestions)
    return Doubt(
        id="columns",
        kind="columns",
        sentence="columns.about" if answer is None else "columns.confirmed",
        options=tuple(_target_option(one, instrument) for one in targets),
        values={"number": len(suggestions), "suggested": found},
        suggestions=tuple(suggestions),
        blocking=blocking,
        answer=answer,
    )


def _target_option(target: Target, instrument: Instrument) -> Option:
    question = target.question
    labels = labels_by_code(question.labels, instrument) if question is not None else {}
    spoken = {code: f" · {shown(text, 80)}" if text else "" for code, text in labels.items()} or ""
    return Option(value=target.name, sentence="columns.option", values={"name": target.name, "label": spoken})


# ---- where a suggestion comes from -----------------------------------------------------------------------


def _from_past(
    table: RawTable, places: Sequence[int], free: Mapping[str, Target], past: Sequence[Mapping[str, str]]
) -> list[_Candidate]:
    confirmed: dict[str, str] = {}
    for column_map in past:
        for header, name in column_map.items():
            confirmed.setdefault(_words(header), name)
    found = ((place, confirmed.get(_words(table.columns[place]), "")) for place in places)
    return [_Candidate(STRENGTH_OF_PAST, place, free[name], "past") for place, name in found if name in free]


def _from_wording(
    table: RawTable, places: Sequence[int], targets: Sequence[Target], instrument: Instrument
) -> list[_Candidate]:
    """Candidates whose name or wording in some language is like the header, where the answers do not object."""
    spoken = [(target, text, why) for target in targets for text, why in _spoken_names(target, instrument)]
    if not spoken or not places:
        return []
    headers = [_words(table.columns[place]) for place in places]
    texts = [text for _, text, _ in spoken]
    strengths = _likeness(headers, texts)
    for row, place in enumerate(places):
        strengths[row] = np.maximum(
            strengths[row], STRENGTH_OF_BEGINNING * _beginnings(table.columns[place], texts)
        )
    for column, (_, text, why) in enumerate(spoken):
        if why == "name":
            within = [_has_words(header, text) for header in headers]
            strengths[within, column] = np.maximum(strengths[within, column], STRENGTH_OF_NAME_WITHIN)
    fit: dict[tuple[int, str], float | None] = {}
    candidates: list[_Candidate] = []
    for row, column in np.argwhere(strengths >= LEAST_STRENGTH).tolist():
        place, (target, _, why) = places[row], spoken[column]
        if (place, target.name) not in fit:
            fit[place, target.name] = fits(table.rows.column(place), target, instrument)
        share = fit[place, target.name]
        alike = float(strengths[row, column])
        candidates.append(
            _Candidate(alike if share is None else alike * (0.4 + 0.6 * share), place, target, why)
        )
    return candidates


def _likeness(headers: Sequence[str], texts: Sequence[str]) -> np.ndarray:
    """How alike each header is to each text, 0-1: letter by letter, in any order of words, or one within the other."""
    letters = process.cdist(headers, texts, scorer=fuzz.ratio)
    words = process.cdist(headers, texts, scorer=fuzz.token_sort_ratio)
    within = process.cdist(headers, texts, scorer=fuzz.token_set_ratio)
    long_headers = np.array([len(text.split()) >= _LEAST_WORDS for text in headers])
    long_texts = np.array([len(text.split()) >= _LEAST_WORDS for text in texts])
    within = np.where(np.outer(long_headers, long_texts), within, 0.0)
    return np.asarray(np.maximum(np.maximum(letters, words), STRENGTH_OF_WORDS * within) / 100, dtype=float)


def _from_answers(
    table: RawTable, places: Sequence[int], targets: Sequence[Target], instrument: Instrument
) -> list[_Candidate]:
    """Candidates for which the answers alone speak: every one is in the list of one free question only."""
    lists: dict[str, list[Target]] = {}
    for target in targets:
        question = target.question
        if question is not None and target.choice is None and question.type in SELECT_ONE | SEVERAL:
            lists.setdefault(question.choice_list or "", []).append(target)
    candidates = []
    for place in places:
        column = table.rows.column(place)
        if len(distinct_texts(column)) < 2:
            continue
        fitting = [group for group in lists.values() if (fits(column, group[0], instrument) or 0.0) == 1.0]
        if len(fitting) == 1 and len(fitting[0]) == 1:
            candidates.append(_Candidate(STRENGTH_OF_ANSWERS, place, fitting[0][0], "answers"))
    return candidates


def fits(column: pa.ChunkedArray, target: Target, instrument: Instrument) -> float | None:
    """The share of a column's distinct values that could answer the question; None where anything could."""
    texts = [text for text in distinct_texts(column).to_pylist() if text.strip()]
    question = target.question
    if not texts or question is None:
        return None
    if target.choice is not None:
        return sum(text.strip().casefold() in _TICKS for text in texts) / len(texts)
    judge = _judge_of(question, instrument)
    return None if judge is None else sum(map(judge, texts)) / len(texts)


def _judge_of(question: Question, instrument: Instrument) -> Callable[[str], bool] | None:
    """Whether one value could be an answer to the question; None where any could."""
    listed = instrument.choices_of(question)
    if question.type in SELECT_ONE | SEVERAL and listed is not None:
        choices = ChoiceList(listed, other=question.or_other)
        if question.type in SELECT_ONE:
            return lambda text: bool(choices.pick(text).codes)
        return lambda text: bool(choices.pick_several(text).codes)
    if question.type in ("integer", "decimal", "range"):
        return lambda text: read_number(text, whole=question.type == "integer").fault is None
    if question.type in ("date", "datetime", "dateTime", "today", "start", "end"):
        return _is_day
    if question.type == "time":
        return lambda text: read_time(text).fault is None
    return None


# ---- one question a column, one column a question ---------------------------------------------------------


def _best_pairs(candidates: Iterable[_Candidate]) -> dict[int, _Candidate]:
    """The strongest candidates, each column and each question or choice once."""
    chosen: dict[int, _Candidate] = {}
    taken: set[str] = set()
    ordered = sorted(candidates, key=lambda one: (-one.strength, one.place, one.target.name))
    for one in ordered:
        if one.strength < LEAST_STRENGTH or one.place in chosen or one.target.name in taken:
            continue
        chosen[one.place] = one
        taken.add(one.target.name)
    return chosen


def _suggestion(
    table: RawTable, place: int, chosen: _Candidate | None, secret: bool, instrument: Instrument
) -> Suggestion:
    column = table.rows.column(place)
    filled = len(column) - column.null_count
    shape = _shape(column)
    header = table.columns[place]
    if chosen is None:
        reason = "identifier" if secret else "nothing"
        return Suggestion(
            header=header, question=None, reason=reason, strength=0.0, shape=shape, filled=filled
        )
    question = chosen.target.question
    return Suggestion(
        header=header,
        question=chosen.target.name,
        reason=chosen.reason,
        strength=min(chosen.strength, 1.0),
        shape=shape,
        filled=filled,
        label={} if question is None else labels_by_code(question.labels, instrument),
    )


def labels_by_code(labels: Mapping[str, str], instrument: Instrument) -> dict[str, str]:
    """A question's labels by code of the reader's language, the form's default as the fallback."""
    return {code: instrument.text_in(labels, code) for code in languages()}


def _shape(column: pa.ChunkedArray) -> str:
    """The kind of content, without any of it."""
    texts = [text.strip() for text in distinct_texts(column).to_pylist() if text.strip()]
    if not texts:
        return "empty"
    if all(read_number(text, whole=False).fault is None for text in texts):
        return "numbers"
    if all(_is_day(text) for text in texts):
        return "dates"
    return "few" if len(texts) <= _FEW and len(texts) < len(column) else "text"


def _is_day(text: str) -> bool:
    return any(read_day(text, order).fault is None for order in DAY_ORDERS)


def _spoken_names(target: Target, instrument: Instrument) -> list[tuple[str, str]]:
    """What a target may be called: its name, and its wording in every language of the form."""
    question = target.question
    names = [(_words(target.name), "name"), (_words(target.name.rsplit("/", 1)[-1]), "name")]
    if question is None:
        return names[:1]
    if target.choice is None:
        names = names[:1] if "/" not in target.name else names
        return [*names, *((_words(text), "label") for text in question.labels.values() if _words(text))]
    choices = instrument.choices_of(question) or ()
    labels = next((choice.labels for choice in choices if choice.name == target.choice), {})
    joined = [
        (_words(f"{question.labels.get(language, '')} {text}"), "label") for language, text in labels.items()
    ]
    return [names[0], *joined]


def _has_words(header: str, name: str) -> bool:
    """Whether every word of a question's name is a word of the header."""
    return len(name) >= _LEAST_NAME and set(name.split()) <= set(header.split())


def _beginnings(header: str, texts: Sequence[str]) -> np.ndarray:
    """Which texts the header is the beginning of, cut as LimeSurvey and spreadsheets cut it."""
    start = _words(_ABBREVIATED.sub("", header))
    if _ABBREVIATED.search(header) is None or len(start) < _LEAST_BEGINNING:
        return np.zeros(len(texts))
    return np.array([float(text.startswith(start)) for text in texts])


def _words(text: str) -> str:
    """Words alone: no case, no punctuation, no underscores."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = (character if unicodedata.category(character)[0] in "LMN" else " " for character in folded)
    return " ".join("".join(kept).split())
