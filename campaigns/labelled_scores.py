"""Scores that name answers by their labels, in a statistics file that holds codes."""

from collections.abc import Mapping
from dataclasses import replace

from campaigns.campaign import Score
from campaigns.data_file import DataFile, canonical
from surveys.problems import CannotProceed


def score_in_codes(score: Score, data: DataFile, where: str) -> Score:
    """The score with the codes of every answer that it names by its label; as it is where the file has no labels.

    Raises
    ------
    CannotProceed
        A label stands for different codes in two items, and the codes would come to different numbers.
    """
    if not any(item in data.value_labels for item in score.items):
        return score
    return replace(
        score,
        key={item: data.code_of(item, right) for item, right in score.key.items()},
        counted={
            item: tuple(data.code_of(item, choice) for choice in choices)
            for item, choices in score.counted.items()
        },
        values=_values_in_codes(score, data, where),
    )


def _values_in_codes(score: Score, data: DataFile, where: str) -> Mapping[str, float]:
    """The numbers of answers are the same for all items, so that what a label means must be, too."""
    found: dict[str, float] = {}
    for label, number in score.values.items():
        for code in dict.fromkeys(data.code_of(item, label) for item in score.items):
            same = next((known for known in found if canonical(known) == canonical(code)), code)
            if found.setdefault(same, number) != number:
                raise CannotProceed(
                    f"{where}.values",
                    f'the label "{label}" stands for another code in another item of the score, and the code {code} would '
                    "come to two numbers.",
                    "Write one score for each way the items are coded, or name the codes.",
                )
    return found
