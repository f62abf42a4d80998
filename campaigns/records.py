"""Locked plans in the record. They are only ever added to."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Integer, Table, Text, func, insert, select

from campaigns.campaign import Campaign
from campaigns.effects import LockedPlan
from campaigns.plan_lock import plan_content, plan_sha256
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from surveys.record.audit import note
from surveys.record.tables import Moment, metadata


locked_plan = Table(
    "locked_plan",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("content", Text, nullable=False, comment="JSON: everything the analysis depends on"),
    Column("locked_at", Moment, nullable=False),
    Column("locked_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("late", Boolean, nullable=False, comment="answers of the last wave had already arrived"),
    Column("as_of_upload", Integer, ForeignKey("upload.id"), comment="the newest upload at that time"),
)


def lock_plan(
    catalogue: Catalogue, campaign: Campaign, *, by: str, why: str = "", late: bool = False
) -> LockedPlan:
    """Lock the plan of a campaign as its file states it now, in one transaction with its audit entry.

    Parameters
    ----------
    late
        Lock although answers of the last wave are there; estimates then stay exploratory, and say so.

    Raises
    ------
    CannotProceed
        Answers of the last wave have arrived and ``late`` was not said; or this very plan is locked already.
    """
    content = plan_content(campaign)
    sha256 = plan_sha256(content)
    earlier = locked_plans(catalogue, campaign.id)
    if earlier and earlier[-1].sha256 == sha256:
        raise CannotProceed(
            campaign.id,
            f"this very plan is locked already (version {earlier[-1].version}).",
            "Nothing needs to be done.",
        )
    last_waves = set(campaign.analysis.after)
    arrived = [part for part in catalogue.parts(campaign.id) if part.wave in last_waves and part.interviews]
    if arrived and not late:
        raise CannotProceed(
            campaign.id,
            "answers of the last wave are there already: a plan locked now was not decided before the data.",
            "Lock it all the same with --late; every estimate will then be called exploratory.",
        )
    newest = catalogue.newest_upload(campaign.id)

    def store(connection: Connection) -> LockedPlan:
        newest_version = select(func.max(locked_plan.c.version)).where(locked_plan.c.campaign == campaign.id)
        version = 1 + (connection.scalar(newest_version) or 0)
        lock = LockedPlan(
            campaign=campaign.id,
            version=version,
            sha256=sha256,
            content=content,
            locked_at=datetime.now(UTC),
            locked_by=by,
            note=why,
            late=bool(arrived),
            as_of_upload=newest,
        )
        connection.execute(insert(locked_plan).values(**_row(lock)))
        facts = {"version": version, "sha256": sha256, "late": lock.late}
        note(connection, by, "plan locked", f"campaign {campaign.id}", facts, lock.locked_at)
        return lock

    return catalogue.database.write(store)


def locked_plans(catalogue: Catalogue, campaign: str) -> list[LockedPlan]:
    """Every lock of a campaign's plan, oldest first."""
    query = select(locked_plan).where(locked_plan.c.campaign == campaign).order_by(locked_plan.c.version)
    with catalogue.database.reading() as connection:
        rows = connection.execute(query).mappings()
        return [LockedPlan(**{**row, "content": json.loads(row["content"])}) for row in rows]


def _row(lock: LockedPlan) -> Mapping[str, object]:
    names = ("campaign", "version", "sha256", "locked_at", "locked_by", "note", "late", "as_of_upload")
    content = json.dumps(lock.content, ensure_ascii=False, sort_keys=True)
    return {**{name: getattr(lock, name) for name in names}, "content": content}
