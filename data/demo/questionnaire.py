# ruff: noqa: INP001
"""The demonstration questionnaire ``kap-core``, as text under review, and the XLSForm made from it.

Run ``python data/demo/questionnaire.py`` after a change; a test compares the workbook with this text cell by
cell. English and Korean stand side by side, so that a translator sees both.
"""

from datetime import datetime
from pathlib import Path

import xlsxwriter


FORM = Path(__file__).parent / "instruments" / "kap-core.xlsx"
VERSION = "2026011502"

SETTINGS = {
    "form_title": "Safe Journeys: knowledge, attitudes and practice",
    "form_id": "kap_core",
    "version": VERSION,
    "default_language": "English (en)",
    "instance_name": "concat(${site}, '-', ${wave}, '-', ${ward})",
}
SURVEY_COLUMNS = (
    "type", "name", "label::English (en)", "label::한국어 (ko)", "hint::English (en)", "hint::한국어 (ko)",
    "required", "relevant", "constraint", "constraint_message::English (en)", "constraint_message::한국어 (ko)",
    "calculation", "choice_filter", "appearance",
)  # fmt: skip
CHOICE_COLUMNS = ("list_name", "name", "label::English (en)", "label::한국어 (ko)")

READ_OUT = (
    "Read the statement aloud. Do not help.",
    "문장을 그대로 읽어 주십시오. 정답을 암시하지 마십시오.",
)
NOT_READ_OUT = (
    "Do not read the answers out. Mark every answer the person names.",
    "보기를 읽어 주지 마십시오. 응답자가 스스로 말한 것을 모두 표시하십시오.",
)
AGREED = "${consent} = 'yes'"

Row = dict[str, str]


def ask(
    kind: str, name: str, english: str, korean: str, *, hint: tuple[str, str] = ("", ""), required: bool = True,
    relevant: str = "", constraint: str = "", message: tuple[str, str] = ("", ""), choice_filter: str = "",
    appearance: str = "",
) -> Row:  # fmt: skip
    """One question of the survey sheet."""
    cells = (
        kind, name, english, korean, *hint, "yes" if required else "", relevant, constraint, *message,
        "", choice_filter, appearance,
    )  # fmt: skip
    return dict(zip(SURVEY_COLUMNS, cells, strict=True))


def calculate(name: str, formula: str, english: str = "", korean: str = "") -> Row:
    """A field the form works out by itself."""
    labels = {"label::English (en)": english, "label::한국어 (ko)": korean}
    return {"type": "calculate", "name": name, "calculation": formula, **labels}


def module(name: str, english: str, korean: str, *rows: Row, relevant: str = AGREED) -> list[Row]:
    """A group of questions."""
    opening = ask("begin_group", name, english, korean, required=False, relevant=relevant)
    return [opening, *rows, {"type": "end_group", "name": name}]


def not_beside_others(question: str, *codes: str) -> str:
    """The constraint that keeps "don't know" and "refused" from being marked beside an answer."""
    alone = " or ".join(f"selected(., '{code}')" for code in codes)
    return f"not(({alone}) and count-selected(.) > 1)"


ALONE = (
    "'Don't know' and 'no answer' cannot be marked beside another answer.",
    "'모름'과 '응답 거부'는 다른 보기와 함께 선택할 수 없습니다.",
)

METADATA = [{"type": kind, "name": kind} for kind in ("start", "end", "today")]

VISIT = module(
    "visit", "Visit", "조사 개요",
    ask("select_one site", "site", "Site", "조사 지역"),
    ask("select_one wave", "wave", "Survey round", "조사 시점"),
    ask("select_one_from_file wards.csv", "ward", "Ward", "조사구",
        hint=("Choose the ward written on your assignment sheet.", "배정표에 적힌 조사구를 선택하십시오."),
        choice_filter="site = ${site}", appearance="minimal"),
    ask("text", "enumerator", "Interviewer code", "조사원 번호",
        constraint="regex(., '^[A-Z]{3}-[0-9]{2}$')",
        message=("Three letters, a hyphen and two digits, for example NPL-04.",
                 "영문 대문자 세 글자, 붙임표, 숫자 두 자리로 입력하십시오. 예: NPL-04")),
    ask("text", "respondent_code", "Respondent code from the listing sheet", "조사 명부의 응답자 번호",
        hint=("Never write a name or a telephone number.", "성명이나 전화번호는 절대로 적지 마십시오."),
        constraint="regex(., '^[A-Z0-9-]{4,24}$')",
        message=("Capital letters, digits and hyphens only.", "영문 대문자, 숫자, 붙임표만 사용할 수 있습니다.")),
    calculate("province", "pulldata('wards', 'province', 'name', ${ward})"),
    calculate("area_group", "pulldata('wards', 'area_group', 'name', ${ward})"),
    calculate("weight", "pulldata('wards', 'weight', 'name', ${ward})"),
    relevant="",
)  # fmt: skip

CONSENT = module(
    "consent_talk", "Consent", "조사 참여 동의",
    ask("note", "consent_text",
        "This survey asks what people know about going abroad for work. Taking part is your choice, you may skip "
        "any question and stop at any time. We do not write down your name. We do not ask about anything that "
        "happened to you.",
        "이 조사는 해외 취업 이주에 관하여 얼마나 알고 계신지를 여쭙는 조사입니다. 참여 여부는 자유롭게 결정하실 수 있으며, "
        "원하지 않는 질문에는 답하지 않으셔도 되고 언제든지 그만두실 수 있습니다. 성명은 기록하지 않으며, 본인이 겪은 일에 "
        "대해서는 여쭙지 않습니다.", required=False),
    ask("select_one consent", "consent", "Do you agree to take part?", "조사에 참여하시겠습니까?"),
    relevant="",
)  # fmt: skip

ABOUT_YOU = module(
    "about_you", "About you", "응답자 특성",
    ask("integer", "age", "How old are you?", "만 나이가 어떻게 되십니까?",
        hint=("Completed years.", "만 나이를 숫자로 입력하십시오."),
        constraint=". >= 15 and . <= 99",
        message=("The survey is for people of 15 to 99 years.", "조사 대상은 만 15세 이상 99세 이하입니다.")),
    calculate("age_group", "if(${age} < 25, '15-24', if(${age} < 35, '25-34', if(${age} < 50, '35-49', '50+')))",
              "Age group", "연령대"),
    ask("select_one sex", "sex", "Sex", "성별"),
    ask("select_one education", "education", "What is the highest level of school you completed?",
        "최종 학력은 무엇입니까?"),
    ask("select_one migration_plan", "migration_plan",
        "Thinking of the next twelve months: which of these describes you best?",
        "앞으로 12개월 동안의 해외 이주 계획은 다음 중 어디에 해당합니까?"),
)  # fmt: skip

KNOWLEDGE = module(
    "knowledge", "What people know", "지식",
    ask("select_multiple signs", "signs",
        "What signs would tell you that a job offer abroad may be trafficking or exploitation?",
        "해외 일자리 제안이 인신매매나 착취일 수 있음을 알려 주는 징후에는 어떤 것이 있습니까?",
        hint=NOT_READ_OUT, constraint=not_beside_others("signs", "dk", "refused"), message=ALONE),
    ask("select_one true_false", "know_passport",
        "An employer may keep a worker's passport for as long as the contract lasts.",
        "고용주는 계약 기간 동안 근로자의 여권을 보관할 수 있다.", hint=READ_OUT),
    ask("select_one true_false", "know_agreed",
        "A person who first agreed to the job can still be a victim of trafficking in persons.",
        "처음에 일자리에 동의한 사람도 인신매매 피해자가 될 수 있다.", hint=READ_OUT),
    ask("select_one true_false", "know_women_only",
        "Only women and girls can be victims of trafficking in persons.",
        "인신매매 피해자는 여성과 여아뿐이다.", hint=READ_OUT),
    ask("select_one true_false", "know_contract",
        "A worker has the right to a written contract in a language he or she understands.",
        "근로자는 자신이 이해하는 언어로 작성된 근로계약서를 받을 권리가 있다.", hint=READ_OUT),
    ask("select_one true_false", "know_licence",
        "Anyone can check free of charge whether a recruitment agency is licensed.",
        "직업소개업체가 허가를 받았는지는 누구나 무료로 확인할 수 있다.", hint=READ_OUT),
    ask("select_one true_false", "know_debt",
        "A worker who owes the recruiter money must work until the debt is paid before leaving the job.",
        "모집업자에게 빚이 있는 근로자는 빚을 모두 갚을 때까지 일을 그만둘 수 없다.", hint=READ_OUT),
)  # fmt: skip

VIEWS = module(
    "views", "What people think", "태도",
    ask("select_one agreement", "att_wait",
        "It is worth waiting longer in order to go abroad through a regular channel.",
        "시간이 더 걸리더라도 합법적인 경로로 출국하는 것이 바람직하다.", hint=READ_OUT),
    ask("select_one agreement", "att_report",
        "People in my community should report recruiters who deceive workers.",
        "우리 지역 주민은 근로자를 속이는 모집업자를 신고해야 한다.", hint=READ_OUT),
    ask("select_one agreement", "att_no_contract",
        "Asking a recruiter for a written contract only causes trouble.",
        "모집업자에게 서면 계약서를 요구하면 괜히 문제만 생긴다.", hint=READ_OUT),
    ask("select_one agreement", "att_any_route",
        "How a person gets abroad does not matter as long as there is work.",
        "일자리만 있다면 어떤 방법으로 출국하는지는 중요하지 않다.", hint=READ_OUT),
)  # fmt: skip

PLANS = module(
    "plans", "What people would do", "의향",
    ask("select_one yes_no", "int_licence",
        "If you or a member of your family were offered a job abroad, would you check the employer's or "
        "recruiter's licence before paying or signing anything?",
        "본인이나 가족이 해외 일자리를 제안받는다면, 돈을 내거나 서명하기 전에 고용주 또는 모집업체의 허가 여부를 확인하시겠습니까?"),
    ask("select_one yes_no", "int_regular",
        "Would you use a regular channel, with a visa or permit, even if it took several months longer?",
        "몇 달이 더 걸리더라도 사증이나 허가를 받는 합법적인 경로를 이용하시겠습니까?"),
    ask("select_one yes_no", "hotline_known",
        "Do you know of a telephone line that gives free and confidential advice to migrants?",
        "이주민에게 무료로 비밀 상담을 제공하는 상담 전화를 알고 계십니까?"),
)  # fmt: skip

HARM = module(
    "side_effects", "Unwanted effects", "부작용 점검",
    ask("select_one yes_no", "harm_authorities",
        "If someone you know were cheated by a recruiter, would you advise them to stay away from the police and "
        "other authorities?",
        "아는 사람이 모집업자에게 속았다면, 경찰 등 관계 기관에 가지 말라고 권하시겠습니까?"),
    ask("select_one agreement", "harm_blame",
        "People who were trafficked have only themselves to blame.",
        "인신매매를 당한 사람은 그 책임이 본인에게 있다.", hint=READ_OUT),
    ask("select_one agreement", "harm_fears_regular",
        "Going abroad for work is too dangerous even with a proper visa and contract.",
        "정식 사증과 계약이 있더라도 해외 취업은 너무 위험하다.", hint=READ_OUT),
)  # fmt: skip

TRUST = module(
    "trust", "Whom people believe", "정보원에 대한 신뢰",
    ask("select_one agreement", "trust_family",
        "What family and friends say about going abroad can be relied on.",
        "해외 이주에 대한 가족과 친구의 말은 믿을 만하다.", hint=READ_OUT),
    ask("select_one agreement", "trust_returnees",
        "What people who came back say about going abroad can be relied on.",
        "해외 이주에 대한 귀환자의 말은 믿을 만하다.", hint=READ_OUT),
    ask("select_one agreement", "trust_recruiters",
        "What recruiters say about going abroad can be relied on.",
        "해외 이주에 대한 모집업자의 말은 믿을 만하다.", hint=READ_OUT),
    ask("select_one agreement", "trust_officials",
        "What public offices say about going abroad can be relied on.",
        "해외 이주에 대한 관공서의 말은 믿을 만하다.", hint=READ_OUT),
)  # fmt: skip

REACH = module(
    "reach", "What reached people", "캠페인 접촉",
    ask("select_one yes_no", "heard_any",
        "In the last six months, have you seen or heard any campaign about going abroad safely?",
        "지난 6개월 동안 안전한 해외 이주에 관한 홍보를 보거나 들은 적이 있습니까?"),
    ask("select_one yes_no", "heard_safe_journeys",
        "Have you seen or heard the campaign \"Safe Journeys\"?",
        "‘안전한 이주’ 캠페인을 보거나 들은 적이 있습니까?",
        hint=("Show the logo card.", "로고 카드를 보여 주십시오.")),
    ask("select_multiple channels", "heard_channels", "Where did you see or hear it?", "어디에서 보거나 들으셨습니까?",
        hint=NOT_READ_OUT, relevant="${heard_safe_journeys} = 'yes'",
        constraint=not_beside_others("heard_channels", "dk", "refused"), message=ALONE),
    ask("select_one yes_no", "heard_decoy",
        "Have you seen or heard the campaign \"Open Horizon\"?",
        "‘열린 지평선’ 캠페인을 보거나 들은 적이 있습니까?",
        hint=("This campaign never existed. Ask in the same tone as the question before.",
              "실제로는 없었던 캠페인입니다. 앞 질문과 같은 어조로 질문하십시오.")),
)  # fmt: skip

SURVEY: list[Row] = [
    *METADATA, *VISIT, *CONSENT, *ABOUT_YOU, *KNOWLEDGE, *VIEWS, *PLANS, *HARM, *TRUST, *REACH,
]  # fmt: skip

DONT_KNOW = ("dk", "Don't know", "모름")
REFUSED = ("refused", "No answer", "응답 거부")
CHOICES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "site": (
        ("npl", "Nepal: prospective labour migrants", "네팔: 예비 이주노동자"),
        ("bgd", "Bangladesh: prospective labour migrants", "방글라데시: 예비 이주노동자"),
        ("vnm", "Viet Nam: youth in sending districts", "베트남: 송출 지역 청년"),
        ("tha", "Thailand: migrants at border towns", "태국: 접경 도시 이주민"),
        ("idn", "Indonesia: migrants at ports of departure", "인도네시아: 출항지 이주민"),
        ("mys", "Malaysia: migrants in transit", "말레이시아: 경유 이주민"),
        ("kor", "Republic of Korea: workers in fisheries and farming", "대한민국: 어업·농업 이주노동자"),
        ("aus", "Australia: temporary visa workers", "호주: 단기 체류 비자 근로자"),
        ("nzl", "New Zealand: seasonal workers", "뉴질랜드: 계절근로자"),
    ),
    "wave": (("baseline", "Baseline", "사전 조사"), ("endline", "Endline", "사후 조사")),
    "consent": (("yes", "Yes, agrees", "예, 동의함"), ("no", "No, does not agree", "아니요, 동의하지 않음")),
    "sex": (("female", "Female", "여성"), ("male", "Male", "남성"), REFUSED),
    "education": (
        ("none", "No schooling", "무학"),
        ("primary", "Primary school", "초등학교"),
        ("secondary", "Secondary school", "중·고등학교"),
        ("higher", "College or university", "대학 이상"),
        REFUSED,
    ),
    "migration_plan": (
        ("no_wish", "Does not wish to go or move on", "이주할 생각이 없음"),
        ("wish", "Would like to, but has no plan", "이주를 희망하나 계획은 없음"),
        ("plan", "Has a plan, but has not begun to prepare", "계획은 있으나 준비를 시작하지 않음"),
        ("preparing", "Is preparing", "준비하고 있음"),
        DONT_KNOW, REFUSED,
    ),
    "signs": (
        ("debt", "A debt or fees to be worked off", "일해서 갚아야 하는 빚이나 수수료"),
        ("documents", "Passport or papers are taken away", "여권이나 신분증을 빼앗김"),
        ("movement", "Not free to leave the place", "외출이나 이동의 자유가 없음"),
        ("wages", "Wages withheld or far too high to be true", "임금 체불 또는 지나치게 높은 임금 제안"),
        ("contract", "No contract, or another contract on arrival", "계약서가 없거나 도착 후 계약이 바뀜"),
        ("threats", "Threats or violence", "협박이나 폭력"),
        ("isolation", "Telephone taken away, no contact allowed", "휴대전화를 빼앗기거나 연락을 금지당함"),
        ("other", "Another sign", "그 밖의 징후"),
        DONT_KNOW, REFUSED,
    ),
    "true_false": (("true", "True", "맞다"), ("false", "False", "틀리다"), DONT_KNOW, REFUSED),
    "agreement": (
        ("1", "Strongly disagree", "전혀 그렇지 않다"),
        ("2", "Disagree", "그렇지 않다"),
        ("3", "Neither agree nor disagree", "보통이다"),
        ("4", "Agree", "그렇다"),
        ("5", "Strongly agree", "매우 그렇다"),
        DONT_KNOW, REFUSED,
    ),
    "yes_no": (("yes", "Yes", "예"), ("no", "No", "아니요"), DONT_KNOW, REFUSED),
    "channels": (
        ("radio", "Radio or television", "라디오 또는 텔레비전"),
        ("social_media", "Social media", "누리소통망(SNS)"),
        ("meeting", "Community meeting or theatre", "주민 설명회 또는 공연"),
        ("poster", "Poster or leaflet", "포스터 또는 전단"),
        ("returnee", "Talk by a returned migrant", "귀환 이주민과의 대화"),
        ("official", "Official or labour office", "공무원 또는 고용 관서"),
        ("friends", "Family or friends", "가족 또는 친구"),
        ("other", "Elsewhere", "그 밖의 경로"),
        DONT_KNOW, REFUSED,
    ),
}  # fmt: skip


def sheets() -> dict[str, list[list[str]]]:
    """Every sheet of the XLSForm as rows of text, the header first."""
    survey = [[row.get(column, "") for column in SURVEY_COLUMNS] for row in SURVEY]
    choices = [[name, *choice] for name, listed in CHOICES.items() for choice in listed]
    return {
        "survey": [list(SURVEY_COLUMNS), *survey],
        "choices": [list(CHOICE_COLUMNS), *choices],
        "settings": [list(SETTINGS), list(SETTINGS.values())],
    }


def write(path: Path = FORM) -> Path:
    """Write the XLSForm."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with xlsxwriter.Workbook(str(path), {"strings_to_numbers": False}) as workbook:
        workbook.set_properties({"title": SETTINGS["form_title"], "created": datetime(2026, 1, 15)})
        header = workbook.add_format({"bold": True})
        for name, rows in sheets().items():
            sheet = workbook.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for at, row in enumerate(rows):
                for column, text in enumerate(row):
                    sheet.write_string(at, column, text, None if at else header)
            sheet.autofit(max_width=420)
    return path


if __name__ == "__main__":
    write()
