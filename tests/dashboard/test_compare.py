"""What the compare screen says of an evaluation: nothing left out, nothing said too loudly."""

from dataclasses import asdict, replace

import pytest

from campaigns.campaign import Site
from campaigns.effects import Counts, EffectEstimate, Evaluation
from dashboard.comparison import alarms, compare
from dashboard.forest import ForestGroup, ForestRow, axis_of, forest, interviews, reading_of
from dashboard.links import Address
from dashboard.pages.compare import families, first_outcome, screen
from tests.dashboard import fixtures


EVALUATION = fixtures.evaluation()


def group(role: str, evaluation: Evaluation = EVALUATION, outcome: str = "signs") -> ForestGroup:
    return {g.role: g for g in forest(evaluation, outcome, "en").groups}[role]


def row(site: str, evaluation: Evaluation = EVALUATION, outcome: str = "signs") -> ForestRow:
    groups = forest(evaluation, outcome, "en").groups
    return next(r for g in groups for r in g.rows if r.site == site)


def test_every_site_has_a_row_in_the_order_the_campaign_declares() -> None:
    rows = [r.site for g in forest(EVALUATION, "signs", "en").groups for r in g.rows if r.site]
    assert rows == [site.id for site in fixtures.CAMPAIGN.sites]


def test_the_average_stands_below_the_sites_it_averages_and_above_what_is_only_a_change() -> None:
    assert [r.kind for r in group("transit").rows] == ["site", "site", "average", "change"]


def test_the_average_says_how_many_sites_and_which_method() -> None:
    average = next(r for r in group("origin").rows if r.kind == "average")
    assert average.note == "3 sites · equal-weight average"
    assert average.predict_low is None


def test_a_role_with_one_site_has_no_average_and_says_so() -> None:
    assert "average" not in [r.kind for r in group("destination").rows]
    card = next(c for c in compare(EVALUATION, "signs", "en").cards if c.role == "destination")
    assert card.basis == "One site: Republic of Korea. No average can be made."


def test_a_suppressed_site_keeps_its_row_with_its_reason_and_no_number() -> None:
    hidden = row("nzl")
    assert hidden.kind == "gap"
    assert hidden.reason
    assert hidden.estimate is None
    assert hidden.counts == ""


def test_a_site_without_any_result_keeps_its_row() -> None:
    bare = replace(EVALUATION, effects=(), pools=(), contrasts=())
    rows = [r for g in forest(bare, "signs", "en").groups for r in g.rows]
    assert len(rows) == len(fixtures.CAMPAIGN.sites)
    assert all(r.reason == "No interviews are held for this site yet." for r in rows)


def test_a_weak_site_says_why() -> None:
    assert row("mmr").weak
    assert not row("bgd").weak


def test_a_change_rose_it_did_not_improve_anything() -> None:
    change = row("mys")
    assert change.kind == "change"
    assert change.reading == "rose"
    assert change.evidence == 1
    assert "not an effect" in group("transit").apart
    assert compare(EVALUATION, "signs", "en").change_note


def test_an_average_of_changes_is_no_effect_either() -> None:
    changed = replace(
        EVALUATION,
        effects=tuple(
            replace(e, subject=replace(e.subject, estimand="change", design="pre_post"))
            for e in EVALUATION.effects
        ),
    )
    rows = group("origin", changed).rows
    assert [r.kind for r in rows] == ["change", "change", "change", "average"]
    assert rows[-1].reading == "rose"
    assert "not in the average" not in group("origin", changed).apart
    card = next(c for c in compare(changed, "signs", "en").cards if c.role == "origin")
    assert card.basis == "Average change of 3 sites, one group each. Not an effect."


@pytest.mark.parametrize(
    ("verdict", "estimate", "outcome", "reading"),
    [
        ("effect", 0.1, "signs", "improved"),
        ("effect", -0.1, "signs", "worsened"),
        ("effect", 0.1, "fear", "worsened"),
        ("effect", -0.1, "fear", "improved"),
        ("nothing_beyond_margin", 0.01, "signs", "no_meaningful_change"),
        ("inconclusive", 0.1, "signs", "unclear"),
        (None, 0.1, "signs", "unclear"),
    ],
)
def test_readings_follow_the_interval_and_the_direction_hoped_for(
    verdict: str, estimate: float, outcome: str, reading: str
) -> None:
    assert reading_of(verdict, estimate, fixtures.CAMPAIGN.outcome(outcome)) == reading  # type: ignore[arg-type]


def test_interviews_are_rounded_over_all_arms() -> None:
    assert row("bgd").counts == "≈1,205 → 1,160"
    assert interviews(Counts(n=233)) == "≈235"
    assert interviews(Counts(n=233, n_campaign_after=117, n_comparison_after=116)) == "≈235"


def test_the_axis_holds_zero_the_margin_and_every_interval_that_is_not_weak() -> None:
    table = forest(EVALUATION, "signs", "en")
    axis = table.axis
    assert axis.low < 0 < axis.high
    assert axis.margin == 3.0
    assert axis.margin_label == "+3"
    assert 0 in axis.ticks
    firm = [r for g in table.groups for r in g.rows if r.low is not None and not r.weak]
    assert all(axis.low <= r.low and r.high <= axis.high for r in firm)  # type: ignore[operator]
    assert len(axis.ticks) <= 9


def test_the_axis_of_a_harm_outcome_turns_better_and_worse_around() -> None:
    axis = forest(EVALUATION, "fear", "en").axis
    assert axis.better == "lower"
    assert axis.margin_label == "−3"


def test_an_axis_without_anything_to_draw_still_has_a_scale() -> None:
    axis = axis_of([], fixtures.CAMPAIGN.outcome("signs"), None)
    assert (axis.low, axis.high) == (-6.0, 6.0)
    assert axis.margin_label == ""


def test_cards_show_the_outcomes_on_one_scale_with_the_current_one_marked() -> None:
    cards = compare(EVALUATION, "broker", "en").cards
    assert [card.role for card in cards] == ["origin", "transit", "destination"]
    assert len({card.axis for card in cards}) == 1
    assert [mini.outcome for mini in cards[0].minis if mini.current] == ["broker"]
    assert [mini.outcome for mini in cards[0].minis if mini.lower] == ["fear"]


def test_a_role_with_changes_only_says_that_it_has_no_effect() -> None:
    campaign = replace(
        fixtures.CAMPAIGN,
        sites=tuple(s for s in fixtures.CAMPAIGN.sites if s.id in {"bgd", "npl", "mmr", "mys"}),
    )
    transit = next(
        c for c in compare(fixtures_of(campaign.sites), "signs", "en").cards if c.role == "transit"
    )
    assert transit.effect == ""
    assert transit.reason.startswith("No comparison group here")


def fixtures_of(sites: tuple[Site, ...]) -> Evaluation:
    kept = {site.id for site in sites}
    return replace(
        EVALUATION,
        campaign=replace(fixtures.CAMPAIGN, sites=sites),
        effects=tuple(e for e in EVALUATION.effects if e.subject.site in kept),
        pools=tuple(p for p in EVALUATION.pools if set(p.sites) <= kept),
    )


def test_contrasts_are_put_in_words_with_their_adjusted_p() -> None:
    view = compare(EVALUATION, "signs", "en")
    assert view.contrasts == ("Origin minus transit: +5.6 pp (0.5 to 10.7), p = 0.031 after Holm.",)
    assert compare(EVALUATION, "signs", "ko").contrasts == (
        "출신국 − 경유국: +5.6 %p (0.5 ~ 10.7), Holm 보정 p = 0.031.",
    )


def test_without_contrasts_the_screen_says_that_roles_are_not_compared() -> None:
    view = compare(replace(EVALUATION, contrasts=()), "signs", "en")
    assert view.contrasts == ()
    assert view.contrasts_note.startswith("The roles are not compared")


def test_the_sentence_names_estimand_waves_unit_and_interval() -> None:
    assert compare(EVALUATION, "signs", "en").sentence == (
        "Difference in the share of respondents: campaign areas minus comparison areas, Endline (Sep 2026) "
        "minus Baseline (Feb 2026). Percentage points, 95% confidence intervals."
    )
    assert "2026년 9월" in compare(EVALUATION, "signs", "ko").sentence


def test_the_source_line_says_simulated_method_and_data_version() -> None:
    text = " ".join(compare(EVALUATION, "signs", "en").source)
    for expected in ("simulated", "difference-in-differences", "CR2", "Holm", "upload 14", "a41f9c2"):
        assert expected in text


def test_harm_that_moved_the_wrong_way_is_said_whatever_is_looked_at() -> None:
    said = alarms(fixtures.evaluation(harm=True), "en")
    assert list(said) == ["fear"]
    assert "Nepal" in said["fear"]
    assert alarms(EVALUATION, "en") == {}


def test_certain_harm_is_said_first_and_its_line_never_leaves_the_cards() -> None:
    harmed = fixtures.evaluation(harm=True)
    fear = fixtures.CAMPAIGN.outcome("fear")
    more = [replace(fixtures.CAMPAIGN.outcome("signs"), id=f"more{place}") for place in range(8)]
    signs = [
        replace(e, subject=replace(e.subject, outcome="stigma"), conf_low=-0.01, p_value=0.06)
        for e in harmed.effects_of("fear")
        if isinstance(e, EffectEstimate) and e.subject.site == "npl"
    ]
    outcomes = (replace(fear, id="stigma"), *more, *fixtures.CAMPAIGN.outcomes)
    both = replace(
        harmed,
        campaign=replace(fixtures.CAMPAIGN, outcomes=outcomes),
        effects=(*signs, *harmed.effects),
    )
    assert list(alarms(both, "en")) == ["fear", "stigma"]
    for card in compare(both, "signs", "en").cards:
        lines = [mini.outcome for mini in card.minis]
        assert {"fear", "stigma", "signs"} <= set(lines)
        assert len(lines) == 6


def test_no_headline_ranks_the_roles() -> None:
    for language in ("en", "ko"):
        for outcome in fixtures.CAMPAIGN.outcomes:
            headline = compare(EVALUATION, outcome.id, language).headline
            assert not any(word in headline for word in (" most", "best", "more than in", "가장"))


def test_no_exact_count_reaches_the_browser() -> None:
    sent = repr(screen(EVALUATION, Address(language="en")))
    assert EVALUATION.effects  # counts such as 601, 582, 2365 stand behind them
    for exact in ("601", "582", "2365", "2,365", "1,204", "4436", "4,436"):
        assert exact not in sent
    views = repr([asdict(compare(EVALUATION, o.id, "en")) for o in fixtures.CAMPAIGN.outcomes])
    for exact in ("601", "582", "2365", "2,365", "1,204", "4436", "4,436"):
        assert exact not in views


def test_the_picker_offers_families_with_possible_harm_last() -> None:
    offered = families(fixtures.CAMPAIGN, "en")
    assert [family["title"] for family in offered] == [
        "Knowledge",
        "Attitudes",
        "Intentions",
        "Possible harm",
    ]
    assert [o["id"] for o in offered[0]["outcomes"]] == ["signs", "hotline"]
    assert first_outcome(fixtures.CAMPAIGN).id == "signs"


def test_several_arms_at_a_site_have_a_row_each() -> None:
    doubled = replace(
        EVALUATION,
        effects=tuple(
            part
            for e in EVALUATION.effects
            for part in (
                (
                    replace(e, subject=replace(e.subject, term="radio")),
                    replace(e, subject=replace(e.subject, term="theatre")),
                )
                if isinstance(e, EffectEstimate) and e.subject.site == "bgd"
                else (e,)
            )
        ),
    )
    names = [r.name for r in group("origin", doubled).rows if r.site == "bgd"]
    assert names == ["Bangladesh · radio", "Bangladesh · theatre"]


def test_audiences_that_differ_within_a_role_stand_beside_the_site() -> None:
    sites = tuple(
        replace(s, audience={"en": "Students"}) if s.id == "npl" else s for s in fixtures.CAMPAIGN.sites
    )
    mixed = replace(EVALUATION, campaign=replace(fixtures.CAMPAIGN, sites=sites))
    assert group("origin", mixed).audience == ""
    assert row("npl", mixed).note == "Students"
    assert row("bgd", mixed).note == "Prospective labour migrants"
