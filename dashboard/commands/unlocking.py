"""What opens a sealed file: a key file that is named, or a passphrase from the environment or the keyboard."""

import base64
import getpass
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer


if TYPE_CHECKING:
    from surveys.sealed_files import Secret

PASSPHRASE_VARIABLE = "AWARENESS_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable; _FILE names a file that holds it
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help=f"File whose content opens the backup; else a passphrase, from {PASSPHRASE_VARIABLE} or asked for.",
    ),
]


def secret_from(key_file: Path | None, *, twice: bool, language: str) -> "Secret":
    """The key file as a secret, or the passphrase.

    Parameters
    ----------
    twice
        Whether the passphrase is a new one, to be typed twice.
    """
    from dashboard.settings import secret
    from surveys import sealed_files
    from surveys.languages import say
    from surveys.problems import Refused

    if key_file is not None:
        return sealed_files.key_file(key_file)
    written = secret(PASSPHRASE_VARIABLE)
    if written is None:
        if not sys.stdin.isatty():
            raise Refused("passphrase_missing", "passphrase", variable=PASSPHRASE_VARIABLE)
        written = getpass.getpass(say("safety.backup.passphrase", language))
        if twice and getpass.getpass(say("safety.backup.again", language)) != written:
            raise Refused("passphrase_differs", "passphrase")
    return sealed_files.passphrase(written)


def make_key_file(path: Path) -> None:
    """Write a new random key, for its owner alone.

    Raises
    ------
    Refused
        The file is there already, or cannot be written.
    """
    from surveys.problems import Refused

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused("key_file_there", str(path)) from None
    except OSError as error:
        raise Refused("key_file_unreadable", str(path), reason=error.strerror or "") from None
    with os.fdopen(handle, "wb") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(48)) + b"\n")
