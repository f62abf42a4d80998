"""What reporting standards ask for, filled in from an evaluation.

CONSORT 2010 with its extension to cluster randomised trials, TREND and STROBE, every item under its own number. Only what the
platform records is filled in; of everything else it says that it is not recorded, so that nobody takes a gap for a no.

References
----------
Campbell, Piaggio, Elbourne & Altman (2012), BMJ 345:e5661 (CONSORT, cluster trials). Des Jarlais, Lyles & Crepaz (2004),
American Journal of Public Health 94:361 (TREND). von Elm et al. (2007), PLoS Medicine 4:e296 (STROBE).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from campaigns.baseline import Baseline
from campaigns.campaign import Campaign, Tier
from campaigns.disclosure import protect
from campaigns.effects import EffectEstimate, Evaluation
from campaigns.effects_of_sites import sites_by_design
from campaigns.flow import FLOW_COLUMNS, primary_outcome
from surveys.languages import pick, say


CHECKLIST_COLUMNS = ("standard", "item", "topic", "recorded", "report")
STANDARD_OF = {
    "randomised": "CONSORT", "ancova": "CONSORT", "encouragement": "CONSORT",
    "difference_in_differences": "TREND", "pre_post": "TREND", "paired_pre_post": "TREND", "event_study": "TREND",
    "staggered": "TREND", "exposure": "STROBE",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the checklists are filled in from; protected."""

    campaign: Campaign
    evaluation: Evaluation
    flow: pd.DataFrame
    language: str
    baseline: Baseline | None

    def say(self, key: str, **values: object) -> str:
        return say(f"exports.reporting.{key}", self.language, **values)

    def named(self, variable: str) -> str:
        """The title of an outcome; other variables as the data have them."""
        titles = {outcome.id: outcome.title for outcome in self.campaign.outcomes}
        return pick(titles[variable], self.language) if variable in titles else variable


def checklist_table(
    evaluation: Evaluation, flow: pd.DataFrame, language: str, baseline: Baseline | None = None
) -> pd.DataFrame:
    """The items of the standards that fit the designs used; ``recorded`` is False where the platform does not know."""
    shared = protect(evaluation)
    known = _Known(
        campaign=shared.campaign, evaluation=shared, flow=flow, language=language, baseline=baseline
    )
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
        for key, column in (
            ("flow_followed", "people_followed"),
            ("flow_without", "clusters_without_interviews"),
        ):
            if rows[column].notna().any():
                lines.append(known.say(key, **total))
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


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _resemblance(known: _Known) -> str | None:
    """The intracluster correlation of the first primary outcome at each site."""
    found = known.baseline.clusters if known.baseline else {}
    if not found:
        return None
    outcome = pick(primary_outcome(known.campaign).title, known.language)
    parts = [
        known.say("icc", site=pick(known.campaign.site(site).title, known.language), icc=_number(one.icc),
                  low=_number(one.low), high=_number(one.high), clusters=one.clusters)
        for site, one in found.items()
    ]  # fmt: skip
    return f"{outcome}: " + "; ".join(parts) + "."


def _results_cluster(known: _Known) -> str | None:
    return _joined(_results(known), _resemblance(known))


def _sample_size_cluster(known: _Known) -> str | None:
    return _joined(_sample_size(known), _resemblance(known))


def _joined(*parts: str | None) -> str | None:
    return " ".join(part for part in parts if part) or None


def _balance(known: _Known) -> str | None:
    """Of each site the variables that differ between arms by more than a twentieth of their spread."""
    found = known.baseline.balance if known.baseline else ()
    if not found:
        return None
    lines = []
    for one in found:
        differ = "; ".join(
            f"{known.named(name)} {_number(difference)}" for name, difference in one.apart.items()
        ) or known.say("none")  # fmt: skip
        lines.append(
            known.say("balance", site=pick(known.campaign.site(one.site).title, known.language), arm=one.arm,
                      compared=one.compared, differ=differ)
        )  # fmt: skip
    return " ".join(lines)


def _strata(known: _Known) -> str | None:
    column = known.campaign.columns.stratum
    return known.say("strata", column=column) if column else None


def _changes(known: _Known) -> str | None:
    """In what the estimates depart from the locked plan."""
    if known.evaluation.lock is None:
        return None
    stamps = [e.stamp for e in known.evaluation.effects if e.stamp is not None]
    keys = dict.fromkeys(key for stamp in stamps for key in stamp.deviations)
    return known.say("changed", keys=", ".join(keys)) if keys else known.say("unchanged")


Answer = Callable[[_Known], str | None] | None
CHECKLISTS: Mapping[str, Mapping[str, tuple[str, Answer]]] = {
    "CONSORT": {
        "1a": ("title_cluster", _title), "1b": ("abstract", None), "2a": ("rationale_cluster", None),
        "2b": ("objectives_cluster", None), "3a": ("trial_design_cluster", _design), "3b": ("changes_design", _changes),
        "4a": ("eligibility_cluster", None), "4b": ("settings", _settings), "5": ("interventions_cluster", _interventions),
        "6a": ("outcomes_cluster", _outcomes), "6b": ("changes_outcomes", _changes),
        "7a": ("sample_size_cluster", _sample_size_cluster), "7b": ("interim", None), "8a": ("sequence", None),
        "8b": ("stratification", _strata), "9": ("concealment_cluster", None), "10a": ("who_enrolled", None),
        "10b": ("inclusion_cluster", None), "10c": ("consent_cluster", None), "11a": ("blinding", None),
        "11b": ("similarity", None), "12a": ("methods_cluster", _methods), "12b": ("methods_more", _subgroups),
        "13a": ("flow_cluster", _flow), "13b": ("losses_cluster", _flow), "14a": ("dates", _dates), "14b": ("stopped", None),
        "15": ("baseline_cluster", _balance), "16": ("numbers_cluster", _analysed_numbers),
        "17a": ("results_cluster", _results_cluster), "17b": ("binary", None), "18": ("ancillary", _subgroups),
        "19": ("harms", _harms), "20": ("limitations_trial", None), "21": ("generalisability_cluster", None),
        "22": ("interpretation", None), "23": ("registration", None), "24": ("protocol", _registered),
        "25": ("funding", None),
    },
    "TREND": {
        "1": ("title", _title), "2": ("background", None), "3": ("participants", _settings),
        "4": ("interventions", _interventions), "5": ("objectives", None), "6": ("outcomes", _outcomes),
        "7": ("sample_size", _sample_size), "8": ("assignment", _unit), "9": ("blinding", None),
        "10": ("unit_of_analysis", _unit), "11": ("methods", _methods), "12": ("flow", _flow),
        "13": ("recruitment", _dates), "14": ("baseline", _balance), "15": ("equivalence", _balance),
        "16": ("numbers", _analysed_numbers), "17": ("results", _results_cluster), "18": ("ancillary", _subgroups),
        "19": ("harms", _harms), "20": ("interpretation", None), "21": ("generalisability", None), "22": ("overall", None),
    },
    "STROBE": {
        "1": ("title", _title), "2": ("background", None), "3": ("objectives", None), "4": ("study_design", _design),
        "5": ("setting_dates", _dates), "6": ("participants", _settings), "7": ("variables", _outcomes),
        "8": ("data_sources", None), "9": ("bias", None), "10": ("study_size", _sample_size),
        "11": ("quantitative", None), "12": ("methods", _methods), "13": ("flow", _flow), "14": ("descriptive", _balance),
        "15": ("outcome_data", _analysed_numbers), "16": ("results", _results), "17": ("ancillary", _subgroups),
        "18": ("key_results", None), "19": ("limitations", None), "20": ("interpretation", None),
        "21": ("generalisability", None), "22": ("funding", None),
    },
}  # fmt: skip
