"""Draws samples."""

import random
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import WithJsonSchema

from blocks.sdk import Block, BlockInput, BlockOutput, Case, Category, Context, Emissions, Field
from blocks.sdk.values import identity

Rows = list[dict[str, Any] | list[Any]]
_ROW = {"anyOf": [{"type": "object"}, {"type": "array"}]}
# not converted on the way in: a list would become a dictionary, the first type of the pin
OneOrMore = Annotated[Any, WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "array", "items": _ROW}]})]
Method = Literal["random", "systematic", "top", "bottom", "stratified", "weighted", "reservoir", "cluster"]
FIVE: Rows = [{"g": "a", "w": 1}, {"g": "a", "w": 0}, {"g": "b", "w": 0}, {"g": "b", "w": 0}, {"g": "b", "w": 0}]


def _of_five(method: str, **more: Any) -> dict[str, Any]:
    return {"data": FIVE, "sample_size": 2, "sampling_method": method, "random_seed": 1, **more}


class DataSamplingBlock(Block):
    """Draws a sample from rows of data, by one of eight methods."""

    id = "4a448883-71fa-49cf-91cf-70d793bd7d87"
    categories = (Category.LOGIC,)
    cases = (
        Case(_of_five("top"), [("sampled_data", FIVE[:2]), ("sample_indices", [0, 1])]),
        Case(_of_five("bottom"), [("sampled_data", FIVE[3:]), ("sample_indices", [3, 4])]),
        Case(_of_five("random"), [("sampled_data", [FIVE[1], FIVE[0]]), ("sample_indices", [1, 0])]),
        Case(_of_five("systematic"), [("sampled_data", [FIVE[0], FIVE[2]]), ("sample_indices", [0, 2])]),
        Case(_of_five("reservoir"), [("sampled_data", [FIVE[3], FIVE[1]]), ("sample_indices", [3, 1])]),
        Case(_of_five("weighted", weight_key="w"), [("sampled_data", [FIVE[0]] * 2), ("sample_indices", [0, 0])]),
        Case(
            _of_five("stratified", stratify_key="g"),
            [("sampled_data", lambda rows: {row["g"] for row in rows} == {"a", "b"}), ("sample_indices", list)],
        ),
        Case(
            _of_five("cluster", cluster_key="g"),
            [("sampled_data", lambda rows: len({row["g"] for row in rows}) == 1), ("sample_indices", list)],
        ),
        Case({"data": {"a": 1}, "sample_size": 1}, [("sampled_data", [{"a": 1}]), ("sample_indices", [0])]),
        Case(_of_five("random", sample_size=6), raises="only 5 rows"),
        Case(_of_five("random", sample_size=-1), raises="sample_size"),
        Case(_of_five("random", sample_size=6, accumulate=True)),
        Case(_of_five("stratified"), raises="stratify_key"),
        Case(_of_five("stratified", stratify_key="z"), raises="row 0 has no 'z'"),
        Case(_of_five("stratified", stratify_key="g", sample_size=1), raises="2 strata"),
        Case(_of_five("weighted", weight_key="g"), raises="no weight"),
    )

    class Input(BlockInput):
        data: OneOrMore = Field(description="The rows; a single object is one row.")
        sample_size: int = Field(10, description="How many rows to draw.")
        sampling_method: Method = Field("random", description="How to draw them.")
        accumulate: bool = Field(default=False, description="Emit nothing when there are too few rows.")
        random_seed: int | None = Field(None, description="Makes the draw repeatable.")
        stratify_key: str | None = Field(None, description="The key of the strata (stratified).")
        weight_key: str | None = Field(None, description="The key of the weights (weighted).")
        cluster_key: str | None = Field(None, description="The key of the clusters (cluster).")

    class Output(BlockOutput):
        sampled_data: Rows = Field(description="The drawn rows.")
        sample_indices: list[int] = Field(description="Their positions in the data.")

    def run(self, data: Input, context: Context) -> Emissions:
        rows: Rows = [data.data] if isinstance(data.data, dict) else data.data
        if data.sample_size < 0:
            raise ValueError("sample_size must not be negative")
        if data.sample_size > len(rows):
            if data.accumulate:
                return
            raise ValueError(f"there are only {len(rows)} rows to draw {data.sample_size} from")
        drawn = _METHODS[data.sampling_method](rows, data, random.Random(data.random_seed))
        yield "sampled_data", [rows[place] for place in drawn]
        yield "sample_indices", drawn


def _systematic(rows: Rows, data: Any, chance: random.Random) -> list[int]:
    if not data.sample_size:
        return []
    step = len(rows) // data.sample_size
    start = chance.randint(0, step - 1)
    return list(range(start, len(rows), step))[: data.sample_size]


def _reservoir(rows: Rows, data: Any, chance: random.Random) -> list[int]:
    kept = list(range(data.sample_size))
    for place in range(data.sample_size, len(rows)):
        chosen = chance.randint(0, place)
        if chosen < data.sample_size:
            kept[chosen] = place
    return kept


def _weighted(rows: Rows, data: Any, chance: random.Random) -> list[int]:
    weights = _column(rows, data.weight_key, "weight_key")
    for place, weight in enumerate(weights):
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight < 2**53:
            raise ValueError(f"row {place}: {weight!r:.100} is no weight: give numbers from 0")
    if not sum(weights):
        raise ValueError("every weight is 0")
    return chance.choices(range(len(rows)), weights, k=data.sample_size)


def _stratified(rows: Rows, data: Any, chance: random.Random) -> list[int]:
    strata = _groups(rows, data.stratify_key, "stratify_key")
    if len(strata) > data.sample_size:
        raise ValueError(f"{len(strata)} strata need a sample of at least as many rows")
    sizes = [max(1, data.sample_size * len(stratum) // len(rows)) for stratum in strata]
    while sum(sizes) != data.sample_size:
        step = 1 if sum(sizes) < data.sample_size else -1
        open_ = [at for at, size in enumerate(sizes) if (size < len(strata[at]) if step > 0 else size > 1)]
        sizes[max(open_, key=lambda at: len(strata[at]))] += step
    return [place for stratum, size in zip(strata, sizes, strict=True) for place in chance.sample(stratum, size)]


def _cluster(rows: Rows, data: Any, chance: random.Random) -> list[int]:
    clusters = _groups(rows, data.cluster_key, "cluster_key")
    drawn: list[int] = []
    while len(drawn) < data.sample_size:
        drawn += clusters.pop(chance.randrange(len(clusters)))
    return chance.sample(drawn, data.sample_size) if len(drawn) > data.sample_size else drawn


_METHODS: dict[str, Callable[[Rows, Any, random.Random], list[int]]] = {
    "random": lambda rows, data, chance: chance.sample(range(len(rows)), data.sample_size),
    "systematic": _systematic,
    "top": lambda rows, data, chance: list(range(data.sample_size)),
    "bottom": lambda rows, data, chance: list(range(len(rows) - data.sample_size, len(rows))),
    "stratified": _stratified,
    "weighted": _weighted,
    "reservoir": _reservoir,
    "cluster": _cluster,
}


def _groups(rows: Rows, key: str | None, pin: str) -> list[list[int]]:
    """The positions of the rows, those with equal values under the key together."""
    groups: dict[str, list[int]] = {}
    for place, value in enumerate(_column(rows, key, pin)):
        groups.setdefault(identity(value), []).append(place)
    return list(groups.values())


def _column(rows: Rows, key: str | None, pin: str) -> list[Any]:
    if not key:
        raise ValueError(f"this method needs {pin}")
    found = [row.get(key) if isinstance(row, dict) else None for row in rows]
    if None in found:
        raise ValueError(f"row {found.index(None)} has no {key!r}")
    return found
