"""Texts made safe for programs that run what looks like a formula."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")  # what makes a spreadsheet take a text for a formula


def defused(value: object) -> object:
    """A text that a spreadsheet would run as a formula with a quote before it; anything else as it is."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value
