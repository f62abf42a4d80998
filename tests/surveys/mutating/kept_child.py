"""A reading process that is kept: it has the readers loaded and lets a copy of itself read each file.

``python -m tests.surveys.mutating.kept_child`` takes, line by line, the folder of a request and the seconds to wait, and
answers with the copy's exit code (a signal as a negative number, "slow" where it was ended) and its peak in kilobytes.
Every copy confines itself and reads as the process of an upload does; only the start of Python is saved.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from surveys.reading import launching
from surveys.reading.child import WithoutDataFrames, end_code
from surveys.reading.launching import Answer, answer_left, leave_request, meaning_of_end, patience
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused


SLOW = "slow"


@dataclass(slots=True)
class Ends:
    """How the copies ended."""

    signals: int = 0  # native code that crashed, or was ended for its time
    out_of_memory: int = 0
    errors: int = 0  # exceptions of the reader
    slow: int = 0
    peak_kilobytes: int = 0


class KeptChild:
    """The parent's end."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.ends = Ends()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.surveys.mutating.kept_child"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=launching.PACKAGES,
            env={**os.environ, **launching.ENVIRONMENT, "PYTHONPATH": str(launching.PACKAGES)},
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    @contextmanager
    def read(self, task: str, path: Path, name: str) -> Iterator[Answer]:
        """As ``launching.read_in_child``, by a copy of the kept process."""
        with tempfile.TemporaryDirectory(prefix="mutated-") as temporary:
            folder = Path(temporary)
            leave_request(folder, task, path, name, self.limits)
            code, peak = self._ask(folder, patience(self.limits, path.stat().st_size))
            self.ends.peak_kilobytes = max(self.ends.peak_kilobytes, peak)
            self._check(code, folder)
            yield Answer(content=answer_left(folder), folder=folder)

    def _ask(self, folder: Path, wait: float) -> tuple[str, int]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(folder), wait]), file=self._process.stdin, flush=True)
        code, peak = self._process.stdout.readline().split()
        return code, int(peak)

    def _check(self, code: str, folder: Path) -> None:
        if code == SLOW:
            self.ends.slow += 1
            raise refused("reading_too_slow")
        if int(code):
            refusal = meaning_of_end(int(code), folder)
            if refusal.problem.code == "reading_too_large":
                self.ends.out_of_memory += 1
            elif int(code) < 0:
                self.ends.signals += 1
            else:
                self.ends.errors += 1
            raise refusal


def _load_readers() -> None:
    sys.meta_path.insert(0, WithoutDataFrames())
    import pyreadstat  # noqa: F401
    import python_calamine  # noqa: F401
    import xlrd  # noqa: F401

    import surveys.reading.formats  # noqa: F401


def _let_a_copy_read(folder: Path, wait: float) -> tuple[str, int]:
    process = os.fork()
    if not process:
        _be_the_copy(folder)
    waiting = os.pidfd_open(process)
    ended, _, _ = select.select([waiting], [], [], wait)
    os.close(waiting)
    if not ended:
        os.kill(process, signal.SIGKILL)
    _, status, usage = os.wait4(process, 0)
    return (str(os.waitstatus_to_exitcode(status)) if ended else SLOW), usage.ru_maxrss


def _be_the_copy(folder: Path) -> None:
    """Read and end; never come back."""
    code = 1
    try:
        errors = os.open(folder / "stderr", os.O_WRONLY | os.O_CREAT)
        os.dup2(errors, 2)
        os.dup2(2, 1)
        os.chdir(folder)
        tempfile.tempdir = str(folder)
        code = end_code(folder)
    finally:
        os._exit(code)


def main() -> None:
    """Serve until there are no more requests."""
    _load_readers()
    for line in sys.stdin:
        folder, wait = json.loads(line)
        code, peak = _let_a_copy_read(Path(folder), wait)
        print(code, peak, flush=True)


if __name__ == "__main__":
    main()
