"""The columns: typed, complete, rebuilt where something changed and only there, and never half written."""

from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surveys import columns
from surveys.catalogue import Catalogue
from tests.surveys.arriving import accepted, arrival, interview, keys_in


@pytest.fixture
def keys(tmp_path):
    return keys_in(tmp_path)


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue(f"sqlite:///{tmp_path / 'catalogue.db'}") as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "columns"


def rows(paths):
    found = [row for path in paths for row in pq.read_table(path).to_pylist()]
    return {row["@submission"]: row for row in found}


def test_answers_are_typed_by_their_question_and_parts_by_their_meaning(catalogue, keys, folder):
    said = interview("a", age="030", born="1990-05-01", heard="yes", weight="1.25", note="=1+1")
    catalogue.store(arrival([said], keys))
    (path,) = columns.refresh(catalogue, folder, "pilot")
    schema = pq.read_schema(path)
    kinds = {
        "age": pa.float64(),
        "@weight": pa.float64(),
        "born": pa.date32(),
        "@interview_date": pa.date32(),
    }
    assert {name: schema.field(name).type for name in kinds} == kinds
    assert {schema.field(name).type for name in ("heard", "note", "@site", "@submission")} <= {
        pa.string(),
        pa.large_string(),
    }
    row = rows([path])["a"]
    assert (row["age"], row["@weight"], row["note"]) == (30.0, 1.25, "=1+1")
    assert (row["born"], row["@interview_date"]) == (date(1990, 5, 1), date(2026, 2, 3))
    assert (row["@row"], row["@line"]) == (1, 2)


def test_an_answer_with_a_missing_reason_is_null_and_keeps_its_reason(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", heard=...), interview("b", heard="yes")], keys))
    found = rows(columns.refresh(catalogue, folder, "pilot"))
    assert (found["a"]["heard"], found["a"]["heard@missing"]) == (None, "dont_know")
    assert (found["b"]["heard"], found["b"]["heard@missing"]) == ("yes", None)


def test_a_number_that_cannot_be_read_is_lost_and_not_silently_gone():
    table = accepted([interview("a", age="3O"), interview("b", age="30"), interview("c")])
    found = columns.typed(table, {"age": "integer"}).to_pylist()
    assert [(row["age"], row["age@missing"]) for row in found] == [(None, "lost"), (30.0, None), (None, None)]


def test_every_site_and_wave_has_its_own_file(catalogue, keys, folder):
    catalogue.store(
        arrival(
            [interview(f"{s}{w}", site=s, wave=w) for s in ("npl", "tha") for w in ("baseline", "endline")],
            keys,
        )
    )
    paths = columns.refresh(catalogue, folder, "pilot")
    assert [str(path.relative_to(folder)) for path in paths] == [
        f"pilot/current/{site}/{wave}.parquet" for site in ("npl", "tha") for wave in ("baseline", "endline")
    ]
    assert columns.refresh(catalogue, folder, "pilot", "tha") == paths[2:]
    assert columns.answers_files(folder, "pilot") == paths
    assert columns.answers_files(folder, "pilot", "npl") == paths[:2]
    assert [list(rows([path])) for path in paths] == [
        ["nplbaseline"],
        ["nplendline"],
        ["thabaseline"],
        ["thaendline"],
    ]


def test_only_what_changed_is_written_again(catalogue, keys, folder):
    catalogue.store(arrival([interview("a"), interview("b", site="tha")], keys))
    before = {path: path.stat().st_mtime_ns for path in columns.refresh(catalogue, folder, "pilot")}
    catalogue.store(arrival([interview("c", site="tha")], keys))
    after = {path: path.stat().st_mtime_ns for path in columns.refresh(catalogue, folder, "pilot")}
    changed = {path.parent.name for path in after if after[path] != before[path]}
    assert changed == {"tha"}
    again = {path: path.stat().st_mtime_ns for path in columns.refresh(catalogue, folder, "pilot")}
    assert again == after


def test_a_correction_shows_and_the_time_before_it_can_be_asked_for(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", heard="yes"), interview("b", heard="no")], keys))
    catalogue.store(arrival([interview("a", heard="no"), interview("c", heard="no")], keys))
    now = rows(columns.refresh(catalogue, folder, "pilot"))
    then = rows(columns.refresh(catalogue, folder, "pilot", as_of=1))
    assert {id_: row["heard"] for id_, row in now.items()} == {"a": "no", "b": "no", "c": "no"}
    assert {id_: row["heard"] for id_, row in then.items()} == {"a": "yes", "b": "no"}
    assert rows(columns.answers_files(folder, "pilot")) == now
    assert rows(columns.answers_files(folder, "pilot", as_of=1)) == then


def test_an_interview_that_moves_leaves_the_file_it_was_in(catalogue, keys, folder):
    catalogue.store(arrival([interview("a"), interview("b")], keys))
    columns.refresh(catalogue, folder, "pilot")
    moved = [interview(id_, wave="endline", edit="e") for id_ in "ab"]
    catalogue.store(arrival(moved[:1], keys))
    assert [list(rows([path])) for path in columns.refresh(catalogue, folder, "pilot")] == [["b"], ["a"]]
    catalogue.store(arrival(moved, keys))
    (path,) = columns.refresh(catalogue, folder, "pilot")
    assert path.stem == "endline"
    assert columns.answers_files(folder, "pilot") == [path]


def test_uploads_with_other_questions_are_united(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", heard="yes", old="1")], keys))
    catalogue.store(arrival([interview("b", new="2020-01-01", heard=...)], keys, types={"new": "date"}))
    found = rows(columns.refresh(catalogue, folder, "pilot"))
    assert (found["a"]["old"], found["a"]["new"], found["a"]["heard"]) == ("1", None, "yes")
    assert (found["b"]["old"], found["b"]["new"], found["b"]["heard@missing"]) == (
        None,
        date(2020, 1, 1),
        "dont_know",
    )


def test_a_question_whose_type_changed_between_versions_stays_text(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", age="30")], keys, types={"age": "integer"}))
    catalogue.store(arrival([interview("b", age="30-39")], keys, types={"age": "select_one"}))
    found = rows(columns.refresh(catalogue, folder, "pilot"))
    assert (found["a"]["age"], found["b"]["age"]) == ("30", "30-39")


def test_a_campaign_without_waves_or_sites_has_one_file(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", site=None, wave=None)], keys))
    (path,) = columns.refresh(catalogue, folder, "pilot")
    assert str(path.relative_to(folder)) == "pilot/current/_/_.parquet"
    assert list(rows([path])) == ["a"]


def test_names_cannot_leave_the_folder(catalogue, keys, folder):
    catalogue.store(arrival([interview("a", site="../../x", wave="..")], keys, campaign="../c"))
    (path,) = columns.refresh(catalogue, folder, "../c")
    assert path.resolve().is_relative_to(folder.resolve())


def test_a_file_that_was_cut_short_or_lost_is_made_again(catalogue, keys, folder):
    catalogue.store(arrival([interview("a"), interview("b", site="tha")], keys))
    first, second = columns.refresh(catalogue, folder, "pilot")
    whole = first.read_bytes()
    first.write_bytes(whole[:100])
    second.unlink()
    assert columns.refresh(catalogue, folder, "pilot") == [first, second]
    assert first.read_bytes() == whole
    assert second.is_file()


def test_a_record_restored_from_elsewhere_is_not_taken_for_this_one(tmp_path, keys, folder):
    for number, heard in enumerate(("yes", "no")):
        with Catalogue(f"sqlite:///{tmp_path / f'{number}.db'}") as catalogue:
            catalogue.store(arrival([interview("a", heard=heard)], keys))
            assert rows(columns.refresh(catalogue, folder, "pilot"))["a"]["heard"] == heard


def test_an_unknown_campaign_has_no_files(catalogue, folder):
    assert columns.refresh(catalogue, folder, "nothing") == []
    assert columns.answers_files(folder, "nothing") == []


def test_a_draft_of_a_process_that_died_is_cleared_away(catalogue, keys, folder):
    import os

    catalogue.store(arrival([interview("a")], keys))
    (path,) = columns.refresh(catalogue, folder, "pilot")
    old, young = path.with_name(".x.draft"), path.with_name(".y.draft")
    for draft in (old, young):
        draft.write_bytes(b"half")
    os.utime(old, (0, 0))
    columns.refresh(catalogue, folder, "pilot")
    assert not old.exists()
    assert young.exists()


def test_engines_other_than_ours_read_the_files(catalogue, keys, folder):
    import duckdb
    import pandas as pd

    catalogue.store(
        arrival([interview("a", age="30", heard=...), interview("b", age="40", heard="no")], keys)
    )
    (path,) = columns.refresh(catalogue, folder, "pilot")
    with duckdb.connect() as connection:
        mean = connection.read_parquet(str(path)).aggregate('avg(age), any_value("@site")').fetchall()[0]
    assert mean == (35.0, "npl")
    assert pd.read_parquet(path)["age"].tolist() == [30.0, 40.0]
