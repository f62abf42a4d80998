"""The audit by linear programming, against tables whose answer is known, and of everything that is told."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.campaign import Campaign
from campaigns.disclosure import protect
from campaigns.disclosure_audit import audit, bounds
from campaigns.disclosure_policy import POLICY, load_policy, policy_in, shipped
from campaigns.effects import EffectEstimate
from surveys.problems import CannotProceed
from tests.campaigns.examples import campaign_in, counts, effect, evaluation_of


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


def test_a_lone_withheld_cell_is_the_total_less_the_others() -> None:
    known = {"": (98.0, 102.0), "a": (88.0, 92.0), "b": (0.0, math.inf)}
    assert bounds(known, "b", [("", ["a", "b"])]) == pytest.approx((6.0, 14.0))


def test_two_withheld_cells_hide_each_other() -> None:
    known = {"": (98.0, 102.0), "a": (48.0, 52.0), "b": (0.0, math.inf), "c": (0.0, math.inf)}
    assert bounds(known, "b", [("", ["a", "b", "c"])]) == pytest.approx((0.0, 54.0))


def test_without_a_total_nothing_bounds_a_cell() -> None:
    assert bounds({"b": (0.0, math.inf)}, "b", []) == (0.0, math.inf)


levels = st.lists(st.integers(1, 60), min_size=2, max_size=5)


@settings(max_examples=60, deadline=None)
@given(sizes=levels)
def test_no_withheld_group_can_be_worked_out(campaign: Campaign, sizes: list[int]) -> None:
    """Of breakdowns of every size: each withheld group has a range of five or more that spans the threshold."""
    parts = [
        effect("npl", subgroup=f"age={place}", behind=counts(n=4 * size)) for place, size in enumerate(sizes)
    ]
    whole = effect("npl", behind=counts(n=4 * sum(sizes)))
    shown = protect(evaluation_of(campaign, [whole, *parts]))
    for one in audit(shown.effects, POLICY):
        assert one.safe, one
        assert one.most - one.least >= 5
    for told in shown.effects:
        if isinstance(told, EffectEstimate):
            assert (told.counts.smallest_n or 0) >= 10


def test_the_defaults_are_the_file_that_is_shipped() -> None:
    assert policy_in(shipped(), "disclosure.toml") == POLICY
    assert policy_in(shipped(), "disclosure.toml").sha256 == POLICY.sha256


def test_a_workspace_without_a_policy_has_its_thresholds_and_one_with_has_the_stricter(
    tmp_path: Path,
) -> None:
    assert load_policy(tmp_path, {"respondents": 20, "clusters": 3, "round_to": 5}).respondents == 20
    (tmp_path / "disclosure.toml").write_text('version = "2"\n[groups]\nrespondents = 15\n', "utf-8")
    assert load_policy(tmp_path, {"respondents": 10}).respondents == 15
    assert load_policy(tmp_path, {"respondents": 30}).respondents == 30
    assert load_policy(tmp_path).sha256 != POLICY.sha256


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[groups]\nrespondents = 10\n", "version"),
        ('version = "1"\n[groups]\npeople = 10\n', "groups.people"),
        ('version = "1"\n[group]\nrespondents = 10\n', "group"),
        ('version = "1"\n[groups]\nrespondents = 0\n', "groups.respondents"),
        ('version = "1"\n[rounding]\neffect_decimals = 6\n', "rounding.effect_decimals"),
        ('version = "1"\n[rounding]\nsmallest_share = 1\n', "rounding.smallest_share"),
        ("version = ", "disclosure.toml"),
    ],
)
def test_a_wrong_policy_is_refused_where_it_is_wrong(text: str, where: str) -> None:
    with pytest.raises(CannotProceed) as refused:
        policy_in(text, "disclosure.toml")
    assert where in refused.value.where
