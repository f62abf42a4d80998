"""A figure as an SVG file: for reports, print and Word, made without a browser from the value the screen draws."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from dashboard.figure_spec import FigureGroup, FigureRow, FigureSpec, Form, Lane, Look, Mark, Scale
from dashboard.figures import FAINT, FONTS, GRID, INK, NOTICE, QUIET, ROLE_COLOURS


COLOURS: dict[Look, str] = {
    **ROLE_COLOURS,
    "campaign": "#0b50d0",
    "comparison": "#58616a",
    "plain": "#1e2124",
}
WIDTH, MARGIN = 1120, 24
NAME_WIDTH, PLOT_WIDTH = 270, 400
ROW, LINE = 32, 18
LETTER = 0.54  # of the size of the type; a Korean letter is nearly twice as wide
BOX_WIDTH, BOX_GAP = 300, 26


@dataclass(slots=True)
class _Paper:
    """Shapes one below the other, and how far down they reach."""

    y: float = MARGIN
    shapes: list[str] = field(default_factory=list)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: int = 13,
        colour: str = INK,
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        weight = ' font-weight="700"' if bold else ""
        self.shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>'
            f"{escape(words)}</text>"
        )

    def paragraph(self, words: str, *, size: int = 13, colour: str = QUIET, bold: bool = False) -> None:
        for line in wrapped(words, WIDTH - 2 * MARGIN, size):
            self.y += size * 1.4
            self.text(MARGIN, self.y, line, size=size, colour=colour, bold=bold)
        self.y += 4

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = ""
    ) -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.shapes.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"{dashed}/>'
        )

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *, stroke: str = "none"
    ) -> None:
        self.shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" stroke="{stroke}"/>'
        )


def as_svg(spec: FigureSpec) -> str:
    """The whole figure: headline, subtitle, drawing, legend, notes and source."""
    paper = _Paper()
    if spec.simulated:
        paper.rect(MARGIN - 6, paper.y - 2, WIDTH - 2 * MARGIN + 12, 26, NOTICE)
        paper.text(MARGIN, paper.y + 16, spec.simulated, bold=True)
        paper.y += 30
    paper.paragraph(spec.headline, size=20, colour=INK, bold=True)
    paper.paragraph(spec.subtitle)
    paper.y += 8
    if spec.lanes:
        _draw_lanes(paper, spec.lanes)
    else:
        _draw_rows(paper, spec)
    _draw_legend(paper, spec)
    for words in (*spec.notes, *spec.source, spec.cite):
        if words:
            paper.paragraph(words, size=11, colour=FAINT)
    height = paper.y + MARGIN
    about = f"<title>{escape(spec.headline)}</title><desc>{escape(spec.subtitle)}</desc>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}" '
        f'role="img" lang="{spec.language}" font-family="{FONTS}">{about}'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(paper.shapes)}</svg>'
    )


def wrapped(words: str, width: float, size: int) -> list[str]:
    """The words over lines no wider than ``width``, broken between words only."""
    lines, used = [""], 0.0
    for word in words.split(" "):
        wide = _wide(word, size)
        if used and used + _wide(" ", size) + wide > width:
            lines.append("")
            used = 0.0
        lines[-1] += f" {word}" if used else word
        used += wide + _wide(" ", size)
    return lines


def _wide(words: str, size: int) -> float:
    letters = sum(1.8 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in words)
    return letters * size * LETTER


# ── Rows on a scale ────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_rows(paper: _Paper, spec: FigureSpec) -> None:
    plot = MARGIN + NAME_WIDTH
    cells = [
        plot + (PLOT_WIDTH + 24 if spec.scale else 0) + place * _cell_width(spec)
        for place in range(len(spec.columns))
    ]
    top = paper.y
    _draw_head(paper, spec, plot, cells)
    for group in spec.groups:
        _draw_group(paper, spec, group, plot, cells)
    if spec.scale is not None:
        paper.shapes = [*_grid(spec.scale, plot, top + 40, paper.y), *paper.shapes]
    paper.y += 10


def _cell_width(spec: FigureSpec) -> float:
    room = WIDTH - 2 * MARGIN - NAME_WIDTH - (PLOT_WIDTH + 24 if spec.scale else 0)
    return room / max(len(spec.columns), 1)


def _draw_head(paper: _Paper, spec: FigureSpec, plot: float, cells: Sequence[float]) -> None:
    paper.text(MARGIN, paper.y + 32, spec.first, colour=QUIET, bold=True)
    for x, heading in zip(cells, spec.columns, strict=True):
        lines = wrapped(heading, _cell_width(spec) - 8, 13)
        for place, line in enumerate(reversed(lines)):
            paper.text(x, paper.y + 32 - place * 16, line, colour=QUIET, bold=True)
    if spec.scale is not None:
        for tick, label in zip(spec.scale.ticks, spec.scale.labels, strict=True):
            paper.text(
                _at(tick, spec.scale, plot), paper.y + 32, label, size=12, colour=FAINT, anchor="middle"
            )
        left, right = spec.scale.at_ends
        paper.text(plot, paper.y + 12, left, size=12, colour=FAINT)
        paper.text(plot + PLOT_WIDTH, paper.y + 12, right, size=12, colour=FAINT, anchor="end")
    paper.y += 40
    paper.line(MARGIN, paper.y, WIDTH - MARGIN, paper.y, QUIET)


def _draw_group(
    paper: _Paper, spec: FigureSpec, group: FigureGroup, plot: float, cells: Sequence[float]
) -> None:
    if group.title:
        paper.y += ROW
        paper.text(MARGIN, paper.y - 8, group.title, bold=True, colour=COLOURS[group.look])
        if group.note:
            paper.text(MARGIN + _wide(group.title, 13) + 24, paper.y - 8, group.note, size=12, colour=FAINT)
    for row in group.rows:
        _draw_row(paper, spec, row, plot, cells)


def _draw_row(paper: _Paper, spec: FigureSpec, row: FigureRow, plot: float, cells: Sequence[float]) -> None:
    names = wrapped(f"{row.name} ({row.note})" if row.note else row.name, NAME_WIDTH - 20, 13)
    reason = wrapped(row.reason, WIDTH - MARGIN - plot - 16, 12) if row.reason else []
    written = [wrapped(cell, _cell_width(spec) - 8, 13) for cell in row.cells]
    lines = max(len(names), len(reason), 1, *(len(cell) for cell in written))
    height = max(ROW, LINE * lines + 10, 15 * len(row.marks) + 8)
    middle = paper.y + height / 2
    for place, line in enumerate(names):
        paper.text(MARGIN + 10, middle + 5 + (place - (len(names) - 1) / 2) * LINE, line)
    for place, line in enumerate(reason):
        paper.text(plot + 8, middle + 4 + (place - (len(reason) - 1) / 2) * LINE, line, size=12, colour=FAINT)
    if not row.reason and spec.scale is not None:
        for place, mark in enumerate(row.marks):
            offset = (place - (len(row.marks) - 1) / 2) * 14
            _draw_mark(paper, mark, spec.scale, plot, middle + offset)
    for x, cell in zip(cells, written, strict=False):
        for place, line in enumerate(cell):
            paper.text(x, middle + 5 + (place - (len(cell) - 1) / 2) * LINE, line, colour=QUIET)
    paper.y += height
    paper.line(MARGIN, paper.y, WIDTH - MARGIN, paper.y, GRID)


def _draw_mark(paper: _Paper, mark: Mark, scale: Scale, plot: float, y: float) -> None:
    colour, at = COLOURS[mark.look], _at(mark.estimate, scale, plot)
    if mark.form == "bar":
        nought = _at(max(0.0, scale.low), scale, plot)
        paper.rect(min(nought, at), y - 5, max(abs(at - nought), 1), 10, colour)
        return
    if mark.low is not None and mark.high is not None:
        dash = "5 3" if mark.weak or mark.form == "cross" else ""
        paper.line(_at(mark.low, scale, plot), y, _at(mark.high, scale, plot), y, colour, width=2, dash=dash)
    paper.shapes.append(_shape(mark.look, mark.form, at, y, colour, hollow=mark.weak))


def _shape(look: Look, form: Form, x: float, y: float, colour: str, *, hollow: bool) -> str:
    fill = "#ffffff" if hollow else colour
    paint = f'fill="{fill}" stroke="{colour}" stroke-width="2"'
    if form == "cross":
        return f'<path d="M{x - 5:.1f},{y - 5:.1f}l10,10m0,-10l-10,10" fill="none" stroke="{colour}" stroke-width="2.4"/>'
    if form == "tick":
        return f'<path d="M{x:.1f},{y - 8:.1f}v16" stroke="{colour}" stroke-width="2.4"/>'
    if form == "diamond" or look == "comparison":
        return f'<path d="M{x - 6:.1f},{y:.1f}l6,-6l6,6l-6,6z" {paint}/>'
    if look == "origin":
        return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" {paint}/>'
    if look == "destination":
        return f'<path d="M{x:.1f},{y - 6:.1f}l6,11h-12z" {paint}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.2" {paint}/>'


def _at(value: float, scale: Scale, plot: float) -> float:
    share = (value - scale.low) / (scale.high - scale.low)
    return plot + min(max(share, 0.0), 1.0) * PLOT_WIDTH


def _grid(scale: Scale, plot: float, top: float, bottom: float) -> list[str]:
    under = _Paper()
    if scale.band is not None:
        low, high = (_at(end, scale, plot) for end in scale.band)
        under.rect(low, top, high - low, bottom - top, "#f3f6fd")
    for tick in scale.ticks:
        at = _at(tick, scale, plot)
        under.line(at, top, at, bottom, "#8a949e" if scale.zero and tick == 0 else GRID)
    return under.shapes


def _draw_legend(paper: _Paper, spec: FigureSpec) -> None:
    x = float(MARGIN)
    if spec.legend:
        paper.y += 22
    for key in spec.legend:
        if x + 24 + _wide(key.text, 12) > WIDTH - MARGIN and x > MARGIN:
            x = float(MARGIN)
            paper.y += 20
        paper.shapes.append(_shape(key.look, key.form, x + 7, paper.y - 4, COLOURS[key.look], hollow=False))
        paper.text(x + 20, paper.y, key.text, size=12, colour=QUIET)
        x += 44 + _wide(key.text, 12)
    paper.y += 6


# ── Lanes of a flow ────────────────────────────────────────────────────────────────────────────────────────────────


def _draw_lanes(paper: _Paper, lanes: Sequence[Lane]) -> None:
    top = paper.y
    lowest = top
    for place, lane in enumerate(lanes):
        paper.y = top
        _draw_lane(paper, lane, MARGIN + place * (BOX_WIDTH + 220))
        lowest = max(lowest, paper.y)
    paper.y = lowest + 8


def _draw_lane(paper: _Paper, lane: Lane, x: float) -> None:
    paper.y += 18
    paper.text(x, paper.y, lane.title, size=14, bold=True, colour=COLOURS[lane.look])
    paper.y += 10
    for line in wrapped(lane.reason, BOX_WIDTH, 12) if lane.reason else []:
        paper.y += LINE
        paper.text(x, paper.y, line, size=12, colour=FAINT)
    for place, box in enumerate(lane.boxes):
        if place:
            gap = max(BOX_GAP, LINE * len(box.aside) + 12)
            middle = x + BOX_WIDTH / 2
            paper.line(middle, paper.y, middle, paper.y + gap, QUIET, width=1.5)
            for number, aside in enumerate(box.aside):
                paper.text(middle + 12, paper.y + LINE * (number + 1), aside, size=12, colour=FAINT)
            paper.y += gap
        height = 30 + LINE * (1 + len(box.details))
        paper.rect(x, paper.y, BOX_WIDTH, height, "#ffffff", stroke=COLOURS[lane.look])
        paper.text(x + 12, paper.y + 22, box.title, colour=QUIET)
        paper.text(x + 12, paper.y + 42, box.count, size=15, bold=True)
        for number, detail in enumerate(box.details):
            paper.text(x + 12, paper.y + 42 + LINE * (number + 1), detail, size=12, colour=FAINT)
        paper.y += height
