"""The one catalogue of strings: every sentence a person reads, in every language.

``surveys`` is the lowest room of the house, so every package can speak through
this module. A language is one file, ``translations/<language>.yaml``.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml


TRANSLATIONS = Path(__file__).parent / "translations"
FALLBACK = "en"


@cache
def languages() -> tuple[str, ...]:
    """Language codes the catalogue holds, Korean first where it is present."""
    found = {path.name.split(".")[-2] for path in TRANSLATIONS.glob("*.yaml")}
    return tuple(sorted(found, key=lambda code: (code != "ko", code)))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every string of one language by its dotted key, such as ``screens.compare.title``."""
    strings: dict[str, str] = {}
    for path in sorted(TRANSLATIONS.glob(f"*{language}.yaml")):
        _flatten(yaml.load(path.read_text("utf-8"), yaml.CSafeLoader) or {}, "", strings)
    return strings


def say(key: str, language: str, /, **values: object) -> str:
    """The string of ``key`` in ``language`` (English where it lacks one), filled in.

    Raises
    ------
    KeyError
        No language holds the key.
    """
    strings = catalogue(language)
    template = strings[key] if key in strings else catalogue(FALLBACK)[key]
    return template.format(**values) if values else template


def pick(texts: Mapping[str, str], language: str) -> str:
    """The text of ``language`` from a mapping such as ``{en: ..., ko: ...}``, or the nearest to it."""
    if language in texts:
        return texts[language]
    return texts.get(FALLBACK) or next(iter(texts.values()), "")


def _flatten(tree: Mapping[str, object], prefix: str, into: dict[str, str]) -> None:
    for key, value in tree.items():
        if isinstance(value, Mapping):
            _flatten(value, f"{prefix}{key}.", into)
        else:
            into[f"{prefix}{key}"] = str(value)
