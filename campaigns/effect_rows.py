"""Effects as rows of the table that leaves the platform: one name a column, full precision."""

import math
from collections.abc import Mapping
from importlib.metadata import version

from campaigns.effects import Effect, EffectEstimate


COLUMNS = (
    "outcome", "site", "role", "subgroup", "design", "estimand", "term",
    "estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high",
    "n", "n_clusters", "n_campaign_before", "n_campaign_after", "n_comparison_before", "n_comparison_after",
    "mean_comparison_after", "standard_errors", "p_method", "verdict", "caveats", "not_estimable",
    "plan_sha256", "data_sha256", "software",
)  # fmt: skip
NUMBERS = (
    "estimate", "std_error", "df", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high",
    "mean_comparison_after",
)  # fmt: skip
COUNTS = (
    "n", "n_clusters", "n_campaign_before", "n_campaign_after", "n_comparison_before", "n_comparison_after",
)  # fmt: skip
SUBJECT = ("outcome", "site", "role", "subgroup", "design", "estimand", "term")


def effect_row(
    effect: Effect, *, plan_sha256: str, data_sha256: str, language: str = "en"
) -> dict[str, object]:
    """One effect, or the reason for its absence, under the names of ``COLUMNS``.

    A number that is absent is None, and so are the degrees of freedom of the normal distribution, which are infinite.
    """
    row: dict[str, object] = dict.fromkeys(COLUMNS)
    row |= {name: getattr(effect.subject, name) for name in SUBJECT}
    row |= {name: getattr(effect.counts, name) for name in COUNTS} if effect.counts is not None else {}
    if isinstance(effect, EffectEstimate):
        row |= {name: _finite(getattr(effect, name)) for name in NUMBERS}
        row |= {name: getattr(effect, name) for name in ("standard_errors", "p_method", "verdict")}
        row["caveats"] = [note.say(language) for note in effect.caveats]
    else:
        row["caveats"] = []
        row["not_estimable"] = {"reason": effect.reason(language), "remedy": effect.remedy(language)}
    return row | {"plan_sha256": plan_sha256, "data_sha256": data_sha256, "software": software()}


def flat(row: Mapping[str, object]) -> dict[str, object]:
    """The same row for a format whose cells hold one value."""
    flattened = dict(row)
    caveats, absent = row["caveats"], row["not_estimable"]
    flattened["caveats"] = " ".join(caveats) if isinstance(caveats, list) else caveats
    if isinstance(absent, Mapping):
        flattened["not_estimable"] = f"{absent['reason']} {absent['remedy']}"
    return flattened


def software() -> str:
    """Name and version of what made the numbers."""
    return f"campaign-evaluation {version('campaign-evaluation')}"


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value
