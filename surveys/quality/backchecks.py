"""A second, short interview with the same respondent: which answers came back different."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import NO_ANSWER, Interviews, substantive
from surveys.quality.setting import Setting
from surveys.quality.team import FEWEST, deviations


SURE = 0.05
MISMATCH_LOOK, MISMATCH_ACT = (
    0.10,
    0.20,
)  # of the answers compared; above a fifth the interview itself is in doubt
FEWEST_PAIRS = 3  # respondents visited again before one interviewer's share is told


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Answers compared and answers that differed."""

    compared: int
    differed: int

    @property
    def share(self) -> float:
        """Share that differed, 0-1."""
        return self.differed / self.compared if self.compared else 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backchecks:
    """What the second visits found."""

    respondents: int  # visited again and found in the wave
    unmatched: int  # visited again, but nobody in the wave has their code
    compared: np.ndarray  # answers compared, one entry an interview of the wave
    differed: np.ndarray
    by_interviewer: Mapping[str, Comparison]
    by_type: Mapping[str, Comparison]  # type of question
    by_question: Mapping[str, Comparison]


def compare(interviews: Interviews, again: Interviews) -> Backchecks:
    """Each respondent's first interview against the second, on every question that both answered.

    Where a code stands in several interviews of one round, none of them is compared: it is not known which is meant.
    """
    first, second = _only_once(interviews), _only_once(again)
    pairs = sorted(set(first) & set(second))
    here = np.array([first[code] for code in pairs], dtype=int)
    there = np.array([second[code] for code in pairs], dtype=int)
    compared, differed = np.zeros(len(interviews), dtype=int), np.zeros(len(interviews), dtype=int)
    by_type: dict[str, list[int]] = {}
    by_question = {}
    for name, one in substantive(interviews).items():
        other = again.answers.get(name)
        if other is None or not len(pairs):
            continue
        both = (one.codes[here] != NO_ANSWER) & (other.codes[there] != NO_ANSWER)
        texts, others = np.array([*one.levels, ""], dtype=object), np.array([*other.levels, ""], dtype=object)
        unlike = both & (texts[one.codes[here]] != others[other.codes[there]])
        compared[here] += both
        differed[here] += unlike
        kind = by_type.setdefault(one.question.type, [0, 0])
        kind[0] += int(both.sum())
        kind[1] += int(unlike.sum())
        if both.any():
            by_question[name] = Comparison(compared=int(both.sum()), differed=int(unlike.sum()))
    return Backchecks(
        respondents=len(pairs),
        unmatched=len([one for one in second if one not in first]),
        compared=compared,
        differed=differed,
        by_interviewer={
            name: Comparison(compared=int(compared[his].sum()), differed=int(differed[his].sum()))
            for name, his in interviews.interviewers()
            if compared[his].any()
        },
        by_type={kind: Comparison(compared=c, differed=d) for kind, (c, d) in sorted(by_type.items()) if c},
        by_question=by_question,
    )


def check_backchecks(interviews: Interviews, setting: Setting) -> Checked:
    """Interviews, interviewers and questions whose answers did not come back the same."""
    if setting.backchecks is None or not len(setting.backchecks):
        return Checked(check="backchecks", impossible="no_backchecks")
    seen = compare(interviews, setting.backchecks)
    if not seen.respondents:
        return Checked(check="backchecks", impossible="no_respondent_found_again")
    found = [*_interviews(interviews, seen), *_interviewers(interviews, seen), *_questions(seen)]
    if seen.unmatched:
        count, of = seen.unmatched, seen.unmatched + seen.respondents
        found.append(Found(code="nobody_to_compare", severity="look", count=count, of=of))
    total = Comparison(compared=int(seen.compared.sum()), differed=int(seen.differed.sum()))
    return Checked(
        check="backchecks",
        looked_at=seen.respondents,
        found=tuple(found),
        expected={"share": total.share, "look": MISMATCH_LOOK, "act": MISMATCH_ACT},
    )


def _interviews(interviews: Interviews, seen: Backchecks) -> list[Found]:
    share = np.divide(seen.differed, seen.compared, out=np.zeros(len(interviews)), where=seen.compared > 0)
    poor = (seen.compared >= 4) & (share > 0.5)
    if not poor.any():
        return []
    return [
        Found(
            code="another_person",
            severity="act",
            count=int(poor.sum()),
            of=seen.respondents,
            interviews=interviews.named(poor),
        )
    ]


def _interviewers(interviews: Interviews, seen: Backchecks) -> list[Found]:
    shares = np.where(seen.compared > 0, seen.differed / np.maximum(seen.compared, 1), np.nan)
    proven = {
        one.interviewer: one.p_adjusted
        for one in deviations(shares, interviews.interviewer, interviews.arm)
        if one.p_adjusted < SURE and one.shrunken > 0 and one.n >= FEWEST
    }
    found = []
    for name, his in interviews.interviewers():
        visited = his & (seen.compared > 0)
        one = seen.by_interviewer.get(name)
        if one is None or visited.sum() < FEWEST_PAIRS or one.share < MISMATCH_LOOK:
            continue
        found.append(
            Found(
                code="backcheck_mismatch",
                severity="act" if name in proven or one.share >= MISMATCH_ACT else "look",
                count=one.differed,
                of=one.compared,
                interviews=interviews.named(visited & (seen.differed > 0)),
                interviewer=name,
                values={"visited": int(visited.sum())},
            )
        )
    return found


def _questions(seen: Backchecks) -> list[Found]:
    return [
        Found(
            code="backcheck_question",
            severity="look",
            count=one.differed,
            of=one.compared,
            question=name,
            items=(name,),
        )
        for name, one in seen.by_question.items()
        if one.compared >= FEWEST and one.share >= MISMATCH_ACT
    ]


def _only_once(interviews: Interviews) -> dict[str, int]:
    places: dict[str, list[int]] = {}
    for place, code in enumerate(interviews.respondent.tolist()):
        if code is not None:
            places.setdefault(code, []).append(place)
    return {code: found[0] for code, found in places.items() if len(found) == 1}
