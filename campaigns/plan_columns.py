"""The part of a plan that says which column plays which part, and what its values mean."""

from collections.abc import Mapping
from dataclasses import dataclass

from campaigns.data_file import canonical
from campaigns.schema import Section


NEEDS: Mapping[str, tuple[str, ...]] = {
    "pre_post": ("wave",),
    "paired_pre_post": (),
    "difference_in_differences": ("wave", "arm"),
    "randomised": ("arm",),
    "ancova": ("arm",),
    "staggered": ("period", "first_treated"),
    "exposure": ("arm",),
    "encouragement": ("arm", "received"),
    "event_study": ("wave", "arm"),
}
SINGLE_COLUMNS = (
    "site", "respondent", "stratum", "weight", "fpc", "block", "baseline", "received", "dose", "period",
    "first_treated", "interviewer", "mode",
)  # fmt: skip


RECEIVED = 'Write, for example, received: {column: attended, yes: "1", no: "0"}; each may be a list.'

_EXAMPLES = {
    "wave": 'Write, for example, wave: {column: period, before: "0", after: "1"}.',
    "arm": 'Write, for example, arm: {column: treat, campaign: "1", comparison: "0"}.',
    "period": "Write, for example, period: year.",
    "received": f"Name the column that says what was received, such as received: attended. {RECEIVED}",
    "first_treated": "Name the column of the period in which the campaign started; blank or 0 means never.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveColumn:
    """The column that tells the waves apart, and the values that mean before and after."""

    column: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmColumn:
    """The column that tells the arms apart, and the values that mean the campaign's arms and the comparison group."""

    column: str
    campaign: tuple[str, ...]  # one effect each
    several: bool  # whether the plan lists arms: then each goes by its value
    comparison: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedColumn:
    """The values of the column of exposure received that mean it was, and that it was not."""

    yes: tuple[str, ...]
    no: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedColumns:
    """The columns a plan names, by the part they play."""

    wave: WaveColumn | None
    arm: ArmColumn | None
    cluster: tuple[str, ...]  # one column, or two that cross
    single: Mapping[str, str]  # site, respondent, stratum, weight, ... -> column
    received: ReceivedColumn | None  # None: numbers, or yes and no


def read_columns(columns: Section, analysis: Section, design: str) -> PlannedColumns:
    """What ``columns`` names; refused where it lacks what the design needs."""
    columns.allow_only(("wave", "arm", "cluster", "exposure", *SINGLE_COLUMNS))
    wave, arm = _wave(columns, analysis), _arm(columns)
    for part in _needed(design, columns):
        if part not in columns:
            columns.refuse(part, f"{design} needs this key and it is absent.", _EXAMPLES[part])
    single = {part: _named(columns, part) for part in SINGLE_COLUMNS if part in columns} | _exposure(columns)
    _require_baseline(design, wave, single, columns)
    return PlannedColumns(
        wave=wave, arm=arm, cluster=_cluster(columns), single=single, received=_received(columns)
    )


def _named(columns: Section, part: str) -> str:
    if part == "received" and isinstance(columns.values[part], Mapping):
        return columns.section(part).text("column")
    return columns.text(part)


def _received(columns: Section) -> ReceivedColumn | None:
    if not isinstance(columns.values.get("received"), Mapping):
        return None
    inner = columns.section("received")
    inner.allow_only(("column", "yes", "no"))
    found = ReceivedColumn(yes=inner.texts("yes"), no=inner.texts("no"))
    for key, values in (("yes", found.yes), ("no", found.no)):
        if not values:
            columns.refuse(f"received.{key}", f"the values that mean {key} are absent.", RECEIVED)
    _distinct(columns, "received", found.yes, found.no)
    return found


def _wave(columns: Section, analysis: Section) -> WaveColumn | None:
    if "wave" not in columns:
        return None
    if not isinstance(columns.values["wave"], Mapping):
        found = WaveColumn(
            column=columns.text("wave"), before=analysis.texts("before"), after=analysis.texts("after")
        )
    else:
        inner = columns.section("wave")
        inner.allow_only(("column", "before", "after"))
        found = WaveColumn(
            column=inner.text("column"),
            before=inner.texts("before") or analysis.texts("before"),
            after=inner.texts("after") or analysis.texts("after"),
        )
    if not found.after:
        columns.refuse("wave.after", "the values that mean after are absent.", _EXAMPLES["wave"])
    if not found.before and analysis.text("design", "") in (
        "pre_post",
        "difference_in_differences",
        "event_study",
    ):
        columns.refuse("wave.before", "the values that mean before are absent.", _EXAMPLES["wave"])
    _distinct(columns, "wave", found.before, found.after)
    return found


def _arm(columns: Section) -> ArmColumn | None:
    if "arm" not in columns:
        return None
    if not isinstance(columns.values["arm"], Mapping):
        columns.refuse("arm", "the values of the arms are absent.", _EXAMPLES["arm"])
    inner = columns.section("arm")
    inner.allow_only(("column", "campaign", "comparison"))
    campaign = inner.texts("campaign")
    if not campaign:
        columns.refuse("arm.campaign", "the value that means the campaign is absent.", _EXAMPLES["arm"])
    found = ArmColumn(
        column=inner.text("column"),
        campaign=campaign,
        several=len(campaign) > 1,
        comparison=inner.texts("comparison"),
    )
    _distinct(columns, "arm", found.campaign, found.comparison)
    return found


def _exposure(columns: Section) -> dict[str, str]:
    """The column of recalled exposure and that of a decoy, a campaign that never was."""
    if "exposure" not in columns:
        return {}
    if not isinstance(columns.values["exposure"], Mapping):
        return {"exposure": columns.text("exposure")}
    inner = columns.section("exposure")
    inner.allow_only(("recalled", "decoy"))
    found = {"exposure": inner.text("recalled")}
    return found | ({"decoy": inner.text("decoy")} if "decoy" in inner else {})


def _distinct(columns: Section, key: str, first: tuple[str, ...], second: tuple[str, ...]) -> None:
    others = {canonical(value) for value in second}
    for value in first:
        if canonical(value) in others:
            columns.refuse(key, f'"{value}" stands on both sides.', "Give each value one meaning.")


def _cluster(columns: Section) -> tuple[str, ...]:
    named = columns.texts("cluster")
    if len(named) > 2 or len(set(named)) < len(named):
        columns.refuse(
            "cluster",
            "clusters may cross in two ways, no more.",
            "Name one column, or two different ones; of nested clusters only the outer one counts.",
        )
    return named


def _require_baseline(
    design: str, wave: WaveColumn | None, single: Mapping[str, str], columns: Section
) -> None:
    if design not in ("paired_pre_post", "ancova") or "baseline" in single:
        return
    if wave is None or not wave.before or "respondent" not in single:
        columns.refuse(
            "baseline",
            f"{design} needs the outcome before, and nothing says where it is.",
            "Name its column with baseline; or, with one row an interview, name respondent and wave with before and after.",
        )


def _needed(design: str, columns: Section) -> tuple[str, ...]:
    """The keys of ``columns`` that a design cannot do without."""
    if design == "exposure" and "dose" in columns:
        return ("dose",)
    if design == "event_study" and "first_treated" in columns:
        return ("period", "first_treated")
    return NEEDS.get(design, ())
