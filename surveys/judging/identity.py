"""Which interview a row is: its submission id, its version, and rows that say the same interview twice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.judging.answers import Answers
from surveys.judging.findings import Finding
from surveys.judging.headers import LASTING_IDS, HeaderMap
from surveys.judging.versions import SERVER_NAME, Names, Version, canonical, newest_of


# Metadata that names an interview through all its edits, and that which names one version of it.
_ROOTS = ("root_uuid", "system_id", "key")
_VERSIONS = ("instance_id", "uuid")
_UNEDITED = "0"  # the mark of a first version
_OWN_QUESTIONS = ("submission_id", "instanceID", "uuid")
_INVISIBLE = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\x{00A0}]"
_SCIENTIFIC = r"^\d([.,]\d+)?[eE]\+?\d+$"
_REJECTED = ("rejected", "validation_status_not_approved", "not approved", "not_approved")
_UNREADABLE = ("not decrypted", "missing encrypted form data")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Identity:
    """The id and version of every row, and the rows that another one of the file makes needless."""

    ids: pa.Array  # as received
    edits: pa.Array  # a mark that changes when the source edits an interview
    roots: pa.Array  # the tool's own id of the interview, where a column of the campaign gives another
    versions: (
        pa.Array
    )  # the tool's id of this version, or its server's name of the interview, where they are not its id
    previous: pa.Array  # the id of the version that this one replaces
    header: str | None  # where the ids stand; None where the file has none
    column: str | None  # the question or named column that holds them, if one does
    repeats: np.ndarray  # rows that say again what an earlier row said
    outdated: np.ndarray  # rows of which the file holds a newer version
    replaced: Mapping[str, str]  # version -> the one it replaces, as the whole file says
    findings: tuple[Finding, ...]


def identify(
    table: pa.Table,
    headers: HeaderMap,
    answers: Mapping[str, Answers],
    submission: str | None,
    more: Sequence[pa.Array] = (),
) -> Identity:
    """The submission id of every row, from the campaign's column or the exporter's.

    Parameters
    ----------
    table
        The file's columns by position.
    submission
        The question or column that the campaign says holds the id.
    more
        What else the interviews say, beside their answers: the rows of their rosters.
    """
    nothing = pa.nulls(table.num_rows, pa.large_string())
    nobody = np.zeros(table.num_rows, dtype=bool)
    ids, header, column = _ids(table, headers, answers, submission)
    roots, versions = _first_of(table, headers, _ROOTS), _first_of(table, headers, _VERSIONS)
    told = Identity(
        ids=nothing if ids is None else ids,
        edits=nothing,
        roots=nothing if column is None else roots,
        versions=_where_other(versions, ids),
        previous=_first_of(table, headers, ("deprecated_id",)),
        header=header,
        column=column,
        repeats=nobody,
        outdated=nobody,
        replaced={},
        findings=(Finding(code="no_submission_id", effect="warn"),),
    )
    if ids is None:
        return told
    told = replace(told, replaced=_replaced_versions(told))
    told = replace(told, edits=_edits(table, headers, roots, told))
    if column is not None:
        told = replace(told, versions=_of_edits(told))
    compared = _compared(told, chain(_contents(table, headers), more))
    if column is not None:
        return compared
    named = pc.if_else(pc.is_null(roots), _server_names(table, headers), nothing)
    return replace(compared, versions=pc.coalesce(compared.versions, named))


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
    found = _first_of(table, headers, LASTING_IDS)
    if found.null_count < len(found):
        return found, _header_of(table, headers), None
    own = next((name for name in _OWN_QUESTIONS if name in answers), None)
    if own is None:
        return _numbered_ids(table, headers)
    return _trimmed(answers[own].values), answers[own].header, own


def _first_of(table: pa.Table, headers: HeaderMap, kinds: Sequence[str]) -> pa.Array:
    """For each row the first of these kinds of metadata that says something."""
    found = pa.nulls(table.num_rows, pa.large_string())
    for kind in kinds:
        for position in headers.metadata.get(kind, ()):
            found = pc.coalesce(found, _trimmed(table.column(position).combine_chunks()))
    return found


def _server_names(table: pa.Table, headers: HeaderMap) -> pa.Array:
    """The name by which KoboToolbox and Ona know an interview through all its edits, where the file tells nothing better.

    The number alone is one server's own; with the second in which the server had the interview it is told from that
    of another server. An edit keeps both.
    """
    number, sent = (_first_of(table, headers, (kind,)) for kind in ("server_number", "submitted"))
    mark, at, nothing = (pa.scalar(text, pa.large_string()) for text in (SERVER_NAME, "@", ""))
    return pc.binary_join_element_wise(mark, number, at, sent, nothing)


def _where_other(versions: pa.Array, ids: pa.Array | None) -> pa.Array:
    if ids is None:
        return versions
    same = pc.fill_null(pc.equal(canonical(versions), canonical(ids)), False)
    return pc.if_else(same, pa.scalar(None, pa.large_string()), versions)


def _of_edits(told: Identity) -> pa.Array:
    """The ids of edited versions alone, where the campaign's column tells one interview from another."""
    edited = pc.fill_null(pc.not_equal(canonical(told.versions), canonical(told.roots)), False)
    known = pc.or_(edited, pc.is_valid(told.previous))
    return pc.if_else(known, told.versions, pa.scalar(None, pa.large_string()))


def _header_of(table: pa.Table, headers: HeaderMap) -> str:
    """The first header under which some row has an id."""
    positions = (position for kind in LASTING_IDS for position in headers.metadata.get(kind, ()))
    filled = (
        at for at in positions if (ids := table.column(at)).null_count < len(_trimmed(ids.combine_chunks()))
    )
    return headers.headers[next(filled)]


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


def _edits(table: pa.Table, headers: HeaderMap, roots: pa.Array, told: Identity) -> pa.Array:
    """A mark that changes when the source edits an interview: a count of edits, or the id of the version.

    It is null where nothing tells an edit: no count, no id that outlives edits, no version that was replaced.
    """
    for position in headers.metadata.get("edits", ()):
        return table.column(position).combine_chunks()
    replacing = pc.is_valid(told.previous)
    versions = pc.coalesce(told.versions, told.ids)
    first = pc.and_not(pc.equal(canonical(versions), canonical(roots)), replacing)
    mark = pc.if_else(pc.fill_null(first, False), pa.scalar(_UNEDITED, pa.large_string()), versions)
    known = pc.or_(pc.is_valid(roots), replacing)
    return pc.if_else(known, mark, pa.scalar(None, pa.large_string()))


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


def _replaced_versions(told: Identity) -> dict[str, str]:
    if told.previous.null_count == len(told.previous):
        return {}
    rows = pc.indices_nonzero(pc.is_valid(told.previous))
    later = canonical(pc.coalesce(told.versions, told.ids).take(rows)).to_pylist()
    earlier = canonical(told.previous.take(rows)).to_pylist()
    return {one: other for one, other in zip(later, earlier, strict=True) if one is not None and one != other}


def _compared(told: Identity, contents: Iterable[pa.Array]) -> Identity:
    """The same, with what its rows are to each other."""
    findings = _unusable(told.ids, told.header)
    ids = canonical(told.ids)
    group = _interview_numbers(ids, told)
    repeats, at_odds = _duplicates(group, contents)
    outdated = np.zeros(len(group), dtype=bool)
    held: list[np.ndarray] = []
    for rows in _by_group(at_odds, group):
        newest = newest_of(_versions(told, ids, rows), told.replaced)
        if newest is None:
            held.append(rows)
        else:
            outdated[np.delete(rows, newest)] = True
    conflicts = np.sort(np.concatenate(held)) if held else np.empty(0, dtype=np.int64)
    again, older = np.flatnonzero(repeats), np.flatnonzero(outdated)
    if again.size:
        findings.append(Finding(code="duplicate_identical", rows=again, effect="warn", header=told.header))
    if older.size:
        findings.append(Finding(code="older_version_in_file", rows=older, effect="warn", header=told.header))
    if conflicts.size:
        findings.append(Finding(code="duplicate_conflict", rows=conflicts, effect="hold", header=told.header))
    return replace(told, repeats=repeats, outdated=outdated, findings=tuple(findings))


def _interview_numbers(ids: pa.Array, told: Identity) -> np.ndarray:
    """The same number for rows of one interview; -1 where a row has no id."""
    if told.replaced:
        names = Names()
        versions = canonical(told.versions).to_pylist()
        for id_, version in zip(ids.to_pylist(), versions, strict=True):
            if id_ is not None and version is not None and version in told.replaced:
                names.link(id_, version)
        for later, earlier in told.replaced.items():
            names.link(earlier, later)
        ids = pa.array([id_ and names.of(id_) for id_ in ids.to_pylist()], pa.large_string())
    places = ids.dictionary_encode().indices.fill_null(-1)
    numbers: np.ndarray = places.to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _versions(told: Identity, ids: pa.Array, rows: np.ndarray) -> list[Version]:
    there = pa.array(rows)
    spelt = zip(
        ids.take(there).to_pylist(),
        canonical(pc.coalesce(told.versions, told.ids).take(there)).to_pylist(),
        told.edits.take(there).to_pylist(),
        strict=True,
    )
    return [
        Version(id=id_, version=version, edits=int(mark) if mark and mark.isdecimal() else None)
        for id_, version, mark in spelt
    ]


def _contents(table: pa.Table, headers: HeaderMap) -> Iterator[pa.Array]:
    """The columns by which two rows are the same interview or two: all that is stored."""
    positions: dict[int, None] = {}
    for source in headers.answers.values():
        for position in ([source.whole] if source.whole is not None else []) + [p for p, _ in source.split]:
            positions[position] = None
    return (table.column(position).combine_chunks() for position in positions)


def _duplicates(group: np.ndarray, contents: Iterable[pa.Array]) -> tuple[np.ndarray, np.ndarray]:
    """Rows that repeat an earlier one exactly, and rows of one interview that differ in content."""
    repeats = np.zeros(len(group), dtype=bool)
    counts = np.bincount(group[group >= 0]) if (group >= 0).any() else np.zeros(0, dtype=np.int64)
    if not (counts > 1).any():
        return repeats, np.empty(0, dtype=np.int64)
    shared = np.flatnonzero((group >= 0) & (counts[group] > 1))
    first_of = np.full(len(counts), len(group), dtype=np.int64)
    np.minimum.at(first_of, group[shared], shared)
    same = np.ones(len(shared), dtype=bool)
    for column in contents:
        codes = (
            pc.utf8_trim(column, characters=" \t")
            .dictionary_encode()
            .indices.fill_null(-1)
            .to_numpy(zero_copy_only=False)
        )
        same &= codes[shared] == codes[first_of[group[shared]]]
    differing = np.unique(group[shared[~same]])
    in_conflict = np.isin(group[shared], differing)
    repeats[shared[~in_conflict & (shared != first_of[group[shared]])]] = True
    return repeats, shared[in_conflict]


def _by_group(rows: np.ndarray, group: np.ndarray) -> list[np.ndarray]:
    """The rows of each interview."""
    if not rows.size:
        return []
    ordered = rows[np.argsort(group[rows], kind="stable")]
    return np.split(ordered, np.flatnonzero(np.diff(group[ordered])) + 1)
