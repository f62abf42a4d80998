"""Linking respondents for those who do it: looking for pairs, what a reviewer may see of one, and the rates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from campaigns.campaign import Campaign
from campaigns.linkage import LinkageRate, linkage_rates, waves_to_link
from dashboard.settings import Workspace, choose
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.panel import Search, find_pairs, untold
from surveys.problems import CannotProceed
from surveys.record.links import Link, LinkState, WavePair


DECISIONS: Mapping[str, LinkState] = {
    "accept": "accepted", "reject": "rejected", "undecided": "undecided",
}  # fmt: skip
DECADE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a reviewer sees of an interview beside how it compares: nothing that names a person."""

    cluster: str | None
    month: str | None  # year and month of the interview
    decade: str | None  # of birth, or of age


NO_FACTS = Facts(cluster=None, month=None, decade=None)


class Linker:
    """The links of one campaign in one workspace."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue, campaign: Campaign) -> None:
        self._workspace, self._catalogue, self.campaign = workspace, catalogue, campaign

    def waves(self, earlier: str | None = None, later: str | None = None) -> tuple[str, str]:
        """The two waves named, or those the plan compares."""
        known = tuple(wave.id for wave in self.campaign.main_waves)
        for option, wave in (("--from", earlier), ("--to", later)):
            if wave is not None and wave not in known:
                raise CannotProceed(
                    option, f'there is no wave "{wave}" to link.', choose(wave, known, none="")
                )
        usual = waves_to_link(self.campaign)
        if usual is None:
            raise CannotProceed(
                self.campaign.id,
                "there is one wave only, so nobody was asked twice.",
                "Declare a second wave.",
            )
        chosen = (earlier or usual[0], later or usual[1])
        if known.index(chosen[0]) >= known.index(chosen[1]):
            raise CannotProceed(
                "--from", f"{chosen[0]} does not come before {chosen[1]}.", "Exchange --from and --to."
            )
        return chosen

    def find(self, site: str, earlier: str, later: str, tell: Callable[[str, float], None] = untold) -> int:
        """Look for pairs at a site; how many there are to look at. ``tell`` hears how far it is."""
        linking = self.campaign.linking
        if not linking.keys and self.campaign.columns.respondent is None:
            raise CannotProceed(
                self.campaign.id,
                "nothing says by what respondents can be found again.",
                "Name the question with the respondent's code at columns.respondent, or linking keys at linking.keys.",
            )
        search = Search(keys=linking.keys, block=linking.block, id_question=self.campaign.columns.respondent)
        waves = WavePair(campaign=self.campaign.id, site=site, earlier=earlier, later=later)
        return len(find_pairs(self._catalogue, self._workspace.keys, waves, search, tell))

    def links(self, site: str | None, earlier: str, later: str) -> list[Link]:
        """The pairs of two waves, the strongest first."""
        return [
            link
            for link in self._catalogue.links(self.campaign.id, site)
            if (link.waves.earlier, link.waves.later) == (earlier, later)
        ]

    def certain(self, site: str | None, earlier: str, later: str) -> list[int]:
        """The pairs that nobody decided about and that nothing speaks against."""
        links = self.links(site, earlier, later)
        return [link.id for link in links if link.state == "proposed" and link.proposal.certain]

    def decide(self, numbers: Sequence[int], decision: str, by: str) -> list[Link]:
        """Note a decision about pairs of this campaign, all of them or none."""
        if decision not in DECISIONS:
            raise CannotProceed(
                "decision",
                f'"{decision}" is no decision about a pair.',
                choose(decision, tuple(DECISIONS), none=""),
            )
        self._must_be_own(numbers)
        return self._catalogue.decide_links(numbers, DECISIONS[decision], by=by)

    def undo(self, number: int, by: str) -> Link:
        """Take the last decision about a pair of this campaign back."""
        self._must_be_own([number])
        return self._catalogue.undo_link(number, by=by)

    def rates(self, earlier: str, later: str, site: str | None = None) -> list[LinkageRate]:
        """The share found again, by site and arm, with everything decided so far."""
        files = columns.refresh(self._catalogue, self._workspace.columns, self.campaign.id, site)
        return linkage_rates(files, self.campaign, earlier=earlier, later=later)

    def facts(self, site: str) -> dict[str, Facts]:
        """What may be seen of each interview of a site."""
        years = [key.question for key in self.campaign.linking.keys if key.kind == "year"]
        people = self._catalogue.people(self.campaign.id, site, also=years)
        return facts_of(people, years)

    def _must_be_own(self, numbers: Sequence[int]) -> None:
        own = {link.id for link in self._catalogue.links(self.campaign.id)}
        for number in numbers:
            if number not in own:
                raise CannotProceed(
                    f"link {number}",
                    f'there is no such pair in campaign "{self.campaign.id}".',
                    f"See the pairs there are: awareness link list --campaign {self.campaign.id}",
                )


def facts_of(people: pa.Table, years: Sequence[str]) -> dict[str, Facts]:
    """Interview -> what a reviewer may see of it."""
    named = [
        "interview",
        "@cluster",
        "@interview_date",
        *(name for name in years if name in people.column_names),
    ]
    rows: list[dict[str, Any]] = people.select(named).to_pylist()
    return {
        row["interview"]: Facts(
            cluster=row["@cluster"],
            month=(row["@interview_date"] or "")[:7] or None,
            decade=next((decade for name in years if (decade := _decade(row.get(name)))), None),
        )
        for row in rows
    }


def _decade(text: str | None) -> str | None:
    """The ten years a year of birth or an age lies in, as 1980-1989."""
    try:
        year = int(float(text or ""))
    except ValueError:
        return None
    start = year - year % DECADE
    return f"{start}–{start + DECADE - 1}" if year > 0 else None
