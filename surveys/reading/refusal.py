"""Refusing a file with a sentence of the catalogue."""

import unicodedata

from surveys.problems import FileRefused, Problem


NAME_CHARACTERS = 200
ENDING_CHARACTERS = 12
SHOWN_CHARACTERS = 80
# C0/C1 controls, bidirectional overrides and isolates, zero-width marks, byte order mark, surrogates
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def refused(code: str, **values: object) -> FileRefused:
    """The exception that refuses a whole file; ``values`` fill the sentences of ``code``."""
    return FileRefused(Problem(code=code, values=values))


def shown(text: str, characters: int = SHOWN_CHARACTERS) -> str:
    """A piece of the file fit for a message: NFC, on one line, nothing invisible, cut."""
    visible = "".join(
        " " if character in "\t\r\n" else character
        for character in unicodedata.normalize("NFC", text[: characters * 8])
        if character in "\t\r\n" or unicodedata.category(character) not in HIDDEN_CATEGORIES
    )
    short = " ".join(visible.split())
    return short if len(short) <= characters else short[: characters - 1] + "…"


def cleaned_name(name: str) -> str:
    """The sender's file name without folders or invisible characters, at most 200 characters."""
    leaf = name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
    visible = "".join(
        character
        for character in unicodedata.normalize("NFC", leaf)
        if unicodedata.category(character) not in HIDDEN_CATEGORIES
    ).strip()
    if len(visible) > NAME_CHARACTERS:
        stem, point, ending = visible.rpartition(".")
        ending = (point + ending)[:ENDING_CHARACTERS] if stem else ""
        visible = visible[: NAME_CHARACTERS - len(ending)] + ending
    return visible or "file"
