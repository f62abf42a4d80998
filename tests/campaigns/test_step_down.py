"""Tests adjusted in steps by draws that all of them share, against brute force written out another way."""

from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.effects import EffectEstimate, NotEstimable
from campaigns.one_table import effects_of_file
from campaigns.plan import load_plan
from campaigns.step_down import by_largest, by_smallest_p
from surveys.problems import CannotProceed
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, DID, caveats
from tests.shared import SHARED, needs_shared


def effects_of(
    folder: Path, rows: pd.DataFrame, outcomes: list[str], *, columns: str, analysis: str, more: str = ""
) -> list[EffectEstimate]:
    plan, data = folder / "plan.yaml", folder / "data.parquet"
    listed = ", ".join(f"{{id: {name}, column: {name}}}" for name in outcomes)
    plan.write_text(
        f"outcomes: [{listed}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n{more}", "utf-8"
    )
    rows.to_parquet(data, index=False)
    found = effects_of_file(plan, data).effects
    assert all(isinstance(effect, EffectEstimate) for effect in found), found
    return [effect for effect in found if isinstance(effect, EffectEstimate)]


def in_steps(observed: list[float], draws: list[list[float]]) -> list[float]:
    """The definition of the step-down, test by test and draw by draw."""
    left, result, last = list(range(len(observed))), [0.0] * len(observed), 0.0
    while left:
        first = max(left, key=lambda test: observed[test])
        beyond = sum(max(draw[test] for test in left) >= observed[first] - 1e-9 for draw in draws)
        result[first] = last = max(last, beyond / len(draws))
        left.remove(first)
    return result


def survey(villages: int) -> pd.DataFrame:
    rows = interviews().drop(columns=["@wave", "@arm", "@cluster"])
    rows = rows[rows["village"].isin([f"v{i:02d}" for i in range(villages)])]
    noise = np.random.default_rng(5).normal(size=(len(rows), 2))
    return rows.assign(
        other=rows["score"] + 0.4 * noise[:, 0], third=noise[:, 1] + 0.4 * rows["arm"] * rows["after"]
    )


THREE = ["score", "other", "third"]


def sign_draws(
    x: np.ndarray, y: np.ndarray, cluster: np.ndarray, names: list[str]
) -> tuple[float, list[float]]:
    """|t| of the last column: found, and for every pattern of signs of the clusters named, refitted from rows."""

    def t(values: np.ndarray) -> float:
        slopes = np.linalg.solve(x.T @ x, x.T @ values)
        scores = np.array(
            [x[cluster == g].T @ (values - x @ slopes)[cluster == g] for g in np.unique(cluster)]
        )
        bread = np.linalg.inv(x.T @ x)
        groups = len(scores)
        return float(
            abs(slopes[-1]) / np.sqrt(groups / (groups - 1) * (bread @ scores.T @ scores @ bread)[-1, -1])
        )

    restricted = x[:, :-1]
    fitted = restricted @ np.linalg.solve(restricted.T @ restricted, restricted.T @ y)
    draws = []
    for signs in product([1, -1], repeat=len(names)):
        of = dict(zip(names, signs, strict=True))
        draws.append(t(fitted + (y - fitted) * np.array([of[g] for g in cluster])))
    return t(y), draws


def test_one_bootstrap_for_all_outcomes_is_that_of_refitting_every_pattern_from_rows(tmp_path: Path) -> None:
    rows = survey(8)
    rows.loc[rows["village"] == "v03", "third"] = np.nan  # a cluster without an outcome still has its sign
    found = effects_of(
        tmp_path, rows, THREE, columns=f"{DID}, cluster: village",
        analysis="design: difference_in_differences, standard_errors: CR1, multiplicity: romano_wolf",
    )  # fmt: skip
    names, observed, draws = sorted(rows["village"].unique()), [], []
    for outcome in THREE:
        own = rows.dropna(subset=outcome)
        arm, after = own["arm"].to_numpy(float), own["after"].to_numpy(float)
        x = np.column_stack([np.ones(len(own)), arm, after, arm * after])
        t, drawn = sign_draws(x, own[outcome].to_numpy(float), own["village"].to_numpy(), names)
        observed.append(t)
        draws.append(drawn)
    expected = in_steps(observed, [list(draw) for draw in zip(*draws, strict=True)])
    assert [effect.p_adjusted for effect in found] == pytest.approx(expected, abs=1e-12)
    assert all("step_down_every_pattern" in caveats(effect) for effect in found)


@needs_shared
def test_workshops_with_every_pattern_of_eighteen_signs(tmp_path: Path) -> None:
    """Mean changes of eighteen workshops on seven statements: t of a mean with all 262,144 patterns of signs."""
    file = SHARED / "studies" / "h29_romano_wolf_exact" / "data_workshops.csv"
    rows = pd.read_csv(file).assign(before=0.0)
    outcomes = list(rows.columns[2:9])
    found = effects_of(
        tmp_path, rows, outcomes, columns="baseline: before, cluster: workshop",
        analysis="design: paired_pre_post, standard_errors: CR1, multiplicity: {method: romano_wolf}",
    )  # fmt: skip
    y = rows[outcomes].to_numpy(float)
    groups = len(y)
    # |t| rises with |mean| / root mean square, and flipped signs leave the mean square as it is
    bits = np.arange(2**groups)[:, None] >> np.arange(groups) & 1
    means = (1.0 - 2.0 * bits) @ y / groups
    spread = np.sqrt(((y**2).sum(axis=0) - groups * means**2) / (groups - 1) / groups)
    t = np.abs(means) / spread
    observed = np.abs(y.mean(axis=0)) / (y.std(axis=0, ddof=1) / np.sqrt(groups))
    expected, last = np.empty(len(observed)), 0.0
    order = list(np.argsort(-observed))
    for place, test in enumerate(order):
        last = max(last, float((t[:, order[place:]].max(axis=1) >= observed[test] * (1 - 1e-9)).mean()))
        expected[test] = last
    assert [effect.p_adjusted for effect in found] == pytest.approx(expected.tolist(), abs=1e-12)
    assert (expected * 2**groups % 1 == 0).all()


def cluster_sums(rows: pd.DataFrame, outcome: str) -> pd.DataFrame:
    given = rows.dropna(subset=outcome)
    return given.groupby("village").agg(n=(outcome, "size"), y=(outcome, "sum"), arm=("arm", "first"))


@pytest.mark.parametrize("method", ["romano_wolf", "westfall_young"])
def test_the_arms_dealt_out_for_all_outcomes_together_are_those_written_out(
    tmp_path: Path, method: str
) -> None:
    rows = survey(9).query("after == 1")
    found = effects_of(
        tmp_path, rows, THREE, columns=f"{ARM}, cluster: village",
        analysis=f"design: randomised, standard_errors: CR1, p_value: randomisation, multiplicity: {method}",
    )  # fmt: skip
    villages = sorted(rows["village"].unique())
    sums = {outcome: cluster_sums(rows, outcome) for outcome in THREE}
    drawn = int(sums["score"]["arm"].sum())

    def statistic(outcome: str, chosen: set[str]) -> float:
        table = sums[outcome]
        size, means, variance = [], [], 0.0
        for inside in (True, False):
            own = table[[(name in chosen) is inside for name in table.index]]
            mean = own["y"].sum() / own["n"].sum()
            z = (own["y"] - mean * own["n"]) / own["n"].sum()
            variance += len(own) / (len(own) - 1) * float((z**2).sum())
            means.append(mean)
            size.append(len(own))
        difference = abs(means[0] - means[1])
        return difference / np.sqrt(variance) if method == "romano_wolf" else difference

    actual = set(sums["score"].query("arm == 1").index)
    draws = [[statistic(o, set(c)) for o in THREE] for c in combinations(villages, drawn)]
    observed = [statistic(o, actual) for o in THREE]
    if method == "westfall_young":  # p instead of the difference: the larger 1 - p, the further out
        columns = np.array(draws).T
        observed = [1 - float((c >= v - 1e-9).mean()) for c, v in zip(columns, observed, strict=True)]
        draws = [
            [1 - float((c >= v - 1e-9).mean()) for c, v in zip(columns, draw, strict=True)] for draw in draws
        ]
    assert [effect.p_adjusted for effect in found] == pytest.approx(in_steps(observed, draws), abs=1e-12)
    assert all("step_down_every_assignment" in caveats(effect) for effect in found)


def test_changes_dealt_out_are_studentised_by_each_clusters_change(tmp_path: Path) -> None:
    rows = survey(8)
    found = effects_of(
        tmp_path, rows, ["score", "third"], columns=f"{DID}, cluster: village",
        analysis="design: difference_in_differences, standard_errors: CR1, p_value: randomisation, multiplicity: romano_wolf",
    )  # fmt: skip

    def statistic(outcome: str, chosen: set[str]) -> float:
        effect, variance = 0.0, 0.0
        for inside, sign in ((True, 1), (False, -1)):
            own = rows[[(name in chosen) is inside for name in rows["village"]]].dropna(subset=outcome)
            after, before = own[own["after"] == 1], own[own["after"] == 0]
            influence = pd.concat(
                [
                    (after[outcome] - after[outcome].mean()) / len(after),
                    -(before[outcome] - before[outcome].mean()) / len(before),
                ]
            )
            z = influence.groupby(own["village"]).sum()
            variance += len(z) / (len(z) - 1) * float((z**2).sum())
            effect += sign * float(after[outcome].mean() - before[outcome].mean())
        return abs(effect) / np.sqrt(variance)

    villages = sorted(rows["village"].unique())
    actual = set(rows.loc[rows["arm"] == 1, "village"])
    draws = [[statistic(o, set(c)) for o in ("score", "third")] for c in combinations(villages, len(actual))]
    expected = in_steps([statistic(o, actual) for o in ("score", "third")], draws)
    assert [effect.p_adjusted for effect in found] == pytest.approx(expected, abs=1e-12)


def test_persons_are_drawn_where_there_are_no_clusters_whatever_the_order_of_rows(tmp_path: Path) -> None:
    rows = survey(6).query("after == 1").dropna(subset="score")
    plan = {
        "columns": ARM,
        "analysis": "design: randomised, standard_errors: HC2, draws: 499, multiplicity: {m}",
    }
    for method in ("romano_wolf", "westfall_young"):
        one = {**plan, "analysis": plan["analysis"].replace("{m}", method)}
        first = effects_of(tmp_path, rows, THREE, **one)
        second = effects_of(tmp_path, rows.sample(frac=1, random_state=3), THREE, **one)
        assert [e.p_adjusted for e in first] == [e.p_adjusted for e in second]
        assert all(
            e.p_adjusted is not None and (e.p_adjusted * 500) % 1 == pytest.approx(0, abs=1e-6) for e in first
        )


def test_a_family_of_one_keeps_its_p_value_and_what_is_not_estimable_is_counted(tmp_path: Path) -> None:
    rows = survey(8).assign(constant=1.0)
    plan, data = tmp_path / "plan.yaml", tmp_path / "data.parquet"
    plan.write_text(
        "outcomes: [{id: a, column: score, family: one}, {id: b, column: third, family: two}, "
        "{id: c, column: constant, family: two}, {id: d, column: other, family: two}]\n"
        f"columns: {{{DID}, cluster: village}}\n"
        "analysis: {design: difference_in_differences, p_value: wild_cluster_bootstrap, multiplicity: romano_wolf}\n",
        "utf-8",
    )
    rows.to_parquet(data, index=False)
    alone, first, nothing, second = effects_of_file(plan, data).effects
    assert isinstance(alone, EffectEstimate)
    assert alone.p_adjusted == alone.p_value
    assert isinstance(nothing, NotEstimable)
    for effect in (first, second):
        assert isinstance(effect, EffectEstimate)
        assert effect.p_adjusted is not None
        assert effect.p_adjusted >= effect.p_value
        (note,) = [note for note in effect.caveats if note.code == "step_down_left_out"]
        assert note.values["left_out"] == 1


def test_westfall_young_of_one_test_is_its_randomisation_p_and_romano_wolf_its_bootstrap_p(
    tmp_path: Path,
) -> None:
    """Twice the same outcome: the second costs nothing."""
    rows = survey(8).assign(same=lambda r: 10 * r["score"] - 3)
    for test, method in (("randomisation", "westfall_young"), ("wild_cluster_bootstrap", "romano_wolf")):
        found = effects_of(
            tmp_path, rows, ["score", "same"], columns=f"{DID}, cluster: village",
            analysis=f"design: difference_in_differences, p_value: {test}, multiplicity: {method}",
        )  # fmt: skip
        assert [e.p_adjusted for e in found] == pytest.approx([found[0].p_value] * 2, abs=1e-12)


statistics = st.lists(st.floats(0, 8, width=16), min_size=12, max_size=12)


@settings(max_examples=60)
@given(
    observed=st.lists(st.floats(0, 8, width=16), min_size=3, max_size=3),
    drawn=st.lists(statistics, min_size=3, max_size=3),
)
def test_steps_keep_the_order_and_never_help_a_test(observed: list[float], drawn: list[list[float]]) -> None:
    own, draws = np.array(observed), np.array(drawn)
    single = (draws >= own[:, None] * (1 - 1e-9)).mean(axis=1)
    largest = by_largest(own, draws)
    assert (largest >= single - 1e-12).all()
    assert largest == pytest.approx(in_steps(observed, draws.T.tolist()))
    assert (np.diff(largest[np.argsort(-own, kind="stable")]) >= 0).all()
    smallest = by_smallest_p(own, draws)
    assert (smallest >= single - 1e-12).all()
    assert (smallest <= np.minimum(1, 3 * single.max()) + 1e-12).all()


@pytest.mark.parametrize(
    ("columns", "analysis", "said"),
    [
        ("wave: {column: after, before: 0, after: 1}, cluster: village", "design: pre_post, multiplicity: westfall_young", "compares no arms"),
        (f"{DID}, cluster: village", "design: difference_in_differences, model: logit, multiplicity: romano_wolf", "the model logit"),
        (f"{DID}, cluster: [village, district]", "design: difference_in_differences, multiplicity: romano_wolf", "crossing clusters"),
        (DID, "design: difference_in_differences, multiplicity: westfall_young", "for both waves"),
        ("arm: {column: arm, campaign: [1, 2], comparison: 0}, cluster: village", "design: randomised, multiplicity: westfall_young", "2 arms"),
        ("period: after, first_treated: arm, respondent: id", "design: staggered, multiplicity: romano_wolf", "staggered has none"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_together_is_refused_with_the_way_out(
    tmp_path: Path, columns: str, analysis: str, said: str
) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text(
        f"outcomes: [{{id: y, column: score}}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n", "utf-8"
    )
    with pytest.raises(CannotProceed) as refused:
        load_plan(plan)
    assert said in refused.value.what
    assert refused.value.remedy
