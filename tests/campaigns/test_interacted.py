"""Covariates with slopes of their own in each arm (Lin 2013), as estimatr::lm_lin has them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import EffectEstimate
from surveys.problems import CannotProceed
from tests.campaigns.plans_on_files import DID, agrees, effects_of, the_effect


R = json.loads((Path(__file__).parents[1] / "reference" / "interacted.json").read_text("utf-8"))
DATA = pd.DataFrame(R["data"])
ARMS = {
    "z": "arm: {column: z, campaign: 1, comparison: 0}",
    "arm": "arm: {column: arm, campaign: [1, 2], comparison: 0}",
}
LIN = "design: randomised, adjustment: interacted, covariates: [age, {categorical: sex}]"


@pytest.mark.parametrize("case", R["results"])
def test_the_numbers_are_those_of_lm_lin(tmp_path: Path, case: str) -> None:
    arms, place, errors, weighted = case.split()
    columns = ARMS[arms] + (", weight: w" if weighted == "weighted" else "")
    columns += ", cluster: village" if errors.startswith("CR") else ""
    found = effects_of(
        tmp_path, DATA, columns=columns, analysis=f"{LIN}, standard_errors: {errors}, p_value: t", outcome="y"
    )
    effect = found[int(place) - 1]
    assert isinstance(effect, EffectEstimate)
    agrees(effect, R["results"][case], rel=1e-8)


def test_without_interaction_it_is_another_number_and_with_one_level_the_same(tmp_path: Path) -> None:
    plans = {"columns": ARMS["z"], "outcome": "y"}
    lin = the_effect(tmp_path, DATA, analysis=LIN, **plans)
    plain = the_effect(tmp_path, DATA, analysis=LIN.replace("interacted", "additive"), **plans)
    assert abs(lin.estimate - plain.estimate) > 1e-6
    alike = DATA.assign(age=30, sex="f")
    one = the_effect(tmp_path, alike, analysis=LIN, **plans)
    assert one.estimate == pytest.approx(
        the_effect(tmp_path, alike, analysis="design: randomised", **plans).estimate
    )


def test_it_is_the_difference_of_what_each_arm_predicts_for_everybody(tmp_path: Path) -> None:
    """Lin's estimate written out: two regressions, each predicting the whole sample."""
    x = np.column_stack([np.ones(len(DATA)), DATA["age"], DATA["sex"] == "f"]).astype(float)
    means = []
    for arm in (0, 1):
        own = (DATA["z"] == arm).to_numpy()
        slope, *_ = np.linalg.lstsq(x[own], DATA["y"].to_numpy()[own], rcond=None)
        means.append(float((x @ slope).mean()))
    lin = the_effect(tmp_path, DATA, columns=ARMS["z"], analysis=LIN, outcome="y")
    assert lin.estimate == pytest.approx(means[1] - means[0], rel=1e-10)


def test_a_value_that_one_arm_alone_has_is_spoken_of(tmp_path: Path) -> None:
    rows = DATA.assign(sex=DATA["sex"].where((DATA["z"] == 1) | (DATA.index % 7 > 0), "x"))
    effect = the_effect(tmp_path, rows, columns=ARMS["z"], analysis=LIN, outcome="y")
    assert "slopes_left_out" in [note.code for note in effect.caveats]


@pytest.mark.parametrize(
    ("columns", "analysis"),
    [
        (ARMS["z"], "design: randomised, adjustment: interacted"),
        (ARMS["z"], LIN + ", model: logit"),
        (ARMS["z"], LIN.replace("interacted", "lin")),
        (DID, LIN.replace("randomised", "difference_in_differences")),
    ],
)
def test_where_it_has_no_meaning_it_is_refused(tmp_path: Path, columns: str, analysis: str) -> None:
    with pytest.raises(CannotProceed, match=r"analysis\.adjustment"):
        effects_of(tmp_path, DATA, columns=columns, analysis=analysis, outcome="y")
