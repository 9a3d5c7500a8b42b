"""Whatever JSON arrives on the pins, a block of the library fails in a civil way or emits what it declares."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blocks import docs
from blocks.sdk import BlockSpec, BlockType, Context
from blocks.sdk.cases import call

LIBRARY = [spec for spec in docs.library() if spec.block_type is not BlockType.AGENT]
SMALL = st.integers(-3, 3)
HUGE = st.sampled_from([10**400, -(10**400), 2**64, 1e308, -1e308])
TEXTS = st.text(max_size=5) | st.sampled_from(
    ["1", "-2", "1e999", "nan", "[1, {}]", '{"a": [1]}', "[", "true", "{{ a }}", "{% x", "\ud800", "\0", "UTC", "9:30"]
)
JSON = st.recursive(
    st.none() | st.booleans() | SMALL | HUGE | TEXTS | st.floats(-2, 2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


OF_TYPE: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "integer": SMALL | HUGE,
    "number": SMALL | HUGE | st.floats(-2, 2),
    "boolean": st.booleans(),
    "array": st.lists(JSON, max_size=4),
    "object": st.dictionaries(TEXTS, JSON, max_size=4),
}


@pytest.fixture(scope="module", autouse=True)
def offline() -> Iterator[None]:
    """No name leads anywhere: some of these texts are addresses of strangers."""

    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield


@pytest.mark.parametrize("spec", LIBRARY, ids=[spec.name for spec in LIBRARY])
@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def test_a_block_meets_any_json(spec: BlockSpec, draw: st.DataObject) -> None:
    needed = {pin.name: fitting(pin.schema) for pin in spec.inputs.values() if pin.required}
    others = {pin.name: fitting(pin.schema) | JSON for pin in spec.inputs.values() if not pin.required}
    if "repeat" in others:
        others["repeat"] = SMALL  # a timer without a duration emits that often
    if others.pop("run_continuously", None) is not None:
        needed["run_continuously"] = st.just(False)  # noqa: FBT003 - a value of the pin
    data = spec.convert(draw.draw(st.fixed_dictionaries(needed, optional=others)))
    if spec.problem(data) is not None:
        return
    try:
        emitted = call(spec, data, Context())
    except ValueError:
        return
    json.dumps(emitted, allow_nan=False)
    assert [spec.output_problem(name, value) for name, value in emitted] == [None] * len(emitted)


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    """Mostly values of the pin's type, now and then any value."""
    parts = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), schema]
    typed = [OF_TYPE[part["type"]] for part in parts if part.get("type") in OF_TYPE]
    choices = [st.sampled_from(schema["enum"])] if "enum" in schema else typed or [JSON]
    return st.one_of(*choices)
