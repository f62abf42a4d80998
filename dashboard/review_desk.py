"""Where somebody reviews: a campaign in a language, and how its columns and answers are said there."""

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.campaign import Campaign
from dashboard.services import Services
from surveys.corrections.ledger import Cell
from surveys.fieldwork import ROSTER
from surveys.languages import catalogue, pick, say
from surveys.record.reviewing import RESPONDENT


WORDS = "screens.review."


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The campaign, its sites if narrowed, the language."""

    services: Services
    campaign: Campaign
    sites: Sequence[str]
    language: str

    def say(self, key: str, **values: object) -> str:
        """A sentence of the page."""
        return say(f"{WORDS}{key}", self.language, **values)

    def site(self, id_: str) -> str:
        """The name of a site."""
        return next((pick(one.title, self.language) for one in self.campaign.sites if one.id == id_), id_)

    def wave(self, id_: str) -> str:
        """The name of a wave."""
        return next((pick(one.title, self.language) for one in self.campaign.waves if one.id == id_), id_)

    def place(self, site: str, wave: str) -> str:
        """The names of a site and a wave."""
        return " · ".join(text for text in (self.site(site), self.wave(wave)) if text)

    def column(self, name: str) -> str:
        """What a column of an interview is called."""
        part = f"{WORDS}parts.{name.removeprefix('@')}"
        if name.startswith(ROSTER):
            return say("rosters.heading", self.language, roster=name.removeprefix(ROSTER))
        return say(part, self.language) if name.startswith("@") and part in catalogue("en") else name

    def answer(self, name: str, cell: Cell, *, hidden: bool) -> str:
        """What an interview says in a column; nothing where it is not this team's to see."""
        if name == "@site" and cell.value is not None:
            return self.site(cell.value)
        if hidden:
            return self.say("not_shown")
        if cell.missing is not None:
            return say(f"screens.corrections.missing.{cell.missing}", self.language)
        if cell.value is None:
            return self.say("nothing")
        if name == "@wave":
            return self.wave(cell.value)
        return self.say("other_person", letter=cell.value) if name == RESPONDENT else cell.value
