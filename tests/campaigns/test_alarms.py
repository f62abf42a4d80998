"""What must be heard before an effect is read: attrition, unmet margins, few clusters, and the rule for don't know."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from campaigns import dont_know
from campaigns.alarms import told_alarms
from campaigns.campaign import Campaign
from campaigns.claims import evidence, sentence
from campaigns.conclusions import Kept, conclude
from campaigns.disclosure import protect
from campaigns.disclosure_policy import Policy
from campaigns.effects import EffectEstimate, Evaluation, Note
from campaigns.evaluation import evaluate
from campaigns.export import effect_table, notes_of
from campaigns.one_table import effects_of_file
from tests.campaigns.examples import campaign_in, counts, effect


COLUMNS = {"  arm: arm\n": "  arm: arm\n  respondent: id\n"}
CONTRADICTING = """
weights:
  margins:
    - {question: sex, shares: {f: 52, m: 48}, source: census}
    - {question: gender, shares: {f: 30, m: 70}, source: census}
outcomes:
"""


def panel(folder: Path) -> list[Path]:
    """Nepal, 24 wards: the campaign loses a third of its people, and those who know least; nobody else is lost."""
    random = np.random.default_rng(7)
    rows = []
    for ward in range(24):
        arm = "campaign" if ward % 2 else "comparison"
        for person in range(20):
            knows = random.random(3) < 0.4
            for wave in ("baseline", "endline"):
                if wave == "endline" and arm == "campaign" and person % 3 == 0:
                    continue
                helped = 0.25 if wave == "endline" and arm == "campaign" else 0.05
                said = np.where(knows | (random.random(3) < helped), "yes", "no")
                sex = "f" if person % 2 else "m"
                rows.append(["npl", wave, arm, f"w{ward}", f"{ward}-{person}", *said, "no", sex, sex])
    names = ["@site", "@wave", "@arm", "@cluster", "@respondent", "a", "b", "c", "blame", "sex", "gender"]
    table = pd.DataFrame(rows, columns=names)
    unsure = (table["@arm"] == "campaign") & (table["@wave"] == "endline") & (table.index % 2 == 0)
    table["a@missing"] = np.where(unsure, "dont_know", None)
    table.loc[unsure, "a"] = None
    (folder / "npl").mkdir()
    table.to_parquet(folder / "npl" / "all.parquet")
    return [folder / "npl" / "all.parquet"]


def evaluated(campaign: Campaign, answers: list[Path], kept: Kept | None = None) -> Evaluation:
    return protect(conclude(campaign, answers, as_of_upload=1, data_sha256="x", kept=kept))


def at_nepal(found: Evaluation) -> EffectEstimate:
    first = found.effects_of("signs")[0]
    assert isinstance(first, EffectEstimate)
    return first


def test_attrition_is_told_beside_the_effect_and_above_all_and_lessens_its_grade(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path, COLUMNS)
    found = evaluated(campaign, panel(tmp_path))
    mine = at_nepal(found)
    assert "attrition_differential" in [note.code for note in mine.caveats]
    said = next(note for note in mine.caveats if note.code == "attrition_differential").say("en")
    assert "campaign 35%, comparison 0%" in said
    assert "evidence_attrition" in [note.code for note in evidence(mine).reasons]
    assert "Attrition: in Nepal" in " ".join(notes_of(found))
    assert "이탈 경고: 네팔" in " ".join(told_alarms(found, "ko"))
    told = effect_table(found).set_index(["outcome", "site"]).loc[("signs", "npl"), "caveats"]
    assert said in told


def test_margins_that_cannot_hold_together_are_told_beside_the_estimates(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path, COLUMNS | {"outcomes:\n": CONTRADICTING})
    found = evaluated(campaign, panel(tmp_path))
    notes = [note for note in at_nepal(found).caveats if note.code == "weights_not_converged"]
    assert [note.values["wave"] for note in notes] == ["baseline", "endline"]
    assert "percentage points off" in notes[0].say("en")
    assert 1 < float(str(notes[0].values["gap"])) < 25
    assert any(line.startswith("Weights: in Nepal") for line in told_alarms(found, "en"))


def test_the_other_rule_for_dont_know_stands_beside_the_planned_one(tmp_path: Path) -> None:
    answers, campaign = panel(tmp_path), campaign_in(tmp_path, COLUMNS)
    turned = replace(
        campaign.outcome("signs"), score=replace(campaign.outcome("signs").score, dont_know="missing")
    )
    other = evaluate(replace(campaign, outcomes=(turned,)), answers, as_of_upload=1, data_sha256="x")
    note = next(
        note for note in at_nepal(evaluated(campaign, answers)).caveats if note.code == "dont_know_incorrect"
    )
    assert note.values["other"] == f"{at_nepal(other).estimate:+.3f}"
    assert not any(
        "dont_know" in n.code for n in evaluated(campaign, answers).effects_of("stigma")[0].caveats
    )


def test_an_estimate_of_a_file_shows_both_rules_and_says_when_they_disagree(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {"arm": [1] * 200 + [0] * 200, "k": ["b"] * 120 + ["a"] * 80 + ["b"] * 90 + ["a"] * 30 + ["dk"] * 80}
    )
    table.to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "p.yaml").write_text(
        "outcomes: [{id: knows, score: {proportion_correct: {k: b}}}]\nmissing_codes: {dk: dont_know}\n"
        'columns: {arm: {column: arm, campaign: "1", comparison: "0"}}\n'
        "analysis: {design: randomised, standard_errors: HC2}\n",
        "utf-8",
    )
    (found,) = effects_of_file(tmp_path / "p.yaml", tmp_path / "d.csv").effects
    assert found.caveats[-3].values["other"] == f"{120 / 200 - 90 / 120:+.3f}"
    assert [note.code for note in found.caveats[-3:-1]] == ["dont_know_incorrect", "dont_know_decides"]


@pytest.mark.parametrize(
    ("caveats", "verb"),
    [
        ([], "without the campaign"),
        (["attrition_differential"], "without the campaign"),
        (["attrition_differential", "attrition_sign_open"], "comparison areas"),
        (["clusters_ignored"], "comparison areas"),
        (["asked_differently", "dont_know_decides"], "comparison areas"),
    ],
)
def test_a_trial_with_trouble_speaks_no_louder_than_its_grade(
    tmp_path: Path, caveats: list[str], verb: str
) -> None:
    campaign = campaign_in(tmp_path)
    trial = effect("npl", 0.1, design="randomised", estimand="ITT")
    troubled = replace(trial, caveats=tuple(Note(code=code) for code in caveats))
    assert verb in sentence(troubled, campaign.outcome("signs"), campaign.site("npl"), "en")


def test_an_effect_on_those_who_took_part_is_not_told_of_everybody(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    where = (campaign.outcome("signs"), campaign.site("npl"))
    takers = effect("npl", 0.1, design="encouragement", estimand="LATE")
    assert "among those whom the invitation brought" in sentence(takers, *where, "en")
    few = replace(takers, counts=counts(clusters=4))
    assert "need not be the cause" in sentence(few, *where, "en")


def test_a_confidence_of_99_percent_binds_the_sentence_too(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    found = replace(effect("npl", 0.1, 0.02), p_adjusted=0.03)
    where = (campaign.outcome("signs"), campaign.site("npl"), "en")
    assert "leave open" not in sentence(found, *where)
    assert "leave open" in sentence(found, *where, 0.99)


def test_of_two_tests_that_disagree_the_larger_p_is_believed(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    signs, stigma, site = campaign.outcome("signs"), campaign.outcome("stigma"), campaign.site("npl")
    for code in ("few_bootstrap_beside", "few_randomisation", "few_fragile_bootstrap", "few_nothing"):
        told = [Note(code=code, values={"p": p}) for p in ("0.21", "0.02")]
        doubtful, sure = (replace(effect("npl", 0.1, 0.02), caveats=(note,)) for note in told)
        assert "leave open" in sentence(doubtful, signs, site, "en")
        assert "leave open" not in sentence(sure, signs, site, "en")
        harm = replace(effect("npl", 0.1, 0.02, outcome="stigma"), caveats=(told[0],))
        assert "wrong direction" in sentence(harm, stigma, site, "en")


def test_the_other_rule_is_left_out_where_it_rests_on_too_few(tmp_path: Path) -> None:
    answers, campaign = panel(tmp_path), campaign_in(tmp_path, COLUMNS)
    exact = evaluate(campaign, answers, as_of_upload=1, data_sha256="x")
    beside = dont_know.of_campaign(exact, answers, Policy(respondents=10_000))
    assert not any("dont_know" in note.code for note in beside.effects_of("signs")[0].caveats)


def test_what_is_kept_of_a_site_is_said_again_and_told_anew_when_its_answers_change(tmp_path: Path) -> None:
    answers, campaign, kept = panel(tmp_path), campaign_in(tmp_path, COLUMNS), Kept()
    once = evaluated(campaign, answers, kept)
    made = dict(kept.notes[campaign.id])
    assert made
    assert evaluated(campaign, answers, kept).effects == once.effects == evaluated(campaign, answers).effects
    assert all(kept.notes[campaign.id][key] is notes for key, notes in made.items())
    table = pd.read_parquet(answers[0])
    persons = table["@respondent"].str.split("-").str[1].astype(int)
    table[(table["@wave"] == "baseline") | (persons % 3 != 0)].to_parquet(
        answers[0]
    )  # both arms lose the same
    again = at_nepal(evaluated(campaign, answers, kept))
    assert "attrition_differential" not in [note.code for note in again.caveats]
    assert not made.keys() & kept.notes[campaign.id].keys()
