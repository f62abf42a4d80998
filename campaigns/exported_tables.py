"""What leaves together: the effects, further tables, what must be known of them, and the names that people read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd


Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTables:
    """The tables of one evaluation, or of one file, as they may leave. Every format writes these values."""

    effects: pd.DataFrame  # the columns of ``EFFECT_COLUMNS``
    more: Tables = field(default_factory=dict)  # averages, contrasts
    notes: tuple[str, ...] = ()
    title: str = ""
    language: str = "en"
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # id of an outcome or a site -> what people call it
    confidence: float = 0.95
    stars: bool = False  # whether print marks small p-values; never unless somebody asks

    def named(self, name: str) -> str:
        """What people call an outcome or a site."""
        return self.names.get(name, name)


def in_one_cell(value: object) -> object:
    """What a single cell can hold: sentences in a row, a mapping as its texts."""
    if isinstance(value, tuple):
        return " ".join(str(item) for item in value) or None
    if isinstance(value, Mapping):
        if "reason" in value:
            return f"{value['reason']} {value['remedy']}"
        return " ".join(f"{key}: {text}" for key, text in value.items())
    return value
