"""Where the rows of each roster stand in a file, and to which interview each of them belongs.

KoboToolbox and ODK Central keep a table a roster, joined by an index or a key; nested ones lead through the roster around
them. Ona and SurveyCTO also write rosters beside the interview, as ``member[2]/age`` and ``age_2``.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.instrument import Instrument, Question
from surveys.judging.targets import stored_questions
from surveys.judging.understanding import NOT_AVAILABLE, whole_column
from surveys.reading.table import RawFile, RawTable


NOBODY = -1  # the parent of a row that belongs to no interview
_SHEET_NAME = 31  # characters that Excel keeps of a sheet's name

# Headers that join a roster to what it belongs to: in the roster, in the table around it.
_JOINS = (
    ("PARENT_KEY", "KEY"),
    ("_parent_index", "_index"),
    ("_parent_index", "index"),
    ("__Submissions-id", "__id"),
    ("_submission__uuid", "_uuid"),
    ("_submission__id", "_id"),
    ("uuid", "uuid"),
)
_PLACES = re.compile(r"\[(\d+)\]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RosterTable:
    """The rows of one roster of the form."""

    repeat: str
    table: RawTable
    parents: np.ndarray  # row of the interview, from 0; NOBODY where there is none


def roster_tables(raw: RawFile, instrument: Instrument) -> list[RosterTable]:
    """The rosters of the form that the file has, in the order of the form."""
    tables = _tables_of_their_own(raw, instrument)
    found = []
    for repeat in instrument.repeats:
        if repeat in tables:
            parents = _parents(tables[repeat], raw, 0)
            found.append(RosterTable(repeat=repeat, table=tables[repeat], parents=parents))
        elif (beside := _beside_interview(raw, repeat, instrument)) is not None:
            found.append(beside)
    return found


def roster_questions(instrument: Instrument, repeat: str) -> dict[str, Question]:
    """The questions that are asked in each row of a roster, by name."""
    return {question.name: question for question in instrument.questions if question.repeat == repeat}


def roster_instrument(instrument: Instrument, repeat: str) -> Instrument:
    """The questions of a roster as a questionnaire of their own."""
    inside = tuple(replace(one, repeat=None) for one in roster_questions(instrument, repeat).values())
    return replace(instrument, questions=inside)


# ---- tables of their own -----------------------------------------------------------------------------------


def _tables_of_their_own(raw: RawFile, instrument: Instrument) -> dict[str, RawTable]:
    """Each roster's table: the one of its name, else the one with most of its questions."""
    named = {repeat: table for table in raw.rosters for repeat in instrument.repeats if _is(table, repeat)}
    left = [table for table in raw.rosters if all(table is not other for other in named.values())]
    for table in left:
        leaves = {re.split(r"[/.-]", header)[-1] for header in table.columns} | set(table.columns)
        shared = {
            repeat: len(leaves & set(roster_questions(instrument, repeat)))
            for repeat in instrument.repeats
            if repeat not in named
        }
        best = max(shared, key=lambda repeat: shared[repeat], default=None)
        if best is not None and shared[best]:
            named[best] = table
    return named


def _is(table: RawTable, repeat: str) -> bool:
    name = table.name.rsplit("/", 1)[-1].removesuffix(".csv")
    return name in (repeat, repeat[:_SHEET_NAME]) or name.endswith(f"-{repeat}")


def _parents(table: RawTable, raw: RawFile, depth: int) -> np.ndarray:
    """For each row the interview that it belongs to."""
    around = _table_around(table, raw)
    for child, parent in _JOINS:
        ours, theirs = _column(table, child), _column(around, parent)
        if ours is None:
            continue
        if theirs is None and child == "_parent_index" and raw.format in ("json", "xml"):
            theirs = pa.array([str(place + 1) for place in range(around.rows.num_rows)], pa.large_string())
        if theirs is None or len(pc.unique(theirs)) < len(theirs):
            continue
        places = _looked_up(ours, theirs)
        if (places == NOBODY).all():
            continue
        if around is raw.interviews or depth > len(raw.rosters):
            return places
        beyond = _parents(around, raw, depth + 1)
        return np.where(places == NOBODY, NOBODY, beyond[places])
    return np.full(table.rows.num_rows, NOBODY, dtype=np.int64)


def _table_around(table: RawTable, raw: RawFile) -> RawTable:
    """The table whose rows a roster's rows belong to: another roster's, or that of the interviews."""
    names = _column(table, "_parent_table_name")
    keys = _column(table, "PARENT_KEY")
    others = [other for other in raw.rosters if other is not table]
    if names is not None:
        said = {text for text in pc.unique(names).to_pylist() if text}
        for other in others:
            if other.name in said or other.name.rsplit("/", 1)[-1] in said:
                return other
    if keys is not None and not _share(keys, _column(raw.interviews, "KEY")):
        return next((other for other in others if _share(keys, _column(other, "KEY"))), raw.interviews)
    return raw.interviews


def _share(ours: pa.Array, theirs: pa.Array | None) -> bool:
    return theirs is not None and bool(pc.any(pc.is_in(ours, value_set=theirs)).as_py())


def _column(table: RawTable, header: str) -> pa.Array | None:
    """A column of the exporter's own; SPSS puts a sign before names that begin with an underscore."""
    for place, name in enumerate(table.columns):
        if name.strip().removeprefix("@") == header:
            return whole_column(table, place)
    return None


def _looked_up(ours: pa.Array, theirs: pa.Array) -> np.ndarray:
    found = pc.fill_null(pc.index_in(_spelt(ours), value_set=_spelt(theirs)), NOBODY)
    places: np.ndarray = found.to_numpy(zero_copy_only=False).astype(np.int64)
    places[ours.is_null().to_numpy(zero_copy_only=False)] = NOBODY
    return places


def _spelt(values: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(pc.utf8_trim_whitespace(values), r"\.0+$", "")


# ---- beside the interview ----------------------------------------------------------------------------------


def _beside_interview(raw: RawFile, repeat: str, instrument: Instrument) -> RosterTable | None:
    """The rows of a roster that the interviews' own table holds, one after another; where nothing is said is no row."""
    table = raw.interviews
    nothing_here = pa.array(sorted(NOT_AVAILABLE.get(raw.dialect, ())), pa.large_string())
    columns: dict[tuple[int, ...], dict[str, int]] = defaultdict(dict)
    for place, header, entry in _entries(table.columns, repeat, instrument):
        columns[entry].setdefault(header, place)
    if not columns:
        return None
    headers = list(dict.fromkeys(header for there in columns.values() for header in there))
    cells: dict[str, list[pa.Array]] = {header: [] for header in headers}
    parents: list[np.ndarray] = []
    entries: list[np.ndarray] = []
    nothing = pa.nulls(table.rows.num_rows, pa.large_string())
    for number, entry in enumerate(sorted(columns)):
        there = {
            header: whole_column(table, columns[entry][header]) if header in columns[entry] else nothing
            for header in headers
        }
        said = np.zeros(table.rows.num_rows, dtype=bool)
        for header in headers:
            cells_said = pc.and_(there[header].is_valid(), pc.invert(pc.is_in(there[header], nothing_here)))
            said |= cells_said.to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(said)
        parents.append(rows)
        entries.append(np.full(len(rows), number))
        for header in headers:
            cells[header].append(there[header].take(pa.array(rows)))
    interview = np.concatenate(parents)
    order = np.lexsort((np.concatenate(entries), interview))
    taken = pa.array(order)
    rows_ = {f"c{place}": pa.concat_arrays(cells[header]).take(taken) for place, header in enumerate(headers)}
    inside = RawTable(
        name=repeat,
        columns=tuple(headers),
        rows=pa.table(rows_),
        lines=np.asarray(table.lines, dtype=np.int64)[interview[order]],
    )
    return RosterTable(repeat=repeat, table=inside, parents=interview[order])


def _entries(
    columns: Sequence[str], repeat: str, instrument: Instrument
) -> Iterator[tuple[int, str, tuple[int, ...]]]:
    """The columns of a roster: place, header without numbers, and the numbers of the entry."""
    questions = roster_questions(instrument, repeat)
    outside = set(stored_questions(instrument))
    most = {name: max(1, len(question.path)) for name, question in questions.items()}
    for place, header in enumerate(columns):
        numbered = _PLACES.findall(header)
        if numbered:
            before = header.rpartition("[")[0]
            if before.rsplit("/", 1)[-1] == repeat:
                yield place, _PLACES.sub("", header), tuple(map(int, numbered))
            continue
        found = re.fullmatch(r"(.+?)((?:_\d+)+)", header)
        while found is not None and header not in outside:
            numbers = tuple(map(int, found[2].strip("_").split("_")))
            if len(numbers) <= most.get(found[1], 0):
                yield place, found[1], numbers
                break
            found = re.fullmatch(rf"({re.escape(found[1])}_\d+)((?:_\d+)+)", header)
