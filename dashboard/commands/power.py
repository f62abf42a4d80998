"""``awareness power``: how small an effect a survey can see, and how large it must be."""

import math
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, cast

import typer

from dashboard.commands.results import (
    FormatOption,
    OutputOption,
    TableFormat,
    as_json,
    format_of,
    write_result,
)


if TYPE_CHECKING:
    from campaigns.power import PowerResult


WHOLE = 1e-9  # rounding, not a respondent


class Solve(StrEnum):
    """What is solved for."""

    MDE = "mde"
    CLUSTERS = "clusters"
    N = "n"
    POWER = "power"


class PowerDesign(StrEnum):
    """How respondents and clusters come into the survey."""

    AFTER_ONLY = "after_only"
    TWO_WAVE_CROSS_SECTION = "two_wave_cross_section"
    COHORT = "cohort"
    INDIVIDUAL = "individual"


def register(app: typer.Typer) -> None:
    """Add ``power`` to the command line."""
    app.command()(power)


def power(
    solve: Annotated[
        Solve, typer.Option(help="mde: the smallest effect the survey can see; n: respondents an arm.")
    ],
    design: Annotated[
        PowerDesign | None,
        typer.Option(
            help="By default after_only; individual where neither clusters nor their size are given."
        ),
    ] = None,
    sd: Annotated[float | None, typer.Option(help="Standard deviation of the outcome; by default 1.")] = None,
    proportion: Annotated[
        float | None, typer.Option(help="Proportion of the comparison group, for a yes-or-no outcome.")
    ] = None,
    effect: Annotated[float | None, typer.Option(help="The effect hoped for, in the outcome's unit.")] = None,
    clusters: Annotated[float | None, typer.Option(help="Clusters of one arm.")] = None,
    cluster_size: Annotated[float | None, typer.Option(help="Respondents of a cluster in one wave.")] = None,
    n: Annotated[float | None, typer.Option(help="Respondents of one arm in one wave.")] = None,
    icc: Annotated[float, typer.Option(help="Intracluster correlation.")] = 0.0,
    cv: Annotated[float, typer.Option(help="Coefficient of variation of the sizes of clusters.")] = 0.0,
    autocorrelation: Annotated[
        float | None, typer.Option(help="Of a cluster's means over time, for designs of two waves.")
    ] = None,
    individual_autocorrelation: Annotated[
        float | None,
        typer.Option(help="Of a respondent over time, in a cohort; by default that of clusters."),
    ] = None,
    alpha: Annotated[float, typer.Option(help="Of the two-sided test.")] = 0.05,
    power: Annotated[float, typer.Option(help="Chance of seeing the effect.")] = 0.8,
    attrition: Annotated[float, typer.Option(help="Share of respondents lost before the last wave.")] = 0.0,
    table_format: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Solve for the smallest detectable effect, the power, or the size of a survey with two arms."""
    from campaigns.power import PowerDesign as Design
    from campaigns.power import Sizes, solve_power
    from campaigns.power import Solve as Wanted

    _refuse_attrition(attrition)
    chosen = (
        design.value if design is not None else ("after_only" if clusters or cluster_size else "individual")
    )
    two_waves = chosen in ("two_wave_cross_section", "cohort")
    _refuse_idle(autocorrelation, "--autocorrelation", idle=not two_waves, design=chosen)
    _refuse_idle(
        individual_autocorrelation, "--individual-autocorrelation", idle=chosen != "cohort", design=chosen
    )
    _refuse_both(sd, proportion)
    over_time = autocorrelation or 0.0
    found = solve_power(
        cast("Wanted", solve.value),
        Sizes(
            design=cast("Design", chosen),
            sd=1.0 if sd is None else sd,
            proportion=proportion,
            effect=effect,
            clusters=clusters,
            cluster_size=cluster_size,
            n=_persons(chosen, n, clusters, cluster_size),
            icc=icc,
            cv=cv,
            cluster_autocorrelation=over_time,
            individual_autocorrelation=(
                over_time if individual_autocorrelation is None else individual_autocorrelation
            ),
            alpha=alpha,
            power=power,
        ),
    )
    values = _values(found, attrition)
    csv = format_of(table_format, output) is TableFormat.CSV
    write_result(_as_csv(values) if csv else as_json(values), output)


def _values(found: "PowerResult", attrition: float) -> dict[str, object]:
    """The quantity solved for under its own name, whole numbers beside it, and everything it rests on."""
    sizes = found.sizes
    values: dict[str, object] = {"solve": found.solve, found.solve: found.value}
    if found.solve == "mde":
        values |= {"mde_normal": found.mde_normal, "mde_noncentral_t": found.mde_noncentral_t}
    if found.solve in ("clusters", "n"):
        values[f"{found.solve}_rounded_up"] = math.ceil(found.value - WHOLE)
    values |= {
        "design": sizes.design,
        "design_effect": found.design_effect,
        "df": found.df,
        "std_error": found.std_error,
        "effect": sizes.effect,
        "clusters": sizes.clusters,
        "cluster_size": sizes.cluster_size,
        "n": sizes.n,
        "sd": sizes.spread,
        "proportion": sizes.proportion,
        "icc": sizes.icc,
        "cv": sizes.cv,
        "alpha": sizes.alpha,
        "power": sizes.power,
    }
    if sizes.design in ("two_wave_cross_section", "cohort"):
        values["autocorrelation"] = sizes.cluster_autocorrelation
    if sizes.design == "cohort":
        values["individual_autocorrelation"] = sizes.individual_autocorrelation
    if attrition and sizes.n is not None:
        values |= {"attrition": attrition, "n_to_recruit": math.ceil(sizes.n / (1 - attrition) - WHOLE)}
    return values


def _persons(
    design: str, n: float | None, clusters: float | None, cluster_size: float | None
) -> float | None:
    """Respondents of an arm who are drawn one by one; clusters times their size says the same."""
    if design != "individual" or n is not None:
        return n
    return clusters * cluster_size if clusters and cluster_size else None


def _refuse_idle(value: float | None, option: str, *, idle: bool, design: str) -> None:
    from surveys.problems import CannotProceed

    if value is not None and idle:
        raise CannotProceed(
            option, f"it has no part in the design {design}.", "Leave it out, or name another --design."
        )


def _refuse_attrition(attrition: float) -> None:
    from surveys.problems import CannotProceed

    if not 0 <= attrition < 1:
        raise CannotProceed("--attrition", f"{attrition:g} is not from 0 up to 1.", "Mend the number.")


def _refuse_both(sd: float | None, proportion: float | None) -> None:
    from surveys.problems import CannotProceed

    if sd is not None and proportion is not None:
        raise CannotProceed(
            "--sd, --proportion", "the proportion says the standard deviation.", "Give one of the two."
        )


def _as_csv(values: Mapping[str, object]) -> str:
    names = list(values)
    cells = ["" if values[name] is None else str(values[name]) for name in names]
    return f"{','.join(names)}\n{','.join(cells)}\n"
