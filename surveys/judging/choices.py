"""An answer picked from a list: the code, or a label in any language of the questionnaire, as the code."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.instrument import Choice


_WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+")
_SEPARATORS = (";", "|", "\n", ",", "、", "،")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """The codes an answer names, or why none can be told."""

    codes: tuple[str, ...] = ()
    fault: str | None = None


class ChoiceList:
    """The codes of one list and everything that may stand for them."""

    def __init__(self, choices: Iterable[Choice], *, other: bool = False) -> None:
        self.codes = tuple(
            dict.fromkeys([*(choice.name for choice in choices), *(["other"] if other else [])])
        )
        self._exact = frozenset(self.codes)
        self._labels = _meanings((label.strip(), c.name) for c in choices for label in c.labels.values())
        self._labels.pop("", None)
        loose = [(code, code) for code in self.codes]
        self._loose_codes = _meanings((_loosened(code), meant) for code, meant in loose)
        self._loose_labels = _meanings(
            (_loosened(label), c) for label, cs in self._labels.items() for c in cs
        )
        spoken = [*self._loose_codes.items(), *self._loose_labels.items()]
        words = _meanings((text, code) for text, codes in spoken for code in codes)
        self._words = [(tuple(text.split()), codes) for text, codes in words.items()]

    def pick(self, answer: str) -> Picked:
        """The one code an answer names: an exact code first, then a label, then either in another case."""
        text = answer.strip()
        if text in self._exact:
            return Picked(codes=(text,))
        for meanings, key in (
            (self._labels, text),
            (self._loose_codes, _loosened(text)),
            (self._loose_labels, _loosened(text)),
        ):
            meant = meanings.get(key)
            if meant is not None:
                return Picked(codes=meant) if len(meant) == 1 else Picked(fault="ambiguous_label")
        number = _WHOLE_NUMBER.fullmatch(text)
        if number is not None and number[1] in self._exact:
            return Picked(codes=(number[1],))
        return Picked(fault="unknown_choice")

    def by_label(self, label: str) -> str | None:
        """The code that carries this label in some language; None where none or several do."""
        meant = self._labels.get(label.strip()) or self._loose_labels.get(_loosened(label))
        return meant[0] if meant is not None and len(meant) == 1 else None

    def pick_several(self, answer: str, *, labels_first: bool = False) -> Picked:
        """The codes of a select_multiple, in the order given."""
        text = answer.strip()
        if labels_first:
            spoken = self._several_labels(text)
            if spoken.codes:
                return spoken
        tokens = text.split()
        if all(token in self._exact for token in tokens):
            return Picked(codes=tuple(dict.fromkeys(tokens)))
        for separator in _SEPARATORS:
            if separator in text:
                picked = [self.pick(piece) for piece in text.split(separator) if piece.strip()]
                if picked and all(one.codes for one in picked):
                    return _together(picked)
        return self._several_labels(text)

    def _several_labels(self, text: str) -> Picked:
        """Labels and codes joined by spaces, where there is only one way to take them apart."""
        words = tuple(_loosened(text).split())
        ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in words)]
        for start in range(len(words)):
            if not ways[start]:
                continue
            for label, meant in self._words:
                end = start + len(label)
                if words[start:end] == label and end <= len(words):
                    more = ((*way, code) for way in ways[start] for code in meant)
                    ways[end] = list(dict.fromkeys([*ways[end], *more]))[:2]
        found = ways[-1]
        if len(found) == 1:
            return Picked(codes=tuple(dict.fromkeys(found[0])))
        return Picked(fault="ambiguous_labels" if found else "unknown_choice")

    def shown_codes(self, most: int = 12) -> str:
        """The codes for a message, with how many more there are."""
        first = ", ".join(self.codes[:most])
        return first if len(self.codes) <= most else f"{first} … (+{len(self.codes) - most})"


def _together(picked: Sequence[Picked]) -> Picked:
    return Picked(codes=tuple(dict.fromkeys(code for one in picked for code in one.codes)))


def _meanings(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    gathered: dict[str, dict[str, None]] = {}
    for text, code in pairs:
        gathered.setdefault(text, {})[code] = None
    return {text: tuple(codes) for text, codes in gathered.items()}


def _loosened(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split())


def affirmative(choices: Iterable[Choice], agreeing: Mapping[str, str] | frozenset[str]) -> frozenset[str]:
    """The codes whose name or a label of which is one of the agreeing words."""
    return frozenset(
        choice.name
        for choice in choices
        if any(_loosened(text) in agreeing for text in (choice.name, *choice.labels.values()))
    )
