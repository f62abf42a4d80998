"""The questionnaires a campaign was asked by, as the evaluation and the screen take them."""

from campaigns.campaign import Campaign
from campaigns.comparability import Asked
from surveys.catalogue import Catalogue


def asked_in(catalogue: Catalogue, campaign: Campaign) -> list[Asked]:
    """The versions of each site and wave that were kept, in the order they were first used."""
    found: dict[tuple[str, str], list[Asked]] = {}
    for use in catalogue.questionnaires(campaign.id):
        if use.instrument is not None:
            one = Asked(site=use.site, wave=use.wave, instruments=(use.instrument,))
            found.setdefault((use.site, use.wave), []).append(one)
    return [
        Asked(site=site, wave=wave, instruments=tuple(i for one in uses for i in one.instruments))
        for (site, wave), uses in found.items()
    ]
