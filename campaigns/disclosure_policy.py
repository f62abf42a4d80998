"""What may leave, to whom and how coarsely: the policy as a file states it, with its version and its hash."""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from pathlib import Path

from surveys.problems import CannotProceed


POLICY_FILE = "disclosure.toml"


class Audience(StrEnum):
    """Who reads a number."""

    ROWS = "P0"  # the country that owns the data, and evaluators named for it: single rows
    COUNTRY = "P1"  # a country's own dashboard: exact numbers of groups that are not too small
    SHARED = "P2"  # coordinators and other countries: protected
    PUBLIC = "P3"  # everybody: protected, and released by two persons


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules in force. The defaults are the file that is shipped."""

    version: str = "2026-11-25"
    audience: Audience = Audience.SHARED
    respondents: int = 10
    clusters: int = 3
    sensitive_answers: int = 10
    breakdowns: tuple[str, ...] = ()
    round_to: int = 5
    smallest_share: float = 0.02
    effect_decimals: int = 3
    other_decimals: int = 2
    p_decimals: int = 3
    changed: int = 10
    interval: int = 5
    country_respondents: int = 5
    rows_alike: int = 11
    sensitive_values: int = 2

    @property
    def rounds(self) -> bool:
        """Whether numbers are made coarser for this audience."""
        return self.audience in (Audience.SHARED, Audience.PUBLIC)

    @property
    def sha256(self) -> str:
        """The hash of every rule, whoever reads: two files that mean the same have the same."""
        rules = {name: value for name, value in asdict(self).items() if name != "audience"}
        return hashlib.sha256(json.dumps(rules, sort_keys=True).encode()).hexdigest()

    def told_to(self, audience: Audience) -> "Policy":
        """The same policy for other readers."""
        return replace(self, audience=audience)

    def fewest(self) -> int:
        """The respondents a number needs for this audience."""
        return {Audience.ROWS: 0, Audience.COUNTRY: self.country_respondents}.get(
            self.audience, self.respondents
        )

    def fewest_clusters(self) -> int:
        """The clusters a number needs for this audience."""
        return self.clusters if self.rounds else 0


POLICY = Policy()

# Where each rule stands in the file: section and key.
PLACES: Mapping[str, tuple[str, str]] = {
    "respondents": ("groups", "respondents"),
    "clusters": ("groups", "clusters"),
    "sensitive_answers": ("groups", "sensitive_answers"),
    "breakdowns": ("groups", "breakdowns"),
    "round_to": ("rounding", "counts"),
    "smallest_share": ("rounding", "smallest_share"),
    "effect_decimals": ("rounding", "effect_decimals"),
    "other_decimals": ("rounding", "other_decimals"),
    "p_decimals": ("rounding", "p_decimals"),
    "changed": ("releases", "changed"),
    "interval": ("releases", "interval"),
    "country_respondents": ("in_country", "respondents"),
    "rows_alike": ("rows", "alike"),
    "sensitive_values": ("rows", "sensitive_values"),
}


@cache
def shipped() -> str:
    """The file as it is shipped."""
    return files("campaigns").joinpath(POLICY_FILE).read_text("utf-8")


def load_policy(folder: Path, thresholds: Mapping[str, int] | None = None) -> Policy:
    """The policy of a workspace.

    Parameters
    ----------
    folder
        The workspace; its ``disclosure.toml`` counts, and the one that is shipped where there is none.
    thresholds
        What ``workspace.toml`` has under ``[thresholds]``: respondents, clusters, round_to. Beside a ``disclosure.toml`` the
        stricter of the two counts; without one they replace what is shipped.

    Raises
    ------
    CannotProceed
        The file is no TOML, or a rule in it is unknown or out of bounds.
    """
    file = folder / POLICY_FILE
    try:
        text = file.read_text("utf-8-sig") if file.is_file() else None
    except (OSError, UnicodeDecodeError) as error:
        raise CannotProceed(str(file), "it cannot be read.", "Mend the file, or remove it.") from error
    policy = policy_in(text, str(file)) if text is not None else POLICY
    written = {name: value for name, value in (thresholds or {}).items() if name in _OF_WORKSPACE}
    if text is not None:
        written = {name: max(value, getattr(policy, name)) for name, value in written.items()}
    return replace(policy, **written)  # type: ignore[arg-type]


_OF_WORKSPACE = ("respondents", "clusters", "round_to")


def policy_in(text: str, where: str) -> Policy:
    """The policy a file's text states. See ``load_policy``."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotProceed(
            where,
            f"this is not TOML as it should be: {error}.",
            "Write one rule a line, as in the file shipped.",
        ) from None
    known = {place: name for name, place in PLACES.items()}
    sections = {section for section, _ in known}
    found: dict[str, object] = {}
    for section, rules in tree.items():
        if section == "version":
            found["version"] = _version(rules, where)
            continue
        if section not in sections or not isinstance(rules, dict):
            raise CannotProceed(
                f"{where}, {section}",
                "there is no such section.",
                f"Use: version, {', '.join(sorted(sections))}.",
            )
        for key, value in rules.items():
            if (section, key) not in known:
                keys = sorted(other for own, other in known if own == section)
                raise CannotProceed(
                    f"{where}, {section}.{key}", "there is no such rule.", f"Use one of: {', '.join(keys)}."
                )
            name = known[section, key]
            found[name] = _rule(name, value, f"{where}, {section}.{key}")
    if "version" not in found:
        raise CannotProceed(
            f"{where}, version", "the policy says no version.", 'Write for example: version = "2026-11-25"'
        )
    return Policy(**found)  # type: ignore[arg-type]


def _version(value: object, where: str) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 40:
        raise CannotProceed(
            f"{where}, version", "this is no short text.", 'Write for example: version = "2026-11-25"'
        )
    return value.strip()


def _rule(name: str, value: object, where: str) -> object:
    if name == "breakdowns":
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise CannotProceed(
                where, "this is no list of variables.", 'Write for example: ["sex", "age_group"]'
            )
        return tuple(value)
    if name == "smallest_share":
        if not isinstance(value, float) or not 0 < value < 0.5:
            raise CannotProceed(
                where, f"{value!r} is no share above 0 and below 0.5.", "Write for example: 0.02"
            )
        return value
    if isinstance(value, bool) or not isinstance(value, int) or value < 1 or value > 1_000:
        raise CannotProceed(
            where,
            f"{value!r} is no whole number from 1 to 1000.",
            f"Write for example: {getattr(POLICY, name)}",
        )
    if name.endswith("decimals") and value > getattr(POLICY, name):
        raise CannotProceed(
            where, f"{value} decimals would tell counts.", f"Write at most {getattr(POLICY, name)}."
        )
    return value
