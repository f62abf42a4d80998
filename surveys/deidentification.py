"""What must never be stored: direct identifiers, and the respondent's own id in the clear.

A question is an identifier by its type, its name or its label. What free text holds is found by
``surveys.personal_data``.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable
from hashlib import sha256

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

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


# What a question of an identifier is called in the languages of the region, alone or with a polite request around it.
_WHAT_IS_SAID = (
    r"(?:full|first|last|family|given|middle)? ?name|name of (?:the )?respondent|(?:tele|mobile |cell )?phone(?: number| no\.?)?|e-?mail(?: address)?|"
    r"(?:home |street )?address|passport (?:number|no\.?)|national id(?:entity)?(?: card)?(?: number| no\.?)?|id card number|"
    r"성명|성함|이름|응답자 ?(?:성명|성함|이름)|연락처|(?:휴대)?전화 ?(?:번호)?|휴대폰 ?(?:번호)?|핸드폰 ?(?:번호)?|이메일(?: ?주소)?|전자우편|주소|집 ?주소|자택 ?주소|"
    r"주민(?:등록)?번호|외국인등록번호|여권 ?번호|계좌 ?번호|카카오톡 ?(?:아이디|id)|"
    r"ชื่อ|ชื่อ ?-? ?(?:นาม)?สกุล|นามสกุล|ชื่อผู้ตอบ|เบอร์โทร(?:ศัพท์)?|หมายเลขโทรศัพท์|เบอร์มือถือ|ที่อยู่|อีเมล|เลข(?:ที่)?บัตรประชาชน|เลขประจำตัวประชาชน|หมายเลขหนังสือเดินทาง|ไอดีไลน์|"
    r"(?:họ (?:và )?)?tên|họ tên|số điện thoại|điện thoại|địa chỉ|số (?:cmnd|cccd|hộ chiếu)|cmnd|cccd|"
    r"အမည်|နာမည်|ဖြေဆိုသူ ?အမည်|ဖုန်း(?:နံပါတ်)?|လိပ်စာ|မှတ်ပုံတင်(?:အမှတ်| ?နံပါတ်)?|နိုင်ငံကူးလက်မှတ်နံပါတ်|"
    r"نام|اسم|نام (?:و|کامل|مکمل) ?(?:تخلص|نام خانوادگی)?|نام و نام خانوادگی|شماره (?:تلفن|تماس|موبایل|تذکره|پاسپورت)|تلفن|آدرس|نشانی|ایمیل|نوم|د تلیفون شمیره|فون نمبر|پتہ|شناختی کارڈ نمبر|"
    r"nama(?: lengkap| responden)?|(?:nomor|no\.?) ?(?:telepon|hp|handphone|ktp|paspor|rekening)|nik|alamat(?: rumah)?|"
    r"(?:buong )?pangalan|tirahan|numero ng telepono|"
    r"नाम|पुरा नाम|पूरा नाम|फोन ?(?:नम्बर|नंबर)|मोबाइल ?(?:नम्बर|नंबर)|ठेगाना|नागरिकता ?(?:नम्बर|नं\.?)|"
    r"নাম|পুরো নাম|(?:ফোন|মোবাইল) ?(?:নম্বর|নাম্বার)|ঠিকানা|জাতীয় পরিচয়পত্র ?(?:নম্বর|নাম্বার)?|"
    r"ឈ្មោះ|គោត្តនាម និងនាម|លេខទូរស័ព្ទ|អាសយដ្ឋាន|អ៊ីមែល|ຊື່|ຊື່ ?(?:ແລະ)? ?ນາມສະກຸນ|ເບີໂທ(?:ລະສັບ)?|ທີ່ຢູ່"
)
_IDENTIFYING_LABEL = re.compile(
    r"(?:q?\d+(?:\.\d+)*[.): ]+)?(?:(?:what is|please (?:enter|give|write)|enter|write|record)? ?(?:your|the|respondent'?s?|participant'?s?)? ?)?"
    rf"(?:귀하의 |응답자의 |당신의 |ขอ|กรุณา(?:ระบุ|บอก)|โปรดระบุ)?(?:{_WHAT_IS_SAID})(?:ของ(?:ท่าน|คุณ|ผู้ตอบ)|(?:을|를|은|는|이|가)? ?(?:적어|기입해|알려|말씀해|입력해)? ?(?:주십시오|주세요|무엇입니까)?)?",
    re.IGNORECASE,
)
_BIRTH_DATE = re.compile(
    r"(?:resp(?:ondent)?_?|child_?)?(?:dob|birth_?(?:date|day)|date_?(?:of_?)?birth)(?:_\d+)?", re.IGNORECASE
)
_BIRTH_LABEL = re.compile(
    r"\bdate of birth\b|\bbirth ?date\b|생년월일|วันเกิด|วันเดือนปีเกิด|ngày sinh|မွေးသက္ကရာဇ်|မွေးနေ့|تاریخ تولد|تاریخ پیدائش|tanggal lahir|जन्म ?मिति|জন্ম ?তারিখ|"
    r"ថ្ងៃខែឆ្នាំកំណើត|ວັນເດືອນປີເກີດ",
    re.IGNORECASE,
)


ADMINISTRATIVE = re.compile(
    r"(?:admin|adm)_?[0-3](?:_.*)?|province|district|region|state|governorate|division|prefecture|si_?do|si_?gun_?gu|township|upazila|(?:.*_)?(?:province|district)",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:.*_)?(?:ward|village|commune|municipality|city|town|county|parish|hamlet|island|camp|block|cluster|area|"
    r"locality|location|place|settlement|neighbou?rhood|subdistrict|tambon|amphoe|changwat|desa|barangay|union|thana)(?:_.*)?",
    re.IGNORECASE,
)


def is_place_name(name: str) -> bool:
    """Whether a question by that name asks for a place: ``district``, ``home_village``, ``admin2``."""
    return ADMINISTRATIVE.fullmatch(name) is not None or _PLACE.fullmatch(name) is not None


def is_birth_date_name(name: str) -> bool:
    """Whether a column by that name holds a day of birth."""
    return _BIRTH_DATE.fullmatch(name) is not None


def is_identifying_name(name: str) -> bool:
    """Whether a column of text by that name holds a direct identifier: ``phone``, ``respondent_name``, 연락처."""
    plain = re.sub(r"[\s./-]+", "_", name.strip()).strip("_")
    return _IDENTIFYING_NAME.fullmatch(plain) is not None or (
        not plain.isascii() and is_identifying_label(name)
    )


def is_identifying_label(label: str) -> bool:
    """Whether a question that is asked in these words asks for a direct identifier and nothing else."""
    bare = " ".join(unicodedata.normalize("NFC", label).split()).strip(" ?？:*.。[]()")
    return _IDENTIFYING_LABEL.fullmatch(bare) is not None


def is_direct_identifier(question: Question) -> bool:
    """Whether the answers to this question point to one person or device by themselves."""
    if question.type in IDENTIFYING_TYPES:
        return True
    if question.type not in _TYPES_JUDGED_BY_NAME:
        return False
    return is_identifying_name(question.name) or any(map(is_identifying_label, question.labels.values()))


def is_birth_date(question: Question) -> bool:
    """Whether the question asks for a day of birth, of which the year is enough."""
    if question.type not in ("date", "datetime", "dateTime", "text", "string", "calculate"):
        return False
    return is_birth_date_name(question.name) or (
        question.type == "date"
        and any(_BIRTH_LABEL.search(label) is not None for label in question.labels.values())
    )


_CODE = re.compile(r"[A-Za-z]{0,5}(?:[-_./ ]?[A-Za-z]{0,3}\d{1,5}){1,3}[A-Za-z]?|[A-Za-z]{1,2}")


def is_code(interviewer: str) -> bool:
    """Whether an interviewer is written as a code (``E07``, ``NPL-03``) that names nobody."""
    return len(interviewer) <= 12 and _CODE.fullmatch(interviewer.strip()) is not None


def interviewer_pseudonym(key: bytes, interviewer: str) -> str:
    """What an interviewer who is written by name is kept as: enough of a keyed hash to tell a team apart.

    The words before it keep it apart from the pseudonym of a respondent of the same name.
    """
    written = f"interviewer\x1f{interviewer.strip().casefold()}".encode()
    return f"i-{hmac.new(key, written, sha256).hexdigest()[:12]}"


def respondent_pseudonyms(key: bytes) -> Callable[[str], str]:
    """What makes of a respondent's id the only form in which it is kept: HMAC-SHA-256 under the country's key, in hex.

    Without the key nobody can try out numbers: 10^8 telephone numbers take three minutes against a
    plain hash.
    """
    keyed = HMAC(key, SHA256())  # made once: a file has one for every row

    def pseudonym(respondent: str) -> str:
        digest = keyed.copy()
        digest.update(respondent.strip().encode("utf-8"))
        return digest.finalize().hex()

    return pseudonym
