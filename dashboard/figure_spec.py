"""One figure as a value: what the screen draws, what is printed, and what a reader takes away.

A page builds its figures as ``FigureSpec`` values and names them in a function ``figures(services, address)``. From then on
nothing else has to be written for them:

* ``components.Figure(id=spec.id, spec=as_props(spec, address, page))`` draws it in the browser, with its subtitle, legend, "how to
  read this", source, the same numbers as a table, the link, the citation and the downloads;
* ``figure_svg.as_svg(spec)`` is the same picture as a file, for print, Word and PDF, without a browser;
* ``figure_files.as_csv(spec)`` and ``spec.code`` are its numbers with what they are, and how to make them again;
* ``/download/figure/<page>/<id>.<kind>`` serves these, from the address the reader is at.

Numbers in ``marks`` and ``scale`` are in the unit a screen shows (percentage points); ``data`` holds them in the platform's own
unit (shares 0-1). A number that is withheld or cannot be made is a row with a ``reason``, never left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from dashboard.links import Address
from surveys.languages import say


Look = Literal["origin", "transit", "destination", "campaign", "comparison", "plain"]
Form = Literal["point", "cross", "diamond", "bar", "tick"]
FIGURE_KINDS = ("svg", "csv", "py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One number where it is drawn: a point with its interval, or a bar from nought."""

    estimate: float
    low: float | None = None
    high: float | None = None
    look: Look = "plain"
    form: Form = "point"
    weak: bool = False  # drawn hollow and dashed


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One line: its name, what is drawn, and what is written after the drawing; or why there is no number."""

    name: str
    note: str = ""
    marks: tuple[Mark, ...] = ()
    cells: tuple[str, ...] = ()  # one a column of the figure
    reason: str = ""
    remedy: str = ""
    href: str = ""  # where its name leads
    tone: Literal["", "good", "bad"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureGroup:
    """Rows that belong together, under a heading."""

    title: str = ""
    note: str = ""
    look: Look = "plain"
    rows: tuple[FigureRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What a drawing is measured on, in the unit shown."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    at_ends: tuple[str, str] = ("", "")  # what lies to the left and to the right
    band: tuple[float, float] | None = None  # differences too small to matter
    zero: bool = True  # whether nought is a line of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One step of a flow: how many are in it, and who left before it."""

    title: str
    count: str
    details: tuple[str, ...] = ()
    aside: tuple[str, ...] = ()  # who left, or came, on the way to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The steps of one arm."""

    title: str
    boxes: tuple[Box, ...] = ()
    reason: str = ""
    look: Look = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One entry of the legend."""

    look: Look
    text: str
    form: Form = "point"


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSpec:
    """A figure in one language: rows on a scale, or lanes of a flow."""

    id: str  # within its page; stands in addresses
    headline: str  # the finding in words
    subtitle: str  # exactly what is plotted, with unit and interval
    how_to_read: tuple[str, ...]
    source: tuple[str, ...]  # waves, n, method, data version, disclosure policy
    language: str
    columns: tuple[str, ...] = ()  # headings of what is written after the drawing
    first: str = ""  # heading of the names
    groups: tuple[FigureGroup, ...] = ()
    scale: Scale | None = None
    lanes: tuple[Lane, ...] = ()
    legend: tuple[Key, ...] = ()
    notes: tuple[str, ...] = ()
    data: tuple[Mapping[str, object], ...] = ()  # the numbers for other programs
    code: str = ""  # a script that makes the same numbers
    cite: str = ""  # how the figure is cited
    simulated: str = ""  # the notice that must go wherever the numbers go; empty for real data

    def table(self) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Headings and rows of the figure as a table that can be read aloud."""
        return _lanes_as_table(self) if self.lanes else _groups_as_table(self)


def as_props(spec: FigureSpec, address: Address, page: str) -> dict[str, Any]:
    """The figure as the browser draws it, with its words and the addresses of its files."""
    language = spec.language
    head, body = spec.table()
    props = asdict(spec)
    for not_drawn in ("data", "code"):
        del props[not_drawn]
    return {
        **props,
        "table": {"head": head, "body": body},
        "files": {kind: f"/download/figure/{page}/{spec.id}.{kind}" for kind in FIGURE_KINDS},
        "query": address.query(),
        "words": {word: say(f"figures.{word}", language) for word in WORDS},
    }


WORDS = (
    "how_to_read", "as_table", "download", "png", "svg", "csv", "py", "copy_link", "copied", "cite", "cited", "picture_failed", "drawn",
)  # fmt: skip


def find(specs: Sequence[FigureSpec], figure: str) -> FigureSpec | None:
    """The figure of that id."""
    return next((spec for spec in specs if spec.id == figure), None)


def _groups_as_table(spec: FigureSpec) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    width = len(spec.columns)
    titled = any(group.title for group in spec.groups)
    head = (*([say("figures.group", spec.language)] if titled else []), spec.first, *spec.columns)
    body = []
    for group in spec.groups:
        for row in group.rows:
            name = f"{row.name} ({row.note})" if row.note else row.name
            said = " ".join(part for part in (row.reason, row.remedy) if part)
            cells = (said, *[""] * (width - 1)) if said else (*row.cells, *[""] * (width - len(row.cells)))
            body.append((*([group.title] if titled else []), name, *cells))
    return head, tuple(body)


def _lanes_as_table(spec: FigureSpec) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    head = tuple(say(f"figures.flow.{name}", spec.language) for name in ("arm", "step", "count", "details"))
    body = []
    for lane in spec.lanes:
        if lane.reason:
            body.append((lane.title, "", "", lane.reason))
        body += [
            (lane.title, box.title, box.count, "; ".join((*box.aside, *box.details))) for box in lane.boxes
        ]
    return head, tuple(body)
