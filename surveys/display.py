"""Text from a file made fit for a message: nothing invisible, nothing that moves the cursor, cut."""

import unicodedata


SHOWN_CHARACTERS = 80  # as much of a cell as a message needs to be recognised
# Controls, bidirectional and zero-width marks, byte order marks, surrogates, line and paragraph separators
HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def shown(text: str, characters: int = SHOWN_CHARACTERS) -> str:
    """A piece of the file as one plain line of at most ``characters``.

    Zero-width joiners of Persian, Burmese or Thai words go too: what is shown serves to find the
    cell, what is stored is left as it came.
    """
    if text.isascii() and text.isprintable() and len(text) <= characters:
        return " ".join(text.split())
    visible = "".join(
        " " if character in "\t\r\n" else character
        for character in text[: characters * 8]
        if character in "\t\r\n" or unicodedata.category(character) not in HIDDEN_CATEGORIES
    )
    line = " ".join(visible.split())
    return line if len(line) <= characters else line[: characters - 1] + "…"


def listed(names: list[str] | tuple[str, ...], most: int = 12) -> str:
    """Names in a sentence: the first of them, and how many more there are."""
    first = ", ".join(shown(name, 60) for name in names[:most])
    return first if len(names) <= most else f"{first} … (+{len(names) - most})"
