"""A workbook as its sheets of text, for readers that know what to expect in them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: every row, the header row included, as text; cells are "" where blank."""

    name: str
    visible: bool
    rows: tuple[tuple[str, ...], ...]
