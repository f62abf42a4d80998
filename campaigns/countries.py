"""Countries by their ISO 3166-1 alpha-3 code: how data may spell them, and how screens name them."""

from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale
from babel.core import get_global


# As the states of the region call themselves in the United Nations, where the common names of the locale data differ.
OFFICIAL_NAMES: Mapping[str, Mapping[str, str]] = {
    "AUS": {"ko": "호주"},
    "BRN": {"en": "Brunei Darussalam"},
    "CHN": {"ko": "중국"},
    "HKG": {"en": "Hong Kong SAR, China", "ko": "중국 홍콩특별행정구"},
    "IRN": {"en": "Iran (Islamic Republic of)"},
    "KOR": {"en": "Republic of Korea", "ko": "대한민국"},
    "LAO": {"en": "Lao PDR"},
    "MAC": {"en": "Macao SAR, China", "ko": "중국 마카오특별행정구"},
    "MMR": {"en": "Myanmar", "ko": "미얀마"},
    "PRK": {"en": "DPR Korea"},
    "SYR": {"en": "Syrian Arab Republic"},
    "TUR": {"en": "Türkiye", "ko": "튀르키예"},
    "VNM": {"en": "Viet Nam"},
}


@cache
def country_spellings(country: str) -> tuple[str, ...]:
    """Other ways to write a country (ISO 3166-1 alpha-3): alpha-2, its English and its Korean name."""
    two = alpha_2(country)
    if two is None:
        return ()
    names = [Locale(language).territories.get(two) for language in ("en", "ko")]
    official = OFFICIAL_NAMES.get(country, {}).values()
    return tuple(dict.fromkeys((two, *(name for name in names if name), *official)))


def country_title(country: str) -> dict[str, str]:
    """The country's name in English and Korean; its code where neither is known."""
    two = alpha_2(country)
    names = {language: str(Locale(language).territories.get(two or "", country)) for language in ("en", "ko")}
    return names | dict(OFFICIAL_NAMES.get(country, {}))


def alpha_2(country: str) -> str | None:
    """The two letters of a country given by three; None where there is no such country."""
    aliases: Sequence[str] = get_global("territory_aliases").get(country, ())
    return aliases[0] if len(country) == 3 and country.isalpha() and len(aliases) == 1 else None


def known_countries() -> tuple[str, ...]:
    """The codes there are."""
    return tuple(code for code in get_global("territory_aliases") if alpha_2(code) is not None)
