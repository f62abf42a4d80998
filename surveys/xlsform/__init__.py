"""A questionnaire as it was fielded: an XLSForm read with warnings where a converter would refuse it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from surveys.instrument import Choice, FormWarning, Instrument
from surveys.problems import FileRefused, Problem
from surveys.reading import Sheet, read_sheets
from surveys.xlsform.expressions_in_form import expression_warnings
from surveys.xlsform.lists import choice_lists
from surveys.xlsform.questions import YES, renamed, survey_questions, with_languages, with_others
from surveys.xlsform.tables import FormTable, Row, other_table, survey_table


__all__ = ["instrument_of", "load_instrument"]


def load_instrument(path: Path, *, name: str | None = None) -> Instrument:
    """The questionnaire an XLSForm describes (.xlsx, .xls, .ods, or one .csv), whatever was odd about it.

    Parameters
    ----------
    path
        Where the form lies.
    name
        The name its sender gave it; also the form's id where the form states none.

    Raises
    ------
    FileRefused
        It cannot be read, or it is no XLSForm: no sheet of questions, or none in it.
    """
    sheets = read_sheets(path, name=name)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(instrument_of(sheets, form_id=Path(name or path.name).stem), sha256=sha256)


def instrument_of(sheets: Sequence[Sheet], *, form_id: str) -> Instrument:
    """The questionnaire that the sheets of an XLSForm describe; ``form_id`` stands in where they state none."""
    survey = survey_table(sheets)
    settings_sheet = other_table(sheets, "settings", "settings")
    settings = settings_sheet.rows[0] if settings_sheet and settings_sheet.rows else Row(number=0)
    found = [other_table(sheets, name, "choices") for name in ("choices", "columns", "external_choices")]
    choice_tables = [table for table in found if table is not None]
    duplicates_allowed = settings["allow_choice_duplicates"].lower() in YES
    lists = choice_lists(choice_tables, duplicates_allowed=duplicates_allowed)
    choices = with_others(survey, lists.lists)
    asked = survey_questions(survey, choices)
    if not asked.questions:
        raise FileRefused(Problem(code="FORM_WITHOUT_QUESTIONS", values={"sheet": survey.sheet}))
    languages = _languages([survey, *choice_tables], settings["default_language"])
    questions = with_languages(asked.questions, languages)
    spelled = tuple(dict.fromkeys(languages.values()))
    tables = [table for table in (survey, settings_sheet, *choice_tables) if table is not None]
    return Instrument(
        form_id=settings["form_id"] or form_id,
        version=settings["version"],
        title=settings["form_title"] or settings["form_id"] or form_id,
        languages=spelled,
        default_language=_default_language(spelled, settings["default_language"]),
        questions=questions,
        choices=_choices(choices, languages),
        external_lists=asked.lists_elsewhere,
        warnings=(
            *(warning for table in tables for warning in table.warnings),
            *asked.warnings,
            *lists.warnings,
            *expression_warnings(questions, asked.brackets, survey.sheet),
            *_settings_warnings(settings, settings_sheet),
        ),
    )


def _languages(tables: Sequence[FormTable], default: str) -> dict[str, str]:
    """Every language as some column writes it -> as the form is taken to write it.

    Texts without a language are in the default language, where the settings name one.
    """
    written = list(dict.fromkeys(language for table in tables for language in table.languages))
    spelled: dict[str, str] = {}
    for language in written or [""]:
        meant = language or default
        alike = [other for other in spelled.values() if other.casefold() == meant.casefold()]
        spelled[language] = alike[0] if alike else meant
    return spelled


def _default_language(languages: tuple[str, ...], default: str) -> str:
    alike = [language for language in languages if language.casefold() == default.casefold()]
    if alike:
        return alike[0]
    return "" if "" in languages else languages[0]


def _choices(
    lists: Mapping[str, tuple[Choice, ...]], languages: Mapping[str, str]
) -> dict[str, tuple[Choice, ...]]:
    return {
        name: tuple(replace(choice, labels=renamed(choice.labels, languages)) for choice in choices)
        for name, choices in lists.items()
    }


def _settings_warnings(settings: Row, sheet: FormTable | None) -> list[FormWarning]:
    if not settings["public_key"] or sheet is None:
        return []
    return [FormWarning(code="form_encrypted", sheet=sheet.sheet, row=settings.number)]
