"""Which answers give consent, and which interviews must not be kept for want of it."""

import re
from collections.abc import Sequence

import numpy as np
import pyarrow.compute as pc

from surveys.fieldwork import Fieldwork
from surveys.instrument import Choice, Instrument, Question
from surveys.judging.answers import Answers
from surveys.judging.findings import Finding
from surveys.missing import plain_letters, reason_of_choice


_CONSENTING = frozenset(
    plain_letters(text)
    for text in (
        "yes", "y", "1", "true", "ok", "agree", "agreed", "i agree", "accept", "accepted", "consent", "consented",
        "i consent", "given", "예", "네", "동의", "동의함", "동의합니다", "ใช่", "ยินยอม", "ตกลง", "có", "đồng ý", "ဟုတ်", "ဟုတ်ကဲ့",
        "သဘောတူ", "بلی", "بله", "هو", "ya", "setuju", "oui", "sí", "si",
    )
)  # fmt: skip
_REFUSING = frozenset(
    plain_letters(text)
    for text in (
        "no", "n", "false", "0", "disagree", "i disagree", "i do not agree", "do not agree", "not agree", "refuse",
        "refused", "declined", "no consent", "아니요", "아니오", "동의하지 않음", "동의 안함", "미동의", "ไม่ใช่", "ไม่", "ไม่ยินยอม",
        "không", "không đồng ý", "မဟုတ်", "မဟုတ်ပါ", "သဘောမတူ", "نه", "نخیر", "خیر", "tidak", "tidak setuju", "non",
    )
)  # fmt: skip
_NAMED = re.compile(r"(?:.+_)?consent(?:_.+)?|consent\w*", re.IGNORECASE)


def consent_question(instrument: Instrument, fieldwork: Fieldwork | None) -> Question | None:
    """The question by which a respondent agrees: the campaign's, else one named so with a yes and a no."""
    if fieldwork is not None and fieldwork.consent is not None:
        return instrument.question(fieldwork.consent)
    for question in instrument.questions:
        if question.repeat is None and _NAMED.fullmatch(question.name) and question.type == "select_one":
            choices = instrument.choices.get(question.choice_list or "", ())
            if len(choices) >= 2 and _said(choices, _CONSENTING) and _said(choices, _REFUSING):
                return question
    return None


def without_consent(question: Question, choices: Sequence[Choice], answers: Answers) -> list[Finding]:
    """Rows whose respondent did not agree: said no, or said nothing where the form requires an answer."""
    refusing = frozenset({code for code in _codes(choices) if code not in _said(choices, _CONSENTING)})
    findings = []
    if not _said(choices, _CONSENTING):
        refusing = _said(choices, _REFUSING)
        if choices and not refusing:
            return [Finding(code="consent_not_understood", effect="warn", header=answers.header)]
    if not choices:
        refusing = frozenset({"no", "No", "NO", "0", "false", "FALSE"})
    for code in sorted(refusing):
        said_no = pc.fill_null(pc.equal(answers.values, code), False)
        rows = np.flatnonzero(said_no.to_numpy(zero_copy_only=False))
        if rows.size:
            findings.append(Finding(code="no_consent", rows=rows, header=answers.header, cell=code))
    if question.required:
        blank = np.flatnonzero(answers.values.is_null().to_numpy(zero_copy_only=False))
        unread = np.zeros(len(answers.values), dtype=bool)
        for finding in answers.findings:
            unread[finding.rows] = True
        rows = blank[~unread[blank]]
        if rows.size:
            findings.append(Finding(code="consent_blank", rows=rows, header=answers.header))
    return findings


def _codes(choices: Sequence[Choice]) -> list[str]:
    return [choice.name for choice in choices]


def _said(choices: Sequence[Choice], words: frozenset[str]) -> frozenset[str]:
    """The codes one of whose labels, or failing labels whose name, is among the words."""
    return frozenset(
        choice.name
        for choice in choices
        if reason_of_choice(choice) is None
        and any(plain_letters(text) in words for text in (*choice.labels.values(), choice.name))
    )
