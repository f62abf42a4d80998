"""Scores of a plan's own file: codes that are no answer count as in a campaign, and nothing goes missing silently."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter
import yaml

from campaigns.data_file import read_data
from campaigns.effects import EffectEstimate
from campaigns.evaluation import evaluate
from campaigns.one_table import effects_of_file
from campaigns.registry import load_campaign
from surveys.problems import CannotProceed
from tests.campaigns.command_line import awareness


CODES = {"dk": "dont_know", "no_reply": "refused", "-99": "dont_know"}
KEY = {"a": "yes", "b": "no", "c": "yes"}
OUTCOMES = [
    {"id": "right", "score": {"proportion_correct": KEY, "dont_know": "incorrect"}},
    {"id": "right_of_known", "score": {"proportion_correct": KEY, "dont_know": "missing"}},
    {"id": "knows", "score": {"item": "a", "values": {"yes": 1, "no": 0}, "dont_know": "incorrect"}},
    {"id": "says", "score": {"item": "a", "values": {"yes": 1, "no": 0}, "dont_know": "missing"}},
    {"id": "names", "score": {"at_least": 1, "of": {"signs": ["debt", "wages"]}, "dont_know": "incorrect"}},
    {"id": "agrees", "score": {"mean": ["e", "f"], "reverse": ["f"], "scale": [1, 5], "minimum_answered": 0.5}},
    {"id": "index", "score": {"z_index": ["e", "f"]}},
]  # fmt: skip
CAMPAIGN = {
    "campaign": "pilot",
    "title": {"en": "Pilot", "ko": "시범사업"},
    "simulated": True,
    "instrument": "kap",
    "waves": [
        {"id": "baseline", "opens": "2026-02-01", "closes": "2026-02-28"},
        {"id": "endline", "opens": "2026-09-01", "closes": "2026-09-30"},
    ],
    "sites": [{"id": "npl", "country": "NPL", "role": "origin"}],
    "columns": {
        "submission": "submission",
        "wave": "wave",
        "arm": "arm",
        "cluster": "ward",
        "interview_date": "today",
    },
    "missing_codes": CODES,
    "analysis": {
        "design": "difference_in_differences",
        "before": "baseline",
        "after": "endline",
        "covariates": [{"categorical": "school"}],
        "subgroups": ["sex"],
        "margin": {},
    },
}
ABOUT = {
    "title": {"en": "t", "ko": "t"},
    "construct": "factual_knowledge",
    "better": "higher",
    "family": "knowledge",
    "tier": "primary",
}
LISTS = {
    "yes_no": ["yes", "no", "dk", "no_reply"],
    "sign": ["debt", "wages", "isolation", "dk"],
    "school": ["low", "high", "no_reply"],
    "sex": ["f", "m", "no_reply"],
}
QUESTIONS = {
    "a": "select_one yes_no",
    "b": "select_one yes_no",
    "c": "select_one yes_no",
    "signs": "select_multiple sign",
    "e": "integer",
    "f": "integer",
    "school": "select_one school",
    "sex": "select_one sex",
}


def interviews(wave: str, day: str) -> pd.DataFrame:
    random = np.random.default_rng(len(wave))
    people = 240
    number = np.arange(people)
    frame = pd.DataFrame(
        {
            "submission": [f"{wave}-{n}" for n in number],
            "wave": wave,
            "arm": np.where(number % 2 == 1, "campaign", "comparison"),
            "ward": [f"w{n % 12}" for n in number],
            "today": day,
        }
    )
    for item in ("a", "b", "c"):
        frame[item] = random.choice(
            ["yes", "no", "dk", "no_reply", ""], people, p=[0.4, 0.3, 0.15, 0.1, 0.05]
        )
    frame["signs"] = random.choice(["debt", "wages isolation", "isolation", "dk", ""], people)
    for item in ("e", "f"):
        frame[item] = random.choice(["1", "2", "3", "4", "5", "-99", ""], people)
    frame["school"] = random.choice(["low", "high", "no_reply"], people, p=[0.5, 0.4, 0.1])
    frame["sex"] = random.choice(["f", "m", "no_reply"], people, p=[0.5, 0.4, 0.1])
    return frame


def write_questionnaire(path: Path) -> None:
    survey = [("today", "today", ""), *((kind, name, name) for name, kind in QUESTIONS.items())]
    choices = [(name, code, code) for name, codes in LISTS.items() for code in codes]
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "survey": [("type", "name", "label"), *survey],
            "choices": [("list_name", "name", "label"), *choices],
            "settings": [("form_id", "version"), ("kap", "1")],
        }.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)


def write_plan(folder: Path, **changes: object) -> Path:
    plan = {
        "outcomes": OUTCOMES,
        "missing_codes": CODES,
        "columns": {
            "wave": {"column": "wave", "before": "baseline", "after": "endline"},
            "arm": {"column": "arm", "campaign": "campaign", "comparison": "comparison"},
            "cluster": "ward",
        },
        "analysis": {
            "design": "difference_in_differences",
            "covariates": [{"categorical": "school"}],
            "subgroups": ["sex"],
        },
    }
    file = folder / "plan.yaml"
    kept = {key: value for key, value in (plan | changes).items() if value is not None}
    file.write_text(yaml.safe_dump(kept), "utf-8")
    return file


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("data") / "data.csv"
    waves = [interviews("baseline", "2026-02-10"), interviews("endline", "2026-09-10")]
    pd.concat(waves).to_csv(file, index=False)
    return file


def refusal(folder: Path, data: Path, **changes: object) -> CannotProceed:
    with pytest.raises(CannotProceed) as stop:
        effects_of_file(write_plan(folder, **changes), data)
    return stop.value


def test_a_plan_with_the_campaigns_codes_gives_the_campaigns_numbers(tmp_path: Path, data: Path) -> None:
    workspace = tmp_path / "workspace"
    assert awareness("init", workspace).returncode == 0
    campaign = CAMPAIGN | {"outcomes": [outcome | ABOUT for outcome in OUTCOMES]}
    campaign_file = workspace / "campaigns" / "pilot.yaml"
    campaign_file.write_text(yaml.safe_dump(campaign, allow_unicode=True), "utf-8")
    write_questionnaire(workspace / "instruments" / "kap.xlsx")
    of_workspace = ("--workspace", workspace, "--campaign", "pilot")
    run = awareness("ingest", data, *of_workspace, "--site", "npl")
    assert run.returncode == 0, run.stdout + run.stderr
    rows = tmp_path / "rows.csv"
    run = awareness("responses", *of_workspace, "--output", rows)
    assert run.returncode == 0, run.stderr
    assert awareness("evaluate", *of_workspace).returncode == 0

    answers = sorted((workspace / "columns").glob("**/*.parquet"))
    assert answers
    whole = evaluate(load_campaign(campaign_file), answers, as_of_upload=None, data_sha256="")
    expected = {(e.subject.outcome, e.subject.subgroup): e for e in whole.effects}
    found = effects_of_file(write_plan(tmp_path), rows).effects
    assert {e.subject.subgroup for e in found} == {None, "sex=f", "sex=m"}
    assert len(found) == len(expected) == 3 * len(OUTCOMES)
    for effect in found:
        same = expected[effect.subject.outcome, effect.subject.subgroup]
        assert isinstance(effect, EffectEstimate)
        assert isinstance(same, EffectEstimate)
        assert effect.estimate == pytest.approx(same.estimate, abs=1e-12)
        assert effect.std_error == pytest.approx(same.std_error, rel=1e-9)
        assert effect.counts.n == same.counts.n


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_declared_code_is_missing_in_every_kind_of_column(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame(
        {"age": [30, -99, 41], "word": ["x", "dk", "y"], "picks": ["a dk", "dk no_reply", "dk"]}
    )
    file = tmp_path / f"data.{ending}"
    frame.to_csv(file, index=False) if ending == "csv" else frame.to_parquet(file)
    found = read_data(file, list(frame), CODES)
    assert found.numbers("age", "").to_pylist() == [30.0, None, 41.0]
    assert found.labels("age", "").to_pylist() == ["30", None, "41"]
    assert found.reasons("age", "").to_pylist() == [None, "dont_know", None]
    assert found.labels("word", "").to_pylist() == ["x", None, "y"]
    assert found.reasons("picks", "").to_pylist() == [None, "dont_know", "dont_know"]
    assert found.matched("word", "", {"dk": "named"}).to_pylist() == [None, "named", None]


YES_NO = {"item": "a", "values": {"yes": 1, "no": 0}}


@pytest.mark.parametrize(
    "score",
    [
        {"proportion_correct": KEY, "dont_know": "missing"},
        {"item": "a", "equals": "yes", "dont_know": "missing"},
        YES_NO | {"dont_know": "incorrect"},
        {"mean": ["e", "a"], "dont_know": "missing"},
    ],
)
@pytest.mark.parametrize("codes", [None, {"no_reply": "refused"}])
def test_dont_know_without_a_code_is_refused_where_it_would_do_nothing(
    tmp_path: Path, data: Path, score: dict[str, object], codes: dict[str, str] | None
) -> None:
    stop = refusal(tmp_path, data, missing_codes=codes, outcomes=[{"id": "y", "score": score}])
    assert stop.where.endswith("outcomes[0].score.dont_know")
    assert '"dk"' in stop.what or '"-99"' in stop.what
    assert "missing_codes" in stop.remedy


@pytest.mark.parametrize(
    "score",
    [YES_NO, YES_NO | {"dont_know": "missing"}, {"proportion_correct": KEY, "dont_know": "incorrect"}],
)
def test_dont_know_without_a_code_stands_where_the_numbers_are_the_same(
    tmp_path: Path, data: Path, score: dict[str, object]
) -> None:
    outcomes = [{"id": "y", "score": score}]
    declared = effects_of_file(write_plan(tmp_path, outcomes=outcomes), data).effects[0]
    codes = {"no_reply": "refused"}
    silent = effects_of_file(write_plan(tmp_path, outcomes=outcomes, missing_codes=codes), data).effects[0]
    assert isinstance(declared, EffectEstimate)
    assert isinstance(silent, EffectEstimate)
    assert (silent.estimate, silent.counts.n) == (declared.estimate, declared.counts.n)


@pytest.mark.parametrize("score", [{"item": "e"}, {"mean": ["f", "e"]}, {"z_index": ["e"]}])
def test_text_among_the_numbers_of_a_score_is_refused(
    tmp_path: Path, data: Path, score: dict[str, object]
) -> None:
    rows = pd.read_csv(data, dtype=str, keep_default_na=False)
    rows.loc[:2, "e"] = "abc"
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    stop = refusal(tmp_path, file, outcomes=[{"id": "y", "score": score}])
    assert '3 cells of the column "e"' in stop.what
    assert '"abc"' in stop.what
    assert "missing_codes" in stop.remedy


def test_a_right_answer_that_nobody_gave_is_refused(tmp_path: Path, data: Path) -> None:
    outcome = {"id": "right", "score": {"proportion_correct": {"b": "no", "a": "yess"}}}
    stop = refusal(tmp_path, data, outcomes=[outcome])
    assert stop.where.endswith("outcomes[0].score.proportion_correct.a")
    assert '"yess" to a' in stop.what
    assert '"no"' in stop.what
    assert "dk" not in stop.what
    assert 'Did you mean "yes"?' in stop.remedy


def test_a_decimal_comma_is_a_number_for_a_score_too(tmp_path: Path) -> None:
    rows = pd.concat([interviews("baseline", "2026-02-10"), interviews("endline", "2026-09-10")])
    rows["e"] = rows["e"].replace({"1": "1.5", "-99": ""})
    comma = rows.assign(e=rows["e"].str.replace(".", ","))
    points, commas = tmp_path / "points.csv", tmp_path / "commas.csv"
    rows.to_csv(points, index=False)
    comma.to_csv(commas, index=False, sep=";")
    plan = write_plan(tmp_path, outcomes=[{"id": "y", "score": {"item": "e"}}])
    for one, other in zip(
        effects_of_file(plan, points).effects, effects_of_file(plan, commas).effects, strict=True
    ):
        assert isinstance(one, EffectEstimate)
        assert isinstance(other, EffectEstimate)
        assert other.estimate == pytest.approx(one.estimate, abs=1e-12)


def test_respondents_interviewed_twice_in_a_wave_are_counted_as_left_out(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    waves = [pd.DataFrame({"who": range(60), "t": t, "y": random.normal(size=60)}) for t in (0, 1)]
    rows = pd.concat([*waves, waves[1].iloc[:4], waves[0].iloc[10:13]])
    file = tmp_path / "data.csv"
    rows.to_csv(file, index=False)
    plan = write_plan(
        tmp_path,
        missing_codes=None,
        outcomes=[{"id": "y", "column": "y"}],
        columns={"respondent": "who", "wave": {"column": "t", "before": "0", "after": "1"}},
        analysis={"design": "paired_pre_post"},
    )
    effect = effects_of_file(plan, file).effects[0]
    assert isinstance(effect, EffectEstimate)
    assert (effect.counts.n, effect.counts.dropped) == (53, 7)
    assert "many_dropped" in [note.code for note in effect.caveats]
