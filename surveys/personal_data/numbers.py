"""Numbers that belong to one person: telephones, identity papers, passports, accounts and cards.

A number is judged by its shape, its check digit or the words before it. Years, dates, amounts, durations,
counts and codes are none; where a bare number could be either, it is left alone unless a word says what it is.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumberType

from surveys.personal_data import checksums
from surveys.personal_data.kinds import Kind


# Countries whose numbers people of the region write, beside those of the campaign (ISO 3166-1 alpha-2).
REGIONS = (
    "KR", "TH", "VN", "MM", "KH", "LA", "ID", "MY", "PH", "BD", "NP", "PK", "AF", "LK", "IN", "AU", "JP", "IR", "NZ",
    "TR", "IQ", "SY", "JO", "MV", "BT", "CN", "HK", "SG", "TL", "PG", "MN", "AE", "GB", "US",
)  # fmt: skip
_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})

_TELEPHONE_WORDS = (
    r"tele?phone|phone|\btel\b|mobile|\bcell|\bcall\b|\bhp\b|whats ?app|viber|zalo|\bsms\b|hotline number|contact(?: me)?|"
    r"전화|휴대폰|핸드폰|연락처|연락|โทร|เบอร์|มือถือ|ဖုန်း|تلفن|تلیفون|موبایل|شماره تماس|فون|điện thoại|\bsđt\b|\bđt\b|số máy|"
    r"telp|telepon|nomor hp|\bno\.? ?hp\b|\bnope\b|फोन|मोबाइल|सम्पर्क|ফোন|মোবাইল|ទូរស័ព្ទ|លេខ|ໂທ|ເບີ|電話|电话|手机"
)
_IDENTITY_WORDS = (
    r"주민등록번호|주민번호|외국인등록번호|외국인번호|신분증|national id|\bid card|\bid (?:no|number)|identity (?:card|no|number)|\bnid\b|"
    r"\bnik\b|\bktp\b|\bkk\b|\bcccd\b|\bcmnd\b|căn cước|chứng minh|บัตรประชาชน|เลขประจำตัว|เลขบัตร|မှတ်ပုံတင်|نمبر تذکره|تذکره|تذکرې|"
    r"tazkira|tazkera|شناسنامه|کد ملی|شناختی کارڈ|\bcnic\b|\bnic\b|जन्म दर्ता|नागरिकता|citizenship|জাতীয় পরিচয়|পরিচয়পত্র|এনআইডি|"
    r"aadhaar|आधार|unhcr (?:no|id|card)|refugee (?:id|card)|អត្តសញ្ញាណ|ບັດປະຈຳຕົວ|philsys|\bsss\b|\bumid\b|\btin\b|\bssn\b|身份证"
)
_PASSPORT_WORDS = (
    r"passport|여권|พาสปอร์ต|หนังสือเดินทาง|နိုင်ငံကူးလက်မှတ်|ပတ်စပို့|پاسپورت|پاسپورٹ|گذرنامه|hộ chiếu|paspor|राहदानी|पासपोर्ट|"
    r"পাসপোর্ট|លិខិតឆ្លងដែន|ໜັງສືຜ່ານແດນ|护照"
)
_BANK_WORDS = (
    r"계좌|통장|bank account|account (?:no|number)|\bacct\b|\biban\b|บัญชี|ငွေစာရင်း|حساب بانکی|شماره حساب|số tài khoản|\bstk\b|"
    r"rekening|\bno\.? ?rek\b|खाता नम्बर|खाता|হিসাব নম্বর|bkash|বিকাশ|បណ្តាញធនាគារ|លេខគណនី|ບັນຊີ|银行账户"
)
_AND_THEN = r"[^\d\n]{0,24}?"

_AFTER_WORDS: tuple[tuple[Kind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?:{words}){_AND_THEN}(?<![\d,.])(?P<number>{number})(?![\d])", re.IGNORECASE))
    for kind, words, number in (
        (Kind.PASSPORT, _PASSPORT_WORDS, r"[A-Z]{0,3}-?\d{5,9}"),
        (Kind.IDENTITY_NUMBER, _IDENTITY_WORDS, r"[A-Z]{0,4}\d(?:[ \-/.]?\d){5,19}"),
        (Kind.BANK, _BANK_WORDS, r"\d(?:[ \-]?\d){6,19}"),
        (Kind.TELEPHONE, _TELEPHONE_WORDS, r"[+(]?\d(?:[ ().\-/]{0,2}\d){6,14}"),
    )
)
_SHAPES: tuple[tuple[Kind, re.Pattern[str], Callable[[str], bool] | None], ...] = (
    (Kind.PASSPORT, re.compile(r"\bP[A-Z<][A-Z]{3}[A-Z<]{6,}<<|\b[A-Z0-9<]{9}\d[A-Z]{3}\d{7}[MFX<]\d{7}"), None),
    (Kind.PASSPORT, re.compile(r"(?<![\w-])(?:[A-Z]{1,2}\d{7,8}|[A-Z]\d{3}[A-Z]\d{4})(?![\w-])"), None),
    (Kind.BANK, re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"), lambda t: _iban(t)),
    (Kind.BANK, re.compile(r"(?<![\d.\-])\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{4}(?![\d.\-])"),
     lambda t: checksums.is_luhn(_digits(t))),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d{6} ?- ?[1-8]\d{6}(?![\d-])"),
     lambda t: checksums.has_korean_shape(_digits(t))),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d[- ]\d{4}[- ]\d{5}[- ]\d{2}[- ]\d(?![\d-])"), None),  # Thailand
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d{5}-\d{7}-\d(?![\d-])"), None),  # Pakistan
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d{4}-\d{4}-\d{5}(?![\d-])"), None),  # Afghanistan
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d{6}-\d{2}-\d{4}(?![\d-])"),
     lambda t: checksums.has_malaysian_shape(_digits(t))),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])(?:\d{4}-\d{7}-\d|\d{2}-\d{7}-\d|\d{4}(?:-\d{4}){3})(?![\d-])"), None),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d/-])\d{2}-\d{2}-\d{2}-\d{5}(?![\d-])"), None),  # Nepal
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d.\-])\d{4} \d{4} \d{4}(?![\d.\-])"), None),  # India
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<!\w)(?:\d{9}[VXvx]|[A-Z]{5}\d{4}[A-Z])(?!\w)"), None),  # Sri Lanka, India
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<!\d)\d{1,2} ?/ ?[^\s/()\d]{2,16} ?\( ?[^\s()\d]{1,8} ?\) ?\d{6}(?!\d)"), None),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])"), None),  # United States
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<!\w)\d{17}[\dXx](?!\w)"), checksums.is_chinese),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<!\w)\d{13}(?!\w)"),
     lambda t: checksums.is_korean(t) or checksums.is_thai(t)),
    (Kind.IDENTITY_NUMBER, re.compile(r"(?<!\w)\d{16}(?!\w)"), checksums.has_indonesian_shape),
    (Kind.BANK, re.compile(r"(?<!\w)\d{16}(?!\w)"), checksums.is_luhn),
)  # fmt: skip
_LONG_RUN = re.compile(r"(?<![A-Za-z0-9_.,+])\d{12,19}(?![.,]?\d|[A-Za-z_])")
_MONEY = re.compile(
    r"[₩$€£¥฿₫₱₹៛₭؋]|\b(?:usd|krw|thb|vnd|idr|myr|php|bdt|npr|pkr|afn|mmk|khr|lak|inr|aud|won|baht|dong|rupiah|ringgit|"
    r"pesos?|taka|rupees?|kyats?|riel|kip|dollars?|afghanis?|rp|rs)\b|원|만원|บาท|đồng|ကျပ်|افغانی|روپیه|روپے|टाका|टका|रुपैयाँ|रुपये|টাকা|"
    r"រៀល|ກີບ|달러|ดอลลาร์|ဒေါ်လာ|دالر",
    re.IGNORECASE,
)
# Years of the Gregorian, Buddhist and solar Hijri calendars; without separators only the first is believed.
_YEAR = r"(?:19|20|24|25|13|14)\d\d"
_DAY = rf"(?:{_YEAR}[ .\-/][01]?\d[ .\-/][0-3]?\d|(?:19|20)\d\d[01]\d[0-3]\d|[0-3]?\d[ .\-/][01]?\d[ .\-/]{_YEAR})"
_CLOCK = r"[0-2]?\d[:.\-]?[0-5]\d(?:[:.\-]?[0-5]\d)?"
_TIMES = re.compile(
    rf"{_DAY}(?:[ T_\-]*{_CLOCK})?|{_YEAR} ?[-~/] ?{_YEAR}|[01]?\d/{_YEAR} ?- ?[01]?\d/{_YEAR}|[0-2]?\d[.:]\d\d ?- ?[0-2]?\d[.:]\d\d"
)
_CLOCK_OF_MACHINE = re.compile(r"1[5-8]\d{11}")  # milliseconds since 1970
_CANDIDATE = re.compile(
    r"(?<![A-Za-z0-9_.,/+])(?:\+|00)?\(?\d(?:[ ().\-/]{0,2}\d){6,16}(?![A-Za-z0-9_/])(?![.,:]\d)"
)
_WITHOUT_SPACES = re.compile(
    _CANDIDATE.pattern.replace("[ ().", "[().")
)  # of two numbers in a row each alone
_CODE_BEFORE = re.compile(
    r"(?:\b(?:code|ref|case|form|household|hh|batch|serial|kode|mã)|코드|รหัส|کد|कोड|কোড|កូដ|ကုဒ်)[ .:#]*(?:no\.? ?)?$",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"\d{1,3}(?:[ .]\d{3})+")
_LIST_OF_NUMBERS = re.compile(r"\d{1,2}(?:[ .\-/]+\d{1,2})+")


def number_kinds(text: str, regions: Sequence[str] = ()) -> Iterator[Kind]:
    """The kinds of personal numbers in a readied text.

    Parameters
    ----------
    regions
        The campaign's countries, ISO 3166-1 alpha-2: a number that needs no leading zero there is believed.
    """
    for kind, pattern in _AFTER_WORDS:
        for found in pattern.finditer(text):
            if not _is_time(found["number"]) and not _is_amount(
                text, found.start("number"), found.end("number")
            ):
                yield kind
                break
    for kind, pattern, holds in _SHAPES:
        if any(holds is None or holds(found.group()) for found in pattern.finditer(text)):
            yield kind
    for found in _LONG_RUN.finditer(text):
        machine = _is_time(found.group()) or _CLOCK_OF_MACHINE.fullmatch(found.group())
        if not machine and not _is_amount(text, found.start(), found.end()):
            yield Kind.IDENTITY_NUMBER
            break
    candidates = (found for pattern in (_CANDIDATE, _WITHOUT_SPACES) for found in pattern.finditer(text))
    if any(_is_telephone(found, text, regions) for found in candidates):
        yield Kind.TELEPHONE


def _is_telephone(found: re.Match[str], text: str, regions: Sequence[str]) -> bool:
    written = found.group().strip(" .-/")
    if _is_time(written) or _is_amount(text, found.start(), found.end()):
        return False
    digits = _digits(written)
    if written.startswith("+") or (written.startswith("00") and len(digits) >= 11):
        number = _parsed("+" + digits.removeprefix("00") if written.startswith("00") else written, None)
        return number is not None and phonenumbers.is_possible_number(number)
    if _LIST_OF_NUMBERS.fullmatch(written) and not digits.startswith("0"):
        return False
    if digits.startswith("0"):
        return any(_is_valid(digits, region) for region in (*regions, *REGIONS))
    if _AMOUNT.fullmatch(written) or _CODE_BEFORE.search(text[: found.start()]):
        return False
    return any(_is_mobile(digits, region) for region in regions) or _with_country_code(digits, written)


def _is_mobile(digits: str, region: str) -> bool:
    """A mobile number without its leading zero, which spreadsheets drop, or of a country that has none."""
    number = _parsed(digits, region) if len(digits) >= (9 if _has_trunk_zero(region) else 8) else None
    return (
        number is not None
        and phonenumbers.is_valid_number(number)
        and phonenumbers.number_type(number) in _MOBILE
    )


@cache
def _has_trunk_zero(region: str) -> bool:
    return phonenumbers.ndd_prefix_for_region(region, True) == "0"


def _with_country_code(digits: str, written: str) -> bool:
    """A number with its country's code but no plus sign, written in groups: ``82-10-2000-0000``."""
    if len(digits) < 11 or written == digits:
        return False
    number = _parsed(f"+{digits}", None)
    return (
        number is not None
        and phonenumbers.is_valid_number(number)
        and phonenumbers.region_code_for_number(number) in REGIONS
    )


def _is_valid(digits: str, region: str) -> bool:
    number = _parsed(digits, region)
    return number is not None and phonenumbers.is_valid_number(number)


def _parsed(written: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None


def _is_time(written: str) -> bool:
    return _TIMES.fullmatch(written.strip()) is not None


def _is_amount(text: str, start: int, end: int) -> bool:
    """Whether a currency stands right before or behind the number."""
    return (
        _MONEY.search(text[max(0, start - 6) : start] + " " + text[end : end + 12].lstrip()[:8]) is not None
    )


def _iban(written: str) -> bool:
    plain = written.replace(" ", "")
    return 15 <= len(plain) <= 34 and checksums.is_iban(plain)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())
