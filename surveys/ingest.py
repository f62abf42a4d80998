"""A file becomes part of the record: read, checked, de-identified, stored, and told about, in that order."""

import contextlib
import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from surveys import columns
from surveys.catalogue import Catalogue
from surveys.checking import CheckReport, Outcome, report_as_dict
from surveys.display import shown
from surveys.erased_again import without_erased
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument
from surveys.interpreting import Judgement, interpret_file
from surveys.judging.sorting import NOTHING_ASIDE, Aside
from surveys.keys import Encrypted, KeyRing
from surveys.personal_data import unnamed
from surveys.problems import CannotProceed, FileRefused
from surveys.reading import RawFile
from surveys.reading.limits import Limits
from surveys.record.arrivals import Arrival, Entry
from surveys.record.audit import SYSTEM
from surveys.record.payloads import answer_names
from surveys.record.questionnaires import encode_instrument
from surveys.sources import NOTHING_DECIDED, Decisions


Step = Literal["hashing", "reading", "checking", "storing", "refreshing", "done"]
Progress = Callable[[Step, float], None]  # the step that begins, and the share of the work behind it

REFUSED: Outcome = "reject-file"
NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a file. It is given only after everything it says is safely stored."""

    upload: int  # the earlier upload where the same file came again
    repeated: bool
    name: str
    sha256: str
    at: datetime
    verdict: Outcome
    accepted: int  # newly stored, corrected interviews included
    replaced: int  # of these, how many took the place of an older revision
    unchanged: int  # were there already, in the record or in an earlier row of the file
    rejected: int
    held: int
    report: CheckReport

    def as_dict(self, language: str = "en") -> dict[str, object]:
        """The report's JSON object."""
        return report_as_dict(
            self.report, accepted=self.accepted, unchanged=self.unchanged, held=self.held, language=language
        )


def ingest_file(
    path: Path,
    *,
    name: str | None = None,
    catalogue: Catalogue,
    keys: KeyRing,
    instrument: Instrument,
    fieldwork: Fieldwork,
    country_of_site: Mapping[str, str] | None = None,
    today: date | None = None,
    uploader: str = SYSTEM,
    answers: Decisions = NOTHING_DECIDED,
    columns_folder: Path | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> Receipt:
    """Store what is new and right in a file, and say what is wrong with the rest.

    The same file again changes nothing. A file that cannot be read or judged is noted in the record
    without its bytes, and the receipt says why.

    Parameters
    ----------
    name
        What the sender calls the file, where ``path`` is a copy under another name.
    country_of_site
        Whose key makes pseudonyms of the respondents; by default as ``fieldwork`` says.
    answers
        What the uploader says of what the file leaves open; remembered for its source if anything of the
        file can be judged.
    columns_folder
        Where the columns of the workspace lie, to bring them up to date afterwards; None: leave them.

    Raises
    ------
    CannotProceed
        The record or the keys cannot be used; nothing was stored.
    """
    tell = progress or _silent
    bounds = limits or Limits()
    sender = _File(path=path, name=_clean_name(name or path.name), uploader=uploader, at=datetime.now(UTC))
    tell("hashing", 0.0)
    sha256, size = _hash(path)
    known = catalogue.earlier_upload(fieldwork.campaign, fieldwork.site, sha256) is not None
    with ThreadPoolExecutor(max_workers=1) as beside:  # while another process reads the file
        sealed = None if known or size > bounds.file_bytes else beside.submit(_sealed, path, sha256, keys)
        try:
            tell("reading", 0.05)
            judgement = Judgement(
                instrument=instrument,
                fieldwork=fieldwork,
                today=today or _today(),
                answers=answers,
                recall=catalogue.remembered,
                past_maps=catalogue.column_maps(fieldwork.campaign),
            )
            read = interpret_file(
                path, judgement, name=sender.name, limits=bounds, read=lambda: tell("checking", 0.35)
            )
        except FileRefused as refused:
            tell("storing", 0.6)
            return _refuse(catalogue, sender, instrument, fieldwork, sha256, size, refused)
    tell("storing", 0.6)
    countries = country_of_site or {site.id: site.country for site in fieldwork.sites}
    report, source = read.report, read.source
    arrival = _arrival(sender, instrument, fieldwork, sha256, size, report, read.raw)
    del read  # and with it the text of the file
    accepted, marks = deidentified(report.accepted, fieldwork, countries, keys)
    aside, more_marks = _deidentified_aside(report.aside, fieldwork, countries, keys)
    arrival = replace(
        arrival,
        source=source,
        accepted=accepted,
        aside=aside,
        types=question_types([accepted, aside.held, aside.outdated], instrument) | dict(report.types),
        original=lambda: _kept(sealed.result() if sealed else _sealed(path, sha256, keys), keys),
        seal=keys.seal,
        key_marks={**marks, **more_marks},
        without_consent=report.without_consent,
        rosters=report.rosters,
    )
    del accepted
    arrival, report = without_erased(arrival, report, catalogue.erased_marks(fieldwork.campaign), keys)
    entry = catalogue.store(arrival)
    if columns_folder is not None:
        tell("refreshing", 0.9)
        with contextlib.suppress(OSError):  # the answers are stored; whoever reads the columns rebuilds them
            columns.refresh(catalogue, columns_folder, fieldwork.campaign)
    tell("done", 1.0)
    return _receipt(sender, sha256, entry, report)


def deidentified(
    accepted: pa.Table, fieldwork: Fieldwork, country_of_site: Mapping[str, str], keys: KeyRing
) -> tuple[pa.Table, dict[str, str]]:
    """The table with pseudonyms for respondents and codes for linking keys, and the marks of the keys that made them."""
    named = fieldwork.parts.get("respondent")
    if named is not None and named in accepted.column_names:
        accepted = accepted.drop_columns([named])  # would keep in the clear what the pseudonym hides
    hide: dict[str, Callable[[pa.ChunkedArray, str], pa.Array]] = {"@respondent": keys.pseudonyms}
    asked = fieldwork.parts.get("interviewer")
    for column in ("@interviewer", asked):
        if column is not None and column in accepted.column_names:
            hide[column] = keys.interviewers
    for key in fieldwork.linking_keys:
        if key.column in accepted.column_names:
            hide[key.column] = partial(keys.link_codes, campaign=fieldwork.campaign, linking_key=key)
    used: set[str] = set()
    for column, hidden in hide.items():
        clear = accepted[column].cast(pa.large_string())
        veiled, countries = _hidden_by_country(clear, accepted["@site"], country_of_site, hidden)
        accepted = accepted.set_column(accepted.column_names.index(column), column, veiled)
        used |= countries
    return accepted, {f"respondents-{country}": keys.fingerprint(country) for country in sorted(used)}


def _hidden_by_country(
    clear: pa.ChunkedArray,
    places: pa.ChunkedArray,
    country_of_site: Mapping[str, str],
    hidden: Callable[[pa.ChunkedArray, str], pa.Array],
) -> tuple[pa.ChunkedArray, set[str]]:
    """Each country's values hidden under its own key, and the countries that had any."""
    sites_of = defaultdict(list)
    for site, country in country_of_site.items():
        sites_of[country].append(site)
    nothing = pa.scalar(None, pa.large_string())
    veiled, used = pa.chunked_array([pa.nulls(len(clear), pa.large_string())]), set()
    for country, sites in sorted(sites_of.items()):
        here = _at(places, sites, alone=len(sites_of) == 1)
        theirs = pc.if_else(here, clear, nothing)
        if theirs.null_count < len(theirs):
            veiled = pc.if_else(here, hidden(theirs, country), veiled)
            used.add(country)
    return veiled, used


def question_types(rows: Sequence[pa.Table], instrument: Instrument) -> dict[str, str]:
    """The type of each stored question; a column that the instrument does not ask is text."""
    names = dict.fromkeys(name for table in rows for name in answer_names(table.column_names))
    asked = {name: instrument.question(name) for name in names}
    return {name: "text" if question is None else question.type for name, question in asked.items()}


def _deidentified_aside(
    aside: Aside, fieldwork: Fieldwork, country_of_site: Mapping[str, str], keys: KeyRing
) -> tuple[Aside, dict[str, str]]:
    """The same for rows that are not accepted and yet matter."""
    tables: dict[str, pa.Table] = {}
    marks: dict[str, str] = {}
    for name in ("held", "outdated", "declined"):
        rows = getattr(aside, name)
        if rows.num_rows:
            rows, used = deidentified(rows, fieldwork, country_of_site, keys)
            marks |= used
        tables[name] = rows
    return Aside(**tables, replaced=aside.replaced), marks


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    name: str
    uploader: str
    at: datetime


def _refuse(
    catalogue: Catalogue,
    sender: _File,
    instrument: Instrument,
    fieldwork: Fieldwork,
    sha256: str,
    size: int,
    refused: FileRefused,
) -> Receipt:
    report = refused_report(refused)
    entry = catalogue.store_refusal(_arrival(sender, instrument, fieldwork, sha256, size, report, None))
    return _receipt(sender, sha256, entry, report)


def refused_report(refused: FileRefused) -> CheckReport:
    """The report on a file that could not be read or judged."""
    return CheckReport(
        verdict=REFUSED,
        rows=0,
        accepted=pa.table({}),
        rejected=(),
        held=(),
        problems=refused.problems,
        warnings=(),
        doubts=refused.doubts,
    )


def _arrival(
    sender: _File,
    instrument: Instrument,
    fieldwork: Fieldwork,
    sha256: str,
    size: int,
    report: CheckReport,
    raw: RawFile | None,
) -> Arrival:
    return Arrival(
        campaign=fieldwork.campaign,
        site=fieldwork.site,
        wave=fieldwork.wave,
        sha256=sha256,
        name=sender.name,
        size=size,
        format="" if raw is None else raw.format,
        dialect="" if raw is None else raw.dialect,
        uploader=sender.uploader,
        at=sender.at,
        instrument=instrument.form_id,
        instrument_version=instrument.version,
        instrument_sha256=instrument.sha256,
        questionnaire=encode_instrument(instrument),
        verdict=report.verdict,
        rows=report.rows,
        rejected=len(report.rejected),
        held=len(report.held),
        problems=report.problems,
        warnings=report.warnings,
        accepted=report.accepted,
        aside=NOTHING_ASIDE,
        types={},
        original=_nothing_to_keep,
        seal=bytes,
        key_marks={},
    )


def _receipt(sender: _File, sha256: str, entry: Entry, report: CheckReport) -> Receipt:
    told = replace(
        report,
        accepted=report.accepted.schema.empty_table(),  # a receipt outlives the rows, which still name people
        aside=NOTHING_ASIDE,
        verdict=entry.verdict,
        held=(*(row for row in report.held if row not in entry.settled_rows), *entry.held_rows),
        problems=entry.problems,
        warnings=entry.warnings,
    )
    return Receipt(
        upload=entry.upload,
        repeated=entry.repeated,
        name=sender.name,
        sha256=sha256,
        at=entry.at,
        verdict=entry.verdict,
        accepted=entry.accepted,
        replaced=entry.replaced,
        unchanged=entry.unchanged + len(report.repeated),
        rejected=entry.rejected,
        held=entry.held,
        report=told,
    )


def _at(sites: pa.ChunkedArray, wanted: list[str], *, alone: bool) -> pa.ChunkedArray:
    known = pc.is_in(sites.cast(pa.large_string()), value_set=pa.array(wanted, pa.large_string()))
    return pc.or_(known, pc.is_null(sites)) if alone else known


def _kept(encrypted: Encrypted, keys: KeyRing) -> Encrypted:
    """The encrypted file, once its key is safely written down."""
    keys.keep(encrypted.key)
    return encrypted


def _sealed(path: Path, sha256: str, keys: KeyRing) -> Encrypted:
    """The file's bytes encrypted, if they are still those that were hashed."""
    with path.open("rb") as file:
        encrypted = keys.encrypt(file)
    if encrypted.sha256 != sha256:
        raise CannotProceed(
            str(path), "the file was changed while it was being read; nothing was saved.", "Send it again."
        )
    return encrypted


def _nothing_to_keep() -> Encrypted:
    raise AssertionError("a refused file is not kept")


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return digest.hexdigest(), file.tell()


def _clean_name(name: str) -> str:
    """The sender's name for the file as a plain line; it never becomes a path."""
    plain = Path(name.replace("\\", "/").rsplit("/", 1)[-1])
    return shown(unnamed(plain.stem) + plain.suffix, NAME_CHARACTERS) or "file"


def _today() -> date:
    return datetime.now(UTC).astimezone().date()


def _silent(_step: Step, _share: float) -> None:
    """Nobody watches."""
