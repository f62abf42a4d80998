"""The accepted answers of one upload as one compressed Parquet file, and the fingerprint of each interview.

Columns whose name starts with ``@`` are the parts of an interview (its row, identity, site, wave ...); the
others are answers, as canonical text, each with ``NAME@missing`` beside it where a reason exists.
"""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal, InvalidOperation
from hashlib import blake2b, sha256

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveys.fieldwork import LINK, ROSTER, WITHHELD
from surveys.judging.versions import canonical


PARTS = (
    "@row", "@line", "@submission", "@site", "@wave", "@arm", "@cluster", "@stratum",
    "@weight", "@respondent", "@interview_date", "@interviewer", "@edit",
    "@started", "@duration", "@received", "@root", "@version", "@previous",
)  # fmt: skip
MISSING = "@missing"
NUMERIC = frozenset({"integer", "decimal", "range"})  # types of question whose answers are numbers
# No part of what an interview says. Its clock stands among the answers, where the form asks for it.
_VOLATILE = frozenset(
    {"@row", "@line", "@submission", "@edit", "@started", "@duration", "@received", "@root", "@version",
     "@previous"}
)  # fmt: skip
_TYPES = b"question_types"
NOT_CODED = (
    "@row",
    "@line",
    "@submission",
)  # columns that are not dictionary-encoded: every value is another


def answer_names(columns: Sequence[str]) -> list[str]:
    """The questions among the columns, in their order."""
    return [name for name in columns if not name.startswith("@") and not name.endswith(MISSING)]


def encode_payload(accepted: pa.Table, types: Mapping[str, str]) -> bytes:
    """The table as Parquet bytes, with the type of each question, so that columns can be rebuilt from it alone."""
    described = accepted.replace_schema_metadata(types_as_metadata(types))
    sink = pa.BufferOutputStream()
    pq.write_table(described, sink, compression="zstd", use_dictionary=True, write_statistics=False)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def stored(answers: bytes) -> dict[str, object]:
    """Encoded answers with what tells later whether they are still the same."""
    return {"answers": answers, "sha256": digest(answers)}


def digest(answers: bytes) -> str:
    """The hash of encoded answers."""
    return sha256(answers).hexdigest()


def decode_payload(answers: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table of ``encode_payload``, or those columns of it that it has; text stays dictionary-encoded."""
    there = columns_of(answers)
    names = there if columns is None else [name for name in columns if name in there]
    coded = [name for name in names if name not in ("@row", "@line", "@submission")]
    return pq.read_table(pa.BufferReader(answers), columns=names, read_dictionary=coded)


def columns_of(answers: bytes) -> list[str]:
    """The names of the columns that ``encode_payload`` wrote."""
    names: list[str] = pq.read_schema(pa.BufferReader(answers)).names
    return names


def payload_types(table: pa.Table) -> dict[str, str]:
    """The type of each question, as the instrument of that upload had it."""
    types: dict[str, str] = json.loads((table.schema.metadata or {}).get(_TYPES, b"{}"))
    return types


def types_as_metadata(types: Mapping[str, str]) -> dict[bytes, str]:
    """The types of the questions as the table's metadata keep them."""
    return {_TYPES: json.dumps(dict(types), ensure_ascii=False)}


def joined(pieces: Sequence[pa.Table]) -> pa.Table:
    """Tables of interviews, one below the other; a column that one of them lacks is empty there."""
    return pa.concat_tables(pieces, promote_options="permissive")


def apart(rows: pa.Table) -> tuple[pa.Table, pa.Table | None]:
    """The interviews without texts kept back and codes of linking keys, and those codes where any row has some."""
    rows = rows.drop_columns([name for name in rows.column_names if name.startswith(WITHHELD)])
    linking = [name for name in rows.column_names if name.startswith(LINK)]
    some = any(rows[name].null_count < rows.num_rows for name in linking)
    return rows.drop_columns(linking), rows.select(linking) if some else None


def roster_columns(columns: Sequence[str]) -> list[str]:
    """Those of the columns that hold the rows of rosters."""
    return [name for name in columns if name.startswith(ROSTER)]


def without_rosters(rows: pa.Table) -> pa.Table:
    """The interviews alone."""
    return rows.drop_columns(roster_columns(rows.column_names))


def content_fingerprints(accepted: pa.Table, types: Mapping[str, str]) -> list[bytes]:
    """A fingerprint of each row's answers and parts.

    Two rows have the same one when they say the same: whatever their place in the file, the order of the
    columns, columns in which they say nothing, and how a number is written (1.50 is 1.5). It is the sum of the
    fingerprints of the row's cells, so that each value of a column is hashed once and rows are added up.
    """
    numeric = {"@weight"} | {name for name, kind in types.items() if kind in NUMERIC}
    sums = np.zeros((2, accepted.num_rows), dtype=np.uint64)
    told = {name for name in accepted.column_names if not name.startswith(WITHHELD)}
    names = sorted(told - _VOLATILE)
    with ThreadPoolExecutor(
        max_workers=1
    ) as ahead:  # the next column is taken apart while this one is hashed
        for name, coded in zip(names, ahead.map(_coded, map(accepted.column, names)), strict=True):
            _add_cells(sums, coded, name, is_number=name in numeric)
    return _as_bytes(sums)


def with_more_columns(fingerprints: Sequence[bytes], more: pa.Table) -> list[bytes]:
    """The fingerprints of the same rows with further columns of text."""
    sums = np.frombuffer(b"".join(fingerprints), dtype=">u8").reshape(-1, 2).T.astype(np.uint64)
    for name in more.column_names:
        _add_cells(sums, _coded(more[name]), name, is_number=False)
    return _as_bytes(sums)


def _as_bytes(sums: np.ndarray) -> list[bytes]:
    joined = sums.T.astype(">u8").tobytes()
    return [joined[start : start + 16] for start in range(0, len(joined), 16)]


def submission_ids(accepted: pa.Table, fingerprints: Sequence[bytes]) -> list[str]:
    """What each interview is known by: its id in one spelling, or, without one, its content and turn in the file."""
    turns: dict[bytes, int] = {}
    ids = []
    spelt = canonical(accepted["@submission"].cast(pa.large_string()))
    for received, fingerprint in zip(spelt.to_pylist(), fingerprints, strict=True):
        if received is None:
            turns[fingerprint] = turns.get(fingerprint, 0) + 1
            received = f"~{fingerprint.hex()}~{turns[fingerprint]}"
        ids.append(received)
    return ids


def _coded(values: pa.ChunkedArray) -> pa.DictionaryArray:
    """The different values of a column, and which of them each row has."""
    if pa.types.is_dictionary(values.type):
        return values.unify_dictionaries().combine_chunks()
    return pc.dictionary_encode(values.cast(pa.large_string()).combine_chunks())


def _add_cells(sums: np.ndarray, coded: pa.DictionaryArray, name: str, *, is_number: bool) -> None:
    """Add the fingerprint of each cell to its row's; one that holds nothing adds nothing."""
    texts = coded.dictionary.to_pylist()
    named = blake2b(f"{name}\x1f".encode(), digest_size=16)
    digests = b"".join([_digest(named, text) for text in (map(_plain_number, texts) if is_number else texts)])
    nothing = np.zeros((1, 2), dtype=np.uint64)
    cells = np.concatenate([np.frombuffer(digests, dtype=">u8").reshape(-1, 2).astype(np.uint64), nothing])
    places = coded.indices.fill_null(len(cells) - 1).to_numpy(zero_copy_only=False)
    for half, values in zip(sums, np.ascontiguousarray(cells.T), strict=True):
        half += np.take(values, places, mode="clip")


def _digest(begun: blake2b, text: str) -> bytes:
    digest = begun.copy()
    digest.update(text.encode())
    return digest.digest()


def _plain_number(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f")
    except (InvalidOperation, ValueError):
        return text
