"""The current answers of each site and wave as Parquet, typed for analysis: derived, disposable, rebuilt at will.

A file carries the mark of the interviews it was made from, so whoever finds another mark in the record
rebuilds it. Files appear whole or not at all, and nothing but this module writes them.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from surveys.catalogue import Catalogue
from surveys.corrections.ledger import Correction
from surveys.moments import offset_minutes, universal, wall_clock
from surveys.record import payloads
from surveys.record.links import Link
from surveys.record.standing import SitePart
from surveys.respondents import Renaming, renamed, renaming_of


MARK = b"interviews"  # key of the mark in a file's metadata
FORM = "2"  # raise it when the same interviews shall be written differently
NONE = "_"  # site or wave of a campaign that has none
_LEFTOVER_SECONDS = 3600  # after which a draft belongs to a process that died


def refresh(
    catalogue: Catalogue, folder: Path, campaign: str, site: str | None = None, as_of: int | None = None
) -> list[Path]:
    """The files that hold the campaign's answers, after rebuilding those whose interviews changed.

    Parameters
    ----------
    folder
        ``columns/`` of the workspace.
    site
        Only this site's files; None for all.
    as_of
        The answers as they stood after this upload; None for the current ones.
    """
    parts = [part for part in catalogue.parts(campaign, site, as_of) if part.interviews]
    paths = {(part.site, part.wave): _path(folder, campaign, part, as_of) for part in parts}
    stale = [part for part in parts if mark_in(paths[part.site, part.wave]) != _mark_of(part)]
    if stale:
        for part, table in zip(stale, _typed_tables(catalogue, campaign, stale, as_of), strict=True):
            _write(table, paths[part.site, part.wave], _mark_of(part))
    _remove_others(_place(folder, campaign, as_of), site, set(paths.values()))
    return sorted(paths.values())


def what_if(
    catalogue: Catalogue, folder: Path, place: Path, campaign: str, assumed: Sequence[Correction]
) -> list[Path]:
    """The files that would hold the campaign's answers if these corrections were applied, in this order.

    Sites that the corrections leave alone are read from ``folder``, brought up to date; the others are written to
    ``place``, a folder of the caller's own. Nothing else is written.
    """
    refresh(catalogue, folder, campaign)
    sites = {one.site for one in assumed}
    parts = [part for part in catalogue.parts(campaign) if part.interviews]
    changed = [part for part in parts if part.site in sites]
    paths = {(part.site, part.wave): _path(folder, campaign, part, None) for part in parts}
    tables = _typed_tables(catalogue, campaign, changed, None, assumed)
    for part, table in zip(changed, tables, strict=True):
        paths[part.site, part.wave] = _path(place, campaign, part, None)
        _write(table, paths[part.site, part.wave], "what if")
    return sorted(paths.values(), key=lambda path: path.parts[-2:])


def answers_files(
    folder: Path, campaign: str, site: str | None = None, as_of: int | None = None
) -> list[Path]:
    """The files as the last ``refresh`` left them, without asking the record."""
    place = _place(folder, campaign, as_of)
    return sorted(place.glob(f"{'*' if site is None else _name(site)}/*.parquet"))


def fingerprint(files: Sequence[Path]) -> str:
    """One SHA-256 over the contents of several files, in the order given: the stamp of the data."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(content_digest(path))
    return digest.hexdigest()


def content_digest(path: Path) -> bytes:
    """The SHA-256 of a file's content, worked out once for as long as the file is not written anew."""
    found = path.stat()
    return _digest_of(path, found.st_ino, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=4_096)
def _digest_of(path: Path, _inode: int, _written: int, _size: int) -> bytes:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").digest()


def mark_in(path: Path) -> str | None:
    """What the interviews of a file were when it was made; None where it is no whole file."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None  # not there, or cut short by a power failure
    mark: bytes = metadata.get(MARK, b"")
    return mark.decode()


def forget(folder: Path, campaign: str) -> None:
    """Remove every file of a campaign, also those of earlier states; they are made anew when they are needed."""
    shutil.rmtree(_place(folder, campaign, None).parent, ignore_errors=True)


def typed(answers: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """Accepted answers as values for analysis: numbers and dates where the question asks for them.

    ``@started`` is the device's own clock and ``@offset`` its minutes ahead of universal time, in which ``@received`` is;
    ``@duration`` is in minutes. An answer with a missing reason is null. A number or date that cannot be read is null for the reason ``lost``.
    """
    columns: dict[str, pa.ChunkedArray] = {}
    for name in answers.column_names:
        if name in ("@weight", "@duration"):
            columns[name] = _converted(answers[name], "decimal")
        elif name == "@started":
            columns |= {
                "@started": _moments(answers[name], wall_clock),
                "@offset": _moments(answers[name], offset_minutes),
            }
        elif name == "@received":
            columns[name] = _moments(answers[name], universal)
        elif name == "@interview_date":
            columns[name] = _converted(answers[name], "date")
        elif name.startswith("@"):
            columns[name] = answers[name]
        elif not name.endswith(payloads.MISSING):
            columns |= _typed_answer(answers, name, types.get(name, "text"))
    return pa.table(columns)


def _typed_answer(answers: pa.Table, name: str, kind: str) -> dict[str, pa.ChunkedArray]:
    reason_name = f"{name}{payloads.MISSING}"
    reason = answers[reason_name] if reason_name in answers.column_names else None
    written = answers[name]
    if reason is not None:
        written = pc.if_else(pc.is_valid(reason), pa.scalar(None, written.type), written)
    value = _converted(written, kind)
    if value.null_count > written.null_count:
        unread = pc.and_(pc.is_valid(written), pc.is_null(value))
        before = pa.nulls(len(value), pa.large_string()) if reason is None else reason.cast(pa.large_string())
        reason = pc.if_else(unread, pa.scalar("lost", pa.large_string()), before)
    return {name: value} if reason is None else {name: value, reason_name: reason}


def _converted(texts: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    if kind not in payloads.NUMERIC and kind != "date":
        return texts
    target = pa.float64() if kind in payloads.NUMERIC else pa.date32()
    chunks = []
    for chunk in texts.chunks:
        coded = chunk if pa.types.is_dictionary(chunk.type) else pc.dictionary_encode(chunk)
        chunks.append(_read(coded.dictionary, target).take(coded.indices))
    return pa.chunked_array(chunks, target)


def _read(texts: pa.Array, target: pa.DataType) -> pa.Array:
    """The texts as numbers or days; null where one is neither."""
    if target == pa.date32():
        texts = pc.utf8_slice_codeunits(texts, 0, 10)
    try:
        return texts.cast(target)
    except pa.ArrowInvalid:
        return pa.concat_arrays([_read_one(text, target) for text in texts])


def _read_one(text: pa.Scalar, target: pa.DataType) -> pa.Array:
    try:
        return pa.array([text.as_py()], pa.large_string()).cast(target)
    except pa.ArrowInvalid:
        return pa.nulls(1, target)


def _moments(texts: pa.ChunkedArray, read: Callable[[pa.Array], pa.Array]) -> pa.ChunkedArray:
    plain = texts.cast(pa.large_string())
    return pa.chunked_array(
        [read(chunk) for chunk in plain.chunks], read(plain.slice(0, 0).combine_chunks()).type
    )


def _typed_tables(
    catalogue: Catalogue,
    campaign: str,
    parts: Sequence[SitePart],
    as_of: int | None,
    assumed: Sequence[Correction] = (),
) -> list[pa.Table]:
    """For each part its typed interviews, reading each upload once."""
    pieces: dict[tuple[str, str], list[pa.Table]] = {(part.site, part.wave): [] for part in parts}
    types: dict[str, str] = {}
    renaming = linked_respondents(catalogue, campaign, [part.site for part in parts], as_of)
    for upload, table in catalogue.answers(campaign, parts, as_of, assumed, every_id=bool(renaming)):
        for name, kind in payloads.payload_types(table).items():
            types[name] = kind if types.get(name, kind) == kind else "text"
        for part in parts:
            if upload in part.uploads:
                pieces[part.site, part.wave].append(of_part(table, part))
    whole = [united(pieces[part.site, part.wave]) for part in parts]
    return [
        typed(renamed(table, renaming[part.site]) if part.site in renaming else table, types)
        for part, table in zip(parts, whole, strict=True)
    ]


def linked_respondents(
    catalogue: Catalogue, campaign: str, sites: Sequence[str], as_of: int | None
) -> dict[str, Renaming]:
    """What the links between waves change at those of the sites that have any."""
    links: dict[str, list[Link]] = {}
    for link in catalogue.links_in_force(campaign, as_of):
        links.setdefault(link.waves.site, []).append(link)
    return {
        site: renaming_of(links[site], _pseudonyms(catalogue, campaign, site, as_of))
        for site in dict.fromkeys(sites)
        if site in links
    }


def _pseudonyms(catalogue: Catalogue, campaign: str, site: str, as_of: int | None) -> dict[str, str | None]:
    """The pseudonym of every current interview of a site."""
    parts = catalogue.parts(campaign, site, as_of)
    found: dict[str, str | None] = {}
    for _, table in catalogue.answers(campaign, parts, as_of, every_id=True):
        here = table.filter(_is(table["@site"], site))
        found.update(zip(here["@submission"].to_pylist(), here["@respondent"].to_pylist(), strict=True))
    return found


def of_part(table: pa.Table, part: SitePart) -> pa.Table:
    """The rows of one site and wave."""
    here = pc.and_(_is(table["@site"], part.site), _is(table["@wave"], part.wave))
    return table if pc.all(here).as_py() else table.filter(here)


def _is(values: pa.ChunkedArray, wanted: str) -> pa.ChunkedArray:
    return (
        pc.is_null(values) if wanted == "" else pc.fill_null(pc.equal(values, wanted), pa.scalar(value=False))
    )


def united(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables of several uploads as one: the newest upload's columns, then those only older ones have."""
    names = list(dict.fromkeys(name for table in reversed(tables) for name in table.column_names))
    plain = [table.replace_schema_metadata(None) for table in tables]
    return pa.concat_tables(plain, promote_options="default").select(names).unify_dictionaries()


def _write(table: pa.Table, path: Path, mark: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.draft")
    try:
        with pq.ParquetWriter(
            draft, table.schema, compression="zstd", write_statistics=["@site", "@wave"], store_schema=False
        ) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata({MARK.decode(): mark})
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _mark_of(part: SitePart) -> str:
    return f"{FORM}:{part.mark}:{part.interviews}"


def _remove_others(place: Path, site: str | None, wanted: set[Path]) -> None:
    """Remove files whose interviews have all gone elsewhere, and drafts of processes that died."""
    found: Iterable[Path] = place.glob(f"{'*' if site is None else _name(site)}/*")
    for path in found:
        with contextlib.suppress(OSError):
            old_draft = path.suffix == ".draft" and time.time() - path.stat().st_mtime > _LEFTOVER_SECONDS
            if old_draft or (path.suffix == ".parquet" and path not in wanted):
                path.unlink()


def _place(folder: Path, campaign: str, as_of: int | None) -> Path:
    return folder / _name(campaign) / ("current" if as_of is None else f"as-of-{as_of}")


def _path(folder: Path, campaign: str, part: SitePart, as_of: int | None) -> Path:
    return _place(folder, campaign, as_of) / _name(part.site) / f"{_name(part.wave)}.parquet"


def _name(id_: str) -> str:
    """An id as the name of a file, whatever characters it has."""
    return quote(id_, safe=" ").replace(".", "%2E") or NONE
