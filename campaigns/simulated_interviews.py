"""Answers to the questionnaire ``kap-core`` whose expected scores are exactly those of ``simulation``.

A person's answers hang together through one standing, drawn once (who knows one fact knows more of them, is
better schooled, and remembers campaigns better, reached or not), while the chance of each answer stays what
the truth says. Refusals, and "don't know" where it is missing, fall on everybody alike.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr
from scipy.stats import binom

from campaigns.simulation import CAMPAIGN, Flags, Ground, Numbers, SiteTruth, chances, draw_sample


Codes = npt.NDArray[np.object_]

SIGNS = ("debt", "documents", "movement", "wages", "contract", "threats", "isolation")
SIGN_POPULARITY = (0.9, 1.2, 0.8, 1.1, 0.7, 0.6, 0.3)  # log odds of coming to mind
KEY = {
    "know_passport": "false", "know_agreed": "true", "know_women_only": "false",
    "know_contract": "true", "know_licence": "true", "know_debt": "false",
}  # fmt: skip
EASINESS = (0.10, -0.06, 0.04, 0.12, -0.12, -0.08)  # of each fact; adds up to nothing
ATTITUDES = ("att_wait", "att_report", "att_no_contract", "att_any_route")
TRUST = ("trust_family", "trust_returnees", "trust_recruiters", "trust_officials")  # feeds no outcome
BELIEVED = (0.62, 0.66, 0.38, 0.5)  # as shares of the scale
REVERSED = ("att_no_contract", "att_any_route")
AGREEABLE = (0.06, 0.04, -0.03, -0.07)  # of each statement, as a share of the scale; adds up to nothing
ON_THE_WAY = 180  # seconds from one door to the next
REFUSES = 0.008  # of every question
REFUSES_CONSENT = 0.025
SAYS_YES_ANYWAY = 0.05  # recalls a campaign that was never there
CONTAMINATED = 0.09  # of the comparison wards, recalls the campaign all the same
SCHOOLING = ("none", "primary", "secondary", "higher")
SCHOOLED = (0.08, 0.36, 0.82)  # shares below primary, secondary, higher


def simulate_interviews(
    site: SiteTruth, ground: Ground, waves: Mapping[str, date], wave: str, rng: np.random.Generator
) -> pd.DataFrame:
    """One wave of interviews at one site, as answers in the questionnaire's names and codes.

    Returns
    -------
    DataFrame
        Text, None where a question was not asked; ``instance_id`` identifies the interview.
    """
    number = list(waves).index(wave)
    ward = draw_sample(site, ground, number, rng)
    n = len(ward)
    woman = rng.random(n) < site.women
    standing = rng.standard_normal(n)

    def chance(outcome: str) -> Numbers:
        return chances(site, ground, outcome, wave=number, ward=ward, woman=woman)

    answers = {
        **_visit(site, ground, wave, waves[wave], ward, rng),
        **_about(woman, standing, rng),
        "signs": _signs(_comes_true(chance("names_two_signs"), standing, 0.5, rng), rng),
        **_facts(chance("knowledge_index"), standing, rng),
        **_attitudes(chance("attitude_index"), rng),
        "int_licence": _yes_no(_comes_true(chance("checks_licence"), standing, 0.3, rng), 0.3, rng),
        "int_regular": _yes_no(_comes_true(chance("uses_regular_channel"), standing, 0.2, rng), 0.3, rng),
        "hotline_known": _yes_no(_comes_true(chance("hotline_known"), standing, 0.3, rng), 0.15, rng),
        "harm_authorities": _sometimes(
            _yes_no(_comes_true(chance("avoids_authorities"), standing, -0.1, rng), 0.0, rng), "dk", 0.04, rng
        ),
        "harm_blame": _agrees(_comes_true(chance("blames_victims"), standing, -0.2, rng), rng),
        "harm_fears_regular": _agrees(_comes_true(chance("fears_regular_migration"), standing, 0, rng), rng),
        **_reach(site, (ground.wards["area_group"].to_numpy() == CAMPAIGN)[ward], number, standing, rng),
    }
    answered = _refusing(pd.DataFrame(answers), rng).assign(**_trust(n, rng.spawn(1)[0]))
    return _without_consent(answered, rng)


def with_field_mistakes(interviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The same interviews with the mistakes a field team makes, each in a row of its own.

    An age of 7, an age in words, a code that is not on the list, no ward, and one interview sent twice.
    Which rows they hit does not depend on the answers, so the truth stays what it was.
    """
    agreed = np.flatnonzero(interviews["consent"] == "yes")
    first, second, third, fourth, twice = rng.choice(agreed, size=5, replace=False)
    changed = interviews.copy()
    for position, question, answer in (
        (first, "age", "7"),
        (second, "age", "twenty"),
        (third, "int_licence", "maybe"),
        (fourth, "ward", None),
    ):
        changed.loc[changed.index[position], question] = answer
    return pd.concat([changed, changed.iloc[[twice]]], ignore_index=True)


def _visit(
    site: SiteTruth,
    ground: Ground,
    wave: str,
    first_day: date,
    ward: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> dict[str, Sequence[object]]:
    n = len(ward)
    at = ground.wards.iloc[ward]
    team = max(3, len(ground.wards) // 5)
    # A ward is visited on one or two days in a row; wards follow one another through the month.
    day = (ward * 18 // max(1, len(ground.wards)) + rng.integers(0, 2, n)).astype(int)
    start = rng.normal(12.5 * 3600, 2.2 * 3600, n).clip(7.5 * 3600, 18 * 3600)
    took = rng.lognormal(np.log(24 * 60), 0.25, n)
    at_work = ward % team
    start = _one_after_another(start, took, day * team + at_work)
    midnight = [datetime.combine(first_day, time()) + timedelta(days=int(d)) for d in day]
    begins = [m + timedelta(seconds=float(s)) for m, s in zip(midnight, start, strict=True)]
    ends = [b + timedelta(seconds=float(t)) for b, t in zip(begins, took, strict=True)]
    return {
        "instance_id": new_ids(n, rng),
        "start": [_moment(moment, site.clock) for moment in begins],
        "end": [_moment(moment, site.clock) for moment in ends],
        "today": [moment.date().isoformat() for moment in begins],
        "site": [site.site] * n,
        "wave": [wave] * n,
        "ward": at["name"].tolist(),
        "enumerator": [f"{site.site.upper()}-{1 + w:02d}" for w in at_work],
        "respondent_code": [f"{name}-{wave[0].upper()}{i:04d}" for i, name in enumerate(at["name"], start=1)],
        "province": at["province"].tolist(),
        "area_group": at["area_group"].tolist(),
        "weight": [f"{weight:g}" for weight in at["weight"]],
        "consent": ["yes"] * n,
    }


def _one_after_another(start: Numbers, took: Numbers, round_: npt.NDArray[np.int64]) -> Numbers:
    """The seconds of the day at which interviews begin, when an interviewer's round of a day holds one at a time."""
    begins = start.copy()
    free_at: dict[int, float] = {}
    for place in np.argsort(start, kind="stable").tolist():
        whose = int(round_[place])
        begins[place] = max(start[place], free_at.get(whose, 0.0))
        free_at[whose] = begins[place] + took[place] + ON_THE_WAY
    return begins


def _about(woman: Flags, standing: Numbers, rng: np.random.Generator) -> dict[str, Codes]:
    n = len(woman)
    age = np.clip(np.round(18 + rng.gamma(2.2, 6.0, n)), 18, 79).astype(int)
    groups = np.array(["15-24", "25-34", "35-49", "50+"], dtype=object)
    schooling = np.searchsorted(np.array(SCHOOLED), _uniform(standing, 0.45, rng))
    plans = rng.choice(["no_wish", "wish", "plan", "preparing", "dk"], n, p=[0.3, 0.34, 0.21, 0.12, 0.03])
    return {
        "age": age.astype(str).astype(object),
        "age_group": groups[np.searchsorted([25, 35, 50], age, side="right")],
        "sex": np.where(woman, "female", "male").astype(object),
        "education": np.array(SCHOOLING, dtype=object)[schooling],
        "migration_plan": plans.astype(object),
    }


def _signs(names_two: Flags, rng: np.random.Generator) -> Codes:
    """Signs named unprompted: two or more where that is true, else none or one."""
    n = len(names_two)
    count = np.where(names_two, 2 + rng.binomial(3, 0.3, n), rng.random(n) < 0.55)
    liking = np.array(SIGN_POPULARITY) + rng.gumbel(size=(n, len(SIGNS)))
    rank = (-liking).argsort(axis=1).argsort(axis=1)
    nothing = np.where(rng.random(n) < 0.8, "dk", "other")
    named = rank < count[:, None]
    return np.array(
        [
            " ".join(np.array(SIGNS)[row]) if how_many else str(instead)
            for row, how_many, instead in zip(named, count, nothing, strict=True)
        ],
        dtype=object,
    )


def _facts(chance: Numbers, standing: Numbers, rng: np.random.Generator) -> dict[str, Codes]:
    answers = {}
    for (question, right), easiness in zip(KEY.items(), EASINESS, strict=True):
        wrong = "false" if right == "true" else "true"
        knows = _comes_true(chance + easiness, standing, 0.45, rng)
        otherwise = np.where(rng.random(len(knows)) < 0.45, "dk", wrong)
        answers[question] = np.where(knows, right, otherwise).astype(object)
    return answers


def _attitudes(share: Numbers, rng: np.random.Generator) -> dict[str, Codes]:
    """Agreement from 1 to 5 with mean 1 + 4 x share over the four statements, reversed ones turned round."""
    leaning = rng.standard_normal(len(share))
    answers = {}
    for question, agreeable in zip(ATTITUDES, AGREEABLE, strict=True):
        value = 1 + np.asarray(binom.ppf(_uniform(leaning, 0.6, rng), 4, share + agreeable)).astype(int)
        written = 6 - value if question in REVERSED else value
        answers[question] = _sometimes(written.astype(str).astype(object), "dk", 0.03, rng)
    return answers


def _trust(n: int, rng: np.random.Generator) -> dict[str, Codes]:
    """Whom people believe: the same everywhere, before and after."""
    answers = {}
    for question, share in zip(TRUST, BELIEVED, strict=True):
        answers[question] = _sometimes(
            (1 + rng.binomial(4, share, n)).astype(str).astype(object), "dk", 0.03, rng
        )
    return answers


def _reach(
    site: SiteTruth, campaign: Flags, wave: int, standing: Numbers, rng: np.random.Generator
) -> dict[str, Codes]:
    n = len(campaign)
    recalls = np.where(campaign, site.recalls, CONTAMINATED) if wave else np.full(n, SAYS_YES_ANYWAY)
    heard = _comes_true(recalls, standing, 0.35, rng)
    any_campaign = heard & (rng.random(n) < 0.7) | (rng.random(n) < 0.12)
    ways = np.array(["radio", "social_media", "meeting", "poster", "returnee", "official", "friends"])
    taken = rng.random((n, len(ways))) < (0.35, 0.4, 0.3, 0.25, 0.15, 0.12, 0.2)
    named = [" ".join(ways[row]) or "dk" for row in taken]
    return {
        "heard_any": _yes_no(any_campaign, 0.04, rng),
        "heard_safe_journeys": _yes_no(heard, 0.03, rng),
        "heard_channels": np.array(named, dtype=object),  # blanked where the question before says otherwise
        "heard_decoy": _yes_no(rng.random(n) < SAYS_YES_ANYWAY, 0.04, rng),
    }


def _refusing(interviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    asked = _after(interviews, "age_group")
    refused = {
        question: _sometimes(interviews[question].to_numpy(), "refused", REFUSES, rng) for question in asked
    }
    answered = interviews.assign(**refused)
    reached = answered["heard_safe_journeys"] == "yes"
    return answered.assign(heard_channels=answered["heard_channels"].where(reached, None))


def _without_consent(interviews: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The interviews, and a few more that ended at the question of consent."""
    refusing = interviews.sample(max(1, round(REFUSES_CONSENT * len(interviews))), random_state=rng).copy()
    refusing["instance_id"] = new_ids(len(refusing), rng)
    refusing["respondent_code"] = [f"{code}-X" for code in refusing["respondent_code"]]
    refusing["consent"] = "no"
    refusing[_after(interviews, "consent")] = None
    return pd.concat([interviews, refusing]).sort_values("end", kind="stable", ignore_index=True)


def _after(interviews: pd.DataFrame, question: str) -> list[str]:
    names = list(interviews.columns)
    return names[names.index(question) + 1 :]


def _comes_true(chance: Numbers, standing: Numbers, loading: float, rng: np.random.Generator) -> Flags:
    return np.asarray(_uniform(standing, loading, rng) > 1 - chance)


def _uniform(standing: Numbers, loading: float, rng: np.random.Generator) -> Numbers:
    """A number from 0 to 1 for each person, higher for those of higher standing."""
    own = rng.standard_normal(len(standing))
    return np.asarray(ndtr(loading * standing + np.sqrt(1 - loading**2) * own))


def _yes_no(yes: Flags, does_not_know: float, rng: np.random.Generator) -> Codes:
    otherwise = np.where(rng.random(len(yes)) < does_not_know, "dk", "no")
    return np.where(yes, "yes", otherwise).astype(object)


def _agrees(agrees: Flags, rng: np.random.Generator) -> Codes:
    strength = np.where(
        agrees, rng.choice([4, 5], len(agrees), p=[0.7, 0.3]), rng.integers(1, 4, len(agrees))
    )
    return _sometimes(strength.astype(str).astype(object), "dk", 0.03, rng)


def _sometimes(codes: Codes, code: str, share: float, rng: np.random.Generator) -> Codes:
    return np.where(rng.random(len(codes)) < share, code, codes).astype(object)


def new_ids(n: int, rng: np.random.Generator) -> list[str]:
    """Identifiers in the shape of random UUIDs (version 4)."""
    digits = [
        raw.hex() for raw in rng.integers(0, 256, (n, 16), dtype=np.uint8).tolist() for raw in [bytes(raw)]
    ]
    return [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-a{d[17:20]}-{d[20:]}" for d in digits]


def _moment(moment: datetime, clock: str) -> str:
    return f"{moment.isoformat(timespec='milliseconds')}{clock}"
