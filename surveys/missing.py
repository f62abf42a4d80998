"""The six reasons why an answer is not there, and the words of a questionnaire that mean them.

A numeric code is never guessed: -99 means "don't know" only where the questionnaire's own list
labels it so, the file declares it, or the campaign does.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cache

from surveys.instrument import Choice
from surveys.languages import languages, say


class Missing(StrEnum):
    """Why there is no answer. Unit non-response is a property of the sample, not of an answer."""

    DONT_KNOW = "dont_know"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"  # by relevance, or by the route of the interview
    NOT_APPLICABLE = "not_applicable"
    BLANK = "blank"  # asked, nothing given
    LOST = "lost"  # interrupted or unreadable


# The letter of each reason among Stata's extended missing values.
LETTERS: Mapping[Missing, str] = {
    Missing.DONT_KNOW: "d",
    Missing.REFUSED: "r",
    Missing.NOT_ASKED: "s",  # skipped
    Missing.NOT_APPLICABLE: "n",
    Missing.BLANK: "b",
    Missing.LOST: "l",
}
BESIDE = (
    "_why"  # ends the name of the variable that says why a text variable of a statistics file holds nothing
)

# Names of choices by convention; the labels of the list outrank them ("na" is often "no answer").
_NAMES: Mapping[Missing, tuple[str, ...]] = {
    Missing.DONT_KNOW: ("dk", "dnk", "dont_know", "do_not_know", "doesnt_know", "dontknow", "idk", "ne_sait_pas"),
    Missing.REFUSED: (
        "pnta", "pnts", "prefer_not_to_say", "prefer_not_to_answer", "prefer_not_say", "prefer_not",
        "refused", "refuse", "refusal", "refused_to_answer", "no_answer", "decline", "declined",
    ),
    Missing.NOT_APPLICABLE: ("na", "n_a", "not_applicable", "notapplicable", "non_applicable"),
}  # fmt: skip

# Whole labels, as questionnaires of the region write them. Compared without case, spaces and punctuation.
_LABELS: Mapping[Missing, tuple[str, ...]] = {
    Missing.DONT_KNOW: (
        "don't know", "do not know", "dont know", "doesn't know", "does not know", "i don't know", "i do not know",
        "모름", "잘 모름", "모르겠음", "모르겠다", "모르겠습니다", "잘 모르겠음", "잘 모르겠다", "잘 모르겠습니다",
        "ไม่ทราบ", "ไม่รู้", "không biết", "tôi không biết", "မသိ", "မသိပါ", "မသိဘူး",
        "نمی‌دانم", "نمی دانم", "نمیدانم", "نمی‌فهمم", "نه پوهېږم", "tidak tahu", "saya tidak tahu", "थाहा छैन", "पता नहीं",
        "জানি না", "معلوم نہیں", "ne sait pas", "je ne sais pas", "no sabe", "no sé",
    ),
    Missing.REFUSED: (
        "prefer not to say", "prefer not to answer", "i prefer not to say", "i prefer not to answer",
        "refused", "refuse", "refused to answer", "refuse to answer", "refusal", "no answer", "declined to answer",
        "응답 거부", "응답거절", "응답 거절", "무응답", "답변 거부", "답변하고 싶지 않음", "말하고 싶지 않음", "대답하고 싶지 않음",
        "ไม่ตอบ", "ไม่ประสงค์ตอบ", "ไม่ต้องการตอบ", "ปฏิเสธที่จะตอบ", "ปฏิเสธ",
        "không trả lời", "từ chối trả lời", "từ chối", "không muốn trả lời", "မဖြေ", "မဖြေလို", "မဖြေလိုပါ", "ငြင်းဆို",
        "نمی‌گویم", "نمی‌خواهم بگویم", "نمی‌خواهم جواب بدهم", "جواب نداد", "رد کرد", "tidak menjawab", "menolak menjawab",
        "préfère ne pas répondre", "ne veut pas répondre", "refus", "refus de répondre", "no responde",
    ),
    Missing.NOT_APPLICABLE: (
        "not applicable", "n/a", "does not apply", "해당 없음", "해당없음", "해당 사항 없음", "비해당", "ไม่เกี่ยวข้อง", "ไม่มีข้อมูลที่เกี่ยวข้อง",
        "không áp dụng", "không thích hợp", "မသက်ဆိုင်", "မသက်ဆိုင်ပါ", "قابل اجرا نیست", "قابل تطبیق نیست",
        "tidak berlaku", "tidak relevan", "non applicable", "sans objet", "no aplica",
    ),
}  # fmt: skip

# Codes that files use for "no answer" without saying so. Never read as one: only named in a message.
SUSPECT_CODES = frozenset(
    f"-{digits}" for digits in ("66", "77", "88", "96", "97", "98", "99", "777", "888", "998", "999", "9999")
)

# What programs write into a cell that holds nothing, and people type there. "NA" may as well be "not applicable", and a
# lone "." a remark: never read as nothing before somebody has said so. ".a" to ".z" are what Stata's own exports write
# for its extended missing values.
MARKS = frozenset(
    (
        "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "None", "\\N", ".", "-",
        *(f".{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"),
    )
)  # fmt: skip


def plain_letters(text: str) -> str:
    """Letters, digits and vowel marks alone, case folded: what is left when punctuation does not count."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if unicodedata.category(character)[0] in "LMN")


_BY_LABEL = {plain_letters(label): reason for reason, labels in _LABELS.items() for label in labels}
_BY_NAME = {plain_letters(name): reason for reason, names in _NAMES.items() for name in names}


def reason_of_label(label: str) -> Missing | None:
    """The reason a label stands for, where it, or one side of its slash or bracket, is a known phrase."""
    whole = _BY_LABEL.get(plain_letters(label))
    if whole is not None:
        return whole
    for separator in "/();,":
        label = label.replace(separator, "|")
    pieces = (plain_letters(piece) for piece in label.split("|"))
    return next((_BY_LABEL[piece] for piece in pieces if piece in _BY_LABEL), None)


def reason_of_choice(choice: Choice) -> Missing | None:
    """The reason a choice of the questionnaire stands for, by its labels, else by its name."""
    spoken = (reason_of_label(label) for label in choice.labels.values())
    by_label = next((reason for reason in spoken if reason is not None), None)
    return by_label if by_label is not None else _BY_NAME.get(plain_letters(choice.name))


def reasons_of_list(
    choices: Iterable[Choice], declared: Mapping[str, str] | None = None
) -> dict[str, Missing]:
    """The choices of a list that are no answer, by code; ``declared`` adds the campaign's own codes."""
    reasons: dict[str, Missing] = {}
    for choice in choices:
        reason = reason_of_choice(choice)
        if reason is None and declared and choice.name in declared:
            reason = Missing(declared[choice.name])
        if reason is not None:
            reasons[choice.name] = reason
    return reasons


def declared_reason(text: str) -> Missing:
    """The reason a statistics file declares for a code: one of ours by name, else by its label.

    A code declared missing without a word on why was asked and not answered as far as anybody can
    tell: blank.
    """
    if text in set(Missing):
        return Missing(text)
    letters = plain_letters(text)
    return _our_words().get(letters) or reason_of_label(text) or _BY_NAME.get(letters) or Missing.BLANK


def in_words(reason: Missing, language: str) -> str:
    """The reason as files and screens say it."""
    return say(f"quality.reasons.{reason}", language)


@cache
def _our_words() -> Mapping[str, Missing]:
    """What our own files write for each reason; a choice of a form may well be called "lost"."""
    return {plain_letters(in_words(reason, one)): reason for reason in Missing for one in languages()}
