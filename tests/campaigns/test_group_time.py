"""Staggered starts: against saturated regressions, derivatives taken numerically, and the published table."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import yaml

from campaigns.group_time import Panel, group_time_effects, starts_of, variance_of
from tests.campaigns.command_line import Run, awareness
from tests.shared import SHARED, needs_shared


MPDTA = SHARED / "studies" / "h16_staggered_mpdta" / "data.csv"
PERIODS = np.array([2019.0, 2020.0, 2021.0, 2023.0])


def units(n: int = 240, seed: int = 5) -> Panel:
    random = np.random.default_rng(seed)
    cohort = random.choice([0.0, 2020.0, 2021.0, 2023.0], n)
    level = random.normal(size=n)[:, None] + 0.2 * np.arange(4) * (1 + (cohort[:, None] == 2021))
    effect = 0.7 * (cohort[:, None] <= PERIODS) * (cohort[:, None] > 0)
    return Panel(
        outcomes=level + effect + random.normal(size=(n, 4)),
        periods=PERIODS,
        cohort=cohort,
        weight=random.uniform(0.5, 2, n),
        repeated=True,
    )


def cross_sections(panel: Panel, seed: int = 8) -> Panel:
    random = np.random.default_rng(seed)
    seen = random.integers(0, 4, len(panel.cohort))
    outcomes = np.full_like(panel.outcomes, np.nan)
    rows = np.arange(len(seen))
    outcomes[rows, seen] = panel.outcomes[rows, seen]
    return replace(panel, outcomes=outcomes, repeated=False)


def test_the_effect_on_a_cohort_is_that_of_a_regression_on_two_groups_and_two_periods() -> None:
    panel = units()
    found = {term.term: term for term in group_time_effects(panel)}
    for cohort, period, base in (
        (2020, 2023, 2019),
        (2021, 2021, 2020),
        (2023, 2020, 2019),
        (2021, 2023, 2020),
    ):
        two = np.isin(panel.cohort, [0, cohort])
        change = panel.outcomes[:, list(PERIODS).index(period)] - panel.outcomes[:, list(PERIODS).index(base)]
        design = sm.add_constant((panel.cohort[two] == cohort).astype(float))
        fit = sm.WLS(change[two], design, weights=panel.weight[two]).fit(cov_type="HC0")
        term = found[f"att_g{cohort}_t{period}"]
        assert term.estimate == pytest.approx(fit.params[1], rel=1e-10)
        assert variance_of(term.influence, None) ** 0.5 == pytest.approx(fit.bse[1], rel=1e-10)


def test_those_not_yet_treated_join_the_comparison_on_request() -> None:
    panel = units()
    found = {term.term: term for term in group_time_effects(panel, "not_yet")}
    joined = np.isin(panel.cohort, [0, 2020, 2021, 2023]) & ~(panel.cohort == 2021)
    change = panel.outcomes[:, 1] - panel.outcomes[:, 0]
    treated, control = panel.cohort == 2020, joined & (panel.cohort != 2020)
    expected = np.average(change[treated], weights=panel.weight[treated]) - np.average(
        change[control | (panel.cohort == 2021)], weights=panel.weight[control | (panel.cohort == 2021)]
    )
    assert found["att_g2020_t2020"].estimate == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("kind", ["panel", "cross_sections"])
@pytest.mark.parametrize("comparison", ["never", "not_yet"])
def test_influence_functions_are_the_derivatives_with_respect_to_each_weight(
    kind: str, comparison: str
) -> None:
    panel = units(60) if kind == "panel" else cross_sections(units(160))
    terms = group_time_effects(panel, comparison)  # type: ignore[arg-type]
    step, n, total = 1e-6, len(panel.cohort), panel.weight.sum()
    for unit in range(0, n, 7):
        moved = [
            group_time_effects(
                replace(panel, weight=panel.weight + sign * step * (np.arange(n) == unit)), comparison
            )  # type: ignore[arg-type]
            for sign in (1, -1)
        ]
        for place, term in enumerate(terms):
            slope = (moved[0][place].estimate - moved[1][place].estimate) / (2 * step)
            # a unit of weight w counts w times; the influence function is per respondent of mean weight
            assert term.influence[unit] == pytest.approx(
                slope * panel.weight[unit] * n, rel=1e-4, abs=1e-5
            ), term.term
    assert total > 0


def test_averages_are_those_of_their_definition() -> None:
    panel = replace(units(), weight=np.ones(240))
    found = {term.term: term.estimate for term in group_time_effects(panel)}
    size = {cohort: float((panel.cohort == cohort).sum()) for cohort in (2020, 2021, 2023)}
    after = [(g, t) for g in size for t in PERIODS if t >= g]
    simple = sum(size[g] * found[f"att_g{g}_t{t:g}"] for g, t in after) / sum(size[g] for g, _ in after)
    assert found["simple_overall"] == pytest.approx(simple)
    since = {e: [(g, t) for g, t in after if t - g == e] for e in {t - g for g, t in after}}
    dynamic = {
        e: sum(size[g] * found[f"att_g{g}_t{t:g}"] for g, t in pairs) / sum(size[g] for g, _ in pairs)
        for e, pairs in since.items()
    }
    assert found["dynamic_overall"] == pytest.approx(np.mean(list(dynamic.values())))
    of_groups = {g: np.mean([found[f"att_g{g}_t{t:g}"] for h, t in after if h == g]) for g in size}
    assert found["group_overall"] == pytest.approx(
        sum(size[g] * of_groups[g] for g in size) / sum(size.values())
    )


def test_late_starts_were_never_treated_and_blank_ones_neither() -> None:
    starts = starts_of(np.array([np.nan, 0.0, 2024.0, 2020.0]), PERIODS)
    assert starts.tolist() == [0, 0, 0, 2020]


def estimated(folder: Path, plan: dict[str, object], data: pd.DataFrame) -> Run:
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan), "utf-8")
    data.to_csv(folder / "data.csv", index=False)
    return awareness("estimate", folder / "plan.yaml", "--data", folder / "data.csv")


def plan(**columns: str) -> dict[str, object]:
    return {
        "outcomes": [{"id": "y", "column": "y"}],
        "columns": {"period": "year", "first_treated": "start", **columns},
        "analysis": {"design": "staggered"},
    }


def long_table(panel: Panel) -> pd.DataFrame:
    frame = pd.DataFrame(panel.outcomes, columns=[f"{p:g}" for p in PERIODS])
    frame = frame.assign(
        start=panel.cohort, id=np.arange(len(frame)), w=panel.weight, town=np.arange(len(frame)) // 4
    )
    return frame.melt(["start", "id", "w", "town"], var_name="year", value_name="y").dropna()


def test_the_verb_gives_the_same_effects_for_a_panel_and_for_cross_sections(tmp_path: Path) -> None:
    panel = units()
    for arranged, columns in ((panel, {"respondent": "id"}), (cross_sections(panel), {})):
        found = json.loads(estimated(tmp_path, plan(weight="w", **columns), long_table(arranged)).stdout)
        expected = group_time_effects(arranged)
        assert [row["term"] for row in found] == [term.term for term in expected]
        assert [row["estimate"] for row in found] == pytest.approx(
            [term.estimate for term in expected], rel=1e-9
        )
        errors = [variance_of(term.influence, None) ** 0.5 for term in expected]
        assert [row["std_error"] for row in found] == pytest.approx(errors, rel=1e-9)
        assert {row["estimand"] for row in found} == {"ATT"}


def test_errors_add_up_within_clusters_and_small_cohorts_have_none(tmp_path: Path) -> None:
    panel = units()
    data = long_table(panel)
    clustered = json.loads(estimated(tmp_path, plan(respondent="id", cluster="town"), data).stdout)
    alone = replace(panel, weight=np.ones(240))
    expected = variance_of(group_time_effects(alone)[0].influence, np.arange(240) // 4) ** 0.5
    assert clustered[0]["std_error"] == pytest.approx(expected, rel=1e-9)
    assert clustered[0]["n_clusters"] <= 60
    few = data[(data["start"] != 2023) | (data["id"] < 40)]
    found = {
        row["term"]: row
        for row in json.loads(estimated(tmp_path, plan(respondent="id", cluster="town"), few).stdout)
    }
    if found["att_g2023_t2023"]["estimate"] is None:
        assert "clusters" in found["att_g2023_t2023"]["not_estimable"]["reason"]


def test_a_unit_that_misses_a_period_is_left_out_and_counted(tmp_path: Path) -> None:
    data = long_table(units())
    found = json.loads(estimated(tmp_path, plan(respondent="id"), data.iloc[1:]).stdout)
    assert any("3" in caveat and "959" in caveat for caveat in found[-1]["caveats"]), found[-1]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("twice", "more than once in a period"),
        ("restart", "starts at two different times"),
    ],
)
def test_units_that_cannot_be_are_refused(tmp_path: Path, change: str, said: str) -> None:
    data = long_table(units())
    if change == "twice":
        data = pd.concat([data, data.iloc[:1]])
    else:
        data.loc[data.index[0], "start"] = 2021 if data.loc[data.index[0], "start"] != 2021 else 2020
    ended = estimated(tmp_path, plan(respondent="id"), data)
    assert (ended.returncode, said in ended.stderr) == (2, True)


def test_nobody_to_compare_with_is_no_estimate(tmp_path: Path) -> None:
    data = long_table(units())
    ended = estimated(tmp_path, plan(respondent="id"), data[data["start"] > 0])
    assert ended.returncode == 4
    assert "comparison_group: not_yet" in json.loads(ended.stdout)[0]["not_estimable"]["remedy"]


@needs_shared
def test_minimum_wages_as_published(tmp_path: Path) -> None:
    columns = {"period": "year", "first_treated": "first.treat", "respondent": "countyreal"}
    stated = {
        "outcomes": [{"id": "y", "column": "lemp"}],
        "columns": columns,
        "analysis": {"design": "staggered"},
    }
    (tmp_path / "plan.yaml").write_text(yaml.safe_dump(stated), "utf-8")
    found = {
        row["term"]: row
        for row in json.loads(awareness("estimate", tmp_path / "plan.yaml", "--data", MPDTA).stdout)
    }
    published = {  # the table of the R package's introduction, four decimals
        "att_g2004_t2004": (-0.0105, 0.0233), "att_g2004_t2006": (-0.1373, 0.0364), "att_g2007_t2007": (-0.0261, 0.0167),
        "dynamic_overall": (-0.0772, 0.0200), "group_overall": (-0.0310, 0.0124), "simple_overall": (-0.0400, 0.0120),
    }  # fmt: skip
    for term, (estimate, std_error) in published.items():
        assert (round(found[term]["estimate"], 4), round(found[term]["std_error"], 4)) == (
            estimate,
            std_error,
        )
