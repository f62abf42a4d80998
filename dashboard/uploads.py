"""Files on their way in: one job an upload, its progress, its verdict, and the refused rows to take home.

A job lives in this process and is forgotten after an hour; what it stored is in the catalogue.
"""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from campaigns.registry import fieldwork_of, load_campaign
from dashboard.settings import Workspace
from surveys.catalogue import Catalogue
from surveys.ingest import Receipt, ingest_file
from surveys.problems import CannotProceed
from surveys.reading import read_file
from surveys.refusals import write_refused_rows
from surveys.xlsform import load_instrument


KEPT_SECONDS = 3600
AT_ONCE = 2  # files judged at the same time; the others wait their turn and say so
LOG = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Job:
    """One file being judged and stored."""

    id: str
    name: str
    step: str = "waiting"
    fraction: float = 0.0
    state: Literal["running", "done", "failed"] = "running"
    receipt: Receipt | None = None
    stop: CannotProceed | None = None
    refused_rows: bytes | None = None
    begun: float = field(default_factory=time.monotonic)


class Uploads:
    """The upload jobs of one workspace."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self.workspace = workspace
        self._catalogue = catalogue
        self._jobs: dict[str, Job] = {}
        self._guard = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upload")

    def begin(
        self, path: Path, *, name: str, campaign: str, site: str | None, wave: str | None, language: str
    ) -> Job:
        """Queue a file that lies in a temporary folder; the folder goes when the job ends."""
        job = Job(id=secrets.token_urlsafe(24), name=name)
        with self._guard:
            self._forget_old()
            self._jobs[job.id] = job
        self._workers.submit(self._run, job, path, campaign, site, wave, language)
        return job

    def job(self, job_id: str) -> Job | None:
        """The job of that id; None where it was forgotten or never was."""
        return self._jobs.get(job_id)

    def _run(
        self, job: Job, path: Path, campaign_id: str, site: str | None, wave: str | None, language: str
    ) -> None:
        try:
            job.receipt = self._ingest(job, path, campaign_id, site, wave)
            job.refused_rows = refused_rows(path, job.name, job.receipt, language)
            job.state = "done"
        except CannotProceed as stop:
            job.stop, job.state = stop, "failed"
        except Exception:
            # The reader gets a sentence; whoever runs the server gets the cause, without any answer in it.
            LOG.exception("An upload could not be finished.")
            job.state = "failed"
        finally:
            job.fraction = 1.0
            shutil.rmtree(path.parent, ignore_errors=True)

    def _ingest(self, job: Job, path: Path, campaign_id: str, site: str | None, wave: str | None) -> Receipt:
        place = self.workspace
        campaign = load_campaign(place.campaign_file(campaign_id))
        return ingest_file(
            path,
            name=job.name,
            catalogue=self._catalogue,
            keys=place.keys,
            instrument=load_instrument(place.instrument_file(campaign.instrument)),
            fieldwork=fieldwork_of(campaign, site=site, wave=wave),
            columns_folder=place.columns,
            progress=_teller(job),
        )

    def _forget_old(self) -> None:
        now = time.monotonic()
        for job_id in [i for i, job in self._jobs.items() if now - job.begun > KEPT_SECONDS]:
            del self._jobs[job_id]


def refused_rows(path: Path, name: str, receipt: Receipt, language: str) -> bytes | None:
    """The workbook of the rows that stayed out, with the reasons beside them; None where all came in."""
    if not (receipt.rejected or receipt.held):
        return None
    raw = read_file(
        path, name=name, sheet=receipt.report.sheet
    )  # once more: the answers of refused rows are kept nowhere
    workbook = path.with_suffix(".xlsx")
    write_refused_rows(workbook, raw, receipt.report, language)
    content = workbook.read_bytes()
    workbook.unlink()
    return content


def _teller(job: Job) -> Callable[[str, float], None]:
    def tell(step: str, fraction: float) -> None:
        job.step, job.fraction = step, fraction

    return tell
