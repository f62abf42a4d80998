"""The ``linking:`` section of a campaign file: which answers find the same respondent again in another wave."""

from collections.abc import Sequence
from typing import cast, get_args

from campaigns.campaign import Campaign, Linking
from campaigns.schema import Section, did_you_mean, unique
from surveys.fieldwork import UNSTORED_KINDS, KeyKind, LinkingKey


NOT_SEARCHED_BY: frozenset[KeyKind] = frozenset({"exact"})  # half of all pairs agree on the sex


def linking_of(section: Section) -> Linking:
    """The linking keys and the keys that pairs are searched by; none where the section is absent."""
    section.allow_only(("keys", "block"))
    keys = tuple(_key(inner) for inner in section.sections("keys"))
    if section.values and not keys:
        section.refuse("keys", "at least one entry is needed.", "Write keys: [{question: name, as: name}].")
    unique(keys, lambda key: key.question, section, "keys")
    names = [key.question for key in keys]
    for name in section.texts("block"):
        if name not in names:
            section.refuse(
                "block",
                f'"{name}" is no linking key.',
                f"Use one of: {', '.join(names)}.{did_you_mean(name, names)}",
            )
    usual = tuple(key.question for key in keys if key.kind not in NOT_SEARCHED_BY)
    block = section.texts("block") or usual
    if keys and not block:
        section.refuse(
            "keys", "no key can be searched by.", "Add a key that tells people apart, or name keys at block."
        )
    return Linking(keys=keys, block=block)


def linking_must_hold(campaign: Campaign, root: Section, used: Sequence[str]) -> None:
    """An answer that is kept as codes alone can play no other part."""
    for position, key in enumerate(campaign.linking.keys):
        if key.kind in UNSTORED_KINDS and key.question in used:
            root.refuse(
                f"linking.keys[{position}].question",
                f'"{key.question}" has another part in this file, but as a {key.kind} it is kept as codes alone.',
                "Write as: exact, which keeps the answer as well, or give the other part another question.",
            )


def _key(section: Section) -> LinkingKey:
    section.allow_only(("question", "as"))
    return LinkingKey(
        question=section.text("question"), kind=cast("KeyKind", section.choice("as", get_args(KeyKind)))
    )
