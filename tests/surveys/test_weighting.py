"""Design weights, raking and trimming against what R's survey package gives for the same made-up survey."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from surveys.sampling_weights import design_weights
from surveys.weighting import (
    PopulationMargin,
    SampledCluster,
    SampledStratum,
    SamplingPlan,
    Trim,
    Weighting,
    cost_of,
    rake,
    trim,
)
from surveys.weights_made import Groups, WeightsMade, make_weights
from tests.campaigns.made_up import REFERENCE, interviews


R: dict[str, Any] = json.loads((REFERENCE / "weighting.json").read_text("utf-8"))["results"]
SHARES = {
    "sex": {"female": 0.48, "male": 0.52},
    "band": {"young": 0.45, "middle": 0.35, "old": 0.20},
}
BANDS = {"young": (18.0, 34.0), "middle": (35.0, 49.0), "old": (50.0, 65.0)}
MARGINS = (
    PopulationMargin(question="sex", shares=SHARES["sex"]),
    PopulationMargin(question="age", shares=SHARES["band"], bands=BANDS),
)


def survey() -> pd.DataFrame:
    rows = interviews()
    said = rows["female"].map({1: "female", 0: "male"}).astype(object)
    return rows.assign(sex=said.where(~rows["household"].str.endswith("h5"), None))


def before() -> pd.DataFrame:
    rows = survey()
    return rows[rows["after"] == 0].reset_index(drop=True)


def groups(rows: pd.DataFrame, **columns: Any) -> Groups:
    answers = {"sex": rows["sex"].tolist(), "age": rows["age"].astype(str).tolist()}
    return Groups(
        counts=np.ones(len(rows), dtype=np.int64),
        given=rows["weight"].to_numpy(float),
        **({"answers": answers} | columns),
    )


def made(rows: pd.DataFrame, **weighting: Any) -> WeightsMade:
    told = Weighting(**({"design": "column"} | weighting))  # type: ignore[arg-type]
    return make_weights(told, "before", groups(rows))


def plan(*, by_size: bool = False, selected: bool = True) -> SamplingPlan:
    villages = pd.DataFrame(R["villages"])
    return SamplingPlan(
        strata={
            str(district): SampledStratum(
                drawn=4,
                clusters_in_stratum=None if by_size else int(here["villages_in_district"].iloc[0]),
                size_of_stratum=30000.0 if by_size else None,
                clusters={
                    str(village.village): SampledCluster(
                        eligible=int(village.eligible), selected=int(village.selected) if selected else None
                    )
                    for village in here.itertuples()
                },
            )
            for district, here in villages.groupby("district")
        }
    )


@pytest.mark.parametrize(
    ("case", "by_size", "selected", "adjustment"),
    [
        ("alike", False, True, None),
        ("by_size", True, True, None),
        ("counted", False, False, None),
        ("by_cluster", False, True, "cluster"),
        ("by_stratum", False, True, "stratum"),
    ],
)
def test_design_weights_are_those_of_the_formula_in_r(
    case: str, by_size: bool, selected: bool, adjustment: Any
) -> None:
    rows = before()
    counts = np.ones(len(rows), dtype=np.int64)
    found = design_weights(
        plan(by_size=by_size, selected=selected),
        rows["district"].tolist(),
        rows["village"].tolist(),
        counts,
        adjustment,
    )
    expected = dict(zip((one["village"] for one in R["villages"]), R[case], strict=True))
    assert found.weights == pytest.approx([expected[village] for village in rows["village"]], rel=1e-12)
    assert (found.unknown, found.overfull, found.silent) == ((), (), ())


def test_clusters_tell_the_stratum_where_no_column_does() -> None:
    rows = before()
    counts = np.ones(len(rows), dtype=np.int64)
    with_strata = design_weights(plan(), rows["district"].tolist(), rows["village"].tolist(), counts)
    without = design_weights(plan(), None, rows["village"].tolist(), counts)
    assert (without.weights == with_strata.weights).all()


@pytest.mark.parametrize("after", [0, 1])
def test_raking_gives_the_weights_of_r_also_where_some_did_not_say(after: int) -> None:
    rows = survey()
    here = rows["after"] == after
    found = made(rows[here], margins=MARGINS)
    assert found.weights == pytest.approx(np.array(R["raked"])[here.to_numpy()], rel=1e-7)
    assert [note.code for note in found.report.notes] == ["answer_unknown"]
    assert all(line.after == pytest.approx(line.target, abs=1e-8) for line in found.report.margins)


def test_raking_from_equal_weights_gives_the_weights_of_r() -> None:
    found = made(before(), design="equal", margins=MARGINS)
    assert found.weights == pytest.approx(np.array(R["equal"]), rel=1e-7)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ("median", Trim(by="median", above=1.5)),
        ("mean", Trim(by="mean", above=1.6)),
        ("deviations", Trim(by="deviations", above=1.0)),
        ("percentile", Trim(by="percentile", above=0.9)),
        ("below", Trim(by="mean", below=0.4)),
    ],
)
def test_trimming_gives_the_weights_of_r(case: str, rule: Trim) -> None:
    found = made(before(), margins=MARGINS, trim=rule)
    assert found.weights == pytest.approx(np.array(R["trimmed"][case]), rel=1e-6)
    assert found.report.trimmed > 0


def test_the_design_effect_is_kishs() -> None:
    cost = made(before(), margins=MARGINS).report.cost
    assert cost is not None
    assert cost.design_effect == pytest.approx(R["kish"]["raked"], rel=1e-7)
    assert cost.effective == pytest.approx(len(before()) / R["kish"]["raked"], rel=1e-7)
    trimmed = made(before(), margins=MARGINS, trim=Trim(by="median", above=1.5)).report.cost
    assert trimmed is not None
    assert trimmed.design_effect == pytest.approx(R["kish"]["median"], rel=1e-6)


def test_two_bounds_hold_at_once_and_keep_the_sum() -> None:
    weights = np.array([0.1, 0.2, 1.0, 1.5, 4.0])
    found = trim(weights, np.array([2, 1, 3, 1, 1]), Trim(by="mean", above=2.0, below=0.5))
    counts = np.array([2, 1, 3, 1, 1])
    mean = weights @ counts / counts.sum()
    assert found.weights @ counts == pytest.approx(weights @ counts, rel=1e-12)
    assert found.weights.min() == pytest.approx(0.5 * mean)
    assert found.weights.max() == pytest.approx(2.0 * mean)


def test_bounds_that_leave_out_the_mean_trim_nothing_and_say_so() -> None:
    weights = np.array([1.0, 1.0, 1.0, 30.0])
    found = trim(weights, np.ones(4, dtype=np.int64), Trim(by="median", above=2.0))
    assert not found.possible
    assert (found.weights == weights).all()
    groups_of_four = Groups(counts=np.ones(4, dtype=np.int64), given=weights)
    told = make_weights(Weighting(design="column", trim=Trim(by="median", above=2.0)), "w", groups_of_four)
    assert "trim_impossible" in [note.code for note in told.report.notes]


def test_equal_weights_cost_nothing() -> None:
    cost = cost_of(np.full(3, 7.0), np.array([2, 5, 1]))
    assert cost is not None
    assert (cost.interviews, cost.design_effect, cost.effective) == (8, 1.0, 8.0)
    assert (cost.smallest, cost.largest) == (1.0, 1.0)
    assert cost_of(np.zeros(3), np.array([2, 5, 1])) is None


def test_margins_that_cannot_hold_together_end_and_say_so() -> None:
    rows = pd.DataFrame({"weight": [1.0] * 4, "sex": ["f", "f", "m", "m"], "age": [1, 1, 2, 2]})
    margins = (
        PopulationMargin(question="sex", shares={"f": 0.5, "m": 0.5}),
        PopulationMargin(question="age", shares={"1": 0.2, "2": 0.8}),
    )
    report = made(rows, margins=margins).report
    (note,) = report.notes
    assert note.code == "not_converged"
    assert note.values["gap"] == pytest.approx(0.3, abs=0.01)


def test_a_category_without_interviews_is_named_and_its_share_goes_to_the_others() -> None:
    rows = before()
    shares = {"female": 0.4, "male": 0.4, "other": 0.2}
    report = made(rows, margins=(PopulationMargin(question="sex", shares=shares),)).report
    notes = {note.code: note.values for note in report.notes}
    assert notes["no_interviews_with"] == {"question": "sex", "share": 0.2, "names": "other"}
    assert [line.after for line in report.margins] == pytest.approx([0.5, 0.5, 0.0])


def test_who_did_not_say_is_kept_with_the_weight_of_the_other_margins() -> None:
    rows = before()
    found = made(rows, margins=MARGINS[:1])
    silent = rows["sex"].isna().to_numpy()
    ratio = found.weights / rows["weight"].to_numpy()
    assert np.isfinite(found.weights).all()
    assert ratio[silent] == pytest.approx(np.full(silent.sum(), ratio[silent][0]))
    given = rows["weight"].to_numpy()
    assert found.weights[silent].sum() / found.weights.sum() == pytest.approx(
        given[silent].sum() / given.sum()
    )
    counted = {note.code: note.values["count"] for note in found.report.notes}
    assert counted == {"answer_unknown": int(silent.sum())}


def test_answers_that_no_share_is_given_for_are_kept_and_counted_without_being_quoted() -> None:
    rows = before().assign(sex="Feminin")
    rows.loc[:9, "sex"] = "FEMALE"
    shares = {"female": 0.5, "male": 0.5}
    found = made(rows, margins=(PopulationMargin(question="sex", shares=shares),))
    assert np.isfinite(found.weights).all()
    notes = {note.code: dict(note.values) for note in found.report.notes}
    assert notes["answers_without_share"] == {"question": "sex", "count": len(rows) - 10}
    assert "Feminin" not in str(notes)


def test_only_interviews_with_a_weight_are_counted_in_a_margin() -> None:
    rows = before()
    rows.loc[rows["sex"].isna(), "weight"] = np.nan
    rows.loc[rows.index[rows["sex"] == "female"][:7], "weight"] = np.nan
    report = made(rows, margins=MARGINS[:1]).report
    assert [note.code for note in report.notes] == ["without_weight"]
    people = {line.label: line.interviews for line in report.margins}
    assert people["female"] == int((rows["sex"] == "female").sum()) - 7


def test_answers_can_be_taken_together() -> None:
    rows = before().assign(sex=np.resize(["woman", "girl", "man"], len(before())))
    margin = PopulationMargin(
        question="sex", shares={"female": 0.3, "man": 0.7}, answers={"female": ("woman", "girl")}
    )
    lines = made(rows, margins=(margin,)).report.margins
    assert [line.after for line in lines] == pytest.approx([0.3, 0.7])


def test_a_question_the_data_do_not_hold_is_said_and_left_out() -> None:
    found = made(
        before(), margins=(PopulationMargin(question="province", shares={"a": 0.5, "b": 0.5}), *MARGINS[1:])
    )
    assert [note.code for note in found.report.notes] == ["question_absent"]
    assert {line.question for line in found.report.margins} == {"age"}


def test_interviews_outside_the_sampling_plan_have_no_weight_and_are_counted() -> None:
    rows = before()
    short = SamplingPlan(strata={k: v for k, v in plan().strata.items() if k != "d0"})
    told = Weighting(design="sampling", sampling=(short,))
    found = make_weights(
        told, "before", groups(rows, stratum=rows["district"].tolist(), cluster=rows["village"].tolist())
    )
    outside = (rows["district"] == "d0").to_numpy()
    assert np.isnan(found.weights[outside]).all()
    assert np.isfinite(found.weights[~outside]).all()
    (note,) = [note for note in found.report.notes if note.code == "not_in_plan"]
    assert note.values == {"count": int(outside.sum()), "names": "v00, v01, v02, v03"}


def test_clusters_without_interviews_and_those_with_too_many_are_named() -> None:
    stratum = SampledStratum(
        drawn=3, clusters_in_stratum=30,
        clusters={
            "a": SampledCluster(eligible=100, selected=10), "b": SampledCluster(eligible=100, selected=2),
            "c": SampledCluster(eligible=100, selected=8),
        },
    )  # fmt: skip
    clusters = ["a"] * 8 + ["b"] * 4
    counts = np.ones(12, dtype=np.int64)
    whole = SamplingPlan(strata={"all": stratum})
    found = design_weights(whole, None, clusters, counts)
    assert found.silent == ("c",)
    assert found.overfull == ("b",)
    adjusted = design_weights(whole, None, clusters, counts, "stratum")
    assert adjusted.weights.sum() == pytest.approx(3 * 100 * 10)  # the persons of all three clusters


def test_persons_drawn_at_once_weigh_what_their_stratum_says() -> None:
    strata = {
        "north": SampledStratum(persons=SampledCluster(eligible=1000, selected=10)),
        "south": SampledStratum(persons=SampledCluster(eligible=300)),
    }
    counts = np.array([8, 3], dtype=np.int64)
    found = design_weights(SamplingPlan(strata=strata), ["north", "south"], None, counts, None)
    assert found.weights == pytest.approx([100.0, 100.0])


def test_groups_weigh_what_their_rows_do() -> None:
    rows = before().assign(weight=1.0)
    whole = made(rows, margins=MARGINS, trim=Trim(by="median", above=1.2))
    together = rows.groupby(["sex", "age"], dropna=False, sort=False).size().reset_index(name="n")
    grouped = Groups(
        counts=together["n"].to_numpy(np.int64), given=np.ones(len(together)),
        answers={"sex": [one if isinstance(one, str) else None for one in together["sex"]], "age": together["age"].astype(str).tolist()},
    )  # fmt: skip
    told = Weighting(design="column", margins=MARGINS, trim=Trim(by="median", above=1.2))
    by_group = make_weights(told, "before", grouped)
    assert by_group.report.cost is not None
    assert whole.report.cost is not None
    assert by_group.report.cost.design_effect == pytest.approx(whole.report.cost.design_effect, rel=1e-9)
    expected = rows.assign(w=whole.weights).groupby(["sex", "age"], dropna=False, sort=False)["w"].first()
    assert by_group.weights == pytest.approx(expected.to_numpy(), rel=1e-9)


def test_nothing_to_rake_by_changes_nothing() -> None:
    totals = np.array([1.0, 2.0])
    assert (rake(totals, []).totals == totals).all()
    assert rake(np.zeros(2), [(np.array([0, 1]), np.array([0.5, 0.5]))]).converged
