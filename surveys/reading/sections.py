"""Which of several tables holds the interviews, and which software wrote them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow.compute as pc

from surveys.problems import Problem
from surveys.reading.refusal import refused, shown
from surveys.reading.table import RawTable
from surveys.reading.web_forms import web_dialect


# Sheets that people add beside the data; they are left out with a warning, never judged.
NOTES = re.compile(
    r"\A(?:read[\s_-]*me|notes?|info(?:rmation)?|instructions?|about|legend|guide|cover|dictionary|data[\s_-]*dictionary|"
    r"codebook|metadata|labels?|log|change[\s_-]*log|cleaning[\s_-]*log|survey|choices|settings|kobo_survey|"
    r"kobo_choices|external_choices|안내|설명|메모|참고|코드북|범례|표지)\Z",
    re.IGNORECASE,
)
ROSTER_KEYS = ("PARENT_KEY", "_submission__id", "_submission__uuid")
AUDIT_LOGS = (("event", "node", "start", "end"), ("Field name", "Total duration (seconds)"))
# Columns that a log of corrections has and no interview, without case, spaces and punctuation: DIME's two, REACH's,
# SurveyCTO's.
CORRECTION_LOGS = (
    ({"varname"}, {"value"}, {"initials", "valuecurrent"}),
    ({"strvar"}, {"strvalue"}, {"catvar"}),
    ({"duplistid"}, {"newid"}, {"initials", "listofdiffs"}),
    (
        {"question", "questionname", "field", "fieldname", "variable"},
        {"oldvalue", "originalvalue", "valueold", "fromvalue", "previousvalue"},
        {"newvalue", "correctedvalue", "valuenew", "tovalue"},
    ),
)
BESIDE_A_LOG = {"initials", "notes"}  # DIME's list of interviews to drop has these and no column of its own
QUESTIONNAIRE_COLUMNS = {"type", "name"}
CHOICES_COLUMNS = {"list_name", "name"}
QUESTIONNAIRE_SHEETS = re.compile(
    r"survey|(?:external_)?choices|settings|columns|entities|osm|cascades|change ?log", re.I
)
ANSWERS_WIDTH = 4  # a narrower sheet beside a questionnaire is a list that it uses


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """The interviews, their rosters, and what was left out."""

    interviews: RawTable
    rosters: tuple[RawTable, ...] = ()
    warnings: tuple[Problem, ...] = ()


def choose(tables: Sequence[RawTable], *, wanted: str | None = None) -> Sections:
    """The one table of interviews among the visible sheets of a workbook or the members of an archive.

    Parameters
    ----------
    tables
        At least one, each with a header.
    wanted
        The name of the table of interviews, where the uploader gave it.

    Raises
    ------
    FileRefused
        Two tables could be the interviews, none could, or ``wanted`` is not there.
    """
    if wanted is not None:
        return _chosen(tables, wanted)
    _check_questionnaire(tables)
    _check_log(tables)
    rosters = [table for table in tables if is_roster(table)]
    others = [table for table in tables if not is_roster(table)]
    if len(others) > 1:
        others = [table for table in others if not _is_beside_the_point(table)] or others
    filled = [table for table in others if table.rows.num_rows]
    if len(filled) > 1:
        parents = [table for table in filled if any(_points_at(other, table) for other in filled)]
        if len(parents) == 1:
            children = [table for table in filled if _points_at(table, parents[0])]
            rosters += children
            filled = [table for table in filled if not any(table is child for child in children)]
    if len(filled) > 1:
        sheets = ", ".join(f"“{shown(table.name)}”" for table in filled)
        raise refused("sheets_ambiguous", sheets=sheets, names="\n".join(table.name for table in filled))
    if not filled and not others:
        raise refused("only_rosters", sheets=", ".join(f"“{shown(table.name)}”" for table in rosters))
    interviews = filled[0] if filled else others[0]
    return _sections(tables, interviews, rosters)


def is_roster(table: RawTable) -> bool:
    """Whether each row belongs to a row of another table."""
    names = own_names(table.columns)
    if names.intersection(ROSTER_KEYS):
        return True
    if "_parent_index" not in names or "_index" not in names:
        return False
    position = next(i for i, name in enumerate(table.columns) if name.lstrip("@") == "_parent_index")
    parents = table.rows.column(position)
    return bool(pc.any(pc.not_equal(parents, "-1")).as_py())


def own_names(columns: Sequence[str]) -> set[str]:
    """The columns' names without the "@" that SPSS needs before an underscore."""
    return {name.lstrip("@") if name.startswith("@_") else name for name in columns}


def dialect_of(columns: Sequence[str]) -> str:
    """The software whose export has these columns, as RawFile names it."""
    by_web = web_dialect(columns)
    if by_web is not None:
        return by_web
    names = own_names(columns)
    leaves = {name.rsplit("/", 1)[-1].rsplit(".", 1)[-1] for name in names}
    if "KEY" in names and "SubmissionDate" in names:
        central = {"meta-instanceID", "SubmitterID", "AttachmentsPresent", "ReviewState", "FormVersion"}
        return "odk_central" if names & central else "surveycto"
    if "__id" in names and any(name.startswith("__system/") for name in names):
        return "odk_central"
    if names & {"_xform_id", "_media_all_received", "_total_media", "_bamboo_dataset_id"}:
        return "kobo" if "_xform_id_string" in names else "ona"
    if leaves & {"__version__", "_xform_id_string"} or (
        "_uuid" in leaves and leaves & {"_validation_status", "rootUuid"}
    ):
        return "kobo"
    if {"_id", "_uuid", "_submission_time"} <= names and "_index" in names and "_parent_index" not in names:
        return "kobo"
    if "_uuid" in names and names & {"_submission_time", "_submitted_by", "_version"}:
        return "ona"
    return "plain"


def _chosen(tables: Sequence[RawTable], wanted: str) -> Sections:
    for table in tables:
        if table.name.strip().casefold() == wanted.strip().casefold():
            rosters = [other for other in tables if other is not table and is_roster(other)]
            return _sections(tables, table, rosters)
    names = ", ".join(f"“{shown(table.name)}”" for table in tables)
    raise refused("sheet_not_found", sheet=shown(wanted), sheets=names)


def _sections(tables: Sequence[RawTable], interviews: RawTable, rosters: Sequence[RawTable]) -> Sections:
    used = {id(interviews), *map(id, rosters)}
    ignored = [table for table in tables if id(table) not in used]
    warnings = tuple(Problem(code="sheet_ignored", values={"sheet": shown(table.name)}) for table in ignored)
    return Sections(interviews=interviews, rosters=tuple(rosters), warnings=warnings)


def _is_beside_the_point(table: RawTable) -> bool:
    few = len([name for name in table.columns if name]) < 2
    return few or bool(NOTES.match(table.name.strip())) or _is_of_questionnaire(table) or is_log(table)


def _is_of_questionnaire(table: RawTable) -> bool:
    """Whether a sheet under any name lists questions or choices, as the sheets of an XLSForm do."""
    names = {name.casefold() for name in table.columns}
    labelled = any(name.startswith("label") for name in names)
    return labelled and (names >= QUESTIONNAIRE_COLUMNS or names >= CHOICES_COLUMNS)


def is_log(table: RawTable) -> bool:
    """Whether each row is a correction of an answer rather than an interview."""
    names = {re.sub(r"[^a-z]", "", name.casefold()) for name in table.columns}
    return any(all(names & spellings for spellings in log) for log in CORRECTION_LOGS)


def _check_log(tables: Sequence[RawTable]) -> None:
    """Refuse a workbook that is a log of corrections, with nothing beside it that could be answers."""
    rest = [table for table in tables if not is_log(table) and not set(table.columns) >= BESIDE_A_LOG]
    if any(is_log(table) for table in tables) and all(
        _is_beside_the_point(table) or not table.rows.num_rows for table in rest
    ):
        raise refused("correction_log")


def _check_questionnaire(tables: Sequence[RawTable]) -> None:
    """Refuse a workbook that is a questionnaire, with nothing beside it that could be answers."""
    by_name = {table.name.strip().casefold(): table for table in tables}
    survey = by_name.get("survey")
    if survey is None or not QUESTIONNAIRE_COLUMNS.issubset(name.casefold() for name in survey.columns):
        return
    rest = [table for name, table in by_name.items() if not QUESTIONNAIRE_SHEETS.match(name)]
    if not any(len(table.columns) >= ANSWERS_WIDTH and table.rows.num_rows for table in rest):
        raise refused("questionnaire_not_data")


def _points_at(table: RawTable, parent: RawTable) -> bool:
    """Whether a shared identity is unique in ``parent``, repeats in ``table``, and all of it is found there."""
    if table is parent:
        return False
    for name in table.columns:
        if (
            not re.search(r"(?:uuid|_id|\Aid|_index|key|identifier)\Z", name, re.IGNORECASE)
            or name not in parent.columns
        ):
            continue
        own = table.rows.column(table.columns.index(name)).drop_null()
        known = parent.rows.column(parent.columns.index(name)).drop_null()
        if not len(own) or len(own) != table.rows.num_rows or len(known) != parent.rows.num_rows:
            continue
        if len(pc.unique(known)) != len(known) or len(pc.unique(own)) == len(own):
            continue
        if pc.all(pc.is_in(own, value_set=known.combine_chunks())).as_py():
            return True
    return False


def check_kind(table: RawTable) -> None:
    """Refuse a lone table that is plainly something else: a roster, or a log of how a form was filled in."""
    for columns in AUDIT_LOGS:
        if table.columns[: len(columns)] == columns:
            raise refused("audit_log")
    if len(table.columns) == 1 and table.columns[0].casefold() in ("survey", "choices", "settings"):
        raise refused("questionnaire_not_data")
    if is_log(table):
        raise refused("correction_log")
    if is_roster(table):
        raise refused("only_rosters", sheets=f"“{shown(table.name)}”")
