"""A block that uses the id of another one."""

from tests.blocks.plugins.good import GoodBlock


class TwinBlock(GoodBlock):
    """Claims to be GoodBlock."""
