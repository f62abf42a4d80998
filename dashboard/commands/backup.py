"""``awareness backup`` and ``awareness restore``: a workspace as a sealed file, and a workspace of one."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.commands.acting import (
    ByOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)
from dashboard.commands.unlocking import KeyFileOption, make_key_file, secret_from


def register(app: typer.Typer) -> None:
    """Add ``backup`` and ``restore`` to the command line."""
    app.command()(backup)
    app.command()(restore)


def backup(
    output: Annotated[
        Path, typer.Option(help="The file to be written; one that is there is never replaced.")
    ],
    workspace: WorkspaceOption = None,
    keys: Annotated[
        Path | None, typer.Option(help="Write the keys into this file, to be kept elsewhere than the backup.")
    ] = None,
    key_file: KeyFileOption = None,
    new_key_file: Annotated[
        bool, typer.Option("--new-key-file", help="Make the key file first; it must not be there yet.")
    ] = False,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Write the record and the reviewed files as one encrypted file, while everybody goes on working. The keys are not in it."""
    from dashboard.backups import must_be_new, write_backup, write_keys
    from dashboard.settings import load_workspace
    from surveys.catalogue import Catalogue
    from surveys.languages import say
    from surveys.problems import Refused

    place = load_workspace(workspace)
    with in_the_readers_language(language):
        who = acting(by)
        if new_key_file:
            if key_file is None:
                raise Refused("key_file_unnamed", "--new-key-file")
            make_key_file(key_file)
        secret = secret_from(key_file, twice=True, language=language)
        must_be_new(output, keys)
        made = write_backup(place, output, secret)
        facts: dict[str, object] = {"bytes": made.size, "taken_at": made.taken_at, "keys": keys is not None}
        print(say("safety.backup.done", language, file=made.file, bytes=made.size,
                  rows=sum(made.rows.values()), tables=len(made.rows), files=made.files))  # fmt: skip
        if keys is not None:
            ring = write_keys(place, keys, secret)
            print(say("safety.backup.keys_done", language, file=ring.file, count=ring.files))
        else:
            print(say("safety.backup.keys_apart", language, folder=place.keys.folder))
        with Catalogue(place.database_url) as catalogue:
            catalogue.note(who, "backup taken", output.name, facts)


def restore(
    file: Annotated[Path, typer.Argument(help="A file that awareness backup wrote.")],
    workspace: Annotated[
        Path, typer.Option("--workspace", help="Folder of the new workspace; new or empty.")
    ],
    keys: Annotated[Path | None, typer.Option(help="The file of keys that was written with it.")] = None,
    key_file: KeyFileOption = None,
    by: ByOption = None,
    language: LanguageOption = "en",
) -> None:
    """Make a new workspace of a backup. A wrong key, a cut or an altered file changes nothing."""
    from dashboard.backups import restore_backup
    from dashboard.commands.verify import as_text
    from dashboard.verifying import verify
    from surveys.catalogue import Catalogue
    from surveys.languages import say

    with in_the_readers_language(language):
        who = acting(by)
        secret = secret_from(key_file, twice=False, language=language)
        made = restore_backup(file, secret, workspace, keys=keys)
        place, backup_ = made.workspace, made.backup
        with Catalogue(place.database_url) as catalogue:
            catalogue.note(who, "record restored", file.name, {"taken_at": backup_.taken_at})
        print(say("safety.restore.done", language, folder=place.folder, taken_at=backup_.taken_at,
                  rows=sum(backup_.rows.values()), tables=len(backup_.rows), files=backup_.files))  # fmt: skip
        if made.keys:
            print(say("safety.restore.keys_done", language, count=made.keys, folder=place.keys.folder))
        else:
            print(say("safety.restore.keys_apart", language, folder=place.keys.folder))
        if not place.keys.is_there():
            return  # nothing sealed could be looked at
        seen = verify(place)
        print(as_text(seen, language))
        if seen.findings:
            raise typer.Exit(1)
