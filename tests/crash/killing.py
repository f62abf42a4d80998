"""A child of a warm parent that kills itself at the n-th write, or is killed at any moment."""

import gc
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


FILES = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir"})  # what changes folders for good
PATIENCE = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a child told before it ended, and how it did."""

    receipts: int
    killed: bool
    seconds: float
    error: str  # of a child that failed by itself


class Failed(AssertionError):
    """A child that ended neither well nor by the kill."""


def run(steps: Callable[[], Iterator[str]], *, at: int = 0, after: float | None = None) -> Ended:
    """Take the steps in a child.

    Parameters
    ----------
    at
        The statement, commit or change of a folder at which the child kills itself; 0: none.
    after
        Seconds after which it is killed, wherever it is then.
    """
    gc.collect()
    reader, writer = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(steps, writer, at)
    os.close(writer)
    told = b""
    killed_by_us = False
    while True:
        left = (after if after is not None and not killed_by_us else PATIENCE) - (time.monotonic() - began)
        ready, _, _ = select.select([reader], [], [], max(left, 0.0))
        if not ready:
            os.kill(child, signal.SIGKILL)
            if after is None or killed_by_us:
                raise Failed(f"the child hung: {told!r}")
            killed_by_us = True
            continue
        piece = os.read(reader, 65_536)
        if not piece:
            break
        told += piece
    os.close(reader)
    _, status = os.waitpid(child, 0)
    lines = told.decode().splitlines()
    code = os.waitstatus_to_exitcode(status)
    error = "\n".join(line for line in lines if line != "receipt")
    if code not in (0, -signal.SIGKILL):
        raise Failed(error)
    return Ended(
        receipts=lines.count("receipt"), killed=code != 0, seconds=time.monotonic() - began, error=error
    )


def _child(steps: Callable[[], Iterator[str]], writer: int, at: int) -> None:
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(name: str, _: Any) -> None:
        if name in FILES:
            count()

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, count)
    sys.addaudithook(watch)
    try:
        for _ in steps():
            count()  # done, and not yet told
            os.write(writer, b"receipt\n")
    except BaseException:
        os.write(writer, traceback.format_exc().encode())
        os._exit(70)
    os._exit(0)
