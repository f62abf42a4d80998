"""A plan may name the labels of a statistics file or its codes, and dates in any manner of writing them."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
import pytest
import yaml

from campaigns.effects import EffectEstimate
from campaigns.one_table import effects_of_file
from surveys.problems import CannotProceed


LABELS = {
    "wave": {1.0: "Baseline", 2.0: "Endline"},
    "treat": {0.0: "Control", 1.0: "Campaign"},
    "sex": {1.0: "Male", 2.0: "Female", -99.0: "Refused"},
    "know": {1.0: "Yes", 2.0: "No", 98.0: "Don't know"},
    "turned": {2.0: "Yes", 1.0: "No"},
}
NAMED = {
    "Baseline": "1", "Endline": "2", "Control": "0", "Campaign": "1", "Male": "1", "Female": "2", "Refused": "-99",
    "Yes": "1", "No": "2", "Don't know": "98",
}  # fmt: skip


def rows() -> pd.DataFrame:
    """Interviews in codes, with dates."""
    random, n = np.random.default_rng(4), 300
    days = pd.to_datetime("2026-02-01") + pd.to_timedelta(random.integers(0, 4, n), "D")
    return pd.DataFrame(
        {
            "wave": random.choice([1.0, 2.0], n),
            "treat": random.choice([0.0, 1.0], n),
            "sex": random.choice([1.0, 2.0, -99.0], n),
            "know": random.choice([1.0, 2.0, 98.0], n),
            "turned": random.choice([1.0, 2.0], n),
            "day": days,
            "region": random.choice(["North", "South, east"], n),
        }
    )


def written(folder: Path, ending: str) -> Path:
    """The interviews as a file of that kind, with its labels where it can hold them."""
    file, table = folder / f"rows.{ending}", rows()
    if ending == "dta":
        pyreadstat.write_dta(table, file, variable_value_labels=LABELS)
    elif ending == "sav":
        pyreadstat.write_sav(table, file, variable_value_labels=LABELS)
    elif ending == "parquet":
        table.to_parquet(file)
    elif ending == "xlsx":
        table.to_excel(file, index=False, engine="xlsxwriter")
    else:
        table.to_csv(file, index=False)
    return file


def plan(folder: Path, *, labels: bool, **more: Any) -> Path:
    """A plan in labels, or the same in codes."""

    def said(label: str) -> str:
        return label if labels else NAMED[label]

    content = {
        "outcomes": [
            {"id": "right", "score": {"proportion_correct": {"know": said("Yes")}, "dont_know": "incorrect"}},
            {"id": "says", "score": {"item": "know", "values": {said("Yes"): 1, said("No"): 0}}},
            {"id": "any", "score": {"at_least": 1, "of": {"know": [said("Yes")]}}},
        ],
        "missing_codes": {said("Don't know"): "dont_know", said("Refused"): "refused"},
        "columns": {
            "wave": {"column": "wave", "before": said("Baseline"), "after": said("Endline")},
            "arm": {"column": "treat", "campaign": said("Campaign"), "comparison": said("Control")},
        },
        "where": {"sex": [said("Male"), said("Female")]},
        "analysis": {"design": "difference_in_differences", "standard_errors": "HC2"},
    }
    file = folder / f"plan_{labels}.yaml"
    file.write_text(yaml.safe_dump(content | more, allow_unicode=True), "utf-8")
    return file


def estimates(plan_file: Path, data: Path) -> list[tuple[float, int]]:
    effects = effects_of_file(plan_file, data).effects
    assert all(isinstance(effect, EffectEstimate) for effect in effects), effects
    return [(round(e.estimate, 12), e.counts.n) for e in effects if isinstance(e, EffectEstimate)]


@pytest.mark.parametrize("ending", ["dta", "sav"])
def test_labels_and_codes_of_a_statistics_file_name_the_same_answers(tmp_path: Path, ending: str) -> None:
    file = written(tmp_path, ending)
    by_code = estimates(plan(tmp_path, labels=False), file)
    assert estimates(plan(tmp_path, labels=True), file) == by_code
    assert by_code == estimates(plan(tmp_path, labels=False), written(tmp_path, "csv"))


def test_a_label_with_two_codes_in_one_score_is_refused(tmp_path: Path) -> None:
    score = {"mean": ["know", "turned"], "values": {"Yes": 1, "No": 0}}
    both = plan(tmp_path, labels=True, outcomes=[{"id": "both", "score": score}])
    with pytest.raises(CannotProceed, match="another code"):
        effects_of_file(both, written(tmp_path, "sav"))


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet", "dta", "sav"])
def test_rows_are_chosen_by_dates_numbers_and_texts_in_every_format(tmp_path: Path, ending: str) -> None:
    where = {"day": ["2026-02-02", "2026-02-03"], "sex": [1, "2.0"], "region": ["South, east"]}
    table = rows()
    kept = (
        table["day"].isin(pd.to_datetime(where["day"])) & table["sex"].ne(-99) & table["region"].ne("North")
    )
    file = plan(tmp_path, labels=False, where=where, outcomes=[{"id": "turned", "column": "turned"}])
    assert estimates(file, written(tmp_path, ending))[0][1] == kept.sum()
