"""The questionnaires that interviews came under, kept as they were: a newer file does not change what was asked.

On a connection that ``Catalogue`` hands over.
"""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from surveys.instrument import Choice, Instrument, Question
from surveys.record import tables
from surveys.record.places import PLACE


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionnaireUse:
    """A version of a questionnaire under which answers of one site and wave were stored."""

    site: str
    wave: str
    sha256: str
    form_id: str
    version: str
    uploads: tuple[int, ...]
    instrument: Instrument | None  # None: stored before questionnaires were kept


def encode_instrument(instrument: Instrument) -> bytes:
    """Questions, choices and languages, compressed; warnings of the file are left out."""
    content = asdict(instrument) | {"warnings": [], "external_lists": sorted(instrument.external_lists)}
    return zlib.compress(json.dumps(content, ensure_ascii=False).encode("utf-8"), 9)


def decode_instrument(stored: bytes) -> Instrument:
    """The questionnaire of ``encode_instrument``."""
    content = json.loads(zlib.decompress(stored))
    questions = tuple(_question(one) for one in content["questions"])
    choices = {name: tuple(Choice(**one) for one in listed) for name, listed in content["choices"].items()}
    return Instrument(
        **{
            **content,
            "questions": questions,
            "choices": choices,
            "languages": tuple(content["languages"]),
            "external_lists": frozenset(content["external_lists"]),
            "warnings": (),
        }
    )


def _question(stored: Mapping[str, Any]) -> Question:
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()
    }
    return Question(**fields)


def keep(connection: Connection, sha256: str, content: bytes) -> None:
    """Keep a questionnaire, once."""
    table = tables.questionnaire
    if content and connection.scalar(select(table.c.sha256).where(table.c.sha256 == sha256)) is None:
        connection.execute(insert(table), {"sha256": sha256, "content": content})


def uses(connection: Connection, campaign: str) -> list[QuestionnaireUse]:
    """Which versions the answers of each site and wave came under, in the order of their first upload."""
    touched, upload, kept = tables.touched, tables.upload, tables.questionnaire
    query = (
        select(
            touched.c.site, touched.c.wave, upload.c.instrument_sha256, upload.c.instrument,
            upload.c.instrument_version, touched.c.upload,
        )
        .join_from(touched, upload)
        .where(touched.c.campaign == campaign, touched.c.rows > 0, upload.c.format != PLACE)
        .order_by(touched.c.upload)
    )  # fmt: skip
    found: dict[tuple[str, str, str, str, str], list[int]] = {}
    for *place, number in connection.execute(query):
        found.setdefault(tuple(place), []).append(number)
    wanted = {sha256 for _, _, sha256, _, _ in found}
    contents: Mapping[str, bytes] = {
        row.sha256: row.content for row in connection.execute(select(kept).where(kept.c.sha256.in_(wanted)))
    }
    forms = {sha256: decode_instrument(content) for sha256, content in contents.items()}
    return [
        QuestionnaireUse(
            site=site, wave=wave, sha256=sha256, form_id=form, version=version, uploads=tuple(numbers),
            instrument=forms.get(sha256),
        )
        for (site, wave, sha256, form, version), numbers in found.items()
    ]  # fmt: skip
