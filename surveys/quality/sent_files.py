"""What the uploads of one site and wave refused, from the record."""

from collections import Counter

from surveys.catalogue import Catalogue
from surveys.quality.consent import SentFile


def sent_files(catalogue: Catalogue, campaign: str, site: str, wave: str) -> list[SentFile]:
    """The files that were sent for one site and wave, oldest first.

    A refused row says of itself neither site nor wave, so a file counts only where its sender named both, or
    where everything else in it went to this one site and wave.
    """
    filled: dict[int, set[tuple[str, str]]] = {}
    for part in catalogue.parts(campaign):
        for upload in part.uploads:
            filled.setdefault(upload, set()).add((part.site, part.wave))
    files: list[SentFile] = []
    for sent in reversed(catalogue.uploads(campaign, site)):
        named = (sent.site, sent.wave) == (site, wave)
        if named or filled.get(sent.id) == {(site, wave)}:
            rows = {(one.code, one.row) for one in catalogue.problems(sent.id) if one.row is not None}
            by_code = Counter(code for code, _ in rows)
            files.append(SentFile(accepted=sent.accepted, unchanged=sent.unchanged, by_code=dict(by_code)))
    return files
