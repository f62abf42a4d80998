"""What is told of clusters: how many carry the effect and whether one decides; never which, and never its answers."""

from dataclasses import fields

from campaigns.cluster_inspection import ClusterInspection, InspectedCluster
from campaigns.clusters_of_site import SiteClusters, _shown
from campaigns.coarser import Coarser
from campaigns.disclosure_policy import POLICY
from campaigns.effects import Subject


SUBJECT = Subject(outcome="signs", site="npl", design="difference_in_differences", estimand="ATT")


def inspected(*left_out: float | None, estimate: float = 0.1) -> ClusterInspection:
    return ClusterInspection(
        subject=SUBJECT,
        estimate=estimate,
        n_clusters=len(left_out),
        size_cv=0.4321,
        effective_if_independent=7.6,
        effective_if_alike=5.4,
        smallest_p_bootstrap=0.25,
        clusters=tuple(
            InspectedCluster(cluster=f"ward {place}", n=20, n_by_group={}, leverage=0.1,
                             partial_leverage=0.123456 * (place + 1), left_out_estimate=one)
            for place, one in enumerate(left_out)
        ),
    )  # fmt: skip


def shown(inspection: ClusterInspection) -> SiteClusters:
    return _shown(inspection, Coarser(policy=POLICY))


def test_no_cluster_is_named_and_no_estimate_without_one_is_told() -> None:
    said = repr(shown(inspected(0.09, 0.12, 0.08)))
    assert "ward" not in said
    assert not any(number in said for number in ("0.09", "0.12,", "0.08", "0.370368"))
    assert {field.name for field in fields(SiteClusters)}.isdisjoint(
        {"clusters", "left_out_estimate", "n_by_group"}
    )


def test_the_cautious_number_of_effective_clusters_is_told_whole() -> None:
    assert shown(inspected(0.09, 0.12, 0.08)).effective == 5


def test_one_cluster_decides_where_without_it_the_sign_turns() -> None:
    assert shown(inspected(0.09, -0.01, 0.08)).one_decides_sign is True
    assert shown(inspected(0.09, 0.01, 0.08)).one_decides_sign is False
    assert shown(inspected(0.09, None, 0.08)).one_decides_sign is None
