"""Which interview a row is: its submission id, its edits, and rows that say the same interview twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.judging.answers import Answers
from surveys.judging.findings import Finding
from surveys.judging.headers import LASTING_IDS, HeaderMap


_OWN_QUESTIONS = ("submission_id", "instanceID", "uuid")
_INVISIBLE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\x{00A0}]"
_SCIENTIFIC = r"^\d([.,]\d+)?[eE]\+?\d+$"
_REJECTED = ("rejected", "validation_status_not_approved", "not approved", "not_approved")
_UNREADABLE = ("not decrypted", "missing encrypted form data")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identity:
    """The id of every row, and the rows that repeat another one word for word."""

    ids: pa.Array
    edits: pa.Array
    header: str | None  # where the ids stand; None where the file has none
    column: str | None  # the question or named column that holds them, if one does
    repeats: np.ndarray  # rows that say again what an earlier row said
    findings: tuple[Finding, ...]


def identify(
    table: pa.Table, headers: HeaderMap, answers: Mapping[str, Answers], submission: str | None
) -> Identity:
    """The submission id of every row, from the campaign's column or the exporter's.

    Parameters
    ----------
    table
        The file's columns by position.
    submission
        The question or column that the campaign says holds the id.
    """
    rows = table.num_rows
    nothing = pa.nulls(rows, pa.large_string())
    ids, header, column = _ids(table, headers, answers, submission)
    edits = _edits(table, headers)
    if ids is None:
        warning = Finding(code="no_submission_id", effect="warn")
        nobody = np.zeros(rows, dtype=bool)
        return Identity(
            ids=nothing, edits=edits, header=None, column=None, repeats=nobody, findings=(warning,)
        )
    findings = _unusable(ids, header)
    repeats, conflicts = _duplicates(ids, _contents(table, headers))
    again = np.flatnonzero(repeats)
    if again.size:
        findings.append(Finding(code="duplicate_identical", rows=again, effect="warn", header=header))
    if conflicts.size:
        findings.append(Finding(code="duplicate_conflict", rows=conflicts, effect="hold", header=header))
    return Identity(
        ids=ids, edits=edits, header=header, column=column, repeats=repeats, findings=tuple(findings)
    )


def not_to_be_counted(table: pa.Table, headers: HeaderMap) -> list[Finding]:
    """Rows that the field's own supervisors rejected, that were never decrypted, or never sent in."""
    findings = []
    for position in headers.metadata.get("completed", ()):
        unfinished = np.flatnonzero(table.column(position).is_null().to_numpy())
        if unfinished.size:
            header = headers.headers[position]
            findings.append(Finding(code="interview_unfinished", rows=unfinished, header=header))
    for kind, words, code in (
        ("review", _REJECTED, "review_rejected"),
        ("status", _UNREADABLE, "not_decrypted"),
    ):
        for position in headers.metadata.get(kind, ()):
            column = table.column(position).combine_chunks()
            said = pc.is_in(pc.utf8_lower(column), value_set=pa.array(words, pa.large_string()))
            rows = np.flatnonzero(said.to_numpy(zero_copy_only=False))
            if rows.size:
                findings.append(Finding(code=code, rows=rows, header=headers.headers[position]))
    return findings


def _ids(
    table: pa.Table, headers: HeaderMap, answers: Mapping[str, Answers], submission: str | None
) -> tuple[pa.Array | None, str | None, str | None]:
    if submission is not None and submission in answers:
        return _trimmed(answers[submission].values), answers[submission].header, submission
    found: pa.Array | None = None
    header: str | None = None
    for kind in LASTING_IDS:
        for position in headers.metadata.get(kind, ()):
            column = _trimmed(table.column(position).combine_chunks())
            if column.null_count == len(column):
                continue
            header = header or headers.headers[position]
            found = column if found is None else pc.coalesce(found, column)
    if found is not None:
        return found, header, None
    own = next((name for name in _OWN_QUESTIONS if name in answers), None)
    if own is None:
        return _numbered_ids(table, headers)
    return _trimmed(answers[own].values), answers[own].header, own


def _numbered_ids(table: pa.Table, headers: HeaderMap) -> tuple[pa.Array | None, str | None, str | None]:
    """The number that a web questionnaire gives a response, told apart from that of the next wave by its start."""
    for position in headers.metadata.get("response_id", ()):
        ids = _trimmed(table.column(position).combine_chunks())
        for start in headers.metadata.get("started", ()):
            began = pc.fill_null(_trimmed(table.column(start).combine_chunks()), "")
            ids = pc.binary_join_element_wise(ids, began, pa.scalar("@", pa.large_string()))
        return ids, headers.headers[position], None
    return None, None, None


def _trimmed(column: pa.Array) -> pa.Array:
    trimmed = pc.utf8_trim(column, characters=" \t")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.large_string()), trimmed)


def _edits(table: pa.Table, headers: HeaderMap) -> pa.Array:
    """A mark that changes when the source edits an interview."""
    for position in headers.metadata.get("edits", ()):
        return table.column(position).combine_chunks()
    if "root_uuid" in headers.metadata and "uuid" in headers.metadata:
        return table.column(headers.metadata["uuid"][0]).combine_chunks()
    return pa.nulls(table.num_rows, pa.large_string())


def _unusable(ids: pa.Array, header: str | None) -> list[Finding]:
    findings = []
    blank = np.flatnonzero(ids.is_null().to_numpy(zero_copy_only=False))
    if blank.size:
        findings.append(Finding(code="blank_submission_id", rows=blank, header=header))
    for pattern, code in ((_INVISIBLE, "invisible_in_id"), (_SCIENTIFIC, "id_lost_digits")):
        found = pc.fill_null(pc.match_substring_regex(ids, pattern), False)
        for row in np.flatnonzero(found.to_numpy(zero_copy_only=False)).tolist():
            rows = np.array([row], dtype=np.int64)
            findings.append(Finding(code=code, rows=rows, header=header, cell=ids[row].as_py()))
    return findings


def _contents(table: pa.Table, headers: HeaderMap) -> Sequence[pa.Array]:
    """The columns by which two rows are the same interview or two: all that is stored."""
    positions: dict[int, None] = {}
    for source in headers.answers.values():
        for position in ([source.whole] if source.whole is not None else []) + [p for p, _ in source.split]:
            positions[position] = None
    return [table.column(position).combine_chunks() for position in positions]


def _duplicates(ids: pa.Array, contents: Sequence[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that repeat an earlier one exactly, and rows that share an id but not their content."""
    places = ids.dictionary_encode().indices
    group = places.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    repeats = np.zeros(len(group), dtype=bool)
    counts = np.bincount(group[group >= 0]) if (group >= 0).any() else np.zeros(0, dtype=np.int64)
    if not (counts > 1).any():
        return repeats, np.empty(0, dtype=np.int64)
    shared = np.flatnonzero((group >= 0) & (counts[group] > 1))
    first_of = np.full(len(counts), len(group), dtype=np.int64)
    np.minimum.at(first_of, group[shared], shared)
    same = np.ones(len(shared), dtype=bool)
    for column in contents:
        codes = column.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        same &= codes[shared] == codes[first_of[group[shared]]]
    differing = np.unique(group[shared[~same]])
    in_conflict = np.isin(group[shared], differing)
    repeats[shared[~in_conflict & (shared != first_of[group[shared]])]] = True
    return repeats, shared[in_conflict]
