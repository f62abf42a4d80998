"""The key ring: what encrypts the original files and what turns a respondent's id into a pseudonym.

Keys are files of one folder, apart from the record and from its backups. A key is made when it is
first needed and never replaced: a pseudonym made under another key would be another person.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from surveys.deidentification import respondent_pseudonym
from surveys.fieldwork import LinkingKey
from surveys.linking_codes import Coder
from surveys.problems import CannotProceed


FILES_KEY = "uploads"  # encrypts the original files; one key a line, the newest first
_CHUNK = 1 << 20
_COUNTRY = re.compile(r"[A-Za-z0-9]{2,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """A file as it is stored, and what it was."""

    stored: bytes
    sha256: str
    size: int


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
        token = self._cipher(make=True).encrypt(packed.getvalue().to_pybytes())
        return Encrypted(stored=base64.urlsafe_b64decode(token), sha256=digest.hexdigest(), size=size)

    def decrypt(self, stored: bytes) -> bytes:
        """The bytes of the file that was encrypted.

        Raises
        ------
        CannotProceed
            No key of the ring made these bytes, or somebody changed them.
        """
        try:
            packed = self._cipher(make=False).decrypt(base64.urlsafe_b64encode(stored))
        except InvalidToken:
            raise CannotProceed(
                str(self._path(FILES_KEY)),
                "no key in this file opens the stored original, or its bytes were changed.",
                "Bring back the key file that was in use when the file was uploaded.",
            ) from None
        with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
            original: bytes = stream.read()
        return original

    def pseudonyms(self, respondents: pa.ChunkedArray, country: str) -> pa.Array:
        """The respondents' ids as keyed hashes under the country's own key; none stays none."""
        key = self._respondent_key(country)
        return _each_once(respondents, lambda respondent: respondent_pseudonym(key, respondent))

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
        return self.encrypt(BytesIO(content)).stored

    def fingerprint(self, country: str) -> str:
        """What tells the country's key from any other without giving it away."""
        return hmac.digest(self._respondent_key(country), b"fingerprint of this key", "sha256").hex()[:16]

    def make_files_key(self) -> None:
        """Make sure that originals can be encrypted."""
        self._cipher(make=True)

    def _cipher(self, *, make: bool) -> MultiFernet:
        lines = self._lines(FILES_KEY, Fernet.generate_key() if make else None)
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
        lines = self._lines(name, base64.urlsafe_b64encode(secrets.token_bytes(32)))
        try:
            key = base64.b64decode(lines[0], altchars=b"-_", validate=True)
        except ValueError:
            raise self._unreadable(name) from None
        if len(key) < 32:
            raise self._unreadable(name)
        return key

    def _lines(self, name: str, new: bytes | None) -> list[bytes]:
        path = self._path(name)
        try:
            if not path.exists() and new is not None:
                _make_once(path, new)
            lines = [line.strip() for line in path.read_bytes().splitlines()]
        except OSError as error:
            raise CannotProceed(
                str(path),
                f"the key cannot be read ({error.strerror}).",
                "Name the folder of the keys in AWARENESS_KEYS, or let the platform's user read it.",
            ) from None
        keys = [line for line in lines if line and not line.startswith(b"#")]
        if not keys:
            raise self._unreadable(name)
        return keys

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def _unreadable(self, name: str) -> CannotProceed:
        return CannotProceed(
            str(self._path(name)),
            "this file holds no key of the right form.",
            "Bring the file back from the safe copy of the keys; do not make a new one.",
        )


def _each_once(texts: pa.ChunkedArray, made: Callable[[str], str | None]) -> pa.Array:
    """What is made of each text, made once for all rows that say the same; nothing stays nothing."""
    coded = pc.dictionary_encode(texts.combine_chunks())
    return pa.array([made(text) for text in coded.dictionary.to_pylist()], pa.large_string()).take(
        coded.indices
    )


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
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
    except FileExistsError:
        return
    finally:
        draft.unlink()
