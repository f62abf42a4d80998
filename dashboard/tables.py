"""The protected tables beside an evaluation that screens show: made once for each evaluation, when first asked for."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

import pandas as pd

from campaigns.clusters_of_site import SiteClusters, clusters_of_site
from campaigns.effects import Evaluation
from campaigns.effects_of_sites import folders_of, sites_in, types_of
from campaigns.flow import flow_table
from campaigns.item_table import item_table
from campaigns.levels import Level, levels_of_site
from campaigns.threat_rows import Threat
from campaigns.threats_of_campaign import threats_of_campaign
from dashboard.evaluations import policy_of
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue


Made = TypeVar("Made")
MOST_KEPT = 200  # tables; of older states of the data nothing is asked again


class Tables:
    """Flow, items, levels and threats of an evaluation, as they may be shown.

    Everything is made from the answers as of the evaluation's upload and kept by what it was made from.
    """

    def __init__(self, workspace: Workspace, catalogue: Catalogue) -> None:
        self._workspace = workspace
        self._catalogue = catalogue
        self._kept: dict[tuple[object, ...], object] = {}
        self._making = threading.Lock()
        self._starting = threading.Lock()
        self._measuring: threading.Thread | None = None

    def flow(self, evaluation: Evaluation) -> pd.DataFrame:
        """Clusters and people by site and arm."""
        campaign, policy = evaluation.campaign, policy_of(self._workspace)
        return self._once(evaluation, ("flow",), lambda files: flow_table(campaign, files, policy))

    def items(self, evaluation: Evaluation) -> pd.DataFrame:
        """Every item and outcome by site, wave and arm."""
        campaign, policy = evaluation.campaign, policy_of(self._workspace)
        return self._once(evaluation, ("items",), lambda files: item_table(campaign, files, policy))

    def levels(self, evaluation: Evaluation, site: str) -> list[Level]:
        """Every outcome by arm and wave at a site."""
        policy = policy_of(self._workspace)
        return self._once(
            evaluation,
            ("levels", site),
            lambda files: levels_of_site(evaluation.campaign, site, files, evaluation.effects, policy),
        )

    def threats(self, evaluation: Evaluation, site: str) -> list[Threat]:
        """What threatens the effects at a site."""
        campaign, policy = evaluation.campaign, policy_of(self._workspace)

        def make(files: Sequence[Path]) -> list[Threat]:
            types = types_of(files) if files else {}
            folders = folders_of(campaign, files, types).values() if files else []
            own = next((folder for folder in folders if site in sites_in(folder)), [])
            effects = [effect for effect in evaluation.effects if effect.subject.site == site]
            found = threats_of_campaign(campaign, own, effects, policy, types=types)
            return [threat for threat in found if threat.site == site]

        return self._once(evaluation, ("threats", site), make)

    def clusters(self, evaluation: Evaluation, site: str) -> list[SiteClusters]:
        """How many clusters really carry each effect at a site."""
        policy = policy_of(self._workspace)
        return self._once(
            evaluation,
            ("clusters", site),
            lambda files: clusters_of_site(evaluation.campaign, site, files, evaluation.effects, policy),
        )

    def threats_so_far(self, evaluation: Evaluation) -> dict[str, list[Threat]]:
        """The threats of the sites that were measured already; the others are measured in the background from now on."""
        sites = [site.id for site in evaluation.campaign.sites]
        ready = {site: key for site in sites if (key := _key(evaluation, ("threats", site))) in self._kept}
        missing = [site for site in sites if site not in ready]
        with self._starting:
            if missing and not (self._measuring and self._measuring.is_alive()):
                self._measuring = threading.Thread(
                    target=lambda: [self.threats(evaluation, site) for site in missing],
                    name="threats",
                    daemon=True,
                )
                self._measuring.start()
        return {site: cast("list[Threat]", self._kept[key]) for site, key in ready.items()}

    def _once(
        self, evaluation: Evaluation, what: tuple[object, ...], make: Callable[[Sequence[Path]], Made]
    ) -> Made:
        key = _key(evaluation, what)
        with self._making:  # two visitors at once must not both pay for it
            if key not in self._kept:
                files = columns.refresh(
                    self._catalogue,
                    self._workspace.columns,
                    evaluation.campaign.id,
                    as_of=evaluation.as_of_upload,
                )
                while len(self._kept) >= MOST_KEPT:
                    self._kept.pop(next(iter(self._kept)))
                self._kept[key] = make(files)
            return cast("Made", self._kept[key])


def _key(evaluation: Evaluation, what: tuple[object, ...]) -> tuple[object, ...]:
    """What a table was made from: campaign file, data and policy, and which table it is."""
    shown_by = evaluation.shown_by
    policy = None if shown_by is None else shown_by.sha256
    return (evaluation.campaign.id, evaluation.campaign.sha256, evaluation.data_sha256, policy, *what)
