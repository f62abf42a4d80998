"""Pairs of interviews and the share found again, as a screen shows them: in words, naming nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from campaigns.campaign import Campaign
from campaigns.linkage import LinkageRate
from dashboard import wording
from dashboard.collection import SHOWN_FROM
from dashboard.linking import NO_FACTS, Facts
from surveys.languages import catalogue, pick, say
from surveys.record.links import Link


VERY_LIKELY, LIKELY = 0.95, 0.5  # probabilities from which the words change
OVER = 0.99  # beyond, the number says more than the model knows


def pair_view(
    link: Link, facts: Mapping[str, Facts], campaign: Campaign, labels: Mapping[str, str], language: str
) -> dict[str, Any]:
    """One pair: how its keys compare, and what is known of either interview that names nobody."""
    proposal = link.proposal
    before = facts.get(proposal.earlier, NO_FACTS)
    after = facts.get(proposal.later, NO_FACTS)
    known = {
        "interview": (_received(proposal.earlier), _received(proposal.later)),
        "cluster": (before.cluster, after.cluster),
        "month": (before.month, after.month),
        "born": (before.decade, after.decade),
    }
    return {
        "id": link.id,
        "state": link.state,
        "site": pick(campaign.site(link.waves.site).title, language),
        "headline": say(f"screens.linking.{_likelihood(link)}", language),
        "strength": "" if proposal.same_id else say("screens.linking.strength", language, percent=_percent(link, language)),
        "notes": [say(f"screens.linking.{note}", language) for note in _notes(link)],
        "keys": [
            {"label": labels.get(key, key), "agreement": said, "said": say(f"screens.linking.agreement.{said}", language)}
            for key, said in proposal.agreement.items()
        ],
        "facts": [
            {"label": say(f"screens.linking.{name}", language), "earlier": earlier or "–", "later": later or "–"}
            for name, (earlier, later) in known.items()
            if earlier or later
        ],
        "decided": _decided(link, language),
    }  # fmt: skip


def rates_view(
    rates: Sequence[LinkageRate], campaign: Campaign, earlier: str, later: str, language: str
) -> html.Section:
    """The share found again by site and arm, as a table."""
    words = "screens.linking.rates."
    waves = {wave.id: pick(wave.title, language) for wave in campaign.waves}
    named = {"earlier": waves[earlier], "later": waves[later]}
    title = html.H2(say(f"{words}title", language))
    if not rates:
        return html.Section([title, html.P(say(f"{words}empty", language))], className="panel linkage-rates")
    columns = ("site", "arm", "interviewed", "linked", "rate", "later")
    head = [
        html.Th(
            say(f"{words}{name}", language, **named), scope="col", className="number" if place > 1 else ""
        )
        for place, name in enumerate(columns)
    ]
    rows = [_rate_row(rate, campaign, language) for rate in rates]
    table = html.Table(
        [
            html.Thead(html.Tr(head)),
            html.Tbody(rows),
        ],
        className="history-table",
        **{"aria-describedby": "linkage-rates-caption"},
    )
    caption = html.P(
        say(f"{words}caption", language, **named), id="linkage-rates-caption", className="source"
    )
    small = any(min(rate.interviewed, rate.interviewed_later) < SHOWN_FROM for rate in rates)
    note = html.P(say(f"{words}small", language, limit=SHOWN_FROM), className="source") if small else None
    return html.Section(
        [title, caption, html.Div(table, className="scroll", tabIndex="0"), *([note] if note else [])],
        className="panel linkage-rates",
    )


def _rate_row(rate: LinkageRate, campaign: Campaign, language: str) -> html.Tr:
    enough = rate.interviewed >= SHOWN_FROM and rate.share is not None
    numbers = (
        _count(rate.interviewed),
        f"{rate.linked:,}" if enough else "–",
        f"{rate.share:.0%}" if enough else "–",
        _count(rate.interviewed_later),
    )
    return html.Tr(
        [
            html.Th(pick(campaign.site(rate.site).title, language), scope="row"),
            html.Td(_arm(rate.arm, language)),
            *(html.Td(number, className="number") for number in numbers),
        ]
    )


def _count(count: int) -> str:
    return f"{count:,}" if count >= SHOWN_FROM else f"<{SHOWN_FROM}"


def _arm(arm: str | None, language: str) -> str:
    if arm is None:
        return say("screens.linking.all_arms", language)
    key = f"screens.linking.arms.{arm}"
    return say(key, language) if key in catalogue("en") else arm


def _received(interview: str) -> str | None:
    """The id by which the team's own tool knows an interview; none where it came without."""
    return None if interview.startswith("~") else interview


def _likelihood(link: Link) -> str:
    if link.proposal.same_id:
        return "same_id"
    strength = link.proposal.strength
    return "very_likely" if strength >= VERY_LIKELY else "likely" if strength >= LIKELY else "possible"


def _percent(link: Link, language: str) -> str:
    strength = link.proposal.strength
    return say("screens.linking.over_99", language) if strength > OVER else wording.percent(strength)


def _notes(link: Link) -> list[str]:
    if link.proposal.same_id:
        return ["same_id_text"]
    return ["rivals"] if link.proposal.rivals else []


def _decided(link: Link, language: str) -> str:
    if link.state == "proposed" or link.decided_at is None:
        return ""
    return say(
        "screens.linking.decided_by",
        language,
        decision=say(f"screens.linking.decided.{link.state}", language),
        name=link.decided_by or "",
        when=wording.moment(link.decided_at, language),
    )
