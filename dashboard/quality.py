"""The quality of a site's fieldwork as screens and sheets ask for it: made once for each state of the data."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, date, datetime

from campaigns.campaign import Campaign
from campaigns.fieldwork_quality import quality_of, weights_at
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.instrument import Instrument
from surveys.quality.consent import tally
from surveys.quality.report import QualityReport
from surveys.quality.sent_files import sent_files
from surveys.weights_made import WeightsReport
from surveys.xlsform import load_instrument


KEPT = 40  # reports; a campaign of twenty sites has as many in its two waves


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteQuality:
    """The report on one site and wave, and what it was made from."""

    campaign: Campaign
    instrument: Instrument
    site: str
    wave: str
    upload: int | None
    day: date
    report: QualityReport
    weights: WeightsReport | None  # None: nothing is weighted


class Qualities:
    """The quality reports of a workspace."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self._workspace = workspace
        self._catalogue = catalogue
        self._kept: OrderedDict[tuple[object, ...], SiteQuality] = OrderedDict()
        self._making = threading.Lock()

    def waves_with_interviews(self, campaign: Campaign, site: str) -> list[str]:
        """The waves of a site that hold interviews, in the order of the campaign; back-checks are part of theirs."""
        held = {part.wave for part in self._catalogue.parts(campaign.id, site) if part.interviews}
        return [wave.id for wave in campaign.main_waves if wave.id in held]

    def current(self, campaign: Campaign, site: str, wave: str) -> SiteQuality:
        """The report on the newest data of a site and wave."""
        newest, today = self._catalogue.newest_upload(campaign.id), datetime.now(UTC).date()
        refused = max((sent.id for sent in self._catalogue.uploads(campaign.id, site)), default=0)
        kept_back = self._kept_back(campaign, site, wave)
        version = (campaign.id, campaign.sha256, site, wave, newest, refused, today, kept_back)
        with self._making:
            if version not in self._kept:
                self._kept[version] = self._make(campaign, site, wave, newest, today, kept_back)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[version]

    def _kept_back(self, campaign: Campaign, site: str, wave: str) -> tuple[tuple[str, str], ...]:
        """The question and the interview of every text that is kept back, whether it waits or was left out."""
        texts = self._catalogue.withheld(campaign.id, site, None)
        return tuple(
            (one.question, one.submission) for one in texts if one.wave == wave and one.state != "released"
        )

    def _make(
        self,
        campaign: Campaign,
        site: str,
        wave: str,
        newest: int | None,
        today: date,
        kept_back: tuple[tuple[str, str], ...],
    ) -> SiteQuality:
        instrument = load_instrument(self._workspace.instrument_file(campaign.instrument))
        files = columns.refresh(self._catalogue, self._workspace.columns, campaign.id)
        refusals = tally(sent_files(self._catalogue, campaign.id, site, wave))
        texts: dict[str, set[str]] = {}
        for question, submission in kept_back:
            texts.setdefault(question, set()).add(submission)
        report = quality_of(
            campaign,
            instrument,
            files,
            site=site,
            wave=wave,
            today=today,
            refusals=refusals,
            kept_back=texts,
        )
        return SiteQuality(
            campaign=campaign,
            instrument=instrument,
            site=site,
            wave=wave,
            upload=newest,
            day=today,
            report=report,
            weights=weights_at(campaign, files, site=site, wave=wave),
        )
