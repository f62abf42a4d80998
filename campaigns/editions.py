"""Editions: numbered evaluations, frozen with all that is needed to make them again."""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, TypeVar

from campaigns.campaign import Campaign
from campaigns.disclosure_policy import Policy
from campaigns.effect_records import effects_as_json, effects_from_json, notes_as_json, notes_from_json
from campaigns.effects import Contrast, Evaluation, LockedPlan, PooledEffect, RolePool, ShownBy
from campaigns.plan_lock import stamped
from campaigns.registry import load_campaign


Standing = Literal["same", "altered", "differs", "erased"]  # what verifying an edition finds
Told = TypeVar("Told", PooledEffect, RolePool, Contrast)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One protected evaluation as it was frozen. Never changed afterwards."""

    campaign: str
    number: int  # 1, 2, ... within the campaign
    as_of_upload: int | None
    data_sha256: str
    plan_version: int | None  # of the locked plan it was held against
    plan_sha256: str | None
    policy: str  # JSON: every rule of what may be shown
    policy_sha256: str
    release: int | None
    software: str
    made_at: datetime
    made_by: str
    note: str
    campaign_file: str  # the campaign file, as it was
    content: str  # canonical JSON of effects, averages and contrasts
    sha256: str  # of the content

    def summary(self) -> dict[str, object]:
        """What an edition is, without its numbers."""
        left_out = ("content", "campaign_file", "policy")
        found = {
            field.name: getattr(self, field.name) for field in fields(self) if field.name not in left_out
        }
        return found | {"made_at": self.made_at.isoformat()}


def content_of(evaluation: Evaluation) -> str:
    """Every number of an evaluation, and its caveats, as canonical JSON: the same numbers give the same bytes."""
    found = {
        "effects": effects_as_json(evaluation.effects),
        "pools": [_pool_as_json(pool) for pool in evaluation.pools],
        "contrasts": [_told_as_json(contrast) for contrast in evaluation.contrasts],
    }
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256_of(text: str) -> str:
    """The SHA-256 of a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def edition_of(
    evaluation: Evaluation,
    *,
    number: int,
    policy: Policy,
    campaign_file: str,
    software: str,
    made_at: datetime,
    by: str,
    note: str,
) -> Edition:
    """The edition that freezes an evaluation, which must be protected already."""
    if not evaluation.protected or evaluation.shown_by is None:
        message = "an edition is made of a protected evaluation"
        raise ValueError(message)
    content, lock = content_of(evaluation), evaluation.lock
    return Edition(
        campaign=evaluation.campaign.id,
        number=number,
        as_of_upload=evaluation.as_of_upload,
        data_sha256=evaluation.data_sha256,
        plan_version=None if lock is None else lock.version,
        plan_sha256=None if lock is None else lock.sha256,
        policy=json.dumps(asdict(policy), sort_keys=True),
        policy_sha256=policy.sha256,
        release=evaluation.shown_by.release,
        software=software,
        made_at=made_at,
        made_by=by,
        note=note,
        campaign_file=campaign_file,
        content=content,
        sha256=sha256_of(content),
    )


def policy_of_edition(edition: Edition) -> Policy:
    """The rules an edition was shown by."""
    found = json.loads(edition.policy)
    audience = type(Policy().audience)(found["audience"])
    return Policy(**{**found, "audience": audience, "breakdowns": tuple(found["breakdowns"])})


def campaign_of_edition(edition: Edition) -> Campaign:
    """The campaign as its file stated it when the edition was made."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{edition.campaign}.yaml"
        file.write_bytes(edition.campaign_file.encode("utf-8"))
        return load_campaign(file)


def evaluation_of_edition(edition: Edition, locks: Sequence[LockedPlan]) -> Evaluation:
    """The frozen evaluation, as screens and briefs read it.

    Parameters
    ----------
    locks
        The locked plans of the campaign.
    """
    found, policy = json.loads(edition.content), policy_of_edition(edition)
    evaluation = Evaluation(
        campaign=campaign_of_edition(edition),
        effects=effects_from_json(found["effects"]),
        pools=tuple(_pool_from_json(pool) for pool in found["pools"]),
        contrasts=tuple(_told_from_json(Contrast, one) for one in found["contrasts"]),
        as_of_upload=edition.as_of_upload,
        data_sha256=edition.data_sha256,
        made_at=edition.made_at,
        protected=True,
        shown_by=ShownBy(
            version=policy.version,
            sha256=policy.sha256,
            audience=policy.audience.value,
            release=edition.release,
        ),
    )
    return stamped(evaluation, next((lock for lock in locks if lock.version == edition.plan_version), None))


def is_whole(edition: Edition) -> bool:
    """Whether the frozen numbers still are those that were hashed."""
    return sha256_of(edition.content) == edition.sha256


def same_numbers(edition: Edition, again: Evaluation) -> bool:
    """Whether an evaluation has the numbers of an edition; the wording of caveats may have become richer since."""
    return _without_caveats(json.loads(edition.content)) == _without_caveats(json.loads(content_of(again)))


def _without_caveats(found: object) -> object:
    if isinstance(found, dict):
        return {
            name: _without_caveats(value)
            for name, value in found.items()
            if name not in ("caveats", "causes", "left_out")
        }
    if isinstance(found, list):
        return [_without_caveats(value) for value in found]
    return found


def _told_as_json(told: PooledEffect | RolePool | Contrast) -> dict[str, Any]:
    plain = {field.name: getattr(told, field.name) for field in fields(told)}
    return plain | {"caveats": notes_as_json(told.caveats)}


def _told_from_json(kind: type[Told], found: Mapping[str, Any]) -> Told:
    return kind(**{**found, "caveats": notes_from_json(found["caveats"])})


def _pool_as_json(pool: RolePool) -> dict[str, Any]:
    averages = {
        name: None if average is None else _told_as_json(average)
        for name, average in (("average", pool.average), ("random_effects", pool.random_effects))
    }
    left_out = {site: notes_as_json([note])[0] for site, note in pool.left_out.items()}
    return _told_as_json(pool) | averages | {"left_out": left_out, "sites": list(pool.sites)}


def _pool_from_json(found: Mapping[str, Any]) -> RolePool:
    return replace(
        _told_from_json(RolePool, found),
        left_out={site: notes_from_json([note])[0] for site, note in found["left_out"].items()},
        sites=tuple(found["sites"]),
        average=_average_from_json(found["average"]),
        random_effects=_average_from_json(found["random_effects"]),
    )


def _average_from_json(found: Mapping[str, Any] | None) -> PooledEffect | None:
    return None if found is None else _told_from_json(PooledEffect, found)
