"""The page of the numbers: what they say together, then one table a design."""

import re
from collections.abc import Iterator, Sequence

import pandas as pd

from tests.recovery.cases import FEWEST
from tests.recovery.measuring import SEED, WARDS


WORDS = {"score": "score", "share": "share (0/1)", "count": "count", "rating": "rating 0–4"}
HEAD = """# Known truth: bias, coverage and size

`make recovery` wrote this page and [recovery.csv](recovery.csv), which holds every number. Made {made} by `{command}`:
seed {seed}; {slow} to {fast} simulated pilots a line, as `pilots` in the table of numbers says, and as many again in a world without
effect for the size; {lines} lines. An honest 95 % interval covers between {low} and {high} % of {fast} pilots 19 times in 20.

## How to read it

Every pilot goes through the product itself, from its cells to the interval. Wards (clusters) hold six to 25 interviews a wave,
unequal in number; `icc` of the variance of one answer lies between wards, six tenths of it lasting from wave to wave. *Score* is a
normal score with variance 1, effect 0.3; *share* is 0/1, level 0.40, effect 0.12, trend 0.06 (a score: 0.2); *count* has mean 1.5, effect 0.5;
*rating* is an ordered logit. Truth is exact: nothing is clipped. Designs without a comparison group are held against
trend plus effect, which is what they measure; it is not the effect.

* **bias**: mean estimate minus truth, with its Monte Carlo error.
* **SE÷SD**: mean standard error over the true standard deviation of the estimates; 1 is honest.
* **cover**: share of 95 % intervals that hold the truth. **size**: share of 5 % tests that find an effect in a world without one.

A way is named as in a plan: `CR2` with Satterthwaite degrees of freedom, `CR0` to `CR3` with clusters − 1, `linearised`
by Taylor series, `HC2` as if wards did not exist, `wild bootstrap` with 999 draws or all sign patterns, `randomisation` by the lot itself.
"""


def page(lines: Sequence[dict[str, str]], *, command: str, made: str) -> str:
    """The page in Markdown."""
    table = pd.DataFrame(lines).replace("", None)
    for name in table.columns.difference(["design", "outcome", "way"]):
        table[name] = pd.to_numeric(table[name])
    pilots = sorted(table["pilots"].unique())
    fast, slow = int(pilots[-1]), int(pilots[0])
    spread = 1.96 * (0.95 * 0.05 / fast) ** 0.5
    head = HEAD.format(
        made=made, command=command, seed=SEED, fast=fast, slow=slow, lines=len(table),
        low=f"{100 * (0.95 - spread):.1f}", high=f"{100 * min(1, 0.95 + spread):.1f}",
    )  # fmt: skip
    parts = [
        head,
        *reading(table),
        *together(table),
        *(text for design in designs(table) for text in one_design(table, design)),
    ]
    return "\n".join(parts)


def said_before(text: str) -> tuple[str, str]:
    """The command and the time that a page names."""
    found = re.search(r"Made (.+?) by `(.+?)`", text)
    if found is None:
        raise ValueError("the page does not say how it was made")
    return found[2], found[1]


def designs(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["design"]))


DEFAULTS = ("CR2", "influence", "wild bootstrap", "randomisation")  # what a plan gets, or is advised to name
CERTAIN = 3  # Monte Carlo errors below 95 %, of one line among hundreds


def reading(table: pd.DataFrame) -> Iterator[str]:
    """What the numbers say, in words that hold whatever they are."""
    wards = table[~table["design"].str.contains("persons") & (table["clusters_per_arm"] != FEWEST)]

    def covers(way: str, number: int) -> str:
        rows = wards[(wards["way"] == way) & (wards["clusters_per_arm"] == number)]
        return f"{100 * float((rows['coverage'] * rows['pilots']).sum() / rows['pilots'].sum()):.1f} %"

    few, many = int(wards["clusters_per_arm"].min()), int(wards["clusters_per_arm"].max())
    yield "## What it says\n"
    yield (
        f"* Of intervals that say 95 %, with {few} wards an arm, `HC2`, which leaves the wards out, covers {covers('HC2', few)}, "
        f"Stata's `CR1S` {covers('CR1S', few)}, `CR2` {covers('CR2', few)}, `CR3` {covers('CR3', few)}, the wild bootstrap "
        f"{covers('wild bootstrap', few)}, randomisation {covers('randomisation', few)}. `CR2` is the default for the one that comes nearest "
        "without drawing."
    )
    yield (
        f"* With {many} wards an arm `CR1S` covers {covers('CR1S', many)} and `CR2` {covers('CR2', many)}: the choice no longer matters. "
        f"To leave the wards out still does: {covers('HC2', many)}."
    )
    yield (
        f"* Ways to be careful with: `influence` (`staggered` and `exposure`: a normal test, no correction for few wards) covers "
        f"{covers('influence', few)} with {few} wards an arm, `CR1S two ways` {covers('CR1S two ways', few)}."
    )
    strata = wards[(wards["design"] == "randomised, wards in strata") & (wards["clusters_per_arm"] == many)]
    told = ", ".join(
        f"`{way}` {100 * strata.loc[strata['way'] == way, 'coverage'].mean():.1f} %"
        for way in ("CR1S", "linearised", "CR2", "CR3", "wild bootstrap", "randomisation")
    )
    yield (
        f"* Strata of four wards with an indicator each do not get better with more strata: at {many} wards an arm {told}. "
        "Errors that do not know how much the indicators fit are too small there; `CR2` knows."
    )
    yield "* Lines of one setting share their pilots: an unlucky draw shows in all of them, and the list below has hundreds of lines."
    biased = wards.drop_duplicates(["design", "outcome", "icc", "clusters_per_arm"])
    far = biased[biased["bias"].abs() > CERTAIN * biased["bias_error"]]
    yield (
        f"* Bias: {len(far)} of {len(biased)} settings lie more than {CERTAIN} Monte Carlo errors from the truth"
        + ("." if not len(far) else ": " + "; ".join(_where(row) for _, row in far.iterrows()) + ".")
    )
    trusted = wards[wards["way"].isin(DEFAULTS)]
    short = trusted[trusted["coverage"] < 0.95 - CERTAIN * (0.95 * 0.05 / trusted["pilots"]) ** 0.5]
    yield (
        f"* Of {len(trusted)} lines of what a plan gets or is advised to name (`{'`, `'.join(DEFAULTS)}`) "
        f"{len(short)} cover less than 95 % by more than {CERTAIN} Monte Carlo errors"
        + (
            "."
            if not len(short)
            else ": "
            + "; ".join(f"{_where(r)} `{r['way']}` {100 * r['coverage']:.1f} %" for _, r in short.iterrows())
            + "."
        )
    )
    yield ""


def _where(row: "pd.Series[float]") -> str:
    return f"{row['design']}, {WORDS[row['outcome']]}, icc {row['icc']:g}, {row['clusters_per_arm']:g} an arm"


def together(table: pd.DataFrame) -> Iterator[str]:
    """All designs in one: coverage and size of each way by wards an arm."""
    yield "## All designs with wards together\n"
    yield "Mean over designs, outcomes and intraclass correlations; each cell is *cover / size* in per cent, and its Monte Carlo error.\n"
    clustered = table[~table["design"].str.contains("persons") & (table["clusters_per_arm"] != FEWEST)]
    yield head_of(["way", "lines", *(f"{wards} an arm" for wards in WARDS)])
    for way, rows in clustered.groupby("way", sort=False):
        cells = [pooled(rows[rows["clusters_per_arm"] == wards]) for wards in WARDS]
        yield line_of([f"`{way}`", str(len(rows)), *cells])
    few = table[table["clusters_per_arm"] == FEWEST]
    if len(few):
        yield f"\nWith {FEWEST} wards an arm, where `p_value: automatic` leaves CR2 for the lot (or, where no lot was drawn, the bootstrap):\n"
        yield head_of(["design", "outcome", "icc", "way", "cover / size"])
        for _, row in few.iterrows():
            told = f"{100 * row['coverage']:.1f} / {100 * row['size']:.1f}"
            yield line_of([row["design"], WORDS[row["outcome"]], f"{row['icc']:g}", f"`{row['way']}`", told])
    yield ""


def pooled(rows: pd.DataFrame) -> str:
    if not len(rows):
        return ""
    pilots = rows["pilots"].sum()
    told = []
    for name in ("coverage", "size"):
        share = float((rows[name] * rows["pilots"]).sum() / pilots)
        told.append(f"{100 * share:.1f} ± {100 * (share * (1 - share) / pilots) ** 0.5:.1f}")
    return " / ".join(told)


def one_design(table: pd.DataFrame, design: str) -> Iterator[str]:
    rows = table[(table["design"] == design) & (table["clusters_per_arm"] != FEWEST)]
    wards = sorted(rows["clusters_per_arm"].unique())
    yield f"## {design}\n"
    yield head_of(["outcome", "icc", "truth", *(f"bias, {n:g} an arm" for n in wards)])
    for (outcome, icc), here in rows.groupby(["outcome", "icc"], sort=False):
        first = here.drop_duplicates("clusters_per_arm").set_index("clusters_per_arm")
        cells = [
            f"{first.loc[n, 'bias']:+.4f} ± {first.loc[n, 'bias_error']:.4f}" if n in first.index else ""
            for n in wards
        ]
        yield line_of([WORDS[outcome], f"{icc:g}", f"{here['truth'].iloc[0]:.4g}", *cells])
    yield "\nEach cell: SE÷SD · cover % · size %.\n"
    yield head_of(["outcome", "icc", "way", *(f"{n:g} an arm" for n in wards)])
    for (outcome, icc, way), here in rows.groupby(["outcome", "icc", "way"], sort=False):
        at = here.set_index("clusters_per_arm")
        cells = [cell(at.loc[n]) if n in at.index else "" for n in wards]
        yield line_of([WORDS[outcome], f"{icc:g}", f"`{way}`", *cells])
    without = int(rows["without_estimate"].sum())
    if without > 0:
        yield f"\n{without} of {int(2 * rows['pilots'].sum())} estimates could not be made, and were said to be so."
    yield ""


def cell(row: "pd.Series[float]") -> str:
    ratio = "–" if pd.isna(row["se_ratio"]) else f"{row['se_ratio']:.2f}"
    return f"{ratio} · {100 * row['coverage']:.1f} · {100 * row['size']:.1f}"


def head_of(names: Sequence[str]) -> str:
    return line_of(names) + "\n" + line_of(["---"] * len(names))


def line_of(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
