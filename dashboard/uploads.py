"""Uploads being judged: one job a file, its progress, its verdict, and the refused rows to take home.

A job lives in this process and is forgotten after an hour; what it stored is in the catalogue.
"""

import contextlib
import logging
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from campaigns.campaign import Campaign
from campaigns.registry import fieldwork_of, load_campaign
from dashboard.receiving import Coming, Receiving
from dashboard.settings import Workspace
from dashboard.verdicts import declined_rows
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import Receipt, ingest_file
from surveys.instrument import Instrument
from surveys.problems import CannotProceed
from surveys.reading import read_file
from surveys.reading.launching import clear_left_behind
from surveys.reading.stopping import Stopped, stoppable
from surveys.refusals import write_refused_rows
from surveys.sources import NOTHING_DECIDED, Decisions
from surveys.xlsform import load_instrument


KEPT_SECONDS = 3600
KEPT_FOR_ANSWERS = 1800  # seconds a file lies in its folder while somebody thinks about it
AT_ONCE = 2  # files judged at the same time; the others wait their turn and say so
DEFINITIONS = 16  # campaigns and questionnaires kept as they were read
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A file that has arrived, in a folder of its own, and what was said about it."""

    coming: Coming
    path: Path
    language: str
    by: str
    answers: Decisions = NOTHING_DECIDED


@dataclass(slots=True, kw_only=True)
class Job:
    """One file being judged and stored."""

    id: str
    sending: Sending
    step: str = "waiting"
    fraction: float = 0.0
    state: Literal["running", "done", "failed", "cancelled"] = "running"
    receipt: Receipt | None = None
    stop: CannotProceed | None = None
    refused_rows: bytes | None = None
    writing: bool = False  # the verdict stands, the workbook of refused rows is still being written
    kept: bool = False  # the file lies here still, for answers to the questions about it
    storing: bool = False  # too late to cancel
    called_off: threading.Event = field(default_factory=threading.Event)
    future: Future[None] | None = None
    begun: float = field(default_factory=time.monotonic)

    @property
    def name(self) -> str:
        """What its sender calls the file."""
        return self.sending.coming.name

    @property
    def campaign(self) -> str:
        """The campaign it was sent to."""
        return self.sending.coming.campaign


class Uploads:
    """The uploads of one workspace: files on their way, and the jobs that judge them."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self.workspace = workspace
        clear_left_behind()
        self.receiving = Receiving(workspace.arriving)
        self._catalogue = catalogue
        self._jobs: dict[str, Job] = {}
        self._guard = threading.Lock()
        self._reading_definitions = threading.Lock()
        self._workers = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="upload")

    def begin(self, coming: Coming, language: str) -> Job:
        """Queue a file that has arrived; the job has its id. Its folder goes when the job ends, or when nobody answers."""
        sending = Sending(coming=coming, path=self.receiving.place(coming), language=language, by=coming.by)
        return self._queue(coming.id, sending)

    def again(self, job: Job, answers: Decisions, by: str) -> Job | None:
        """Queue the file of an earlier job once more, with answers; None where it is no longer kept."""
        if job.writing and job.future is not None:
            job.future.result()  # the workbook of refused rows is made from the same file
        if not self._claim(job):
            return None
        together = job.sending.answers.with_answers(answers, keep_taken_back=True)
        return self._queue(secrets.token_urlsafe(24), replace(job.sending, answers=together, by=by))

    def job(self, job_id: str) -> Job | None:
        """The job of that id; None where it was forgotten or never was."""
        return self._jobs.get(job_id)

    def cancel(self, job: Job) -> bool:
        """Call a job off before anything of it is stored; False where that is too late."""
        with self._guard:
            if job.state != "running" or job.storing:
                return False
            job.called_off.set()
        if job.future is not None and job.future.cancel():  # it never began
            self._remove(job)
            job.state = "cancelled"
        return True

    def warm(self, campaign: str) -> None:
        """Read the definitions a file will be judged by while it is still on its way."""
        self._workers.submit(self._definitions, campaign)

    def _queue(self, id_: str, sending: Sending) -> Job:
        with self._guard:
            self._forget_old()
            if id_ in self._jobs:
                return self._jobs[id_]
            job = self._jobs[id_] = Job(id=id_, sending=sending)
            job.future = self._workers.submit(self._run, job)
        return job

    def _run(self, job: Job) -> None:
        try:
            with stoppable(job.called_off):
                receipt = self._ingest(job)
        except Stopped:
            self._end(job, "cancelled")
        except CannotProceed as stop:
            job.stop = stop
            self._end(job, "failed")
        except Exception:
            # The reader gets a sentence; whoever runs the server gets the cause, without any answer in it.
            LOG.exception("An upload could not be finished.")
            self._end(job, "failed")
        else:
            self._told(job, receipt)
            self._bring_columns_up_to_date(job, receipt)

    def _told(self, job: Job, receipt: Receipt) -> None:
        """Show the verdict at once, and make the workbook while it is being read."""
        job.receipt, job.writing = receipt, has_rows_to_mend(receipt)
        if not job.writing:
            self._keep_or_remove(job, receipt)
        job.fraction, job.state = 1.0, "done"
        if job.writing:
            self._write_refused_rows(job, receipt)

    def _bring_columns_up_to_date(self, job: Job, receipt: Receipt) -> None:
        """After the verdict, which nobody waits for twice; whoever reads the columns before rebuilds them."""
        if receipt.accepted:
            with contextlib.suppress(OSError):
                columns.refresh(self._catalogue, self.workspace.columns, job.campaign)

    def _end(self, job: Job, state: Literal["failed", "cancelled"]) -> None:
        self._remove(job)
        job.fraction, job.state = 1.0, state

    def _write_refused_rows(self, job: Job, receipt: Receipt) -> None:
        try:
            job.refused_rows = refused_rows(job.sending.path, job.name, receipt, job.sending.language)
        except Exception:
            LOG.exception("The workbook of the refused rows could not be written.")
        finally:
            self._keep_or_remove(job, receipt)
            job.writing = False

    def _keep_or_remove(self, job: Job, receipt: Receipt) -> None:
        if not receipt.report.doubts:
            self._remove(job)
            return
        job.kept = True
        timer = threading.Timer(KEPT_FOR_ANSWERS, self._let_go, [job])
        timer.daemon = True
        timer.start()

    def _claim(self, job: Job) -> bool:
        """Whether the file is still kept; whoever asks has it then, and nobody after."""
        with self._guard:
            kept, job.kept = job.kept, False
        return kept

    def _let_go(self, job: Job) -> None:
        """Nobody answered: the file goes."""
        if self._claim(job):
            self._remove(job)

    def _remove(self, job: Job) -> None:
        self.receiving.remove(job.sending.coming.id)

    def _ingest(self, job: Job) -> Receipt:
        tell = self._teller(job)
        coming = job.sending.coming
        campaign, instrument = self._definitions(coming.campaign)
        return ingest_file(
            job.sending.path,
            name=job.name,
            catalogue=self._catalogue,
            keys=self.workspace.keys,
            instrument=instrument,
            fieldwork=fieldwork_of(campaign, site=coming.site, wave=coming.wave),
            uploader=job.sending.by,
            answers=job.sending.answers,
            progress=tell,
        )

    def _definitions(self, campaign_id: str) -> tuple[Campaign, Instrument]:
        """The campaign and its questionnaire, read again only where they changed."""
        place = self.workspace
        file = place.campaign_file(campaign_id)
        with self._reading_definitions:  # whoever comes second finds what the first has read
            campaign = _campaign(file, file.stat().st_mtime_ns)
            form = place.instrument_file(campaign.instrument)
            return campaign, _instrument(form, form.stat().st_mtime_ns)

    def _teller(self, job: Job) -> Callable[[str, float], None]:
        def tell(step: str, fraction: float) -> None:
            with self._guard:
                if job.called_off.is_set():
                    raise Stopped
                job.storing = job.storing or step == "storing"
                job.step, job.fraction = step, fraction

        return tell

    def _forget_old(self) -> None:
        now = time.monotonic()
        for job_id in [i for i, job in self._jobs.items() if now - job.begun > KEPT_SECONDS]:
            del self._jobs[job_id]


@lru_cache(maxsize=DEFINITIONS)
def _campaign(file: Path, _changed: int) -> Campaign:
    return load_campaign(file)


@lru_cache(maxsize=DEFINITIONS)
def _instrument(file: Path, _changed: int) -> Instrument:
    return load_instrument(file)


def has_rows_to_mend(receipt: Receipt) -> bool:
    """Whether any row of the file was refused for something that can be mended."""
    return receipt.rejected > len(declined_rows(receipt.report.problems))


def refused_rows(path: Path, name: str, receipt: Receipt, language: str) -> bytes:
    """The workbook of the rows to mend, with the reasons beside them."""
    raw = read_file(
        path, name=name, sheet=receipt.report.sheet
    )  # once more: the answers of refused rows are kept nowhere
    workbook = path.with_suffix(".xlsx")
    write_refused_rows(workbook, raw, receipt.report, language)
    content = workbook.read_bytes()
    workbook.unlink()
    return content
