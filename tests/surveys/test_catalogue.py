"""The record on real databases: what a file changes, what it leaves alone, and what it must never half do."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from surveys.catalogue import Catalogue
from surveys.columns import refresh
from surveys.problems import CannotProceed, Problem
from tests.surveys.arriving import arrival, interview, keys_in


@pytest.fixture
def keys(tmp_path):
    return keys_in(tmp_path)


@pytest.fixture
def catalogue(address):
    with Catalogue(address) as opened:
        yield opened


def rows(catalogue, campaign="pilot", as_of=None):
    """submission -> its current row, over all uploads."""
    parts = catalogue.parts(campaign, as_of=as_of)
    tables = [table for _, table in catalogue.answers(campaign, parts, as_of)]
    return {row["@submission"]: row for table in tables for row in table.to_pylist()}


def counts(entry):
    return entry.accepted, entry.unchanged, entry.replaced, entry.held


def codes(problems):
    return [problem.code for problem in problems]


def test_a_file_is_stored_with_its_answers_bytes_and_history(catalogue, keys):
    sent = arrival([interview("a", heard="yes"), interview("b", heard=...)], keys, content=b"the bytes")
    entry = catalogue.store(sent)
    assert (entry.upload, entry.repeated, entry.verdict) == (1, False, "accept")
    assert counts(entry) == (2, 0, 0, 0)
    assert rows(catalogue)["b"]["heard@missing"] == "dont_know"
    assert catalogue.original(entry.upload, keys) == b"the bytes"
    (upload,) = catalogue.uploads("pilot")
    assert (upload.name, upload.uploader, upload.accepted, upload.size) == ("march.csv", "team-npl", 2, 9)
    assert upload.uploaded_at == sent.at
    assert catalogue.newest_upload("pilot") == 1
    (part,) = catalogue.parts("pilot")
    assert (part.site, part.wave, part.interviews, part.uploads) == ("npl", "baseline", 2, (1,))


def test_the_same_file_again_changes_nothing(catalogue, keys):
    sent = arrival([interview("a", heard="yes"), interview("b", heard="no")], keys)
    first = catalogue.store(sent)
    again = catalogue.store(replace(sent, at=datetime.now(UTC)))
    assert again.repeated
    assert again.upload == first.upload
    assert counts(again) == (0, 2, 0, 0)
    assert len(catalogue.uploads("pilot")) == 1
    assert [entry.action for entry in catalogue.audit_entries()] == ["upload stored", "upload repeated"]


def test_a_longer_export_adds_only_what_is_new(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    entry = catalogue.store(arrival([interview("b", heard="no"), interview("a", heard="yes")], keys))
    assert counts(entry) == (1, 1, 0, 0)
    assert set(rows(catalogue)) == {"a", "b"}


def test_columns_in_another_order_or_empty_ones_are_no_change(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes", age="30")], keys))
    entry = catalogue.store(arrival([interview("a", age="30", remark=None, heard="yes")], keys))
    assert counts(entry) == (0, 1, 0, 0)


def test_a_number_that_a_spreadsheet_wrote_otherwise_is_no_change(catalogue, keys):
    catalogue.store(arrival([interview("a", age="30.0", weight="1.50")], keys))
    entry = catalogue.store(arrival([interview("a", age="30", weight="1.5")], keys))
    assert counts(entry) == (0, 1, 0, 0)
    entry = catalogue.store(arrival([interview("a", age="31", weight="1.5")], keys))
    assert counts(entry) == (1, 0, 1, 0)


def test_codes_are_compared_as_they_are_written(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="01")], keys))
    assert counts(catalogue.store(arrival([interview("a", heard="1")], keys))) == (1, 0, 1, 0)


def test_a_corrected_interview_becomes_a_new_revision_and_the_old_one_is_kept(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes"), interview("b", heard="no")], keys))
    entry = catalogue.store(arrival([interview("a", heard="no"), interview("b", heard="no")], keys))
    assert counts(entry) == (1, 1, 1, 0)
    assert entry.verdict == "accept"
    assert codes(entry.warnings) == ["interviews_replaced"]
    assert entry.warnings[0].values == {"count": 1}
    assert {id_: row["heard"] for id_, row in rows(catalogue).items()} == {"a": "no", "b": "no"}
    assert {id_: row["heard"] for id_, row in rows(catalogue, as_of=1).items()} == {"a": "yes", "b": "no"}
    assert catalogue.parts("pilot")[0].interviews == 2


@pytest.mark.parametrize(
    "other",
    [{"wave": "endline"}, {"cluster": "w2"}, {"respondent": "r2"}, {"interview_date": "2026-02-09"}],
    ids=lambda other: next(iter(other)),
)
def test_another_interview_under_a_known_id_is_held(catalogue, keys, other):
    catalogue.store(arrival([interview("a", respondent="r1", heard="yes")], keys))
    second = {**interview("a", respondent="r1", heard="no"), **other}
    entry = catalogue.store(arrival([second, interview("c", heard="yes")], keys))
    assert counts(entry) == (1, 0, 0, 1)
    assert entry.verdict == "accept-with-rejected-rows"
    assert [(p.code, p.row, p.line, p.value) for p in entry.problems] == [("different_interview", 1, 2, "a")]
    assert entry.held_rows == (1,)
    assert rows(catalogue)["a"]["heard"] == "yes"
    assert codes(catalogue.problems(entry.upload)) == ["different_interview"]


def test_what_is_unknown_on_either_side_does_not_make_two_interviews_differ(catalogue, keys):
    catalogue.store(arrival([interview("a", respondent=None, heard="yes")], keys))
    entry = catalogue.store(arrival([interview("a", respondent="r1", cluster=None, heard="no")], keys))
    assert counts(entry) == (1, 0, 1, 0)


def test_an_edit_that_the_source_marks_may_change_anything_but_the_site(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes", edit=None)], keys))
    moved = interview("a", heard="no", wave="endline", cluster="w9", edit="new-uuid")
    entry = catalogue.store(arrival([moved], keys))
    assert counts(entry) == (1, 0, 1, 0)
    parts = {part.wave: part.interviews for part in catalogue.parts("pilot")}
    assert parts == {"baseline": 0, "endline": 1}
    elsewhere = interview("a", site="tha", heard="yes", edit="newer-uuid")
    assert codes(catalogue.store(arrival([elsewhere], keys)).problems) == ["other_site"]


def test_the_mark_of_an_unedited_interview_is_no_edit(catalogue, keys):
    catalogue.store(arrival([interview("uuid:1-2", heard="yes", edit="1-2")], keys))
    entry = catalogue.store(arrival([interview("uuid:1-2", heard="no", cluster="w9", edit="1-2")], keys))
    assert codes(entry.problems) == ["different_interview"]


def test_an_id_of_another_site_is_held_even_when_everything_else_agrees(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys, site="npl"))
    entry = catalogue.store(arrival([interview("a", site="tha", heard="yes")], keys, site="tha"))
    assert counts(entry) == (0, 0, 0, 1)
    assert codes(entry.problems) == ["other_site"]
    assert set(rows(catalogue)) == {"a"}


def test_campaigns_know_nothing_of_each_others_ids(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    entry = catalogue.store(arrival([interview("a", site="tha", heard="no")], keys, campaign="other"))
    assert counts(entry) == (1, 0, 0, 0)
    assert rows(catalogue)["a"]["heard"] == "yes"
    assert rows(catalogue, "other")["a"]["heard"] == "no"


def test_an_old_file_saved_anew_does_not_undo_a_correction(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes")], keys))
    catalogue.store(arrival([interview("a", heard="no")], keys))
    entry = catalogue.store(arrival([interview("a", heard="yes")], keys, content=b"saved by a spreadsheet"))
    assert counts(entry) == (0, 1, 0, 0)
    assert codes(entry.warnings) == ["older_versions"]
    assert rows(catalogue)["a"]["heard"] == "no"


def test_an_edit_back_to_what_was_said_first_counts(catalogue, keys):
    for edit, heard in ((None, "yes"), ("1", "no"), ("2", "yes")):
        entry = catalogue.store(
            arrival([interview("a", heard=heard, edit=edit)], keys, content=repr(edit).encode())
        )
        assert entry.accepted == 1
    assert rows(catalogue)["a"]["heard"] == "yes"


def test_a_version_with_fewer_edits_that_comes_late_does_not_replace_a_later_one(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="second", edit="2")], keys))
    entry = catalogue.store(arrival([interview("a", heard="first", edit="1")], keys))
    assert (counts(entry), codes(entry.warnings)) == ((0, 1, 0, 0), ["older_versions"])
    assert rows(catalogue)["a"]["heard"] == "second"


def test_interviews_without_an_id_are_known_by_what_they_say(catalogue, keys):
    twice = [interview(None, heard="yes"), interview(None, heard="yes"), interview(None, heard="no")]
    assert counts(catalogue.store(arrival(twice, keys))) == (3, 0, 0, 0)
    longer = [interview(None, heard="no"), *twice]
    assert counts(catalogue.store(arrival(longer, keys))) == (1, 3, 0, 0)


def test_a_file_that_contradicts_itself_holds_the_second_version(catalogue, keys):
    entry = catalogue.store(
        arrival([interview("a", heard="yes"), interview("a", heard="no"), interview("a", heard="yes")], keys)
    )
    assert counts(entry) == (1, 1, 0, 1)


def test_ids_are_kept_as_received(catalogue, keys):
    ids = ["007", "7", "uuid:A", "uuid:a", "1e5", "=1+1", "가나다", "a b", "x" * 300]
    catalogue.store(arrival([interview(id_, heard="yes") for id_ in ids], keys))
    assert set(rows(catalogue)) == set(ids)
    assert counts(catalogue.store(arrival([interview("uuid:a", heard="yes")], keys))) == (0, 1, 0, 0)


def test_a_refused_file_leaves_its_reason_and_neither_bytes_nor_answers(catalogue, keys):
    sent = arrival(
        [], keys, verdict="reject-file", problems=(Problem(code="encrypted_file", values={"n": 1}),)
    )
    entry = catalogue.store_refusal(sent)
    assert entry.upload == 1
    assert catalogue.uploads("pilot")[0].verdict == "reject-file"
    assert catalogue.problems(1) == [Problem(code="encrypted_file", values={"n": 1})]
    assert catalogue.original(1, keys) is None
    assert catalogue.parts("pilot") == []
    assert catalogue.newest_upload("pilot") is None
    assert catalogue.earlier_upload("pilot", None, sent.sha256) is None


def test_problems_and_warnings_come_back_as_they_were_told(catalogue, keys):
    problem = Problem(code="x", row=3, line=4, column="나이", value="abc", values={"low": 15, "high": 99})
    sent = arrival(
        [interview("a")], keys, problems=(problem,), warnings=(Problem(code="y"),), rejected=1,
        verdict="accept-with-rejected-rows",
    )  # fmt: skip
    upload = catalogue.store(sent).upload
    assert catalogue.problems(upload) == [problem]
    assert catalogue.warnings(upload) == [Problem(code="y")]


def test_history_of_a_site_holds_what_was_sent_for_it_and_what_touched_it(catalogue, keys):
    catalogue.store(arrival([interview("a", site="npl")], keys))
    catalogue.store(arrival([interview("b", site="tha")], keys))
    catalogue.store_refusal(arrival([], keys, site="npl", verdict="reject-file", content=b"junk"))
    assert [upload.id for upload in catalogue.uploads("pilot", "npl")] == [3, 1]
    assert [upload.id for upload in catalogue.uploads("pilot")] == [3, 2, 1]


def test_another_key_for_the_same_country_is_refused_before_anything_is_stored(catalogue, keys):
    catalogue.store(arrival([interview("a")], keys, key_marks={"respondents-NPL": "one"}))
    with pytest.raises(CannotProceed, match=r"respondents-NPL\.key.*not the key"):
        catalogue.store(arrival([interview("b")], keys, key_marks={"respondents-NPL": "two"}))
    assert set(rows(catalogue)) == {"a"}
    assert len(catalogue.uploads("pilot")) == 1


def test_when_the_bytes_cannot_be_kept_nothing_is(catalogue, keys):
    def fail() -> bytes:
        raise CannotProceed("keys", "gone", "bring them back")

    with pytest.raises(CannotProceed, match="gone"):
        catalogue.store(arrival([interview("a")], keys, original=fail))
    assert catalogue.uploads("pilot") == []
    assert catalogue.audit_entries() == []
    assert catalogue.store(arrival([interview("a")], keys)).accepted == 1


def test_the_audit_is_a_chain_that_shows_a_changed_entry(catalogue, keys):
    catalogue.store(arrival([interview("a")], keys))
    catalogue.note("coordinator", "export", "pilot", {"rows": 1, "reason": "검토"})
    catalogue.note("coordinator", "sign-in", "", {})
    assert [entry.sequence for entry in catalogue.audit_entries()] == [1, 2, 3]
    assert catalogue.first_broken_audit_entry() is None
    assert catalogue.audit_entries(after=2)[0].action == "sign-in"


def test_the_audit_cannot_be_changed_through_the_database(catalogue):
    from sqlalchemy import delete, update
    from sqlalchemy.exc import DBAPIError

    from surveys.record.tables import audit

    catalogue.note("a", "b", "c", {})
    for change in (update(audit).values(actor="someone else"), delete(audit)):
        with pytest.raises((DBAPIError, CannotProceed), match="only grows"):
            catalogue.database.write(lambda connection, change=change: connection.execute(change))
    assert catalogue.audit_entries()[0].actor == "a"


def test_a_hand_that_reaches_below_the_tables_is_noticed(tmp_path):
    import sqlite3

    path = tmp_path / "c.db"
    with Catalogue(f"sqlite:///{path}") as catalogue:
        for number in range(4):
            catalogue.note("a", "did", str(number), {})
        with sqlite3.connect(path) as connection:
            connection.execute("DROP TRIGGER audit_update")
            connection.execute("UPDATE audit SET actor = 'b' WHERE sequence = 3")
        connection.close()
        assert catalogue.first_broken_audit_entry() == 3


def test_moments_keep_their_place_whatever_the_clock_on_the_wall(catalogue, keys):
    from datetime import timezone

    kabul = datetime(2026, 3, 1, 1, 15, tzinfo=timezone(timedelta(hours=4, minutes=30)))
    catalogue.store(arrival([interview("a")], keys, at=kabul))
    assert catalogue.uploads("pilot")[0].uploaded_at == kabul
    assert catalogue.audit_entries()[0].at == kabul
    assert catalogue.first_broken_audit_entry() is None


def test_a_record_that_is_closed_and_opened_holds_what_it_held(address, keys, tmp_path):
    with Catalogue(address) as first:
        first.store(arrival([interview("a", heard="yes")], keys))
    with Catalogue(address) as second:
        assert set(rows(second)) == {"a"}
        assert len(refresh(second, tmp_path / "columns", "pilot")) == 1
