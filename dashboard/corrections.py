"""Corrections as commands and pages use them: judged, previewed against the estimates, decided, written down."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from campaigns.campaign import Campaign
from campaigns.correction_effects import EffectChange, decisive, effect_changes
from campaigns.disclosure_policy import Policy
from campaigns.effects import Effect, EffectEstimate, Evaluation
from campaigns.evaluation import evaluate
from campaigns.export import software
from campaigns.membership import Members, members_of
from campaigns.registry import fieldwork_of
from campaigns.release_records import newest_release
from campaigns.releases import Release, protect_after, release_of
from dashboard.evaluations import policy_of
from dashboard.releasing import PLATFORM
from dashboard.settings import Workspace
from surveys import columns
from surveys.catalogue import Catalogue
from surveys.corrections.ledger import MOVES, OPEN, WITHDRAW, Action, Correction, Decided
from surveys.languages import say
from surveys.problems import CannotProceed, FileRefused
from surveys.proposing import Proposing
from surveys.proposing.log_files import LOG_FORMATS, cleaning_log
from surveys.xlsform import load_instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """How much of one site and wave corrections would change."""

    site: str
    wave: str
    interviews: int
    cells: int
    withdrawn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What applying corrections would do."""

    applied: tuple[int, ...]
    refused: dict[int, str]  # correction -> code of why it could not be applied
    touched: tuple[Touched, ...]
    effects: tuple[EffectChange, ...]


def proposing(
    workspace: Workspace, catalogue: Catalogue, campaign: Campaign, language: str = "en"
) -> Proposing:
    """What judges and enters corrections of a campaign.

    Raises
    ------
    CannotProceed
        The questionnaire cannot be read.
    """
    file = workspace.instrument_file(campaign.instrument)
    try:
        instrument = load_instrument(file)
    except FileRefused as refused:
        problem = refused.problem
        raise CannotProceed(str(file), problem.message(language), problem.remedy(language)) from None
    country_of = {site.id: site.country for site in campaign.sites}

    def pseudonym(site: str, respondent: str) -> str:
        named = pa.chunked_array([pa.array([respondent], pa.large_string())])
        known: str = workspace.keys.pseudonyms(named, country_of[site])[0].as_py()
        return known

    return Proposing(
        catalogue,
        instrument,
        fieldwork_of(campaign),
        pseudonym=pseudonym,
        today=datetime.now(UTC).astimezone().date(),
    )


def preview(
    workspace: Workspace, catalogue: Catalogue, campaign: Campaign, chosen: Sequence[Correction]
) -> Preview:
    """What applying these corrections together would do to the estimates, as shared views may show it.

    The same evaluation is made of the answers as they are and as they would be; the latter are written to a
    folder that goes at once. The order of the corrections makes no difference. A number behind which only a few people
    would change is shown as it is, and is so marked: the difference would tell what they answered.
    """
    waiting = [one for one in chosen if one.state in OPEN]
    applied, refused = catalogue.applicable(campaign.id, waiting)
    refused |= {one.id: "wrong_state" for one in chosen if one.state not in OPEN}
    policy = policy_of(workspace)
    deciding = decisive(campaign, {one.site for one in applied})
    now = columns.refresh(catalogue, workspace.columns, campaign.id)
    effects: Sequence[EffectChange] = ()
    if now and applied:
        with tempfile.TemporaryDirectory(prefix="what-if-") as place:
            then = columns.what_if(catalogue, workspace.columns, Path(place), campaign.id, applied)
            told = newest_release(catalogue, campaign.id)
            before, behind = _told(deciding, now, policy, told)
            as_told = release_of(
                before, behind, policy, told, software=software(), made_at=datetime.now(UTC), by=PLATFORM
            )
            after, _ = _told(deciding, then, policy, as_told)
        effects = effect_changes(before, after)
    return Preview(
        applied=tuple(one.id for one in applied),
        refused=refused,
        touched=tuple(_touched(applied)),
        effects=tuple(effects),
    )


def came_about(decided: Decided, action: Action) -> bool:
    """Whether a decision did to a correction what was asked."""
    return decided.state is MOVES[action][1] and decided.told is None


def told(code: str | None, language: str) -> str:
    """Why a correction is where it is, in a sentence; "" where that is plain."""
    return say(f"corrections.told.{code}", language) if code else ""


def preview_as_dict(found: Preview, language: str) -> dict[str, Any]:
    """A preview as a JSON object; an effect is a number or a reason why there is none."""
    return {
        "applied": list(found.applied),
        "not_applied": [
            {"correction": id_, "told": code, "message": told(code, language)}
            for id_, code in sorted(found.refused.items())
        ],
        "touched": [asdict(one) for one in found.touched],
        "effects": [
            {
                "outcome": one.outcome, "site": one.site, "term": one.term, "before": _effect(one.before, language),
                "after": _effect(one.after, language), "difference": one.difference, "moved": one.moved, "kept": one.kept,
            }
            for one in found.effects
        ],
    }  # fmt: skip


def _effect(effect: Effect, language: str) -> dict[str, Any]:
    if isinstance(effect, EffectEstimate):
        return {name: getattr(effect, name) for name in ("estimate", "conf_low", "conf_high")}
    return {"not_estimable": effect.code, "reason": effect.reason(language)}


def exported(catalogue: Catalogue, corrections: Sequence[Correction], ending: str) -> bytes:
    """The ledger as a cleaning log: csv or xlsx."""
    steps = catalogue.correction_steps([one.id for one in corrections])
    return LOG_FORMATS[ending](cleaning_log(corrections, steps))


def _told(
    campaign: Campaign, files: Sequence[Path], policy: Policy, previous: Release | None
) -> tuple[Evaluation, Members]:
    """An evaluation as it may be shown beside what was told before, and who stands behind it."""
    exact = evaluate(campaign, files, as_of_upload=None, data_sha256=columns.fingerprint(files))
    members = members_of(campaign, files)
    return protect_after(exact, members, policy, previous), members


def _touched(applied: Sequence[Correction]) -> list[Touched]:
    cells = Counter((one.site, one.wave) for one in applied if one.kind != WITHDRAW)
    withdrawn = Counter((one.site, one.wave) for one in applied if one.kind == WITHDRAW)
    interviews = {(one.site, one.wave, one.submission) for one in applied}
    rows = Counter((site, wave) for site, wave, _ in interviews)
    return [
        Touched(site=site, wave=wave, interviews=rows[site, wave], cells=cells[site, wave], withdrawn=withdrawn[site, wave])
        for site, wave in sorted(rows)
    ]  # fmt: skip
