"""The variances made from cells are those of the rows, of R, and of a second implementation."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from campaigns import bias_reduced
from campaigns.effects import EffectEstimate, NotEstimable
from campaigns.estimation import Specification, estimate
from campaigns.inference import interval
from campaigns.least_squares import independent_columns
from tests.campaigns.made_up import REFERENCE, by_rows, did_design, interviews, inverse_root, table


R_CELLS = json.loads((REFERENCE / "cells.json").read_text("utf-8"))["results"]
R_SURVEY = json.loads((REFERENCE / "survey.json").read_text("utf-8"))["results"]
FULL = {"covariates": ("female", "age"), "fixed_effects": ("district",)}
VILLAGES = {"covariates": ("female",), "fixed_effects": ("village",)}
MODELS: dict[str, dict[str, object]] = {
    "did": {},
    "did_weighted": {"weight": "weight"},
    "did_village_weight": {"weight": "village_weight"},
    "did_full": {**FULL},
    "did_full_weighted": {**FULL, "weight": "weight"},
    "did_district_clusters_weighted": {**FULL, "weight": "weight", "cluster": "district"},
    "did_village_effects": {**VILLAGES},
    "did_village_effects_weighted": {**VILLAGES, "weight": "weight"},
    "binary": {"outcome": "knows", "fixed_effects": ("district",)},
    "households": {
        "design": "randomised", "covariates": ("female",), "fixed_effects": ("district",),
        "weight": "weight", "cluster": "household",
    },
    "women_only": {"weight": "weight", "rows": "female == 1"},
    "change": {"design": "pre_post", "rows": "arm == 1"},
    "change_weighted": {"design": "pre_post", "rows": "arm == 1", "covariates": ("age",), "weight": "weight"},
}  # fmt: skip


def one_effect(rows: pd.DataFrame, standard_errors: str, **options: object) -> EffectEstimate:
    outcome = str(options.pop("outcome", "score"))
    design = str(options.pop("design", "difference_in_differences"))
    (effect,) = estimate(
        table(rows),
        Specification(design=design, outcomes=(outcome,), standard_errors=standard_errors, **options),  # type: ignore[arg-type]
    )
    assert isinstance(effect, EffectEstimate), effect
    return effect


def made(model: dict[str, object], standard_errors: str) -> EffectEstimate:
    options = dict(model)
    rows = interviews()
    rows = rows.query(str(options.pop("rows"))) if "rows" in options else rows
    rows = rows.assign(**{"@cluster": rows[str(options.pop("cluster", "village"))]})
    if "weight" in options:
        rows["@weight"] = rows[str(options.pop("weight"))]
    return one_effect(rows, standard_errors, **options)


@pytest.mark.parametrize("case", sorted(R_CELLS))
def test_every_variance_is_that_of_sandwich_and_clubsandwich(case: str) -> None:
    model, _, standard_errors = case.rpartition("_")
    effect = made(MODELS[model], standard_errors)
    for name, value in R_CELLS[case].items():
        assert getattr(effect, name) == pytest.approx(value, rel=1e-9), name


SURVEYS: dict[str, dict[str, object]] = {
    "did_clusters": {},
    "did_clusters_fpc": {"covariates": ("female",)},
    "did_women_fpc": {"subgroups": ("female",)},
    "did_people": {"outcome": "knows"},
}


@pytest.mark.parametrize("case", sorted(R_SURVEY))
def test_linearised_variances_are_those_of_survey(case: str) -> None:
    options = dict(SURVEYS[case])
    rows = interviews().assign(**{"@weight": lambda r: r["weight"], "@stratum": lambda r: r["district"]})
    if "fpc" in case:
        rows["@fpc"] = rows["villages_in_district"]
    if "people" in case:
        rows = rows.drop(columns="@cluster")
    effects = estimate(
        table(rows),
        Specification(
            design="difference_in_differences",
            outcomes=(str(options.pop("outcome", "score")),),
            standard_errors="linearised",
            **options,  # type: ignore[arg-type]
        ),
    )
    effect = effects[-1]
    assert isinstance(effect, EffectEstimate)
    for name, value in R_SURVEY[case].items():
        assert getattr(effect, name) == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("standard_errors", ["iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1S"])
def test_a_fit_on_cells_is_the_fit_of_statsmodels_on_rows(standard_errors: str, weighted: bool) -> None:
    rows = interviews().dropna(subset="score")
    if weighted:
        rows["@weight"] = rows["weight"]
    effect = one_effect(rows, standard_errors, **FULL)
    w = rows["weight"] if weighted else np.ones(len(rows))
    model = sm.WLS(rows["score"], did_design(rows, district=True), weights=w)
    if standard_errors == "iid":
        fit = model.fit()
    elif standard_errors.startswith("HC"):
        fit = model.fit(cov_type=standard_errors, use_t=True)
    else:
        codes = rows["village"].astype("category").cat.codes
        small = {"use_correction": standard_errors == "CR1S"}
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": codes, **small}, use_t=True)
    assert effect.estimate == pytest.approx(fit.params.iloc[-1], rel=1e-10)
    assert effect.std_error == pytest.approx(fit.bse.iloc[-1], rel=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("written_out", [0, 300])
def test_cr2_and_its_degrees_of_freedom_are_those_of_full_matrices(
    weighted: bool, written_out: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bias_reduced, "WRITTEN_OUT", written_out)
    rows = interviews().dropna(subset="score")
    w = rows["weight"].to_numpy() if weighted else np.ones(len(rows))
    if weighted:
        rows["@weight"] = w
    effect = one_effect(rows, "CR2", **FULL)
    std_error, df = by_rows(
        did_design(rows, district=True), rows["score"].to_numpy(), w, rows["village"].to_numpy(), inverse_root
    )
    assert effect.std_error == pytest.approx(std_error, rel=1e-9)
    assert effect.df == pytest.approx(df, rel=1e-9)


def test_cr3_is_that_of_full_matrices() -> None:
    rows = interviews().dropna(subset="score")
    x, y = did_design(rows), rows["score"].to_numpy()
    w = np.ones(len(rows))
    std_error, _ = by_rows(x, y, w, rows["village"].to_numpy(), np.linalg.inv)
    assert one_effect(rows, "CR3", covariates=("female", "age")).std_error == pytest.approx(
        std_error, rel=1e-9
    )


def test_clusters_with_many_cells_are_treated_in_their_own_span_with_the_same_result() -> None:
    """Every age is a cell of its own, so a district has far more cells than the model has coefficients."""
    rows = interviews().dropna(subset="score")
    rows["@cluster"] = rows["district"]
    w = rows["weight"].to_numpy()
    rows["@weight"] = w
    effect = one_effect(rows, "CR2", covariates=("female", "age"))
    std_error, df = by_rows(
        did_design(rows), rows["score"].to_numpy(), w, rows["district"].to_numpy(), inverse_root
    )
    assert effect.std_error == pytest.approx(std_error, rel=1e-8)
    assert effect.df == pytest.approx(df, rel=1e-8)
    left_out = one_effect(rows.drop(columns="@weight"), "CR3", covariates=("female", "age"))
    alone, _ = by_rows(
        did_design(rows),
        rows["score"].to_numpy(),
        np.ones(len(rows)),
        rows["district"].to_numpy(),
        np.linalg.inv,
    )
    assert left_out.std_error == pytest.approx(alone, rel=1e-8)


@pytest.mark.filterwarnings("ignore")  # its own use of pandas
def test_cr1s_is_the_clustered_error_of_pyfixest() -> None:
    pyfixest = pytest.importorskip("pyfixest", reason="pyfixest is installed for benchmarks only")
    rows = interviews().dropna(subset="score")
    fit = pyfixest.feols("score ~ arm * after + female + age", rows, vcov={"CRV1": "village"})
    ours = one_effect(rows, "CR1S", covariates=("female", "age"))
    assert ours.estimate == pytest.approx(fit.coef()["arm:after"], rel=1e-9)
    assert ours.std_error == pytest.approx(fit.se()["arm:after"], rel=1e-9)


def test_cr3_does_not_exist_where_a_cluster_is_fitted_exactly() -> None:
    (effect,) = estimate(
        table(interviews()),
        Specification(
            design="difference_in_differences", outcomes=("score",), standard_errors="CR3", **VILLAGES  # type: ignore[arg-type]
        ),
    )  # fmt: skip
    assert isinstance(effect, NotEstimable)
    assert effect.code == "singular_adjustment"
    assert "CR2" in effect.remedy()


def test_columns_are_dropped_in_their_order_like_in_r() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=40), rng.normal(size=40)
    columns = np.column_stack([a, b, 2 * a - b, np.ones(40), a + 1])
    assert list(independent_columns(columns, np.sqrt((columns**2).sum(axis=0)))) == [0, 1, 3]


def test_years_far_from_zero_and_their_squares_are_not_taken_for_collinear() -> None:
    rows = interviews().dropna(subset="score")
    rows["year"] = 2000 + rows["age"] / 10
    rows["year2"] = rows["year"] ** 2
    effect = one_effect(rows, "HC1", covariates=("year", "year2"))
    centred = one_effect(
        rows.assign(year=rows["year"] - 2004, year2=(rows["year"] - 2004) ** 2),
        "HC1",
        covariates=("year", "year2"),
    )
    assert effect.df == centred.df
    assert effect.estimate == pytest.approx(centred.estimate, rel=1e-7)
    assert effect.std_error == pytest.approx(centred.std_error, rel=1e-7)


def test_infinite_degrees_of_freedom_are_the_normal_distribution() -> None:
    tested = interval(1.0, 0.5, np.inf, 0.95)
    assert tested.p_value == pytest.approx(0.04550026389635842, rel=1e-12)
    assert tested.low == pytest.approx(1 - 0.5 * 1.959963984540054, rel=1e-12)
