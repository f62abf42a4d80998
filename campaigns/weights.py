"""The weights a campaign declares, made from its answers and put where the data's own weight stands.

Nothing stored changes: the weights are made anew from the answers and the campaign file whenever they are needed, and are the same whatever
the order of the rows. Interviews alike in everything that decides a weight are one group, so that a million rows cost one grouped query.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from campaigns.campaign import Campaign
from campaigns.scoring import as_text
from campaigns.weighting_plan import margin_columns
from surveys.weights_made import Groups, WeightsMade, WeightsReport, given_weights, make_weights


WEIGHT = "@weight"
FINAL = "final_weight"
GROUP, COUNT, MADE = "@group", "@count", "@made"
NO_WEIGHT = -1.0  # a weight is never negative


def weighed(answers: ir.Table, campaign: Campaign) -> ir.Table:
    """The answers with the declared weight of each interview in ``@weight``; as they are where no site declares any.

    Parameters
    ----------
    answers
        Typed answers of any number of sites and waves, each of them whole. Reads the data.
    """
    if not campaign.declares_weights:
        return answers
    keys = _keys(answers, campaign)
    keyed = answers.mutate(**keys)
    groups = _grouped(keyed, tuple(keys))
    made = np.full(groups.num_rows, np.nan)
    for place in _places(groups):
        made[place.rows] = _made(place, campaign).weights
    table = groups.drop_columns([COUNT]).append_column(
        MADE, pa.array(made, pa.float64(), mask=~np.isfinite(made))
    )
    joined = keyed.left_join(ibis.memtable(table), list(keys))
    kept = [joined[name] for name in answers.columns if name != WEIGHT]
    return joined.select(*kept, **{WEIGHT: joined[MADE]})


def with_final_weights(rows: pa.Table, files: Sequence[Path], campaign: Campaign) -> pa.Table:
    """The interviews of ``surveys.responses`` with ``final_weight`` as a last column: the weight that estimates use.

    Nothing where an interview has none, or no id to be found by.

    Parameters
    ----------
    files
        The same answers as ``surveys.columns`` writes them.
    """
    made: dict[str, float | None] = {}
    if files and campaign.weighted:
        connection = ibis.duckdb.connect()
        try:
            answers = connection.read_parquet([str(path) for path in files], union_by_name=True)
            found = weighed(answers, campaign).select("@submission", WEIGHT).to_pyarrow()
        finally:
            connection.disconnect()
        made = dict(zip(found["@submission"].to_pylist(), found[WEIGHT].to_pylist(), strict=True))
    made.pop(None, None)  # type: ignore[call-overload]
    weights = [made.get(submission) for submission in rows["submission_id"].to_pylist()]
    texts = [None if weight is None else repr(weight) for weight in weights]
    name = FINAL if FINAL not in rows.column_names else f"{FINAL}_of_campaign"
    return rows.append_column(name, pa.array(texts, pa.large_string()))


def weights_report(answers: ir.Table, campaign: Campaign, *, site: str, wave: str) -> WeightsReport | None:
    """The weights of one site and wave in numbers; None where there are none or no interviews."""
    if not campaign.weighted:
        return None
    keys = _keys(answers, campaign)
    groups = _grouped(answers.mutate(**keys), tuple(keys))
    found = [place for place in _places(groups) if (place.site, place.wave) == (site, wave)]
    return _made(found[0], campaign).report if found else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """The groups of one site and wave."""

    site: str
    wave: str
    rows: np.ndarray  # their places among all groups
    groups: pa.Table

    def texts(self, part: str) -> Sequence[str | None]:
        texts: list[str | None] = [text or None for text in self.groups[f"{GROUP} {part}"].to_pylist()]
        return texts


def _made(place: _Place, campaign: Campaign) -> WeightsMade:
    site = next((one for one in campaign.sites if one.id == place.site), None)
    weighting = site.weights if site is not None else None
    given = place.groups[f"{GROUP} {WEIGHT}"].to_numpy()
    groups = Groups(
        counts=place.groups[COUNT].to_numpy().astype(np.int64),
        given=np.where(given == NO_WEIGHT, np.nan, given) if campaign.columns.weight else np.ones(len(given)),
        stratum=place.texts("@stratum") if campaign.columns.stratum else None,
        cluster=place.texts("@cluster") if campaign.columns.cluster else None,
        answers={
            name: place.texts(name)
            for name in margin_columns(campaign)
            if f"{GROUP} {name}" in place.groups.column_names
        },
    )
    return given_weights(groups) if weighting is None else make_weights(weighting, place.wave, groups)


def _keys(answers: ir.Table, campaign: Campaign) -> dict[str, ir.Value]:
    """Everything that can decide a weight, as columns that are never null."""
    parts = ["@site", "@wave"]
    parts += [part for part in ("@cluster", "@stratum") if getattr(campaign.columns, part[1:])]
    weight = answers[WEIGHT].cast(dt.float64) if WEIGHT in answers.columns else ibis.null(dt.float64)
    if not campaign.columns.weight:
        weight = ibis.null(dt.float64)
    texts = {name: answers[name] for name in (*parts, *margin_columns(campaign)) if name in answers.columns}
    return {
        **{f"{GROUP} {name}": as_text(value).fill_null("") for name, value in texts.items()},
        **{f"{GROUP} {name}": ibis.literal("") for name in parts if name not in answers.columns},
        f"{GROUP} {WEIGHT}": weight.fill_null(NO_WEIGHT),
    }


def _grouped(keyed: ir.Table, keys: Sequence[str]) -> pa.Table:
    groups = keyed.group_by(list(keys)).agg(**{COUNT: keyed.count()})
    return groups.order_by(list(keys)).to_pyarrow()


def _places(groups: pa.Table) -> Iterator[_Place]:
    """The groups by site and wave."""
    site, wave = groups[f"{GROUP} @site"], groups[f"{GROUP} @wave"]
    pairs = groups.group_by([f"{GROUP} @site", f"{GROUP} @wave"]).aggregate([]).to_pylist()
    for pair in pairs:
        here = pc.and_(
            pc.equal(site, pair[f"{GROUP} @site"]), pc.equal(wave, pair[f"{GROUP} @wave"])
        ).to_numpy()
        rows = np.flatnonzero(here)
        yield _Place(
            site=pair[f"{GROUP} @site"], wave=pair[f"{GROUP} @wave"], rows=rows, groups=groups.take(rows)
        )
