"""What other rooms may want to know of graphs; sent in the transaction in which it happens."""

from typing import Final

from django.dispatch import Signal

# graph: it runs this version from now on. version: a GraphVersion
activated: Final = Signal()
# graph: it is hidden, and nothing of it starts any more
deleted: Final = Signal()
