"""The modules that an installation names for its blocks. The registry imports them, with all that blocks need, when it
is asked for the first time: a process that asks nothing of blocks does not pay for them."""

from collections.abc import Sequence
from types import ModuleType

# the name under which a plug-in says for which version of the block API it was written
DECLARATION = "PETIOLE_API"

_named: list[str] = []


def name(modules: Sequence[str]) -> None:
    """Said once, when the application starts."""
    _named[:] = modules


def named() -> list[str]:
    return list(_named)


class UnfitPlugin(ValueError):
    """A plug-in that was not written for this installation."""


def unfit(module: ModuleType, *, must_declare: bool) -> str | None:
    """Why the blocks of the module must not be used here, or None. Modules of one's own need not declare anything."""
    from blocks.sdk import API_VERSION  # with all that blocks need: see above

    version = getattr(module, DECLARATION, None if must_declare else API_VERSION)
    if version is None:
        return (
            f"it does not say for which version of the block API it was written; "
            f"add {DECLARATION} = {API_VERSION} to {module.__name__} when it is this one"
        )
    if version != API_VERSION:
        return (
            f"it was written for version {version!r} of the block API, this is version {API_VERSION}; "
            "install the release of the plug-in that fits"
        )
    return None
