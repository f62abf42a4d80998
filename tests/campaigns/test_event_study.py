"""Event studies, joint tests and doses: the numbers of R."""

import json
from pathlib import Path

import pandas as pd
import pytest

from campaigns.effects import EffectEstimate, NotEstimable
from tests.campaigns.plans_on_files import agrees, caveats, effects_of, the_effect


R = json.loads((Path(__file__).parents[1] / "reference" / "event_study.json").read_text("utf-8"))
DATA = pd.DataFrame(R["data"])
WAVES = (
    "wave: {column: year, before: [2021, 2022, 2023], after: [2024, 2025]}, "
    "arm: {column: arm, campaign: 1, comparison: 0}, cluster: village"
)


def events(
    folder: Path, analysis: str, columns: str = WAVES, data: pd.DataFrame = DATA
) -> dict[str, EffectEstimate]:
    found = effects_of(
        folder, data, columns=columns, analysis=f"design: event_study, {analysis}", outcome="y"
    )
    return {effect.subject.term: effect for effect in found if isinstance(effect, EffectEstimate)}


@pytest.mark.parametrize("errors", sorted(R["wave"]))
def test_events_by_wave_are_those_of_a_regression_in_r(tmp_path: Path, errors: str) -> None:
    found = events(tmp_path, f"standard_errors: {errors}")
    assert list(found) == ["event_-3", "event_-2", "event_0", "event_1"]
    for term, expected in R["wave"][errors].items():
        agrees(found[term], expected)


def test_covariates_and_weights_enter_as_in_r(tmp_path: Path) -> None:
    adjusted = events(tmp_path, "standard_errors: CR2, covariates: [age]")
    weighted = events(tmp_path, "standard_errors: CR1S", f"{WAVES}, weight: w")
    for term, expected in R["wave_adjusted"].items():
        agrees(adjusted[term], expected)
    for term, expected in R["wave_weighted"].items():
        agrees(weighted[term], expected)


@pytest.mark.parametrize("errors", ["CR2", "CR1"])
def test_earlier_differences_are_tested_together_as_in_r(tmp_path: Path, errors: str) -> None:
    found = events(tmp_path, f"standard_errors: {errors}")
    note = next(note for note in found["event_0"].caveats if note.code.startswith("pre_trend"))
    expected = R["joint"][errors]
    assert note.values["f"] == f"{expected['statistic']:.3g}"
    assert note.values["df"] == f"{expected['df']:.3g}"
    assert note.values["p"] == f"{expected['p_value']:.3g}"
    assert note.values["coefficients"] == 2


def test_each_event_counts_who_it_compares(tmp_path: Path) -> None:
    counts = events(tmp_path, "standard_errors: CR2")["event_1"].counts
    here = DATA[DATA["year"] == 2025].groupby("arm").size()
    assert (counts.n_campaign_after, counts.n_comparison_after) == (here[1], here[0])
    assert (counts.clusters_campaign, counts.clusters_comparison) == (8, 10)


def test_events_by_each_cohorts_own_start(tmp_path: Path) -> None:
    columns = "period: year, first_treated: start, cluster: village"
    found = events(tmp_path, "standard_errors: CR1", columns)
    assert set(R["start"]) <= set(found)
    for term, expected in R["start"].items():
        agrees(found[term], expected)


def test_waves_with_names_are_events_in_the_order_named(tmp_path: Path) -> None:
    names = {2021: "first", 2022: "second", 2023: "third", 2024: "after", 2025: "later"}
    data = DATA.assign(year=DATA["year"].map(names))
    columns = WAVES.replace("[2021, 2022, 2023]", "[first, second, third]").replace(
        "[2024, 2025]", "[after, later]"
    )
    found = events(tmp_path, "standard_errors: CR2", columns, data)
    for term, expected in R["wave"]["CR2"].items():
        agrees(found[term], expected)


def test_two_waves_are_a_difference_in_differences_with_a_name(tmp_path: Path) -> None:
    columns = WAVES.replace("[2021, 2022, 2023]", "2023").replace("[2024, 2025]", "2024")
    (found,) = events(tmp_path, "standard_errors: CR2", columns).values()
    did = the_effect(
        tmp_path,
        DATA,
        columns=columns,
        analysis="design: difference_in_differences, standard_errors: CR2",
        outcome="y",
    )
    assert found.subject.term == "event_0"
    assert (found.estimate, found.std_error, found.df) == pytest.approx((did.estimate, did.std_error, did.df))
    assert not any(code.startswith("pre_trend") for code in caveats(found))


def test_a_difference_before_the_start_contradicts_the_assumption(tmp_path: Path) -> None:
    moved = DATA.assign(y=DATA["y"] + 3 * ((DATA["year"] == 2021) & (DATA["arm"] == 1)))
    assert "pre_trend_seen" in caveats(events(tmp_path, "standard_errors: CR2", data=moved)["event_0"])
    assert "pre_trend_not_seen" in caveats(events(tmp_path, "standard_errors: CR2")["event_0"])


@pytest.mark.parametrize("errors", ["CR2", "HC1"])
def test_a_dose_is_a_slope(tmp_path: Path, errors: str) -> None:
    cluster = ", cluster: village" if errors == "CR2" else ""
    found = the_effect(
        tmp_path,
        DATA,
        columns=f"dose: bursts{cluster}",
        analysis=f"design: exposure, standard_errors: {errors}, covariates: [age, {{categorical: year}}]",
        outcome="y",
    )
    agrees(found, R["dose"][errors])
    assert (found.subject.estimand, found.subject.term, found.subject.design) == ("dose", "dose", "exposure")
    assert "change_not_effect" not in caveats(found)


def test_nobody_exposed_more_than_others_is_no_slope(tmp_path: Path) -> None:
    (found,) = effects_of(
        tmp_path, DATA.assign(bursts=2), columns="dose: bursts", analysis="design: exposure", outcome="y"
    )
    assert isinstance(found, NotEstimable)
    assert found.code == "not_identified"
