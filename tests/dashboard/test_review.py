"""Reviewing: the versions of an interview as the page shows them, and refusals in the reader's language."""

import json

import pytest

from dashboard.app import services_of
from dashboard.interview_versions import shown
from dashboard.review_desk import Desk
from dashboard.settings import load_workspace
from surveys.languages import say
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.surveys.fieldwork_example import said, write_export


__all__ = ["awareness", "workspace"]

PRIVATE = "call 010-2000-0000"


@pytest.fixture
def edited(workspace, tmp_path, awareness):
    """A workspace in which one interview was sent three times, once with a text that is kept back."""
    versions = [
        said("a", remark="radio"),
        said("a", heard="no", remark="radio"),
        said("a", heard="no", remark=PRIVATE),
    ]
    for number, row in enumerate(versions):
        file = write_export(tmp_path / f"day-{number}.csv", [row])
        words = (
            "ingest",
            file,
            "--workspace",
            workspace,
            "--campaign",
            "pilot",
            "--site",
            "npl",
            "--by",
            "Rai",
        )
        assert awareness(*words)[0] == 0
    return workspace


def versions(place, language, interview, sites=()):
    services = services_of(load_workspace(place))
    campaign = services.evaluations.campaign("pilot")
    desk = Desk(services=services, campaign=campaign, sites=sites, language=language)
    return json.dumps(
        shown(desk, interview).to_plotly_json(), default=lambda one: one.to_plotly_json(), ensure_ascii=False
    )


@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_versions_of_an_interview_say_who_sent_what_when_and_what_changed(edited, language):
    told = versions(edited, language, "a")
    for number in range(3):
        assert f"day-{number}.csv" in told
    assert told.count('"Rai"') == 3
    assert "yes → no" in told
    assert f"radio → {say('screens.corrections.missing.lost', language)}" in told
    assert "010-2000" not in told


def test_a_version_at_another_site_keeps_its_answers_to_itself(edited):
    assert "No interview with this id is stored." in versions(edited, "en", "a", sites=("elsewhere",))
    assert "No interview with this id is stored." in versions(edited, "en", "nobody")
    assert "No interview with this id is stored." in versions(edited, "en", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("undo", "99"), "이 캠페인에는 99단계가 없습니다."),
        (("redo", "1"), "1단계는 현재 반영되어 있습니다."),
        (("decide", "7", "discard"), "이 캠페인에는 보류된 면접 7번이 없습니다."),
        (("decide", "7", "perhaps"), '"perhaps"은(는) 보류된 면접을 처리하는 결정이 아닙니다.'),
        (("show", "7"), "이 캠페인에는 보류된 면접 7번이 없습니다."),
        (("verdict", "99"), "이 캠페인에는 99단계가 없습니다."),
    ],
)
def test_the_verb_refuses_in_the_language_of_its_reader(edited, awareness, words, told):
    where = ("--workspace", edited, "--campaign", "pilot", "--language")
    code, _, refused = awareness("review", *words, *where, "ko")
    assert code == 2
    assert told in refused
    english = awareness("review", *words, *where, "en")[2]
    assert told not in english
    assert not [letter for letter in english if "가" <= letter <= "힣"]
