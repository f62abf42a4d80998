"""Plans locked before the data, and every estimate held against them."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaigns.effects import LockedPlan, PlanStamp
from campaigns.plan_lock import (
    binding,
    compare_with_run,
    plan_content,
    plan_sha256,
    stamp_of,
    stamped,
    told_of_plan,
)
from campaigns.records import lock_plan, locked_plans
from surveys.catalogue import Catalogue
from surveys.languages import languages
from surveys.problems import CannotProceed
from tests.campaigns.command_line import awareness
from tests.campaigns.examples import CAMPAIGN, campaign_in, effect, evaluation_of, gap
from tests.campaigns.test_evaluate_command import write_interviews, write_questionnaire


def locked(
    folder: Path, replacing: dict[str, str] | None = None, *, late: bool = False, version: int = 1
) -> LockedPlan:

    content = json.loads(json.dumps(plan_content(campaign_in(folder, replacing))))
    return LockedPlan(
        campaign="pilot",
        version=version,
        sha256=plan_sha256(content),
        content=content,
        locked_at=datetime(2026, 3, 1, tzinfo=UTC),
        locked_by="kim",
        note="",
        late=late,
        as_of_upload=None,
    )


def test_a_plan_has_one_hash_whatever_the_order_and_words_of_its_file(tmp_path: Path) -> None:
    first = plan_content(campaign_in(tmp_path))
    retitled = plan_content(campaign_in(tmp_path, {"Names two warning signs": "Can name two warning signs"}))
    assert plan_sha256(first) == plan_sha256(retitled) == plan_sha256(dict(reversed(first.items())))
    changed = plan_content(campaign_in(tmp_path, {"at_least: 2": "at_least: 1"}))
    assert plan_sha256(changed) != plan_sha256(first)


@pytest.mark.parametrize(
    ("change", "deviations"),
    [
        ({}, ()),
        ({"at_least: 2": "at_least: 1"}, ("outcomes.signs.score",)),
        ({"cluster: ward": "cluster: village"}, ("columns",)),
        ({"margin: {knowledge: 0.03}": "margin: {knowledge: 0.05}"}, ("analysis.margin.knowledge",)),
        ({"margin: {knowledge: 0.03}": "standard_errors: CR1S"}, ("analysis.standard_errors", "analysis.margin.knowledge")),
        ({"{id: npl, country: NPL, role: origin,": "{id: npl, country: NPL, role: transit,"}, ("sites.npl.role",)),
        ({"{id: bgd, country: BGD, role: origin}": "{id: bgd, country: BGD, role: transit}"}, ()),
        ({"equals: \"yes\"": "equals: \"no\""}, ()),
        ({"before: baseline": "before: baseline\n  pool: {by: role, method: REML}"}, ()),
    ],
)  # fmt: skip
def test_an_estimate_departs_only_in_what_it_depends_on(
    tmp_path: Path, change: dict[str, str], deviations: tuple[str, ...]
) -> None:
    lock = locked(tmp_path)
    stamp = stamp_of(effect("npl"), campaign_in(tmp_path, change), lock)
    assert stamp == PlanStamp(status="deviated" if deviations else "planned", deviations=deviations)


def test_what_was_not_planned_is_exploratory(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    without_signs = locked(tmp_path, {"- id: signs": "- id: other"})
    without_site = locked(tmp_path, {"{id: npl,": "{id: lka,"})
    for lock, one, code in (
        (None, effect("npl"), "no_lock"),
        (locked(tmp_path, late=True), effect("npl"), "locked_late"),
        (without_signs, effect("npl"), "outcome_not_planned"),
        (without_site, effect("npl"), "site_not_planned"),
        (locked(tmp_path), effect("npl", subgroup="female=1"), "subgroup_not_planned"),
    ):
        stamp = stamp_of(one, campaign, lock)
        assert stamp.status == "exploratory"
        assert stamp.reason is not None
        assert stamp.reason.code == code


def test_a_late_lock_never_takes_the_place_of_one_made_in_time(tmp_path: Path) -> None:
    in_time, late = locked(tmp_path), locked(tmp_path, late=True, version=2)
    assert binding([in_time, late]) is in_time
    assert binding([late]) is late
    assert binding([]) is None


@pytest.mark.parametrize("language", languages())
def test_the_report_names_what_was_planned_and_not_run_and_what_was_run_and_not_planned(
    tmp_path: Path, language: str
) -> None:
    campaign = campaign_in(tmp_path)
    lock = locked(tmp_path, {"{id: kor,": "{id: jpn,"})
    effects = [effect("npl"), gap("bgd"), effect("kor")]
    evaluation = stamped(evaluation_of(campaign, effects), lock)
    lines = {(line.outcome, line.site): line for line in compare_with_run(lock, evaluation)}
    assert lines["signs", "npl"].status == "planned"
    assert lines["signs", "bgd"].status == "not_run"
    assert lines["signs", "jpn"].status == "not_run"
    assert lines["signs", "kor"].status == "exploratory"
    assert "2026-03-01" in told_of_plan(evaluation, "signs", language)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    assert awareness("init", folder).returncode == 0
    parts = "  submission: submission\n  wave: wave\n  arm: arm\n  interview_date: today\n"
    (folder / "campaigns" / "pilot.yaml").write_text(CAMPAIGN.replace("  arm: arm\n", parts), "utf-8")
    write_questionnaire(folder / "instruments" / "kap.xlsx")
    return folder


def send(folder: Path, wave: str) -> None:
    path = folder / f"npl-{wave}.csv"
    write_interviews(path, "npl", wave, 240)
    run = awareness("ingest", path, "--workspace", folder, "--campaign", "pilot", "--site", "npl")
    assert run.returncode == 0, run.stdout


def test_a_plan_is_locked_once_before_the_last_wave_and_estimates_say_so(workspace: Path) -> None:
    here = ("--workspace", workspace, "--campaign", "pilot")
    send(workspace, "baseline")
    assert awareness("plan", "lock", *here, "--by", "kim").returncode == 0
    again = awareness("plan", "lock", *here)
    assert (again.returncode, "locked already" in again.stderr) == (2, True)
    send(workspace, "endline")
    found = workspace / "effects.json"
    assert awareness("export", *here, "--output", found).returncode == 0
    of_npl = [
        row
        for row in json.loads(found.read_text("utf-8"))
        if row["site"] == "npl" and row["outcome"] == "signs"
    ]
    assert [row["plan_status"] for row in of_npl] == ["planned"]
    file = workspace / "campaigns" / "pilot.yaml"
    file.write_text(file.read_text("utf-8").replace("at_least: 2", "at_least: 1"), "utf-8")
    refused = awareness("plan", "lock", *here)
    assert (refused.returncode, "--late" in refused.stderr) == (2, True)
    rows = json.loads(awareness("plan", "compare", *here).stdout)
    line = next(row for row in rows if (row["outcome"], row["site"]) == ("signs", "npl"))
    assert (line["status"], line["deviations"]) == ("deviated", ["outcomes.signs.score"])
    shown = json.loads(awareness("plan", "show", *here).stdout)
    assert (shown["locked_by"], shown["late"], shown["as_of_upload"]) == ("kim", False, 1)
    assert awareness("plan", "lock", *here, "--late", "--by", "lee").returncode == 0
    assert json.loads(awareness("plan", "show", *here).stdout)["version"] == 1
    assert json.loads(awareness("plan", "show", *here, "--version", "2").stdout)["late"] is True


def test_locks_stand_in_the_audit(workspace: Path) -> None:
    from campaigns.registry import load_campaign

    with Catalogue(f"sqlite:///{workspace / 'catalogue.db'}") as catalogue:
        campaign = load_campaign(workspace / "campaigns" / "pilot.yaml")
        lock = lock_plan(catalogue, campaign, by="kim", why="pre-registered")
        assert locked_plans(catalogue, "pilot") == [lock]
        with pytest.raises(CannotProceed, match="locked already"):
            lock_plan(catalogue, campaign, by="lee")
        last = catalogue.audit_entries()[-1]
        assert (last.actor, last.action) == ("kim", "plan locked")
        assert catalogue.first_broken_audit_entry() is None
