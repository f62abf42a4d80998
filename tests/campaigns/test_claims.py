"""Sentences: never stronger than the design, the same in both languages."""

from dataclasses import replace

import pytest

from campaigns.campaign import Campaign
from campaigns.claims import evidence, harm_alarm, headline, pool_strength, reading, sentence, strength
from campaigns.effects import Effect
from surveys.languages import catalogue
from tests.campaigns.examples import campaign_in, counts, effect, evaluation_of, gap


SITES = ("npl", "bgd", "tha", "idn", "kor")
CAUSAL = ("raised", "lowered", "because", "thanks to", "effect of the campaign was", "캠페인으로", "덕분")


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(tmp_path_factory.mktemp("campaign"))


@pytest.fixture(scope="module")
def before_and_after(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    return campaign_in(
        tmp_path_factory.mktemp("campaign"), {"design: difference_in_differences": "design: pre_post"}
    )


def by_role(origin: float, transit: float, destination: float) -> list[Effect]:
    estimates = (origin, origin, transit, transit, destination)
    return [effect(site, estimate, 0.02) for site, estimate in zip(SITES, estimates, strict=True)]


def test_readings_follow_the_interval_the_margin_and_the_direction_hoped_for(campaign: Campaign) -> None:
    signs, stigma = campaign.outcomes
    assert reading(effect("npl", 0.1), signs) == "improved"
    assert reading(effect("npl", -0.1), signs) == "worsened"
    assert reading(effect("npl", 0.1, outcome="stigma"), stigma) == "worsened"
    assert reading(effect("npl", 0.03, 0.02), signs) == "unclear"
    assert reading(effect("npl", 0.01, 0.005), signs) == "no_meaningful_change"


def test_the_headline_names_roles_in_the_order_of_the_route(campaign: Campaign) -> None:
    found = evaluation_of(campaign, by_role(0.1, 0.2, 0.15))
    assert headline(found, "signs", "en") == (
        "“Names two warning signs” rose on average over the origin and transit sites and in Republic of Korea,"
        " measured against comparison areas"
    )
    assert headline(found, "signs", "ko") == (
        "출신국·경유국 지역 평균, 대한민국에서 ‘위험 징후 두 가지를 앎’ 응답 비율이"
        " 비교 지역의 추이보다 높아졌습니다"
    )


def test_the_headline_says_what_is_open_and_what_does_not_matter(campaign: Campaign) -> None:
    found = evaluation_of(campaign, by_role(0.1, 0.005, 0.03))
    assert headline(found, "signs", "en") == (
        "“Names two warning signs” rose on average over the origin sites, measured against comparison areas;"
        " the data leave it open on average over the transit sites and in Republic of Korea"
    )
    assert headline(found, "signs", "ko") == (
        "출신국 지역 평균에서 ‘위험 징후 두 가지를 앎’ 응답 비율이 비교 지역의 추이보다 높아졌습니다."
        " 경유국 지역 평균, 대한민국에서는 달라졌는지 확실하지 않습니다"
    )


def test_the_headline_never_ranks_roles(campaign: Campaign) -> None:
    for estimates in ((0.3, 0.05, 0.05), (0.05, 0.3, 0.1), (0.1, -0.1, 0.3)):
        for language in ("en", "ko"):
            said = headline(evaluation_of(campaign, by_role(*estimates)), "signs", language)
            for word in (" most", " more in", " least", "than at", "가장", "보다"):
                assert word not in said.replace("비교 지역의 추이보다", "")


def test_the_wrong_direction_is_called_so(campaign: Campaign) -> None:
    found = evaluation_of(campaign, by_role(-0.1, -0.1, -0.1))
    assert "fell on average over the origin and transit sites" in headline(found, "signs", "en")
    assert headline(found, "signs", "en").endswith("the wrong direction")
    assert headline(found, "signs", "ko").endswith("(바람직하지 않은 방향)")


def test_a_before_and_after_comparison_never_claims_an_effect(before_and_after: Campaign) -> None:
    changes = [effect(site, 0.2, design="pre_post", estimand="change") for site in SITES]
    found = evaluation_of(before_and_after, changes)
    for language in ("en", "ko"):
        said = headline(found, "signs", language)
        assert not any(word in said for word in CAUSAL)
    assert "a change, not an effect" in headline(found, "signs", "en")
    assert "캠페인 효과로 볼 수 없습니다" in headline(found, "signs", "ko")
    assert found.contrasts == ()


def test_only_a_trial_that_can_carry_it_says_raised(campaign: Campaign) -> None:
    def trial(clusters: int) -> list[Effect]:
        return [
            effect(site, 0.1, design="randomised", estimand="ITT", behind=counts(clusters=clusters))
            for site in SITES
        ]

    assert headline(evaluation_of(campaign, trial(24)), "signs", "en").startswith("The campaign raised")
    assert "raised" not in headline(evaluation_of(campaign, trial(4)), "signs", "en")


def test_one_weak_design_weakens_the_words_for_all(campaign: Campaign) -> None:
    mixed = [effect(site, 0.1, design="randomised", estimand="ITT") for site in SITES[:4]]
    weak = effect("kor", 0.1, design="randomised", estimand="ITT", behind=counts(clusters=4))
    assert "raised" not in headline(evaluation_of(campaign, [*mixed, weak]), "signs", "en")


def test_nothing_to_show_is_said_so(campaign: Campaign) -> None:
    found = evaluation_of(campaign, [gap(site) for site in SITES])
    assert headline(found, "signs", "en") == "No result on “Names two warning signs” can be shown yet"
    assert "없습니다" in headline(found, "signs", "ko")


def test_sentences_speak_in_natural_frequencies(campaign: Campaign) -> None:
    signs, site = campaign.outcome("signs"), campaign.site("npl")
    said = effect("npl", 0.08, 0.03)
    assert sentence(said, signs, site, "en") == (
        "Nepal, “Names two warning signs”: about 8 more in every 100 people than the comparison areas lead us to"
        " expect (plausibly 2 to 14 more)."
    )
    assert sentence(said, signs, site, "ko") == (
        "네팔, ‘위험 징후 두 가지를 앎’: 비교 지역의 추이로 예상되는 수준보다 100명당 약 8명 많음(추정 범위 2~14명 많음)."
    )
    crossing = sentence(effect("npl", -0.02, 0.04), signs, site, "en")
    assert "about 2 fewer in every 100 people" in crossing
    assert "plausibly anything from 10 fewer to 6 more" in crossing
    assert crossing.endswith("The data leave open whether there was any difference.")


def test_a_change_carries_its_warning_in_its_sentence(campaign: Campaign) -> None:
    change = effect("npl", 0.2, design="pre_post", estimand="change")
    signs, site = campaign.outcome("signs"), campaign.site("npl")
    assert "this is a change, not an effect of the campaign" in sentence(change, signs, site, "en")
    assert "캠페인의 효과가 아니라 변화로만" in sentence(change, signs, site, "ko")


def test_an_association_is_not_a_cause(campaign: Campaign) -> None:
    found = effect("npl", 0.2, design="exposure", estimand="association")
    said = sentence(found, campaign.outcome("signs"), campaign.site("npl"), "en")
    assert "the campaign need not be the cause" in said


def test_evidence_falls_with_the_design_the_clusters_and_the_people() -> None:
    def grade(design: str, clusters: int = 24, n: int = 400) -> int:
        return strength(effect("npl", design=design, behind=counts(n, clusters)))

    assert [grade(d) for d in ("randomised", "difference_in_differences", "exposure", "pre_post")] == [
        4,
        3,
        2,
        1,
    ]
    assert [grade("randomised", clusters) for clusters in (20, 19, 6, 5)] == [4, 3, 3, 2]
    assert grade("difference_in_differences", 24, 100) == 2
    assert grade("pre_post", 3, 40) == 1
    reasons = [note.code for note in evidence(effect("npl", behind=counts(100, 5))).reasons]
    assert reasons == ["evidence_comparison", "evidence_few_clusters", "evidence_few_people"]


def test_an_average_weighs_no_more_than_its_weakest_site(campaign: Campaign) -> None:
    sound = evaluation_of(campaign, by_role(0.1, 0.1, 0.1))
    assert pool_strength(sound.pools[0], sound) == 3
    mixed = evaluation_of(campaign, [effect("npl", behind=counts(clusters=4)), effect("bgd")])
    assert pool_strength(mixed.pools[0], mixed) == 2


def test_what_is_hoped_for_must_stand_beside_the_other_outcomes_and_harm_need_not(campaign: Campaign) -> None:
    knowledge, stigma = campaign.outcomes
    better = replace(effect("npl", 0.2), verdict="effect", p_adjusted=0.08)
    assert reading(better, knowledge) == "unclear"
    assert reading(replace(better, p_adjusted=0.04), knowledge) == "improved"
    worse = replace(effect("npl", 0.2, outcome="stigma"), verdict="effect", p_adjusted=0.08)
    assert reading(worse, stigma) == "worsened"


def test_harm_raises_an_alarm_even_where_the_main_result_is_good(campaign: Campaign) -> None:
    good = by_role(0.2, 0.2, 0.2)
    assert harm_alarm(evaluation_of(campaign, good), "en") is None
    harm = effect("tha", 0.1, outcome="stigma")
    assert harm_alarm(evaluation_of(campaign, [*good, harm]), "en") == (
        "Possible harm: “Blames victims” moved in the wrong direction in Thailand."
        " Look into it before the campaign goes on."
    )
    sign = effect("tha", 0.03, 0.018, outcome="stigma", p_value=0.09)
    said = harm_alarm(evaluation_of(campaign, [*good, sign]), "ko")
    assert said is not None
    assert (
        "부작용 조짐: 태국에서 ‘피해자를 탓함’ 지표가 나빠졌을 가능성이 있으나 아직 확실하지 않습니다."
        in said
    )
    fine = effect("tha", -0.1, outcome="stigma")
    assert harm_alarm(evaluation_of(campaign, [*good, fine]), "en") is None


def test_harm_in_a_subgroup_is_judged_more_strictly(campaign: Campaign) -> None:
    def parts(p_value: float) -> list[Effect]:
        return [
            effect("tha", 0.0, 0.02, outcome="stigma", p_value=1.0),
            effect("tha", 0.05, 0.02, outcome="stigma", subgroup="sex=female", p_value=p_value),
            effect("tha", -0.05, 0.02, outcome="stigma", subgroup="sex=male", p_value=p_value),
        ]

    assert harm_alarm(evaluation_of(campaign, parts(0.04)), "en") is not None
    assert harm_alarm(evaluation_of(campaign, parts(0.08)), "en") is None


@pytest.mark.parametrize("area", ["claims", "caveats", "reasons", "export"])
def test_every_string_is_there_in_both_languages_with_the_same_blanks(area: str) -> None:
    import string

    def blanks(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, korean = catalogue("en"), catalogue("ko")
    ours = {key for key in (*english, *korean) if key.startswith(f"{area}.")}
    assert ours
    for key in ours:
        assert key in english
        assert key in korean
        if not key.startswith("claims.headline"):  # a shorter clause may leave out what the first one said
            assert blanks(english[key]) >= blanks(korean[key]) or area == "claims", key
