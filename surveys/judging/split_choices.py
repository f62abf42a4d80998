"""A select_multiple spread over one column a choice: put together again, and held against its summary.

ODK Central writes 0 in every split column where the question itself is blank; that is blank, never
"no". KoboToolbox leaves them empty. A summary that disagrees with its own split columns makes the
row contradict itself.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from surveys.judging.answers import REASONS, Answers, several
from surveys.judging.choices import ChoiceList
from surveys.judging.findings import Finding
from surveys.missing import Missing


# LimeSurvey writes yes and no in the survey's language.
_CHOSEN = frozenset(
    {
        "1",
        "true",
        "yes",
        "y",
        "x",
        "1.0",
        "checked",
        "selected",
        "예",
        "네",
        "ใช่",
        "có",
        "ဟုတ်ကဲ့",
        "ဟုတ်",
        "بلی",
        "بله",
        "ya",
        "oui",
        "sí",
        "sim",
        "ja",
        "はい",
        "是",
        "হ্যাঁ",
        "हो",
        "हाँ",
        "هو",
        "да",
        "نعم",
    }
)
_NOT_CHOSEN = frozenset(
    {
        "0",
        "false",
        "no",
        "n",
        "0.0",
        "unchecked",
        "not selected",
        "아니요",
        "아니오",
        "ไม่ใช่",
        "ไม่",
        "không",
        "မဟုတ်ပါ",
        "မဟုတ်",
        "نخیر",
        "خیر",
        "نه",
        "tidak",
        "non",
        "não",
        "nein",
        "いいえ",
        "否",
        "না",
        "होइन",
        "नहीं",
        "нет",
        "لا",
    }
)


def gather_split(
    columns: Mapping[str, pa.Array],
    headers: Mapping[str, str],
    *,
    name: str,
    choices: ChoiceList | None,
    reasons: Mapping[str, Missing],
    not_available: frozenset[str],
    summary: Answers | None,
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> Answers:
    """The answers of a split select_multiple.

    Parameters
    ----------
    columns
        The column of each code, in the order of the form, null where blank.
    headers
        The header of each code's column.
    summary
        The judged column that holds all codes, where the file has one; its order is kept.
    labels
        What a statistics file says the values of each code's column mean; that outranks the values.
    """
    chosen: dict[str, np.ndarray] = {}
    findings: list[Finding] = []
    for code, column in columns.items():
        meanings = (labels or {}).get(code, {})
        chosen[code], wrong = _ticks(column, headers[code], code, choices, not_available, meanings)
        findings += wrong
        if choices is not None and code not in choices.codes and (rows := np.flatnonzero(chosen[code])).size:
            values = {"choices": choices.shown_codes()}
            findings.append(
                Finding(code="unknown_choice", rows=rows, header=headers[code], cell=code, values=values)
            )
    if summary is None:
        values, why = _joined(chosen, reasons)
        header = next(iter(headers.values()))
        return Answers(name=name, header=header, values=values, reasons=why, findings=tuple(findings))
    findings += _disagreements(summary, chosen, headers)
    readable = _readable_without_summary(summary, chosen)
    return _with_summary(summary, readable, findings, chosen, reasons)


def _ticks(
    column: pa.Array,
    header: str,
    code: str,
    choices: ChoiceList | None,
    not_available: frozenset[str],
    labels: Mapping[str, str],
) -> tuple[np.ndarray, list[Finding]]:
    """Where the choice was made, and cells that say neither yes nor no."""
    encoded = column.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    texts = [str(text) for text in encoded.dictionary.to_pylist()]
    ticked = np.zeros(len(texts) + 1, dtype=bool)
    findings = []
    for place, text in enumerate(texts):
        value = text.strip()
        by_label = _meant(labels.get(value, ""), code, choices)
        meant = _meant(value, code, choices) if by_label is None else by_label
        if meant:
            ticked[place] = True
        elif meant is None and value and value not in not_available:
            rows = np.flatnonzero(places == place)
            findings.append(Finding(code="not_ticked_or_not", rows=rows, header=header, cell=text))
    return ticked[places], findings


def _meant(text: str, code: str, choices: ChoiceList | None) -> bool | None:
    """Whether a value says that the choice was made; None where it says neither."""
    bare = text.strip().casefold()
    itself = bare == code.casefold() or (choices is not None and choices.by_label(text.strip()) == code)
    if bare in _NOT_CHOSEN:
        return False
    return True if bare in _CHOSEN or (bare and itself) else None


def _joined(
    chosen: Mapping[str, np.ndarray], reasons: Mapping[str, Missing]
) -> tuple[pa.Array, np.ndarray | None]:
    """The codes of each row, in the order of the form; null where none was chosen."""
    codes = list(chosen)
    matrix = np.column_stack([chosen[code] for code in codes])
    packed = np.packbits(matrix, axis=1)
    whole = np.ascontiguousarray(packed).view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, places = np.unique(whole, return_index=True, return_inverse=True)
    texts: list[str | None] = []
    why = np.zeros(len(first), dtype=np.int8)
    for place, row in enumerate(first.tolist()):
        picked = [code for code, ticked in zip(codes, matrix[row], strict=True) if ticked]
        verdict = several(picked, reasons) if picked else None
        texts.append(verdict.text if verdict else None)
        if verdict is not None and verdict.reason is not None:
            why[place] = REASONS.index(verdict.reason) + 1
    values = pa.array(texts, pa.large_string()).take(pa.array(places))
    return values, (why[places] if why.any() else None)


def _disagreements(
    summary: Answers, chosen: Mapping[str, np.ndarray], headers: Mapping[str, str]
) -> list[Finding]:
    """Rows whose summary names a choice that its own column denies, or the other way round."""
    judged = _judged_rows(summary)
    encoded = summary.values.dictionary_encode()
    places = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    codes = [frozenset(str(text).split()) for text in encoded.dictionary.to_pylist()]
    findings = []
    for code, ticked in chosen.items():
        named = np.array([*(code in picked for picked in codes), False], dtype=bool)[places]
        rows = np.flatnonzero((named != ticked) & judged)
        if rows.size:
            values = {"code": code, "question": summary.name}
            findings.append(
                Finding(code="split_disagrees", rows=rows, header=headers[code], cell=None, values=values)
            )
    return findings


def _judged_rows(summary: Answers) -> np.ndarray:
    judged = np.ones(len(summary.values), dtype=bool)
    for finding in summary.findings:
        if finding.effect == "refuse":
            judged[finding.rows] = False
    return judged


def _readable_without_summary(summary: Answers, chosen: Mapping[str, np.ndarray]) -> np.ndarray:
    """Rows whose summary cannot be taken apart (labels joined by spaces) though their columns tell all."""
    rows = np.zeros(len(summary.values), dtype=bool)
    for finding in summary.findings:
        if finding.code == "ambiguous_labels":
            rows[finding.rows] = True
    ticked = np.logical_or.reduce(list(chosen.values()))
    readable: np.ndarray = rows & ticked
    return readable


def _with_summary(
    summary: Answers,
    readable: np.ndarray,
    findings: Sequence[Finding],
    chosen: Mapping[str, np.ndarray],
    reasons: Mapping[str, Missing],
) -> Answers:
    values, why = summary.values, summary.reasons
    kept = [finding for finding in summary.findings if finding.code != "ambiguous_labels"]
    for finding in summary.findings:
        if finding.code == "ambiguous_labels":
            rest = finding.rows[~readable[finding.rows]]
            if rest.size:
                kept.append(
                    Finding(
                        code=finding.code,
                        rows=rest,
                        header=finding.header,
                        cell=finding.cell,
                        values=finding.values,
                    )
                )
    if readable.any():
        from_split, split_why = _joined(chosen, reasons)
        values = pc.if_else(pa.array(readable), from_split, values)
        if split_why is not None or why is not None:
            zero = np.zeros(len(values), dtype=np.int8)
            why = np.where(
                readable, zero if split_why is None else split_why, zero if why is None else why
            ).astype(np.int8)
    return Answers(
        name=summary.name,
        header=summary.header,
        values=values,
        reasons=why,
        findings=(*kept, *findings),
    )
