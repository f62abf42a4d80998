"""Releases in the record, which are only ever added to, and who let what out to the public."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, ForeignKey, Integer, Table, Text, func, insert, select, update
from sqlalchemy.engine import RowMapping

from campaigns.effect_records import effects_as_json, effects_from_json
from campaigns.membership import packed, unpacked
from campaigns.releases import Release
from surveys.catalogue import Catalogue
from surveys.problems import Refused
from surveys.record.audit import note
from surveys.record.tables import Moment, metadata


release = Table(
    "release",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("as_of_upload", Integer, ForeignKey("upload.id"), comment="the newest upload at that time"),
    Column("data_sha256", Text, nullable=False),
    Column("plan_sha256", Text, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("policy_sha256", Text, nullable=False),
    Column("software", Text, nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("kept", Integer, nullable=False, comment="numbers kept although a few people changed"),
    Column("effects", Text, nullable=False, comment="JSON: every number as it was told"),
    Column("members", Text, nullable=False, comment="counts by which changes of people are noticed"),
)

public_release = Table(
    "public_release",
    metadata,
    Column("campaign", Text, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("report", Text, nullable=False, comment="JSON: what was checked about disclosure"),
    Column("approved_by", Text),
    Column("approved_at", Moment),
)


def newest_release(catalogue: Catalogue, campaign: str, as_of: int | None = None) -> Release | None:
    """The release that was made last; of a state of the data, the last that was made of it or of an earlier one."""
    query = select(release).where(release.c.campaign == campaign)
    if as_of is not None:
        query = query.where(release.c.as_of_upload <= as_of)
    with catalogue.database.reading() as connection:
        row = connection.execute(query.order_by(release.c.number.desc()).limit(1)).mappings().first()
    return None if row is None else _release(row)


def releases(catalogue: Catalogue, campaign: str) -> list[Release]:
    """Every release of a campaign, oldest first."""
    query = select(release).where(release.c.campaign == campaign).order_by(release.c.number)
    with catalogue.database.reading() as connection:
        return [_release(row) for row in connection.execute(query).mappings()]


def store_release(catalogue: Catalogue, made: Release) -> bool:
    """Keep a release, with its audit entry; False where another was made meanwhile, so that it must be made anew."""

    def store(connection: Connection) -> bool:
        newest = connection.scalar(
            select(func.max(release.c.number)).where(release.c.campaign == made.campaign)
        )
        if (newest or 0) != made.number - 1:
            return False
        connection.execute(insert(release).values(**_row(made)))
        facts: dict[str, object] = {
            "release": made.number,
            "as_of_upload": made.as_of_upload,
            "data_sha256": made.data_sha256,
            "policy_sha256": made.policy_sha256,
            "kept": made.kept,
        }
        note(connection, made.made_by, "release made", f"campaign {made.campaign}", facts, made.made_at)
        return True

    return catalogue.database.write(store)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRelease:
    """An edition that somebody wants to be public, and whether somebody else agreed."""

    campaign: str
    edition: int
    proposed_by: str
    proposed_at: datetime
    report: Mapping[str, Any]
    approved_by: str | None = None
    approved_at: datetime | None = None

    @property
    def is_public(self) -> bool:
        """Whether two persons let it out."""
        return self.approved_by is not None


def propose_public(
    catalogue: Catalogue, campaign: str, edition: int, *, by: str, report: Mapping[str, Any]
) -> PublicRelease:
    """Ask for an edition to be public, with the report on disclosure that the second person is to read.

    Raises
    ------
    Refused
        Nobody is named, the report found something, or it was proposed already.
    """
    if not by.strip():
        raise Refused("public_by_nobody", campaign, edition=edition)
    if not report.get("passed"):
        raise Refused(
            "public_with_findings", campaign, edition=edition, findings=", ".join(report["findings"])
        )
    if public_release_of(catalogue, campaign, edition) is not None:
        raise Refused("public_proposed_already", campaign, edition=edition)
    now = datetime.now(UTC)
    found = PublicRelease(
        campaign=campaign, edition=edition, proposed_by=by.strip(), proposed_at=now, report=report
    )

    def store(connection: Connection) -> PublicRelease:
        connection.execute(
            insert(public_release).values(
                campaign=campaign,
                edition=edition,
                proposed_by=found.proposed_by,
                proposed_at=now,
                report=json.dumps(report, ensure_ascii=False, sort_keys=True),
            )
        )
        note(
            connection,
            found.proposed_by,
            "public release proposed",
            f"campaign {campaign}",
            {"edition": edition},
            now,
        )
        return found

    return catalogue.database.write(store)


def approve_public(
    catalogue: Catalogue, campaign: str, edition: int, *, by: str, made_by: str
) -> PublicRelease:
    """Let an edition out, as another person than who made it and who proposed it.

    Raises
    ------
    Refused
        It was not proposed, is public already, or the same person made or proposed it.
    """
    checker = by.strip()
    found = public_release_of(catalogue, campaign, edition)
    if found is None:
        raise Refused("public_not_proposed", campaign, edition=edition)
    if found.is_public:
        raise Refused("public_already", campaign, edition=edition)
    if not checker or checker.casefold() in {found.proposed_by.casefold(), made_by.casefold()}:
        raise Refused("public_by_one_person", campaign, edition=edition)
    now = datetime.now(UTC)

    def store(connection: Connection) -> None:
        still_open = (
            (public_release.c.campaign == campaign)
            & (public_release.c.edition == edition)
            & public_release.c.approved_by.is_(None)
        )
        connection.execute(
            update(public_release).where(still_open).values(approved_by=checker, approved_at=now)
        )
        facts: dict[str, object] = {"edition": edition, "proposed_by": found.proposed_by}
        note(connection, checker, "public release approved", f"campaign {campaign}", facts, now)

    catalogue.database.write(store)
    approved = public_release_of(catalogue, campaign, edition)
    return found if approved is None else approved


def public_release_of(catalogue: Catalogue, campaign: str, edition: int) -> PublicRelease | None:
    """What became of making an edition public; None where nobody asked for it."""
    query = select(public_release).where(
        public_release.c.campaign == campaign, public_release.c.edition == edition
    )
    with catalogue.database.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else PublicRelease(**{**row, "report": json.loads(row["report"])})


def _release(row: RowMapping) -> Release:
    return Release(
        **{
            **row,
            "effects": effects_from_json(json.loads(row["effects"])),
            "members": unpacked(row["members"]),
        }
    )


def _row(made: Release) -> Mapping[str, object]:
    plain = {column.name: getattr(made, column.name) for column in release.columns}
    return {
        **plain,
        "effects": json.dumps(effects_as_json(made.effects), ensure_ascii=False),
        "members": packed(made.members),
    }
