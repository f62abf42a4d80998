"""Threats in words and figures: the gravest first, nothing guessed, no cluster named."""

from dataclasses import replace

from campaigns.clusters_of_site import SiteClusters
from campaigns.threat_rows import Threat
from dashboard.links import Address
from dashboard.threat_figures import balance_figure, clusters_figure, sites_figure
from dashboard.threat_words import GRAVITY, THREATS, threat_lines
from tests.dashboard.fixtures import CAMPAIGN, evaluation


NPL = CAMPAIGN.site("npl")
LARGE = Threat(threat="balance", measure="normalised_difference", about="signs", site="npl", estimate=0.31, label="large",
               campaign=0.4, comparison=0.3, p_value=0.2, n_campaign=100, n_comparison=100)  # fmt: skip
CLUSTERS = SiteClusters(outcome="signs", site="npl", term="effect", n_clusters=36, size_cv=0.2, effective=14,
                        largest_share=0.05, smallest_p=0.001, one_decides_sign=False)  # fmt: skip


def test_every_threat_has_a_line_and_the_gravest_stands_first() -> None:
    lines = threat_lines(evaluation(), [LARGE], NPL, "en")
    assert {line.threat for line in lines} == set(THREATS)
    places = [GRAVITY.index(line.concern) for line in lines]
    assert places == sorted(places)
    assert (lines[0].threat, lines[0].about) == ("balance", ("Names at least two warning signs",))


def test_what_was_not_measured_is_never_called_none() -> None:
    lines = {line.threat: line for line in threat_lines(evaluation(), [], NPL, "ko")}
    assert lines["attrition"].concern == "unknown"
    assert lines["attrition"].why


def test_one_group_without_comparison_is_told_what_else_may_have_happened() -> None:
    campaign = replace(
        CAMPAIGN, sites=tuple(replace(s, design="pre_post") if s.id == "mys" else s for s in CAMPAIGN.sites)
    )
    lines = {
        line.threat: line
        for line in threat_lines(evaluation(campaign=campaign), [], campaign.site("mys"), "en")
    }
    assert lines["trend"].concern == "serious"
    assert lines["trend"].why.startswith("There is no comparison group")


def test_a_site_that_is_still_measured_says_so_and_is_not_called_sound() -> None:
    spec = sites_figure(evaluation(), {"npl": []}, Address(language="en"))
    rows = {row.name: row for group in spec.groups for row in group.rows}
    assert rows["Bangladesh"].reason.startswith("Being measured")
    assert rows["Nepal"].cells
    assert "so far" in spec.headline or "Nepal" in spec.headline


def test_balance_names_what_differs_and_withheld_rows_keep_their_reason() -> None:
    hidden = Threat(threat="balance", measure="normalised_difference", about="hotline", site="npl", reason="suppressed_small",
                    values={"respondents": 10, "clusters": 3})  # fmt: skip
    spec = balance_figure(evaluation(), [LARGE, hidden], NPL, "en")
    assert "Names at least two warning signs" in spec.headline
    drawn, withheld = spec.groups[0].rows
    assert drawn.marks[0].estimate == 0.31
    assert withheld.reason.startswith("Withheld")
    assert withheld.marks == ()


def test_a_cluster_that_decides_is_told_only_of_an_effect_that_is_not_nil_anyway() -> None:
    deciding = replace(CLUSTERS, one_decides_sign=True)
    assert "a single cluster decides" in clusters_figure(evaluation(), [deciding], NPL, "en").headline
    open_one = replace(deciding, site="kor")
    spec = clusters_figure(evaluation(), [open_one], CAMPAIGN.site("kor"), "en")
    assert "none alone decides the sign of an effect that is clear of zero" in spec.headline
    assert spec.groups[0].rows[0].cells[-1] == "yes"  # of one that may be nil the row alone tells
