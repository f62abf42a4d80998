"""What changed from one version of a questionnaire to the next, question by question."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from surveys.instrument import Choice, Instrument, Question
from surveys.languages import say
from surveys.missing import reason_of_choice


Kind = Literal[
    "question_added", "question_removed", "type_changed", "wording_changed", "choice_added", "choice_removed",
    "code_inverted", "choice_reworded", "relevance_changed", "constraint_changed", "required_changed",
    "calculation_changed", "translation_missing",
]  # fmt: skip
Weight = Literal["breaks", "doubtful", "harmless"]

# What a change does to a comparison of answers before and after it.
WEIGHTS: Mapping[Kind, Weight] = {
    "question_added": "breaks",
    "question_removed": "breaks",
    "type_changed": "breaks",
    "choice_added": "breaks",
    "choice_removed": "breaks",
    "code_inverted": "breaks",
    "calculation_changed": "breaks",
    "wording_changed": "doubtful",
    "choice_reworded": "doubtful",
    "relevance_changed": "doubtful",
    "constraint_changed": "doubtful",
    "required_changed": "harmless",
    "translation_missing": "harmless",
}
SAME_ANSWERS = (  # types whose answers are alike
    frozenset({"integer", "int", "range"}),
    frozenset({"text", "string"}),
    frozenset({"select_one", "select_one_from_file"}),
    frozenset({"select_multiple", "select_multiple_from_file"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. ``values`` fill its sentence and never hold an answer anybody gave."""

    kind: Kind
    question: str
    choice: str | None = None  # its code
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def weight(self) -> Weight:
        """What it does to a comparison."""
        return WEIGHTS[self.kind]

    def sentence(self, language: str = "en") -> str:
        """What changed, in the reader's language."""
        shown = {"question": self.question, "choice": self.choice or ""}
        return say(f"versions.changes.{self.kind}", language, **shown, **self.values)


def changes_between(earlier: Instrument, later: Instrument) -> tuple[Change, ...]:
    """Every difference that could matter, in the order of the later form, then what it no longer asks.

    Wording is compared without case, spaces, markup and punctuation, in the languages that both forms have. Choices that are no
    answer (don't know, refused ...) may come and go without breaking anything: a code for them is no answer either way.
    """
    before, after = _asked(earlier), _asked(later)
    found: list[Change] = []
    for name, question in after.items():
        if name not in before:
            found.append(Change(kind="question_added", question=name))
        else:
            found.extend(_of_question(before[name], question, earlier, later))
    found.extend(Change(kind="question_removed", question=name) for name in before if name not in after)
    return tuple(found)


def of_question(changes: Sequence[Change], question: str) -> tuple[Change, ...]:
    """The changes of one question."""
    return tuple(change for change in changes if change.question == question)


def _asked(instrument: Instrument) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for question in instrument.questions:
        if question.type != "note":
            found.setdefault(question.name, question)
    return found


def _of_question(
    before: Question, after: Question, earlier: Instrument, later: Instrument
) -> Iterator[Change]:
    name = after.name
    if before.type != after.type and not any({before.type, after.type} <= same for same in SAME_ANSWERS):
        yield Change(kind="type_changed", question=name, values={"before": before.type, "after": after.type})
    if _reworded(before.labels, after.labels):
        words = {"before": earlier.text_in(before.labels, earlier.default_language), "after": later.text_in(after.labels, later.default_language)}  # fmt: skip
        yield Change(kind="wording_changed", question=name, values=words)
    yield from _of_choices(before, after, earlier, later)
    conditions = (
        ("relevance_changed", _conditions(before), _conditions(after)),
        ("constraint_changed", before.constraint or "", after.constraint or ""),
        ("calculation_changed", before.calculation or "", after.calculation or ""),
    )
    for kind, one, other in conditions:
        if _plain_expression(one) != _plain_expression(other):
            yield Change(kind=kind, question=name, values={"before": one or "–", "after": other or "–"})  # type: ignore[arg-type]
    if before.required != after.required:
        yield Change(kind="required_changed", question=name)
    yield from _untranslated(before, after)


def _of_choices(
    before: Question, after: Question, earlier: Instrument, later: Instrument
) -> Iterator[Change]:
    one, other = earlier.choices_of(before), later.choices_of(after)
    if one is None or other is None:
        return
    old, new = ({choice.name: choice for choice in listed} for listed in (one, other))
    inverted = _inverted(old, new)
    for code, choice in new.items():
        label = later.text_in(choice.labels, later.default_language) or code
        if code in inverted:
            values = {"before": earlier.text_in(old[code].labels, earlier.default_language), "after": label}
            yield Change(kind="code_inverted", question=after.name, choice=code, values=values)
        elif code not in old and _is_answer(choice):
            yield Change(kind="choice_added", question=after.name, choice=code, values={"label": label})
        elif code in old and _reworded(old[code].labels, choice.labels):
            values = {"before": earlier.text_in(old[code].labels, earlier.default_language), "after": label}
            yield Change(kind="choice_reworded", question=after.name, choice=code, values=values)
    for code, choice in old.items():
        if code not in new and _is_answer(choice):
            label = earlier.text_in(choice.labels, earlier.default_language) or code
            yield Change(kind="choice_removed", question=after.name, choice=code, values={"label": label})


def _inverted(old: Mapping[str, Choice], new: Mapping[str, Choice]) -> set[str]:
    """Codes whose label now is one that another code had: the same number means something else."""
    owners: dict[tuple[str, str], str] = {
        (language, _plain(text)): code
        for code, choice in old.items()
        for language, text in choice.labels.items()
        if _plain(text)
    }
    found = set()
    for code, choice in new.items():
        moved = [
            owners.get((language, _plain(text)), code) not in ("", code)
            for language, text in choice.labels.items()
        ]
        if code in old and any(moved) and _reworded(old[code].labels, choice.labels):
            found.add(code)
    return found


def _is_answer(choice: Choice) -> bool:
    return reason_of_choice(choice) is None


def _reworded(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Whether a text differs in any language that both versions have."""
    shared = [language for language in after if before.get(language, "").strip() and after[language].strip()]
    return any(_plain(before[language]) != _plain(after[language]) for language in shared)


def _plain(text: str) -> str:
    """A text without case, markup, spaces and punctuation."""
    bare = re.sub(r"<[^>]*>|\$\{[^}]*\}", " ", unicodedata.normalize("NFKC", text))
    return "".join(
        letter for letter in bare.casefold() if letter.isalnum() or unicodedata.category(letter)[0] == "M"
    )


def _plain_expression(expression: str) -> str:
    return re.sub(r"\s+", "", expression).replace('"', "'")


def _conditions(question: Question) -> str:
    return " and ".join(part for part in (*question.group_relevants, question.relevant or "") if part)


def _untranslated(before: Question, after: Question) -> Iterator[Change]:
    """The languages in which a question was worded and no longer is."""
    for language, text in before.labels.items():
        if language and text.strip() and not after.labels.get(language, "").strip():
            yield Change(kind="translation_missing", question=after.name, values={"language": language})
