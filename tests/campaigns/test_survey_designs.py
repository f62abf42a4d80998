"""Strata, units, finite populations, lonely units and domains as R's survey package treats them."""

from pathlib import Path

import pandas as pd
import pytest

from campaigns.effects import EffectEstimate
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import (
    ARM,
    CHANGE,
    DID,
    agrees,
    caveats,
    effects_of,
    printed_by_r,
    the_effect,
)


R_DESIGNS = printed_by_r("survey_designs.json")
NESTED = f"{DID}, cluster: number, stratum: district, weight: weight"
LINEARISED = "standard_errors: linearised"


def survey() -> pd.DataFrame:
    rows = interviews().drop(columns=["@wave", "@arm", "@cluster"])
    lone = rows["village"].where(rows["village"].isin(["v05", "v20"]), rows["district"])
    return rows.assign(
        lone=lone,
        number=(rows["village"].str[1:].astype(int) + 1) % 4,
        population=rows["villages_in_district"].where(lone != "v20", 1),
        elder=(rows["age"] > 55).astype(int),
    )


def lonely(case: str) -> dict[str, str]:
    option = case.rpartition("_")[2]
    fpc, age = (", fpc: population", ", covariates: [age]") if "fpc" in case else ("", "")
    return {
        "columns": f"{DID}, cluster: village, stratum: lone, weight: weight{fpc}",
        "analysis": f"design: difference_in_differences, {LINEARISED}, lonely_psu: {option}{age}",
    }


DESIGNS: dict[str, dict[str, str]] = {
    "ids_repeat": {"columns": NESTED, "analysis": f"design: difference_in_differences, {LINEARISED}"},
    "ids_repeat_women": {
        "columns": NESTED,
        "analysis": f"design: difference_in_differences, {LINEARISED}, subgroups: [female]",
    },
    "ids_repeat_elders": {
        "columns": NESTED,
        "analysis": f"design: difference_in_differences, {LINEARISED}, subgroups: [elder]",
    },
    "no_strata": {
        "columns": f"{DID}, cluster: village, weight: weight",
        "analysis": f"design: difference_in_differences, {LINEARISED}, fixed_effects: [district]",
        "outcome": "knows",
    },
    "no_weights": {
        "columns": f"{DID}, cluster: village, stratum: district",
        "analysis": f"design: difference_in_differences, {LINEARISED}",
    },
    "people": {
        "columns": f"{DID}, stratum: lone, weight: weight",
        "analysis": f"design: difference_in_differences, {LINEARISED}, covariates: [female]",
    },
    "change_same_units": {
        "columns": f"{CHANGE}, cluster: village, stratum: district, weight: weight",
        "analysis": f"design: pre_post, {LINEARISED}",
        "outcome": "knows",
        "more": "where: {arm: 1}",
    },
    "after_fpc": {
        "columns": f"{ARM}, cluster: village, stratum: district, weight: village_weight, fpc: villages_in_district",
        "analysis": f"design: randomised, {LINEARISED}, covariates: [age, female]",
        "more": "where: {after: 1}",
    },
    "two_strata": {
        "columns": f"{DID}, cluster: village, stratum: district, weight: weight",
        "analysis": f"design: difference_in_differences, {LINEARISED}",
        "more": f"where: {{village: [{', '.join(f'v0{i}' for i in range(8))}]}}",
    },
}


@pytest.mark.parametrize("case", sorted(R_DESIGNS))
def test_small_sample_designs_have_the_errors_of_survey(case: str, tmp_path: Path) -> None:
    plan = lonely(case) if case.startswith("lonely") else DESIGNS[case]
    found = effects_of(tmp_path, survey(), **plan)
    effect = found[-1]  # of subgroups, those with 1
    assert isinstance(effect, EffectEstimate)
    agrees(effect, R_DESIGNS[case])


def test_what_was_assumed_of_the_sample_is_said(tmp_path: Path) -> None:
    repeated = the_effect(tmp_path, survey(), **DESIGNS["ids_repeat"])
    (note,) = [note for note in repeated.caveats if note.code == "clusters_across_strata"]
    assert note.values == {"clusters": 4}
    alone = the_effect(tmp_path, survey(), **lonely("lonely_adjust"))
    (note,) = [note for note in alone.caveats if note.code == "lonely_units_adjust"]
    assert note.values == {"strata": 2}
    taken_whole = the_effect(tmp_path, survey(), **lonely("lonely_fpc_remove"))
    (note,) = [note for note in taken_whole.caveats if note.code == "lonely_units_remove"]
    assert note.values == {"strata": 1}  # the other is the only village of its stratum


def test_keys_that_play_no_part_are_named(tmp_path: Path) -> None:
    effect = the_effect(
        tmp_path,
        survey(),
        columns=f"{DID}, cluster: village, stratum: district, fpc: villages_in_district, baseline: age",
        analysis="design: difference_in_differences, standard_errors: CR2, draws: 500, lonely_psu: remove, p_value: t",
    )
    (note,) = [note for note in effect.caveats if note.code == "keys_not_used"]
    named = "columns.stratum, columns.fpc, columns.baseline, analysis.lonely_psu, analysis.draws"
    assert note.values["keys"] == named
    assert "keys_not_used" not in caveats(the_effect(tmp_path, survey(), **DESIGNS["ids_repeat"]))
