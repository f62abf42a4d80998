"""The survey sheet as questions, each with the groups around it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from surveys.instrument import Choice, FormWarning, Question
from surveys.xlsform.question_types import Bracket, QuestionType, bracket_of, question_type
from surveys.xlsform.tables import FormTable, Row


YES = frozenset({"yes", "true", "true()", "1", "y", "t"})
NO = frozenset({"", "no", "false", "false()", "0", "n", "f"})
# Filled in by the app; forms leave their names out and the app takes the type's.
NAMED_BY_TYPE = frozenset(
    {"start", "end", "today", "deviceid", "audit", "username", "subscriberid", "simserial"}
)
# What "or_other" adds to a list; the apps show it in the form's language.
OTHER = Choice(name="other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What the survey sheet asks."""

    questions: tuple[Question, ...]
    brackets: frozenset[str]  # names of groups, repeats and loops
    lists_elsewhere: frozenset[str]  # lists whose choices the form does not hold
    warnings: tuple[FormWarning, ...]


@dataclass(slots=True, kw_only=True)
class _Frame:
    """A group, repeat or loop that is open while the rows inside it are read."""

    bracket: Bracket
    row: Row
    first: int  # place of its first question


@dataclass(slots=True, kw_only=True)
class _Reader:
    """The state of a walk down the survey sheet."""

    sheet: str
    lists: Mapping[str, Sequence[Choice]]
    frames: list[_Frame] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    brackets: set[str] = field(default_factory=set)
    lists_elsewhere: set[str] = field(default_factory=set)
    warnings: list[FormWarning] = field(default_factory=list)

    def warn(self, code: str, row: Row, **values: object) -> None:
        self.warnings.append(FormWarning(code=code, sheet=self.sheet, row=row.number, values=values))

    def read(self, row: Row) -> None:
        if row["disabled"].lower() in YES:
            return
        if not row["type"]:
            if row["name"] and row.texts.get("label"):
                self.warn("row_without_type", row, name=row["name"])
            return
        bracket = bracket_of(row["type"])
        if bracket is None:
            self._read_question(row, question_type(row["type"]))
        elif bracket.side == "begin":
            self._open(row, bracket)
        else:
            self._close(row, bracket)

    # Groups, repeats and loops

    def _open(self, row: Row, bracket: Bracket) -> None:
        if row["name"]:
            self.brackets.add(row["name"])
        else:
            self.warn("group_without_name", row)
        self.frames.append(_Frame(bracket=bracket, row=row, first=len(self.questions)))

    def _close(self, row: Row, bracket: Bracket) -> None:
        kinds = [frame.bracket.kind for frame in self.frames]
        if not kinds:
            self.warn("end_without_begin", row)
            return
        if bracket.kind != kinds[-1]:
            self.warn("end_of_another_kind", row, opened=self.frames[-1].row.number)
            if bracket.kind not in kinds:
                return
        while self.frames:
            frame = self.frames.pop()
            if frame.bracket.kind == "loop":
                self._expand(frame)
            if frame.bracket.kind == bracket.kind:
                return

    def close_all(self) -> None:
        """At the end of the sheet: what was opened and never closed."""
        while self.frames:
            frame = self.frames.pop()
            self.warn("group_not_closed", frame.row, name=frame.row["name"])
            if frame.bracket.kind == "loop":
                self._expand(frame)

    def _expand(self, frame: _Frame) -> None:
        """A loop asks its questions once for each choice of its list, in a group named after the choice."""
        choices = self.lists.get(frame.bracket.choice_list or "", ())
        once = self.questions[frame.first :]
        if not choices or not once:
            self.warn("loop_without_list", frame.row, list=frame.bracket.choice_list or "")
            return
        depth = len([outer for outer in self.frames if outer.row["name"]]) + bool(frame.row["name"])
        self.questions[frame.first :] = [
            replace(
                question,
                path=(*question.path[:depth], choice.name, *question.path[depth:]),
                group_labels=(*question.group_labels[:depth], choice.labels, *question.group_labels[depth:]),
                labels=_labels_for(question.labels, choice),
            )
            for choice in choices
            for question in once
        ]

    # Questions

    def _read_question(self, row: Row, kind: QuestionType) -> None:
        name = row["name"] or (kind.name if kind.name in NAMED_BY_TYPE else "")
        if not name:
            if kind.name != "note":  # a note yields no answers, so forms leave its name out
                self.warn("question_without_name", row)
            return
        if not kind.known:
            self.warn("type_unknown", row, type=row["type"][:60], name=name)
        choice_list = self._choice_list(row, kind)
        required = row["required"].lower()
        named = [frame.row for frame in self.frames if frame.row["name"]]
        repeats = [frame.row["name"] for frame in self.frames if frame.bracket.kind == "repeat"]
        around = [frame.row["relevant"] for frame in self.frames if frame.row["relevant"]]
        self._add(
            Question(
                name=name,
                type=kind.name,
                path=tuple(group["name"] for group in named),
                repeat=repeats[-1] if repeats else None,
                labels=row.texts.get("label", {}),
                group_labels=tuple(group.texts.get("label", {}) for group in named),
                choice_list=choice_list,
                or_other=kind.or_other,
                required=required in YES,
                required_when=None if required in YES | NO else row["required"],
                relevant=row["relevant"] or None,
                group_relevants=tuple(around),
                constraint=row["constraint"] or None,
                constraint_message=row.texts.get("constraint_message", {}),
                calculation=row["calculation"] or None,
                choice_filter=row["choice_filter"] or None,
                appearance=row["appearance"] or None,
                parameters=row["parameters"] or None,
                row=row.number,
            ),
            row,
        )
        if kind.or_other:
            self._add(_specify_other(self.questions[-1]), row)

    def _choice_list(self, row: Row, kind: QuestionType) -> str | None:
        choice_list = kind.choice_list or self._list_of_group(row)
        if choice_list is None:
            if kind.name in ("select_one", "select_multiple", "rank"):
                self.warn("select_without_list", row, name=row["name"])
            return None
        # An app's search() replaces the list's choices by those of a file on the device.
        searched = row["appearance"].lower().replace(" ", "").find("search(") >= 0
        if kind.from_file or searched:
            self.lists_elsewhere.add(choice_list)
        elif choice_list not in self.lists:
            self.warn("list_missing", row, list=choice_list, name=row["name"])
            self.lists_elsewhere.add(choice_list)
        return choice_list

    def _list_of_group(self, row: Row) -> str | None:
        """KoboToolbox's rows of a scale or a ranking take the list of their group."""
        if "__" not in row["type"] or not self.frames:
            return None
        return self.frames[-1].row["group_choices"] or None

    def _add(self, question: Question, row: Row) -> None:
        alike = [other for other in self.questions if other.name == question.name]
        if any((other.path, other.repeat) == (question.path, question.repeat) for other in alike):
            if question.row != alike[-1].row:
                self.warn("question_twice", row, name=question.name)
            return
        if any(other.repeat == question.repeat for other in alike):
            self.warn("name_in_two_groups", row, name=question.name)
        self.questions.append(question)


def with_others(table: FormTable, lists: Mapping[str, tuple[Choice, ...]]) -> dict[str, tuple[Choice, ...]]:
    """The lists with the choice "other" wherever some question offers it by "or_other", as converters add it."""
    types = [question_type(row["type"]) for row in table.rows if row["type"]]
    offered = {kind.choice_list for kind in types if kind.or_other}
    return {
        name: (*choices, OTHER)
        if name in offered and OTHER.name not in {c.name for c in choices}
        else choices
        for name, choices in lists.items()
    }


def survey_questions(table: FormTable, lists: Mapping[str, Sequence[Choice]]) -> Questions:
    """Every question of the survey sheet, in its order, with what was odd about the sheet."""
    reader = _Reader(sheet=table.sheet, lists=lists)
    for row in table.rows:
        reader.read(row)
    reader.close_all()
    return Questions(
        questions=tuple(reader.questions),
        brackets=frozenset(reader.brackets),
        lists_elsewhere=frozenset(reader.lists_elsewhere),
        warnings=tuple(reader.warnings),
    )


def with_languages(questions: Iterable[Question], written: Mapping[str, str]) -> tuple[Question, ...]:
    """The questions with the languages of their texts renamed."""
    return tuple(
        replace(
            question,
            labels=renamed(question.labels, written),
            group_labels=tuple(renamed(labels, written) for labels in question.group_labels),
            constraint_message=renamed(question.constraint_message, written),
        )
        for question in questions
    )


def renamed(texts: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    """Texts under the form's one spelling of each language; where two were the same, the first stands."""
    result: dict[str, str] = {}
    for language, text in texts.items():
        result.setdefault(written.get(language, language), text)
    return result


def _specify_other(question: Question) -> Question:
    """The text that "or_other" adds behind a question."""
    return Question(
        name=f"{question.name}_other",
        type="text",
        path=question.path,
        group_labels=question.group_labels,
        repeat=question.repeat,
        relevant=f"selected(${{{question.name}}}, 'other')",
        group_relevants=question.group_relevants,
        row=question.row,
    )


def _labels_for(labels: Mapping[str, str], choice: Choice) -> dict[str, str]:
    return {
        language: text.replace("%(label)s", choice.labels.get(language, choice.name)).replace(
            "%(name)s", choice.name
        )
        for language, text in labels.items()
    }
