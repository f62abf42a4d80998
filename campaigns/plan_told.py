"""A plan as it may stand beside rows: everything it decides, without the values by which it picks rows or weighs places."""

from collections.abc import Mapping
from pathlib import Path

import yaml


def file_plan_told(plan_file: Path) -> dict[str, object]:
    """The keys of a plan for one file. Of the rows it picks the columns, and by how many values, are told."""
    plan = dict(yaml.safe_load(plan_file.read_text("utf-8")))
    if isinstance(plan.get("where"), Mapping):
        plan["where"] = {str(name): _number_of_values(values) for name, values in plan["where"].items()}
    columns = plan.get("columns")
    if isinstance(columns, Mapping) and isinstance(columns.get("received"), Mapping):
        received = columns["received"]
        plan["columns"] = {**columns, "received": {"column": received.get("column")}}
    return plan


def campaign_plan_told(content: Mapping[str, object]) -> dict[str, object]:
    """The content of a campaign's plan. Populations of strata and clusters would tell by their weights which is which."""
    sites = content.get("sites")
    if not isinstance(sites, Mapping):
        return dict(content)
    return {**content, "sites": {name: _site_told(site) for name, site in sites.items()}}


def _site_told(site: object) -> object:
    if not isinstance(site, Mapping) or not isinstance(site.get("weights"), Mapping):
        return site
    weights = site["weights"]
    margins = [m.get("question") for m in weights.get("margins") or () if isinstance(m, Mapping)]
    told = {key: weights[key] for key in ("design", "nonresponse", "trim") if key in weights}
    return {**site, "weights": {**told, "margins": margins}}


def _number_of_values(values: object) -> int:
    return len(values) if isinstance(values, list) else 1
