"""Versions of a questionnaire compared: what changed, and what of it breaks a comparison."""

from dataclasses import replace

import pytest

from surveys.instrument import Choice, Instrument, Question
from surveys.languages import languages
from surveys.record.questionnaires import decode_instrument, encode_instrument
from surveys.versions.changes import WEIGHTS, Change, changes_between


def choice(code: str, en: str, ko: str = "") -> Choice:
    return Choice(name=code, labels={"English (en)": en, **({"한국어 (ko)": ko} if ko else {})})


FORM = Instrument(
    form_id="kap",
    version="1",
    title="KAP",
    languages=("English (en)", "한국어 (ko)"),
    default_language="English (en)",
    questions=(
        Question(name="means", type="select_multiple", choice_list="means", labels={"English (en)": "How do people leave?", "한국어 (ko)": "어떻게 떠납니까?"}),
        Question(name="broker", type="select_one", choice_list="where", labels={"English (en)": "Where is the broker?"}),
        Question(name="age", type="integer", labels={"English (en)": "Age"}, constraint=". >= 15"),
        Question(name="plan", type="text", relevant="${means} != 'boat'"),
    ),
    choices={
        "means": (choice("boat", "By boat", "배로"), choice("road", "By road", "육로로"), choice("dk", "Don't know", "모름")),
        "where": (choice("0", "Domestic"), choice("1", "Foreign")),
    },
    sha256="one",
)  # fmt: skip


def with_question(name: str, **changed: object) -> Instrument:
    return replace(
        FORM,
        questions=tuple(replace(q, **changed) if q.name == name else q for q in FORM.questions),  # type: ignore[arg-type]
        sha256="two",
    )


def with_choices(name: str, *choices: Choice) -> Instrument:
    return replace(FORM, choices={**FORM.choices, name: choices}, sha256="two")


def kinds(later: Instrument, earlier: Instrument = FORM) -> list[tuple[str, str, str | None]]:
    return [(change.kind, change.question, change.choice) for change in changes_between(earlier, later)]


def test_a_questionnaire_has_not_changed_from_itself() -> None:
    assert kinds(replace(FORM, version="2", title="KAP again")) == []


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        (with_choices("means", *FORM.choices["means"][1:]), [("choice_removed", "means", "boat")]),
        (with_choices("means", *FORM.choices["means"], choice("air", "By air")), [("choice_added", "means", "air")]),
        (with_choices("means", *FORM.choices["means"][:2]), []),
        (with_choices("means", *FORM.choices["means"], choice("ref", "Refused to answer")), []),
        (with_choices("where", choice("0", "Foreign"), choice("1", "Domestic")), [("code_inverted", "broker", "0"), ("code_inverted", "broker", "1")]),
        (with_choices("where", choice("0", "In the country"), choice("1", "Foreign")), [("choice_reworded", "broker", "0")]),
        (with_question("age", type="text"), [("type_changed", "age", None)]),
        (with_question("age", type="range"), []),
        (with_question("age", constraint=".>=15"), []),
        (with_question("age", constraint=". >= 18"), [("constraint_changed", "age", None)]),
        (with_question("plan", relevant='${means} != "boat"'), []),
        (with_question("plan", relevant=None), [("relevance_changed", "plan", None)]),
        (with_question("age", required=True), [("required_changed", "age", None)]),
        (with_question("age", labels={"English (en)": "<b>AGE</b>:"}), []),
        (with_question("age", labels={"English (en)": "Age in years"}), [("wording_changed", "age", None)]),
        (replace(FORM, questions=FORM.questions[:3]), [("question_removed", "plan", None)]),
        (replace(FORM, questions=(*FORM.questions, Question(name="new", type="text"))), [("question_added", "new", None)]),
        (with_question("means", labels={"English (en)": "How do people leave?"}), [("translation_missing", "means", None)]),
    ],
    ids=lambda value: None if isinstance(value, Instrument) else ",".join(kind for kind, *_ in value) or "nothing",
)  # fmt: skip
def test_what_changed_is_found(later: Instrument, expected: list[tuple[str, str, str | None]]) -> None:
    assert kinds(later) == expected


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", sorted(WEIGHTS))
def test_every_change_has_its_sentence(kind: str, language: str) -> None:
    values = {"before": "a", "after": "b", "label": "l", "language": "ko"}
    change = Change(kind=kind, question="q17", choice="c3", values=values)  # type: ignore[arg-type]
    assert "q17" in change.sentence(language)


def test_a_questionnaire_is_kept_as_it_was() -> None:
    form = replace(FORM, external_lists=frozenset({"wards"}))
    assert decode_instrument(encode_instrument(form)) == form
