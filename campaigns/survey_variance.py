"""Variances under strata, sampling units, weights and finite populations, by Taylor linearisation.

References
----------
Binder (1983), International Statistical Review 51:279. Lumley (2004), Journal of Statistical Software 9(8).
Checked against survey::svyglm: tests/reference/survey.R, tests/reference/survey_designs.R
"""

import math
from dataclasses import dataclass

import numpy as np

from campaigns.influence import Influence
from campaigns.least_squares import NoVariance, Uncertainty
from campaigns.sample import Floats, Integers
from campaigns.specification import LonelyUnits


COUNTED_OUT = 1e-7  # of a stratum left unsampled: below it the stratum was taken whole and adds nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How the rows of a regression were sampled. A domain keeps the design of the whole sample.

    ``stratum`` is one code a cell. ``units`` and ``population`` are one entry a stratum: primary sampling units in the
    sample, and in the population (inf: no correction). Without ``sample.cluster`` each row is its own unit.
    """

    stratum: Integers
    units: Floats
    population: Floats
    lonely_units: LonelyUnits = "adjust"
    across_strata: int = 0  # cluster ids that stand in more than one stratum: one unit in each

    @property
    def left(self) -> Floats:
        """Share of each stratum's population that was not sampled: 1 - f_h."""
        left: Floats = 1 - self.units / self.population
        return left

    @property
    def lonely(self) -> Integers:
        """Strata with a single unit that was not taken with certainty."""
        return np.flatnonzero((self.units < 2) & (self.left > COUNTED_OUT))


def linearised(found: Influence, design: SurveyDesign) -> Uncertainty:
    """Taylor-linearised variance of an estimate under strata, clusters, weights and finite populations.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_g (z_hg - mean_h)^2; df = units - strata of the whole sample. As survey::svyglm,
    except its degrees of freedom. A stratum with one unit is treated as R's ``options(survey.lonely.psu = )``:
    ``adjust`` centres it at the mean over all units, ``certainty`` and ``remove`` let it add nothing, and
    ``average`` has it add what the other strata add on average. tests/reference/survey.R, survey_designs.R
    """
    sample, strata = found.sample, len(design.units)
    if sample.cluster is None:
        squares = np.bincount(design.stratum, found.squares, strata)
        sums = np.bincount(design.stratum, found.totals, strata).astype(float)
    else:
        pairs, at = np.unique(np.stack([design.stratum, sample.cluster]), axis=1, return_inverse=True)
        units = np.bincount(at.ravel(), found.totals)
        squares = np.bincount(pairs[0], units**2, strata)
        sums = np.bincount(pairs[0], units, strata).astype(float)
    df = float(design.units.sum() - strata)
    if df < 1:
        raise NoVariance("no_residual_df")
    several = design.units >= 2
    freed = np.where(several, design.units / np.where(several, design.units - 1, 1.0), 0.0)
    spread = design.left * freed * (squares - sums**2 / design.units)
    variance = float(spread.sum())
    if design.lonely.size:
        variance = _with_lonely(variance, design, sums)
    return Uncertainty(variance=variance, df=df)


def _with_lonely(variance: float, design: SurveyDesign, sums: Floats) -> float:
    if design.lonely_units in ("certainty", "remove"):
        return variance
    if design.lonely_units == "average":
        strata = len(design.units)
        return variance * strata / (strata - len(design.lonely)) if strata > len(design.lonely) else math.nan
    grand = sums.sum() / design.units.sum()
    alone = design.lonely
    return variance + float((design.left[alone] * (sums[alone] - grand) ** 2).sum())
