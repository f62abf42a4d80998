"""``init``, ``ingest`` and ``responses`` as a person at a terminal meets them."""

import csv
import json
import sys

import pyreadstat
import pytest

from dashboard.__main__ import main
from tests.surveys.fieldwork_example import CAMPAIGN, SURVEY, said, write_export, write_instrument


@pytest.fixture
def awareness(monkeypatch, capsys):
    """Run a command; gives back its exit code, what it printed, and what it complained of."""
    monkeypatch.delenv("AWARENESS_WORKSPACE", raising=False)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["awareness", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            main()
        printed = capsys.readouterr()
        return stop.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def workspace(tmp_path, awareness):
    folder = tmp_path / "workspace"
    assert awareness("init", folder, "--title", "Pilot")[0] == 0
    (folder / "campaigns/pilot.yaml").write_text(CAMPAIGN, "utf-8")
    write_instrument(folder / "instruments/kap.xlsx")
    return folder


def test_init_makes_a_workspace_that_works_and_says_so(tmp_path, awareness):
    code, printed, _ = awareness("init", tmp_path / "w")
    assert code == 0
    assert "the workspace is ready" in printed
    assert (tmp_path / "w/catalogue.db").is_file()
    assert awareness("init", tmp_path / "w")[0] == 0
    assert awareness("init", tmp_path)[0] == 2


def test_a_right_file_is_stored_and_ends_in_0(workspace, tmp_path, awareness):
    file = write_export(tmp_path / "a.csv", [said("a"), said("b")])
    words = ("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    code, printed, _ = awareness(*words)
    report = json.loads(printed)
    assert (code, report["verdict"], report["accepted"]) == (0, "accept", 2)
    code, printed, _ = awareness(*words)
    report = json.loads(printed)
    assert (code, report["accepted"], report["unchanged"]) == (0, 0, 2)
    assert list(workspace.glob("columns/pilot/current/npl/baseline.parquet"))


def test_a_file_with_wrong_rows_ends_in_1_with_its_report_in_the_language_asked_for(
    workspace, tmp_path, awareness
):
    file = write_export(tmp_path / "a.csv", [said("a"), said("b", heard="perhaps")])
    words = (
        "ingest",
        file,
        "--workspace",
        workspace,
        "--campaign",
        "pilot",
        "--site",
        "npl",
        "--language",
        "ko",
    )
    code, printed, _ = awareness(*words, "--report", tmp_path / "r.json")
    assert code == 1
    assert json.loads(printed) == json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert json.loads(printed)["problems"][0]["message"].startswith("2행")
    assert awareness(*words, "--report", tmp_path / "r.xlsx")[0] == 1
    assert (tmp_path / "r.xlsx").read_bytes()[:2] == b"PK"


def test_a_file_that_is_none_ends_in_3_and_still_prints_its_report(workspace, tmp_path, awareness):
    (tmp_path / "a.csv").write_bytes(b"%PDF-1.7")
    words = ("ingest", tmp_path / "a.csv", "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    for ending in ("json", "xlsx"):
        code, printed, _ = awareness(*words, "--report", tmp_path / f"r.{ending}")
        assert code == 3
        assert json.loads(printed)["verdict"] == "reject-file"
        assert (tmp_path / f"r.{ending}").is_file()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("--campaign", "pilto"), 'no campaign "pilto"'),
        (("--site", "nepal"), "Use one of: npl, tha"),
        (("--wave", "basline"), 'Did you mean "baseline"?'),
        (("--language", "xx"), "no messages"),
        (("--report", "r.pdf"), ".json or .xlsx"),
        (("--workspace", "/nowhere/at/all"), "no workspace.toml"),
    ],
)
def test_a_wrong_command_ends_in_2_with_what_there_is(workspace, tmp_path, awareness, change, told):
    file = write_export(tmp_path / "a.csv", [said("a")])
    usual = {"--workspace": workspace, "--campaign": "pilot", "--site": "npl"} | {change[0]: change[1]}
    code, printed, complaint = awareness("ingest", file, *(word for pair in usual.items() for word in pair))
    assert (code, printed) == (2, "")
    assert told in complaint


def test_a_missing_file_and_a_missing_questionnaire_are_told(workspace, tmp_path, awareness):
    write_export(tmp_path / "march.csv", [said("a")])
    words = ("--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    code, _, complaint = awareness("ingest", tmp_path / "mrach.csv", *words)
    assert code == 2
    assert 'Did you mean "march.csv"?' in complaint
    (workspace / "instruments/kap.xlsx").write_bytes(b"no workbook")
    code, _, complaint = awareness("ingest", tmp_path / "march.csv", *words)
    assert code == 2
    assert "kap.xlsx" in complaint
    (workspace / "instruments/kap.xlsx").unlink()
    assert awareness("ingest", tmp_path / "march.csv", *words)[0] == 2


def test_responses_are_the_rows_now_held_or_held_then(workspace, tmp_path, awareness):
    words = ("--workspace", workspace, "--campaign", "pilot")
    for number, rows in enumerate(([said("a"), said("b")], [said("a", age="31"), said("c", remark="=x")])):
        file = write_export(tmp_path / f"{number}.csv", rows)
        assert awareness("ingest", file, *words, "--site", "npl")[0] == 0
    output = tmp_path / "rows.csv"

    def ages(*more):
        assert awareness("responses", *words, "--output", output, *more)[0] == 0
        with output.open(newline="", encoding="utf-8") as handle:
            return {row["submission_id"]: row["age"] for row in csv.DictReader(handle)}

    assert ages() == {"a": "31", "b": "30", "c": "30"}
    assert ages("--as-of", "1") == {"a": "30", "b": "30"}
    assert ages("--site", "tha") == {}
    assert awareness("responses", *words, "--output", output, "--as-of", "9")[0] == 2
    assert awareness("responses", *words, "--output", tmp_path / "no/where.csv")[0] == 2
    assert awareness("responses", *words, "--output", output, "--site", "xxx")[0] == 2


def test_the_workspace_may_be_named_by_the_environment(workspace, tmp_path, awareness, monkeypatch):
    monkeypatch.setenv("AWARENESS_WORKSPACE", str(workspace))
    file = write_export(tmp_path / "a.csv", [said("a")])
    assert awareness("ingest", file, "--campaign", "pilot", "--site", "npl")[0] == 0


def test_answers_on_the_command_line_are_remembered_with_a_name(workspace, tmp_path, awareness):
    place = ("--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    first = write_export(tmp_path / "a.csv", [said("a", day="03/02/2026", heard="-99")])
    code, printed, _ = awareness("ingest", first, *place)
    assert code == 3
    assert [one["id"] for one in json.loads(printed)["questions"]] == ["day_order:day", "missing:-99"]
    answers = ("--answer", "day_order=day_first", "--answer", "missing:-99=refused", "--by", "Mina")
    assert awareness("ingest", first, *place, *answers)[0] == 0
    second = write_export(tmp_path / "b.csv", [said("b", day="04/02/2026", heard="-99")])
    code, printed, _ = awareness("ingest", second, *place)
    told = json.loads(printed)
    assert (code, told["questions"]) == (0, [])
    assert [(one["id"], one["answer"], one["by"]) for one in told["decided"]] == [
        ("day_order:day", "day_first", "Mina"), ("missing:-99", "refused", "Mina"),
    ]  # fmt: skip
    code, _, complaint = awareness("ingest", second, *place, "--answer", "day_order=perhaps")
    assert (code, "day_first, month_first" in complaint) == (2, True)


def test_a_suggested_map_is_reviewed_and_given_back(workspace, tmp_path, awareness):
    place = ("--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    file = write_export(tmp_path / "a.csv", [said("a"), said("b")])
    text = file.read_text("utf-8").replace("ward", "Name of the ward", 1)
    file.write_text(text, "utf-8")
    code, _, _ = awareness("ingest", file, *place, "--suggest-map", tmp_path / "map.yaml")
    assert code == 3
    assert 'question: "ward"' in (tmp_path / "map.yaml").read_text("utf-8")
    code, printed, _ = awareness("ingest", file, *place, "--column-map", tmp_path / "map.yaml")
    assert (code, json.loads(printed)["accepted"]) == (0, 2)


def test_responses_for_statisticians_say_why_an_answer_is_missing_in_the_language_asked_for(
    workspace, tmp_path, awareness
):
    file = write_export(tmp_path / "a.csv", [said("a", heard="dk"), said("b", age="")])
    where = ("--workspace", workspace, "--campaign", "pilot")
    assert awareness("ingest", file, *where, "--site", "npl")[0] == 0
    for ending in ("dta", "sav", "xlsx", "parquet"):
        code, printed, _ = awareness(
            "responses", *where, "--output", tmp_path / f"r.{ending}", "--language", "ko"
        )
        assert (code, printed) == (0, f"{tmp_path / f'r.{ending}'}: 2 rows.\n")
    values, told = pyreadstat.read_dta(tmp_path / "r.dta", user_missing=True, output_format="dict")
    assert values["age"] == [30.0, "b"]
    assert values["heard_why"] == ["d", 0.0]
    assert told.variable_value_labels["heard_why"] == {0: "응답함", "d": "모름"}
    assert awareness("responses", *where, "--output", tmp_path / "r.dta", "--language", "xx")[0] == 2


def test_the_rows_of_a_repeated_section_are_written_and_a_wrong_name_is_told(workspace, tmp_path, awareness):
    survey = (
        *SURVEY,
        ("begin repeat", "member", "Member", ""),
        ("integer", "member_age", "Age", ""),
        ("end repeat", "", "", ""),
    )
    write_instrument(workspace / "instruments/kap.xlsx", survey=survey)
    rows = [said("a"), said("b")]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], "member_age_1", "member_age_2"])
        writer.writeheader()
        writer.writerows(
            [{**rows[0], "member_age_1": "61", "member_age_2": "x"}, {**rows[1], "member_age_1": ""}]
        )
    where = ("--workspace", workspace, "--campaign", "pilot")
    code, printed, _ = awareness("ingest", tmp_path / "a.csv", *where, "--site", "npl")
    assert code == 0
    [roster] = json.loads(printed)["rosters"]
    assert (roster["name"], roster["accepted"], roster["refused"]) == ("member", 1, 1)
    code, _, _ = awareness("responses", *where, "--roster", "member", "--output", tmp_path / "m.csv")
    assert code == 0
    assert (tmp_path / "m.csv").read_text("utf-8").splitlines() == [
        '"submission_id","site","wave","row_number","member_age"', '"a","npl","baseline","1","61"',
    ]  # fmt: skip
    assert awareness("responses", *where, "--roster", "member", "--output", tmp_path / "m.sav")[0] == 0
    code, _, complaint = awareness("responses", *where, "--roster", "membr", "--output", tmp_path / "m.csv")
    assert (code, 'Did you mean "member"?' in complaint) == (2, True)
