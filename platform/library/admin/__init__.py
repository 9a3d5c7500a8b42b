"""The pages of the admin: presets and webhooks are read there, the store is decided upon."""

from library.admin import listings, presets, webhooks

__all__ = ["listings", "presets", "webhooks"]
