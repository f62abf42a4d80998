"""The share of respondents found again, by site and arm."""

from pathlib import Path

import pandas as pd
import pytest

from campaigns.attrition import attrition_rates
from campaigns.campaign import Campaign
from campaigns.linkage import LinkageRate, linkage_rates, waves_to_link
from campaigns.registry import load_campaign
from tests.surveys.fieldwork_example import CAMPAIGN


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    (tmp_path / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
    return load_campaign(tmp_path / "pilot.yaml")


def answers(folder: Path, rows: list[tuple[str, str, str | None, str | None]]) -> list[Path]:
    """Site, wave, arm and respondent of each interview."""
    file = folder / "answers.parquet"
    names = ["@site", "@wave", "@arm", "@respondent"]
    pd.DataFrame(rows, columns=names, dtype="string").to_parquet(file)
    return [file]


def test_respondents_seen_once_in_either_wave_are_counted_in_the_arm_they_began_in(tmp_path, campaign):
    before = [("npl", "baseline", "campaign", name) for name in "abc"] + [
        ("npl", "baseline", "comparison", name) for name in "de"
    ]
    after = [
        ("npl", "endline", "campaign", "a"),
        ("npl", "endline", "comparison", "b"),
        ("npl", "endline", "comparison", "d"),
    ]
    rates = linkage_rates(answers(tmp_path, [*before, *after]), campaign, earlier="baseline", later="endline")
    assert rates == [
        LinkageRate(site="npl", arm="campaign", interviewed=3, linked=2, interviewed_later=1),
        LinkageRate(site="npl", arm="comparison", interviewed=2, linked=1, interviewed_later=2),
    ]
    assert rates[0].share == pytest.approx(2 / 3)
    lost = attrition_rates(rates[0].linked, rates[0].interviewed, rates[1].linked, rates[1].interviewed)
    assert lost.difference == pytest.approx(1 / 3 - 1 / 2)


def test_nobody_and_somebody_seen_twice_in_a_wave_is_not_found_again(tmp_path, campaign):
    rows = [
        ("npl", "baseline", "campaign", None), ("npl", "baseline", "campaign", "a"), ("npl", "baseline", "campaign", "a"),
        ("npl", "endline", "campaign", None), ("npl", "endline", "campaign", "a"),
        ("tha", "endline", "campaign", "a"),
    ]  # fmt: skip
    rates = linkage_rates(answers(tmp_path, rows), campaign, earlier="baseline", later="endline")
    assert [(rate.site, rate.interviewed, rate.linked, rate.share) for rate in rates] == [
        ("npl", 3, 0, 0.0),
        ("tha", 0, 0, None),
    ]


def test_no_answers_have_no_rates(campaign):
    assert linkage_rates([], campaign, earlier="baseline", later="endline") == []


def test_the_waves_to_link_are_those_the_plan_compares(campaign):
    assert waves_to_link(campaign) == ("baseline", "endline")
