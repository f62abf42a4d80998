"""What must never be stored: direct identifiers, and the respondent's own id in the clear.

Names of people and places inside free text cannot be found reliably; what can be found by its
shape (telephone numbers, addresses of mail, numbers of identity papers) is reported by row.
"""

import hmac
import re
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from surveys.instrument import Question


# Types of an XLSForm whose answers identify a person, a device or a place by themselves.
IDENTIFYING_TYPES = frozenset(
    {
        "phonenumber", "deviceid", "subscriberid", "simserial", "username", "email", "geopoint", "geotrace",
        "geoshape", "start-geopoint", "audio", "background-audio", "image", "photo", "video", "file", "audit",
        "xml-external", "barcode-image", "signature",
    }
)  # fmt: skip

# A choice between "own phone" and "shared phone" identifies nobody; a line of text called phone does.
_TYPES_JUDGED_BY_NAME = frozenset({"text", "string", "integer", "decimal", "calculate", "barcode", "hidden"})

_WHO = (
    "my|your|the|resp|respondent|participant|interviewee|beneficiary|person|member|hh|household|head|hoh|"
    "family|child|father|mother|guardian|caregiver|spouse|contact|caller|owner|what_is_your|enter_your|q\\d+"
)
_WHAT = (
    "phone|telephone|tel|mobile|cell|cellphone|handphone|whatsapp|telegram|line_id|viber|kakao|kakaotalk|imei|"
    "phone_?(?:no|nr|num|number)|(?:mobile|telephone|tel|cell|contact|whatsapp)_?(?:phone_?)?(?:no|nr|num|number)|"
    "e?_?mail|e?_?mail_?address|full_?name|first_?name|last_?name|middle_?name|given_?name|family_?name|surname|"
    "passport|passport_?(?:no|nr|num|number|id)|national_?id(?:_?(?:no|number))?|id_?card(?:_?(?:no|number))?|"
    "identity_?card|nid|nik|nrc|tazkira|tazkera|citizenship_?(?:no|number)|ssn|rrn|social_?security(?:_?number)?|"
    "address|home_?address|street|street_?address|house_?(?:no|number)|gps|coordinates|latitude|longitude|lat|lon|lng|"
    "photo|signature|device_?id|sim_?(?:id|serial)|facebook|instagram|bank_?account(?:_?(?:no|number))?"
)
_WHERE = "home|office|work|mobile|private|personal|primary|main|other|alternative"
_IDENTIFYING_NAME = re.compile(
    rf"(?:(?:{_WHO})_)*(?:(?:{_WHAT})(?:_(?:{_WHERE}))?|(?:(?:{_WHO})_)+name)(?:_\d+)?|name(?:_\d+)?",
    re.IGNORECASE,
)


def is_identifying_name(name: str) -> bool:
    """Whether a column of text by that name holds a direct identifier: ``phone``, ``respondent_name``."""
    plain = re.sub(r"[\s./-]+", "_", name.strip()).strip("_")
    return _IDENTIFYING_NAME.fullmatch(plain) is not None


def is_direct_identifier(question: Question) -> bool:
    """Whether the answers to this question point to one person or device by themselves."""
    if question.type in IDENTIFYING_TYPES:
        return True
    return question.type in _TYPES_JUDGED_BY_NAME and is_identifying_name(question.name)


def respondent_pseudonym(key: bytes, respondent: str) -> str:
    """The only form in which a respondent's id is kept: HMAC-SHA-256 under the country's key, in hex.

    Without the key nobody can try out numbers: 10^8 telephone numbers take three minutes against a
    plain hash.
    """
    return hmac.new(key, respondent.strip().encode("utf-8"), sha256).hexdigest()


# RE2, so that a whole column is searched in one pass; \p{Nd} also finds Thai, Burmese and Persian digits.
_MAIL = r"[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+"
_NUMBER = r"\p{Nd}(?:[ ().\-]{0,2}\p{Nd}){8,18}"
_PASSPORT = r"\b[A-Z]{1,2}[0-9]{7,8}\b"
_ANY_PERSONAL = f"(?:{_MAIL})|(?:{_NUMBER})|(?:{_PASSPORT})"
_DATE_LIKE = re.compile(r"(?:19|20)\d\d[ .\-]?[01]\d[ .\-]?[0-3]\d(?:[ .\-]?[0-2]\d[ .\-]?[0-5]\d)?")
_NUMBER_IN_TEXT = re.compile(r"(?<![A-Za-z0-9])\+?\d(?:[ ().\-]{0,2}\d){8,18}(?![A-Za-z0-9])")
_IDS_OF_MACHINES = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{32,}\b", re.IGNORECASE
)
_OTHER_IN_TEXT = re.compile(r"[\w.%+-]+@[\w-]+(?:\.[\w-]+)+|\b[A-Z]{1,2}[0-9]{7,8}\b")


def holds_personal_data(text: str) -> bool:
    """Whether a text holds what looks like a telephone number, a mail address or an identity number."""
    text = _IDS_OF_MACHINES.sub(" ", text)
    if _OTHER_IN_TEXT.search(text):
        return True
    return any(not _DATE_LIKE.fullmatch(found.group()) for found in _NUMBER_IN_TEXT.finditer(text))


def texts_with_personal_data(texts: pa.Array) -> list[bool]:
    """For each text, whether it looks as if it held personal data (null: no)."""
    suspects = pc.fill_null(pc.match_substring_regex(texts, _ANY_PERSONAL), False)
    flags = [False] * len(texts)
    for position in pc.indices_nonzero(suspects).to_pylist():
        flags[position] = holds_personal_data(texts[position].as_py())
    return flags
