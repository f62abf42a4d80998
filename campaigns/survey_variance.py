"""Variances under strata, sampling units, weights and finite populations, by Taylor linearisation."""

from dataclasses import dataclass

import numpy as np

from campaigns.least_squares import NoVariance, Regression, Uncertainty, squared_scores
from campaigns.sample import Floats, Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How the rows of a regression were sampled. A domain keeps the design of the whole sample.

    ``stratum`` is one code a cell. ``units`` and ``population`` are one entry a stratum: primary sampling units in the
    sample, and in the population (inf: no correction). Without ``sample.cluster`` each row is its own unit.
    """

    stratum: Integers
    units: Floats
    population: Floats


def linearised(regression: Regression, column: int, design: SurveyDesign) -> Uncertainty:
    """Taylor-linearised variance of a coefficient under strata, clusters, weights and finite populations.

    V = sum_h (1-f_h) n_h/(n_h-1) sum_g (z_hg - mean_h)^2; df = units - strata. A stratum with one unit is centred at
    the mean over all units. As survey::svyglm, except its degrees of freedom. tests/reference/survey.R
    """
    sample = regression.sample
    pull = regression.basis.rest @ regression.direction(column)
    totals = pull * sample.w * regression.residual
    if sample.cluster is None:
        squares = np.bincount(design.stratum, pull**2 * squared_scores(regression), len(design.units))
        sums = np.bincount(design.stratum, totals, len(design.units))
    else:
        pairs, at = np.unique(np.stack([design.stratum, sample.cluster]), axis=1, return_inverse=True)
        units = np.bincount(at.ravel(), totals)
        squares = np.bincount(pairs[0], units**2, len(design.units))
        sums = np.bincount(pairs[0], units, len(design.units))
    alone = design.units < 2
    grand = sums.sum() / design.units.sum()
    between = np.where(alone, (sums - grand) ** 2, squares - sums**2 / design.units)
    spread = np.where(alone, 1.0, design.units / np.where(alone, 1.0, design.units - 1)) * between
    df = float(design.units.sum() - len(design.units))
    if df < 1:
        raise NoVariance("no_residual_df")
    return Uncertainty(variance=float(((1 - design.units / design.population) * spread).sum()), df=df)
