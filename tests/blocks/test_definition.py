"""A block that is defined badly says so when its module is imported."""

from typing import Any

import pytest

from blocks.sdk import (
    Block,
    BlockInput,
    BlockOutput,
    Cost,
    Credentials,
    CredentialsReference,
    DefinitionError,
    Emissions,
    Field,
    describe,
)

ID = "11111111-0000-4000-8000-0000000000ff"


class AnInput(BlockInput):
    x: Any = Field()


class AnOutput(BlockOutput):
    out: Any = Field()


class WrongError(BlockOutput):
    error: int = Field()  # type: ignore[assignment] # what is under test


class LooseKey(BlockInput):
    key: CredentialsReference = Credentials(providers=["github"], types=["api_key"])


class FalseCredentials(BlockInput):
    credentials: str = Field()


class TwoProviders(BlockInput):
    credentials: CredentialsReference = Credentials(providers=["github", "gitlab"], types=["api_key"])


class TwoProvidersTold(BlockInput):
    host: str = Field("github")
    credentials: CredentialsReference = Credentials(
        providers=["github", "gitlab"],
        types=["api_key"],
        discriminator="host",
        discriminator_mapping={"github": "github", "gitlab": "gitlab"},
    )


def run(self: Block, data: Any, context: Any) -> Emissions:
    yield "out", 1


class UnknownKind(BlockInput):
    credentials: CredentialsReference = Credentials(providers=["github"], types=["token"])


class TwoKeys(BlockInput):
    first_credentials: CredentialsReference = Credentials(providers=["github"], types=["api_key"])
    second_credentials: CredentialsReference | None = Credentials(providers=["x"], types=["oauth2"], optional=True)


def with_any(self: Block, data: Any, context: Any, **credentials: Any) -> Emissions:
    yield "out", 1


def with_one(self: Block, data: Any, context: Any, *, first_credentials: Any, key: Any) -> Emissions:
    yield "out", 1


def no_generator(self: Block, data: Any, context: Any) -> list[Any]:
    return []


def define(name: str = "SomeBlock", **changes: Any) -> type[Block]:
    body = {"__doc__": "Does something.", "id": ID, "Input": AnInput, "Output": AnOutput, "run": run} | changes
    return type(name, (Block,), body)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"id": "short"}, "id must be a text of 36 characters"),
        ({"id": 5}, "id must be a text of 36 characters"),
        ({"name": "Some"}, "must end in Block"),
        ({"__doc__": None}, "the docstring must say"),
        ({"Input": None}, "Input must be a class derived from BlockInput"),
        ({"Output": AnInput}, "Output must be a class derived from BareOutput"),
        ({"Output": WrongError}, r"Output.error must be text"),
        ({"Input": LooseKey}, "Input.key: Credentials"),
        ({"Input": FalseCredentials}, "Input.credentials: Credentials"),
        ({"Input": TwoProviders}, "needs a discriminator"),
        ({"Input": UnknownKind}, "types must be of api_key, oauth2, user_password, host_scoped, not token"),
        ({"Input": TwoProvidersTold}, "run must take the keyword argument credentials, for the pin Input.credentials"),
        ({"Input": TwoKeys, "run": with_one}, "run must take the keyword argument second_credentials"),
        ({"Input": TwoKeys, "run": with_one}, "run takes the argument key, but there is no credentials pin Input.key"),
        ({"block_type": "STANDARD"}, "block_type must be a BlockType"),
        ({"effect": "pure"}, "effect must be a Effect"),
        ({"workload": "io"}, "workload must be a Workload"),
        ({"categories": ("TEXT",)}, "categories must be"),
        ({"disabled": ""}, "disabled must be a sentence"),
        ({"costs": (Cost(-1),)}, "costs must be"),
        ({"costs": (Cost(1), Cost(2))}, "an earlier entry asks for the same"),
        ({"run": no_generator}, "run must be a generator"),
        ({"late_pins": frozenset({"moon"})}, "late_pins: there is no Input.moon"),
    ],
)
def test_a_wrong_definition_is_refused(changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(DefinitionError, match=problem):
        define(**changes)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(DefinitionError, match=r"must end in Block.*; id must be"):
        define("Some", id="")


def test_pins_must_not_look_like_parts_of_other_pins() -> None:
    model = type("Odd", (BlockInput,), {"__annotations__": {"a_b": Any}, "a_b": Field(alias="a_#_b")})
    with pytest.raises(DefinitionError, match="delimiter"):
        define(Input=model)


def test_a_default_must_fit_its_own_pin() -> None:
    model = type("Odd", (BlockInput,), {"__annotations__": {"x": int}, "x": Field("much")})
    with pytest.raises(DefinitionError, match=r"the default of Input.x: 'much' is not a whole number"):
        describe(define(Input=model))


def test_a_block_of_several_providers_says_which_pin_decides() -> None:
    spec = describe(define(Input=TwoProvidersTold, run=with_any))
    field = spec.credentials["credentials"]
    assert field.discriminator == "host"
    assert field.discriminator_mapping["gitlab"] == "gitlab"
    assert field.required


def test_an_abstract_base_needs_nothing() -> None:
    assert type("SomeBase", (Block,), {}).__name__ == "SomeBase"
