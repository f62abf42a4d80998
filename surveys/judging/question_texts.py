"""A heading that says a question's text otherwise: marked up, numbered, as a row of a grid, or cut off."""

import re
from collections.abc import Iterable, Mapping, Sequence

from surveys.instrument import Choice
from surveys.judging.spellings import cut_off, spoken
from surveys.judging.targets import Target


_IN_BRACKETS = re.compile(r"(?:(?P<base>.*\S)\s*)?\[(?P<inside>[^\[\]]+)\]", re.DOTALL)  # a row of a grid
_SHORTEST_BEGINNING = 8  # of a text that was cut off


class QuestionTexts:
    """The texts of the questions in every language, as they sound.

    Parameters
    ----------
    texts
        Each text and the question it is the text of.
    named
        What each name means, for rows of a grid that are headed by names.
    choices
        The choices of each question of which several may be ticked.
    separators
        What may stand between a question and its choice.
    """

    def __init__(
        self,
        texts: Iterable[tuple[str, Target]],
        named: Mapping[str, Target],
        choices: Mapping[str, Sequence[Choice]],
        separators: Iterable[str],
    ) -> None:
        self._named, self._choices, self._separators = named, choices, tuple(dict.fromkeys(separators))
        self._meant: dict[str, list[Target]] = {}
        for text, target in texts:
            known = self._meant.setdefault(spoken(text), [])
            if target not in known:
                known.append(target)

    def meant_by(self, header: str) -> list[Target]:
        """What the header may mean as a text that is set otherwise, is a row of a grid, or was cut off."""
        known = self._meant.get(spoken(header))
        if known is not None:
            return known
        found = _IN_BRACKETS.fullmatch(header.strip())
        if found is not None:
            return self._in_grid(found["base"] or "", found["inside"])
        beginning = cut_off(header)
        return self._beginning(beginning) if beginning else self._chosen(header)

    def _in_grid(self, base: str, row: str) -> list[Target]:
        """``Question [row]``: a choice of the question, or a question of its own that the row names."""
        beginning = cut_off(base)
        asked = self._beginning(beginning) if beginning else self._meant.get(spoken(base), [])
        choices = self._choices_said(asked, row)
        if choices or any(target.name in self._choices for target in asked):
            return choices
        named = self._named.get(row.strip())
        return [named] if named is not None and named.kind == "answer" else self._meant.get(spoken(row), [])

    def _chosen(self, header: str) -> list[Target]:
        """``Question/choice`` in another case or setting."""
        for separator in self._separators:
            parts = header.split(separator)
            for cut in range(1, len(parts)):
                asked = self._meant.get(spoken(separator.join(parts[:cut])), [])
                choices = self._choices_said(asked, separator.join(parts[cut:]))
                if choices:
                    return choices
        return []

    def _choices_said(self, asked: Sequence[Target], text: str) -> list[Target]:
        key = spoken(text)
        return [
            Target(kind="choice", name=target.name, code=choice.name)
            for target in asked
            if target.kind == "answer" and target.name in self._choices
            for choice in self._choices[target.name]
            if key == choice.name.casefold() or key in map(spoken, choice.labels.values())
        ]

    def _beginning(self, text: str) -> list[Target]:
        """The questions whose text begins so."""
        start = spoken(text)
        if len(start) < _SHORTEST_BEGINNING:
            return []
        meant = (
            target for said, targets in self._meant.items() if said.startswith(start) for target in targets
        )
        return list(dict.fromkeys(meant))
