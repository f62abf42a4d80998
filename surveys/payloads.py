"""The accepted answers of one upload as one compressed Parquet file, and the fingerprint of each interview.

Columns whose name starts with ``@`` are the parts of an interview (its row, identity, site, wave ...); the
others are answers, as canonical text, each with ``NAME@missing`` beside it where a reason exists.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal, InvalidOperation

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq


PARTS = (
    "@row", "@line", "@submission", "@site", "@wave", "@arm", "@cluster", "@stratum",
    "@weight", "@respondent", "@interview_date", "@interviewer", "@edit",
)  # fmt: skip
MISSING = "@missing"
NUMERIC = frozenset({"integer", "decimal", "range"})  # types of question whose answers are numbers
_VOLATILE = frozenset({"@row", "@line", "@submission", "@edit"})  # no part of what an interview says
_TYPES = b"question_types"
_SLICE = 20_000  # rows fingerprinted at a time, to bound memory


def answer_names(columns: Sequence[str]) -> list[str]:
    """The questions among the columns, in their order."""
    return [name for name in columns if not name.startswith("@") and not name.endswith(MISSING)]


def encode_payload(accepted: pa.Table, types: Mapping[str, str]) -> bytes:
    """The table as Parquet bytes, with the type of each question, so that columns can be rebuilt from it alone."""
    described = accepted.replace_schema_metadata({_TYPES: json.dumps(dict(types), ensure_ascii=False)})
    sink = pa.BufferOutputStream()
    pq.write_table(described, sink, compression="zstd", use_dictionary=True, write_statistics=False)
    encoded: bytes = sink.getvalue().to_pybytes()
    return encoded


def decode_payload(answers: bytes, columns: Sequence[str] | None = None) -> pa.Table:
    """The table of ``encode_payload``, or some columns of it; text stays dictionary-encoded, which is small."""
    names = pq.read_schema(pa.BufferReader(answers)).names if columns is None else list(columns)
    coded = [name for name in names if name not in ("@row", "@line", "@submission")]
    return pq.read_table(pa.BufferReader(answers), columns=names, read_dictionary=coded)


def payload_types(table: pa.Table) -> dict[str, str]:
    """The type of each question, as the instrument of that upload had it."""
    types: dict[str, str] = json.loads((table.schema.metadata or {}).get(_TYPES, b"{}"))
    return types


def content_fingerprints(accepted: pa.Table, types: Mapping[str, str]) -> list[bytes]:
    """A fingerprint of each row's answers and parts.

    Two rows have the same one when they say the same: whatever their place in the file, the order of the
    columns, columns in which they say nothing, and how a number is written (1.50 is 1.5).
    """
    numeric = {"@weight"} | {name for name, kind in types.items() if kind in NUMERIC}
    names = sorted(set(accepted.column_names) - _VOLATILE)
    return [
        hashlib.blake2b(text, digest_size=16).digest()
        for start in range(0, accepted.num_rows, _SLICE)
        for text in _row_texts(accepted.slice(start, _SLICE).combine_chunks(), names, numeric)
    ]


def submission_ids(accepted: pa.Table, fingerprints: Sequence[bytes]) -> list[str]:
    """What each interview is known by: its id as received, or, without one, its content and turn in the file."""
    turns: dict[bytes, int] = {}
    ids = []
    for received, fingerprint in zip(accepted["@submission"].to_pylist(), fingerprints, strict=True):
        if received is None:
            turns[fingerprint] = turns.get(fingerprint, 0) + 1
            received = f"~{fingerprint.hex()}~{turns[fingerprint]}"
        ids.append(received)
    return ids


def _row_texts(rows: pa.Table, names: Sequence[str], numeric: Set[str]) -> Iterator[bytes]:
    """Each row as one text in which no two different rows look alike (every value comes with its length)."""
    if not names:
        yield from [b""] * rows.num_rows
        return
    cells = [_labelled(rows[name].combine_chunks(), name, is_number=name in numeric) for name in names]
    between = pa.scalar("\x1e", pa.large_string())
    texts = pc.binary_join_element_wise(*cells, between, null_handling="skip")
    yield from texts.cast(pa.large_binary()).to_pylist()


def _labelled(values: pa.Array, name: str, *, is_number: bool) -> pa.Array:
    coded = pc.dictionary_encode(values.cast(pa.large_string()))
    said = coded.dictionary
    if is_number:
        said = pa.array([_plain_number(text) for text in said.to_pylist()], pa.large_string())
    lengths = pc.binary_length(said).cast(pa.large_string())
    label, between = pa.scalar(name, pa.large_string()), pa.scalar("\x1f", pa.large_string())
    return pc.binary_join_element_wise(label, lengths, said, between).take(coded.indices)


def _plain_number(text: str) -> str:
    try:
        return format(Decimal(text).normalize(), "f")
    except (InvalidOperation, ValueError):
        return text
