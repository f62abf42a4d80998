"""The catalogue of strings: whole in every language."""

import re
import string

import pytest

from surveys.languages import catalogue, languages, pick, say


def placeholders(text: str) -> set[str]:
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_korean_comes_first_and_english_is_there() -> None:
    assert languages()[0] == "ko"
    assert "en" in languages()


@pytest.mark.parametrize("language", languages())
def test_every_language_says_everything(language: str) -> None:
    assert set(catalogue(language)) == set(catalogue("en"))


@pytest.mark.parametrize("language", languages())
def test_every_sentence_can_be_filled_in(language: str) -> None:
    for key, text in catalogue(language).items():
        # Languages may use different values of the same sentence; a stray brace would break all of them.
        assert all(name.isidentifier() for name in placeholders(text)), key


def test_korean_is_korean() -> None:
    codes = re.compile(r"^[\W\d_a-zA-Z]*$")
    latin = {key for key, text in catalogue("ko").items() if codes.match(text) and len(text.split()) > 3}
    assert latin == set()


def test_a_missing_translation_falls_back_to_english_and_an_unknown_key_is_an_error() -> None:
    assert pick({"en": "Nepal"}, "ko") == "Nepal"
    with pytest.raises(KeyError):
        say("screens.no.such.key", "ko")
