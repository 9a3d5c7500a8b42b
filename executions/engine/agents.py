"""The agents that blocks can find (blocks.sdk.agents). A room above keeps them; the settings name it."""

from collections.abc import Callable
from functools import cache
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from blocks.sdk.agents import Agents


@cache
def agents_of_run() -> Callable[[UUID, UUID, UUID], Agents]:
    """Called with the ids of user and node execution, and the token of the claim."""
    found: Callable[[UUID, UUID, UUID], Agents] = import_string(settings.AGENTS_OF_RUN)
    return found
