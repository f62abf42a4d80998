"""Evaluations as screens may show them: protected, and made once for each state of the data."""

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from campaigns.campaign import Campaign
from campaigns.conclusions import Kept, conclude
from campaigns.disclosure_policy import Policy, load_policy
from campaigns.effects import Evaluation, LockedPlan
from campaigns.plan_lock import binding, stamped
from campaigns.records import locked_plans
from campaigns.registry import load_campaign
from dashboard.questionnaires import asked_in
from dashboard.releasing import released
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.problems import CannotProceed


LOG = logging.getLogger(__name__)


class NothingYet(CannotProceed):
    """No interviews are held for a campaign: a page says so and what to do, and shows no empty table."""

    def __init__(self, campaign: str) -> None:
        super().__init__(campaign, "no interviews are held yet.", "Upload a survey file first.")


class Evaluations:
    """The campaigns of a workspace and what is concluded about each from the newest data.

    An evaluation is kept for as long as the campaign file, the newest upload and the locked plan stay what they are;
    a page asks for one at every visit and pays for it once. Of the next one only sites with other answers are estimated anew.
    """

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self._workspace = workspace
        self._catalogue = catalogue
        self._kept: dict[str, tuple[tuple[str, int | None, int | None, str], Evaluation]] = {}
        self._concluded = Kept()
        self._making = threading.Lock()

    def campaigns(self) -> dict[str, Path]:
        """Campaign id -> its file, in the order of their ids."""
        return {name: self._workspace.campaign_file(name) for name in self._workspace.campaign_ids()}

    def campaign(self, campaign_id: str | None = None) -> Campaign | None:
        """The campaign of that id; the first where none is named or none has it; None in an empty workspace."""
        known = self._workspace.campaign_ids()
        if not known:
            return None
        return load_campaign(self._workspace.campaign_file(campaign_id if campaign_id in known else known[0]))

    def current(self, campaign: Campaign) -> Evaluation:
        """The protected evaluation of the newest data.

        Raises
        ------
        NothingYet
            Nothing was uploaded for the campaign yet.
        """
        newest = self._catalogue.newest_upload(campaign.id)
        lock = binding(locked_plans(self._catalogue, campaign.id))
        policy = policy_of(self._workspace)
        version = (campaign.sha256, newest, lock.version if lock else None, policy.sha256)
        with self._making:  # two visitors at once must not both pay for it
            kept = self._kept.get(campaign.id)
            if kept is None or kept[0] != version:
                kept = (version, self._make(campaign, newest, lock, policy))
                self._kept[campaign.id] = kept
        return kept[1]

    def prepare(self) -> None:
        """Evaluate every campaign now, so that no visitor has to wait for it; what cannot be is left for later."""
        for name in self.campaigns():
            try:
                campaign = self.campaign(name)
                if campaign is not None:
                    self.current(campaign)
            except CannotProceed as stop:
                LOG.warning("%s is not evaluated yet: %s", name, stop.what)

    def _make(
        self, campaign: Campaign, newest: int | None, lock: LockedPlan | None, policy: Policy
    ) -> Evaluation:
        answers = columns.refresh(self._catalogue, self._workspace.columns, campaign.id)
        if not answers:
            raise NothingYet(campaign.id)
        exact = exactly(self._catalogue, campaign, answers, policy, as_of=newest, kept=self._concluded)
        return stamped(released(self._catalogue, exact, answers, policy), lock)


def exactly(
    catalogue: Catalogue,
    campaign: Campaign,
    answers: Sequence[Path],
    policy: Policy,
    *,
    as_of: int | None,
    kept: Kept | None = None,
) -> Evaluation:
    """The exact evaluation of the answers as of an upload, with what was asked for them; nothing of it is shown as it stands."""
    return conclude(
        campaign,
        answers,
        as_of_upload=as_of,
        data_sha256=columns.fingerprint(answers),
        asked=asked_in(catalogue, campaign),
        policy=policy,
        kept=kept,
    )


def policy_of(workspace: Workspace) -> Policy:
    """What may be shown of a workspace's numbers on shared views."""
    limits = workspace.thresholds
    return load_policy(
        workspace.folder,
        {"respondents": limits.respondents, "clusters": limits.clusters, "round_to": limits.round_to},
    )
