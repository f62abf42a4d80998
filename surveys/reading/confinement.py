"""What the reading process takes away from itself before it looks at the file."""

import contextlib
import ctypes
import signal
import sys

from surveys.reading.limits import Limits
from surveys.reading.system_calls import refuse_network_and_programs


OPEN_FILES = 64
DIE_WITH_PARENT = 1  # prctl(2): PR_SET_PDEATHSIG
# Python's names of what a reader never needs; the kernel refuses the same to native code where it can.
FORBIDDEN_EVENTS = (
    "socket.",
    "subprocess.",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "pty.",
)


def confine(limits: Limits, *, size: int) -> None:
    """Limit memory, processor time, files and output of this process; take away network and programs."""
    _set_limits(limits, size)
    _tie_to_parent()
    refuse_network_and_programs()
    sys.addaudithook(_forbid)


def _set_limits(limits: Limits, size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the only limit there
        return
    seconds, memory = limits.cpu_allowance(size), limits.memory_allowance(size)
    for kind, soft, hard in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, seconds, seconds + 2),
        (resource.RLIMIT_FSIZE, limits.output_bytes, limits.output_bytes),
        (resource.RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        resource.setrlimit(kind, (soft, hard))


def _tie_to_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)


def _forbid(event: str, _arguments: object) -> None:
    if event.startswith(FORBIDDEN_EVENTS):
        raise PermissionError(event)
