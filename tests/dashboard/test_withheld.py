"""Texts kept back: listed without the text, read by name, decided about and undone, on a page and by ``withheld``."""

import csv

import pytest

from dashboard.app import create_app
from dashboard.settings import load_workspace
from surveys.catalogue import Catalogue
from tests.dashboard.clients import client_of
from tests.dashboard.test_files_verbs import awareness, workspace
from tests.surveys.fieldwork_example import said, write_export


__all__ = ["awareness", "workspace"]

TELEPHONE, NAME, MAIL = "call 010-2000-0000", "홍길동 씨가 말함", "write to a.person@example.org"


@pytest.fixture
def kept_back(workspace, tmp_path, awareness):
    """A workspace with three texts that wait, and one that need not."""
    rows = [
        said("a", remark=TELEPHONE),
        said("b", remark=NAME),
        said("c", remark="radio"),
        said("d", remark=MAIL),
    ]
    file = write_export(tmp_path / "a.csv", rows)
    assert awareness("ingest", file, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")[0] == 0
    return workspace


@pytest.fixture
def client(kept_back):
    return client_of(create_app(load_workspace(kept_back)))


def remarks(place, awareness, *more):
    output = place / "rows.csv"
    done = awareness("responses", "--workspace", place, "--campaign", "pilot", "--output", output, *more)
    assert done[0] == 0, done
    with output.open(encoding="utf-8", newline="") as stream:
        return [row["remark"] for row in csv.DictReader(stream)]


def audited(place):
    with Catalogue(f"sqlite:///{place / 'catalogue.db'}") as catalogue:
        return [one for one in catalogue.audit_entries() if "withheld" in one.action]


def post(client, action, language="en", **body):
    reply = client.post(f"/withheld/{action}?campaign=pilot&lang={language}", json=body)
    return reply.status_code, reply.get_json()


def listed(client, language="en"):
    return client.get(f"/withheld/list.json?campaign=pilot&lang={language}").get_json()


def test_rows_leave_without_the_texts_unless_somebody_says_why(kept_back, awareness):
    assert remarks(kept_back, awareness) == ["", "", "radio", ""]
    output = kept_back / "all.csv"
    words = (
        "responses",
        "--workspace",
        kept_back,
        "--campaign",
        "pilot",
        "--output",
        output,
        "--with-withheld",
    )
    code, _, told = awareness(*words)
    assert (code, output.exists(), "--why" in told) == (2, False, True)
    assert audited(kept_back) == []
    why = ("--with-withheld", "--why", "court order 7", "--by", "Lee")
    assert remarks(kept_back, awareness, *why) == [TELEPHONE, NAME, "radio", MAIL]
    [entry] = audited(kept_back)
    assert (entry.actor, entry.details["texts"], entry.details["reason"]) == ("Lee", 3, "court order 7")
    for text in (TELEPHONE, NAME, MAIL):
        assert text not in str(entry)


def test_the_verb_lists_kinds_and_shows_releases_leaves_out_and_undoes(kept_back, awareness):
    words = ("withheld", "--workspace", kept_back, "--campaign", "pilot")
    told = awareness(*words)[1]
    assert "remark (telephone number)" in told
    assert "remark (name)" in told
    assert "3 texts wait." in told
    assert not [text for text in (TELEPHONE, NAME, MAIL) if text in told]
    assert TELEPHONE in awareness(*words, "--show", "--by", "Lee")[1]
    assert awareness(*words, "--release", "1", "--by", "Lee")[1] == "1 text was released.\n"
    assert awareness(*words, "--leave-out", "2", "--by", "Lee")[1] == "1 text was left out.\n"
    assert remarks(kept_back, awareness) == [TELEPHONE, "", "radio", ""]
    code, _, refused = awareness(*words, "--release", "2", "--language", "ko")
    assert (code, "2번으로 보류된 글이 없습니다" in refused) == (2, True)
    assert "left out by Lee" in awareness(*words, "--decided")[1]
    assert awareness(*words, "--undo", "1", "--undo", "2", "--by", "Kim")[1] == "2 texts wait again.\n"
    assert remarks(kept_back, awareness) == ["", "", "radio", ""]
    assert "3 texts wait." in awareness(*words)[1]
    assert awareness(*words, "--undo", "1")[0] == 2
    noted = audited(kept_back)
    assert [one.action for one in noted] == [
        "withheld texts shown", "withheld texts released", "withheld texts left out", "withheld texts wait again"
    ]  # fmt: skip
    assert not [text for text in (TELEPHONE, NAME, MAIL) if text in str(noted)]


def test_what_is_released_after_an_undo_is_what_the_columns_hold(kept_back, awareness):
    words = ("withheld", "--workspace", kept_back, "--campaign", "pilot")
    awareness(*words, "--release", "1")
    with Catalogue(f"sqlite:///{kept_back / 'catalogue.db'}") as catalogue:
        [before] = [part.mark for part in catalogue.parts("pilot")]
        catalogue.undo_withheld("pilot", [1], by="Lee")
        catalogue.decide_withheld("pilot", [2], "released", load_workspace(kept_back).keys, by="Lee")
        [after] = [part.mark for part in catalogue.parts("pilot")]
    assert before != after  # as many texts as before, but others


def test_the_page_lists_by_place_question_and_kind_without_a_text(client):
    told = listed(client)
    [group] = told["groups"]
    assert (told["total"], group["name"], len(group["texts"])) == (3, "remark", 3)
    assert {kind["label"]: kind["count"] for kind in group["kinds"]} == {
        "telephone number": 1, "name": 1, "e-mail address": 1
    }  # fmt: skip
    assert group["texts"][0]["interview"] == "a"
    for language in ("en", "ko"):
        said_ = str(listed(client, language))
        assert not [text for text in (TELEPHONE, NAME, MAIL, "010-2000", "홍길동") if text in said_]
    assert client.get("/withheld/list.json?campaign=nowhere").status_code == 404
    assert client.get("/withheld/list.json?campaign=pilot&site=nowhere").status_code == 404


def test_nobody_reads_or_decides_without_a_name(client, kept_back):
    ids = [one["id"] for one in listed(client)["groups"][0]["texts"]]
    assert post(client, "read", ids=ids, by=" ") == (
        422,
        {"error": "It is not said who decides. Write your name."},
    )
    assert post(client, "decide", "ko", ids=ids, ruling="released")[0] == 422
    assert post(client, "undo", ids=ids)[0] == 422
    assert post(client, "decide", ids=ids, ruling="waiting", by="Lee")[0] == 400
    assert post(client, "decide", ids="all", ruling="released", by="Lee")[0] == 400
    assert audited(kept_back) == []
    assert listed(client)["total"] == 3


def test_texts_are_read_decided_about_together_and_undone_together(client, kept_back, awareness):
    one, two, three = (text["id"] for text in listed(client)["groups"][0]["texts"])
    _, told = post(client, "read", ids=[one, 4242], by="Lee")
    assert told == {"texts": {str(one): TELEPHONE}}
    _, told = post(client, "decide", ids=[one, two], ruling="left_out", by="Lee")
    assert told["total"] == 1
    assert told["decided"][0]["ids"] == [one, two]
    assert told["decided"][0]["said"].startswith("2 kept out by Lee, ")
    _, told = post(client, "decide", ids=[three], ruling="released", by="Lee")
    assert (told["total"], told["groups"]) == (0, [])
    assert remarks(kept_back, awareness) == ["", "", "radio", MAIL]
    status, told = post(client, "decide", "ko", ids=[one], ruling="released", by="Lee")
    assert (status, "보류된 글이 없습니다" in told["error"]) == (422, True)
    _, told = post(client, "undo", ids=[one, two], by="Kim")
    assert (told["total"], len(told["decided"])) == (2, 1)
    entries = audited(kept_back)
    assert [one.actor for one in entries] == ["Lee", "Lee", "Lee", "Kim"]
    assert not [text for text in (TELEPHONE, NAME, MAIL) if text in str(entries)]


def test_a_text_of_a_question_that_the_campaign_holds_is_said_to_be_so(workspace, tmp_path, awareness):
    file = workspace / "campaigns/pilot.yaml"
    file.write_text(file.read_text("utf-8") + "identifiers: {remark: hold}\n", "utf-8")
    rows = write_export(tmp_path / "a.csv", [said("a", remark="radio")])
    awareness("ingest", rows, "--workspace", workspace, "--campaign", "pilot", "--site", "npl")
    told = listed(client_of(create_app(load_workspace(workspace))), "ko")
    assert told["groups"][0]["kinds"] == [{"label": "캠페인에서 전체 보류로 지정한 문항", "count": 1}]
