"""Personal data in free text: what kinds a text holds, and which texts of a whole column hold some."""

import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from surveys.personal_data.contacts import contact_kinds
from surveys.personal_data.kinds import STRUCTURED, Kind, readied
from surveys.personal_data.names import holds_name, look_like_names
from surveys.personal_data.numbers import number_kinds


__all__ = [
    "STRUCTURED",
    "Kind",
    "holds_personal_data",
    "identifying_kind",
    "personal_data_kinds",
    "texts_with_personal_data",
    "unnamed",
]

# RE2, so that a whole column is searched in one pass. Wider than what is found: it only says where to look.
_ANY_TRACE = (
    r"@|＠|\[ ?at|\( ?at|골뱅이|°|º|///|<<|\+[23456789CFGHJMPQRVWX]{2}|[A-Z]\p{Nd}{3}[A-Z]|"
    r"\p{Nd}(?:[^\p{L}]*\p{Nd}){4}|\p{Nd}{1,2}\s*/\s*[^\s/()]{2,16}\s*\(|"
    r"(?i:\.(?:com|me|net|to|gl)/|https?://|naver\.me|kko\.to|line|kakao|카톡|카카오|라인|ไลน์|telegram|텔레그램|تلگرام|viber|wechat|weixin|微信|위챗|whatsapp|zalo|insta|"
    r"\big\b|facebook|\bfb\b|messenger|페북|페이스북|인스타|เฟซ|เฟส|فیسبوک|\bimo\b|tiktok|틱톡|twitter|snapchat|signal|skype|ဗိုက်|ဖေ့စ်)|"
    r"[가-힣](?:동|로|길|리|읍|면) ?\p{Nd}|\p{Nd} (?:[A-Z][\w']+ ){1,3}[SRALBD]|(?i:house|h\.? ?no|số|jl|jln|jalan|gang|\bgg\b|rt)[^\p{Nd}]{0,40}\p{Nd}|บ้านเลข|"
    r"\p{Nd} ?(?:หมู่|ม\.|ซอย|ซ\.|ถนน|ถ\.)|အမှတ်|خانه|منزل|پلاک|مکان|घर|বাড়ি|বাসা|হোল্ডিং|ផ្ទះ|ເຮືອນ|"
    r"(?i:name|called|\bask|talk|spe?ak|spoke|contact|\bme?et|told|tanya|hubungi|ketemu|bertemu|\bhỏi|\bgặp|liên hệ|nama|saya|pangalan|\bsi\b|tên|mr|mrs|ms|miss|mdm|\bdr\b|\bU\b|daw|puan|encik|pak|ibu|aling|mang|khun|nai|"
    r"ông|bà|anh|chị|cô|chú|nguyễn|trần|\blê\b|phạm|hoàng|huỳnh|phan|\bvũ\b|\bvõ\b|đặng|bùi|đỗ|ngô|dương|đinh|trịnh|mai)|"
    r"ชื่อ|นาย|นาง|น\.ส|ด\.ช|ด\.ญ|เด็ก|คุณ|ຊື່|ທ້າວ|ທ່ານ|ນາງ|မည်|ဦး|ဒေါ်|ကို|မောင်|စော|နော်|နန်း|نام|اسم|نوم|آقای|خانم|جناب|محترم|حاجی|ښاغلی|مولوی|"
    r"नाम|श्री|सुश्री|बहादुर|कुमारी|प्रसाद|श्रेष्ठ|थापा|भट्टराई|पौडेल|कार्की|खड्का|शर्मा|जोशी|घिमिरे|कोइराला|बस्नेत|खनाल|भण्डारी|महर्जन|উদ্দিন|হোসেন|রহমান|আক্তার|খাতুন|মিয়া|চৌধুরী|আহমেদ|আলী|নাম|মো|জনাব|বেগম|ឈ្មោះ|លោក|អ្នកស្រី|[가-힣]{3}(?:가|이|께서|에게|한테|한테서) ?(?:말|알려|알린|전화|소개|이야기|얘기|연락|데려|추천|물어)|성함|이름|성명|본명|저는|나는|제가|전 |난 |씨|님|군|양|여사|사장|과장|부장|선생|목사|이장|반장"
)
_MACHINE_ID = r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"
_A_TRACE = re.compile(r"[^\W\d_]{2}|\d(?:[^A-Za-z]{0,4}\d){4}|@")  # spares most numbers and codes the search
_SEARCHED_ALONE = re.compile(r"[^\W_]")  # a text without a letter or digit holds nothing
IDENTIFYING_SHARE = 0.6  # of a column's filled cells that are an identifier each: the column is one
FEWEST_CELLS = 3
_LOOKED_AT = 400  # different cells of a column that are enough to know what it is
_SHORT = 60  # a cell that is one identifier is no essay


def personal_data_kinds(text: str, regions: Sequence[str] = ()) -> tuple[Kind, ...]:
    """The kinds of personal data that a text seems to hold, each once.

    Parameters
    ----------
    regions
        The campaign's countries, ISO 3166-1 alpha-2, by whose rules telephone numbers are read.
    """
    plain = readied(text)
    if _SEARCHED_ALONE.search(plain) is None:
        return ()
    found = [*number_kinds(plain, regions), *contact_kinds(plain)]
    if holds_name(plain):
        found.append(Kind.NAME)
    return tuple(dict.fromkeys(found))


def holds_personal_data(text: str, regions: Sequence[str] = ()) -> bool:
    """Whether a text seems to hold personal data of any kind."""
    return bool(personal_data_kinds(text, regions))


def unnamed(text: str) -> str:
    """The text for a message or a list: three dots in its place where it holds personal data."""
    return "•••" if _A_TRACE.search(text) is not None and holds_personal_data(text) else text


def texts_with_personal_data(texts: pa.Array, regions: Sequence[str] = ()) -> list[bool]:
    """For each text, whether it seems to hold personal data (null: no)."""
    places = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, _ANY_TRACE), False))
    suspects = pc.replace_substring_regex(texts.take(places), _MACHINE_ID, " ")
    places = places.filter(pc.match_substring_regex(suspects, _ANY_TRACE))
    flags = [False] * len(texts)
    for position in places.to_pylist():
        flags[position] = holds_personal_data(texts[position].as_py(), regions)
    return flags


def identifying_kind(texts: pa.Array, regions: Sequence[str] = ()) -> Kind | None:
    """What a column is made of, where most of its filled cells are one identifier each; else None.

    Parameters
    ----------
    texts
        The different filled cells of the column.
    """
    sample = [text for text in texts.slice(0, _LOOKED_AT).to_pylist() if text]
    if len(sample) < FEWEST_CELLS:
        return None
    counts: dict[Kind, int] = {}
    for text in sample:
        for kind in personal_data_kinds(text, regions) if len(text) <= _SHORT else ():
            counts[kind] = counts.get(kind, 0) + 1
    telling = [(number, kind) for kind, number in counts.items() if kind in STRUCTURED]
    if telling and max(telling)[0] >= IDENTIFYING_SHARE * len(sample):
        return max(telling)[1]
    return Kind.NAME if look_like_names([readied(text).strip() for text in sample]) else None
