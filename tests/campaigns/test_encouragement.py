"""Encouragement: two-stage least squares as R has it, and what is said of a weak first stage."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import EffectEstimate, NotEstimable
from surveys.problems import CannotProceed
from tests.campaigns.plans_on_files import agrees, caveats, effects_of, the_effect


R = json.loads((Path(__file__).parents[1] / "reference" / "two_stage.json").read_text("utf-8"))
DATA = pd.DataFrame(R["data"])
COLUMNS = "arm: {column: z, campaign: 1, comparison: 0}, received: got"
CASES = {
    "plain": (COLUMNS, ""),
    "adjusted": (COLUMNS, ", covariates: [age, {categorical: block}]"),
    "hours": (COLUMNS.replace("got", "hours"), ", covariates: [age]"),
    "weighted": (f"{COLUMNS}, weight: w", ", covariates: [age]"),
}


def late(folder: Path, columns: str = COLUMNS, more: str = "", data: pd.DataFrame = DATA) -> EffectEstimate:
    return the_effect(folder, data, columns=columns, analysis=f"design: encouragement{more}", outcome="y")


@pytest.mark.parametrize(
    ("case", "errors"), [(case, errors) for case in CASES for errors in R["results"][case]]
)
def test_the_numbers_are_those_of_ivreg(tmp_path: Path, case: str, errors: str) -> None:
    columns, more = CASES[case]
    cluster = "" if errors.startswith("HC") else ", cluster: village"
    found = late(tmp_path, f"{columns}{cluster}", f", standard_errors: {errors}{more}")
    agrees(found, R["results"][case][errors])
    assert found.subject.estimand == "LATE"


def test_the_anderson_rubin_interval_is_that_of_a_grid_of_tests(tmp_path: Path) -> None:
    found = late(tmp_path, f"{COLUMNS}, cluster: village", ", standard_errors: CR1, covariates: [age]")
    notes = {note.code: note.values for note in found.caveats}
    assert float(str(notes["anderson_rubin"]["low"])) == pytest.approx(R["anderson_rubin"]["low"], abs=2e-4)
    assert float(str(notes["anderson_rubin"]["high"])) == pytest.approx(R["anderson_rubin"]["high"], abs=2e-4)
    assert notes["first_stage"]["f"] == f"{R['anderson_rubin']['f']:.3g}"


def test_it_is_the_effect_of_assignment_over_its_effect_on_what_was_received(tmp_path: Path) -> None:
    found = late(tmp_path)
    means = DATA.groupby("z")[["y", "got"]].mean()
    difference = means.loc[1] - means.loc[0]
    assert found.estimate == pytest.approx(difference["y"] / difference["got"], rel=1e-12)


def test_a_weak_first_stage_is_said_and_bounds_may_be_absent(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    weak = DATA.assign(got=random.integers(0, 2, len(DATA)))
    codes = caveats(late(tmp_path, data=weak))
    assert "weak_first_stage" in codes
    assert {"anderson_rubin", "anderson_rubin_unbounded"} & set(codes)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (DATA.assign(got=1), "received_alike"),
        (DATA.assign(z=1 - (DATA.index % 2), got=(DATA.index // 2) % 2), "no_first_stage"),
    ],
)
def test_where_assignment_changes_nothing_there_is_no_estimate(
    tmp_path: Path, data: pd.DataFrame, code: str
) -> None:
    (found,) = effects_of(tmp_path, data, columns=COLUMNS, analysis="design: encouragement", outcome="y")
    assert isinstance(found, NotEstimable)
    assert found.code == code


def test_what_two_stages_cannot_carry_is_refused(tmp_path: Path) -> None:
    for more in ("model: logit", "p_value: wild_cluster_bootstrap", "standard_errors: linearised"):
        with pytest.raises(CannotProceed):
            late(tmp_path, f"{COLUMNS}, cluster: village", f", {more}")


@pytest.mark.parametrize(
    "received",
    ["got", "{column: got, yes: [took part, came], no: stayed away}", "{column: got, yes: 1, no: 0}"],
)
def test_what_was_received_may_be_said_in_words(tmp_path: Path, received: str) -> None:
    words = {"got": {1: "yes", 0: "no"}, "{column: got, yes: 1, no: 0}": {1: 1, 0: 0}}.get(
        received, {1: "came", 0: "stayed away"}
    )
    found = late(tmp_path, COLUMNS.replace("got", received), data=DATA.assign(got=DATA["got"].map(words)))
    assert found.estimate == pytest.approx(late(tmp_path).estimate, rel=1e-12)


def test_words_nobody_explained_are_refused_with_what_is_needed(tmp_path: Path) -> None:
    data = DATA.assign(got=DATA["got"].map({1: "ja", 0: "nein"}))
    with pytest.raises(CannotProceed, match=r"received: \{column: attended, yes:"):
        late(tmp_path, data=data)
