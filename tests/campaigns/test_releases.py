"""Releases: a number that was told stays until enough people changed; the record keeps what was told; two persons let it out."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.campaign import Campaign
from campaigns.disclosure import protect
from campaigns.disclosure_policy import POLICY, Audience
from campaigns.disclosure_report import report_on
from campaigns.effects import EffectEstimate, Evaluation, NotEstimable
from campaigns.evaluation import evaluate
from campaigns.membership import Members, members_of, packed, unpacked
from campaigns.release_records import (
    approve_public,
    newest_release,
    propose_public,
    public_release_of,
    releases,
    store_release,
)
from campaigns.releases import Release, in_release, protect_after, release_of
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed
from tests.campaigns.examples import campaign_in


SITE = "npl"
NOW = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


def interviews(each: int = 60) -> pd.DataFrame:
    """One site: people of every arm and wave in six clusters an arm."""
    random = np.random.default_rng(7)
    rows = [
        {
            "@site": SITE, "@wave": wave, "@arm": arm, "@submission": f"{arm}-{wave}-{number}",
            "@cluster": f"{arm}-{number % 6}", **{item: _said(random, 0.5) for item in "abc"}, "blame": _said(random, 0.3),
        }
        for wave in ("baseline", "endline") for arm in ("campaign", "comparison") for number in range(each)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _said(random: np.random.Generator, chance: float) -> str:
    return "yes" if random.random() < chance else "no"


def joined(rows: pd.DataFrame, people: int, *, alike: bool = False) -> pd.DataFrame:
    """The interviews and more of the campaign's endline."""
    more = rows[(rows["@arm"] == "campaign") & (rows["@wave"] == "endline")].iloc[:people].copy()
    more["@submission"] = [f"new-{number}" for number in range(people)]
    for item in ("a", "b", "c", "blame"):
        more[item] = ["yes" if alike or number % 2 else "no" for number in range(people)]
    return pd.concat([rows, more], ignore_index=True)


def told_of(campaign: Campaign, rows: pd.DataFrame, folder: Path, data: str) -> tuple[Evaluation, Members]:
    """The exact evaluation of interviews, and who stands behind it."""
    place = folder / SITE
    place.mkdir(parents=True, exist_ok=True)
    path = place / f"{data}.parquet"
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), path)
    exact = evaluate(campaign, [path], as_of_upload=None, data_sha256=data * 64)
    found = exact, members_of(campaign, [path])
    path.unlink()
    return found


def first_release(campaign: Campaign, folder: Path) -> Release:
    exact, members = told_of(campaign, interviews(), folder, "a")
    shown = protect_after(exact, members, POLICY, None)
    return release_of(shown, members, POLICY, None, software="test", made_at=NOW, by="platform")


def effect_in(shown: Evaluation, outcome: str = "signs") -> EffectEstimate:
    found = next(e for e in shown.effects if e.subject.outcome == outcome and e.subject.site == SITE)
    assert isinstance(found, EffectEstimate)
    return found


def is_carried(effect: EffectEstimate) -> bool:
    return any(note.code == "carried_over" for note in effect.caveats)


@pytest.mark.parametrize("people", [1, 9])
def test_a_number_stays_where_a_few_people_came(campaign: Campaign, tmp_path: Path, people: int) -> None:
    release = first_release(campaign, tmp_path)
    exact, members = told_of(campaign, joined(interviews(), people), tmp_path, "b")
    shown = protect_after(exact, members, POLICY, release)
    before = next(e for e in release.effects if e.subject.outcome == "signs" and e.subject.site == SITE)
    after = effect_in(shown)
    assert is_carried(after)
    assert replace(after, caveats=()) == replace(before, caveats=())
    assert "release 1" in " ".join(note.say("en") for note in after.caveats)


def test_a_number_changes_with_ten_people_who_differ(campaign: Campaign, tmp_path: Path) -> None:
    release = first_release(campaign, tmp_path)
    exact, members = told_of(campaign, joined(interviews(), 10), tmp_path, "b")
    after = effect_in(protect_after(exact, members, POLICY, release))
    assert not is_carried(after)
    assert after.estimate == effect_in(protect(exact)).estimate


def test_a_number_stays_where_all_who_came_said_the_same(campaign: Campaign, tmp_path: Path) -> None:
    release = first_release(campaign, tmp_path)
    exact, members = told_of(campaign, joined(interviews(), 12, alike=True), tmp_path, "b")
    assert is_carried(effect_in(protect_after(exact, members, POLICY, release)))


def test_changes_add_up_over_releases(campaign: Campaign, tmp_path: Path) -> None:
    first = first_release(campaign, tmp_path)
    exact, members = told_of(campaign, joined(interviews(), 6), tmp_path, "b")
    shown = protect_after(exact, members, POLICY, first)
    second = release_of(shown, members, POLICY, first, software="test", made_at=NOW, by="platform")
    assert (second.number, second.kept) == (2, 2)
    exact, members = told_of(campaign, joined(interviews(), 12), tmp_path, "c")
    assert not is_carried(effect_in(protect_after(exact, members, POLICY, second)))


def test_an_answer_that_was_corrected_or_withdrawn_is_not_told_by_the_difference(
    campaign: Campaign, tmp_path: Path
) -> None:
    release = first_release(campaign, tmp_path)
    rows = interviews()
    rows.loc[0, "blame"] = "no" if rows.loc[0, "blame"] == "yes" else "yes"
    exact, members = told_of(campaign, rows, tmp_path, "b")
    shown = protect_after(exact, members, POLICY, release)
    assert is_carried(effect_in(shown, "stigma"))
    assert not is_carried(effect_in(shown, "signs"))  # of which no answer changed
    exact, members = told_of(campaign, interviews().drop(index=3), tmp_path, "c")
    assert is_carried(effect_in(protect_after(exact, members, POLICY, release)))


def test_the_same_people_are_told_of_anew(campaign: Campaign, tmp_path: Path) -> None:
    release = first_release(campaign, tmp_path)
    exact, members = told_of(campaign, interviews().sample(frac=1, random_state=1), tmp_path, "b")
    assert not is_carried(effect_in(protect_after(exact, members, POLICY, release)))


def test_sketches_come_back_from_the_record_and_hold_no_interview(campaign: Campaign, tmp_path: Path) -> None:
    _, members = told_of(campaign, interviews(), tmp_path, "a")
    assert unpacked(packed(members)) == members
    assert "campaign-baseline" not in str(members)


def test_the_record_keeps_every_release_and_refuses_one_out_of_turn(
    campaign: Campaign, tmp_path: Path
) -> None:
    release = first_release(campaign, tmp_path)
    with Catalogue(f"sqlite:///{tmp_path / 'record.db'}") as catalogue:
        assert newest_release(catalogue, campaign.id) is None
        assert store_release(catalogue, release)
        assert not store_release(catalogue, release)
        assert newest_release(catalogue, campaign.id) == release
        assert len(releases(catalogue, campaign.id)) == 1
        assert catalogue.first_broken_audit_entry() is None
        assert [entry.action for entry in catalogue.audit_entries()] == ["release made"]


def test_a_release_says_its_number_and_its_policy(campaign: Campaign, tmp_path: Path) -> None:
    release = first_release(campaign, tmp_path)
    exact, _ = told_of(campaign, interviews(), tmp_path, "a")
    shown = in_release(protect(exact), release)
    assert shown.shown_by is not None
    assert (shown.shown_by.release, shown.shown_by.sha256) == (1, POLICY.sha256)


def test_one_person_proposes_a_public_release_and_another_lets_it_out(
    campaign: Campaign, tmp_path: Path
) -> None:
    exact, _ = told_of(campaign, interviews(), tmp_path, "a")
    report = report_on(protect(exact), POLICY)
    assert report["passed"]
    with Catalogue(f"sqlite:///{tmp_path / 'record.db'}") as catalogue:
        with pytest.raises(CannotProceed, match="nobody proposed"):
            approve_public(catalogue, "pilot", 1, by="Lee", made_by="Cho")
        assert not propose_public(catalogue, "pilot", 1, by="Kim", report=report).is_public
        with pytest.raises(CannotProceed, match="already"):
            propose_public(catalogue, "pilot", 1, by="Lee", report=report)
        for same in ("Kim", " kim ", "cho", ""):
            with pytest.raises(CannotProceed, match="cannot approve"):
                approve_public(catalogue, "pilot", 1, by=same, made_by="Cho")
        assert approve_public(catalogue, "pilot", 1, by="Lee", made_by="Cho").is_public
        with pytest.raises(CannotProceed, match="public already"):
            approve_public(catalogue, "pilot", 1, by="Park", made_by="Cho")
        found = public_release_of(catalogue, "pilot", 1)
        assert found is not None
        assert (found.proposed_by, found.approved_by, found.report["passed"]) == ("Kim", "Lee", True)


def test_what_is_not_protected_is_never_proposed(campaign: Campaign, tmp_path: Path) -> None:
    exact, _ = told_of(campaign, interviews(), tmp_path, "a")
    report = report_on(exact, POLICY)
    assert "not_protected" in report["findings"]
    with (
        Catalogue(f"sqlite:///{tmp_path / 'record.db'}") as catalogue,
        pytest.raises(CannotProceed, match="found something"),
    ):
        propose_public(catalogue, "pilot", 1, by="Kim", report=report)


def test_a_sensitive_outcome_needs_ten_of_each_answer(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path, {"family: harm\n": "family: harm\n    item_class: S\n"})
    rows = interviews()
    rows["blame"] = "no"
    rows.loc[rows.index % 13 == 0, "blame"] = "yes"  # four or five of sixty in every arm and wave
    exact, _ = told_of(campaign, rows, tmp_path, "a")
    shown = next(
        e for e in protect(exact).effects if e.subject.outcome == "stigma" and e.subject.site == SITE
    )
    assert isinstance(shown, NotEstimable)
    assert shown.code == "suppressed_answers"
    assert "10" in shown.reason("en")
    country = protect(exact, POLICY.told_to(Audience.COUNTRY))
    assert effect_in(country, "stigma").estimate == effect_in(exact, "stigma").estimate


def test_a_number_that_is_scored_in_another_way_is_another_number(campaign: Campaign, tmp_path: Path) -> None:
    release = first_release(campaign, tmp_path)
    other = campaign_in(tmp_path, {"of: [a, b, c]": "of: [b, c]"})
    exact, members = told_of(other, joined(interviews(), 1), tmp_path, "b")
    shown = protect_after(exact, members, POLICY, release)
    assert not is_carried(effect_in(shown, "signs"))
    assert is_carried(effect_in(shown, "stigma"))
