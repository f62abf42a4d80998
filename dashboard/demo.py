"""The demonstration workspace: a simulated pilot sent through the same door as a field team's files."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sqlalchemy.engine import URL

from campaigns.campaign import Campaign
from campaigns.field_files import WRITERS
from campaigns.records import lock_plan, locked_plans
from campaigns.registry import fieldwork_of, load_campaign
from campaigns.simulated_interviews import simulate_interviews, with_field_mistakes
from campaigns.simulated_trouble import with_trouble
from campaigns.simulation import Ground, Pilot, SiteTruth, draw_ground, pilot_from
from dashboard.settings import Workspace, init_workspace, load_workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.instrument import Instrument
from surveys.problems import CannotProceed
from surveys.xlsform import load_instrument


PACKAGES = Path(__file__).resolve().parents[1]
SOURCE = PACKAGES / "data" / "demo"
CAMPAIGN = "safe-journeys-2026"
SEED = 15  # a draw without false alarms, so that each site shows what it is there to show; tests use others
TODAY = date(2026, 10, 5)  # the demonstration's own day: after the endline, wherever the calendar stands
STAMP = "demo.json"
TITLE = "Regional pilot of awareness campaigns (simulated)"

# Which tool each country's team uses: the platform has to take them all.
TOOLS = {
    "npl": "kobo_csv",
    "bgd": "central_zip",
    "vnm": "kobo_xlsx",
    "tha": "central_zip",
    "idn": "kobo_xlsx",
    "mys": "kobo_csv",
    "kor": "korean_csv",
    "aus": "kobo_xlsx",
    "nzl": "kobo_csv",
}
TROUBLED = ("npl", "endline")  # where the checks of fieldwork have something to show
TRY_ME = "try-me-with-errors.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One file as a field team sends it."""

    site: str
    wave: str
    path: Path


def build_demo(
    folder: Path, *, seed: int = SEED, source: Path = SOURCE, tell: Callable[[str], object] = lambda _: None
) -> Workspace:
    """The demonstration workspace in ``folder``, built anew only where it is absent or its sources changed.

    Raises
    ------
    CannotProceed
        The folder holds something else, or the demonstration's sources are not there.
    """
    if not (source / "truth.yaml").is_file():
        raise CannotProceed(
            str(source),
            "the demonstration's files are not here.",
            "Run it from a copy of the project's source.",
        )
    stamp = _stamp(seed, source)
    if _built(folder) == stamp:
        tell(f"The demonstration in {folder} is up to date.")
        return _own(load_workspace(folder))
    _clear(folder)
    tell(f"Building the demonstration in {folder} (simulated data) ...")
    workspace = _own(init_workspace(folder, title=TITLE))
    _write_stamp(folder, "unfinished")
    for kind in ("campaigns", "instruments"):
        shutil.copytree(source / kind, folder / kind, dirs_exist_ok=True)
    campaign = load_campaign(workspace.campaign_file(CAMPAIGN))
    instrument = load_instrument(workspace.instrument_file(campaign.instrument))
    pilot = pilot_from(yaml.safe_load((source / "truth.yaml").read_text("utf-8")))
    exports = list(write_exports(folder, pilot, instrument, seed))
    _ingest(workspace, campaign, instrument, exports, tell)
    _write_stamp(folder, stamp)
    tell("The demonstration is ready.")
    return _own(load_workspace(folder))


def write_exports(folder: Path, pilot: Pilot, instrument: Instrument, seed: int) -> Iterator[Export]:
    """The interviews of every site and wave in ``folder/incoming``, and the list of wards beside the form."""
    incoming = folder / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    wards = []
    for number, site in enumerate(pilot.sites):
        rng = np.random.default_rng([seed, number])
        ground = draw_ground(site, len(pilot.waves), rng)
        wards.append(ground.wards)
        suffix, write = WRITERS[TOOLS[site.site]]
        for wave in pilot.waves:
            interviews = with_field_mistakes(simulate_interviews(site, ground, pilot.waves, wave, rng), rng)
            if (site.site, wave) == TROUBLED:
                interviews = with_trouble(interviews, rng.spawn(1)[0])
            path = incoming / f"{site.site}-{wave}{suffix}"
            write(path, interviews, instrument)
            yield Export(site=site.site, wave=wave, path=path)
        if not number:
            _write_try_me(incoming / TRY_ME, site, ground, pilot, instrument, rng)
    pd.concat(wards).to_csv(folder / "instruments" / "wards.csv", index=False)


def _write_try_me(
    path: Path,
    site: SiteTruth,
    ground: Ground,
    pilot: Pilot,
    instrument: Instrument,
    rng: np.random.Generator,
) -> None:
    """A short file for a visitor to upload: some good interviews, and one mistake of each common kind."""
    last = list(pilot.waves)[-1]
    drawn = simulate_interviews(site, ground, pilot.waves, last, rng)
    rows = drawn[drawn["consent"] == "yes"].head(16).reset_index(drop=True)
    for row, question, answer in (
        (1, "age", "7"),
        (3, "age", "thirty-one"),
        (4, "int_licence", "perhaps"),
        (6, "ward", None),
        (7, "site", "nepal west"),
        (9, "today", "2031-09-12"),
        (10, "enumerator", "unknown"),
        (12, "signs", "debt dk"),
        (14, "area_group", "C"),
    ):
        rows.loc[row, question] = answer
    rows.loc[13, "consent"] = "no"
    rows.loc[13, "age":] = None
    WRITERS["kobo_csv"][1](path, rows, instrument)


def _ingest(
    workspace: Workspace,
    campaign: Campaign,
    instrument: Instrument,
    exports: list[Export],
    tell: Callable[[str], object],
) -> None:
    catalogue = Catalogue(workspace.database_url)
    countries = {site.id: site.country for site in campaign.sites}
    last = campaign.analysis.after[-1]
    ordered = sorted(
        exports, key=lambda export: export.wave == last
    )  # as in life: the plan, then the last wave
    for number, export in enumerate(ordered, start=1):
        if export.wave == last and not locked_plans(catalogue, campaign.id):
            lock_plan(catalogue, campaign, by="demo", why="before the endline")
        receipt = ingest_file(
            export.path,
            name=export.path.name,
            catalogue=catalogue,
            keys=workspace.keys,
            instrument=instrument,
            fieldwork=fieldwork_of(campaign, site=export.site, wave=export.wave),
            country_of_site=countries,
            today=TODAY,
            uploader="demo",
        )
        if (
            receipt.verdict == "reject-file"
        ):  # never of the demonstration's own files, or it would show nothing
            problem = receipt.report.problems[0]
            raise CannotProceed(export.path.name, problem.message(), problem.remedy())
        tell(
            f"  {number:2} of {len(exports)}  {export.path.name}: "
            f"{receipt.accepted} interviews stored, {receipt.rejected} rows refused"
        )
    columns.refresh(catalogue, workspace.columns, campaign.id)


def _own(workspace: Workspace) -> Workspace:
    """The workspace with a record and keys of its own, whatever the environment says: never a real one's."""
    database = URL.create("sqlite", database=str(workspace.folder / "catalogue.db"))
    return replace(workspace, database_url=database.render_as_string(), keys_folder=None)


def _stamp(seed: int, source: Path) -> str:
    """One digest of everything the demonstration is made from: its files, and the code they pass through."""
    digest = hashlib.sha256(str(seed).encode())
    code = [
        *sorted((PACKAGES / "surveys").rglob("*.py")),
        *(
            PACKAGES / "campaigns" / f"{name}.py"
            for name in ("field_files", "simulated_interviews", "simulated_trouble", "simulation")
        ),
        Path(__file__),
    ]
    for path in [*sorted(p for p in source.rglob("*") if p.suffix in (".yaml", ".xlsx")), *code]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _built(folder: Path) -> str | None:
    try:
        return str(json.loads((folder / STAMP).read_text("utf-8"))["built_from"])
    except (OSError, ValueError, KeyError):
        return None


def _write_stamp(folder: Path, stamp: str) -> None:
    said = {"demonstration": True, "built_from": stamp}
    (folder / STAMP).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


def _clear(folder: Path) -> None:
    """Make room; nothing but an older demonstration is ever removed."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if _built(folder) is None:
        raise CannotProceed(
            str(folder),
            "this folder holds something else than the demonstration.",
            "Name another: --folder demo.",
        )
    shutil.rmtree(folder)
