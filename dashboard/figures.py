"""The picture of the compare table for reports: the same rows, drawn by Plotly in the reader's browser."""

import unicodedata
from collections.abc import Collection, Mapping, Sequence
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
BAD, NOTICE = "#b3250b", "#ffe0a3"
INK, QUIET, FAINT, GRID, ACCENT = "#1e2124", "#464c53", "#58616a", "#e6e8ea", "#0b50d0"
WIDER = "\u00a0" * 6  # the colour behind a text is measured before its font is there
FONTS = "Pretendard GOV, Noto Sans CJK KR, Apple SD Gothic Neo, Malgun Gothic, sans-serif"

PICTURE_WIDTH = 1200
LINE = 34  # pixels a row
HEAD, BOTTOM = 96, 136  # above the plot, without the title and what stands under it
TITLE_HEIGHT, TITLE_SIZE = 27, 20
# Letters that fit on a line; a Korean letter is as wide as two.
TITLE_LINE, REASON_LINE, TEXT_LINE = 104, 80, 165
LEFT, RIGHT = 320, 450  # room for names and interviews; for effects, readings and evidence
PLOT_WIDTH = PICTURE_WIDTH - LEFT - RIGHT
COLUMNS = {
    "name": -LEFT + 40,
    "counts": -24,
    "reason": 0,
    "effect": 20,
    "reading": 178,
    "evidence": 335,
}  # pixels from the plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the picture: a heading of a role, what stands above its changes, or a row."""

    heading: str = ""
    apart: str = ""
    role: str = ""
    row: ForestRow | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """Something said above the table."""

    text: str
    size: int
    colour: str
    line: int = 19  # pixels a line
    after: int = 3
    behind: str | None = None

    @property
    def tall(self) -> int:
        """How many pixels it takes from top to bottom."""
        return self.line * (1 + self.text.count("<br>")) + self.after


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
    known = {row.site for group in view.forest.groups for row in group.rows if row.site is not None}
    shown = known.intersection(sites)
    lines = _lines(view, shown)
    hidden = words["filtered"] if shown and shown != known else ""
    heads = _heads(view, hidden)
    figure = go.Figure()
    for place, line in enumerate(lines):
        if line.apart:
            _text(figure, "name", place, escape(line.apart), colour=FAINT, size=11, over=True)
        elif line.row is None:
            _text(figure, "name", place, f"<b>{escape(line.heading)}</b>", colour=ROLE_COLOURS[line.role])
        else:
            _draw(figure, place, line.row, view.forest.axis, words["unsettled"])
    _title(figure, heads)
    _head(figure, view, words)
    starred = any(line.row is not None and words["unsettled"] in line.row.caveats for line in lines)
    _foot(figure, view, f"* {words['unsettled']}" if starred else "")
    figure.update_layout(**_layout(view, len(lines), _top(heads)))
    return figure


def _lines(view: Comparison, sites: Collection[str]) -> list[Line]:
    lines: list[Line] = []
    for group in view.forest.groups:
        lines.append(Line(heading=group.title, role=group.role))
        shown = [row for row in group.rows if row.site is None or not sites or row.site in sites]
        first = next((place for place, row in enumerate(shown) if row.kind == "change"), None)
        for place, row in enumerate(shown):
            if place == first:
                lines.append(Line(apart=group.apart, role=group.role))
            lines.append(Line(row=row, role=group.role))
    return lines


def _draw(figure: go.Figure, place: int, row: ForestRow, axis: Axis, unsettled: str) -> None:
    name = escape(row.name)
    if row.kind == "average":
        name = f"<b>{name}</b><br><span style='font-size:11px'>{escape(row.note)}</span>"
    _text(figure, "name", place, name)
    if row.estimate is None or row.low is None or row.high is None:
        _text(figure, "reason", place, _wrapped(row.reason, REASON_LINE), colour=FAINT, size=11)
        return
    _text(figure, "counts", place, row.counts, align="right", colour=QUIET)
    _text(figure, "effect", place, f"<b>{row.effect}</b> ({row.interval})")
    mark = " *" if unsettled in row.caveats else ""
    _text(figure, "reading", place, escape(row.reading_words) + mark, colour=QUIET)
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
        _text(figure, column, -1, f"<b>{escape(title)}</b>", colour=QUIET)
    _text(figure, "counts", -1, f"<b>{escape(words['interviews'])}</b>", align="right", colour=QUIET)
    axis = view.forest.axis
    ends = [words["worse"], words["better"]] if axis.better == "higher" else [words["better"], words["worse"]]
    places = [(axis.low, "left", f"← {ends[0]}"), (axis.high, "right", f"{ends[1]} →")]
    for x, anchor, text in places:
        _above(figure, x, anchor, escape(text), FAINT, height=34)
    if axis.margin:
        label = f"±{axis.margin_label.lstrip('+-−')}" if view.harm else axis.margin_label
        _above(figure, _edges(view)[-1], "center", escape(f"{words['margin']} {label}"), ACCENT, height=52)


def _above(figure: go.Figure, x: float, anchor: str, text: str, colour: str, *, height: int) -> None:
    figure.add_annotation(
        x=x,
        yref="paper",
        y=1,
        yshift=height,
        text=text,
        showarrow=False,
        xanchor=anchor,
        font={"color": colour, "size": 12},
    )


def _heads(view: Comparison, hidden: str) -> list[Head]:
    """What stands above the table, from the top: first that the data are invented, last what is left out."""
    headline = _wrapped(view.headline, TITLE_LINE)
    heads = [
        Head(f"<b>{headline}</b>", TITLE_SIZE, INK, TITLE_HEIGHT, 10),
        Head(escape(view.sentence), 13, QUIET),
    ]
    if view.simulated:
        heads.insert(0, Head(f"<b>{escape(view.simulated)}</b>{WIDER}", 15, INK, after=14, behind=NOTICE))
    if view.alarm:
        heads.append(Head(f"<b>▼ {_wrapped(view.alarm, TEXT_LINE)}</b>", 13, BAD))
    if hidden:
        heads.append(Head(f"<b>{escape(hidden)}</b>", 13, ACCENT))
    return heads


def _title(figure: go.Figure, heads: Sequence[Head]) -> None:
    from_top = 18
    for head in heads:
        figure.add_annotation(
            xref="paper",
            x=0,
            xshift=COLUMNS["name"],
            yref="paper",
            y=1,
            yshift=_top(heads) - from_top,
            text=head.text,
            showarrow=False,
            xanchor="left",
            yanchor="top",
            align="left",
            font={"size": head.size, "color": head.colour},
            bgcolor=head.behind,
            borderpad=4 if head.behind else 1,
        )
        from_top += head.tall


def _top(heads: Sequence[Head]) -> int:
    return HEAD + sum(head.tall for head in heads)


def _foot(figure: go.Figure, view: Comparison, star: str) -> None:
    lines = [*([star] if star else []), *([view.change_note] if view.change_note else []), *view.source]
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
    figure: go.Figure,
    column: str,
    place: float,
    text: str,
    *,
    align: str = "left",
    colour: str = INK,
    size: int = 13,
    over: bool = False,
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
        font={"color": colour, "size": size},
        bgcolor="white" if over or column == "reason" else None,  # no line of the grid through the words
    )


def _layout(view: Comparison, count: int, top: int) -> dict[str, object]:
    axis = view.forest.axis
    return {
        "width": PICTURE_WIDTH,
        "height": top + BOTTOM + LINE * (count + 1),
        "margin": {"l": LEFT, "r": RIGHT, "t": top, "b": BOTTOM},
        "paper_bgcolor": "white",
        "plot_bgcolor": "white",
        "showlegend": False,
        "font": {"family": FONTS, "size": 13, "color": INK},
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
        "shapes": _margin(view),
    }


def _wrapped(text: str, letters: int) -> str:
    """The text over several lines, ready for the picture: markup in it is only text."""
    lines, used = [""], 0
    for word in text.split(" "):
        width = sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in word)
        if used and used + 1 + width > letters:
            lines.append("")
            used = 0
        lines[-1] += f" {word}" if used else word
        used += width + 1
    return "<br>".join(escape(line) for line in lines)


def _edges(view: Comparison) -> list[float]:
    """Where a difference begins to matter: on the side hoped for; of a possible harm on both, the harmful last."""
    axis = view.forest.axis
    if not axis.margin:
        return []
    hoped = axis.margin if axis.better == "higher" else -axis.margin
    return [hoped, -hoped] if view.harm else [hoped]


def _margin(view: Comparison) -> list[dict[str, object]]:
    return [
        {
            "type": "line",
            "x0": edge,
            "x1": edge,
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "line": {"color": ACCENT, "width": 1, "dash": "dot"},
        }
        for edge in _edges(view)
    ]
