"""What reporting standards ask for, filled in from an evaluation: the flow of clusters and people, and the checklists.

CONSORT 2010 with its extension to cluster randomised trials, TREND and STROBE. Only what the platform records is filled in;
of everything else it says that it is not recorded, so that nobody takes a gap for a no.

References
----------
Campbell, Piaggio, Elbourne & Altman (2012), BMJ 345:e5661 (CONSORT, cluster trials). Des Jarlais, Lyles & Crepaz (2004),
American Journal of Public Health 94:361 (TREND). von Elm et al. (2007), PLoS Medicine 4:e296 (STROBE).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import pandas as pd

from campaigns.campaign import Campaign, Outcome, Tier
from campaigns.disclosure import POLICY, Policy, protect, rounded
from campaigns.effects import EffectEstimate, Evaluation
from campaigns.effects_of_sites import sites_by_design
from campaigns.scoring import scored
from surveys.languages import pick, say


FLOW_COLUMNS = (
    "site", "arm", "clusters_before", "clusters_lost", "clusters_added", "clusters_after", "people_before",
    "analysed_before", "not_analysed_before", "people_after", "analysed_after", "not_analysed_after", "received_after",
    "withheld",
)  # fmt: skip
CHECKLIST_COLUMNS = ("standard", "item", "topic", "recorded", "report")
STANDARD_OF = {
    "randomised": "CONSORT", "ancova": "CONSORT", "encouragement": "CONSORT",
    "difference_in_differences": "TREND", "pre_post": "TREND", "paired_pre_post": "TREND", "event_study": "TREND",
    "staggered": "TREND", "exposure": "STROBE",
}  # fmt: skip


def flow_table(campaign: Campaign, answers: Sequence[Path], policy: Policy = POLICY) -> pd.DataFrame:
    """Clusters and people by site and arm, from the first comparison wave to the last, as they may be shared.

    Parts are rounded and totals are their sums, so that the flow adds up. *Analysed* are those with a score on the first
    primary outcome and all that the plan needs of them.
    """
    if not answers:
        return pd.DataFrame(columns=list(FLOW_COLUMNS))
    connection = ibis.duckdb.connect()
    try:
        table = connection.read_parquet([str(path) for path in answers], union_by_name=True)
        here = table.filter(table["@site"].isin([site.id for site in campaign.sites]))
        people = scored(here, campaign).to_pyarrow().to_pandas()
    finally:
        connection.disconnect()
    rows = []
    for site in campaign.sites:
        own = people[people["@site"] == site.id]
        arms = (
            [*campaign.columns.arm_values] if campaign.columns.arm and own["@arm"].notna().any() else [None]
        )
        rows += [
            _flow_of(own if arm is None else own[own["@arm"] == arm], site.id, arm, campaign, policy)
            for arm in arms
        ]
    return pd.DataFrame(rows, columns=list(FLOW_COLUMNS), dtype=object)


def primary_outcome(campaign: Campaign) -> Outcome:
    """The first primary outcome; the first of all where none is."""
    return next((o for o in campaign.outcomes if o.tier is Tier.PRIMARY), campaign.outcomes[0])


def _flow_of(
    people: pd.DataFrame, site: str, arm: str | None, campaign: Campaign, policy: Policy
) -> dict[str, object]:
    analysis = campaign.analysis
    waves = {
        "before": people[people["@wave"].isin(analysis.before)],
        "after": people[people["@wave"].isin(analysis.after)],
    }
    row: dict[str, object] = {"site": site, "arm": arm or ""}
    if any(0 < len(rows) < policy.respondents for rows in waves.values()):
        return {**row, "withheld": f"<{policy.respondents}"}
    for wave, rows in waves.items():
        analysed = int(_analysed(rows, campaign).sum())
        parts = rounded(analysed, policy), rounded(len(rows) - analysed, policy)
        row |= {f"people_{wave}": sum(parts), f"analysed_{wave}": parts[0], f"not_analysed_{wave}": parts[1]}
    if "@cluster" in people.columns:
        before, after = (set(waves[wave]["@cluster"].dropna()) for wave in ("before", "after"))
        row |= {
            "clusters_before": len(before),
            "clusters_lost": len(before - after),
            "clusters_added": len(after - before),
            "clusters_after": len(after),
        }
    if "@received" in people.columns and waves["after"]["@received"].notna().any():
        row["received_after"] = rounded(int((waves["after"]["@received"] == 1).sum()), policy)
    return row


def _analysed(rows: pd.DataFrame, campaign: Campaign) -> pd.Series:
    analysis = campaign.analysis
    needed = [
        primary_outcome(campaign).id,
        *analysis.covariates,
        *analysis.categorical,
        *analysis.fixed_effects,
    ]
    needed += ["@cluster"] if campaign.columns.cluster else []
    needed += ["@weight"] if "@weight" in rows.columns else []
    return rows[[name for name in dict.fromkeys(needed) if name in rows.columns]].notna().all(axis=1)


# ── Checklists ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the checklists are filled in from; protected."""

    campaign: Campaign
    evaluation: Evaluation
    flow: pd.DataFrame
    language: str

    def say(self, key: str, **values: object) -> str:
        return say(f"exports.reporting.{key}", self.language, **values)


def checklist_table(evaluation: Evaluation, flow: pd.DataFrame, language: str) -> pd.DataFrame:
    """The items of the standards that fit the designs used; ``recorded`` is False where the platform does not know."""
    shared = protect(evaluation)
    known = _Known(campaign=shared.campaign, evaluation=shared, flow=flow, language=language)
    standards = dict.fromkeys(
        STANDARD_OF[design] for design, _ in sites_by_design(shared.campaign) if design in STANDARD_OF
    )
    rows = []
    for standard in standards:
        for item, (topic, answer) in CHECKLISTS[standard].items():
            told = None if answer is None else answer(known)
            report = known.say("not_recorded") if told is None else told
            rows.append((standard, item, known.say(f"topics.{topic}"), told is not None, report))
    return pd.DataFrame(rows, columns=list(CHECKLIST_COLUMNS), dtype=object)


def _title(known: _Known) -> str:
    return pick(known.campaign.title, known.language)


def _design(known: _Known) -> str:
    parts = []
    for design, sites in sites_by_design(known.campaign):
        names = ", ".join(pick(site.title, known.language) for site in sites)
        parts.append(known.say("design", design=design, sites=names))
    return " ".join(parts)


def _settings(known: _Known) -> str:
    return "; ".join(
        known.say(
            "setting",
            site=pick(site.title, known.language),
            role=say(f"exports.codes.role.{site.role.value}", known.language),
            audience=pick(site.audience, known.language) if site.audience else "–",
        )
        for site in known.campaign.sites
    )


def _interventions(known: _Known) -> str | None:
    messages = known.campaign.messages
    if not messages:
        return None
    return "; ".join(
        " / ".join(str(message[key]) for key in ("id", "frame", "channel", "messenger") if key in message)
        for message in messages
    )


def _outcomes(known: _Known) -> str:
    tiers: dict[str, list[str]] = {}
    for outcome in known.campaign.outcomes:
        tiers.setdefault(outcome.tier.value, []).append(pick(outcome.title, known.language))
    return " ".join(f"{known.say(f'tiers.{tier}')}: {'; '.join(names)}." for tier, names in tiers.items())


def _sample_size(known: _Known) -> str | None:
    targets = {pick(site.title, known.language): site.target for site in known.campaign.sites if site.target}
    if not targets:
        return None
    return "; ".join(
        f"{name}: " + ", ".join(f"{w} {n}" for w, n in target.items()) for name, target in targets.items()
    )


def _unit(known: _Known) -> str:
    column = known.campaign.columns.cluster
    return known.say("unit", column=column) if column else known.say("unit_persons")


def _methods(known: _Known) -> str:
    analysis = known.campaign.analysis
    return known.say(
        "methods",
        errors=analysis.standard_errors,
        test=analysis.p_value,
        multiplicity=analysis.multiplicity,
        covariates=", ".join((*analysis.covariates, *analysis.categorical)) or "–",
        level=f"{100 * analysis.confidence:g}",
    )


def _flow(known: _Known) -> str | None:
    """By arm, over the sites that may be shown."""
    shown = known.flow[known.flow["withheld"].isna()]
    if not len(shown):
        return None
    lines = []
    for arm, rows in shown.groupby("arm", sort=False):
        total = {name: int(pd.to_numeric(rows[name]).fillna(0).sum()) for name in FLOW_COLUMNS[2:-1]}
        lines.append(known.say("flow", arm=arm or known.say("everybody"), sites=len(rows), **total))
    return " ".join(lines)


def _dates(known: _Known) -> str | None:
    waves = [wave for wave in known.campaign.main_waves if wave.opens and wave.closes]
    if not waves:
        return None
    return "; ".join(f"{pick(wave.title, known.language)}: {wave.opens} – {wave.closes}" for wave in waves)


def _analysed_numbers(known: _Known) -> str | None:
    outcome = primary_outcome(known.campaign)
    made = [e for e in known.evaluation.effects_of(outcome.id) if isinstance(e, EffectEstimate)]
    if not made:
        return None
    parts = [
        known.say("analysed", site=pick(known.campaign.site(e.subject.site or "").title, known.language),
                  n=e.counts.n, clusters=e.counts.n_clusters if e.counts.n_clusters is not None else "–")
        for e in made
    ]  # fmt: skip
    return f"{pick(outcome.title, known.language)}: " + "; ".join(parts)


def _results(known: _Known) -> str | None:
    effects = [e for e in known.evaluation.effects if e.subject.subgroup is None]
    made = sum(isinstance(e, EffectEstimate) for e in effects)
    return known.say("results", made=made, total=len(effects)) if effects else None


def _subgroups(known: _Known) -> str | None:
    subgroups = known.campaign.analysis.subgroups
    return known.say("subgroups", variables=", ".join(subgroups)) if subgroups else None


def _harms(known: _Known) -> str | None:
    harms = [o for o in known.campaign.outcomes if o.tier is Tier.HARM]
    return "; ".join(pick(o.title, known.language) for o in harms) if harms else None


def _registered(known: _Known) -> str | None:
    lock = known.evaluation.lock
    if lock is None:
        return None
    return known.say("locked", version=lock.version, day=f"{lock.locked_at:%Y-%m-%d}", hash=lock.sha256)


Answer = Callable[[_Known], str | None] | None
CHECKLISTS: Mapping[str, Mapping[str, tuple[str, Answer]]] = {
    "CONSORT": {
        "1a": ("title_cluster", _title), "3a": ("trial_design_cluster", _design), "4a": ("eligibility_cluster", None),
        "4b": ("settings", _settings), "5": ("interventions_cluster", _interventions), "6a": ("outcomes_cluster", _outcomes),
        "7a": ("sample_size_cluster", _sample_size), "8a": ("sequence", None), "9": ("concealment_cluster", None),
        "10a": ("who_enrolled", None), "10c": ("consent_cluster", None), "11a": ("blinding", None),
        "12a": ("methods_cluster", _methods), "13a": ("flow_cluster", _flow), "13b": ("losses_cluster", _flow),
        "14a": ("dates", _dates), "15": ("baseline_cluster", None), "16": ("numbers_cluster", _analysed_numbers),
        "17a": ("results_cluster", _results), "18": ("ancillary", _subgroups), "19": ("harms", _harms),
        "23": ("registration", None), "24": ("protocol", _registered), "25": ("funding", None),
    },
    "TREND": {
        "1": ("title", _title), "3": ("participants", _settings), "4": ("interventions", _interventions),
        "6": ("outcomes", _outcomes), "7": ("sample_size", _sample_size), "8": ("assignment", _unit),
        "9": ("blinding", None), "10": ("unit_of_analysis", _unit), "11": ("methods", _methods), "12": ("flow", _flow),
        "13": ("recruitment", _dates), "14": ("baseline", None), "15": ("equivalence", None),
        "16": ("numbers", _analysed_numbers), "17": ("results", _results), "18": ("ancillary", _subgroups),
        "19": ("harms", _harms), "20": ("interpretation", None), "21": ("generalisability", None), "22": ("overall", None),
    },
    "STROBE": {
        "1": ("title", _title), "4": ("study_design", _design), "5": ("setting_dates", _dates), "6": ("participants", _settings),
        "7": ("variables", _outcomes), "9": ("bias", None), "10": ("study_size", _sample_size), "12": ("methods", _methods),
        "13": ("flow", _flow), "14": ("descriptive", None), "15": ("outcome_data", _analysed_numbers),
        "16": ("results", _results), "17": ("ancillary", _subgroups), "19": ("limitations", None), "22": ("funding", None),
    },
}  # fmt: skip
