"""Who is who once waves are linked: one pseudonym for all interviews of a person. Pure.

An interview is of the person its pseudonym says; without one it is of a person of its own. An accepted
pair makes two persons one. A rejected pair of one pseudonym makes them two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc

from surveys.record.links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """Pseudonyms that change at a site: of single interviews, and wherever a pseudonym occurs."""

    of_interview: Mapping[str, str] = field(default_factory=dict)
    of_pseudonym: Mapping[str, str] = field(default_factory=dict)


def renaming_of(links: Sequence[Link], pseudonyms: Mapping[str, str | None]) -> Renaming:
    """What the links in force at one site change.

    Parameters
    ----------
    links
        Accepted pairs, and rejected ones of the same id.
    pseudonyms
        The pseudonym of every interview there is; pairs of interviews that are gone change nothing.
    """
    standing = [link for link in links if {link.proposal.earlier, link.proposal.later} <= pseudonyms.keys()]
    apart = {link.proposal.later for link in standing if link.state == "rejected"}

    def person(interview: str) -> str:
        own = pseudonyms[interview]
        return person_of_interview(interview) if own is None or interview in apart else own

    first: dict[str, str] = {}  # person -> the person of an earlier wave that it is

    def earliest(one: str) -> str:
        while one in first:
            one = first[one]
        return one

    for link in standing:
        if link.state == "accepted":
            earlier, later = earliest(person(link.proposal.earlier)), earliest(person(link.proposal.later))
            if earlier != later:
                first[later] = earlier
    of_interview = {
        interview: earliest(person_of_interview(interview))
        for interview, own in pseudonyms.items()
        if own is None or interview in apart
    }
    known = {own for own in pseudonyms.values() if own is not None}
    return Renaming(
        of_interview=of_interview, of_pseudonym={own: earliest(own) for own in first.keys() & known}
    )


def person_of_interview(interview: str) -> str:
    """The pseudonym of somebody who is known by one interview alone."""
    return sha256(f"interview\x1f{interview}".encode()).hexdigest()


def renamed(interviews: pa.Table, renaming: Renaming) -> pa.Table:
    """Interviews with the pseudonyms after linking."""
    ids, own = interviews["@submission"].to_pylist(), interviews["@respondent"].to_pylist()
    people = [
        renaming.of_interview.get(interview) or renaming.of_pseudonym.get(pseudonym, pseudonym)
        for interview, pseudonym in zip(ids, own, strict=True)
    ]
    place = interviews.column_names.index("@respondent")
    column = pc.dictionary_encode(pa.chunked_array([pa.array(people, pa.large_string())]))
    return interviews.set_column(place, "@respondent", column)
