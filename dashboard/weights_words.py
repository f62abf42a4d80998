"""The weights of a site and wave in words: what they cost, how they were made, what to mend."""

from collections.abc import Mapping

from dashboard import wording
from dashboard.quality import SiteQuality
from dashboard.quality_words import Cell, Kind, part_label, value_label
from surveys.languages import pick, say
from surveys.weighting import PopulationMargin, Weighting
from surveys.weights_made import WeightNote, WeightsReport


MARGINS: Mapping[str, Kind] = {
    "margin": "text", "category": "text", "interviews": "count", "before": "share", "after": "share",
    "population": "share",
}  # fmt: skip


def spread(report: WeightsReport, language: str) -> str:
    """What unequal weights cost."""
    cost = report.cost
    if cost is None:
        return say("weights.nobody", language)
    if cost.largest - cost.smallest < 1e-9:
        return say("weights.equal", language, interviews=cost.interviews)
    return say(
        "weights.spread", language, interviews=cost.interviews, effective=cost.effective,
        design_effect=cost.design_effect, smallest=cost.smallest, largest=cost.largest,
    )  # fmt: skip


def trimming(report: WeightsReport, language: str) -> str:
    """How many weights were trimmed, and where; nothing where none was to be."""
    if report.low is None and report.high is None:
        return ""
    kind = "above" if report.low is None else "below" if report.high is None else "both"
    bound = say(f"weights.bound.{kind}", language, low=report.low or 0.0, high=report.high or 0.0)
    if not report.trimmed:
        return say("weights.not_trimmed", language, bound=bound)
    return say("weights.trimmed", language, count=report.trimmed, share=report.share_trimmed, bound=bound)


def how_made(quality: SiteQuality, report: WeightsReport, language: str) -> list[str]:
    """How the weights are made, a sentence a step."""
    weighting = quality.campaign.site(quality.site).weights
    if weighting is None:
        return [say("weights.own", language)]
    steps = [say(f"weights.start.{weighting.design}", language)]
    if weighting.nonresponse is not None:
        steps.append(say(f"weights.adjustment.{weighting.nonresponse}", language))
    if weighting.margins:
        sources = "; ".join(_source(margin, quality, language) for margin in weighting.margins)
        steps.append(say("weights.raked", language, rounds=report.rounds, sources=sources))
    return [*steps, say("weights.rule", language)]


def margin_rows(quality: SiteQuality, report: WeightsReport, language: str) -> list[tuple[Cell, ...]]:
    """Each category of each margin, as the reader knows it."""
    weighting = quality.campaign.site(quality.site).weights
    return [
        (
            part_label(line.question, quality, language),
            _category(line.question, line.label, weighting, quality, language),
            line.interviews, line.before, line.after, line.target,
        )
        for line in report.margins
    ]  # fmt: skip


def measures(report: WeightsReport) -> list[tuple[str, Cell, Kind]]:
    """The numbers of the report by the keys of their titles."""
    cost = report.cost
    rows: list[tuple[str, Cell, Kind]] = [("interviews", report.interviews, "count")]
    rows.append(("weighted", cost.interviews if cost else 0, "count"))
    if cost is not None:
        rows += [
            ("design_effect", round(cost.design_effect, 3), "number"), ("effective", round(cost.effective, 1), "number"),
            ("smallest", round(cost.smallest, 3), "number"), ("largest", round(cost.largest, 3), "number"),
        ]  # fmt: skip
    return [*rows, ("trimmed", report.trimmed, "count"), ("share_trimmed", report.share_trimmed, "share")]


def note_said(note: WeightNote, quality: SiteQuality, language: str) -> tuple[str, str]:
    """What is the matter with the weights, and what to do."""
    values = dict(note.values)
    if isinstance(values.get("question"), str):
        values["question"] = part_label(str(values["question"]), quality, language)
    for name in ("gap", "moved"):
        if isinstance(share := values.get(name), float):
            values[name] = wording.shown(share, "proportion")
    return (
        say(f"weights.notes.{note.code}.what", language, **values),
        say(f"weights.notes.{note.code}.fix", language),
    )


def _source(margin: PopulationMargin, quality: SiteQuality, language: str) -> str:
    question = part_label(margin.question, quality, language)
    source = pick(margin.source, language)
    if margin.day is None:
        return say("weights.source", language, question=question, source=source)
    day = wording.day(margin.day, language)
    return say("weights.source_dated", language, question=question, source=source, day=day)


def _category(
    question: str, label: str, weighting: Weighting | None, quality: SiteQuality, language: str
) -> str:
    """A category by the questionnaire's own words; one that the campaign file put together keeps its name there."""
    for margin in weighting.margins if weighting is not None else ():
        if margin.question == question and (label in margin.answers or label in margin.bands):
            return label.replace("_", " ")
    return value_label(question, label, quality.instrument, language)
