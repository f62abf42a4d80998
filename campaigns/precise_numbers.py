"""Numbers of people that leave in rows: what names a person or a place by a number stays, what is exact loses its scale."""

from random import SystemRandom

import numpy as np
import pandas as pd

from campaigns.sample import Floats
from surveys.deidentification import is_birth_date_name, is_identifying_name
from surveys.problems import Refused


OLDEST = (
    120  # whole numbers from nil to it are ages, counts and scale points, and stand as they were answered
)
_DATES = (18_900_101, 21_001_231)  # days written as one number


def must_not_identify(name: str, values: pd.Series) -> None:
    """Refuse a covariate that is a date of birth, a coordinate, a telephone number or the like.

    Raises
    ------
    Refused
        Its name or its values say so.
    """
    found = pd.to_numeric(values.replace("", np.nan)).dropna()
    whole = bool((found % 1 == 0).all())
    days = (
        pd.to_datetime(found.astype("int64").astype(str), format="%Y%m%d", errors="coerce") if whole else None
    )
    dates = days is not None and len(found) > 0 and bool(found.between(*_DATES).all() and days.notna().all())
    if dates or is_identifying_name(name) or is_birth_date_name(name):
        raise Refused("identifying_covariate", name, name=name)


def is_exact(values: Floats) -> bool:
    """Whether numbers are finer than an age in years or a count: incomes, distances, shares, years of birth."""
    known = values[np.isfinite(values)]
    return bool(len(known)) and not bool(((known % 1 == 0) & (known >= 0) & (known <= OLDEST)).all())


def on_own_scale(values: Floats) -> Floats:
    """The numbers moved and stretched by amounts drawn anew: effects adjusted for them are the same, to rounding.

    Whoever knows two people's numbers could undo it, so that it is no protection against those who know the people.
    """
    draw = SystemRandom()
    spread = float(np.nanstd(values)) or 1.0
    moved: Floats = (values - float(np.nanmean(values))) / spread * draw.uniform(0.5, 2.0) + draw.uniform(
        -5, 5
    )
    return moved
