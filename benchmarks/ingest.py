"""Ingest of a 200,000 x 42 CSV, read, checked and stored, against ``pandas.read_csv(dtype=str)`` of that file."""

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from campaigns.simulated_interviews import simulate_interviews
from campaigns.simulation import draw_ground, pilot_from
from dashboard.demo import CAMPAIGN, SOURCE


ROWS, COLUMNS = 200_000, 42
BUDGET = {"time, ingest over pandas.read_csv": 5.0, "memory, peak over size of the file": 10.0}

PANDAS = """
import json, sys, time, pandas as pd
begun = time.perf_counter()
frame = pd.read_csv(sys.argv[1], dtype=str)
print(json.dumps({"seconds": time.perf_counter() - begun, "rows": len(frame)}))
"""
INGEST = """
import json, resource, sys, time
from datetime import date
from pathlib import Path
from campaigns.registry import fieldwork_of, load_campaign
from dashboard.settings import init_workspace
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.xlsform import load_instrument

file, source, folder, name = map(Path, sys.argv[1:5])
campaign = load_campaign(source / "campaigns" / f"{name}.yaml")
instrument = load_instrument(source / "instruments" / f"{campaign.instrument}.xlsx")
workspace = init_workspace(folder, title="benchmark")
catalogue, keys = Catalogue(workspace.database_url), workspace.keys
peak = lambda who: resource.getrusage(who).ru_maxrss * 1024
idle = peak(resource.RUSAGE_SELF)
begun = time.perf_counter()
receipt = ingest_file(
    file, name=file.name, catalogue=catalogue, keys=keys, instrument=instrument,
    fieldwork=fieldwork_of(campaign, site="npl", wave="endline"),
    country_of_site={site.id: site.country for site in campaign.sites}, today=date(2026, 10, 5), uploader="benchmark",
)
seconds = time.perf_counter() - begun
if receipt.accepted != int(sys.argv[5]):
    raise SystemExit(f"{receipt.accepted} rows were stored")
print(json.dumps({
    "seconds": seconds, "here": peak(resource.RUSAGE_SELF) - idle,
    "in the child": peak(resource.RUSAGE_CHILDREN),
}))
"""


def measure() -> dict[str, float]:
    """Ratios of time and of memory; each time is the best of three runs in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "endline.csv"
        write_file(file)
        pandas = min(_run(PANDAS, file)["seconds"] for _ in range(3))
        runs = [
            _run(INGEST, file, SOURCE, Path(folder) / f"workspace-{turn}", CAMPAIGN, ROWS)
            for turn in range(3)
        ]
        peak = max(max(run["here"], run["in the child"]) for run in runs)
        return {
            "time, ingest over pandas.read_csv": min(run["seconds"] for run in runs) / pandas,
            "memory, peak over size of the file": peak / file.stat().st_size,
        }


def write_file(file: Path) -> None:
    """The file that is ingested."""
    table = interviews(0, "endline", ROWS)
    if table.shape != (ROWS, COLUMNS):
        raise RuntimeError(f"the benchmark's table is {table.shape}")
    table.to_csv(file, index=False)


def interviews(place: int, wave: str, rows: int, seed: int = 1) -> pd.DataFrame:
    """Simulated interviews of one site and wave, every one within the wave, without the demonstration's mistakes."""
    pilot = pilot_from(yaml.safe_load((SOURCE / "truth.yaml").read_text("utf-8")))
    site = replace(pilot.sites[place], interviews=(2 * rows, 2 * rows))  # some refuse, some are not met
    ground = draw_ground(site, 2, np.random.default_rng(place))
    drawn = simulate_interviews(
        site, ground, pilot.waves, wave, np.random.default_rng([seed, place, len(wave)])
    )
    drawn = drawn[drawn["consent"] == "yes"].head(rows)
    table = drawn.rename(columns={"instance_id": "_uuid"}).drop(columns="start")
    month = "02" if wave == "baseline" else "09"
    days = pd.Series(pd.date_range(f"2026-{month}-02", f"2026-{month}-28").strftime("%Y-%m-%d"))
    table["today"] = days.iloc[np.arange(len(table)) % len(days)].to_numpy()
    table["end"] = table["today"] + table["end"].str[10:]
    return table


def _run(program: str, *arguments: Path | str | int) -> dict[str, float]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    said = subprocess.run(command, check=False, capture_output=True, text=True, cwd=SOURCE.parents[1])
    if said.returncode:
        raise RuntimeError(said.stderr)
    result: dict[str, float] = json.loads(said.stdout.splitlines()[-1])
    return result


if __name__ == "__main__":
    for name, value in measure().items():
        print(f"{name:<40} {value:8.2f}   budget {BUDGET[name]:g}")
