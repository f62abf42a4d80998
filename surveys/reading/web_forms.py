"""The columns that LimeSurvey, Google Forms and Microsoft Forms put before the questions, in many languages."""

import re
from collections.abc import Mapping, Sequence
from functools import cache


# What a column is to us -> how each service heads it. Where a heading is translated, as its users see it.
LIMESURVEY: Mapping[str, tuple[str, ...]] = {
    "response_id": (
        "id", "Response ID", "응답 ID", "ID de la réponse", "ID de respuesta", "Antwort ID", "ID da resposta",
    ),
    "completed": (
        "submitdate", "Date submitted", "제출 날짜", "제출일", "Date de soumission", "Fecha de envío",
        "Datum Abgeschickt", "Data de envio",
    ),
    "started": ("startdate", "Date started", "시작 날짜", "시작일", "Date de lancement", "Fecha de inicio",
                "Datum gestartet"),
    "ended": ("datestamp", "Date last action", "마지막 작업 날짜", "Date de la dernière action",
              "Fecha de la última acción", "Datum letzte Aktivität"),
    "other": (
        "lastpage", "Last page", "마지막 페이지", "Dernière page", "Última página", "Letzte Seite",
        "startlanguage", "Start language", "시작 언어", "Langue de départ", "Lenguaje inicial", "Start-Sprache",
        "seed", "Seed", "시드", "Tête de série", "Semilla", "Zufallsstartwert",
        "token", "Token", "Access code", "ipaddr", "IP address", "refurl", "Referrer URL",
        "interviewtime", "Total time",
    ),
}  # fmt: skip
GOOGLE_FORMS: Mapping[str, tuple[str, ...]] = {
    "response_id": (
        "Timestamp", "타임스탬프", "ประทับเวลา", "Dấu thời gian", "Cap waktu", "Stempel waktu", "Marca temporal",
        "Horodateur", "Zeitstempel", "Carimbo de data/hora", "Informazioni cronologiche", "タイムスタンプ",
        "时间戳记", "时间戳", "時間戳記", "Отметка времени", "الطابع الزمني", "طابع زمني", "مهر زمانی",
        "টাইমস্ট্যাম্প", "टाइमस्टैम्प", "टाइमस्ट्याम्प", "Zaman damgası", "Tijdstempel", "Sygnatura czasowa",
        "စာရင်းသွင်းချိန်", "အချိန်တံဆိပ်", "Tem ng Oras",
    ),
    "other": (
        "Email Address", "Email address", "Username", "Score", "이메일 주소", "이메일", "사용자 이름", "점수",
        "ที่อยู่อีเมล", "Địa chỉ email", "Alamat email", "Alamat Email", "Dirección de correo electrónico",
        "Nombre de usuario", "Adresse e-mail", "Nom d'utilisateur", "E-Mail-Adresse", "Endereço de e-mail",
        "メールアドレス", "电子邮件地址", "電子郵件地址", "Адрес электронной почты", "عنوان البريد الإلكتروني",
        "آدرس ایمیل", "ইমেল ঠিকানা", "ईमेल पता",
    ),
}  # fmt: skip
MICROSOFT_FORMS: Mapping[str, tuple[str, ...]] = {
    "response_id": ("ID", "Id"),
    "started": (
        "Start time", "시작 시간", "เวลาเริ่มต้น", "Thời gian bắt đầu", "Giờ bắt đầu", "Waktu mulai",
        "Heure de début", "Hora de inicio", "Startzeit", "Hora de início", "開始時刻", "开始时间", "開始時間",
    ),
    "ended": (
        "Completion time", "완료 시간", "เวลาที่เสร็จสมบูรณ์", "เวลาเสร็จสิ้น", "Thời gian hoàn thành",
        "Giờ hoàn thành", "Waktu penyelesaian", "Heure de fin", "Hora de finalización", "Fertigstellungszeit",
        "Hora de conclusão", "完了時刻", "完成时间", "完成時間",
    ),
    "other": (
        "Email", "Name", "Total points", "Quiz feedback", "Last modified time", "Language", "Grade posted time",
        "전자 메일", "메일", "이메일", "이름", "총 점수", "퀴즈 피드백", "마지막으로 수정한 시간", "언어",
        "อีเมล", "ชื่อ", "Tên", "Nama", "Adresse de messagerie", "Nom", "Correo electrónico", "Nombre", "E-Mail",
        "メール", "名前", "电子邮件", "姓名", "名称",
    ),
}  # fmt: skip
WEB_FORMS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "limesurvey": LIMESURVEY,
    "google_forms": GOOGLE_FORMS,
    "microsoft_forms": MICROSOFT_FORMS,
}
# What LimeSurvey writes with its clock for every page and question, and Microsoft with every question of a quiz.
_BESIDE_QUESTIONS: Mapping[str, re.Pattern[str]] = {
    "limesurvey": re.compile(r"(?:groupTime\d+|\w+Time|(?:Group|Question) time: .*)", re.DOTALL),
    "microsoft_forms": re.compile(r"(?:Points|Feedback|점수|피드백) ?- .*", re.DOTALL),
}
_AS_CODE_AND_TEXT = re.compile(r"^(?P<code>[a-z]+)\. (?P<text>.+)$")
_LEADING = 12  # columns among which a service's own ones stand


def web_dialect(columns: Sequence[str]) -> str | None:
    """The web questionnaire that writes these columns; None where none does."""
    first = [bare_heading(column) for column in columns[:_LEADING]]
    lime = {kind for column in first if (kind := kind_of("limesurvey", column)) is not None}
    told = [column for column in first if kind_of("limesurvey", column) is not None]
    if "completed" in lime and ("response_id" in lime or len(told) > 2) and len(told) > 1:
        return "limesurvey"
    clocks = {kind_of("microsoft_forms", column) for column in first[:5]}
    if first[:1] and kind_of("microsoft_forms", first[0]) == "response_id" and {"started", "ended"} <= clocks:
        return "microsoft_forms"
    if first[:1] and kind_of("google_forms", first[0]) == "response_id":
        return "google_forms"
    return None


def kind_of(dialect: str, column: str) -> str | None:
    """What a service's own column is to us: response_id, completed, started, ended, other, beside; None: a question's."""
    heading = bare_heading(column)
    beside = _BESIDE_QUESTIONS.get(dialect)
    if beside is not None and beside.fullmatch(heading):
        return "beside"
    return _kinds(dialect).get(heading)


def bare_heading(column: str) -> str:
    """The heading without space around it, and its text alone where LimeSurvey puts the code before it."""
    found = _AS_CODE_AND_TEXT.match(column.strip())
    if found is not None and found["code"] in _kinds("limesurvey"):
        return found["code"]
    return column.strip()


@cache
def _kinds(dialect: str) -> Mapping[str, str]:
    headings = WEB_FORMS.get(dialect, {})
    return {heading: kind for kind, spellings in headings.items() for heading in spellings}
