"""The demonstration: built through the real door, and its known effects found again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from campaigns.effects import EffectEstimate, Evaluation
from campaigns.evaluation import evaluate
from campaigns.registry import fieldwork_of, load_campaign
from campaigns.simulation import pilot_from, true_effects
from dashboard.demo import CAMPAIGN, SOURCE, TODAY, TOOLS, TROUBLED, TRY_ME, build_demo
from dashboard.quality import Qualities
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.checking import check_table
from surveys.problems import CannotProceed
from surveys.reading import read_file
from surveys.xlsform import load_instrument


# ibis calls what pandas and DuckDB are about to rename; nothing of ours does.
pytestmark = [
    pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'future.infer_string' option"),
]


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, told: list[str]) -> Workspace:
    return build_demo(tmp_path_factory.mktemp("demo") / "workspace", tell=told.append)


@pytest.fixture(scope="module")
def evaluation(demo: Workspace) -> Evaluation:
    campaign = load_campaign(demo.folder / "campaigns" / f"{CAMPAIGN}.yaml")
    catalogue = Catalogue(demo.database_url)
    answers = columns.refresh(catalogue, demo.folder / "columns", campaign.id)
    return evaluate(campaign, answers, as_of_upload=catalogue.newest_upload(campaign.id), data_sha256="")


@pytest.fixture(scope="module")
def found(evaluation: Evaluation) -> pd.DataFrame:
    """Every estimate beside what is true of it."""
    pilot = pilot_from(yaml.safe_load((SOURCE / "truth.yaml").read_text("utf-8")))
    truth = true_effects(pilot)
    truth = truth.assign(subgroup=truth["subgroup"].fillna(""))
    estimates = pd.DataFrame(
        [
            {
                "site": e.subject.site,
                "outcome": e.subject.outcome,
                "subgroup": e.subject.subgroup or "",
                "said": e.subject.estimand,
                "estimate": e.estimate,
                "std_error": e.std_error,
                "conf_low": e.conf_low,
                "conf_high": e.conf_high,
                "verdict": e.verdict,
            }
            for e in evaluation.effects
            if isinstance(e, EffectEstimate)
        ]
    )
    together = truth.merge(estimates, on=["site", "outcome", "subgroup"], how="left", validate="one_to_one")
    return together.assign(error=(together["estimate"] - together["truth"]) / together["std_error"])


def overall(found: pd.DataFrame) -> pd.DataFrame:
    return found[found["subgroup"] == ""]


def row(found: pd.DataFrame, site: str, outcome: str) -> pd.Series:
    chosen = overall(found).query("site == @site and outcome == @outcome")
    return chosen.iloc[0]


def test_every_site_and_outcome_is_estimated(found: pd.DataFrame) -> None:
    assert overall(found)["estimate"].notna().all()
    assert len(overall(found)) == 9 * 9


def test_every_known_effect_is_found_again_within_three_and_a_half_standard_errors(
    found: pd.DataFrame,
) -> None:
    estimated = found.dropna(subset="estimate")
    assert estimated.loc[estimated["error"].abs() > 3.5, ["site", "outcome", "subgroup", "error"]].empty


def test_the_errors_are_those_of_chance(found: pd.DataFrame) -> None:
    errors = overall(found)["error"]
    assert abs(errors.mean()) < 0.4  # outcomes of one person hang together: fewer than 81 independent errors
    assert 0.75 < np.sqrt((errors**2).mean()) < 1.3


def test_a_site_without_comparison_says_change_and_the_others_do_not(found: pd.DataFrame) -> None:
    said = overall(found).groupby("site")["said"].agg(set)
    assert said["nzl"] == {"change"}
    assert all("change" not in said[site] for site in TOOLS if site != "nzl")


def test_the_demonstration_shows_an_effect_a_harm_a_null_and_a_doubt(found: pd.DataFrame) -> None:
    assert row(found, "npl", "names_two_signs")["conf_low"] > 0
    assert row(found, "kor", "hotline_known")["conf_low"] > 0
    assert row(found, "bgd", "fears_regular_migration")["conf_low"] > 0
    assert (
        row(found, "idn", "names_two_signs")["conf_low"]
        < 0
        < row(found, "idn", "names_two_signs")["conf_high"]
    )
    doubtful = row(found, "mys", "names_two_signs")
    assert doubtful["conf_high"] - doubtful["conf_low"] > 0.25


def test_the_checks_of_fieldwork_find_what_was_put_there_and_little_elsewhere(demo: Workspace) -> None:
    campaign = load_campaign(demo.campaign_file(CAMPAIGN))
    with Catalogue(demo.database_url) as catalogue:
        qualities = Qualities(demo, catalogue)
        reports = {
            (site, wave): qualities.current(campaign, site, wave).report
            for site in TOOLS
            for wave in ("baseline", "endline")
        }
    ranked = [(found.code, found.interviewer) for _, found in reports[TROUBLED].ranked]
    assert {code for code, interviewer in ranked if interviewer == "NPL-03"} == {
        "straight_lining_interviewer", "fast_interviewer", "nearly_copied",
    }  # fmt: skip
    assert ("dont_know_interviewer", "NPL-05") in ranked
    assert ("at_night", "NPL-06") in ranked
    assert {"too_short", "copied", "quota_short"} <= {code for code, _ in ranked}
    assert ranked[0][1] in {"NPL-03", "NPL-05"}
    elsewhere = [one for place, report in reports.items() if place != TROUBLED for _, one in report.ranked]
    assert [one.code for one in elsewhere if one.severity == "act"] == []
    named = {one.code for one in elsewhere if one.severity == "look"}
    assert named <= {"too_short", "at_night", "quota_short", "interviewers_by_arm", "far_out"}
    assert all(report.declined > 0 for report in reports.values())


def test_every_file_was_taken_with_a_few_rows_refused(demo: Workspace, told: list[str]) -> None:
    catalogue = Catalogue(demo.database_url)
    assert catalogue.newest_upload(CAMPAIGN) == 2 * len(TOOLS)
    taken = [line for line in told if "rows refused" in line]
    assert len(taken) == 2 * len(TOOLS)
    # Four mistakes and those who did not consent, 2.5 % of a file; the interview sent twice is stored once.
    assert all(5 <= int(line.split()[-3]) <= 35 for line in taken)


def test_the_file_to_try_out_shows_one_problem_of_each_kind(demo: Workspace) -> None:
    campaign = load_campaign(demo.campaign_file(CAMPAIGN))
    instrument = load_instrument(demo.instrument_file(campaign.instrument))
    fieldwork = fieldwork_of(campaign, site="npl", wave="endline")
    report = check_table(read_file(demo.folder / "incoming" / TRY_ME), instrument, fieldwork, today=TODAY)

    assert report.verdict == "accept-with-rejected-rows"
    assert report.accepted.num_rows == 7
    assert {problem.column for problem in report.problems} >= {
        "age", "int_licence", "ward", "site", "today", "enumerator", "consent", "area_group",
    }  # fmt: skip
    assert "signs" in {warning.column for warning in report.warnings}


def test_it_is_not_built_twice(demo: Workspace) -> None:
    said: list[str] = []
    before = (demo.folder / "catalogue.db").stat().st_mtime_ns
    again = build_demo(demo.folder, tell=said.append)

    assert again == demo
    assert (demo.folder / "catalogue.db").stat().st_mtime_ns == before
    assert "up to date" in said[0]


def test_a_folder_that_is_not_a_demonstration_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(CannotProceed, match="something else"):
        build_demo(tmp_path)
    assert (tmp_path / "thesis.docx").read_text() == "mine"


def test_the_files_can_be_uploaded_again(demo: Workspace) -> None:
    incoming = {path.name for path in (demo.folder / "incoming").iterdir()}
    assert len(incoming) == 2 * len(TOOLS) + 1
    assert TRY_ME in incoming
    assert TODAY.year == 2026
