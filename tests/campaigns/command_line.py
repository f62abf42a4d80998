"""The command line as a person runs it, in this process."""

import contextlib
import io
import sys
from dataclasses import dataclass

import pytest

from dashboard.__main__ import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def awareness(*arguments: object) -> Run:
    """The command line, from its own front door, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        patch.setattr(sys, "argv", ["awareness", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
    code = left.value.code
    return Run(returncode=code if isinstance(code, int) else 0, stdout=out.getvalue(), stderr=err.getvalue())
