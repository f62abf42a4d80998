"""Edited interviews: chains of ids in any order, one interview throughout, and the newest version on top."""

from itertools import permutations

import pytest

from surveys.catalogue import Catalogue
from tests.surveys.arriving import arrival, interview, keys_in
from tests.surveys.judging import ask, column, judge, questionnaire


UUIDS = [f"{number:08x}-1111-4111-8111-{number:012x}" for number in range(1, 6)]
FORM = questionnaire(ask("age", "integer"), ask("remarks"))


@pytest.fixture
def keys(tmp_path):
    return keys_in(tmp_path)


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as opened:
        yield opened


def link(number, **said):
    """The link of that number in a Kobo chain: a new instance id that names the one it replaces."""
    chain = {"edit": UUIDS[number], "previous": UUIDS[number - 1]} if number else {}
    return interview(UUIDS[number], heard=f"version {number}", **{**chain, **said})


def heard(catalogue, as_of=None):
    parts = catalogue.parts("pilot", as_of=as_of)
    tables = [table for _, table in catalogue.answers("pilot", parts, as_of)]
    return sorted(row["heard"] for table in tables for row in table.to_pylist())


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_chain_is_one_interview_in_whatever_order_its_versions_arrive(catalogue, keys, order):
    for number in order:
        catalogue.store(arrival([link(number)], keys))
    assert heard(catalogue) == ["version 2"]
    assert catalogue.parts("pilot")[0].interviews == 1


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_a_link_that_was_missing_joins_what_looked_like_two(catalogue, keys, order):
    stored = []
    for number in order:
        stored.append(number)
        catalogue.store(arrival([link(number)], keys))
    assert heard(catalogue) == ["version 3"]
    before = heard(catalogue)
    for number in order:
        entry = catalogue.store(arrival([link(number)], keys, content=f"again {number}".encode()))
        assert (entry.accepted, entry.unchanged, entry.held) == (0, 1, 0)
    assert heard(catalogue) == before


def test_a_chain_with_a_version_nobody_sent_stays_apart_until_it_is_known(catalogue, keys):
    catalogue.store(arrival([link(0)], keys))
    catalogue.store(arrival([link(2)], keys))
    assert heard(catalogue) == ["version 0", "version 2"]
    entry = catalogue.store(arrival([link(1)], keys))
    assert (entry.accepted, entry.unchanged) == (0, 1)
    assert heard(catalogue) == ["version 2"]
    assert heard(catalogue, as_of=2) == ["version 0", "version 2"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (UUIDS[0], f"uuid:{UUIDS[0]}"),
        (f"uuid:{UUIDS[0]}", UUIDS[0].upper()),
        (f"UUID:{UUIDS[0].upper()}", UUIDS[0]),
        ("npl-7", "uuid:npl-7"),
    ],
)
def test_the_spelling_of_an_id_never_makes_two_interviews(catalogue, keys, first, second):
    catalogue.store(arrival([interview(first, heard="yes")], keys))
    again = catalogue.store(arrival([interview(second, heard="yes")], keys, content=b"again"))
    assert (again.accepted, again.unchanged, again.held) == (0, 1, 0)
    edited = catalogue.store(arrival([interview(second, heard="no")], keys))
    assert (edited.accepted, edited.replaced) == (1, 1)
    assert heard(catalogue) == ["no"]


@pytest.mark.parametrize("newest_first", [False, True])
def test_the_first_version_under_a_root_never_replaces_an_edit_of_it(catalogue, keys, newest_first):
    first = interview(UUIDS[0], heard="first", edit="0")
    edited = interview(UUIDS[0], heard="edited", edit=UUIDS[1], version=UUIDS[1])
    for said in (edited, first) if newest_first else (first, edited):
        catalogue.store(arrival([said], keys))
    assert heard(catalogue) == ["edited"]


def test_two_interviews_of_a_tool_under_one_id_of_the_campaign_are_held(catalogue, keys):
    catalogue.store(arrival([interview("a", heard="yes", edit="0", root=UUIDS[0])], keys))
    entry = catalogue.store(arrival([interview("a", heard="no", edit="0", root=UUIDS[1])], keys))
    assert [problem.code for problem in entry.problems] == ["different_interview"]
    edit = interview("a", heard="edited", edit=UUIDS[2], version=UUIDS[2], root=UUIDS[0])
    assert catalogue.store(arrival([edit], keys)).replaced == 1


def test_versions_in_one_file_are_told_apart_by_their_chain() -> None:
    header = ["age", "meta/instanceID", "meta/deprecatedID"]
    a, b, c = (f"uuid:{one}" for one in UUIDS[:3])
    report = judge(
        FORM, header, ["32", c, b], ["30", a, None], ["31", b, a], ["40", f"uuid:{UUIDS[3]}", None]
    )
    assert column(report, "age") == ["32", "40"]
    assert report.aside.outdated["age"].to_pylist() == ["30", "31"]
    assert {problem.code for problem in report.warnings} == {"older_version_in_file"}
    assert report.verdict == "accept"


def test_versions_in_one_file_are_told_apart_by_their_count() -> None:
    header = ["age", "meta-instanceID", "KEY", "Edits"]
    report = judge(
        FORM, header, ["30", "uuid:a", "uuid:a", "0"], ["31", "uuid:b", "uuid:a", "1"], dialect="odk_central"
    )
    assert column(report, "age") == ["31"]
    assert (report.held, report.aside.outdated.num_rows) == ((), 1)


def test_an_edit_beside_its_first_version_under_a_root_is_newer() -> None:
    header = ["age", "_uuid", "meta/rootUuid"]
    report = judge(FORM, header, ["31", "b", "uuid:a"], ["30", "a", "uuid:a"])
    assert column(report, "age") == ["31"]


def test_versions_that_nothing_puts_in_order_are_held_and_kept() -> None:
    header = ["age", "_uuid", "meta/rootUuid"]
    report = judge(FORM, header, ["31", "b", "uuid:a"], ["30", "c", "uuid:a"])
    assert report.held == (1, 2)
    assert report.aside.held["age"].to_pylist() == ["31", "30"]


def test_one_spelling_of_an_id_beside_another_in_a_file_is_one_interview() -> None:
    report = judge(FORM, ["age", "_uuid"], ["30", UUIDS[0]], ["30", f"uuid:{UUIDS[0].upper()}"])
    assert (report.repeated, report.accepted.num_rows) == ((2,), 1)


def test_an_id_of_central_is_the_same_in_both_of_its_exports() -> None:
    table = judge(FORM, ["age", "KEY", "meta-instanceID", "Edits"], ["30", "uuid:a", "uuid:b", "1"])
    json = judge(FORM, ["age", "__id", "meta/instanceID", "__system/edits"], ["30", "uuid:a", "uuid:b", "1"])
    assert column(table, "@submission") == column(json, "@submission") == ["uuid:a"]
    assert column(table, "@edit") == column(json, "@edit") == ["1"]


def test_no_consent_leaves_the_parts_of_a_row_and_no_answer() -> None:
    form = questionnaire(ask("consent", "select_one yes_no", required=True), ask("age", "integer"))
    report = judge(form, ["consent", "age", "_uuid"], ["no", "44", "a"], ["yes", "30", "b"])
    assert report.aside.declined["@submission"].to_pylist() == ["a"]
    assert not {"age", "consent"} & set(report.aside.declined.column_names)


NUMBERED = ["age", "_id", "_uuid", "_submission_time", "meta/rootUuid"]
SENT = "2026-02-03T10:00:05"


def test_a_server_number_names_an_interview_where_no_root_does() -> None:
    report = judge(
        FORM,
        NUMBERED,
        ["30", "123", "a", SENT, None],
        ["31", "124", "b", SENT, "c"],
        ["32", None, "d", SENT, None],
    )
    assert column(report, "@submission") == ["a", "c", "d"]
    assert column(report, "@version") == [f"#123@{SENT}", "b", None]
    assert column(report, "@edit") == [None, "b", None]
    without_time = judge(FORM, ["age", "_id", "_uuid"], ["30", "123", "a"])
    assert column(without_time, "@version") == [None]  # the number alone may be another server's


def test_a_chain_of_replaced_ids_outranks_the_server_number() -> None:
    header = ["age", "_id", "_uuid", "_submission_time", "meta/deprecatedID"]
    report = judge(FORM, header, ["30", "123", "a", SENT, None], ["31", "123", "b", SENT, "uuid:a"])
    assert column(report, "age") == ["31"]
    assert report.aside.outdated["age"].to_pylist() == ["30"]


def test_an_edit_without_a_root_is_the_same_interview_by_its_server_number(catalogue, keys):
    first = [
        interview(UUIDS[0], heard="yes", version=f"#123@{SENT}"),
        interview(UUIDS[3], heard="b", version=f"#124@{SENT}"),
    ]
    catalogue.store(arrival(first, keys))
    edited = [interview(UUIDS[1], heard="no", version=f"#123@{SENT}"), first[1]]
    entry = catalogue.store(arrival(edited, keys))
    assert (entry.accepted, entry.replaced, entry.unchanged, entry.held) == (1, 1, 1, 0)
    assert heard(catalogue) == ["b", "no"]
    entry = catalogue.store(arrival(first, keys, content=b"the first export once more"))
    assert (entry.accepted, entry.unchanged) == (0, 2)
    assert heard(catalogue) == ["b", "no"]
    again = [interview(UUIDS[2], heard="never", version=f"#123@{SENT}")]
    assert catalogue.store(arrival(again, keys)).replaced == 1
    assert heard(catalogue) == ["b", "never"]
    assert [one.upload for one in catalogue.revisions("pilot", UUIDS[0])] == [1, 2, 4]


def test_the_same_server_number_of_another_second_is_another_interview(catalogue, keys):
    catalogue.store(arrival([interview(UUIDS[0], heard="yes", version=f"#123@{SENT}")], keys))
    entry = catalogue.store(
        arrival([interview(UUIDS[1], heard="no", version="#123@2026-02-03T10:00:06")], keys)
    )
    assert (entry.accepted, entry.replaced) == (1, 0)
    assert heard(catalogue) == ["no", "yes"]


def test_what_a_server_number_joins_but_day_and_place_part_waits_for_a_person(catalogue, keys):
    catalogue.store(arrival([interview(UUIDS[0], heard="yes", version=f"#123@{SENT}", cluster="w1")], keys))
    entry = catalogue.store(
        arrival([interview(UUIDS[1], heard="no", version=f"#123@{SENT}", cluster="w2")], keys)
    )
    assert [problem.code for problem in entry.problems] == ["different_interview"]
    assert heard(catalogue) == ["yes"]


def test_a_root_that_an_export_learns_to_give_joins_what_the_number_joined(catalogue, keys):
    catalogue.store(arrival([interview(UUIDS[0], heard="yes", version=f"#123@{SENT}")], keys))
    catalogue.store(arrival([interview(UUIDS[1], heard="no", version=f"#123@{SENT}")], keys))
    rooted = interview(UUIDS[0], heard="newest", version=UUIDS[2], edit=UUIDS[2])
    assert catalogue.store(arrival([rooted], keys)).replaced == 1
    assert heard(catalogue) == ["newest"]


def test_a_first_version_that_comes_late_stays_the_older_one(catalogue, keys):
    name = f"#123@{SENT}"
    edit = interview(UUIDS[1], heard="edited", previous=UUIDS[0], edit=UUIDS[1], version=name)
    catalogue.store(arrival([edit], keys))
    catalogue.store(arrival([interview(UUIDS[0], heard="first", version=name)], keys))
    assert heard(catalogue) == ["edited"]
