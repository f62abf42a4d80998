"""A small sample of ``make recovery`` every day, and what its committed table must go on saying."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns.estimation import Specification, estimate, estimate_with_each
from tests.campaigns.made_up import table
from tests.recovery.__main__ import NUMBERS, PAGE, read
from tests.recovery.cases import CASES, FEWEST, Case
from tests.recovery.measuring import WARDS, Measured, Setting, measured, settings
from tests.recovery.page import page, said_before
from tests.recovery.worlds import World


# ibis asks for an option that pandas is about to drop; nothing of ours does.
pytestmark = pytest.mark.filterwarnings("ignore:The 'future.infer_string' option")
PILOTS = 100
SAMPLED = (
    "pre_post",
    "difference_in_differences, the same people",
    "dose",
    "exposure",
    "randomised, wards, logit",
)


def case(name: str) -> Case:
    (found,) = [one for one in CASES if one.name == name]
    return found


@pytest.mark.parametrize("name", SAMPLED)
def test_a_sample_of_pilots_finds_the_truth(name: str) -> None:
    one = case(name)
    kind, icc = one.worlds[0]
    found = measured(Setting(case=one, kind=kind, icc=icc, wards=6), {"fast": PILOTS, "slow": 40})
    assert found
    for line in found:
        if line.way in ("CR2", "influence"):
            assert abs(line.bias) < 4 * line.bias_error, line
            assert line.coverage > 0.95 - 4 * (0.95 * 0.05 / line.pilots) ** 0.5, line
            assert line.size < 0.05 + 4 * (0.95 * 0.05 / line.pilots) ** 0.5, line


def test_several_standard_errors_of_one_fit_are_those_of_a_fit_each() -> None:
    for name in (
        "difference_in_differences, other people each wave",
        "event_study",
        "encouragement",
        "randomised, wards, logit",
    ):
        one = case(name)
        kind, icc = one.worlds[0]
        rows = one.draw(
            np.random.default_rng(5), World(kind=kind, icc=icc, wards=6, effect=one.effect(kind)), 3
        )
        specification = Specification(design=one.design, outcomes=("y",), **one.options)  # type: ignore[arg-type]
        together = estimate_with_each(table(rows.to_pandas()), specification, ("CR1S", "CR2", "CR3"))
        for kind_of_error, effects in together.items():
            alone = estimate(
                table(rows.to_pandas()),
                Specification(
                    design=one.design, outcomes=("y",), standard_errors=kind_of_error, **one.options
                ),  # type: ignore[arg-type]
            )
            for told, expected in zip(effects, alone, strict=True):
                for number in ("estimate", "std_error", "df", "p_value", "conf_low"):
                    assert getattr(told, number) == getattr(expected, number), (name, kind_of_error, number)


# ── The committed table ────────────────────────────────────────────────────────────────────────────────────────────


@cache
def lines() -> pd.DataFrame:
    found = pd.DataFrame(read(NUMBERS)).replace("", None)
    numbers = found.columns.difference(["design", "outcome", "way"])
    return found.assign(**{name: pd.to_numeric(found[name]) for name in numbers})


def mean_coverage(way: str, wards: int) -> float:
    rows = lines()[(lines()["way"] == way) & (lines()["clusters_per_arm"] == wards)]
    return float((rows["coverage"] * rows["pilots"]).sum() / rows["pilots"].sum())


def test_the_table_has_every_design_and_way_at_every_number_of_clusters() -> None:
    there = set(lines()[["design", "outcome", "icc", "clusters_per_arm"]].itertuples(index=False, name=None))
    asked = {(s.case.name, s.kind, s.icc, s.wards) for s in settings()}
    assert there == asked
    assert set(lines()["clusters_per_arm"]) == {FEWEST, *WARDS}


def test_the_page_is_made_from_the_table() -> None:
    written = Path(PAGE).read_text("utf-8")
    command, made = said_before(written)
    assert page(read(NUMBERS), command=command, made=made) == written


def test_the_default_covers_with_few_clusters_where_others_do_not() -> None:
    assert abs(mean_coverage("CR2", 6) - 0.95) < 0.015
    assert mean_coverage("CR1S", 6) < mean_coverage("CR2", 6) - 0.01
    assert mean_coverage("HC2", 6) < 0.9
    assert mean_coverage("wild bootstrap", 6) > 0.93
    assert mean_coverage("randomisation", 6) > 0.93


def test_with_many_clusters_the_sandwiches_agree() -> None:
    assert abs(mean_coverage("CR1S", 40) - mean_coverage("CR2", 40)) < 0.015
    assert abs(mean_coverage("CR2", 40) - 0.95) < 0.015


def test_no_design_is_biased_beyond_chance() -> None:
    found = lines().drop_duplicates(["design", "outcome", "icc", "clusters_per_arm"])
    z = found["bias"] / found["bias_error"]
    assert z.abs().max() < 4.5
    assert abs(z.mean()) < 4 / len(z) ** 0.5


def test_the_reading_says_the_numbers() -> None:
    text = PAGE.read_text("utf-8")
    assert f"`CR2` {100 * mean_coverage_with_wards('CR2', 6):.1f} %" in text


def mean_coverage_with_wards(way: str, wards: int) -> float:
    rows = lines()[~lines()["design"].str.contains("persons")]
    rows = rows[(rows["way"] == way) & (rows["clusters_per_arm"] == wards)]
    return float((rows["coverage"] * rows["pilots"]).sum() / rows["pilots"].sum())


def test_a_line_says_all_it_is_asked() -> None:
    assert set(Measured.__dataclass_fields__) == set(lines().columns)
