"""Files ready to be stored, made by hand for tests of the record."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from surveys.judging.sorting import Aside
from surveys.judging.versions import SERVER_NAME, canonical
from surveys.keys import Encrypted, KeyRing
from surveys.record.arrivals import Arrival
from surveys.record.payloads import PARTS


def accepted(interviews: Iterable[Mapping[str, object]]) -> pa.Table:
    """An accepted table; each interview gives its parts without the ``@`` and its answers by name.

    An answer ``...`` is missing because the respondent did not know.
    """
    rows = []
    for number, interview in enumerate(interviews, start=1):
        row: dict[str, object] = {"@row": number, "@line": number + 1}
        for name, value in interview.items():
            if f"@{name}" in PARTS:
                row[f"@{name}"] = value
            elif value is ...:
                row[name], row[f"{name}@missing"] = "dk", "dont_know"
            else:
                row[name] = value
        rows.append(row)
    questions = dict.fromkeys(name for row in rows for name in row if name not in PARTS)
    names = [*PARTS, *questions]
    return pa.table(
        {
            name: pa.array(
                [row.get(name) for row in rows],
                pa.int64() if name in ("@row", "@line") else pa.large_string(),
            )
            for name in names
        }
    )


def interview(id_: str | None, **said: object) -> dict[str, object]:
    """One interview at Nepal's baseline, unless said otherwise."""
    usual = {"site": "npl", "wave": "baseline", "cluster": "w1", "interview_date": "2026-02-03"}
    return {"submission": id_, **usual, **said}


def kept(keys: KeyRing, original: bytes) -> Encrypted:
    """The bytes encrypted, their key written down."""
    encrypted = keys.encrypt(BytesIO(original))
    keys.keep(encrypted.key)
    return encrypted


def arrival(
    interviews: Iterable[Mapping[str, object]], keys: KeyRing, *, content: bytes | None = None, **changed: Any
) -> Arrival:
    """A file with these interviews; its bytes are ``content``, or differ with the interviews."""
    table = accepted(interviews)
    original = content if content is not None else repr(table.to_pylist()).encode()
    facts: dict[str, Any] = {
        "campaign": "pilot",
        "site": None,
        "wave": None,
        "sha256": hashlib.sha256(original).hexdigest(),
        "name": "march.csv",
        "size": len(original),
        "format": "csv",
        "dialect": "plain",
        "uploader": "team-npl",
        "at": datetime.now(UTC),
        "instrument": "kap",
        "instrument_version": "1",
        "instrument_sha256": "0" * 64,
        "verdict": "accept",
        "rows": table.num_rows,
        "rejected": 0,
        "held": 0,
        "problems": (),
        "warnings": (),
        "accepted": table,
        "aside": Aside(replaced=replaced_versions(table)),
        "types": {"age": "integer", "born": "date", "heard": "select_one"},
        "original": lambda: kept(keys, original),
        "seal": keys.seal,
        "key_marks": {},
    }
    return Arrival(**(facts | changed))


def replaced_versions(table: pa.Table) -> dict[str, str]:
    """Version -> the one it replaces, as the check of a file says it."""
    named = pc.starts_with(table["@version"], SERVER_NAME)  # names no version
    versions = pc.if_else(named, None, table["@version"])
    later = canonical(pc.coalesce(versions, table["@submission"])).to_pylist()
    earlier = canonical(table["@previous"]).to_pylist()
    return {one: other for one, other in zip(later, earlier, strict=True) if other is not None}


def keys_in(folder: Path) -> KeyRing:
    """A key ring of a test's own."""
    return KeyRing(folder / "keys")
