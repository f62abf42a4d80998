"""Don't know, refused and all other missing answers: by interviewer, and by question with the reason."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.missing import Missing
from surveys.quality.findings import Checked, CheckName, Found, Severity
from surveys.quality.interviews import (
    KEPT_BACK,
    REASONS,
    Answered,
    Flags,
    Floats,
    Interviews,
    reason_code,
    substantive,
)
from surveys.quality.setting import Setting
from surveys.quality.team import deviations, holm


SURE = 0.05  # after Holm
MORE_OFTEN = 1.5  # times the others' share
FLAGGED: Mapping[Missing, float] = {Missing.DONT_KNOW: 0.05, Missing.REFUSED: 0.03}  # shares above the others
FLAGGED_QUESTION = 0.20  # of an interviewer's answers to one question, above the others
MISSING_LOOK, MISSING_ACT = 0.10, 0.25  # share of those asked; a quarter gone is no measure any more
LOST_ACT = 0.02  # lost answers are a fault of device or file, and can be sent again
GONE = tuple(reason for reason in REASONS if reason is not Missing.NOT_ASKED)
NAMES: Mapping[Missing, CheckName] = {Missing.DONT_KNOW: "dont_know", Missing.REFUSED: "refused"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionMissing:
    """The answers to one question that are not there, by reason."""

    question: str
    interviews: int
    asked: int
    by_reason: Mapping[Missing, int]
    kept_back: int = (
        0  # texts that were given, and wait or were left out because they seem to point to a person
    )

    @property
    def share(self) -> float:
        """Of those asked, how many gave no answer, 0-1."""
        gone = sum(count for reason, count in self.by_reason.items() if reason is not Missing.NOT_ASKED)
        return gone / self.asked if self.asked else 0.0


def missing_by_question(interviews: Interviews) -> tuple[QuestionMissing, ...]:
    """Every question of the interview with its missing answers, in the order of the form."""
    return tuple(
        QuestionMissing(
            question=name,
            interviews=len(interviews),
            asked=int(answered.asked.sum()),
            by_reason={reason: int(answered.missing_for(reason).sum()) for reason in REASONS},
            kept_back=int((answered.reasons == KEPT_BACK).sum()),
        )
        for name, answered in substantive(interviews).items()
    )


def check_missing(interviews: Interviews, setting: Setting) -> Checked:
    """Questions that many who were asked did not answer, and answers that got lost.

    A don't know is no gap where the outcomes take it for an answer.
    """
    scored = {item for measure in setting.measures for item in measure.items}
    found = []
    for row in missing_by_question(interviews):
        lost = row.by_reason[Missing.LOST]
        reasons = [
            r for r in GONE if r is not Missing.DONT_KNOW or row.question not in setting.dont_know_counts
        ]
        share = sum(row.by_reason[reason] for reason in reasons) / row.asked if row.asked else 0.0
        if row.asked and lost / row.asked >= LOST_ACT:
            found.append(_of_question(interviews, row, "answers_lost", "act", (Missing.LOST,)))
        if share >= MISSING_LOOK:
            severity: Severity = "note"
            if row.question in scored:
                severity = "act" if share >= MISSING_ACT else "look"
            found.append(_of_question(interviews, row, "often_missing", severity, reasons))
    return Checked(
        check="missing",
        looked_at=len(interviews),
        found=tuple(found),
        expected={"look": MISSING_LOOK, "act": MISSING_ACT, "lost": LOST_ACT},
    )


def check_reason(interviews: Interviews, reason: Missing) -> Checked:
    """Interviewers with far more of one missing reason than the others: over all questions, and on single ones."""
    check, questions = NAMES[reason], substantive(interviews)
    if not questions:
        return Checked(check=check, impossible="no_questions")
    shares = share_missing(questions.values(), reason)
    if len({one for one in interviews.interviewer.tolist() if one is not None}) < 2:
        return Checked(check=check, looked_at=len(interviews), impossible="one_interviewer")
    found = _over_all(interviews, shares, reason)
    apart = {one.interviewer for one in found}
    found += _on_one_question(interviews, questions, reason, apart)
    overall = float(np.nanmean(shares)) if np.isfinite(shares).any() else 0.0
    return Checked(check=check, looked_at=len(interviews), found=tuple(found), expected={"overall": overall})


def share_missing(questions: Iterable[Answered], reason: Missing) -> Floats:
    """Of each interview, the share of questions put that went unanswered for a reason; NaN where none was put."""
    listed = list(questions)
    asked: Floats = np.stack([one.asked for one in listed]).sum(axis=0, dtype=np.float64)
    gone: Floats = np.stack([one.missing_for(reason) for one in listed]).sum(axis=0, dtype=np.float64)
    return np.asarray(np.divide(gone, asked, out=np.full(len(asked), np.nan), where=asked > 0))


def _over_all(interviews: Interviews, shares: Floats, reason: Missing) -> list[Found]:
    found = []
    for one in deviations(shares, interviews.interviewer, interviews.arm, interviews.cluster):
        if one.p_adjusted >= SURE or one.shrunken < FLAGGED[reason] or one.mean < MORE_OFTEN * one.others:
            continue
        his = (interviews.interviewer == one.interviewer) & (shares > 0)
        found.append(
            Found(
                code=f"{NAMES[reason]}_interviewer",
                severity="act" if one.shrunken >= 2 * FLAGGED[reason] else "look",
                count=int(his.sum()),
                of=int((interviews.interviewer == one.interviewer).sum()),
                interviews=interviews.named(his),
                interviewer=one.interviewer,
                values={"rate": one.mean, "others": one.others, "p": one.p_adjusted},
            )
        )
    return found


def _on_one_question(
    interviews: Interviews, questions: Mapping[str, Answered], reason: Missing, apart: set[str | None]
) -> list[Found]:
    """Single questions on which an interviewer who is not odd over all stands apart; Holm over all pairs."""
    tested = []
    for name, answered in questions.items():
        gone = answered.missing_for(reason)
        if not gone.any():
            continue
        values = np.where(answered.asked, gone.astype(np.float64), np.nan)
        tested += [
            (name, gone, one)
            for one in deviations(values, interviews.interviewer, interviews.arm, interviews.cluster)
        ]
    adjusted = holm([one.p_value for _, _, one in tested])
    found = []
    for (name, gone, one), p in zip(tested, adjusted, strict=True):
        if p >= SURE or one.shrunken < FLAGGED_QUESTION or one.interviewer in apart:
            continue
        his: Flags = gone & (interviews.interviewer == one.interviewer)
        found.append(
            Found(
                code=f"{NAMES[reason]}_question",
                severity="look",
                count=int(his.sum()),
                of=one.n,
                interviews=interviews.named(his),
                interviewer=one.interviewer,
                question=name,
                items=(name,),
                values={"rate": one.mean, "others": one.others, "p": p},
            )
        )
    return found


def _of_question(
    interviews: Interviews, row: QuestionMissing, code: str, severity: Severity, reasons: Sequence[Missing]
) -> Found:
    answered = interviews.answers[row.question]
    where = np.isin(answered.reasons, [reason_code(reason) for reason in reasons])
    most = max(reasons, key=lambda reason: row.by_reason[reason])
    return Found(
        code=code,
        severity=severity,
        count=int(where.sum()),
        of=row.asked,
        interviews=interviews.named(where),
        question=row.question,
        items=(row.question,),
        values={"reason": str(most), "of_reason": row.by_reason[most]},
    )
