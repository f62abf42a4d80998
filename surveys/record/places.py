"""Places in the order of uploads that are no file: decisions that change what the answers say.

They let "as of upload n" tell exactly which decisions count, and tell everything derived that it is out of date.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert

from surveys.record import tables


NOTHING: Mapping[tuple[str, str], int] = {}
PLACE = "decision"  # the format of an upload that is no file


def take_place(
    connection: Connection,
    campaign: str,
    what: str,
    subject: str,
    *,
    actor: str,
    at: datetime,
    touched: Iterable[tuple[str, str]],
    came: Mapping[tuple[str, str], int] = NOTHING,
    of: int | None = None,
    reason: str = "",
) -> int:
    """The next place in the order of uploads.

    Parameters
    ----------
    what
        The kind of decision, for the history.
    subject
        What it is about; tells this place from any other.
    touched
        The sites and waves whose answers change.
    came
        How many interviews come to a site and wave.
    of
        The step that is taken back.
    reason
        Why, in the words of who decided.
    """
    said = f"{campaign} {what} {subject} {at.isoformat()}"
    upload = tables.upload
    values = {
        "campaign": campaign, "sha256": hashlib.sha256(said.encode()).hexdigest(), "name": "", "size": 0,
        "format": PLACE, "dialect": what, "uploader": actor, "uploaded_at": at, "instrument": "",
        "instrument_version": "", "instrument_sha256": "", "verdict": "accept", "rows": 0, "accepted": sum(came.values()),
        "replaced": 0, "unchanged": 0, "rejected": 0, "held": 0, "of": of, "reason": reason,
    }  # fmt: skip
    place = int(connection.execute(insert(upload).values(**values).returning(upload.c.id)).scalar_one())
    rows = [
        {"campaign": campaign, "site": site, "wave": wave, "upload": place, "rows": count}
        for (site, wave), count in {**dict.fromkeys(touched, 0), **came}.items()
    ]
    if rows:
        connection.execute(insert(tables.touched), rows)
    return place
