"""What is found in free text and what is left alone."""

import csv
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.personal_data import (
    STRUCTURED,
    Kind,
    holds_personal_data,
    identifying_kind,
    personal_data_kinds,
    texts_with_personal_data,
)
from tests.surveys.personal_data import labelled


REGIONS = ("KR", "TH", "VN", "MM", "AF", "ID", "NP", "BD", "KH")
with labelled.FILE.open(encoding="utf-8", newline="") as stream:
    ROWS = list(csv.DictReader(stream))


def found(row: dict[str, str]) -> bool:
    return holds_personal_data(row["text"], REGIONS)


def test_the_labelled_texts_are_those_their_maker_makes() -> None:
    assert [(row["language"], row["kind"], row["text"]) for row in ROWS] == list(labelled.remarks())
    assert len(ROWS) >= 500
    assert len({row["language"] for row in ROWS}) >= 6


@pytest.mark.parametrize("kind", sorted(STRUCTURED))
def test_nearly_every_number_and_address_of_a_person_is_found(kind: Kind) -> None:
    texts = [row for row in ROWS if row["kind"] == kind]
    assert sum(map(found, texts)) >= 0.95 * len(texts)


@pytest.mark.parametrize("language", sorted(labelled.SAID))
def test_and_in_every_language(language: str) -> None:
    texts = [row for row in ROWS if row["kind"] in STRUCTURED and row["language"] == language]
    assert sum(map(found, texts)) >= 0.95 * len(texts)


def test_what_is_found_is_nearly_always_personal() -> None:
    flagged = Counter(row["kind"] != "none" for row in ROWS if found(row))
    assert flagged[True] >= 0.9 * flagged.total()


def test_names_are_found_as_often_as_the_documentation_says() -> None:
    named = [row for row in ROWS if row["kind"] == "name"]
    recall = sum(map(found, named)) / len(named)
    documentation = Path(__file__).parents[3] / "docs" / "data-protection.md"
    assert f"{recall:.0%} of the {len(named)} names" in documentation.read_text("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678", "+82 10 1234 5678", "tel (02) 123 45678", "0912.345.678", "someone@example.org", "사람@예시.한국", "900101-1234567",
        "1-1037-02071-81-2", "3174012345670001", "passport M12345678", "โทร ๐๘๑๒๓๔๕๖๗๘", "０１０－２０００－００００", "08\u200b1 234 5678", "١٤٠٠-٠١٠٠-١٢٣٤٥",
    ],
)  # fmt: skip
def test_numbers_and_addresses_are_found_without_knowing_the_country(text: str) -> None:
    assert holds_personal_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "…", "2026-03-11", "2026-03-11 1030", "20260311", "1,200,300 people", "3.14159", "253b17b4-83f4-4210-8412-212010691000",
        "uuid:00000000000000000000000000000007", "page 12 of 90", "@SUM(1+1)", "=cmd|'/C calc'!A0", '=WEBSERVICE("http://127.0.0.1:9")', "-2+3", "+1+1",
        "20260311103000", "6.0221e23", "12:30:45", "2569/03/11 08.30",
    ],
)  # fmt: skip
def test_dates_counts_codes_and_formulas_are_left_alone(text: str) -> None:
    assert personal_data_kinds(text, REGIONS) == ()


def test_two_numbers_in_a_row_are_found() -> None:
    assert holds_personal_data("0812345678 0812345679", ("TH",))
    assert holds_personal_data("9841234567 9841234568", ("NP",))


def test_a_number_without_its_zero_counts_where_the_campaign_runs() -> None:
    assert holds_personal_data("9841234567", ("NP",))
    assert not holds_personal_data("9841234567", ("KR",))
    assert not holds_personal_data("code 9841234567", ("NP",))
    assert not holds_personal_data("9841234567 रुपैयाँ", ("NP",))


@given(
    st.lists(st.sampled_from([row["text"] for row in ROWS]) | st.text(max_size=30) | st.none(), max_size=20)
)
def test_a_whole_column_is_searched_at_once_and_agrees_with_one_by_one(texts: list[str | None]) -> None:
    texts = [None if text is None else text.encode("utf-8", "replace").decode() for text in texts]
    at_once = texts_with_personal_data(pa.array(texts, pa.large_string()), REGIONS)
    assert at_once == [text is not None and holds_personal_data(text, REGIONS) for text in texts]


def test_every_labelled_text_is_found_in_a_column_too() -> None:
    texts = [row["text"] for row in ROWS]
    assert texts_with_personal_data(pa.array(texts, pa.large_string()), REGIONS) == list(map(found, ROWS))


def column(*texts: str) -> pa.Array:
    return pa.array(texts, pa.large_string())


def test_a_column_of_telephones_or_names_is_an_identifier_whatever_its_heading() -> None:
    assert identifying_kind(column("010-2000-0000", "010-2000-0001", "none", "01020000003")) is Kind.TELEPHONE
    assert identifying_kind(column("홍길동", "김민수", "이영희", "박철수", "최지우", "없음")) is Kind.NAME
    assert (
        identifying_kind(column("Mr Sample", "Mrs Doe", "Ms Example", "Dr Nobody", "Mr Other")) is Kind.NAME
    )


def test_a_column_of_remarks_is_none_though_one_holds_a_telephone() -> None:
    assert identifying_kind(column("radio", "tv", "call 010-2000-0000", "friends", "school")) is None
    assert identifying_kind(column("이주민", "외국인", "이민자", "조사원", "응답자", "상담원")) is None
    assert identifying_kind(column("010-2000-0000")) is None


@pytest.mark.parametrize(
    "text",
    [
        "I met Ronald Martinez at the airport", "hubungi Aris besok", "hỏi Phương thì biết", "김재호가 알려 줬어요", "류민석한테 연락했습니다",
        "कृष्ण श्रेष्ठ को घर", "আদি উদ্দিন বলেছেন",
    ],
)  # fmt: skip
def test_whom_somebody_asked_or_heard_from_is_a_name(text: str) -> None:
    assert personal_data_kinds(text, REGIONS) == (Kind.NAME,)
    assert texts_with_personal_data(pa.array([text], pa.large_string()), REGIONS) == [True]


@pytest.mark.parametrize(
    "text",
    [
        "ask the police", "I met Chinese workers", "talk to IOM", "contact Embassy of Nepal", "they told me to ask God", "tanya Polisi", "hỏi Công an",
        "정부가 알려 줌", "조사원이 말함", "상담원에게 연락함", "이장님이 소개", "정보원이 알려 줌", "নামাজ পড়েন", "यो देश नेपाल हो",
    ],
)  # fmt: skip
def test_offices_places_and_peoples_are_no_names(text: str) -> None:
    assert Kind.NAME not in personal_data_kinds(text, REGIONS)
