"""A questionnaire in five languages and interviews made up for it: the one truth behind every export."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from surveys.instrument import Choice, Instrument, Question
from tests.surveys.forms import form


ENGLISH, KOREAN, THAI, BURMESE, DARI = (
    "English (en)", "한국어 (ko)", "ไทย (th)", "မြန်မာ (my)", "دری (prs)",
)  # fmt: skip
LANGUAGES = (ENGLISH, KOREAN, THAI, BURMESE, DARI)

HEADER = (
    "type",
    "name",
    *(f"label::{language}" for language in LANGUAGES),
    "required",
    "relevant",
    "constraint",
)
SURVEY = (
    HEADER,
    ("start", "start"),
    ("end", "end"),
    ("today", "today"),
    ("select_one yesno", "consent", "Do you agree to take part?", "조사에 참여하시겠습니까?", "ยินดีเข้าร่วมหรือไม่",
     "ပါဝင်ရန် သဘောတူပါသလား", "آیا موافق استید؟", "yes"),
    ("date", "day", "Day of the interview", "조사일", "วันที่สัมภาษณ์", "တွေ့ဆုံသည့်နေ့", "روز مصاحبه", "yes"),
    ("begin group", "profile", "About you", "응답자 정보", "เกี่ยวกับคุณ", "သင့်အကြောင်း", "در باره شما"),
    ("integer", "age", "Age in years", "나이(만)", "อายุ (ปี)", "အသက်", "سن", "", "", ". >= 15 and . <= 99"),
    ("select_one gender", "gender", "Gender", "성별", "เพศ", "ကျား/မ", "جنسیت"),
    ("decimal", "hours", "Hours of work a day", "하루 노동 시간", "ชั่วโมงทำงาน", "အလုပ်ချိန်", "ساعات کار"),
    ("phonenumber", "phone", "Telephone", "전화번호", "โทรศัพท์", "ဖုန်း", "تلفن"),
    ("end group", ""),
    ("begin group", "content", "The campaign", "캠페인", "การรณรงค์", "လှုပ်ရှားမှု", "کمپاین"),
    ("select_one yesno", "heard", "Have you heard of it?", "들어 보셨습니까?", "เคยได้ยินไหม", "ကြားဖူးပါသလား", "آیا شنیده اید؟"),
    ("select_multiple channel", "channels", "Where did you hear it?", "어디서 들으셨습니까?", "ได้ยินจากที่ไหน", "ဘယ်မှာကြားသလဲ",
     "از کجا شنیدید؟", "", "${heard} = 'yes'"),
    ("begin group", "beliefs", "What you believe", "인식", "ความเชื่อ", "ယုံကြည်ချက်", "باور"),
    ("select_one truth", "debt", "Debt is a warning sign", "빚은 위험 신호다", "หนี้เป็นสัญญาณเตือน", "အကြွေးသည် သတိပေးချက်", "قرض نشانه خطر است"),
    ("select_one truth", "papers", "Kept papers are a warning sign", "여권 압류는 위험 신호다", "การยึดเอกสารเป็นสัญญาณเตือน",
     "စာရွက်သိမ်းခြင်းသည် သတိပေးချက်", "گرفتن اسناد نشانه خطر است"),
    ("select_one likert", "safe", "Irregular routes are safe", "비정규 경로는 안전하다", "เส้นทางผิดกฎหมายปลอดภัย", "တရားမဝင်လမ်းသည် ဘေးကင်းသည်",
     "راه های غیرقانونی امن است"),
    ("end group", ""),
    ("select_multiple sign", "signs", "Which signs do you know?", "아는 위험 신호는 무엇입니까?", "รู้จักสัญญาณใดบ้าง", "ဘယ်သတိပေးချက်တွေ သိသလဲ",
     "کدام نشانه ها را می شناسید؟"),
    ("end group", ""),
    ("geopoint", "place", "Place", "장소", "สถานที่", "နေရာ", "محل"),
    ("image", "photo", "Photograph", "사진", "ภาพ", "ဓာတ်ပုံ", "عکس"),
    ("begin repeat", "member", "Household member", "가구원", "สมาชิก", "အိမ်သား", "عضو خانواده"),
    ("text", "member_role", "Role of the member", "가구원 역할", "บทบาท", "အခန်းကဏ္ဍ", "نقش عضو"),
    ("integer", "member_age", "Age of the member", "가구원 나이", "อายุสมาชิก", "အိမ်သားအသက်", "سن عضو"),
    ("end repeat", ""),
    ("note", "thanks", "Thank you", "감사합니다", "ขอบคุณ", "ကျေးဇူးတင်ပါတယ်", "تشکر"),
    ("text", "remark", "Remarks of the interviewer", "조사원 메모", "หมายเหตุ", "မှတ်ချက်", "یادداشت"),
)  # fmt: skip
CHOICES = (
    ("list_name", "name", *(f"label::{language}" for language in LANGUAGES)),
    ("yesno", "yes", "Yes", "예", "ใช่", "ဟုတ်ကဲ့", "بلی"),
    ("yesno", "no", "No", "아니요", "ไม่ใช่", "မဟုတ်ပါ", "نخیر"),
    ("gender", "female", "Female", "여성", "หญิง", "မ", "زن"),
    ("gender", "male", "Male", "남성", "ชาย", "ကျား", "مرد"),
    ("gender", "na", "Prefer not to say", "응답 거부", "ไม่ตอบ", "မဖြေလိုပါ", "نمی‌خواهم بگویم"),
    ("channel", "tv", "Television", "텔레비전", "โทรทัศน์", "ရုပ်မြင်သံကြား", "تلویزیون"),
    ("channel", "radio", "Radio, any station", "라디오", "วิทยุ", "ရေဒီယို", "رادیو"),
    ("channel", "social_media", "Social media", "소셜 미디어", "โซเชียลมีเดีย", "လူမှုကွန်ရက်", "رسانه های اجتماعی"),
    ("channel", "worker", "Community worker", "지역 활동가", "เจ้าหน้าที่ชุมชน", "ရပ်ရွာဝန်ထမ်း", "کارمند جامعه"),
    ("truth", "1", "True", "맞다", "ถูก", "မှန်", "درست"),
    ("truth", "0", "False", "틀리다", "ผิด", "မှား", "نادرست"),
    ("truth", "dk", "Don't know", "모름", "ไม่ทราบ", "မသိပါ", "نمی‌دانم"),
    ("likert", "1", "Strongly disagree", "전혀 동의하지 않음", "ไม่เห็นด้วยอย่างยิ่ง", "လုံးဝသဘောမတူ", "کاملا مخالف"),
    ("likert", "2", "Disagree", "동의하지 않음", "ไม่เห็นด้วย", "သဘောမတူ", "مخالف"),
    ("likert", "3", "Agree", "동의함", "เห็นด้วย", "သဘောတူ", "موافق"),
    ("likert", "4", "Strongly agree", "매우 동의함", "เห็นด้วยอย่างยิ่ง", "လုံးဝသဘောတူ", "کاملا موافق"),
    ("likert", "-99", "Don't know", "모름", "ไม่ทราบ", "မသိပါ", "نمی‌دانم"),
    ("sign", "1", "Debt", "빚", "หนี้", "အကြွေး", "قرض"),
    ("sign", "2", "No contract", "계약서 없음", "ไม่มีสัญญา", "စာချုပ်မရှိ", "بدون قرارداد"),
    ("sign", "3", "Kept papers", "여권 압류", "ยึดเอกสาร", "စာရွက်သိမ်း", "گرفتن اسناد"),
    ("sign", "-99", "Don't know", "모름", "ไม่ทราบ", "မသိပါ", "نمی‌دانم"),
)  # fmt: skip
SETTINGS = (("form_title", "form_id", "version", "default_language"), ("Trial", "trial", "3", ENGLISH))

# What is kept of an interview: no telephone, no place, no photograph, no roster.
KEPT = (
    "consent", "day", "age", "gender", "hours", "heard", "channels", "debt", "papers", "safe", "signs", "remark",
)  # fmt: skip


@cache
def questionnaire() -> Instrument:
    """The questionnaire, read as an XLSForm would be."""
    width = len(HEADER)
    return form([(*row, *[""] * (width - len(row))) for row in SURVEY], CHOICES, SETTINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """One interview in the questionnaire's codes; what was not answered is not there."""

    uuid: str
    number: int  # the server's
    start: str  # local, ISO, without offset
    end: str
    sent: str  # in UTC
    said: dict[str, str]
    members: tuple[dict[str, str], ...] = field(default=())


PHONE = "0771234567"
PLACE = ("37.5665", "126.9780", "38.0", "5.0")

INTERVIEWS: list[Interview] = [
    Interview(
        uuid="67205d50-86ac-594c-a7ab-dd444a6c243f", number=100001,
        start="2026-09-13T08:56:10", end="2026-09-13T09:20:44", sent="2026-09-13T00:30:00",
        said={
            "consent": "yes", "day": "2026-09-13", "age": "34", "gender": "female", "hours": "8.5", "phone": PHONE,
            "heard": "yes", "channels": "tv radio", "debt": "1", "papers": "0", "safe": "1", "signs": "1 3",
            "remark": 'She said: "they kept it; all of it", then, slowly,\nshe stopped.', "photo": "1757.jpg",
        },
        members=({"member_role": "mother", "member_age": "61"}, {"member_role": "son", "member_age": "4"}),
    ),
    Interview(
        uuid="8fc54337-078a-52e2-bd73-5a700a1f31d7", number=100002,
        start="2026-09-14T23:40:00", end="2026-09-15T00:10:02", sent="2026-09-14T15:11:00",
        said={
            "consent": "yes", "day": "2026-09-14", "age": "19", "gender": "male", "hours": "12", "heard": "no",
            "debt": "dk", "papers": "1", "safe": "-99", "signs": "-99", "remark": "조사원: 통역이 필요했음",
        },
    ),
    Interview(
        uuid="1f0c5b0e-2f3b-5d7a-9c59-0a5b61b4f7aa", number=100003,
        start="2026-09-15T10:00:00", end="2026-09-15T10:31:00", sent="2026-09-15T02:00:00",
        said={
            "consent": "yes", "day": "2026-09-15", "age": "52", "gender": "na", "hours": "0.75", "heard": "yes",
            "channels": "social_media", "debt": "0", "papers": "dk", "safe": "4", "signs": "2",
            "remark": "สัมภาษณ์ที่บ้าน",
        },
        members=({"member_role": "wife", "member_age": "49"},),
    ),
    Interview(
        uuid="c0a1e0c2-93a1-5d62-8a54-7e0f3a2f1d20", number=100004,
        start="2026-09-16T14:05:09", end="2026-09-16T14:25:00", sent="2026-09-16T06:00:00",
        said={"consent": "yes", "day": "2026-09-16", "age": "15", "heard": "yes", "safe": "2", "remark": "-"},
    ),
    Interview(
        uuid="5b5f5f2e-71a6-5a6e-b3ba-7d2f6d7f6a01", number=100005,
        start="2026-09-17T07:00:00", end="2026-09-17T07:44:00", sent="2026-09-17T00:00:00",
        said={
            "consent": "yes", "day": "2026-09-17", "age": "41", "gender": "female", "hours": "9.25", "heard": "yes",
            "channels": "worker tv radio social_media", "debt": "1", "papers": "1", "safe": "3", "signs": "1 2 3",
            "remark": "ရေဒီယိုမှ ကြားဖူးသည်",
        },
    ),
    Interview(
        uuid="e2d4c3b2-aa10-5c1e-8f0d-6f4a0c9b7e55", number=100006,
        start="2026-09-18T16:10:00", end="2026-09-18T16:40:30", sent="2026-09-18T08:00:00",
        said={
            "consent": "yes", "day": "2026-09-18", "age": "27", "gender": "male", "hours": "10", "heard": "yes",
            "channels": "radio", "debt": "dk", "papers": "dk", "safe": "1", "signs": "3",
            "remark": "از رادیو شنیده است",
        },
    ),
]  # fmt: skip


@contextmanager
def told_instead(others: Sequence[Interview]) -> Iterator[None]:
    """Other interviews in every exporter's hand, for as long as the context lasts."""
    kept = list(INTERVIEWS)
    INTERVIEWS[:] = others
    try:
        yield
    finally:
        INTERVIEWS[:] = kept


def asked() -> list[Question]:
    """The questions outside the roster that an exporter writes a column for."""
    return [q for q in questionnaire().questions if q.repeat is None and q.type != "note"]


def choices_of(question: Question) -> tuple[Choice, ...]:
    """A question's choices; none where it offers none."""
    return questionnaire().choices_of(question) or ()


def label_of(question: Question, code: str, language: str) -> str:
    """The label of one choice."""
    return next(choice.labels[language] for choice in choices_of(question) if choice.name == code)


def value_of(interview: Interview, question: Question) -> str:
    """What the interview holds for a question, in codes; "" where nothing."""
    by_device = {"start": interview.start, "end": interview.end, "today": interview.start[:10]}
    if question.type in by_device:
        return by_device[question.type]
    if question.name == "place":
        return " ".join(PLACE)
    return interview.said.get(question.name, "")


def in_form_order(question: Question, value: str) -> list[str]:
    """The codes of a select_multiple as the form lists them."""
    picked = value.split()
    return [choice.name for choice in choices_of(question) if choice.name in picked]
