"""The reviewers' screen and the verb behind it: what they show, what they decide, and what they never say."""

import json
import time
from dataclasses import replace

import pytest

from dashboard.__main__ import main
from dashboard.app import create_app, services_of
from dashboard.linking import Linker
from dashboard.pair_searches import PairSearch, run_search
from surveys.catalogue import Catalogue
from tests.dashboard.clients import client_of
from tests.dashboard.panel_workspace import SECRETS, build


@pytest.fixture
def workspace(tmp_path):
    return build(tmp_path / "workspace")


@pytest.fixture
def client(workspace):
    return client_of(create_app(workspace))


def post(client, path, **body):
    reply = client.post(f"/linking/{path}?campaign=panel&lang=en", json=body)
    return reply.status_code, reply.get_json()


def found(client):
    """Look for pairs, wait for the end of the search, and give the pairs."""
    status, told = post(client, "find")
    assert (status, told["state"]) == (200, "running")
    for _ in range(600):
        told = client.get("/linking/search.json?campaign=panel&lang=en").get_json()
        if told["state"] != "running":
            break
        time.sleep(0.1)
    assert (told["state"], told["fraction"]) == ("done", 1.0)
    return client.get("/linking/pairs.json?campaign=panel&lang=en").get_json()


def page(client, language="en"):
    state = {"path": "/linking", "search": f"?lang={language}&campaign=panel"}
    body = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [
            {"id": "address", "property": "pathname", "value": state["path"]},
            {"id": "address", "property": "search", "value": state["search"]},
        ],
        "changedPropIds": ["address.pathname"],
    }
    return client.post("/_dash-update-component", json=body).get_data(as_text=True)


def run(*arguments, capsys):
    import sys

    sys.argv = ["awareness", *arguments]
    try:
        main()
        code = 0
    except SystemExit as stop:
        code = stop.code
    return code, capsys.readouterr()


def test_pairs_are_found_shown_by_agreement_and_decided(client):
    empty = client.get("/linking/pairs.json?campaign=panel&lang=en").get_json()
    assert (empty["counts"], empty["certain"]) == ({"open": 0, "put_off": 0, "decided": 0}, 0)
    told = found(client)
    assert told["counts"]["open"] == 11
    assert told["certain"] == 7
    seeta = next(pair for pair in told["open"] if "baseline-0" in json.dumps(pair))
    assert [(key["label"], key["agreement"]) for key in seeta["keys"]] == [
        ("Full name", "similar"), ("Year of birth", "same"), ("Village", "same"), ("Telephone", "same"),
    ]  # fmt: skip
    facts = {fact["label"]: (fact["earlier"], fact["later"]) for fact in seeta["facts"]}
    assert facts["Month of interview"] == ("2026-02", "2026-09")
    assert facts["Born or aged"] == ("1980–1989", "1980–1989")
    status, told = post(client, "decide", ids=[seeta["id"]], decision="accept", by="Mina")
    assert status == 200
    assert told["counts"] == {"open": 10, "put_off": 0, "decided": 1}
    assert told["decided"][0]["decided"].startswith("same person, Mina, ")
    status, told = post(client, "undo", id=seeta["id"], by="Mina")
    assert told["counts"]["open"] == 11


def test_everything_that_agrees_is_accepted_at_once(client, workspace):
    found(client)
    status, told = post(client, "decide", certain=True, decision="accept", by="Mina")
    assert (status, told["certain"], told["counts"]["decided"]) == (200, 0, 7)
    text = page(client)
    assert "Respondents found again" in text
    with Catalogue(workspace.database_url) as catalogue:
        assert sum(entry.action == "link decided" for entry in catalogue.audit_entries()) == 7


def test_two_people_of_one_id_are_put_before_the_reviewer_in_words(client):
    told = found(client)
    pair = next(
        one for one in told["open"] if "R-13" in one["headline"] or one["headline"].startswith("One id")
    )
    assert "stay linked unless you say" in " ".join(pair["notes"])
    assert {key["agreement"] for key in pair["keys"]} == {"differs"}


def test_nobody_decides_without_a_name_nor_about_pairs_that_are_not_there(client):
    told = found(client)
    number = told["open"][0]["id"]
    status, said = post(client, "decide", ids=[number], decision="accept", by="  ")
    assert (status, said) == (422, {"error": "It is not said who decides. Write your name."})
    assert post(client, "decide", ids=[424242], decision="accept", by="Mina")[0] == 422
    assert post(client, "decide", ids=[number], decision="perhaps", by="Mina")[0] == 400
    assert post(client, "decide", ids="all", decision="accept", by="Mina")[0] == 400
    assert client.get("/linking/pairs.json?campaign=nowhere").status_code == 404
    assert client.get("/linking/pairs.json?campaign=panel&site=nowhere").status_code == 404


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_screen_names_anybody_or_shows_an_outcome(client, language):
    told = found(client)
    post(client, "decide", ids=[told["open"][0]["id"]], decision="accept", by="Mina")
    pairs = client.get(f"/linking/pairs.json?campaign=panel&lang={language}").get_data(as_text=True)
    for text in (page(client, language), pairs):
        assert not [secret for secret in SECRETS if secret.casefold() in text.casefold()]
        assert "heard" not in text.casefold()
        assert "인지" not in text


def test_small_arms_show_no_share(client):
    text = page(client)
    assert "\\u003c10" in text
    assert "Below 10 interviews no share is given." in text


def test_a_campaign_that_names_no_keys_says_what_to_do(tmp_path, workspace):
    file = workspace.campaigns / "panel.yaml"
    text = file.read_text("utf-8").replace("  respondent: code\n", "")
    file.write_text(text[: text.index("linking:")] + text[text.index("outcomes:") :], "utf-8")
    said = page(client_of(create_app(workspace)), "ko")
    assert (
        "응답자를 연결할 항목이 정해지지 않았습니다"
        in json.loads(said)["response"]["page"]["children"].__str__()
    )


def test_the_verb_finds_decides_undoes_and_counts(workspace, capsys):
    where = ("--workspace", str(workspace.folder), "--campaign", "panel")
    code, said = run("link", *where, "--format", "json", capsys=capsys)
    told = json.loads(said.out)
    assert (code, told["to_review"], told["from"], told["to"]) == (0, {"npl": 11}, "baseline", "endline")
    before = {rate["arm"]: rate["linked"] for rate in told["rates"]}
    code, said = run("link", "decide", "accept", "--certain", *where, "--by", "Mina", capsys=capsys)
    assert code == 0
    assert len(json.loads(said.out)) == 7
    code, said = run("link", "rate", *where, "--format", "json", capsys=capsys)
    after = {rate["arm"]: rate["linked"] for rate in json.loads(said.out)}
    assert sum(after.values()) == sum(before.values()) + 7
    code, said = run("link", "list", *where, "--state", "proposed", capsys=capsys)
    [number, *_] = [pair["link"] for pair in json.loads(said.out)]
    run("link", "decide", "reject", str(number), *where, "--by", "Mina", capsys=capsys)
    code, said = run("link", "undo", str(number), *where, "--by", "Mina", capsys=capsys)
    assert (code, json.loads(said.out)["state"]) == (0, "proposed")
    code, said = run("link", "rate", *where, capsys=capsys)
    assert said.out.splitlines()[0].split() == [
        "site",
        "arm",
        "interviewed",
        "linked",
        "rate",
        "interviewed",
        "later",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("link",), "no campaign is named"),
        (("link", "--campaign", "panel", "--from", "endline", "--to", "baseline"), "does not come before"),
        (("link", "--campaign", "panel", "--site", "nepal"), 'there is no site "nepal"'),
        (("link", "decide", "accept", "--campaign", "panel"), "about which pairs"),
        (("link", "undo", "7", "--campaign", "panel"), "there is no such pair"),
    ],
)
def test_a_wrong_command_ends_in_a_sentence_and_2(workspace, capsys, monkeypatch, arguments, said):
    monkeypatch.setenv("AWARENESS_WORKSPACE", str(workspace.folder))
    code, printed = run(*arguments, capsys=capsys)
    assert code == 2
    assert said in printed.err


class Stopped(PairSearch):
    """A search that somebody stops as soon as it compares."""

    def tell(self, step, part):
        if step == "comparing" and part > 0.1:
            self.unwanted.set()
        super().tell(step, part)


def test_a_search_that_is_stopped_ends_and_changes_nothing(workspace):
    services = services_of(workspace)
    linker = Linker(workspace, services.catalogue, services.evaluations.campaign("panel"))
    search = Stopped(number=1, sites=("npl",))
    run_search(search, linker, "baseline", "endline")
    assert (search.state, search.found, search.done) == ("stopped", 0, 0)
    assert search.ended.is_set()
    assert services.catalogue.links("panel") == []


def test_a_page_that_is_opened_again_finds_the_search_and_a_second_one_is_not_begun(client, workspace):
    services = services_of(workspace)
    linker = Linker(workspace, services.catalogue, services.evaluations.campaign("panel"))
    first = services.searches.begin(linker, ["npl"], "baseline", "endline")
    again = services.searches.begin(linker, ["npl"], "baseline", "endline")
    assert again is first or first.ended.is_set()
    assert services.searches.newest("panel", "baseline", "endline") in (first, again)
    assert services.searches.newest("panel", "endline", "baseline") is None
    assert first.ended.wait(60)
    assert (first.state, first.fraction, first.found) == ("done", 1.0, 11)
    assert (
        client.get("/linking/search.json?campaign=panel&lang=en").get_json()["state"] == ""
    )  # of another server


def test_a_search_that_cannot_be_made_says_why(client, workspace):
    services = services_of(workspace)
    campaign = services.evaluations.campaign("panel")
    nothing = replace(
        campaign,
        linking=replace(campaign.linking, keys=()),
        columns=replace(campaign.columns, respondent=None),
    )
    search = services.searches.begin(
        Linker(workspace, services.catalogue, nothing), ["npl"], "baseline", "endline"
    )
    assert search.ended.wait(60)
    assert search.state == "failed"
    assert "by what respondents can be found" in search.stop.what


def test_stopping_where_nothing_is_under_way_does_nothing(client):
    assert post(client, "stop") == (200, {"state": "", "fraction": 0.0, "said": ""})
    found(client)
    assert post(client, "stop")[1]["state"] == "done"
