"""Says at import time what is wrong with the definition of a block."""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from blocks.sdk.check import compiled
from blocks.sdk.costs import Cost, unreachable
from blocks.sdk.credentials import KINDS
from blocks.sdk.errors import DefinitionError
from blocks.sdk.fields import BareOutput, BlockInput, CredentialsReference
from blocks.sdk.kinds import BlockType, Category, Effect, Workload

# what graphs read into pin names: list index, dictionary key, attribute, tool
_DELIMITERS = re.compile(r"_[$#@^~]_")
_KINDS = (("block_type", BlockType), ("effect", Effect))


def check(block: type) -> None:
    """Raises DefinitionError, naming everything that is wrong at once."""
    problems = [*_naming(block), *_models(block), *_options(block), *_arguments(block)]
    if problems:
        raise DefinitionError(f"{block.__module__}.{block.__name__}: {'; '.join(problems)}")


def check_defaults(block: type, inputs: Mapping[str, Any]) -> None:
    """Raises DefinitionError when a default is nothing that the pin itself would take."""
    for name, part in inputs["properties"].items():
        check = compiled(part)
        problem = check(part["default"]) if check is not None and "default" in part else None
        if problem is not None:
            raise DefinitionError(f"{block.__module__}.{block.__name__}: the default of Input.{name}: {problem}")


def _naming(block: Any) -> Iterator[str]:
    if not block.__name__.endswith("Block"):
        yield "the name of the class must end in Block (or in Base, when it is abstract)"
    identity = getattr(block, "id", None)
    if not isinstance(identity, str) or len(identity) != 36:
        yield "id must be a text of 36 characters"
    if not (block.__doc__ or "").strip():
        yield "the docstring must say in its first line what the block does"


def _models(block: Any) -> Iterator[str]:
    for part, base in (("Input", BlockInput), ("Output", BareOutput)):
        model = getattr(block, part, None)
        if not (isinstance(model, type) and issubclass(model, base)):
            yield f"{part} must be a class derived from {base.__name__}"
            continue
        for name, info in model.model_fields.items():
            if _DELIMITERS.search(info.alias or name):
                yield f"{part}.{name} contains a delimiter of dynamic pins"
            if part == "Input":
                yield from _credentials(name, info)
            elif (info.alias or name) == "error" and info.annotation is not str:
                yield "Output.error must be text (str)"


def _credentials(name: str, info: Any) -> Iterator[str]:
    named = name == "credentials" or name.endswith("_credentials")
    declared = _is_credentials(info)
    if named != declared:
        yield f"Input.{name}: Credentials(…) belongs to fields named credentials or …_credentials, and only to them"
    if declared and info.annotation not in (CredentialsReference, CredentialsReference | None):
        yield f"Input.{name} must be annotated as CredentialsReference"
    if declared and (unknown := set(info.json_schema_extra["credentials_types"]) - KINDS.keys()):
        yield f"Input.{name}: types must be of {', '.join(KINDS)}, not {', '.join(sorted(unknown))}"
    if declared and len(info.json_schema_extra["credentials_provider"]) > 1:
        yield from _discriminated(name, info.json_schema_extra)


def _arguments(block: Any) -> Iterator[str]:
    """The engine hands `run` one keyword argument for each credentials pin, and nothing else."""
    if not (isinstance(getattr(block, "Input", None), type) and issubclass(block.Input, BlockInput)):
        return
    pins = {name for name, info in block.Input.model_fields.items() if _is_credentials(info)}
    taken = list(inspect.signature(block.run).parameters.values())[3:]
    names = {each.name for each in taken if each.kind in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD)}
    if any(each.kind is each.VAR_KEYWORD for each in taken):
        names |= pins
    for name in sorted(pins - names):
        yield f"run must take the keyword argument {name}, for the pin Input.{name}"
    for name in sorted(each.name for each in taken if each.name in names - pins and each.default is each.empty):
        yield f"run takes the argument {name}, but there is no credentials pin Input.{name}"


def _is_credentials(info: Any) -> bool:
    return isinstance(info.json_schema_extra, dict) and "credentials_provider" in info.json_schema_extra


def _discriminated(name: str, extra: dict[str, Any]) -> Iterator[str]:
    if not extra.get("discriminator"):
        yield f"Input.{name} has several providers and needs a discriminator"


def _options(block: Any) -> Iterator[str]:
    for pin in sorted(block.late_pins - getattr(getattr(block, "Input", None), "model_fields", {}).keys()):
        yield f"late_pins: there is no Input.{pin}"
    for name, kind in _KINDS:
        if not isinstance(getattr(block, name), kind):
            yield f"{name} must be a {kind.__name__}"
    if block.workload is not None and not isinstance(block.workload, Workload):
        yield "workload must be a Workload"
    if not all(isinstance(category, Category) for category in block.categories):
        yield "categories must be a tuple of Category"
    if block.disabled is not None and not (isinstance(block.disabled, str) and block.disabled):
        yield "disabled must be a sentence that gives the reason"
    if not all(isinstance(cost, Cost) and cost.amount >= 0 for cost in block.costs):
        yield "costs must be a tuple of Cost with amounts from 0"
    else:
        for cost in unreachable(block.costs):
            yield f"costs: an earlier entry asks for the same, so this one never holds: {cost}"
    if not (inspect.isgeneratorfunction(block.run) or inspect.isasyncgenfunction(block.run)):
        yield "run must be a generator or an async generator: yield (output name, value)"
