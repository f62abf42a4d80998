"""Every design says what it estimates, on what assumption, in both languages."""

import pytest

from campaigns.designs import DESIGNS
from campaigns.plan import OFFERED
from campaigns.plan_columns import NEEDS
from surveys.languages import say


@pytest.mark.parametrize("name", sorted(DESIGNS))
def test_a_design_states_its_assumption_in_both_languages(name: str) -> None:
    design = DESIGNS[name]
    assert design.name == ("exposure" if name == "dose" else name)
    assert say(design.assumption, "en") != say(design.assumption, "ko")


def test_only_designs_with_a_comparison_group_claim_an_effect() -> None:
    for design in DESIGNS.values():
        assert (design.estimand == "change") is not design.compares


def test_plans_know_the_same_designs() -> None:
    assert {*OFFERED, "dose"} == set(DESIGNS)  # a plan says exposure, and names a dose
    for name in OFFERED:
        design = DESIGNS[name]
        assert set(NEEDS[name]) == {part for part in design.needs if part != "baseline"}
