"""Files that come in pieces: where they stop they go on, nothing is mixed, and what nobody fetches goes."""

import hashlib
import io
import os
import stat
from pathlib import Path

import pytest

from dashboard import receiving
from dashboard.receiving import (
    BLOCK,
    IDLE_SECONDS,
    KEPT_SECONDS,
    Coming,
    Elsewhere,
    NoRoom,
    Receiving,
    TooLarge,
)


class Clock:
    """The time, as a test sets it."""

    ahead = 0.0

    def __call__(self) -> float:
        return receiving.time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(tmp_path: Path, clock: Clock) -> Receiving:
    return Receiving(tmp_path / "arriving", limit=10_000_000, room=15_000_000, now=clock)


def announced(door: Receiving, size: int, name: str = "a.csv") -> Coming:
    return door.announce(name=name, size=size, campaign="pilot", site="npl", wave=None, by="Asha")


def test_a_file_that_stopped_goes_on_where_it_stopped_in_another_process(door: Receiving) -> None:
    body = os.urandom(3 * BLOCK // 2)
    coming = announced(door, len(body))
    assert door.append(coming, 0, io.BytesIO(body[:700_001])) == 700_001
    later = Receiving(door.folder)
    again = later.find(coming.id)
    assert again == coming
    assert later.offset(again) == 700_001
    assert later.fingerprint(again) == hashed(body[:700_001])
    assert later.append(again, 700_001, io.BytesIO(body[700_001:])) == len(body)
    assert later.hand_over(again, hashed(body))
    assert later.place(again).read_bytes() == body


@pytest.mark.parametrize("offset", [1, 99, 101, 10**14])
def test_a_piece_that_begins_elsewhere_is_refused_and_changes_nothing(door: Receiving, offset: int) -> None:
    coming = announced(door, 300)
    door.append(coming, 0, io.BytesIO(b"x" * 100))
    with pytest.raises(Elsewhere) as elsewhere:
        door.append(coming, offset, io.BytesIO(b"y" * 100))
    assert elsewhere.value.offset == 100
    assert door.place(coming).read_bytes() == b"x" * 100


def test_no_more_comes_in_than_was_announced(door: Receiving) -> None:
    coming = announced(door, 100)
    with pytest.raises(TooLarge):
        door.append(coming, 0, io.BytesIO(b"x" * 101))
    assert door.offset(coming) == 0


def test_a_newer_request_takes_over_from_one_that_hangs(door: Receiving) -> None:
    coming = announced(door, 9)

    class Hanging(io.RawIOBase):
        """Sends three bytes; while it hangs, the sender comes back on another line."""

        parts = iter([b"abc", b"XXX"])

        def read(self, _: int = -1) -> bytes:
            part = next(self.parts, b"")
            if part == b"XXX":
                assert door.append(coming, 3, io.BytesIO(b"defghi")) == 9
            return part

    with pytest.raises(Elsewhere):
        door.append(coming, 0, Hanging())
    assert door.place(coming).read_bytes() == b"abcdefghi"


def test_what_comes_after_a_cancel_is_written_nowhere(door: Receiving) -> None:
    coming = announced(door, 9)

    class Late(io.RawIOBase):
        """Sends on after the file was cancelled."""

        parts = iter([b"abc", b"def"])

        def read(self, _: int = -1) -> bytes:
            part = next(self.parts, b"")
            if part == b"def":
                door.remove(coming.id)
            return part

    with pytest.raises(Elsewhere):
        door.append(coming, 0, Late())
    assert list(door.folder.iterdir()) == []


def test_a_file_changed_between_its_parts_is_noticed_and_goes(door: Receiving) -> None:
    coming = announced(door, 6)
    door.append(coming, 0, io.BytesIO(b"abcdef"))
    assert not door.hand_over(coming, hashed(b"abcdeX"))
    assert door.find(coming.id) is None
    assert list(door.folder.iterdir()) == []


def test_a_file_that_is_not_whole_cannot_be_handed_over_and_a_whole_one_grows_no_more(
    door: Receiving,
) -> None:
    coming = announced(door, 6)
    door.append(coming, 0, io.BytesIO(b"abc"))
    with pytest.raises(Elsewhere):
        door.hand_over(coming, hashed(b"abc"))
    door.append(coming, 3, io.BytesIO(b"def"))
    assert door.hand_over(coming, hashed(b"abcdef"))
    with pytest.raises(Elsewhere):
        door.append(coming, 6, io.BytesIO(b""))


def test_files_on_their_way_together_do_not_mix(door: Receiving) -> None:
    comings = [announced(door, 200, f"{n}.csv") for n in range(5)]
    assert len({one.id for one in comings}) == 5
    for offset in (0, 100):
        for number, one in enumerate(comings):
            door.append(one, offset, io.BytesIO(bytes([number]) * 100))
    assert [door.place(one).read_bytes() for one in comings] == [bytes([n]) * 200 for n in range(5)]


@pytest.mark.parametrize(
    "id_", ["", "..", "../../keys", "a" * 31, "a" * 33, "a" * 31 + "/", "a" * 32, "é" * 32]
)
def test_an_id_that_was_not_given_finds_nothing(door: Receiving, id_: str) -> None:
    (door.folder.parent / "about.json").write_text("{}")
    announced(door, 5)
    assert door.find(id_) is None


@pytest.mark.parametrize("size", [-1, 10_000_001])
def test_a_size_beyond_the_limit_is_refused_before_a_byte_is_sent(door: Receiving, size: int) -> None:
    with pytest.raises(TooLarge):
        announced(door, size)
    assert not door.folder.exists()


def test_too_much_at_once_is_refused_until_somebody_has_given_up(door: Receiving, clock: Clock) -> None:
    first = announced(door, 9_000_000)
    with pytest.raises(NoRoom):
        announced(door, 9_000_000)
    clock.ahead = IDLE_SECONDS + 1
    announced(door, 9_000_000)
    assert door.find(first.id) is None


def test_what_nobody_fetches_goes_in_its_time(door: Receiving, clock: Clock) -> None:
    half, whole = announced(door, 6), announced(door, 3)
    door.append(half, 0, io.BytesIO(b"abc"))
    door.append(whole, 0, io.BytesIO(b"abc"))
    clock.ahead = IDLE_SECONDS + 1
    door.sweep()
    assert (door.find(half.id), door.find(whole.id)) == (half, None)
    clock.ahead = KEPT_SECONDS + 1
    door.sweep()
    assert list(door.folder.iterdir()) == []


def test_what_is_being_judged_is_left_alone(door: Receiving, clock: Clock) -> None:
    coming = announced(door, 3)
    door.append(coming, 0, io.BytesIO(b"abc"))
    door.hand_over(coming, hashed(b"abc"))
    clock.ahead = KEPT_SECONDS + 1
    door.sweep()
    assert door.find(coming.id) == coming


def test_nobody_else_may_look(door: Receiving) -> None:
    coming = announced(door, 3)
    assert stat.S_IMODE(door.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(door.place(coming).parent.stat().st_mode) == 0o700


def hashed(body: bytes) -> str:
    """The fingerprint, written down a second time."""
    sums = b"".join(hashlib.sha256(body[at : at + BLOCK]).digest() for at in range(0, len(body), BLOCK))
    return hashlib.sha256(sums).hexdigest()
