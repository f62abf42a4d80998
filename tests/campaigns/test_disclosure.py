"""What may leave: small groups, what would tell them, counts and decimals."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.campaign import Campaign
from campaigns.disclosure import is_small, protect
from campaigns.disclosure_policy import Policy
from campaigns.effects import Counts, EffectEstimate, Evaluation, Note, NotEstimable
from campaigns.export import effect_table, evaluation_as_dict
from tests.campaigns.examples import campaign_in, counts, effect, evaluation_of


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


SITES = ("npl", "bgd", "tha", "idn", "kor")


def with_one(campaign: Campaign, behind: Counts) -> Evaluation:
    """Five sites, the first of which rests on these counts."""
    return protect(
        evaluation_of(campaign, [effect("npl", 0.3, behind=behind), *(effect(s, 0.1) for s in SITES[1:])])
    )


@pytest.mark.parametrize("behind", [counts(before=9), counts(clusters=2), counts(n=36)])
def test_a_number_on_a_small_group_is_withheld_with_its_reason(campaign: Campaign, behind: Counts) -> None:
    withheld = with_one(campaign, behind).effects[0]
    assert isinstance(withheld, NotEstimable)
    assert withheld.code == "suppressed_small"
    assert withheld.counts is None
    for language in ("en", "ko"):
        assert "10" in withheld.reason(language)
        assert withheld.remedy(language)


def test_ten_respondents_and_three_clusters_are_enough(campaign: Campaign) -> None:
    assert isinstance(with_one(campaign, counts(before=10)).effects[0], EffectEstimate)
    assert isinstance(with_one(campaign, counts(clusters=3)).effects[0], EffectEstimate)


def test_an_average_never_includes_a_hidden_site(campaign: Campaign) -> None:
    shown = with_one(campaign, counts(before=9))
    origin = next(pool for pool in shown.pools if pool.role == "origin" and pool.outcome == "signs")
    assert origin.sites == ("bgd",)
    assert origin.average is None
    assert origin.left_out["npl"].code == "left_out_suppressed"
    overall = next(pool for pool in shown.pools if pool.role is None and pool.outcome == "signs")
    assert overall.average is not None
    assert overall.average.estimate == 0.1  # the hidden site's 0.3 is not in it
    assert overall.n == 1600
    assert all("origin" not in (c.first, c.second) or c.estimate == 0 for c in shown.contrasts)


def test_one_hidden_part_of_a_breakdown_takes_the_smallest_other_with_it(campaign: Campaign) -> None:
    parts = [
        effect("npl", subgroup="sex=female", behind=counts(before=5)),
        effect("npl", subgroup="sex=male", behind=counts(n=400)),
        effect("npl", subgroup="age=old", behind=counts(n=200)),
        effect("npl", subgroup="age=young", behind=counts(before=5)),
        effect("npl", subgroup="age=middle", behind=counts(n=800)),
    ]
    shown = protect(evaluation_of(campaign, [effect("npl"), *parts])).effects
    codes = {e.subject.subgroup: e.code if isinstance(e, NotEstimable) else "shown" for e in shown}
    assert codes == {
        None: "shown",
        "sex=female": "suppressed_small",
        "sex=male": "suppressed_complement",
        "age=young": "suppressed_small",
        "age=old": "suppressed_complement",
        "age=middle": "shown",
    }


def test_weak_numbers_are_shown_and_say_so(campaign: Campaign) -> None:
    for behind in (counts(before=25), counts(clusters=5)):
        weak = with_one(campaign, behind).effects[0]
        assert isinstance(weak, EffectEstimate)
        assert "weak" in {note.code for note in weak.caveats}


def test_counts_inside_sentences_are_protected_too(campaign: Campaign) -> None:
    from dataclasses import replace

    told = replace(
        effect("npl", behind=counts(before=28)),
        caveats=(Note(code="few_respondents", values={"n": 28, "limit": 30}),),
    )
    shown = protect(evaluation_of(campaign, [told])).effects[0]
    assert isinstance(shown, EffectEstimate)
    assert shown.caveats[0].values == {"n": 25, "limit": 30}
    missing = NotEstimable(subject=told.subject, code="no_outcome", values={"n": 4, "arm": "campaign"})
    hidden = protect(evaluation_of(campaign, [missing])).effects[0]
    assert isinstance(hidden, NotEstimable)
    assert hidden.values == {"n": "<10", "arm": "campaign"}


def test_shares_never_say_all_or_nobody(campaign: Campaign) -> None:
    from dataclasses import replace

    nobody = replace(effect("npl"), mean_comparison_after=0.001)
    shown = protect(evaluation_of(campaign, [nobody])).effects[0]
    assert isinstance(shown, EffectEstimate)
    assert shown.mean_comparison_after == 0.02


def test_protecting_twice_changes_nothing(campaign: Campaign) -> None:
    once = with_one(campaign, counts(before=9))
    assert protect(once) is once


def test_a_stricter_policy_withholds_more(campaign: Campaign) -> None:
    strict = Policy(respondents=150)
    assert is_small(effect("npl"), strict)
    assert not is_small(effect("npl"))


sizes = st.builds(
    lambda a, b, c, d, clusters: Counts(
        n=a + b + c + d,
        n_clusters=2 * clusters,
        n_campaign_before=a,
        n_campaign_after=b,
        n_comparison_before=c,
        n_comparison_after=d,
        clusters_campaign=clusters,
        clusters_comparison=clusters,
        smallest_clusters=clusters,
        smallest_n=min(a, b, c, d),
    ),
    *[st.integers(1, 40)] * 4,
    st.integers(1, 9),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(behind=st.lists(sizes, min_size=5, max_size=5))
def test_nothing_that_leaves_rests_on_fewer_than_ten_or_three(
    campaign: Campaign, behind: list[Counts]
) -> None:
    exact = [
        effect(site, 0.1234567 + 0.01 * i, behind=c)
        for i, (site, c) in enumerate(zip(SITES, behind, strict=True))
    ]
    shown = protect(evaluation_of(campaign, exact))
    for before, after in zip(exact, shown.effects[: len(exact)], strict=True):
        groups = before.counts
        few = min(groups.smallest_n or 0, groups.n) < 10 or (groups.smallest_clusters or 0) < 3
        assert few == isinstance(after, NotEstimable)
    visible = {e.subject.site for e in shown.effects if isinstance(e, EffectEstimate)}
    for pool in shown.pools:
        assert set(pool.sites) <= visible
    table = effect_table(evaluation_of(campaign, exact))
    for name in table.columns:
        if name == "n" or name.startswith(("n_campaign", "n_comparison")):
            assert all(value is None or value != value or value % 5 == 0 for value in table[name])
    everything = str(evaluation_as_dict(evaluation_of(campaign, exact)))
    assert "0.1234567" not in everything
