"""Files as they come in, piece by piece, each in a private folder: a cut line costs only what it cut.

What has arrived of a file is what lies on disk, so it outlives the server. Unfinished files go after a day.
"""

import hashlib
import json
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from surveys.reading.limits import Limits


PIECE_BYTES = 8 << 20  # the most that may come in one request
BLOCK = (
    1 << 20
)  # a file's fingerprint is made of those of its blocks, which a browser can make without holding the file
READ_BYTES = 1 << 16
ROOM_BYTES = 1 << 30  # of all files on their way together
IDLE_SECONDS = 1800  # a file nobody sends any more makes room for others; a whole one nobody asks for goes
KEPT_SECONDS = 86_400  # an unfinished file waits so long: the team comes back in the morning
SWEEP_SECONDS = 600
ID = re.compile(r"[A-Za-z0-9_-]{32}")


class TooLarge(Exception):
    """More bytes than a file may have, or than were announced."""


class NoRoom(Exception):
    """Too much is on its way already, or the disk is full."""


class Elsewhere(Exception):
    """The piece does not begin where the file ends; ``offset`` says where that is."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A file on its way: what was announced of it."""

    id: str  # nobody can guess it: whoever has it may send, watch and cancel
    name: str
    size: int
    campaign: str
    site: str | None
    wave: str | None
    by: str


@dataclass(slots=True)
class Receiving:
    """The files that are on their way into one workspace."""

    folder: Path
    limit: int = Limits().file_bytes
    room: int = ROOM_BYTES
    now: Callable[[], float] = time.time
    _guard: threading.RLock = field(default_factory=threading.RLock)
    _turns: dict[str, object] = field(default_factory=dict)  # who may write to a file: the newest request
    _busy: set[str] = field(default_factory=set)  # handed over: whoever took them removes them
    _timer: threading.Timer | None = None

    def __post_init__(self) -> None:
        """What an earlier process left behind goes when its time is over."""
        self.sweep()

    def announce(
        self, *, name: str, size: int, campaign: str, site: str | None, wave: str | None, by: str
    ) -> Coming:
        """Make a place for a file.

        Raises
        ------
        TooLarge
            It is larger than a file may be.
        NoRoom
            It would not fit beside what is on its way.
        """
        if not 0 <= size <= self.limit:
            raise TooLarge
        coming = Coming(
            id=secrets.token_urlsafe(24), name=name, size=size, campaign=campaign, site=site, wave=wave, by=by
        )
        with self._guard:
            self.sweep()
            self._make_room(size)
            place = self.folder / coming.id
            place.mkdir(mode=0o700)
            (place / "file").touch(mode=0o600)
            (place / "about.json").write_text(json.dumps(asdict(coming)), "utf-8")
            self._sweep_later()
        return coming

    def find(self, id_: str) -> Coming | None:
        """The file of that id that is on its way; None where there is none."""
        if ID.fullmatch(id_) is None:
            return None
        try:
            return Coming(**json.loads((self.folder / id_ / "about.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def place(self, coming: Coming) -> Path:
        """Where the bytes lie."""
        return self.folder / coming.id / "file"

    def offset(self, coming: Coming) -> int:
        """How many bytes have arrived."""
        return self.place(coming).stat().st_size

    def append(self, coming: Coming, offset: int, stream: BinaryIO) -> int:
        """Add a piece that begins at ``offset``, as far as it gets; how many bytes have arrived then.

        A newer request takes over from one that hangs on a dead line.

        Raises
        ------
        Elsewhere
            The file does not end there, or ends elsewhere by now.
        TooLarge
            The piece runs over the end that was announced.
        """
        place = self.place(coming)
        with self._guard:
            arrived = self.offset(coming)
            if arrived != offset or coming.id in self._busy:
                raise Elsewhere(arrived)
            turn = self._turns[coming.id] = object()
            file = place.open("ab", buffering=0)
        with file:
            while chunk := stream.read(READ_BYTES):
                with self._guard:
                    if self._turns.get(coming.id) is not turn:
                        raise Elsewhere(self.offset(coming) if place.exists() else 0)
                    if arrived + len(chunk) > coming.size:
                        raise TooLarge
                    file.write(chunk)
                    arrived += len(chunk)
        return arrived

    def fingerprint(self, coming: Coming) -> str:
        """The SHA-256 of the SHA-256s of the blocks that have arrived."""
        whole = hashlib.sha256()
        with self.place(coming).open("rb") as file:
            while block := file.read(BLOCK):
                whole.update(hashlib.sha256(block).digest())
        return whole.hexdigest()

    def is_verified(self, coming: Coming) -> bool:
        """Whether the whole file was found to be what was sent."""
        return (self.folder / coming.id / "verified").exists()

    def hand_over(self, coming: Coming, fingerprint: str) -> bool:
        """Whether the whole file has arrived as it was sent; from now on nothing is added to it."""
        with self._guard:
            if self.offset(coming) != coming.size:
                raise Elsewhere(self.offset(coming))
            self._turns.pop(coming.id, None)
            self._busy.add(coming.id)
        if not self.is_verified(coming):
            if not secrets.compare_digest(fingerprint.encode(), self.fingerprint(coming).encode()):
                self.remove(coming.id)
                return False
            (self.folder / coming.id / "verified").touch()
        return True

    def remove(self, id_: str) -> None:
        """Nothing of the file stays."""
        with self._guard:
            self._turns.pop(id_, None)
            self._busy.discard(id_)
            shutil.rmtree(self.folder / id_, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what nobody came back for."""
        for place, idle in self._idle():
            about = self.find(place.name)
            whole = about is None or self.offset(about) == about.size
            if idle > (IDLE_SECONDS if whole else KEPT_SECONDS):
                self.remove(place.name)

    def _make_room(self, size: int) -> None:
        """Files nobody sends any more give way, the longest forgotten first."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        idle = sorted(self._idle(), key=lambda one: -one[1])
        taken = sum(about.size for place in self.folder.iterdir() if (about := self.find(place.name)))
        for place, seconds in idle:
            if taken + size <= self.room or seconds <= IDLE_SECONDS:
                break
            about = self.find(place.name)
            taken -= about.size if about else 0
            self.remove(place.name)
        # The file is read into as much again, and the record takes its share.
        if taken + size > self.room or shutil.disk_usage(self.folder).free < 3 * size:
            raise NoRoom

    def _idle(self) -> list[tuple[Path, float]]:
        """The places that nobody has taken over, and for how many seconds nothing came."""
        found = []
        for place in self.folder.iterdir() if self.folder.is_dir() else ():
            newest = max((one.stat().st_mtime for one in (place, *place.glob("*"))), default=0.0)
            if place.name not in self._busy:
                found.append((place, self.now() - newest))
        return found

    def _sweep_later(self) -> None:
        """Look again in a while, for as long as there is anything."""
        if self._timer is not None or not any(self.folder.iterdir()):
            return
        self._timer = threading.Timer(SWEEP_SECONDS, self._swept)
        self._timer.daemon = True
        self._timer.start()

    def _swept(self) -> None:
        with self._guard:
            self._timer = None
            self.sweep()
            self._sweep_later()
