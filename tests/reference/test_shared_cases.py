"""Real data with numbers that R computed: a plan and the file as an evaluator would give them."""

import gzip
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest
import statsmodels.api as sm

from campaigns.effects import EffectEstimate, NotEstimable
from campaigns.one_table import effects_of_file
from tests.shared import SHARED, needs_shared


pytestmark = needs_shared

WAVE = "wave: {{column: {0}, before: {1}, after: {2}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One number of a case and the plan that must give it."""

    folder: str
    id: str
    outcome: str
    columns: str
    analysis: str
    where: str = ""
    subgroup: str | None = None
    names: tuple[str, ...] = field(
        default=("estimate", "std_error", "df", "statistic", "p_value", "conf_low", "conf_high")
    )

    @property
    def plan(self) -> str:
        text = f"outcomes: [{{id: y, column: {self.outcome}}}]\ncolumns: {{{self.columns}}}\nanalysis: {{{self.analysis}}}\n"
        return text + (f"where: {{{self.where}}}\n" if self.where else "")


IN_R = {"std_error": "se", "conf_low": "ci_low", "conf_high": "ci_high"}
ONLY_SE = ("estimate", "std_error")  # a plain CR2 of the case has no Satterthwaite df


def kielmc() -> Iterator[Case]:
    columns = WAVE.format("y81", 0, 1) + ", arm: {column: nearinc, campaign: 1, comparison: 0}"
    models = {"nocov": "", "age": "age, agesq", "full": "age, agesq, intst, land, area, rooms, baths"}
    for model, covariates in models.items():
        for kind in ("classical", "HC1", "HC2", "HC3"):
            chosen = "iid" if kind == "classical" else kind
            yield Case(
                folder="did_kielmc",
                id=f"{model}_{kind}",
                outcome="rprice",
                columns=columns,
                analysis=f"design: difference_in_differences, covariates: [{covariates}], standard_errors: {chosen}",
            )


def kinds(*names: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The ids' endings, the standard errors they stand for, and what to compare."""
    for name in names:
        yield name, name, ONLY_SE if name == "CR2" else Case.__dataclass_fields__["names"].default
    yield "CR2_satterthwaite", "CR2", Case.__dataclass_fields__["names"].default


def schools() -> Iterator[Case]:
    arm = "arm: {column: treated, campaign: 1, comparison: 0}, cluster: school_id"
    girls, two_years = "sex: Girl", WAVE.format("year", 2000, 2001)
    covariates = "qrtl, siblings, immigrant, father_ed, mother_ed"
    models = {
        "did_girls_2000_2001": (two_years, girls, ""),
        "did_all_years": (WAVE.format("year", "[1999, 2000]", "[2001, 2002]"), "", ""),
        "did_girls_schoolFE_covariates": (
            two_years,
            girls,
            f", covariates: [{covariates}], fixed_effects: [school_id]",
        ),
    }
    for model, (wave, where, more) in models.items():
        for ending, chosen, names in kinds("CR0", "CR1", "CR1S", "CR2", "CR3"):
            if model.endswith("covariates") and chosen == "CR3":
                continue  # does not exist: tested below
            yield Case(
                folder="did_cluster_cr",
                id=f"{model}_{ending}",
                outcome="Bagrut_status",
                columns=f"{wave}, {arm}",
                where=where,
                analysis=f"design: difference_in_differences, standard_errors: {chosen}{more}",
                names=names,
            )


def sessions() -> Iterator[Case]:
    village = ", fixed_effects: [village]"
    models = {
        "raw": ("address", ""),
        "fe": ("address", village),
        "fe_covariates": ("address", f"{village}, covariates: [male, age, agpop, ricearea_2010, literacy]"),
        "clustered_by_village": ("village", village),
    }
    yield Case(
        folder="cluster_fe_social_insure",
        id="two_way_CR0_raw",
        outcome="takeup_survey",
        columns="arm: {column: intensive, campaign: 1, comparison: 0}, cluster: [address, village]",
        analysis="design: randomised, standard_errors: CR0",
        names=ONLY_SE,
    )
    for model, (cluster, more) in models.items():
        for ending, chosen, names in kinds("CR1", "CR1S", "CR2"):
            yield Case(
                folder="cluster_fe_social_insure",
                id=f"{model}_intensive_{ending}",
                outcome="takeup_survey",
                columns=f"arm: {{column: intensive, campaign: 1, comparison: 0}}, cluster: {cluster}",
                analysis=f"design: randomised, standard_errors: {chosen}{more}",
                names=names,
            )


def vocabulary() -> Iterator[Case]:
    columns = "wave: {column: wave, before: pre, after: post}"
    for kind in ("HC0", "HC1", "HC2", "HC3"):
        yield Case(
            folder="prepost_independent",
            id=f"ols_{kind}",
            outcome="vocab",
            columns=columns,
            analysis=f"design: pre_post, standard_errors: {kind}",
        )
    yield Case(
        folder="prepost_independent",
        id="ols_adjusted_HC2",
        outcome="vocab",
        columns=columns,
        analysis="design: pre_post, standard_errors: HC2, covariates: [age, educ, {categorical: gender}]",
    )


def trial() -> Iterator[Case]:
    arm = "arm: {column: treatment, campaign: BtheB, comparison: TAU}"
    for month in ("2m", "3m", "5m", "8m"):
        for name, more, design, chosen in (
            ("post_only", "", "randomised", "HC2"),
            ("ancova", ", baseline: bdi.pre", "ancova", "HC2"),
            ("ancova", ", baseline: bdi.pre", "ancova", "iid"),
        ):
            yield Case(
                folder="ancova_btheb",
                id=f"{name}_{month}_{'classical' if chosen == 'iid' else chosen}",
                outcome=f"bdi.{month}",
                columns=arm + more,
                analysis=f"design: {design}, standard_errors: {chosen}",
            )


def api() -> Iterator[Case]:
    columns = "baseline: api99, stratum: stype, weight: pw"
    for ending, more in (("fpc", ", fpc: fpc"), ("nofpc", "")):
        yield Case(
            folder="prepost_svy_stratified",
            id=f"mean_change_{ending}",
            outcome="api00",
            columns=columns + more,
            analysis="design: paired_pre_post, standard_errors: linearised",
        )
    for level in "EHM":
        yield Case(
            folder="prepost_svy_stratified",
            id=f"change_{level}_fpc",
            outcome="api00",
            columns=f"{columns}, fpc: fpc",
            analysis="design: paired_pre_post, standard_errors: linearised, subgroups: [stype]",
            subgroup=f"stype={level}",
        )


CASES = [*kielmc(), *schools(), *sessions(), *vocabulary(), *trial(), *api()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.folder}-{case.id}")
def test_a_plan_gives_the_number_that_r_gives(case: Case, tmp_path: Path) -> None:
    folder = SHARED / "reference" / case.folder
    expected = json.loads((folder / "expected.json").read_text("utf-8"))["results"][case.id]
    plan = tmp_path / "plan.yaml"
    plan.write_text(case.plan, "utf-8")
    found = effects_of_file(plan, folder / "data.csv").effects
    (effect,) = [each for each in found if each.subject.subgroup == case.subgroup]
    assert isinstance(effect, EffectEstimate), effect
    for name in case.names:
        value = expected[IN_R.get(name, name)]
        value = math.inf if value == "Inf" else value
        assert getattr(effect, name) == pytest.approx(value, rel=1e-6), name


def test_cr3_with_school_effects_does_not_exist_and_says_so(tmp_path: Path) -> None:
    case = next(c for c in CASES if c.id == "did_girls_schoolFE_covariates_CR1S")
    plan = tmp_path / "plan.yaml"
    plan.write_text(case.plan.replace("CR1S", "CR3"), "utf-8")
    (effect,) = effects_of_file(plan, SHARED / "reference" / case.folder / "data.csv").effects
    assert isinstance(effect, NotEstimable)
    assert effect.code == "singular_adjustment"


METAKETA = """
outcomes: [{id: correct, column: correct}]
columns: {site: ctry, arm: {column: treat, campaign: "1", comparison: "0"}, cluster: cl}
analysis: {design: randomised, fixed_effects: [fe], standard_errors: CR2}
"""


def test_six_information_campaigns_are_estimated_study_by_study_blocks_clusters_and_all(
    tmp_path: Path,
) -> None:
    data = SHARED / "studies" / "h41_metaketa_recall" / "data.csv.gz"
    plan = tmp_path / "plan.yaml"
    plan.write_text(METAKETA, "utf-8")
    found = {effect.subject.site: effect for effect in effects_of_file(plan, data).effects}
    assert list(found) == ["ben", "bf", "brz", "mex", "ug1", "ug2"]
    assert isinstance(found["bf"], NotEstimable)
    largest = found["ug2"]
    assert isinstance(largest, EffectEstimate)
    assert (largest.counts.n, largest.counts.n_clusters) == (24780, 12390)

    plan.write_text(METAKETA.replace("CR2", "CR1S"), "utf-8")
    plain = {effect.subject.site: effect for effect in effects_of_file(plan, data).effects}
    with gzip.open(data) as content:
        rows = pd.read_csv(content, low_memory=False)
    for study in ("ben", "mex", "ug1"):
        used = rows[rows["ctry"] == study].dropna(subset=["correct", "treat"])
        design = pd.get_dummies(used["fe"], dtype=float).assign(treat=used["treat"])
        fit = sm.OLS(used["correct"], design).fit(
            cov_type="cluster", cov_kwds={"groups": used["cl"].astype("category").cat.codes}, use_t=True
        )
        effect = plain[study]
        assert isinstance(effect, EffectEstimate)
        assert effect.estimate == pytest.approx(fit.params["treat"], rel=1e-9)
        assert effect.std_error == pytest.approx(fit.bse["treat"], rel=1e-9)
        assert effect.p_value == pytest.approx(fit.pvalues["treat"], rel=1e-8)
