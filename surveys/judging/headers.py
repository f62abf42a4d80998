"""Which column of a file holds which question: the spellings of every exporter, found without guessing.

KoboToolbox writes ``group/name`` or the bare name or the label, ODK Central ``group-name``, Ona and
the formhub family ``group[1]/name``, R turns ``/`` and ``-`` into ``.``; choices of a select_multiple
stand apart behind ``/``, ``.``, ``-``, ``_`` or `` :: ``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.deidentification import is_direct_identifier, is_identifying_name
from surveys.display import listed, shown
from surveys.expressions import parse, referenced_names
from surveys.fieldwork import Fieldwork, Part
from surveys.instrument import Instrument, Question
from surveys.judging.confusables import lookalike_of
from surveys.judging.known_headers import KnownHeaders
from surveys.judging.spellings import spaced
from surveys.judging.targets import (
    CALCULATED_TYPES,
    NOT_ASKED_TYPES,
    Kind,
    Target,
    choice_codes,
    plain_names,
    stored_questions,
)
from surveys.personal_data import unnamed
from surveys.problems import FileRefused, Problem


# Below this share of recognised columns, both of the file's and of the form's, it is another questionnaire.
SHARE_OF_KNOWN_COLUMNS = 0.2

# Kinds of metadata that tell one interview from another. The id that an edit does not change comes first;
# ODK Central's __id and KEY are those of the first version.
LASTING_IDS = ("root_uuid", "system_id", "key", "instance_id", "uuid", "own_id")
SUBMISSION_IDS = (
    *LASTING_IDS,
    "response_id",
)  # a web questionnaire's numbers begin anew with each questionnaire


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the answers to one question, or the values of one named column, stand in the file."""

    name: str
    question: Question | None  # None: a column of the data that the instrument does not ask
    whole: int | None = None  # the column of the answer; the summary of a select_multiple
    split: tuple[tuple[int, str], ...] = ()  # column and code of each split choice
    secret: bool = (
        False  # plays a part (respondent, linking key) but identifies: never stored under its own name
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMap:
    """The columns of one table, understood."""

    headers: tuple[str, ...]
    answers: Mapping[str, Source]  # by stored name, in the order of the form
    metadata: Mapping[str, tuple[int, ...]]
    twins: tuple[tuple[int, ...], ...]  # columns that claim to be the same thing
    by_label: bool  # headers are labels, so answers may be labels too
    warnings: tuple[Problem, ...]

    def part(self, name: str | None) -> Source | None:
        """The column of that name, where the file has it."""
        return self.answers.get(name) if name is not None else None


def match_headers(
    columns: Sequence[str],
    instrument: Instrument,
    fieldwork: Fieldwork | None = None,
    dialect: str = "plain",
    column_map: Mapping[str, str] | None = None,
) -> HeaderMap:
    """Which column of the file is which question, part or piece of metadata.

    Parameters
    ----------
    column_map
        The question that a person said a header stands for, "" where the column is left out.

    Raises
    ------
    FileRefused
        A header looks like a known name but is another, the same label could mean several
        questions, a required question has no column, or the file is of another questionnaire.
    """
    read_as = [(column_map or {}).get(header, header) for header in columns]
    known = KnownHeaders(instrument, fieldwork, dialect, read_as)
    _refuse_lookalikes(read_as, known)
    by_label = known.speaks_labels(read_as)
    found = [known.find(header, by_label=by_label) for header in read_as]
    found = _told_apart_by_order(read_as, found, known)
    loose = {}
    for position, header in enumerate(read_as):
        if header == "" != columns[position]:
            found[position] = Target(kind="ignored", name="")  # left out by a person
        if found[position] is None and (target := known.find_loosely(header)) is not None:
            found[position] = target
            if target.name != "other":
                loose[header] = target.name
    for position, target in known.behind_groups(read_as, found).items():
        found[position] = target
        loose[columns[position]] = target.name
    answers = _sources(found, instrument, fieldwork)
    _refuse_strangers(columns, found, answers, instrument, fieldwork)
    metadata = _metadata(found)
    _refuse_lacking(answers, metadata, instrument, fieldwork)
    return HeaderMap(
        headers=tuple(columns),
        answers=answers,
        metadata=metadata,
        twins=_twins(found),
        by_label=by_label,
        warnings=(
            *_warnings(columns, found, loose),
            *_absences(answers, instrument, fieldwork),
            *_kept_as_codes(answers, fieldwork),
        ),
    )


def _refused(code: str, column: str | None = None, **values: object) -> FileRefused:
    return FileRefused(Problem(code=code, column=shown(column, 300) if column else None, values=values))


def _refuse_lookalikes(columns: Sequence[str], known: KnownHeaders) -> None:
    for header in columns:
        if header.isascii() or header in known.exact or known.is_text(header):
            continue
        lookalike = lookalike_of(header)
        if lookalike is None:
            continue
        meant = known.names(lookalike.text)
        if meant is not None and meant.kind != "ignored":
            raise _refused(
                "lookalike_header",
                column=header,
                header=shown(header),
                name=lookalike.text.strip(),
                characters=", ".join(lookalike.characters),
            )


def _told_apart_by_order(
    columns: Sequence[str], found: list[Target | None], known: KnownHeaders
) -> list[Target | None]:
    """Headers that several questions share, given to them in form order where the numbers agree.

    A label that only one column carries, or fewer columns than questions, proves nothing.
    """
    groups: dict[str, list[int]] = {}
    for position, header in enumerate(columns):
        shared = header in known.shared
        if shared or (found[position] is None and len(known.candidates(header)) > 1):
            groups.setdefault(header if shared else spaced(header), []).append(position)
    settled = list(found)
    elsewhere = {
        target for position, target in enumerate(found) if target and columns[position] not in known.shared
    }
    for header, positions in groups.items():
        free = [target for target in known.candidates(header) if target not in elsewhere]
        if len(free) != len(positions):
            raise _refused("ambiguous_label_header", column=header, header=shown(header), number=len(free))
        for position, target in zip(positions, free, strict=True):
            settled[position] = target
    return settled


def _sources(
    found: Sequence[Target | None], instrument: Instrument, fieldwork: Fieldwork | None
) -> dict[str, Source]:
    whole: dict[str, int] = {}
    split: dict[str, list[tuple[int, str]]] = {}
    for position, target in enumerate(found):
        if target is not None and target.kind == "answer":
            whole.setdefault(target.name, position)
        elif target is not None and target.kind == "choice":
            choices = split.setdefault(target.name, [])
            if target.code not in {code for _, code in choices}:
                choices.append((position, target.code or ""))
    respondent = fieldwork.parts.get("respondent") if fieldwork else None
    questions = stored_questions(instrument)
    order = [*questions, *(name for name in whole if name not in questions)]
    parts = set(fieldwork.parts.values()) if fieldwork else set()
    unstored = fieldwork.unstored_keys if fieldwork else frozenset()
    sources = {}
    for name in order:
        if name in whole or name in split:
            question = questions.get(name)
            sources[name] = Source(
                name=name,
                question=question,
                whole=whole.get(name),
                split=_in_form_order(split.get(name, []), question, instrument),
                secret=name == respondent
                or name in unstored
                or (name in parts and _identifies(name, question)),
            )
    return sources


def _identifies(name: str, question: Question | None) -> bool:
    return is_direct_identifier(question) if question is not None else is_identifying_name(name)


def _in_form_order(
    split: list[tuple[int, str]], question: Question | None, instrument: Instrument
) -> tuple[tuple[int, str], ...]:
    if question is None or not split:
        return tuple(split)
    places = {code: place for place, code in enumerate(choice_codes(question, instrument))}
    return tuple(sorted(split, key=lambda pair: places.get(pair[1], len(places))))


def _metadata(found: Sequence[Target | None]) -> dict[str, tuple[int, ...]]:
    kept: dict[str, tuple[int, ...]] = {}
    for position, target in enumerate(found):
        if target is not None and target.kind == "metadata" and target.name != "other":
            kept[target.name] = (*kept.get(target.name, ()), position)
    return kept


def _twins(found: Sequence[Target | None]) -> tuple[tuple[int, ...], ...]:
    places: dict[Target, tuple[int, ...]] = {}
    for position, target in enumerate(found):
        if target is not None and target.kind in ("answer", "choice"):
            places[target] = (*places.get(target, ()), position)
    return tuple(positions for positions in places.values() if len(positions) > 1)


def _refuse_strangers(
    columns: Sequence[str],
    found: Sequence[Target | None],
    answers: Mapping[str, Source],
    instrument: Instrument,
    fieldwork: Fieldwork | None,
) -> None:
    """A file with almost no column of this questionnaire is of another one."""
    recognised = sum(
        target is not None and target.kind in ("answer", "choice", "identifier") for target in found
    )
    foreign = sum(target is None for target in found)
    asked = [q for q in instrument.questions if q.repeat is None and q.type not in NOT_ASKED_TYPES]
    if not answers and not asked and any(q.repeat is not None for q in instrument.questions):
        raise _refused("only_roster_questions", title=shown(instrument.title or instrument.form_id))
    of_form = len(answers) / max(len(asked) + len(plain_names(instrument, fieldwork)), 1)
    of_file = recognised / max(recognised + foreign, 1)
    if not answers or (of_form < SHARE_OF_KNOWN_COLUMNS and of_file < SHARE_OF_KNOWN_COLUMNS):
        raise _refused(
            "not_this_questionnaire",
            title=shown(instrument.title or instrument.form_id),
            known=recognised,
            total=len(columns),
        )


def _refuse_lacking(
    answers: Mapping[str, Source],
    metadata: Mapping[str, tuple[int, ...]],
    instrument: Instrument,
    fieldwork: Fieldwork | None,
) -> None:
    """Questions that everybody must answer have a column; so has the arm, where the campaign has arms.

    An exporter's own id serves where the column of the submission's id is left out.
    """
    lacking = [
        name
        for name, question in stored_questions(instrument).items()
        if question.required and name not in answers and _always_asked(question, fieldwork)
    ]
    parts = fieldwork.parts if fieldwork else {}
    named = _named_by_uploader(fieldwork)
    lacking = [name for name in lacking if name not in named]
    if any(kind in metadata for kind in SUBMISSION_IDS):
        lacking = [name for name in lacking if name != parts.get("submission", "submission_id")]
    arm = parts.get("arm")
    if arm is not None and arm not in answers and arm not in lacking:
        lacking.append(arm)
    if lacking:
        raise _refused("required_column_missing", columns=listed(lacking), number=len(lacking))


def _named_by_uploader(fieldwork: Fieldwork | None) -> set[str]:
    """Columns whose part the uploader has said for the whole file."""
    if fieldwork is None:
        return set()
    said: tuple[tuple[Part, str | None], ...] = (
        ("site", fieldwork.site), ("country", fieldwork.site), ("wave", fieldwork.wave),
    )  # fmt: skip
    return {fieldwork.parts[part] for part, value in said if value and part in fieldwork.parts}


def _always_asked(question: Question, fieldwork: Fieldwork | None) -> bool:
    """Whether everybody who agreed to take part was asked."""
    conditions = [*question.group_relevants, *([question.relevant] if question.relevant else [])]
    others = {name for condition in conditions for name in referenced_names(parse(condition))}
    consent = fieldwork.consent if fieldwork and fieldwork.consent else "consent"
    return (
        others <= {consent}
        and question.type not in NOT_ASKED_TYPES
        and question.type not in CALCULATED_TYPES
        and question.type != "acknowledge"
        and not _left_out(question, fieldwork)
    )


def _left_out(question: Question, fieldwork: Fieldwork | None) -> bool:
    """Whether the answers are never stored, so that nobody misses their column."""
    declared = fieldwork.identifiers.get(question.name) if fieldwork else None
    return declared == "drop" or (declared is None and is_direct_identifier(question))


def _warnings(
    columns: Sequence[str], found: Sequence[Target | None], loose: Mapping[str, str]
) -> Iterable[Problem]:
    def headers(kind: Kind | None) -> list[str]:
        pairs = zip(columns, found, strict=True)
        return [
            unnamed(header)
            for header, target in pairs
            if (target.kind if target else None) == kind and header.strip()
        ]

    for code, names in (
        ("unknown_columns", headers(None)),
        ("identifier_columns", headers("identifier")),
        ("repeat_columns", headers("repeat")),
        ("headers_read_loosely", [f"{header} → {name}" for header, name in loose.items()]),
    ):
        if names:
            yield Problem(code=code, values={"columns": listed(names, 60), "number": len(names)})


def _kept_as_codes(answers: Mapping[str, Source], fieldwork: Fieldwork | None) -> Iterable[Problem]:
    names = [name for name in answers if fieldwork is not None and name in fieldwork.unstored_keys]
    if names:
        yield Problem(code="linking_columns", values={"columns": listed(names), "number": len(names)})


def _absences(
    answers: Mapping[str, Source], instrument: Instrument, fieldwork: Fieldwork | None
) -> Iterable[Problem]:
    skipped = [
        name
        for name, question in stored_questions(instrument).items()
        if question.required
        and name not in answers
        and question.type not in NOT_ASKED_TYPES
        and not _left_out(question, fieldwork)
    ]
    if skipped:
        yield Problem(code="skipped_columns", values={"columns": listed(skipped), "number": len(skipped)})
    if fieldwork is not None:
        wanted = [*fieldwork.parts.values(), *fieldwork.exposure.values(), *fieldwork.extra_columns]
        lacking = [name for name in dict.fromkeys(wanted) if name not in answers and name not in skipped]
        if lacking:
            values = {"columns": listed(lacking), "number": len(lacking)}
            yield Problem(code="campaign_columns_missing", values=values)
        asked = {question.name for question in instrument.questions}
        unknown = [name for name in fieldwork.identifiers if name not in asked and name not in wanted]
        if unknown:
            values = {"columns": listed(unknown), "number": len(unknown)}
            yield Problem(code="identifiers_not_asked", values=values)
