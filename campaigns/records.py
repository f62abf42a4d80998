"""Locked plans and editions in the record. They are only ever added to."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Integer, Table, Text, func, insert, select

from campaigns.campaign import Campaign
from campaigns.editions import Edition
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

edition = Table(
    "edition",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("as_of_upload", Integer, ForeignKey("upload.id"), comment="the newest upload at that time"),
    Column("data_sha256", Text, nullable=False),
    Column("plan_version", Integer, comment="the locked plan it was held against"),
    Column("plan_sha256", Text),
    Column("policy", Text, nullable=False, comment="JSON: every rule of what may be shown"),
    Column("policy_sha256", Text, nullable=False),
    Column("release", Integer),
    Column("software", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("campaign_file", Text, nullable=False, comment="the campaign file, as it was"),
    Column("content", Text, nullable=False, comment="JSON: the protected numbers"),
    Column("sha256", Text, nullable=False, comment="of the content"),
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


def store_edition(catalogue: Catalogue, campaign: str, frozen: Callable[[int], Edition]) -> Edition:
    """Keep an edition under the next number, in one transaction with its audit entry.

    Parameters
    ----------
    frozen
        The edition of a given number.
    """

    def store(connection: Connection) -> Edition:
        newest = connection.scalar(select(func.max(edition.c.number)).where(edition.c.campaign == campaign))
        made = frozen(1 + (newest or 0))
        values = {column.name: getattr(made, column.name) for column in edition.columns}
        connection.execute(insert(edition).values(**values))
        facts: dict[str, object] = {
            "edition": made.number,
            "as_of_upload": made.as_of_upload,
            "data_sha256": made.data_sha256,
            "sha256": made.sha256,
        }
        note(connection, made.made_by, "edition made", f"campaign {campaign}", facts, made.made_at)
        return made

    return catalogue.database.write(store)


def editions(catalogue: Catalogue, campaign: str) -> list[Edition]:
    """Every edition of a campaign, oldest first."""
    query = select(edition).where(edition.c.campaign == campaign).order_by(edition.c.number)
    with catalogue.database.reading() as connection:
        return [Edition(**row) for row in connection.execute(query).mappings()]
