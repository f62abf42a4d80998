"""A file that only who knows its passphrase or key file can read, and that nobody can alter or cut unnoticed.

A header in the clear says how the key is derived; then come chunks of 1 MiB, each sealed with AES-256-GCM. The number
of a chunk and whether it is the last one are its nonce, so that chunks cannot be swapped, left out or cut off (the
construction STREAM). Every file has a key of its own, derived with a random salt. Memory holds one chunk.

References
----------
Hoang, Reyhanitabar, Rogaway & Vizár (2015), Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance,
CRYPTO 2015; RFC 7914 (scrypt), RFC 5869 (HKDF).
"""

import hmac
import json
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from surveys.problems import Refused


MAGIC = b"awareness sealed file 1\n"
PASSPHRASE_CHARACTERS = 14  # at least; scrypt makes each guess cost some 0.3 s and 128 MiB
KEY_FILE_BYTES = 32  # at least
_CHUNK = 1 << 20
_TAG = 16
_HEADER_BYTES = 4_096  # a header that claims to be longer is none
_COST = 1 << 17  # scrypt's N, with r = 8 and p = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """What opens a sealed file."""

    kind: Literal["passphrase", "key file"]
    material: bytes = field(repr=False)


def passphrase(text: str) -> Secret:
    """A passphrase as a secret.

    Raises
    ------
    Refused
        It is too short to withstand guessing.
    """
    if len(text) < PASSPHRASE_CHARACTERS:
        raise Refused("passphrase_short", "passphrase", characters=PASSPHRASE_CHARACTERS)
    return Secret(kind="passphrase", material=text.encode())


def key_file(path: Path) -> Secret:
    """The content of a key file as a secret.

    Raises
    ------
    Refused
        It is not there, too short, or every user of the machine can read it.
    """
    try:
        content = path.read_bytes().strip()
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise Refused("key_file_unreadable", str(path), reason=error.strerror or "") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise Refused("key_file_open", str(path), name=path.name)
    if len(content) < KEY_FILE_BYTES:
        raise Refused("key_file_short", str(path), bytes=KEY_FILE_BYTES)
    return Secret(kind="key file", material=content)


class SealedWriter:
    """Seals what is written to it into ``file``; without ``close`` the file cannot be opened."""

    def __init__(self, file: BinaryIO, secret: Secret) -> None:
        salt = secrets.token_bytes(32)
        sealing, check = _keys(secret, salt)
        head = {"opens with": secret.kind, "salt": salt.hex(), "check": check.hex()}
        self._header = MAGIC + json.dumps(head).encode() + b"\n"
        self._file = file
        self._cipher = AESGCM(sealing)
        self._waiting = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, content: bytes) -> int:
        """Take some bytes more."""
        self._waiting += content
        while len(self._waiting) > _CHUNK:
            self._seal(bytes(self._waiting[:_CHUNK]), last=False)
            del self._waiting[:_CHUNK]
        return len(content)

    def close(self) -> None:
        """Seal the last chunk, as the last one."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), chunk, self._header))
        self._number += 1


class SealedReader:
    """Reads what a ``SealedWriter`` sealed; nothing is given back that was not found to be genuine."""

    def __init__(self, file: BinaryIO, secret: Secret, where: str) -> None:
        self._file, self._where = file, where
        self._header, head = _header(file, where)
        if head["opens with"] != secret.kind:
            raise Refused("sealed_other_kind", where, kind=head["opens with"])
        sealing, check = _keys(secret, bytes.fromhex(head["salt"]))
        if not hmac.compare_digest(check.hex(), head["check"]):
            raise Refused("sealed_wrong_secret", where)
        self._cipher = AESGCM(sealing)
        self._number = 0
        self._ahead = file.read(_CHUNK + _TAG)
        if not self._ahead:  # even nothing at all is sealed as one last chunk
            raise Refused("sealed_altered", where)
        self._open = bytearray()

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        while len(self._open) < size and self._ahead:
            self._open += self._chunk()
        piece = bytes(self._open[:size])
        del self._open[:size]
        return piece

    def _chunk(self) -> bytes:
        sealed, self._ahead = self._ahead, self._file.read(_CHUNK + _TAG)
        try:
            chunk = self._cipher.decrypt(_nonce(self._number, last=not self._ahead), sealed, self._header)
        except InvalidTag:
            raise Refused("sealed_altered", self._where) from None
        self._number += 1
        return chunk


def _header(file: BinaryIO, where: str) -> tuple[bytes, dict[str, str]]:
    if file.read(len(MAGIC)) != MAGIC:
        raise Refused("sealed_no_such_file", where)
    line = file.readline(_HEADER_BYTES)
    try:
        head = json.loads(line)
        wanted = {name: str(head[name]) for name in ("opens with", "salt", "check")}
        bytes.fromhex(wanted["salt"])
    except (ValueError, TypeError, KeyError):
        raise Refused("sealed_altered", where) from None
    return MAGIC + line, wanted


def _keys(secret: Secret, salt: bytes) -> tuple[bytes, bytes]:
    """The key that seals, and what tells a wrong secret from an altered file."""
    stretched = (
        Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(secret.material)
        if secret.kind == "passphrase"
        else secret.material
    )
    made = HKDF(algorithm=SHA256(), length=48, salt=salt, info=MAGIC).derive(stretched)
    return made[:32], made[32:]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
