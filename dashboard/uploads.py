"""Files on their way in: one job an upload, its progress, its verdict, and the refused rows to take home.

A job lives in this process and is forgotten after an hour; what it stored is in the catalogue.
"""

import logging
import secrets
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from campaigns.registry import fieldwork_of, load_campaign
from dashboard.settings import Workspace
from dashboard.verdicts import declined_rows
from surveys.catalogue import Catalogue
from surveys.ingest import Receipt, ingest_file
from surveys.problems import CannotProceed
from surveys.reading import read_file
from surveys.record.audit import SYSTEM
from surveys.refusals import write_refused_rows
from surveys.sources import NOTHING_DECIDED, Decisions
from surveys.xlsform import load_instrument


KEPT_SECONDS = 3600
KEPT_FOR_ANSWERS = 1800  # seconds a file lies in the temporary folder while somebody thinks about it
AT_ONCE = 2  # files judged at the same time; the others wait their turn and say so
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A file as it was sent, in a folder of its own, and what was said about it."""

    path: Path
    name: str
    campaign: str
    site: str | None
    wave: str | None
    language: str
    by: str = SYSTEM
    answers: Decisions = NOTHING_DECIDED


@dataclass(slots=True, kw_only=True)
class Job:
    """One file being judged and stored."""

    id: str
    name: str
    campaign: str
    step: str = "waiting"
    fraction: float = 0.0
    state: Literal["running", "done", "failed"] = "running"
    receipt: Receipt | None = None
    stop: CannotProceed | None = None
    refused_rows: bytes | None = None
    waiting: Sending | None = None  # the file, kept for answers to the questions about it
    begun: float = field(default_factory=time.monotonic)


class Uploads:
    """The upload jobs of one workspace."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self.workspace = workspace
        self._catalogue = catalogue
        self._jobs: dict[str, Job] = {}
        self._guard = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upload")
        self._folder = Path(tempfile.mkdtemp(prefix="uploads-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)  # goes with the process

    def new_place(self) -> Path:
        """Where a file may be written; its folder goes with the job."""
        return Path(tempfile.mkdtemp(dir=self._folder)) / "file"

    def begin(self, sending: Sending) -> Job:
        """Queue a file; its folder goes when the job ends, or when nobody answers the questions about it."""
        job = Job(id=secrets.token_urlsafe(24), name=sending.name, campaign=sending.campaign)
        with self._guard:
            self._forget_old()
            self._jobs[job.id] = job
        self._workers.submit(self._run, job, sending)
        return job

    def again(self, job: Job, answers: Decisions, by: str) -> Job | None:
        """Queue the file of an earlier job once more, with answers; None where it is no longer kept."""
        with self._guard:
            sending, job.waiting = job.waiting, None
        if sending is None:
            return None
        together = sending.answers.with_answers(answers, keep_taken_back=True)
        return self.begin(replace(sending, answers=together, by=by))

    def job(self, job_id: str) -> Job | None:
        """The job of that id; None where it was forgotten or never was."""
        return self._jobs.get(job_id)

    def _run(self, job: Job, sending: Sending) -> None:
        kept = False
        try:
            job.receipt = self._ingest(job, sending)
            job.refused_rows = refused_rows(sending.path, job.name, job.receipt, sending.language)
            kept = bool(job.receipt.report.doubts)
            if kept:
                self._keep_for_answers(job, sending)
            job.state = "done"
        except CannotProceed as stop:
            job.stop, job.state = stop, "failed"
        except Exception:
            # The reader gets a sentence; whoever runs the server gets the cause, without any answer in it.
            LOG.exception("An upload could not be finished.")
            job.state = "failed"
        finally:
            job.fraction = 1.0
            if not kept:
                _remove(sending)

    def _keep_for_answers(self, job: Job, sending: Sending) -> None:
        job.waiting = sending
        timer = threading.Timer(KEPT_FOR_ANSWERS, self._let_go, [job])
        timer.daemon = True
        timer.start()

    def _let_go(self, job: Job) -> None:
        """Nobody answered: the file goes."""
        with self._guard:
            sending, job.waiting = job.waiting, None
        if sending is not None:
            _remove(sending)

    def _ingest(self, job: Job, sending: Sending) -> Receipt:
        place = self.workspace
        campaign = load_campaign(place.campaign_file(sending.campaign))
        return ingest_file(
            sending.path,
            name=job.name,
            catalogue=self._catalogue,
            keys=place.keys,
            instrument=load_instrument(place.instrument_file(campaign.instrument)),
            fieldwork=fieldwork_of(campaign, site=sending.site, wave=sending.wave),
            uploader=sending.by,
            answers=sending.answers,
            columns_folder=place.columns,
            progress=_teller(job),
        )

    def _forget_old(self) -> None:
        now = time.monotonic()
        for job_id in [i for i, job in self._jobs.items() if now - job.begun > KEPT_SECONDS]:
            del self._jobs[job_id]


def refused_rows(path: Path, name: str, receipt: Receipt, language: str) -> bytes | None:
    """The workbook of the rows to mend, with the reasons beside them; None where there is nothing to mend in a file."""
    if receipt.rejected <= len(declined_rows(receipt.report.problems)):
        return None
    raw = read_file(
        path, name=name, sheet=receipt.report.sheet
    )  # once more: the answers of refused rows are kept nowhere
    workbook = path.with_suffix(".xlsx")
    write_refused_rows(workbook, raw, receipt.report, language)
    content = workbook.read_bytes()
    workbook.unlink()
    return content


def _remove(sending: Sending) -> None:
    shutil.rmtree(sending.path.parent, ignore_errors=True)


def _teller(job: Job) -> Callable[[str, float], None]:
    def tell(step: str, fraction: float) -> None:
        job.step, job.fraction = step, fraction

    return tell
