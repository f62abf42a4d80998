"""A short sample of the kills; ``make crash`` makes them at every write."""

from pathlib import Path

import pytest

from tests.crash.campaign import interrupted, prepared
from tests.crash.power import power_cuts
from tests.surveys.databases import postgresql_server


__all__ = ["postgresql_server"]


@pytest.mark.parametrize("deed", ["correction", "erase"])
def test_nothing_is_lost_doubled_or_half_done_wherever_the_program_is_killed(
    deed: str, tmp_path: Path
) -> None:
    tally = interrupted(prepared(deed, None, tmp_path), every=83, at_random=1)
    assert tally.points >= 1
    assert tally.faults == ()


@pytest.mark.postgresql
def test_nor_with_a_database_server(postgresql_server: str, tmp_path: Path) -> None:
    tally = interrupted(prepared("correction", postgresql_server, tmp_path), every=83, at_random=1)
    assert tally.points >= 1
    assert tally.faults == ()


def test_every_receipt_given_before_a_power_cut_is_in_what_is_left(tmp_path: Path) -> None:
    cuts = power_cuts(tmp_path, 8)
    assert cuts.receipts > 0
    assert cuts.faults == ()
