"""Codes of names, numbers and places: what a slip of the hand leaves alike, and what nobody can read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.linking_codes import CODE_BYTES, Coder, Codes, agreement_of, codes_of_text, plain_words


KEY = b"a key of thirty-two bytes, secret"


def codes(kind: str, value: str, key: bytes = KEY) -> Codes | None:
    return Coder(key, kind).codes(value)


def same(kind: str, one: str, other: str) -> bool:
    return codes(kind, one).exact == codes(kind, other).exact


def letters_agree(one: Codes, other: Codes) -> float:
    a, b = int.from_bytes(one.bits), int.from_bytes(other.bits)
    return 2 * (a & b).bit_count() / (a.bit_count() + b.bit_count())


def alike(kind: str, one: str, other: str) -> bool:
    return agreement_of(codes(kind, one), codes(kind, other)) in ("same", "similar")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sita Tamang", "  sita   TAMANG "),
        ("Sita Tamang", "Tamang Sita"),
        ("José Pérez", "Jose Perez"),
        ("Nguyễn Văn An", "NGUYEN VAN AN"),
        ("Nur-Aini", "Nuraini"),
        ("김민수", "김 민 수"),
        ("Ｓｉｔａ Tamang", "Sita Tamang"),
        ("مُحَمَّد علي", "محمد علي"),
    ],
)
def test_a_name_is_the_same_however_it_is_spaced_ordered_and_accented(one, other):
    assert same("name", one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sita Tamang", "Seeta Tamang"),
        ("Mohammed Rahman", "Muhammad Rahman"),
        ("Kim Minsu", "김민수"),
        ("Kim Min-su", "김 민수"),
        ("Gim Minsu", "Kim Minsu"),
        ("김민수", "김민서"),
        ("สมชาย ใจดี", "สมชัย ใจดี"),
        ("အောင်မြင့်", "အောင်မြင်"),
        ("محمد علي", "محمد على"),
        ("सीता तामाङ", "सिता तामाङ"),
        ("Ram Bahadur Thapa", "Ram Bahadr Thapa"),
        ("Rai", "Rei"),
    ],
)
def test_names_one_slip_or_one_spelling_apart_are_alike_but_not_the_same(one, other):
    assert not same("name", one, other)
    assert alike("name", one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sita Tamang", "Bishnu Tamang"),
        ("김민수", "박지영"),
        ("Aung Myint", "Zaw Htet"),
        ("สมชาย ใจดี", "วิชัย ทองดี"),
    ],
)
def test_names_of_different_people_are_not_alike(one, other):
    assert not alike("name", one, other)


def test_vowels_that_are_marks_are_kept():
    assert plain_words("กิน") != plain_words("กัน")
    assert plain_words("राम") != plain_words("रीम")


@pytest.mark.parametrize(
    ("one", "other", "agreement"),
    [
        ("0771234567", "+94 77 123 4567", "same"),
        ("๐๗๗๑๒๓๔๕๖๗", "0771234567", "same"),
        ("0771234567", "0771234576", "alike"),
        ("0771234567", "077123567", "alike"),
        ("0771234567", "0771134567", "alike"),
        ("0771234567", "0782234599", "neither"),
    ],
)
def test_telephone_numbers_are_compared_by_their_last_digits(one, other, agreement):
    assert same("phone", one, other) == (agreement == "same")
    assert alike_codes(codes("phone", one), codes("phone", other)) == (agreement != "neither")


def alike_codes(one: Codes, other: Codes) -> bool:
    return bool({one.exact, *one.alike} & {other.exact, *other.alike})


@pytest.mark.parametrize(
    ("one", "other", "expected"), [("1984", "1984.0", True), ("1984", "1985", True), ("1984", "1986", False)]
)
def test_a_year_is_like_its_neighbours(one, other, expected):
    assert alike_codes(codes("year", one), codes("year", other)) == expected


def test_an_id_is_like_one_with_a_digit_exchanged():
    assert same("code", "NP-014-07", "np 014/07")
    assert alike_codes(codes("code", "NP-014-07"), codes("code", "NP-041-07"))
    assert not alike_codes(codes("code", "NP-014-07"), codes("code", "NP-253-11"))


@pytest.mark.parametrize("kind", ["name", "text", "code", "phone", "year", "exact"])
@pytest.mark.parametrize("nothing", ["", "   ", "---", "?"])
def test_an_answer_without_letters_or_digits_has_no_codes(kind, nothing):
    assert codes(kind, nothing) is None


@pytest.mark.parametrize("kind", ["name", "text", "code", "phone", "exact"])
def test_another_key_gives_other_codes(kind):
    one, other = (
        codes(kind, "Sita 0771234567"),
        codes(kind, "Sita 0771234567", b"another key of thirty-two bytes!!"),
    )
    assert one.exact != other.exact
    assert not {one.exact, *one.alike} & {other.exact, *other.alike}
    assert not one.bits or letters_agree(one, other) < 0.5


@given(st.text(max_size=40), st.sampled_from(["name", "text", "code", "phone", "year", "exact"]))
def test_any_answer_has_codes_that_survive_being_written_down_and_show_nothing_of_it(value, kind):
    made = codes(kind, value)
    if made is None:
        return
    assert codes_of_text(made.as_text()) == made
    length = -(-CODE_BYTES * 8 // 6)  # characters of a code
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{{length}}}", code) for code in (made.exact, *made.alike))


@given(
    st.text(alphabet="abcdefgh", min_size=3, max_size=12),
    st.integers(0, 11),
    st.sampled_from(["swap", "drop", "change"]),
)
def test_any_single_slip_in_a_short_text_is_found(word, place, slip):
    place %= len(word) - 1
    if slip == "swap":
        slipped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    elif slip == "drop":
        slipped = word[:place] + word[place + 1 :]
    else:
        slipped = word[:place] + "x" + word[place + 1 :]
    assert alike_codes(codes("code", word), codes("code", slipped))
    assert alike_codes(codes("text", word), codes("text", slipped))
