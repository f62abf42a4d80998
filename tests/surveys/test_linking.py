"""Pairs of interviews by the codes of their keys: how many are found, how many of them are right."""

import itertools
import logging
from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.fieldwork import LinkingKey
from surveys.linking import LEAST_WEIGHT, PROPOSED_FROM, Pair, compared, one_to_one
from surveys.linking_codes import agreement_of, codes_of_text
from tests.surveys.made_up_people import KEYS, coded, two_waves


ALL = tuple(key.question for key in KEYS)


@cache
def found(seed, people, slips, keys=KEYS):
    before, after = two_waves(seed, people, slips=slips)
    return compared(
        coded(before, "a", keys), coded(after, "b", keys), keys, [key.question for key in keys]
    ), len({number for number, _ in before} & {number for number, _ in after})


def precision_and_recall(pairs, there_are, least):
    chosen = [pair for pair in one_to_one(pairs) if pair.strength >= least]
    right = sum(pair.earlier[1:] == pair.later[1:] for pair in chosen)
    return right / max(len(chosen), 1), right / there_are


# What the proposals are worth, by how sloppily the keys were typed. The numbers are bounds on what
# was measured once; the seeds are fixed.
@pytest.mark.parametrize(
    ("slips", "least", "precision", "recall"),
    [
        (0.0, PROPOSED_FROM, 1.0, 1.0),
        (0.15, PROPOSED_FROM, 0.99, 0.97),
        (0.15, 0.9, 0.995, 0.87),
        (0.3, PROPOSED_FROM, 0.97, 0.9),
        (0.3, 0.9, 0.985, 0.7),
    ],
)
def test_proposals_find_nearly_everybody_and_are_nearly_always_right(slips, least, precision, recall):
    pairs, there_are = found(2, 250, slips)
    measured = precision_and_recall(pairs, there_are, least)
    assert measured[0] >= precision
    assert measured[1] >= recall


def test_two_keys_find_fewer_than_four_and_are_less_often_right():
    two = precision_and_recall(*found(2, 250, 0.15, KEYS[:2]), PROPOSED_FROM)
    four = precision_and_recall(*found(2, 250, 0.15), PROPOSED_FROM)
    assert two[0] < four[0]
    assert two[1] < four[1]
    assert two[0] > 0.85


def test_keys_in_which_nobody_ever_slips_are_no_reason_to_stop():
    assert precision_and_recall(*found(11, 250, 0.0), PROPOSED_FROM) == (1.0, 1.0)


@pytest.mark.parametrize("people", [2, 3, 20])
def test_small_waves_are_compared_by_what_is_usual(people):
    pairs, there_are = found(4, people, 0.0)
    assert precision_and_recall(pairs, there_are, PROPOSED_FROM) in [(1.0, 1.0), (0.0, 0.0)]
    assert len(one_to_one(pairs)) >= there_are * 0.9


def test_a_wave_without_interviews_or_without_codes_gives_no_pairs():
    before, after = two_waves(5, 30, slips=0.0)
    assert compared(coded(before, "a"), coded([], "b"), KEYS, ALL) == []
    assert compared(coded(before, "a"), coded(after, "b"), KEYS, []) == []
    nothing = [(number, dict.fromkeys(ALL, "")) for number, _ in after]
    assert compared(coded(before, "a"), coded(nothing, "b"), KEYS, ALL) == []


def test_a_key_that_only_one_wave_has_is_left_out():
    before, after = two_waves(5, 60, slips=0.0)
    pairs = compared(coded(before, "a", KEYS[:3]), coded(after, "b"), KEYS, ALL)
    assert pairs
    assert set(pairs[0].agreement) == {"name", "born", "village"}


def test_the_database_and_python_agree_about_how_answers_compare():
    before, after = two_waves(6, 120, slips=0.4)
    earlier, later = coded(before, "a"), coded(after, "b")
    sides = {
        row["interview"]: {key.question: row[key.column] for key in KEYS}
        for row in (*earlier.to_pylist(), *later.to_pylist())
    }

    def codes(interview, question):
        text = sides[interview][question]
        return None if text is None else codes_of_text(text)

    pairs = compared(earlier, later, KEYS, ALL)
    assert len({said for pair in pairs for said in pair.agreement.values()}) == 4
    for pair in pairs:
        for question, said in pair.agreement.items():
            assert said == agreement_of(codes(pair.earlier, question), codes(pair.later, question))


def test_twins_are_told_to_be_rivals():
    before, after = two_waves(7, 60, slips=0.0)
    number, one = before[0]
    twin = {**one, "name": "Zamir " + one["name"].split()[-1]}
    pairs = compared(
        coded([*before, (999, twin)], "a"), coded([*after, (number, one), (999, twin)], "b"), KEYS, ALL
    )
    mine = next(pair for pair in pairs if (pair.earlier, pair.later) == (f"a{number}", f"b{number}"))
    assert mine.rivals > 0
    chosen = {(pair.earlier, pair.later) for pair in one_to_one(pairs)}
    assert {(f"a{number}", f"b{number}"), ("a999", "b999")} <= chosen


def test_agreement_in_a_rare_name_is_worth_more_than_in_a_common_one():
    before, after = two_waves(8, 200, slips=0.0)
    common = [(n, {**one, "name": "Ram Tamang"} if n % 4 == 0 else one) for n, one in before]
    again = [(n, {**one, "name": "Ram Tamang"} if n % 4 == 0 and n < 200 else one) for n, one in after]
    keys = KEYS[:2]
    pairs = compared(coded(common, "a", keys), coded(again, "b", keys), keys, ["name", "born"])
    same = [pair for pair in pairs if set(pair.agreement.values()) == {"same"}]
    rare = max(pair.weight for pair in same if int(pair.earlier[1:]) % 4)
    usual = max(pair.weight for pair in same if int(pair.earlier[1:]) % 4 == 0)
    assert rare > usual + 2


def test_typed_ids_with_a_slip_are_proposed_in_a_wave_of_a_dozen():
    ids = [sha256(str(number).encode()).hexdigest()[:8] for number in range(12)]
    before = [(number, {"id": one}) for number, one in enumerate(ids)]
    after = [
        (number, {"id": one if number else one[:3] + "z" + one[4:]}) for number, one in enumerate(ids[:8])
    ]
    key = LinkingKey(question="id", kind="code")
    pairs = one_to_one(compared(coded(before, "a", [key]), coded(after, "b", [key]), [key], ["id"]))
    assert {(pair.earlier, pair.later) for pair in pairs} == {(f"a{n}", f"b{n}") for n in range(8)}


def test_the_same_interviews_give_the_same_pairs_and_splink_says_nothing(capsys, caplog):
    caplog.set_level(logging.DEBUG, logger="splink")
    first, second = (found.__wrapped__(9, 32, 0.15)[0] for _ in range(2))
    assert [(p.earlier, p.later) for p in first] == [(p.earlier, p.later) for p in second]
    assert [p.strength for p in first] == pytest.approx([p.strength for p in second])
    assert capsys.readouterr() == ("", "")
    assert not caplog.records


def test_questions_of_any_name_can_be_keys():
    odd = LinkingKey(question='a "name"; DROP TABLE earlier --', kind="name")
    before, after = two_waves(10, 40, slips=0.0)
    renamed = [[(n, {odd.question: one["name"], **one}) for n, one in wave] for wave in (before, after)]
    pairs = compared(coded(renamed[0], "a", [odd]), coded(renamed[1], "b", [odd]), [odd], [odd.question])
    assert all(set(pair.agreement) == {odd.question} for pair in pairs)


def best_by_trying_everything(pairs):
    best = 0.0
    for size in range(len(pairs) + 1):
        for some in itertools.combinations(pairs, size):
            sides = [side for pair in some for side in (pair.earlier, pair.later)]
            if len(set(sides)) == len(sides):
                best = max(best, sum(pair.weight - LEAST_WEIGHT for pair in some))
    return best


@given(
    st.dictionaries(
        st.tuples(st.sampled_from("abcd"), st.sampled_from("wxyz")),
        st.floats(0.5, 20),
        min_size=0,
        max_size=9,
    )
)
def test_pairs_are_chosen_one_to_one_with_the_largest_sum_of_weights(weights):
    pairs = [
        Pair(earlier=earlier, later=later, agreement={}, strength=0.5, weight=weight)
        for (earlier, later), weight in weights.items()
    ]
    chosen = one_to_one(pairs)
    assert len({pair.earlier for pair in chosen}) == len({pair.later for pair in chosen}) == len(chosen)
    assert sum(pair.weight - LEAST_WEIGHT for pair in chosen) == pytest.approx(
        best_by_trying_everything(pairs)
    )
