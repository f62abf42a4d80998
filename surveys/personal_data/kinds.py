"""What kinds of personal data a text may hold, and a text made ready to be searched for them."""

import re
import unicodedata
from enum import StrEnum


class Kind(StrEnum):
    """What points to a person by itself, or reaches one."""

    TELEPHONE = "telephone"
    MAIL = "mail"
    PROFILE = "profile"  # an address of a page or account that belongs to one person
    HANDLE = "handle"  # a name in a messenger or a social network
    IDENTITY_NUMBER = "identity_number"
    PASSPORT = "passport"
    BANK = "bank"  # an account or a card
    COORDINATES = "coordinates"
    ADDRESS = "address"
    NAME = "name"


# Kinds that are known by their shape. Names and addresses are guesses from the words around them.
STRUCTURED = frozenset(Kind) - {Kind.NAME, Kind.ADDRESS}

_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))
_FULL_WIDTH = {point: chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F)}


class _Plain(dict[int, str | None]):
    """What each character is read as; digits of other scripts are looked up when they are met."""

    def __missing__(self, point: int) -> str:
        character = chr(point)
        read = str(unicodedata.decimal(character)) if unicodedata.category(character) == "Nd" else character
        self[point] = read
        return read


_PLAIN = _Plain(
    {
        **_FULL_WIDTH,
        **_INVISIBLE,
        **{ord(dash): "-" for dash in "‐‑‒–—−﹣ー"},
        **{ord(space): " " for space in "\xa0\u2007\u202f\u3000"},
        ord("٫"): ".",
        ord("٬"): ",",
    }
)
# The ids that machines give to things; they are long and say nothing of a person.
_MACHINE_IDS = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b(?=[0-9a-f]*[a-f])[0-9a-f]{24,}\b|\b[0-9a-f]{32,}\b",
    re.IGNORECASE,
)


def readied(text: str) -> str:
    """The text with plain digits, dashes and spaces, nothing invisible, and without the ids of machines."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).translate(
            _PLAIN
        )  # NFKC would take Thai and Lao vowels apart
    return _MACHINE_IDS.sub(" ", text)
