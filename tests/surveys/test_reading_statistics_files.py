from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from surveys.reading import Limits
from tests.shared import SHARED, needs_shared
from tests.surveys.reading_here import cells_of, read_here, refusal_of


ANSWERS = pd.DataFrame({"id": ["u1", "u2", "u3"], "heard": [1.0, 9.0, np.nan], "weight": [0.1, 1.25, 2.0]})


def spss(folder: Path, frame: pd.DataFrame, name: str = "upload.sav", **more: object) -> Path:
    path = folder / name
    pyreadstat.write_sav(frame, str(path), compress=name.endswith("zsav"), **more)
    return path


def stata(folder: Path, frame: pd.DataFrame, **more: object) -> Path:
    path = folder / "upload.dta"
    pyreadstat.write_dta(frame, str(path), **more)
    return path


@pytest.mark.parametrize("name", ["upload.sav", "upload.zsav"])
def test_spss_codes_stay_with_their_labels_and_declared_missing_values(tmp_path, name):
    path = spss(
        tmp_path,
        ANSWERS,
        name,
        variable_value_labels={"heard": {1: "Yes", 9: "Don't know"}},
        missing_ranges={"heard": [9], "weight": [{"lo": 90, "hi": 99}]},
    )
    file = read_here(path)
    assert (file.format, file.dialect) == ("spss", "plain")
    assert cells_of(file.interviews) == [["u1", "1", "0.1"], ["u2", "9", "1.25"], ["u3", None, "2"]]
    assert file.value_labels == {"heard": {"1": "Yes", "9": "Don't know"}}
    assert file.declared_missing == {"heard": {"9": "Don't know"}, "weight": {}}


def test_stata_extended_missing_values_stay_apart(tmp_path):
    frame = pd.DataFrame({"id": ["u1", "u2", "u3"], "heard": pd.Series([1, "d", "r"], dtype=object)})
    path = stata(
        tmp_path,
        frame,
        missing_user_values={"heard": ["d", "r"]},
        variable_value_labels={"heard": {1: "Yes"}},
    )
    file = read_here(path)
    assert file.format == "stata"
    assert cells_of(file.interviews) == [["u1", "1"], ["u2", ".d"], ["u3", ".r"]]
    assert file.declared_missing == {"heard": {".d": "", ".r": ""}}
    assert file.value_labels == {"heard": {"1": "Yes"}}


def test_single_precision_is_written_as_short_as_it_is(tmp_path):
    frame = pd.DataFrame({"id": ["u1", "u2"], "height": np.array([0.1, 1.7], dtype=np.float32)})
    path = tmp_path / "upload.dta"
    frame.to_stata(path, write_index=False)
    assert cells_of(read_here(path).interviews) == [["u1", "0.1"], ["u2", "1.7"]]


def test_long_numbers_in_stata_floats_are_reported(tmp_path):
    frame = pd.DataFrame({"id": np.array([123456789, 2], dtype=np.float32), "x": ["a", "b"]})
    path = tmp_path / "upload.dta"
    frame.to_stata(path, write_index=False)
    assert [(warning.code, warning.column) for warning in read_here(path).warnings] == [
        ("float_whole_numbers", "id")
    ]


def test_dates_and_times_are_iso(tmp_path):
    frame = pd.DataFrame(
        {"day": [pd.Timestamp("2026-03-01").date()] * 2, "moment": [pd.Timestamp("2026-03-01 09:30:05")] * 2}
    )
    assert cells_of(read_here(spss(tmp_path, frame)).interviews)[0] == ["2026-03-01", "2026-03-01T09:30:05"]


def test_a_number_beyond_all_digits_marks_its_row(tmp_path):
    frame = pd.DataFrame({"id": [1.2e19, 5.0], "x": ["a", "b"]})
    assert read_here(spss(tmp_path, frame)).interviews.broken_rows == {0: "number_lost_digits"}


def test_a_file_without_cases_is_refused(tmp_path):
    assert refusal_of(spss(tmp_path, ANSWERS.iloc[:0])) == "no_rows"


def test_more_rows_than_allowed_are_refused(tmp_path):
    assert refusal_of(spss(tmp_path, ANSWERS), limits=Limits(rows=2)) == "too_many_rows"
    assert refusal_of(stata(tmp_path, ANSWERS), limits=Limits(columns=2)) == "too_many_columns"


@pytest.mark.parametrize("name", ["upload.sav", "upload.zsav", "upload.dta"])
def test_content_that_is_not_what_its_name_says_is_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"id,age\nu1,20\n")
    assert refusal_of(path) == "content_mismatch"


@needs_shared
def test_what_spss_counts_as_ticked_is_told_for_every_choice_of_a_set():
    file = read_here(SHARED / "corpus/pyreadstat/export/simple_alltypes.sav")
    assert file.value_labels is not None
    told = [file.value_labels[name] for name in ("bool1", "bool2", "bool3")]
    assert {(code, label) for labels in told for code, label in labels.items()} == {("1", "yes"), ("0", "no")}
