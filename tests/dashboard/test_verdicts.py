"""What a field team reads after an upload says what is to be done, and nothing that is not so."""

from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.histories import standings_of
from dashboard.questions import questions_of
from dashboard.uploads import has_rows_to_mend
from dashboard.verdicts import verdict_of
from surveys.languages import languages, say
from surveys.problems import Problem
from tests.surveys.fieldwork_example import said
from tests.surveys.test_sources import Desk, write_workbook


@pytest.fixture
def desk(tmp_path: Path):
    desk = Desk(tmp_path, f"sqlite:///{tmp_path / 'record.sqlite'}")
    yield desk
    desk.catalogue.close()


def counts(verdict: dict) -> dict[str, str]:
    return {one["name"]: one["value"] for one in verdict["counts"]}


@pytest.mark.parametrize("language", languages())
def test_a_second_sheet_of_interviews_is_said_to_be_left_out_and_how_to_send_it(
    desk: Desk, language: str
) -> None:
    sheets = {"Team A": [said("a")], "Team B": [said("b"), said("c")]}
    path = write_workbook(desk.folder / "two.xlsx", sheets)
    asked = verdict_of(desk.send(path), language)
    assert [cause["remedy"] for cause in asked["causes"]] == [say("screens.upload.asked.fix", language)]
    receipt = desk.send(path, "sheet=Team A")
    verdict = verdict_of(receipt, language)
    assert verdict["state"] == "incomplete"
    assert verdict["next"] == say("screens.upload.verdicts.incomplete.next", language)
    [left_out] = verdict["left_out"]
    assert "Team B" in left_out["title"]
    assert "Team B" in left_out["remedy"]
    assert not any("Team B" in remark["title"] for remark in verdict["warnings"])
    assert [one["id"] for one in questions_of(receipt.report.doubts, language)] == ["sheet"]
    assert desk.send(path, "sheet=Team B").accepted == 2


@pytest.mark.parametrize("language", languages())
def test_a_mark_in_empty_cells_is_asked_about_before_anything_is_to_be_mended(
    desk: Desk, language: str
) -> None:
    rows = [said("a"), said("b", age="NA", heard="NA"), said("c", age="none")]
    receipt = desk.send(rows)
    verdict = verdict_of(receipt, language)
    assert (verdict["state"], receipt.rejected) == ("partly", 2)
    assert verdict["next"] == say("screens.upload.asked.next_partly", language)
    assert [cause["remedy"] for cause in verdict["causes"]].count(
        say("screens.upload.asked.fix", language)
    ) == 1
    assert desk.send([*rows, said("d", age="NA")], "missing:NA=blank").rejected == 1
    assert desk.send([said("e", age="NA")]).rejected == 0  # remembered


def test_held_interviews_alone_wait_for_a_person_and_offer_no_workbook(desk: Desk) -> None:
    desk.send([said("a")])
    receipt = desk.send([said("a", day="2026-03-09", ward="other")])
    assert (receipt.held, receipt.rejected) == (1, 0)
    verdict = verdict_of(receipt, "en")
    assert verdict["state"] == "waiting"
    assert not has_rows_to_mend(receipt)


def test_an_edited_interview_is_replaced_and_not_new(desk: Desk) -> None:
    desk.send([said("a")])
    receipt = desk.send([said("a", heard="no"), said("b")])
    assert receipt.replaced == 1
    told = counts(verdict_of(receipt, "en"))
    assert (told["accepted"], told["replaced"]) == ("1", "1")


def test_the_history_counts_as_the_verdict_does_and_as_things_stand(desk: Desk) -> None:
    desk.send([said("a")])
    receipt = desk.send([said("a", day="2026-03-09", ward="other")])
    [held] = desk.catalogue.held("pilot")
    step = desk.catalogue.decide_held("pilot", held.id, "both", by="Mina")

    def standing(upload: int):
        uploads = [one for one in desk.catalogue.uploads("pilot") if one.id == upload]
        return standings_of(desk.catalogue, "pilot", uploads)[0]

    assert (standing(receipt.upload).accepted, standing(receipt.upload).held) == (1, 0)
    desk.catalogue.undo("pilot", step, by="Mina")
    assert (standing(receipt.upload).accepted, standing(receipt.upload).held) == (0, 1)


@pytest.mark.parametrize("language", languages())
def test_where_there_is_no_column_none_is_named(language: str) -> None:
    problem = Problem(code="duplicate_identical", row=289, column="")
    assert '""' not in problem.message(language)
    assert "289" in problem.message(language)
    assert '"code"' in replace(problem, column="code").message(language)


def test_a_remedy_shows_no_expression_where_the_questionnaire_says_its_rule_in_words() -> None:
    values = {"rule": "", "form_message": {"en": " (Three letters)", "ko": " (세 글자)"}}
    told = Problem(code="constraint_fails", row=2, column="enumerator", value="x", values=values)
    assert told.remedy("en").endswith("left blank.")
    bare = replace(told, values={"rule": "(regex(., '[A-Z]+'))", "form_message": ""})
    assert bare.remedy("en").endswith("left blank. (regex(., '[A-Z]+'))")
