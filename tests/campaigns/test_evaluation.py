"""From files of answers to conclusions: an evaluation checked against plain arithmetic on the same rows."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.campaign import Campaign
from campaigns.disclosure import protect
from campaigns.effects import EffectEstimate, Evaluation, NotEstimable
from campaigns.effects_of_sites import KeptEffects
from campaigns.evaluation import evaluate
from campaigns.multiplicity import adjusted
from surveys.columns import fingerprint
from tests.campaigns.examples import campaign_in


EFFECTS = {"npl": 0.25, "bgd": 0.1, "tha": 0.0, "idn": 0.2}


def interviews(site: str, effect: float, random: np.random.Generator) -> pd.DataFrame:
    """Twenty wards of a site, half of them with the campaign, thirty people a ward and wave."""
    frames = []
    for ward in range(20):
        arm, base = ("campaign" if ward % 2 else "comparison"), 0.35 + random.normal(0, 0.03)
        for wave in ("baseline", "endline"):
            raised = effect if (arm, wave) == ("campaign", "endline") else 0.0
            knows = random.random((30, 3)) < base + raised
            answers = np.where(knows, "yes", "no").astype(object)
            unsure = random.random((30, 3)) < 0.05
            reasons = np.where(unsure, "dont_know", None)
            frame = pd.DataFrame(
                {"@site": site, "@wave": wave, "@arm": arm, "@cluster": f"{site}-{ward}"}, index=range(30)
            )
            for column, item in enumerate("abc"):
                frame[item] = np.where(unsure[:, column], None, answers[:, column])
                frame[f"{item}@missing"] = reasons[:, column]
            frame["blame"] = random.choice(["yes", "no"], 30)
            frame["sex"] = random.choice(["female", "male"], 30)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    random = np.random.default_rng(11)
    return pd.concat(
        [interviews(site, effect, random) for site, effect in EFFECTS.items()], ignore_index=True
    )


@pytest.fixture(scope="module")
def files(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("columns")
    found = []
    for (site, wave), part in rows.groupby(["@site", "@wave"]):
        path = folder / f"{site}-{wave}.parquet"
        pq.write_table(pa.Table.from_pandas(part, preserve_index=False), path)
        found.append(path)
    return found


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(
        tmp_path_factory.mktemp("campaign"),
        {"role: transit}\n  - {id: kor": "role: transit, design: pre_post}\n  - {id: kor",
         "family: harm\n": "family: knowledge\n", "  before: baseline": "  subgroups: [sex]\n  before: baseline"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def evaluation(campaign: Campaign, files: list[Path]) -> Evaluation:
    return evaluate(campaign, files, as_of_upload=3, data_sha256=fingerprint(files))


def knows(rows: pd.DataFrame) -> pd.Series:
    return (rows[["a", "b", "c"]] == "yes").sum(axis=1) >= 2


def share(rows: pd.DataFrame, site: str, arm: str, wave: str) -> float:
    chosen = rows[(rows["@site"] == site) & (rows["@arm"] == arm) & (rows["@wave"] == wave)]
    return float(knows(chosen).mean())


def effects_at(evaluation: Evaluation, outcome: str) -> dict[str | None, EffectEstimate]:
    return {e.subject.site: e for e in evaluation.effects_of(outcome) if isinstance(e, EffectEstimate)}


@pytest.mark.parametrize("site", ["npl", "bgd", "tha"])
def test_a_difference_in_differences_is_the_difference_of_four_shares(
    evaluation: Evaluation, rows: pd.DataFrame, site: str
) -> None:
    found = effects_at(evaluation, "signs")[site]
    campaign_change = share(rows, site, "campaign", "endline") - share(rows, site, "campaign", "baseline")
    comparison_change = share(rows, site, "comparison", "endline") - share(
        rows, site, "comparison", "baseline"
    )
    assert found.estimate == pytest.approx(campaign_change - comparison_change, abs=1e-12)
    assert found.subject.estimand == "ATT"
    assert found.counts.n == 1200
    assert found.counts.n_clusters == 20


def test_a_site_may_have_a_design_of_its_own_and_is_then_not_averaged(
    evaluation: Evaluation, rows: pd.DataFrame
) -> None:
    found = effects_at(evaluation, "signs")["idn"]
    assert (found.subject.design, found.subject.estimand) == ("pre_post", "change")
    change = share(rows, "idn", "campaign", "endline") - share(rows, "idn", "campaign", "baseline")
    assert found.estimate == pytest.approx(change, abs=1e-12)
    transit = next(p for p in evaluation.pools if (p.outcome, p.role) == ("signs", "transit"))
    assert transit.sites == ("tha",)
    assert transit.left_out["idn"].code == "left_out_change"


def test_a_site_without_interviews_has_a_reason_instead_of_a_number(evaluation: Evaluation) -> None:
    kor = [e for e in evaluation.effects_of("signs") if e.subject.site == "kor"]
    assert len(kor) == 1
    assert isinstance(kor[0], NotEstimable)
    for language in ("en", "ko"):
        assert kor[0].reason(language)
        assert kor[0].remedy(language)


def test_p_values_are_adjusted_within_family_and_site(evaluation: Evaluation) -> None:
    signs, stigma = (effects_at(evaluation, outcome) for outcome in ("signs", "stigma"))
    for site in ("npl", "bgd", "tha", "idn"):
        expected = adjusted([signs[site].p_value, stigma[site].p_value], "holm")
        assert [signs[site].p_adjusted, stigma[site].p_adjusted] == expected


def test_a_campaign_may_draw_its_families_together_and_averages_take_holms(
    campaign: Campaign, evaluation: Evaluation, files: list[Path]
) -> None:
    analysis = replace(campaign.analysis, multiplicity="westfall_young", draws=199)
    dealt = evaluate(replace(campaign, analysis=analysis), files, as_of_upload=3, data_sha256="x")
    signs, before = effects_at(dealt, "signs"), effects_at(evaluation, "signs")
    codes = {site: [note.code for note in effect.caveats] for site, effect in signs.items()}
    assert "step_down_every_assignment" in codes["npl"]
    whole = float(signs["npl"].p_adjusted or 0) * math.comb(20, 10)
    assert whole == pytest.approx(round(whole), abs=1e-6)
    assert "step_down_by_holm" in codes["idn"]  # before and after alone: there are no arms to deal
    assert signs["idn"].p_adjusted == before["idn"].p_adjusted
    of_sex = [e for e in dealt.effects if e.subject.subgroup and isinstance(e, EffectEstimate)]
    assert of_sex
    assert all(effect.p_adjusted is None for effect in of_sex)
    assert [p.p_adjusted for p in dealt.pools] == [p.p_adjusted for p in evaluation.pools]


def test_an_average_is_the_mean_of_its_sites(evaluation: Evaluation) -> None:
    found = effects_at(evaluation, "signs")
    origin = next(p for p in evaluation.pools if (p.outcome, p.role) == ("signs", "origin"))
    assert origin.average is not None
    assert origin.average.estimate == pytest.approx((found["npl"].estimate + found["bgd"].estimate) / 2)
    assert origin.average.std_error == pytest.approx(
        np.hypot(found["npl"].std_error, found["bgd"].std_error) / 2
    )
    assert origin.random_effects is None
    assert origin.verdict == "effect"


def test_contrasts_compare_averages_and_say_that_one_site_is_no_role(evaluation: Evaluation) -> None:
    contrast = next(c for c in evaluation.contrasts if c.outcome == "signs")
    found = effects_at(evaluation, "signs")
    assert (contrast.first, contrast.second) == ("origin", "transit")
    mean = (found["npl"].estimate + found["bgd"].estimate) / 2
    assert contrast.estimate == pytest.approx(mean - found["tha"].estimate)
    assert [note.code for note in contrast.caveats] == ["campaigns_not_roles"]


def test_subgroups_are_estimated_beside_and_add_up(evaluation: Evaluation) -> None:
    parts = [
        e
        for e in evaluation.effects
        if e.subject.outcome == "signs" and e.subject.site == "npl" and e.subject.subgroup
    ]
    assert {e.subject.subgroup for e in parts} == {"sex=female", "sex=male"}
    assert sum(e.counts.n for e in parts if e.counts) == 1200


def test_the_order_of_files_and_rows_changes_nothing(
    campaign: Campaign, files: list[Path], rows: pd.DataFrame, evaluation: Evaluation, tmp_path: Path
) -> None:
    shuffled = rows.sample(frac=1, random_state=1)
    path = tmp_path / "all.parquet"
    pq.write_table(pa.Table.from_pandas(shuffled, preserve_index=False), path)
    for other in (list(reversed(files)), [path]):
        again = evaluate(campaign, other, as_of_upload=3, data_sha256="x")
        for one, two in zip(evaluation.effects, again.effects, strict=True):
            assert one.subject == two.subject
            if isinstance(one, EffectEstimate) and isinstance(two, EffectEstimate):
                assert one.estimate == pytest.approx(two.estimate, abs=1e-12)
                assert one.std_error == pytest.approx(two.std_error, rel=1e-9)


def test_with_few_clusters_a_second_test_stands_beside_and_changes_no_number(
    evaluation: Evaluation, campaign: Campaign, files: list[Path]
) -> None:
    beside = effects_at(evaluation, "signs")
    named = replace(campaign, analysis=replace(campaign.analysis, p_value="normal"))
    other = effects_at(evaluate(named, files, as_of_upload=3, data_sha256="x"), "signs")
    assert beside
    for site, effect in beside.items():
        codes = [note.code for note in effect.caveats]
        assert "few_bootstrap_beside" in codes or effect.subject.design == "pre_post"
        assert not any(note.code.startswith("few_bootstrap") for note in other[site].caveats)
        assert (effect.estimate, effect.std_error) == (other[site].estimate, other[site].std_error)
        assert effect.p_method == "t"


def test_only_sites_with_other_answers_are_estimated_again(
    campaign: Campaign, rows: pd.DataFrame, tmp_path: Path
) -> None:
    files = []
    for (site, wave), part in rows.groupby(["@site", "@wave"]):
        (tmp_path / str(site)).mkdir(exist_ok=True)
        files.append(tmp_path / str(site) / f"{wave}.parquet")
        pq.write_table(pa.Table.from_pandas(part, preserve_index=False), files[-1])
    kept = KeptEffects()
    first = evaluate(campaign, files, as_of_upload=1, data_sha256="1", kept=kept)
    before = dict(kept.of_campaign[campaign.id])
    changed = pq.read_table(files[-1])
    pq.write_table(changed.slice(5), files[-1])
    again = evaluate(campaign, files, as_of_upload=2, data_sha256="2", kept=kept)
    after = kept.of_campaign[campaign.id]
    same = [made_from for made_from in after if made_from in before]
    assert len(same) == len(EFFECTS) - 1
    assert all(after[made_from] is before[made_from] for made_from in same)
    assert again.effects == evaluate(campaign, files, as_of_upload=2, data_sha256="2").effects
    site = files[-1].parent.name
    moved = [
        a.subject.site for a, b in zip(again.effects, first.effects, strict=True) if a.counts != b.counts
    ]
    assert set(moved) == {site}


def test_without_any_answers_everything_is_a_gap(campaign: Campaign) -> None:
    empty = evaluate(campaign, [], as_of_upload=None, data_sha256="")
    assert len(empty.effects) == 10
    assert all(isinstance(effect, NotEstimable) for effect in empty.effects)
    assert all(pool.average is None for pool in empty.pools)


def test_a_random_effects_average_stands_beside_from_five_sites_up(
    rows: pd.DataFrame, tmp_path: Path
) -> None:
    fifth = rows[rows["@site"] == "bgd"].assign(**{"@site": "kor"})
    path = tmp_path / "all.parquet"
    pq.write_table(pa.Table.from_pandas(pd.concat([rows, fifth]), preserve_index=False), path)
    found = evaluate(campaign_in(tmp_path), [path], as_of_upload=1, data_sha256="x")
    overall = next(p for p in found.pools if (p.outcome, p.role) == ("signs", None))
    assert overall.random_effects is not None
    assert overall.random_effects.k == 5
    assert overall.random_effects.predict_low is not None
    assert not overall.random_effects.caveats


def test_protection_hides_the_small_and_keeps_the_rest(
    campaign: Campaign, rows: pd.DataFrame, tmp_path: Path
) -> None:
    tiny = pd.concat(
        [rows[rows["@site"] != "npl"], rows[rows["@site"] == "npl"].groupby(["@cluster", "@wave"]).head(1)]
    )
    few = tiny[(tiny["@site"] != "npl") | tiny["@cluster"].isin([f"npl-{w}" for w in range(16)])]
    path = tmp_path / "tiny.parquet"
    pq.write_table(pa.Table.from_pandas(few, preserve_index=False), path)
    shown = protect(evaluate(campaign, [path], as_of_upload=1, data_sha256="x"))
    npl = [e for e in shown.effects if e.subject.site == "npl"]
    assert npl
    assert all(isinstance(effect, NotEstimable) for effect in npl)
    assert isinstance(effects_at(shown, "signs")["bgd"], EffectEstimate)


def test_the_fingerprint_changes_with_the_data(files: list[Path]) -> None:
    assert fingerprint(files) == fingerprint(files)
    assert fingerprint(files) != fingerprint(files[:-1])
