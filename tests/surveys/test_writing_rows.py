"""What is written for statisticians comes back as it was, with every missing reason."""

import zipfile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from surveys.missing import Missing
from tests.surveys.reading_here import read_here
from tests.surveys.writing_rows import ANSWERS, judged_again, kept, responses, rows, spelt, written


ROUND_TRIP = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("ending", ["dta", "sav"])
@ROUND_TRIP
@given(made=rows(), language=st.sampled_from(["en", "ko"]))
def test_answers_and_reasons_come_back_from_a_statistics_file(tmp_path, ending, made, language):
    path = tmp_path / f"rows.{ending}"
    written(responses(made), path, language)
    report = judged_again(path)
    assert not report.problems
    assert kept(report) == spelt(made)


def one_of_each_reason():
    made = []
    for reason in Missing:
        row = {name: (None, str(reason)) for name in ANSWERS}
        made.append(row | {"degree": ("-99", "dont_know") if reason == "dont_know" else (None, str(reason))})
    answered = {name: (value, None) for name, value in PLAIN.items()}
    return [answered, *made]


PLAIN = {
    "day": "2026-03-01", "age": "34", "hours": "7.5", "heard": "yes", "debt": "1", "degree": "2", "signs": "1 2",
    "remark": "=1+1", "clock": "08:30:00",
}  # fmt: skip


def test_stata_has_a_letter_for_each_reason_with_its_words(tmp_path):
    written(responses(one_of_each_reason()), tmp_path / "rows.dta", "ko")
    values, told = pyreadstat.read_dta(tmp_path / "rows.dta", user_missing=True, output_format="dict")
    letters = ["d", "r", "s", "n", "b", "l"]
    assert values["age"] == [34.0, *letters]
    assert [str(values["day"][0]), *values["day"][1:]] == ["2026-03-01", *letters]
    assert values["debt"] == [1.0, *letters]
    assert values["signs_1"] == [1.0, *letters]
    assert values["signs__99"] == [0.0, *letters]
    assert values["remark"] == ["=1+1", *[""] * 6]
    assert values["remark_why"] == [0.0, *letters]
    labels = told.variable_value_labels["age"]
    assert [labels[letter] for letter in letters] == [
        "모름",
        "응답 거부",
        "묻지 않음",
        "해당 없음",
        "빈칸",
        "유실",
    ]
    assert told.variable_value_labels["debt"][1] == "맞다"
    assert told.column_names_to_labels["hours"] == "Hours"
    plain, _ = pyreadstat.read_dta(tmp_path / "rows.dta")
    assert plain["age"].isna().tolist() == [False, *[True] * 6]


def test_spss_takes_each_reason_for_missing_and_says_which(tmp_path):
    made = one_of_each_reason()
    made[0]["age"] = ("-995", None)  # a number that would be taken for a reason below 990
    written(responses(made), tmp_path / "rows.sav")
    values, told = pyreadstat.read_sav(tmp_path / "rows.sav", user_missing=True, output_format="dict")
    assert values["age"] == [-995.0, *(float(-9990 - place) for place in range(1, 7))]
    assert values["hours"] == [7.5, *(float(-990 - place) for place in range(1, 7))]
    assert told.missing_ranges["hours"] == [{"lo": -996.0, "hi": -991.0}]
    assert told.variable_value_labels["hours"] == {
        -991.0: "don't know", -992.0: "refused", -993.0: "not asked", -994.0: "not applicable",
        -995.0: "left blank", -996.0: "lost",
    }  # fmt: skip
    plain, _ = pyreadstat.read_sav(tmp_path / "rows.sav")
    assert plain["hours"].isna().tolist() == [False, *[True] * 6]
    assert plain["day"].isna().tolist() == [False, *[True] * 6]


def test_spss_takes_the_forms_own_texts_for_missing(tmp_path):
    made = one_of_each_reason()
    made[1]["heard"] = ("na", "refused")
    written(responses(made), tmp_path / "rows.sav")
    _, told = pyreadstat.read_sav(tmp_path / "rows.sav", user_missing=True, output_format="dict")
    assert told.missing_ranges["heard"] == [{"lo": "na", "hi": "na"}]
    assert told.variable_value_labels["heard"]["na"] == "Prefer not to say"


def test_a_workbook_holds_numbers_as_numbers_and_runs_no_formula(tmp_path):
    written(responses(one_of_each_reason()), tmp_path / "rows.xlsx")
    header, first, *_ = CalamineWorkbook.from_path(tmp_path / "rows.xlsx").get_sheet_by_index(0).to_python()
    row = dict(zip(header, first, strict=True))
    assert (row["age"], row["debt"], str(row["day"])) == (34.0, 1.0, "2026-03-01")
    assert row["remark"] == "=1+1"
    with zipfile.ZipFile(tmp_path / "rows.xlsx") as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert not judged_again(tmp_path / "rows.xlsx").problems


def test_parquet_is_typed_and_keeps_the_reason_beside_each_answer(tmp_path):
    written(responses(one_of_each_reason()), tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table["age"].to_pylist() == [34.0, *[None] * 6]
    assert table["age@missing"].to_pylist() == [None, *map(str, Missing)]
    assert table["debt"].to_pylist()[0] == "1"


def test_csv_is_the_rows_as_they_are(tmp_path):
    written(responses(one_of_each_reason()), tmp_path / "rows.csv")
    header, first, second, *_ = (tmp_path / "rows.csv").read_text("utf-8").splitlines()
    assert "@" not in header
    assert first == '"i0","2026-03-01","34","7.5","yes","1","2","1 2","=1+1","08:30:00"'
    assert second == '"i1",,,,,,"-99",,,'


def test_names_that_a_package_does_not_allow_are_changed_and_told(tmp_path):
    long = "how_often_do_you_speak_about_this_at_home"
    columns = {
        "submission_id": ["u1"],
        long: ["a"],
        f"{long}_2": ["b"],
        "if": ["c"],
        "가구": ["d"],
        "_uuid": ["e"],
    }
    table = pa.table({name: pa.array(values, pa.large_string()) for name, values in columns.items()})
    assert written(table, tmp_path / "rows.dta") == {
        long: "how_often_do_you_speak_about",
        f"{long}_2": "how_often_do_you_speak_abo_2",
        "if": "if_",
        "가구": "__",
    }
    assert written(table, tmp_path / "rows.sav") == {"가구": "q__", "_uuid": "q_uuid"}
    assert set(pyreadstat.read_sav(tmp_path / "rows.sav")[0]) >= {long, "if", "q_uuid"}


def test_a_date_that_spss_calls_missing_is_read_with_its_label(tmp_path):
    days = pd.DataFrame({"day": [13_992_652_800.0, -99.0, -98.0]})
    pyreadstat.write_sav(
        days, tmp_path / "rows.sav", variable_format={"day": "DATE11"},
        missing_ranges={"day": [-99.0]}, variable_value_labels={"day": {-99.0: "Refused"}},
    )  # fmt: skip
    raw = read_here(tmp_path / "rows.sav")
    assert raw.declared_missing == {"day": {"1582-10-13": "Refused"}}
