"""A file read and judged with what was decided about its source, and all it leaves open asked together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from surveys.checking import CheckReport, check_table
from surveys.display import shown
from surveys.doubts import Doubt, Option, open_doubts
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument
from surveys.judging.understanding import Known, names_found
from surveys.problems import FileRefused, Problem
from surveys.reading import RawFile, read_file
from surveys.reading.limits import Limits
from surveys.sources import (
    DAY_ORDER,
    NOTHING_DECIDED,
    SHEET,
    Decisions,
    Remembered,
    SourceKey,
    SourceUse,
    column_key,
)


SHEETS_LOOKED_AT = 4  # more tables that could all be the interviews are named, but not read for questions

Recall = Callable[[SourceKey], Remembered | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """By what a file is judged."""

    instrument: Instrument
    fieldwork: Fieldwork | None
    today: date
    answers: Decisions = NOTHING_DECIDED  # given for this file
    recall: Recall | None = None  # what was decided before; None: nobody remembers
    past_maps: Sequence[Mapping[str, str]] = ()  # column maps confirmed in the campaign


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interpreted:
    """A file as it is understood, and how that is to be remembered."""

    raw: RawFile
    report: CheckReport
    source: SourceUse


def interpret_file(
    path: Path,
    judgement: Judgement,
    *,
    name: str | None = None,
    limits: Limits | None = None,
    read: Callable[[], None] | None = None,
) -> Interpreted:
    """Read a file and judge its rows.

    Parameters
    ----------
    read
        Called when the file is read and its rows are about to be judged.

    Raises
    ------
    FileRefused
        It cannot be read or judged; with every question whose answer might change that.
    """
    bounds = limits or Limits()
    raw, of_sheets = _read(path, name, bounds, judgement)
    if read is not None:
        read()
    source, remembered = source_of(raw, judgement)
    decisions = _decisions(remembered, judgement, raw)
    try:
        report = _check(raw, judgement, decisions)
    except FileRefused as refused:
        doubts = [*of_sheets, *refused.doubts]
        raise FileRefused(*refused.problems, doubts=_signed(doubts, remembered, judgement.answers)) from None
    used = (*report.used, *([SHEET] if of_sheets else []))
    report = replace(
        report,
        sheet=raw.interviews.name if of_sheets or judgement.answers.sheet else None,
        doubts=_signed([*of_sheets, *report.doubts], remembered, judgement.answers),
        used=used,
        warnings=(*_of_other_sheets(report.warnings, of_sheets, raw), *_sheet_elsewhere(raw, decisions)),
    )
    use = SourceUse(
        key=source,
        decisions=_to_remember(decisions, judgement.answers, used),
        used=used,
        read_by=None if remembered is None else remembered.id,
    )
    return Interpreted(raw=raw, report=report, source=use)


def source_of(raw: RawFile, judgement: Judgement) -> tuple[SourceKey, Remembered | None]:
    """Where a file comes from, and what was decided about that before."""
    field = judgement.fieldwork
    key = SourceKey(
        campaign=field.campaign if field else "",
        site=(field.site if field else None) or "",
        instrument=judgement.instrument.form_id,
        format=raw.format,
        dialect=raw.dialect,
    )
    return key, judgement.recall(key) if judgement.recall is not None else None


def _decisions(remembered: Remembered | None, judgement: Judgement, raw: RawFile) -> Decisions:
    """What was decided with the answers over it; a new column map lets go of headers that are gone."""
    before = NOTHING_DECIDED if remembered is None else remembered.decisions
    if judgement.answers.columns:
        gone = {column_key(header) for header in set(before.columns) - set(raw.interviews.columns)}
        before = Decisions(answers={key: v for key, v in before.answers.items() if key not in gone})
    return before.with_answers(judgement.answers)


def _check(raw: RawFile, judgement: Judgement, decisions: Decisions) -> CheckReport:
    return check_table(
        raw,
        judgement.instrument,
        judgement.fieldwork,
        today=judgement.today,
        decisions=decisions,
        past_maps=judgement.past_maps,
    )


def _to_remember(decisions: Decisions, answers: Decisions, used: Sequence[str]) -> Decisions:
    """An answer for every open column is remembered for the columns that it settled."""
    order = answers.order_of_all()
    kept = {key: value for key, value in decisions.answers.items() if key != DAY_ORDER}
    if order is not None:
        start = f"{DAY_ORDER}:"
        kept |= {key: order for key in used if key.startswith(start) and key not in kept}
    return Decisions(answers=kept)


def _signed(doubts: Sequence[Doubt], remembered: Remembered | None, answers: Decisions) -> tuple[Doubt, ...]:
    """Doubts with who settled them before, and when."""
    since = {} if remembered is None else remembered.since
    signed = []
    for doubt in doubts:
        keys = [
            doubt.id,
            *(place.id for place in doubt.places),
            *(column_key(one.header) for one in doubt.suggestions),
        ]
        said = [since[key] for key in keys if key in since and key not in answers.answers]
        newest = max(said, key=lambda one: one.at, default=None)
        signed.append(doubt if newest is None else replace(doubt, said=newest))
    return tuple(signed)


# ---- which sheet -----------------------------------------------------------------------------------------


def _read(path: Path, name: str | None, limits: Limits, judgement: Judgement) -> tuple[RawFile, list[Doubt]]:
    """The file, and where several sheets could hold the interviews the settled question which."""
    wanted = judgement.answers.sheet
    try:
        raw = read_file(path, name=name, limits=limits)
    except FileRefused as refused:
        if refused.problem.code != "sheets_ambiguous":
            raise
        names = str(refused.problem.values["names"]).split("\n")
        return _of_several(path, name, limits, judgement, refused, names)
    if wanted is not None and raw.interviews.name != wanted:
        return read_file(path, name=name, limits=limits, sheet=wanted), []
    return raw, []


def _of_several(
    path: Path,
    name: str | None,
    limits: Limits,
    judgement: Judgement,
    refused: FileRefused,
    names: Sequence[str],
) -> tuple[RawFile, list[Doubt]]:
    """The one of several sheets that was decided to hold the interviews.

    Raises
    ------
    FileRefused
        Nothing was decided. It asks which sheet, and what each of them leaves open besides.
    """
    sheets = {one: _sheet(path, name, limits, one) for one in names[:SHEETS_LOOKED_AT]}
    remembered = [one for one, raw in sheets.items() if raw and _sheet_before(raw, judgement) == one]
    chosen = judgement.answers.sheet or (remembered[0] if len(remembered) == 1 else None)
    doubt = _sheet_doubt(names, sheets, judgement)
    if chosen is None:
        besides = _open_in(sheets, judgement)
        if not any(option.values.get("known") for option in doubt.options):
            doubt = replace(
                doubt, blocking=False
            )  # no answer is likely to help: this is no export of the form
            foreign = replace(refused.problem, code="sheets_without_questions")
            raise FileRefused(foreign, doubts=[doubt, *besides]) from None
        raise FileRefused(*refused.problems, doubts=[doubt, *besides]) from None
    raw = sheets.get(chosen) or read_file(path, name=name, limits=limits, sheet=chosen)
    return raw, [replace(doubt, answer=raw.interviews.name)]


def _sheet(path: Path, name: str | None, limits: Limits, sheet: str) -> RawFile | None:
    try:
        return read_file(path, name=name, limits=limits, sheet=sheet)
    except FileRefused:
        return None


def _sheet_before(raw: RawFile, judgement: Judgement) -> str | None:
    remembered = source_of(raw, judgement)[1]
    return None if remembered is None else remembered.decisions.sheet


def _sheet_doubt(names: Sequence[str], sheets: Mapping[str, RawFile | None], judgement: Judgement) -> Doubt:
    return Doubt(
        id=SHEET,
        kind="sheet",
        sentence="sheet.about",
        options=tuple(_sheet_option(one, sheets.get(one), judgement) for one in names),
    )


def _sheet_option(name: str, raw: RawFile | None, judgement: Judgement) -> Option:
    if raw is None:
        return Option(value=name, sentence="sheet.unreadable", values={"sheet": name})
    values = {
        "sheet": name,
        "rows": raw.interviews.rows.num_rows,
        "columns": len(raw.interviews.columns),
        "known": _known_columns(raw, judgement),
    }
    return Option(value=name, sentence="sheet.option", values=values)


def _known_columns(raw: RawFile, judgement: Judgement) -> int:
    known = Known(
        instrument=judgement.instrument,
        fieldwork=judgement.fieldwork,
        today=judgement.today,
        decisions=NOTHING_DECIDED,
    )
    return len(names_found(raw, known))


def _open_in(sheets: Mapping[str, RawFile | None], judgement: Judgement) -> list[Doubt]:
    """What is open in each sheet that holds anything of the questionnaire; asked once where all ask it."""
    found: dict[str, Doubt] = {}
    of_form = {one: raw for one, raw in sheets.items() if raw and _known_columns(raw, judgement)}
    for sheet, raw in of_form.items():
        decisions = _decisions(source_of(raw, judgement)[1], judgement, raw)
        try:
            doubts = _check(raw, judgement, decisions).doubts
        except FileRefused as refused:
            doubts = refused.doubts
        for doubt in open_doubts(doubts):
            only_here = doubt.id not in found and len(of_form) > 1
            found[doubt.id] = replace(doubt, sheet=sheet if only_here else None)
    return list(found.values())


def _of_other_sheets(warnings: Sequence[Problem], of_sheets: Sequence[Doubt], raw: RawFile) -> list[Problem]:
    """The warnings, where a sheet that could be interviews too is said to be left out by decision."""
    chosen = shown(raw.interviews.name)
    could = {shown(one.value) for doubt in of_sheets for one in doubt.options if one.values.get("known", 1)}
    return [
        replace(warning, code="sheet_left_out", values={**warning.values, "read": chosen})
        if warning.code == "sheet_ignored" and warning.values["sheet"] in could
        else warning
        for warning in warnings
    ]


def _sheet_elsewhere(raw: RawFile, decisions: Decisions) -> list[Problem]:
    """A warning where the sheet decided upon is not there, and only another one can hold the interviews."""
    if decisions.sheet is None or raw.interviews.name == decisions.sheet:
        return []
    values = {"sheet": decisions.sheet, "found": raw.interviews.name}
    return [Problem(code="decided_sheet_elsewhere", values=values)]
