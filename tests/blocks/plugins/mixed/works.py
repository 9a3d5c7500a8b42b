"""The block of this plug-in that works."""

from tests.blocks.plugins.good import GoodBlock


class WorksBlock(GoodBlock):
    """Works although its neighbours do not."""

    id = "11111111-0000-4000-8000-000000000002"
