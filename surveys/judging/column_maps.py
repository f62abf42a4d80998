"""A column map: which question the columns hold whose headers are not the questionnaire's, and what must not be mapped.

A map is only ever confirmed by a person. Then the header is read as the question's name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from surveys.deidentification import is_identifying_label, is_identifying_name
from surveys.display import shown
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question
from surveys.judging.answers import SEVERAL
from surveys.judging.known_headers import KnownHeaders
from surveys.judging.targets import choice_codes, plain_names, stored_questions
from surveys.personal_data import identifying_kind, texts_with_personal_data
from surveys.problems import FileRefused, Problem
from surveys.reading.table import RawTable


LOOKED_AT = 400  # distinct values of a column; enough to see what they are
PERSONAL_SHARE = (
    0.5  # of the distinct values that look like a telephone number, a mail address or an identity paper
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a column may be mapped to."""

    name: str
    question: Question | None  # None: a column of the data that the campaign names
    choice: str | None = None  # one choice of a select_multiple

    @property
    def base(self) -> str:
        """The question's own name, also where this is one choice of it."""
        return self.name if self.choice is None else self.name.removesuffix(f"/{self.choice}")


def targets_of(instrument: Instrument, fieldwork: Fieldwork | None, dialect: str) -> dict[str, Target]:
    """Everything a column may be mapped to, in the order of the form; no direct identifier is among it."""
    known = KnownHeaders(instrument, fieldwork, dialect)
    targets = {name: Target(name=name, question=None) for name in plain_names(instrument, fieldwork)}
    for name, question in stored_questions(instrument).items():
        found = known.exact.get(name)
        if found is None or found.kind != "answer" or found.name != name:
            continue
        targets[name] = Target(name=name, question=question)
        if question.type in SEVERAL:
            for code in choice_codes(question, instrument):
                targets[f"{name}/{code}"] = Target(name=f"{name}/{code}", question=question, choice=code)
    return targets


def unmatched_columns(
    table: RawTable, known: KnownHeaders, column_map: Mapping[str, str] | None = None
) -> list[int]:
    """Positions of the columns that are neither a question nor metadata nor mapped nor left out."""
    mapped = column_map or {}
    return [
        place
        for place, header in enumerate(table.columns)
        if header.strip() and header not in mapped and not _is_known(header, known)
    ]


def map_faults(
    column_map: Mapping[str, str],
    table: RawTable,
    instrument: Instrument,
    fieldwork: Fieldwork | None,
    dialect: str,
) -> list[Problem]:
    """Why a column map must not be used on a file."""
    targets = targets_of(instrument, fieldwork, dialect)
    exempt = _pseudonymous(fieldwork)
    parts = set(fieldwork.parts.values()) if fieldwork else set()  # wards are often called like people
    regions = fieldwork.regions if fieldwork else ()
    faults: list[Problem] = []
    headers_of: dict[str, list[str]] = {}
    for place, header in enumerate(table.columns):
        name = column_map.get(header)
        if not name:
            continue
        headers_of.setdefault(name, []).append(header)
        if name not in targets:
            faults.append(_fault("map_unknown_question", header, question=shown(name)))
        elif name not in exempt and identifies(
            header, table.rows.column(place), regions, by_content=name not in parts
        ):
            faults.append(_fault("map_identifier", header, question=name))
    for name, headers in headers_of.items():
        if len(headers) > 1:
            names = ", ".join(f"“{shown(header)}”" for header in headers)
            faults.append(_fault("map_two_columns", headers[0], question=name, columns=names))
    return faults


def identifies(
    header: str, column: pa.ChunkedArray, regions: Sequence[str] = (), *, by_content: bool = True
) -> bool:
    """Whether a column holds direct identifiers, by its name or by what stands in it."""
    if is_identifying_name(header) or is_identifying_label(header):
        return True
    texts = distinct_texts(column)
    if not by_content or not len(texts):
        return False
    return identifying_kind(texts, regions) is not None or sum(
        texts_with_personal_data(texts, regions)
    ) >= PERSONAL_SHARE * len(texts)


def distinct_texts(column: pa.ChunkedArray) -> pa.Array:
    """The first distinct values of a column."""
    return pc.unique(column).drop_null()[:LOOKED_AT]


def _is_known(header: str, known: KnownHeaders) -> bool:
    try:
        found = known.find(header, by_label=False) or known.find_loosely(header)
    except FileRefused:  # it could be several things, so it is not known
        return False
    return found is not None


def _pseudonymous(fieldwork: Fieldwork | None) -> set[str]:
    """Parts whose ids are hashed or are of the machine, so that a column of ids may be mapped to them."""
    if fieldwork is None:
        return set()
    parts = (fieldwork.parts.get(part) for part in ("respondent", "submission"))
    return {*(name for name in parts if name), *(key.question for key in fieldwork.linking_keys)}


def _fault(code: str, header: str, **values: object) -> Problem:
    return Problem(code=code, column=shown(header, 300), values={"header": shown(header), **values})
