"""How a block declares its pins: input and output models, fields, references to credentials."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import pydantic
from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticUndefined

_REQUIRED: Final[Any] = PydanticUndefined


def Field(  # noqa: N802 - reads like the pydantic field that it makes
    default: Any = _REQUIRED,
    *,
    title: str | None = None,
    description: str | None = None,
    placeholder: str | None = None,
    advanced: bool | None = None,
    secret: bool = False,
    hidden: bool = False,
    format: str | None = None,  # noqa: A002 - the schema's word
    depends_on: Sequence[str] = (),
    **constraints: Any,
) -> Any:
    """A pin. Without a default it is required and never advanced; with one it is advanced unless said otherwise.

    `depends_on` names pins that need a value when this one has one; `constraints` are pydantic's (ge, max_length …).
    """
    optional = default is not _REQUIRED
    extra: dict[str, Any] = {"advanced": optional and advanced is not False, "secret": secret}
    if hidden:
        extra["hidden"] = True
    if placeholder is not None:
        extra["placeholder"] = placeholder
    if format is not None:
        extra["format"] = format
    if depends_on:
        extra["depends_on"] = list(depends_on)
    if isinstance(default, (list, dict, set)):
        kept = default
        constraints["default_factory"] = lambda: _copy(kept)
        extra["default"] = kept
    else:
        constraints["default"] = default
    return pydantic.Field(title=title, description=description, json_schema_extra=extra, **constraints)


def _copy(default: Any) -> Any:
    """A default of its own for every call: no block can change what the next one sees."""
    if isinstance(default, dict):
        return {key: _copy(value) for key, value in default.items()}
    return type(default)(map(_copy, default)) if isinstance(default, (list, set)) else default


class CredentialsReference(BaseModel):
    """Which of the user's credentials a node uses. The secret itself is never part of a node's data."""

    model_config = ConfigDict(extra="ignore")
    id: str
    provider: str
    type: str
    title: str | None = None


def Credentials(  # noqa: N802 - declares a field, like Field
    *,
    providers: Sequence[str],
    types: Sequence[str],
    scopes: Sequence[str] = (),
    discriminator: str | None = None,
    discriminator_mapping: Mapping[str, str] | None = None,
    optional: bool = False,
    description: str | None = None,
) -> Any:
    """A credentials pin; its field is named `credentials` or ends in `_credentials`.

    With several providers `discriminator` names the pin whose value decides, through the mapping, which one it is.
    """
    extra: dict[str, Any] = {
        "advanced": False,
        "secret": False,
        "credentials_provider": list(providers),
        "credentials_types": list(types),
        "credentials_required": not optional,
    }
    if scopes:
        extra["credentials_scopes"] = list(scopes)
    if discriminator:
        extra["discriminator"] = discriminator
        extra["discriminator_mapping"] = dict(discriminator_mapping or {})
    told = description or f"Credentials of {' or '.join(providers)}."
    return pydantic.Field(default=None, validate_default=False, description=told, json_schema_extra=extra)


class BlockInput(BaseModel):
    """The base of every block's `Input`: one field for each pin."""

    # unknown keys stay out: the data of a node also holds the flat names of dynamic pins
    model_config = ConfigDict(extra="ignore", protected_namespaces=(), populate_by_name=True, validate_default=True)


class BareOutput(BaseModel):
    """The base of an `Output` without an error pin: graph inputs and outputs, sub-graphs."""

    model_config = ConfigDict(protected_namespaces=(), populate_by_name=True)


class BlockOutput(BareOutput):
    """The base of an ordinary block's `Output`."""

    error: str = pydantic.Field(default="", description="What went wrong, when the block failed.")
