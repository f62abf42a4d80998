"""The picture of the compare table for reports: the same rows, drawn by Plotly in the reader's browser."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from html import escape

import plotly.graph_objects as go

from dashboard.comparison import Comparison
from dashboard.forest import Axis, ForestRow


# Distinct for every kind of colour vision: at least 32 apart in Lab under each simulated deficiency
# (tests/dashboard/test_palette.py), and each role has a shape of its own besides.
ROLE_COLOURS = {"origin": "#1c589c", "transit": "#9e6a00", "destination": "#9d174d"}
ROLE_COLOURS_DARK = {"origin": "#76a5f5", "transit": "#f0cd5c", "destination": "#ea6a99"}
ROLE_SYMBOLS = {"origin": "square", "transit": "circle", "destination": "triangle-up"}
INK, QUIET, FAINT, GRID = "#1e2124", "#464c53", "#58616a", "#e6e8ea"
FONTS = "Pretendard GOV, Noto Sans CJK KR, Apple SD Gothic Neo, Malgun Gothic, sans-serif"

PICTURE_WIDTH = 1200
LINE = 34  # pixels a row
TOP, BOTTOM = 150, 116
LEFT, RIGHT = 320, 400  # room for names and interviews; for effects, readings and evidence
PLOT_WIDTH = PICTURE_WIDTH - LEFT - RIGHT
COLUMNS = {
    "name": -LEFT + 40,
    "counts": -24,
    "effect": 20,
    "reading": 190,
    "evidence": 290,
}  # pixels from the plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the picture: a heading of a role, or a row."""

    heading: str = ""
    role: str = ""
    row: ForestRow | None = None


def forest_figure(view: Comparison, words: Mapping[str, str], *, sites: Collection[str] = ()) -> go.Figure:
    """The compare table as a figure of a fixed width, for PNG and SVG.

    Parameters
    ----------
    view
        What the screen shows.
    words
        The table's column titles in the reader's language.
    sites
        The sites to draw; all where none is named.
    """
    lines = _lines(view, sites)
    figure = go.Figure()
    for place, line in enumerate(lines):
        if line.row is None:
            _text(figure, "name", place, f"<b>{escape(line.heading)}</b>", colour=ROLE_COLOURS[line.role])
        else:
            _draw(figure, place, line.row, view.forest.axis)
    _head(figure, view, words)
    _foot(figure, view)
    figure.update_layout(**_layout(view, len(lines)))
    return figure


def _lines(view: Comparison, sites: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    for group in view.forest.groups:
        lines.append(Line(heading=group.title, role=group.role))
        lines += [
            Line(row=row, role=group.role)
            for row in group.rows
            if row.site is None or not sites or row.site in sites
        ]
    return lines


def _draw(figure: go.Figure, place: int, row: ForestRow, axis: Axis) -> None:
    _text(figure, "name", place, f"<b>{escape(row.name)}</b>" if row.kind == "average" else escape(row.name))
    if row.estimate is None or row.low is None or row.high is None:
        _text(figure, "effect", place, escape(row.reason), colour=FAINT)
        return
    _text(figure, "counts", place, row.counts, align="right", colour=QUIET)
    _text(figure, "effect", place, f"<b>{row.effect}</b> ({row.interval})")
    _text(figure, "reading", place, escape(row.reading_words), colour=QUIET)
    _text(figure, "evidence", place, escape(row.evidence_words), colour=QUIET)
    colour = ROLE_COLOURS[row.role]
    if row.predict_low is not None and row.predict_high is not None:
        figure.add_trace(_stroke(row.predict_low, row.predict_high, place, colour, width=1, dash="solid"))
    low, high = max(row.low, axis.low), min(row.high, axis.high)
    if row.kind == "average":
        figure.add_trace(_diamond(low, row.estimate, high, place, colour))
        return
    uncertain = bool(row.weak) or row.kind == "change"
    figure.add_trace(_stroke(low, high, place, colour, width=2, dash="dash" if uncertain else "solid"))
    figure.add_trace(_marker(row, place, colour))


def _marker(row: ForestRow, place: int, colour: str) -> go.Scatter:
    symbol = "x-thin" if row.kind == "change" else ROLE_SYMBOLS[row.role]
    hollow = bool(row.weak) and row.kind != "change"
    return go.Scatter(
        x=[row.estimate],
        y=[place],
        mode="markers",
        marker={
            "symbol": symbol,
            "size": 12,
            "color": "white" if hollow else colour,
            "line": {"width": 2, "color": colour},
        },
        name=row.name,
    )


def _stroke(low: float, high: float, place: int, colour: str, *, width: float, dash: str) -> go.Scatter:
    return go.Scatter(
        x=[low, high], y=[place, place], mode="lines", line={"color": colour, "width": width, "dash": dash}
    )


def _diamond(low: float, middle: float, high: float, place: int, colour: str) -> go.Scatter:
    return go.Scatter(
        x=[low, middle, high, middle, low],
        y=[place, place - 0.26, place, place + 0.26, place],
        mode="lines",
        fill="toself",
        fillcolor=colour,
        line={"color": colour, "width": 1},
    )


def _head(figure: go.Figure, view: Comparison, words: Mapping[str, str]) -> None:
    titles = {
        "name": words["site"],
        "effect": f"{words['effect']}, {view.forest.unit} {words['confidence']}",
        "reading": words["reading"],
        "evidence": words["evidence"],
    }
    for column, title in titles.items():
        if column == "reading":
            continue
        _text(figure, column, -1, f"<b>{escape(title)}</b>", colour=QUIET)
    _text(figure, "counts", -1, f"<b>{escape(words['interviews'])}</b>", align="right", colour=QUIET)


def _foot(figure: go.Figure, view: Comparison) -> None:
    lines = [*([view.change_note] if view.change_note else []), *view.source]
    figure.add_annotation(
        xref="paper",
        x=0,
        xshift=COLUMNS["name"],
        yref="paper",
        y=0,
        yshift=-18,
        text="<br>".join(escape(line) for line in lines),
        showarrow=False,
        xanchor="left",
        yanchor="top",
        align="left",
        font={"color": FAINT, "size": 11},
    )


def _text(
    figure: go.Figure, column: str, place: float, text: str, *, align: str = "left", colour: str = INK
) -> None:
    right_side = column in {"effect", "reading", "evidence"}
    figure.add_annotation(
        xref="paper",
        x=1 if right_side else 0,
        xshift=COLUMNS[column],
        y=place,
        yref="y",
        text=text,
        showarrow=False,
        xanchor=align,
        align=align,
        font={"color": colour},
    )


def _layout(view: Comparison, count: int) -> dict[str, object]:
    axis = view.forest.axis
    return {
        "width": PICTURE_WIDTH,
        "height": TOP + BOTTOM + LINE * (count + 1),
        "margin": {"l": LEFT, "r": RIGHT, "t": TOP, "b": BOTTOM},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": False,
        "font": {"family": FONTS, "size": 13, "color": INK},
        "title": {
            "text": f"<b>{escape(view.headline)}</b>",
            "subtitle": {"text": escape(view.sentence), "font": {"size": 13, "color": QUIET}},
            "x": 0.03,
            "y": 0.985,
            "yanchor": "top",
            "font": {"size": 20},
        },
        "xaxis": {
            "range": [axis.low, axis.high],
            "tickvals": list(axis.ticks),
            "ticktext": list(axis.labels),
            "side": "top",
            "gridcolor": GRID,
            "zerolinecolor": "#8a949e",
            "zerolinewidth": 1.5,
            "fixedrange": True,
        },
        "yaxis": {"range": [count - 0.4, -1.5], "visible": False, "fixedrange": True},
        "shapes": _margin(axis),
    }


def _margin(axis: Axis) -> list[dict[str, object]]:
    if not axis.margin:
        return []
    edge = axis.margin if axis.better == "higher" else -axis.margin
    return [
        {
            "type": "line",
            "x0": edge,
            "x1": edge,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": "#0b50d0", "width": 1, "dash": "dot"},
        }
    ]
