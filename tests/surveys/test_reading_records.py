import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.problems import FileRefused
from surveys.reading import Limits
from surveys.reading.records import read_records
from tests.surveys.reading_here import cells_of, read_here, refusal_of, said


def json_file(folder: Path, content: object, name: str = "upload.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def xml_file(folder: Path, content: str) -> Path:
    path = folder / "upload.xml"
    path.write_text(content, "utf-8")
    return path


def test_a_list_of_records_is_a_table_of_every_key(tmp_path):
    file = read_here(json_file(tmp_path, [{"id": "u1", "age": 20}, {"id": "u2", "heard": True, "age": None}]))
    assert file.interviews.columns == ("id", "age", "heard")
    assert cells_of(file.interviews) == [["u1", "20", None], ["u2", None, "TRUE"]]
    assert file.interviews.lines.tolist() == [1, 2]


def test_numbers_stay_as_they_are_written(tmp_path):
    path = json_file(tmp_path, '[{"a": 1.10, "b": 12345678901234567890, "c": 1E3, "d": NaN, "e": -0}]')
    assert cells_of(read_here(path).interviews) == [["1.10", "12345678901234567890", "1E3", "NaN", "-0"]]


def test_the_answers_of_kobotoolbox_keep_their_paths_and_their_rosters(tmp_path):
    record = {
        "_id": 1, "_uuid": "f80b", "__version__": "v1", "home/village": "X", "home/signs": "debt documents",
        "people/person": [{"people/person/age": "55"}, {"people/person/age": "3"}],
        "_attachments": [], "_tags": ["a", "b"], "_geolocation": [None, None],
        "_validation_status": {"uid": "validation_status_approved", "label": "Approved"},
    }  # fmt: skip
    file = read_here(json_file(tmp_path, {"count": 1, "next": None, "previous": None, "results": [record]}))
    row = dict(zip(file.interviews.columns, cells_of(file.interviews)[0], strict=True))
    assert file.dialect == "kobo"
    assert row["home/village"] == "X"
    assert row["_validation_status"] == "validation_status_approved"
    assert (row["_tags"], row["_geolocation"]) == ("a b", None)
    assert [(roster.name, roster.rows.num_rows) for roster in file.rosters] == [("people/person", 2)]
    assert file.rosters[0].columns == ("people/person/age", "_parent_index", "_parent_table_name")
    assert not file.warnings


def test_the_answers_of_odk_central_are_flattened_and_its_links_dropped(tmp_path):
    record = {
        "__id": "uuid:1", "__system": {"submissionDate": "2026-03-01T00:00:00Z", "edits": 0},
        "home": {"place": {"type": "Point", "coordinates": [85.3, 27.7, 0], "properties": {"accuracy": 5}}, "age": 30},
        "children": {"child@odata.navigationLink": "Submissions('1')/children/child"},
    }  # fmt: skip
    file = read_here(
        json_file(tmp_path, {"@odata.context": "https://x/$metadata#Submissions", "value": [record]})
    )
    assert file.dialect == "odk_central"
    assert file.interviews.columns == (
        "__id", "__system/submissionDate", "__system/edits", "home/place", "home/age",
    )  # fmt: skip
    assert cells_of(file.interviews)[0][3] == "27.7 85.3 0 5"


def test_rosters_inside_rosters_are_tables_of_their_own(tmp_path):
    tree = [{"id": "u1", "tree": [{"nest": [{"egg": "1"}, {"egg": "2"}]}, {"nest": [{"egg": "3"}]}]}]
    file = read_here(json_file(tmp_path, tree))
    assert [(roster.name, roster.rows.num_rows) for roster in file.rosters] == [("tree", 2), ("tree/nest", 3)]
    assert [row[1] for row in cells_of(file.rosters[1])] == ["1", "1", "2"]


def test_one_page_of_several_is_read_with_a_warning(tmp_path):
    page = {"count": 500, "next": "https://x/?start=100", "results": [{"id": "u1", "age": "2"}]}
    assert [warning.code for warning in read_here(json_file(tmp_path, page)).warnings] == [
        "one_page_of_several"
    ]


def test_half_a_character_marks_its_row_alone(tmp_path):
    file = read_here(
        json_file(tmp_path, '[{"id": "u1", "says": "\\ud800"}, {"id": "u2", "says": "\\ud83d\\ude00"}]')
    )
    assert file.interviews.broken_rows == {0: "text_half_character"}
    assert cells_of(file.interviews)[1] == ["u2", "😀"]


def test_a_nul_in_an_answer_marks_its_row(tmp_path):
    file = read_here(json_file(tmp_path, '[{"id": "u1", "says": "a\\u0000b"}, {"id": "u2", "says": "x"}]'))
    assert file.interviews.broken_rows == {0: "text_control"}


def test_a_question_named_twice_marks_its_row(tmp_path):
    file = read_here(
        json_file(tmp_path, '[{"id": "u1", "age": "20", "age": "30"}, {"id": "u2", "age": "4"}]')
    )
    assert file.interviews.broken_rows == {0: "json_duplicate_key"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{"detail": "Authentication credentials were not provided."}', "json_service_error"),
        ('{"error": {"code": 401, "message": "no"}}', "json_service_error"),
        ('{"type": "FeatureCollection"}', "json_not_records"),
        ("[1, 2]", "json_not_records"),
        ('"text"', "json_not_records"),
        ('[{"a": 1}', "json_invalid"),
        ("a,b\n1,2\n", "json_invalid"),
        ("[]", "no_rows"),
        ('{"results": []}', "no_rows"),
        ("[" * 200_000, "json_too_deep"),
        ('[{"a":' * 60 + "1" + "}]" * 60, "json_too_deep"),
        ('{"@odata.context": "x#Submissions.kids.kid", "value": [{"__id": "1"}]}', "only_rosters"),
    ],
)
def test_what_is_no_list_of_interviews_is_refused(tmp_path, content, code):
    assert refusal_of(json_file(tmp_path, content)) == code


def test_the_message_of_a_service_is_shown_cut_and_clean(tmp_path):
    path = json_file(tmp_path, {"detail": "<b>no\u202e</b>\n" + "x" * 500})
    with pytest.raises(FileRefused) as raised:
        read_here(path)
    shown = str(raised.value.problem.values["said"])
    assert shown.startswith("<b>no</b> xxx")
    assert len(shown) <= 160


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(JSON | st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=4), max_size=4))
def test_any_json_is_read_or_refused_with_a_sentence(document):
    try:
        read = read_records(json.dumps(document).encode(), "upload", Limits())
    except FileRefused as refusal:
        said(refusal)
    else:
        assert read.tables[0].rows.num_rows <= len(read.tables[0].lines)


INSTANCE = (
    '<?xml version="1.0"?><data id="kap" version="3" xmlns:orx="http://openrosa.org/xforms"><orx:meta><orx:instanceID>'
    "uuid:1</orx:instanceID></orx:meta><home><age>20</age><note>  kept </note></home><empty/>{more}</data>"
)


def test_one_interview_in_xml_is_one_row(tmp_path):
    file = read_here(xml_file(tmp_path, INSTANCE.format(more="")))
    row = dict(zip(file.interviews.columns, cells_of(file.interviews)[0], strict=True))
    assert row == {
        "meta/instanceID": "uuid:1", "home/age": "20", "home/note": "  kept ", "empty": None, "__version__": "3",
    }  # fmt: skip


def test_repeats_in_xml_are_rosters(tmp_path):
    more = "<kids><kid><age>3</age></kid><kid><age>5</age></kid></kids>"
    file = read_here(xml_file(tmp_path, INSTANCE.format(more=more)))
    assert [(roster.name, cells_of(roster)) for roster in file.rosters] == [
        ("kids/kid", [["3", "1"], ["5", "1"]])
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("<data", "xml_invalid"),
        ("<list><item>1</item></list>", "xml_not_interview"),
        ('<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/></h:html>', "xml_not_interview"),
        (
            '<!DOCTYPE data [<!ENTITY a SYSTEM "file:///etc/passwd">]><data id="x"><q>&a;</q></data>',
            "xml_declaration",
        ),
        (
            '<!DOCTYPE data [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><data id="x"><q>&b;</q></data>',
            "xml_declaration",
        ),
        ('<data id="x">' + "<g>" * 50 + "1" + "</g>" * 50 + "</data>", "xml_too_deep"),
    ],
)
def test_other_xml_is_refused(tmp_path, content, code):
    assert refusal_of(xml_file(tmp_path, content)) == code
