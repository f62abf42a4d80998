"""The effects of a campaign, one folder of answers after the other: what was not sent anew is not estimated anew."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow.parquet as pq
from ibis.backends import BaseBackend

from campaigns.campaign import WEIGHTED_KINDS, Campaign, Site, Tier
from campaigns.designs import DESIGNS
from campaigns.effects import Effect
from campaigns.estimation import estimate
from campaigns.few_clusters import BY_LOT
from campaigns.inference import StandardErrors
from campaigns.plan_multiplicity import STEP_DOWN
from campaigns.scoring import scored
from campaigns.specification import Adjustment, PValue, Specification, StepDown, StepDownMethod
from campaigns.weights import weighed
from surveys.columns import content_digest


WITHOUT_CLUSTERS = {"CR0": "HC0", "CR1": "HC1", "CR1S": "HC1", "CR2": "HC2", "CR3": "HC3"}


@dataclass(slots=True)
class KeptEffects:
    """Effects made earlier, by what they were made from; of each campaign those of its last evaluation."""

    of_campaign: dict[str, dict[str, list[Effect]]] = field(default_factory=dict)


def effects_of_sites(
    campaign: Campaign, answers: Sequence[Path], kept: KeptEffects | None = None
) -> list[Effect]:
    """The effects at every site that has answers, from files as ``surveys.columns`` writes them.

    The files of a site lie together in a folder. Where nothing of a score is learnt over sites, each folder is estimated
    by itself, and one that holds what it held when ``kept`` was filled is not read again.
    """
    if not answers:
        return []
    earlier = {} if kept is None else kept.of_campaign.get(campaign.id, {})
    types = types_of(answers)
    folders = folders_of(campaign, answers, types)
    found = {made_from: earlier[made_from] for made_from in folders if made_from in earlier}
    anew = {made_from: files for made_from, files in folders.items() if made_from not in earlier}
    made = _effects(campaign, [path for files in anew.values() for path in files], types) if anew else []
    for made_from, files in anew.items():
        sites = sites_in(files)
        found[made_from] = [effect for effect in made if effect.subject.site in sites]
    if kept is not None:
        kept.of_campaign[campaign.id] = found
    return [effect for effects in found.values() for effect in effects]


def folders_of(
    campaign: Campaign, answers: Sequence[Path], types: Mapping[str, dt.DataType]
) -> dict[str, list[Path]]:
    """The files that can be looked at by themselves, by a digest of all that is concluded from them."""
    return {_digest(campaign, types, files): files for files in _folders(campaign, answers)}


def _folders(campaign: Campaign, answers: Sequence[Path]) -> list[list[Path]]:
    """The files that can be estimated by themselves; all together where a score learns its weights from all sites."""
    if any(outcome.score.kind in WEIGHTED_KINDS for outcome in campaign.outcomes):
        return [list(answers)]
    ordered = sorted(answers, key=lambda path: path.parent)
    return [list(files) for _, files in groupby(ordered, key=lambda path: path.parent)]


def _digest(campaign: Campaign, types: Mapping[str, dt.DataType], files: Iterable[Path]) -> str:
    """All that the effects of some files depend on."""
    digest = hashlib.sha256(
        repr((campaign, sorted((name, str(kind)) for name, kind in types.items()))).encode()
    )
    for path in files:
        digest.update(content_digest(path))
    return digest.hexdigest()


def types_of(answers: Sequence[Path]) -> dict[str, dt.DataType]:
    """The columns of all files together: a question that one site was not asked is empty there."""
    connection = ibis.duckdb.connect()
    try:
        return dict(
            connection.read_parquet([str(path) for path in answers], union_by_name=True).schema().items()
        )
    finally:
        connection.disconnect()


def sites_in(files: Sequence[Path]) -> set[str]:
    """The sites that have interviews in some files."""
    return {
        site
        for path in files
        for site in pq.read_table(path, columns=["@site"])["@site"].unique().to_pylist()
        if site
    }


def _effects(campaign: Campaign, files: Sequence[Path], types: Mapping[str, dt.DataType]) -> list[Effect]:
    with analyses(campaign, files, types) as found:
        return [effect for one in found for effect in estimate(one.rows, one.specification)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The scored rows of the sites that share a design, and how their effects are to be estimated."""

    rows: ir.Table
    specification: Specification


@contextmanager
def analyses(
    campaign: Campaign, answers: Sequence[Path], types: Mapping[str, dt.DataType] | None = None
) -> Iterator[list[Analysis]]:
    """The analyses of the sites that have answers, one a design; their rows can be read while the context lasts.

    ``types`` are the columns of all files of the campaign, where these are some of them.
    """
    if not answers:
        yield []
        return
    connection = ibis.duckdb.connect()
    try:
        table, here = answers_in(connection, answers, types), sites_in(answers)
        known = [site.id for site in campaign.sites]
        waves = [*campaign.analysis.before, *campaign.analysis.after]
        used = table.filter(table["@site"].isin(known), table["@wave"].isin(waves))
        # Scored once and kept: several queries follow, and long expressions take longer to plan than to run.
        outcomes = scored(weighed(used, campaign), campaign)
        if not campaign.weighted and "@weight" in outcomes.columns:
            outcomes = outcomes.drop("@weight")
        rows = connection.create_table("scores", outcomes, temp=True)
        yield [
            _analysis(rows, campaign, design, group)
            for design, sites in sites_by_design(campaign)
            if (group := [site for site in sites if site.id in here])
        ]
    finally:
        connection.disconnect()


def answers_in(
    connection: BaseBackend, files: Sequence[Path], types: Mapping[str, dt.DataType] | None = None
) -> ir.Table:
    """The answers in some files, with the columns of all files of the campaign where ``types`` names them."""
    own = connection.read_parquet([str(path) for path in files], union_by_name=True)
    columns = {
        name: (own[name].cast(kind) if name in own.columns else ibis.null(kind))
        for name, kind in (types or dict(own.schema().items())).items()
    }
    return own.select(**columns)


def _analysis(rows: ir.Table, campaign: Campaign, design: str, sites: Sequence[Site]) -> Analysis:
    here = rows.filter(rows["@site"].isin([site.id for site in sites]))
    if campaign.columns.arm and not DESIGNS[design].compares:
        here = here.mutate(**{"@arm": here["@arm"].fill_null("campaign")})  # where there is one group only
    told = specification_of(campaign, design, sites, here)
    if design == "exposure":
        met = ibis.cases((here["@received"] == 1, "campaign"), (here["@received"] == 0, "comparison"))
        here, told = here.mutate(**{"@arm": met}), replace(told, arms=("campaign",))
    return Analysis(rows=here, specification=told)


def specification_of(
    campaign: Campaign, design: str, sites: Sequence[Site], table: ir.Table
) -> Specification:
    """The plan of a campaign for the sites of one design; a covariate of text enters as indicators."""
    analysis = campaign.analysis
    schema = table.schema()
    of_text = tuple(name for name in analysis.covariates if schema[name].is_string())
    return Specification(
        design=design,
        outcomes=tuple(outcome.id for outcome in campaign.outcomes),
        standard_errors=cast("StandardErrors", _standard_errors(campaign)),
        p_value=cast("PValue", analysis.p_value),
        draws=analysis.draws,
        seed=analysis.seed,
        second_opinion=analysis.second_opinion,
        confidence=analysis.confidence,
        covariates=tuple(name for name in analysis.covariates if name not in of_text),
        categorical=(*of_text, *analysis.categorical),
        fixed_effects=analysis.fixed_effects,
        adjustment=cast("Adjustment", analysis.adjustment) if design in BY_LOT else "additive",
        subgroups=analysis.subgroups,
        margins={o.id: analysis.margin[o.family] for o in campaign.outcomes if o.family in analysis.margin},
        roles={site.id: site.role.value for site in sites},
        sites=tuple(site.id for site in sites),
        before=analysis.before,
        after=analysis.after,
        arms=tuple(arm for arm in campaign.columns.arm_values if arm != "comparison"),
        step_down=_step_down(campaign),
    )


def _step_down(campaign: Campaign) -> StepDown | None:
    """Exploratory outcomes are adjusted on their own, so that they cost the planned ones nothing."""
    if campaign.analysis.multiplicity not in STEP_DOWN:
        return None
    return StepDown(
        method=cast("StepDownMethod", campaign.analysis.multiplicity),
        families={o.id: o.family for o in campaign.outcomes if o.tier is not Tier.EXPLORATORY},
        in_subgroups=False,
    )


def sites_by_design(campaign: Campaign) -> list[tuple[str, list[Site]]]:
    """The designs of a campaign, each with the sites that have it."""
    designs = [site.design or campaign.analysis.design for site in campaign.sites]
    return [
        (design, [site for site, own in zip(campaign.sites, designs, strict=True) if own == design])
        for design in dict.fromkeys(designs)
    ]


def _standard_errors(campaign: Campaign) -> str:
    """The plan's, or its nearest kin where the campaign has no clusters: then every person is one."""
    named = campaign.analysis.standard_errors
    return named if campaign.columns.cluster else WITHOUT_CLUSTERS.get(named, named)
