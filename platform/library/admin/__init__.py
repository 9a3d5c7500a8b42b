"""The pages of the admin: presets and webhooks are read there, the store is decided upon."""

from library.admin import history, listings

__all__ = ["history", "listings"]
