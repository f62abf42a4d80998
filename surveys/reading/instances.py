"""One interview as the phone sends it: an OpenRosa instance in XML."""

from collections import Counter
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from surveys.reading.building import TableBuilder
from surveys.reading.limits import Limits
from surveys.reading.refusal import refused
from surveys.reading.table import RawTable


FORM_ROOTS = {"html", "xform"}  # a questionnaire's own XML, not an interview's
WRAPPERS = {"submission", "instance"}


def read_instance(content: bytes, name: str, limits: Limits) -> tuple[RawTable, ...]:
    """The interview as a table of one row, then a table for each roster.

    Raises
    ------
    FileRefused
        No XML, a document type declaration, or XML that is no interview.
    """
    root = _interview(_parsed(content))
    row: dict[str, str] = {}
    rosters: dict[str, list[dict[str, str]]] = {}
    _flatten(root, "", row, rosters, limits.depth)
    if not row:
        raise refused("xml_not_interview")
    version = root.get("version")
    if version and "__version__" not in row:
        row["__version__"] = version
    tables = [_table(name, [row], limits)]
    tables += [_table(key, rows, limits) for key, rows in rosters.items()]
    return tuple(tables)


def _parsed(content: bytes) -> Element:
    try:
        root: Element = defusedxml.ElementTree.fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise refused("xml_declaration", member="XML") from error
    except (ParseError, ValueError, LookupError) as error:
        raise refused("xml_invalid") from error
    return root


def _interview(root: Element) -> Element:
    if _tag(root) in WRAPPERS:
        data = [child for child in root if _tag(child) == "data"]
        inside = list(data[0]) if data else list(root)
        if len(inside) != 1:
            raise refused("xml_not_interview")
        root = inside[0]
    known = root.get("id") or root.get("instanceID") or any(_tag(child) == "meta" for child in root)
    if _tag(root).lower() in FORM_ROOTS or not known:
        raise refused("xml_not_interview")
    return root


def _flatten(
    element: Element, prefix: str, row: dict[str, str], rosters: dict[str, list[dict[str, str]]], depth: int
) -> None:
    if depth <= 0:
        raise refused("xml_too_deep")
    times = Counter(_tag(child) for child in element)
    for child in element:
        tag = _tag(child)
        path = f"{prefix}{tag}"
        if times[tag] > 1 or any(key.endswith("}template") for key, _ in child.items()):
            member: dict[str, str] = {}
            _flatten(child, f"{path}/", member, rosters, depth - 1)
            if not len(child):
                member[path] = child.text or ""
            rosters.setdefault(path, []).append({**member, "_parent_index": "1"})
        elif len(child):
            _flatten(child, f"{path}/", row, rosters, depth - 1)
        else:
            row[path] = child.text or ""


def _tag(element: Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _table(name: str, rows: list[dict[str, str]], limits: Limits) -> RawTable:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    builder = TableBuilder(name, columns, limits)
    for line, row in enumerate(rows, start=1):
        builder.add([row.get(column, "") for column in columns], line)
    return builder.finish()
