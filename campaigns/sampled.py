"""How the people behind the cells of a site were sampled: strata, sampling units, finite populations."""

import math

import numpy as np

from campaigns.cells import Cells
from campaigns.question import CannotBe, Chosen, Question
from campaigns.survey_variance import SurveyDesign


def survey_design(question: Question, used: Chosen) -> SurveyDesign:
    """Strata and sampling units of the whole site: a subgroup or a missing answer does not change the sample.

    A cluster id counts within its stratum: the same id in two strata is two units, as svydesign(nest = TRUE).
    """
    cells = question.cells
    sampled = cells.weighted > 0
    stratum = np.zeros(len(cells.rows), dtype=np.int64)
    if question.records("@stratum"):
        stratum = cells.keys["@stratum"].codes
    sampled &= stratum >= 0
    found, units = np.unique(stratum[sampled]), []
    population = []
    for code in found:
        inside = sampled & (stratum == code)
        units.append(_units(question, inside))
        population.append(_population(cells, inside, units[-1]))
    return SurveyDesign(
        stratum=np.searchsorted(found, stratum[used]),
        units=np.array(units, dtype=float),
        population=np.array(population),
        lonely_units=question.specification.lonely_units,
        across_strata=_across_strata(question, sampled),
    )


def _units(question: Question, inside: Chosen) -> float:
    """Primary sampling units: clusters, or the respondents themselves."""
    if not question.records("@cluster"):
        return float(question.cells.weighted[inside].sum())
    codes = question.cells.keys["@cluster"].codes
    return float(len(np.unique(codes[inside & (codes >= 0)])))


def _across_strata(question: Question, sampled: Chosen) -> int:
    if not (question.records("@cluster") and question.records("@stratum")):
        return 0
    keys = question.cells.keys
    known = sampled & (keys["@cluster"].codes >= 0)
    pairs = np.unique(np.stack([keys["@cluster"].codes[known], keys["@stratum"].codes[known]]), axis=1)
    return int((np.bincount(pairs[0]) > 1).sum())


def _population(cells: Cells, inside: Chosen, units: float) -> float:
    """Units there are in the population of a stratum; inf where nothing is said."""
    if "@fpc" not in cells.keys:
        return math.inf
    stated = cells.keys["@fpc"].numbers()[inside]
    known = stated[np.isfinite(stated)]
    if not known.size:
        return math.inf
    if np.ptp(known) > 0:
        raise CannotBe("fpc_varies")
    if known[0] < units:
        raise CannotBe("fpc_too_small", population=f"{known[0]:g}", units=f"{units:g}")
    return float(known[0])
