"""A column map as a file that a person reviews: suggestions out, what was confirmed in."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from surveys.doubts import Suggestion
from surveys.languages import pick, say
from surveys.problems import CannotProceed


LARGEST = 1 << 20  # bytes; a map of a thousand columns is a tenth of it
_KEYS = ("column", "question")


def write_map(path: Path, suggestions: Sequence[Suggestion], language: str = "en") -> None:
    """Write suggestions as YAML, each with its reason in a comment. An empty question leaves the column out.

    Raises
    ------
    CannotProceed
        It cannot be written there.
    """
    lines = [f"# {line}" for line in say("doubts.columns.file", language).splitlines()]
    lines.append("columns:")
    for one in suggestions:
        lines += [
            f"  # {_why(one, language)}",
            f"  - column: {json.dumps(one.header, ensure_ascii=False)}",
            f"    question: {json.dumps(one.question or '', ensure_ascii=False)}",
        ]
    try:
        path.write_text("\n".join(lines) + "\n", "utf-8")
    except OSError as error:
        what = f"the column map cannot be written here ({error.strerror})."
        raise CannotProceed(str(path), what, "Choose another place.") from None


def load_map(path: Path) -> dict[str, str]:
    """The question of each header, "" where the column is left out.

    Raises
    ------
    CannotProceed
        It is no column map.
    """
    entries = _entries(path)
    columns: dict[str, str] = {}
    for number, entry in enumerate(entries, start=1):
        where = f"{path}, columns[{number}]"
        if not isinstance(entry, Mapping) or set(entry) != set(_KEYS):
            raise CannotProceed(
                where, "this is no entry of a column map.", "Give it the keys column and question."
            )
        header, question = entry["column"], entry["question"] or ""
        if not isinstance(header, str) or not header or not isinstance(question, str):
            raise CannotProceed(where, "column and question must be text.", 'Put them in quotes: "...".')
        if header in columns:
            raise CannotProceed(where, f'"{header}" stands there twice.', "Keep one of the two.")
        columns[header] = question.strip()
    return columns


def _entries(path: Path) -> Sequence[Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise CannotProceed(str(path), "this is too large for a column map.", "Name the right file.")
        content = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        what = f"the column map cannot be read ({type(error).__name__})."
        raise CannotProceed(str(path), what, "Write one with --suggest-map and fill it in.") from None
    entries = content.get("columns") if isinstance(content, Mapping) and set(content) == {"columns"} else None
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise CannotProceed(
            str(path), "this is no column map.", 'Begin it with "columns:" and a list under it.'
        )
    return entries


def _why(one: Suggestion, language: str) -> str:
    reason = say(f"doubts.columns.reasons.{one.reason}", language)
    shape = say(f"doubts.columns.shapes.{one.shape}", language, filled=f"{one.filled:,}") if one.shape else ""
    if one.question is None:
        return f"{reason} ({shape})"
    label = " ".join(pick(one.label, language).split()) if one.label else ""
    quoted = f" “{label}”" if label else ""
    return f"{round(100 * one.strength)} %: {reason}{quoted} ({shape})"
