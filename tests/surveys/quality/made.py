"""Interviews made by hand, through the same typed columns as real ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from surveys.columns import typed
from surveys.instrument import Instrument
from surveys.quality.interviews import Interviews, interviews_of
from surveys.quality.setting import Measure, Setting
from surveys.record.payloads import PARTS
from tests.surveys.judging import ask, choices, questionnaire


AGREEMENT = {
    "1": ("Disagree", "반대"),
    "2": ("Neither", "보통"),
    "3": ("Agree", "찬성"),
    "dk": ("Don't know", "모름"),
}
YES_NO = {"yes": ("Yes", "예"), "no": ("No", "아니요"), "dk": ("Don't know", "모름")}
GRID = tuple(f"g{number}" for number in range(1, 5))
FACTS = tuple(f"f{number:02d}" for number in range(1, 13))
FORM = questionnaire(
    ask("sex", "select_one sex"),
    ask("age", "integer"),
    *(ask(name, "select_one yes_no", path=("facts",)) for name in FACTS),
    *(ask(name, "select_one agreement", path=("views",)) for name in GRID),
    lists={
        "sex": choices({"f": ("Female", "여성"), "m": ("Male", "남성")}),
        "yes_no": choices(YES_NO),
        "agreement": choices(AGREEMENT),
    },
)
TYPES = {question.name: question.type for question in FORM.questions}
TODAY = date(2026, 9, 20)


def table(rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows as typed columns; ``name=...`` (Ellipsis) is a don't know, ``name=("refused",)`` another reason."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, list[str | None]] = {}
    for name in names:
        stored = f"@{name}" if f"@{name}" in PARTS else name
        cells = [row.get(name) for row in rows]
        columns[stored] = [None if isinstance(c, tuple) or c in (None, ...) else str(c) for c in cells]
        reasons = ["dont_know" if c is ... else c[0] if isinstance(c, tuple) else None for c in cells]
        if any(reasons):
            columns[f"{stored}@missing"] = reasons
    columns.setdefault("@submission", [f"i{number:04d}" for number in range(1, len(rows) + 1)])
    return typed(pa.table({n: pa.array(v, pa.large_string()) for n, v in columns.items()}), TYPES)


def made(rows: Sequence[Mapping[str, object]], *, form: Instrument = FORM, **how: Any) -> Interviews:
    """The interviews of these rows."""
    return interviews_of(table(rows), form, **how)


def setting(**facts: Any) -> Setting:
    """The design around them."""
    return Setting(**({"today": TODAY} | facts))


def measure(values: Sequence[float], *, items: Sequence[str] = ("f01",), high: float = 1.0) -> Measure:
    """One primary outcome."""
    return Measure(
        outcome="knows", items=frozenset(items), values=np.array(values, float), low=0.0, high=high
    )


def drawn(n: int, seed: int, *, interviewers: int = 5) -> list[dict[str, object]]:
    """Unremarkable interviews: answers by chance, interviewers in turn, arms by cluster, three weeks of days."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        cluster = int(rng.integers(0, 10))
        rows.append(
            {
                "submission": f"i{number:04d}",
                "interviewer": f"E{number % interviewers}",
                "cluster": f"w{cluster}",
                "arm": "campaign" if cluster % 2 else "comparison",
                "interview_date": f"2026-09-{1 + number // interviewers % 20:02d}",
                "started": f"2026-09-{1 + number // interviewers % 20:02d}T{9 + number % 9:02d}:10:00+05:45",
                "duration": f"{float(np.exp(rng.normal(3.2, 0.25))):.2f}",
                "respondent": f"p{number}",
                "sex": str(rng.choice(["f", "m"])),
                "age": int(rng.integers(18, 70)),
                **{name: ... if rng.random() < 0.05 else str(rng.choice(["yes", "no"])) for name in FACTS},
                **{name: str(rng.choice(["1", "2", "3"])) for name in GRID},
            }
        )
    return rows
