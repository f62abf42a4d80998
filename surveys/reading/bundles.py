"""A zip as survey software exports it: the interviews, their rosters, and attachments that are left closed."""

import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from surveys.problems import Problem
from surveys.reading.archives import is_nested_archive, open_archive, read_member, stream_member
from surveys.reading.delimited import DelimitedText, read_delimited
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown
from surveys.reading.statistics_files import StatisticsFile, read_spss, read_stata


ATTACHMENT_FOLDERS = {"media", "attachments", "__macosx"}
STATISTICS: dict[str, Callable[[Path, str, Limits], StatisticsFile]] = {
    ".sav": read_spss,
    ".zsav": read_spss,
    ".dta": read_stata,
}
TEXT_ENDINGS = (".csv", ".tsv", ".txt")


def read_text_members(path: Path, limits: Limits) -> tuple[list[DelimitedText], list[Problem]]:
    """Every table of text in the archive that is not an attachment, and what was left out."""
    with open_archive(path, limits) as archive:
        members = _data_members(archive)
        texts = [
            read_delimited(read_member(archive, member), _title(member), limits)
            for member in members
            if member.filename.lower().endswith(TEXT_ENDINGS) and member.file_size and not _is_log(member)
        ]
        return texts, _left_out(archive, len(members))


def read_statistics_members(path: Path, limits: Limits, folder: Path) -> list[StatisticsFile]:
    """Every Stata or SPSS file in the archive."""
    files: list[StatisticsFile] = []
    with open_archive(path, limits) as archive:
        for number, member in enumerate(_data_members(archive)):
            ending = PurePosixPath(member.filename).suffix.lower()
            if ending not in STATISTICS:
                continue
            unpacked = folder / f"member-{number}{ending}"
            with unpacked.open("wb") as stream:
                stream.writelines(stream_member(archive, member))
            files.append(STATISTICS[ending](unpacked, _title(member), limits))
            unpacked.unlink()
    return files


def _data_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    kept: list[zipfile.ZipInfo] = []
    for member in archive.infolist():
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if (
            member.is_dir()
            or path.name.startswith(".")
            or ATTACHMENT_FOLDERS.intersection(part.lower() for part in path.parts[:-1])
        ):
            continue
        start = next(stream_member(archive, member), b"")
        if is_nested_archive(member.filename, start) or path.suffix.lower() in (".xlsx", ".xls", ".ods"):
            raise refused("archive_nested", member=shown(member.filename))
        if path.suffix.lower() in (*TEXT_ENDINGS, *STATISTICS):
            kept.append(member)
    return kept


def _title(member: zipfile.ZipInfo) -> str:
    return shown(PurePosixPath(member.filename.replace("\\", "/")).stem, 200)


def _is_log(member: zipfile.ZipInfo) -> bool:
    """The timing log that ODK Collect keeps beside the interviews."""
    return _title(member).lower().endswith("audit")


def _left_out(archive: zipfile.ZipFile, kept: int) -> list[Problem]:
    left = sum(not member.is_dir() for member in archive.infolist()) - kept
    return [Problem(code="members_ignored", values={"found": left})] if left else []
