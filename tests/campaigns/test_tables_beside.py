"""Items, codebook, flow and reporting checklists of a campaign: their numbers, their protection, their formats."""

import io
import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.baseline import baseline_of
from campaigns.campaign import Campaign, Quota
from campaigns.effects import Evaluation
from campaigns.evaluation import evaluate
from campaigns.flow import flow_table, primary_outcome, scores_of
from campaigns.item_table import WHOLE, item_table
from campaigns.reporting import CHECKLISTS, STANDARD_OF, checklist_table
from campaigns.tables_beside import BESIDE_FORMATS, TABLES_BESIDE, table_beside
from tests.campaigns.examples import campaign_in


def _answers(folder: Path) -> list[Path]:
    """Two sites; at the second one, an arm of six people before."""
    rows = []
    for site, size in (("npl", 20), ("tha", 6)):
        for wave in ("baseline", "endline"):
            for arm in ("campaign", "comparison"):
                for number in range(size):
                    gone = number == 0 and wave == "endline"
                    rows.append(
                        {
                            "@site": site, "@wave": wave, "@arm": arm, "@respondent": None, "@weight": None,
                            "@cluster": f"{arm}-{number % 4 + (wave == 'endline')}", "@stratum": None,
                            **{item: "yes" if (number + place) % 3 else "no" for place, item in enumerate("abc")},
                            **{f"{item}@missing": None for item in "abc"},
                            "blame": None if gone else "yes" if number % 2 else "no",
                            "blame@missing": "dont_know" if gone else None,
                        }
                    )  # fmt: skip
    frame = pd.DataFrame(rows)
    for item in "ab":  # one person of a site and arm answered too little to be scored
        first = (frame["@site"] == "npl") & (frame["@wave"] == "endline") & (frame["@arm"] == "campaign")
        frame.loc[frame.index[first][:7], [item, f"{item}@missing"]] = [None, "refused"]
    path = folder / "answers.parquet"
    schema = pa.schema([(name, pa.float64() if name == "@weight" else pa.string()) for name in frame.columns])
    pq.write_table(pa.Table.from_pandas(frame, schema, preserve_index=False), path)
    return [path]


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return _answers(tmp_path_factory.mktemp("answers"))


@pytest.fixture(scope="module")
def evaluation(campaign: Campaign, answers: list[Path]) -> Evaluation:
    return evaluate(campaign, answers, as_of_upload=1, data_sha256="d" * 64)


def test_items_and_outcomes_have_their_means_by_arm_and_wave(campaign: Campaign, answers: list[Path]) -> None:
    found = item_table(campaign, answers).set_index(["outcome", "item", "site", "wave", "arm"])
    row = found.loc[("stigma", WHOLE, "npl", "baseline", "campaign")]
    assert (row["n"], row["mean"], row["std_dev"]) == (20, 0.5, 0.5)
    item = found.loc[("stigma", "blame", "npl", "endline", "campaign")]
    assert (item["n"], item["share_dont_know"], item["share_refused"]) == (20, 0.05, 0.0)
    refused = found.loc[("signs", "a", "npl", "endline", "campaign")]
    assert (refused["n"], refused["share_refused"]) == (15, 0.35)


def test_items_of_small_groups_are_withheld(campaign: Campaign, answers: list[Path]) -> None:
    found = item_table(campaign, answers)
    small = found[found["site"] == "tha"]
    assert len(small)
    assert small["withheld"].eq("<10").all()
    assert small[["n", "mean", "std_dev", "share_dont_know"]].isna().all(axis=None)


def test_the_flow_adds_up(campaign: Campaign, answers: list[Path]) -> None:
    flow = flow_table(campaign, answers)
    shown = flow[flow["withheld"].isna() & (flow["people_before"] > 0)]
    assert len(shown) == 2
    for _, row in shown.iterrows():
        for wave in ("before", "after"):
            assert row[f"people_{wave}"] == row[f"analysed_{wave}"] + row[f"not_analysed_{wave}"]
        assert row["clusters_after"] == row["clusters_before"] - row["clusters_lost"] + row["clusters_added"]
        assert (row["clusters_lost"], row["clusters_added"]) == (1, 1)
    campaign_arm = shown[shown["arm"] == "campaign"].iloc[0]
    assert (campaign_arm["analysed_after"], campaign_arm["not_analysed_after"]) == (15, 5)
    assert flow[flow["site"] == "tha"]["withheld"].eq("<10").all()


def _changed(answers: list[Path], folder: Path, **columns: list[object]) -> list[Path]:
    frame = pq.read_table(answers[0]).to_pandas().assign(**columns)
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "answers.parquet")
    return [folder / "answers.parquet"]


def test_a_panel_tells_who_was_followed_lost_and_new_by_arm(
    campaign: Campaign, answers: list[Path], tmp_path: Path
) -> None:
    rows = pq.read_table(answers[0]).to_pandas()
    place = rows.groupby(["@site", "@wave", "@arm"]).cumcount()
    lost = (rows["@arm"] == "campaign") & (rows["@wave"] == "endline") & (place < 10)
    person = rows["@site"] + rows["@arm"] + place.astype(str)
    panel = _changed(answers, tmp_path, **{"@respondent": person.mask(lost, "new-" + person).tolist()})
    campaign = replace(campaign, columns=replace(campaign.columns, respondent="person"))
    flow = flow_table(campaign, panel).set_index(["site", "arm"])
    assert flow.loc[("npl", "campaign"), ["people_followed", "people_lost", "people_new"]].tolist() == [
        10,
        10,
        10,
    ]
    assert flow.loc[("npl", "comparison"), ["people_followed", "people_lost", "people_new"]].tolist() == [
        20,
        0,
        0,
    ]
    assert flow_table(campaign, answers)["people_followed"].isna().all()
    evaluation = evaluate(campaign, panel, as_of_upload=1, data_sha256="d" * 64)
    told = checklist_table(evaluation, flow.reset_index(), "en").set_index("item").loc["12", "report"]
    assert "10 were followed and 10 lost; 10 after were new" in told


def test_clusters_that_were_assigned_and_have_no_interviews_are_counted(
    campaign: Campaign, answers: list[Path]
) -> None:
    quotas = tuple(
        Quota(by={"arm": arm, "cluster": f"{arm}-{number}"}, wave="endline", target=5)
        for arm, clusters in (("campaign", (0, 1, 7, 8)), ("comparison", (0, 9)))
        for number in clusters
    )
    sites = tuple(replace(site, quotas=quotas) if site.id == "npl" else site for site in campaign.sites)
    flow = flow_table(replace(campaign, sites=sites), answers).set_index(["site", "arm"])
    assert flow.loc[("npl", "campaign"), "clusters_without_interviews"] == 2
    assert flow.loc[("npl", "comparison"), "clusters_without_interviews"] == 1


def test_the_baseline_has_the_intracluster_correlation_of_the_first_primary_outcome(
    campaign: Campaign, evaluation: Evaluation, answers: list[Path], tmp_path: Path
) -> None:
    said = np.random.default_rng(2).choice(["yes", "no"], (len(pq.read_table(answers[0])), 3))
    answers = _changed(answers, tmp_path, **{item: said[:, at].tolist() for at, item in enumerate("abc")})
    found = baseline_of(evaluation, answers)
    assert set(found.clusters) == {"npl"}  # at the other site too few people may be shown
    one = found.clusters["npl"]
    people = scores_of(campaign, answers)
    own = people[(people["@site"] == "npl") & (people["@wave"] == "baseline")]
    outcome, size = primary_outcome(campaign).id, 5  # balanced: 4 clusters of 5 in either arm
    groups = own.groupby(["@arm", "@cluster"])[outcome]
    means = groups.mean().groupby("@arm").var(ddof=1).mean() * size
    within = groups.var(ddof=1).mean()
    assert one.clusters == 8
    assert one.icc == pytest.approx((means - within) / (means + (size - 1) * within), abs=5e-4)
    report = checklist_table(evaluation, flow_table(campaign, answers), "en", found).set_index("item")
    assert f"{one.icc:.3f}" in report.loc["17", "report"]
    assert report.loc["14", "recorded"]


ITEMS = {"CONSORT": 37, "TREND": 22, "STROBE": 22}


@pytest.mark.parametrize("standard", list(ITEMS))
def test_a_checklist_has_every_item_of_its_standard(standard: str) -> None:
    items = list(CHECKLISTS[standard])
    assert len(items) == ITEMS[standard] + (2 if standard == "CONSORT" else 0)  # 10a to 10c of cluster trials
    numbers = [int(item.rstrip("abc")) for item in items]
    assert sorted(set(numbers)) == list(range(1, max(numbers) + 1))
    assert numbers == sorted(numbers)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="TeX is not installed")
@pytest.mark.parametrize(("language", "engine"), [("en", "pdflatex"), ("ko", "xelatex")])
def test_every_table_compiles_and_fits_on_the_page(
    evaluation: Evaluation, answers: list[Path], tmp_path: Path, language: str, engine: str
) -> None:
    for name in TABLES_BESIDE:
        one = table_beside(name, evaluation, answers, instrument=None, language=language)
        (tmp_path / f"{name}.tex").write_bytes(BESIDE_FORMATS["tex"](one))
        command = [engine, "-interaction=nonstopmode", f"{name}.tex"]
        run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
        said = run.stdout.decode("utf-8", "replace")
        assert run.returncode == 0, said[-2000:]
        assert [
            float(wide) for wide in re.findall(r"Overfull \\hbox \((\S+)pt", said) if float(wide) > 15
        ] == []
        assert "Missing character" not in said


def test_the_checklist_is_that_of_the_design_and_says_what_is_not_recorded(
    evaluation: Evaluation, campaign: Campaign, answers: list[Path]
) -> None:
    flow = flow_table(campaign, answers)
    for language, unknown in (
        ("en", "Not recorded by the platform."),
        ("ko", "플랫폼에 기록되지 않는 항목입니다."),
    ):
        found = checklist_table(evaluation, flow, language).set_index("item")
        assert set(found["standard"]) == {"TREND"}
        assert found.loc["9", "report"] == unknown
        assert not found.loc["9", "recorded"]
        assert "15" in found.loc["12", "report"]
        assert found.loc["1", "recorded"]
    assert set(STANDARD_OF.values()) == set(CHECKLISTS)


@pytest.mark.parametrize("name", list(TABLES_BESIDE))
def test_every_table_comes_in_every_format(evaluation: Evaluation, answers: list[Path], name: str) -> None:
    one = table_beside(name, evaluation, answers, instrument=None, language="ko")
    content = {kind: write(one) for kind, write in BESIDE_FORMATS.items()}
    assert len(pd.read_csv(io.BytesIO(content["csv"]))) == len(one.table) == len(json.loads(content["json"]))
    document = docx.Document(io.BytesIO(content["docx"]))
    assert len(document.tables[0].rows) == len(one.table) + 1
    markdown = content["md"].decode().splitlines()
    assert sum(line.startswith("|") for line in markdown) == len(one.table) + 2


def test_the_codebook_tells_how_an_outcome_is_scored(evaluation: Evaluation, answers: list[Path]) -> None:
    one = table_beside("codebook", evaluation, answers, instrument=None, language="en")
    entry = one.table.set_index("variable").loc["signs"]
    assert entry["label_ko"] == "위험 징후 두 가지를 앎"
    assert entry["scoring"].startswith("at_least; at least 2")
    assert (entry["direction"], entry["source"]) == ("higher", "a b c")
    assert {"a", "b", "c", "blame"} <= set(one.table["variable"])
