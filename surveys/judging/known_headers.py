"""Every header that an export of one questionnaire may carry, and what each of them means."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, cached_property

from surveys.deidentification import is_direct_identifier
from surveys.display import shown
from surveys.fieldwork import Fieldwork
from surveys.instrument import Instrument, Question
from surveys.judging.joints import group_spellings, joints_of
from surveys.judging.own_columns import JUNK, METADATA, METADATA_SHAPE, READ_LOOSELY
from surveys.judging.question_texts import QuestionTexts
from surveys.judging.spellings import as_r_writes, loosened, spaced, suffixes
from surveys.judging.targets import (
    NOT_ASKED_TYPES,
    SELECT_MULTIPLE,
    Kind,
    Target,
    choice_codes,
    plain_names,
    stored_questions,
)
from surveys.languages import languages, say
from surveys.problems import FileRefused, Problem
from surveys.reading.web_forms import kind_of


_REPEAT_INDEX = re.compile(r"\[\d+\](?:/|$)")
_GEOPOINT_PARTS = ("Latitude", "Longitude", "Altitude", "Accuracy", "Precision")
_CHOICE_SEPARATORS = ("/", ".", " :: ", "::", ":", "-", "_")
_GROUP_JOINTS = ("-", ".", ":", "__")
_LABEL_SEPARATORS = ("/", ".", " :: ", " - ")
_CODE_AND_TEXT = re.compile(
    r"(?P<code>[^\s.:]+)[.:] (?P<text>.+)", re.DOTALL
)  # "q1. Text", "q2[a]. Text [A]"
REFUSALS_HEADINGS = ("refused_rows.row", "refused_rows.what", "refused_rows.fix")


class KnownHeaders:
    """Every header that an export of this questionnaire may carry."""

    def __init__(
        self,
        instrument: Instrument,
        fieldwork: Fieldwork | None = None,
        dialect: str = "plain",
        columns: Sequence[str] = (),
    ) -> None:
        self.exact: dict[str, Target] = {}
        self.labels: dict[str, list[Target]] = {}
        self.shared: dict[str, list[Target]] = {}  # names that questions of several groups have
        self._ambiguous: set[str] = set()
        self._plain = plain_names(instrument, fieldwork)
        self._declared = fieldwork.identifiers if fieldwork else {}
        self._secret = set(self._plain) | set(fieldwork.parts.values() if fieldwork else ())
        self._secret |= {key.question for key in fieldwork.linking_keys} if fieldwork else set()
        self._separators = ("/", "-") if dialect == "odk_central" else ("/",)
        self._dialect = dialect
        self._instrument = instrument
        self._texts: list[tuple[str, Target]] = []
        self._roots = roots = stored_questions(instrument)
        self._multiple = frozenset(name for name, q in roots.items() if q.type in SELECT_MULTIPLE)
        self._joints = joints_of(columns, instrument, self._multiple)
        repeats = [question for question in instrument.questions if question.repeat is not None]
        self._repeat_names = frozenset(question.name for question in repeats)
        self._repeat_groups = frozenset(group for question in repeats for group in question.path)
        self._add_names(roots)
        for name in self._plain:
            self.exact.setdefault(name, Target(kind="answer", name=name))
        self._add_names({question.name: question for question in repeats})
        self._add_metadata()
        self._add_other_texts(roots)
        self._add_choices(roots, instrument)
        self._add_labels(roots, instrument)
        self._add_labels({question.name: question for question in repeats}, instrument)

    @cached_property
    def _by_r(self) -> dict[str, Target]:
        return _unique((as_r_writes(header), target) for header, target in self.exact.items())

    @cached_property
    def _loosely(self) -> dict[str, Target]:
        return _unique(
            (loosened(header), target)
            for header, target in self.exact.items()
            if target.kind != "metadata" or target.name in READ_LOOSELY
        )

    @cached_property
    def _spoken(self) -> QuestionTexts:
        choices = {
            name: self._instrument.choices.get(self._roots[name].choice_list or "", ())
            for name in self._multiple
        }
        return QuestionTexts(self._texts, self.exact, choices, (*_LABEL_SEPARATORS, *self._joints))

    def find(self, header: str, *, by_label: bool) -> Target | None:
        """What the header says exactly, in the manner of some exporter; None where nothing does."""
        named, labelled = self._named(header), self._labelled(header)
        meant = labelled[0] if len(labelled) == 1 else None
        return (meant or named) if by_label and not labelled[1:] else (named or meant)

    def candidates(self, header: str) -> list[Target]:
        """Every question or choice that this header may stand for, in the order of the form."""
        return self.shared.get(header) or self._labelled(header) or self._spoken.meant_by(header)

    def is_text(self, header: str) -> bool:
        """Whether the header is the text of a question or choice, character for character."""
        return bool(self.shared.get(header) or self._labelled(header))

    def names(self, header: str) -> Target | None:
        """What the header is as a name, without regard to case and spaces; labels do not count."""
        return self.exact.get(header.strip()) or self._loosely.get(loosened(header))

    def find_loosely(self, header: str) -> Target | None:
        """What the header says when case, spaces, markup and invisible characters do not count."""
        key = loosened(header)
        if key in self._loosely:
            return self._loosely[key]
        shorter = (loosened(suffix) for suffix in suffixes(header))
        by_suffix = next((self._loosely[suffix] for suffix in shorter if suffix in self._loosely), None)
        said = self._spoken.meant_by(header)
        return by_suffix or (said[0] if len(said) == 1 else None)

    def behind_groups(self, columns: Sequence[str], found: Sequence[Target | None]) -> dict[int, Target]:
        """Columns of questions without another one, named behind groups that this form does not have.

        ``demog-age`` and ``demog.sex`` are read so only where the file joins several names in that manner.
        """
        taken = {target.name for target in found if target is not None}
        for joint in _GROUP_JOINTS:
            meant: dict[int, Target] = {}
            for place, header in enumerate(columns):
                named = [self.exact.get(suffix) for suffix in suffixes(header.strip(), joint)]
                first = next(
                    (target for target in named if target is not None and target.kind == "answer"), None
                )
                if found[place] is None and first is not None and first.name not in taken:
                    meant[place] = first
            names = [target.name for target in meant.values()]
            if len(names) > 1 and len(set(names)) == len(names):
                return meant
        return {}

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
        own = kind_of(self._dialect, header)
        if own is not None:
            return Target(kind="ignored" if own == "beside" else "metadata", name=own)
        heading = _refusals_heading(header)
        if heading is not None:
            return heading
        if METADATA_SHAPE.fullmatch(header) or JUNK.fullmatch(header):
            return Target(kind="ignored", name=header)
        if _REPEAT_INDEX.search(header):
            return self._repeated(header)
        for separator in self._separators:
            for suffix in suffixes(header, separator):
                target = self.exact.get(suffix)
                if target is not None and target.kind != "metadata":
                    return target
        return (
            self._unlisted_choice(header)
            or self._r_style(header)
            or self._wide_repeat(header)
            or self._before_text(header)
        )

    def _labelled(self, header: str) -> list[Target]:
        text = spaced(header)
        if text in self.labels:
            return self.labels[text]
        return next((self.labels[suffix] for suffix in suffixes(text) if suffix in self.labels), [])

    def _before_text(self, header: str) -> Target | None:
        """The code that LimeSurvey puts before a question's text, where the text is that question's."""
        found = _CODE_AND_TEXT.fullmatch(header)
        if found is None or found["code"] not in self.exact:
            return None
        target = self.exact[found["code"]]
        return (
            target
            if self._dialect == "limesurvey" or target in self._spoken.meant_by(found["text"])
            else None
        )

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
            for header in [*_paths(question)[1:], *self._joined(question)]:
                self.exact.setdefault(header, targets[name])
            if question.or_other:
                other = Target(kind="answer", name=f"{name}_other")
                for header in _paths(question):
                    self.exact.setdefault(f"{header}_other", other)
            self._add_parts_of_places(question)

    def _joined(self, question: Question) -> list[str]:
        """The question's name with its groups as this file joins them."""
        return [joint.join((*question.path, question.name)) for joint in self._joints if question.path]

    def _kind(self, question: Question) -> Kind:
        if question.repeat is not None:
            return "repeat"
        if question.type in NOT_ASKED_TYPES:
            return "ignored"
        declared = self._declared.get(question.name)
        if declared == "drop" and question.name not in self._secret:
            return "identifier"
        if declared is None and is_direct_identifier(question) and question.name not in self._secret:
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
        for kind, headers in METADATA.items():
            for header in headers:
                target = Target(kind="metadata", name=kind)
                for spelling in (header, header.replace("/", "-"), header.replace("/", ".")):
                    self.exact.setdefault(spelling, target)

    def _add_other_texts(self, questions: Mapping[str, Question]) -> None:
        """LimeSurvey's ``q[other]`` holds the text of the answer that is none of the choices."""
        for question in questions.values():
            for header in _paths(question):
                text = self.exact.get(f"{header}_other")
                if text is not None:
                    self.exact.setdefault(f"{header}[other]", text)

    def _add_choices(self, questions: Mapping[str, Question], instrument: Instrument) -> None:
        settled = set(self.exact)
        for separator in dict.fromkeys((*_CHOICE_SEPARATORS, *self._joints)):
            for name in self._multiple:
                question = questions[name]
                bases = [*_paths(question), *self._joined(question)]
                for code in choice_codes(question, instrument):
                    target = Target(kind="choice", name=name, code=code)
                    for base in bases[name != question.name :]:
                        self._add_choice(f"{base}{separator}{code}", target, settled)
                        self._add_choice(f"{base}[{code}]", target, settled)
                        if separator == "_" and "-" in code:
                            self._add_choice(f"{base}_{code.replace('-', '_')}", target, settled)
            settled = set(self.exact)

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
                if label and label not in before:
                    self._texts.append((label, target))
                ways = [label, *self._behind_groups(question, label or question.name, language)]
                for way in filter(None, ways):
                    self._add_label(way, target, before)
                if name in self._multiple and target.kind == "answer":
                    bases = [way or question.name for way in ways]
                    self._add_choice_labels(question, target, bases, language, instrument, before)

    def _behind_groups(self, question: Question, leaf: str, language: str) -> list[str]:
        """The text with the groups' before it, as this file joins them."""
        paths = group_spellings(question, (language,))
        return [spaced(joint.join((*path, leaf))) for joint in self._joints for path in paths]

    def _add_choice_labels(
        self,
        question: Question,
        asked: Target,
        bases: Sequence[str],
        language: str,
        instrument: Instrument,
        before: set[str],
    ) -> None:
        separators = dict.fromkeys((*_LABEL_SEPARATORS, *self._joints))
        for choice in instrument.choices.get(question.choice_list or "", ()):
            label = spaced(choice.labels.get(language, "")) or choice.name
            target = Target(kind="choice", name=asked.name, code=choice.name)
            for base in bases:
                for separator in separators:
                    self._add_label(spaced(f"{base}{separator}{label}"), target, before)

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
