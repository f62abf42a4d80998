"""The simulated interviews, in files as KoboToolbox, ODK Central and a Korean spreadsheet write them."""

import csv
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from campaigns.field_files import (
    KOBO_METADATA,
    WRITERS,
    write_central_zip,
    write_kobo_csv,
    write_kobo_xlsx,
    write_korean_csv,
)
from campaigns.simulated_interviews import simulate_interviews
from campaigns.simulation import draw_ground, pilot_from
from data.demo.questionnaire import FORM
from surveys.instrument import Instrument
from surveys.xlsform import load_instrument


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return load_instrument(FORM)


@pytest.fixture(scope="module")
def interviews() -> pd.DataFrame:
    pilot = pilot_from(yaml.safe_load((FORM.parents[1] / "truth.yaml").read_text("utf-8")))
    rng = np.random.default_rng(11)
    ground = draw_ground(pilot.sites[5], 2, rng)
    return simulate_interviews(pilot.sites[5], ground, pilot.waves, "endline", rng)


def test_kobo_csv_is_quoted_semicolons_with_split_answers_and_metadata(
    tmp_path: Path, interviews: pd.DataFrame, instrument: Instrument
) -> None:
    file = tmp_path / "kobo.csv"
    write_kobo_csv(file, interviews, instrument)

    lines = file.read_bytes().split(b"\r\n")
    assert lines[0].startswith(b'"start";"end";"today";"site";"wave";"ward"')
    rows = list(csv.reader(io.StringIO(file.read_text("utf-8"), newline=""), delimiter=";"))
    header, body = rows[0], rows[1:]
    assert header[-len(KOBO_METADATA) :] == list(KOBO_METADATA)
    assert len(body) == len(interviews)
    for row, signs in zip(body, interviews["signs"].fillna(""), strict=True):
        cells = dict(zip(header, row, strict=True))
        assert cells["signs"] == signs
        marked = {
            name.split("/")[1] for name, cell in cells.items() if name.startswith("signs/") and cell == "1"
        }
        assert marked == set(signs.split())
        assert signs or cells["signs/debt"] == ""


def test_kobo_workbook_holds_the_same_cells_as_the_csv(
    tmp_path: Path, interviews: pd.DataFrame, instrument: Instrument
) -> None:
    write_kobo_csv(tmp_path / "kobo.csv", interviews, instrument)
    write_kobo_xlsx(tmp_path / "kobo.xlsx", interviews, instrument)

    workbook = CalamineWorkbook.from_path(tmp_path / "kobo.xlsx")
    assert len(workbook.sheet_names[0]) <= 31
    with (tmp_path / "kobo.csv").open(encoding="utf-8", newline="") as file:
        assert workbook.get_sheet_by_index(0).to_python() == list(csv.reader(file, delimiter=";"))


def test_central_archive_has_groups_in_its_headers_and_zeros_for_what_was_not_asked(
    tmp_path: Path, interviews: pd.DataFrame, instrument: Instrument
) -> None:
    write_central_zip(tmp_path / "central.zip", interviews, instrument)

    with zipfile.ZipFile(tmp_path / "central.zip") as archive:
        assert archive.namelist() == ["kap_core.csv"]
        rows = list(csv.DictReader(io.StringIO(archive.read("kap_core.csv").decode("utf-8"), newline="")))
    assert len(rows) == len(interviews)
    assert [row["visit-ward"] for row in rows] == interviews["ward"].tolist()
    split = [name for name in rows[0] if name.startswith("knowledge-signs/")]
    assert split == sorted(split)
    refused_consent = next(row for row in rows if row["consent_talk-consent"] == "no")
    assert {refused_consent[name] for name in split} == {"0"}
    assert rows[0]["KEY"] == rows[0]["meta-instanceID"] == f"uuid:{interviews['instance_id'].iloc[0]}"


def test_korean_table_speaks_korean_in_code_page_949(
    tmp_path: Path, interviews: pd.DataFrame, instrument: Instrument
) -> None:
    write_korean_csv(tmp_path / "korean.csv", interviews, instrument)

    text = (tmp_path / "korean.csv").read_bytes().decode("cp949")
    with pytest.raises(UnicodeDecodeError):
        (tmp_path / "korean.csv").read_bytes().decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert {row["성별"] for row in rows} <= {"여성", "남성", "응답 거부", ""}
    assert [row["_uuid"] for row in rows] == interviews["instance_id"].tolist()


@pytest.mark.parametrize(("suffix", "write"), WRITERS.values(), ids=list(WRITERS))
def test_a_file_is_the_same_whenever_it_is_written(
    tmp_path: Path,
    interviews: pd.DataFrame,
    instrument: Instrument,
    suffix: str,
    write: Callable[[Path, pd.DataFrame, Instrument], None],
) -> None:
    once, twice = tmp_path / f"once{suffix}", tmp_path / f"twice{suffix}"
    write(once, interviews, instrument)
    write(twice, interviews, instrument)

    assert once.read_bytes() == twice.read_bytes()
