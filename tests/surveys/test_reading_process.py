"""The reading process: what a hostile file does to it, it does to nothing else."""

import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
import xlsxwriter

from surveys.problems import FileRefused
from surveys.reading import Limits, RawFile, launching, read_file, read_sheets
from surveys.reading.confinement import confine
from surveys.reading.system_calls import REFUSED_CALLS
from tests.shared import SHARED, needs_shared
from tests.surveys.reading_here import cells_of, said


def csv_file(folder: Path, rows: int = 3) -> Path:
    path = folder / "upload.csv"
    path.write_text("id,age\n" + "".join(f"u{number},20\n" for number in range(rows)), "utf-8")
    return path


def refusal_of(path: Path, **more: object) -> str:
    with pytest.raises(FileRefused) as raised:
        read_file(path, **more)  # type: ignore[arg-type]
    return said(raised.value)


def confined(code: str, **limits: int) -> subprocess.CompletedProcess[str]:
    """Run Python code after it has confined itself."""
    script = (
        "from surveys.reading.confinement import confine\nfrom surveys.reading.limits import Limits\n"
        f"confine(Limits(**{limits!r}), size=0)\n{code}"
    )
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False,
        env={**os.environ, "PYTHONPATH": str(launching.PACKAGES), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip


def test_a_file_is_read_with_its_hash_and_clean_name(tmp_path):
    file = read_file(csv_file(tmp_path), name="..\\x/\u202ere\u200bport\n설문.csv")
    assert isinstance(file, RawFile)
    assert file.name == "report설문.csv"
    assert file.size == csv_file(tmp_path).stat().st_size
    assert len(file.sha256) == 64
    assert cells_of(file.interviews) == [["u0", "20"], ["u1", "20"], ["u2", "20"]]


def test_a_very_long_name_is_cut_before_its_ending(tmp_path):
    file = read_file(csv_file(tmp_path), name="설" * 300 + ".csv")
    assert len(file.name) == 200
    assert file.name.endswith("설.csv")


def test_the_name_the_sender_gave_decides_how_a_file_is_read(tmp_path):
    path = csv_file(tmp_path).rename(tmp_path / "0f3a")
    assert read_file(path, name="설문.csv").format == "csv"
    assert refusal_of(path) == "format_unknown"


def test_the_table_stays_readable_when_the_folder_of_the_process_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    file = read_file(csv_file(tmp_path, rows=5000))
    assert list((tmp_path / "work").iterdir()) == []
    assert cells_of(file.interviews)[4999] == ["u4999", "20"]


def test_no_folder_is_left_behind_by_a_refused_file(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    (tmp_path / "work").mkdir()
    path = tmp_path / "upload.json"
    path.write_text("[", "utf-8")
    assert refusal_of(path) == "json_invalid"
    assert list((tmp_path / "work").iterdir()) == []


def test_files_that_cannot_be_opened_at_all_are_refused(tmp_path):
    assert refusal_of(tmp_path / "absent.csv") == "file_missing"
    assert refusal_of(tmp_path) == "file_missing"
    os.mkfifo(tmp_path / "pipe.csv")
    assert refusal_of(tmp_path / "pipe.csv") == "file_missing"
    (tmp_path / "empty.csv").touch()
    assert refusal_of(tmp_path / "empty.csv") == "file_empty"
    assert refusal_of(csv_file(tmp_path), limits=Limits(file_bytes=10)) == "file_too_large"


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number in range(3000):
            sheet.write_row(number, 0, [f"text {number} {column}" * 4 for column in range(60)])
    assert read_file(path).interviews.rows.num_rows == 2999
    assert refusal_of(path, limits=Limits(memory_bytes=300 << 20)) == "reading_too_large"


def test_a_file_that_takes_too_long_is_refused(tmp_path):
    path = tmp_path / "upload.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for number in range(30_000):
            sheet.write_row(number, 0, list(range(40)))
    assert refusal_of(path, limits=Limits(cpu_seconds=1, cpu_seconds_per_megabyte=0)) == "reading_too_slow"


def test_a_reader_that_sleeps_is_ended_with_all_its_group(tmp_path, monkeypatch):
    sleeper = tmp_path / "sleeper"
    sleeper.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {tmp_path}/pid\nsleep 60\n", "utf-8")
    sleeper.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(sleeper))
    monkeypatch.setattr(launching, "GRACE_SECONDS", 1)
    started = time.monotonic()
    assert refusal_of(csv_file(tmp_path), limits=Limits(cpu_seconds=0)) == "reading_too_slow"
    assert time.monotonic() - started < 10
    grandchild = int((tmp_path / "pid").read_text())
    for _ in range(50):
        if not _is_running(grandchild):
            break
        time.sleep(0.1)
    assert not _is_running(grandchild)


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("ending", ["kill -SEGV $$", "kill -KILL $$", "exit 3", "exit 0"])
def test_a_reader_that_dies_leaves_a_sentence(tmp_path, monkeypatch, ending):
    broken = tmp_path / "broken"
    broken.write_text(f"#!/bin/sh\n{ending}\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert refusal_of(csv_file(tmp_path)) == "file_damaged"


def test_the_confined_process_has_little_memory_and_no_core(tmp_path):
    assert "MemoryError" in confined("x = bytearray(1 << 30)", memory_bytes=512 << 20).stderr
    assert confined("import resource; print(resource.getrlimit(resource.RLIMIT_CORE))").stdout == "(0, 0)\n"


def test_the_confined_process_writes_no_more_than_it_may(tmp_path):
    ended = confined(
        f"import pathlib; pathlib.Path({str(tmp_path / 'x')!r}).write_bytes(bytes(5000))", output_bytes=1000
    )
    assert ended.returncode != 0
    assert (tmp_path / "x").stat().st_size <= 1000


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.socket()",
        "import os; os.system('true')",
        "import subprocess, sys; subprocess.run([sys.executable, '-V'])",
        "import os; os.execv('/bin/true', ['true'])",
    ],
)
def test_the_confined_process_has_no_network_and_starts_no_program(attempt):
    ended = confined(attempt)
    assert ended.returncode != 0
    assert "PermissionError" in ended.stderr


@pytest.mark.skipif(
    platform.machine() not in REFUSED_CALLS, reason="no filter of system calls for this processor"
)
@pytest.mark.parametrize(
    "attempt",
    [
        "libc.socket(2, 1, 0)",
        "libc.connect(0, None, 0)",
        "libc.execve(b'/bin/true', None, None)",
    ],
)
def test_the_kernel_refuses_network_and_programs_to_native_code_too(attempt):
    code = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint({attempt}, ctypes.get_errno())"
    assert confined(code).stdout == "-1 1\n"


def test_many_files_leave_the_parent_as_small_as_it_was(tmp_path):
    path = csv_file(tmp_path, rows=20_000)
    read_file(path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(5):
        read_file(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes
    assert len(list(Path("/proc/self/fd").iterdir())) < 200


@needs_shared
@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("fuzz_segv_0.sav", {"file_damaged"}),
        ("xl_far_cell.xlsx", {"too_many_rows"}),
        ("bomb_sheet_1gib_spaces.xlsx", {"archive_bomb"}),
        ("bomb_overlapping_entries.zip", {"archive_bomb", "archive_overlap", "unpacked_too_large"}),
        ("corrupt_crc_sheet.xlsx", {"archive_damaged"}),
        ("spss_bit_rot.sav", {"file_damaged"}),
    ],
)
def test_hostile_files_are_refused_quickly_and_the_parent_lives(name, codes):
    started = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert refusal_of(SHARED / "badfiles" / "files" / name) in codes
    assert time.monotonic() - started < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_sheets_are_refused_in_the_same_manner(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(FileRefused) as raised:
        read_sheets(path)
    assert said(raised.value) == "archive_damaged"


def test_this_process_is_not_confined():
    with socket.socket():
        assert callable(confine)
