"""Several outcomes, several chances to be wrong: p-values adjusted within a declared family."""

from collections.abc import Sequence
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.multitest import fdrcorrection


Method = Literal["holm", "bh", "by", "sharpened_q", "none"]
_STATSMODELS = {"bh": "indep", "by": "negcorr"}
SHARPENED_Q_STEP = 1000  # q-values are found to the nearest thousandth, as in Anderson's own program


def by_formula(method: str) -> Method:
    """The method where p-values are all there is, as for averages over sites: of tests in steps by draws, Holm's."""
    return cast("Method", method) if method in get_args(Method) else "holm"


def adjusted(p_values: Sequence[float | None], method: Method) -> list[float | None]:
    """P-values adjusted for their number, in the order given; an absent one stays absent and is not counted.

    Parameters
    ----------
    method
        ``holm`` bounds the chance of any false finding; ``bh`` and ``by`` (any dependence) the share of false
        findings among those declared; ``sharpened_q`` is that share, sharpened by how many nulls seem to be true;
        ``none`` returns the p-values.

    References
    ----------
    Holm (1979); Benjamini & Hochberg (1995); Benjamini & Yekutieli (2001); Benjamini, Krieger & Yekutieli (2006)
    in the form of Anderson (2008), JASA 103:1481-1495. Checked against R p.adjust: tests/reference/pooling.R
    """
    places = [place for place, p in enumerate(p_values) if p is not None and not np.isnan(p)]
    raw = np.array([p_values[place] for place in places], float)
    result: list[float | None] = [None] * len(p_values)
    if raw.size:
        for place, value in zip(places, _adjust(raw, method), strict=True):
            result[place] = float(value)
    return result


def _adjust(raw: NDArray[np.float64], method: Method) -> NDArray[np.float64]:
    if method == "none":
        return raw
    if method == "sharpened_q":
        return _sharpened_q(raw)
    if method == "holm":
        return _holm(raw)
    found: NDArray[np.float64] = fdrcorrection(raw, method=_STATSMODELS[method])[1]
    return found


def _holm(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    # Here because statsmodels' multipletests collects the garbage of the whole program at every call: 0.4 s each.
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1))
    result = np.empty(raw.size)
    result[order] = np.minimum(stepped, 1.0)
    return result


def _sharpened_q(raw: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smallest q at which the two-stage procedure of Benjamini, Krieger and Yekutieli rejects each p-value."""
    m = raw.size
    order = np.argsort(raw, kind="stable")
    ordered, rank = raw[order], np.arange(1, m + 1)
    q_values = np.ones(m)
    for step in range(SHARPENED_Q_STEP, 0, -1):
        q = step / SHARPENED_Q_STEP
        first = q / (1 + q)
        rejected = _last_rejected(ordered, first * rank / m)
        level = np.inf if rejected == m else first * m / (m - rejected)
        q_values[: _last_rejected(ordered, level * rank / m)] = q
    result = np.empty(m)
    result[order] = q_values
    return result


def _last_rejected(ordered: NDArray[np.float64], bounds: NDArray[np.float64]) -> int:
    below = np.flatnonzero(ordered <= bounds)
    return int(below[-1]) + 1 if below.size else 0
