import base64
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.fernet import Fernet, InvalidToken

from surveys.keys import KeyRing
from surveys.problems import CannotProceed
from tests.surveys.arriving import kept


def ids(*values: str | None) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values, pa.large_string())])


def closed_by_an_earlier_version(folder: Path, original: bytes) -> bytes:
    """An original as versions before 0.2 stored it: under the workspace's key itself."""
    KeyRing(folder).make_files_key()
    packed = pa.BufferOutputStream()
    with pa.CompressedOutputStream(packed, "zstd") as stream:
        stream.write(original)
    key = (folder / "uploads.key").read_bytes().strip()
    return base64.urlsafe_b64decode(Fernet(key).encrypt(packed.getvalue().to_pybytes()))


def test_an_original_comes_back_byte_for_byte_and_is_unreadable_in_between(tmp_path):
    ring = KeyRing(tmp_path / "keys")
    original = b"phone,answer\n0912345678,yes\n" * 50
    sealed = kept(ring, original)
    assert b"0912345678" not in sealed.stored
    assert KeyRing(tmp_path / "keys").decrypt(sealed.stored, sealed.key.name) == original


def test_an_empty_original_comes_back_too(tmp_path):
    ring = KeyRing(tmp_path)
    sealed = kept(ring, b"")
    assert ring.decrypt(sealed.stored, sealed.key.name) == b""


def test_keys_are_readable_by_their_owner_alone(tmp_path):
    ring = KeyRing(tmp_path / "keys")
    sealed = kept(ring, b"x")
    ring.pseudonyms(ids("1"), "NPL")
    files = [path for path in (tmp_path / "keys").rglob("*") if path.is_file()]
    assert {path.name for path in files} == {"uploads.key", "respondents-NPL.key", f"{sealed.key.name}.key"}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)
    folders = (tmp_path / "keys", tmp_path / "keys/originals")
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in folders)


def test_a_key_that_everybody_can_read_is_refused_until_the_right_is_taken_away(tmp_path):
    ring = KeyRing(tmp_path)
    ring.pseudonyms(ids("1"), "NPL")
    (tmp_path / "respondents-NPL.key").chmod(0o644)
    with pytest.raises(CannotProceed, match=r"every user of this machine.*chmod 600 respondents-NPL\.key"):
        ring.pseudonyms(ids("1"), "NPL")
    (tmp_path / "respondents-NPL.key").chmod(0o640)  # a group of the platform's own may read
    assert ring.fingerprint("NPL")


def test_an_original_has_a_key_of_its_own_without_which_nobody_opens_it(tmp_path):
    ring = KeyRing(tmp_path)
    one, other = kept(ring, b"one"), kept(ring, b"other")
    workspace_key = (tmp_path / "uploads.key").read_bytes().strip()
    wrapped = (tmp_path / "originals" / f"{one.key.name}.key").read_bytes()
    assert one.key.secret not in wrapped
    assert ring.forget([one.key.name, "never there"]) == 1
    with pytest.raises(CannotProceed, match="is not here"):
        ring.decrypt(one.stored, one.key.name)
    with pytest.raises(InvalidToken):
        Fernet(workspace_key).decrypt(base64.urlsafe_b64encode(one.stored))
    assert ring.decrypt(other.stored, other.key.name) == b"other"
    assert set(ring.original_keys()) == {other.key.name}


def test_what_an_earlier_version_closed_with_the_key_of_the_workspace_still_opens(tmp_path):
    assert KeyRing(tmp_path).decrypt(closed_by_an_earlier_version(tmp_path, b"old"), None) == b"old"


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
    sealed = kept(KeyRing(tmp_path / "a"), b"secret")
    kept(KeyRing(tmp_path / "b"), b"other")
    shutil.copy(tmp_path / "a/originals" / f"{sealed.key.name}.key", tmp_path / "b/originals")
    with pytest.raises(CannotProceed, match="no key in this file"):
        KeyRing(tmp_path / "b").decrypt(sealed.stored, sealed.key.name)
    with pytest.raises(CannotProceed, match=r"uploads\.key.*no key in this file"):
        KeyRing(tmp_path / "b").decrypt(closed_by_an_earlier_version(tmp_path / "a", b"x"), None)
    with pytest.raises(CannotProceed, match="is not here"):
        KeyRing(tmp_path / "nowhere").decrypt(sealed.stored, sealed.key.name)
    assert not (tmp_path / "nowhere").exists()


def test_a_flipped_bit_of_a_stored_original_is_noticed(tmp_path):
    ring = KeyRing(tmp_path)
    sealed = kept(ring, b"secret")
    stored = bytearray(sealed.stored)
    stored[20] ^= 1
    with pytest.raises(CannotProceed, match="changed"):
        ring.decrypt(bytes(stored), sealed.key.name)


def test_an_older_key_below_a_newer_one_still_opens_what_it_closed(tmp_path):
    old = KeyRing(tmp_path / "old")
    sealed = kept(old, b"secret")
    new = KeyRing(tmp_path / "new")
    kept(new, b"x")
    shutil.copy(tmp_path / "old/originals" / f"{sealed.key.name}.key", tmp_path / "new/originals")
    with (tmp_path / "new/uploads.key").open("ab") as file:
        file.write(b"# before the rotation of May\n" + (tmp_path / "old/uploads.key").read_bytes())
    assert new.decrypt(sealed.stored, sealed.key.name) == b"secret"


@pytest.mark.parametrize("content", [b"", b"short\n", b"# only a remark\n", b"not base64 !!\n"])
def test_a_spoilt_key_is_refused_and_never_replaced(tmp_path, content):
    (tmp_path / "respondents-NPL.key").write_bytes(content)
    (tmp_path / "respondents-NPL.key").chmod(0o600)
    with pytest.raises(CannotProceed, match="no key of the right form"):
        KeyRing(tmp_path).pseudonyms(ids("1"), "NPL")
    assert (tmp_path / "respondents-NPL.key").read_bytes() == content


def test_a_country_that_is_a_path_makes_no_file(tmp_path):
    with pytest.raises(CannotProceed, match="country code"):
        KeyRing(tmp_path / "keys").fingerprint("../x")
    assert not (tmp_path / "keys").exists()
