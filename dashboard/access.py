"""What somebody may do and whose data they may see: one table of actions, one value that says who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from campaigns.campaign import Campaign, Site


class Access(StrEnum):
    """What an account is for. Never called a role: that is origin, transit or destination."""

    ADMINISTRATOR = "administrator"
    COORDINATOR = "coordinator"
    EVALUATOR = "evaluator"
    FIELD_TEAM = "field_team"
    VIEWER = "viewer"


class Action(StrEnum):
    """What a route, a callback or a page does with data. Each declares one."""

    READ_PROGRESS = "read_progress"  # how many interviews are in
    READ_RESULTS = "read_results"  # protected numbers by arm: findings, compare, site, threats
    EXPORT_RESULTS = "export_results"  # the same numbers as files
    READ_ROWS = "read_rows"  # pseudonymised interviews
    READ_FIELDWORK = "read_fieldwork"  # quality, history of uploads, questionnaires; nothing by arm
    SEND_FILES = "send_files"
    DECIDE_FIELDWORK = "decide_fieldwork"  # review, corrections, texts kept back, linking
    READ_AUDIT = "read_audit"
    MANAGE_ACCOUNTS = "manage_accounts"


# What is not named is refused. Field teams stay blind to the arms; coordinators and viewers never see an interview;
# whoever manages accounts needs no data for it.
MAY: Mapping[Access, frozenset[Action]] = {
    Access.ADMINISTRATOR: frozenset({Action.READ_PROGRESS, Action.READ_AUDIT, Action.MANAGE_ACCOUNTS}),
    Access.COORDINATOR: frozenset({Action.READ_PROGRESS, Action.READ_RESULTS, Action.EXPORT_RESULTS}),
    Access.EVALUATOR: frozenset(
        {
            Action.READ_PROGRESS,
            Action.READ_RESULTS,
            Action.EXPORT_RESULTS,
            Action.READ_ROWS,
            Action.READ_FIELDWORK,
        }
    ),
    Access.FIELD_TEAM: frozenset(
        {
            Action.READ_PROGRESS,
            Action.READ_FIELDWORK,
            Action.SEND_FILES,
            Action.DECIDE_FIELDWORK,
            Action.READ_AUDIT,
        }
    ),
    Access.VIEWER: frozenset({Action.READ_RESULTS}),
}


class NotAllowed(Exception):
    """The access of whoever asks does not have the action: answered with 403."""

    def __init__(self, action: Action) -> None:
        super().__init__(action.value)
        self.action = action


class NotFound(Exception):
    """What was asked for is outside the scope, which is told like what does not exist: answered with 404."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Who asks, with what access, for which campaigns and countries. Empty sets hold nothing."""

    person: str
    access: Access | None  # None: nobody signs in here, on this computer only
    campaigns: frozenset[str] | None = frozenset()  # None: all
    countries: frozenset[str] | None = frozenset()  # ISO 3166-1 alpha-3; None: all

    def may(self, action: Action) -> bool:
        """Whether the access has the action, before whose data it is about."""
        return self.access is None or action in MAY[self.access]

    def require(self, action: Action) -> None:
        """Refuse an action that the access does not have."""
        if not self.may(action):
            raise NotAllowed(action)

    def sees(self, campaign: Campaign, site: Site) -> bool:
        """Whether a site's own data are within the scope."""
        in_campaign = self.campaigns is None or campaign.id in self.campaigns
        return in_campaign and (self.countries is None or site.country in self.countries)

    def sites(self, campaign: Campaign) -> tuple[Site, ...]:
        """The sites within the scope, in the order of the campaign.

        Raises
        ------
        NotFound
            There is none, so for this scope there is no such campaign.
        """
        found = tuple(site for site in campaign.sites if self.sees(campaign, site))
        if not found:
            raise NotFound
        return found

    def site(self, campaign: Campaign, site_id: str) -> Site:
        """The site of that id; NotFound where there is none or it is outside the scope."""
        found = next((site for site in self.sites(campaign) if site.id == site_id), None)
        if found is None:
            raise NotFound
        return found


# On this computer only, without a single account: whoever sits before it sees everything.
OPEN_SCOPE = Scope(person="", access=None, campaigns=None, countries=None)
