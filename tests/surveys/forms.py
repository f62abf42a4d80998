"""Questionnaires for tests: the genuine ones at hand, read once, and small ones written out."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from surveys.instrument import Instrument
from surveys.reading import Sheet
from surveys.xlsform import instrument_of, load_instrument
from tests.shared import SHARED


CORPUS = SHARED / "corpus"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusForm:
    """One questionnaire of the corpus and what the converter of the field says of it."""

    file: str
    converter: str  # "OK (36 binds, 0 repeats, 1 languages)" or "REFUSED: ..."


@cache
def corpus_forms() -> tuple[CorpusForm, ...]:
    """The questionnaires of the corpus that hold anything."""
    if not CORPUS.is_dir():
        return ()
    with (CORPUS / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] in ("xlsform", "xlsform_csv")]
    return tuple(
        CorpusForm(file=row["file"], converter=row["pyxform_4_5"]) for row in rows if row["bytes"] != "0"
    )


@cache
def corpus_instrument(file: str) -> Instrument:
    """A questionnaire of the corpus, read as the command line would."""
    return load_instrument(CORPUS / file)


def form(
    survey: Sequence[Sequence[str]],
    choices: Sequence[Sequence[str]] = (),
    settings: Sequence[Sequence[str]] = (),
    *,
    names: tuple[str, str, str] = ("survey", "choices", "settings"),
) -> Instrument:
    """A questionnaire from the rows of its sheets."""
    sheets = [
        Sheet(name=name, visible=True, rows=tuple(tuple(row) for row in rows))
        for name, rows in zip(names, (survey, choices, settings), strict=True)
        if rows
    ]
    return instrument_of(sheets, form_id="a_form")
