"""Effects as JSON and back, for the record. What was shown once can be shown again to the last digit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from campaigns.effects import Counts, Effect, EffectEstimate, Note, NotEstimable, Subject


def effects_as_json(effects: Sequence[Effect]) -> list[dict[str, Any]]:
    """One object an effect; how it stands to a plan is left out, since that is asked anew."""
    return [_effect_as_json(effect) for effect in effects]


def effects_from_json(found: Sequence[Mapping[str, Any]]) -> tuple[Effect, ...]:
    """What ``effects_as_json`` wrote."""
    return tuple(_effect_from_json(one) for one in found)


def _effect_as_json(effect: Effect) -> dict[str, Any]:
    plain = {
        field.name: getattr(effect, field.name)
        for field in fields(effect)
        if field.name not in ("subject", "counts", "caveats", "values", "stamp")
    }
    counts = None
    if effect.counts is not None:
        counts = {field.name: getattr(effect.counts, field.name) for field in fields(Counts)}
        counts["causes"] = notes_as_json(effect.counts.causes)
    plain |= {"subject": asdict(effect.subject), "counts": counts, "caveats": notes_as_json(effect.caveats)}
    if isinstance(effect, NotEstimable):
        plain["values"] = _values_as_json(effect.values)
    return plain


def _effect_from_json(found: Mapping[str, Any]) -> Effect:
    counts = None
    if found["counts"] is not None:
        counts = Counts(**{**found["counts"], "causes": notes_from_json(found["counts"]["causes"])})
    parts = {
        **found,
        "subject": Subject(**found["subject"]),
        "counts": counts,
        "caveats": notes_from_json(found["caveats"]),
    }
    if "code" in found:
        return NotEstimable(**{**parts, "values": _values_from_json(found["values"])})
    return EffectEstimate(**parts)


def notes_as_json(notes: Sequence[Note]) -> list[dict[str, Any]]:
    """One object a note."""
    return [{"code": note.code, "values": _values_as_json(note.values)} for note in notes]


def notes_from_json(found: Sequence[Mapping[str, Any]]) -> tuple[Note, ...]:
    """What ``notes_as_json`` wrote."""
    return tuple(Note(code=one["code"], values=_values_from_json(one["values"])) for one in found)


def _values_as_json(values: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: notes_as_json(value) if isinstance(value, tuple) else value for name, value in values.items()
    }


def _values_from_json(found: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: notes_from_json(value) if isinstance(value, list) else value for name, value in found.items()
    }
