"""Which interviews of two waves are of one person, as far as codes of names, numbers and places can tell.

The weights are those of Fellegi and Sunter, learnt from the interviews themselves by splink. Nothing is decided here:
what comes out are pairs for a person to look at, each respondent in one at most.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from surveys.fieldwork import LinkingKey
from surveys.linking_codes import ALIKE_FROM, BITS, Agreement, codes_of_text


PROPOSED_FROM = 0.1  # probability from which a pair is worth a look; see tests/surveys/test_linking.py
LEAST_WEIGHT = math.log2(PROPOSED_FROM / (1 - PROPOSED_FROM)) - 1e-6
PAIRS_SAMPLED = (
    4_000_000  # pairs from which chance agreement is learnt; up to 2,000 by 2,000 interviews all of them
)
ENOUGH_TO_LEARN = 30  # interviews of a wave, and pairs alike in a key, below which the usual weights are kept
SEED = 1
# Where there is too little to learn from: what is usual in surveys that ask twice.
USUAL: Mapping[Agreement, float] = {"same": 0.85, "similar": 0.1, "differs": 0.05}
MOST_RETURN = 0.75  # share of the smaller wave that is taken to be in the other as well, at most
LEAST = 0.005  # no agreement, and no disagreement, is impossible between two interviews of one person
LEAST_SEEN = 0.5  # pairs: what never was seen among strangers counts as half a pair
SAMPLED, TRAINED, COMPARED = 0.3, 0.6, 0.95  # shares of the work done, about
_LEVELS: Mapping[int, Agreement] = {2: "same", 1: "similar", 0: "differs", -1: "missing"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two interviews that may be of one person."""

    earlier: str  # id of the interview
    later: str
    agreement: Mapping[str, Agreement]  # linking key -> how the two answers compare
    strength: float  # probability, 0-1, that the two are one person
    weight: float  # the same as log2 of the odds, before it is capped
    rivals: int = 0  # other pairs of either interview that are as good as worth a look


def silent(_share: float) -> None:
    """Tell nobody how far the work is."""


def compared(
    earlier: pa.Table,
    later: pa.Table,
    keys: Sequence[LinkingKey],
    block: Sequence[str],
    tell: Callable[[float], None] = silent,
) -> list[Pair]:
    """Every pair worth a look, the strongest first; an interview may stand in several.

    Parameters
    ----------
    earlier, later
        The interviews of two waves of one site: ``interview`` (an id) and for each linking key the column of its
        codes (``LinkingKey.column``).
    block
        Linking keys by which pairs are searched: two interviews are compared where one of these is the same or
        similar by its codes.
    tell
        Called now and then with the share that is done, 0-1; what it raises ends the work.

    References
    ----------
    Fellegi & Sunter (1969), JASA 64:1183-1210; Winkler (1988) for the EM algorithm; Linacre et al. (2022), Int J Popul
    Data Sci 7(3), for splink, whose model, term frequencies and estimation these are.
    """
    present = [key for key in keys if key.column in earlier.column_names and key.column in later.column_names]
    if not present or not earlier.num_rows or not later.num_rows:
        return []
    searched = [key for key in present if key.question in block]
    if not searched:
        return []
    with _quiet(), duckdb.connect() as connection:
        for name, table in (("earlier", earlier), ("later", later)):
            _load(connection, name, table, present)
        found = _Linkage(connection, present, searched, earlier.num_rows, later.num_rows, tell).pairs()
    return _with_rivals(sorted(found, key=lambda pair: (-pair.weight, pair.earlier, pair.later)))


def one_to_one(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs that together are the most likely, each interview in one at most; the strongest first."""
    if not pairs:
        return []
    earlier = {name: place for place, name in enumerate(dict.fromkeys(pair.earlier for pair in pairs))}
    later = {name: place for place, name in enumerate(dict.fromkeys(pair.later for pair in pairs))}
    rows = np.array([earlier[pair.earlier] for pair in pairs])
    columns = np.array([later[pair.later] for pair in pairs]) + len(earlier)
    size = len(earlier) + len(later)
    _, group = connected_components(
        coo_array((np.ones(len(pairs)), (rows, columns)), (size, size)), directed=False
    )
    together: dict[int, list[Pair]] = {}
    for pair, row in zip(pairs, rows, strict=True):
        together.setdefault(int(group[row]), []).append(pair)
    chosen = [pair for some in together.values() for pair in _best_of(some)]
    return sorted(chosen, key=lambda pair: (-pair.weight, pair.earlier, pair.later))


def _best_of(pairs: Sequence[Pair]) -> list[Pair]:
    """The assignment with the largest sum of weights, each counted from the least that is worth a look."""
    if len(pairs) == 1:
        return list(pairs)
    earlier = list(dict.fromkeys(pair.earlier for pair in pairs))
    later = list(dict.fromkeys(pair.later for pair in pairs))
    worth = np.zeros((len(earlier), len(later)))
    at = {}
    for pair in pairs:
        place = (earlier.index(pair.earlier), later.index(pair.later))
        worth[place], at[place] = pair.weight - LEAST_WEIGHT, pair
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return [at[place] for place in zip(rows.tolist(), columns.tolist(), strict=True) if place in at]


def _with_rivals(pairs: Sequence[Pair]) -> list[Pair]:
    count: dict[tuple[str, str], int] = {}
    for pair in pairs:
        for side in (("earlier", pair.earlier), ("later", pair.later)):
            count[side] = count.get(side, 0) + 1
    return [
        Pair(
            earlier=pair.earlier,
            later=pair.later,
            agreement=pair.agreement,
            strength=pair.strength,
            weight=pair.weight,
            rivals=count["earlier", pair.earlier] + count["later", pair.later] - 2,
        )
        for pair in pairs
    ]


# ---- splink ----------------------------------------------------------------------------------------------


class _Linkage:
    """One model, trained on the interviews it is used on."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        keys: Sequence[LinkingKey],
        searched: Sequence[LinkingKey],
        earlier: int,
        later: int,
        tell: Callable[[float], None],
    ) -> None:
        from splink import DuckDBAPI

        self._connection = connection
        self._api = DuckDBAPI(connection=connection)
        self._keys = {_column(place): key for place, key in enumerate(keys)}
        self._searched = [name for name, key in self._keys.items() if key in searched]
        self._earlier, self._later, self._tell = earlier, later, tell

    def pairs(self) -> list[Pair]:
        model = _smoothed(self._trained(), self._earlier * self._later)
        self._tell(TRAINED)
        predicted = self._linker(model).inference.predict(threshold_match_probability=PROPOSED_FROM)
        wanted = ["unique_id_l", "unique_id_r", "match_probability", "match_weight"]
        patterns = [f"gamma_{name}" for name in self._keys]
        self._tell(COMPARED)
        rows = predicted.as_pyarrow_table().select([*wanted, *patterns]).to_pylist()
        return [self._pair(row) for row in rows]

    def _pair(self, row: Mapping[str, Any]) -> Pair:
        return Pair(
            earlier=row["unique_id_l"],
            later=row["unique_id_r"],
            agreement={key.question: _LEVELS[row[f"gamma_{name}"]] for name, key in self._keys.items()},
            strength=float(row["match_probability"]),
            weight=float(row["match_weight"]),
        )

    def _trained(self) -> dict[str, Any]:
        """The model with what these interviews teach about it."""
        linker = self._linker(self._settings())
        linker.training.estimate_u_using_random_sampling(max_pairs=PAIRS_SAMPLED, seed=SEED)
        model: dict[str, Any] = linker.misc.save_model_to_json()
        if len(self._keys) == 1 or min(self._earlier, self._later) < ENOUGH_TO_LEARN:
            return model
        lessons = [
            self._lesson(model, name) for name in self._searched if self._agreeing([name]) >= ENOUGH_TO_LEARN
        ]
        for comparison in model["comparisons"]:
            taught = [
                lesson[name] for lesson in lessons if (name := comparison["output_column_name"]) in lesson
            ]
            for level in comparison["comparison_levels"] if taught else ():
                if not level.get("is_null_level"):
                    shares = [of[level["label_for_charts"]] for of in taught]
                    level["m_probability"] = sum(shares) / len(shares)
        return model

    def _lesson(self, model: Mapping[str, Any], name: str) -> dict[str, dict[str, float]]:
        """What agreement in each other key looks like among pairs that agree in one, by EM; nothing where it fails.

        Each lesson starts from the same model: one that fails leaves splink's own half changed.
        """
        from splink import block_on
        from splink.internals.exceptions import EMTrainingException

        self._tell(SAMPLED)
        linker = self._linker(deepcopy(model))
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(f"{name}_exact"))
        except (EMTrainingException, ValueError):
            # The others never agree, or never differ, where this one agrees: nothing to learn from it. Splink says
            # so, or that a probability came to nil.
            return {}
        learnt: dict[str, Any] = linker.misc.save_model_to_json()
        return {
            comparison["output_column_name"]: {
                level["label_for_charts"]: _number(level.get("m_probability"))
                for level in comparison["comparison_levels"]
                if not level.get("is_null_level")
            }
            for comparison in learnt["comparisons"]
            if comparison["output_column_name"] != name
        }

    def _linker(self, settings: Mapping[str, Any]) -> Any:
        from splink import Linker

        tables = [self._api.register(name) for name in ("earlier", "later")]
        return Linker(tables, dict(settings), log_level=logging.CRITICAL)

    def _settings(self) -> dict[str, Any]:
        return {
            "link_type": "link_only",
            "sql_dialect": "duckdb",
            "probability_two_random_records_match": self._share_of_matches(),
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": f"l.{name}_near = r.{name}_near", "sql_dialect": "duckdb",
                 "arrays_to_explode": [f"{name}_near"]}
                for name in self._searched
            ],
            "comparisons": [self._comparison(name, key) for name, key in self._keys.items()],
            "retain_matching_columns": True,
        }  # fmt: skip

    def _comparison(self, name: str, key: LinkingKey) -> dict[str, Any]:
        same: dict[str, Any] = _level(f"{name}_exact_l = {name}_exact_r", "same")
        if key.kind in ("name", "text"):
            same["tf_adjustment_column"] = f"{name}_exact"  # a common name says less than a rare one
        alike = f"list_has_any({name}_alike_l, {name}_alike_r)"
        both = f"bit_count({name}_bits_l & {name}_bits_r)"
        size = f"(bit_count({name}_bits_l) + bit_count({name}_bits_r))"
        return {
            "output_column_name": name,
            "comparison_levels": [
                {
                    "sql_condition": f"{name}_exact_l IS NULL OR {name}_exact_r IS NULL",
                    "is_null_level": True,
                },
                same,
                _level(f"{alike} OR 2 * {both} >= {ALIKE_FROM} * {size}", "similar"),
                _level("ELSE", "differs"),
            ],
        }

    def _share_of_matches(self) -> float:
        """Of all pairs, how many are of one person: those that agree in two keys, if there are two, and a few more."""
        names = list(self._keys)
        twos = [[a, b] for place, a in enumerate(names) for b in names[place + 1 :]] or [names]
        agreeing, smaller = max(map(self._agreeing, twos)), min(self._earlier, self._later)
        expected = agreeing / USUAL["same"] if agreeing else smaller / 2
        return min(expected, smaller * MOST_RETURN) / (self._earlier * self._later)

    def _agreeing(self, names: Sequence[str]) -> int:
        condition = " AND ".join(f"e.{name}_exact = l.{name}_exact" for name in names)
        counted = self._connection.execute(f"SELECT count(*) FROM earlier e JOIN later l ON {condition}")  # noqa: S608
        return int(counted.fetchall()[0][0])


def _level(condition: str, agreement: Agreement) -> dict[str, Any]:
    return {"sql_condition": condition, "label_for_charts": agreement, "m_probability": USUAL[agreement]}


def _smoothed(model: dict[str, Any], pairs: int) -> dict[str, Any]:
    """The model mended for what few pairs cannot tell.

    Splink learns chance agreement from all pairs as if none were of one person; in a small village the share that
    are is not small, and is taken out again. What was not seen is rare, not impossible.
    """
    matches = float(model["probability_two_random_records_match"])
    for comparison in model["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        m = _raised([_number(level.get("m_probability")) for level in levels], LEAST)
        among_all = [_number(level.get("u_probability")) for level in levels]
        apart = [(all_ - matches * same) / (1 - matches) for all_, same in zip(among_all, m, strict=True)]
        u = _raised(apart, LEAST_SEEN / max(pairs, 1))
        for level, same, different in zip(levels, m, u, strict=True):
            level["m_probability"], level["u_probability"] = same, different
    return model


def _number(share: object) -> float:
    """A probability; splink writes a word where it saw no pair to learn from."""
    return float(share) if isinstance(share, int | float) else 0.0


def _raised(shares: Sequence[float], least: float) -> list[float]:
    """Shares of at least so much that add up to one."""
    raised = [max(share, least) for share in shares]
    return [share / sum(raised) for share in raised]


def _column(place: int) -> str:
    """A key's name in the queries: questions may have any name."""
    return f"key_{place}"


def _load(
    connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table, keys: Sequence[LinkingKey]
) -> None:
    """The interviews as a table whose codes can be compared."""
    columns: dict[str, pa.Array] = {"unique_id": table["interview"].cast(pa.string()).combine_chunks()}
    for place, key in enumerate(keys):
        columns |= _comparable(_column(place), table[key.column])
    connection.register("incoming", pa.table(columns))
    bits = ", ".join(f"{_column(place)}_bits::BIT AS {_column(place)}_bits" for place in range(len(keys)))
    connection.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({bits}) FROM incoming")  # noqa: S608
    connection.unregister("incoming")


def _comparable(name: str, codes: pa.ChunkedArray) -> dict[str, pa.Array]:
    read = [None if text is None else codes_of_text(text) for text in codes.to_pylist()]
    return {
        f"{name}_exact": pa.array([one and one.exact for one in read], pa.string()),
        f"{name}_alike": pa.array([one and one.alike for one in read], pa.list_(pa.string())),
        f"{name}_near": pa.array(
            [one and list(dict.fromkeys((one.exact, *one.alike))) for one in read], pa.list_(pa.string())
        ),
        f"{name}_bits": pa.array(
            [format(int.from_bytes(one.bits), f"0{BITS}b") if one and one.bits else None for one in read],
            pa.string(),
        ),
    }


@contextmanager
def _quiet() -> Iterator[None]:
    """Without splink's account of its progress, which speaks to a person at a console."""
    log = logging.getLogger("splink")
    before = log.level, log.propagate
    log.setLevel(logging.CRITICAL)
    log.propagate = False
    try:
        yield
    finally:
        log.level, log.propagate = before
