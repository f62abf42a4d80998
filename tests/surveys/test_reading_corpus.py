"""Real exports and hostile uploads of the shared study material: read in full, or refused with a sentence."""

import csv
import io
import json
import time
import zipfile
from pathlib import Path

import pytest

from surveys.problems import FileRefused
from surveys.reading import RawFile, RawTable, read_file
from tests.shared import SHARED, needs_shared
from tests.surveys.reading_here import cells_of, read_here, refusal_of, said


pytestmark = needs_shared

CORPUS = SHARED / "corpus"
BAD = SHARED / "badfiles"
# Files that are no interviews, or none that can be told apart, by the code that says so.
REFUSED = {
    "dime_iefieldkit/export/auto_label_missing.xlsx": "questionnaire_not_data",
    "dime_iefieldkit/export/auto_recode.xlsx": "questionnaire_not_data",
    "dime_iefieldkit/export/harmonization.xlsx": "questionnaire_not_data",
    "dime_iefieldkit/export/template_survey.xlsx": "questionnaire_not_data",
    "dime_iefieldkit/export/iecorrect-multiple-ids.xlsx": "correction_log",
    "dime_iefieldkit/export/iecorrect-simple-str-id.xlsx": "correction_log",
    "dime_iefieldkit/export/iecorrect-template.xlsx": "correction_log",
    "dime_iefieldkit/export/iecorrect-wrongvalue.xlsx": "correction_log",
    "dime_iefieldkit/export/iedupreport.xlsx": "correction_log",
    "impact_humind/export/loa.xlsx": "sheets_ambiguous",
    "odk_central/export/audit.csv": "audit_log",
    "odk_central/export/audit2.csv": "audit_log",
    "odk_central/export/audit3.csv": "audit_log",
    "odk_central/export/audit4.csv": "audit_log",
    "onadata/export/universal_newline.csv": "questionnaire_not_data",
    "pyreadstat/export/missing_formats.sas7bcat": "format_unknown",
    "pyreadstat/export/missing_test.sas": "format_unknown",
    "pyreadstat/export/missing_test.sas7bdat": "format_unknown",
    "surveycto_stata/export/TA_253b17b4-83f4-4210-8412-2120d691b0ab.csv": "audit_log",
    "wfp_ram/export/MAD_submodule_RepeatMAD.csv": "only_rosters",
    "wfp_ram/export/SBPProcessM_module_SchoolAgeChildRoster_submodule_RepeatSchoolAgeChild.csv": "only_rosters",
}


def exports(*patterns: str) -> list[Path]:
    found = [path for pattern in patterns for path in sorted(CORPUS.glob(pattern)) if path.is_file()]
    return [path for path in found if path.name != "README.md"]


def relative(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


def expected_refusal(path: Path) -> str | None:
    if path.name.endswith("spss_labels.zip"):
        return "archive_no_data"
    if path.name.startswith("long_unicode_labels__"):  # a form that nobody answered
        return "no_rows"
    return REFUSED.get(relative(path))


@pytest.mark.parametrize("path", exports("*/export/*", "traps/*"), ids=relative)
def test_every_export_is_read_in_full_or_refused_with_a_sentence(path):
    code = expected_refusal(path)
    if code is not None:
        assert refusal_of(path) == code
        return
    file = read_here(path)
    assert not file.interviews.broken_rows
    assert file.interviews.rows.num_rows == len(file.interviews.lines) > 0
    assert len(file.interviews.columns) == file.interviews.rows.num_columns
    if path.suffix == ".csv":
        assert_same_cells(path, file)


def assert_same_cells(path: Path, file: RawFile) -> None:
    """Hold a table against the plainest possible reading of the same text."""
    content = path.read_bytes()
    text = content.decode("mac_roman" if file.encoding == "macintosh" else "utf-8-sig")
    plain = [
        row for row in csv.reader(io.StringIO(text, newline=""), delimiter=file.delimiter or ",") if any(row)
    ]
    tags = sum(warning.code == "tag_row_skipped" for warning in file.warnings)
    assert [name.strip() for name in plain[0]] == list(file.interviews.columns)
    assert [[cell if cell.strip() else None for cell in row] for row in plain[1 + tags :]] == cells_of(
        file.interviews
    )


FORMS = sorted(
    path.name.removesuffix("__submissions.json") for path in CORPUS.glob("formpack_exports/export/*.json")
)


@pytest.mark.parametrize("form", [form for form in FORMS if form != "long_unicode_labels"])
def test_every_export_of_a_kobo_form_holds_the_submissions_that_were_sent(form):
    folder = CORPUS / "formpack_exports" / "export"
    truth = json.loads((folder / f"{form}__submissions.json").read_text("utf-8"))
    identities = [str(submission["_id"]) for submission in truth]
    rosters: dict[str, int] = {}
    for path in sorted(folder.glob(f"{form}__*")):
        if path.suffix == ".zip":
            continue
        file = read_here(path)
        assert file.dialect == "kobo", path.name
        assert column(file.interviews, "_id") == identities, path.name
        for roster in file.rosters:
            leaf = roster.name.rsplit("/", 1)[-1]
            assert rosters.setdefault(leaf, roster.rows.num_rows) == roster.rows.num_rows, path.name


def column(table: RawTable, name: str) -> list[str | None]:
    values: list[str | None] = table.rows.column(table.columns.index(name)).to_pylist()
    return values


def test_the_five_sheets_of_a_needs_assessment_are_interviews_and_four_rosters():
    file = read_here(CORPUS / "impact_humind/export/dummy_raw_data.xlsx")
    assert (file.interviews.name, file.interviews.rows.num_rows) == ("main", 241)
    assert [(roster.name, roster.rows.num_rows) for roster in file.rosters] == [
        ("roster", 965), ("edu_ind", 965), ("health_ind", 965), ("nut_ind", 965),
    ]  # fmt: skip


def test_spss_files_in_an_archive_are_interviews_and_their_roster():
    file = read_here(CORPUS / "wfp_ram/export/spss_examplefiles.zip")
    assert (file.interviews.name, file.interviews.rows.num_rows, file.dialect) == ("data", 6, "ona")
    assert [roster.rows.num_rows for roster in file.rosters] == [13]


@pytest.mark.parametrize(
    "folder", sorted((CORPUS / "odk_central/export_verbatim").glob("*/")), ids=lambda path: path.name
)
def test_every_export_of_odk_central_is_read_as_one_archive(folder, tmp_path):
    path = tmp_path / "export.zip"
    members = sorted(folder.glob("*.csv"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            archive.write(member, member.name)
    file = read_here(path)
    assert file.dialect == "odk_central"
    assert len(file.rosters) == len(members) - 1
    for table in (file.interviews, *file.rosters):
        with (folder / f"{table.name}.csv").open(encoding="utf-8", newline="") as stream:
            assert table.rows.num_rows == sum(1 for row in csv.reader(stream) if any(row)) - 1


@pytest.mark.parametrize(
    "path", exports("odk_central/odata_verbatim/*.json"), ids=lambda path: path.stem[:30]
)
def test_every_answer_of_odata_is_read_or_refused_as_a_roster(path):
    document = json.loads(path.read_text("utf-8"))
    if "." in document["@odata.context"].rpartition("#")[2]:
        assert refusal_of(path) == "only_rosters"
        return
    file = read_here(path)
    assert file.dialect == "odk_central"
    assert column(file.interviews, "__id") == [record["__id"] for record in document["value"]]
    assert not any("odata" in name for name in file.interviews.columns)


CASES = json.loads((BAD / "manifest.json").read_text("utf-8"))["cases"] if BAD.is_dir() else []
# What reading alone must refuse: the bytes are wrong, whatever the answers say.
READING_REFUSES = {"bomb", "corrupt", "crasher", "limits"}
READING_MARKS = {"xl_numeric_ids_precision.xlsx": 12, "json_lone_surrogate.json": 1}


@pytest.mark.parametrize("case", CASES, ids=lambda case: Path(case["file"]).name)
def test_every_awkward_upload_is_handled_by_the_reading_process(case):
    path = BAD / case["file"]
    started = time.monotonic()
    outcome = outcome_of(path, case["upload_as"])
    assert time.monotonic() - started < 5
    if isinstance(outcome, str):
        assert "reject-file" in (case["expect"], *case["also_ok"])
        return
    assert case["category"] not in READING_REFUSES
    assert len(outcome.interviews.broken_rows) == READING_MARKS.get(path.name, 0)
    assert_expected_text(outcome, case)


def outcome_of(path: Path, name: str) -> RawFile | str:
    try:
        return read_file(path, name=name)
    except FileRefused as refusal:
        return said(refusal)


def assert_expected_text(file: RawFile, case: dict[str, object]) -> None:
    """Hold the columns that nobody recodes against the rows that must end up stored."""
    if not case["expected_table"] or case["bad_rows"]:
        return
    with (BAD / str(case["expected_table"])).open(encoding="utf-8", newline="") as stream:
        expected = list(csv.DictReader(stream))
    names = [name.rsplit("/", 1)[-1].rsplit("-", 1)[-1] for name in file.interviews.columns]
    for name in ("submission_id", "remarks", "cluster"):
        if name in names:
            found = [
                cell or "" for cell in column(file.interviews, file.interviews.columns[names.index(name)])
            ]
            wanted = [row[name] for row in expected]
            if case.get("compare") == "trim":
                found, wanted = [cell.strip() for cell in found], [cell.strip() for cell in wanted]
            assert found[: len(wanted)] == wanted
