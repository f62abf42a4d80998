"""Damage, by chance and by malice: to bytes, to text, and to what a zip packs."""

import io
import re
import warnings
import zipfile
from collections.abc import Callable
from random import Random


EXTREMES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    2**63 - 1,
    2**64 - 1,
)
NUMBERS = (
    "0",
    "-1",
    "1",
    "255",
    "65536",
    "16385",
    "1048577",
    "2147483648",
    "99999999",
    "9" * 40,
    "1e308",
    "1E-320",
    "NaN",
    "0x10",
    "٣",
    "",
)
TEXTS = (
    "",
    '"',
    "'",
    ",",
    ";",
    "\t",
    "\n",
    "\r",
    "\0",
    "=1+1",
    "\u202e",
    "\u200b",
    "\ufeff",
    "é",
    "한글",
    "‘",
    "<",
    "&",
    "]]>",
    "\\u0000",
    "\\ud800",
    "[",
    "{",
    "}",
    "#N/A",
    "TRUE",
    " " * 50,
    "x" * 40_000,
    "[" * 3000,
    "sep=|\n",
    "&lol9;",
    "null",
)
BOMB = (
    '<!DOCTYPE z [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d SYSTEM "file:///etc/passwd">]>'
)  # fmt: skip
Mutation = Callable[[bytes, bytes, Random], bytes]


def flip(content: bytes, _: bytes, random: Random) -> bytes:
    """A few bits turned over."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 1, 2, 5, 30))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def cut_off(content: bytes, _: bytes, random: Random) -> bytes:
    """The end is missing."""
    return content[: random.randrange(1, len(content))]


def splice(content: bytes, other: bytes, random: Random) -> bytes:
    """A piece of another good file laid over, or put between."""
    start, length = random.randrange(len(other)), random.choice((1, 4, 16, 64, 512, 4096))
    place = random.randrange(len(content))
    keep = place + length if random.random() < 0.5 else place
    return content[:place] + other[start : start + length] + content[keep:]


def lose(content: bytes, _: bytes, random: Random) -> bytes:
    """A piece in the middle is missing."""
    place = random.randrange(len(content))
    return content[:place] + content[place + random.choice((1, 2, 8, 100, 512)) :] or b"\n"


def repeat(content: bytes, _: bytes, random: Random) -> bytes:
    """A piece many times over."""
    place, length = random.randrange(len(content)), random.choice((1, 8, 64, 512))
    piece = content[place : place + length]
    return content[:place] + piece * random.choice((2, 10, 1000)) + content[place:]


def length_field(content: bytes, _: bytes, random: Random) -> bytes:
    """Some bytes, where formats keep lengths, offsets and counts, as large or as small as they can be."""
    size = random.choice((1, 2, 4, 8))
    value = random.choice(EXTREMES) & (1 << 8 * size) - 1
    place = random.randrange(max(len(content) - size, 1))
    return content[:place] + value.to_bytes(size, random.choice(("little", "big"))) + content[place + size :]


def number(content: bytes, _: bytes, random: Random) -> bytes:
    """A number written in the text as another: a dimension, an index, a repetition, an answer."""
    found = list(re.finditer(rb"\d+", content))
    if not found:
        return flip(content, b"", random)
    for match in sorted(
        random.sample(found, min(len(found), random.choice((1, 1, 3)))), key=lambda m: -m.start()
    ):
        content = content[: match.start()] + random.choice(NUMBERS).encode() + content[match.end() :]
    return content


def text(content: bytes, _: bytes, random: Random) -> bytes:
    """A quote, a separator, an invisible or an endless text somewhere."""
    place = random.randrange(len(content))
    codec = "utf-16-le" if content.startswith(b"\xff\xfe") else "utf-8"
    return content[:place] + random.choice(TEXTS).encode(codec) + content[place:]


def lines(content: bytes, _: bytes, random: Random) -> bytes:
    """Lines, or rows of XML, in another order, lost or twice."""
    mark = next((mark for mark in (b"</row>", b"</table:table-row>", b"},", b"\n") if mark in content), b" ")
    parts = content.split(mark)
    one, other = random.randrange(len(parts)), random.randrange(len(parts))
    how = random.randrange(3)
    if how == 0:
        parts[one], parts[other] = parts[other], parts[one]
    elif how == 1:
        parts.insert(one, parts[other])
    else:
        del parts[one]
    return mark.join(parts) or b"\n"


def tag(content: bytes, _: bytes, random: Random) -> bytes:
    """An XML element opened, closed, doubled or declared where it should not be."""
    found = list(re.finditer(rb"<[^<>]*>", content))
    if not found:
        return text(content, b"", random)
    match = random.choice(found)
    into = random.choice(
        (
            b"",
            match.group() * 2,
            b"<a>" * 5000,
            b"<!--" + match.group() + b"-->",
            BOMB.encode() + match.group(),
            b"<![CDATA[",
        )
    )
    return content[: match.start()] + into + content[match.end() :]


def attribute(content: bytes, _: bytes, random: Random) -> bytes:
    """The values of two XML attributes exchanged."""
    found = list(re.finditer(rb'="([^"]*)"', content))
    if len(found) < 2:
        return number(content, b"", random)
    first, second = sorted(random.sample(found, 2), key=lambda match: match.start())
    return (
        content[: first.start(1)] + second.group(1) + content[first.end(1) : second.start(1)]
        + first.group(1) + content[second.end(1) :]
    )  # fmt: skip


BYTES: tuple[Mutation, ...] = (flip, cut_off, splice, lose, repeat, length_field)
TEXT: tuple[Mutation, ...] = (number, text, lines, tag, attribute)


def members(content: bytes, other: bytes, random: Random) -> bytes:
    """What a zip packs, changed inside and packed again with right checksums."""
    packed = [
        (info.filename, archive.read(info)) for archive in [_opened(content)] for info in archive.infolist()
    ]
    for _ in range(random.choice((1, 1, 2))):
        _change_member(packed, other, random)
    stream = io.BytesIO()
    method = random.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with warnings.catch_warnings(), zipfile.ZipFile(stream, "w", method) as archive:
        warnings.simplefilter("ignore", UserWarning)  # of a name that is there twice, which is meant
        for name, inside in packed:
            archive.writestr(zipfile.ZipInfo(name), inside, archive.compression)
    return stream.getvalue()


def _opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def _change_member(packed: list[tuple[str, bytes]], other: bytes, random: Random) -> None:
    weights = [
        1 + 8 * bool(re.search(r"sheet\d|sharedStrings|workbook\.xml|content\.xml|\.csv", name))
        for name, _ in packed
    ]
    place = random.choices(range(len(packed)), weights)[0]
    name, inside = packed[place]
    how = random.randrange(10)
    if how < 6 and inside:
        packed[place] = name, random.choice((*TEXT, *TEXT, *BYTES))(inside, inside, random)
    elif how == 6:
        swap = random.randrange(len(packed))
        packed[place], packed[swap] = (name, packed[swap][1]), (packed[swap][0], inside)
    elif how == 7:
        packed[place] = (
            random.choice(
                (
                    "../x.csv",
                    "/etc/x",
                    name.upper(),
                    f"{name}.zip",
                    "a" * 5000,
                    "xl/vbaProject.bin",
                    "\u202ex.csv",
                )
            ),
            inside,
        )
    elif how == 8 and len(packed) > 1:
        del packed[place]
    else:
        packed.insert(place, (random.choice(("x.csv", "notes.txt", f"copy/{name}", "inner.zip")), other))


def damaged(content: bytes, other: bytes, name: str, random: Random) -> tuple[str, bytes]:
    """One damaged file and the name of what was done to it."""
    if name.endswith((".xlsx", ".ods", ".zip")):
        chosen: Mutation = random.choice((members, members, members, *BYTES))
    elif name.endswith((".csv", ".txt", ".json")):
        chosen = random.choice((*BYTES, *TEXT))
    else:
        chosen = random.choice((*BYTES, length_field, number, text))
    return chosen.__name__, chosen(content, other, random)
