import hmac
from hashlib import sha256

import pytest

from surveys.deidentification import (
    is_birth_date,
    is_direct_identifier,
    is_identifying_name,
    respondent_pseudonyms,
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
    assert respondent_pseudonyms(ours)("R-7") == respondent_pseudonyms(ours)(" R-7 ")
    assert respondent_pseudonyms(ours)("R-7") != respondent_pseudonyms(theirs)("R-7")
    assert respondent_pseudonyms(ours)("R-7") != sha256(b"R-7").hexdigest()
    assert respondent_pseudonyms(ours)("R-7") == hmac.new(ours, b"R-7", "sha256").hexdigest()


@pytest.mark.parametrize(
    "label",
    ["성명", "연락처를 적어 주십시오", "응답자의 휴대전화 번호", "ชื่อ-นามสกุล", "เบอร์โทรศัพท์", "Họ và tên", "Số điện thoại:", "အမည်", "ဖုန်းနံပါတ်", "نام و تخلص", "شماره تلفن",
     "Nama lengkap", "पुरा नाम", "মোবাইল নম্বর", "លេខទូរស័ព្ទ", "What is your full name?", "3.1. Phone number"],
)  # fmt: skip
def test_a_question_that_asks_for_an_identifier_is_one_in_any_language(label: str) -> None:
    assert is_direct_identifier(ask("q31", "text", label={"x": label}))
    assert not is_direct_identifier(ask("q31", "select_one yes_no", label={"x": label}))


@pytest.mark.parametrize(
    "label",
    ["마을 이름", "전화로 신고한 적이 있습니까?", "이름을 아는 단체는 어디입니까?", "ชื่อหมู่บ้าน", "Name of the village", "Which address did the campaign give?", "نام قریه",
     "Tên làng", "गाउँको नाम"],
)  # fmt: skip
def test_a_question_about_something_else_is_none(label: str) -> None:
    assert not is_direct_identifier(ask("q31", "text", label={"x": label}))


def test_a_column_headed_in_korean_or_thai_is_known_too() -> None:
    assert is_identifying_name("휴대전화 번호")
    assert is_identifying_name("ชื่อ-สกุล")
    assert not is_identifying_name("마을 이름")


def test_a_day_of_birth_is_known_by_name_or_label_and_an_age_is_none() -> None:
    assert is_birth_date(ask("dob", "date"))
    assert is_birth_date(ask("q2", "date", label={"ko": "생년월일"}))
    assert not is_birth_date(ask("q2", "date", label={"ko": "조사일"}))
    assert not is_birth_date(ask("age", "integer"))
