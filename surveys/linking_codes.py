"""What a person may be found again by in another wave, as codes under a key: never the words themselves.

A name or a telephone number becomes keyed hashes. The same value always gives the same codes, and values that differ by
a slip of the hand or by another spelling of the same sound share some. Whoever lacks the key can neither read
a code nor try out a list of names, as one could against plain hashes.
"""

import base64
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

import jellyfish

from surveys.fieldwork import KeyKind


Agreement = Literal["same", "similar", "differs", "missing"]

ALIKE_FROM = 0.78  # Dice coefficient of letter pairs; two different full names of one family rarely reach it
BITS = 512  # of the filter of letter pairs; a name of 17 pairs fills a quarter
POSITIONS = 8  # bits that each letter pair sets
CODE_BYTES = 8  # 300,000 codes of one site collide once in 400 sites
PHONE_DIGITS = 8  # the last ones: country codes and leading zeros come and go
SLIPS_UP_TO = 12  # letters; in longer texts the letter pairs find a slip as well
_LATIN_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """One value as it may be compared. Two values are the same when ``exact`` is the same.

    They are alike when they share one of ``alike``, or when their ``bits`` agree well enough.
    """

    exact: str
    alike: tuple[str, ...] = ()
    bits: bytes = b""  # Bloom filter of letter pairs

    def as_text(self) -> str:
        """The codes as one text; ``codes_of_text`` reads it."""
        bits = base64.urlsafe_b64encode(self.bits).decode()
        return "|".join((self.exact, ",".join(self.alike), bits))


def agreement_of(one: Codes | None, other: Codes | None) -> Agreement:
    """How two answers compare, by their codes. ``surveys.linking`` says the same to the database."""
    if one is None or other is None:
        return "missing"
    if one.exact == other.exact:
        return "same"
    a, b = int.from_bytes(one.bits), int.from_bytes(other.bits)
    size = a.bit_count() + b.bit_count()
    letters_agree = bool(one.bits and other.bits) and 2 * (a & b).bit_count() >= ALIKE_FROM * size
    return "similar" if letters_agree or set(one.alike) & set(other.alike) else "differs"


def codes_of_text(text: str) -> Codes:
    """What ``Codes.as_text`` wrote."""
    exact, alike, bits = text.split("|")
    return Codes(
        exact=exact,
        alike=tuple(alike.split(",")) if alike else (),
        bits=base64.urlsafe_b64decode(bits),
    )


@dataclass(frozen=True, slots=True)
class Coder:
    """Makes the codes of one linking key under one key of the ring.

    References
    ----------
    Schnell, Bachteler & Reiher (2009), BMC Med Inform Decis Mak 9:41, for keyed Bloom filters of letter pairs. Deletion
    neighbourhoods as in Boytsov (2011), ACM J Exp Algorithmics 16, section 5: texts one slip apart share what is
    left when one letter is taken out of each.
    """

    key: bytes
    kind: KeyKind
    _masks: dict[str, int] = field(default_factory=dict)

    def codes(self, value: str) -> Codes | None:
        """The codes of an answer; None where it holds nothing to compare."""
        return _MAKERS[self.kind](self, value)

    def code(self, what: str, text: str) -> str:
        """One keyed hash; ``what`` keeps codes of different uses apart."""
        digest = hmac.digest(self.key, f"{what}\x1f{text}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:CODE_BYTES]).decode().rstrip("=")

    def bits(self, words: Iterable[str]) -> bytes:
        """The letter pairs of the words, each at its own places of one filter."""
        filled = 0
        for word in words:
            padded = f"_{word}_"
            for start in range(len(padded) - 1):
                filled |= self._mask(padded[start : start + 2])
        return filled.to_bytes(BITS // 8, "big")

    def slips(self, text: str) -> tuple[str, ...]:
        """What a text shares with every text one slip away: itself, and itself without one of its letters."""
        shortened = dict.fromkeys([text, *(text[:i] + text[i + 1 :] for i in range(len(text)))])
        return tuple(self.code("slip", one) for one in shortened)

    def _mask(self, pair: str) -> int:
        mask = self._masks.get(pair)
        if mask is None:
            digest = hmac.digest(self.key, f"pair\x1f{pair}".encode(), "sha256")
            places = (int.from_bytes(digest[2 * i : 2 * i + 2], "big") % BITS for i in range(POSITIONS))
            mask = self._masks[pair] = sum(1 << place for place in set(places))
        return mask


def plain_words(value: str) -> tuple[str, ...]:
    """The words of a text in small letters, without marks and signs; Hangul as its single letters."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", value).casefold())
    letters: list[str] = []
    after_latin = False
    for letter in folded:
        category = unicodedata.category(letter)
        if category.startswith(
            "M"
        ):  # accents go; vowels of Thai, Burmese and Nepali, which are marks, too, stay
            letters.append("" if after_latin else letter)
            continue
        after_latin = category.startswith("L") and _loses_its_marks(letter)
        letters.append(_digit(letter) if category[0] in "LN" else "" if letter in _INSIDE_WORDS else " ")
    return tuple("".join(letters).split())


def sound_of(word: str) -> str:
    """How a word sounds, roughly, where it is written in Latin letters or Hangul; else nothing.

    Soundex with its first letter as a sound, too, so that Kim, Gim and 김 are one.
    """
    latin = _romanised(word)
    return jellyfish.soundex(f"h{latin}") if _LATIN_WORD.fullmatch(latin) else ""


_INSIDE_WORDS = "'’ʼ‘`-‐\u200b\u200c\u200d.ـ"  # written or left out at will inside a name


@cache
def _loses_its_marks(letter: str) -> bool:
    return unicodedata.name(letter, "").split(" ")[0] in ("LATIN", "ARABIC", "GREEK", "CYRILLIC")


def _digit(letter: str) -> str:
    """Digits of any script as 0-9."""
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)


@cache
def _romanised(word: str) -> str:
    """Hangul in Latin letters, as the Unicode standard names its syllables; anything else as it is."""
    composed = unicodedata.normalize("NFC", word)
    return "".join(
        unicodedata.name(letter).removeprefix("HANGUL SYLLABLE ").lower()
        if "가" <= letter <= "힣"
        else letter
        for letter in composed
    )


def _hangul_together(words: Sequence[str]) -> list[str]:
    """The words in alphabetical order; a name in Hangul is one word, however it was spaced."""
    joined = "".join(words)
    hangul = joined and _syllables(joined) == len(unicodedata.normalize("NFC", joined))
    return [joined] if hangul else sorted(words)


def _family_and_given(words: Sequence[str]) -> list[str]:
    """A name in Hangul as it is written in Latin letters: the family's name, then the given one."""
    if len(words) != 1 or not 2 <= _syllables(words[0]) <= 4:
        return list(words)
    syllables = unicodedata.normalize("NFC", words[0])
    return [syllables[0], syllables[1:]]


def _syllables(text: str) -> int:
    return sum("가" <= letter <= "힣" for letter in unicodedata.normalize("NFC", text))


def _name(coder: Coder, value: str) -> Codes | None:
    """Names: the order of their words says nothing, their sound says much."""
    words = _hangul_together(plain_words(value))
    if not words:
        return None
    sounds = [sound_of(part) for part in _family_and_given(words)]
    heard = [coder.code("sound", " ".join(sorted(sounds)))] if all(sounds) else []
    return Codes(
        exact=coder.code("exact", " ".join(words)),
        alike=(*heard, *_slips_of_short(coder, " ".join(words))),
        bits=coder.bits(words),
    )


def _text(coder: Coder, value: str) -> Codes | None:
    words = plain_words(value)
    if not words:
        return None
    return Codes(
        exact=coder.code("exact", " ".join(words)),
        alike=_slips_of_short(coder, " ".join(words)),
        bits=coder.bits(words),
    )


def _code(coder: Coder, value: str) -> Codes | None:
    """Ids typed by hand: signs between their parts come and go."""
    joined = "".join(plain_words(value))
    return _with_slips(coder, joined) if joined else None


def _phone(coder: Coder, value: str) -> Codes | None:
    digits = "".join(letter for letter in "".join(plain_words(value)) if letter in "0123456789")
    return _with_slips(coder, digits[-PHONE_DIGITS:]) if digits else None


def _year(coder: Coder, value: str) -> Codes | None:
    """A whole number; its neighbours are alike, since many reckon their age rather than know their birthday."""
    found = re.fullmatch(r"(\d{1,4})(?:\.0*)?", "".join(_digit(letter) for letter in value.strip()))
    if found is None:
        return None
    year = int(found[1])
    between = tuple(coder.code("between", str(start)) for start in (year - 1, year))
    return Codes(exact=coder.code("exact", str(year)), alike=between)


def _exact(coder: Coder, value: str) -> Codes | None:
    words = plain_words(value)
    return Codes(exact=coder.code("exact", " ".join(words))) if words else None


def _with_slips(coder: Coder, text: str) -> Codes:
    slips = coder.slips(text)
    return Codes(exact=coder.code("exact", text), alike=slips)


def _slips_of_short(coder: Coder, text: str) -> tuple[str, ...]:
    return coder.slips(text) if len(text) <= SLIPS_UP_TO else ()


_MAKERS: dict[KeyKind, Callable[[Coder, str], Codes | None]] = {
    "name": _name,
    "text": _text,
    "code": _code,
    "phone": _phone,
    "year": _year,
    "exact": _exact,
}
