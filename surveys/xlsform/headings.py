"""Column headings of an XLSForm, in every spelling that was legal somewhere."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


SheetKind = Literal["survey", "choices", "settings"]

SURVEY_HEADINGS: Mapping[str, str] = {
    "type": "type",
    "question_type": "type",
    "command": "type",
    "name": "name",
    "variable": "name",
    "variable_name": "name",
    "question_name": "name",
    "label": "label",
    "caption": "label",
    "required": "required",
    "relevant": "relevant",
    "relevance": "relevant",
    "constraint": "constraint",
    "constraint_message": "constraint_message",
    "constraint_msg": "constraint_message",
    "constraintmessage": "constraint_message",
    "constraintmsg": "constraint_message",
    "calculation": "calculation",
    "calculate": "calculation",
    "choice_filter": "choice_filter",
    "appearance": "appearance",
    "parameters": "parameters",
    "disabled": "disabled",
    "kobo_score_choices": "group_choices",
    "kobo_rank_items": "group_choices",
}
CHOICES_HEADINGS: Mapping[str, str] = {
    "list_name": "list_name",
    "listname": "list_name",
    "list": "list_name",
    "name": "name",
    "value": "name",
    "label": "label",
    "caption": "label",
}
SETTINGS_HEADINGS: Mapping[str, str] = {
    "form_id": "form_id",
    "id_string": "form_id",
    "set_form_id": "form_id",
    "form_title": "form_title",
    "title": "form_title",
    "set_form_title": "form_title",
    "version": "version",
    "default_language": "default_language",
    "public_key": "public_key",
    "allow_choice_duplicates": "allow_choice_duplicates",
}
HEADINGS: Mapping[SheetKind, Mapping[str, str]] = {
    "survey": SURVEY_HEADINGS,
    "choices": CHOICES_HEADINGS,
    "settings": SETTINGS_HEADINGS,
}
TRANSLATED = frozenset({"label", "constraint_message"})

# What a heading may begin with to say where in the XForm the column goes.
_PLACES = frozenset({"bind", "body", "control", "jr"})
# A label's language behind a space, an underscore or in brackets: "label English", "label_fr", "label (Khmer)".
_LABEL_IN = re.compile(r"label(?:\s*\((?P<bracketed>[^()]+)\)|[\s_-]+(?P<plain>\S.*))", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a column holds, and in which language as the form writes it ("" where it says none)."""

    holds: str
    language: str = ""


def heading_of(written: str, kind: SheetKind) -> Heading | None:
    """What a column of this heading holds; None for a column that is none of ours (media, notes, filters)."""
    parts = [part.strip() for part in written.split("::" if "::" in written else ":")]
    while len(parts) > 1 and parts[0].lower() in _PLACES:
        parts.pop(0)
    name = _plain(parts[0].removeprefix("jr:"))
    holds = HEADINGS[kind].get(name)
    if holds is not None:
        return Heading(holds=holds, language=_language(parts[1:]) if holds in TRANSLATED else "")
    found = _LABEL_IN.fullmatch(written.strip()) if "label" in HEADINGS[kind] else None
    return Heading(holds="label", language=found["plain"] or found["bracketed"]) if found else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", "_", text.strip().lower())


def _language(parts: list[str]) -> str:
    """The language of a heading, its spaces tidied; pieces between more colons belong to it."""
    return " ".join(": ".join(part for part in parts if part).split())
