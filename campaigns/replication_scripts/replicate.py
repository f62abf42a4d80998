"""Every effect of this bundle computed anew from extract.csv, and compared with expected_effects.csv.

Needs pandas, numpy and statsmodels (whose own dependency scipy gives the t distribution); no code of the platform.
Run it in the bundle's folder:  python replicate.py
It writes replicated_python.csv, prints the largest difference of every number, and ends with 1 where one is too large.
"""

import itertools
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats


TOLERANCE = 1e-8  # relative to the number, absolute below one
ENUMERATED = (
    20_000  # assignments or sign patterns gone through one by one; beyond it as many draws as the plan says
)
CLUSTERED = ("CR0", "CR1", "CR1S", "CR2", "CR3")
COMPARES = ("difference_in_differences", "randomised", "ancova", "event_study", "encouragement")
BEFORE_AND_AFTER = ("pre_post", "difference_in_differences")


class NotCovered(Exception):
    """This script does not compute such an effect; it says so and goes on."""


# ── Rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def words(text):
    return [part for part in text.split("|") if part]


def numbers(column):
    return pd.to_numeric(column.replace("", np.nan)).to_numpy(float)


def recorded(rows, name):
    return name in rows.columns and (rows[name] != "").any()


def site_rows(data, effect):
    return data[data["site"] == effect["site"]] if effect["site"] else data


def rows_of(effect, site):
    """The rows an effect is made from: its subgroup, waves and arms, nothing needed missing."""
    rows, design = site, effect["design"]
    if effect["subgroup_variable"]:
        rows = rows[rows[effect["subgroup_variable"]] == effect["subgroup_value"]]
    if recorded(site, "wave") and design not in ("event_study", "staggered"):
        rows = rows[rows["wave"].isin(["before", "after"] if design in BEFORE_AND_AFTER else ["after"])]
    arms = words(effect["arms"]) + (["comparison"] if design in (*COMPARES, "exposure") else [])
    if design == "event_study":
        arms += words(effect["references"])
    if recorded(site, "arm") and design not in ("staggered", "dose"):
        rows = rows[rows["arm"].isin(arms)]
    keep = np.isfinite(numbers(rows[effect["outcome"]])) & (weights(rows) > 0)
    for name in words(effect["covariates"]) + [
        n for n in ("received", "dose") if n in words(effect["needs"])
    ]:
        keep &= np.isfinite(numbers(rows[name]))
    if "baseline" in words(effect["needs"]):
        keep &= np.isfinite(numbers(rows["before." + effect["outcome"]]))
    labels = words(effect["indicators"]) + words(effect["clusters"])
    labels += [n for n in ("stratum",) if effect["standard_errors"] == "linearised" and recorded(site, n)]
    labels += [n for n in ("block",) if effect["p_method"] == "randomisation" and recorded(site, n)]
    for name in labels:
        keep &= (rows[name] != "").to_numpy()
    return rows[keep]


def weights(rows):
    return np.nan_to_num(numbers(rows["weight"])) if recorded(rows, "weight") else np.ones(len(rows))


# ── Regression ───────────────────────────────────────────────────────────────────────────────────────────────────────


class Fit:
    """Weighted least squares (or the last step of a likelihood) and what its variances are made from."""

    def __init__(self, x, y, w, residual=None):
        self.x, self.w, self.n = x, w, len(y)
        self.bread = np.linalg.inv(x.T @ (x * w[:, None]))
        self.beta = np.asarray(sm.WLS(y, x, weights=w).fit().params)
        self.e = y - x @ self.beta if residual is None else residual
        self.k = x.shape[1]
        self.model_variance = None  # of a likelihood that fixes the spread
        self.spread = None  # variance a likelihood gives each row; None: CR2 takes equal variances


def independent(columns):
    """The columns that are no combination of those before them."""
    kept, basis = [], []
    for place, column in enumerate(columns):
        left = column.astype(float).copy()
        for _ in range(2):
            for unit in basis:
                left -= unit * (unit @ left)
        length = np.linalg.norm(left)
        if length > 1e-7 * max(np.linalg.norm(column), 1e-300):
            basis.append(left / length)
            kept.append(place)
    return kept


def design_columns(effect, rows):
    """Constant, indicators, covariates, terms of the design; the places of the effects by arm."""
    w, columns, names = weights(rows), [np.ones(len(rows))], ["1"]
    for name in words(effect["indicators"]):
        for level in sorted(rows[name].unique())[1:]:
            columns.append((rows[name] == level).to_numpy(float))
            names.append(f"{name}={level}")
    around = [
        column - np.average(column, weights=w)
        for column, name in zip(columns, names)
        if name.partition("=")[0] in words(effect["interacted"])
    ]
    covariates = [(name, numbers(rows[name])) for name in words(effect["covariates"])]
    if effect["design"] == "ancova":
        covariates.append(("before", numbers(rows["before." + effect["outcome"]])))
    for name, values in covariates:
        centred = values - np.average(values, weights=w)
        columns.append(centred / (values.std() or 1.0))
        names.append(name)
        around.append(columns[-1])
    arms = {arm: (rows["arm"] == arm).to_numpy(float) for arm in words(effect["arms"]) if "arm" in rows}
    after = (rows["wave"] == "after").to_numpy(float) if "wave" in rows else np.ones(len(rows))
    design = effect["design"]
    if design == "difference_in_differences":
        terms = [(f"arm {arm}", column) for arm, column in arms.items()] + [("after", after)]
        effects = {arm: column * after for arm, column in arms.items()}
    elif design == "pre_post":
        terms, effects = [], {effect["arm"]: after}
    elif design == "paired_pre_post":
        terms, effects = [], {}
    elif design == "dose":
        terms, effects = [], {effect["arm"]: numbers(rows["dose"])}
    else:
        terms, effects = [], arms
    for name, column in [*terms, *((f"effect {arm}", column) for arm, column in effects.items())]:
        columns.append(column)
        names.append(name)
    if effect["adjustment"] == "interacted":  # Lin (2013): slopes of their own in each arm
        columns += [column * values for column in effects.values() for values in around]
        names += [f"slope {arm} {place}" for arm in effects for place in range(len(around))]
    own = "1" if design == "paired_pre_post" else f"effect {effect['arm']}"
    kept = independent([column * np.sqrt(w) for column in columns])
    names = [names[place] for place in kept]
    return np.column_stack([columns[place] for place in kept]), names, names.index(own)


def outcome_of(effect, rows):
    y = numbers(rows[effect["outcome"]])
    return y - numbers(rows["before." + effect["outcome"]]) if effect["design"] == "paired_pre_post" else y


def linear(effect, rows):
    x, _, place = design_columns(effect, rows)
    fit = Fit(x, outcome_of(effect, rows), weights(rows))
    return fit, fit.beta[place], np.eye(fit.k)[place]


def two_stage(effect, rows):
    """What was received is replaced by what the assignment makes one expect; residuals of what was received."""
    x, _, place = design_columns(effect, rows)
    y, w, received = outcome_of(effect, rows), weights(rows), numbers(rows["received"])
    second = x.copy()
    second[:, place] = x @ np.asarray(sm.WLS(received, x, weights=w).fit().params)
    fit = Fit(second, y, w)
    fit.e = fit.e + (second[:, place] - received) * fit.beta[place]
    return fit, fit.beta[place], np.eye(fit.k)[place]


LINKS = {
    "logit": (
        sm.families.Binomial,
        lambda eta: 1 / (1 + np.exp(-eta)),
        lambda eta: np.exp(-eta) / (1 + np.exp(-eta)) ** 2,
    ),
    "poisson": (sm.families.Poisson, np.exp, np.exp),
}


def marginal(effect, rows):
    """The average difference a logit or Poisson regression predicts, and its gradient (delta method)."""
    x, names, place = design_columns(effect, rows)
    y, w = outcome_of(effect, rows), weights(rows)
    family, mean, slope = LINKS[effect["model"]]
    beta = np.asarray(sm.GLM(y, x, family=family(), var_weights=w).fit(maxiter=100, tol=1e-10).params)
    for _ in range(3):
        eta = x @ beta
        fit = Fit(x, eta + (y - mean(eta)) / slope(eta), w * slope(eta))
        beta = fit.beta
    with_it, without = x.copy(), x.copy()
    effects = [at for at, name in enumerate(names) if name.startswith("effect ")]
    with_it[:, effects] = without[:, effects] = 0.0
    with_it[:, place] = 1.0
    share = w * (x[:, place] > 0) if effect["design"] == "difference_in_differences" else w
    share = share / share.sum()
    gradient = with_it.T @ (share * slope(with_it @ beta)) - without.T @ (share * slope(without @ beta))
    fit.spread = slope(x @ beta) / w
    if effect["model"] == "logit":
        fit.model_variance = gradient @ fit.bread @ gradient
    return fit, share @ (mean(with_it @ beta) - mean(without @ beta)), gradient


# ── Variances ────────────────────────────────────────────────────────────────────────────────────────────────────────


def pull_of(fit, along):
    """What one unit of weighted residual of each row adds to the estimate."""
    return fit.x @ (fit.bread @ along)


def robust(kind, fit, along):
    """iid and HC0 to HC3; degrees of freedom n - k."""
    pull, df = pull_of(fit, along), fit.n - fit.k
    if kind == "iid":
        if fit.model_variance is not None:
            return fit.model_variance, df
        return (fit.w * fit.e**2).sum() / df * (along @ fit.bread @ along), df
    squares = (fit.w * pull * fit.e) ** 2
    left = 1 - fit.w * np.einsum("ij,jk,ik->i", fit.x, fit.bread, fit.x)
    alone = left < 1e-10
    factor = {"HC0": 1.0, "HC1": fit.n / df}.get(kind)
    if factor is None:
        factor = np.where(alone, 0.0, 1 / np.where(alone, 1.0, left)) ** (1 if kind == "HC2" else 2)
    return (squares * factor).sum(), df


def clustered(kind, fit, along, codes):
    """CR0, CR1, CR1S: one set of clusters, or two that cross (Cameron, Gelbach & Miller 2011)."""
    totals = fit.w * pull_of(fit, along) * fit.e

    def part(code):
        sums = np.bincount(code, totals)
        g = len(sums)
        factor = {"CR0": 1.0, "CR1": g / (g - 1), "CR1S": g / (g - 1) * (fit.n - 1) / (fit.n - fit.k)}[kind]
        return factor * (sums**2).sum(), g

    found = [part(code) for code in codes]
    if len(codes) == 1:
        return found[0][0], found[0][1] - 1
    both = np.unique(np.column_stack(codes), axis=0, return_inverse=True)[1].ravel()
    return found[0][0] + found[1][0] - part(both)[0], min(found[0][1], found[1][1]) - 1


def bias_reduced(fit, along, code):
    """CR2 with Satterthwaite degrees of freedom (Bell & McCaffrey 2002; Pustejovsky & Tipton 2018)."""
    x, w, e = fit.x, fit.w, fit.e
    if fit.spread is not None:
        x, e, w = x * np.sqrt(w)[:, None], e * np.sqrt(w), np.ones_like(w)
    b, c = fit.bread, fit.bread @ along
    m = x.T @ (x * (w**2)[:, None])
    total, own, r, q = 0.0, [], [], []
    for g in range(code.max() + 1):
        here = code == g
        xg, wg = x[here], w[here]
        hat = xg @ b @ (xg * wg[:, None]).T
        inner = np.eye(len(xg)) - hat - hat.T + xg @ b @ m @ b @ xg.T
        phi = np.ones(len(xg)) if fit.spread is None else fit.spread[here] / fit.spread[here].mean()
        inner = inner * phi[:, None] * phi
        values, vectors = np.linalg.eigh((inner + inner.T) / 2)
        root = np.where(values > 1e-10, 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
        a = phi * ((vectors * root) @ (vectors.T @ (wg * (xg @ c))))
        total += (a @ e[here]) ** 2
        own.append(a @ a)
        r.append((xg * wg[:, None]).T @ a)
        q.append(xg.T @ a)
    r, q = np.array(r), np.array(q)
    p = np.diag(own) - r @ b @ q.T - q @ b @ r.T + q @ b @ m @ b @ q.T
    return total, np.trace(p) ** 2 / (p**2).sum()


def jackknifed(fit, along, code):
    """CR3 as clubSandwich has it: (I - H_gg)^-1, without (G-1)/G; degrees of freedom G - 1."""
    total, c = 0.0, fit.bread @ along
    for g in range(code.max() + 1):
        here = code == g
        xg, wg = fit.x[here], fit.w[here]
        left = np.eye(len(xg)) - xg @ fit.bread @ (xg * wg[:, None]).T
        total += ((wg * (xg @ c)) @ np.linalg.solve(left, fit.e[here])) ** 2
    return total, code.max()


def linearised(effect, fit, along, rows, site):
    """Taylor linearisation under strata, sampling units and finite populations; units minus strata of the whole site."""
    z = pd.Series(fit.w * pull_of(fit, along) * fit.e, index=rows.index)
    sampled = site[weights(site) > 0]
    has_strata, has_clusters = recorded(site, "stratum"), bool(words(effect["clusters"]))
    sampled = sampled[sampled["stratum"] != ""] if has_strata else sampled
    stratum = sampled["stratum"] if has_strata else pd.Series("", index=sampled.index)
    unit = sampled["cluster"] if has_clusters else pd.Series(sampled.index.astype(str), index=sampled.index)
    known = unit != ""
    variance, df, lonely, spare = 0.0, 0.0, [], 0
    everywhere = z.sum() / len(set(zip(stratum[known], unit[known])))
    for level in sorted(stratum.unique()):
        inside = sampled.index[(stratum == level) & known]
        units = unit[inside].nunique()
        population = numbers(sampled.loc[inside, "fpc"])[0] if recorded(site, "fpc") else math.inf
        left = 1 - units / population
        sums = z.reindex(inside).fillna(0.0).groupby(unit[inside].to_numpy()).sum()
        df += units - 1
        spare += 1
        if units >= 2:
            variance += left * units / (units - 1) * ((sums - sums.sum() / units) ** 2).sum()
        elif left > 1e-7:
            lonely.append(left * (sums.sum() - everywhere) ** 2)
    if lonely and effect["lonely_units"] == "adjust":
        variance += sum(lonely)
    if lonely and effect["lonely_units"] == "average":
        variance *= spare / (spare - len(lonely))
    return variance, df


def codes_of(effect, rows):
    return [np.unique(rows[name], return_inverse=True)[1] for name in words(effect["clusters"])]


def variance_of(effect, fit, along, rows, site):
    kind = effect["standard_errors"]
    if kind == "linearised":
        return linearised(effect, fit, along, rows, site)
    if kind not in CLUSTERED:
        return robust(kind, fit, along)
    codes = codes_of(effect, rows)
    if kind == "CR2":
        return bias_reduced(fit, along, codes[0])
    if kind == "CR3":
        return jackknifed(fit, along, codes[0])
    return clustered(kind, fit, along, codes)


# ── Tests by drawing ─────────────────────────────────────────────────────────────────────────────────────────────────


def wild_bootstrap(effect, fit, along, rows):
    """Null imposed, one sign a cluster, CR1-studentised, symmetric; every pattern where there are few enough."""
    code = codes_of(effect, rows)[0]
    g, place = code.max() + 1, int(np.argmax(along))
    others = np.delete(fit.x, place, axis=1)
    y = fit.x @ fit.beta + fit.e
    restricted = others @ np.linalg.solve(others.T @ (others * fit.w[:, None]), others.T @ (fit.w * y))
    own = fit.x[:, place] - others @ np.linalg.solve(
        others.T @ (others * fit.w[:, None]), others.T @ (fit.w * fit.x[:, place])
    )
    scores = own * fit.w
    by_cluster = np.zeros((g, fit.k))
    np.add.at(by_cluster, code, fit.x * (fit.w * (y - restricted))[:, None])
    moved = np.zeros((g, fit.k))
    np.add.at(moved, code, fit.x * scores[:, None])
    left = np.bincount(code, scores * (y - restricted))
    signs = (
        [1.0, -1.0]
        if effect["bootstrap_weights"] != "webb"
        else [s * v**0.5 for v in (1, 1.5, 0.5) for s in (1, -1)]
    )
    if len(signs) ** g <= 2**16:
        patterns = np.array(list(itertools.product(signs, repeat=g))).T
    else:
        drawn = np.random.default_rng(int(effect["seed"])).choice(signs, size=(g, int(effect["draws"])))
        patterns = np.column_stack([np.ones(g), drawn])
    shift = fit.bread @ (by_cluster.T @ patterns)
    sums = left[:, None] * patterns - moved @ shift
    squared = (left @ patterns) ** 2 / np.maximum((sums**2).sum(axis=0), 1e-300)
    found = (left.sum()) ** 2 / ((left - moved @ (fit.bread @ by_cluster.sum(axis=0))) ** 2).sum()
    return float((squared >= found * (1 - 1e-9)).mean()), len(signs) ** g <= 2**16


def randomisation(effect, rows):
    """The arms dealt out again within blocks; two-sided on the absolute difference in (changes of) means."""
    rows = rows[rows["arm"].isin([effect["arm"], "comparison"])]
    y, w = numbers(rows[effect["outcome"]]), weights(rows)
    unit = (
        rows["cluster"]
        if words(effect["clusters"]) or recorded(rows, "cluster")
        else rows["unit"]
        if recorded(rows, "unit")
        else pd.Series(rows.index, index=rows.index)
    )
    after = (
        (rows["wave"] == "after").to_numpy()
        if effect["design"] == "difference_in_differences"
        else np.ones(len(rows), bool)
    )
    names, code = np.unique(unit.astype(str), return_inverse=True)
    sums = np.column_stack(
        [np.bincount(code, v, len(names)) for v in (w * after, w * y * after, w * ~after, w * y * ~after)]
    )
    arm = np.zeros(len(names), bool)
    arm[code] = (rows["arm"] == effect["arm"]).to_numpy()
    block = np.full(len(names), "", object)
    if recorded(rows, "block"):
        block[code] = rows["block"].to_numpy()
    blocks = [np.flatnonzero(block == level) for level in np.unique(block.astype(str))]
    total = sums.sum(axis=0)

    def difference(reached):
        with np.errstate(invalid="ignore", divide="ignore"):
            rest = total - reached
            change = reached[..., 1] / reached[..., 0] - rest[..., 1] / rest[..., 0]
            if total[2] > 0:
                change = change - (reached[..., 3] / reached[..., 2] - rest[..., 3] / rest[..., 2])
            return change

    found = difference(sums[arm].sum(axis=0))
    number = math.prod(math.comb(len(inside), int(arm[inside].sum())) for inside in blocks)
    if number <= ENUMERATED:
        choices = [
            [sums[list(c)].sum(axis=0) for c in itertools.combinations(inside, int(arm[inside].sum()))]
            for inside in blocks
        ]
        drawn = np.array([np.sum(together, axis=0) for together in itertools.product(*choices)])
    else:
        rng, drawn = np.random.default_rng(int(effect["seed"])), [sums[arm].sum(axis=0)]
        for _ in range(int(effect["draws"])):
            drawn.append(
                sum(sums[rng.permutation(inside)[: int(arm[inside].sum())]].sum(axis=0) for inside in blocks)
            )
        drawn = np.array(drawn)
    again = difference(drawn)
    slack = 1e-9 * max(abs(found), np.abs(again[np.isfinite(again)]).max(initial=0.0))
    return float((~(np.abs(again) < abs(found) - slack)).mean()), number <= ENUMERATED


# ── Designs with influence functions ─────────────────────────────────────────────────────────────────────────────────


def exposure(effect, rows):
    """Augmented inverse-probability weighting; the errors of all estimating equations stacked (Stefanski & Boos 2002)."""
    x, y, w = np.ones((len(rows), 1)), outcome_of(effect, rows), weights(rows)
    for name in words(effect["covariates"]):
        values = numbers(rows[name])
        x = np.column_stack([x, (values - values.mean()) / (values.std() or 1.0)])
    for name in words(effect["indicators"]):
        x = np.column_stack(
            [x, *((rows[name] == level).to_numpy(float) for level in sorted(rows[name].unique())[1:])]
        )
    d, w = (rows["arm"] == effect["arm"]).to_numpy(float), w / w.mean()
    alpha = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ alpha))
        alpha = alpha + np.linalg.solve(x.T @ (x * (w * p * (1 - p))[:, None]), x.T @ (w * (d - p)))
    p, k, _n = 1 / (1 + np.exp(-x @ alpha)), x.shape[1], len(y)
    slopes = [np.asarray(sm.WLS(y[s], x[s], weights=w[s]).fit().params) for s in (d == 1, d == 0)]
    fitted = [x @ slope for slope in slopes]
    each = [fitted[0] + d * (y - fitted[0]) / p, fitted[1] + (1 - d) * (y - fitted[1]) / (1 - p)]
    means = [np.average(one, weights=w) for one in each]
    scores = np.column_stack(
        [
            x * (w * (d - p))[:, None],
            x * (w * d * (y - fitted[0]))[:, None],
            x * (w * (1 - d) * (y - fitted[1]))[:, None],
            w * (each[0] - means[0]),
            w * (each[1] - means[1]),
        ]
    )
    a = np.zeros((3 * k + 2, 3 * k + 2))
    a[:k, :k] = -x.T @ (x * (w * p * (1 - p))[:, None])
    a[k : 2 * k, k : 2 * k] = -x.T @ (x * (w * d)[:, None])
    a[2 * k : 3 * k, 2 * k : 3 * k] = -x.T @ (x * (w * (1 - d))[:, None])
    a[3 * k, :k] = -(w * d * (y - fitted[0]) * (1 - p) / p) @ x
    a[3 * k, k : 2 * k] = (w * (1 - d / p)) @ x
    a[3 * k + 1, :k] = (w * (1 - d) * (y - fitted[1]) * p / (1 - p)) @ x
    a[3 * k + 1, 2 * k : 3 * k] = (w * (1 - (1 - d) / (1 - p))) @ x
    a[3 * k, 3 * k] = a[3 * k + 1, 3 * k + 1] = -w.sum()
    contrast = np.zeros(3 * k + 2)
    contrast[3 * k], contrast[3 * k + 1] = 1, -1
    influence, factor = scores @ np.linalg.solve(a.T, contrast), 1.0
    if words(effect["clusters"]):
        influence = np.bincount(codes_of(effect, rows)[0], influence)
        factor = len(influence) / (len(influence) - 1)
    return means[0] - means[1], factor * (influence**2).sum()


def staggered(effect, rows):
    """Group-time effects and their averages (Callaway & Sant'Anna 2021): all terms, with their variances."""
    period, start, y, w = (
        numbers(rows["period"]),
        numbers(rows["first_treated"]),
        outcome_of(effect, rows),
        weights(rows),
    )
    periods = np.unique(period)
    start = np.where(np.isfinite(start) & (start > 0) & (start <= periods[-1]), start, 0.0)
    keep = (start == 0) | (start > periods[0])
    cluster = rows["cluster"].to_numpy() if words(effect["clusters"]) else None
    if recorded(rows, "respondent"):
        table = pd.DataFrame({"u": rows["respondent"].to_numpy(), "t": period, "y": y})
        wide = table.pivot(index="u", columns="t", values="y").dropna()
        first = pd.DataFrame(
            {"g": start, "w": w, "k": keep, "c": cluster}, index=rows["respondent"].to_numpy()
        )
        first = first[period == periods[0]].loc[wide.index]
        values = wide.to_numpy()[first["k"]]
        start, w = first["g"].to_numpy()[first["k"]], first["w"].to_numpy()[first["k"]]
        cluster = None if cluster is None else first["c"].to_numpy()[first["k"]]
    else:
        values = np.where(period[:, None] == periods, y[:, None], np.nan)[keep]
        start, w = start[keep], w[keep]
        cluster = None if cluster is None else cluster[keep]
    panel, n = recorded(rows, "respondent"), len(start)

    def mean(column, members):
        own = np.where(members, w, 0.0)
        level = own @ np.where(members, column, 0.0) / own.sum()
        return level, own * (np.where(members, column, 0.0) - level) * n / own.sum()

    cells = {}
    for g in [g for g in np.unique(start) if g > 0]:
        for at in range(1, len(periods)):
            base = at - 1 if periods[at] < g else np.flatnonzero(periods < g)[-1]
            control = start == 0
            if effect["comparison_group"] == "not_yet":
                control = control | ((start > periods[max(at, base)]) & (start != g))
            if panel:
                if not control.any():
                    continue
                change = values[:, at] - values[:, base]
                (one, pull), (other, push) = mean(change, start == g), mean(change, control)
                cells[g, periods[at]] = (one - other, pull - push)
                continue
            groups = [
                (s, values[:, c], m & np.isfinite(values[:, c]))
                for s, c, m in (
                    (1, at, start == g),
                    (-1, base, start == g),
                    (-1, at, control),
                    (1, base, control),
                )
            ]
            if not all(m.any() for _, _, m in groups):
                continue
            parts = [(s, mean(column, m)) for s, column, m in groups]
            cells[g, periods[at]] = (sum(s * p[0] for s, p in parts), sum(s * p[1] for s, p in parts))
    share = {g: np.average(start == g, weights=w) for g in {g for g, _ in cells}}

    def average(chosen):
        sizes = np.array([share[g] for g, _ in chosen])
        effects = np.array([value for _, (value, _) in chosen])
        influence = sum(s / sizes.sum() * pull for s, (_, (_, pull)) in zip(sizes, chosen))
        drawn = np.column_stack([w / w.mean() * (start == g) - share[g] for g, _ in chosen])
        influence = (
            influence
            + drawn @ effects / sizes.sum()
            - drawn.sum(axis=1) * (sizes @ effects) / sizes.sum() ** 2
        )
        return sizes @ effects / sizes.sum(), influence

    def plain(value):
        return f"{value:g}"

    terms = {f"att_g{plain(g)}_t{plain(t)}": cell for (g, t), cell in cells.items()}
    after = {key: cell for key, cell in cells.items() if key[1] >= key[0]}
    if after:
        terms["simple_overall"] = average([(g, cell) for (g, _), cell in after.items()])
    for kind, key, among in (
        ("dynamic", lambda g, t: t - g, cells),
        ("group", lambda g, t: g, after),
        ("calendar", lambda g, t: t, after),
    ):
        found = {}
        for (g, t), cell in among.items():
            found.setdefault(key(g, t), []).append((g, cell))
        own = {value: average(found[value]) for value in sorted(found)}
        terms |= {f"{kind}_{plain(value)}": term for value, term in own.items()}
        used = {value: term for value, term in own.items() if kind != "dynamic" or value >= 0}
        if used and kind == "group":
            terms["group_overall"] = average(list(used.items()))
        elif used:
            terms[f"{kind}_overall"] = (
                np.mean([t[0] for t in used.values()]),
                np.mean([t[1] for t in used.values()], axis=0),
            )
    code = None if cluster is None else np.unique(cluster, return_inverse=True)[1]

    def variance(influence):
        sums = influence if code is None else np.bincount(code, influence)
        return (sums**2).sum() / n**2

    return {name: (value, variance(influence)) for name, (value, influence) in terms.items()}


# ── One effect ───────────────────────────────────────────────────────────────────────────────────────────────────────

STAGGERED = {}  # all terms of one regression are found together


def effect_anew(effect, data):
    """Estimate, standard error, degrees of freedom, p, interval; and whether p is exact."""
    site = site_rows(data, effect)
    if effect["model"] == "ordered_logit":
        raise NotCovered("numbers of effects by ordered logit")
    if effect["adjustment"] == "interacted" and (
        effect["model"] != "linear" or effect["design"] == "encouragement"
    ):
        raise NotCovered("numbers of effects with slopes in each arm that are not by least squares")
    rows = rows_of(effect, site)
    if effect["design"] == "staggered":
        key = (effect["outcome"], effect["site"], effect["subgroup_variable"], effect["subgroup_value"])
        if key not in STAGGERED:
            STAGGERED[key] = staggered(effect, rows)
        estimate, variance = STAGGERED[key][effect["term"]]
        return tested(effect, estimate, variance, math.inf)
    if effect["design"] == "exposure":
        return tested(effect, *exposure(effect, rows), math.inf)
    model = (
        two_stage
        if effect["design"] == "encouragement"
        else linear
        if effect["model"] == "linear"
        else marginal
    )
    fit, estimate, along = model(effect, rows)
    variance, df = variance_of(effect, fit, along, rows, site)
    found = tested(effect, estimate, variance, math.inf if effect["p_method"] == "normal" else df)
    if effect["p_method"] == "wild_cluster_bootstrap":
        found["p_value"], found["p_is_exact"] = wild_bootstrap(effect, fit, along, rows)
    if effect["p_method"] == "randomisation":
        found["p_value"], found["p_is_exact"] = randomisation(effect, rows)
    if effect["p_method"] in ("wild_cluster_bootstrap", "randomisation"):
        found["conf_low"] = found["conf_high"] = math.nan  # found by inverting the test; not computed here
    return found


def tested(effect, estimate, variance, df):
    error = math.sqrt(variance)
    t = stats.t(df) if math.isfinite(df) else stats.norm
    reach = t.isf((1 - float(effect["confidence"])) / 2) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "df": df,
        "p_value": 2 * t.sf(abs(estimate / error)),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
        "p_is_exact": True,
    }


# ── Families and averages ────────────────────────────────────────────────────────────────────────────────────────────


def adjust(p, method):
    p, m = np.asarray(p, float), len(p)
    order = np.argsort(p)
    if method == "none":
        return p
    if method == "sharpened_q":
        return sharpened(p)
    if method == "holm":
        stepped = np.minimum(np.maximum.accumulate(p[order] * np.arange(m, 0, -1)), 1)
    else:
        scale = m / np.arange(1, m + 1) * (np.sum(1 / np.arange(1, m + 1)) if method == "by" else 1.0)
        stepped = np.minimum(np.minimum.accumulate((p[order] * scale)[::-1])[::-1], 1)
    found = np.empty(m)
    found[order] = stepped
    return found


def sharpened(p):
    """Anderson (2008): the smallest q, in thousandths, at which the two-stage procedure rejects."""
    m, order, q = len(p), np.argsort(p, kind="stable"), np.ones(len(p))
    ordered, rank = p[order], np.arange(1, len(p) + 1)
    for step in range(1000, 0, -1):
        first = (step / 1000) / (1 + step / 1000)
        below = np.flatnonzero(ordered <= first * rank / m)
        r1 = below[-1] + 1 if below.size else 0
        level = np.inf if r1 == m else first * m / (m - r1)
        below = np.flatnonzero(ordered <= level * rank / m)
        q[: below[-1] + 1 if below.size else 0] = step / 1000
    found = np.empty(m)
    found[order] = q
    return found


def average(method, values, variances, dfs, confidence):
    y, v, k = np.array(values), np.array(variances), len(values)
    if method == "equal":
        df = v.sum() ** 2 / (v**2 / np.array(dfs)).sum() if np.isfinite(dfs).any() else math.inf
        estimate, error, tau2 = y.mean(), math.sqrt(v.sum()) / k, math.nan
    else:
        tau2 = between(method, y, v)
        w = 1 / (v + tau2)
        estimate = w @ y / w.sum()
        q = w @ (y - estimate) ** 2 / (k - 1)
        error, df = math.sqrt(max(q, 1.0) / w.sum()), k - 1
    t = stats.t(df) if math.isfinite(df) else stats.norm
    reach = t.isf((1 - confidence) / 2) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "df": df,
        "p_value": 2 * t.sf(abs(estimate / error)),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
        "tau2": tau2,
    }


def contrast(first, second, confidence):
    """The difference between two averages with equal weights; Welch and Satterthwaite's degrees of freedom."""
    sides = [
        average(
            "equal",
            *(
                np.array([one[name] for one in side]) ** power
                for name, power in (("estimate", 1), ("std_error", 2), ("df", 1))
            ),
            confidence,
        )
        for side in (first, second)
    ]
    parts = np.array([side["std_error"] ** 2 for side in sides])
    lost = (parts**2 / np.array([side["df"] for side in sides])).sum()
    df, estimate, error = (
        (parts.sum() ** 2 / lost if lost > 0 else math.inf),
        sides[0]["estimate"] - sides[1]["estimate"],
        math.sqrt(parts.sum()),
    )
    t = stats.t(df) if math.isfinite(df) else stats.norm
    reach = t.isf((1 - confidence) / 2) * error
    return {
        "estimate": estimate,
        "std_error": error,
        "df": df,
        "p_value": 2 * t.sf(abs(estimate / error)),
        "conf_low": estimate - reach,
        "conf_high": estimate + reach,
    }


def between(method, y, v):
    """tau2: by DerSimonian and Laird, Paule and Mandel, or REML; never negative."""
    k = len(y)
    if method == "fixed":
        return 0.0
    if method == "DL":
        w = 1 / v
        q = w @ (y - w @ y / w.sum()) ** 2
        return max(0.0, (q - (k - 1)) / (w.sum() - (w**2).sum() / w.sum()))

    def excess(tau2):
        w = 1 / (v + tau2)
        mean = w @ y / w.sum()
        if method == "PM":
            return w @ (y - mean) ** 2 - (k - 1)
        return (w**2 @ (y - mean) ** 2) - (
            w.sum() - (w**2).sum() / w.sum()
        )  # the score of the restricted likelihood

    if excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, max(v.max(), y.var() * k)
    while excess(high) > 0:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


# ── Comparison ───────────────────────────────────────────────────────────────────────────────────────────────────────


EFFECT = ("estimate", "std_error", "df", "p_value", "p_adjusted", "conf_low", "conf_high")
AVERAGE = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high", "tau2")
DRAWN = {"wild_cluster_bootstrap": "wild cluster bootstrap", "randomisation": "randomisation"}
IN_STEPS = ("romano_wolf", "westfall_young")


def why_not(expected, name):
    """What a number is that this script does not compute."""
    if name.startswith("conf_") and expected.get("p_method") in DRAWN:
        return f"ends of intervals by inverting the test by {DRAWN[expected['p_method']]}"
    if name == "p_adjusted" and expected.get("adjusted_by") in IN_STEPS:
        return f"p-values adjusted in steps ({expected['adjusted_by']})"
    if name == "p_adjusted" and not expected.get("adjusted_by", "-"):
        return "p-values adjusted in a family of which a member is withheld"
    if name == "p_adjusted":
        return "p-values adjusted in a family with drawn p-values"
    return "numbers that need what was left out"


def compared(expected, found, names, worst, beyond, counts):
    """Every number that is expected is either compared or counted among those left out."""
    for name in names:
        if expected.get(name, "") in ("", None) or not math.isfinite(float(expected[name])):
            continue
        value = found.get(name, math.nan)
        if not math.isfinite(value):
            reason = found.get("not_covered") or why_not(expected, name)
            counts[reason] = counts.get(reason, 0) + 1
            continue
        counts[""] = counts.get("", 0) + 1
        limit, wanted = TOLERANCE, float(expected[name])
        if name == "p_value" and not found.get("p_is_exact", True):
            limit = 5 * math.sqrt(
                2 * max(wanted * (1 - wanted), 0.001) / float(expected["draws"])
            )  # two draws of draws
            name = "p_value (drawn)"
        difference = abs(value - wanted) / max(1.0, abs(wanted))
        worst[name] = max(worst.get(name, 0.0), difference)
        if difference > limit:
            beyond.append(f"{expected['id']} {name}: expected {wanted!r}, found {value!r}")


def main():
    here = Path(__file__).resolve().parent
    read = lambda name: pd.read_csv(here / name, dtype=str, keep_default_na=False)  # noqa: E731
    data, effects = read("extract.csv"), read("expected_effects.csv").to_dict("records")
    worst, beyond, found, counts, left_out = {}, [], {}, {"": 0}, {}
    for effect in effects:
        if effect["not_estimable"]:
            continue
        try:
            found[effect["id"]] = effect_anew(effect, data)
        except NotCovered as reason:
            left_out[effect["id"]] = {"not_covered": str(reason)}
    families = {}
    for effect in effects:
        if effect["family"] and not effect["not_estimable"] and effect["adjusted_by"]:
            families.setdefault((effect["family"], effect["adjusted_by"]), []).append(effect["id"])
    for (_, method), members in families.items():
        if method not in IN_STEPS and all(name in found and found[name]["p_is_exact"] for name in members):
            for name, p in zip(members, adjust([found[name]["p_value"] for name in members], method)):
                found[name]["p_adjusted"] = p
    for effect in effects:
        compared(
            effect, found.get(effect["id"]) or left_out.get(effect["id"], {}), EFFECT, worst, beyond, counts
        )
    averages = read("expected_averages.csv").to_dict("records")
    for line in averages:
        members, again = [found.get(name) for name in words(line["effects"])], {}
        if None not in members:
            each = [[one[name] for one in members] for name in ("estimate", "std_error", "df")]
            again = average(
                line["method"], each[0], np.array(each[1]) ** 2, np.array(each[2]), float(line["confidence"])
            )
        compared(line, again, AVERAGE, worst, beyond, counts)
    contrasts = read("expected_contrasts.csv").to_dict("records")
    again = {}
    for line in contrasts:
        sides = [
            [found.get(name) for name in words(line[side])] for side in ("first_effects", "second_effects")
        ]
        if all(None not in side and side for side in sides):
            again[line["id"]] = contrast(*sides, float(line["confidence"]))
    for outcome in {line["outcome"] for line in contrasts}:
        members = [line["id"] for line in contrasts if line["outcome"] == outcome and line["id"] in again]
        if len(members) == sum(line["outcome"] == outcome for line in contrasts):
            for name, p in zip(members, adjust([again[name]["p_value"] for name in members], "holm")):
                again[name]["p_adjusted"] = p
    for line in contrasts:
        compared(line, again.get(line["id"], {}), EFFECT, worst, beyond, counts)
    pd.DataFrame([{"id": name, **values} for name, values in found.items()]).to_csv(
        here / "replicated_python.csv", index=False
    )
    print(
        f"{len(found)} effects, {len(averages)} averages and {len(contrasts)} contrasts computed anew; {sum(bool(e['not_estimable']) for e in effects)} not estimable."
    )
    print(f"numbers compared: {counts.pop('')}")
    for reason, number in counts.items():
        print(f"not computed by this script: {number} {reason}")
    for name, difference in worst.items():
        print(f"largest difference, {name}: {difference:.2g}")
    print(f"largest difference: {max((d for n, d in worst.items() if 'drawn' not in n), default=0.0):.2g}")
    for line in beyond:
        print(f"DIFFERS {line}")
    return 1 if beyond else 0


if __name__ == "__main__":
    sys.exit(main())
