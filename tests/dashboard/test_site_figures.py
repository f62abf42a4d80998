"""The figures of a site as values: what they say, what they draw, and that their files say the same."""

import io
from dataclasses import replace
from xml.etree import ElementTree

import pandas as pd
import pytest

from campaigns.flow import FLOW_COLUMNS
from campaigns.levels import Level
from dashboard.comparison import alarms
from dashboard.figure_files import as_csv
from dashboard.figure_spec import FigureSpec, as_props
from dashboard.figure_svg import as_svg, wrapped
from dashboard.links import Address
from dashboard.pages.site import only
from dashboard.site_figures import flow_figure, levels_figure, outcome_figures
from surveys.languages import languages
from tests.dashboard.fixtures import CAMPAIGN, evaluation


ENGLISH = Address(language="en")


def levels(**changes: object) -> list[Level]:
    made = []
    for arm, before, after in (("campaign", 0.32, 0.56), ("comparison", 0.34, 0.43)):
        for when, mean in (("before", before), ("after", after)):
            one = Level(outcome="signs", site="npl", arm=arm, when=when, mean=mean, conf_low=mean - 0.05,  # type: ignore[arg-type]
                        conf_high=mean + 0.05, n=500, n_clusters=18)  # fmt: skip
            made.append(replace(one, **changes))  # type: ignore[arg-type]
    return made


def flow(**changes: object) -> pd.DataFrame:
    rows = [
        {"site": "npl", "arm": arm, "clusters_before": 18, "clusters_lost": 0, "clusters_added": 0, "clusters_after": 18,
         "people_before": 500, "analysed_before": 490, "not_analysed_before": 10, "people_after": 510,
         "analysed_after": 500, "not_analysed_after": 10, **changes}
        for arm in ("campaign", "comparison")
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS), dtype=object)


def all_figures(language: str) -> list[FigureSpec]:
    made, address = evaluation(), Address(language=language)
    site, outcome = CAMPAIGN.site("npl"), CAMPAIGN.outcome("signs")
    return [
        levels_figure(made, levels(), site, outcome, language),
        *outcome_figures(made, site, address),
        flow_figure(made, flow(), site, language),
    ]


@pytest.mark.parametrize("language", languages())
def test_every_figure_is_whole(language: str) -> None:
    for spec in all_figures(language):
        assert spec.headline
        assert spec.subtitle
        assert spec.how_to_read
        assert len(spec.source) >= 4
        assert spec.cite.startswith(spec.headline.rstrip("."))
        assert spec.simulated
        head, body = spec.table()
        assert body
        assert all(len(row) == len(head) for row in body)


@pytest.mark.parametrize("language", languages())
def test_the_picture_is_well_formed_and_says_what_the_screen_says(language: str) -> None:
    for spec in all_figures(language):
        drawing = ElementTree.fromstring(as_svg(spec))  # noqa: S314  # our own picture
        said = " ".join(text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text"))
        for group in spec.groups:
            for row in group.rows:
                assert all(
                    word in said for word in (*row.name.split(), *(row.cells[:1] and row.cells[0].split()))
                )
        assert spec.simulated in said
        assert drawing.find("{http://www.w3.org/2000/svg}title") is not None


def test_words_of_a_campaign_are_only_text_in_the_picture() -> None:
    titled = {"en": "<script>alert(1)</script> & more", "ko": "x"}
    outcome = replace(CAMPAIGN.outcome("signs"), title=titled)
    spec = levels_figure(evaluation(), levels(), CAMPAIGN.site("npl"), outcome, "en")
    drawn = as_svg(spec)
    assert "<script" not in drawn
    ElementTree.fromstring(drawn)  # noqa: S314  # our own picture


def test_the_numbers_leave_with_what_they_are() -> None:
    spec = all_figures("en")[0]
    text = as_csv(spec).decode("utf-8")
    head = [line for line in text.splitlines() if line.startswith("# ")]
    assert any(spec.headline in line for line in head)
    assert any("Data version" in line for line in head)
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert table["mean"].tolist() == [0.32, 0.56, 0.34, 0.43]


def test_withheld_levels_are_rows_with_a_reason_and_no_numbers() -> None:
    hidden = [Level(outcome="signs", site="npl", arm="campaign", when="before", withheld=True)]
    spec = levels_figure(evaluation(), hidden, CAMPAIGN.site("npl"), CAMPAIGN.outcome("signs"), "en")
    (row,) = spec.groups[0].rows
    assert row.reason
    assert row.marks == ()
    assert spec.data[0]["mean"] is None
    assert spec.data[0]["n"] is None
    assert spec.data[0]["flag"] == "c"


def test_a_site_without_a_number_says_why_in_every_row() -> None:
    site = CAMPAIGN.site("nzl")
    spec = outcome_figures(evaluation(), site, ENGLISH)[0]
    assert all(row.reason for group in spec.groups for row in group.rows)
    assert spec.headline == "New Zealand: no outcome can be estimated"


def test_a_change_in_one_group_is_a_cross_and_called_a_change() -> None:
    spec = outcome_figures(evaluation(), CAMPAIGN.site("mys"), ENGLISH)[0]
    marks = [mark for group in spec.groups for row in group.rows for mark in row.marks]
    assert marks
    assert {mark.form for mark in marks} == {"cross"}
    assert "no effect" in spec.headline or "open for" in spec.headline
    assert spec.notes


def test_the_flow_names_clusters_that_were_lost() -> None:
    spec = flow_figure(evaluation(), flow(clusters_lost=5, clusters_after=13), CAMPAIGN.site("npl"), "en")
    assert "5 of 18 clusters" in spec.headline
    assert any(
        "5 clusters not interviewed again" in aside
        for lane in spec.lanes
        for box in lane.boxes
        for aside in box.aside
    )


def test_a_withheld_flow_is_a_lane_with_its_reason() -> None:
    spec = flow_figure(evaluation(), flow(withheld="<10"), CAMPAIGN.site("npl"), "en")
    assert all(lane.reason and not lane.boxes for lane in spec.lanes)
    assert spec.headline == "Nepal: nothing of the flow can be shown"


def test_props_hold_no_script_and_no_data_that_is_not_drawn() -> None:
    props = as_props(all_figures("en")[0], ENGLISH, "site")
    assert {"data", "code"}.isdisjoint(props)
    assert props["files"]["svg"] == "/download/figure/site/levels.svg"
    assert props["query"] == "lang=en"


def test_lines_are_broken_between_words_and_korean_counts_double() -> None:
    assert wrapped("aa bb cc", 1000, 10) == ["aa bb cc"]
    assert len(wrapped("가나 다라 마바", 40, 10)) > len(wrapped("ab cd ef", 40, 10))
    assert " ".join(wrapped("one two three four five", 60, 12)) == "one two three four five"


def test_a_page_about_one_site_tells_no_alarm_of_another() -> None:
    harmed = evaluation(harm=True)
    assert "fear" in alarms(only(harmed, CAMPAIGN.site("npl")), "en")
    assert alarms(only(harmed, CAMPAIGN.site("idn")), "en") == {}
