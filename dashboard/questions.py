"""Questions about an uploaded file as the page draws them, and the answers as the page sends them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import wording
from surveys.display import shown
from surveys.doubts import Doubt
from surveys.languages import say
from surveys.problems import CannotProceed
from surveys.sources import Decisions, checked_answers


MOST_ANSWERS = 2_000
LONGEST_NAME = 120


def questions_of(doubts: Sequence[Doubt], language: str) -> list[dict[str, Any]]:
    """Every question about a file, open ones first, with how the settled ones were settled."""
    ordered = sorted(doubts, key=lambda doubt: doubt.answer is not None)
    return [_drawn(doubt, language) for doubt in ordered]


def answers_from_page(said: object) -> tuple[Decisions, str]:
    """The answers a page sent and the name of who gave them.

    Raises
    ------
    CannotProceed
        The name is missing, or an answer is none.
    """
    content = said if isinstance(said, Mapping) else {}
    name = person_from_page(content)
    answers = content.get("answers")
    if not isinstance(answers, Mapping) or not answers or len(answers) > MOST_ANSWERS:
        raise CannotProceed("answers", "there is no answer.", "Answer at least one question.")
    return checked_answers({str(key): str(value) for key, value in answers.items()}, "answers"), name


def person_from_page(said: Mapping[str, Any]) -> str:
    """The name of whoever sent this.

    Raises
    ------
    CannotProceed
        There is none.
    """
    name = shown(str(said.get("by") or ""), LONGEST_NAME).strip()
    if not name:
        raise CannotProceed("by", "the name is missing.", "Give your name.")
    return name


def _drawn(doubt: Doubt, language: str) -> dict[str, Any]:
    told = doubt.as_dict(language)
    told["settled"] = _settled(doubt, language)
    return told


def _settled(doubt: Doubt, language: str) -> str:
    """How the question was settled, by whom and when; empty where it is open."""
    if doubt.answer is None:
        return ""
    answer = doubt.about(language) if doubt.kind == "columns" else doubt.answer_label(language)
    if doubt.said is None:
        return say("screens.upload.asked.answered", language, answer=answer)
    day = wording.day(doubt.said.at.date(), language)
    return say("screens.upload.asked.settled", language, day=day, name=doubt.said.by, answer=answer)
