"""Interviews that wait for a person, and steps that are taken back: nothing lost, nothing decided twice."""

from dataclasses import replace

import pytest

from surveys.catalogue import Catalogue
from surveys.judging.sorting import Aside
from surveys.problems import CannotProceed
from surveys.responses import responses_table
from tests.surveys.arriving import accepted, arrival, interview, keys_in


@pytest.fixture
def keys(tmp_path):
    return keys_in(tmp_path)


@pytest.fixture
def catalogue(address):
    with Catalogue(address) as opened:
        yield opened


def heard(catalogue, as_of=None):
    parts = catalogue.parts("pilot", as_of=as_of)
    tables = [table for _, table in catalogue.answers("pilot", parts, as_of)]
    found = {row["@submission"]: row["heard"] for table in tables for row in table.to_pylist()}
    assert sum(part.interviews for part in parts) == len(found)
    return found


def twice(keys, **more):
    """A file that says one interview in two ways, which its check holds."""
    rows = accepted([interview("a", heard="yes"), interview("a", heard="no", cluster="w2")])
    sent = arrival([], keys, rows=2, held=2, verdict="reject-file", content=b"twice", **more)
    return replace(sent, accepted=rows.slice(0, 0), aside=Aside(held=rows))


def test_held_rows_are_kept_and_wait_once_however_often_they_come(catalogue, keys):
    catalogue.store(twice(keys))
    for content in (b"twice", b"twice more"):
        entry = catalogue.store(replace(twice(keys), sha256=content.hex()))
        assert (entry.accepted, entry.unchanged, entry.rejected, entry.held) == (0, 0, 0, 2)
    held = catalogue.held("pilot")
    assert [(one.submission, one.row, one.code) for one in held] == [
        ("a", 1, "duplicate_conflict"),
        ("a", 2, "duplicate_conflict"),
    ]
    [comparison] = catalogue.compare_held("pilot", [held[0].id])
    differing = {name: [cell.value for cell in cells] for name, cells in comparison.differing}
    assert differing == {"@cluster": ["w1", "w2"], "heard": ["yes", "no"]}


def test_an_edit_a_second_interview_and_a_discarded_one_are_remembered(catalogue, keys):
    catalogue.store(twice(keys))
    first, second = catalogue.held("pilot")
    catalogue.decide_held("pilot", first.id, "replace", by="kim")
    both = catalogue.decide_held("pilot", second.id, "both", by="kim", why="two people")
    assert heard(catalogue) == {"a": "yes", "a~2": "no"}
    assert catalogue.held("pilot") == []
    again = catalogue.store(twice(keys))
    assert (again.accepted, again.unchanged, again.held, again.verdict) == (0, 2, 0, "accept")
    assert [warning.code for warning in again.warnings] == ["decided_before"]
    edited = catalogue.store(arrival([interview("a", heard="never", cluster="w2")], keys))
    assert edited.replaced == 1
    assert heard(catalogue) == {"a": "yes", "a~2": "never"}
    with pytest.raises(CannotProceed, match="later steps stand on it"):
        catalogue.undo("pilot", both, by="kim")
    catalogue.undo("pilot", edited.upload, by="kim")
    catalogue.undo("pilot", both, by="kim")
    assert heard(catalogue) == {"a": "yes"}
    [waiting] = catalogue.held("pilot")
    with pytest.raises(CannotProceed, match="not discarded without a reason"):
        catalogue.decide_held("pilot", waiting.id, "discard", by="kim", why=" ")
    catalogue.decide_held("pilot", waiting.id, "discard", by="kim", why="typed twice")
    assert catalogue.store(arrival([interview("a", heard="no", cluster="w2")], keys, content=b"x")).held == 0
    decided = [entry for entry in catalogue.audit_entries() if entry.action == "held interview decided"]
    assert [entry.details["decision"] for entry in decided] == ["replace", "both", "discard"]
    assert catalogue.first_broken_audit_entry() is None


def test_an_older_version_of_a_second_interview_stays_its_own(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    second = [interview("a", heard="no", cluster="w2")]
    catalogue.store(arrival(second, keys))
    catalogue.decide_held("pilot", catalogue.held("pilot")[0].id, "both", by="kim")
    catalogue.store(arrival([interview("a", heard="never", cluster="w2")], keys))
    assert catalogue.store(arrival(second, keys, content=b"again")).unchanged == 1
    assert heard(catalogue) == {"a": "yes", "a~2": "never"}


def test_a_decision_is_not_made_twice(catalogue, keys):
    catalogue.store(twice(keys))
    first, _ = catalogue.held("pilot")
    catalogue.decide_held("pilot", first.id, "replace", by="kim")
    with pytest.raises(CannotProceed, match="already, by kim"):
        catalogue.decide_held("pilot", first.id, "discard", by="lee", why="no")


def test_answers_of_another_site_are_not_shown(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    catalogue.store(arrival([interview("a", site="tha", heard="no")], keys))
    [held] = catalogue.held("pilot", site="tha")
    [comparison] = catalogue.compare_held("pilot", [held.id])
    assert [version.hidden for version in comparison.versions] == [True, False]
    assert [name for name, _ in comparison.differing] == ["@site"]


def test_an_upload_is_taken_back_and_brought_back_exactly(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    second = catalogue.store(arrival([interview("a", heard="no"), interview("b", heard="yes")], keys)).upload
    out = catalogue.undo("pilot", second, by="kim", why="wrong file")
    assert heard(catalogue) == {"a": "yes"}
    back = catalogue.redo("pilot", second, by="kim")
    assert heard(catalogue) == {"a": "no", "b": "yes"}
    with pytest.raises(CannotProceed, match="counts as it is"):
        catalogue.redo("pilot", second, by="kim")
    assert [heard(catalogue, as_of=step) for step in (1, second, out, back)] == [
        {"a": "yes"},
        {"a": "no", "b": "yes"},
        {"a": "yes"},
        {"a": "no", "b": "yes"},
    ]
    assert [(one.id, one.kind, one.in_force) for one in catalogue.steps("pilot")] == [
        (4, "undo", True),
        (3, "undo", False),
        (2, "file", True),
        (1, "file", True),
    ]


def test_what_later_uploads_stand_on_stays(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    longer = catalogue.store(arrival([interview("a", heard="yes"), interview("b", heard="no")], keys)).upload
    with pytest.raises(CannotProceed, match=r"stand on it \(2\)"):
        catalogue.undo("pilot", 1, by="kim")
    catalogue.undo("pilot", longer, by="kim")
    catalogue.undo("pilot", 1, by="kim")
    assert heard(catalogue) == {}
    with pytest.raises(CannotProceed, match="upload 1 had brought"):
        catalogue.redo("pilot", longer, by="kim")


def test_a_file_that_was_taken_back_may_be_sent_again(catalogue, keys):
    sent = arrival([interview("a", heard="yes")], keys)
    catalogue.store(sent)
    catalogue.undo("pilot", 1, by="kim")
    entry = catalogue.store(sent)
    assert (entry.repeated, entry.accepted) == (False, 1)
    assert heard(catalogue) == {"a": "yes"}
    with pytest.raises(CannotProceed, match="stand on it"):
        catalogue.redo("pilot", 1, by="kim")


@pytest.mark.parametrize("verdict", ["accept-with-rejected-rows", "reject-file"])
def test_an_old_file_sent_again_takes_nothing_back(catalogue, keys, verdict):
    no = accepted([interview("a")])
    unmended = replace(
        arrival([], keys, rows=1, rejected=1, content=b"no", verdict=verdict),
        accepted=no.slice(0, 0),
        aside=Aside(declined=no),
    )
    catalogue.store(unmended)
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    assert catalogue.store(unmended).withdrawn == 0
    assert heard(catalogue) == {"a": "yes"}


def test_consent_taken_back_takes_the_interview_out_and_a_mistake_brings_it_back(catalogue, keys):
    sent = arrival([interview("a", heard="yes"), interview("b", heard="yes")], keys)
    catalogue.store(sent)
    no = accepted([interview("uuid:a")])
    declining = replace(
        arrival([], keys, rows=1, rejected=1, content=b"no"),
        accepted=no.slice(0, 0),
        aside=Aside(declined=no),
    )
    entry = catalogue.store(declining)
    assert (entry.withdrawn, entry.rejected, entry.accepted) == (1, 1, 0)
    assert heard(catalogue) == {"b": "yes"}
    assert heard(catalogue, as_of=1) == {"a": "yes", "b": "yes"}
    again = catalogue.store(sent)
    assert (again.unchanged, heard(catalogue)) == (2, {"b": "yes"})
    other = catalogue.store(arrival([interview("a", heard="changed")], keys))
    assert [problem.code for problem in other.problems] == ["consent_withdrawn_before"]
    assert [one.details["withdrawn"] for one in catalogue.audit_entries() if "withdrawn" in one.details] == [
        0,
        1,
        0,
    ]
    catalogue.undo("pilot", entry.upload, by="kim")
    assert heard(catalogue) == {"a": "yes", "b": "yes"}


def test_nothing_is_brought_back_over_consent_that_was_withdrawn_later(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    catalogue.undo("pilot", 1, by="kim")
    catalogue.store(arrival([interview("a", heard="no")], keys))
    no = accepted([interview("a")])
    sent = arrival([], keys, rows=1, rejected=1, content=b"no")
    withdrawal = catalogue.store(replace(sent, accepted=no.slice(0, 0), aside=Aside(declined=no))).upload
    with pytest.raises(CannotProceed, match=rf"stand on it \({withdrawal}\)"):
        catalogue.redo("pilot", 1, by="kim")
    assert heard(catalogue) == {}


@pytest.mark.parametrize("other", [{"cluster": "w9"}, {"wave": "endline"}, {"site": "tha"}])
def test_another_interview_without_consent_takes_nothing_out(catalogue, keys, other):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    no = accepted([interview("a", **other)])
    sent = arrival([], keys, rows=1, rejected=1, content=b"no")
    assert catalogue.store(replace(sent, accepted=no.slice(0, 0), aside=Aside(declined=no))).withdrawn == 0
    assert heard(catalogue) == {"a": "yes"}


def test_ids_that_come_back_are_adopted_and_nothing_doubles(catalogue, keys):
    catalogue.store(arrival([interview(None, heard="yes"), interview(None, heard="no")], keys))
    entry = catalogue.store(arrival([interview("a", heard="yes"), interview("b", heard="no")], keys))
    assert (entry.accepted, entry.unchanged, entry.held) == (0, 2, 0)
    assert heard(catalogue) == {"a": "yes", "b": "no"}
    for rows in ([interview(None, heard="yes")], [interview("uuid:a", heard="yes")]):
        assert catalogue.store(arrival(rows, keys, content=repr(rows).encode())).unchanged == 1
    assert catalogue.store(arrival([interview("a", heard="never")], keys)).replaced == 1
    assert heard(catalogue) == {"a": "never", "b": "no"}


def test_an_export_that_lost_its_ids_doubles_nothing(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes"), interview("b", heard="no")], keys))
    entry = catalogue.store(arrival([interview(None, heard="yes"), interview(None, heard="new")], keys))
    assert (entry.accepted, entry.unchanged) == (1, 1)
    assert len(responses_table(catalogue, "pilot")) == 3


def test_answers_that_several_interviews_give_are_held_when_ids_come_back(catalogue, keys):
    catalogue.store(arrival([interview(None, heard="yes"), interview(None, heard="yes")], keys))
    entry = catalogue.store(arrival([interview("a", heard="yes")], keys))
    assert [problem.code for problem in entry.problems] == ["same_answers"]


def test_the_versions_of_an_interview_are_told_without_its_answers(catalogue, keys):
    catalogue.store(arrival([interview("uuid:a", heard="yes", age="30")], keys))
    catalogue.store(arrival([interview("a", heard="no", age="30", cluster=None)], keys))
    catalogue.undo("pilot", 2, by="kim")
    told = [(one.upload, one.came, one.went, one.changed) for one in catalogue.revisions("pilot", "UUID:a")]
    assert told == [(1, 1, 2, ()), (2, 2, 3, ("cluster", "heard")), (1, 3, None, ("cluster", "heard"))]


def test_steps_that_cannot_be_taken_back_say_why(catalogue, keys):
    catalogue.store_refusal(arrival([], keys, verdict="reject-file", content=b"junk"))
    with pytest.raises(CannotProceed, match="Nothing of step 1"):
        catalogue.undo("pilot", 1, by="kim")
    with pytest.raises(CannotProceed, match="no step 99"):
        catalogue.undo("pilot", 99, by="kim")
