"""Encrypts what is stored with another key. May be stopped and repeated at any time."""

from dataclasses import dataclass, field
from uuid import UUID

from cryptography.fernet import InvalidToken
from django.utils import timezone

from credentials import sealing
from credentials.models import Credential, Login

BATCH = 500


@dataclass
class Rotated:
    rotated: int = 0
    unreadable: list[UUID] = field(default_factory=list)


def rotate_all() -> Rotated:
    """Each row by itself; one that is changed meanwhile is read again. Logins that have begun are not waited for."""
    done = Rotated()
    last = UUID(int=0)
    while rows := list(Credential.objects.filter(pk__gt=last).order_by("pk").only("sealed")[:BATCH]):
        last = rows[-1].pk
        for row in rows:
            _rotate(row, done)
    Login.objects.filter(expires_at__lt=timezone.now()).delete()
    for login in Login.objects.all():
        try:
            Login.objects.filter(pk=login.pk).update(sealed=sealing.rotated(login.sealed))
        except InvalidToken:
            login.delete()
    return done


def _rotate(row: Credential, done: Rotated) -> None:
    sealed: str | None = row.sealed
    while sealed is not None:
        try:
            fresh = sealing.rotated(sealed)
        except InvalidToken:
            done.unreadable.append(row.pk)
            return
        if Credential.objects.filter(pk=row.pk, sealed=sealed).update(sealed=fresh):
            done.rotated += 1
            return
        sealed = Credential.objects.filter(pk=row.pk).values_list("sealed", flat=True).first()
