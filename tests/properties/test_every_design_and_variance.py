"""Every design with every variance: exchanged arms change the sign; order, scale of weights and a constant change nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pandas as pd
import pytest

from campaigns.designs import DESIGNS
from campaigns.effects import EffectEstimate
from campaigns.estimation import Specification, estimate
from tests.campaigns.made_up import table


SANDWICHES = ("HC0", "HC1", "CR0", "CR1", "CR1S", "linearised")  # made from scores alone
LEVERAGES = ("HC2", "HC3", "CR2", "CR3")
FROM_CELLS = ("iid", *SANDWICHES, *LEVERAGES)
TESTS = ("wild_cluster_bootstrap", "randomisation")
NUMBERS = ("estimate", "std_error", "df", "p_value", "conf_low", "conf_high")
SEED = 3
OTHER = {"campaign": "comparison", "comparison": "campaign"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A design and how sure it is said to be."""

    design: str
    options: dict[str, object] = field(default_factory=dict)
    compares_arms: bool = True  # so that arms can be exchanged
    outcome: str = "y"
    shifts: bool = True  # linear in the outcome, so that a constant drops out

    def __str__(self) -> str:
        return "-".join(
            [self.design, *(str(value) for value in self.options.values() if isinstance(value, str))]
        )


def ways() -> Iterator[Way]:
    for design in ("pre_post", "paired_pre_post", "dose"):
        for kind in FROM_CELLS:
            yield Way(design=design, options={"standard_errors": kind}, compares_arms=False)
    for design in ("difference_in_differences", "randomised", "ancova", "event_study"):
        for kind in FROM_CELLS:
            yield Way(design=design, options={"standard_errors": kind})
        yield Way(design=design, options={"standard_errors": "CR1", "p_value": TESTS[0]})
    for design in ("difference_in_differences", "randomised", "ancova"):
        yield Way(design=design, options={"standard_errors": "CR2", "p_value": TESTS[1]})
    for kind in ("iid", "HC0", "HC1", "HC2", "HC3", "CR0", "CR1", "CR1S", "CR2", "CR3"):
        yield Way(design="encouragement", options={"standard_errors": kind})
    yield Way(design="staggered", compares_arms=False)
    yield Way(design="exposure", options={"covariates": ("age",)})
    for model, outcome in (("logit", "knows"), ("poisson", "signs")):
        for kind in FROM_CELLS:
            yield Way(
                design="randomised",
                options={"standard_errors": kind, "model": model},
                outcome=outcome,
                shifts=False,
            )
    for kind in ("iid", *SANDWICHES):
        yield Way(
            design="randomised",
            options={"standard_errors": kind, "model": "ordered_logit"},
            outcome="signs",
            shifts=False,
        )


WAYS = {str(way): way for way in ways()}
COMPARED = sorted(name for name, way in WAYS.items() if way.compares_arms)
SHIFTED = sorted(name for name, way in WAYS.items() if way.shifts)


@cache
def survey(seed: int, *, waves: int = 2) -> pd.DataFrame:
    """Ten villages seen in every wave, the same people; half of them have the campaign."""
    rng = np.random.default_rng(seed)
    village = np.repeat(np.arange(10), rng.integers(5, 9, 10))
    n = len(village)
    reached, level = village % 2 == 0, rng.normal(size=10)[village] / 2
    first, age = level + rng.normal(size=n), rng.integers(18, 24, n)
    taken = np.where(reached, rng.random(n) < 0.8, rng.random(n) < 0.15)
    parts = []
    for wave in range(waves):
        y = level + 0.3 * wave + 0.4 * taken * (wave > 0) + rng.normal(size=n)
        parts.append(
            pd.DataFrame(
                {
                    "@cluster": [f"v{v}" for v in village],
                    "@stratum": [f"s{v // 4}" for v in village],
                    "@arm": np.where(reached, "campaign", "comparison"),
                    "@wave": f"{wave + 1}" if waves > 2 else ("before", "after")[wave],
                    "@respondent": [f"p{person:03d}" for person in range(n)],
                    "@weight": rng.uniform(0.5, 3, n),
                    "@baseline": first,
                    "@received": taken.astype(float),
                    "@dose": rng.integers(0, 4, n).astype(float),
                    "@period": float(wave + 1),
                    "@first_treated": np.where(village < 3, 2.0, np.where(village < 6, 3.0, 0.0)),
                    "age": age.astype(float),
                    "y": y,
                    "knows": (y > 0.3).astype(float),
                    "signs": np.clip(np.round(y + 1.5), 0, 4),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


PARTS = {
    "pre_post": ("@wave",), "paired_pre_post": ("@baseline",), "difference_in_differences": ("@wave", "@arm"),
    "randomised": ("@arm",), "ancova": ("@arm", "@baseline"), "event_study": ("@wave", "@arm"),
    "staggered": ("@period", "@first_treated", "@respondent"), "exposure": ("@arm",),
    "encouragement": ("@arm", "@received"), "dose": ("@dose",),
}  # fmt: skip


def rows_of(way: Way) -> pd.DataFrame:
    several = way.design in ("event_study", "staggered")
    rows = survey(SEED, waves=4) if several else survey(SEED)
    if not several and "@wave" not in PARTS[way.design]:
        rows = rows[rows["@wave"] == "after"]
    # Three villages a cohort would be too few: there, respondents stand for themselves.
    clustered = way.design != "staggered" and str(way.options.get("standard_errors", "CR")).startswith(
        ("CR", "lin")
    )
    stratified = way.options.get("standard_errors") == "linearised"
    kept = [
        *PARTS[way.design],
        "@weight",
        *(["@cluster"] if clustered else []),
        *(["@stratum"] if stratified else []),
    ]
    return rows[[*kept, "age", "y", "knows", "signs"]]


def effects(way: Way, rows: pd.DataFrame) -> dict[str, EffectEstimate]:
    """The effects by term; at least one must be made."""
    options = {"draws": 199, **way.options}
    if way.design == "event_study":
        options |= {"before": ("1", "2"), "after": ("3", "4")}
    specification = Specification(design=way.design, outcomes=(way.outcome,), **options)  # type: ignore[arg-type]
    found = {e.subject.term: e for e in estimate(table(rows), specification) if isinstance(e, EffectEstimate)}
    assert found, str(way)
    return found


def same(one: dict[str, EffectEstimate], other: dict[str, EffectEstimate], rel: float = 1e-6) -> None:
    assert one.keys() == other.keys()
    for term, effect in one.items():
        for name in NUMBERS:
            expected = getattr(effect, name)
            assert getattr(other[term], name) == pytest.approx(expected, rel=rel, abs=1e-8), (term, name)


@pytest.mark.parametrize("name", COMPARED)
def test_exchanging_the_arms_changes_the_sign_and_nothing_else(name: str) -> None:
    way = WAYS[name]
    rows = rows_of(way)
    other = rows.assign(**{"@arm": rows["@arm"].map(OTHER)})
    one, exchanged = effects(way, rows), effects(way, other)
    if (
        way.design == "encouragement"
    ):  # what was received has not changed its meaning: nor has the effect its sign
        same(one, exchanged)
        return
    for term, effect in one.items():
        turned = exchanged[term]
        assert turned.estimate == pytest.approx(-effect.estimate, rel=1e-6)
        assert turned.std_error == pytest.approx(effect.std_error, rel=1e-6)
        assert turned.p_value == pytest.approx(effect.p_value, rel=1e-6, abs=1e-12)
        assert turned.conf_low == pytest.approx(-effect.conf_high, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", sorted(WAYS))
def test_the_order_of_rows_and_the_scale_of_weights_do_not_matter(name: str) -> None:
    way = WAYS[name]
    rows = rows_of(way)
    shuffled = rows.sample(frac=1, random_state=SEED)
    if not (
        way.options.get("standard_errors") == "iid" and way.options.get("model") in ("logit", "ordered_logit")
    ):
        shuffled["@weight"] *= 40  # a likelihood by itself takes weights for counts, as glm and clm of R do
    same(effects(way, rows), effects(way, shuffled))


@pytest.mark.parametrize("name", SHIFTED)
def test_a_constant_added_to_the_outcome_changes_nothing(name: str) -> None:
    way = WAYS[name]
    rows = rows_of(way)
    moved = rows.assign(y=rows["y"] + 7)
    if "@baseline" in rows.columns:
        moved["@baseline"] += 7
    same(effects(way, rows), effects(way, moved))


def test_no_design_and_no_variance_is_left_out() -> None:
    assert {way.design for way in WAYS.values()} == set(DESIGNS)
    kinds = {way.options.get("standard_errors") for way in WAYS.values()}
    assert kinds >= set(FROM_CELLS)
