"""What a callback may be sent: the inputs and states it was declared with, each of the type that its property has."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, request


LONGEST_TEXT = 4_000
LARGEST_NUMBER = 2**31
MOST_MATCHED = 5_000  # components that one pattern may stand for
TEXTS = {"pathname", "search", "done", "name", "campaign", "value"}
PARTS = {"id", "property", "value"}


def read_json() -> Any:
    """What was sent as JSON; whatever is none, or holds text that no file and no database takes, is refused."""
    try:
        sent = request.get_json(silent=True)
        text = json.dumps(sent, ensure_ascii=False)
        text.encode()
    except (RecursionError, UnicodeEncodeError):
        abort(400)
    if "\\u0000" in text:
        abort(400)
    return sent


def is_well_formed(body: Any, callbacks: Mapping[str, Any], languages: Sequence[str]) -> bool:
    """Whether a request names a callback that the server answers, and brings what that callback takes."""
    if not isinstance(body, dict) or not isinstance(body.get("output"), str):
        return False
    known = callbacks.get(body["output"])
    if known is None or "callback" not in known:
        return False
    inputs, states = body.get("inputs", []), body.get("state", [])
    return (
        _are_as_declared(inputs, known["inputs"], languages)
        and _are_as_declared(states, known["state"], languages)
        and _are_outputs(body.get("outputs"), body["output"])
        and _are_among(body.get("changedPropIds", []), inputs)
    )


def _are_as_declared(sent: Any, declared: Sequence[Mapping[str, str]], languages: Sequence[str]) -> bool:
    if not isinstance(sent, list) or len(sent) != len(declared):
        return False
    return all(_is_as_declared(one, spec, languages) for one, spec in zip(sent, declared, strict=True))


def _is_as_declared(sent: Any, declared: Mapping[str, str], languages: Sequence[str]) -> bool:
    pattern = declared["id"].startswith("{")
    if pattern != isinstance(sent, list) or (pattern and len(sent) > MOST_MATCHED):
        return False
    return all(
        isinstance(one, dict)
        and one.keys() <= PARTS
        and one.get("property") == declared["property"]
        and _names(one.get("id"), declared["id"])
        and _has_type(one.get("value"), declared["property"], languages)
        for one in (sent if pattern else [sent])
    )


def _names(sent: Any, declared: str) -> bool:
    if not declared.startswith("{"):
        return bool(sent == declared)
    pattern = json.loads(declared)
    return (
        _is_id(sent)
        and sent.keys() == pattern.keys()
        and all(isinstance(part, list) or sent[key] == part for key, part in pattern.items())
    )


def _has_type(value: Any, name: str, languages: Sequence[str]) -> bool:
    if name == "language":
        return value in languages
    if name == "n_clicks":
        return value is None or _is_number(value)
    if name == "id":
        return _is_id(value)
    if name == "data":
        return isinstance(value, dict) and _is_place(value, languages)
    return name in TEXTS and (value is None or _is_text(value))


def _is_place(value: Mapping[str, Any], languages: Sequence[str]) -> bool:
    rest = [part for key, part in value.items() if key != "language"]
    return value.get("language") in languages and all(_is_text_or_texts(part) for part in rest)


def _is_id(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_text(part) or _is_number(part) for part in value.values())


def _is_text_or_texts(value: Any) -> bool:
    several = value if isinstance(value, list) else [value]
    return value is None or (len(several) <= MOST_MATCHED and all(_is_text(one) for one in several))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_number(value: Any) -> bool:
    return type(value) is int and abs(value) < LARGEST_NUMBER


def _are_outputs(sent: Any, declared: str) -> bool:
    several = declared.startswith("..")
    names = declared.strip(".").split("...") if several else [declared]
    if several != (isinstance(sent, list)) and not declared.startswith("{"):
        return False
    given = sent if several else [sent]
    return len(given) == len(names) and all(_is_output(*pair) for pair in zip(given, names, strict=True))


def _is_output(sent: Any, declared: str) -> bool:
    id_, _, property_ = declared.rpartition(".")
    pattern = id_.startswith("{")
    if pattern != isinstance(sent, list):
        return False
    return all(
        isinstance(one, dict)
        and one.keys() == {"id", "property"}
        and one["property"] == property_
        and _names(one["id"], id_)
        for one in (sent if pattern else [sent])
    )


def _are_among(changed: Any, inputs: Sequence[Any]) -> bool:
    if not isinstance(changed, list) or not all(isinstance(one, str) for one in changed):
        return False
    flat = [one for given in inputs for one in (given if isinstance(given, list) else [given])]
    return all(any(_is_called(name, one) for one in flat) for name in changed)


def _is_called(name: str, one: Mapping[str, Any]) -> bool:
    id_, _, property_ = name.rpartition(".")
    if property_ != one["property"]:
        return False
    if not isinstance(one["id"], dict):
        return bool(id_ == one["id"])
    try:
        return bool(json.loads(id_) == one["id"])
    except ValueError:
        return False
