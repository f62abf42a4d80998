"""Corrections in the record: decided by two, laid over what was received, placed in time, replayed, undone."""

import itertools
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveys.catalogue import Catalogue
from surveys.columns import answers_files, refresh
from surveys.corrections.ledger import Cell, Proposal, State
from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from surveys.record.logs import ImportedLog, LogRowEntry
from surveys.responses import responses_table
from tests.surveys.arriving import arrival, interview, keys_in


AUTHOR, APPROVER = "sita", "minji"


def proposal(submission: str, question: str, old: str | None, new: str | None, **said: object) -> Proposal:
    usual = {"site": "npl", "wave": "baseline", "kind": "change", "reason": "called back"}
    kind = {"age": "integer", "born": "date"}.get(question, "select_one")
    old_cell = old if isinstance(old, Cell) else Cell(value=old)
    new_cell = new if isinstance(new, Cell) else Cell(value=new)
    return Proposal(
        submission=submission, question=question, type=kind, old=old_cell, new=new_cell, **{**usual, **said}
    )


def withdrawal(submission: str) -> Proposal:
    return Proposal(
        submission=submission, site="npl", wave="baseline", kind="withdraw", reason="a test interview"
    )


def enter(catalogue: Catalogue, *proposals: Proposal, author: str = AUTHOR) -> list[int]:
    return [id_ for id_, _ in catalogue.propose("pilot", proposals, author=author)]


def applied(catalogue: Catalogue, *proposals: Proposal) -> list[int]:
    ids = enter(catalogue, *proposals)
    catalogue.decide("pilot", ids, "approve", by=APPROVER)
    catalogue.decide("pilot", ids, "apply", by=APPROVER)
    return ids


def held(catalogue: Catalogue, question: str = "age", as_of: int | None = None) -> dict[str, str | None]:
    table = responses_table(catalogue, "pilot", as_of=as_of)
    if question not in table.column_names:
        return {}
    return dict(zip(table["submission_id"].to_pylist(), table[question].to_pylist(), strict=True))


def states(catalogue: Catalogue) -> list[tuple[str, str | None]]:
    return [(one.state.value, one.told) for one in catalogue.corrections("pilot")]


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return keys_in(tmp_path)


@pytest.fixture
def record(address: str, keys: KeyRing) -> Catalogue:
    catalogue = Catalogue(address)
    catalogue.store(
        arrival([interview("a", age="30", heard="yes"), interview("b", age="41", heard=...)], keys)
    )
    yield catalogue
    catalogue.close()


def test_a_correction_counts_only_once_it_is_approved_by_another_and_applied(record: Catalogue) -> None:
    ids = enter(record, proposal("a", "age", "30", "31"))
    (own,) = record.decide("pilot", ids, "approve", by=" SITA ")
    assert (own.state, own.told) == (State.PROPOSED, "own_correction")
    (early,) = record.decide("pilot", ids, "apply", by=APPROVER)
    assert (early.state, early.told) == (State.PROPOSED, "wrong_state")
    record.decide("pilot", ids, "approve", by=APPROVER, why="seen the paper form")
    assert held(record) == {"a": "30", "b": "41"}
    record.decide("pilot", ids, "apply", by=AUTHOR)
    assert held(record) == {"a": "31", "b": "41"}
    history = record.correction_steps(ids)[ids[0]]
    assert [(step.state.value, step.actor) for step in history] == [
        ("proposed", AUTHOR), ("approved", APPROVER), ("applied", AUTHOR),
    ]  # fmt: skip
    assert history[1].why == "seen the paper form"


def test_the_payload_stays_as_received_and_undoing_gives_back_exactly_what_was_there(
    record: Catalogue, tmp_path: Path
) -> None:
    before = responses_table(record, "pilot")
    columns = [pa.parquet.read_table(path) for path in refresh(record, tmp_path, "pilot")]
    ids = applied(
        record,
        proposal("a", "age", "30", Cell(missing="blank")),
        proposal("b", "heard", Cell(value="dk", missing="dont_know"), "no"),
        proposal("b", "new_question", Cell(), "x"),
        withdrawal("a"),
    )
    assert responses_table(record, "pilot")["submission_id"].to_pylist() == ["b"]
    record.decide("pilot", ids, "undo", by=APPROVER)
    assert responses_table(record, "pilot").equals(before)
    again = [pa.parquet.read_table(path) for path in refresh(record, tmp_path, "pilot")]
    assert all(one.equals(other) for one, other in zip(columns, again, strict=True))
    assert {one.state for one in record.corrections("pilot")} == {State.UNDONE}


def test_what_no_longer_is_as_it_was_when_corrected_is_told_and_not_applied(record: Catalogue) -> None:
    applied(
        record,
        proposal("a", "age", "29", "31"),
        proposal("nobody", "age", "30", "31"),
        proposal("b", "age", "41", "40"),
    )
    assert states(record) == [("stale", "old_value_differs"), ("stale", "interview_gone"), ("applied", None)]
    assert held(record) == {"a": "30", "b": "40"}


def test_two_corrections_of_a_cell_follow_each_other_or_contradict(record: Catalogue) -> None:
    applied(
        record,
        proposal("a", "age", "31", "32"),
        proposal("a", "age", "30", "31"),
        proposal("b", "age", "41", "42"),
        proposal("b", "age", "41", "43"),
    )
    assert held(record) == {"a": "32", "b": "41"}
    assert states(record)[2:] == [("approved", "conflict")] * 2
    record.decide("pilot", [3], "reject", by=APPROVER, why="misread")
    record.decide("pilot", [4], "apply", by=APPROVER)
    assert held(record)["b"] == "43"


def test_an_earlier_correction_is_undone_only_together_with_those_on_top_of_it(record: Catalogue) -> None:
    first, second = applied(record, proposal("a", "age", "30", "31"), proposal("a", "age", "31", "32"))
    (refused,) = record.decide("pilot", [first], "undo", by=APPROVER)
    assert refused.told == "later_stands_on_it"
    assert held(record)["a"] == "32"
    record.decide("pilot", [second], "undo", by=APPROVER)
    assert held(record)["a"] == "31"
    record.decide("pilot", [first], "undo", by=APPROVER)
    assert held(record)["a"] == "30"


def test_numbers_as_of_an_upload_stay_what_they_were(
    record: Catalogue, keys: KeyRing, tmp_path: Path
) -> None:
    ids = applied(record, proposal("a", "age", "30", "31"))
    after_applying = record.newest_upload("pilot")
    record.store(arrival([interview("a", age="30", heard="no")], keys))
    after_upload = record.newest_upload("pilot")
    record.decide("pilot", ids, "undo", by=APPROVER)
    assert [held(record, as_of=place)["a"] for place in (1, after_applying, after_upload)] == [
        "30",
        "31",
        "31",
    ]
    assert held(record, "heard", as_of=after_upload)["a"] == "no"
    assert held(record)["a"] == "30"
    assert [upload.id for upload in record.uploads("pilot")] == [after_upload, 1]
    refresh(record, tmp_path, "pilot", as_of=after_applying)
    (file,) = answers_files(tmp_path, "pilot", as_of=after_applying)
    assert pa.parquet.read_table(file)["age"].to_pylist() == [31, 41]


def test_the_mark_of_a_site_changes_with_every_decision_that_changes_an_answer(record: Catalogue) -> None:
    def mark() -> tuple[str, int]:
        (part,) = record.parts("pilot")
        return part.mark, part.interviews

    seen = [mark()]
    ids = enter(record, withdrawal("a"))
    record.decide("pilot", ids, "approve", by=APPROVER)
    assert mark() == seen[0]
    for action in ("apply", "undo"):
        record.decide("pilot", ids, action, by=APPROVER)
        seen.append(mark())
    assert len({name for name, _ in seen}) == 3
    assert [count for _, count in seen] == [2, 1, 2]


@pytest.mark.parametrize(
    ("sent", "state", "holds"),
    [("30", "applied", "31"), ("31", "absorbed", "31"), ("35", "stale", "35")],
)
def test_an_applied_correction_is_replayed_on_a_newer_version(
    record: Catalogue, keys: KeyRing, sent: str, state: str, holds: str
) -> None:
    applied(record, proposal("a", "age", "30", "31"))
    entry = record.store(arrival([interview("a", age=sent, heard="no")], keys))
    assert held(record)["a"] == holds
    assert held(record, as_of=2)["a"] == "31"
    assert record.corrections("pilot")[0].state == state
    told = {"applied": "corrections_stays", "absorbed": "corrections_absorbed", "stale": "corrections_stale"}
    assert told[state] in {warning.code for warning in entry.warnings}


def test_a_file_sent_again_unchanged_leaves_corrections_applied(record: Catalogue, keys: KeyRing) -> None:
    applied(record, proposal("a", "age", "30", "31"), withdrawal("b"))
    record.store(arrival([interview("a", age="30", heard="yes"), interview("b", age="41", heard=...)], keys))
    record.store(arrival([interview("b", age="44", heard="no")], keys))
    assert held(record) == {"a": "31"}
    assert [state for state, _ in states(record)] == ["applied", "applied"]


def test_waiting_corrections_are_looked_at_when_their_interview_changes(
    record: Catalogue, keys: KeyRing
) -> None:
    enter(record, proposal("a", "age", "30", "31"), proposal("a", "heard", "yes", "no"))
    record.store(arrival([interview("a", age="33", heard="yes")], keys))
    assert states(record) == [("stale", "changed_by_export"), ("proposed", None)]


def test_the_same_proposal_again_is_the_same_correction(record: Catalogue) -> None:
    assert record.propose("pilot", [proposal("a", "age", "30", "31")], author=AUTHOR) == [(1, False)]
    assert record.propose("pilot", [proposal("a", "age", "30.0", "31")], author="other") == [(1, True)]


def test_a_log_is_stored_with_what_became_of_each_row(record: Catalogue) -> None:
    refused = LogRowEntry(
        sheet="log", row=3, status="refused", code="correction_no_new_value", values={"column": "age"}
    )
    taken = LogRowEntry(sheet="log", row=2, status="proposed", code="")
    log = ImportedLog(
        campaign="pilot", name="log.csv", sha256="0" * 64, dialect="reach",
        proposals=[proposal("a", "age", "30", "31", sheet="log", row=2)], rows=[(taken, [0]), (refused, [])],
    )  # fmt: skip
    number = record.import_log(log, by=AUTHOR)
    first, second = record.log_rows(number)
    assert (first.status, first.corrections) == ("proposed", (1,))
    assert second == refused
    (one,) = record.corrections("pilot", log=number)
    assert (one.log_name, one.sheet, one.row, one.author) == ("log.csv", "log", 2, AUTHOR)
    again = record.import_log(log, by=AUTHOR)
    assert record.log_rows(again)[0].status == "already_there"


def test_the_audit_names_corrections_and_never_an_answer(record: Catalogue) -> None:
    applied(record, proposal("a", "remark", None, "zebra", reason="says zebra on paper"))
    said = " ".join(str(entry.details) for entry in record.audit_entries())
    assert "'corrections': [1]" in said
    assert "zebra" not in said
    assert record.first_broken_audit_entry() is None


def test_a_number_that_is_not_in_the_ledger_is_told(record: Catalogue) -> None:
    with pytest.raises(CannotProceed, match="correction 99"):
        record.decide("pilot", [99], "approve", by=APPROVER)


def test_the_order_in_which_corrections_are_entered_does_not_matter(tmp_path: Path) -> None:
    proposals = [
        proposal("a", "age", "30", "31"), proposal("a", "age", "31", "32"), proposal("a", "heard", "yes", "no"),
        proposal("b", "age", "41", "50"), proposal("b", "age", "41", "51"),
    ]  # fmt: skip
    outcomes = set()
    for number, order in enumerate(itertools.islice(itertools.permutations(proposals), 0, 120, 9)):
        keys = keys_in(tmp_path)
        with Catalogue(f"sqlite:///{tmp_path / f'{number}.db'}") as catalogue:
            catalogue.store(arrival([interview("a", age="30", heard="yes"), interview("b", age="41")], keys))
            applied(catalogue, *order)
            outcomes.add((*held(catalogue).items(), *held(catalogue, "heard").items()))
    assert outcomes == {(("a", "32"), ("b", "41"), ("a", "no"), ("b", None))}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    cells=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["age", "heard", "withdraw"]), st.sampled_from(["50", "dk", None])),
        min_size=1, max_size=6, unique_by=lambda cell: cell[:2],
    )
)  # fmt: skip
def test_applying_and_undoing_any_corrections_is_as_if_nothing_had_been(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, str, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("record")
    with Catalogue(f"sqlite:///{folder / 'catalogue.db'}") as catalogue:
        rows = [interview("a", age="30", heard="yes"), interview("b", age="41", heard="no")]
        catalogue.store(arrival(rows, keys_in(folder)))
        before = responses_table(catalogue, "pilot")
        now = {row["submission"]: row for row in rows}
        ids = applied(
            catalogue,
            *(
                withdrawal(submission)
                if question == "withdraw"
                else proposal(submission, question, now[submission][question], new)
                for submission, question, new in cells
            ),
        )
        assert not responses_table(catalogue, "pilot").equals(before)
        for chosen in (ids[::2], ids[1::2]):
            catalogue.decide("pilot", chosen, "undo", by=APPROVER)
        assert responses_table(catalogue, "pilot").equals(before)
