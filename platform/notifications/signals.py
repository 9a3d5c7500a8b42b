"""What the room tells whoever wants to count."""

from typing import Final

from django.dispatch import Signal

# An attempt at a message has ended. Arguments: channel and outcome (sent, failed, given_up, dropped).
attempted: Final = Signal()
