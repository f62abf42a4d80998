"""Backups: the record and the reviewed files of a workspace as one sealed file, the keys as another, and back.

Inside the seal is a plain tar: ``about.json``, ``workspace.toml``, the reviewed files, the tables of the record as Arrow
streams, and last ``manifest.json`` with the hash of every member and the rows of every table.
"""

import hashlib
import json
import os
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from dashboard.settings import SETTINGS_FILE, Workspace, furnish, load_workspace
from surveys.catalogue import Catalogue
from surveys.problems import Refused
from surveys.record import snapshot
from surveys.sealed_files import SealedReader, SealedWriter, Secret


FORMAT = 1
REVIEWED = ("campaigns", "instruments", "editions", "certificates")
_ABOUT, _MANIFEST, _RECORD = "about.json", "manifest.json", "record/"
_KEYS, _WORKSPACE = "keys", "workspace"  # what a sealed file may be of
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What a backup holds."""

    file: Path
    size: int
    taken_at: str
    title: str
    rows: dict[str, int] = field(default_factory=dict)  # of each table
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A workspace made of a backup."""

    workspace: Workspace
    backup: Backup
    keys: int  # files of keys that came back


def must_be_new(*files: Path | None) -> None:
    """Refuse to write where a file is already."""
    for file in files:
        if file is not None and file.exists():
            raise Refused("backup_there", str(file))


def write_backup(place: Workspace, output: Path, secret: Secret) -> Backup:
    """The workspace's record and reviewed files as one sealed file, which appears whole or not at all.

    What is stored while it is taken is not in it; nobody waits for it.
    """
    with Catalogue(place.database_url) as catalogue, _appearing(output) as file:
        packing = _Packing(file, secret)
        with catalogue.snapshot() as taken:
            about = {**_about(place, _WORKSPACE), "schema": taken.version}
            packing.add(_ABOUT, _as_json(about))
            for name in _reviewed_files(place.folder):
                packing.add(name, (place.folder / name).read_bytes())
            rows: dict[str, int] = {}
            for number, piece in enumerate(taken.pieces):
                packing.add(f"{_RECORD}{piece.table}/{number:06}.arrow", piece.content)
                rows[piece.table] = rows.get(piece.table, 0) + piece.rows
        return packing.close(output, about, rows)


def write_keys(place: Workspace, output: Path, secret: Secret) -> Backup:
    """The key ring as one sealed file. Taken after the record, it opens every original of it."""
    with _appearing(output) as file:
        packing = _Packing(file, secret)
        about = _about(place, _KEYS)
        packing.add(_ABOUT, _as_json(about))
        folder = place.keys.folder
        for path in sorted(folder.rglob("*.key")):
            if path.name[0] != ".":
                with suppress(FileNotFoundError):  # destroyed a moment ago
                    packing.add(f"{_KEYS}/{path.relative_to(folder).as_posix()}", path.read_bytes())
        return packing.close(output, about, {})


def restore_backup(
    file: Path, secret: Secret, target: Path, *, keys: Path | None = None, keys_secret: Secret | None = None
) -> Restored:
    """A new workspace of a backup, and its keys where a backup of them is given.

    The record goes where ``AWARENESS_DATABASE_URL`` says, or else the workspace's own settings. Everything is made beside
    ``target`` and the database filled in one transaction, so that nothing is left of a backup that turns out bad.

    Raises
    ------
    Refused
        The target or the database holds something, the secret is another one, or the file was cut or altered.
    """
    target = target.expanduser().resolve()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refused("restore_folder_full", str(target))
    with _draft_of(target) as draft:
        about = _first_members(file, secret, draft)
        furnish(draft)
        place = load_workspace(draft)
        ring = {} if keys is None else _keys_of(keys, keys_secret or secret, place.keys.folder)
        seen = _Seen()
        rows = snapshot.fill(
            place.database_url, str(about["schema"]), lambda: _pieces(file, secret, draft, seen)
        )
        for name, content in ring.items():
            _put(place.keys.folder, name, content, file)
        if target.exists():
            target.rmdir()
        draft.rename(target)
        _settle(target.parent)
    return Restored(
        workspace=load_workspace(target),
        backup=Backup(
            file=file, size=file.stat().st_size, taken_at=str(about["taken_at"]), title=str(about["title"]),
            rows={name: count for name, count in rows.items() if count}, files=seen.files,
        ),
        keys=len(ring),
    )  # fmt: skip


class _Packing:
    """A tar within a seal, that keeps account of what is put into it."""

    def __init__(self, file: BinaryIO, secret: Secret) -> None:
        self._file = file
        self._sealed = SealedWriter(file, secret)
        self._tar = tarfile.open(fileobj=self._sealed, mode="w|", format=tarfile.PAX_FORMAT)  # type: ignore[call-overload]  # noqa: SIM115
        self._hashes: dict[str, str] = {}

    def add(self, name: str, content: bytes) -> None:
        """One member."""
        self._hashes[name] = hashlib.sha256(content).hexdigest()
        self._put(name, content)

    def close(self, output: Path, about: dict[str, object], rows: dict[str, int]) -> Backup:
        """Put the manifest last, and the seal under it all."""
        self._put(_MANIFEST, _as_json({"members": self._hashes, "rows": rows}))
        self._tar.close()
        self._sealed.close()
        return Backup(
            file=output, size=self._file.tell(), taken_at=str(about["taken_at"]), title=str(about["title"]),
            rows=rows, files=sum(not name.startswith(_RECORD) for name in self._hashes) - 1,
        )  # fmt: skip

    def _put(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode = len(content), 0o600
        self._tar.addfile(member, BytesIO(content))


@dataclass(slots=True)
class _Seen:
    """How many files a backup brought."""

    files: int = 0


def _about(place: Workspace, kind: str) -> dict[str, object]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"format": FORMAT, "of": kind, "title": place.title, "taken_at": now}


def _reviewed_files(folder: Path) -> list[str]:
    """The settings first, then what people wrote or signed, as names within the workspace."""
    found = (path for name in REVIEWED for path in sorted((folder / name).rglob("*")) if path.is_file())
    return [SETTINGS_FILE, *(path.relative_to(folder).as_posix() for path in found)]


def _members(file: Path, secret: Secret, kind: str) -> Iterator[tuple[str, bytes]]:
    """Every member but the manifest, which is then compared with what came."""
    hashes: dict[str, str] = {}
    manifest: dict[str, object] = {}
    try:
        raw = file.open("rb")
    except OSError as error:
        raise Refused("backup_unreadable", str(file), reason=error.strerror or "") from None
    with raw:
        reader = SealedReader(raw, secret, str(file))
        with tarfile.open(fileobj=reader, mode="r|") as tar:  # type: ignore[call-overload]
            for member in tar:
                taken = tar.extractfile(member)
                content = taken.read() if taken is not None else b""
                if member.name == _MANIFEST:
                    manifest = json.loads(content)
                    continue
                hashes[member.name] = hashlib.sha256(content).hexdigest()
                if member.name == _ABOUT:
                    _check_kind(json.loads(content), kind, file)
                yield member.name, content
        while reader.read(_BLOCK):
            pass
    if manifest.get("members") != hashes:
        raise Refused("backup_incomplete", str(file))


def _check_kind(about: dict[str, object], kind: str, file: Path) -> None:
    if about.get("format") != FORMAT:
        raise Refused("backup_newer", str(file))
    if about["of"] != kind:
        raise Refused(f"backup_not_of_{kind}", str(file))


def _first_members(file: Path, secret: Secret, draft: Path) -> dict[str, object]:
    """What the backup is about; its settings are put into the draft."""
    members = _members(file, secret, _WORKSPACE)
    (_, about), (_, settings) = next(members), next(members)
    (draft / SETTINGS_FILE).write_bytes(settings)
    found: dict[str, object] = json.loads(about)
    return found


def _pieces(file: Path, secret: Secret, draft: Path, seen: _Seen) -> Iterator[snapshot.Piece]:
    """The pieces of the record; the files of the backup are put into the draft on the way."""
    seen.files = 0
    for name, content in _members(file, secret, _WORKSPACE):
        if name.startswith(_RECORD):
            yield snapshot.piece(name.split("/")[1], content)
        elif name != _ABOUT:
            _put(draft, name, content, file)
            seen.files += 1


def _keys_of(file: Path, secret: Secret, folder: Path) -> dict[str, bytes]:
    """The files of a backup of keys; refused where keys are already in the folder they belong to."""
    if any(folder.rglob("*.key")):
        raise Refused("restore_keys_there", str(folder))
    return {
        name.removeprefix(f"{_KEYS}/"): content
        for name, content in _members(file, secret, _KEYS)
        if name != _ABOUT
    }


def _put(folder: Path, name: str, content: bytes, file: Path) -> None:
    """Write a member where it belongs, for its owner alone, and nowhere else."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts:
        raise Refused("backup_incomplete", str(file))
    path = folder.joinpath(*parts)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as out:
        out.write(content)
        os.fsync(out.fileno())


@contextmanager
def _appearing(path: Path) -> Iterator[BinaryIO]:
    """A file for its owner alone that appears under its name once it is whole; one that is there stays."""
    path = path.expanduser().absolute()
    must_be_new(path)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Refused("backup_unwritable", str(path), reason=error.strerror or "") from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name_finally(draft, path)
    except FileExistsError:
        raise Refused("backup_there", str(path)) from None
    except OSError as error:
        raise Refused("backup_unwritable", str(path), reason=error.strerror or "") from None
    finally:
        draft.unlink(missing_ok=True)


def _name_finally(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a disk that knows no links, as many to which backups are written
        draft.rename(path)
    _settle(path.parent)


@contextmanager
def _draft_of(target: Path) -> Iterator[Path]:
    """A folder beside the target, away when it was not renamed; those of restores that were killed go too."""
    for left in target.parent.glob(f".{target.name}.restoring-*"):
        shutil.rmtree(left, ignore_errors=True)
    draft = target.with_name(f".{target.name}.restoring-{secrets.token_hex(4)}")
    try:
        draft.mkdir(mode=0o700, parents=True)
        yield draft
    except OSError as error:
        raise Refused("restore_unwritable", str(target), reason=error.strerror or "") from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _settle(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _as_json(content: dict[str, object]) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=2, default=str).encode()
