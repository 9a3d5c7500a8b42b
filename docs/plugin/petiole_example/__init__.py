"""The example of docs/blocks/writing.md. Everything below this package is imported."""

# The version of the block API for which the blocks are written; another one disables them, with a reason.
PETIOLE_API = 1
