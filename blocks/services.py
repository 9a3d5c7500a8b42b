"""Where the services that blocks talk to are in this installation, and the keys that it offers to everybody.

The process says so once, at its start. A service is called by its provider's name; `*` stands for every provider of
language models that is not named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain-text e-mail. `key` is the same whenever the same call of a block is made; its Message-ID has it."""

    to: tuple[str, ...]
    subject: str
    body: str
    key: str


# Sends in the name of the installation; a ValueError says why it was not sent.
Mailer = Callable[[Letter], None]

_addresses: Mapping[str, str] = MappingProxyType({})
_keys: Mapping[str, str] = MappingProxyType({})
_mailer: Mailer | None = None


def configure(
    addresses: Mapping[str, str], keys: Mapping[str, str] = MappingProxyType({}), mailer: Mailer | None = None
) -> None:
    """Before any block is loaded: what a block asks for may depend on it."""
    global _addresses, _keys, _mailer  # noqa: PLW0603 - facts of the process, set once at its start
    _addresses = {name: address.rstrip("/") for name, address in addresses.items()}
    _keys = dict(keys)
    _mailer = mailer


def address_of(service: str) -> str | None:
    return _addresses.get(service)


def model_address_of(provider: str) -> str | None:
    """Of a provider of language models: one local server can stand in for all of them."""
    return _addresses.get(provider) or _addresses.get("*")


def key_of(provider: str) -> "SecretStr | None":
    from pydantic import SecretStr  # only who runs blocks loads it

    key = _keys.get(provider) or _keys.get("*")
    return None if key is None else SecretStr(key)


def has_keys() -> bool:
    return bool(_keys)


def mailer() -> Mailer | None:
    """None where blocks do not send e-mail in the name of the installation."""
    return _mailer
