"""Opening a zip only once its table of contents is known to be harmless."""

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown


# Below this an extreme ratio cannot hurt, and short runs of blanks pack very well.
SMALLEST_BOMB = 1 << 20
LOCAL_HEADER = 30  # bytes before the name in a member's own header
CHUNK = 1 << 20
ENCRYPTED = 0x1
ARCHIVE_ENDINGS = (".zip", ".gz", ".tgz", ".7z", ".rar", ".tar", ".bz2", ".xz", ".jar", ".zst")
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@contextmanager
def open_archive(path: Path, limits: Limits) -> Iterator[zipfile.ZipFile]:
    """The archive, after its contents were found to keep to the limits.

    Raises
    ------
    FileRefused
        Damaged, encrypted, too large when unpacked, or built to mislead a reader.
    """
    with path.open("rb") as stream:  # ours to close, whatever member is still half read
        try:
            archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as error:
            raise refused("archive_damaged") from error
        _check_contents(archive, limits)
        yield archive


def _check_contents(archive: zipfile.ZipFile, limits: Limits) -> None:
    members = archive.infolist()
    if len(members) > limits.members:
        raise refused("archive_members", found=len(members), limit=limits.members)
    for member in members:
        _check_member(member, limits)
    _check_total(members, limits)
    _check_names(members)
    _check_overlaps(members, archive.start_dir)


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The whole of one member, its checksum verified."""
    return b"".join(stream_member(archive, member))


def stream_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The member in pieces; refuses when it is longer than declared or its checksum is wrong."""
    counted = 0
    try:
        with archive.open(member) as stream:
            while piece := stream.read(CHUNK):
                counted += len(piece)
                if counted > member.file_size:
                    raise refused("archive_bomb", member=shown(member.filename))
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise refused("archive_damaged") from error
    except (NotImplementedError, RuntimeError) as error:
        raise refused("archive_method", member=shown(member.filename)) from error
    if counted != member.file_size:
        raise refused("archive_damaged")


def verify_members(archive: zipfile.ZipFile) -> None:
    """Read every member to its end, so that no damaged or mislabelled one goes unnoticed."""
    for member in archive.infolist():
        for _ in stream_member(archive, member):
            pass


def is_nested_archive(name: str, start: bytes) -> bool:
    """Whether a member of a zip is itself packed."""
    return name.lower().endswith(ARCHIVE_ENDINGS) or start.startswith(
        (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf")
    )


def _check_member(member: zipfile.ZipInfo, limits: Limits) -> None:
    name = member.filename
    parts = name.replace("\\", "/").split("/")
    if ".." in parts or name.startswith(("/", "\\")) or name[1:2] == ":" or "\x00" in member.orig_filename:
        raise refused("archive_path", member=shown(name))
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refused("archive_link", member=shown(name))
    if member.flag_bits & ENCRYPTED:
        raise refused("archive_encrypted")
    if member.compress_type not in METHODS:
        raise refused("archive_method", member=shown(name))
    packed = max(member.compress_size, 1)
    if member.file_size > SMALLEST_BOMB and member.file_size > limits.compression_ratio * packed:
        raise refused("archive_bomb", member=shown(name))


def _check_total(members: list[zipfile.ZipInfo], limits: Limits) -> None:
    total = sum(member.file_size for member in members)
    if total > limits.unpacked_bytes:
        raise refused("unpacked_too_large", found=total >> 20, limit=limits.unpacked_bytes >> 20)


def _check_names(members: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for member in members:
        name = member.filename.replace("\\", "/").lower()
        if name in seen:
            raise refused("archive_duplicate", member=shown(member.filename))
        seen.add(name)


def _check_overlaps(members: list[zipfile.ZipInfo], directory: int) -> None:
    ordered = sorted(members, key=lambda member: member.header_offset)
    starts = [member.header_offset for member in ordered[1:]] + [directory]
    for member, following in zip(ordered, starts, strict=True):
        name = len(member.orig_filename.encode("utf-8", "surrogateescape"))
        shortest = LOCAL_HEADER + min(name, len(member.orig_filename)) + member.compress_size
        if member.header_offset + shortest > following:
            raise refused("archive_overlap", member=shown(member.filename))
