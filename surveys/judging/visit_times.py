"""When each interview began, how long it took and when the server had it: as the device and the server noted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.instrument import Instrument
from surveys.judging.answers import Answers
from surveys.judging.headers import HeaderMap
from surveys.judging.quantities import day_order, read_moment
from surveys.moments import read_clocks
from surveys.sources import NOTHING_DECIDED, Decisions


_WITH_CLOCK = r"^\d{4}-\d\d-\d\dT\d\d:\d\d"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VisitTimes:
    """One entry a row, null where the file does not say."""

    started: pa.Array  # ISO text, the device's own clock, with its offset where it wrote one
    duration: pa.Array  # minutes, as text
    received: pa.Array  # ISO text


def visit_times(
    table: pa.Table,
    headers: HeaderMap,
    answers: Mapping[str, Answers],
    instrument: Instrument,
    decisions: Decisions = NOTHING_DECIDED,
) -> VisitTimes:
    """The clock of every interview: from the form's ``start`` and ``end``, else from the exporter's columns.

    Parameters
    ----------
    table
        The file's columns by position.
    decisions
        Which of day and month comes first, where a person has said it; a clock that leaves it open is not read.
    """
    started = _form_clock("start", answers, instrument)
    if started is None:
        started = _moments(table, headers, "started", decisions)
    ended = _form_clock("end", answers, instrument)
    if ended is None:
        ended = _moments(table, headers, "ended", decisions)
    took = _minutes_between(started, ended)
    stated = _stated_minutes(table, headers)
    minutes = took if stated is None else pc.coalesce(took, stated)
    return VisitTimes(
        started=started,
        duration=pc.round(minutes, 2).cast(pa.large_string()),
        received=_moments(table, headers, "submitted", decisions),
    )


def _form_clock(kind: str, answers: Mapping[str, Answers], instrument: Instrument) -> pa.Array | None:
    """What the form's own ``start`` or ``end`` noted; None where it has no such field."""
    for question in instrument.questions:
        if question.type == kind and question.repeat is None and question.name in answers:
            values = answers[question.name].values
            timed = pc.fill_null(pc.match_substring_regex(values, _WITH_CLOCK), False)
            return pc.if_else(timed, values, pa.scalar(None, values.type))
    return None


def _moments(table: pa.Table, headers: HeaderMap, kind: str, decisions: Decisions) -> pa.Array:
    """A column of metadata as ISO moments; null where a cell has no time of day or cannot be told."""
    for position in headers.metadata.get(kind, ()):
        encoded = table.column(position).combine_chunks().dictionary_encode()
        texts = [text or "" for text in encoded.dictionary.to_pylist()]
        proven = day_order(texts)
        said = decisions.day_order(headers.headers[position])
        known = said or (proven if proven in ("day_first", "month_first") else decisions.order_of_all())
        read = [read_moment(text, known).text if text else "" for text in texts]
        moments = [text if "T" in text else None for text in read]
        return pa.array(moments, pa.large_string()).take(encoded.indices)
    return pa.nulls(table.num_rows, pa.large_string())


def _minutes_between(started: pa.Array, ended: pa.Array) -> pa.Array:
    if len(started) in (started.null_count, ended.null_count):
        return pa.nulls(len(started), pa.float64())
    (begin, ahead_first), (end, ahead_then) = read_clocks(started), read_clocks(ended)
    seconds = pc.subtract(end.cast(pa.int64()), begin.cast(pa.int64()))
    moved = pc.subtract(ahead_then, ahead_first)  # a border, or summer time
    minutes = pc.divide(seconds.cast(pa.float64()), 60.0)
    return pc.subtract(minutes, pc.fill_null(moved, 0).cast(pa.float64()))


def _stated_minutes(table: pa.Table, headers: HeaderMap) -> pa.Array | None:
    """The exporter's own duration, which SurveyCTO and Ona write in seconds."""
    for position in headers.metadata.get("duration", ()):
        texts = table.column(position).combine_chunks()
        plain = pc.fill_null(pc.match_substring_regex(texts, r"^\d{1,9}(\.\d+)?$"), False)
        if np.any(plain.to_numpy(zero_copy_only=False)):
            numbers = pc.if_else(plain, texts, pa.scalar(None, texts.type)).cast(pa.float64())
            return pc.divide(numbers, 60.0)
    return None
