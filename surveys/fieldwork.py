"""The legal sites, waves, arms and parts that an upload is judged against."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal


Part = Literal[
    "submission", "country", "respondent", "site", "wave", "arm", "cluster", "stratum",
    "weight", "interview_date", "interviewer",
]  # fmt: skip

LINK = "@link "  # begins the name of every column of codes
WITHHELD = "@withheld "  # begins the name of every column of texts that are kept back
ROSTER = "@roster "  # begins the name of every column that holds the rows of a roster
KeyKind = Literal["name", "text", "code", "phone", "year", "exact"]
# Kinds of linking key whose answers are never stored: they name a person or a place, or are typed freely.
UNSTORED_KINDS: frozenset[KeyKind] = frozenset({"name", "text", "code", "phone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkingKey:
    """A question whose answer helps to find the same respondent again in another wave."""

    question: str
    kind: KeyKind

    @property
    def column(self) -> str:
        """Where its codes stand beside the answers of an upload, until they are stored apart from them."""
        return f"{LINK}{self.question}"


# drop: never stored. coarsen: a place to an area, a date to its year. hold: each text waits for a person. keep: no identifier.
Protection = Literal["drop", "coarsen", "hold", "keep"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSite:
    """A site as far as an upload is concerned."""

    id: str
    country: str  # ISO 3166-1 alpha-3, upper case
    country_names: tuple[str, ...] = ()  # other spellings: alpha-2, English, Korean


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWave:
    """A wave of interviews and the days it is open (None: not limited)."""

    id: str
    opens: date | None = None
    closes: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fieldwork:
    """What an upload to one campaign may hold. Built by ``campaigns.registry``.

    ``parts`` says which question or column of the data plays which part; ``wave_values`` and ``arm_values``
    give, for each wave and arm id, the values of the data that mean it (compared
    without regard to case, after numeric normalisation).
    """

    campaign: str
    sites: tuple[FieldSite, ...]
    waves: tuple[FieldWave, ...]
    parts: Mapping[Part, str]
    wave_values: Mapping[str, tuple[str, ...]]
    arm_values: Mapping[str, tuple[str, ...]]
    exposure: Mapping[str, str] = field(default_factory=dict)  # kind of exposure -> question
    site: str | None = None  # the site the uploader named
    wave: str | None = None  # the wave the uploader named
    missing_codes: Mapping[str, str] = field(default_factory=dict)  # code -> missing reason
    consent: str | None = None  # question whose "no" refuses the interview
    extra_columns: tuple[str, ...] = ()  # named by the campaign, not asked by the instrument
    linking_keys: tuple[LinkingKey, ...] = ()
    identifiers: Mapping[str, Protection] = field(default_factory=dict)  # question -> what becomes of it

    @property
    def unstored_keys(self) -> frozenset[str]:
        """Questions whose answers are kept as codes alone."""
        return frozenset(key.question for key in self.linking_keys if key.kind in UNSTORED_KINDS)

    @property
    def regions(self) -> tuple[str, ...]:
        """The two letters of each site's country, where its spellings hold them."""
        names = (name for site in self.sites for name in site.country_names)
        return tuple(
            dict.fromkeys(name for name in names if len(name) == 2 and name.isalpha() and name.isupper())
        )
