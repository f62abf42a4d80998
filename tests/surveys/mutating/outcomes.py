"""What becomes of a damaged file, and what must never become of it."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from surveys.checking import CheckReport, check_table, refusal_as_dict, report_as_dict
from surveys.problems import FileRefused
from surveys.reading import Limits, RawFile
from surveys.reading.handover import take_file
from surveys.reading.sheets import Sheet
from surveys.xlsform import instrument_of
from tests.surveys.exporting.interviews import INTERVIEWS, KEPT, questionnaire
from tests.surveys.judging import TODAY
from tests.surveys.mutating.kept_child import Ends, KeptChild
from tests.surveys.mutating.mutations import damaged
from tests.surveys.mutating.seeds import INSTRUMENT, SEEDS, seed


CHECKSUMMED = (".xlsx", ".ods", ".zip")
REPACKED = "members"  # the one mutation after which the checksums are right


@dataclass(slots=True)
class Tally:
    """The outcomes of one format's damaged files."""

    outcomes: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    ends: Ends = field(default_factory=Ends)


def run(kind: str, files: int, folder: Path, *, first: int = 0, limits: Limits | None = None) -> Tally:
    """Damage, read and judge that many files of one format; each is made by its number alone."""
    tally = Tally()
    with KeptChild(limits or Limits()) as child:
        for place in range(first, first + files):
            try:
                tally.outcomes[_outcome(child, kind, folder / "mutated", place, tally)] += 1
            except Exception as error:  # whatever it is, it is what this looks for
                name, how, _ = mutated(kind, place)
                tally.faults.append(f"{kind} {place} ({name}, {how}): {type(error).__name__}: {error}"[:300])
        tally.ends = child.ends
    return tally


def mutated(kind: str, place: int) -> tuple[str, str, bytes]:
    """The name, the damage and the bytes of one file."""
    random = Random(f"{kind} {place}")  # noqa: S311 - damage that can be made again, not a secret
    names = list(SEEDS[kind])
    name = names[place % len(names)]
    other = seed(kind, random.choice(names))
    how, content = damaged(seed(kind, name), other, name, random)
    return name, how, content or b"\n"


def _outcome(child: KeptChild, kind: str, path: Path, place: int, tally: Tally) -> str:
    name, how, content = mutated(kind, place)
    path.write_bytes(content)
    try:
        if kind == INSTRUMENT:
            return _of_questionnaire(child, path, name)
        report, raw = _judged(child, path, name)
    except FileRefused as refusal:
        _check_sentences(refusal_as_dict(refusal))
        tally.refusals[refusal.problem.code] += 1
        return "reject-file"
    _check_report(report, raw, "en" if place % 2 else "ko")
    _check_truth(report, raw, path, name, how)
    return report.verdict


def _of_questionnaire(child: KeptChild, path: Path, name: str) -> str:
    with child.read("sheets", path, name) as answer:
        told: Any = answer.content["sheets"]
        sheets = [
            Sheet(name=one["name"], visible=one["visible"], rows=tuple(map(tuple, one["rows"])))
            for one in told
        ]
    form = instrument_of(sheets, form_id="mutated")
    assert all(warning.message(language) for warning in form.warnings for language in ("en", "ko"))
    assert form.questions
    return "read with warnings" if form.warnings else "read"


def _judged(child: KeptChild, path: Path, name: str) -> tuple[CheckReport, RawFile]:
    with child.read("file", path, name) as answer:
        told: Any = answer.content["file"]
        raw = take_file(told, answer.folder, name=name, sha256="", size=path.stat().st_size)
    return check_table(raw, questionnaire(), today=TODAY), raw


def _check_sentences(said: dict[str, Any]) -> None:
    json.dumps(said)
    for problem in [*said["problems"], *said["warnings"]]:
        assert problem["message"].strip(), problem["code"]
        assert problem["remedy"].strip(), problem["code"]


def _check_report(report: CheckReport, raw: RawFile, language: str) -> None:
    """Every row has one fate, and what is accepted is what the questionnaire allows."""
    _check_sentences(report_as_dict(report, language=language))
    accepted = report.accepted["@row"].to_pylist()
    fates = [*accepted, *{*report.rejected, *report.held}]
    assert len(fates) == len(set(fates))
    assert set(fates) | set(report.repeated) <= set(range(1, report.rows + 1))
    assert report.rows == raw.interviews.rows.num_rows
    for row in report.accepted.to_pylist():
        age = row.get("age")
        assert not age or 15 <= int(age) <= 99, f"age {age}"
        for name in ("consent", "heard", "gender", "debt", "safe"):
            allowed = {choice.name for choice in questionnaire().choices_of(_question(name)) or ()}
            assert not row.get(name) or row[name] in allowed, f"{name} {row[name]}"


def _question(name: str) -> Any:
    return next(question for question in questionnaire().questions if question.name == name)


def _check_truth(report: CheckReport, raw: RawFile, path: Path, name: str, how: str) -> None:
    """Behind a checksum an accepted answer is the truth; in plain text it is what the text says."""
    if name.endswith(CHECKSUMMED) and how != REPACKED:
        truth = {one.uuid: one.said for one in INTERVIEWS}
        for row in report.accepted.to_pylist():
            said = truth[row["@submission"].removeprefix("uuid:")]
            differing = [key for key in KEPT if key in row and not _same(row[key], said.get(key))]
            assert not differing, f"corrupted: {differing}"
    elif name == "plain.csv":
        _check_text(report, raw, path)


def _check_text(report: CheckReport, raw: RawFile, path: Path) -> None:
    content = path.read_bytes().decode(raw.encoding or "utf-8").removeprefix("\ufeff")
    records = csv.reader(io.StringIO(content, newline=""), delimiter=raw.delimiter or ",")
    rows = [cells for cells in records if any(cell.strip() for cell in cells)]
    header = [cell.strip() for cell in rows[0]]
    for row in report.accepted.to_pylist():
        cells = rows[row["@row"]]
        for key in ("day", "age", "hours", "consent", "gender", "heard"):
            if header.count(key) == 1:
                told = cells[header.index(key)].strip()
                assert _same(row.get(key), told) or _same_day(row.get(key), told), f"{key} is not as written"


def _same_day(one: str | None, other: str) -> bool:
    """Whether year, month and day are the same numbers, in whatever digits."""
    return bool(one) and [int(part) for part in re.findall(r"\d+", other)[:3]] == [
        int(part) for part in (one or "").split("-")
    ]


def _same(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return not one and not other
    try:
        return Decimal(one) == Decimal(other)
    except ArithmeticError:
        return sorted(one.split()) == sorted(other.split())


def table_of(tallies: dict[str, Tally]) -> Iterator[str]:
    """A table for people."""
    yield "| format | accepted | with rejected rows | refused | reader crashed | out of memory | too slow | peak MB | faults |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for kind, tally in tallies.items():
        done, ends = tally.outcomes, tally.ends
        whole = done["accept"] + done["read"]
        parts = done["accept-with-rejected-rows"] + done["read with warnings"]
        yield (
            f"| {kind} | {whole} | {parts} | {done['reject-file']} | {ends.signals} | {ends.out_of_memory} | {ends.slow} "
            f"| {ends.peak_kilobytes >> 10} | {len(tally.faults)} |"
        )
