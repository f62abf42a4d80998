"""Question types, as XLSForm, its predecessors, KoboToolbox and SurveyCTO have written them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionType:
    """What a ``type`` cell asks for, in one spelling."""

    name: str
    choice_list: str | None = None
    from_file: bool = False  # the choices are in another file
    or_other: bool = False
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bracket:
    """Where a group, repeat or loop begins or ends."""

    side: Literal["begin", "end"]
    kind: Literal["group", "repeat", "loop"]
    choice_list: str | None = None  # what a loop goes over


_BRACKET = re.compile(
    r"(?P<side>begin|end) ?(?:(?P<repeat>repeat|lgroup|looped group)|loop(?: over .+)?"
    r"|(?P<group>group|section|score|rank|kobomatrix|matrix))",
    re.IGNORECASE,
)
_OTHER = re.compile(r"(?P<list>.*\S)\s+or[\s_]+(?:specify[\s_]+)?other", re.IGNORECASE)
_SELECTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(rf"(?:{spellings})\s+(?P<rest>\S.*)", re.IGNORECASE)
    for name, spellings in {
        "select_one file": r"select[\s_]one[\s_]from[\s_]file",
        "select_multiple file": r"select[\s_]multiple[\s_]from[\s_]file",
        "select_one": r"select[\s_]one[\s_]external|(?:add )?select[\s_]one(?: prompt)?(?: (?:from|using))?|select1",
        "select_multiple": r"select[\s_]multiple[\s_]external|select[\s_]all[\s_]that[\s_]apply(?: (?:from|using))?"
        r"|(?:add )?select[\s_]multiple(?: prompt)?(?: (?:from|using))?",
        "rank": r"rank(?: (?:from|using))?",
    }.items()
}
# A list kept in a file of its own.
_FILE = re.compile(r"\S+\.(?:csv|xml|geojson)", re.IGNORECASE)

_SPELLINGS: Mapping[str, str] = {
    "int": "integer",
    "whole number": "integer",
    "decimal number": "decimal",
    "string": "text",
    "phone number": "text",
    "date time": "datetime",
    "gps": "geopoint",
    "location": "geopoint",
    "photo": "image",
    "picture": "image",
    "trigger": "acknowledge",
    "calculation": "calculate",
    "start time": "start",
    "end time": "end",
    "date of survey": "today",
    "device id": "deviceid",
    "sim id": "simserial",
    "subscriber id": "subscriberid",
    "imei": "deviceid",
    "score row": "select_one",
    "rank level": "select_one",
    "select one": "select_one",
    "select multiple": "select_multiple",
    "select all that apply": "select_multiple",
}
KNOWN = frozenset(
    [
        "integer",
        "decimal",
        "text",
        "date",
        "time",
        "datetime",
        "geopoint",
        "geotrace",
        "geoshape",
        "image",
        "audio",
        "video",
        "file",
        "barcode",
        "qrcode",
        "acknowledge",
        "note",
        "calculate",
        "calculate_here",
        "hidden",
        "range",
        "rank",
        "osm",
        "audit",
        "background-audio",
        "start-geopoint",
        "start",
        "end",
        "today",
        "deviceid",
        "subscriberid",
        "simserial",
        "phonenumber",
        "devicephonenum",
        "username",
        "email",
        "hxl",
        "xml-external",
        "csv-external",
        "select_one",
        "select_multiple",
        "caseid",
        "enumerator",
        "comments",
        "text_audit",
        "audio_audit",
        "sensor_statistic",
        "sensor_stream",
        "speed_violations_count",
        "speed_violations_list",
        "speed_violations_audit",
    ]
)


def bracket_of(written: str) -> Bracket | None:
    """The group, repeat or loop that a type cell begins or ends, None for a question."""
    found = _BRACKET.fullmatch(re.sub(r"[\s_]+", " ", written.strip()))
    if found is None:
        return None
    kind: Literal["group", "repeat", "loop"] = (
        "repeat" if found["repeat"] else "group" if found["group"] else "loop"
    )
    list_name = re.search(r"over\s+(\S+)", written, re.IGNORECASE)
    side: Literal["begin", "end"] = "begin" if found["side"].lower() == "begin" else "end"
    return Bracket(side=side, kind=kind, choice_list=list_name[1] if list_name else None)


def question_type(written: str) -> QuestionType:
    """The type a cell names."""
    text = " ".join(written.split())
    for name, pattern in _SELECTS.items():
        found = pattern.fullmatch(text)
        if found is not None:
            return _select(name.split()[0], found["rest"], from_file=name.endswith("file"))
    return _plain(text)


def _select(name: str, rest: str, *, from_file: bool) -> QuestionType:
    other = _OTHER.fullmatch(rest)
    choice_list = other["list"] if other else rest
    return QuestionType(
        name=name,
        choice_list=choice_list,
        from_file=from_file or bool(_FILE.fullmatch(choice_list)) or choice_list.startswith("${"),
        or_other=other is not None,
    )


def _plain(text: str) -> QuestionType:
    lowered = text.lower().removeprefix("uri:")
    lowered = re.sub(r"^(?:add|get|q) | prompt$", "", lowered)
    spaced = re.sub(r"[\s_]+", " ", lowered).strip()
    for name in (_SPELLINGS.get(spaced, spaced), spaced.replace(" ", "_"), spaced.replace(" ", "-")):
        if name in KNOWN:
            return QuestionType(name=name)
    rest = spaced.partition(" ")[2]
    # SurveyCTO and OpenStreetMap put settings behind the type: "sensor_statistic light", "text audit p=100".
    for words in (2, 3, 1):
        name = "_".join(spaced.split()[:words])
        if name in KNOWN and rest and name not in ("text", "select_one", "select_multiple"):
            return QuestionType(name=name)
    return QuestionType(name=lowered, known=False)
