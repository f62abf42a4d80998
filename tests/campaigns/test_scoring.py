"""Scores in the query against a second implementation, one respondent at a time in plain Python."""

import math
from collections.abc import Mapping
from statistics import mean, stdev

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from campaigns.campaign import INDEX_KINDS
from campaigns.registry import parse_score
from campaigns.scoring import reference_of, score_column


CODES = ("1", "2", "3", "4", "5")
YES_NO = ("yes", "no")
REASONS = ("dont_know", "refused", "not_asked", "blank")


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    """Two sites, two waves, two arms; answers with every missing state among them."""
    random = np.random.default_rng(3)
    rows = 800
    frame = pd.DataFrame(
        {
            "@site": random.choice(["npl", "idn"], rows),
            "@wave": random.choice(["baseline", "endline"], rows),
            "@arm": random.choice(["campaign", "comparison"], rows),
        }
    )
    for item, codes in {"a": CODES, "b": CODES, "c": CODES, "k": YES_NO, "l": YES_NO, "m": YES_NO}.items():
        answers = random.choice(codes, rows).astype(object)
        reasons = np.where(random.random(rows) < 0.25, random.choice(REASONS, rows), None)
        frame[item] = np.where(pd.isna(reasons), answers, None)
        frame[f"{item}@missing"] = reasons
    chosen = [
        " ".join(c for c in ("radio", "tv", "friend", "radio_2") if random.random() < 0.5)
        for _ in range(rows)
    ]
    frame["channels"] = [text or None for text in chosen]
    frame["age"] = np.where(random.random(rows) < 0.1, np.nan, random.integers(15, 70, rows).astype(float))
    return frame


def query(people: pd.DataFrame, mapping: Mapping[str, object]) -> list[float | None]:
    table = ibis.memtable(pa.Table.from_pandas(people.assign(row=range(len(people))), preserve_index=False))
    score = parse_score(mapping, "test.yaml, score")
    reference = None
    if score.kind in INDEX_KINDS:
        reference = reference_of(
            table,
            score,
            table["@wave"] == "baseline",
            table["@wave"] == "endline",
            table["@arm"] == "comparison",
        )
    result = table.select("row", score=score_column(table, score, reference)).order_by("row").to_pyarrow()
    assert result["score"].type == pa.float64()
    return result["score"].to_pylist()


def given(row: pd.Series, item: str) -> str | None:
    value = row[item]
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def agree(found: list[float | None], expected: list[float | None]) -> None:
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            assert one == pytest.approx(other, abs=1e-12)
    assert any(value is not None for value in expected)


def test_a_numeric_item_stands_as_it_is(people: pd.DataFrame) -> None:
    agree(
        query(people, {"item": "a"}),
        [float(x) if (x := given(r, "a")) else None for _, r in people.iterrows()],
    )
    agree(
        query(people, {"column": "age"}),
        [float(x) if (x := given(r, "age")) else None for _, r in people.iterrows()],
    )


def test_a_reversed_item_is_turned_within_its_scale(people: pd.DataFrame) -> None:
    found = query(people, {"item": "a", "reverse": ["a"], "scale": [1, 5]})
    agree(found, [6 - float(x) if (x := given(r, "a")) else None for _, r in people.iterrows()])


def test_values_outside_the_scale_are_no_answer(people: pd.DataFrame) -> None:
    found = query(people, {"item": "a", "scale": [1, 4]})
    expected = [float(x) if (x := given(r, "a")) and x != "5" else None for _, r in people.iterrows()]
    agree(found, expected)


def test_an_answer_can_be_singled_out(people: pd.DataFrame) -> None:
    for dont_know in ("missing", "incorrect"):
        found = query(people, {"item": "a", "equals": ["4", "5"], "dont_know": dont_know})
        expected = [
            float(x in ("4", "5"))
            if (x := given(r, "a"))
            else (0.0 if dont_know == "incorrect" and r["a@missing"] == "dont_know" else None)
            for _, r in people.iterrows()
        ]
        agree(found, expected)


def test_listed_values_replace_answers_and_others_have_no_score(people: pd.DataFrame) -> None:
    found = query(people, {"item": "a", "values": {"1": 0, "2.0": 0.5, "5": 1}})
    expected = [{"1": 0.0, "2": 0.5, "5": 1.0}.get(given(r, "a") or "") for _, r in people.iterrows()]
    agree(found, expected)


@pytest.mark.parametrize("dont_know", ["incorrect", "missing"])
@pytest.mark.parametrize("minimum", [0.0, 0.5, 0.7, 1.0])
def test_proportion_correct_counts_the_items_answered(
    people: pd.DataFrame, dont_know: str, minimum: float
) -> None:
    key = {"k": "yes", "l": "no", "m": "yes"}
    found = query(people, {"proportion_correct": key, "dont_know": dont_know, "minimum_answered": minimum})

    def plain(row: pd.Series) -> float | None:
        marks = [
            float(given(row, item) == right)
            for item, right in key.items()
            if given(row, item) or (dont_know == "incorrect" and row[f"{item}@missing"] == "dont_know")
        ]
        return mean(marks) if marks and len(marks) >= minimum * 3 - 1e-9 else None

    agree(found, [plain(row) for _, row in people.iterrows()])


def test_at_least_counts_yes_and_takes_dont_know_as_no(people: pd.DataFrame) -> None:
    found = query(people, {"at_least": 2, "of": ["k", "l", "m"]})

    def plain(row: pd.Series) -> float | None:
        marks = [
            given(row, item) == "yes"
            for item in "klm"
            if given(row, item) or row[f"{item}@missing"] == "dont_know"
        ]
        return float(sum(marks) >= 2) if len(marks) >= 3 * 0.7 else None

    agree(found, [plain(row) for _, row in people.iterrows()])


def test_at_least_counts_choices_of_one_question_as_whole_words(people: pd.DataFrame) -> None:
    found = query(people, {"at_least": 2, "of": {"channels": ["radio", "tv", "friend"]}})
    expected = [
        float(len({"radio", "tv", "friend"} & set(x.split())) >= 2) if (x := given(r, "channels")) else None
        for _, r in people.iterrows()
    ]
    agree(found, expected)


def test_a_mean_reverses_items_and_needs_enough_of_them(people: pd.DataFrame) -> None:
    found = query(people, {"mean": ["a", "b", "c"], "reverse": ["b"], "scale": [1, 5]})

    def plain(row: pd.Series) -> float | None:
        marks = [6 - float(x) if item == "b" else float(x) for item in "abc" if (x := given(row, item))]
        return mean(marks) if len(marks) >= 3 else None  # two of three are fewer than seven tenths

    agree(found, [plain(row) for _, row in people.iterrows()])


def test_a_skipped_question_counts_as_the_score_says(people: pd.DataFrame) -> None:
    found = query(people, {"item": "a", "not_asked": 0})
    expected = [
        float(x) if (x := given(r, "a")) else (0.0 if r["a@missing"] == "not_asked" else None)
        for _, r in people.iterrows()
    ]
    agree(found, expected)


def test_a_ladder_stops_at_the_first_rung_not_reached(people: pd.DataFrame) -> None:
    found = query(people, {"ladder": ["k", "l", "m"]})

    def plain(row: pd.Series) -> float | None:
        rungs = 0
        for item in "klm":
            answer = given(row, item)
            if answer == "no" or row[f"{item}@missing"] == "not_asked":
                return float(rungs)
            if answer is None:
                return None
            rungs += 1
        return float(rungs)

    agree(found, [plain(row) for _, row in people.iterrows()])


def baseline_comparison(people: pd.DataFrame, site: str) -> pd.DataFrame:
    return people[
        (people["@site"] == site) & (people["@wave"] == "baseline") & (people["@arm"] == "comparison")
    ]


def test_a_z_index_is_measured_against_each_sites_comparison_baseline(people: pd.DataFrame) -> None:
    found = query(people, {"z_index": ["a", "b", "c"], "reverse": ["c"], "minimum_answered": 0.6})
    norms = {
        (site, item): [
            float(x) for _, r in baseline_comparison(people, site).iterrows() if (x := given(r, item))
        ]
        for site in ("npl", "idn")
        for item in "abc"
    }

    def plain(row: pd.Series) -> float | None:
        marks = []
        for item in "abc":
            answer, norm = given(row, item), norms[row["@site"], item]
            if answer is not None:
                marks.append((-1 if item == "c" else 1) * (float(answer) - mean(norm)) / stdev(norm))
        return mean(marks) if len(marks) >= 2 else None

    agree(found, [plain(row) for _, row in people.iterrows()])


def test_an_inverse_covariance_index_has_mean_zero_and_deviation_one_in_the_reference_group(
    people: pd.DataFrame,
) -> None:
    found = query(people, {"icw_index": ["a", "b", "c"]})
    frame = people.assign(score=found)
    for site in ("npl", "idn"):
        scores = baseline_comparison(frame, site)["score"].dropna().astype(float)
        assert scores.mean() == pytest.approx(0, abs=1e-12)
        assert scores.std() == pytest.approx(1, abs=1e-12)


def test_inverse_covariance_weights_are_andersons(people: pd.DataFrame) -> None:
    found = query(people, {"icw_index": ["a", "b", "c"], "minimum_answered": 1.0})
    numbers = people[["a", "b", "c"]].apply(pd.to_numeric)
    z = numbers.copy()
    for site in ("npl", "idn"):
        norm = numbers.loc[baseline_comparison(people, site).index]
        inside = people["@site"] == site
        z.loc[inside] = (numbers[inside] - norm.mean()) / norm.std()
    inverse = np.linalg.inv(z[people["@wave"].isin(["baseline", "endline"])].cov().to_numpy())
    ones = np.ones(3)
    raw = z.to_numpy() @ inverse @ ones / (ones @ inverse @ ones)
    for site in ("npl", "idn"):
        norm = pd.Series(raw).loc[baseline_comparison(people, site).index]
        inside = (people["@site"] == site).to_numpy()
        raw[inside] = (raw[inside] - norm.mean()) / norm.std()
    agree(found, [None if math.isnan(value) else float(value) for value in raw])


def test_a_first_component_is_learnt_from_the_reference_group_alone(people: pd.DataFrame) -> None:
    mapping = {"first_component": ["a", "b", "c"], "minimum_answered": 1.0}
    found = pd.Series(query(people, mapping), dtype=float)
    references = {site: baseline_comparison(people, site).index for site in ("npl", "idn")}
    numbers = people[["a", "b", "c"]].apply(pd.to_numeric)
    z = pd.concat([_standardised(numbers.loc[rows]) for rows in references.values()])
    direction = np.linalg.eigh(z.cov().to_numpy())[1][:, -1]
    first = pd.Series(z.to_numpy() @ (direction / direction.sum()), index=z.index)
    for rows in references.values():
        expected = (first[rows] - first[rows].mean()) / first[rows].std()
        np.testing.assert_allclose(found[rows], expected, atol=1e-12)
    moved = people.copy()
    elsewhere = people.index.difference(references["npl"].union(references["idn"]))
    moved.loc[elsewhere, "a"] = "5"
    moved.loc[elsewhere, "a@missing"] = None
    kept = pd.Series(query(moved, mapping), dtype=float)
    np.testing.assert_array_equal(kept[z.index], found[z.index])


def _standardised(numbers: pd.DataFrame) -> pd.DataFrame:
    return (numbers - numbers.mean()) / numbers.std()


def test_a_question_that_nobody_was_asked_gives_no_score(people: pd.DataFrame) -> None:
    absent = {"absent": "yes"}
    for score in (
        {"item": "absent"},
        {"proportion_correct": absent},
        {"at_least": 1, "of": absent},
        {"ladder": "absent"},
    ):
        assert query(people, score) == [None] * len(people)


def test_a_site_without_comparison_group_is_measured_by_everybody_before(people: pd.DataFrame) -> None:
    lonely = people.assign(**{"@arm": "campaign"})
    found = query(lonely, {"z_index": ["a"]})
    norms = {
        site: [float(x) for _, r in lonely[(lonely["@site"] == site) & (lonely["@wave"] == "baseline")].iterrows()
               if (x := given(r, "a"))]
        for site in ("npl", "idn")
    }  # fmt: skip
    expected = [
        (float(x) - mean(norms[r["@site"]])) / stdev(norms[r["@site"]]) if (x := given(r, "a")) else None
        for _, r in lonely.iterrows()
    ]
    agree(found, expected)
