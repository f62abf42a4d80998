"""What goes wrong at one site of the demonstration, so that the checks of fieldwork have something to find.

None of it moves what is true. Straight lines fall on questions that no outcome is scored from; a don't know of too many
falls on answers that count as missing where it stands, whatever the person would have said; clocks are no answers; and
which interviews are copied does not depend on what they say.
"""

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from campaigns.simulated_interviews import ATTITUDES, TRUST, new_ids


STRAIGHT_LINER, DOES_NOT_ASK, AT_NIGHT = 3, 5, 6  # numbers of interviewers
LINED, HURRIED, UNASKED = 0.7, 0.8, 0.45  # shares of their interviews, and of the questions below
SPEED = 0.3  # of the time an interview takes
NIGHTS = 7
NEAR_COPIES = 2
MISSING_WHERE_UNKNOWN = (
    "migration_plan", *ATTITUDES, "harm_authorities", "harm_blame", "harm_fears_regular", *TRUST,
)  # fmt: skip


def with_trouble(interviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The interviews of a site whose team has one interviewer who hurries, one who does not ask, one out at night.

    The first also sends three interviews twice under new ids, one word for word and two with another age.
    """
    changed = interviews.copy()
    _hurry(changed, _rows_of(changed, STRAIGHT_LINER), rng)
    _does_not_ask(changed, _rows_of(changed, DOES_NOT_ASK), rng)
    _goes_out_at_night(changed, _rows_of(changed, AT_NIGHT))
    return _with_copies(changed, _rows_of(changed, STRAIGHT_LINER), rng)


def _rows_of(interviews: pd.DataFrame, interviewer: int) -> np.ndarray:
    his = interviews["enumerator"].str.endswith(f"-{interviewer:02d}") & (interviews["consent"] == "yes")
    return np.flatnonzero(his.to_numpy())


def _hurry(interviews: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> None:
    lined = rows[rng.random(len(rows)) < LINED]
    for question in TRUST:
        interviews.loc[interviews.index[lined], question] = "3"
    for row in rows[rng.random(len(rows)) < HURRIED].tolist():
        begun, ended = _times(interviews, row)
        _set(interviews, row, begun, begun + SPEED * (ended - begun))


def _does_not_ask(interviews: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> None:
    for question in MISSING_WHERE_UNKNOWN:
        unasked = rows[rng.random(len(rows)) < UNASKED]
        interviews.loc[interviews.index[unasked], question] = "dk"


def _goes_out_at_night(interviews: pd.DataFrame, rows: np.ndarray) -> None:
    """The last interview of each of the first days is held after ten."""
    last = {
        interviews["today"].iloc[row]: row for row in sorted(rows, key=lambda r: interviews["end"].iloc[r])
    }
    for number, day in enumerate(sorted(last)[:NIGHTS]):
        begun, ended = _times(interviews, last[day])
        late = begun.replace(hour=22, minute=5 + 4 * number)
        _set(interviews, last[day], late, late + (ended - begun))


def _with_copies(interviews: pd.DataFrame, rows: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    chosen = rng.choice(rows, size=1 + NEAR_COPIES, replace=False)
    copies = interviews.iloc[chosen].copy()
    copies["instance_id"] = new_ids(len(copies), rng)
    copies["respondent_code"] = [f"{code}-B" for code in copies["respondent_code"]]
    copies = copies.reset_index(drop=True)
    for number in range(1, len(copies)):
        copies.loc[number, "age"] = str(int(copies["age"].iloc[number]) + 1)
    for number in range(len(copies)):
        begun, ended = _times(copies, number)
        at = begun.replace(hour=7, minute=1 + 9 * number)
        _set(copies, number, at, at + min(ended - begun, timedelta(minutes=8)))
    return pd.concat([interviews, copies], ignore_index=True)


def _times(interviews: pd.DataFrame, row: int) -> tuple[datetime, datetime]:
    begun, ended = (datetime.fromisoformat(interviews[name].iloc[row]) for name in ("start", "end"))
    return begun, ended


def _set(interviews: pd.DataFrame, row: int, begun: datetime, ended: datetime) -> None:
    for name, moment in (("start", begun), ("end", ended)):
        interviews.loc[interviews.index[row], name] = moment.isoformat(timespec="milliseconds")
