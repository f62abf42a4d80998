"""What stands beside an average of sites: the numbers of R's metafor."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.campaigns.command_line import awareness


R = json.loads((Path(__file__).parents[1] / "reference" / "nested_pooling.json").read_text("utf-8"))


def pooled(folder: Path, *options: str) -> dict[str, Any]:
    pd.DataFrame(R["data"]).to_csv(folder / "table.csv", index=False)
    ended = awareness("pool", folder / "table.csv", *options)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("interval", ["knapp_hartung", "normal"])
@pytest.mark.parametrize(("kind", "name"), [("leave_one_out", "left_out"), ("shrunken", "site")])
def test_sites_left_out_and_drawn_to_the_average_are_those_of_r(
    tmp_path: Path, interval: str, kind: str, name: str
) -> None:
    found = pooled(tmp_path, "--interval", interval)[kind]
    assert [row[name] for row in found] == [row["site"] for row in R["data"]]
    for row, expected in zip(found, R[interval][kind], strict=True):
        for key, value in expected.items():
            # metafor refits each with its own loose tolerance
            assert row[key] == pytest.approx(value, rel=2e-3, abs=1e-7), key


def test_sites_within_countries_have_two_variances(tmp_path: Path) -> None:
    found = pooled(tmp_path, "--nested", "country")["nested"]
    for key, value in R["nested"].items():
        assert found[key] == pytest.approx(value, rel=1e-4, abs=1e-8), key


def test_equal_weights_draw_nobody_to_the_average(tmp_path: Path) -> None:
    found = pooled(tmp_path, "--method", "equal")
    assert found["shrunken"] == []
    first = pd.DataFrame(R["data"]).iloc[1:]["estimate"].mean()
    assert found["leave_one_out"][0]["estimate"] == pytest.approx(first)


def test_one_group_cannot_nest(tmp_path: Path) -> None:
    pd.DataFrame(R["data"]).assign(country="a").to_csv(tmp_path / "table.csv", index=False)
    ended = awareness("pool", tmp_path / "table.csv", "--nested", "country")
    assert (ended.returncode, ended.stderr.startswith("--nested")) == (2, True)
