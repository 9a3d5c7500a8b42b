"""Where the services that blocks talk to are in this installation, and the keys that it offers to everybody.

The process says so once, at its start. A service is called by its provider's name; `*` stands for every provider of
language models that is not named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr

_addresses: Mapping[str, str] = MappingProxyType({})
_keys: Mapping[str, str] = MappingProxyType({})


def configure(addresses: Mapping[str, str], keys: Mapping[str, str] = MappingProxyType({})) -> None:
    global _addresses, _keys  # noqa: PLW0603 - facts of the process, set once at its start
    _addresses = {name: address.rstrip("/") for name, address in addresses.items()}
    _keys = dict(keys)


def address_of(service: str) -> str | None:
    return _addresses.get(service)


def model_address_of(provider: str) -> str | None:
    """Of a provider of language models: one local server can stand in for all of them."""
    return _addresses.get(provider) or _addresses.get("*")


def key_of(provider: str) -> "SecretStr | None":
    from pydantic import SecretStr  # only who runs blocks loads it

    key = _keys.get(provider) or _keys.get("*")
    return None if key is None else SecretStr(key)
