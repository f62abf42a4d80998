"""Whether a workspace still is what was stored in it: the record, the locked plans, and the columns made of it."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from campaigns.plan_lock import plan_sha256
from campaigns.records import editions, locked_plans
from dashboard.editions import standings
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.record.verification import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was looked at, and what was found."""

    findings: tuple[Finding, ...]
    uploads: int
    interviews: int
    originals: int
    plans: int
    editions: int
    column_files: int
    audit_entries: int
    audit_head: str  # hash of the newest entry; noted elsewhere it shows later that none was cut off


def verify(place: Workspace, *, known_head: str | None = None) -> Verified:
    """Look at everything and change nothing.

    Parameters
    ----------
    known_head
        A hash that was once the audit's newest, which its chain must still hold.
    """
    with Catalogue(place.database_url) as catalogue:
        entries = catalogue.audit_entries()
        found = list(catalogue.findings(place.keys))
        if known_head is not None and known_head not in {entry.hash for entry in entries}:
            found.append(Finding(code="audit_cut", values={"head": known_head}))
        campaigns = sorted({*place.campaign_ids(), *catalogue.campaigns()})
        plans = 0
        for campaign in campaigns:
            for plan in locked_plans(catalogue, campaign):
                plans += 1
                if plan_sha256(plan.content) != plan.sha256:
                    values = {"campaign": campaign, "version": plan.version}
                    found.append(Finding(code="plan_altered", values=values))
        files = [path for campaign in campaigns for path in columns.answers_files(place.columns, campaign)]
        if not found:  # columns of a damaged record would only say the same again
            found += _column_findings(catalogue, place, campaigns)
            found += _edition_findings(catalogue, place, campaigns)
        parts = [part for campaign in campaigns for part in catalogue.parts(campaign)]
        return Verified(
            findings=tuple(found),
            uploads=sum(len(catalogue.uploads(campaign)) for campaign in campaigns),
            interviews=sum(part.interviews for part in parts),
            originals=len(catalogue.originals()),
            plans=plans,
            editions=sum(len(editions(catalogue, campaign)) for campaign in campaigns),
            column_files=len(files),
            audit_entries=len(entries),
            audit_head=entries[-1].hash if entries else "",
        )


def _column_findings(catalogue: Catalogue, place: Workspace, campaigns: list[str]) -> Iterator[Finding]:
    """Columns that say they are up to date and hold something else; outdated ones are made anew when they are needed."""
    with tempfile.TemporaryDirectory(prefix=".verify-", dir=place.folder) as folder:
        for campaign in campaigns:
            for fresh in columns.refresh(catalogue, Path(folder), campaign):
                kept = place.columns / fresh.relative_to(folder)
                if kept.exists() and _says_otherwise(kept, fresh):
                    name = kept.relative_to(place.columns).as_posix()
                    yield Finding(code="columns_differ", values={"file": name})


def _edition_findings(catalogue: Catalogue, place: Workspace, campaigns: list[str]) -> Iterator[Finding]:
    """Editions that were altered, or that the record no longer gives; after an erasure none is expected to."""
    for edition, standing in standings(place, catalogue, campaigns):
        if standing in ("altered", "differs"):
            values = {"campaign": edition.campaign, "number": edition.number}
            yield Finding(code=f"edition_{standing}", values=values)


def _says_otherwise(kept: Path, fresh: Path) -> bool:
    try:
        if columns.mark_in(kept) not in (None, columns.mark_in(fresh)):
            return False
        return not pq.read_table(kept).equals(pq.read_table(fresh))
    except OSError:
        return True
