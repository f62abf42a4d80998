"""A short sample of the attacks; ``make attack`` makes them at full length."""

import numpy as np
import pytest

from tests.attacks.differencing import attacks, coarse, exact


@pytest.mark.parametrize("joined", [1, 9, 10, 12])
def test_who_compares_two_releases_learns_nobodys_answer(joined: int) -> None:
    found = attacks(np.random.default_rng(joined), 400, coarse, by_release=True, joined=joined)
    assert found.certain == 0


def test_the_attack_succeeds_where_numbers_are_told_anew_for_one_person() -> None:
    assert attacks(np.random.default_rng(1), 200, exact, by_release=False).certain > 150
    assert attacks(np.random.default_rng(1), 200, coarse, by_release=False).certain > 5


def test_rounding_alone_does_not_hide_ten_who_say_the_same() -> None:
    assert attacks(np.random.default_rng(1), 3_000, coarse, by_release=False, joined=10).certain > 0
