"""120 effects from a million responses: what they cost beside the bare scan, and beside the same fits on rows."""

import gc
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import statsmodels.formula.api as smf

from campaigns.estimation import Specification, estimate
from campaigns.specification import PValue


RESPONSES, SITES, OUTCOMES, CLUSTERS = 1_000_000, 12, 10, 60
EFFECTS = SITES * OUTCOMES
ON_ROWS = 4  # effects that are fitted on rows; their time is multiplied up to all of them
REPEATS = 5  # the best of these counts, as other work on the machine only ever adds
NAMES = [f"outcome_{i}" for i in range(OUTCOMES)]


def measure() -> dict[str, float]:
    """Ratios of times taken in one run; each name states its budget."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "responses.parquet"
        pq.write_table(responses(), file)
        scan = _best(lambda: _bare_scan(file))
        ours = _best(lambda: _our_effects(file))
        drawn = _best(lambda: _our_effects(file, p_value="wild_cluster_bootstrap"), repeats=2)
        read = _best(lambda: _read_rows(file), repeats=2)
        rows = _read_rows(file)
    on_rows = read + _all(_statsmodels_on_rows, rows)
    found = {
        "120 effects / bare grouped scan (at most 3)": ours / scan,
        "statsmodels on rows / 120 effects (at least 100)": on_rows / ours,
        "120 effects, each with 9,999 wild draws / statsmodels on rows, without (at most 1)": drawn / on_rows,
        "seconds of those draws": drawn - ours,
    }
    try:
        other = read + _all(_pyfixest_on_rows, rows)
        found["pyfixest on rows / 120 effects (at least 50)"] = other / ours
    except ImportError:
        print("  pyfixest is not installed, so it is not compared", flush=True)
    return found


def responses(seed: int = 1) -> pa.Table:
    """A million interviews: sites, two waves, two arms by cluster, and outcomes of which a few are missing."""
    rng = np.random.default_rng(seed)
    site = rng.integers(0, SITES, RESPONSES)
    cluster = rng.integers(0, CLUSTERS, RESPONSES)
    after = rng.integers(0, 2, RESPONSES)
    arm = cluster % 2
    shift = rng.normal(0, 0.03, (SITES, CLUSTERS))[site, cluster]
    columns: dict[str, pa.Array] = {
        "@site": pa.array(np.char.mod("s%02d", np.arange(SITES))[site]),
        "@wave": pa.array(np.array(["before", "after"])[after]),
        "@arm": pa.array(np.array(["comparison", "campaign"])[arm]),
        "@cluster": pa.array(np.char.mod("c%02d", np.arange(CLUSTERS))[cluster]),
    }
    for i, name in enumerate(NAMES):
        chance = 0.4 + shift + 0.01 * i * arm * after
        answer = (rng.random(RESPONSES) < chance).astype(float)
        columns[name] = pa.array(answer, mask=rng.random(RESPONSES) < 0.03)
    return pa.table(columns)


def _bare_scan(file: Path) -> None:
    sums = ", ".join(f"count({name}), sum({name})" for name in NAMES)
    keys = '"@site", "@wave", "@arm", "@cluster"'
    with duckdb.connect() as connection:
        connection.execute(f"select {keys}, count(*), {sums} from '{file}' group by {keys}").fetchall()  # noqa: S608


def _our_effects(file: Path, p_value: PValue = "t") -> None:
    connection = ibis.duckdb.connect()
    specification = Specification(
        design="difference_in_differences", outcomes=tuple(NAMES), standard_errors="CR1S", p_value=p_value
    )
    effects = estimate(connection.read_parquet(file), specification)
    connection.disconnect()
    if len(effects) != EFFECTS:
        raise RuntimeError(f"{len(effects)} effects instead of {EFFECTS}")


def _read_rows(file: Path) -> pd.DataFrame:
    return pd.read_parquet(file).rename(columns=lambda name: name.removeprefix("@"))


def _statsmodels_on_rows(rows: pd.DataFrame, name: str) -> None:
    """One pass of the loop an analyst writes: the site's rows, the formula, clustered errors."""
    used = rows.loc[rows["site"] == "s00", [name, "arm", "wave", "cluster"]].dropna()
    codes = used["cluster"].astype("category").cat.codes
    fit = smf.ols(f"{name} ~ arm * wave", used).fit(
        cov_type="cluster", cov_kwds={"groups": codes}, use_t=True
    )
    fit.conf_int()


def _pyfixest_on_rows(rows: pd.DataFrame, name: str) -> None:
    import pyfixest

    used = rows.loc[rows["site"] == "s00", [name, "arm", "wave", "cluster"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pyfixest.feols(f"{name} ~ arm * wave", used, vcov={"CRV1": "cluster"}).tidy()


def _all(fit: Callable[[pd.DataFrame, str], None], rows: pd.DataFrame) -> float:
    """Seconds for all effects, from some of them: every site has as many rows."""
    return EFFECTS / ON_ROWS * _best(lambda: [fit(rows, name) for name in NAMES[:ON_ROWS]], repeats=2)


def _best(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """Seconds of the quickest of several runs; a first one warms up."""
    work()
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
