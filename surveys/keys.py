"""The key ring: what encrypts the original files and what turns a respondent's id into a pseudonym.

Keys are files of one folder, apart from the record and from its backups. A key is made when it is
first needed and never replaced: a pseudonym made under another key would be another person.

Every original is encrypted under a key of its own, which lies in ``originals/``, itself encrypted under the
workspace's key. Without that small file nobody opens the original again, wherever copies of the record are.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from surveys.deidentification import interviewer_pseudonym, is_code, respondent_pseudonyms
from surveys.fieldwork import LinkingKey
from surveys.linking_codes import Coder
from surveys.problems import CannotProceed


FILES_KEY = "uploads"  # encrypts the keys of the original files; one key a line, the newest first
RETIRED = "retired"  # folder of keys that were rotated out
_ROTATING = b"# a rotation is under way: the first key below is the new one"
ORIGINALS = "originals"  # folder of the originals' own keys
NOT_KEPT = (
    b"This file held interviews that were erased, so it is not kept.\n"  # in the place of such an original
)
ERASED_KEY = "erased"  # makes the marks by which erased interviews are known when they come again
_CHUNK = 1 << 20
_TEXTS_AT_A_TIME = 20_000  # as Python objects
_COUNTRY = re.compile(r"[A-Za-z0-9]{2,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginalKey:
    """The key of one original, open in memory, and the name of its file."""

    name: str
    secret: bytes = field(repr=False)

    def seal(self, plain: bytes) -> bytes:
        """Bytes that only this key opens."""
        return base64.urlsafe_b64decode(Fernet(self.secret).encrypt(plain))

    def open(self, sealed: bytes) -> bytes:
        """The bytes that were sealed; InvalidToken where they are others."""
        return Fernet(self.secret).decrypt(base64.urlsafe_b64encode(sealed))


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """A file as it is stored, what it was, and the key that opens it."""

    stored: bytes
    sha256: str
    size: int
    key: OriginalKey


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys in ``folder``."""

    folder: Path

    def encrypt(self, original: BinaryIO) -> "Encrypted":
        """A file, compressed and encrypted; only its compressed form is ever whole in memory."""
        digest, size = hashlib.sha256(), 0
        packed = pa.BufferOutputStream()
        with pa.CompressedOutputStream(packed, "zstd") as stream:
            while chunk := original.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                stream.write(chunk)
        key = OriginalKey(name=secrets.token_hex(16), secret=Fernet.generate_key())
        stored = key.seal(packed.getvalue().to_pybytes())
        return Encrypted(stored=stored, sha256=digest.hexdigest(), size=size, key=key)

    def keep(self, key: OriginalKey) -> None:
        """Write the key of an original down, encrypted under the workspace's own. Before that nothing can be opened later."""
        _make_once(self._original_path(key.name), self._cipher(make=True).encrypt(key.secret))

    def original_key(self, name: str) -> OriginalKey:
        """The key of an original.

        Raises
        ------
        CannotProceed
            Its file is not there, or the workspace's key is another one.
        """
        path = self._original_path(name)
        if not path.exists():
            raise CannotProceed(
                str(path),
                "the key of this original is not here: it was destroyed with a certificate, or this is another folder of keys.",
                "See awareness retention --certificates; if the original should still be held, bring back the folder of keys.",
            )
        wrapped = self._lines(path, None)[0]
        try:
            return OriginalKey(name=name, secret=self._cipher(make=False).decrypt(wrapped))
        except InvalidToken:
            raise _another_key(path) from None

    def original_keys(self) -> dict[str, float]:
        """The names of the originals' keys that are there, and when each was made (seconds since 1970)."""
        found = (self.folder / ORIGINALS).glob("*.key")
        return {path.stem: path.stat().st_mtime for path in found if path.name[0] != "."}

    def forget(self, names: Iterable[str]) -> int:
        """Destroy the keys of originals; how many there were. What they closed stays closed for ever."""
        gone = 0
        for name in names:
            path = self._original_path(name)
            if path.exists():
                path.unlink()
                gone += 1
        if gone:
            _settle(self.folder / ORIGINALS)
        return gone

    def decrypt(self, stored: bytes, key: str | None = None) -> bytes:
        """The bytes of the file that was encrypted, or what was sealed.

        Parameters
        ----------
        key
            The name of the original's key; None for what was closed with the workspace's.

        Raises
        ------
        CannotProceed
            No key of the ring made these bytes, or somebody changed them.
        """
        try:
            if key is None:
                packed = self._cipher(make=False).decrypt(base64.urlsafe_b64encode(stored))
            else:
                packed = self.original_key(key).open(stored)
        except InvalidToken:
            raise _another_key(self._path(FILES_KEY) if key is None else self._original_path(key)) from None
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            original: bytes = stream.read()
        return original

    def pseudonyms(self, respondents: pa.ChunkedArray, country: str) -> pa.Array:
        """The respondents' ids as keyed hashes under the country's own key; none stays none."""
        return _each_once(respondents, respondent_pseudonyms(self._respondent_key(country)))

    def interviewers(self, interviewers: pa.ChunkedArray, country: str) -> pa.Array:
        """The interviewers' codes as they are, and anything longer, such as a name, as a keyed hash."""
        key = self._respondent_key(country)
        return _each_once(
            interviewers, lambda written: written if is_code(written) else interviewer_pseudonym(key, written)
        )

    def link_codes(
        self, answers: pa.ChunkedArray, country: str, *, campaign: str, linking_key: LinkingKey
    ) -> pa.Array:
        """The answers to a linking key as codes under a key of this country, campaign and question alone.

        Nobody can look up in one campaign or country whom another one interviewed.
        """
        purpose = f"linking codes\x1f{campaign}\x1f{linking_key.question}".encode()
        coder = Coder(hmac.digest(self._respondent_key(country), purpose, "sha256"), linking_key.kind)

        def code(answer: str) -> str | None:
            codes = coder.codes(answer)
            return None if codes is None else codes.as_text()

        return _each_once(answers, code)

    def seal(self, content: bytes) -> bytes:
        """Content as it may rest in the record; ``decrypt`` gives it back."""
        packed = pa.BufferOutputStream()
        with pa.CompressedOutputStream(packed, "zstd") as stream:
            stream.write(content)
        return base64.urlsafe_b64decode(self._cipher(make=True).encrypt(packed.getvalue().to_pybytes()))

    def fingerprint(self, country: str) -> str:
        """What tells the country's key from any other without giving it away."""
        return hmac.digest(self._respondent_key(country), b"fingerprint of this key", "sha256").hex()[:16]

    def erasure_marks(self, campaign: str, kind: str, values: Iterable[str]) -> list[str]:
        """What tells that a value was erased without saying what it was.

        Parameters
        ----------
        kind
            ``submission`` for ids of interviews, ``respondent`` for pseudonyms.
        """
        secret = base64.urlsafe_b64decode(
            self._lines(self._path(ERASED_KEY), base64.urlsafe_b64encode(secrets.token_bytes(32)))[0]
        )
        begun = hmac.new(secret, f"erased\x1f{campaign}\x1f{kind}\x1f".encode(), "sha256")
        marks = []
        for value in values:
            one = begun.copy()
            one.update(value.encode())
            marks.append(one.hexdigest())
        return marks

    def begin_rotation(self) -> None:
        """Put a new key before the old ones, in one step; where that was done already, leave it so."""
        path = self._path(FILES_KEY)
        lines = self._lines(path, None)
        if _ROTATING not in path.read_bytes().splitlines():
            _replace(path, b"\n".join([_ROTATING, Fernet.generate_key(), *lines]))

    def close_originals_anew(self) -> int:
        """Close under the newest key what older ones closed; how many keys of originals."""
        closed = 0
        for name, made in self.original_keys().items():
            path = self._original_path(name)
            try:
                anew = self._closed_anew(path.read_bytes().strip())
            except FileNotFoundError:  # destroyed a moment ago
                continue
            except InvalidToken:
                raise _another_key(path) from None
            if anew is not None:
                _replace(path, anew)
                os.utime(path, (made, made))
                closed += 1
        return closed

    def sealed_anew(self, sealed: bytes) -> bytes | None:
        """What ``seal`` made, closed under the newest key; None where it is so already."""
        try:
            anew = self._closed_anew(base64.urlsafe_b64encode(sealed))
        except InvalidToken:
            raise _another_key(self._path(FILES_KEY)) from None
        return None if anew is None else base64.urlsafe_b64decode(anew)

    def end_rotation(self) -> Path:
        """Put the old keys aside, where nothing reads them, and leave the new one alone; the file of the old ones."""
        path = self._path(FILES_KEY)
        newest, *old = self._lines(path, None)
        name = hashlib.sha256(b"\n".join(old)).hexdigest()[:16]  # the same where it is done once more
        aside = self.folder / RETIRED / f"{FILES_KEY}-{name}.key"
        _make_once(aside, b"\n".join(old))
        _replace(path, newest)
        return aside

    def _closed_anew(self, token: bytes) -> bytes | None:
        newest = Fernet(self._lines(self._path(FILES_KEY), None)[0])
        try:
            newest.decrypt(token)
        except InvalidToken:
            return self._cipher(make=False).rotate(token)
        return None

    def is_there(self) -> bool:
        """Whether the folder holds the workspace's key."""
        return self._path(FILES_KEY).exists()

    def make_files_key(self) -> None:
        """Make sure that originals can be encrypted."""
        self._cipher(make=True)

    def _cipher(self, *, make: bool) -> MultiFernet:
        lines = self._lines(self._path(FILES_KEY), Fernet.generate_key() if make else None)
        try:
            return MultiFernet([Fernet(line) for line in lines])
        except ValueError:
            raise self._unreadable(FILES_KEY) from None

    def _respondent_key(self, country: str) -> bytes:
        if not _COUNTRY.fullmatch(country):
            raise CannotProceed(
                str(self.folder),
                f'"{country}" is no country code to keep a key under.',
                "Give each site of the campaign a three-letter ISO country code.",
            )
        name = f"respondents-{country.upper()}"
        lines = self._lines(self._path(name), base64.urlsafe_b64encode(secrets.token_bytes(32)))
        try:
            key = base64.b64decode(lines[0], altchars=b"-_", validate=True)
        except ValueError:
            raise self._unreadable(name) from None
        if len(key) < 32:
            raise self._unreadable(name)
        return key

    def _lines(self, path: Path, new: bytes | None) -> list[bytes]:
        try:
            if not path.exists() and new is not None:
                _make_once(path, new)
            _refuse_open_to_others(path)
            lines = [line.strip() for line in path.read_bytes().splitlines()]
        except OSError as error:
            raise CannotProceed(
                str(path),
                f"the key cannot be read ({error.strerror}).",
                "Name the folder of the keys in AWARENESS_KEYS, or let the platform's user read it.",
            ) from None
        keys = [line for line in lines if line and not line.startswith(b"#")]
        if not keys:
            raise self._unreadable(path.stem)
        return keys

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _original_path(self, name: str) -> Path:
        return self.folder / ORIGINALS / f"{name}.key"

    def _unreadable(self, name: str) -> CannotProceed:
        return CannotProceed(
            str(self._path(name)),
            "this file holds no key of the right form.",
            "Bring the file back from the safe copy of the keys; do not make a new one.",
        )


def _each_once(texts: pa.ChunkedArray, made: Callable[[str], str | None]) -> pa.Array:
    """What is made of each text, made once for all rows that say the same; nothing stays nothing."""
    coded = pc.dictionary_encode(texts.combine_chunks())
    starts = range(0, len(coded.dictionary), _TEXTS_AT_A_TIME)
    pieces = (coded.dictionary.slice(start, _TEXTS_AT_A_TIME).to_pylist() for start in starts)
    each = [pa.array([made(text) for text in piece], pa.large_string()) for piece in pieces]
    return pa.concat_arrays(each).take(coded.indices) if each else pa.nulls(len(texts), pa.large_string())


def _make_once(path: Path, key: bytes) -> None:
    """Write the key so that of several processes only the first one's ever appears, and whole."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
        _settle(path.parent)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _replace(path: Path, content: bytes) -> None:
    """Put other keys in the place of those of a file, at once and for good."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _settle(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """See that what was made or removed in the folder outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _refuse_open_to_others(path: Path) -> None:
    """A key that everybody on the machine can read protects nobody."""
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & (stat.S_IROTH | stat.S_IWOTH):
        raise CannotProceed(
            str(path),
            "every user of this machine can read or change this key, so it protects nobody. Nothing was saved.",
            f"Take the right away (chmod 600 {path.name}); if others may have seen the key, tell whoever answers for the data.",
        )


def _another_key(path: Path) -> CannotProceed:
    return CannotProceed(
        str(path),
        "no key in this file opens the stored original, or its bytes were changed.",
        "Bring back the key files that were in use when the file was uploaded.",
    )
