"""An Excel 97-2003 workbook: BIFF8 records in a compound file, as [MS-XLS] and [MS-CFB] describe them.

No maintained library writes .xls any more, so these are the few records that a reader needs.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import count


SECTOR = 512
SMALLEST_STREAM = 4096  # shorter ones would lie in a stream of their own kind
FREE, END, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
LONGEST_RECORD = 8224
NUMBER_FORMAT, DATE_FORMAT = 0, 14
Rows = Sequence[Sequence[object]]


def xls_workbook(sheets: Mapping[str, Rows], *, since_1904: bool = False) -> bytes:
    """The sheets; texts shared, numbers and dates as numbers, truth as truth, None as nothing."""
    texts = _Texts()
    bodies = [_sheet(rows, texts, since_1904=since_1904) for rows in sheets.values()]
    before = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    before += _record(0x0042, struct.pack("<H", 1200)) + _record(0x0022, struct.pack("<H", since_1904))
    before += b"".join(
        _record(0x00E0, struct.pack("<HH", 0, kind) + bytes(16)) for kind in (NUMBER_FORMAT, DATE_FORMAT)
    )
    shared = texts.records() + _record(0x000A, b"")
    names = [name.encode("utf-16-le") for name in sheets]
    begin = len(before) + sum(12 + len(name) for name in names) + len(shared)
    offsets = [begin + sum(map(len, bodies[:place])) for place in range(len(bodies))]
    listed = b"".join(
        _record(0x0085, struct.pack("<IBBBB", offset, 0, 0, len(name) // 2, 1) + name)
        for offset, name in zip(offsets, names, strict=True)
    )
    return _compound(before + listed + shared + b"".join(bodies))


class _Texts:
    """Each text once, by its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.used = 0

    def number(self, text: str) -> int:
        self.used += 1
        return self.numbers.setdefault(text, len(self.numbers))

    def records(self) -> bytes:
        """The table of texts, continued where a record is full."""
        parts = [struct.pack("<II", self.used, len(self.numbers))]
        for text in self.numbers:
            content = text.encode("utf-16-le")
            entry = struct.pack("<HB", len(content) // 2, 1) + content
            if len(parts[-1]) + len(entry) > LONGEST_RECORD:
                parts.append(b"")
            parts[-1] += entry
        return b"".join(_record(0x00FC if not place else 0x003C, part) for place, part in enumerate(parts))


def _sheet(rows: Rows, texts: _Texts, *, since_1904: bool) -> bytes:
    width = max(map(len, rows), default=0)
    cells = b"".join(
        _cell(y, x, value, texts, since_1904=since_1904)
        for y, row in enumerate(rows)
        for x, value in enumerate(row)
        if value is not None and value != ""
    )
    extent = struct.pack("<IIHHH", 0, len(rows), 0, width, 0)
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0)) + _record(0x0200, extent)
    return begin + cells + _record(0x000A, b"")


def _cell(y: int, x: int, value: object, texts: _Texts, *, since_1904: bool) -> bytes:
    if isinstance(value, bool):
        return _record(0x0205, struct.pack("<HHHBB", y, x, 0, value, 0))
    if isinstance(value, date):
        first = date(1904, 1, 1) if since_1904 else date(1899, 12, 30)
        return _record(0x0203, struct.pack("<HHHd", y, x, 1, (value - first).days))
    if isinstance(value, int | float):
        return _record(0x0203, struct.pack("<HHHd", y, x, 0, value))
    return _record(0x00FD, struct.pack("<HHHI", y, x, 0, texts.number(str(value))))


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _compound(stream: bytes) -> bytes:
    """The one stream "Workbook" in a compound file of version 3."""
    stream = stream.ljust(SMALLEST_STREAM, b"\0")
    data = -(-len(stream) // SECTOR)
    tables = next(n for n in count(1) if n * 128 >= data + 1 + n)
    first_table = data + 1
    chain = [*range(1, data), END, END, *[FAT] * tables]
    chain += [FREE] * (tables * 128 - len(chain))
    places = [*range(first_table, first_table + tables), *[FREE] * (109 - tables)]
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack(
        "<HHHHHHIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0, tables, data, 0, SMALLEST_STREAM, END, 0, END, 0
    )
    header += struct.pack("<109I", *places)
    entries = [
        _entry("Root Entry", 5, child=1, start=END, size=0),
        _entry("Workbook", 2, start=0, size=len(stream)),
    ]
    directory = b"".join([*entries, *(_entry("", 0, start=0, size=0) for _ in range(2))])
    return header + b"".join(_sectors(stream, directory, struct.pack(f"<{len(chain)}I", *chain)))


def _sectors(*parts: bytes) -> Iterator[bytes]:
    for part in parts:
        yield part + bytes(-len(part) % SECTOR)


def _entry(name: str, kind: int, *, start: int, size: int, child: int = FREE) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0" if name else b""
    return (
        text.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(text), kind, 1, FREE, FREE, child)
        + bytes(36)
        + struct.pack("<IQ", start, size)
    )
