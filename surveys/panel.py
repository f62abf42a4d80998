"""The same respondents in two waves: linked by their id, or proposed by what they said about who they are."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from surveys.catalogue import Catalogue
from surveys.fieldwork import LinkingKey
from surveys.keys import KeyRing
from surveys.linking import compared, one_to_one, silent
from surveys.linking_codes import Agreement, Codes, agreement_of, codes_of_text
from surveys.record.links import Link, Proposal, WavePair


READ, KEPT = 0.1, 0.95  # shares of the work after which the interviews are read, and the pairs are kept
KEYS_TO_DOUBT = 2  # keys that must all speak against a pair of one id before a person is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What respondents are found again by."""

    keys: tuple[LinkingKey, ...] = ()
    block: tuple[str, ...] = ()  # keys by which pairs are searched
    id_question: str | None = None  # the respondent's id; as a key it says nothing about pairs of one id


def untold(_step: str, _share: float) -> None:
    """Tell nobody how far the work is."""


def find_pairs(
    catalogue: Catalogue,
    keys: KeyRing,
    waves: WavePair,
    search: Search,
    tell: Callable[[str, float], None] = untold,
) -> list[Proposal]:
    """Look for respondents of one wave in another, and put the pairs found before the reviewers.

    What was decided stays decided. Respondents with one id in both waves are linked already; where
    their keys speak against it, the pair is put before the reviewers too.

    Parameters
    ----------
    tell
        Called now and then with the step and how much of the whole is done, 0-1; what it raises ends the work, and
        then nothing is changed.
    """
    tell("reading", 0.0)
    people = catalogue.people(waves.campaign, waves.site, keys)
    known = [link for link in catalogue.links(waves.campaign, waves.site) if link.waves == waves]
    tell("comparing", READ)
    proposals = proposed(
        people, waves, search, known, lambda share: tell("comparing", READ + (KEPT - READ) * share)
    )
    tell("keeping", KEPT)
    catalogue.propose_links(waves, proposals)
    return proposals


def proposed(
    people: pa.Table,
    waves: WavePair,
    search: Search,
    known: Sequence[Link] = (),
    tell: Callable[[float], None] = silent,
) -> list[Proposal]:
    """The pairs for somebody to look at, given what is decided about others."""
    earlier, later = (people.filter(pc.equal(people["@wave"], wave)) for wave in (waves.earlier, waves.later))
    rejected = {_sides(link) for link in known if link.state == "rejected"}
    by_id = [pair for pair in pairs_of_one_id(earlier, later) if pair not in rejected]
    settled = {_sides(link) for link in known if link.state in ("accepted", "undecided")}
    taken = {interview for pair in (*by_id, *settled) for interview in pair}
    pairs = [
        pair
        for pair in compared(earlier, later, search.keys, search.block, tell)
        if not {pair.earlier, pair.later} & taken and (pair.earlier, pair.later) not in rejected
    ]
    found = [
        Proposal(
            earlier=pair.earlier,
            later=pair.later,
            agreement=pair.agreement,
            strength=pair.strength,
            rivals=pair.rivals,
        )
        for pair in one_to_one(pairs)
    ]
    return [*_doubtful(by_id, earlier, later, search), *found]


def pairs_of_one_id(earlier: pa.Table, later: pa.Table) -> list[tuple[str, str]]:
    """Interviews of respondents whose id occurs once in either wave."""
    first, second = _once(earlier), _once(later)
    return [(first[person], second[person]) for person in first if person in second]


def _once(people: pa.Table) -> dict[str, str]:
    """Respondent -> interview, of those seen once."""
    respondents, interviews = people["@respondent"].to_pylist(), people["interview"].to_pylist()
    times = Counter(respondents)
    pairs = zip(respondents, interviews, strict=True)
    return {person: interview for person, interview in pairs if person is not None and times[person] == 1}


def _doubtful(
    pairs: Sequence[tuple[str, str]], earlier: pa.Table, later: pa.Table, search: Search
) -> list[Proposal]:
    """Pairs of one id in which every key that could be compared differs."""
    keys = [key for key in search.keys if key.question != search.id_question]
    before, after = _codes(earlier, keys), _codes(later, keys)
    doubtful = []
    for one, other in pairs:
        agreement: dict[str, Agreement] = {
            key.question: agreement_of(before[key.question].get(one), after[key.question].get(other))
            for key in keys
        }
        told = [said for said in agreement.values() if said != "missing"]
        if len(told) >= KEYS_TO_DOUBT and set(told) == {"differs"}:
            doubtful.append(
                Proposal(earlier=one, later=other, agreement=agreement, strength=0.0, rivals=0, same_id=True)
            )
    return doubtful


def _codes(people: pa.Table, keys: Sequence[LinkingKey]) -> dict[str, dict[str, Codes]]:
    """Key -> interview -> its codes, where it has any."""
    interviews = people["interview"].to_pylist()
    return {
        key.question: {
            interview: codes_of_text(text)
            for interview, text in zip(interviews, people[key.column].to_pylist(), strict=True)
            if text is not None
        }
        if key.column in people.column_names
        else {}
        for key in keys
    }


def _sides(link: Link) -> tuple[str, str]:
    return link.proposal.earlier, link.proposal.later
