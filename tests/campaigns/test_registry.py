"""Campaign files: what they may say, and how a mistake in one is named."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from campaigns.campaign import Role, Tier
from campaigns.registry import (
    country_spellings,
    country_title,
    fieldwork_of,
    load_campaign,
    notes_on,
    parse_score,
)
from surveys.problems import CannotProceed
from tests.campaigns.examples import CAMPAIGN, campaign_in


def test_a_campaign_file_becomes_a_campaign(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    assert (campaign.id, campaign.simulated, campaign.instrument) == ("pilot", True, "kap")
    assert [site.role for site in campaign.sites][::2] == [Role.ORIGIN, Role.TRANSIT, Role.DESTINATION]
    assert campaign.site("npl").title == {"en": "Nepal", "ko": "네팔"}
    assert campaign.outcome("stigma").tier is Tier.HARM
    assert campaign.outcome("signs").unit == "proportion"
    assert campaign.outcome("signs").range == (0.0, 1.0)
    assert campaign.analysis.margin == {"knowledge": 0.03}
    assert len(campaign.sha256) == 64


def test_the_data_values_of_waves_and_arms_have_defaults_and_can_be_named(tmp_path: Path) -> None:
    plain = campaign_in(tmp_path).columns
    assert plain.wave_values == {"baseline": ("baseline",), "endline": ("endline",)}
    assert "treatment" in plain.arm_values["campaign"]
    assert "0" in plain.arm_values["comparison"]
    named = campaign_in(
        tmp_path,
        {
            "  arm: arm\n": "  wave: {column: round, baseline: [1], endline: ['2', yes]}\n"
            "  arm: {column: area, radio: A, theatre: B, comparison: C}\n"
        },
    ).columns
    assert (named.wave, named.arm) == ("round", "area")
    assert named.wave_values == {"baseline": ("1",), "endline": ("2", "yes")}
    assert named.arm_values == {"radio": ("A",), "theatre": ("B",), "comparison": ("C",)}


def test_fieldwork_is_what_an_upload_is_judged_against(tmp_path: Path) -> None:
    fieldwork = fieldwork_of(campaign_in(tmp_path), site="npl")
    assert fieldwork.parts == {"arm": "arm", "cluster": "ward"}
    assert fieldwork.site == "npl"
    assert fieldwork.sites[0].country_names == ("NP", "Nepal", "네팔")
    assert {"a", "b", "c", "blame", "ward"} <= set(fieldwork.extra_columns)


def test_quotas_name_the_questions_they_count_by_and_those_are_stored(tmp_path: Path) -> None:
    quotas = "quotas: [{by: {sex: female, arm: campaign}, wave: endline, target: 300}]"
    campaign = campaign_in(tmp_path, {"role: origin}": f"role: origin, {quotas}}}"})
    quota = campaign.site("bgd").quotas[0]
    assert (quota.by, quota.wave, quota.target) == ({"sex": "female", "arm": "campaign"}, "endline", 300)
    assert "sex" in fieldwork_of(campaign).extra_columns
    assert "campaign" not in fieldwork_of(campaign).extra_columns


def test_a_back_check_is_a_wave_that_no_result_comes_from(tmp_path: Path) -> None:
    campaign = campaign_in(
        tmp_path,
        {
            "  - {id: endline, opens: 2026-09-01, closes: 2026-09-30}\n": (
                "  - {id: endline, opens: 2026-09-01, closes: 2026-09-30}\n"
                "  - {id: endline_again, backcheck_of: endline, opens: 2026-09-05, closes: 2026-10-10}\n"
            ),
            "  arm: arm\n": "  arm: arm\n  respondent: code\n",
            "  design: difference_in_differences\n  before: baseline\n  after: endline\n": "  design: randomised\n",
        },
    )
    assert [wave.id for wave in campaign.main_waves] == ["baseline", "endline"]
    assert campaign.analysis.after == ("endline",)  # the last wave that is none


def test_answers_of_yes_and_no_stay_answers() -> None:
    score = parse_score({"proportion_correct": {"know_1": "yes", "know_2": "no"}}, "x.yaml, score")
    assert score.key == {"know_1": "yes", "know_2": "no"}


def test_yes_and_no_without_quotes_are_answers_in_a_file(tmp_path: Path) -> None:
    campaign = campaign_in(
        tmp_path, {"{at_least: 2, of: [a, b, c]}": "{proportion_correct: {a: yes, b: no, c: true}}"}
    )
    assert campaign.outcome("signs").score.key == {"a": "yes", "b": "no", "c": "true"}


@pytest.mark.parametrize(
    ("replacing", "where", "says"),
    [
        ({"THA, role: transit": "THA, role: transition"}, "sites[2].role", "transit"),
        ({"country: KOR": "country: KORE"}, "sites[4].country", "KOR"),
        ({"id: bgd,": "id: npl,"}, "sites[1].id", "twice"),
        ({"tier: primary": "teir: primary"}, "outcomes[0].teir", 'Did you mean "tier"?'),
        ({"tier: primary": "tier: prime"}, "outcomes[0].tier", 'Did you mean "primary"?'),
        ({"tier: primary": "tier: secondary"}, "outcomes", "primary"),
        ({"better: higher": "better: up"}, "outcomes[0].better", "higher, lower"),
        ({"before: baseline": "before: base"}, "analysis.before", "baseline, endline"),
        ({"before: baseline": "before: endline", "after: endline": "after: baseline"}, "analysis.before", "time"),
        ({"  before: baseline\n": ""}, "analysis.before", "which"),
        ({"design: difference_in_differences": "design: did"}, "analysis.design", "pre_post"),
        ({"margin: {knowledge: 0.03}": "margin: {knowlege: 0.03}"}, "analysis.margin.knowlege", "knowledge"),
        ({"margin: {knowledge: 0.03}": "margin: {knowledge: 3%}"}, "analysis.margin.knowledge", "number"),
        ({"  arm: arm\n": ""}, "columns.arm", "pre_post"),
        ({"  arm: arm\n": "  arms: arm\n"}, "columns.arms", 'Did you mean "arm"?'),
        ({"at_least: 2": "at_least: 4"}, "outcomes[0].score.at_least", "4 of 3"),
        ({"at_least: 2, of": "at_least: two, of"}, "outcomes[0].score.at_least", "number"),
        ({"{item: blame, equals": "{itm: blame, equals"}, "outcomes[1].score.itm", 'Did you mean "item"?'),
        ({"closes: 2026-02-28": "closes: 2026-01-28"}, "waves[0].closes", "before it opens"),
        ({"closes: 2026-02-28": "closes: 28 February"}, "waves[0].closes", "year-month-day"),
        ({"simulated: true": "simulated: yes"}, "simulated", "true or false"),
        ({"instrument: kap": "instrument: kap\nnonsense: 1"}, "nonsense", "not known"),
        ({"instrument: kap\n": ""}, "instrument", "absent"),
        ({"instrument: kap": "instrument: ../kap"}, "instrument", "identifier"),
        ({"instrument: kap": "instrument: kap\ncosts: [{site: npx, amount: 1}]"}, "costs[0].site", "npl"),
        ({"instrument: kap": "instrument: kap\nmissing_codes: {-99: dk}"}, "missing_codes.-99", "dont_know"),
        ({"closes: 2026-09-30": "backcheck_of: baseline"}, "waves[1].backcheck_of", "columns.respondent"),
        ({"closes: 2026-09-30": "backcheck_of: bassline"}, "waves[1].backcheck_of", 'Did you mean "baseline"?'),
        ({"role: origin}": "role: origin, quotas: [{wave: endline, target: 9}]}"}, "sites[1].quotas[0].by", "whom"),
        ({"role: origin}": "role: origin, quotas: [{by: {sex: f}, wave: end, target: 9}]}"}, "sites[1].quotas[0].wave",
         "endline"),
        ({"role: origin}": "role: origin, quotas: [{by: {sex: f}, wave: endline, target: 0}]}"},
         "sites[1].quotas[0].target", "1"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_file_its_key_and_what_to_write(
    tmp_path: Path, replacing: Mapping[str, str], where: str, says: str
) -> None:
    with pytest.raises(CannotProceed) as stop:
        campaign_in(tmp_path, replacing)
    assert stop.value.where == f"{tmp_path / 'pilot.yaml'}, {where}"
    assert says in f"{stop.value.what} {stop.value.remedy}"


def test_a_file_that_is_no_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("campaign: x\nsites: [\n  - {", "utf-8")
    with pytest.raises(CannotProceed, match=r"broken\.yaml, line 3"):
        load_campaign(file)
    file.write_text("campaign: x\ncampaign: y\n", "utf-8")
    with pytest.raises(CannotProceed, match="twice"):
        load_campaign(file)
    with pytest.raises(CannotProceed, match="cannot be read"):
        load_campaign(tmp_path / "absent.yaml")
    file.write_text("just text", "utf-8")
    with pytest.raises(CannotProceed, match="holds no keys"):
        load_campaign(file)


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ({}, "exactly one kind"),
        ({"item": "a", "mean": ["b"]}, "exactly one kind"),
        ({"mean": ["a", "b"], "reverse": ["a"]}, "scale"),
        ({"mean": ["a", "b"], "reverse": ["c"], "scale": [1, 5]}, "not an item"),
        ({"mean": ["a", "a"]}, "twice"),
        ({"item": ["a", "b"]}, "one item"),
        ({"mean": ["a"], "scale": [5, 1]}, "lowest and a highest"),
        ({"at_least": 1, "of": {"channels": []}}, "no answers that count"),
        ({"item": "a", "dont_know": "wrong"}, "incorrect, missing"),
        ({"item": "a", "minimum_answered": 2}, "out of bounds"),
    ],
)
def test_a_score_that_cannot_be_is_refused(score: Mapping[str, object], says: str) -> None:
    with pytest.raises(CannotProceed) as stop:
        parse_score(score, "plan.yaml, outcomes[0].score")
    assert stop.value.where.startswith("plan.yaml, outcomes[0].score")
    assert says in f"{stop.value.what} {stop.value.remedy}"


def test_what_is_allowed_but_unwise_is_noted_in_both_languages(tmp_path: Path) -> None:
    assert {note.code for note in notes_on(campaign_in(tmp_path))} == {"no_margin"}
    without = CAMPAIGN[: CAMPAIGN.index("  - id: stigma")] + CAMPAIGN[CAMPAIGN.index("analysis:") :]
    file = tmp_path / "pilot.yaml"
    file.write_text(without.replace("construct: factual_knowledge", "construct: awareness"), "utf-8")
    notes = notes_on(load_campaign(file))
    assert {note.code for note in notes} == {"no_harm_outcome", "unknown_construct"}
    for note in notes:
        assert note.say("en") != note.say("ko")


def test_countries_are_named_as_they_name_themselves() -> None:
    assert country_title("KOR") == {"en": "Republic of Korea", "ko": "대한민국"}
    assert country_title("VNM")["en"] == "Viet Nam"
    assert set(country_spellings("VNM")) == {"VN", "Vietnam", "Viet Nam", "베트남"}
    assert country_spellings("XXQ") == ()


def test_a_benchmark_without_its_day_is_told(tmp_path: Path) -> None:
    belief = {'score: {item: blame, equals: "yes"}': "score: {calibration: {belief: blame, benchmark: 0.2}}"}
    dated = {old: new.replace("0.2", "0.2, source: IOM, date: 2026-01-31") for old, new in belief.items()}
    assert "undated_benchmark" in [note.code for note in notes_on(campaign_in(tmp_path, belief))]
    campaign = campaign_in(tmp_path, dated)
    assert "undated_benchmark" not in [note.code for note in notes_on(campaign)]
    assert campaign.outcome("stigma").score.benchmark_date == "2026-01-31"
