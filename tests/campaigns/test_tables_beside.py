"""Items, codebook, flow and reporting checklists of a campaign: their numbers, their protection, their formats."""

import io
import json
from pathlib import Path

import docx
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.campaign import Campaign
from campaigns.effects import Evaluation
from campaigns.evaluation import evaluate
from campaigns.item_table import WHOLE, item_table
from campaigns.reporting import CHECKLISTS, STANDARD_OF, checklist_table, flow_table
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
    assert (row["n"], row["mean"], row["std_dev"]) == (20, 0.5, 0.513)
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
