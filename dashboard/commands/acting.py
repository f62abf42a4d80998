"""Who does what is done from the command line."""

import getpass
from typing import Annotated

import typer


ByOption = Annotated[
    str | None, typer.Option("--by", help="Who does this; by default the name of this login.")
]


def acting(by: str | None) -> str:
    """The name given, or that of the login."""
    from surveys.problems import CannotProceed

    name = (by if by is not None else getpass.getuser()).strip()
    if not name:
        raise CannotProceed("--by", "it is not said who does this.", "Give a name with --by.")
    return name
