"""Names of variables as statistics packages allow them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from surveys.missing import BESIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What a statistics package allows in a name."""

    bytes_of_name: int
    reserved: frozenset[str]
    before_other_than_letters: str  # what a name begins with that may not begin as it does
    cases_differ: bool
    underscore_first: bool


STATA = Package(
    bytes_of_name=32,
    reserved=frozenset(
        [
            "_all",
            "_b",
            "_coef",
            "_cons",
            "_n",
            "_pi",
            "_pred",
            "_rc",
            "_skip",
            "byte",
            "double",
            "float",
            "if",
            "in",
            "int",
            "long",
            "strl",
            "using",
            "with",
        ]
    ),
    before_other_than_letters="_",
    cases_differ=True,
    underscore_first=True,
)
SPSS = Package(
    bytes_of_name=64,
    reserved=frozenset(["all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"]),
    before_other_than_letters="q",
    cases_differ=False,
    underscore_first=False,
)


def names_in(package: Package, columns: Iterable[str]) -> dict[str, str]:
    """For each column a name that the package allows and no other column has.

    There is room left for a variable of reasons beside it.
    """
    longest = package.bytes_of_name - len(BESIDE)
    taken: set[str] = set()
    names = {}
    for column in columns:
        allowed = _allowed(package, column)
        name, turn = _cut(allowed, longest), 1
        while {_key(package, name), _key(package, f"{name}{BESIDE}")} & taken:
            turn += 1
            name = f"{_cut(allowed, longest - len(str(turn)) - 1)}_{turn}"
        taken |= {_key(package, name), _key(package, f"{name}{BESIDE}")}
        names[column] = name
    return names


def _allowed(package: Package, column: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_]", "_", column)
    begins_well = name[:1].isalpha() or (package.underscore_first and name.startswith("_"))
    if not begins_well:
        name = f"{package.before_other_than_letters}{name}"
    return f"{name}_" if name.casefold() in package.reserved else name


def _cut(name: str, longest: int) -> str:
    return name[:longest]


def _key(package: Package, name: str) -> str:
    return name if package.cases_differ else name.casefold()
