import stat
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pyarrow as pa
import pytest

from surveys.keys import KeyRing
from surveys.problems import CannotProceed


def ids(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.large_string())])


def test_an_original_comes_back_byte_for_byte_and_is_unreadable_in_between(tmp_path):
    ring = KeyRing(tmp_path / "keys")
    original = b"phone,answer\n0912345678,yes\n" * 50
    stored = ring.encrypt(BytesIO(original)).stored
    assert b"0912345678" not in stored
    assert KeyRing(tmp_path / "keys").decrypt(stored) == original


def test_an_empty_original_comes_back_too(tmp_path):
    ring = KeyRing(tmp_path)
    assert ring.decrypt(ring.encrypt(BytesIO(b"")).stored) == b""


def test_keys_are_readable_by_their_owner_alone(tmp_path):
    ring = KeyRing(tmp_path / "keys")
    ring.encrypt(BytesIO(b"x"))
    ring.pseudonyms(ids("1"), "NPL")
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"uploads.key", "respondents-NPL.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "keys").iterdir())


def test_a_respondent_has_one_pseudonym_in_a_country_and_another_elsewhere(tmp_path):
    ring = KeyRing(tmp_path)
    nepal = ring.pseudonyms(ids("A1", None, "A2", "A1"), "NPL").to_pylist()
    assert nepal[1] is None
    assert nepal[0] == nepal[3] != nepal[2]
    assert ring.pseudonyms(ids("A1"), "THA").to_pylist()[0] != nepal[0]
    assert KeyRing(tmp_path).pseudonyms(ids("A1"), "npl").to_pylist()[0] == nepal[0]
    assert "A1" not in str(nepal)


def test_many_who_need_a_key_at_once_get_the_same_key(tmp_path):
    def one(_: int) -> str:
        return KeyRing(tmp_path / "k").fingerprint("NPL")

    with ThreadPoolExecutor(16) as pool:
        assert len(set(pool.map(one, range(64)))) == 1
    assert [path.name for path in (tmp_path / "k").iterdir()] == ["respondents-NPL.key"]


def test_another_ring_opens_nothing_and_says_which_file_is_missing(tmp_path):
    stored = KeyRing(tmp_path / "a").encrypt(BytesIO(b"secret")).stored
    KeyRing(tmp_path / "b").encrypt(BytesIO(b"other"))
    with pytest.raises(CannotProceed, match=r"uploads\.key.*no key in this file"):
        KeyRing(tmp_path / "b").decrypt(stored)
    with pytest.raises(CannotProceed, match="cannot be read"):
        KeyRing(tmp_path / "nowhere").decrypt(stored)
    assert not (tmp_path / "nowhere").exists()


def test_a_flipped_bit_of_a_stored_original_is_noticed(tmp_path):
    ring = KeyRing(tmp_path)
    stored = bytearray(ring.encrypt(BytesIO(b"secret")).stored)
    stored[20] ^= 1
    with pytest.raises(CannotProceed, match="changed"):
        ring.decrypt(bytes(stored))


def test_an_older_key_below_a_newer_one_still_opens_what_it_closed(tmp_path):
    old = KeyRing(tmp_path / "old")
    stored = old.encrypt(BytesIO(b"secret")).stored
    new = KeyRing(tmp_path / "new")
    new.encrypt(BytesIO(b"x"))
    with (tmp_path / "new/uploads.key").open("ab") as file:
        file.write(b"# before the rotation of May\n" + (tmp_path / "old/uploads.key").read_bytes())
    assert new.decrypt(stored) == b"secret"


@pytest.mark.parametrize("content", [b"", b"short\n", b"# only a remark\n", b"not base64 !!\n"])
def test_a_spoilt_key_is_refused_and_never_replaced(tmp_path, content):
    (tmp_path / "respondents-NPL.key").write_bytes(content)
    with pytest.raises(CannotProceed, match="no key of the right form"):
        KeyRing(tmp_path).pseudonyms(ids("1"), "NPL")
    assert (tmp_path / "respondents-NPL.key").read_bytes() == content


def test_a_country_that_is_a_path_makes_no_file(tmp_path):
    with pytest.raises(CannotProceed, match="country code"):
        KeyRing(tmp_path / "keys").fingerprint("../x")
    assert not (tmp_path / "keys").exists()
