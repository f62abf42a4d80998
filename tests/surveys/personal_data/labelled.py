"""Makes ``labelled.csv``: made-up remarks in ten languages, each with the kind of personal data it holds, or none.

``python -m tests.surveys.personal_data.labelled`` writes it anew. Nobody is in it: telephone numbers are those that numbering
plans and libraries print as examples or set aside for fiction, identity numbers are drawn with a fixed seed and
belong to birth dates that never were a person's here, domains are example.org's.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path


FILE = Path(__file__).with_name("labelled.csv")
NATIVE = {
    "th": "๐๑๒๓๔๕๖๗๘๙", "my": "၀၁၂၃၄၅၆၇၈၉", "prs": "۰۱۲۳۴۵۶۷۸۹", "ne": "०१२३४५६७८९", "bn": "০১২৩৪৫৬৭৮৯", "km": "០១២៣៤៥៦៧៨៩",
    "lo": "໐໑໒໓໔໕໖໗໘໙", "ko": "０１２３４５６７８９",
}  # fmt: skip

# Where a number of each kind stands in what people write. {} is the number, as it is or in the digits of the language.
SAID = {
    "en": ["please call {} after six", "{}", "He gave this: {}.", "reach her at {} or at home"],
    "ko": ["{}로 연락 바랍니다", "{}", "응답자가 {} 라고 알려 줌", "추가 문의는 {}, 저녁에만 가능"],
    "th": ["ติดต่อได้ที่ {}", "{}", "ผู้ตอบให้ไว้ {} ครับ", "ถ้ามีปัญหาให้แจ้งที่ {} ตอนเย็น"],
    "vi": ["gọi lại cho tôi theo {}", "{}", "người trả lời để lại {}", "liên lạc {} buổi tối"],
    "my": ["{} သို့ ဆက်သွယ်ပါ", "{}", "ဖြေသူက {} ဟု ပေးသည်", "ညနေပိုင်း {} ကို ခေါ်ပါ"],
    "prs": ["لطفا با {} تماس بگیرید", "{}", "پاسخ دهنده {} را داد", "شب ها {} در دسترس است"],
    "id": ["hubungi saya di {}", "{}", "responden memberi {} kepada kami", "bisa dihubungi lewat {} malam hari"],
    "ne": ["{} मा सम्पर्क गर्नुहोस्", "{}", "उत्तरदाताले {} दिनुभयो", "साँझ {} मा फोन गर्नु"],
    "bn": ["{} এ যোগাযোগ করুন", "{}", "উত্তরদাতা {} দিয়েছেন", "সন্ধ্যায় {} এ কল দিন"],
    "km": ["សូមទាក់ទង {}", "{}", "អ្នកឆ្លើយបានឱ្យ {}", "ពេលល្ងាចអាចហៅ {}"],
}  # fmt: skip
TELEPHONES = {
    "en": ["+1 202-555-0143", "07700 900123", "+44 7700 900456", "(02) 5550 1234", "0491 570 156"],
    "ko": ["010-2000-0000", "010 2000 0000", "01020000000", "+82 10-2000-0000", "02-2212-3456"],
    "th": ["081 234 5678", "0812345678", "081-234-5678", "+66 81 234 5678", "02 123 4567"],
    "vi": ["0912 345 678", "0912345678", "0912.345.678", "+84 912 345 678"],
    "my": ["09 212 3456", "092123456", "09-212-3456", "+95 9 212 3456"],
    "prs": ["070 123 4567", "0701234567", "+93 70 123 4567", "0093701234567"],
    "id": ["0812-345-678", "0812345678", "+62 812-345-678"],
    "ne": ["984-1234567", "9841234567", "+977 984-1234567"],
    "bn": ["01812-345678", "01812345678", "+880 1812-345678"],
    "km": ["091 234 567", "091234567", "+855 91 234 567"],
}
CONTACTS = {
    "mail": ["kim@example.org", "a.b-c_7@mail.example.com", "사람@예시.한국", "info.person@example.net", "somebody [at] example.org"],
    "profile": ["https://www.facebook.com/some.body.77", "fb.com/somebody", "t.me/somebody_x", "https://user:pw@example.org/x",
                "open.kakao.com/o/sAbCdEf", "instagram.com/some_body", "wa.me/12025550143"],
    "handle": ["LINE ID: somebody88", "카톡 아이디 some1234", "ไอดีไลน์ some.body", "telegram @somebody", "IG: some_body9", "@some_body_77",
               "zalo: somebody.99", "카카오톡 somebody7", "WeChat: some-body123", "viber id somebodyx"],
    "coordinates": ["13.756331, 100.501762", "37.5665 126.9780", "-6.20876,106.84513", "37°33'36\"N 126°58'40\"E", "8Q98PG4J+8V", "7P52QGJ7+3X",
                    "https://maps.app.goo.gl/AbCdEfGh", "///filled.count.soap", "lat 16.80528, lon 96.15611"],
    "passport": ["M12345678", "passport no. AB1234567", "여권번호 M123A4567", "หนังสือเดินทาง AA1234567", "hộ chiếu B1234567", "پاسپورت P01234567",
                 "P<KORHONG<<GILDONG<<<<<<<<<<<<<<<<<<<<<<<<<<<"],
    "bank": ["GB82 WEST 1234 5698 7654 32", "4111 1111 1111 1111", "4111111111111111", "계좌 110-123-456789", "บัญชี 123-4-56789-0", "rekening 1234567890",
             "số tài khoản 0123456789", "5500-0000-0000-0004"],
}  # fmt: skip
IDENTITY_WORDS = {
    "en": "national id {}", "ko": "주민등록번호 {}", "th": "เลขบัตรประชาชน {}", "vi": "CCCD {}", "my": "မှတ်ပုံတင် {}", "prs": "تذکره {}", "id": "NIK {}",
    "ne": "नागरिकता नं. {}", "bn": "জাতীয় পরিচয়পত্র {}", "km": "អត្តសញ្ញាណប័ណ្ណ {}",
}  # fmt: skip

# What looks like a number of a person and is none.
NOTHING = {
    "en": ["in 2019-2024 things got worse", "paid 1,200,300 dollars", "USD 1200000000 in all", "from 08:30 to 17:00", "2026-03-11 10:30:22",
           "about 3.14159 on average", "code 12345678", "village 0012-03", "3-5 years, 20-30 people", "253b17b4-83f4-4210-8412-212010691000",
           "he was away 11/2019 - 03/2021", "facebook, radio and tv", "the name of the village was not known", "called twice, nobody came",
           "line 3 was busy", "born 1990", "=SUM(A1:A9)", "@SUM(1+1)", "1 2 3 4 5 6 7 8 9", "v1.2.3.4 of the form", "10.0.0.1", "50000000 rupiah",
           "he earns 450 dollars a month", "answered after 2 hours and 15 minutes", "room 12, floor 3", "Doctor was present", "phone was off",
           "passport kept by employer", "no id card", "bank account closed", "WhatsApp group", "told his mother", "page 12 of 90"],
    "ko": ["2019년부터 2024년까지", "월급 1,200,000원", "총 1200000000원", "오전 8:30~오후 5:00", "2026.03.11 10:30", "이주민 지원 단체", "손님이 많아 중단",
           "선생님께 여쭤봄", "조사원님이 다시 방문", "날씨가 나빠 연기", "아저씨가 대답함", "주민 대상 안내", "이름을 말하지 않음", "성함 미기재", "전화는 없음",
           "여권을 사장이 보관", "통역 필요", "응답자 3명 중 2명", "30대 여성, 자녀 2명", "고용주가 임금 체불", "사업장 12곳 중 5곳", "카톡 단체방에서 봄", "라인 작업 중",
           "글씨가 작아 못 읽음", "저는 모릅니다", "정상 응답", "12개월 근무", "하나님께 기도"],
    "th": ["ปี 2562-2567", "เงินเดือน 12,000 บาท", "ทั้งหมด 1200000 บาท", "เวลา 08.30-17.00", "11/03/2569", "นายหน้าเก็บเงิน", "นายจ้างยึดหนังสือเดินทาง",
           "คุณภาพชีวิตดีขึ้น", "คุณแม่ไม่อยู่", "ชื่อหมู่บ้านไม่ทราบ", "ต้องการล่าม", "ไม่มีเอกสาร", "นายกรัฐมนตรี", "พนักงาน 35 คน", "โทรศัพท์หาย", "ไลน์กลุ่ม",
           "ผู้ตอบเคยได้ยินทางวิทยุ", "อายุ ๓๕ ปี", "พ.ศ. ๒๕๖๙", "นางพยาบาลช่วยแปล", "ซอยตัน", "บัญชีม้า"],
    "vi": ["năm 2019-2024", "lương 12.000.000 đồng", "tổng 1200000000 VND", "từ 8:30 đến 17:00", "11/03/2026", "cần phiên dịch", "chủ giữ hộ chiếu",
           "không có giấy tờ", "anh ấy không trả lời", "chị không nhớ", "ông bà ở quê", "khoảng 35 người", "điện thoại hỏng", "đã xem trên Facebook", "tên làng không rõ",
           "số nhà máy nhiều", "môi giới lấy tiền", "30 tuổi, 2 con"],
    "my": ["၂၀၁၉-၂၀၂၄", "လစာ ၃၀၀,၀၀၀ ကျပ်", "၁၂၀၀၀၀၀ ကျပ်", "၈:၃၀ မှ ၁၇:၀၀", "၁၁/၀၃/၂၀၂၆", "စကားပြန် လိုအပ်သည်", "ရေဒီယိုမှ ကြားဖူးသည်", "အလုပ်ရှင်က ပတ်စပို့ ယူထားသည်",
           "ဦးစားပေး မေးခွန်း", "ဒေါ်လာ ၄၅၀", "အသက် ၃၅ နှစ်", "လူ ၅ ဦး", "ရွာအမည် မသိပါ", "ဖုန်း မရှိပါ", "စာရွက်စာတမ်း မရှိ", "ကိုယ်တိုင် ဖြေသည်"],
    "prs": ["از ۱۳۹۸ تا ۱۴۰۳", "معاش ۱۲۰۰۰ افغانی", "۱۲۰۰۰۰۰۰۰ افغانی", "از ۸:۳۰ تا ۱۷:۰۰", "۱۱/۰۳/۲۰۲۶", "ترجمان لازم است", "پاسپورت نزد کارفرما است",
            "خانم ها جداگانه نشستند", "نام قریه معلوم نیست", "تلفن خاموش بود", "سن ۳۵ سال", "۵ نفر حاضر بودند", "تذکره ندارد", "از رادیو شنیده است", "آقای خانه نبود"],
    "id": ["tahun 2019-2024", "gaji Rp 12.000.000", "total 50000000 rupiah", "pukul 08.30-17.00", "11/03/2026", "butuh penerjemah", "paspor ditahan majikan",
           "tidak punya dokumen", "nama desa tidak tahu", "hp hilang", "umur 35 tahun", "sekitar 35 orang", "bu guru membantu", "sudah lihat di Facebook", "ibu rumah tangga"],
    "ne": ["२०१९-२०२४", "तलब १२,००० रुपैयाँ", "जम्मा १२००००० रुपैयाँ", "८:३० देखि १७:००", "२०२६-०३-११", "दोभाषे चाहिन्छ", "राहदानी मालिकले राख्यो", "नागरिकता छैन",
           "गाउँको नाम थाहा छैन", "फोन बन्द थियो", "उमेर ३५ वर्ष", "श्रीलंका गएको", "५ जना थिए"],
    "bn": ["২০১৯-২০২৪", "বেতন ১২,০০০ টাকা", "মোট ১২০০০০০ টাকা", "৮:৩০ থেকে ১৭:০০", "১১/০৩/২০২৬", "দোভাষী দরকার", "পাসপোর্ট মালিকের কাছে", "গ্রামের নাম জানি না", "ফোন বন্ধ ছিল",
           "বয়স ৩৫ বছর", "৫ জন ছিল", "রেডিওতে শুনেছেন"],
    "km": ["២០១៩-២០២៤", "ប្រាក់ខែ ១២០០០០០ រៀល", "១១/០៣/២០២៦", "ត្រូវការអ្នកបកប្រែ", "លិខិតឆ្លងដែននៅថៅកែ", "មិនដឹងឈ្មោះភូមិ", "ទូរស័ព្ទបិទ", "អាយុ ៣៥ ឆ្នាំ", "មាន ៥ នាក់"],
}  # fmt: skip

# Names of nobody in particular. Some stand bare, as in life: those are hard, and stay in the count.
NAMES = {
    "en": ["My name is Alex Sample", "Mr. Sample told us", "Name: Jane Doe", "the broker is called Mr Example", "Jane Doe, seamstress", "her name is Mary Placeholder",
           "ask John Doe at the shop", "Mrs Doe was present", "talk to Alex"],
    "ko": ["제 이름은 홍길동입니다", "홍길동 씨가 말함", "성함: 김민수", "저는 이영희입니다", "박철수님이 동석", "이름 최지우", "김영수 사장이 소개", "홍길동", "김민지가 알려 줌", "본명은 정하나"],
    "th": ["ฉันชื่อสมหญิง ใจดี", "นายสมชาย ใจดี แจ้งว่า", "นางสาวสมศรี มีสุข", "คุณสมหมาย เป็นล่าม", "ชื่อ: สมชาย", "น.ส. มานี รักเรียน", "สมชาย ใจดี", "ถามพี่สมชายที่ตลาด", "ผมชื่อ มานะ"],
    "vi": ["tôi tên là Nguyễn Văn A", "ông Trần Văn Bình nói", "chị Lan giới thiệu", "Phạm Thị Mẫu", "họ tên: Lê Thị Ví Dụ", "tên tôi là Hoa", "hỏi Hoa ở chợ", "bà Mai làm chủ"],
    "my": ["ကျွန်တော့်နာမည်က အောင်အောင်", "ဦးထွန်းလင်း ပြောသည်", "ဒေါ်လှလှ ပါသည်", "အမည်: မောင်မောင်", "ကိုအောင်မင်း", "ဖြိုးဝေ", "မလှ လာသည်"],
    "prs": ["نام من احمد است", "آقای کریمی گفت", "خانم فاطمه حاضر بود", "نام: محمود", "حاجی رحیم معرفی کرد", "احمد رضایی", "از کریم بپرسید", "اسم من زهرا است"],
    "id": ["nama saya Budi Contoh", "Pak Joko yang mengajak", "Ibu Siti hadir", "Nama: Ani Misal", "Budi dari pasar", "dikenalkan oleh Bapak Contoh", "tanya Siti"],
    "ne": ["मेरो नाम राम बहादुर हो", "श्री हरि प्रसाद भन्नुभयो", "नाम: सीता", "श्रीमती गीता", "राम बहादुर", "हरिलाई सोध्नु"],
    "bn": ["আমার নাম রহিম", "মোঃ করিম বলেছেন", "নাম: ফাতেমা", "জনাব হাসান", "রহিম উদ্দিন", "করিমকে জিজ্ঞাসা করুন"],
    "km": ["ខ្ញុំឈ្មោះ សុខា", "លោក សុភា និយាយ", "ឈ្មោះ: ចន្ទា", "អ្នកស្រី ស្រីមុំ", "សុខា ចាន់", "សួរ សុភា"],
}  # fmt: skip


def remarks() -> Iterator[tuple[str, str, str]]:
    """Language, kind (or ``none``) and text."""
    chance = random.Random(20261124)  # noqa: S311
    for language, sentences in SAID.items():
        for number in TELEPHONES[language]:
            for sentence in sentences:
                yield language, "telephone", sentence.format(number)
            if language in NATIVE:
                native = number.translate({ord(str(d)): glyph for d, glyph in enumerate(NATIVE[language])})
                yield language, "telephone", chance.choice(sentences).format(native)
        for kind, samples in CONTACTS.items():
            for sample in chance.sample(samples, 4):
                yield language, kind, chance.choice(sentences).format(sample)
        for number in identity_numbers(language, chance):
            yield language, "identity_number", IDENTITY_WORDS[language].format(number)
            yield language, "identity_number", chance.choice(sentences).format(number)
    for kind, texts in (("none", NOTHING), ("name", NAMES)):
        for language, listed in texts.items():
            for text in listed:
                yield language, kind, text


def identity_numbers(language: str, chance: random.Random) -> list[str]:
    """Two numbers of an identity paper of the country, in the shapes people write."""

    def some(count: int) -> str:
        return "".join(str(chance.randrange(10)) for _ in range(count))

    if language == "ko":
        body = "9902281" + some(5)
        weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
        check = (11 - sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11) % 10
        return [f"990228-1{some(6)}", f"{body}{check}"]
    if language == "th":
        body = "1" + some(11)
        check = (11 - sum(int(d) * w for d, w in zip(body, range(13, 1, -1), strict=True)) % 11) % 10
        whole = f"{body}{check}"
        return [whole, f"{whole[0]}-{whole[1:5]}-{whole[5:10]}-{whole[10:12]}-{whole[12]}"]
    shapes = {
        "en": [f"{some(4)}-{some(7)}-{some(1)}", f"900228-14-{some(4)}"],
        "vi": [f"0{some(11)}", f"0012{some(8)}"],
        "my": [f"12/OuKaMa(N){some(6)}", "၁၂/မမန(နိုင်)၁၂၃၄၅၆"],
        "prs": [f"1400-{some(4)}-{some(5)}", f"14{some(11)}"],
        "id": [f"317401230490{some(3)}1", f"317401630490{some(3)}1"],
        "ne": [f"27-01-70-{some(5)}", f"12-02-75-{some(5)}"],
        "bn": [f"19{some(15)}", f"26{some(11)}"],
        "km": [f"0{some(11)}", f"1{some(12)}"],
    }
    return shapes[language]


def main() -> None:
    with FILE.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("language", "kind", "text"))
        writer.writerows(remarks())


if __name__ == "__main__":
    main()
