"""Names of persons, as far as the words around them betray them.

A name by itself cannot be told from any other word without a list of names of each language, and no such list is
both maintained and free to ship. So a name is found by what people write before or behind it: "my name is",
성함, นาย, ဒေါ်, آقای. What share is found is measured and written in docs/data-protection.md.
"""

import re
from collections.abc import Sequence


# Nine Koreans in ten have one of these surnames (Statistics Korea, census of 2015).
_KOREAN_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민진지엄채원천방공현함변염여추도소석선설마길연위표명기"
    "반라왕금옥육인맹제모탁국어은편용"
)
# Syllables of which most given names are made.
_KOREAN_GIVEN = (
    "가강건겸경고관광교구국권규균근금기길나남내다단달담대덕도동두라란람래려련령로록루류리린림마만매명모무문미민바방배백범별병보복본봉"
    "빈사산상새서석선설섭성세소솔송수숙순숭슬승시식신실심아안애야양언여연열영예오옥완용우욱운웅원월유윤율은음이익인일임자장재전"
    "정제조종주준중지진찬창채천철초춘출충치탁태택통평표풍하학한해향허헌혁현형혜호홍화환황효후훈휘흥희"
)
_KOREAN_NAME = rf"[{_KOREAN_SURNAMES}][{_KOREAN_GIVEN}]{{1,2}}"
_KOREAN_FULL = rf"[{_KOREAN_SURNAMES}][{_KOREAN_GIVEN}]{{2}}"
_NOT_KOREAN_NAMES = frozenset(
    {"이주민", "이민자", "이주자", "한국인", "조선인", "정상인", "주민등", "주민", "이민", "이주", "이유", "정보", "정상", "조사", "안전", "지원", "성인",
     "고민", "국민", "서민", "남자", "여자", "남성", "여성", "고용주", "구직자", "선주민", "원주민", "이재민", "외국인", "장애인", "유가족", "조사원", "상담원",
     "공무원", "지인", "주인", "하나", "손", "고객", "부모", "남편", "아내", "선생", "도우미", "전문가", "모두", "어머", "여러분", "선생님", "어르신", "안내원",
     "연구원", "소개인", "이웃", "이모", "고모", "조모", "조부", "유학생", "신고자", "제보자", "이용자", "소유자", "하원", "기사", "기자", "주무관", "원장",
     "소장", "사장", "반장", "이장", "팀장", "과장", "부장", "회장", "차장", "지도자", "모집인", "중개인", "브로커", "피해자", "응답자", "조카", "아이",
     "아기", "하느", "성모", "정보원", "조정자", "안내자", "조사자", "신고인", "연락원", "이장이", "기관원", "유학원", "고용인", "송출사", "전문인",}
)  # fmt: skip

# Words that look as if a name followed, in the languages of the region. ``name`` is what follows.
_WORD = r"[^\W\d_]"
_CAPITAL = (
    "["
    + "".join(
        chr(point)
        for point in range(0x41, 0x1EFA)
        if chr(point).isupper() and point not in range(0x370, 0x1E00)
    )
    + "]"
)
_LATIN_NAME = rf"{_CAPITAL}{_WORD}[\w'’.-]*(?: {_CAPITAL}[\w'’.-]*){{0,4}}"
_ARABIC = r"[\u0621-\u06FF\u0750-\u077F]"
_DEVANAGARI = r"[\u0900-\u097F]"
_BENGALI = r"[\u0980-\u09FF]"
_THAI = r"[\u0E01-\u0E4E]"
_LAO = r"[\u0E81-\u0ECD]"
_BURMESE = r"[\u1000-\u109F]"
_KHMER = r"[\u1780-\u17D3]"

_NOT_THAI_MEN = "หน้า|จ้าง|ก|ทุน|พราน|แพทย์|อำเภอ|ทหาร|ตำรวจ|ท้าย|แบบ|ช่าง|ไปรษณีย์|ด่าน|ประกัน|เรือ|ทะเบียน|ใหญ่|หัว|ตรวจ|บ้าน|ร้อย|พล|ช่วย"
_NOT_THAI_WOMEN = "งาม|แบบ|เอก|ฟ้า|พยาบาล|สาว|ใน|นวล|บำเรอ|รอง|แอ่น|กวัก|เงือก|ร้าย|อาย|ๆ"
_NOT_THAI_YOU = (
    "ภาพ|ค่า|ครู|พ่อ|แม่|หมอ|สมบัติ|ธรรม|ลุง|ป้า|น้า|อา|ยาย|ตา|ปู่|ย่า|พี่|น้อง|ลักษณะ|ประโยชน์|วุฒิ|หนู|ผู้|คือ|มี|ไม่|จะ|ได้|คิด|เคย|เป็น|"
    "อยู่|ต้อง|รู้|ทำ|ไป|และ|ว่า|ควร|สามารถ|นาย|หญิง|ชาย|อยาก|เห็น|ช่วย|ให้|ใช้|พูด|ตอบ|เอง|ก็|รับ"
)
_NOT_ASKED = (
    "Embassy|Police|Ministry|Government|Facebook|Google|Red|Save|Caritas|Association|Labou?r|Immigration|Agency|Agent|Broker|Office|Court|Hotline|Village|Ward|"
    "Kedutaan|Polisi|Pemerintah|Kantor|Dinas|Desa|Balai|Cảnh|Đại|Công|Chính|Hội|Ủy|Sở|Phòng|Trung|Nhà|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|God|Allah|"
    "Nepal|Bangladesh|Thailand|Malaysia|Indonesia|Vietnam|Cambodia|Laos|Myanmar|Korea|Afghanistan|Australia|Singapore|China|India|Qatar|Dubai|Saudi|Inggris"
)  # fmt: skip
_SPOKEN: tuple[re.Pattern[str], ...] = (
    # Latin script: English, Indonesian, Malay, Filipino, Vietnamese
    re.compile(
        rf"(?i:\bmy (?:full )?name is|\b(?:his|her|the|their|child'?s|respondent'?s?|contact) name is|\bi am called|\bmy name'?s|"
        rf"(?:(?<![\w] )|(?<=[,.;] ))(?:full |first |last |respondent |contact )?name ?[:=]|\bcalled mr|\bnama saya|\bnama(?: lengkap)? ?[:=]|\bperkenalkan,? saya|"
        rf"\bang pangalan ko ay|\bpangalan ?[:=]|\bako (?:po )?si|\bako ay si|\btôi tên(?: là)?|\btên (?:tôi|em|mình|cháu|chị|anh) là|\bhọ (?:và )?tên ?[:=]?|\btên ?[:=]) ?{_LATIN_NAME}"
    ),
    re.compile(rf"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mdm|Dr|U|Daw|Puan|Encik|Pak|Bapak|Ibu|Aling|Mang|Khun|Nai)\.? (?!{_CAPITAL}{{3}}){_CAPITAL}[a-zà-ỹ][\w'’-]+"),
    re.compile(
        r"(?<!\w)(?:Nguyễn|Trần|Lê|Phạm|Hoàng|Huỳnh|Phan|Vũ|Võ|Đặng|Bùi|Đỗ|Ngô|Dương|Đinh|Trịnh|Mai) "
        rf"{_CAPITAL}{_WORD}*(?: {_CAPITAL}{_WORD}*){{1,3}}"
    ),
    re.compile(rf"(?<!\w)(?:[Ôô]ng|[Bb]à|[Aa]nh|[Cc]hị|[Cc]ô|[Cc]hú) {_CAPITAL}[a-zà-ỹ]{_WORD}*(?: {_CAPITAL}{_WORD}*)*"),
    # Thai, Lao
    re.compile(rf"(?:ฉัน|ผม|ดิฉัน|หนู|เขา|เธอ)ชื่อ ?(?:ว่า ?)?(?!อะไร|บริษัท|หมู่บ้าน){_THAI}{{2,}}|(?:^|[\s,(])ชื่อ(?:-สกุล|-นามสกุล|เล่น)? ?[:=] ?{_THAI}{{2,}}"),
    re.compile(rf"(?<!{_THAI})นาย ?(?!{_NOT_THAI_MEN}){_THAI}{{3,}}|(?:นางสาว|น\.ส\.|ด\.ช\.|ด\.ญ\.|เด็กชาย|เด็กหญิง) ?{_THAI}{{3,}}"),
    re.compile(rf"(?<!{_THAI})นาง ?(?!{_NOT_THAI_WOMEN}){_THAI}{{3,}}|(?<!{_THAI})คุณ ?(?!{_NOT_THAI_YOU}){_THAI}{{3,}}"),
    re.compile(rf"(?:ຂ້ອຍຊື່|ຂ້າພະເຈົ້າຊື່|ຊື່ ?:) ?(?:ວ່າ ?)?{_LAO}{{2,}}|(?<!{_LAO})(?:ທ້າວ|ທ່ານ|ນາງ) {_LAO}{{3,}}"),
    # Burmese
    re.compile(
        rf"(?:ကျွန်တော်|ကျွန်မ|သူ့|သူမ|ကျနော်)?(?:့)?(?:နာမည်|အမည်)(?:က|မှာ|သည်| ?:|ကတော့) ?(?!ဘယ်|မသိ|မပြော){_BURMESE}{{3,}}|"
        rf"(?<!{_BURMESE})ဦး(?!စား|တည်|ဆောင်|လေး|နှောက်|ခေါင်း|ပိုင်|ရေ|ချ|ဆုံး|ပေး|ထုပ်|ကျိုး){_BURMESE}{{3,}}|(?<!{_BURMESE})ဒေါ်(?!လာ|လေး){_BURMESE}{{3,}}|"
        rf"(?<!{_BURMESE})(?:ကို|မောင်|စော|နော်|နန်း)(?:အောင်|ဇော်|မင်း|ကျော်|ဝင်း|မြင့်|သန်း|ထွန်း|လှ|စိုး|နိုင်|ထက်|ဖြိုး)"
    ),
    # Dari, Persian, Pashto, Urdu
    re.compile(
        rf"(?:نام من|اسم من|نامم|اسمم|زما نوم|نام شوهرم|نام پدرم|میرا نام) ?:? ?(?!را|نیست|نمی){_ARABIC}{{3,}}|"
        rf"(?:^|[\s،,(])(?:نام|اسم|نوم)(?: و تخلص)? ?[:=] ?{_ARABIC}{{3,}}|"
        rf"(?<!{_ARABIC})(?:آقای|خانم|جناب|محترم|محترمه|حاجی|ښاغلی|مولوی) (?!ها|های|که|در|است|و |را|از|به|خانه|من|شما|بود){_ARABIC}{{3,}}"
    ),
    # Nepali, Hindi, Bengali
    re.compile(rf"(?:मेरो नाम|मेरा नाम|नाम ?[:=]) ?{_DEVANAGARI}{{3,}}|(?<!{_DEVANAGARI})(?:श्री|श्रीमती|सुश्री) (?!लंका|लङ्का){_DEVANAGARI}{{3,}}"),
    re.compile(rf"(?:আমার নাম|নাম ?[:=]|তার নাম) ?(?!বল|জানি){_BENGALI}{{3,}}|(?<!{_BENGALI})(?:মোঃ|মো\.|মোছাঃ|মোসাঃ|জনাব|বেগম) ?{_BENGALI}{{3,}}"),
    # Whom to ask, in English, Indonesian and Vietnamese: a name follows, unless it is a place, an office or a people
    re.compile(
        rf"(?:(?i:(?<!\w)(?:ask|talk to|talked to|speak to|speak with|spoke to|spoke with|contact|meet|met|told by|tanya|tanyakan|hubungi|bertemu|ketemu|hỏi|gặp|liên hệ)) )"
        rf"(?!(?:the|The|{_NOT_ASKED})\b)(?!{_CAPITAL}+\b)(?!\w+(?:ese|ish|ian|ians|ans|Office|Police)\b){_CAPITAL}[a-zà-ỹ]{_WORD}*"
    ),
    # Nepali and Bengali names end in what seldom is anything else
    re.compile(
        rf"{_DEVANAGARI}{{2,}} (?:बहादुर|कुमारी|प्रसाद|श्रेष्ठ|थापा|भट्टराई|पौडेल|कार्की|खड्का|शर्मा|जोशी|घिमिरे|कोइराला|बस्नेत|खनाल|भण्डारी|महर्जन)(?!{_DEVANAGARI})|"
        rf"{_BENGALI}{{2,}} (?:উদ্দিন|হোসেন|রহমান|আক্তার|খাতুন|মিয়া|চৌধুরী|আহমেদ|আলী)(?!{_BENGALI})"
    ),
    # Khmer
    re.compile(rf"(?:ខ្ញុំឈ្មោះ|ឈ្មោះ ?:|គាត់ឈ្មោះ|ខ្ញុំបាទឈ្មោះ|នាងខ្ញុំឈ្មោះ) ?{_KHMER}{{3,}}|(?<!{_KHMER})(?:លោក|លោកស្រី|អ្នកស្រី) {_KHMER}{{3,}}"),
)  # fmt: skip
_KOREAN_SPOKEN = (
    re.compile(
        rf"(?:제|내|그의|그녀의) ?(?:이름|성함|본명)은 ?(?P<name>[{_KOREAN_SURNAMES}][가-힣]{{1,2}})(?:입니다|이에요|예요|이고|임)"
    ),
    re.compile(
        rf"(?:성함|이름|성명|본명)(?:은|이|:|：|=| )+ ?(?P<name>{_KOREAN_NAME})(?=$|[\s,.·)]|입니|이에|예요|이고|이라|씨|님|이며|임)"
    ),
    re.compile(
        rf"(?:저는|나는|제가|전|난) (?P<name>{_KOREAN_FULL})(?:입니다|이에요|예요|이라고|라고|이고|임)"
    ),
    re.compile(
        rf"(?<![가-힣])(?P<name>{_KOREAN_FULL})(?:가|이|께서|에게|한테|한테서) ?(?:말|알려|알린|전화|소개|이야기|얘기|연락|데려|추천|물어)"
    ),
    re.compile(
        rf"(?<![가-힣])(?![가-힣]{{2}}[이은도만] )(?P<name>{_KOREAN_FULL}) ?(?:씨|님|군|양|여사|사장|과장|부장|선생|목사|이장|반장)(?![가-힣]*(?:수|보호소))"
    ),
)
_BARE_KOREAN = re.compile(_KOREAN_FULL)


def holds_name(text: str) -> bool:
    """Whether the words of a readied text say that a person's name follows or goes before."""
    if any(pattern.search(text) for pattern in _SPOKEN):
        return True
    return any(
        found["name"] not in _NOT_KOREAN_NAMES
        for pattern in _KOREAN_SPOKEN
        for found in pattern.finditer(text)
    )


def look_like_names(texts: Sequence[str]) -> bool:
    """Whether the cells of a column are names of persons and nothing else, Korean ones or ones with their titles.

    One cell proves nothing; of a column most must look so, and differ.
    """
    if len(texts) < 5 or len(set(texts)) < 0.6 * len(texts):
        return False
    korean = sum(_BARE_KOREAN.fullmatch(text) is not None and text not in _NOT_KOREAN_NAMES for text in texts)
    spoken = sum(len(text) < 40 and holds_name(text) for text in texts)
    return korean + spoken >= 0.8 * len(texts)
