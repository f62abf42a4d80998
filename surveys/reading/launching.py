"""Reading a file in a process of its own, and what its end means."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from surveys.problems import FileRefused
from surveys.reading.handover import problem_from_json
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused
from surveys.reading.stopping import Stopped, stop_asked


PACKAGES = Path(__file__).resolve().parents[2]
OUT_OF_MEMORY = 70  # as in surveys.reading.child
FOLDERS = "reading-"  # what the folders of reading processes are called
LEFT_BEHIND_SECONDS = 3600  # longer than any reading lasts
STOP_SECONDS = 0.2  # between two looks whether to stop
GRACE_SECONDS = 10  # of waiting beyond the processor time allowed: a busy machine is not a bad file
# What native code says before it gives up for want of memory.
MEMORY_WORDS = (
    b"memory allocation",
    b"bad_alloc",
    b"MemoryError",
    b"Cannot allocate",
    b"capacity overflow",
    b"out of memory",
)
ENVIRONMENT = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # the others reserve address space far beyond need
    "LC_ALL": "C.UTF-8",
    "MALLOC_ARENA_MAX": "2",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the reading process left: its JSON, and the folder of its Arrow files while the context lasts."""

    content: Mapping[str, object]
    folder: Path


@contextmanager
def read_in_child(
    task: str, path: Path, name: str, limits: Limits, sheet: str | None = None
) -> Iterator[Answer]:
    """Run the reader on ``path`` in a limited process; the folder is removed when the context ends.

    Raises
    ------
    FileRefused
        The reader refused the file, crashed, or used more time or memory than it may.
    Stopped
        Somebody called it off; the process is ended.
    """
    size = path.stat().st_size
    with tempfile.TemporaryDirectory(prefix=FOLDERS) as temporary:
        folder = Path(temporary)
        leave_request(folder, task, path, name, limits, sheet)
        _run(folder, wait=patience(limits, size))
        yield Answer(content=answer_left(folder), folder=folder)


def leave_request(
    folder: Path, task: str, path: Path, name: str, limits: Limits, sheet: str | None = None
) -> None:
    """Write down for the reading process what it is to read, and how far it may go."""
    request = {
        "task": task, "path": str(path.resolve()), "name": name, "size": path.stat().st_size, "sheet": sheet,
        "limits": asdict(limits),
    }  # fmt: skip
    (folder / "request.json").write_text(json.dumps(request), "utf-8")


def clear_left_behind() -> None:
    """Remove the folders of reading processes whose parent was killed: they hold answers in clear."""
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDERS}*"):
        with suppress(OSError):
            about = folder.lstat()
            mine = not hasattr(os, "geteuid") or about.st_uid == os.geteuid()
            if mine and time.time() - about.st_mtime > LEFT_BEHIND_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def patience(limits: Limits, size: int) -> float:
    """Seconds that a reading process is waited for."""
    return 3 * limits.cpu_allowance(size) + GRACE_SECONDS


def _run(folder: Path, wait: float) -> None:
    with (folder / "stderr").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "surveys.reading.child", str(folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
            cwd=folder, env=_environment(folder), start_new_session=True,
        )  # fmt: skip
    try:
        ended = _ended(process, wait)
    finally:
        if process.poll() is None:
            _kill(process)
    if not ended:
        raise refused("reading_too_slow")
    if process.returncode:
        raise meaning_of_end(process.returncode, folder)


def _ended(process: subprocess.Popen[bytes], wait: float) -> bool:
    """Whether the process ended in time; its end closes the pipe, which wakes us at once.

    Raises
    ------
    Stopped
        Somebody called it off.
    """
    stop = stop_asked()
    latest = time.monotonic() + wait
    while True:
        left = latest - time.monotonic()
        try:
            process.communicate(timeout=left if stop is None else min(left, STOP_SECONDS))
        except subprocess.TimeoutExpired:
            if stop is not None and stop.is_set():
                raise Stopped from None
            if time.monotonic() >= latest:
                return False
        else:
            return True


def _environment(folder: Path) -> dict[str, str]:
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH") if key in os.environ}
    return {**kept, **ENVIRONMENT, "PYTHONPATH": str(PACKAGES), "TMPDIR": str(folder), "HOME": str(folder)}


def _kill(process: subprocess.Popen[bytes]) -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def meaning_of_end(code: int, folder: Path) -> FileRefused:
    """The refusal that the end of a reading process stands for; negative codes are signals."""
    said = (folder / "stderr").read_bytes()[-4000:]
    if code == OUT_OF_MEMORY or any(word in said for word in MEMORY_WORDS):
        return refused("reading_too_large")
    if code == -getattr(signal, "SIGXCPU", 24):
        return refused("reading_too_slow")
    return refused("file_damaged")


def answer_left(folder: Path) -> Mapping[str, object]:
    """What the reading process left.

    Raises
    ------
    FileRefused
        It refused the file, or left nothing that can be read.
    """
    try:
        content: dict[str, object] = json.loads((folder / "answer.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise refused("file_damaged") from error
    refusal = content.get("refused")
    if isinstance(refusal, dict):
        raise FileRefused(problem_from_json(refusal))
    return content
