"""Whoever asks gets what their access has, of their campaigns and countries, and nothing else."""

from pathlib import Path

import pytest

from campaigns.registry import load_campaign
from dashboard.access import MAY, OPEN_SCOPE, Access, Action, NotAllowed, NotFound, Scope


DEMO = Path(__file__).parents[2] / "data/demo/campaigns/safe-journeys-2026.yaml"
CAMPAIGN = load_campaign(DEMO)
BY_ARM = {Action.READ_RESULTS, Action.EXPORT_RESULTS}
OF_ROWS = {Action.READ_ROWS, Action.READ_FIELDWORK, Action.DECIDE_FIELDWORK}


def scope_of(access: Access, campaigns: set[str] | None = None, countries: set[str] | None = None) -> Scope:
    return Scope(
        person="Mina",
        access=access,
        campaigns=None if campaigns is None else frozenset(campaigns),
        countries=None if countries is None else frozenset(countries),
    )


def test_every_access_has_a_line_in_the_table_and_every_action_somebody() -> None:
    assert set(MAY) == set(Access)
    assert frozenset().union(*MAY.values()) == set(Action)


def test_field_teams_stay_blind_to_the_arms() -> None:
    assert not MAY[Access.FIELD_TEAM] & (BY_ARM | {Action.READ_ROWS})


@pytest.mark.parametrize("access", [Access.ADMINISTRATOR, Access.COORDINATOR, Access.VIEWER])
def test_those_who_need_no_interview_get_none(access: Access) -> None:
    assert not MAY[access] & OF_ROWS


def test_only_administrators_manage_accounts() -> None:
    assert [one for one in Access if Action.MANAGE_ACCOUNTS in MAY[one]] == [Access.ADMINISTRATOR]


def test_an_action_that_the_access_lacks_is_refused() -> None:
    with pytest.raises(NotAllowed):
        scope_of(Access.FIELD_TEAM).require(Action.READ_RESULTS)


def test_a_scope_that_names_nothing_holds_nothing() -> None:
    with pytest.raises(NotFound):
        Scope(person="Mina", access=Access.EVALUATOR).sites(CAMPAIGN)


def test_another_campaign_is_as_if_it_did_not_exist() -> None:
    with pytest.raises(NotFound):
        scope_of(Access.EVALUATOR, campaigns={"another"}).sites(CAMPAIGN)


def test_only_sites_of_the_own_countries_are_found() -> None:
    country = CAMPAIGN.sites[0].country
    scope = scope_of(Access.FIELD_TEAM, countries={country})
    assert {site.country for site in scope.sites(CAMPAIGN)} == {country}
    elsewhere = next(site for site in CAMPAIGN.sites if site.country != country)
    for site_id in (elsewhere.id, "nowhere"):
        with pytest.raises(NotFound):
            scope.site(CAMPAIGN, site_id)


def test_without_accounts_everything_is_open() -> None:
    assert OPEN_SCOPE.sites(CAMPAIGN) == CAMPAIGN.sites
    assert all(OPEN_SCOPE.may(action) for action in Action)
