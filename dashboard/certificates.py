"""Certificates of destruction as files: JSON for machines, a page of text in each language for people."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from surveys.languages import say
from surveys.problems import CannotProceed
from surveys.record.erasing import ERASE
from surveys.record.retention import Certificate


FOLDER = "certificates"


def write_certificate(folder: Path, certificate: Certificate, languages: Sequence[str]) -> list[Path]:
    """Write a certificate beside the record it speaks of; the files."""
    place = folder / FOLDER
    written = {f"{certificate.number:04d}.json": _as_json(certificate)} | {
        f"{certificate.number:04d}.{language}.txt": certificate_text(certificate, language)
        for language in languages
    }
    try:
        place.mkdir(exist_ok=True)
        for name, text in written.items():
            (place / name).write_text(text, "utf-8")
    except OSError as error:
        raise CannotProceed(
            str(place),
            f"the certificate cannot be written here ({error.strerror}). The originals are destroyed, and the record holds the certificate.",
            "Let the platform's user write there, then: awareness retention --certificates",
        ) from None
    return [place / name for name in written]


def certificate_text(certificate: Certificate, language: str) -> str:
    """The certificate as a person reads it."""
    body = certificate.body
    if body["counted"] == ERASE:
        return _erasure_text(certificate, language)
    lines = [
        say("certificate.title", language, number=certificate.number),
        "",
        say("certificate.what", language, campaign=certificate.campaign, count=len(certificate.originals)),
        say("certificate.when", language, at=body["destroyed_at"], by=body["destroyed_by"]),
        say(f"certificate.why_{body['counted']}", language, months=body["months"], day=body["counted_from"], due=body["due"]),
        say("certificate.how", language),
        say("certificate.texts", language, count=body["withheld_texts_destroyed"]),
        say("certificate.remains", language),
        say("certificate.copies", language),
        "",
        *(_line(one, language) for one in certificate.originals),
        "",
        say("certificate.hash", language, sha256=certificate.sha256),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _erasure_text(certificate: Certificate, language: str) -> str:
    body = certificate.body
    counts = {name: body[name] for name in ("interviews", "versions", "held", "corrections", "links")}
    lines = [
        say("certificate.erasure_title", language, number=certificate.number),
        "",
        say("certificate.erasure_what", language, campaign=certificate.campaign, **counts),
        say("certificate.when", language, at=body["destroyed_at"], by=body["destroyed_by"]),
        say("certificate.erasure_why", language, why=body["why"]),
        say("certificate.erasure_how", language, count=len(certificate.originals)),
        say("certificate.texts", language, count=body["withheld_texts_destroyed"]),
        say("certificate.erasure_remains", language),
        say("certificate.copies", language),
        "",
        *(_line(one, language) for one in certificate.originals),
        "",
        say("certificate.hash", language, sha256=certificate.sha256),
    ]
    return "\n".join(lines) + "\n"


def _line(original: Mapping[str, object], language: str) -> str:
    site = original["site"] or say("certificate.any_site", language)
    return say("certificate.original", language, **{**original, "site": site})


def _as_json(certificate: Certificate) -> str:
    return json.dumps({**certificate.body, "sha256": certificate.sha256}, ensure_ascii=False, indent=2) + "\n"
