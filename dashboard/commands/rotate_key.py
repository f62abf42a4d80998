"""``awareness rotate-key``: everything closed under a new key of the workspace."""

import typer

from dashboard.commands.acting import (
    ByOption,
    LanguageOption,
    WorkspaceOption,
    acting,
    in_the_readers_language,
)


def register(app: typer.Typer) -> None:
    """Add ``rotate-key`` to the command line."""
    app.command("rotate-key")(rotate_key)


def rotate_key(
    workspace: WorkspaceOption = None, by: ByOption = None, language: LanguageOption = "en"
) -> None:
    """Close the originals' keys and all codes under a new key. Interrupted, it goes on when it is called again."""
    from dashboard.settings import load_workspace
    from surveys import rotating
    from surveys.catalogue import Catalogue
    from surveys.languages import say

    place = load_workspace(workspace)
    with in_the_readers_language(language), Catalogue(place.database_url) as catalogue:
        who = acting(by)
        done = rotating.rotate_key(catalogue, place.keys)
        facts = {"originals": done.originals, "codes": done.codes, "retired": done.retired.name}
        catalogue.note(who, "key rotated", place.title, facts)
        print(say("safety.rotate.done", language, originals=done.originals, codes=done.codes))
        print(say("safety.rotate.retired", language, path=done.retired))
        print(say("safety.rotate.pseudonyms", language))
