"""Weights that a campaign file declares: made from the answers, used by every estimate, refused where they make no sense."""

import json
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.campaign import Campaign
from campaigns.effects import EffectEstimate
from campaigns.evaluation import evaluate
from campaigns.plan_lock import plan_content, plan_sha256
from campaigns.registry import fieldwork_of, load_campaign
from campaigns.weights import weighed, weights_report
from surveys.problems import CannotProceed
from tests.campaigns.examples import CAMPAIGN, campaign_in
from tests.campaigns.made_up import REFERENCE, by_rows, interviews, inverse_root


R: dict[str, Any] = json.loads((REFERENCE / "weighting.json").read_text("utf-8"))["results"]
ONE_SITE = dedent("""\
    campaign: pilot
    title: Pilot
    instrument: kap
    waves: [{id: baseline}, {id: endline}]
    sites:
      - {id: npl, country: NPL, role: origin}
    columns: {arm: arm, cluster: village, stratum: district, weight: weight}
    outcomes:
      - {id: y, construct: attitude, column: score, better: higher, family: attitude, tier: primary, unit: points}
    analysis: {design: difference_in_differences, before: baseline, after: endline, standard_errors: CR1S}
    weights:
    """)
RAKED = """\
margins:
  - question: sex
    shares: {female: 48, male: 52}
    source: Census 2021, table 4
    date: 2021-11-25
  - question: age
    bands: {young: [18, 34], middle: [35, 49], old: [50, 65]}
    shares: {young: 450, middle: 350, old: 200}
    source: Census 2021, table 4
"""


def one_site(folder: Path, weights: str = RAKED, **replacing: str) -> Campaign:
    text = ONE_SITE + indent(weights, "  ")
    for old, new in replacing.items():
        assert old in text
        text = text.replace(old, new)
    file = folder / "pilot.yaml"
    file.write_text(text, "utf-8")
    return load_campaign(file)


def answers() -> pd.DataFrame:
    rows = interviews()
    said = rows["female"].map({1: "female", 0: "male"}).astype(object)
    return pd.DataFrame(
        {
            "@site": "npl",
            "@wave": rows["after"].map({0: "baseline", 1: "endline"}),
            "@arm": rows["@arm"],
            "@cluster": rows["village"],
            "@stratum": rows["district"],
            "@weight": rows["weight"],
            "sex": said.where(~rows["household"].str.endswith("h5"), None),
            "age": rows["age"].astype(float),
            "score": rows["score"],
        }
    )


def written(rows: pd.DataFrame, folder: Path) -> list[Path]:
    """The rows as ``surveys.columns`` writes them, one file a site and wave."""
    paths = []
    for (site, wave), part in rows.groupby(["@site", "@wave"]):
        path = folder / f"{site}-{wave}.parquet"
        pq.write_table(pa.Table.from_pandas(part, preserve_index=False), path)
        paths.append(path)
    return paths


def table(rows: pd.DataFrame) -> ibis.Table:
    return ibis.memtable(pa.Table.from_pandas(rows, preserve_index=False))


def weights_of(rows: pd.DataFrame, campaign: Campaign) -> np.ndarray:
    """The made weights in the order of the rows."""
    numbered = rows.assign(number=np.arange(len(rows)))
    made = weighed(table(numbered), campaign).to_pyarrow().to_pandas().sort_values("number")
    assert len(made) == len(rows)
    return made["@weight"].to_numpy(float)


@pytest.mark.parametrize("kind", ["CR1S", "CR2", "linearised"])
def test_estimates_under_raked_weights_are_those_of_r_on_rows(tmp_path: Path, kind: str) -> None:
    campaign = one_site(tmp_path, CR1S=kind)
    (effect,) = evaluate(campaign, written(answers(), tmp_path), as_of_upload=None, data_sha256="").effects
    assert isinstance(effect, EffectEstimate)
    assert effect.estimate == pytest.approx(R["estimates"]["estimate"], rel=1e-7)
    assert effect.std_error == pytest.approx(R["estimates"][kind], rel=1e-7)
    if kind == "CR2":
        assert effect.df == pytest.approx(R["estimates"]["CR2_df"], rel=1e-6)


@pytest.mark.parametrize("kind", ["CR1S", "CR2"])
def test_cells_give_what_rows_give_under_weights_from_the_plan_raked_and_trimmed(
    tmp_path: Path, kind: str
) -> None:
    campaign = one_site(tmp_path, f"{RAKED}{sampling()}trim: {{by: median, above: 2}}\n", CR1S=kind)
    rows = answers()
    (effect,) = evaluate(campaign, written(rows, tmp_path), as_of_upload=None, data_sha256="").effects
    assert isinstance(effect, EffectEstimate)
    w, known = weights_of(rows, campaign), rows["score"].notna().to_numpy()
    arm = (rows["@arm"] == "campaign").to_numpy(float)
    after = (rows["@wave"] == "endline").to_numpy(float)
    x = np.column_stack([np.ones(len(rows)), arm, after, arm * after])[known]
    y, w, villages = rows["score"].to_numpy()[known], w[known], rows["@cluster"].to_numpy()[known]
    beta = np.linalg.solve(x.T @ (w[:, None] * x), x.T @ (w * y))
    assert effect.estimate == pytest.approx(beta[-1], rel=1e-9)
    if kind == "CR2":
        std_error, df = by_rows(x, y, w, villages, inverse_root)
        assert (effect.std_error, effect.df) == pytest.approx((std_error, df), rel=1e-7)
    else:
        scores = pd.DataFrame(x * (w * (y - x @ beta))[:, None]).groupby(villages).sum().to_numpy()
        bread, groups, n = np.linalg.inv(x.T @ (w[:, None] * x)), len(scores), len(y)
        factor = groups / (groups - 1) * (n - 1) / (n - 4)
        variance = factor * (bread @ scores.T @ scores @ bread)[-1, -1]
        assert effect.std_error == pytest.approx(variance**0.5, rel=1e-9)


def sampling() -> str:
    """The sampling plan of the reference, as a campaign file says it, for both waves."""
    villages = pd.DataFrame(R["villages"])
    lines = ["sampling:", "  strata:"]
    for district, here in villages.groupby("district"):
        lines += [
            f"    {district}:", "      drawn: 4",
            f"      clusters_in_stratum: {here['villages_in_district'].iloc[0]}", "      clusters:",
        ]  # fmt: skip
        lines += [f"        {one.village}: {{eligible: {one.eligible}}}" for one in here.itertuples()]
    return "\n".join(lines) + "\n"


def test_weights_from_the_sampling_plan_are_those_of_r(tmp_path: Path) -> None:
    rows = answers()
    found = weights_of(rows, one_site(tmp_path, sampling()))[(rows["@wave"] == "baseline").to_numpy()]
    counted = dict(zip((one["village"] for one in R["villages"]), R["counted"], strict=True))
    expected = rows.loc[rows["@wave"] == "baseline", "@cluster"].map(counted).to_numpy(float)
    assert found == pytest.approx(expected / expected.mean(), rel=1e-12)


def test_the_order_of_rows_and_the_unit_of_weights_change_nothing(tmp_path: Path) -> None:
    campaign, rows = one_site(tmp_path), answers()
    plain = weights_of(rows, campaign)
    order = np.random.default_rng(1).permutation(len(rows))
    assert weights_of(rows.iloc[order].reset_index(drop=True), campaign) == pytest.approx(
        plain[order], rel=1e-9
    )
    assert weights_of(rows.assign(**{"@weight": rows["@weight"] * 1000}), campaign) == pytest.approx(
        plain, rel=1e-9
    )


def test_weights_depend_on_no_answer_but_those_of_the_margins_and_never_on_the_arm(tmp_path: Path) -> None:
    campaign, rows = one_site(tmp_path), answers()
    plain = weights_of(rows, campaign)
    others = rows.assign(score=0.0, **{"@arm": "campaign"})
    assert weights_of(others, campaign) == pytest.approx(plain, rel=1e-12)


def test_sites_that_declare_nothing_keep_what_the_data_say(tmp_path: Path) -> None:
    margins = "weights: {margins: [{question: sex, shares: {female: 1, male: 1}, source: Census}]}"
    campaign = campaign_in(
        tmp_path,
        {"{id: npl, country: NPL, role: origin,": f"{{id: npl, country: NPL, role: origin, {margins},"},
    )
    rows = pd.DataFrame(
        {
            "@site": ["npl"] * 4 + ["bgd"] * 2, "@wave": "baseline", "@arm": "campaign", "@cluster": "w",
            "sex": ["female", "male", "male", "male", "male", "female"],
        }
    )  # fmt: skip
    assert weights_of(rows, campaign) == pytest.approx([2.0, 2 / 3, 2 / 3, 2 / 3, 1.0, 1.0])
    assert weights_report(table(rows), campaign, site="bgd", wave="endline") is None
    plain = campaign_in(tmp_path)
    assert weights_report(table(rows), plain, site="npl", wave="baseline") is None
    assert weighed(table(rows), plain).columns == tuple(rows.columns)


def test_a_site_says_for_itself_what_the_campaign_says_for_all(tmp_path: Path) -> None:
    text = CAMPAIGN.replace(
        "{id: bgd, country: BGD, role: origin}",
        "{id: bgd, country: BGD, role: origin, weights: {margins: [{question: sex, shares: {f: 1, m: 2}, source: B}]}}",
    ) + indent("weights:\n  trim: {by: median, above: 5}\n", "")
    file = tmp_path / "pilot.yaml"
    file.write_text(text, "utf-8")
    campaign = load_campaign(file)
    npl, bgd = campaign.site("npl").weights, campaign.site("bgd").weights
    assert npl is not None
    assert bgd is not None
    assert npl.margins == ()
    assert bgd.margins[0].shares == pytest.approx({"f": 1 / 3, "m": 2 / 3})
    assert npl.trim == bgd.trim != None  # noqa: E711
    assert "sex" in fieldwork_of(campaign).extra_columns


def test_rows_without_a_usable_weight_are_counted_not_dropped(tmp_path: Path) -> None:
    campaign, rows = one_site(tmp_path), answers()
    rows.loc[:4, "@weight"] = np.nan
    made = weights_of(rows, campaign)
    assert np.isnan(made[:5]).all()
    assert np.isfinite(made[5:]).all()
    report = weights_report(table(rows), campaign, site="npl", wave="baseline")
    assert report is not None
    assert {n.code: n.values.get("count") for n in report.notes}["without_weight"] == 5
    (effect,) = evaluate(campaign, written(rows, tmp_path), as_of_upload=None, data_sha256="").effects
    assert isinstance(effect, EffectEstimate)
    assert effect.counts.n == rows["score"].iloc[5:].notna().sum()


def test_weights_are_part_of_the_locked_plan(tmp_path: Path) -> None:
    plain, other = one_site(tmp_path), one_site(tmp_path, RAKED.replace("48", "49"))
    assert plan_sha256(plan_content(plain)) != plan_sha256(plan_content(other))
    assert "weights" not in str(plan_content(campaign_in(tmp_path))["sites"])


REFUSED = {
    "margins: [{question: arm, shares: {a: 1, b: 1}, source: x}]": "margins[0].question",
    "margins: [{question: sex, shares: {a: 1, b: 0}, source: x}]": "margins[0].shares.b",
    "margins: [{question: sex, shares: {a: 1}, source: x}]": "margins[0].shares",
    "margins: [{question: sex, shares: {a: 1, b: 1}}]": "margins[0].source",
    "margins: [{question: sex, shares: {a: 1, b: 1}, source: x, answers: {c: [d]}}]": "margins[0].answers.c",
    "margins: [{question: sex, shares: {a: 1, b: 1}, source: x, answers: {a: [b]}}]": "margins[0].answers",
    "margins: [{question: age, shares: {a: 1, b: 1}, source: x, bands: {a: [1, 5], b: [5, 9]}}]": "margins[0].bands.b",
    "trim: {by: median}": "trim.above",
    "trim: {by: median, above: 0.5}": "trim.above",
    "trim: {by: percentile, above: 99}": "trim.above",
    "design: sampling": "sampling",
    "nonresponse: cluster": "nonresponse",
    "sampling: {strata: {d0: {drawn: 1, clusters: {a: {eligible: 3}}}}}": "sampling.strata.d0.clusters_in_stratum",
    "sampling: {strata: {d0: {drawn: 1, clusters_in_stratum: 4, clusters: {a: {eligible: 3}, b: {eligible: 2}}}}}": "sampling.strata.d0.drawn",
    "sampling: {strata: {d0: {drawn: 5, clusters_in_stratum: 4, clusters: {a: {eligible: 3}}}}}": "sampling.strata.d0.clusters_in_stratum",
    "sampling: {strata: {d0: {drawn: 2, size_of_stratum: 4, clusters: {a: {eligible: 3}}}}}": "sampling.strata.d0.clusters.a",
    "sampling: {strata: {d0: {eligible: 3, selected: 4}}}": "sampling.strata.d0.selected",
    "sampling: {waves: [midline], strata: {d0: {eligible: 3}}}": "sampling.waves",
    "sampling: [{strata: {d0: {eligible: 3}}}, {waves: [endline], strata: {d0: {eligible: 3}}}]": "sampling[1].waves",
    "rake: true": "rake",
}


@pytest.mark.parametrize(("said", "key"), REFUSED.items(), ids=list(REFUSED.values()))
def test_what_cannot_be_meant_is_refused_with_its_key(tmp_path: Path, said: str, key: str) -> None:
    with pytest.raises(CannotProceed) as stop:
        one_site(tmp_path, f"{said}\n")
    assert stop.value.where.endswith(f"weights.{key}"), stop.value.where
    assert stop.value.remedy


@pytest.mark.parametrize(
    ("column", "said", "key"),
    [
        (", weight: weight", "design: column", "weights.design"),
        (", cluster: village", "sampling: {strata: {d0: {drawn: 1, clusters_in_stratum: 4, clusters: {a: {eligible: 3}}}}}", "weights.sampling"),
        (", stratum: district", "sampling: {strata: {d0: {eligible: 3}, d1: {eligible: 4}}}", "weights.sampling.strata"),
        (", stratum: district", "margins: [{question: stratum, shares: {d0: 1, d1: 1}, source: x}]", "weights.margins[0].question"),
    ],
)  # fmt: skip
def test_what_needs_a_column_is_refused_without_it(tmp_path: Path, column: str, said: str, key: str) -> None:
    with pytest.raises(CannotProceed) as stop:
        one_site(tmp_path, f"{said}\n", **{column: ""})
    assert stop.value.where.endswith(key), stop.value.where
