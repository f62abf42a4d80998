"""Wanted changes judged by the questionnaire and by what the record holds: all of them together, in any order."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from surveys.corrections.ledger import RESPONDENT, WITHDRAW, Cell, Correction, Proposal
from surveys.display import shown
from surveys.judging.findings import Finding
from surveys.missing import Missing
from surveys.problems import Problem
from surveys.proposing.consequences import Followed, consequences
from surveys.proposing.questions import Meant, Questions
from surveys.proposing.split_answers import joined
from surveys.proposing.values import part_value, read_value
from surveys.proposing.wanted import Judged, Wanted
from surveys.record.interviews import cell_at, column_of


Pseudonym = Callable[[str, str], str]  # site and a respondent's id -> what the record knows the person by


@dataclass(slots=True, kw_only=True, eq=False)
class _Case:
    """One wanted change on its way to the ledger."""

    wanted: Wanted
    row: int = -1  # of the table of interviews
    meant: Meant | None = None
    proposal: Proposal | None = None
    status: str = "proposed"
    problem: Problem | None = None
    told: tuple[Problem, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it may still become a proposal that changes an answer."""
        return self.status == "proposed" and self.wanted.kind != WITHDRAW

    @property
    def cell(self) -> tuple[int, str]:
        """The interview's row and the question."""
        return self.row, self.proposal.question if self.proposal else ""

    def stop(self, status: str, problem: Problem | None) -> None:
        """Nothing is proposed, and why."""
        self.status = status
        self.problem = problem and replace(problem, row=self.wanted.row, line=self.wanted.row)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Ground:
    """What wanted changes are judged against."""

    interviews: pa.Table
    questions: Questions
    pending: Mapping[tuple[int, str], Sequence[Correction]]
    pseudonym: Pseudonym | None
    today: date

    def says(self, name: str, row: int) -> str:
        """A part of an interview; "" where it has none."""
        column = self.interviews[name] if name in self.interviews.column_names else None
        return (column[row].as_py() or "") if column is not None else ""


def judge_wanted(
    wanted: Sequence[Wanted],
    interviews: pa.Table,
    questions: Questions,
    *,
    pending: Sequence[Correction] = (),
    pseudonym: Pseudonym | None = None,
    today: date,
) -> list[Judged]:
    """What each wanted change comes to, in the order given.

    Parameters
    ----------
    wanted
        Each names its interview by ``submission``, as the table's ``@key`` has it.
    interviews
        The interviews as they stand (``Catalogue.interviews``).
    pending
        Corrections of these interviews that wait to be applied: what is wanted may be made against them.
    pseudonym
        How a respondent's id is kept; without it, ids of respondents cannot be corrected.
    """
    rows = {key: row for row, key in enumerate(interviews["@key"].to_pylist())}
    waiting: dict[tuple[int, str], list[Correction]] = defaultdict(list)
    for one in pending:
        if one.submission in rows:
            waiting[rows[one.submission], one.question].append(one)
    ground = _Ground(
        interviews=interviews, questions=questions, pending=waiting, pseudonym=pseudonym, today=today
    )
    cases = [_Case(wanted=one, row=rows.get(one.submission or "", -1)) for one in wanted]
    for case in cases:
        _place(case, ground)
    _join_choices(cases, ground)
    for case in cases:
        if case.open:
            _read(case, ground)
    _against_the_record(cases, ground)
    _by_the_form(cases, ground)
    return [
        Judged(
            wanted=case.wanted,
            status=case.status,
            proposal=case.proposal if case.status == "proposed" else None,
            problem=case.problem,
            consequences=case.told if case.status == "proposed" else (),
        )
        for case in cases
    ]


def _place(case: _Case, ground: _Ground) -> None:
    """Find the interview and the question."""
    if case.row < 0:
        value = shown(case.wanted.submission or "")
        case.stop("refused", Problem(code="correction_unknown_interview", value=value))
    elif ground.interviews["@withdrawn"][case.row].as_py():
        case.stop("nothing_to_do", Problem(code="correction_of_withdrawn"))
    elif case.wanted.kind == WITHDRAW:
        case.proposal = _proposal(case, ground, kind=WITHDRAW)
    else:
        meant = ground.questions.meant(case.wanted.question)
        if isinstance(meant, Problem):
            case.stop("refused", replace(meant, column=shown(case.wanted.question)))
        else:
            case.meant = meant


def _join_choices(cases: Sequence[_Case], ground: _Ground) -> None:
    """Rows about single choices of one answer become one change of the answer."""
    rows = [(case, case.meant) for case in cases if case.open and case.meant is not None]
    held = [(case.wanted, meant, _held(ground, case.row, meant)) for case, meant in rows]
    for (case, _), one in zip(rows, joined(held), strict=True):
        case.wanted = one.wanted
        if one.merged:
            case.stop("merged", None)
        elif one.problem is not None:
            case.stop("stale" if one.problem.code == "correction_old_differs" else "refused", one.problem)


def _read(case: _Case, ground: _Ground) -> None:
    """The old and the new value as the record would keep them."""
    wanted, meant = case.wanted, case.meant
    assert meant is not None, "an open case that changes an answer knows its question"  # noqa: S101
    asked = meant.asked
    held = _held(ground, case.row, meant)
    if asked.part == "respondent":
        _read_respondent(case, held, ground)
        return
    new = read_value(wanted.new, wanted.missing, asked, ground.questions)
    if isinstance(new, Problem):
        case.stop("refused", new)
        return
    part = part_value(new, asked, ground.questions, ground.today.isoformat())
    if isinstance(part, Problem):
        case.stop("refused", part)
        return
    old = held if wanted.old is None else read_value(wanted.old, None, asked, ground.questions)
    if isinstance(old, Problem):
        old = Cell(value=wanted.old)  # what was wrong with it may be why it is corrected
    elif old.value is None and wanted.old is not None:
        old = replace(old, missing=None if old.missing == "blank" else old.missing)
    named = ground.questions.part_of(asked)
    case.proposal = _proposal(
        case, ground, question=asked.name, type=asked.type, part=named,
        part_value=part if named else None, old=old, new=new,
    )  # fmt: skip


def _read_respondent(case: _Case, held: Cell, ground: _Ground) -> None:
    """A respondent's id is corrected under the pseudonym it has; the id itself is kept nowhere."""
    wanted, meant = case.wanted, case.meant
    if ground.pseudonym is None or meant is None or not (wanted.new or "").strip():
        case.stop("refused", Problem(code="correction_identifier", column=shown(wanted.question)))
        return
    site = ground.says("@site", case.row)
    new = ground.pseudonym(site, (wanted.new or "").strip())
    old = (
        held
        if not (wanted.old or "").strip()
        else Cell(value=ground.pseudonym(site, (wanted.old or "").strip()))
    )
    case.proposal = _proposal(
        case, ground, question=meant.asked.name, type="text", part=RESPONDENT, part_value=new,
        old=old, new=Cell(value=new),
    )  # fmt: skip


def _against_the_record(cases: Sequence[_Case], ground: _Ground) -> None:
    """Keep what is made against what the record holds, or against another change that will have been made."""
    for (row, question), group in _by_cell(cases).items():
        column = column_of(question, group[0].proposal.part) if group[0].proposal else question
        held = cell_at(ground.interviews, column, row)
        moves = [(one.old, one.new) for one in ground.pending.get((row, question), ())]
        moves += [(one.proposal.old, one.proposal.new) for one in group if one.proposal]
        reachable = _reachable(held, moves, group[0])
        for case in group:
            if case.proposal is not None and (told := _objection(case.proposal, held, reachable)) is not None:
                case.stop(told[0], Problem(code=told[1], column=question))


def _objection(proposal: Proposal, held: Cell, reachable: Sequence[Cell]) -> tuple[str, str] | None:
    """The status and the code of what the record has against a proposal."""
    kind, old, new = proposal.type, proposal.old, proposal.new
    vague = new.value is None and new.missing == Missing.BLANK  # a blank, whatever the form makes of it
    unchanged = (vague and held.value is None) or _same(new, held, kind)
    if _same(old, new, kind) or (unchanged and old.says(held, kind)):
        return "nothing_to_do", "correction_no_change"
    if any(old.says(value, kind) for value in reachable):
        return None
    return ("nothing_to_do", "correction_already_so") if unchanged else ("stale", "correction_old_differs")


def _by_the_form(cases: Sequence[_Case], ground: _Ground) -> None:
    """Refuse what the form refuses of the interviews as they would be, and tell what follows elsewhere in them."""
    judged = [case for case in cases if case.open and case.proposal and case.proposal.part != RESPONDENT]
    if not judged:
        return
    chosen = sorted({case.row for case in judged})
    at = {row: place for place, row in enumerate(chosen)}
    interviews = ground.interviews.take(pa.array(chosen, pa.int64()))
    before = Followed(ground.questions, interviews, {}, ground.today)
    while True:
        kept = [case for case in judged if case.open]
        changes = _changes(kept, ground, at)
        after = Followed(ground.questions, interviews, changes, ground.today)
        refused = [case for case in kept if _refused_by_form(case, after.objections(at[case.row]))]
        if not refused:
            break
    by_row: dict[int, dict[str, Cell]] = defaultdict(dict)
    for (place, name), cell in changes.items():
        by_row[place][name] = cell
    told = {
        place: consequences(before, after, place, changed, ground.questions)
        for place, changed in by_row.items()
    }
    for case in kept:
        if case.proposal is not None:
            place, name = at[case.row], case.proposal.question
            case.told = told[place].get(name, ())
            if case.proposal.new.value is None and case.proposal.new.missing == "blank":
                case.proposal = replace(case.proposal, new=replace(after.cell(place, name), value=None))


def _refused_by_form(case: _Case, objections: Mapping[tuple[str, str], Finding]) -> bool:
    for (header, code), finding in objections.items():
        if case.proposal is not None and header == case.proposal.question:
            cell = shown(finding.cell) if finding.cell is not None else None
            case.stop("refused", Problem(code=code, column=header, value=cell, values=finding.values))
            return True
    return False


def _changes(kept: Iterable[_Case], ground: _Ground, at: Mapping[int, int]) -> dict[tuple[int, str], Cell]:
    """The cells of these interviews as they would be, with what waits to be applied."""
    moves: dict[tuple[int, str], list[tuple[Cell, Cell, str]]] = defaultdict(list)
    for (row, question), waiting in ground.pending.items():
        if row in at and question:
            moves[row, question] += [
                (one.old, one.new, one.type) for one in waiting if one.part != RESPONDENT
            ]
    for case in kept:
        if case.proposal is not None:
            moves[case.cell].append((case.proposal.old, case.proposal.new, case.proposal.type))
    return {
        (at[row], question): _last(cell_at(ground.interviews, question, row), group)
        for (row, question), group in moves.items()
        if group
    }


def _last(held: Cell, moves: Sequence[tuple[Cell, Cell, str]]) -> Cell:
    """What a cell is after changes that follow each other."""
    waiting = sorted(
        moves, key=lambda move: (move[0].value or "", move[1].value or "", move[1].missing or "")
    )
    value = held
    while (following := next((move for move in waiting if move[0].says(value, move[2])), None)) is not None:
        value = following[1]
        waiting.remove(following)
    return value


def _same(one: Cell, other: Cell, kind: str) -> bool:
    return one.says(other, kind) and one.missing == other.missing


def _reachable(held: Cell, moves: Sequence[tuple[Cell, Cell]], case: _Case) -> list[Cell]:
    kind = case.proposal.type if case.proposal else "text"
    values, waiting = [held], list(moves)
    while following := [move for move in waiting if any(move[0].says(value, kind) for value in values)]:
        values += [new for _, new in following]
        waiting = [move for move in waiting if move not in following]
    return values


def _by_cell(cases: Sequence[_Case]) -> dict[tuple[int, str], list[_Case]]:
    cells: dict[tuple[int, str], list[_Case]] = defaultdict(list)
    for case in cases:
        if case.open and case.proposal is not None:
            cells[case.cell].append(case)
    return cells


def _held(ground: _Ground, row: int, meant: Meant) -> Cell:
    part = RESPONDENT if meant.asked.part == "respondent" else None
    return cell_at(ground.interviews, column_of(meant.asked.name, part), row)


def _proposal(case: _Case, ground: _Ground, **said: object) -> Proposal:
    wanted = case.wanted
    usual: dict[str, object] = {
        "submission": wanted.submission, "site": ground.says("@site", case.row),
        "wave": ground.says("@wave", case.row), "kind": wanted.kind, "reason": wanted.reason,
        "sheet": wanted.sheet or None, "row": wanted.row,
    }  # fmt: skip
    return Proposal(**{**usual, **said})  # type: ignore[arg-type]
