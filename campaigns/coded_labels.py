"""Labels of rows that leave: a label is told only where it was declared; every other goes by a code drawn anew."""

from collections.abc import Iterable, Mapping
from random import SystemRandom

import pandas as pd

from campaigns.campaign import Campaign
from surveys.deidentification import is_place_name
from surveys.instrument import Instrument


RARE = 10  # people of a site: a category with fewer would point to them
MOST_CATEGORIES = 15  # a question with more choices is likely to ask for a place
YES_OR_NO = frozenset({"0", "1", "yes", "no"})  # say nothing of a place or a person, whoever declared them


def codes_of(values: pd.Series, letter: str, told: Iterable[str] = ()) -> dict[str, str]:
    """For each value that is not told a code that says nothing of it; drawn anew each time."""
    told, present = frozenset(told), [str(value) for value in values.unique()]
    levels = [value for value in present if value not in told and value != ""]
    SystemRandom().shuffle(levels)
    while any(value.startswith(letter) for value in told):
        letter += "_"  # a code is never taken for a label
    width = len(str(len(levels)))
    return {value: f"{letter}{place:0{width}d}" for place, value in enumerate(levels, start=1)}


def answers_told(rows: pd.DataFrame, name: str, choices: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The answers of a variable that keep their names: all of them or none.

    All must be declared and none may be rare at a site; were only the rare ones coded, the others would give them away.
    """
    answers = set(rows[name].unique()) - {""}
    declared = answers <= choices.get(name, frozenset()) or answers <= YES_OR_NO
    by = [rows["site"], rows[name]] if "site" in rows else [rows[name]]
    people = rows[rows[name] != ""].groupby(by).size()
    return frozenset(answers) if declared and bool((people >= RARE).all()) else frozenset()


def declared_choices(campaign: Campaign, instrument: Instrument | None) -> dict[str, frozenset[str]]:
    """The codes that the questionnaire offers, of the variables of the plan that ask for no place and play no part."""
    if instrument is None:
        return {}
    analysis, columns = campaign.analysis, campaign.columns
    parts = {columns.cluster, columns.stratum, columns.site, columns.respondent, columns.interviewer}
    found = {}
    for name in (*analysis.subgroups, *analysis.categorical, *analysis.covariates):
        question = instrument.question(name)
        listed = (instrument.choices_of(question) or ()) if question is not None else ()
        if question is None or question.choice_filter or name in parts or is_place_name(name):
            continue
        if 0 < len(listed) <= MOST_CATEGORIES:
            found[name] = frozenset(choice.name for choice in listed)
    return found
