"""Every header that an export of one questionnaire may carry, and what each of them means."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from surveys.deidentification import is_direct_identifier
from surveys.display import shown
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question
from surveys.languages import languages, say
from surveys.problems import FileRefused, Problem


Kind = Literal["answer", "choice", "metadata", "identifier", "repeat", "ignored"]

SELECT_MULTIPLE = frozenset({"select_multiple", "select_multiple_from_file", "select_multiple_external"})
NOT_ASKED_TYPES = frozenset({"note", "begin_group", "end_group", "begin_repeat", "end_repeat"})
CALCULATED_TYPES = frozenset({"calculate", "hidden", "start", "end", "today", "xml-external", "csv-external"})

_METADATA: Mapping[str, tuple[str, ...]] = {
    "root_uuid": ("meta/rootUuid",),
    "instance_id": ("meta/instanceID", "instanceID"),
    "uuid": ("_uuid",),
    "key": ("KEY",),
    "system_id": ("__id",),
    "deprecated_id": ("meta/deprecatedID",),
    "edits": ("Edits", "__system/edits"),
    "review": ("ReviewState", "_validation_status", "_review_status", "review_status", "__system/reviewState",
               "_validation_status/uid"),
    "status": ("Status", "__system/status"),
    "submitted": ("_submission_time", "SubmissionDate", "__system/submissionDate"),
    "started": ("starttime",),
    "ended": ("endtime",),
    "duration": ("_duration", "duration"),
    "other": (
        "_id", "_notes", "_status", "_submitted_by", "__version__", "_version_", "_tags", "_index", "_parent_index",
        "_parent_table_name", "formhub/uuid", "_xform_id_string", "_xform_id", "_attachments", "_geolocation",
        "_bamboo_dataset_id", "_edited", "_version", "_total_media", "_media_count",
        "_media_all_received", "_date_modified", "_last_edited", "_last_edited_by", "_review_comment", "_supplementalDetails",
        "meta/instanceName", "instanceName", "meta/audit", "audit", "meta/versionID", "meta/formUID",
        "_validation_status/label", "_validation_status/color", "_validation_status/timestamp",
        "_validation_status/by_whom",
        "SubmitterID", "SubmitterName", "AttachmentsPresent", "AttachmentsExpected", "DeviceID", "FormVersion",
        "PARENT_KEY", "__system/submitterId", "__system/submitterName", "__system/updatedAt", "__system/deletedAt",
        "__system/attachmentsPresent", "__system/attachmentsExpected", "__system/deviceId", "__system/formVersion",
        "deviceid", "subscriberid", "simid", "simserial", "devicephonenum", "username",
        "caseid", "formdef_version", "review_quality", "review_comments", "review_corrections",
        "text_audit",
    ),
}  # fmt: skip
_READ_LOOSELY = frozenset(
    {"uuid", "submitted", "started", "ended", "duration", "other"}
)  # "Key" or "status" may be anybody's column
_METADATA_SHAPE = re.compile(
    r"__version__\d*|_version_{1,2}\d*|SET-OF-.+|_submission__.+|_submission_meta/.+|meta[/-]entity.*|\.\.\.\d+"
)
_JUNK = re.compile(r"(?:reserved_name_for_field_list_labels|generated_(?:table_list_label|note_name))_?\d*")
_REPEAT_INDEX = re.compile(r"\[\d+\](?:/|$)")
_GEOPOINT_PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy", "Precision")
_CHOICE_SEPARATORS = ("/", ".", " :: ", "::", ":", "-", "_")
REFUSALS_HEADINGS = ("refused_rows.row", "refused_rows.what", "refused_rows.fix")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one column of the file is."""

    kind: Kind
    name: str  # the question's, the stored column's, or the kind of metadata
    code: str | None = None  # the choice of a split select_multiple


def plain_names(instrument: Instrument, fieldwork: Fieldwork | None) -> tuple[str, ...]:
    """Columns of the data that the campaign names and the instrument does not ask."""
    if fieldwork is None:
        return ()
    wanted = [*fieldwork.parts.values(), *fieldwork.exposure.values(), *fieldwork.extra_columns]
    asked = {question.name for question in instrument.questions if question.repeat is None}
    return tuple(name for name in dict.fromkeys(wanted) if name not in asked)


def stored_questions(instrument: Instrument) -> dict[str, Question]:
    """The questions outside repeats by the name their answers are stored under.

    That is the question's own name; where two groups hold the same one, the later has its groups before it.
    """
    stored: dict[str, Question] = {}
    for question in instrument.questions:
        if question.repeat is None:
            name = question.name if question.name not in stored else "/".join((*question.path, question.name))
            stored[name] = question
    return stored


class KnownHeaders:
    """Every header that an export of this questionnaire may carry."""

    def __init__(
        self, instrument: Instrument, fieldwork: Fieldwork | None = None, dialect: str = "plain"
    ) -> None:
        self.exact: dict[str, Target] = {}
        self.labels: dict[str, list[Target]] = {}
        self.shared: dict[str, list[Target]] = {}  # names that questions of several groups have
        self._ambiguous: set[str] = set()
        self._plain = plain_names(instrument, fieldwork)
        self._secret = set(self._plain) | set(fieldwork.parts.values() if fieldwork else ())
        self._separators = ("/", "-") if dialect == "odk_central" else ("/",)
        roots = stored_questions(instrument)
        repeats = [question for question in instrument.questions if question.repeat is not None]
        self._repeat_names = frozenset(question.name for question in repeats)
        self._repeat_groups = frozenset(group for question in repeats for group in question.path)
        self._add_names(roots)
        for name in self._plain:
            self.exact.setdefault(name, Target(kind="answer", name=name))
        self._add_names({question.name: question for question in repeats})
        self._add_metadata()
        self._add_choices(roots, instrument)
        self._add_labels(roots, instrument)
        self._add_labels({question.name: question for question in repeats}, instrument)

    @cached_property
    def _by_r(self) -> dict[str, Target]:
        return _unique((_as_r_writes(header), target) for header, target in self.exact.items())

    @cached_property
    def _loosely(self) -> dict[str, Target]:
        return _unique(
            (_loosened(header), target)
            for header, target in self.exact.items()
            if target.kind != "metadata" or target.name in _READ_LOOSELY
        )

    @cached_property
    def _labels_loosely(self) -> dict[str, Target]:
        return _unique(
            (_loosened(label), targets[0]) for label, targets in self.labels.items() if len(targets) == 1
        )

    def find(self, header: str, *, by_label: bool) -> Target | None:
        """What the header says exactly, in the manner of some exporter; None where nothing does."""
        named, labelled = self._named(header), self._labelled(header)
        spoken = labelled[0] if len(labelled) == 1 else None
        return (spoken or named) if by_label and not labelled[1:] else (named or spoken)

    def candidates(self, header: str) -> list[Target]:
        """Every question or choice that this header may stand for, in the order of the form."""
        return self.shared.get(header) or self._labelled(header)

    def names(self, header: str) -> Target | None:
        """What the header is as a name, without regard to case and spaces; labels do not count."""
        return self.exact.get(header.strip()) or self._loosely.get(_loosened(header))

    def find_loosely(self, header: str) -> Target | None:
        """What the header says when case, spaces and invisible characters do not count."""
        key = _loosened(header)
        if key in self._loosely:
            return self._loosely[key]
        suffixes = (_loosened(suffix) for suffix in _suffixes(header))
        by_suffix = next((self._loosely[suffix] for suffix in suffixes if suffix in self._loosely), None)
        return by_suffix or self._labels_loosely.get(key)

    def speaks_labels(self, columns: Sequence[str]) -> bool:
        """Whether the headers are labels rather than names."""
        names = labels = 0
        for header in columns:
            named, labelled = self._named(header), self._labelled(header)
            is_named = named is not None and named.kind in ("answer", "choice", "identifier")
            names += is_named and not labelled
            labels += bool(labelled) and not is_named
        return labels > names

    def _named(self, header: str) -> Target | None:
        header = header.strip().removeprefix("@")  # SPSS names may not begin with an underscore
        if header in self._ambiguous:
            raise FileRefused(
                Problem(code="ambiguous_header", column=shown(header, 300), values={"header": shown(header)})
            )
        if header in self.exact:
            return self.exact[header]
        heading = _refusals_heading(header)
        if heading is not None:
            return heading
        if _METADATA_SHAPE.fullmatch(header) or _JUNK.fullmatch(header):
            return Target(kind="ignored", name=header)
        if _REPEAT_INDEX.search(header):
            return self._repeated(header)
        for separator in self._separators:
            for suffix in _suffixes(header, separator):
                target = self.exact.get(suffix)
                if target is not None and target.kind != "metadata":
                    return target
        return self._unlisted_choice(header) or self._r_style(header) or self._wide_repeat(header)

    def _labelled(self, header: str) -> list[Target]:
        spoken = spaced(header)
        if spoken in self.labels:
            return self.labels[spoken]
        return next((self.labels[suffix] for suffix in _suffixes(spoken) if suffix in self.labels), [])

    def _repeated(self, header: str) -> Target | None:
        leaf = header.rsplit("/", 1)[-1]
        bare = _REPEAT_INDEX.sub("/", header).strip("/")
        known = leaf in self._repeat_names or any(part in self._repeat_groups for part in bare.split("/"))
        return Target(kind="repeat", name=leaf) if known else None

    def _unlisted_choice(self, header: str) -> Target | None:
        """``q/x`` where q is a select_multiple and x is no choice of it: ODK Central writes what it saw."""
        base, separator, code = header.rpartition("/")
        if not separator or not code:
            return None
        question = self.exact.get(base) or self.exact.get(base.rsplit("/", 1)[-1])
        if question is not None and question.name in self._multiple:
            return Target(kind="choice", name=question.name, code=code)
        return None

    def _r_style(self, header: str) -> Target | None:
        bare = re.sub(r"^(?:X\.U\.FEFF\.|ï\.\.)", "", header)
        return self._by_r.get(bare) or self.exact.get(bare)

    def _wide_repeat(self, header: str) -> Target | None:
        bare = re.sub(r"(?:_\d+)+$", "", header)
        return Target(kind="repeat", name=bare) if bare != header and bare in self._repeat_names else None

    def _add_names(self, questions: Mapping[str, Question]) -> None:
        targets = {name: Target(kind=self._kind(q), name=name) for name, q in questions.items()}
        for name, question in questions.items():
            self.exact.setdefault(question.name, targets[name])
            if question.name != name:
                self.shared.setdefault(question.name, [targets[question.name]]).append(targets[name])
        for name, question in questions.items():
            for header in _paths(question)[1:]:
                self.exact.setdefault(header, targets[name])
            if question.or_other:
                other = Target(kind="answer", name=f"{name}_other")
                for header in _paths(question):
                    self.exact.setdefault(f"{header}_other", other)
            self._add_parts_of_places(question)

    def _kind(self, question: Question) -> Kind:
        if question.repeat is not None:
            return "repeat"
        if question.type in NOT_ASKED_TYPES:
            return "ignored"
        if is_direct_identifier(question) and question.name not in self._secret:
            return "identifier"
        return "answer"

    def _add_parts_of_places(self, question: Question) -> None:
        target = Target(kind="repeat" if question.repeat else "identifier", name=question.name)
        if question.type in ("geopoint", "start-geopoint"):
            for header in _paths(question):
                leaf = header.rsplit("/", 1)
                for part in _GEOPOINT_PARTS:
                    self.exact.setdefault(f"{header}-{part}", target)
                    self.exact.setdefault(f"{header}.{part}", target)
                    self.exact.setdefault(f"{header}_{part.lower()}", target)
                    self.exact.setdefault("/".join([*leaf[:-1], f"_{leaf[-1]}_{part.lower()}"]), target)
        elif is_direct_identifier(question):
            for header in _paths(question):
                self.exact.setdefault(f"{header}_URL", target)

    def _add_metadata(self) -> None:
        for kind, headers in _METADATA.items():
            for header in headers:
                target = Target(kind="metadata", name=kind)
                for spelling in (header, header.replace("/", "-"), header.replace("/", ".")):
                    self.exact.setdefault(spelling, target)

    def _add_choices(self, questions: Mapping[str, Question], instrument: Instrument) -> None:
        multiple = {name: q for name, q in questions.items() if q.type in SELECT_MULTIPLE}
        self._multiple = frozenset(multiple)
        for separator in _CHOICE_SEPARATORS:
            settled = set(self.exact)
            for name, question in multiple.items():
                for code in choice_codes(question, instrument):
                    target = Target(kind="choice", name=name, code=code)
                    for base in _paths(question)[name != question.name :]:
                        self._add_choice(f"{base}{separator}{code}", target, settled)
                        if separator == "_" and "-" in code:
                            self._add_choice(f"{base}_{code.replace('-', '_')}", target, settled)

    def _add_choice(self, header: str, target: Target, settled: set[str]) -> None:
        if header in settled:
            return
        if self.exact.setdefault(header, target) != target:
            self._ambiguous.add(header)

    def _add_labels(self, questions: Mapping[str, Question], instrument: Instrument) -> None:
        before = set(self.labels)
        for name, question in questions.items():
            target = Target(kind=self._kind(question), name=name)
            for language in instrument.languages or ("",):
                label = spaced(question.labels.get(language, ""))
                if label:
                    self._add_label(label, target, before)
                if name in self._multiple and target.kind == "answer":
                    self._add_choice_labels(question, target, label, language, instrument, before)

    def _add_choice_labels(
        self,
        question: Question,
        asked: Target,
        label: str,
        language: str,
        instrument: Instrument,
        before: set[str],
    ) -> None:
        for choice in instrument.choices.get(question.choice_list or "", ()):
            spoken = spaced(choice.labels.get(language, "")) or choice.name
            target = Target(kind="choice", name=asked.name, code=choice.name)
            for separator in ("/", ".", " :: ", " - "):
                self._add_label(f"{label or question.name}{separator}{spoken}", target, before)

    def _add_label(self, label: str, target: Target, before: set[str]) -> None:
        if label in before:
            return  # questions outside repeats come first and win
        targets = self.labels.setdefault(label, [])
        if target not in targets:
            targets.append(target)


def _paths(question: Question) -> list[str]:
    """The question's name alone, then with its groups as each exporter joins them."""
    names = (*question.path, question.name)
    joined = [separator.join(names) for separator in ("/", "-", ".")] if question.path else []
    return [question.name, *joined]


def choice_codes(question: Question, instrument: Instrument) -> list[str]:
    """The codes of a question's list, with ``other`` where the form adds it."""
    codes = [choice.name for choice in instrument.choices.get(question.choice_list or "", ())]
    return [*codes, "other"] if question.or_other and "other" not in codes else codes


def _suffixes(header: str, separator: str = "/") -> Iterable[str]:
    """What stands behind each separator, the longest first."""
    parts = header.split(separator)
    return (separator.join(parts[start:]) for start in range(1, len(parts)))


def spaced(text: str) -> str:
    """The text with every run of white space as one space."""
    return " ".join(text.split())


def _loosened(text: str) -> str:
    if not text.isascii():
        text = "".join(character for character in text if unicodedata.category(character) != "Cf")
    return "_".join(text.casefold().replace("_", " ").split())


def _as_r_writes(text: str) -> str:
    """R's make.names: what is no letter, digit, dot or underscore becomes a dot."""
    name = re.sub(r"[^\w.]", ".", text)
    return f"X{name}" if re.match(r"[\d_]|\.\d", name) else name


def _unique(pairs: Iterable[tuple[str, Target]]) -> dict[str, Target]:
    """The spellings that mean one thing only."""
    seen: dict[str, Target | None] = {}
    for spelling, target in pairs:
        seen[spelling] = target if seen.setdefault(spelling, target) == target else None
    return {spelling: target for spelling, target in seen.items() if target is not None}


def _refusals_heading(header: str) -> Target | None:
    return Target(kind="ignored", name=header) if header in _refusals_headings() else None


@cache
def _refusals_headings() -> frozenset[str]:
    return frozenset(say(key, language) for key in REFUSALS_HEADINGS for language in languages())
