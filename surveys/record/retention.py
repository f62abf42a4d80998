"""Originals whose time is over: which there are, and their destruction with a certificate."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import cast

from sqlalchemy import Connection, delete, func, insert, select, update

from surveys.keys import KeyRing
from surveys.record import tables
from surveys.record.audit import note


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOriginal:
    """One encrypted original that the record still holds."""

    upload: int
    campaign: str
    site: str | None
    sha256: str
    size: int
    uploaded_at: datetime
    key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """That originals were destroyed: which, when, by whom, why and how. It names no respondent."""

    number: int
    at: datetime
    campaign: str
    body: Mapping[str, object]
    sha256: str

    @property
    def originals(self) -> Sequence[Mapping[str, object]]:
        """What was destroyed, one entry an original."""
        return cast("Sequence[Mapping[str, object]]", self.body["originals"])


def originals(connection: Connection, campaign: str | None = None) -> list[KeptOriginal]:
    """The originals the record holds, oldest first."""
    file, sent = tables.original, tables.upload
    query = select(
        sent.c.id.label("upload"), sent.c.campaign, sent.c.site, sent.c.sha256, sent.c.size, sent.c.uploaded_at, file.c.key
    ).join_from(file, sent).order_by(sent.c.id)  # fmt: skip
    if campaign is not None:
        query = query.where(sent.c.campaign == campaign)
    return [KeptOriginal(**row) for row in connection.execute(query).mappings()]


def give_own_key(connection: Connection, upload: int, keys: KeyRing) -> None:
    """Re-encrypt an original that an earlier version closed with the workspace's key."""
    table = tables.original
    query = select(table.c.bytes).where(table.c.upload == upload, table.c.key.is_(None))
    stored = connection.scalar(query)
    if stored is None:
        return
    encrypted = keys.encrypt(BytesIO(keys.decrypt(stored, None)))
    keys.keep(encrypted.key)
    connection.execute(
        update(table).where(table.c.upload == upload).values(bytes=encrypted.stored, key=encrypted.key.name)
    )


def destroy(
    connection: Connection,
    campaign: str,
    uploads: Sequence[int],
    reason: Mapping[str, object],
    *,
    actor: str,
    at: datetime,
) -> Certificate:
    """Take the originals and the sealed texts out of the record, and certify it.

    Once this is committed the keys it names must be destroyed too.
    """
    gone = [one for one in originals(connection, campaign) if one.upload in set(uploads)]
    ids = [one.upload for one in gone]
    kept = tables.withheld
    sealed = kept.c.upload.in_(ids) & kept.c.sealed.is_not(None)
    only_sealed = sealed & (kept.c.state != "released")
    texts = int(connection.scalar(select(func.count()).select_from(kept).where(only_sealed)) or 0)
    connection.execute(
        update(kept)
        .where(sealed & (kept.c.state == "waiting"))
        .values(state="destroyed", decided_by=actor, decided_at=at)
    )
    connection.execute(update(kept).where(sealed).values(sealed=None))
    connection.execute(delete(tables.original).where(tables.original.c.upload.in_(ids)))
    number = int(connection.scalar(select(func.max(tables.certificate.c.number))) or 0) + 1
    body = {
        "certificate": number,
        "campaign": campaign,
        "destroyed_at": at.isoformat(timespec="seconds"),
        "destroyed_by": actor,
        **reason,
        "originals": [
            {
                "upload": one.upload,
                "site": one.site,
                "sha256": one.sha256,
                "bytes": one.size,
                "uploaded_at": one.uploaded_at.isoformat(timespec="seconds"),
                "key": one.key,
            }
            for one in gone
        ],
        "withheld_texts_destroyed": texts,
    }
    written = canonical(body)
    sha256 = hashlib.sha256(written.encode()).hexdigest()
    connection.execute(
        insert(tables.certificate),
        {"number": number, "at": at, "campaign": campaign, "body": written, "sha256": sha256},
    )
    facts = {"certificate": number, "sha256": sha256, "uploads": ids, "campaign": campaign}
    note(connection, actor, "originals destroyed", f"certificate {number}", facts, at)
    return Certificate(number=number, at=at, campaign=campaign, body=body, sha256=sha256)


def certificates(connection: Connection) -> list[Certificate]:
    """Every certificate, the first one first."""
    rows = connection.execute(select(tables.certificate).order_by(tables.certificate.c.number)).mappings()
    return [Certificate(**{**row, "body": json.loads(row["body"])}) for row in rows]


def canonical(body: Mapping[str, object]) -> str:
    """The JSON over which a certificate's hash is taken."""
    return json.dumps(dict(body), ensure_ascii=False, sort_keys=True)
