"""Records from an interface (KoboToolbox, ODK Central, a plain list) as tables: groups joined by "/", rosters apart."""

import codecs
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from surveys.problems import Problem
from surveys.reading.building import TableBuilder
from surveys.reading.cells import text_of
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused, shown
from surveys.reading.table import RawTable


CONTAINERS = ("results", "value", "data", "submissions", "records", "rows")  # where interfaces put their list
COMPLAINTS = ("detail", "error", "message", "errors", "msg", "title")
MESSAGE_CHARACTERS = 160
STATUS_KEYS = {"_validation_status": "uid"}  # an object of which one part is the answer
LINK_SUFFIX = "@odata.navigationLink"
GEOMETRIES = {"Point", "LineString", "Polygon"}


class Ambiguous(dict[str, Any]):
    """An object that names a key twice."""


@dataclass(slots=True)
class RecordTable:
    """The rows of one level of nesting: interviews, or one roster."""

    columns: dict[str, int] = field(default_factory=dict)
    rows: list[dict[str, str]] = field(default_factory=list)
    broken: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFile:
    """All tables of a file of records, the interviews first."""

    tables: tuple[RawTable, ...]
    encoding: str
    warnings: tuple[Problem, ...]


def read_records(content: bytes, name: str, limits: Limits) -> RecordFile:
    """The interviews of a JSON file and their rosters.

    Raises
    ------
    FileRefused
        No JSON, the answer of an interface that refused, no list of records, or nested too deep.
    """
    encoding, text = _decoded(content)
    document = _parsed(text)
    _check_roster(document)
    found = _records_of(document)
    tables: dict[str, RecordTable] = {"": RecordTable()}
    for record in found:
        _add(tables, "", record, {}, limits.depth)
    interviews, *rosters = (_finished(key or name, table, limits) for key, table in tables.items())
    return RecordFile(
        tables=(interviews, *rosters), encoding=encoding, warnings=tuple(_page_warnings(document, len(found)))
    )


def _decoded(content: bytes) -> tuple[str, str]:
    encoding = json.detect_encoding(content)
    try:
        return encoding.removesuffix("-sig"), content.decode(encoding)
    except UnicodeDecodeError as error:
        raise refused("text_damaged", encoding=codecs.lookup(encoding).name.upper()) from error


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_object
        )  # numbers stay as they are written
    except json.JSONDecodeError as error:
        raise refused("json_invalid", line=error.lineno) from error
    except RecursionError as error:
        raise refused("json_too_deep") from error


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Ambiguous(found)


def _records_of(document: Any) -> list[dict[str, Any]]:
    found: object = document
    if isinstance(document, dict):
        _check_complaint(document)
        found = next((document[key] for key in CONTAINERS if isinstance(document.get(key), list)), None)
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise refused("json_not_records")
    if not found:
        raise refused("no_rows")
    return found


def _check_complaint(document: Mapping[str, Any]) -> None:
    if any(isinstance(document.get(key), list) for key in CONTAINERS):
        return
    for key in COMPLAINTS:
        if document.get(key):
            raise refused("json_service_error", said=shown(_said(document[key]), MESSAGE_CHARACTERS))


def _said(complaint: Any) -> str:
    """The words of a complaint, whatever object or list they are wrapped in."""
    if isinstance(complaint, dict):
        told = next((complaint[key] for key in COMPLAINTS if complaint.get(key)), list(complaint.values()))
        return _said(told)
    if isinstance(complaint, list):
        return "; ".join(_said(part) for part in complaint[:5])
    return text_of(complaint)


def _check_roster(document: Any) -> None:
    context = document.get("@odata.context", "") if isinstance(document, dict) else ""
    table = str(context).rpartition("#")[2].split("/")[0]
    if "." in table:
        raise refused("only_rosters", sheets=f"“{shown(table)}”")


def _add(
    tables: dict[str, RecordTable], key: str, record: Mapping[str, Any], parent: Mapping[str, str], depth: int
) -> None:
    table = tables.setdefault(key, RecordTable())
    row: dict[str, str] = {}
    rosters: list[tuple[str, list[Any]]] = []
    _flatten(record, "", row, rosters, depth)
    index = len(table.rows)
    if isinstance(record, Ambiguous):
        table.broken[index] = "json_duplicate_key"
    for name, text in row.items():
        code = _damage(text)
        if code:
            table.broken.setdefault(index, code)
            row[name] = ""
    row = {**row, **parent}
    table.columns.update(dict.fromkeys(row, 0))
    table.rows.append(row)
    own = {"_parent_index": str(index + 1), "_parent_table_name": key}
    for name, members in rosters:
        for member in members:
            _add(tables, name if "/" in name or not key else f"{key}/{name}", member, own, depth - 1)


def _flatten(
    record: Mapping[str, Any],
    prefix: str,
    row: dict[str, str],
    rosters: list[tuple[str, list[Any]]],
    depth: int,
) -> None:
    if depth <= 0:
        raise refused("json_too_deep")
    for key, value in record.items():
        if key.startswith("@odata") or key.endswith(LINK_SUFFIX):
            continue
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            if key in STATUS_KEYS:
                row[name] = text_of(value.get(STATUS_KEYS[key]))
            elif value.get("type") in GEOMETRIES and "coordinates" in value:
                row[name] = _place(value)
            else:
                _flatten(value, f"{name}/", row, rosters, depth - 1)
        elif isinstance(value, list):
            _flatten_list(name, value, row, rosters)
        else:
            row[name] = text_of(value)


def _flatten_list(
    name: str, value: list[Any], row: dict[str, str], rosters: list[tuple[str, list[Any]]]
) -> None:
    if value and all(isinstance(member, dict) for member in value):
        rosters.append((name, value))
    elif all(member is None or isinstance(member, str | bool) for member in value):
        row[name] = " ".join(text_of(member) for member in value if member is not None)
    else:
        row[name] = json.dumps(value, ensure_ascii=False)


def _place(value: Mapping[str, Any]) -> str:
    """A GeoJSON point as forms write it: latitude, longitude, altitude, accuracy."""
    coordinates = value["coordinates"]
    flat = isinstance(coordinates, list) and all(isinstance(number, str) for number in coordinates)
    if value["type"] != "Point" or not flat or len(coordinates) < 2:
        return json.dumps(value, ensure_ascii=False)
    longitude, latitude, *altitude = coordinates
    properties = value.get("properties")
    accuracy = properties.get("accuracy") if isinstance(properties, dict) else None
    return " ".join([latitude, longitude, *altitude[:1], *([accuracy] if isinstance(accuracy, str) else [])])


def _damage(text: str) -> str | None:
    if "\x00" in text:
        return "text_control"
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return None
    return "text_half_character"


def _finished(name: str, table: RecordTable, limits: Limits) -> RawTable:
    columns = list(table.columns)
    clean = [column.encode("utf-8", "replace").decode("utf-8") for column in columns]
    builder = TableBuilder(name, clean, limits)
    for index, row in enumerate(table.rows):
        broken = table.broken.get(index)
        builder.add([row.get(column, "") for column in columns], index + 1, broken)
    return builder.finish()


def _page_warnings(document: Any, found: int) -> list[Problem]:
    if not isinstance(document, dict):
        return []
    total = document.get("count") or document.get("@odata.count")
    more = document.get("next") or document.get("@odata.nextLink")
    counted = int(total) if isinstance(total, str) and total.isdigit() and len(total) < 10 else found
    if more or counted > found:
        return [Problem(code="one_page_of_several", values={"found": found, "total": max(counted, found)})]
    return []
