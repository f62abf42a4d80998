"""The cluster inspector says what each cluster carries, and what the estimate would be without it."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest

from campaigns.cluster_inspection import ClusterInspection
from campaigns.one_table import clusters_of_file
from surveys.problems import CannotProceed
from tests.campaigns.command_line import awareness
from tests.campaigns.made_up import interviews
from tests.campaigns.plans_on_files import ARM, DID, printed_by_r


R_CLUSTERS = printed_by_r("clusters.json")
DESIGN = "design: difference_in_differences"
CASES: dict[str, dict[str, str]] = {
    "did": {"columns": f"{DID}, cluster: village", "analysis": DESIGN},
    "weighted_covariates": {
        "columns": f"{DID}, cluster: village, weight: weight",
        "analysis": f"{DESIGN}, covariates: [female], fixed_effects: [district]",
    },
    "village_effects": {
        "columns": f"{DID}, cluster: village",
        "analysis": f"{DESIGN}, covariates: [age], fixed_effects: [village], standard_errors: HC1",
    },
    "after_only": {
        "columns": f"{ARM}, cluster: village",
        "analysis": "design: randomised",
        "outcome": "knows",
        "more": "where: {after: 1}",
    },
}


def files(
    folder: Path,
    rows: pd.DataFrame,
    *,
    columns: str,
    analysis: str,
    outcome: str = "score",
    more: str = "",
) -> tuple[Path, Path]:
    plan, data = folder / "plan.yaml", folder / "data.parquet"
    plan.write_text(
        f"outcomes: [{{id: y, column: {outcome}}}]\ncolumns: {{{columns}}}\nanalysis: {{{analysis}}}\n{more}"
    )
    rows.drop(columns=["@wave", "@arm", "@cluster"], errors="ignore").to_parquet(data, index=False)
    return plan, data


def inspected(folder: Path, rows: pd.DataFrame, **plan: str) -> ClusterInspection:
    (found,) = clusters_of_file(*files(folder, rows, **plan))
    return found


@pytest.mark.parametrize("case", sorted(R_CLUSTERS))
def test_what_clusters_carry_is_what_r_finds_by_leaving_them_out(case: str, tmp_path: Path) -> None:
    found = inspected(tmp_path, interviews(), **CASES[case])
    expected = R_CLUSTERS[case]
    assert [each.cluster for each in found.clusters] == [f"v{i:02d}" for i in range(24)]
    for name in ("leverage", "partial_leverage", "left_out_estimate"):
        assert [getattr(each, name) for each in found.clusters] == pytest.approx(expected[name], rel=1e-8), (
            name
        )
    for name in ("estimate", "size_cv", "effective_if_independent", "effective_if_alike"):
        if name == "effective_if_alike" and case == "village_effects":
            assert (
                found.effective_if_alike is None
            )  # what moves a whole village is taken out by its own effect
            continue
        assert getattr(found, name) == pytest.approx(expected[name], rel=1e-8), name


def test_counts_by_arm_and_wave_and_the_smallest_p(tmp_path: Path) -> None:
    rows = interviews().query("village != 'v00' or after == 0")
    found = inspected(tmp_path, rows, **CASES["did"])
    assert found.clusters_by_group == {
        "campaign_before": 12,
        "campaign_after": 11,
        "comparison_before": 12,
        "comparison_after": 12,
    }
    assert sum(each.partial_leverage for each in found.clusters) == pytest.approx(1)
    assert found.smallest_p_bootstrap == pytest.approx(2 / 2**24)
    assert found.smallest_p_randomisation == pytest.approx(2 / 2704156)  # 24 over 12, and the opposite
    assert found.clusters[0].n_by_group["campaign_after"] == 0


def test_a_cluster_without_which_there_is_no_estimate_is_left_blank(tmp_path: Path) -> None:
    """The covariate tells the first campaign village from all others: without the second there is no effect to see."""
    rows = interviews().query("after == 1 and (arm == 0 or village in ('v00', 'v02'))")
    rows = rows.assign(first=(rows["village"] == "v00").astype(int))
    plan = {**CASES["after_only"], "analysis": "design: randomised, covariates: [first]"}
    found = {each.cluster: each.left_out_estimate for each in inspected(tmp_path, rows, **plan).clusters}
    assert found["v02"] is None
    assert found["v01"] is not None
    alone = rows.query("village != 'v02'")
    assert inspected(tmp_path, alone, **CASES["after_only"]).not_estimable == "one_cluster"


def test_the_command_writes_clusters_beside_effects(tmp_path: Path) -> None:
    plan, data = files(tmp_path, interviews(), **CASES["did"])
    run = awareness("estimate", plan, "--data", data, "--clusters", tmp_path / "clusters.json")
    assert run.returncode == 0
    (effect,) = json.loads(run.stdout)
    (found,) = json.loads((tmp_path / "clusters.json").read_text("utf-8"))
    assert found["estimate"] == pytest.approx(effect["estimate"], rel=1e-12)
    assert (found["outcome"], found["term"], len(found["clusters"])) == ("y", "effect", 24)
    assert awareness("estimate", plan, "--data", data, "--clusters", tmp_path / "c.csv").returncode == 0
    lines = list(csv.DictReader(io.StringIO((tmp_path / "c.csv").read_text("utf-8"))))
    assert len(lines) == 24
    assert {"cluster", "n_campaign_after", "clusters_campaign_after", "left_out_estimate"} <= set(lines[0])


def test_without_clusters_there_is_nothing_to_inspect(tmp_path: Path) -> None:
    with pytest.raises(CannotProceed, match="clusters"):
        clusters_of_file(*files(tmp_path, interviews(), columns=DID, analysis=DESIGN))
