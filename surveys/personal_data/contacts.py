"""Where a person can be reached or found: mail, profiles, messengers, positions, addresses."""

import re
from collections.abc import Iterator

from surveys.personal_data.kinds import Kind


# What may begin anywhere is bounded: a cell of 30,000 letters is looked through in one go.
_MAIL = re.compile(
    r"[\w.%+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}|[\w.%+-]{1,64} ?[\[(] ?(?:at|@|골뱅이) ?[\])] ?[\w-]+ ?(?:[\[(] ?)?(?:\.|dot|점)(?: ?[\])])? ?[a-z]{2,}",
    re.IGNORECASE,
)
_PROFILE = re.compile(
    r"(?:facebook|fb|instagram|tiktok|twitter|linkedin|weibo|vk|snapchat|youtube|threads)\.(?:com|me|net)/@?(?!sharer|watch|hashtag|groups/?$)[\w.%-]{3,}|"
    r"(?<![\w.])(?:x\.com|t\.me|wa\.me|line\.me|zalo\.me|m\.me|viber\.me|open\.kakao\.com|pf\.kakao\.com|qr\.kakao\.com|telegram\.me)/[\w@+%./~-]{3,}|"
    r"\bhttps?://[\w.%+-]+(?::[^\s/@]*)?@[\w.-]+",
    re.IGNORECASE,
)
_SERVICES = (
    r"line|kakao ?talk|kakao|카카오톡|카톡|라인|ไลน์|ไอดีไลน์|telegram|텔레그램|تلگرام|viber|ဗိုက်ဘာ|wechat|weixin|微信|위챗|whatsapp|"
    r"zalo|instagram|insta|ig|facebook|fb|messenger|페이스북|페북|인스타그램|인스타|เฟซบุ๊ก|เฟส|ဖေ့စ်ဘုတ်|فیسبوک|imo|tiktok|틱톡|twitter|snapchat|signal|skype"
)
_HANDLE = re.compile(
    rf"(?:(?<!\w)|(?<=[฀-๿]))(?:{_SERVICES})(?:\s*(?:id|아이디|ไอดี|account|user ?name|name|아이디는|အကောင့်|آیدی)\b)?\s*(?:은|는|is|:|=|-|\()?\s*"
    r"(?P<handle>@?[A-Za-z][\w.\-]{3,29})",
    re.IGNORECASE,
)
_AT_HANDLE = re.compile(r"(?<![\w@.])@(?P<handle>[A-Za-z][\w.]{3,29})(?![\w(@])")
_DECIMALS = re.compile(
    r"(?<![\w.])(?P<lat>[+-]?\d{1,3}\.\d{3,})°?\s*[NS]?\s*[,;/ ]\s*(?i:lon(?:g|gitude)?[:= ]*)?"
    r"(?P<lon>[+-]?\d{1,3}\.\d{3,})(?!\w|\.\d)"
)
_DEGREES = re.compile(
    r"\d{1,3} ?[°º] ?\d{1,2}(?:[.,]\d+)? ?['′’](?: ?\d{1,2}(?:[.,]\d+)? ?(?:[\"″”]|''))? ?[NSEW]?"
)
_PLUS_CODE = re.compile(
    r"(?<![\w+])(?:[23456789CFGHJMPQRV][23456789CFGHJMPQRVWX]{7}|[23456789CFGHJMPQRVWX]{4,6})\+[23456789CFGHJMPQRVWX]{2,3}(?![\w+])"
)
_MAP_LINK = re.compile(
    r"(?:maps\.app\.goo\.gl|goo\.gl/maps|maps\.google\.[a-z.]+|google\.[a-z.]+/maps|naver\.me|kko\.to|map\.kakao\.com|what3words\.com)/?\S+|"
    r"(?<![\w/:])///[a-z]+\.[a-z]+\.[a-z]+",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"[가-힣]{1,20}(?:시|도|구|군)\s+[가-힣0-9]{1,20}(?:동|읍|면|리|로|길)\s*\d+(?:-\d+)?|[가-힣0-9]{1,20}(?:로|길)\s?\d+(?:-\d+)?(?:번지|호|번길)|"
    r"[가-힣0-9]{1,20}동\s?\d+-\d+(?:번지)?|[가-힣]{1,20}(?:아파트|빌라)\s?\d+동\s?\d+호|"
    r"(?<!\w)\d{1,5}[A-Za-z]?(?:/\d+)?,? (?:[A-Z][\w']+ ){1,3}(?:Street|St\.|Road|Rd\.?|Avenue|Ave\.?|Lane|Ln\.|Boulevard|Blvd|Drive|Soi)(?!\w)|"
    r"(?i:house (?:no|number)\.?|h\.? ?no\.?) ?\d+|"
    r"บ้านเลขที่ ?\d+|\d{1,6}(?:/\d{1,6})? ?(?:หมู่|ม\.|ซอย|ซ\.|ถนน|ถ\.) ?[\dก-๙]+|"
    r"(?i:số nhà|nhà số) ?\d+|(?i:số) \d+(?:/\d+)?,? (?i:đường|ngõ|phố|hẻm) \w+|"
    r"\b(?:Jl|Jln|Jalan|Gg|Gang)\b\.? ?[A-Z]\w+(?: \w+){0,3},? (?:[Nn]o\.? ?)?\d+|(?i:rt) ?\d+ ?/ ?(?i:rw) ?\d+|"
    r"အမှတ် ?\(? ?\d+[^\n]{0,20}(?:လမ်း|ရပ်ကွက်)|(?:خانه نمبر|خانه شماره|منزل نمبر|پلاک|مکان نمبر|نمبر خانه) ?\d+|"
    r"(?:घर नं\.?|घर नम्बर) ?\d+|(?:বাড়ি নং|বাসা নং|হোল্ডিং নং|বাড়ি নম্বর) ?\d+|ផ្ទះ(?:លេខ)? ?\d+|(?:ເຮືອນເລກທີ|ເຮືອນ) ?\d+"
)
_NO_HANDLES = frozenset({"gmail", "media", "radio", "group", "groups", "page", "pages", "number", "account"})


def contact_kinds(text: str) -> Iterator[Kind]:
    """The ways to reach or find a person that a readied text holds."""
    if _MAIL.search(text):
        yield Kind.MAIL
    if _PROFILE.search(text):
        yield Kind.PROFILE
    if any(_is_handle(found) for found in _HANDLE.finditer(text)) or any(
        re.search(r"[\d_.]\w", found["handle"]) for found in _AT_HANDLE.finditer(text)
    ):
        yield Kind.HANDLE
    if (
        any(_is_position(found) for found in _DECIMALS.finditer(text))
        or _DEGREES.search(text)
        or _PLUS_CODE.search(text)
        or _MAP_LINK.search(text)
    ):
        yield Kind.COORDINATES
    if _ADDRESS.search(text):
        yield Kind.ADDRESS


def _is_handle(found: re.Match[str]) -> bool:
    """A word behind the name of a service is one's name there where it looks like no word of a language."""
    handle = found["handle"]
    odd = handle.startswith("@") or re.search(r"\d|[_.]\w", handle) is not None
    said = re.search(
        r"(?i:id|아이디|ไอดี|user ?name)\s*(?:은|는|is)?\s*[:=]?\s*$", found.group()[: -len(handle)]
    )
    return (odd or said is not None) and handle.casefold() not in _NO_HANDLES


def _is_position(found: re.Match[str]) -> bool:
    lat, lon = float(found["lat"]), float(found["lon"])
    return abs(lat) <= 90 and abs(lon) <= 180 and (abs(lat) > 1 or abs(lon) > 1)
