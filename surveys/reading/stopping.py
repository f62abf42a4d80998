"""Somebody changes their mind while a file is read: the reading process is ended, and nothing more is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event


class Stopped(Exception):
    """What was under way was called off before anything was stored."""


_ASKED: ContextVar[Event | None] = ContextVar("asked", default=None)


@contextmanager
def stoppable(asked: Event) -> Iterator[None]:
    """Whatever reads a file inside ends with ``Stopped`` soon after the event is set."""
    before = _ASKED.set(asked)
    try:
        yield
    finally:
        _ASKED.reset(before)


def stop_asked() -> Event | None:
    """The event that would call off what is done here; None where nobody can."""
    return _ASKED.get()
