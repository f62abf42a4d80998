"""A small campaign and effects made by hand, for the tests of what is concluded from them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

from campaigns.campaign import Campaign
from campaigns.effects import (
    Counts,
    Effect,
    EffectEstimate,
    Estimand,
    Evaluation,
    NotEstimable,
    Subject,
    verdict_of,
)
from campaigns.registry import load_campaign
from campaigns.roles import contrast_roles, pool_by_role


MARGIN = 0.03

CAMPAIGN = dedent("""\
    campaign: pilot
    title: {en: Pilot, ko: 시범사업}
    simulated: true
    instrument: kap
    waves:
      - {id: baseline, opens: 2026-02-01, closes: 2026-02-28}
      - {id: endline, opens: 2026-09-01, closes: 2026-09-30}
    sites:
      - {id: npl, country: NPL, role: origin, audience: {en: workers, ko: 근로자}}
      - {id: bgd, country: BGD, role: origin}
      - {id: tha, country: THA, role: transit}
      - {id: idn, country: IDN, role: transit}
      - {id: kor, country: KOR, role: destination}
    columns:
      arm: arm
      cluster: ward
    outcomes:
      - id: signs
        construct: factual_knowledge
        title: {en: Names two warning signs, ko: 위험 징후 두 가지를 앎}
        score: {at_least: 2, of: [a, b, c]}
        better: higher
        family: knowledge
        tier: primary
      - id: stigma
        construct: stigma
        title: {en: Blames victims, ko: 피해자를 탓함}
        score: {item: blame, equals: "yes"}
        better: lower
        family: harm
        tier: harm
    analysis:
      design: difference_in_differences
      before: baseline
      after: endline
      margin: {knowledge: 0.03}
    """)


def campaign_in(folder: Path, replacing: Mapping[str, str] | None = None) -> Campaign:
    """The campaign, with some of its text replaced."""
    text = CAMPAIGN
    for old, new in (replacing or {}).items():
        assert old in text, old
        text = text.replace(old, new)
    file = folder / "pilot.yaml"
    file.write_text(text, "utf-8")
    return load_campaign(file)


def counts(
    n: int = 400, clusters: int = 24, *, smallest: int | None = None, before: int | None = None
) -> Counts:
    """Counts of a comparison with as many in every arm and wave."""
    each = n // 4
    return Counts(
        n=n,
        n_clusters=clusters * 2,
        n_campaign_before=before if before is not None else each,
        n_campaign_after=each,
        n_comparison_before=each,
        n_comparison_after=each,
        clusters_campaign=clusters,
        clusters_comparison=clusters,
        smallest_clusters=clusters,
        smallest_n=smallest if smallest is not None else min(each, before or each),
    )


def effect(
    site: str,
    estimate: float = 0.1,
    std_error: float = 0.02,
    *,
    outcome: str = "signs",
    design: str = "difference_in_differences",
    estimand: Estimand = "ATT",
    subgroup: str | None = None,
    behind: Counts | None = None,
    df: float = 30.0,
    p_value: float = 0.001,
) -> EffectEstimate:
    """One estimate with an interval of two standard errors either way."""
    low, high = estimate - 2 * std_error, estimate + 2 * std_error
    return EffectEstimate(
        subject=Subject(
            outcome=outcome, site=site, role=None, subgroup=subgroup, design=design, estimand=estimand
        ),
        counts=behind or counts(),
        estimate=estimate,
        std_error=std_error,
        df=df,
        statistic=estimate / std_error,
        p_value=p_value,
        conf_low=low,
        conf_high=high,
        mean_comparison_after=0.41234,
        standard_errors="CR2",
        p_method="t",
        verdict=verdict_of(low, high, MARGIN if outcome == "signs" else None),
    )


def gap(site: str, code: str = "no_interviews_at_site") -> NotEstimable:
    """No estimate at a site."""
    subject = Subject(outcome="signs", site=site, design="difference_in_differences", estimand="ATT")
    return NotEstimable(subject=subject, code=code)


def evaluation_of(campaign: Campaign, effects: Sequence[Effect]) -> Evaluation:
    """The evaluation that concludes from these effects, exact."""
    outcomes = [outcome.id for outcome in campaign.outcomes]
    return Evaluation(
        campaign=campaign,
        effects=tuple(effects),
        pools=tuple(pool for outcome in outcomes for pool in pool_by_role(effects, campaign, outcome)),
        contrasts=tuple(c for outcome in outcomes for c in contrast_roles(effects, campaign, outcome)),
        as_of_upload=7,
        data_sha256="d" * 64,
        made_at=datetime(2026, 10, 1, 12, 0, tzinfo=UTC),
    )
