"""What becomes of a listing of the store."""

from typing import Final

from django.db.models import TextChoices


class State(TextChoices):
    PENDING = "PENDING"  # an administrator has to decide
    APPROVED = "APPROVED"  # PENDING, REJECTED →
    REJECTED = "REJECTED"  # PENDING, APPROVED →
    REPLACED = "REPLACED"  # APPROVED →, when a newer one is approved
    WITHDRAWN = "WITHDRAWN"  # any →, by its owner or with its graph


COMES_FROM: Final = {
    State.APPROVED: (State.PENDING, State.REJECTED),
    State.REJECTED: (State.PENDING, State.APPROVED),
    State.REPLACED: (State.APPROVED,),
    State.WITHDRAWN: (State.PENDING, State.APPROVED, State.REJECTED, State.REPLACED),
}
