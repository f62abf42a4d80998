"""The check digits of identity papers, accounts and cards. Each takes plain digits."""

from datetime import date


def is_luhn(digits: str) -> bool:
    """ISO/IEC 7812: payment cards."""
    doubled = (int(d) * 2 if place % 2 else int(d) for place, d in enumerate(reversed(digits)))
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def is_iban(text: str) -> bool:
    """ISO 13616: modulo 97 over the rearranged account number."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in moved)) % 97 == 1


def is_korean(digits: str) -> bool:
    """A Korean resident or foreigner registration number: birth date, and the check digit of before October 2020."""
    if not has_korean_shape(digits):
        return False
    total = sum(
        int(d) * weight for d, weight in zip(digits, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5), strict=False)
    )
    check = (11 - total % 11) % 10
    foreigner = (13 - total % 11) % 10
    return int(digits[12]) == (foreigner if digits[6] in "5678" else check)


def has_korean_shape(digits: str) -> bool:
    """Six digits of a birth date and seven more, the first of which says century, sex and nationality."""
    century = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}
    start = century.get(digits[6:7])
    return (
        len(digits) == 13 and start is not None and _is_day(start + int(digits[:2]), digits[2:4], digits[4:6])
    )


def is_thai(digits: str) -> bool:
    """A Thai citizen's number: thirteen digits, the last a check digit modulo 11."""
    if len(digits) != 13 or digits[0] in "09":
        return False
    total = sum(int(d) * weight for d, weight in zip(digits, range(13, 1, -1), strict=False))
    return int(digits[12]) == (11 - total % 11) % 10


def is_chinese(text: str) -> bool:
    """A Chinese resident identity number: place, birth date, and a check sign modulo 11 (ISO 7064)."""
    if len(text) != 18 or not _is_day(int(text[6:10]), text[10:12], text[12:14]):
        return False
    total = sum(int(d) * pow(2, 17 - place, 11) for place, d in enumerate(text[:17]))
    return "10X98765432"[total % 11] == text[17].upper()


def has_indonesian_shape(digits: str) -> bool:
    """An Indonesian NIK: place, birth date (a woman's day plus forty), and a serial number."""
    day = int(digits[6:8]) - (40 if digits[6] in "4567" else 0) if len(digits) == 16 else 0
    return (
        11 <= int(digits[:2] or 0) <= 97
        and digits[12:] != "0000"
        and any(_is_day(century + int(digits[10:12]), digits[8:10], f"{day:02d}") for century in (1900, 2000))
        if 1 <= day <= 31
        else False
    )


def has_malaysian_shape(digits: str) -> bool:
    """A Malaysian NRIC: birth date, place of birth, serial number."""
    return len(digits) == 12 and any(
        _is_day(century + int(digits[:2]), digits[2:4], digits[4:6]) for century in (1900, 2000)
    )


def _is_day(year: int, month: str, day: str) -> bool:
    try:
        date(year, int(month), int(day))
    except ValueError:
        return False
    return True
