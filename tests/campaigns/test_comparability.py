"""Outcomes that were not asked alike: said beside the number, and left out of averages."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import xlsxwriter

from campaigns.comparability import Asked, compare_outcomes, told, with_comparability
from campaigns.roles import pools_of
from surveys.catalogue import Catalogue
from surveys.instrument import Choice, Instrument, Question
from surveys.languages import languages
from tests.campaigns.command_line import awareness
from tests.campaigns.examples import CAMPAIGN, campaign_in, effect
from tests.campaigns.test_evaluate_command import write_interviews


YES, NO = Choice(name="yes", labels={"en": "Yes"}), Choice(name="no", labels={"en": "No"})
FORM = Instrument(
    form_id="kap", version="1", title="", languages=("en",), default_language="en",
    questions=tuple(
        Question(name=name, type="select_one", choice_list=name, labels={"en": name}) for name in ("a", "b", "c", "blame")
    ),
    choices=dict.fromkeys(("a", "b", "c", "blame"), (YES, NO)),
    sha256="1",
)  # fmt: skip
WITHOUT_NO = replace(FORM, choices={**FORM.choices, "b": (YES,)}, sha256="2", version="2")
REWORDED = replace(
    FORM, questions=tuple(replace(q, labels={"en": f"{q.name} now"}) if q.name == "c" else q for q in FORM.questions), sha256="3"
)  # fmt: skip


def asked(after: Instrument, site: str = "npl") -> list[Asked]:
    return [
        Asked(site=site, wave="baseline", instruments=(FORM,)),
        Asked(site=site, wave="endline", instruments=(after,)),
    ]


@pytest.mark.parametrize(
    ("after", "levels"),
    [
        (FORM, {"signs": "alike", "stigma": "alike"}),
        (WITHOUT_NO, {"signs": "broken", "stigma": "alike"}),
        (REWORDED, {"signs": "doubtful", "stigma": "alike"}),
    ],
)
def test_only_the_outcomes_own_questions_count(
    tmp_path: Path, after: Instrument, levels: dict[str, str]
) -> None:
    campaign = campaign_in(tmp_path)
    found = {one.outcome: one.level for one in compare_outcomes(campaign, asked(after)) if one.site == "npl"}
    assert found == levels


@pytest.mark.parametrize("language", languages())
def test_what_versions_mean_is_told_in_the_readers_language(tmp_path: Path, language: str) -> None:
    campaign = campaign_in(tmp_path)
    found = next(one for one in compare_outcomes(campaign, asked(WITHOUT_NO)) if one.level == "broken")
    assert "b" in told(found, campaign.outcome(found.outcome), language)


def test_what_is_not_comparable_enters_no_average_and_says_so(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    sites: Sequence[str] = ("npl", "bgd")
    effects = [effect(site) for site in sites]
    noted = with_comparability(effects, campaign, [*asked(WITHOUT_NO), *asked(FORM, "bgd")])
    assert [note.code for note in noted[0].caveats] == ["asked_differently"]
    assert noted[1].caveats == ()
    origin = next(
        pool for pool in pools_of(noted, campaign) if (pool.outcome, pool.role) == ("signs", "origin")
    )
    assert origin.sites == ("bgd",)
    assert origin.left_out["npl"].code == "left_out_asked_differently"


def test_a_site_asked_otherwise_than_the_first_is_left_out(tmp_path: Path) -> None:
    campaign = campaign_in(tmp_path)
    both = [Asked(site=site, wave=wave, instruments=(form,)) for site, form in (("npl", FORM), ("bgd", WITHOUT_NO)) for wave in ("baseline", "endline")]  # fmt: skip
    noted = with_comparability([effect("npl"), effect("bgd")], campaign, both)
    assert [[note.code for note in one.caveats] for one in noted] == [[], ["other_than_at_first_site"]]


def write_questionnaire(path: Path, version: str, choices: Sequence[str]) -> None:
    survey = [
        ("today", "today", ""),
        *(("select_one yes_no", item, item) for item in ("a", "b", "c", "blame")),
    ]
    with xlsxwriter.Workbook(path) as book:
        for name, rows in {
            "survey": [("type", "name", "label"), *survey],
            "choices": [
                ("list_name", "name", "label"),
                *(("yes_no", code, code.title()) for code in choices),
            ],
            "settings": [("form_id", "version"), ("kap", version)],
        }.items():
            sheet = book.add_worksheet(name)
            for line, row in enumerate(rows):
                sheet.write_row(line, 0, row)


def test_a_questionnaire_replaced_between_the_waves_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    assert awareness("init", folder).returncode == 0
    parts = "  submission: submission\n  wave: wave\n  arm: arm\n  interview_date: today\n"
    (folder / "campaigns" / "pilot.yaml").write_text(CAMPAIGN.replace("  arm: arm\n", parts), "utf-8")
    here = ("--workspace", folder, "--campaign", "pilot")
    for wave, version, choices in (
        ("baseline", "1", ("yes", "no")),
        ("endline", "2", ("yes", "no", "perhaps")),
    ):
        write_questionnaire(folder / "instruments" / "kap.xlsx", version, choices)
        file = folder / f"{wave}.csv"
        write_interviews(file, "npl", wave, 240)
        assert awareness("ingest", file, *here, "--site", "npl").returncode == 0
    with Catalogue(f"sqlite:///{folder / 'catalogue.db'}") as catalogue:
        uses = catalogue.questionnaires("pilot")
    assert [(use.wave, use.version, use.uploads) for use in uses] == [
        ("baseline", "1", (1,)),
        ("endline", "2", (2,)),
    ]
    output = folder / "effects.json"
    assert awareness("export", *here, "--output", output).returncode == 0
    effects = [row for row in json.loads(output.read_text("utf-8")) if row["estimate"] is not None]
    assert effects
    assert all(any("Not asked alike" in caveat for caveat in row["caveats"]) for row in effects)


def test_two_files_are_compared_before_anybody_is_interviewed(tmp_path: Path) -> None:
    for name, choices in (("old", ("yes", "no")), ("new", ("yes", "perhaps"))):
        write_questionnaire(tmp_path / f"{name}.xlsx", name, choices)
    (tmp_path / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
    files = (tmp_path / "old.xlsx", tmp_path / "new.xlsx")
    run = awareness("questionnaire", "compare", *files, "--campaign", tmp_path / "pilot.yaml")
    assert run.returncode == 1
    said = json.loads(run.stdout)
    assert {outcome["level"] for outcome in said["outcomes"]} == {"broken"}
    assert {change["kind"] for change in said["changes"]} == {"choice_added", "choice_removed"}
    assert awareness("questionnaire", "compare", files[0], files[0], "--format", "csv").stdout.startswith(
        "question,choice"
    )
