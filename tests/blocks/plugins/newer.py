"""A plug-in of the future."""

PETIOLE_API = 99
