"""``awareness``: the command line, and the place where everything is put together.

Verbs live in ``dashboard.commands``; each imports what it needs only when called, so that
``awareness --help`` answers at once.
"""

import sys

import typer

from dashboard.commands import (
    backup,
    check,
    corrections,
    doctor,
    edition,
    erase,
    estimate,
    evaluate,
    files,
    link,
    plan,
    pool,
    power,
    published,
    quality,
    questionnaire,
    retention,
    review,
    rotate_key,
    score,
    serve,
    threats,
    verify,
    withheld,
)
from surveys.problems import CannotProceed, FileRefused


app = typer.Typer(
    name="awareness",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Evaluate awareness campaigns honestly: survey files in, effects with their uncertainty out.",
)
for verbs in (
    check,
    files,
    review,
    corrections,
    link,
    plan,
    estimate,
    pool,
    power,
    published,
    score,
    threats,
    evaluate,
    edition,
    quality,
    questionnaire,
    retention,
    withheld,
    backup,
    verify,
    erase,
    rotate_key,
    doctor,
    serve,
):
    verbs.register(app)


def main() -> None:
    """Run ``awareness``; a mistake a user can make ends in a sentence and an exit code, never a traceback."""
    try:
        app()
    except FileRefused as refused:
        where = f"{refused.where}: " if refused.where else ""
        print(f"{where}{refused.problem.message()} {refused.problem.remedy()}", file=sys.stderr)
        sys.exit(3)
    except CannotProceed as stop:
        print(f"{stop.where}: {stop.what}\n{stop.remedy}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
