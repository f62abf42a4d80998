"""The same respondents in two waves: pairs proposed, decided, taken back, and what they make of the answers."""

import csv
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from campaigns.evaluation import evaluate
from campaigns.linkage import linkage_rates
from campaigns.registry import fieldwork_of, load_campaign
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from surveys.panel import Search, find_pairs
from surveys.problems import CannotProceed
from surveys.record.links import WavePair
from surveys.respondents import person_of_interview
from surveys.xlsform import load_instrument
from tests.surveys.fieldwork_example import CAMPAIGN, HEADERS, said, write_instrument


PANEL = (
    CAMPAIGN.replace(
        "waves: [{id: baseline}, {id: endline}]", "waves: [{id: baseline}, {id: endline}, {id: followup}]"
    ).replace("design: difference_in_differences", "design: paired_pre_post")
    + """
linking:
  keys: [{question: full_name, as: name}, {question: phone, as: phone}, {question: village, as: text}]
"""
)
WAVES = WavePair(campaign="pilot", site="npl", earlier="baseline", later="endline")
PEOPLE = {
    "sita": ("Sita Tamang", "9841000001", "Dhading"),
    "ram": ("Ram Bahadur Thapa", "9841222202", "Gorkha"),
    "maya": ("Maya Gurung", "9841333303", "Lamjung"),
    "hari": ("Hari Prasad Sharma", "9841444404", "Chitwan"),
    "gita": ("Gita Limbu", "9841555505", "Ilam"),
}


class Office:
    """Where waves arrive in these tests."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.sent = folder, 0
        (folder / "pilot.yaml").write_text(PANEL, "utf-8")
        self.campaign = load_campaign(folder / "pilot.yaml")
        form = write_instrument(folder / "kap.xlsx", waves=("baseline", "endline", "followup"))
        self.instrument = load_instrument(form)
        self.catalogue = Catalogue(address)
        self.keys = KeyRing(folder / "keys")
        self.search = Search(
            keys=self.campaign.linking.keys, block=self.campaign.linking.block, id_question="person"
        )

    def send(self, *interviews):
        self.sent += 1
        path = self.folder / f"{self.sent}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*HEADERS, "full_name", "village"])
            writer.writeheader()
            writer.writerows(interviews)
        receipt = ingest_file(
            path, catalogue=self.catalogue, keys=self.keys, instrument=self.instrument,
            fieldwork=fieldwork_of(self.campaign, site="npl"), today=date(2026, 12, 1),
        )  # fmt: skip
        assert receipt.verdict == "accept", receipt.as_dict()
        return receipt

    def find(self, waves=WAVES):
        find_pairs(self.catalogue, self.keys, waves, self.search)
        return {(x.proposal.earlier, x.proposal.later): x for x in self.catalogue.links("pilot", "npl")}

    def decide(self, pair, state, by="Mina"):
        links = {(x.proposal.earlier, x.proposal.later): x.id for x in self.catalogue.links("pilot")}
        return self.catalogue.decide_links([links[pair]], state, by=by)[0]

    def respondents(self, as_of=None):
        files = columns.refresh(self.catalogue, self.folder / "columns", "pilot", as_of=as_of)
        tables = [pq.read_table(file, columns=["@submission", "@respondent"]) for file in files]
        return {row["@submission"]: row["@respondent"] for table in tables for row in table.to_pylist()}

    def rates(self):
        files = columns.refresh(self.catalogue, self.folder / "columns", "pilot")
        return linkage_rates(files, self.campaign, earlier="baseline", later="endline")


@pytest.fixture
def office(tmp_path, address):
    office = Office(tmp_path, address)
    yield office
    office.catalogue.close()


def visit(who, wave, *, person="", name=None, phone=None, village=None, **changed):
    usual = PEOPLE[who]
    return {
        **said(f"{who}-{wave}", wave=wave, person=person, ward=f"ward of {who}"),
        "full_name": name if name is not None else usual[0],
        "phone": phone if phone is not None else usual[1],
        "village": village if village is not None else usual[2],
        **changed,
    }


def two_waves(office):
    office.send(*(visit(who, "baseline") for who in PEOPLE))
    office.send(
        visit("sita", "endline", name="Seeta Tamang"),
        visit("ram", "endline", phone="9841222220"),
        visit("maya", "endline", village="Lamjun", heard="no"),
        visit("hari", "endline"),
    )


def test_people_with_slips_in_their_keys_are_proposed_and_none_is_linked_by_itself(office):
    two_waves(office)
    links = office.find()
    assert set(links) == {(f"{who}-baseline", f"{who}-endline") for who in ("sita", "ram", "maya", "hari")}
    assert {link.state for link in links.values()} == {"proposed"}
    agreement = links["sita-baseline", "sita-endline"].proposal.agreement
    assert agreement == {"full_name": "similar", "phone": "same", "village": "same"}
    assert links["hari-baseline", "hari-endline"].proposal.certain
    assert not links["ram-baseline", "ram-endline"].proposal.certain
    assert [rate.linked for rate in office.rates()] == [0]


def test_an_accepted_pair_is_one_respondent_until_it_is_undone(office):
    two_waves(office)
    office.find()
    link = office.decide(("sita-baseline", "sita-endline"), "accepted")
    assert (link.state, link.decided_by) == ("accepted", "Mina")
    people = office.respondents()
    assert people["sita-baseline"] == people["sita-endline"] is not None
    assert len(set(people.values())) == len(people) - 1
    assert [(rate.arm, rate.interviewed, rate.linked) for rate in office.rates()] == [("campaign", 5, 1)]
    undone = office.catalogue.undo_link(link.id, by="Ravi")
    assert (undone.state, undone.decided_by) == ("proposed", "Ravi")
    people = office.respondents()
    assert people["sita-baseline"] is None
    with pytest.raises(CannotProceed, match="nothing is decided"):
        office.catalogue.undo_link(link.id, by="Ravi")
    said = [(e.actor, e.action, e.details) for e in office.catalogue.audit_entries() if "link" in e.action]
    assert [(actor, action) for actor, action, _ in said] == [
        ("Mina", "link decided"),
        ("Ravi", "link undone"),
    ]
    assert office.catalogue.first_broken_audit_entry() is None


def test_a_paired_design_uses_exactly_the_linked(office):
    two_waves(office)
    office.find()
    for who in ("sita", "ram", "maya"):
        office.decide((f"{who}-baseline", f"{who}-endline"), "accepted")
    files = columns.refresh(office.catalogue, office.folder / "columns", "pilot")
    [effect] = [
        e
        for e in evaluate(office.campaign, files, as_of_upload=None, data_sha256="").effects
        if e.subject.site == "npl"
    ]
    assert effect.counts.n == 3
    assert effect.estimate == pytest.approx(-1 / 3)  # one of the three no longer says yes


def test_decisions_stand_when_pairs_are_sought_again_after_another_upload(office):
    two_waves(office)
    office.find()
    office.decide(("sita-baseline", "sita-endline"), "accepted")
    office.decide(("ram-baseline", "ram-endline"), "rejected")
    office.decide(("maya-baseline", "maya-endline"), "undecided")
    office.send(visit("gita", "endline"))
    links = office.find()
    states = {earlier.split("-")[0]: link.state for (earlier, _), link in links.items()}
    assert states == {
        "sita": "accepted", "ram": "rejected", "maya": "undecided", "hari": "proposed", "gita": "proposed",
    }  # fmt: skip
    assert len(links) == 5


def test_an_interview_is_linked_to_one_other_of_a_wave_at_most(office):
    office.send(visit("sita", "baseline"), visit("gita", "baseline"))
    office.send(visit("sita", "endline"))
    office.find()
    office.decide(("sita-baseline", "sita-endline"), "rejected")
    office.send(visit("ram", "endline", name="Sita Tamang", phone="9841000001", village="Dhading"))
    office.find()
    office.decide(("sita-baseline", "ram-endline"), "accepted")
    with pytest.raises(CannotProceed, match="linked to another one already"):
        office.decide(("sita-baseline", "sita-endline"), "accepted")
    states = {x.proposal.later: x.state for x in office.catalogue.links("pilot")}
    assert states == {"sita-endline": "rejected", "ram-endline": "accepted"}


def test_one_id_in_both_waves_links_by_itself(office):
    office.send(visit("sita", "baseline", person="P1"), visit("ram", "baseline", person="P2"))
    office.send(visit("sita", "endline", person="P1", name="Seeta Tamang"), visit("ram", "endline"))
    links = office.find()
    assert set(links) == {("ram-baseline", "ram-endline")}
    assert [rate.linked for rate in office.rates()] == [1]


def test_one_id_with_nothing_else_in_common_is_put_before_a_person(office):
    office.send(visit("sita", "baseline", person="P1"))
    office.send(visit("hari", "endline", person="P1"))
    links = office.find()
    pair = ("sita-baseline", "hari-endline")
    assert links[pair].proposal.same_id
    assert office.respondents()["sita-baseline"] == office.respondents()["hari-endline"]
    office.decide(pair, "rejected")
    people = office.respondents()
    assert people["sita-baseline"] != people["hari-endline"] == person_of_interview("hari-endline")
    assert [rate.linked for rate in office.rates()] == [0]
    office.decide(pair, "accepted")
    assert office.respondents()["sita-baseline"] == office.respondents()["hari-endline"]


def test_links_go_on_from_wave_to_wave(office):
    later = WavePair(campaign="pilot", site="npl", earlier="endline", later="followup")
    office.send(*(visit("sita", wave) for wave in ("baseline", "endline", "followup")))
    office.find()
    office.find(later)
    office.decide(("sita-endline", "sita-followup"), "accepted")
    office.respondents()
    office.decide(("sita-baseline", "sita-endline"), "accepted")
    assert len(set(office.respondents().values())) == 1


def test_the_answers_as_of_an_earlier_place_know_nothing_of_later_links(office):
    two_waves(office)
    before = office.catalogue.newest_upload("pilot")
    office.find()
    link = office.decide(("sita-baseline", "sita-endline"), "accepted")
    linked = office.catalogue.newest_upload("pilot")
    office.catalogue.undo_link(link.id, by="Mina")
    assert linked > before
    assert set(office.respondents(as_of=before).values()) == {None}
    then = office.respondents(as_of=linked)
    assert then["sita-baseline"] == then["sita-endline"] is not None
    assert len(office.catalogue.uploads("pilot")) == 2  # decisions are no uploads


def test_many_pairs_are_decided_together_or_not_at_all(office):
    two_waves(office)
    ids = [link.id for link in office.find().values()]
    with pytest.raises(CannotProceed, match="there is no such pair"):
        office.catalogue.decide_links([*ids, 999_999], "accepted", by="Mina")
    assert {link.state for link in office.catalogue.links("pilot")} == {"proposed"}
    places = office.catalogue.newest_upload("pilot")
    office.catalogue.decide_links(ids, "accepted", by="Mina")
    assert office.catalogue.newest_upload("pilot") == places + 1
    assert [rate.linked for rate in office.rates()] == [4]


def test_a_withdrawn_or_absent_interview_leaves_its_link_without_effect(office):
    from surveys.respondents import renaming_of

    two_waves(office)
    office.find()
    link = office.decide(("sita-baseline", "sita-endline"), "accepted")
    renaming = renaming_of([link], {"sita-baseline": None, "ram-baseline": "P2"})
    assert renaming.of_interview["sita-baseline"] == person_of_interview("sita-baseline")
    assert not renaming.of_pseudonym
