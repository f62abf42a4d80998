"""The rows of a file as tables: their parts and answers under the instrument's names, and those set aside."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from surveys.fieldwork import Fieldwork, Part
from surveys.judging.answers import REASONS, Answers
from surveys.judging.headers import HeaderMap
from surveys.judging.identity import Identity
from surveys.judging.placing import Placement
from surveys.judging.visit_times import VisitTimes
from surveys.reading.table import RawTable


_AS_RECEIVED: tuple[Part, ...] = ("cluster", "stratum", "weight", "respondent", "interviewer")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aside:
    """Rows that are not accepted and yet matter to what is stored, in the columns of the accepted ones."""

    held: pa.Table = field(default_factory=lambda: pa.table({}))
    outdated: pa.Table = field(
        default_factory=lambda: pa.table({})
    )  # older versions of interviews of which the file holds a newer one
    declined: pa.Table = field(
        default_factory=lambda: pa.table({})
    )  # the parts alone, no answer, of interviews whose respondent said no
    replaced: Mapping[str, str] = field(default_factory=dict)  # version -> the one it replaces


NOTHING_ASIDE = Aside()


def parts_of(
    table: RawTable,
    answers: Mapping[str, Answers],
    fieldwork: Fieldwork | None,
    placement: Placement,
    identity: Identity,
    times: VisitTimes,
) -> dict[str, pa.Array]:
    """What every row is, apart from its answers: its place in the file, who was interviewed where and when."""
    rows = table.rows.num_rows
    nothing = pa.nulls(rows, pa.large_string())
    named = fieldwork.parts if fieldwork else {}
    plain = {
        f"@{part}": answers[named[part]].values
        for part in _AS_RECEIVED
        if part in named and named[part] in answers
    }
    return {
        "@row": pa.array(np.arange(1, rows + 1, dtype=np.int64)),
        "@line": pa.array(np.asarray(table.lines, dtype=np.int64)),
        "@submission": identity.ids,
        "@site": placement.site,
        "@wave": placement.wave,
        "@arm": placement.arm,
        **{f"@{part}": plain.get(f"@{part}", nothing) for part in _AS_RECEIVED[:4]},
        "@interview_date": placement.interview_date,
        "@interviewer": plain.get("@interviewer", nothing),
        "@edit": identity.edits,
        "@started": times.started,
        "@duration": times.duration,
        "@received": times.received,
        "@root": identity.roots,
        "@version": identity.versions,
        "@previous": identity.previous,
    }


def rows_of(
    parts: Mapping[str, pa.Array], answers: Mapping[str, Answers], headers: HeaderMap, wanted: np.ndarray
) -> pa.Table:
    """Some rows as a table: their parts, each question's canonical text, and why an answer is missing."""
    columns = dict(parts)
    words = pa.array([str(reason) for reason in REASONS], pa.large_string())
    places = None if wanted.all() else np.flatnonzero(wanted)
    for name, one in answers.items():
        if headers.answers[name].secret:
            continue
        columns[name] = one.values
        if one.reasons is not None and (wanted & (one.reasons > 0)).any():
            said = pa.array(one.reasons - 1, mask=one.reasons == 0)
            columns[f"{name}@missing"] = pa.DictionaryArray.from_arrays(said, words)
    table = pa.table(columns)
    return table if places is None else table.take(pa.array(places))
