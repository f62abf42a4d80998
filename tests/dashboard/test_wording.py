"""Numbers as people read them."""

from datetime import date, datetime

import pytest

from dashboard import wording
from surveys.languages import catalogue, languages
from tests.dashboard import fixtures


def test_proportions_become_percentage_points_with_a_real_minus_sign() -> None:
    assert wording.number(0.092, "proportion") == "+9.2"
    assert wording.number(-0.012, "proportion") == "−1.2"
    assert wording.number(0.1234, "standard_deviations") == "+0.12"


def test_a_difference_that_rounds_to_nothing_has_no_sign() -> None:
    assert wording.number(-0.0002, "proportion") == "0.0"
    assert wording.bound(-0.0, "points") == "0.00"


def test_a_range_never_uses_a_dash_beside_a_minus_sign() -> None:
    assert wording.interval(-0.012, 0.053, "proportion", "en") == "−1.2 to 5.3"
    assert wording.interval(-0.012, 0.053, "proportion", "ko") == "−1.2 ~ 5.3"


def test_the_unit_is_named_in_the_readers_language() -> None:
    assert wording.unit("proportion", "en") == "pp"
    assert wording.unit("proportion", "ko") == "%p"


@pytest.mark.parametrize(
    ("count", "shown"), [(1204, "≈1,205"), (1202, "≈1,200"), (2.0, "≈0"), (12, "≈10"), (13, "≈15")]
)
def test_counts_are_rounded_to_five_and_marked(count: int, shown: str) -> None:
    assert wording.about(count) == shown


def test_before_and_after_say_only_what_there_is() -> None:
    assert wording.before_after(1204, 1162) == "≈1,205 → 1,160"
    assert wording.before_after(None, 1162) == "≈1,160"
    assert wording.before_after(None, None) == ""


def test_a_small_p_value_is_never_printed_as_zero() -> None:
    assert wording.p_value(0.0214) == "p = 0.021"
    assert wording.p_value(0.0000004) == "p ≤ 0.001"


def test_dates_are_written_as_the_language_writes_them() -> None:
    assert wording.month(date(2026, 9, 3), "en") == "Sep 2026"
    assert wording.month(date(2026, 9, 3), "ko") == "2026년 9월"
    assert wording.months(date(2026, 9, 1), date(2026, 10, 2), "ko") == "2026년 9월 ~ 2026년 10월"
    assert wording.months(None, None, "en") == ""
    assert wording.day(date(2026, 10, 14), "en") == "14 October 2026"
    assert wording.day(date(2026, 10, 14), "ko") == "2026년 10월 14일"
    assert wording.moment(datetime(2026, 10, 14, 9, 30), "en").startswith("14 Oct 2026")


def test_lists_are_joined_as_the_language_joins_them() -> None:
    assert wording.and_list(["Nepal", "Thailand", "Korea"], "en") == "Nepal, Thailand and Korea"
    assert wording.and_list(["네팔", "태국"], "ko") == "네팔 및 태국"


def test_labels_of_the_axis_are_short() -> None:
    assert [wording.tick(value) for value in (-5.0, 0.0, 0.5, 0.25)] == ["−5", "0", "+0.5", "+0.25"]


def test_an_unusual_family_or_design_is_shown_by_its_own_name() -> None:
    assert wording.family("help_seeking", "en") == "Help seeking"
    assert wording.design("regression_discontinuity", "ko") == "regression discontinuity"


def test_a_rise_is_good_only_where_more_is_hoped_for() -> None:
    signs, fear = fixtures.CAMPAIGN.outcome("signs"), fixtures.CAMPAIGN.outcome("fear")
    assert wording.is_good(0.1, signs)
    assert not wording.is_good(0.1, fear)


def test_every_language_holds_every_string_of_the_screens() -> None:
    keys = {
        language: {key for key in catalogue(language) if key.startswith("screens.")}
        for language in languages()
    }
    for language, found in keys.items():
        assert found == keys["en"], (language, found ^ keys["en"])


def test_every_string_takes_the_same_values_in_every_language() -> None:
    from string import Formatter

    for key, text in catalogue("en").items():
        if key.startswith("screens."):
            fields = {name for _, name, _, _ in Formatter().parse(text) if name}
            for language in languages():
                other = catalogue(language)[key]
                assert {name for _, name, _, _ in Formatter().parse(other) if name} == fields, (key, language)
