import hmac
from hashlib import sha256

import pyarrow as pa
import pytest

from surveys.deidentification import (
    holds_personal_data,
    is_direct_identifier,
    is_identifying_name,
    respondent_pseudonym,
    texts_with_personal_data,
)
from tests.surveys.judging import ask


@pytest.mark.parametrize(
    "name",
    [
        "phone", "Phone", "phone_number", "mobile_no", "resp_phone", "contact_number", "whatsapp", "full_name", "name", "name_1",
        "respondent_name", "What_is_your_name", "hh_head_name", "first name", "email", "e-mail", "passport_no", "national_id",
        "id_card_number", "tazkira", "nik", "address", "home_address", "gps", "latitude", "imei", "device_id", "tel.office", "tel.mobile",
    ],
)  # fmt: skip
def test_names_of_identifying_columns_are_known(name: str) -> None:
    assert is_identifying_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "age",
        "village_name",
        "restaurant_name",
        "brand",
        "heard",
        "reason_no_phone",
        "cluster",
        "plan",
        "latest",
        "telling",
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_identifying_name(name)


@pytest.mark.parametrize(
    "kind",
    [
        "phonenumber",
        "deviceid",
        "simserial",
        "username",
        "email",
        "geopoint",
        "geotrace",
        "geoshape",
        "image",
        "audio",
        "video",
        "file",
        "audit",
    ],
)
def test_identifying_types_are_identifiers_whatever_their_name(kind: str) -> None:
    assert is_direct_identifier(ask("q1", kind))


def test_a_choice_about_phones_identifies_nobody() -> None:
    assert not is_direct_identifier(ask("phone", "select_one yes_no"))
    assert is_direct_identifier(ask("phone", "text"))


def test_a_pseudonym_is_keyed_and_repeatable() -> None:
    ours, theirs = b"k" * 32, b"l" * 32
    assert respondent_pseudonym(ours, "R-7") == respondent_pseudonym(ours, " R-7 ")
    assert respondent_pseudonym(ours, "R-7") != respondent_pseudonym(theirs, "R-7")
    assert respondent_pseudonym(ours, "R-7") != sha256(b"R-7").hexdigest()
    assert respondent_pseudonym(ours, "R-7") == hmac.new(ours, b"R-7", "sha256").hexdigest()


@pytest.mark.parametrize(
    "text",
    [
        "010-1234-5678", "+82 10 1234 5678", "tel (02) 123 45678", "0912.345.678", "someone@example.org", "사람@예시.한국",
        "900101-1234567", "1-1037-02071-81-2", "3174012345670001", "passport M12345678",
    ],
)  # fmt: skip
def test_numbers_and_addresses_of_people_are_found(text: str) -> None:
    assert holds_personal_data(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-03-11",
        "2026-03-11 1030",
        "20260311",
        "1,200,300 people",
        "3.14159",
        "253b17b4-83f4-4210-8412-212010691000",
        "uuid:00000000000000000000000000000007",
        "page 12 of 90",
    ],
)
def test_dates_and_counts_are_not(text: str) -> None:
    assert not holds_personal_data(text)


def test_a_whole_column_is_searched_at_once_and_agrees_with_one_by_one() -> None:
    texts = ["call 010-1234-5678", None, "nothing", "a@b.co", "โทร ๐๘๑๒๓๔๕๖๗๘", "2026-03-11 1030"]
    found = texts_with_personal_data(pa.array(texts, pa.large_string()))
    assert found == [text is not None and holds_personal_data(text) for text in texts]
    assert found == [True, False, False, True, True, False]
