"""One heading in the many ways it may be spelled: by R, by web pages, in another case."""

import html
import re
import unicodedata
from collections.abc import Iterable


_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
_LINK = re.compile(r"!?\[([^\[\]]+)\]\([^()\s]+\)")  # Markdown: [text](address)
_EMPHASIS = re.compile(r"(?<!\w)([*_]{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_HASHES = re.compile(r"^#{1,6}\s+")
# "12. ", "Q3: ", "3) ", "1.2 - ", "문 4. ": what numbers a question and is no part of it.
_NUMBER = re.compile(
    r"^(?:(?:q|question|문|문항|질문)\s*)?\(?\d{1,3}(?:[.-]\d{1,3}){0,3}[a-z]?\s*(?:[.:)\]]|-(?=\s))\s*(?=\D)"
)
_END = re.compile(r"(?:\s*(?:[*:：]|\((?:required|optional|필수|선택)\)))+$")
_ELLIPSIS = re.compile(r"\s*(?:\.{2,3}|…)\s*$")


def spaced(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def loosened(text: str) -> str:
    """The text when case, spaces, underscores and invisible characters do not count."""
    if not text.isascii():
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return "_".join(text.casefold().replace("_", " ").split())


def spoken(text: str) -> str:
    """What is said, without how it is set: no markup, case, numbering, colon or asterisk at the end."""
    plain = spaced(_without_markup(text))
    if not plain.isascii():
        folded = unicodedata.normalize("NFKC", plain).replace("’", "'").replace("‘", "'")
        plain = spaced("".join(character for character in folded if unicodedata.category(character) != "Cf"))
    plain = plain.casefold()
    return spaced(_END.sub("", _NUMBER.sub("", plain))) or plain


def _without_markup(text: str) -> str:
    """The text of HTML or Markdown."""
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub(" ", text))
    if "](" in text:
        text = _LINK.sub(r"\1", text)
    if "*" in text or "_" in text:
        text = _EMPHASIS.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    return _HASHES.sub("", text.strip())


def cut_off(text: str) -> str | None:
    """The beginning of a text that an exporter cut off and marked with dots; None where it is whole."""
    found = _ELLIPSIS.search(text)
    return text[: found.start()] if found and found.start() else None


def suffixes(header: str, separator: str = "/") -> Iterable[str]:
    """What stands behind each separator, the longest first."""
    parts = header.split(separator)
    return (separator.join(parts[start:]) for start in range(1, len(parts)))


def as_r_writes(text: str) -> str:
    """R's make.names: what is no letter, digit, dot or underscore becomes a dot."""
    name = re.sub(r"[^\w.]", ".", text)
    return f"X{name}" if re.match(r"[\d_]|\.\d", name) else name
