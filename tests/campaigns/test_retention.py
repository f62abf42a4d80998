from datetime import date

import pytest

from campaigns.registry import load_campaign
from campaigns.retention import months_later, retention_of
from surveys.problems import CannotProceed
from tests.surveys.fieldwork_example import CAMPAIGN


CLOSING = CAMPAIGN.replace("{id: endline}", "{id: endline, opens: 2023-05-01, closes: 2023-05-31}")


def written(tmp_path, text):
    file = tmp_path / "pilot.yaml"
    file.write_text(text, "utf-8")
    return load_campaign(file)


def test_originals_are_kept_two_years_after_the_last_wave_closed(tmp_path):
    rule = retention_of(written(tmp_path, CLOSING), [date(2023, 6, 9)], 24)
    assert (rule.counted_from, rule.due, rule.last_wave_closed) == (
        date(2023, 5, 31),
        date(2025, 5, 31),
        True,
    )
    assert not rule.is_due(date(2025, 5, 30))
    assert rule.is_due(date(2025, 5, 31))


def test_a_campaign_may_say_otherwise(tmp_path):
    assert retention_of(written(tmp_path, CLOSING + "retention_months: 6\n"), [], 24).due == date(
        2023, 11, 30
    )
    with pytest.raises(CannotProceed, match="retention_months"):
        written(tmp_path, CLOSING + "retention_months: 0\n")


def test_where_the_last_wave_does_not_say_when_it_closes_the_newest_upload_counts(tmp_path):
    days = [date(2024, 2, 29), date(2023, 1, 1)]
    rule = retention_of(written(tmp_path, CAMPAIGN), days, 12)
    assert (rule.due, rule.last_wave_closed) == (date(2025, 2, 28), False)
    assert retention_of(None, days, 12).due == rule.due


def test_months_end_where_the_month_does():
    assert months_later(date(2024, 8, 31), 6) == date(2025, 2, 28)
    assert months_later(date(2024, 12, 1), 1) == date(2025, 1, 1)


def test_what_becomes_of_a_question_is_declared_in_the_campaign_file(tmp_path):
    campaign = written(tmp_path, CAMPAIGN + "identifiers: {remark: hold, phone: drop}\n")
    assert campaign.identifiers == {"remark": "hold", "phone": "drop"}
    with pytest.raises(CannotProceed, match=r"identifiers\.remark.*Use one of: drop, coarsen, hold, keep"):
        written(tmp_path, CAMPAIGN + "identifiers: {remark: hide}\n")
