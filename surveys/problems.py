"""Every message a field team can see: a stable code, where, what is wrong, how to fix it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from surveys.doubts import Doubt
from surveys.languages import pick, say


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong with a file, a column or a row of it.

    ``code`` names a pair of sentences in the catalogue of strings,
    ``problems.<code>.what`` and ``problems.<code>.fix``.
    """

    code: str
    row: int | None = None  # counts from 1 after the header, blank rows not counted
    line: int | None = None  # the spreadsheet's own row number
    column: str | None = None  # the header as it stands in the file
    value: str | None = None  # the one cell to be mended, cut and cleaned
    values: Mapping[str, object] = field(default_factory=dict)  # fills the sentences

    def message(self, language: str = "en") -> str:
        """What is wrong, in the reader's language."""
        return say(f"problems.{self.code}.what", language, **self._filling(language))

    def remedy(self, language: str = "en") -> str:
        """What to do about it, in the reader's language."""
        return say(f"problems.{self.code}.fix", language, **self._filling(language)).rstrip()

    def as_dict(self, language: str = "en") -> dict[str, object]:
        """The problem as the report's JSON object."""
        return {
            "row": self.row,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "value": self.value,
            "message": self.message(language),
            "remedy": self.remedy(language),
        }

    def place(self, language: str) -> str:
        """The row and, where there is one, the column."""
        return say(
            f"places.{'cell' if self.column else 'row'}", language, row=self.row, column=self.column or ""
        )

    def _filling(self, language: str) -> dict[str, object]:
        """What fills the sentences; a text the questionnaire has in several languages in the reader's."""
        shown = {"row": self.row, "line": self.line, "column": self.column, "value": self.value}
        spoken = {
            name: pick(value, language) if isinstance(value, Mapping) else value
            for name, value in self.values.items()
        }
        return {"place": self.place(language), **shown, **spoken}


class FileRefused(Exception):
    """The whole file cannot be read or judged; nothing of it is stored (exit code 3).

    ``doubts`` are the questions whose answers would let it be judged after all; ``where`` is its path, where the
    reader of the message cannot know which file is meant.
    """

    def __init__(
        self, problem: Problem, *more: Problem, doubts: Sequence[Doubt] = (), where: str | None = None
    ) -> None:
        super().__init__(problem.code)
        self.where = where
        self.problem = problem
        self.problems = (problem, *more)
        self.doubts = tuple(doubts)


class CannotProceed(Exception):
    """The command, a plan or a campaign file is wrong (exit code 2): where, what, what to do."""

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what} {remedy}")
        self.where = where
        self.what = what
        self.remedy = remedy


class Refused(CannotProceed):
    """What somebody wanted to do cannot be done; the sentences are in the catalogue of strings, under ``refusals``."""

    def __init__(self, code: str, where: str, **values: object) -> None:
        self.code = code
        self.values = values
        super().__init__(
            where, say(f"refusals.{code}.what", "en", **values), say(f"refusals.{code}.fix", "en", **values)
        )

    def told(self, language: str) -> str:
        """What is wrong and what to do, in the reader's language."""
        said = self.said_in(language)
        return f"{said.what} {said.remedy}"

    def said_in(self, language: str) -> CannotProceed:
        """The same in the reader's language."""
        what, remedy = (
            say(f"refusals.{self.code}.{part}", language, **self.values) for part in ("what", "fix")
        )
        return CannotProceed(self.where, what, remedy)
