"""What a file's columns must not bring into the record: identifiers dropped, places and birth dates coarsened, texts withheld."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.deidentification import ADMINISTRATIVE, is_birth_date
from surveys.display import listed
from surveys.fieldwork import WITHHELD, Fieldwork
from surveys.instrument import Question
from surveys.judging.answers import REASONS, Answers
from surveys.judging.findings import Finding
from surveys.missing import Missing
from surveys.personal_data import STRUCTURED, identifying_kind, texts_with_personal_data


WRITTEN = frozenset({"text", "string", "calculate", "hidden", "barcode"})
_PLACES = frozenset({"geopoint", "start-geopoint"})
_COPIED_SHARE = 0.9  # of the rows in which a column repeats the respondent's id: it is a copy
_SHORTEST_CONTAINED = 5  # characters of an id that is looked for inside other texts
_FEWEST_IDS = 3
_DECIMALS = 1  # of a degree: eleven kilometres


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """The answers as they may be stored."""

    answers: Mapping[str, Answers]
    withheld: dict[str, pa.Array]  # columns of the texts that are kept back, named WITHHELD and the question
    types: Mapping[str, str]  # question -> type, where coarsening changed it
    findings: tuple[Finding, ...]


def protect(
    answers: Mapping[str, Answers],
    questions: Mapping[str, Question],
    fieldwork: Fieldwork | None,
    spared: Iterable[str | None] = (),
) -> Protected:
    """The answers without what identifies people.

    Parameters
    ----------
    questions
        The question behind each column, where there is one.
    spared
        Columns that play a part beside those the campaign names: they are ids and codes.
    """
    declared = fieldwork.identifiers if fieldwork else {}
    regions = fieldwork.regions if fieldwork else ()
    parts = {*(fieldwork.parts.values() if fieldwork else ()), *spared}
    used = {*parts, *(fieldwork.extra_columns if fieldwork else ())}
    respondent = answers.get(fieldwork.parts.get("respondent", "")) if fieldwork else None
    kept: dict[str, Answers] = {}
    withheld: dict[str, np.ndarray] = {}  # question -> rows
    types: dict[str, str] = {}
    dropped: list[str] = []
    coarse: list[str] = []
    for name, one in answers.items():
        question, action = questions.get(name), declared.get(name)
        if name in parts or action == "keep":
            kept[name] = one
        elif action == "coarsen" or (action is None and question is not None and is_birth_date(question)):
            coarser = _coarsened(one, question, answers)
            (dropped if coarser is None else coarse).append(one.header or name)
            if coarser is not None:
                kept[name], types[name] = coarser, "text" if _is_place(question) else "integer"
        elif name not in used and _identifies(one, question, respondent, regions):
            dropped.append(one.header or name)
        else:
            rows = _to_withhold(one, question, name, regions, whole=action == "hold")
            kept[name] = one if rows is None else _without(one, rows)
            if rows is not None:
                withheld[name] = rows
    findings = [
        *(
            _of_columns(code, names)
            for code, names in (("identifying_content", dropped), ("coarsened_columns", coarse))
            if names
        ),
        *(
            Finding(
                code="personal_data_in_text",
                rows=np.flatnonzero(rows),
                effect="warn",
                header=answers[name].header,
            )
            for name, rows in withheld.items()
        ),
    ]
    texts = {
        f"{WITHHELD}{name}": pc.if_else(pa.array(rows), answers[name].values, _nothing(answers[name]))
        for name, rows in withheld.items()
    }
    return Protected(answers=kept, withheld=texts, types=types, findings=tuple(findings))


def _of_columns(code: str, names: list[str]) -> Finding:
    return Finding(code=code, effect="warn", values={"columns": listed(names, 60), "number": len(names)})


def _identifies(
    one: Answers, question: Question | None, respondent: Answers | None, regions: tuple[str, ...]
) -> bool:
    """Whether most cells of the column are an identifier each, or repeat the respondent's id."""
    kind = "text" if question is None else question.type
    if kind not in WRITTEN and kind != "integer":
        return False
    texts = pc.unique(one.values).drop_null()
    if not len(texts):
        return False
    if respondent is not None and _repeats(one.values, respondent.values):
        return True
    found = identifying_kind(texts, regions)
    return found is not None and (kind != "integer" or found in STRUCTURED)


def _repeats(values: pa.Array, ids: pa.Array) -> bool:
    both = pc.and_(pc.is_valid(values), pc.is_valid(ids))
    here, theirs = values.filter(both), ids.filter(both)
    if len(pc.unique(theirs)) < _FEWEST_IDS:
        return False
    same = pc.sum(pc.equal(here, theirs)).as_py() or 0
    if same >= _COPIED_SHARE * len(here):
        return True
    pairs = zip(here.slice(0, 400).to_pylist(), theirs.slice(0, 400).to_pylist(), strict=True)
    inside = [len(id_) >= _SHORTEST_CONTAINED and id_ in text for text, id_ in pairs]
    return sum(inside) >= _COPIED_SHARE * len(inside)


def _to_withhold(
    one: Answers, question: Question | None, name: str, regions: tuple[str, ...], *, whole: bool
) -> np.ndarray | None:
    """The rows whose text is kept back; None where there are none."""
    written = question.type in WRITTEN if question is not None else name.endswith("_other")
    if one.values.null_count == len(one.values) or not (written or whole):
        return None
    if whole:
        rows: np.ndarray = one.values.is_valid().to_numpy(zero_copy_only=False)
        return rows
    encoded = one.values.dictionary_encode()
    flags = np.array([*texts_with_personal_data(encoded.dictionary, regions), False], dtype=bool)
    if not flags.any():
        return None
    marked: np.ndarray = flags[encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return marked


def _without(one: Answers, rows: np.ndarray) -> Answers:
    """The answers without some texts; for whoever reads them those are lost."""
    reasons = np.zeros(len(rows), dtype=np.int8) if one.reasons is None else one.reasons.copy()
    reasons[rows] = REASONS.index(Missing.LOST) + 1
    return replace(one, values=pc.if_else(pa.array(rows), _nothing(one), one.values), reasons=reasons)


def _nothing(one: Answers) -> pa.Scalar:
    return pa.scalar(None, one.values.type)


def _is_place(question: Question | None) -> bool:
    return question is not None and question.type in _PLACES


def _coarsened(one: Answers, question: Question | None, answers: Mapping[str, Answers]) -> Answers | None:
    """A place to a tenth of a degree, a date to its year; None where the column is better left out."""
    if _is_place(question):
        if any(ADMINISTRATIVE.fullmatch(name) for name, other in answers.items() if other is not one):
            return None  # the form itself says the area
        return _mapped(one, _rounded)
    return _mapped(one, _year)


def _mapped(one: Answers, change: Callable[[str], str | None]) -> Answers:
    encoded = one.values.dictionary_encode()
    texts = [change(text) for text in encoded.dictionary.to_pylist()]
    return replace(one, values=pa.array(texts, pa.large_string()).take(encoded.indices))


def _rounded(text: str) -> str | None:
    numbers = re.findall(r"[+-]?\d+(?:\.\d+)?", text)
    if len(numbers) < 2:
        return None
    return " ".join(f"{round(float(number), _DECIMALS):.{_DECIMALS}f}" for number in numbers[:2])


def _year(text: str) -> str | None:
    found = re.search(r"(?<!\d)(?:1[3-9]|2[0-6])\d\d(?!\d)", text)
    return found.group() if found else None
