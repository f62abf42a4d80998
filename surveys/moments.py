"""ISO moments as columns: the clock on the wall, and how far it is from universal time."""

import pyarrow as pa
import pyarrow.compute as pc


_MOMENT = (
    r"^(?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)(?:\.\d+)?"
    r"(?P<offset>Z|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?)?$"
)


def wall_clock(texts: pa.Array) -> pa.Array:
    """The moments as the writing clock showed them, to the second, without a time zone; null where unreadable."""
    return read_clocks(texts)[0]


def offset_minutes(texts: pa.Array) -> pa.Array:
    """Minutes the writing clock was ahead of universal time; null where the text does not say."""
    return read_clocks(texts)[1]


def read_clocks(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The moments as ``wall_clock`` and as ``offset_minutes`` give them, read once."""
    found = pc.extract_regex(texts, _MOMENT)
    wall = pc.struct_field(found, "wall").cast(pa.timestamp("s"))
    zulu = pc.equal(pc.struct_field(found, "offset"), "Z")
    hours, minutes = (
        pc.if_else(pc.equal(pc.struct_field(found, part), ""), "0", pc.struct_field(found, part)).cast(
            pa.int32()
        )
        for part in ("hours", "minutes")
    )
    size = pc.add(pc.multiply(hours, 60), minutes)
    ahead = pc.if_else(pc.equal(pc.struct_field(found, "sign"), "-"), pc.negate(size), size)
    written = pc.not_equal(pc.struct_field(found, "offset"), "")
    unsaid = pa.scalar(None, pa.int32())
    return wall, pc.if_else(zulu, pa.scalar(0, pa.int32()), pc.if_else(written, ahead, unsaid))


def universal(texts: pa.Array) -> pa.Array:
    """The moments in universal time; a text without an offset is taken to be in it already."""
    wall, offset = read_clocks(texts)
    ahead = pc.multiply(pc.fill_null(offset, 0).cast(pa.int64()), 60)
    return pc.subtract(wall.cast(pa.int64()), ahead).cast(pa.timestamp("s"))
