"""What every figure of a page has beside its numbers: source, citation, the script that makes it again, and a scale."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from string import Template

from campaigns.campaign import Outcome, Unit
from campaigns.effects import Evaluation
from dashboard import wording
from dashboard.comparison import source
from dashboard.figure_spec import FigureRow, Mark, Scale
from dashboard.forest import AXIS_STEPS, MOST_TICKS, Axis, ForestRow
from surveys.languages import pick, say


SCRIPT = Template('''"""$headline

$subtitle
$version

Run it where the platform is installed, with the folder of the workspace in place of WORKSPACE.
"""

from pathlib import Path

from dashboard.app import services_of
from dashboard.commands.evaluate import evaluation_of
from dashboard.settings import load_workspace

WORKSPACE = Path("WORKSPACE")
services = services_of(load_workspace(WORKSPACE))
evaluation = evaluation_of(WORKSPACE, campaign_id=$campaign, as_of=$upload)  # protected, as on the screen
assert evaluation.data_sha256 == $data, "the data are another version than the figure was made from"
$body''')


def source_of(evaluation: Evaluation, outcome: str, language: str, n: int | None) -> tuple[str, ...]:
    """Waves, method, assumption, plan and data version; how many stand behind it; the disclosure policy."""
    lines = list(source(evaluation, outcome, language))
    if n:
        lines.insert(1, say("figures.n", language, n=wording.about(n)))
    shown_by = evaluation.shown_by
    if shown_by is not None:
        lines.append(say("disclosure.foot", language, version=shown_by.version, hash=shown_by.sha256[:12]))
    return tuple(lines)


def cited(evaluation: Evaluation, headline: str, language: str) -> str:
    """How a figure is cited: what it says, of which campaign, from which data version, made when."""
    return say(
        "figures.citation",
        language,
        headline=headline.rstrip("."),
        campaign=pick(evaluation.campaign.title, language),
        upload=evaluation.as_of_upload or say("screens.words.none", language),
        hash=evaluation.data_sha256[:7],
        day=wording.day(evaluation.made_at, language),
    )


def simulated(evaluation: Evaluation, language: str) -> str:
    """The notice that goes wherever invented numbers go."""
    return say("screens.frame.simulated", language) if evaluation.campaign.simulated else ""


def script(evaluation: Evaluation, headline: str, subtitle: str, body: str, **values: str) -> str:
    """The script that makes the numbers of a figure again; ``values`` become Python texts within ``body``."""
    written = {name: json.dumps(value) for name, value in values.items()}
    return SCRIPT.substitute(
        headline=_in_docstring(headline),
        subtitle=_in_docstring(subtitle),
        version=f"Data version: upload {evaluation.as_of_upload}, SHA-256 {evaluation.data_sha256}.",
        campaign=json.dumps(evaluation.campaign.id),
        upload=repr(evaluation.as_of_upload),
        data=json.dumps(evaluation.data_sha256),
        body=Template(body).substitute(written),
    )


def row_of(row: ForestRow, *, name: str = "", note: str = "", href: str = "") -> FigureRow:
    """A row of the compare table as a row of a figure: effect, reading, evidence and interviews behind it."""
    if row.estimate is None:
        return FigureRow(
            name=name or row.name, note=note or row.note, reason=row.reason, remedy=row.remedy, href=href
        )
    form = {"change": "cross", "average": "diamond"}.get(row.kind, "point")
    mark = Mark(
        estimate=row.estimate,
        low=row.low,
        high=row.high,
        look=row.role,  # type: ignore[arg-type]
        form=form,  # type: ignore[arg-type]
        weak=bool(row.weak),
    )
    return FigureRow(
        name=name or row.name,
        note=note or row.note,
        marks=(mark,),
        cells=(f"{row.effect} ({row.interval})", row.reading_words, row.evidence_words, row.counts),
        href=href,
        tone="good" if row.reading == "improved" else "bad" if row.reading == "worsened" else "",
    )


def scale_of(axis: Axis, language: str) -> Scale:
    """The scale of differences, which says which way is more and which is less."""
    return Scale(
        low=axis.low,
        high=axis.high,
        ticks=axis.ticks,
        labels=axis.labels,
        at_ends=(say("figures.lower", language), say("figures.higher", language)),
    )


def level_scale(values: Iterable[float], unit: Unit, bounds: tuple[float, float] | None) -> Scale:
    """A scale of levels, in the unit shown: a share's from nought to a hundred, others' as far as they may go."""
    known = [value for value in values if math.isfinite(value)]
    low, high = bounds or (min(known, default=0.0), max(known, default=1.0))
    low, high = wording.shown(low, unit), wording.shown(high, unit)
    step = next(
        (s for s in AXIS_STEPS if (high - low) / s <= MOST_TICKS - 1), max((high - low) / MOST_TICKS, 0.01)
    )
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = tuple(round(place * step, 4) for place in range(first, last + 1))
    labels = tuple(f"{tick:g}%" if unit == "proportion" else f"{tick:g}" for tick in ticks)
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks, labels=labels, zero=False)


def records(rows: Sequence[Mapping[str, object]]) -> tuple[Mapping[str, object], ...]:
    """Rows for other programs, each with all the columns there are."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return tuple({name: row.get(name) for name in columns} for row in rows)


def lines_of(key: str, language: str) -> tuple[str, ...]:
    """The lines of a text of the catalogue of strings."""
    return tuple(line.strip() for line in say(key, language).strip().splitlines())


def bounds_of(outcome: Outcome) -> tuple[float, float] | None:
    """Lowest and highest possible score, where bounded."""
    return (0.0, 1.0) if outcome.unit == "proportion" else outcome.range


def _in_docstring(text: str) -> str:
    return text.replace("\\", " ").replace('"""', "'''")
