"""The simulated pilot says what its truth file says, in codes that its questionnaire knows."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from python_calamine import CalamineWorkbook

from campaigns.simulated_interviews import (
    ATTITUDES,
    KEY,
    REVERSED,
    SIGNS,
    simulate_interviews,
    with_field_mistakes,
)
from campaigns.simulation import (
    CAMPAIGN,
    OutcomeTruth,
    Pilot,
    SiteTruth,
    draw_ground,
    pilot_from,
    require_inside_scale,
    simulate_scores,
    true_effects,
)
from data.demo.questionnaire import CHOICES, FORM, sheets


TRUTH = FORM.parents[1] / "truth.yaml"
MULTIPLE = ("signs", "heard_channels")


@pytest.fixture(scope="module")
def pilot() -> Pilot:
    return pilot_from(yaml.safe_load(TRUTH.read_text("utf-8")))


def site_of(pilot: Pilot, name: str) -> SiteTruth:
    return next(site for site in pilot.sites if site.site == name)


def scores(interviews: pd.DataFrame) -> pd.DataFrame:
    """Every outcome by hand, in plain pandas, independent of campaigns.scoring."""
    rows = interviews[interviews["consent"] == "yes"]
    named = rows["signs"].str.split().map(lambda codes: len(set(codes) & set(SIGNS)))
    facts = pd.DataFrame({q: (rows[q] == key).where(rows[q] != "refused") for q, key in KEY.items()})
    stated = pd.DataFrame({q: pd.to_numeric(rows[q], errors="coerce") for q in ATTITUDES})
    for question in REVERSED:
        stated[question] = 6 - stated[question]

    def share_of(question: str, *counted: str, missing: tuple[str, ...]) -> pd.Series:
        return rows[question].isin(counted).astype(float).where(~rows[question].isin(missing))

    return pd.DataFrame(
        {
            "names_two_signs": (named >= 2).astype(float).where(rows["signs"] != "refused"),
            "knowledge_index": facts.astype(float).mean(axis=1).where(facts.notna().sum(axis=1) >= 5),
            "attitude_index": stated.mean(axis=1).where(stated.notna().sum(axis=1) >= 3),
            "checks_licence": share_of("int_licence", "yes", missing=("refused",)),
            "uses_regular_channel": share_of("int_regular", "yes", missing=("refused",)),
            "hotline_known": share_of("hotline_known", "yes", missing=("refused",)),
            "avoids_authorities": share_of("harm_authorities", "yes", missing=("dk", "refused")),
            "blames_victims": share_of("harm_blame", "4", "5", missing=("dk", "refused")),
            "fears_regular_migration": share_of("harm_fears_regular", "4", "5", missing=("dk", "refused")),
        }
    )


def test_the_questionnaire_equals_its_text_cell_by_cell() -> None:
    workbook = CalamineWorkbook.from_path(FORM)

    assert workbook.sheet_names == list(sheets())
    for name, rows in sheets().items():
        assert workbook.get_sheet_by_name(name).to_python() == rows


def test_every_question_and_choice_is_in_english_and_korean() -> None:
    survey, choices = sheets()["survey"], sheets()["choices"]
    for row in survey[1:]:
        spoken = not row[0].startswith(("end_group", "calculate", "start", "end", "today"))
        assert bool(row[2]) == bool(row[3]), row[1]
        assert all(row[2:4]) or not spoken, row[1]
        for english, korean in ((4, 5), (9, 10)):
            assert bool(row[english]) == bool(row[korean]), row[1]
    assert all(all(row) for row in choices)


def test_mean_scores_are_those_of_the_truth_in_every_arm_and_wave(pilot: Pilot) -> None:
    small = site_of(pilot, "npl")
    # No ward differences: then sampling error is that of single answers, and 5 of its standard errors are little.
    outcomes = {name: replace(truth, icc=0.0) for name, truth in small.outcomes.items()}
    site = replace(small, outcomes=outcomes, interviews=(30_000, 30_000))
    rng = np.random.default_rng(7)
    ground = draw_ground(site, 2, rng)
    arm_of = ground.wards.set_index("name")["area_group"]
    for number, wave in enumerate(pilot.waves):
        drawn = simulate_interviews(site, ground, pilot.waves, wave, rng)
        drawn = drawn[drawn["consent"] == "yes"]
        scored = scores(drawn).groupby(arm_of.loc[drawn["ward"]].to_numpy())
        for name, truth in outcomes.items():
            for arm, mean, spread, n in zip(
                scored.groups, scored[name].mean(), scored[name].std(), scored[name].count(), strict=True
            ):
                expected = truth.level + number * (truth.trend + truth.effect * (arm == CAMPAIGN))
                assert abs(mean - expected) < 5 * spread / np.sqrt(n), (name, wave, arm)


def test_the_effect_among_women_differs_as_said_and_averages_to_the_effect(pilot: Pilot) -> None:
    truth = true_effects(pilot).query("site == 'npl' and outcome == 'hotline_known'")
    by_group = truth.set_index(truth["subgroup"].fillna("everybody"))["truth"]
    women = site_of(pilot, "npl").women

    assert by_group["sex=female"] - by_group["sex=male"] == pytest.approx(0.06)
    averaged = women * by_group["sex=female"] + (1 - women) * by_group["sex=male"]
    assert averaged == pytest.approx(by_group["everybody"]) == pytest.approx(0.20)


def test_a_site_without_comparison_wards_can_only_show_change(pilot: Pilot) -> None:
    truth = true_effects(pilot).query("site == 'nzl' and subgroup.isna()").set_index("outcome")

    assert set(truth["estimand"]) == {"change"}
    assert truth.loc["names_two_signs", "truth"] == pytest.approx(0.09 + 0.06)
    assert truth.loc["names_two_signs", "effect"] == pytest.approx(0.06)


def test_ward_differences_have_the_intraclass_correlation_said() -> None:
    outcome = OutcomeTruth(level=0.4, icc=0.03)
    site = SiteTruth(
        site="x", wards_campaign=20_000, wards_comparison=20_000, interviews=(10, 10), outcomes={"y": outcome}
    )
    ground = draw_ground(site, 2, np.random.default_rng(3))

    assert ground.shocks["y"].var(axis=0) == pytest.approx([0.03 * 0.24] * 2, rel=0.03)
    assert abs(ground.shocks["y"].mean()) < 5 * np.sqrt(0.03 * 0.24 / 80_000)
    assert np.corrcoef(ground.shocks["y"].T)[0, 1] == pytest.approx(0.6, abs=0.02)


def test_a_truth_that_would_leave_its_scale_is_refused() -> None:
    outcome = OutcomeTruth(level=0.9, effect=0.15)
    site = SiteTruth(
        site="x", wards_campaign=5, wards_comparison=5, interviews=(10, 10), outcomes={"y": outcome}
    )
    with pytest.raises(ValueError, match="leave the scale"):
        require_inside_scale(site)


@pytest.mark.parametrize("name", ["npl", "mys", "aus", "nzl"])
def test_wards_are_assigned_by_lot_in_the_numbers_said(pilot: Pilot, name: str) -> None:
    site = site_of(pilot, name)
    wards = draw_ground(site, 2, np.random.default_rng(1)).wards

    assert (wards["area_group"] == CAMPAIGN).sum() == site.wards_campaign
    assert len(wards) == site.wards_campaign + site.wards_comparison
    if site.wards_comparison:
        by_province = wards.groupby("province")["area_group"].value_counts().unstack()
        assert (by_province.max(axis=1) - by_province.min(axis=1)).max() <= 2


def test_some_wards_of_a_late_site_were_not_visited(pilot: Pilot) -> None:
    site, rng = site_of(pilot, "aus"), np.random.default_rng(5)
    ground = draw_ground(site, 2, rng)
    baseline, endline = (simulate_interviews(site, ground, pilot.waves, wave, rng) for wave in pilot.waves)

    assert baseline["ward"].nunique() == 28
    assert endline["ward"].nunique() == 18
    assert len(endline) < 0.7 * len(baseline)


def test_answers_are_codes_of_the_questionnaire_and_only_where_they_were_asked(pilot: Pilot) -> None:
    lists = {row[1]: row[0].split()[1] for row in sheets()["survey"] if row[0].startswith("select_")}
    for site in pilot.sites:
        rng = np.random.default_rng(2)
        ground = draw_ground(site, 2, rng)
        drawn = simulate_interviews(site, ground, pilot.waves, "endline", rng)
        for question, listed in lists.items():
            if listed not in CHOICES:
                continue
            codes = {code for code, *_ in CHOICES[listed]}
            answers = drawn[question].dropna()
            given = set(answers.str.split().explode()) if question in MULTIPLE else set(answers)
            assert given <= codes, question
        agreed = drawn["consent"] == "yes"
        assert drawn.loc[~agreed, "age":"heard_decoy"].isna().all(axis=None)
        assert drawn.loc[agreed].drop(columns="heard_channels").notna().all(axis=None)
        heard = drawn["heard_safe_journeys"] == "yes"
        assert drawn.loc[heard, "heard_channels"].notna().all()
        assert drawn.loc[~heard, "heard_channels"].isna().all()
        assert drawn["instance_id"].is_unique
        assert drawn["respondent_code"].is_unique


def test_the_campaign_is_recalled_in_its_wards_a_little_beyond_and_the_decoy_hardly_anywhere(
    pilot: Pilot,
) -> None:
    site, rng = replace(site_of(pilot, "kor"), interviews=(20_000, 20_000)), np.random.default_rng(4)
    ground = draw_ground(site, 2, rng)
    drawn = simulate_interviews(site, ground, pilot.waves, "endline", rng)
    drawn = drawn[drawn["consent"] == "yes"]
    recalled = (drawn["heard_safe_journeys"] == "yes").groupby(drawn["area_group"]).mean()

    assert recalled["A"] == pytest.approx(0.57, abs=0.02)
    assert recalled["B"] == pytest.approx(0.09, abs=0.01)
    assert (drawn["heard_decoy"] == "yes").mean() == pytest.approx(0.05, abs=0.01)


def test_the_same_seed_draws_the_same_interviews(pilot: Pilot) -> None:
    def drawn(seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        site = pilot.sites[0]
        ground = draw_ground(site, 2, rng)
        return with_field_mistakes(simulate_interviews(site, ground, pilot.waves, "baseline", rng), rng)

    pd.testing.assert_frame_equal(drawn(1), drawn(1))
    assert not drawn(1).equals(drawn(2))


def test_field_mistakes_hit_four_rows_and_send_one_interview_twice(pilot: Pilot) -> None:
    rng = np.random.default_rng(8)
    site = pilot.sites[0]
    ground = draw_ground(site, 2, rng)
    drawn = simulate_interviews(site, ground, pilot.waves, "baseline", rng)
    sent = with_field_mistakes(drawn, rng)

    changed = (drawn.fillna("") != sent.iloc[: len(drawn)].fillna("")).any(axis=1).sum()
    assert changed == 4
    assert len(sent) == len(drawn) + 1
    assert sent["instance_id"].duplicated().sum() == 1


def test_simulated_scores_have_both_waves_and_arms(pilot: Pilot) -> None:
    rows = simulate_scores(pilot.sites[0], ["names_two_signs"], np.random.default_rng(1))

    assert set(rows["@wave"]) == {"before", "after"}
    assert set(rows["@arm"]) == {"campaign", "comparison"}
    assert set(rows["names_two_signs"]) == {0.0, 1.0}
    assert rows["@cluster"].nunique() == 36
