"""Linking keys on their way into the record: codes under a key, sealed, and the answers themselves nowhere."""

import csv
import logging
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from campaigns.registry import fieldwork_of, load_campaign
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from surveys.responses import responses_table, write_responses
from surveys.xlsform import load_instrument
from tests.surveys.fieldwork_example import CAMPAIGN, HEADERS, said, write_instrument


LINKING = """
linking:
  keys:
    - {question: father, as: name}
    - {question: phone, as: phone}
    - {question: village, as: text}
    - {question: age, as: year}
    - {question: person, as: code}
"""
CANARIES = ("Zebulonxq", "077199887766", "Quxvillage", "P-canary-91")


class Office:
    """Where files with linking keys arrive in these tests."""

    def __init__(self, folder: Path, address: str, extra: str = LINKING) -> None:
        self.folder = folder
        (folder / "pilot.yaml").write_text(CAMPAIGN + extra, "utf-8")
        self.campaign = load_campaign(folder / "pilot.yaml")
        self.instrument = load_instrument(write_instrument(folder / "kap.xlsx"))
        self.catalogue = Catalogue(address)
        self.keys = KeyRing(folder / "keys")
        self.sent = 0

    def send(self, rows, *, site="npl", extra=("father", "village")):
        self.sent += 1
        path = self.folder / f"{self.sent}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*HEADERS, *extra])
            writer.writeheader()
            writer.writerows(rows)
        return ingest_file(
            path,
            catalogue=self.catalogue,
            keys=self.keys,
            instrument=self.instrument,
            fieldwork=fieldwork_of(self.campaign, site=site),
            today=date(2026, 12, 1),
            columns_folder=self.folder / "columns",
        )

    def people(self, site="npl"):
        return self.catalogue.people("pilot", site, self.keys)


@pytest.fixture
def office(tmp_path, address):
    office = Office(tmp_path, address)
    yield office
    office.catalogue.close()


def somebody(interview: str, **changed: str) -> dict[str, str]:
    return said(interview, father="Hari Tamang", village="Dhading", **changed) if not changed else {
        **said(interview, father="Hari Tamang", village="Dhading"), **changed,
    }  # fmt: skip


def canary(interview: str) -> dict[str, str]:
    father, phone, village, person = CANARIES
    return somebody(interview, father=father, phone=phone, village=village, person=person)


def test_no_linking_key_is_found_anywhere_in_the_clear(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    office = Office(tmp_path, f"sqlite:///{tmp_path / 'catalogue.db'}")
    receipt = office.send([canary("a"), somebody("b")])
    assert receipt.accepted == 2
    table = responses_table(office.catalogue, "pilot", respondent_question="person")
    write_responses(table, tmp_path / "rows.csv")
    kept = [
        tmp_path / "rows.csv",
        *tmp_path.glob("catalogue.db*"),
        *(tmp_path / "columns").rglob("*.parquet"),
    ]
    assert len(kept) >= 3
    for path in kept:
        text = path.read_bytes()
        for word in CANARIES:
            assert word.encode() not in text, f"{word} in {path.name}"
    decoded = str(
        [table.to_pylist(), *(pq.read_table(p).to_pylist() for p in kept if p.suffix == ".parquet")]
    )
    decoded += str(office.people().to_pylist()) + str(receipt) + caplog.text
    decoded += str(office.catalogue.audit_entries()) + str(office.catalogue.problems(receipt.upload))
    assert not [word for word in CANARIES if word.casefold() in decoded.casefold()]
    office.catalogue.close()


def test_codes_leave_neither_as_responses_nor_as_columns(office):
    office.send([somebody("a")])
    table = responses_table(office.catalogue, "pilot")
    assert not {"father", "village", "phone"} & set(table.column_names)
    assert "age" in table.column_names  # a year or an age is an answer like any other
    for path in columns.answers_files(office.folder / "columns", "pilot"):
        assert not [
            name for name in pq.read_schema(path).names if "link" in name or name in ("father", "phone")
        ]


def test_the_record_holds_the_codes_only_sealed(office):
    office.send([somebody("a"), somebody("b")])
    (code,) = {text.split("|")[0] for text in office.people()["@link father"].to_pylist()}
    with office.catalogue.database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT codes FROM link_code").fetchall()
    assert len(rows) == 1
    assert code.encode() not in bytes(rows[0][0])


def test_the_upload_says_what_is_kept_as_codes_alone(office):
    receipt = office.send([somebody("a")])
    (warning,) = [w for w in receipt.report.warnings if w.code == "linking_columns"]
    assert "father" in warning.message()
    assert "phone" in warning.message("ko")
    assert not [w for w in receipt.report.warnings if w.code == "identifier_columns"]


def test_codes_differ_between_countries_and_campaigns(office, tmp_path):
    office.send([somebody("a")])
    office.send([somebody("b")], site="tha")
    nepal, thailand = office.people("npl"), office.people("tha")
    assert nepal["@link father"].to_pylist() != thailand["@link father"].to_pylist()
    key = next(key for key in office.campaign.linking.keys if key.question == "father")
    answers = nepal["@link father"]
    one = office.keys.link_codes(answers, "NPL", campaign="pilot", linking_key=key)
    other = office.keys.link_codes(answers, "NPL", campaign="another", linking_key=key)
    assert one.to_pylist() != other.to_pylist()


def test_codes_are_not_made_under_another_key_than_before(office):
    office.send([somebody("a", person="")])
    (key,) = office.keys.folder.glob("respondents-*.key")
    key.unlink()
    with pytest.raises(CannotProceed, match="not the key under which"):
        office.send([somebody("b", person="")])
    assert len(office.people()) == 1


def test_a_corrected_name_replaces_the_codes(office):
    office.send([somebody("a")])
    before = office.people()["@link father"].to_pylist()
    assert office.send([somebody("a", father="Hari Gurung")]).replaced == 1
    after = office.people()["@link father"].to_pylist()
    assert len(after) == 1
    assert after != before


def test_sending_the_file_again_gives_codes_to_interviews_that_came_before_the_keys_were_declared(
    tmp_path, address
):
    office = Office(tmp_path, address, extra="")
    office.send([somebody("a")], extra=("father", "village"))
    assert "@link father" not in office.people().column_names
    (tmp_path / "pilot.yaml").write_text(CAMPAIGN + LINKING, "utf-8")
    office.campaign = load_campaign(tmp_path / "pilot.yaml")
    assert office.send([somebody("a")]).replaced == 1
    assert office.people()["@link father"].null_count == 0
    office.catalogue.close()


def test_a_key_that_breaks_a_rule_of_the_form_refuses_nothing_and_is_quoted_nowhere(office):
    receipt = office.send([somebody("a", phone="\x07not-a-phone-zq"), somebody("b", phone="")])
    assert (receipt.accepted, receipt.rejected) == (2, 0)
    assert "not-a-phone-zq" not in str(receipt.report)


def test_what_is_no_answer_has_no_codes(tmp_path, address):
    office = Office(tmp_path, address, extra=f'{LINKING}missing_codes: {{"-99": refused}}\n')
    office.send([somebody("a", father="-99", village=""), somebody("b", father="Ram", village="X")])
    assert [text is None for text in office.people()["@link father"].to_pylist()] == [True, False]
    assert [text is None for text in office.people()["@link village"].to_pylist()] == [True, False]
    office.catalogue.close()


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("linking: {keys: [{question: father, kind: name}]}", "linking.keys\\[0\\].kind"),
        ("linking: {keys: [{question: father, as: surname}]}", '"surname" is not one'),
        ("linking: {keys: [{question: father, as: name}], block: [fther]}", 'Did you mean "father"'),
        ("linking: {keys: [{question: ward, as: text}]}", "has another part in this file"),
        ("linking: {keys: [{question: heard, as: name}]}", "has another part in this file"),
        ("linking: {block: [father]}", "at least one entry"),
        ("linking: {keys: [{question: sex, as: exact}]}", "no key can be searched by"),
        ("linking: {keys: [{question: a, as: name}, {question: a, as: text}]}", "stands twice"),
    ],
)
def test_a_wrong_linking_section_is_refused_with_its_place(tmp_path, section, complaint):
    (tmp_path / "pilot.yaml").write_text(f"{CAMPAIGN}{section}\n", "utf-8")
    with pytest.raises(CannotProceed, match=complaint):
        load_campaign(tmp_path / "pilot.yaml")
