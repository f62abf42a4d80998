"""What a table and a specification become: effects, counts, caveats, and reasons where there is no effect."""

import pandas as pd
import pytest

from campaigns.effects import Effect, EffectEstimate, NotEstimable
from campaigns.estimation import Specification, estimate
from surveys.problems import CannotProceed
from tests.campaigns.made_up import interviews, table


def effects(rows: pd.DataFrame, **options: object) -> list[Effect]:
    given = {
        "design": "difference_in_differences",
        "outcomes": ("score",),
        "standard_errors": "CR2",
        **options,
    }
    return estimate(table(rows), Specification(**given))  # type: ignore[arg-type]


def estimated(rows: pd.DataFrame, **options: object) -> EffectEstimate:
    (effect,) = effects(rows, **options)
    assert isinstance(effect, EffectEstimate), effect
    return effect


def absent(rows: pd.DataFrame, **options: object) -> NotEstimable:
    (effect,) = effects(rows, **options)
    assert isinstance(effect, NotEstimable), effect
    assert effect.reason("ko") != effect.reason("en")
    assert effect.remedy("ko")
    return effect


def codes(effect: EffectEstimate) -> list[str]:
    for note in effect.caveats:
        assert note.say("en")
        assert note.say("ko")
    return [note.code for note in effect.caveats]


def test_a_difference_in_differences_is_the_difference_of_four_means() -> None:
    rows = interviews()
    means = rows.groupby(["arm", "after"])["score"].mean()
    effect = estimated(rows)
    assert effect.estimate == pytest.approx(means[1, 1] - means[1, 0] - means[0, 1] + means[0, 0], rel=1e-12)
    assert effect.subject.estimand == "ATT"
    assert effect.mean_comparison_after == pytest.approx(means[0, 1], rel=1e-12)


def test_counts_are_by_arm_and_wave_and_missing_answers_are_counted_as_dropped() -> None:
    rows = interviews()
    n = rows.dropna(subset="score").groupby(["arm", "after"]).size()
    counts = estimated(rows).counts
    assert (counts.n_campaign_before, counts.n_campaign_after) == (n[1, 0], n[1, 1])
    assert (counts.n_comparison_before, counts.n_comparison_after) == (n[0, 0], n[0, 1])
    assert counts.dropped == rows["score"].isna().sum()
    assert counts.n + counts.dropped == len(rows)
    assert (counts.clusters_campaign, counts.clusters_comparison, counts.n_clusters) == (12, 12, 24)


def test_rows_of_another_wave_or_arm_are_dropped_and_counted() -> None:
    rows = interviews()
    other = rows.head(30).assign(**{"@wave": "midline"})
    stray = rows.head(20).assign(**{"@arm": None})
    plain, more = estimated(rows), estimated(pd.concat([rows, other, stray], ignore_index=True))
    assert more.estimate == plain.estimate
    assert more.counts.dropped == plain.counts.dropped + 50


def test_several_waves_may_count_as_before_or_after() -> None:
    rows = interviews()
    rows["@wave"] = (
        rows["after"].map({0: "a", 1: "b"}).where(rows["age"] < 40, rows["after"].map({0: "a2", 1: "b2"}))
    )
    assert estimated(rows, before=("a", "a2"), after=("b", "b2")).estimate == pytest.approx(
        estimated(interviews()).estimate, rel=1e-12
    )


def test_each_arm_has_its_own_effect_against_the_shared_comparison_group() -> None:
    rows = interviews()
    radio = rows["village"].isin([f"v{i:02d}" for i in range(0, 24, 4)])
    rows["@arm"] = rows["@arm"].where((rows["arm"] == 0) | radio, "film").where(~radio, "radio")
    found = effects(rows, standard_errors="CR1S")
    assert [effect.subject.term for effect in found] == ["film", "radio"]
    means = rows.groupby(["@arm", "after"])["score"].mean()
    shared = means["comparison", 1] - means["comparison", 0]
    assert found[1].estimate == pytest.approx(means["radio", 1] - means["radio", 0] - shared, rel=1e-12)
    assert found[0].counts.clusters_campaign == 6


def test_sites_come_in_the_order_given_and_are_estimated_apart() -> None:
    rows = interviews()
    rows["@site"] = rows["district"]
    found = effects(rows, sites=("d3", "d0", "nowhere"), roles={"d0": "origin"}, standard_errors="HC2")
    assert [effect.subject.site for effect in found] == ["d3", "d0", "nowhere", "d1", "d2", "d4", "d5"]
    assert found[1].subject.role == "origin"
    assert isinstance(found[2], NotEstimable)
    assert found[2].code == "no_rows"
    alone = estimated(rows[rows["district"] == "d0"].drop(columns="@site"), standard_errors="HC2")
    assert found[1].estimate == pytest.approx(alone.estimate, rel=1e-12)
    assert found[1].std_error == pytest.approx(alone.std_error, rel=1e-12)


def test_subgroups_follow_the_whole_and_a_missing_one_counts_in_the_whole_only() -> None:
    rows = interviews()
    rows.loc[:9, "female"] = None
    found = effects(rows, subgroups=("female",))
    assert [effect.subject.subgroup for effect in found] == [None, "female=0", "female=1"]
    assert found[0].counts.n + found[0].counts.dropped == len(rows)
    women = estimated(rows[rows["female"] == 1])
    assert found[2].estimate == pytest.approx(women.estimate, rel=1e-12)
    assert found[2].std_error == pytest.approx(women.std_error, rel=1e-10)


def test_a_change_says_that_it_is_no_effect_and_what_trend_would_explain_it() -> None:
    rows = interviews()
    rows["score"] += 20 * rows["after"]
    change = estimated(rows[rows["arm"] == 1], design="pre_post")
    assert change.subject.estimand == "change"
    assert codes(change)[:2] == ["change_not_effect", "background_trend"]
    assert f"{change.estimate:+.3g}" in change.caveats[1].say("en")
    assert change.mean_comparison_after is None


def test_before_and_after_looks_at_the_campaign_group_only() -> None:
    rows = interviews()
    change = estimated(rows, design="pre_post")
    assert change.estimate == pytest.approx(
        estimated(rows[rows["arm"] == 1], design="pre_post").estimate, rel=1e-12
    )
    assert change.counts.n_comparison_after is None


def test_a_trial_uses_the_rows_after_where_there_are_waves_and_all_rows_where_there_are_none() -> None:
    rows = interviews()
    after = rows[rows["after"] == 1].groupby("arm")["score"].mean()
    every = rows.groupby("arm")["score"].mean()
    assert estimated(rows, design="randomised").estimate == pytest.approx(after[1] - after[0], rel=1e-12)
    assert estimated(rows.drop(columns="@wave"), design="randomised").estimate == pytest.approx(
        every[1] - every[0], rel=1e-12
    )


def panel() -> pd.DataFrame:
    """The first interviews of each village in both waves, as if of the same people."""
    rows = interviews().dropna(subset="score")
    rows["@respondent"] = rows["village"] + rows.groupby(["village", "after"]).cumcount().astype(str)
    return rows


def test_pairs_are_found_by_respondent_and_people_seen_once_are_dropped() -> None:
    rows = panel()
    wide = rows[rows["arm"] == 1].pivot(index="@respondent", columns="after", values="score")
    change = estimated(rows, design="paired_pre_post", standard_errors="CR0")
    assert change.estimate == pytest.approx((wide[1] - wide[0]).mean(), rel=1e-12)
    assert change.counts.n == wide.dropna().shape[0]


def test_a_respondent_seen_twice_in_a_wave_is_nobody_s_pair() -> None:
    rows = panel()
    change = estimated(rows, design="paired_pre_post")
    doubled = estimated(
        pd.concat([rows, rows[(rows["arm"] == 1) & (rows["after"] == 1)].head(1)]), design="paired_pre_post"
    )
    assert doubled.counts.n == change.counts.n - 1


def test_ancova_adjusts_for_the_outcome_before_whether_wide_or_long() -> None:
    rows = panel()
    wide = rows.pivot(index="@respondent", columns="after", values="score").dropna()
    first = rows[rows["after"] == 1].set_index("@respondent").loc[wide.index]
    one_row_a_person = first.assign(**{"@baseline": wide[0]}).reset_index().drop(columns="@wave")
    long = estimated(rows, design="ancova")
    short = estimated(one_row_a_person, design="ancova")
    assert long.estimate == pytest.approx(short.estimate, rel=1e-10)
    assert long.std_error == pytest.approx(short.std_error, rel=1e-10)


def test_a_site_whose_rows_have_no_weight_is_not_estimated_as_if_it_had() -> None:
    rows = interviews()
    rows["@site"] = rows["district"].map(lambda d: "a" if d < "d3" else "b")
    rows["@weight"] = rows["weight"].where(rows["@site"] == "a")
    weighted, without = effects(rows, standard_errors="CR1S")
    assert isinstance(weighted, EffectEstimate)
    assert isinstance(without, NotEstimable)
    assert without.code == "no_answers"


def test_parts_that_are_empty_everywhere_are_as_if_they_were_not_there() -> None:
    rows = interviews()[lambda r: r["arm"] == 1]
    bare = estimated(rows[["@wave", "score"]], design="pre_post", standard_errors="HC2")
    empty = rows[["@wave", "score"]].assign(**dict.fromkeys(["@arm", "@cluster", "@stratum"]))
    found = estimated(
        empty.astype({"@arm": "str"}).assign(**{"@arm": None}),
        design="pre_post",
        standard_errors="HC2",
    )
    assert (found.estimate, found.std_error) == (bare.estimate, bare.std_error)


# ── No estimate, and why ───────────────────────────────────────────────────────────────────────────────────────────


def test_without_a_comparison_group_the_change_is_suggested() -> None:
    reason = absent(interviews()[lambda r: r["arm"] == 1])
    assert reason.code == "no_comparison_group"
    assert "pre_post" in reason.remedy()


def test_without_a_baseline_there_is_no_difference_in_differences() -> None:
    rows = interviews()
    assert absent(rows[rows["after"] == 1]).code == "no_campaign_before"
    assert absent(rows[(rows["after"] == 1) | (rows["arm"] == 1)]).code == "no_comparison_before"


def test_one_cluster_against_many_is_refused_with_the_numbers() -> None:
    rows = interviews()
    reason = absent(rows[(rows["arm"] == 0) | (rows["village"] == "v00")])
    assert reason.code == "one_cluster"
    assert "(1 in the campaign group, 12 in the comparison group)" in reason.reason()


def test_an_outcome_that_all_share_is_no_outcome() -> None:
    assert absent(interviews().assign(score=1.0)).code == "no_variation"


def test_an_outcome_that_renames_the_arm_has_no_uncertainty() -> None:
    rows = interviews()
    assert absent(rows.assign(score=rows["arm"] * rows["after"])).code == "no_residual_variation"


def test_an_effect_that_fixed_effects_swallow_is_not_identified() -> None:
    assert absent(interviews(), design="randomised", fixed_effects=("village",)).code == "not_identified"


def test_nobody_asked_is_not_an_effect_of_nothing() -> None:
    rows = interviews()
    assert absent(rows.assign(score=None).astype({"score": "float64"})).code == "no_answers"
    assert absent(rows.assign(age=float("nan")), covariates=("age",)).code == "no_complete_rows"


def test_as_many_coefficients_as_rows_leave_no_uncertainty() -> None:
    rows = interviews().groupby(["arm", "after"]).head(1)
    assert absent(rows, standard_errors="HC1").code == "no_residual_df"


def test_clustered_errors_need_to_know_the_clusters() -> None:
    assert absent(interviews().assign(**{"@cluster": None})).code == "no_clusters"


def test_what_is_not_offered_is_said_so() -> None:
    with pytest.raises(CannotProceed, match="not offered"):
        effects(interviews(), design="league_table")


# ── What is said beside an estimate ────────────────────────────────────────────────────────────────────────────────


def test_few_clusters_and_respondents_are_spoken_of() -> None:
    rows = interviews()
    assert "few_clusters" in codes(estimated(rows))
    some = rows[rows["village"].isin([f"v{i:02d}" for i in range(6)])]
    assert "very_few_clusters" in codes(estimated(some))
    assert "low_df" in codes(estimated(rows[rows["village"].isin(["v00", "v01", "v02", "v03"])]))
    assert "few_respondents" in codes(estimated(rows[rows["village"].isin(["v00", "v01", "v02", "v03"])]))


def test_errors_that_ignore_clusters_say_so() -> None:
    assert "clusters_ignored" in codes(estimated(interviews(), standard_errors="HC2"))


def test_an_interval_within_the_margin_is_nothing_beyond_it() -> None:
    rows = interviews()
    assert estimated(rows).verdict in ("effect", "inconclusive")
    within = estimated(rows, margins={"score": 100.0})
    assert within.verdict == "nothing_beyond_margin"
    rows["score"] += 20 * rows["arm"] * rows["after"]
    clear = estimated(rows, margins={"score": 100.0})
    assert "effect_below_margin" in codes(clear)
    assert estimated(rows).verdict == "effect"


def test_p_values_by_the_normal_distribution_are_smaller() -> None:
    rows = interviews()
    normal, student = estimated(rows, p_value="normal"), estimated(rows)
    assert normal.p_value < student.p_value
    assert normal.df == float("inf")
