"""Randomisation inference goes through the assignments the lot could have made, and no others."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import NotEstimable
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, DID, agrees, caveats, effects_of, printed_by_r, the_effect


R_RANDOMISATION = printed_by_r("randomisation.json")
DEALT = "p_value: randomisation"


def survey(*villages: int) -> pd.DataFrame:
    rows = interviews().drop(columns=["@wave", "@arm", "@cluster"]).dropna(subset="score")
    return rows[rows["village"].isin([f"v{i:02d}" for i in villages])]


def twelve_people() -> pd.DataFrame:
    rows = survey(0, 3).query("after == 1").groupby("arm").head(6)
    return rows.assign(person=range(12))


CASES: dict[str, dict[str, str]] = {
    "clusters": {"columns": f"{ARM}, cluster: village", "more": "where: {after: 1}"},
    "clusters_blocks_weighted": {
        "columns": f"{ARM}, cluster: village, block: district, weight: weight",
        "more": "where: {after: 1}",
    },
    "clusters_did": {"columns": f"{DID}, cluster: village"},
    "persons": {"columns": ARM},
    "persons_binary_blocks": {"columns": f"{ARM}, block: female", "outcome": "knows"},
}
ROWS = {
    "clusters": survey(*range(10)),
    "clusters_blocks_weighted": survey(*range(12)),
    "clusters_did": survey(*range(10)),
    "persons": twelve_people(),
    "persons_binary_blocks": twelve_people(),
}


@pytest.mark.parametrize("case", sorted(R_RANDOMISATION))
def test_every_assignment_written_out_by_r_gives_the_same_test_and_interval(
    case: str, tmp_path: Path
) -> None:
    design = "difference_in_differences" if case.endswith("did") else "randomised"
    effect = the_effect(
        tmp_path, ROWS[case], analysis=f"design: {design}, standard_errors: {'CR1' if 'clusters' in case else 'HC2'}, {DEALT}", **CASES[case]
    )  # fmt: skip
    expected = dict(R_RANDOMISATION[case])
    number = f"{expected.pop('assignments'):,}"
    agrees(effect, expected, rel=1e-6)  # its bounds move with the tolerance for ties
    (note,) = [note for note in effect.caveats if note.code == "randomisation_every_assignment"]
    assert note.values["assignments"] == number
    assert effect.p_method == "randomisation"


def test_three_against_three_by_hand(tmp_path: Path) -> None:
    """7, 8, 9 against 1, 2, 3: of the 20 ways to deal, only this one and its opposite differ by 6."""
    rows = pd.DataFrame({"arm": [1, 1, 1, 0, 0, 0], "score": [7.0, 8, 9, 1, 2, 3]})
    found = the_effect(tmp_path, rows, columns=ARM, analysis=f"design: randomised, {DEALT}")
    assert found.estimate == pytest.approx(6)
    assert found.p_value == pytest.approx(2 / 20)
    assert "0.1" in found.caveats[0].say()
    assert np.isinf(found.conf_low)  # no effect can be refused at 5% where p is never below 10%
    wide = the_effect(tmp_path, rows, columns=ARM, analysis=f"design: randomised, {DEALT}, confidence: 0.85")
    accepted = [r for r in np.arange(-3, 15, 0.25) if _share_as_extreme(rows, r) > 0.15]
    assert wide.conf_low == pytest.approx(min(accepted), abs=0.26)
    assert wide.conf_high == pytest.approx(max(accepted), abs=0.26)


def _share_as_extreme(rows: pd.DataFrame, effect: float) -> float:
    y = (rows["score"] - effect * rows["arm"]).to_numpy()
    ways = list(combinations(range(6), 3))
    differences = [abs(y[list(w)].mean() - np.delete(y, list(w)).mean()) for w in ways]
    return float(np.mean(np.array(differences) >= differences[0] - 1e-9))


def test_many_assignments_are_drawn_and_come_close(tmp_path: Path) -> None:
    plan = {"columns": f"{ARM}, cluster: village", "more": "where: {after: 1}", "outcome": "knows"}
    base = f"design: randomised, {DEALT}"
    few = the_effect(tmp_path, survey(*range(20)), analysis=base, **plan)  # 184,756 assignments
    assert "randomisation_every_assignment" in caveats(few)
    everyone = survey(*range(24)).query("after == 1")
    drawn = the_effect(tmp_path, everyone, analysis=f"{base}, draws: 1999, seed: 5", **plan)
    assert (drawn.p_value * 2000) % 1 == pytest.approx(0, abs=1e-6)
    other = the_effect(
        tmp_path, everyone.sample(frac=1, random_state=2), analysis=f"{base}, draws: 1999, seed: 5", **plan
    )
    assert (other.p_value, other.conf_low) == (drawn.p_value, drawn.conf_low)
    persons = {**plan, "columns": ARM}
    by_person = the_effect(tmp_path, everyone, analysis=base, **persons)
    usual = the_effect(tmp_path, everyone, analysis="design: randomised, standard_errors: HC2", **persons)
    assert by_person.p_value == pytest.approx(usual.p_value, abs=0.03)
    assert by_person.conf_low == pytest.approx(usual.conf_low, abs=0.02)


def test_respondents_are_dealt_out_whole(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    people = pd.DataFrame({"id": range(12), "arm": [1] * 6 + [0] * 6})
    waves = pd.concat([people.assign(after=0), people.assign(after=1)])
    waves["score"] = rng.normal(size=24) + waves["arm"] * waves["after"]
    found = the_effect(
        tmp_path,
        waves,
        columns=f"{DID}, respondent: id",
        analysis=f"design: difference_in_differences, standard_errors: HC1, {DEALT}",
    )
    wide = waves.pivot_table(index=["id", "arm"], columns="after", values="score").reset_index()
    change = (wide[1] - wide[0]).to_numpy()
    ways = [list(w) for w in combinations(range(12), 6)]
    differences = np.array([abs(change[w].mean() - np.delete(change, w).mean()) for w in ways])
    observed = abs(change[:6].mean() - change[6:].mean())
    assert found.p_value == pytest.approx(np.mean(differences >= observed - 1e-12))


def test_covariates_stay_out_of_the_test_and_that_is_said(tmp_path: Path) -> None:
    plan = {"columns": f"{ARM}, cluster: village", "more": "where: {after: 1}"}
    rows = survey(*range(10))
    plain = the_effect(tmp_path, rows, analysis=f"design: randomised, {DEALT}", **plan)
    adjusted = the_effect(
        tmp_path, rows, analysis=f"design: randomised, {DEALT}, covariates: [female]", **plan
    )
    usual = the_effect(tmp_path, rows, analysis="design: randomised, covariates: [female]", **plan)
    assert adjusted.p_value == plain.p_value
    assert (adjusted.conf_low, adjusted.estimate) == (usual.conf_low, usual.estimate)
    assert "randomisation_unadjusted" in caveats(adjusted)


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        (f"{ARM}, cluster: female", "arm_varies_in_unit"),
        (f"{ARM}, cluster: village, block: female", "block_varies_in_unit"),
    ],
)
def test_units_that_were_not_assigned_as_a_whole_are_refused(columns: str, code: str, tmp_path: Path) -> None:
    (effect,) = effects_of(
        tmp_path,
        survey(*range(10)),
        columns=columns,
        analysis=f"design: randomised, standard_errors: HC2, {DEALT}",
    )
    assert isinstance(effect, NotEstimable)
    assert effect.code == code
