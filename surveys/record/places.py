"""Places in the order of uploads that are no file: decisions that change what the answers say.

They let "as of upload n" tell exactly which decisions count, and tell everything derived that it is out of date.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert

from surveys.record import tables


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
    """
    said = f"{campaign} {what} {subject} {at.isoformat()}"
    upload = tables.upload
    values = {
        "campaign": campaign, "sha256": hashlib.sha256(said.encode()).hexdigest(), "name": "", "size": 0,
        "format": PLACE, "dialect": what, "uploader": actor, "uploaded_at": at, "instrument": "",
        "instrument_version": "", "instrument_sha256": "", "verdict": "accept", "rows": 0, "accepted": 0,
        "replaced": 0, "unchanged": 0, "rejected": 0, "held": 0,
    }  # fmt: skip
    place = int(connection.execute(insert(upload).values(**values).returning(upload.c.id)).scalar_one())
    rows = [
        {"campaign": campaign, "site": site, "wave": wave, "upload": place, "rows": 0}
        for site, wave in touched
    ]
    connection.execute(insert(tables.touched), rows)
    return place
