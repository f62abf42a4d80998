"""One row a respondent from one row an interview: what an outcome was before, beside what it is after."""

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


ONE = 1  # interviews of a respondent in a period; with more, which one counts is not for us to guess


def linked(
    table: ir.Table, outcomes: Sequence[str], *, before: Sequence[str], after: Sequence[str]
) -> ir.Table:
    """One row a respondent: the columns of the interview after, and ``@before <outcome>`` for each outcome.

    Respondents seen once only, or more than once in a period, have no outcome: they are counted as dropped.
    """
    person = ["@site", "@respondent"] if "@site" in table.columns else ["@respondent"]
    known = table.filter(table["@respondent"].notnull())
    earlier = seen_once(known.filter(known["@wave"].isin(list(before))), person)
    later = seen_once(known.filter(known["@wave"].isin(list(after))), person)
    values = earlier.select(*person, **{f"@before {outcome}": earlier[outcome] for outcome in outcomes})
    pairs = later.join(values, person, how="left", rname="{name} again")
    pairs = pairs.drop(*(name for name in pairs.columns if name.endswith(" again")))
    alone = known.filter(known["@wave"].isin([*before, *after])).anti_join(pairs, person).distinct(on=person)
    empty = {outcome: ibis.null().cast("float64") for outcome in outcomes}
    alone = alone.mutate(
        **empty, **{f"@before {outcome}": ibis.null().cast("float64") for outcome in outcomes}
    )
    return pairs.union(alone.select(*pairs.columns))


def seen_once(table: ir.Table, person: Sequence[str]) -> ir.Table:
    """The rows of those who have one row."""
    times = table.group_by(list(person)).aggregate(**{"@times": table.count()})
    single = times.filter(times["@times"] == ONE)
    return table.semi_join(single, list(person))
