"""The interviews of one site and wave as the checks see them: sorted by id, so that no result depends on the order
in which rows came.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from surveys.instrument import Instrument, Question
from surveys.judging.targets import CALCULATED_TYPES, NOT_ASKED_TYPES, stored_questions
from surveys.missing import Missing
from surveys.quality.local_time import local_clock
from surveys.record.payloads import MISSING, NUMERIC


Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int32]
Texts = NDArray[np.object_]
Moments = NDArray[np.datetime64]

REASONS = tuple(Missing)  # a reason is its place here plus one; 0 is none
KEPT_BACK = len(REASONS) + 1  # a text that was given and is kept back because it seems to point to a person
NOT_COMPARED = frozenset({"geopoint", "geotrace", "geoshape", "image", "audio", "video", "file", "barcode"})
NO_ANSWER = -1
NOTHING_KEPT_BACK: Mapping[str, Collection[str]] = {}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """The answers to one question."""

    question: Question
    levels: tuple[str, ...]  # the distinct answers, sorted
    codes: Codes  # place among the levels; -1 where there is no answer
    reasons: NDArray[np.int8]  # see REASONS
    numbers: Floats | None  # where the question asks for a number

    @property
    def asked(self) -> Flags:
        """Where the question was put: not those the form skipped, nor rows that say nothing at all of it."""
        asked: Flags = (self.codes != NO_ANSWER) | (
            (self.reasons > 0) & (self.reasons != reason_code(Missing.NOT_ASKED))
        )
        return asked

    def missing_for(self, reason: Missing) -> Flags:
        """Where there is no answer for this reason."""
        missing: Flags = self.reasons == reason_code(reason)
        return missing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Interviews:
    """One entry an interview. Texts are None, numbers NaN and times NaT where nothing is known."""

    ids: Texts
    interviewer: Texts
    arm: Texts
    cluster: Texts
    stratum: Texts
    respondent: Texts
    day: Moments
    started: Moments  # by the clock of the site
    minutes: Floats
    received: Moments  # universal time
    weight: Floats
    answers: Mapping[str, Answered]  # what respondents were asked, in the order of the form

    def __len__(self) -> int:
        return len(self.ids)

    def named(self, where: Flags) -> tuple[str, ...]:
        """The ids of some of the interviews."""
        return tuple(self.ids[where].tolist())

    def interviewers(self) -> Iterator[tuple[str, Flags]]:
        """Every interviewer and where they worked, in the order of their names."""
        for name in sorted({one for one in self.interviewer.tolist() if one is not None}):
            yield name, self.interviewer == name

    def part(self, name: str) -> Texts | None:
        """Arm, cluster or stratum, or the answers to a question, as text; None where there is no such column."""
        if name in ("arm", "cluster", "stratum"):
            part: Texts = getattr(self, name)
            return part
        answered = self.answers.get(name)
        if answered is None:
            return None
        return np.array([*answered.levels, None], dtype=object)[answered.codes]


def reason_code(reason: Missing) -> int:
    """How a missing reason is kept beside the answers."""
    return REASONS.index(reason) + 1


def interviews_of(
    table: pa.Table,
    instrument: Instrument,
    *,
    parts: Collection[str] = (),
    counted: Collection[str] = (),
    country: str | None = None,
    kept_back: Mapping[str, Collection[str]] = NOTHING_KEPT_BACK,
) -> Interviews:
    """The typed interviews of one site and wave (``surveys.columns``) as the checks see them.

    Parameters
    ----------
    parts
        Questions that place an interview rather than ask a respondent: site, ward, interviewer, weight.
    counted
        Calculated fields that are wanted all the same, because a quota counts by them.
    country
        Two letters; tells the local time of a clock that was written in universal time.
    kept_back
        Of each question the ids of the interviews whose text is kept back; the columns hold it as lost.
    """
    table = _sorted(table)
    wall = _times(table, "@started", "s")
    return Interviews(
        ids=_texts(table, "@submission"),
        interviewer=_texts(table, "@interviewer"),
        arm=_texts(table, "@arm"),
        cluster=_texts(table, "@cluster"),
        stratum=_texts(table, "@stratum"),
        respondent=_texts(table, "@respondent"),
        day=_times(table, "@interview_date", "D"),
        started=local_clock(wall, _numbers(table, "@offset"), country),
        minutes=_numbers(table, "@duration"),
        received=_times(table, "@received", "s"),
        weight=np.nan_to_num(_numbers(table, "@weight"), nan=1.0),
        answers={
            name: _answered(table, name, question, kept_back.get(name, ()))
            for name, question in stored_questions(instrument).items()
            if name in table.column_names
            and name not in parts
            and question.type not in NOT_ASKED_TYPES | NOT_COMPARED
            and (question.type not in CALCULATED_TYPES or name in counted)
        },
    )


def substantive(interviews: Interviews) -> dict[str, Answered]:
    """What respondents said: all answers but those the form worked out."""
    return {n: one for n, one in interviews.answers.items() if one.question.type not in CALCULATED_TYPES}


def _sorted(table: pa.Table) -> pa.Table:
    ids = table["@submission"].cast(pa.large_string())
    if ids.null_count:  # a file without ids: content tells the interviews apart
        rows = [repr(sorted(row.items(), key=lambda item: item[0])) for row in table.to_pylist()]
        keys = pc.coalesce(ids, pa.array(rows, pa.large_string()))
        table = table.take(pc.sort_indices(keys))
        ids = pc.coalesce(
            table["@submission"].cast(pa.large_string()),
            pa.array([f"~{number}" for number in range(1, table.num_rows + 1)], pa.large_string()),
        )
        return table.set_column(table.column_names.index("@submission"), "@submission", ids)
    return table.take(pc.sort_indices(ids))


def _texts(table: pa.Table, name: str) -> Texts:
    if name not in table.column_names:
        return np.full(table.num_rows, None, dtype=object)
    return np.array([*table[name].cast(pa.large_string()).to_pylist(), None], dtype=object)[:-1]


def _numbers(table: pa.Table, name: str) -> Floats:
    if name not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return np.asarray(table[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _times(table: pa.Table, name: str, unit: str) -> Moments:
    if name not in table.column_names:
        return np.full(table.num_rows, np.datetime64("NaT", unit))  # type: ignore[call-overload]
    return np.asarray(table[name].to_numpy()).astype(f"datetime64[{unit}]")


def _answered(table: pa.Table, name: str, question: Question, kept_back: Collection[str]) -> Answered:
    column = table[name]
    numbers = None
    if pa.types.is_floating(column.type) or question.type in NUMERIC:
        numbers = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    codes, levels = _factorised(column)
    reasons = np.zeros(table.num_rows, dtype=np.int8)
    if f"{name}{MISSING}" in table.column_names:
        said = _texts(table, f"{name}{MISSING}")
        known = {str(reason): place for place, reason in enumerate(REASONS, start=1)}
        reasons = np.array([known.get(one, 0) for one in said.tolist()], dtype=np.int8)
    if kept_back:
        given = np.isin(_texts(table, "@submission").astype(str), list(kept_back))
        reasons[given & (reasons == reason_code(Missing.LOST))] = KEPT_BACK
    return Answered(question=question, levels=levels, codes=codes, reasons=reasons, numbers=numbers)


def _factorised(column: pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    plain = column.cast(pa.large_string()) if not pa.types.is_floating(column.type) else column
    coded = plain.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.unify_dictionaries().chunk(0)
    values = coded.dictionary.to_pylist()
    order = sorted(range(len(values)), key=lambda place: values[place])
    rank = np.empty(len(values) + 1, dtype=np.int32)
    rank[order] = np.arange(len(values), dtype=np.int32)
    rank[-1] = NO_ANSWER
    places = coded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return rank[places], tuple(_as_text(values[place]) for place in order)


def _as_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
