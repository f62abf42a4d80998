"""Published studies from their published counts and moments, through what an evaluator would use: to the printed digit.

A: aspiration to migrate, The Gambia (AJPS 2024). B: balance over 160 schools, Guinea. D: trainings of which only moments are
printed. E: numbers that contradict each other. F: errors and p-values behind intervals (20 emergency departments). The list
experiment is in test_list_experiment.py. What needs the weights or the link between waves cannot come out of counts and is
not claimed: the weighted regressions of A and its person-clustered error.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.published import CannotRecompute, recompute
from surveys.quality.outliers import fences
from tests.campaigns.command_line import awareness
from tests.campaigns.plans_on_files import the_effect


# ── A: The Gambia ──────────────────────────────────────────────────────────────────────────────────────────────────

ASPIRATION = {
    ("w1", 0): (5, 82, 60, 200, 62), ("w1", 1): (4, 73, 63, 165, 71),
    ("w2", 0): (16, 66, 63, 144, 85), ("w2", 1): (13, 90, 77, 119, 50),
    ("w3", 0): (12, 50, 63, 102, 55), ("w3", 1): (17, 54, 75, 87, 46),
}  # fmt: skip
PLANNING = {
    ("w1", 0): (276, 74, 46), ("w1", 1): (234, 65, 56), ("w2", 0): (254, 71, 50),
    ("w2", 1): (261, 59, 31), ("w3", 0): (181, 60, 42), ("w3", 1): (205, 46, 29),
}  # fmt: skip
MOMENTS = {
    ("w1", 0): (409, 3.5672, 1.0127), ("w1", 1): (376, 3.6011, 1.0356), ("w2", 0): (374, 3.5775, 1.1453),
    ("w2", 1): (349, 3.2951, 1.1124), ("w3", 0): (282, 3.4894, 1.1200), ("w3", 1): (279, 3.3262, 1.1432),
}  # fmt: skip
ARM = "arm: {column: treat, campaign: 1, comparison: 0}"
WAVES = "wave: {{column: wave, before: w1, after: {}}}"


def people(counts: dict[tuple[str, int], tuple[int, ...]]) -> pd.DataFrame:
    rows = [
        (wave, treat, answer)
        for (wave, treat), held in counts.items()
        for answer, times in enumerate(held, start=1)
        for _ in range(times)
    ]
    return pd.DataFrame(rows, columns=["wave", "treat", "y"])


def after(counts: dict[tuple[str, int], tuple[int, ...]], wave: str) -> pd.DataFrame:
    return people(counts).query("wave == @wave")


@pytest.mark.parametrize("group", MOMENTS)
def test_the_gambia_score_gives_the_printed_n_mean_and_spread(tmp_path: Path, group: tuple[str, int]) -> None:
    n, mean, sd = MOMENTS[group]
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.csv"
    people(ASPIRATION).query("wave == @group[0] and treat == @group[1]").to_csv(data, index=False)
    plan.write_text("outcomes: [{id: y, score: {item: y, scale: [1, 5]}}]\n", "utf-8")
    run = awareness("score", plan, "--data", data)
    (scored,) = json.loads(run.stdout)
    assert scored["n"] == n
    assert round(scored["mean"], 4) == mean
    assert round(scored["sd"], 4) == sd


@pytest.mark.parametrize(("wave", "difference"), [("w2", -0.2824), ("w3", -0.1632)])
def test_the_gambia_difference_after_is_that_of_the_printed_means(
    tmp_path: Path, wave: str, difference: float
) -> None:
    effect = the_effect(
        tmp_path, after(ASPIRATION, wave), columns=ARM, outcome="y",
        analysis="design: randomised, standard_errors: HC2",
    )  # fmt: skip
    assert effect.estimate == pytest.approx(difference, abs=1e-4)
    moments = [dict(zip(("n", "mean", "sd"), MOMENTS[wave, arm], strict=True)) for arm in (0, 1)]
    printed = {f"{name}_{i + 1}": str(value) for i, one in enumerate(moments) for name, value in one.items()}
    told = recompute("two_groups", printed)
    assert effect.estimate == pytest.approx(told["estimate"].value, abs=1e-4)
    assert effect.std_error == pytest.approx(
        told["std_error"].value, abs=1e-5
    )  # HC2 of two groups is Welch's


def test_the_gambia_second_wave_has_the_printed_welch_test_and_size() -> None:
    found = recompute(
        "two_groups",
        {"mean_1": "3.5775", "sd_1": "1.1453", "n_1": "374", "mean_2": "3.2951", "sd_2": "1.1124", "n_2": "349"},
    )  # fmt: skip
    assert round(found["statistic"].value, 3) == -3.363
    assert round(found["df"].value, 2) == 719.84
    assert found["p_value"].agrees("0.000812")
    assert round(found["d"].value, 4) == -0.2500
    assert round(found["g"].value, 4) == -0.2498


def test_the_gambia_difference_in_differences_of_cross_sections_comes_out_as_printed(tmp_path: Path) -> None:
    effect = the_effect(
        tmp_path, people(ASPIRATION), columns=f"{ARM}, {WAVES.format('w2')}", outcome="y",
        analysis="design: difference_in_differences, standard_errors: HC2",
    )  # fmt: skip
    assert effect.estimate == pytest.approx(-0.3163, abs=1e-4)  # printed from means of four digits
    assert round(effect.std_error, 4) == 0.1114
    assert effect.counts.n == 409 + 376 + 374 + 349


def test_the_gambia_campaign_group_alone_would_have_looked_like_a_change_of_the_same_sign(
    tmp_path: Path,
) -> None:
    """And so would the comparison group's, of nil: the design decides what the number means."""
    alone = {}
    for treat in (0, 1):
        effect = the_effect(
            tmp_path, people(ASPIRATION).query("treat == @treat"), columns=WAVES.format("w2"), outcome="y",
            analysis="design: pre_post, standard_errors: HC2",
        )  # fmt: skip
        assert effect.subject.estimand == "change"
        alone[treat] = effect.estimate
    assert alone[1] == pytest.approx(3.2951 - 3.6011, abs=1e-4)
    assert alone[0] == pytest.approx(3.5775 - 3.5672, abs=1e-4)


def test_the_gambia_planning_falls_in_the_second_wave(tmp_path: Path) -> None:
    rows = after(PLANNING, "w2")
    effect = the_effect(
        tmp_path, rows, columns=ARM, outcome="y", analysis="design: randomised, standard_errors: HC2"
    )
    shares = [np.array(PLANNING["w2", arm]) / sum(PLANNING["w2", arm]) for arm in (0, 1)]
    assert effect.estimate == pytest.approx(float((shares[1] - shares[0]) @ (1, 2, 3)))
    assert effect.conf_high < 0
    ordered = the_effect(
        tmp_path, rows, columns=ARM, outcome="y", analysis="design: randomised, model: ordered_logit"
    )
    assert abs(ordered.estimate - effect.estimate) < effect.std_error / 4  # another model, in the same unit


def test_the_gambia_third_wave_has_the_printed_lee_bounds(tmp_path: Path) -> None:
    """416 and 380 were assigned; 282 and 279 answered. The bounds need no link between waves."""
    rows = []
    for treat, assigned in ((0, 416), (1, 380)):
        first = people(ASPIRATION).query("wave == 'w1' and treat == @treat")["y"].tolist()
        last = people(ASPIRATION).query("wave == 'w3' and treat == @treat")["y"].tolist()
        for person in range(assigned):
            name = f"{treat}-{person}"
            rows.append((name, treat, "w1", first[person] if person < len(first) else 3))
            if person < len(last):
                rows.append((name, treat, "w3", last[person]))
    table = pd.DataFrame(rows, columns=["id", "treat", "wave", "y"])
    plan, data, out = tmp_path / "plan.yaml", tmp_path / "data.csv", tmp_path / "threats.json"
    table.to_csv(data, index=False)
    plan.write_text(
        f"outcomes: [{{id: y, column: y}}]\ncolumns: {{{ARM}, {WAVES.format('w3')}, respondent: id}}\n"
        "analysis: {design: randomised, standard_errors: HC2}\n",
        "utf-8",
    )
    run = awareness("threats", plan, "--data", data, "--output", out)
    assert run.returncode == 0, run.stderr
    found = {t["measure"]: t["estimate"] for t in json.loads(out.read_text("utf-8"))}
    assert found["lee_lower"] == pytest.approx(-0.299, abs=6e-4)
    assert found["lee_upper"] == pytest.approx(0.011, abs=6e-4)
    assert found["difference_of_those_found"] == pytest.approx(-0.163, abs=6e-4)


# ── B: Guinea ──────────────────────────────────────────────────────────────────────────────────────────────────────

GUINEA = {
    "plans to migrate": (
        ("0.187", "0.014"), (("0.199", "0.015", 0.557), ("0.202", "0.015", 0.479), ("0.214", "0.017", 0.216)),
    ),
    "expects to be beaten": (
        ("53.747", "0.982"),
        (("53.630", "1.017", 0.935), ("53.829", "0.998", 0.953), ("52.417", "1.165", 0.385)),
    ),
    "expects to die in the boat": (
        ("43.268", "0.906"),
        (("43.307", "0.913", 0.976), ("44.359", "0.886", 0.392), ("43.011", "1.038", 0.853)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("variable", GUINEA)
def test_the_guinea_balance_has_its_p_values_from_means_and_errors_of_80_schools(variable: str) -> None:
    (mean, error), arms = GUINEA[variable]
    for other, other_error, p_value in arms:
        found = recompute(
            "two_means",
            {"mean_1": mean, "std_error_1": error, "mean_2": other, "std_error_2": other_error, "df": "78"},
        )
        assert found["p_value"].value == pytest.approx(p_value, abs=0.03)
        assert found["p_value"].agrees(f"{p_value:.3f}")


def test_the_guinea_wages_that_made_arms_differ_are_found_as_outliers() -> None:
    """A few answers of a hundred billions gave means of 2e9 against 1.7e11 in a balance table."""
    wages = np.random.default_rng(4).lognormal(14, 0.8, 400)
    wages[[7, 90]] = 6.8e13, 2.9e11
    inside = fences(wages)
    assert inside is not None
    assert set(np.flatnonzero(wages > inside[1])) >= {7, 90}
    assert wages.mean() > 1e11 > 1e5 * np.median(wages[:6]) / 1e3
    assert (wages > inside[1]).mean() < 0.03


# ── D: only moments are printed ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mean", "sd", "t"), [("0.61", "0.57", "10.59"), ("1.59", "0.79", "19.92"), ("0.54", "0.79", "6.77")]
)
def test_a_training_of_98_has_its_paired_tests_from_the_mean_and_spread_of_changes(
    mean: str, sd: str, t: str
) -> None:
    found = recompute("paired_change", {"mean": mean, "sd": sd, "n": "98"})
    assert round(found["statistic"].value, 2) == float(t)
    assert found["p_value"].value < 0.001
    if mean == "0.54":
        assert (round(found["conf_low"].value, 3), round(found["conf_high"].value, 3)) == (0.382, 0.698)


def test_without_the_spread_of_changes_a_paired_test_is_refused_and_two_groups_are_not() -> None:
    with pytest.raises(CannotRecompute) as refused:
        recompute("paired_change", {"mean": "29.8", "n": "237"})
    assert refused.value.missing == ("sd",)
    knowledge = recompute(
        "two_groups", {"mean_1": "54.7", "sd_1": "18.7", "n_1": "424", "mean_2": "84.5", "sd_2": "12.8", "n_2": "237"}
    )  # fmt: skip
    assert knowledge["estimate"].agrees("29.8")
    later = recompute(
        "two_groups", {"mean_1": "54.7", "sd_1": "18.7", "n_1": "424", "mean_2": "50.0", "sd_2": "13.6", "n_2": "47"}
    )  # fmt: skip
    attitude = recompute(
        "two_groups", {"mean_1": "49.4", "sd_1": "14.7", "n_1": "424", "mean_2": "68.8", "sd_2": "12.4", "n_2": "47"}
    )  # fmt: skip
    assert later["conf_high"].value < 0 < attitude["conf_low"].value  # knowledge was lost, attitude held


# ── E: numbers that contradict each other ──────────────────────────────────────────────────────────────────────────


def test_a_rise_that_is_not_the_per_cent_it_is_said_to_be_is_found() -> None:
    found = recompute("change_in_percent", {"before": "12.34", "after": "19.13"})["percent"]
    assert round(found.value, 1) == 55.0
    assert found.agrees("55.0")
    assert not found.agrees("58.6")


@pytest.mark.parametrize(("f", "reported", "true"), [("17.79", "0.02", 0.185), ("67.02", "0.31", 0.461)])
def test_an_eta_squared_that_its_f_test_contradicts_is_found(f: str, reported: str, true: float) -> None:
    found = recompute("eta_squared", {"f": f, "df_1": "2", "df_2": "157"})["eta_squared"]
    assert found.value == pytest.approx(true, abs=5e-4)
    assert not found.agrees(reported)


# ── F: what stands behind an interval ──────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("estimate", "low", "high", "std_error"),
    [
        ("1.57", "1.02", "2.12", 0.281),
        ("-0.24", "-0.90", "0.42", 0.337),
        ("61.4", "28.5", "94.4", 16.8),
        ("20.9", "8.6", "33.1", 6.25),
    ],
)
def test_the_emergency_departments_have_their_errors_from_the_intervals(
    estimate: str, low: str, high: str, std_error: float
) -> None:
    found = recompute("from_interval", {"estimate": estimate, "conf_low": low, "conf_high": high})
    assert found["std_error"].value == pytest.approx(std_error, rel=2e-3)


def test_the_p_value_behind_an_interval_is_as_printed_as_far_as_the_rounding_allows() -> None:
    found = recompute("from_interval", {"estimate": "-0.24", "conf_low": "-0.90", "conf_high": "0.42"})
    assert round(found["p_value"].value, 3) == 0.476
    assert found["p_value"].agrees("0.49")  # what is printed; two decimals of an interval leave that room
    assert not found["p_value"].agrees("0.40")


# ── The command ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_numbers_agree_within_their_rounding_and_no_further() -> None:
    found = recompute("change_in_percent", {"before": "10", "after": "15"})["percent"]
    assert (found.low, found.high) == (
        pytest.approx(100 * (14.5 / 10.5 - 1)),
        pytest.approx(100 * (15.5 / 9.5 - 1)),
    )
    assert found.agrees("63")
    assert not found.agrees("64")
    exact = recompute("change_in_percent", {"before": "10.00", "after": "15.00"})["percent"]
    assert not exact.agrees("51")


PRINTED = """study,check,quantity,reported,before,after,f,df_1,df_2,mean,sd,n
video,change_in_percent,percent,58.6,12.34,19.13,,,,,,
theatre,eta_squared,eta_squared,.02,,,17.79,2,157,,,
training,paired_change,statistic,10.59,,,,,,0.61,0.57,98
lift,paired_change,p_value,0.001,,,,,,29.8,,237
"""


def test_the_command_says_of_each_number_whether_the_others_bear_it_out(tmp_path: Path) -> None:
    table, out = tmp_path / "printed.csv", tmp_path / "judged.csv"
    table.write_text(PRINTED, "utf-8")
    said = {}
    for language in ("en", "ko"):
        run = awareness("published", table, "--language", language)
        assert run.returncode == 0, run.stderr
        said[language] = json.loads(run.stdout)
    assert [row["verdict"] for row in said["en"]] == ["disagrees", "disagrees", "agrees", "cannot_say"]
    assert said["en"][0]["study"] == "video"
    assert round(said["en"][0]["recomputed"], 1) == 55.0
    assert "sd" in said["en"][3]["reading"]
    assert not {row["reading"] for row in said["en"]} & {row["reading"] for row in said["ko"]}
    assert awareness("published", table, "--output", out).returncode == 0
    assert pd.read_csv(out)["verdict"].tolist() == [row["verdict"] for row in said["en"]]


@pytest.mark.parametrize(
    ("old", "new"),
    [("change_in_percent", "percentage"), ("58.6", "much"), (",statistic,", ",z,"), ("check", "kind")],
)
def test_what_a_table_of_printed_numbers_has_wrong_is_said_with_its_place(
    tmp_path: Path, old: str, new: str
) -> None:
    table = tmp_path / "printed.csv"
    table.write_text(PRINTED.replace(old, new, 1), "utf-8")
    run = awareness("published", table)
    assert run.returncode == 2
    assert "printed.csv" in run.stderr
    assert "Traceback" not in run.stderr
