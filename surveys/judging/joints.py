"""What a file puts between a group, a question and its choices: KoboToolbox lets its users choose."""

import unicodedata
from collections.abc import Collection, Iterable, Sequence

from surveys.instrument import Instrument, Question
from surveys.judging.spellings import spaced


LONGEST = 5
MOST_COLUMNS = 5_000


def joints_of(columns: Sequence[str], instrument: Instrument, multiple: Collection[str]) -> tuple[str, ...]:
    """The joints other than "/" that this file uses, told from headings of which both sides are known.

    Parameters
    ----------
    multiple
        Names of the questions of which several choices may be ticked.
    """
    questions, inside, groups = _words(instrument, multiple)
    found: dict[str, None] = {}
    for column in columns[:MOST_COLUMNS]:
        header = spaced(column)
        for left, joint, right in _cuts(header):
            if joint == "/" or joint in found:
                continue
            behind_group = right in questions and any(left.endswith(group) for group in groups[right])
            behind_question = right in inside and any(left.endswith(base) for base in inside[right])
            if behind_group or behind_question:
                found[joint] = None
    return tuple(found)


def group_spellings(question: Question, languages: Sequence[str]) -> list[tuple[str, ...]]:
    """The path of a question by name, and in each language by label, a group without one by its name."""
    if not question.path:
        return []
    ways = [question.path]
    for language in languages:
        labels = [spaced(labels.get(language, "")) for labels in question.group_labels]
        ways.append(
            tuple(label or name for label, name in zip(labels, question.path, strict=True))
            if len(labels) == len(question.path)
            else question.path
        )
    return list(dict.fromkeys(ways))


def _words(
    instrument: Instrument, multiple: Collection[str]
) -> tuple[set[str], dict[str, set[str]], dict[str, set[str]]]:
    """Names and labels of questions; of choices with the questions they belong to; the groups before a question."""
    questions: set[str] = set()
    groups: dict[str, set[str]] = {}
    inside: dict[str, set[str]] = {}
    for question in instrument.questions:
        spoken = {question.name, *(spaced(label) for label in question.labels.values())} - {""}
        before = {way[-1] for way in group_spellings(question, instrument.languages)}
        questions |= spoken
        for word in spoken:
            groups.setdefault(word, set()).update(before)
        if question.name in multiple:
            for choice in instrument.choices.get(question.choice_list or "", ()):
                for word in {choice.name, *(spaced(label) for label in choice.labels.values())}:
                    inside.setdefault(word, set()).update(spoken)
    return questions, inside, groups


def _cuts(header: str) -> Iterable[tuple[str, str, str]]:
    """Every way to part a heading at a short run of punctuation or space."""
    marks = [unicodedata.category(character)[0] in "PSZ" for character in header]
    for start in range(1, len(header) - 1):
        if not marks[start]:
            continue
        for end in range(start + 1, min(start + LONGEST, len(header) - 1) + 1):
            if not marks[end - 1]:
                break
            yield header[:start], header[start:end], header[end:]
