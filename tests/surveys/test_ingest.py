"""Files on their way into the record: the steps together, on real files and a real database."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from campaigns.registry import fieldwork_of, load_campaign
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.ingest import ingest_file
from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from surveys.responses import responses_table, write_responses
from surveys.xlsform import load_instrument
from tests.surveys.fieldwork_example import CAMPAIGN, said, write_export, write_instrument


class Office:
    """Where files arrive in these tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pilot.yaml").write_text(CAMPAIGN, "utf-8")
        self.campaign = load_campaign(folder / "pilot.yaml")
        self.instrument = load_instrument(write_instrument(folder / "kap.xlsx"))
        self.catalogue = Catalogue(f"sqlite:///{folder / 'catalogue.db'}")
        self.keys = KeyRing(folder / "keys")
        self.sent = 0

    def send(self, rows, *, site="npl", **options):
        self.sent += 1
        path = rows if isinstance(rows, Path) else write_export(self.folder / f"{self.sent}.csv", rows)
        return ingest_file(
            path,
            catalogue=self.catalogue,
            keys=self.keys,
            instrument=self.instrument,
            fieldwork=fieldwork_of(self.campaign, site=site),
            today=date(2026, 3, 1),
            **options,
        )

    def rows(self, **options):
        return responses_table(
            self.catalogue,
            "pilot",
            site_question=self.campaign.columns.site,
            wave_question=self.campaign.columns.wave,
            respondent_question=self.campaign.columns.respondent,
            **options,
        )


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.catalogue.close()


def counts(receipt):
    return receipt.accepted, receipt.unchanged, receipt.rejected, receipt.held


def test_right_rows_are_stored_and_wrong_ones_told(office):
    receipt = office.send([said("a"), said("b", heard="perhaps"), said("c")])
    assert counts(receipt) == (2, 0, 1, 0)
    assert receipt.verdict == "accept-with-rejected-rows"
    assert office.rows()["submission_id"].to_pylist() == ["a", "c"]
    told = receipt.as_dict("ko")
    assert [(problem["row"], problem["line"], problem["column"]) for problem in told["problems"]] == [
        (2, 3, "heard")
    ]
    assert json.dumps(told)
    assert set(told) == {
        "verdict", "accepted", "unchanged", "rejected", "held", "problems", "warnings", "questions", "decided",
        "format", "dialect", "recognised",
    }  # fmt: skip


def test_the_same_file_again_says_the_same_and_stores_nothing(office):
    rows = [said("a"), said("b", heard="perhaps"), said("c")]
    first = office.send(rows)
    before = (office.folder / "catalogue.db").read_bytes(), office.rows()
    again = office.send(rows)
    assert counts(again) == (0, 2, 1, 0)
    assert again.repeated
    assert again.upload == first.upload
    assert again.verdict == first.verdict
    assert office.rows() == before[1]
    assert len(office.catalogue.uploads("pilot")) == 1


def test_every_row_of_a_file_is_accounted_for(office):
    rows = [said("a"), said("a"), said("b", age="abc"), said("c"), said("c", heard="no"), said("d")]
    for _ in range(2):
        assert sum(counts(office.send(rows))) == len(rows)


def test_corrected_longer_and_foreign_files_one_after_the_other(office):
    assert counts(office.send([said("a"), said("b")])) == (2, 0, 0, 0)
    assert counts(office.send([said("a"), said("b"), said("c")])) == (1, 2, 0, 0)
    corrected = office.send([said("a", age="31"), said("b"), said("c")])
    assert (counts(corrected), corrected.replaced) == ((1, 2, 0, 0), 1)
    assert "interviews_replaced" in [problem.code for problem in corrected.report.warnings]
    conflict = office.send([said("a", ward="w7", age="31"), said("d")])
    assert counts(conflict) == (1, 0, 0, 1)
    assert conflict.verdict == "accept-with-rejected-rows"
    assert "different interview" in conflict.as_dict("en")["problems"][0]["message"]
    foreign = office.send([said("a", age="31")], site="tha")
    assert counts(foreign) == (0, 0, 0, 1)
    assert office.rows()["submission_id"].to_pylist() == ["b", "c", "a", "d"]
    assert office.rows()["age"].to_pylist() == ["30", "30", "31", "30"]
    assert office.rows(as_of=1)["age"].to_pylist() == ["30", "30"]


def test_sentences_exist_in_both_languages_for_everything_the_record_finds(office):
    office.send([said("a"), said("b"), said("c")])
    office.send([said("b", age="40")])
    found = office.send([said("a", ward="w7"), said("b"), said("c", age="31")])
    for problem in (*found.report.problems, *found.report.warnings):
        for language in ("en", "ko"):
            assert "{" not in problem.message(language) + problem.remedy(language)
    assert {problem.code for problem in found.report.warnings} >= {"interviews_replaced", "older_versions"}


def test_a_respondent_is_a_pseudonym_and_an_identifier_is_nowhere(office):
    office.send([said("a", person="Ram Bahadur", phone="0779876543"), said("b", person="Ram Bahadur")])
    office.send([said("c", person="Ram Bahadur")], site="tha")
    files = columns.refresh(office.catalogue, office.folder / "columns", "pilot")
    office.catalogue.close()
    kept = [*files, *office.folder.glob("catalogue.db*")]
    for secret in (b"Ram Bahadur", b"0779876543"):
        assert not any(secret in path.read_bytes() for path in kept)
    first, second, elsewhere = office.rows()["person"].to_pylist()
    assert first == second != elsewhere
    assert "Ram Bahadur" not in str(office.rows().to_pylist())
    assert "phone" not in office.rows().column_names


def test_the_original_comes_back_with_the_key_and_only_with_it(office):
    receipt = office.send([said("a")])
    original = office.catalogue.original(receipt.upload, office.keys)
    assert original == (office.folder / "1.csv").read_bytes()
    other = KeyRing(office.folder / "other")
    other.make_files_key()
    with pytest.raises(CannotProceed, match="key of this original is not here"):
        office.catalogue.original(receipt.upload, other)


def test_a_lost_key_stops_the_next_file_instead_of_making_strangers(office):
    office.send([said("a")])
    (office.folder / "keys/respondents-NPL.key").unlink()
    with pytest.raises(CannotProceed, match="not the key"):
        office.send([said("b")])
    assert office.rows()["submission_id"].to_pylist() == ["a"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x00\x01\x02" * 400, id="bytes"),
        pytest.param(gzip.compress(b"x", mtime=0), id="gzip"),
        pytest.param(b"%PDF-1.7 not a survey", id="pdf"),
        pytest.param(b"only,a,header\n", id="header"),
    ],
)
def test_a_file_that_cannot_be_judged_is_refused_with_a_reason_and_without_its_bytes(office, content):
    path = office.folder / "odd.csv"
    path.write_bytes(content)
    receipt = office.send(path, name="../../etc/odd\u202e.csv")
    assert receipt.verdict == "reject-file"
    assert counts(receipt)[0] == 0
    told = receipt.as_dict("ko")
    assert told["verdict"] == "reject-file"
    assert told["problems"][0]["message"]
    (upload,) = office.catalogue.uploads("pilot")
    assert (upload.verdict, upload.name) == ("reject-file", "odd.csv")
    assert office.catalogue.problems(upload.id)[0].code == receipt.report.problems[0].code
    assert office.catalogue.original(upload.id, office.keys) is None


def test_progress_names_the_steps_in_order_and_only_grows(office):
    seen = []
    office.send(
        [said("a")],
        progress=lambda step, share: seen.append((step, share)),
        columns_folder=office.folder / "c",
    )
    assert [step for step, _ in seen] == ["hashing", "reading", "checking", "storing", "refreshing", "done"]
    shares = [share for _, share in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert columns.answers_files(office.folder / "c", "pilot")


def test_steps_have_a_name_in_both_languages():
    from typing import get_args

    from surveys.ingest import Step
    from surveys.languages import say

    for step in get_args(Step):
        assert say(f"ingest.steps.{step}", "ko") != say(f"ingest.steps.{step}", "en")


def test_responses_come_back_exactly_as_they_were_sent(office):
    remarks = [
        'say "yes", then',
        "line one\nline two",
        "=1+1",
        "007",
        "NA",
        "가나다 ไทย",
        "a;b\tc",
        "'",
        "NULL",
    ]
    office.send([said(str(number), remark=text) for number, text in enumerate(remarks)])
    path = office.folder / "out.csv"
    write_responses(office.rows(), path)
    import csv

    with path.open(newline="", encoding="utf-8") as file:
        found = list(csv.DictReader(file))
    assert [row["remark"] for row in found] == remarks
    assert list(found[0]) == [
        "submission_id",
        "site",
        "person",
        "interview",
        *["wave", "arm", "ward", "day", "age", "heard", "remark"],
    ]
    assert {row["site"] for row in found} == {"npl"}


def test_responses_of_an_empty_campaign_are_a_header(office):
    path = office.folder / "out.csv"
    write_responses(office.rows(), path)
    assert path.read_text() == '"submission_id"\n'


def test_history_says_which_questionnaire_a_file_was_judged_by(office):
    office.send([said("a")], uploader="team-npl", name="npl march.csv")
    (upload,) = office.catalogue.uploads("pilot")
    assert (upload.instrument, upload.instrument_version, upload.uploader) == ("kap", "3", "team-npl")
    assert upload.instrument_sha256 == office.instrument.sha256
    assert (upload.site, upload.format, upload.name) == ("npl", "csv", "npl march.csv")
