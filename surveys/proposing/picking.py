"""Which interviews a row of a log means when it names them by their answers or by the respondent's id."""

from collections.abc import Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from surveys.catalogue import Catalogue
from surveys.display import shown
from surveys.problems import Problem
from surveys.proposing.dialects import LogRow
from surveys.proposing.judging import Pseudonym
from surveys.proposing.questions import Meant, Questions
from surveys.proposing.values import read_value
from surveys.proposing.wanted import Wanted


MOST = 1_000  # interviews that one row of a log may change
_BY_ID = frozenset({"idvalue", "id"})  # columns that hold whatever id the project uses


class Picking:
    """The current interviews of a campaign, to be picked from."""

    def __init__(
        self, catalogue: Catalogue, campaign: str, questions: Questions, pseudonym: Pseudonym | None
    ) -> None:
        self._questions = questions
        self._pseudonym = pseudonym
        self._tables = [table for _, table in catalogue.answers(campaign, catalogue.parts(campaign))]

    def named(self, row: LogRow) -> LogRow:
        """The row with a change for each interview it means, or why it means none."""
        wanted: list[Wanted] = []
        for one in row.wanted:
            if not one.where:
                wanted.append(one)
                continue
            found = self._found(one.where)
            if isinstance(found, Problem):
                problem = replace(found, row=row.row, line=row.row)
                return LogRow(sheet=row.sheet, row=row.row, status="refused", problem=problem)
            wanted += [
                replace(one, submission=id_, where={}) for id_ in found if one.submission in (None, id_)
            ]
        if row.wanted and not wanted:
            problem = Problem(code="correction_unknown_interview", row=row.row, line=row.row, value="")
            return LogRow(sheet=row.sheet, row=row.row, status="refused", problem=problem)
        return replace(row, wanted=tuple(wanted))

    def _found(self, where: Mapping[str, str]) -> list[str] | Problem:
        ids: list[str] = []
        known = False
        for table in self._tables:
            masks = [self._mask(table, name, value) for name, value in where.items()]
            if any(mask is None for mask in masks):
                continue
            known = True
            mask = masks[0]
            for other in masks[1:]:
                mask = pc.and_(mask, other)
            ids += [id_ for id_ in table.filter(mask)["@submission"].to_pylist() if id_ is not None]
        names = shown(", ".join(where))
        if not known:
            return Problem(code="correction_picks_unknown", column=names)
        if not ids:
            return Problem(code="correction_unknown_interview", value=shown(", ".join(where.values())))
        if len(ids) > MOST:
            return Problem(
                code="correction_picks_too_many", column=names, values={"count": len(ids), "most": MOST}
            )
        return ids

    def _mask(self, table: pa.Table, name: str, value: str) -> pa.ChunkedArray | None:
        """Which rows have this answer; None where no column of theirs is meant."""
        meant = self._questions.meant(name)
        if isinstance(meant, Meant) and meant.asked.part != "respondent":
            if meant.asked.name not in table.column_names:
                return None
            cell = read_value(value, None, meant.asked, self._questions)
            text = value if isinstance(cell, Problem) else cell.value
            return _equal(table[meant.asked.name], text)
        is_id = name.casefold() in _BY_ID or isinstance(meant, Meant)
        if not is_id:
            return None
        by_id = _equal(table["@submission"], value)
        if self._pseudonym is None:
            return by_id
        sites = sorted({site or "" for site in table["@site"].to_pylist()})
        people = [self._pseudonym(site, value) for site in sites]
        respondents = table["@respondent"].cast(pa.large_string())
        return pc.or_(by_id, pc.is_in(respondents, value_set=pa.array(people, pa.large_string())))


def _equal(column: pa.ChunkedArray, text: str | None) -> pa.ChunkedArray:
    plain = column.cast(pa.large_string())
    return pc.is_null(plain) if text is None else pc.fill_null(pc.equal(plain, text), False)
