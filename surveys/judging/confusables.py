"""Letters of other scripts that look like Latin ones, and the Latin text they imitate."""

import unicodedata
from dataclasses import dataclass


# Cyrillic, Greek, Armenian and odd Latin letters that most fonts draw as a Latin letter.
_LATIN_OF = dict(
    zip(
        "аеорсухіјѕԁһԛԝкмтвнАВЕКМНОРСТХУІЅЈԌԚԜαονικρτυχγωΑΒΕΖΗΙΚΜΝΟΡΤΥΧօսոհıɑɡⅼ",
        "aeopcyxijsdhqwkmtbhABEKMHOPCTXYISJGQWaovikptuxywABEZHIKMNOPTYXounhiagl",
        strict=True,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookalike:
    """A text as a reader sees it, and the characters that are not what they seem."""

    text: str
    characters: tuple[str, ...]  # such as "а (CYRILLIC SMALL LETTER A)"


def lookalike_of(text: str) -> Lookalike | None:
    """The Latin text that this one imitates; None where it imitates none."""
    seen: dict[str, None] = {}
    latin = []
    for character in text:
        plain = _LATIN_OF.get(character) or unicodedata.normalize("NFKC", character)
        if plain != character and plain.isascii() and plain.strip():
            seen[f"{character} ({unicodedata.name(character, f'U+{ord(character):04X}')})"] = None
            latin.append(plain)
        else:
            latin.append(character)
    return Lookalike(text="".join(latin), characters=tuple(seen)) if seen else None
