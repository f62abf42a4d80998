"""Text variables of a statistics file whose missing reasons stand in a variable beside them.

Stata has no missing values for texts and SPSS three short ones, so ``awareness responses`` writes the variable
``NAME_why``: 0 where there is an answer, and a labelled missing value for each reason.
"""

from collections.abc import Iterable, Mapping

from surveys.languages import languages, say
from surveys.missing import BESIDE, LETTERS, declared_reason


Labels = Mapping[str, Mapping[str, str]]  # column -> code -> label


def without_reasons_beside(
    columns: Mapping[str, list[str]], texts: Iterable[str], declared: Labels, labels: Labels
) -> tuple[dict[str, list[str]], dict[str, dict[str, str]]]:
    """The columns with each reason in the empty cell that it is about, and what is declared missing.

    Parameters
    ----------
    texts
        The columns that hold texts.
    """
    settled = {column: dict(codes) for column, codes in declared.items()}
    gathered = dict(columns)
    for column in texts:
        beside = f"{column}{BESIDE}"
        if beside not in columns or not _says_why(labels.get(beside, {}), settled.get(beside, {})):
            continue
        reasons = {code: declared_reason(label) for code, label in settled.pop(beside).items()}
        cells = zip(columns[column], gathered.pop(beside), strict=True)
        gathered[column] = [
            f".{LETTERS[reasons[code]]}" if not text and code in reasons else text for text, code in cells
        ]
        ours = {f".{letter}": str(reason) for reason, letter in LETTERS.items()}
        settled[column] = settled.get(column, {}) | ours
    return gathered, settled


def _says_why(labels: Mapping[str, str], declared: Mapping[str, str]) -> bool:
    """Whether a variable holds nothing but "answered" and reasons."""
    answered = labels.get("0") in {say("responses.answered", language) for language in languages()}
    return answered and set(labels) - {"0"} <= set(declared)
