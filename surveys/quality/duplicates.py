"""Interviews that say the same as another one: word for word, or nearly so."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from surveys.missing import Missing
from surveys.quality.findings import Checked, Found
from surveys.quality.interviews import Flags, Interviews, Texts, reason_code, substantive
from surveys.quality.setting import Setting


FEWEST_QUESTIONS = 10  # below this whole interviews agree by chance
NEAR = 0.85  # Kuriakose & Robbins; here the floor, not the rule
FALSE_PAIRS = 0.01  # pairs expected by chance among those of one interviewer each
MOST = 6000  # interviews compared pair by pair; above, within each interviewer only
Matches = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """How alike interviews are, pair by pair."""

    exact: Flags  # the same answers to everything as another interview
    near: Flags  # most alike to another beyond what chance explains, not exact
    best: NDArray[np.float64]  # share of answers shared with the most alike other interview, 0-1
    limit: float  # from which a pair counts as near
    questions: int
    by_chance: float  # pairs expected to agree on everything though nobody copied


def likeness(interviews: Interviews) -> Likeness | None:
    """The share of matching answers of each interview with the most alike other one, and where it is too high.

    A pair matches on a question either was asked when both gave the same answer (a don't know is one). A share of
    0.85 alone proves nothing, since short questionnaires of yes and no agree that much by chance; so the limit is the
    lowest share at or above 0.85 at which fewer than 0.01 pairs would be expected among the pairs of one
    interviewer. What chance does is judged by the pairs of *different* interviewers, whom nobody copied: by a beta
    distribution with their mean and variance, and by those of them that reach the share. Without interviewers
    to compare, a pair is near only when all answers match.

    Returns
    -------
    None
        Fewer than ten questions, or one interview only.

    References
    ----------
    Kuriakose & Robbins (2016), Stat J IAOS 32:283-291 (percentmatch); Simmons, Mercer, Schwarzer & Kennedy (2016),
    same issue 32:327-338, on what a fixed limit gets wrong.
    """
    codes, asked = _answers(interviews)
    if codes.shape[1] < FEWEST_QUESTIONS or len(interviews) < 2:
        return None
    who = interviews.interviewer
    if len(interviews) <= MOST:
        blocks = [np.arange(len(interviews))]
    else:
        blocks = [np.flatnonzero(his) for _, his in interviews.interviewers()]
    best = np.zeros(len(interviews))
    pairs_alone: list[Matches] = []
    pairs_apart: list[Matches] = []
    best_alone = np.zeros(len(interviews))
    for block in blocks:
        shares = _shares(codes[block], asked[block])
        same = _same(who[block])
        upper = np.triu(np.ones(shares.shape, dtype=bool), 1)
        pairs_alone.append(shares[upper & same])
        pairs_apart.append(shares[upper & ~same])
        best[block] = shares.max(axis=1)
        best_alone[block] = np.where(same, shares, 0).max(axis=1)
    limit = _limit(np.concatenate(pairs_alone), np.concatenate(pairs_apart), codes.shape[1])
    exact = best >= 1.0
    return Likeness(
        exact=exact,
        near=~exact & (best_alone >= limit),
        best=best,
        limit=limit,
        questions=codes.shape[1],
        by_chance=_pairs_alike_by_chance(codes),
    )


def check_duplicates(interviews: Interviews, setting: Setting) -> Checked:
    """Copies of an interview under another id, and interviews too alike by one interviewer."""
    alike = likeness(interviews)
    if alike is None:
        return Checked(check="duplicates", impossible="too_few_questions")
    found = []
    if alike.exact.any():
        found.append(
            Found(
                code="copied",
                severity="act" if alike.by_chance < FALSE_PAIRS else "note",
                count=int(alike.exact.sum()),
                of=len(interviews),
                interviews=interviews.named(alike.exact),
                values={"questions": alike.questions},
            )
        )
    for name, his in interviews.interviewers():
        near = alike.near & his
        if near.any():
            found.append(
                Found(
                    code="nearly_copied",
                    severity="act" if near.sum() > 2 else "look",
                    count=int(near.sum()),
                    of=int(his.sum()),
                    interviews=interviews.named(near),
                    interviewer=name,
                    values={"limit": alike.limit, "most": float(alike.best[near].max())},
                )
            )
    return Checked(
        check="duplicates",
        looked_at=len(interviews),
        found=tuple(found),
        expected={"limit": alike.limit, "questions": alike.questions},
    )


def _answers(interviews: Interviews) -> tuple[NDArray[np.int32], Flags]:
    """One row an interview, one column a question: the answer or the reason there is none; and who was asked."""
    skipped = reason_code(Missing.NOT_ASKED)
    columns, asked = [], []
    for answered in substantive(interviews).values():
        columns.append(np.where(answered.codes >= 0, answered.codes, -1 - answered.reasons.astype(np.int32)))
        asked.append((answered.codes >= 0) | ((answered.reasons > 0) & (answered.reasons != skipped)))
    if not columns:
        return np.zeros((len(interviews), 0), np.int32), np.zeros((len(interviews), 0), bool)
    return np.stack(columns, axis=1).astype(np.int32), np.stack(asked, axis=1)


def _shares(codes: NDArray[np.int32], asked: Flags) -> Matches:
    """Share of matching answers among the questions either was asked, for every pair; 0 with itself."""
    n = len(codes)
    matches, compared = np.zeros((n, n), np.uint16), np.zeros((n, n), np.uint16)
    for column, put in zip(codes.T, asked.T, strict=True):
        either = put[:, None] | put[None, :]
        compared += either
        matches += either & (column[:, None] == column[None, :])
    shares = np.divide(
        matches, compared, out=np.zeros((n, n), np.float32), where=compared >= FEWEST_QUESTIONS
    )
    np.fill_diagonal(shares, 0)
    return shares


def _same(who: Texts) -> Flags:
    """Pairs of one interviewer; the unnamed are nobody's."""
    names = {
        name: place for place, name in enumerate(sorted({one for one in who.tolist() if one is not None}))
    }
    codes = np.array([names.get(one, -1) for one in who.tolist()])
    return np.asarray((codes[:, None] == codes[None, :]) & (codes[:, None] >= 0))


def _limit(alone: Matches, apart: Matches, questions: int) -> float:
    if not len(alone) or len(apart) < len(alone):
        return 1.0  # too little of what chance does to judge by
    by_chance = np.sort(apart)
    half_a_match = 0.5 / questions  # shares come in steps, the beta distribution does not
    floor = max(NEAR, _far_out(by_chance, FALSE_PAIRS / len(alone)) + half_a_match)
    candidates = np.unique(alone[(alone >= floor) & (alone < 1)])
    for share in candidates:
        beyond = len(by_chance) - np.searchsorted(by_chance, share, side="left")
        if beyond / len(by_chance) * len(alone) < FALSE_PAIRS:
            return float(share)
    return 1.0 if len(candidates) else min(floor, 1.0)


def _far_out(shares: Matches, probability: float) -> float:
    """The share beyond which a beta distribution with the mean and variance of the shares has this probability."""
    mean, variance = float(shares.mean(dtype=np.float64)), float(shares.var(dtype=np.float64))
    if not 0 < variance < mean * (1 - mean):
        return 1.0
    size = mean * (1 - mean) / variance - 1
    return float(stats.beta.isf(probability, mean * size, (1 - mean) * size))


def _pairs_alike_by_chance(codes: NDArray[np.int32]) -> float:
    """How many pairs would agree on everything if answers were given as often as they were, but independently."""
    n, chance = len(codes), 1.0
    for column in codes.T:
        counts = np.unique(column, return_counts=True)[1]
        chance *= float(((counts / n) ** 2).sum())
    return chance * n * (n - 1) / 2
