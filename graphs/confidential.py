"""Which constants of nodes are secrets: those that blocks declare, and those whose names tell."""

from typing import Any, Final

from blocks.sdk.spec import BlockSpec
from graphs.pins import base_name

_TELLTALE: Final = ("credentials", "api_key", "password", "token", "secret")


def is_telling(key: str, value: Any = None) -> bool:
    """Does the name say that a secret stands here? A switch, such as `secret: true`, is none."""
    return not isinstance(value, bool) and any(word in key.lower() for word in _TELLTALE)


def is_declared(key: str, spec: BlockSpec) -> bool:
    """Does the block say that a secret stands here?"""
    pin = spec.inputs.get(base_name(key))
    return base_name(key) in spec.credentials or (pin is not None and pin.secret)


def is_setting(key: str, value: Any, spec: BlockSpec) -> bool:
    """A number in a pin that the block declares is a setting, such as max_tokens, whatever its name tells."""
    return isinstance(value, int | float) and key in spec.inputs


def is_reference(key: str, value: Any) -> bool:
    """Is this a credential of the one who wrote the file? It says nothing here."""
    named = key == "credentials" or key.endswith("_credentials")
    return named and isinstance(value, dict) and {"id", "provider", "type"} <= value.keys()


def is_obsolete(pin: str, spec: BlockSpec) -> bool:
    """A secret that the block once took as an ordinary input; today it takes credentials."""
    return bool(spec.credentials) and base_name(pin) not in spec.inputs and is_telling(pin)
