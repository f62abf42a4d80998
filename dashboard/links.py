"""The state of a screen as it stands in its address, so that any screen can be sent as a link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from babel import negotiate_locale


SITES_APART = "~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What a reader chose: language, campaign, outcome, sites (none named: all of them), the one site and wave."""

    language: str
    campaign: str | None = None
    outcome: str | None = None
    sites: tuple[str, ...] = ()
    site: str | None = None
    wave: str | None = None

    def to(self, path: str, **changes: str) -> str:
        """The address of another screen in the same language and campaign."""
        query = _query({"lang": self.language, "campaign": self.campaign or "", **changes})
        return f"{path}?{query}" if query else path

    def query(self) -> str:
        """All of the state as it stands in an address, so that a file is made for what the reader sees."""
        return _query(
            {
                "lang": self.language,
                "campaign": self.campaign or "",
                "outcome": self.outcome or "",
                "sites": SITES_APART.join(self.sites),
                "site": self.site or "",
                "wave": self.wave or "",
            }
        )


def _query(state: Mapping[str, str]) -> str:
    return urlencode({key: text for key, text in state.items() if text}, quote_via=quote, safe="~")


def parse_address(query: Mapping[str, str], known: Sequence[str], accepted: str = "") -> Address:
    """Read an address tolerantly: what is unknown falls back to the default, never to an error."""
    return Address(
        language=language_of(query.get("lang", ""), known, accepted),
        campaign=query.get("campaign") or None,
        outcome=query.get("outcome") or None,
        sites=tuple(site for site in query.get("sites", "").split(SITES_APART) if site),
        site=query.get("site") or None,
        wave=query.get("wave") or None,
    )


def language_of(asked: str, known: Sequence[str], accepted: str = "") -> str:
    """The language asked for; else the best the browser accepts; else the first of the workspace."""
    if asked in known:
        return asked
    wanted = [part.split(";")[0].strip() for part in accepted.split(",") if part.strip()]
    found = negotiate_locale(wanted, list(known), sep="-")
    return found.split("-")[0] if found else known[0]
