"""What an operator should know before it hurts: versions, room, rights, keys, database, clocks and settings."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from dashboard.settings import SETTINGS_FILE, Workspace
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from surveys.record.database import Standing, standing


Grade = Literal["good", "look", "bad"]
ROOM_SHARE, ROOM_BYTES = 0.10, 2 << 30  # below either of these the disk is nearly full
CLOCK_SECONDS = 120  # two clocks that differ by more put days of interviews in doubt
PACKAGES = ("campaign-evaluation", "dash", "pandas", "pyarrow", "sqlalchemy", "cryptography")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing looked at: ``safety.doctor.<code>`` says it, and what to do where it is not good."""

    code: str
    grade: Grade
    values: Mapping[str, object] = field(default_factory=dict)


def examine(place: Workspace) -> list[Check]:
    """Every check of a workspace. Nothing is changed, and the record is not brought up to date."""
    return [
        _versions(),
        *_room(place.folder),
        *_rights(place),
        *_keys(place),
        *_database(place),
        _settings(place),
    ]


def _versions() -> Check:
    told = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return Check(code="versions", grade="good", values={"python": sys.version.split()[0], "packages": told})


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "?"


def _room(folder: Path) -> Iterator[Check]:
    disk = shutil.disk_usage(folder)
    scarce = disk.free < ROOM_BYTES or disk.free < disk.total * ROOM_SHARE
    values = {"free": f"{disk.free / 2**30:.1f}", "total": f"{disk.total / 2**30:.1f}"}
    yield Check(code="room_scarce" if scarce else "room", grade="look" if scarce else "good", values=values)


def _rights(place: Workspace) -> Iterator[Check]:
    if os.name != "posix":
        return
    private = [
        place.folder / "columns",
        place.keys.folder,
        *place.folder.glob("catalogue.db*"),
        place.arriving,
    ]
    seen = [path for path in private if path.exists() and _mode(path) & (stat.S_IRWXG | stat.S_IRWXO)]
    for path in seen:
        others = bool(_mode(path) & stat.S_IRWXO)
        what = "folder" if path.is_dir() else "file"
        yield Check(
            code=f"open_{what}", grade="bad" if others else "look", values={"path": path, "name": path.name}
        )
    if not seen:
        yield Check(code="rights", grade="good")
    if not os.access(place.folder, os.W_OK):
        yield Check(code="not_writable", grade="bad", values={"path": place.folder})


def _keys(place: Workspace) -> Iterator[Check]:
    folder = place.keys.folder
    if not place.keys.is_there():
        yield Check(code="keys_missing", grade="bad", values={"path": folder})
        return
    opened = [path for path in folder.rglob("*.key") if _mode(path) & (stat.S_IROTH | stat.S_IWOTH)]
    for path in opened[:5]:
        yield Check(code="open_file", grade="bad", values={"path": path, "name": path.name})
    inside = folder.is_relative_to(place.folder)
    yield Check(
        code="keys_inside" if inside else "keys_apart",
        grade="look" if inside else "good",
        values={"path": folder},
    )


def _database(place: Workspace) -> Iterator[Check]:
    try:
        found = standing(place.database_url)
    except CannotProceed as stop:
        yield Check(code="database_away", grade="bad", values={"where": stop.where, "what": stop.what})
        return
    values: dict[str, object] = {
        "kind": found.kind, "version": found.version or "-", "newest": found.newest, "waiting": len(found.waiting)
    }  # fmt: skip
    if found.waiting:
        yield Check(code="database_behind", grade="look", values=values)
        return
    if found.version != found.newest:
        yield Check(code="database_newer", grade="bad", values=values)
        return
    yield Check(code="database", grade="good", values=values)
    yield _clock(place, found)


def _clock(place: Workspace, found: Standing) -> Check:
    now = datetime.now(UTC)
    with Catalogue(place.database_url) as catalogue:
        entries = catalogue.audit_entries()
    if entries and (entries[-1].at - now).total_seconds() > CLOCK_SECONDS:
        return Check(
            code="clock_back",
            grade="bad",
            values={"now": f"{now:%Y-%m-%d %H:%M}", "last": f"{entries[-1].at:%Y-%m-%d %H:%M}"},
        )
    if abs((found.clock - now).total_seconds()) > CLOCK_SECONDS:
        return Check(
            code="clock_differs",
            grade="bad",
            values={"now": f"{now:%Y-%m-%d %H:%M}", "database": f"{found.clock:%Y-%m-%d %H:%M}"},
        )
    return Check(code="clock", grade="good", values={"now": f"{now:%Y-%m-%d %H:%M}"})


def _settings(place: Workspace) -> Check:
    file = place.folder / SETTINGS_FILE
    from sqlalchemy.engine import make_url

    password = make_url(place.database_url).password
    if password and str(password) in file.read_text("utf-8-sig"):
        return Check(code="password_in_settings", grade="bad", values={"path": file})
    return Check(code="settings", grade="good")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)
