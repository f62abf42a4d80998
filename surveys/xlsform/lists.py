"""The choices sheet of a form: lists of choices by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.instrument import Choice, FormWarning
from surveys.xlsform.tables import FormTable, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceLists:
    """Every list of the form, and what was odd about them."""

    lists: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    warnings: tuple[FormWarning, ...] = ()


def choice_lists(tables: Sequence[FormTable], *, duplicates_allowed: bool) -> ChoiceLists:
    """The lists of several sheets together: choices, choices for external selects, and older forms' columns.

    A choice met again in its list is kept once: cascading lists repeat a code under every parent.
    """
    lists: dict[str, dict[str, Choice]] = {}
    warnings: list[FormWarning] = []
    for table in tables:
        met: set[tuple[str, str]] = set()
        for row in table.rows:
            warning = _oddity(row, met, duplicates_allowed=duplicates_allowed)
            if warning is not None:
                values = {"list": row["list_name"], "choice": row["name"]}
                warnings.append(FormWarning(code=warning, sheet=table.sheet, row=row.number, values=values))
            if row["list_name"] and row["name"]:
                met.add((row["list_name"], row["name"]))
                choices = lists.setdefault(row["list_name"], {})
                choices.setdefault(row["name"], Choice(name=row["name"], labels=row.texts.get("label", {})))
    return ChoiceLists(
        lists={name: tuple(choices.values()) for name, choices in lists.items()}, warnings=tuple(warnings)
    )


def _oddity(row: Row, met: set[tuple[str, str]], *, duplicates_allowed: bool) -> str | None:
    if not row["list_name"]:
        return "choice_without_list" if row["name"] else None
    if not row["name"]:
        return "choice_without_name"
    if any(character.isspace() for character in row["name"]):
        return "choice_with_space"
    if (row["list_name"], row["name"]) in met and not duplicates_allowed:
        return "choice_twice"
    return None
