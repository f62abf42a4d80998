"""Scores as a file states them: one kind, its items, and what counts as an answer."""

import math
from collections.abc import Mapping
from typing import Any, cast, get_args

from campaigns.campaign import INDEX_KINDS, DontKnow, Score, ScoreKind, Unit
from campaigns.schema import Section, as_number, did_you_mean, section_of
from surveys.problems import CannotProceed


_SCORE_KINDS: tuple[str, ...] = get_args(ScoreKind)
_SCORE_OPTIONS = (
    "of", "key", "reverse", "scale", "dont_know", "minimum_answered", "values", "equals", "not_asked",
    "options",
)  # fmt: skip
# Kinds with a mapping of their own: what it must name, and which of that are items.
MAPPED: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "list_experiment": (("column", "items"), ("column",)),
    "decoy_adjusted": (("recalled", "decoy"), ("recalled", "decoy")),
    "calibration": (("belief", "benchmark"), ("belief",)),
}
OF_BENCHMARK = ("source", "date")  # what may be said of a benchmark
WITHOUT_A_WRONG_ANSWER = ("column", "mean", "list_experiment", "calibration", *INDEX_KINDS)
NUMERIC = ("item", *WITHOUT_A_WRONG_ANSWER)  # kinds that take answers as numbers where no values are listed
SHOWN = 5  # answers quoted in a complaint
LONGEST = 20  # letters of each


def parse_score(mapping: Mapping[str, object], where: str) -> Score:
    """How answers become one number, from ``{at_least: 2, of: [...]}`` and its like.

    Parameters
    ----------
    mapping
        One key that names the kind of score, and its options.
    where
        File and key path, for the complaint where something is wrong.
    """
    section = section_of(mapping, where)
    section.allow_only((*_SCORE_KINDS, *_SCORE_OPTIONS))
    kinds = [kind for kind in _SCORE_KINDS if kind in section]
    if len(kinds) != 1:
        section.refuse(
            None, "exactly one kind of score is needed.", f"Write one of: {', '.join(_SCORE_KINDS)}."
        )
    kind = cast("ScoreKind", kinds[0])
    items, key, counted = _items(section, kind)
    values = section.numbers("values") | dict.fromkeys(section.texts("equals"), 1.0)
    score = Score(
        kind=kind,
        items=items,
        key=key,
        reverse=section.texts("reverse"),
        scale=section.interval("scale"),
        at_least=section.whole("at_least", low=1) if kind == "at_least" else None,
        dont_know=cast(
            "DontKnow", section.choice("dont_know", get_args(DontKnow), _dont_know_by_default(kind))
        ),
        minimum_answered=section.number("minimum_answered", 0.7, low=0, high=1),
        values=values,
        counted=counted,
        otherwise=0.0 if "equals" in section else None,
        not_asked=section.number("not_asked") if "not_asked" in section else None,
        options=_options(section, items),
        listed=section.section(kind).whole("items", low=1) if kind == "list_experiment" else None,
        **_benchmark(section, kind),
    )
    _score_must_hold(score, section)
    return score


def _benchmark(section: Section, kind: ScoreKind) -> dict[str, Any]:
    """What a belief is held against, where that stands, and of which day it is."""
    if kind != "calibration":
        return {}
    inner = section.section(kind)
    day = inner.day("date") if "date" in inner else None
    return {
        "benchmark": inner.number("benchmark"),
        "benchmark_source": inner.text("source", ""),
        "benchmark_date": "" if day is None else day.isoformat(),
    }


def unit_of(score: Score) -> Unit:
    """The unit of a score that states none: proportion, points or standard deviations."""
    if score.kind in ("at_least", "proportion_correct", "decoy_adjusted"):
        return "proportion"
    if score.kind in INDEX_KINDS:
        return "standard_deviations"
    values = {*score.values.values()}
    return "proportion" if score.kind == "item" and values and values <= {0.0, 1.0} else "points"


def range_of(score: Score, unit: Unit) -> tuple[float, float] | None:
    """The lowest and the highest possible score, where it has bounds."""
    if score.kind == "decoy_adjusted":
        return (-1.0, 1.0)
    if score.listed is not None:
        return (0.0, score.listed + 1.0)
    if unit == "proportion":
        return (0.0, 1.0)
    if score.kind == "ladder":
        return (0.0, float(len(score.items)))
    if score.scale is not None and score.kind in ("item", "mean", "column"):
        return score.scale
    values = score.values.values()
    return (min(values), max(values)) if len(set(values)) > 1 and score.kind in ("item", "mean") else None


def needs_codes(score: Score) -> bool:
    """Whether a don't know that nobody declared would count as the opposite of what the score says of it."""
    if score.kind in NUMERIC and not score.values and score.scale is None:
        return True  # a code such as -99 would count as that number
    answers_else_are_wrong = score.kind not in NUMERIC or score.otherwise is not None
    return answers_else_are_wrong == (score.dont_know == "missing")


def answers_must_fit(score: Score, answers: Mapping[str, Mapping[str, int]], where: str) -> None:
    """Refuse answers of which the score would silently make nothing.

    Parameters
    ----------
    answers
        Of each item the different answers, and how often each was given; none that is missing.
    where
        File and key of the score.
    """
    for item in score.items:
        given = answers[item]
        if score.kind == "proportion_correct":
            _key_must_occur(score.key[item], item, given, f"{where}.proportion_correct.{item}")
        elif not score.values and score.kind in NUMERIC:
            _answers_must_be_numbers(item, given, f"{where}.{score.kind}")


def _key_must_occur(key: str, item: str, given: Mapping[str, int], where: str) -> None:
    meant = did_you_mean(key, list(given))
    if not meant or any(_same(key, answer) for answer in given):
        return  # that nobody knew is a finding; only what looks like a slip of the pen is refused
    shown = ", ".join(f'"{answer[:LONGEST]}"' for answer in list(given)[:SHOWN])
    raise CannotProceed(
        where,
        f'nobody answered "{key}" to {item}; the answers are {shown}{" and others" if len(given) > SHOWN else ""}.',
        f"Write the right answer as it stands in the data.{meant}",
    )


def _answers_must_be_numbers(item: str, given: Mapping[str, int], where: str) -> None:
    strange = [answer for answer in given if not _is_number(answer)]
    if not strange:
        return
    cells = sum(given[answer] for answer in strange)
    shown = ", ".join(f'"{answer[:LONGEST]}"' for answer in strange[:SHOWN])
    raise CannotProceed(
        where,
        f'{cells} cells of the column "{item}" are neither numbers nor missing codes, such as {shown}.',
        "Declare codes that are no answer under missing_codes, or give every answer its number with values.",
    )


def _is_number(text: str) -> bool:
    number = as_number(text)
    return number is not None and math.isfinite(number)


def _same(one: str, other: str) -> bool:
    return one == other or (_is_number(one) and as_number(one) == as_number(other))


def _items(
    section: Section, kind: ScoreKind
) -> tuple[tuple[str, ...], dict[str, str], dict[str, tuple[str, ...]]]:
    """The items of a score; the right answers (proportion_correct); the answers that count (at_least)."""
    if kind == "proportion_correct":
        inner = section.section(kind)
        return tuple(inner.values), {item: inner.text(item) for item in inner.values}, {}
    if kind == "at_least":
        if isinstance(section.values.get("of"), Mapping):
            inner = section.section("of")
            return tuple(inner.values), {}, {item: inner.texts(item) for item in inner.values}
        return section.texts("of"), {}, {}
    if kind in MAPPED:
        inner, (names, of_items) = section.section(kind), MAPPED[kind]
        inner.allow_only((*names, *OF_BENCHMARK) if kind == "calibration" else names)
        for name in names:
            if name not in inner:
                inner.refuse(name, "this key is needed and absent.", f"Name all of: {', '.join(names)}.")
        return tuple(inner.text(name) for name in of_items), {}, {}
    return section.texts(kind), {}, {}


def _options(section: Section, items: tuple[str, ...]) -> dict[str, int]:
    """How many answers each item offers: one number for all, or a number each."""
    if "options" not in section:
        return {}
    if not isinstance(section.values["options"], Mapping):
        return dict.fromkeys(items, section.whole("options", low=2))
    inner = section.section("options")
    for item in inner.values:
        if item not in items:
            inner.refuse(item, f'"{item}" is not an item of this score.', _among(item, items))
    return {item: inner.whole(item, low=2) for item in inner.values}


def _dont_know_by_default(kind: ScoreKind) -> DontKnow:
    return "incorrect" if kind in ("at_least", "proportion_correct") else "missing"


def _score_must_hold(score: Score, section: Section) -> None:
    if not score.items:
        section.refuse(
            "of" if score.kind == "at_least" else score.kind, "no item is named.", "Name the items."
        )
    if len(set(score.items)) < len(score.items):
        section.refuse(score.kind, "an item stands twice.", "Name every item once.")
    if score.dont_know == "incorrect" and score.kind in WITHOUT_A_WRONG_ANSWER:
        section.refuse(
            "dont_know", f"{score.kind} knows no wrong answers.", "Write dont_know: missing, or leave it out."
        )
    if score.kind in ("item", "column") and len(score.items) > 1:
        section.refuse(score.kind, "one item is expected here.", "For several items use mean or at_least.")
    strange = [item for item in score.reverse if item not in score.items]
    if strange:
        section.refuse(
            "reverse", f'"{strange[0]}" is not an item of this score.', _among(strange[0], score.items)
        )
    if score.reverse and score.scale is None and score.kind in ("item", "mean"):
        section.refuse(
            "scale", "reversed items need the scale.", "Give its lowest and highest answer, scale: [1, 5]."
        )
    possible = sum(len(answers) for answers in score.counted.values()) or len(score.items)
    if score.at_least is not None and score.at_least > possible:
        section.refuse(
            "at_least",
            f"{score.at_least} of {possible} can never be reached.",
            "Lower it or name more items.",
        )
    if any(not answers for answers in score.counted.values()):
        section.refuse(
            "of", "an item has no answers that count.", "List them, of: {channels: [radio, television]}."
        )


def _among(value: str, allowed: tuple[str, ...]) -> str:
    return f"Use one of: {', '.join(allowed)}.{did_you_mean(value, allowed)}"
