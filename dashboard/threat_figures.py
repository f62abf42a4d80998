"""The figures of the threats page: every site at a glance, then balance and clusters of one."""

from collections.abc import Mapping, Sequence

from campaigns.campaign import Role, Site
from campaigns.clusters_of_site import SiteClusters
from campaigns.effects import EffectEstimate, Evaluation
from campaigns.threat_rows import Threat
from dashboard import wording
from dashboard.figure_parts import cited, lines_of, records, script, simulated, source_of
from dashboard.figure_spec import FigureGroup, FigureRow, FigureSpec, Mark, Scale
from dashboard.links import Address
from dashboard.threat_words import LABELS, THREATS, named, threat_lines
from surveys.languages import pick, say


SIGNS = {"serious": "▼", "some": "◐", "none": "○", "unknown": "–"}
BALANCED, REPAIRED = (
    0.05,
    0.25,
)  # normalised differences: alike; more than adjustment repairs (campaigns/balance.py)
THREATS_CODE = """
for site in evaluation.campaign.sites:
    for threat in services.tables.threats(evaluation, site.id):
        print(threat)
"""
BALANCE_CODE = """
for threat in services.tables.threats(evaluation, $site):
    if threat.measure == "normalised_difference":
        print(threat)
"""
CLUSTERS_CODE = """
for clusters in services.tables.clusters(evaluation, $site):
    print(clusters)
"""


def sites_figure(
    evaluation: Evaluation, found: Mapping[str, Sequence[Threat]], address: Address
) -> FigureSpec:
    """Every site with how grave each threat is there; its name leads to the reasons."""
    language, campaign = address.language, evaluation.campaign
    lines = {
        site.id: {line.threat: line for line in threat_lines(evaluation, found[site.id], site, language)}
        for site in campaign.sites
        if site.id in found
    }
    grave = [
        pick(site.title, language)
        for site in campaign.sites
        if any(line.concern == "serious" for line in lines.get(site.id, {}).values())
    ]
    key = "grave" if grave else "waiting" if len(lines) < len(campaign.sites) else "nothing_grave"
    headline = say(
        f"threats_page.headline.{key}", language, sites=wording.and_list(grave, language) if grave else ""
    )
    subtitle = say("threats_page.subtitle", language)

    def row(site: Site) -> FigureRow:
        own, href = lines.get(site.id), address.to("/threats", site=site.id)
        name = pick(site.title, language)
        if own is None:
            return FigureRow(name=name, reason=say("threats_page.being_measured", language), href=href)
        cells = tuple(f"{SIGNS[own[threat].concern]} {own[threat].concern_words}" for threat in THREATS)
        return FigureRow(name=name, cells=cells, href=href)

    return FigureSpec(
        id="sites",
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("threats_page.how_to_read", language),
        source=source_of(evaluation, campaign.outcomes[0].id, language, None),
        language=language,
        first=say("screens.table.site", language),
        columns=tuple(say(f"threat_words.titles.{threat}", language) for threat in THREATS),
        groups=tuple(
            FigureGroup(
                title=wording.role(role.value, language),
                look=role.value,
                rows=tuple(row(site) for site in campaign.sites if site.role is role),
            )
            for role in Role
            if any(site.role is role for site in campaign.sites)
        ),
        data=records(
            [
                {
                    "site": site,
                    "threat": threat,
                    "concern": line.concern,
                    "why": line.why,
                    "seen_in": "; ".join(line.about),
                }
                for site, own in lines.items()
                for threat, line in own.items()
            ]
        ),
        code=script(evaluation, headline, subtitle, THREATS_CODE),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )


def balance_figure(evaluation: Evaluation, found: Sequence[Threat], site: Site, language: str) -> FigureSpec:
    """How far the arms lay apart before the campaign, variable by variable."""
    own = [one for one in found if one.measure == "normalised_difference" and one.site == site.id]
    drawn = [one for one in own if one.estimate is not None]
    apart = [
        say("site.outcomes.quoted", language, title=named(one.about, evaluation.campaign, language))
        for one in sorted(drawn, key=lambda one: -abs(one.estimate or 0.0))
        if abs(one.estimate or 0.0) > BALANCED
    ]
    place = pick(site.title, language)
    key = "none" if not drawn else "apart" if apart else "alike"
    headline = say(
        f"threats_page.balance.{key}",
        language,
        site=place,
        names=wording.and_list(apart[:4], language) if apart else "",
    )
    subtitle = say("threats_page.balance.subtitle", language)
    ends = max([REPAIRED, *(abs(one.estimate or 0.0) for one in drawn)])
    high = -(-ends // 0.1) * 0.1
    ticks = tuple(round(-high + step * 0.1, 1) for step in range(round(2 * high / 0.1) + 1))
    return FigureSpec(
        id="balance",
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("threats_page.balance.how_to_read", language),
        source=source_of(evaluation, evaluation.campaign.outcomes[0].id, language, _people(own)),
        language=language,
        first=say("threats_page.balance.first", language),
        columns=tuple(
            say(f"threats_page.balance.{name}", language)
            for name in ("difference", "campaign", "comparison", "p")
        ),
        groups=(
            FigureGroup(
                rows=tuple(_balance_row(one, evaluation, language) for one in own) or _nothing(site, language)
            ),
        ),
        scale=Scale(
            low=ticks[0],
            high=ticks[-1],
            ticks=ticks,
            labels=tuple("0" if tick == 0 else wording.tick(tick) for tick in ticks),
            at_ends=(
                say("threats_page.balance.comparison_higher", language),
                say("threats_page.balance.campaign_higher", language),
            ),
            band=(-BALANCED, BALANCED),
        ),
        data=records([_record(one) for one in own]),
        code=script(evaluation, headline, subtitle, BALANCE_CODE, site=site.id),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )


def clusters_figure(
    evaluation: Evaluation, clusters: Sequence[SiteClusters], site: Site, language: str
) -> FigureSpec:
    """How many clusters really carry each effect, and whether one alone decides."""
    place = pick(site.title, language)
    settled = {
        (effect.subject.outcome, effect.subject.term)
        for effect in evaluation.effects
        if isinstance(effect, EffectEstimate)
        and effect.subject.site == site.id
        and effect.subject.subgroup is None
        and not effect.conf_low <= 0 <= effect.conf_high
    }  # of an effect that may be nil anyway, a sign that turns says nothing more
    deciding = [c for c in clusters if c.one_decides_sign and (c.outcome, c.term) in settled]
    least = min((c.effective for c in clusters if c.effective is not None), default=None)
    key = "none" if not clusters else "decides" if deciding else "carried"
    headline = say(
        f"threats_page.clusters.{key}",
        language,
        site=place,
        clusters=clusters[0].n_clusters if clusters else 0,
        effective=f"{least:.0f}" if least is not None else "–",
        outcomes=wording.and_list(
            [named(c.outcome, evaluation.campaign, language) for c in deciding], language
        )
        if deciding
        else "",
    )
    subtitle = say("threats_page.clusters.subtitle", language)
    return FigureSpec(
        id="clusters",
        headline=headline,
        subtitle=subtitle,
        how_to_read=lines_of("threats_page.clusters.how_to_read", language),
        source=source_of(evaluation, evaluation.campaign.outcomes[0].id, language, None),
        language=language,
        first=say("site.outcomes.first", language),
        columns=tuple(say(f"threats_page.clusters.{name}", language) for name in ("number", "effective", "largest", "smallest_p", "sign")),
        groups=(FigureGroup(rows=tuple(_clusters_row(c, evaluation, language, grave=c in deciding) for c in clusters) or _nothing(site, language)),),
        data=records([
            {"outcome": c.outcome, "site": c.site, "term": c.term, "n_clusters": c.n_clusters, "size_cv": c.size_cv,
             "effective_clusters": c.effective, "largest_share": c.largest_share, "smallest_p": c.smallest_p,
             "one_decides_sign": c.one_decides_sign}
            for c in clusters
        ]),
        code=script(evaluation, headline, subtitle, CLUSTERS_CODE, site=site.id),
        cite=cited(evaluation, headline, language),
        simulated=simulated(evaluation, language),
    )  # fmt: skip


def _balance_row(one: Threat, evaluation: Evaluation, language: str) -> FigureRow:
    name = named(one.about, evaluation.campaign, language)
    if one.estimate is None:
        reason = (
            say(f"reasons.{one.reason}.what", language, **one.values)
            if one.reason
            else say("threats_page.cannot", language)
        )
        return FigureRow(name=name, reason=reason)
    grave = LABELS["balance"].get(one.label) == "serious"
    p_value = "–" if one.p_value is None else wording.p_value(one.p_value).removeprefix("p = ")
    cells = (f"{wording.tick(round(one.estimate, 2))}", _mean(one.campaign), _mean(one.comparison), p_value)
    mark = Mark(estimate=one.estimate, look="campaign")
    return FigureRow(name=name, marks=(mark,), cells=cells, tone="bad" if grave else "")


def _clusters_row(one: SiteClusters, evaluation: Evaluation, language: str, *, grave: bool) -> FigureRow:
    sign = {True: "yes", False: "no", None: "cannot"}[one.one_decides_sign]
    return FigureRow(
        name=named(one.outcome, evaluation.campaign, language),
        cells=(
            f"{one.n_clusters}",
            "–" if one.effective is None else f"{one.effective:.0f}",
            "–" if one.largest_share is None else wording.percent(one.largest_share),
            "–" if one.smallest_p is None else wording.p_value(one.smallest_p),
            say(f"threats_page.clusters.signs.{sign}", language),
        ),
        tone="bad" if grave else "",
    )


def _nothing(site: Site, language: str) -> tuple[FigureRow, ...]:
    return (FigureRow(name=pick(site.title, language), reason=say("threats_page.nothing", language)),)


def _mean(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _people(own: Sequence[Threat]) -> int | None:
    return max(((one.n_campaign or 0) + (one.n_comparison or 0) for one in own), default=0) or None


def _record(one: Threat) -> dict[str, object]:
    return {
        "site": one.site, "arm": one.arm, "variable": one.about, "wave": one.wave, "mean_campaign": one.campaign,
        "mean_comparison": one.comparison, "normalised_difference": one.estimate, "p_value": one.p_value,
        "n_campaign": one.n_campaign, "n_comparison": one.n_comparison, "flag": "c" if one.reason else "",
    }  # fmt: skip
