"""One person comes between two views: what do the views tell of the answer?

The attacker knows when the person was interviewed, in which arm and wave, and sees everything that is told: rounded counts and shares
in each view. They keep every history of exact numbers that fits all that was told. Where the person's answer is the same in every
one of them, it is disclosed with certainty. Three ways of showing are attacked: exact shares with small groups withheld, the same
rounded on the spot, and the platform's own (``Sketch``, ``Coarser``), which keeps a number until ten people changed.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from campaigns.coarser import Coarser
from campaigns.disclosure_policy import POLICY, Policy
from campaigns.membership import BUCKETS, Counted, Sketch


Told = tuple[float, float] | None  # people and share, as they are told; None: withheld
Tell = Callable[[int, int], Told]


def exact(people: int, yes: int) -> Told:
    """Small groups withheld, everything else as it is."""
    return None if people < POLICY.respondents else (float(people), yes / people)


def coarse(people: int, yes: int, policy: Policy = POLICY) -> Told:
    """Rounded on the spot, as the platform rounds."""
    if people < policy.respondents:
        return None
    coarser = Coarser(policy=policy)
    return float(coarser.count(people)), coarser.share(yes / people, people)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A group before and after some people joined it; the first of them is the person attacked."""

    people: int
    yes: int
    joined: tuple[int, ...]  # their answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Attacked:
    """What became of many attacks."""

    attempts: int
    certain: int


def attack_once(history: History, tell: Tell, *, by_release: bool) -> bool:
    """Whether the answer of the first who joined is certain from the two views.

    Parameters
    ----------
    by_release
        Whether the second view keeps what the first told until enough people changed.
    """
    first = tell(history.people, history.yes)
    later_people, later_yes = history.people + len(history.joined), history.yes + sum(history.joined)
    if by_release and first is not None and _stays(history):
        return False  # the second view is the first, in which the person is not
    second = tell(later_people, later_yes)
    return len(_answers_that_fit(first, second, len(history.joined), tell, history.people)) == 1


def attacks(
    random: np.random.Generator, attempts: int, tell: Tell, *, by_release: bool, joined: int = 1
) -> Attacked:
    """Many attacks on groups of every size and share."""
    certain = 0
    for _ in range(attempts):
        people = int(random.integers(4, 400))
        chance = float(random.uniform(0.02, 0.98))
        history = History(
            people=people,
            yes=int(random.binomial(people, chance)),
            joined=tuple(int(random.random() < chance) for _ in range(joined)),
        )
        certain += attack_once(history, tell, by_release=by_release)
    return Attacked(attempts=attempts, certain=certain)


def _stays(history: History) -> bool:
    earlier = _sketch(history.people, history.yes, ())
    return _sketch(history.people, history.yes, history.joined).tells_of_few(
        earlier, POLICY.changed, share=True
    )


def _sketch(people: int, yes: int, joined: tuple[int, ...]) -> Sketch:
    """The group as the platform sketches it: interviews are numbered, and an answer is part of what is hashed."""
    answers = [1] * yes + [0] * (people - yes) + list(joined)
    interviews = _counted([_mixed(number) for number in range(len(answers))])
    values = _counted([_mixed(2 * number + answer + 10**6) for number, answer in enumerate(answers)])
    return Sketch(
        people=len(answers), yes=sum(answers), interviews=interviews, values=values, contents=values
    )


def _mixed(number: int) -> int:
    """A 64-bit hash of a number (splitmix64)."""
    mixed = (number + 0x9E3779B97F4A7C15) % 2**64
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) % 2**64
    return mixed ^ (mixed >> 31)


def _counted(hashes: list[int]) -> Counted:
    buckets = [0] * BUCKETS
    for one in hashes:
        buckets[one % BUCKETS] += 1
    return Counted(checksum=sum(hashes) % 2**64, buckets=tuple(buckets))


def _answers_that_fit(first: Told, second: Told, joined: int, tell: Tell, people: int) -> set[int]:
    """The answers of the person attacked in all histories that fit both views; the attacker knows how many people there are."""
    fit: set[int] = set()
    before = _yes_that_fit(first, people, tell)
    after = set(_yes_that_fit(second, people + joined, tell))
    for yes in before:
        for more in range(joined + 1):
            if yes + more in after:
                fit |= {answer for answer in (0, 1) if 0 <= more - answer <= joined - 1}
        if len(fit) == 2:
            break
    return fit


def _yes_that_fit(told: Told, people: int, tell: Tell) -> list[int]:
    if told is None:
        return list(range(people + 1))
    low, high = (told[1] - 0.03) * people, (told[1] + 0.03) * people
    near = range(max(0, int(low) - 2), min(people, int(high) + 3) + 1)
    everything = near if 0.21 < told[1] < 0.79 else range(people + 1)
    return [yes for yes in everything if tell(people, yes) == told]
