"""What a reading process needs goes with it, even where its parent could not see to that."""

import os
import threading
import time
from pathlib import Path

import pytest

from surveys.reading import read_file
from surveys.reading.launching import FOLDERS, LEFT_BEHIND_SECONDS, clear_left_behind
from surveys.reading.stopping import Stopped, stoppable


def test_folders_of_a_killed_server_go_and_those_in_use_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in (f"{FOLDERS}old", f"{FOLDERS}new", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.arrow").write_bytes(b"answers")
    long_ago = time.time() - LEFT_BEHIND_SECONDS - 60
    for name in (f"{FOLDERS}old", "other"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    clear_left_behind()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", f"{FOLDERS}new"]


def test_a_reading_that_is_called_off_ends_at_once_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n")
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    asked = threading.Event()
    asked.set()
    with stoppable(asked), pytest.raises(Stopped):
        read_file(file)
    assert list(place.iterdir()) == []
    assert read_file(file).interviews.columns == ("a", "b")  # outside, nothing is called off
