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
