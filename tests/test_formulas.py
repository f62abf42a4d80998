"""Every formula of ours names its paper and its counterpart in R, and has numbers from R or a plain second way beside it."""

import re
from pathlib import Path

import pytest


HERE = Path(__file__).resolve().parent
CAMPAIGNS = HERE.parent / "campaigns"
YEAR = re.compile(r"\b(1[89]|20)\d\d\b")
IN_R = re.compile(r"\bR: |\b[a-zA-Z]\w+::\w|\.R\b|\bR's\b|\bof R\b|\bR \w+")

# Module -> where its numbers come from: a script of R with what it printed, or a test with a second implementation.
FORMULAS = {
    "attrition": ("reference/attrition.R", "campaigns/test_attrition.py"),
    "balance": ("campaigns/test_threats.py", "campaigns/test_published_studies.py"),
    "bias_reduced": ("reference/cells.R", "campaigns/test_inference.py"),
    "cluster_inspection": ("reference/clusters.R", "campaigns/test_cluster_inspection.py"),
    "doubly_robust": ("reference/exposure.R", "campaigns/test_exposure.py"),
    "event_study": ("reference/event_study.R", "campaigns/test_event_study.py"),
    "generalised_linear": ("reference/models.R", "campaigns/test_models.py"),
    "group_time": ("campaigns/test_group_time.py",),
    "guessing": ("campaigns/test_guessing.py",),
    "inference": ("reference/cells.R", "campaigns/test_inference.py"),
    "influence": ("reference/cells.R", "campaigns/test_two_way.py"),
    "joint_test": ("reference/event_study.R", "campaigns/test_event_study.py"),
    "levels": ("campaigns/test_levels.py",),
    "list_experiment": ("campaigns/test_list_experiment.py",),
    "marginal": ("reference/models.R", "campaigns/test_models.py"),
    "multiplicity": ("campaigns/test_multiplicity.py",),
    "nulls": ("campaigns/test_threats.py",),
    "ordered_logit": ("reference/models.R", "campaigns/test_models.py"),
    "pooled_sites": ("reference/nested_pooling.R", "campaigns/test_pooled_sites.py"),
    "pooling": ("reference/pooling.R", "campaigns/test_pooling.py"),
    "power": ("reference/power.R", "campaigns/test_power_command.py"),
    "published": ("campaigns/test_published_studies.py",),
    "randomisation": ("reference/randomisation.R", "campaigns/test_randomisation.py"),
    "regressors": ("reference/interacted.R",),
    "reliability": ("reference/reliability.R", "campaigns/test_score_command.py"),
    "role_test": ("campaigns/test_role_test.py",),
    "scoring": ("campaigns/test_scoring.py",),
    "step_down": ("campaigns/test_step_down.py",),
    "studentised": ("campaigns/test_step_down.py",),
    "survey_variance": ("reference/survey.R", "campaigns/test_survey_designs.py"),
    "two_stage": ("reference/two_stage.R", "campaigns/test_encouragement.py"),
    "wild_bootstrap": ("reference/wild_bootstrap.R", "campaigns/test_wild_bootstrap.py"),
}
NO_COUNTERPART = {"studentised"}  # a step of step_down, which names R's


@pytest.mark.parametrize("module", FORMULAS)
def test_a_formula_names_its_paper_and_its_counterpart_in_r(module: str) -> None:
    text = (CAMPAIGNS / f"{module}.py").read_text("utf-8")
    assert YEAR.search(text), f"{module} names no paper"
    assert module in NO_COUNTERPART or IN_R.search(text), f"{module} names nothing in R"


@pytest.mark.parametrize("module", FORMULAS)
def test_a_formula_has_its_numbers(module: str) -> None:
    for place in FORMULAS[module]:
        assert (HERE / place).is_file(), place
        if place.endswith(".R"):
            assert (HERE / place).with_suffix(".json").is_file(), f"{place} has not printed"


def test_every_script_of_r_stands_behind_some_test() -> None:
    tests = "\n".join(file.read_text("utf-8") for file in HERE.rglob("test_*.py"))
    tests += "\n".join(file.read_text("utf-8") for file in HERE.rglob("*_data.py"))
    for script in (HERE / "reference").glob("*.R"):
        assert f"{script.stem}.json" in tests, f"nothing reads {script.stem}.json"


def test_every_module_that_cites_a_paper_is_listed() -> None:
    cites = {
        file.stem
        for file in CAMPAIGNS.glob("*.py")
        if re.search(r"^\s*References\n\s*-+$", file.read_text("utf-8"), re.MULTILINE)
    }
    assert cites <= set(FORMULAS) | {"few_clusters", "reporting"}  # judgement, and checklists
