"""Which answers give consent, and which interviews must not be kept for want of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.fieldwork import Fieldwork
from surveys.instrument import Choice, Instrument, Question
from surveys.judging.answers import Answers
from surveys.judging.findings import Finding, rows_with
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
WITHOUT_CONSENT = ("no_consent", "consent_blank")
_NAMED = re.compile(r"(?:.+_)?consent(?:_.+)?|consent\w*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithoutConsent:
    """How many interviews of a site and wave ("" where the row does not say it) were refused for want of consent."""

    site: str
    wave: str
    refused: int
    blank: int


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
            findings.append(Finding(code="no_consent", rows=rows, header=answers.header))
    if question.required:
        blank = np.flatnonzero(answers.values.is_null().to_numpy(zero_copy_only=False))
        unread = np.zeros(len(answers.values), dtype=bool)
        for finding in answers.findings:
            unread[finding.rows] = True
        rows = blank[~unread[blank]]
        if rows.size:
            findings.append(Finding(code="consent_blank", rows=rows, header=answers.header))
    return findings


def nothing_else_of_refusers(findings: list[Finding], rows: int) -> list[Finding]:
    """The findings; of an interview without consent nothing is said but that."""
    without = rows_with((one for one in findings if one.code in WITHOUT_CONSENT), "refuse", rows)
    if not without.any():
        return findings
    out = np.flatnonzero(without)
    left = []
    for one in findings:
        if one.code not in WITHOUT_CONSENT and one.rows.size:
            one = replace(one, rows=np.setdiff1d(one.rows, out))
            if not one.rows.size:
                continue
        left.append(one)
    return left


def refusals_by_place(
    findings: Sequence[Finding], sites: pa.Array, waves: pa.Array
) -> tuple[WithoutConsent, ...]:
    """How many respondents of each site and wave said no, or said nothing where they had to."""
    marked = {
        code: rows_with((one for one in findings if one.code == code), "refuse", len(sites))
        for code in WITHOUT_CONSENT
    }
    out = np.flatnonzero(np.any(list(marked.values()), axis=0))
    if not out.size:
        return ()
    at = pa.array(out)
    places = list(zip(sites.take(at).to_pylist(), waves.take(at).to_pylist(), strict=True))
    refused = marked["no_consent"][out]
    return tuple(
        WithoutConsent(
            site=site or "",
            wave=wave or "",
            refused=sum(bool(no) for no, place in zip(refused, places, strict=True) if place == (site, wave)),
            blank=sum(not no for no, place in zip(refused, places, strict=True) if place == (site, wave)),
        )
        for site, wave in dict.fromkeys(places)
    )


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
