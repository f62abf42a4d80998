"""Rows behind no estimate: each counted once, by its cause, in every design."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.effects import EffectEstimate, NotEstimable
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, CHANGE, DID, effects_of, the_effect


def rows() -> pd.DataFrame:
    """Interviews of which some lack something; whoever lacks two things counts under the first."""
    found = interviews().drop(columns=["@wave", "@arm", "@cluster"])
    found = found.assign(
        score=found["score"].fillna(0),
        arm=found["arm"].astype(float),
        age=np.arange(len(found)) % 60 + 18.0,
        w=1.0,
        met=found["arm"].astype(float),
    )
    found.loc[0:4, "arm"] = 9
    found.loc[4:8, "score"] = np.nan
    found.loc[8:10, "age"] = np.nan
    found.loc[11:12, "w"] = 0
    return found


def causes(effect: EffectEstimate | NotEstimable) -> dict[str, object]:
    assert effect.counts is not None
    found = {note.code: note.values["n"] for note in effect.counts.causes}
    assert sum(int(str(n)) for n in found.values()) == effect.counts.dropped
    return found


EXPECTED = {"lost_arm": 5, "lost_weight": 2, "lost_outcome": 4, "lost_covariate": 2}


def test_every_dropped_row_has_one_cause(tmp_path: Path) -> None:
    effect = the_effect(
        tmp_path,
        rows(),
        columns=f"{DID}, cluster: village, weight: w",
        analysis="design: difference_in_differences, covariates: [age]",
    )
    assert causes(effect) == EXPECTED
    (said,) = [note.say("en") for note in effect.caveats if note.code == "many_dropped"]
    assert (
        "5 in no arm of those compared, 2 without a weight above zero, 4 blank outcome, 2 blank covariate age."
        in said
    )
    assert "공변량 age 값 없음 2행" in next(n.say("ko") for n in effect.caveats if n.code == "many_dropped")


def test_designs_made_from_rows_count_the_same(tmp_path: Path) -> None:
    effect = the_effect(
        tmp_path, rows(), columns=f"{ARM}, weight: w", analysis="design: exposure, covariates: [age]"
    )
    assert set(causes(effect)) == set(EXPECTED)


def test_a_respondent_without_a_pair_is_told_from_a_blank(tmp_path: Path) -> None:
    found = interviews().drop(columns=["@wave", "@arm", "@cluster"])
    effect = the_effect(
        tmp_path, found, columns=f"{CHANGE}, respondent: household", analysis="design: paired_pre_post"
    )
    assert set(causes(effect)) <= {"lost_pair"}


def test_what_is_absent_altogether_says_what_became_of_the_rows(tmp_path: Path) -> None:
    (effect,) = effects_of(
        tmp_path,
        rows().assign(age=np.nan),
        columns=f"{DID}, cluster: village",
        analysis="design: difference_in_differences, covariates: [age]",
    )
    assert isinstance(effect, NotEstimable)
    assert effect.code == "no_complete_rows"
    assert "blank covariate age" in effect.reason("en")
    assert "{" not in effect.reason("ko")


@pytest.mark.parametrize("arm", ["2", "[1, 2]"])
def test_values_that_no_row_has_are_named_with_those_there_are(tmp_path: Path, arm: str) -> None:
    columns = f"{DID.replace('campaign: 1', f'campaign: {arm}')}, cluster: village"
    found = effects_of(tmp_path, rows(), columns=columns, analysis="design: difference_in_differences")
    for effect in found:
        (said,) = [note.say("en") for note in effect.caveats if note.code == "value_not_found"]
        assert said == 'columns.arm: no row has "2" in the column "arm"; it holds "0", "1", "9".'
