"""Problems and tables as they cross from the reading process to its parent."""

from collections.abc import Mapping
from typing import Any

from surveys.problems import Problem


def problem_as_json(problem: Problem) -> dict[str, object]:
    """Every part of a problem, as JSON."""
    return {
        "code": problem.code, "row": problem.row, "line": problem.line, "column": problem.column,
        "value": problem.value, "values": {key: _plain(value) for key, value in problem.values.items()},
    }  # fmt: skip


def problem_from_json(content: Mapping[str, Any]) -> Problem:
    """The problem of which ``problem_as_json`` made this."""
    return Problem(
        code=str(content["code"]), row=content["row"], line=content["line"], column=content["column"],
        value=content["value"], values=dict(content["values"]),
    )  # fmt: skip


def _plain(value: object) -> str | int | float:
    return value if isinstance(value, int | float) else str(value)
