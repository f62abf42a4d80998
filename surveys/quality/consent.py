"""People who did not agree: never stored, but counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from surveys.quality.findings import Checked, Found, Severity
from surveys.quality.interviews import Interviews
from surveys.quality.setting import Refusals, Setting


DECLINED = ("no_consent", "consent_blank")
MANY_DECLINE = 0.20  # of all who were asked; then those who agree may be special
RESENT = (
    0.5  # share of what was held before that a file repeats, from which it is the same export grown longer
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """What one uploaded file came to."""

    accepted: int
    unchanged: int
    by_code: Mapping[str, int]  # rows that stayed out, by the code of the problem


def tally(files: Iterable[SentFile]) -> Refusals:
    """The rows that stayed out over all files, oldest first, without counting one twice.

    Refused rows are kept nowhere, so a file that repeats most of what was there before (the same export, grown longer) is
    taken to repeat the refused rows as well, and stands in place of the files before it.
    """
    held = count = 0
    totals: dict[str, int] = {}
    for file in files:
        if held and file.unchanged >= RESENT * held:
            totals = {}
            count = 0
        for code, rows in file.by_code.items():
            totals[code] = totals.get(code, 0) + rows
        held += file.accepted
        count += 1
    return Refusals(by_code=totals, files=count)


def declined(refusals: Refusals) -> int:
    """How many were asked and did not agree."""
    return sum(refusals.by_code.get(code, 0) for code in DECLINED)


def check_consent(interviews: Interviews, setting: Setting) -> Checked:
    """The share that declined, and interviews without any word on consent."""
    asked = declined(setting.refusals) + len(interviews)
    found = []
    blank = setting.refusals.by_code.get("consent_blank", 0)
    if blank:
        found.append(Found(code="consent_not_noted", severity="act", count=blank, of=asked))
    said_no = setting.refusals.by_code.get("no_consent", 0)
    if said_no:
        severity: Severity = "look" if said_no > MANY_DECLINE * asked else "note"
        found.append(Found(code="declined", severity=severity, count=said_no, of=asked))
    return Checked(check="consent", looked_at=asked, found=tuple(found), expected={"many": MANY_DECLINE})
