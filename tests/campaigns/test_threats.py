"""Every threat on a file is the number a person would work out from the rows."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from campaigns.nulls import equivalence_p_value, minimum_detectable_effect
from campaigns.threat_rows import Threat
from campaigns.threats import threats_of_file
from tests.campaigns.command_line import awareness
from tests.campaigns.made_up import by_rows, interviews, inverse_root
from tests.campaigns.plans_on_files import ARM, DID, caveats, the_effect


def threats_in(
    folder: Path, rows: pd.DataFrame, *, columns: str, analysis: str, outcomes: str = "{id: y, column: score}"
) -> list[Threat]:
    plan, data = folder / "plan.yaml", folder / "data.parquet"
    plan.write_text(f"outcomes: [{outcomes}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n", "utf-8")
    rows.to_parquet(data, index=False)
    return list(threats_of_file(plan, data).threats)


def of(found: list[Threat], threat: str, measure: str, about: str | None = None) -> Threat:
    (one,) = [t for t in found if (t.threat, t.measure) == (threat, measure) and about in (None, t.about)]
    return one


def survey() -> pd.DataFrame:
    return interviews().drop(columns=["@wave", "@arm", "@cluster"])


def test_balance_is_the_difference_in_root_mean_variances_with_the_plans_errors(tmp_path: Path) -> None:
    found = threats_in(
        tmp_path, survey(), columns=f"{DID}, cluster: village",
        analysis="design: difference_in_differences, covariates: [age, female]",
    )  # fmt: skip
    before = survey().query("after == 0")
    age = of(found, "balance", "normalised_difference", "age")
    one, other = before.query("arm == 1")["age"], before.query("arm == 0")["age"]
    expected = (one.mean() - other.mean()) / math.sqrt((one.var() + other.var()) / 2)
    assert age.estimate == pytest.approx(expected)
    assert (age.campaign, age.comparison) == (pytest.approx(one.mean()), pytest.approx(other.mean()))
    x = np.column_stack([np.ones(len(before)), before["arm"]]).astype(float)
    error, df = by_rows(
        x, before["age"].to_numpy(float), np.ones(len(before)), before["village"].to_numpy(), inverse_root
    )
    assert age.p_value == pytest.approx(2 * stats.t.sf(abs(one.mean() - other.mean()) / error, df))
    assert age.label == ("ok" if abs(expected) <= 0.05 else "adjust" if abs(expected) <= 0.25 else "large")
    assert of(found, "balance", "normalised_difference", "y").wave == "before"


def test_the_joint_test_is_the_f_test_of_the_arm_on_everything_known_before(tmp_path: Path) -> None:
    found = threats_in(
        tmp_path, survey(), columns=DID,
        analysis="design: difference_in_differences, standard_errors: iid, covariates: [age, female]",
    )  # fmt: skip
    joint = of(found, "balance", "joint_test")
    before = survey().query("after == 0").dropna(subset="score")
    fit = sm.OLS(
        before["arm"].astype(float), sm.add_constant(before[["age", "female", "score"]].astype(float))
    ).fit()
    assert joint.estimate == pytest.approx(fit.fvalue)
    assert joint.p_value == pytest.approx(fit.f_pvalue)


GAMBIA = {  # aspiration 1-5 at the last wave of a published trial: counts by arm, assigned 416 and 380
    1: ((17, 54, 75, 87, 46), 380),
    0: ((12, 50, 63, 102, 55), 416),
}


def gambia() -> pd.DataFrame:
    frames = []
    for arm, (counts, assigned) in GAMBIA.items():
        answers = np.repeat(np.arange(1.0, 6.0), counts)
        lost = np.full(assigned - len(answers), np.nan)
        frames.append(pd.DataFrame({"arm": arm, "aspires": np.concatenate([answers, lost])}))
    return pd.concat(frames, ignore_index=True).assign(before=lambda r: np.arange(len(r)) % 5 + 1.0)


def test_a_published_trials_losses_bounds_and_difference_come_out(tmp_path: Path) -> None:
    newcomers = pd.DataFrame(
        {"arm": [1, 0] * 20, "aspires": [5.0, 1.0] * 20}
    )  # seen afterwards only: not lost
    found = threats_in(
        tmp_path, pd.concat([gambia(), newcomers]), columns=f"{ARM}, baseline: before", analysis="design: ancova",
        outcomes="{id: y, column: aspires}",
    )  # fmt: skip
    lost = of(found, "attrition", "lost", "y")
    assert lost.campaign == pytest.approx(1 - 279 / 380)
    assert lost.comparison == pytest.approx(1 - 282 / 416)
    assert lost.label == "differential"
    assert of(found, "attrition", "difference_of_those_found").estimate == pytest.approx(-0.163, abs=5e-4)
    lower, upper = of(found, "attrition", "lee_lower"), of(found, "attrition", "lee_upper")
    assert lower.estimate == pytest.approx(-0.299, abs=5e-4)
    assert upper.estimate == pytest.approx(0.011, abs=5e-4)
    assert lower.label == "sign_not_secure"
    weighted = of(found, "attrition", "response_weighted")
    assert weighted.estimate == pytest.approx(-0.163, abs=0.03)
    assert weighted.p_value is not None
    assert of(found, "attrition", "tipping_point").estimate is None  # the interval covers zero already


def panel() -> pd.DataFrame:
    """Forty people twice: 20 an arm; 8 of the campaign arm and 2 of the comparison group are not found again."""
    rng = np.random.default_rng(8)
    first = pd.DataFrame({"id": [f"p{i}" for i in range(40)], "arm": [1, 0] * 20, "after": 0})
    first["score"] = rng.integers(0, 11, 40).astype(float)
    gone = {*first.query("arm == 1")["id"][:8], *first.query("arm == 0")["id"][:2]}
    second = first[~first["id"].isin(gone)].assign(after=1, score=lambda r: r["score"] + r["arm"])
    rows = pd.concat([first, second], ignore_index=True)
    return rows.assign(
        asked_by=np.where(rows["arm"] == 1, "ann", np.where(rows.index % 4 == 0, "bob", "ann")),
        how=np.where(rows["after"] == 1, "phone", "visit"),
        heard=np.where(rows["after"] == 1, np.where(rows["arm"] == 1, "yes", "no"), None),
        decoy=np.where(rows["id"].isin(["p0", "p1", "p38", "p39"]), "yes", "no"),
    )  # fmt: skip


PANEL = (
    f"{DID}, respondent: id, interviewer: asked_by, mode: how, exposure: {{recalled: heard, decoy: decoy}}"
)


def test_those_not_found_again_interviewers_modes_and_exposure_are_counted(tmp_path: Path) -> None:
    found = threats_in(
        tmp_path, panel(), columns=PANEL, analysis="design: difference_in_differences, standard_errors: HC2"
    )
    lost = of(found, "attrition", "lost", "interview")
    assert (lost.campaign, lost.comparison, lost.label) == (0.4, 0.1, "differential")
    assert lost.estimate == pytest.approx(0.3)
    error = math.sqrt(0.4 * 0.6 / 19 + 0.1 * 0.9 / 19)  # HC2 of a difference of shares
    assert lost.p_value == pytest.approx(2 * stats.t.sf(0.3 / error, 38))
    gap = of(found, "contamination", "dose_gap")
    assert (gap.campaign, gap.comparison, gap.estimate) == (1.0, 0.0, pytest.approx(1.0))
    assert of(found, "contamination", "decoy_gap").campaign == pytest.approx(1 / 12)
    rows = panel()
    one_arm = {"bob"}
    for wave, name in ((0, "before"), (1, "after")):
        here = rows[rows["after"] == wave]
        (apart,) = [t for t in found if t.measure == "in_one_arm" and t.wave == name]
        assert apart.estimate == pytest.approx(here["asked_by"].isin(one_arm).mean())
        assert apart.label == "ok"
    assert of(found, "mode", "between_waves").estimate == pytest.approx(1.0)
    assert of(found, "mode", "between_waves").label == "changed"
    assert of(found, "mode", "between_arms").estimate == 0.0


def test_ids_that_never_come_again_are_said_to_be_unlinked(tmp_path: Path) -> None:
    rows = panel().assign(id=lambda r: r["id"] + r["after"].astype(str))
    found = threats_in(
        tmp_path, rows, columns=PANEL, analysis="design: difference_in_differences, standard_errors: HC2"
    )
    assert of(found, "attrition", "lost").label == "not_linked"


def test_missing_answers_are_compared_item_by_item_and_a_score_near_its_top_is_a_ceiling(
    tmp_path: Path,
) -> None:
    rng = np.random.default_rng(2)
    rows = survey().assign(a="yes", b=lambda r: np.where((r["arm"] == 1) & (r.index % 3 == 0), None, "yes"))
    rows["a"] = np.where(rng.random(len(rows)) < 0.1, "no", rows["a"])
    found = threats_in(
        tmp_path, rows, columns=f"{DID}, cluster: village", analysis="design: difference_in_differences",
        outcomes='{id: k, score: {proportion_correct: {a: "yes", b: "yes"}, minimum_answered: 0.5}}',
    )  # fmt: skip
    (b,) = [t for t in found if (t.threat, t.about, t.wave) == ("non_response", "b", "after")]
    after = rows.query("after == 1")
    assert b.campaign == pytest.approx(after.query("arm == 1")["b"].isna().mean())
    assert (b.comparison, b.label) == (0.0, "differential")
    place = of(found, "ceiling", "place_in_range", "k")
    assert place.label == "ceiling"
    assert of(found, "ceiling", "at_highest", "k").estimate == pytest.approx(
        (rows.query("after == 0")["a"] == "yes").mean()
    )


def test_beside_a_null_stand_the_detectable_effect_and_the_test_of_equivalence(tmp_path: Path) -> None:
    rows = survey().assign(noise=np.random.default_rng(4).normal(size=len(survey())))
    plan = {
        "columns": f"{DID}, cluster: village",
        "analysis": "design: difference_in_differences, margin: 0.9",
        "outcome": "noise",
    }
    effect = the_effect(tmp_path, rows, **plan)
    assert {"minimum_detectable", "equivalence"} <= set(caveats(effect))
    found = list(threats_of_file(tmp_path / "plan.yaml", tmp_path / "data.parquet").threats)
    null, equal = of(found, "null", "minimum_detectable_effect"), of(found, "null", "equivalence")
    t = [float(stats.t.ppf(p, effect.df)) for p in (0.975, 0.8)]
    assert null.estimate == pytest.approx(sum(t) * effect.std_error)
    upper = stats.t.cdf((effect.estimate - 0.9) / effect.std_error, effect.df)
    lower = stats.t.sf((effect.estimate + 0.9) / effect.std_error, effect.df)
    assert equal.p_value == pytest.approx(max(upper, lower))
    assert (equal.label == "nothing_beyond_margin") == (effect.verdict == "nothing_beyond_margin")
    clear = the_effect(tmp_path, rows.assign(noise=rows["noise"] + 9 * rows["arm"] * rows["after"]), **plan)
    assert not {"minimum_detectable", "equivalence"} & set(caveats(clear))


def test_the_normal_limit_is_that_of_the_textbook() -> None:
    assert minimum_detectable_effect(1.0, math.inf, 0.95) == pytest.approx(1.959964 + 0.841621, abs=1e-6)
    assert equivalence_p_value(0.5, 0.25, math.inf, 1.0) == pytest.approx(stats.norm.sf(2.0))


def test_the_command_writes_json_and_csv_with_a_reading_in_each_language(tmp_path: Path) -> None:
    threats_in(
        tmp_path, panel(), columns=PANEL, analysis="design: difference_in_differences, standard_errors: HC2"
    )
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.parquet"
    said = {}
    for language in ("en", "ko"):
        run = awareness("threats", plan, "--data", data, "--language", language)
        assert run.returncode == 0, run.stderr
        rows = json.loads(run.stdout)
        assert {row["threat"] for row in rows} >= {
            "balance",
            "attrition",
            "contamination",
            "interviewers",
            "mode",
        }
        said[language] = [row["reading"] for row in rows if row["reading"]]
    assert len(said["en"]) == len(said["ko"]) > 5
    assert not set(said["en"]) & set(said["ko"])
    table = tmp_path / "threats.csv"
    assert awareness("threats", plan, "--data", data, "--output", table).returncode == 0
    assert len(pd.read_csv(table)) == len(rows)


def test_one_group_is_not_compared_with_anybody(tmp_path: Path) -> None:
    found = threats_in(
        tmp_path, panel(), columns="wave: {column: after, before: 0, after: 1}, respondent: id, mode: how",
        analysis="design: pre_post",
    )  # fmt: skip
    assert {threat.threat for threat in found} <= {"attrition", "ceiling", "mode", "null"}
    lost = of(found, "attrition", "lost", "y")
    assert (lost.campaign, lost.n_campaign, lost.comparison, lost.p_value) == (0.25, 40, None, None)


def test_rows_without_a_weight_make_no_ceiling(tmp_path: Path) -> None:
    rows = survey().assign(w=lambda r: np.where(r["village"] == "v00", np.nan, 2.0))
    plan = {"columns": f"{DID}, weight: w", "analysis": "design: difference_in_differences"}
    found = threats_in(tmp_path, rows, **plan, outcomes="{id: k, column: knows}")
    place = of(found, "ceiling", "place_in_range", "k")
    kept = rows[(rows["village"] != "v00") & (rows["after"] == 0)]
    assert place.estimate == pytest.approx(kept["knows"].mean())
    none = threats_in(tmp_path, rows.assign(w=np.nan), **plan, outcomes="{id: k, column: knows}")
    assert {t.label for t in none if t.threat == "ceiling"} == {""}
