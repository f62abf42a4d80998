"""A new upload of 1,000 rows: what the evaluation after it costs, into a million interviews beside into 100,000."""

import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.ingest import interviews
from campaigns.campaign import Campaign
from campaigns.registry import fieldwork_of, load_campaign
from dashboard.demo import CAMPAIGN, SOURCE
from dashboard.evaluations import Evaluations
from dashboard.settings import Workspace, init_workspace
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.xlsform import load_instrument


SMALL, LARGE, NEW = 100_000, 1_000_000, 1_000
UPLOADS = 4  # after each of them the campaign is evaluated again; the quickest counts
WAVES = ("baseline", "endline")


def measure() -> dict[str, float]:
    """The ratio; its name states the budget."""
    with tempfile.TemporaryDirectory() as folder:
        small, large = (_seconds(Path(folder) / str(rows), rows) for rows in (SMALL, LARGE))
    return {
        "re-evaluation at 1,000,000 / at 100,000 (at most 1.5)": large / small,
        "seconds of it at 1,000,000": large,
    }


def _seconds(folder: Path, rows: int) -> float:
    """Seconds of the evaluation after an upload of new interviews at one site and wave."""
    campaign = load_campaign(SOURCE / "campaigns" / f"{CAMPAIGN}.yaml")
    workspace = init_workspace(folder, title="benchmark")
    _copy_definitions(workspace)
    catalogue = Catalogue(workspace.database_url)
    parts = [(place, wave) for place in range(len(campaign.sites)) for wave in WAVES]
    for place, wave in parts:
        _ingest(folder, workspace, catalogue, campaign, place, wave, rows // len(parts), seed=1)
    evaluations = Evaluations(workspace, catalogue)
    evaluations.current(campaign)
    times = []
    for upload in range(UPLOADS):
        _ingest(folder, workspace, catalogue, campaign, 0, "endline", NEW, seed=2 + upload)
        begun = time.perf_counter()
        evaluations.current(campaign)
        times.append(time.perf_counter() - begun)
    return min(times)


def _copy_definitions(workspace: Workspace) -> None:
    for kind in ("campaigns", "instruments"):
        (workspace.folder / kind).mkdir(exist_ok=True)
        for file in (SOURCE / kind).iterdir():
            (workspace.folder / kind / file.name).write_bytes(file.read_bytes())


def _ingest(
    folder: Path,
    workspace: Workspace,
    catalogue: Catalogue,
    campaign: Campaign,
    place: int,
    wave: str,
    rows: int,
    *,
    seed: int,
) -> None:
    site = campaign.sites[place].id
    file = folder / f"{site}-{wave}-{seed}.csv"
    interviews(place, wave, rows, seed).to_csv(file, index=False)
    receipt = ingest_file(
        file,
        name=file.name,
        catalogue=catalogue,
        keys=workspace.keys,
        instrument=load_instrument(SOURCE / "instruments" / f"{campaign.instrument}.xlsx"),
        fieldwork=fieldwork_of(campaign, site=site, wave=wave),
        country_of_site={one.id: one.country for one in campaign.sites},
        today=date(2026, 10, 5),
        uploader="benchmark",
    )
    file.unlink()
    if receipt.accepted < 0.9 * rows:
        raise RuntimeError(f"{receipt.accepted} of {rows} interviews were stored")
