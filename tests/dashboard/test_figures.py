"""The picture for download is drawn from the very rows of the screen."""

import json
import math
import re
from dataclasses import replace
from pathlib import Path

from plotly.offline import get_plotlyjs_version

from campaigns.effects import EffectEstimate
from dashboard.comparison import compare
from dashboard.components import GRAPH_CONFIG, chart
from dashboard.figures import PICTURE_WIDTH, ROLE_SYMBOLS, forest_figure
from dashboard.pages.compare import table_words
from surveys.languages import say
from tests.dashboard import fixtures


DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
EVALUATION = fixtures.evaluation()


def figure(language: str = "en", sites: tuple[str, ...] = ()):
    view = compare(EVALUATION, "signs", language)
    return view, forest_figure(view, table_words(fixtures.CAMPAIGN, language), sites=sites)


def texts(drawn) -> list[str]:
    return [note.text for note in drawn.layout.annotations]


def test_every_number_of_the_table_stands_in_the_picture() -> None:
    view, drawn = figure()
    said = " ".join(texts(drawn))
    for group in view.forest.groups:
        assert group.title in said
        for row in group.rows:
            assert row.name in said
            assert (row.effect in said) if row.effect else (row.reason in said.replace("<br>", " "))


def test_markers_stand_at_the_estimates_with_the_shape_of_their_role() -> None:
    view, drawn = figure()
    markers = {trace.name: trace for trace in drawn.data if trace.mode == "markers"}
    for group in view.forest.groups:
        for row in group.rows:
            if row.kind == "site":
                assert markers[row.name].x[0] == row.estimate
                assert markers[row.name].marker.symbol == ROLE_SYMBOLS[group.role]


def test_a_weak_row_is_hollow_and_dashed_and_a_change_is_a_cross() -> None:
    _, drawn = figure()
    markers = {trace.name: trace for trace in drawn.data if trace.mode == "markers"}
    assert markers["Myanmar"].marker.color == "white"
    assert markers["Malaysia"].marker.symbol == "x-thin"
    assert "dash" in {trace.line.dash for trace in drawn.data if trace.mode == "lines"}


def test_an_interval_without_a_bound_runs_off_the_axis_and_is_written_so() -> None:
    unbounded = tuple(
        replace(effect, conf_low=-math.inf, verdict="inconclusive")
        if isinstance(effect, EffectEstimate)
        else effect
        for effect in EVALUATION.effects
    )
    for language in ("en", "ko"):
        view = compare(replace(EVALUATION, effects=unbounded), "signs", language)
        row = next(row for group in view.forest.groups for row in group.rows if row.kind == "site")
        assert "−∞" in row.interval
        assert row.low is not None
        assert row.low < view.forest.axis.low > -100
        json.dumps(row.low, allow_nan=False)
        assert forest_figure(view, table_words(fixtures.CAMPAIGN, language)).data


def test_a_site_left_out_of_the_choice_is_left_out_of_the_picture() -> None:
    _, drawn = figure(sites=("npl",))
    said = " ".join(texts(drawn))
    assert "Nepal" in said
    assert "Bangladesh" not in said
    assert "Origin average" in said


def test_the_picture_says_simulated_and_where_it_comes_from() -> None:
    for language in ("en", "ko"):
        view, drawn = figure(language)
        assert say("screens.frame.simulated", language) in " ".join(texts(drawn))
        assert view.source[0] in " ".join(texts(drawn))
        assert view.headline in " ".join(texts(drawn)).replace("<br>", " ")
        assert drawn.layout.width == PICTURE_WIDTH


def test_the_picture_opens_with_the_notice_and_says_what_is_hidden_and_averaged() -> None:
    view, drawn = figure(sites=("npl",))
    notice = next(note for note in drawn.layout.annotations if view.simulated in note.text)
    top = max(note.yshift for note in drawn.layout.annotations if note.yref == "paper")
    assert notice.yshift == top
    said = " ".join(texts(drawn))
    assert "Some sites are hidden" in said
    assert "3 sites · equal-weight average" in said
    whole = " ".join(texts(figure()[1]))
    assert "Some sites are hidden" not in whole
    assert "Before and after in one group only" in whole


def test_the_margin_of_a_possible_harm_is_marked_on_both_sides() -> None:
    view, drawn = figure()
    assert len(drawn.layout.shapes) == 1
    both = forest_figure(replace(view, harm=True), table_words(fixtures.CAMPAIGN, "en"))
    assert sorted(shape.x0 for shape in both.layout.shapes) == [
        -view.forest.axis.margin,
        view.forest.axis.margin,
    ]


def test_text_of_a_campaign_cannot_become_markup_in_the_picture() -> None:
    sites = tuple(
        type(s)(
            **{
                **{name: getattr(s, name) for name in s.__slots__},
                "title": {"en": "<a href='x'>Nepal</a>"} if s.id == "npl" else s.title,
            }
        )
        for s in fixtures.CAMPAIGN.sites
    )
    view = compare(replace(EVALUATION, campaign=replace(fixtures.CAMPAIGN, sites=sites)), "signs", "en")
    drawn = forest_figure(view, table_words(fixtures.CAMPAIGN, "en"))
    assert not any("<a href" in text for text in texts(drawn))


def test_the_bundled_plotly_is_the_one_the_python_package_writes_for() -> None:
    head = (DASHBOARD / "assets" / "vendor" / "plotly-cartesian.min.js").read_text("utf-8")[:200]
    assert f"v{get_plotlyjs_version()}" in head


def test_every_chart_goes_through_one_wrapper_that_sends_nothing_anywhere() -> None:
    assert GRAPH_CONFIG["showSendToCloud"] is False
    assert GRAPH_CONFIG["displaylogo"] is False
    places = [
        path.name
        for path in DASHBOARD.rglob("*.py")
        if re.search(r"dcc\.Graph\(|import Graph", path.read_text("utf-8"))
    ]
    assert places == ["components.py"]


def test_a_chart_is_named_and_summed_up_in_words() -> None:
    _, drawn = figure()
    shown = chart(drawn, title="Knowledge", summary="Rose at two sites.", graph_id="trend")
    assert shown.role == "group"
    assert getattr(shown, "aria-labelledby") == "trend-caption"
    assert "Rose at two sites." in repr(shown)
