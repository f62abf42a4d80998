"""A reviewed YAML file as sections that know where they stand, so every complaint names file and key."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from surveys.problems import CannotProceed


T = TypeVar("T")


class _PlainLoader(yaml.SafeLoader):
    """YAML in which only true and false are logical values: ``yes`` and ``no`` are answers, not truths."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in found
        if not (tag == "tag:yaml.org,2002:bool" and first not in "tTfF")
    ]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping_without_repeats(loader: _PlainLoader, node: yaml.MappingNode) -> dict[Hashable, object]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for key, (key_node, _) in zip(keys, node.value, strict=True):
        if keys.count(key) > 1:
            raise yaml.MarkedYAMLError(
                problem=f'the key "{key}" stands twice', problem_mark=key_node.start_mark
            )
    loader.flatten_mapping(node)
    return dict(loader.construct_mapping(node, deep=True))


_PlainLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping_without_repeats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One mapping of a file and the way to it. Every reader either gives a valid value or raises."""

    file: str
    path: str
    values: Mapping[str, object]

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def where(self, key: str | None = None) -> str:
        """File and key path, such as ``pilot.yaml, sites[2].role``."""
        path = self.path if key is None else f"{self.path}.{key}" if self.path else key
        return f"{self.file}, {path}" if path else self.file

    def refuse(self, key: str | None, what: str, remedy: str) -> NoReturn:
        """Stop, saying where, what is wrong and what to do."""
        raise CannotProceed(self.where(key), what, remedy)

    def allow_only(self, allowed: Sequence[str]) -> None:
        """Refuse the first key that is not one of ``allowed``."""
        for key in self.values:
            if key not in allowed:
                self.refuse(key, "this key is not known here.", _choose(key, allowed))

    def text(self, key: str, default: str | None = None) -> str:
        """A text, or ``default`` where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return self._required(key, "a text") if default is None else default
        if isinstance(value, Mapping | list):
            self.refuse(key, "one text is expected here.", "Write one value, not a list or a mapping.")
        return as_text(value)

    def optional_text(self, key: str) -> str | None:
        """A text, or None where the key is absent."""
        return self.text(key) if key in self else None

    def name(self, key: str) -> str:
        """An identifier: letters, digits, ``_``, ``-`` and ``.``."""
        value = self.text(key)
        if not value or not all(c.isalnum() or c in "_-." for c in value) or value.startswith("."):
            self.refuse(
                key,
                f'"{value}" cannot serve as an identifier.',
                "Use letters, digits, _ and - only, for example npl_origin.",
            )
        return value

    def choice(self, key: str, allowed: Sequence[str], default: str | None = None) -> str:
        """One of ``allowed``."""
        value = self.text(key, default)
        if value not in allowed:
            self.refuse(key, f'"{value}" is not one of the possible values.', _choose(value, allowed))
        return value

    def languages(self, key: str, default: Mapping[str, str] | None = None) -> Mapping[str, str]:
        """A text in one or several languages; a bare text counts as English."""
        value = self.values.get(key)
        if value is None:
            return {"en": self._required(key, "a text, {en: ..., ko: ...}")} if default is None else default
        if isinstance(value, Mapping):
            return {str(language): as_text(text) for language, text in value.items()}
        return {"en": self.text(key)}

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one bare text counts as a list of one; absent is empty."""
        value = self.values.get(key)
        if value is None:
            return ()
        if isinstance(value, Mapping):
            self.refuse(key, "a list is expected here.", "Write [first, second].")
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, Mapping | list) for item in items):
            self.refuse(key, "a list of plain values is expected here.", "Write [first, second].")
        return tuple(as_text(item) for item in items)

    def number(
        self, key: str, default: float | None = None, *, low: float = -1e300, high: float = 1e300
    ) -> float:
        """A number between ``low`` and ``high``."""
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        number = as_number(value)
        if number is None:
            self.refuse(
                key, "a number is expected here.", "Write a number with a decimal point, for example 0.03."
            )
        if not low <= number <= high:
            self.refuse(key, f"{number:g} is out of bounds.", f"Write a number from {low:g} to {high:g}.")
        return number

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 10**9) -> int:
        """A whole number between ``low`` and ``high``."""
        number = self.number(key, default, low=low, high=high)
        if number != int(number):
            self.refuse(key, "a whole number is expected here.", "Leave the decimals out.")
        return int(number)

    def interval(self, key: str) -> tuple[float, float] | None:
        """A list of a lower and a higher number, or None where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        bounds = [as_number(item) for item in value] if isinstance(value, list) else []
        low, high = bounds if len(bounds) == 2 else (None, None)
        if low is None or high is None or low >= high:
            self.refuse(key, "a lowest and a highest value are expected here.", "Write them as [1, 5].")
        return (low, high)

    def numbers(self, key: str) -> dict[str, float]:
        """A mapping from names to numbers; absent is empty."""
        inner = self.section(key)
        return {name: inner.number(name) for name in inner.values}

    def day(self, key: str) -> date | None:
        """A calendar day, or None where the key is absent."""
        value = self.values.get(key)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return date.fromisoformat(as_text(value))
        except ValueError:
            self.refuse(
                key, f'"{as_text(value)}" is not a day.', "Write year-month-day, for example 2026-02-01."
            )

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "true or false is expected here.", "Write true or false.")
        return value

    def section(self, key: str) -> "Section":
        """The mapping under ``key``; empty where the key is absent."""
        return self._as_section(self.values.get(key) or {}, f"{self.path}.{key}" if self.path else key)

    def sections(self, key: str) -> Iterator["Section"]:
        """The mappings of the list under ``key``."""
        value = self.values.get(key) or []
        if not isinstance(value, list):
            self.refuse(key, "a list is expected here.", "Begin each entry with a dash on its own line.")
        path = f"{self.path}.{key}" if self.path else key
        return (self._as_section(item, f"{path}[{position}]") for position, item in enumerate(value))

    def plain(self, key: str) -> tuple[Mapping[str, object], ...]:
        """A list of mappings kept as they stand."""
        return tuple(dict(section.values) for section in self.sections(key))

    def _as_section(self, value: object, path: str) -> "Section":
        if not isinstance(value, Mapping):
            raise CannotProceed(
                f"{self.file}, {path}", "a mapping is expected here.", "Write it as {key: value, ...}."
            )
        return Section(file=self.file, path=path, values={as_text(k): v for k, v in value.items()})

    def _required(self, key: str, kind: str) -> NoReturn:
        self.refuse(key, "this key is needed and absent.", f"Give it {kind}.")


def read_yaml(path: Path) -> Section:
    """The whole file as one section; raises CannotProceed where it cannot be read."""
    try:
        tree = yaml.load(path.read_text("utf-8-sig"), _PlainLoader)  # noqa: S506 (a safe loader)
    except OSError as error:
        raise CannotProceed(
            str(path), "the file cannot be read.", f"Check the path ({error.strerror})."
        ) from error
    except UnicodeDecodeError as error:
        raise CannotProceed(str(path), "the file is not in UTF-8.", "Save it as UTF-8 text.") from error
    except yaml.YAMLError as error:
        raise _unreadable(path, error) from error
    if not isinstance(tree, Mapping):
        raise CannotProceed(
            str(path), "the file holds no keys.", "Begin with a key, such as campaign: my-campaign."
        )
    return Section(file=str(path), path="", values={as_text(key): value for key, value in tree.items()})


def section_of(values: object, where: str) -> Section:
    """A mapping that was read elsewhere, as a section that complains about ``where``."""
    if not isinstance(values, Mapping):
        raise CannotProceed(where, "a mapping is expected here.", "Write it as {key: value, ...}.")
    file, _, path = where.partition(", ")
    return Section(file=file, path=path, values={as_text(key): value for key, value in values.items()})


def as_text(value: object) -> str:
    """A scalar of YAML as the text a data file would hold: 1.0 is "1", true is "true"."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def as_number(value: object) -> float | None:
    """A scalar of YAML as a finite number, or None."""
    if isinstance(value, bool) or value is None or isinstance(value, Mapping | list):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def unique(sections: Sequence[T], identity: Callable[[T], str], section: Section, key: str) -> None:
    """Refuse a list in which two entries bear the same name."""
    seen: set[str] = set()
    for position, entry in enumerate(sections):
        name = identity(entry)
        if name in seen:
            section.refuse(
                f"{key}[{position}].id", f'"{name}" stands twice.', "Give every entry a name of its own."
            )
        seen.add(name)


def did_you_mean(value: str, allowed: Sequence[str]) -> str:
    """A guess at what was meant, as a sentence, or nothing."""
    close = get_close_matches(value.lower(), [a.lower() for a in allowed], n=1, cutoff=0.6)
    return f' Did you mean "{next(a for a in allowed if a.lower() == close[0])}"?' if close else ""


def _choose(value: str, allowed: Sequence[str]) -> str:
    return f"Use one of: {', '.join(allowed)}.{did_you_mean(value, allowed)}"


def _unreadable(path: Path, error: yaml.YAMLError) -> CannotProceed:
    mark = getattr(error, "problem_mark", None)
    place = f"{path}, line {mark.line + 1}" if mark is not None else str(path)
    problem = getattr(error, "problem", None) or "it is not valid YAML"
    return CannotProceed(
        place, f"the file is not readable as YAML: {problem}.", "Check indentation, colons and quotes."
    )
