"""Regular expressions of a form, matched as the collecting apps do but never for longer than the text is long.

The apps use backtracking engines, for which a pattern such as ``(a+)+`` can take longer than a fieldwork season on
one answer. Arrow's matcher is RE2, an automaton: time grows with the text, whatever the pattern, and a pattern that
would need too large an automaton is refused. What RE2 lacks (looking around, backward references) or reads otherwise
than Java and JavaScript do is not guessed at: those answers stay unknown.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc


LONGEST_PATTERN = 2_000

_ESCAPED = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
# These mean ASCII alone to some apps and every script to others.
_DIFFERS_BEYOND_ASCII = re.compile(r"\\[wWdDsSbB]|\(\?[a-zA-Z]*i")


def match_whole(words: Sequence[str], pattern: str) -> list[bool | None]:
    """For every word whether the whole of it matches; None where the apps may disagree or RE2 cannot say."""
    translated = _translated(pattern)
    if translated is None:
        return [None] * len(words)
    held = pc.match_substring_regex(pa.array(words, pa.large_string()), rf"\A(?:{translated})\z").to_pylist()
    if _DIFFERS_BEYOND_ASCII.search(pattern):
        return [matches if word.isascii() else None for word, matches in zip(words, held, strict=True)]
    return list(held)


@lru_cache(maxsize=1024)
def _translated(pattern: str) -> str | None:
    """The pattern as RE2 writes it, None where RE2 cannot read it or would read it otherwise."""
    if len(pattern) > LONGEST_PATTERN or _differs_in_brackets(pattern):
        return None
    translated = _ESCAPED.sub(_unicode_escape, pattern)
    try:
        pc.match_substring_regex(pa.array([""], pa.large_string()), translated)
        pc.match_substring_regex(pa.array([""], pa.large_string()), rf"\A(?:{translated})\z")
    except pa.ArrowInvalid:
        return None
    return translated


def _unicode_escape(escaped: re.Match[str]) -> str:
    code = escaped[1]
    return f"\\x{{{code[1:]}}}" if len(code) == 5 else escaped[0]


def _differs_in_brackets(pattern: str) -> bool:
    """Whether a set in brackets holds another set or an intersection, which only Java knows."""
    plain = _ESCAPED.sub("", pattern)
    inside = False
    for at, character in enumerate(plain):
        if inside and (character == "[" or plain.startswith("&&", at)):
            return True
        inside = character == "[" if not inside else character != "]"
    return False
