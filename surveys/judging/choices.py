"""An answer picked from a list: the code, or a label in any language of the questionnaire, as the code."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from surveys.instrument import Choice
from surveys.judging.spellings import spoken


_WHOLE_NUMBER = re.compile(r"(-?\d+)\.0+")
OTHER_OF_LIMESURVEY = "-oth-"
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
        self._as_spoken = _meanings((spoken(label), c) for label, cs in self._labels.items() for c in cs)
        if "other" in self._exact:
            self._loose_codes.setdefault(OTHER_OF_LIMESURVEY, ("other",))
        said = [*self._loose_codes.items(), *self._loose_labels.items()]
        words = _meanings((text, code) for text, codes in said for code in codes)
        self._words = [(tuple(text.split()), codes) for text, codes in words.items()]
        self._most_pieces = {
            separator: 1 + max((label.count(separator) for label in self._labels), default=0)
            for separator in _SEPARATORS
        }

    def pick(self, answer: str) -> Picked:
        """The one code an answer names: an exact code first, then a label, then either in another case."""
        meant = self._possible(answer.strip())
        if len(meant) == 1:
            return Picked(codes=meant)
        return Picked(fault="ambiguous_label" if meant else "unknown_choice")

    def _possible(self, text: str) -> tuple[str, ...]:
        """Every code that a text may stand for."""
        if text in self._exact:
            return (text,)
        key = _loosened(text)
        for meant in (self._labels.get(text), self._loose_codes.get(key), self._loose_labels.get(key)):
            if meant is not None:
                return meant
        as_spoken = self._as_spoken.get(spoken(text))
        if as_spoken is not None:
            return as_spoken
        number = _WHOLE_NUMBER.fullmatch(text)
        return (number[1],) if number is not None and number[1] in self._exact else ()

    def by_label(self, label: str) -> str | None:
        """The code that carries this label in some language; None where none or several do."""
        meant = self._labels.get(label.strip()) or self._loose_labels.get(_loosened(label))
        return meant[0] if meant is not None and len(meant) == 1 else None

    def pick_several(self, answer: str, *, labels_first: bool = False) -> Picked:
        """The codes of a select_multiple, in the order given."""
        text = answer.strip()
        if labels_first:
            said = self._several_labels(text)
            if said.codes:
                return said
        tokens = text.split()
        if all(token in self._exact for token in tokens):
            return Picked(codes=tuple(dict.fromkeys(tokens)))
        for separator in _SEPARATORS:
            if separator in text:
                picked = self._separated(text, separator)
                if picked.codes or picked.fault == "ambiguous_labels":
                    return picked
        return self._several_labels(text)

    def _separated(self, text: str, separator: str) -> Picked:
        """Labels and codes joined by a separator that may stand inside a label too, where only one way fits."""
        pieces = [piece.strip() for piece in text.split(separator)]
        while pieces and not pieces[-1]:
            pieces.pop()  # Microsoft Forms puts one at the end
        ways: list[list[tuple[str, ...]]] = [[()], *([] for _ in pieces)]
        for start, end in combinations(range(len(pieces) + 1), 2):
            if ways[start]:
                meant = self._meant(separator, pieces, start, end)
                more = [(*way, code) for way in ways[start] for code in meant]
                ways[end] = list(dict.fromkeys([*ways[end], *more]))[:2]
        return _only_way(ways[-1])

    def _meant(self, separator: str, pieces: Sequence[str], start: int, end: int) -> tuple[str, ...]:
        """The codes that some pieces together may stand for."""
        if end - start > self._most_pieces[separator]:
            return ()
        tight, wide = separator.join(pieces[start:end]), f"{separator} ".join(pieces[start:end])
        return self._possible(wide) or self._possible(tight) if tight else ()

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
        return _only_way(ways[-1])

    def shown_codes(self, most: int = 12) -> str:
        """The codes for a message, with how many more there are."""
        first = ", ".join(self.codes[:most])
        return first if len(self.codes) <= most else f"{first} … (+{len(self.codes) - most})"


def _only_way(found: Sequence[tuple[str, ...]]) -> Picked:
    if len(found) == 1:
        return Picked(codes=tuple(dict.fromkeys(found[0])))
    return Picked(fault="ambiguous_labels" if found else "unknown_choice")


def _meanings(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    gathered: dict[str, dict[str, None]] = {}
    for text, code in pairs:
        gathered.setdefault(text, {})[code] = None
    return {text: tuple(codes) for text, codes in gathered.items()}


def _loosened(text: str) -> str:
    if not text.isascii():  # marks of direction and joiners come with a keyboard and say nothing
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return " ".join(text.casefold().replace("’", "'").split())


def affirmative(choices: Iterable[Choice], agreeing: Mapping[str, str] | frozenset[str]) -> frozenset[str]:
    """The codes whose name or a label of which is one of the agreeing words."""
    return frozenset(
        choice.name
        for choice in choices
        if any(_loosened(text) in agreeing for text in (choice.name, *choice.labels.values()))
    )
