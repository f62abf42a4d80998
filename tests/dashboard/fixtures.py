"""An evaluation made by hand: a campaign of seven sites with everything a screen must know how to show."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from campaigns.campaign import Analysis, Campaign, Columns, Outcome, Role, Score, Site, Tier, Wave
from campaigns.effects import (
    Contrast,
    Counts,
    Effect,
    EffectEstimate,
    Evaluation,
    NotEstimable,
    PooledEffect,
    RolePool,
    Subject,
    Verdict,
)


def outcome(
    outcome_id: str, en: str, ko: str, family: str, tier: Tier = Tier.PRIMARY, better: str = "higher"
) -> Outcome:
    return Outcome(
        id=outcome_id,
        construct="factual_knowledge",
        title={"en": en, "ko": ko},
        score=Score(kind="item", items=("q1",)),
        better="lower" if better == "lower" else "higher",
        family=family,
        tier=tier,
        unit="proportion",
        range=(0.0, 1.0),
    )


def site(site_id: str, country: str, role: Role, en: str, ko: str) -> Site:
    audiences = {
        Role.ORIGIN: {"en": "Prospective labour migrants", "ko": "예비 이주노동자"},
        Role.TRANSIT: {"en": "People on the move", "ko": "이동 중인 사람"},
        Role.DESTINATION: {"en": "Migrant workers", "ko": "이주노동자"},
    }
    return Site(id=site_id, country=country, role=role, audience=audiences[role], title={"en": en, "ko": ko})


CAMPAIGN = Campaign(
    id="safe-journeys",
    title={"en": "Safe Journeys pilot 2026", "ko": "안전한 이주 시범사업 2026"},
    instrument="kap-core",
    waves=(
        Wave(
            id="baseline",
            title={"en": "Baseline", "ko": "사전조사"},
            opens=date(2026, 2, 1),
            closes=date(2026, 2, 28),
        ),
        Wave(
            id="endline",
            title={"en": "Endline", "ko": "사후조사"},
            opens=date(2026, 9, 1),
            closes=date(2026, 9, 30),
        ),
    ),
    sites=(
        site("bgd", "BGD", Role.ORIGIN, "Bangladesh", "방글라데시"),
        site("npl", "NPL", Role.ORIGIN, "Nepal", "네팔"),
        site("mmr", "MMR", Role.ORIGIN, "Myanmar", "미얀마"),
        site("tha", "THA", Role.TRANSIT, "Thailand", "태국"),
        site("idn", "IDN", Role.TRANSIT, "Indonesia", "인도네시아"),
        site("mys", "MYS", Role.TRANSIT, "Malaysia", "말레이시아"),
        site("kor", "KOR", Role.DESTINATION, "Republic of Korea", "대한민국"),
        site("nzl", "NZL", Role.DESTINATION, "New Zealand", "뉴질랜드"),
    ),
    columns=Columns(),
    outcomes=(
        outcome("signs", "Names at least two warning signs", "위험 징후를 두 가지 이상 안다", "knowledge"),
        outcome("hotline", "Knows the hotline number", "상담 전화번호를 안다", "knowledge"),
        outcome("broker", "Would refuse an unlicensed broker", "무허가 중개인을 거절한다", "attitudes"),
        outcome("check", "Intends to check a licence", "허가 여부를 확인할 의향이 있다", "intentions"),
        outcome(
            "fear",
            "Is too afraid to ask for help",
            "두려워 도움을 청하지 못한다",
            "wellbeing",
            Tier.HARM,
            "lower",
        ),
    ),
    analysis=Analysis(
        design="difference_in_differences",
        before=("baseline",),
        after=("endline",),
        margin={"knowledge": 0.03, "attitudes": 0.03, "intentions": 0.03, "wellbeing": 0.03},
    ),
    simulated=True,
    sha256="0" * 64,
)

# site -> estimate, standard error, verdict of the first outcome
SIGNS: dict[str, tuple[float, float, Verdict]] = {
    "bgd": (0.118, 0.021, "effect"),
    "npl": (0.089, 0.024, "effect"),
    "mmr": (0.062, 0.062, "inconclusive"),
    "tha": (0.063, 0.026, "effect"),
    "idn": (0.004, 0.011, "nothing_beyond_margin"),
    "kor": (-0.021, 0.022, "inconclusive"),
}
STRENGTH = {"signs": 1.0, "hotline": 0.8, "broker": 0.6, "check": 0.4, "fear": -0.2}


def counts(site_id: str) -> Counts:
    small = site_id == "mmr"
    return Counts(
        n=680 if small else 2365,
        n_clusters=8 if small else 40,
        n_campaign_before=206 if small else 601,
        n_campaign_after=134 if small else 582,
        n_comparison_before=206 if small else 603,
        n_comparison_after=134 if small else 580,
        clusters_campaign=4 if small else 20,
        clusters_comparison=4 if small else 20,
        smallest_clusters=4 if small else 20,
        smallest_n=25 if small else 580,
    )


def effect(
    site_id: str,
    outcome_id: str,
    *,
    estimate: float,
    std_error: float,
    verdict: Verdict,
    estimand: str = "ATT",
) -> EffectEstimate:
    return EffectEstimate(
        subject=Subject(
            outcome=outcome_id,
            site=site_id,
            role=CAMPAIGN.site(site_id).role.value,
            design="pre_post" if estimand == "change" else "difference_in_differences",
            estimand="change" if estimand == "change" else "ATT",
        ),
        counts=counts(site_id),
        estimate=estimate,
        std_error=std_error,
        df=30.0,
        statistic=estimate / std_error,
        p_value=0.0002 if verdict == "effect" else 0.2134,
        conf_low=estimate - 2 * std_error,
        conf_high=estimate + 2 * std_error,
        mean_comparison_after=0.4,
        standard_errors="CR2",
        p_method="t",
        verdict=verdict,
    )


def effects_of(outcome_id: str) -> list[Effect]:
    found: list[Effect] = []
    for site_id, (estimate, std_error, verdict) in SIGNS.items():
        factor = STRENGTH[outcome_id]
        moved = estimate * factor
        found.append(
            effect(site_id, outcome_id, estimate=moved, std_error=std_error,
                   verdict=verdict if abs(moved) > 2 * std_error or verdict != "effect" else "inconclusive")
        )  # fmt: skip
    found.append(
        effect("mys", outcome_id, estimate=-0.002 if outcome_id == "fear" else 0.051, std_error=0.015,
               verdict="inconclusive" if outcome_id == "fear" else "effect", estimand="change")
    )  # fmt: skip
    found.append(
        NotEstimable(
            subject=Subject(
                outcome=outcome_id,
                site="nzl",
                role="destination",
                design="difference_in_differences",
                estimand="ATT",
            ),
            code="suppressed_small",
            values={"respondents": 10, "clusters": 3},
        )
    )
    return found


def pool(outcome_id: str, role: str, sites: Sequence[str]) -> RolePool:
    values = [SIGNS[site_id][0] * STRENGTH[outcome_id] for site_id in sites]
    middle = sum(values) / len(values)
    average = PooledEffect(
        k=len(sites), method="equal", interval="t_satterthwaite", estimate=middle, std_error=0.02,
        df=20.0, p_value=0.003, conf_low=middle - 0.04, conf_high=middle + 0.04,
    )  # fmt: skip
    return RolePool(
        outcome=outcome_id,
        role=role,
        sites=tuple(sites),
        average=average if len(sites) > 1 else None,
        n=4436,
        verdict="effect" if middle - 0.04 > 0 else "inconclusive",
    )


def evaluation(*, harm: bool = False, campaign: Campaign = CAMPAIGN) -> Evaluation:
    effects = [e for o in campaign.outcomes for e in effects_of(o.id)]
    if harm:
        effects = [
            replace(e, estimate=0.07, conf_low=0.03, conf_high=0.11, p_value=0.001, verdict="effect")
            if isinstance(e, EffectEstimate) and e.subject.outcome == "fear" and e.subject.site == "npl"
            else e
            for e in effects
        ]
    return Evaluation(
        campaign=campaign,
        effects=tuple(effects),
        pools=tuple(
            pool(o.id, role, sites)
            for o in campaign.outcomes
            for role, sites in (("origin", ("bgd", "npl", "mmr")), ("transit", ("tha", "idn")))
        ),
        contrasts=tuple(
            Contrast(
                outcome=o.id, first="origin", second="transit", estimate=0.056, std_error=0.025, df=30.0,
                p_value=0.031, p_adjusted=0.031, conf_low=0.005, conf_high=0.107,
            )
            for o in campaign.outcomes
        ),
        as_of_upload=14,
        data_sha256="a41f9c2" + "0" * 57,
        made_at=datetime(2026, 10, 14, 9, 0, tzinfo=UTC),
        protected=True,
    )  # fmt: skip
