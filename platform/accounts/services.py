"""Users and their tokens: every write."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiToken, User
from audit import services as audit

PREFIX: Final = "ptl_"  # tells a person, and whoever scans for leaked secrets, what the text is
USED_AGAIN: Final = timedelta(minutes=1)


@transaction.atomic
def create_user(
    username: str, *, email: str = "", password: str | None = None, admin: bool = False, timezone_name: str = "UTC"
) -> User:
    """A new user; without a password only tokens open the account."""
    user = User(
        username=User.normalize_username(username),
        email=User.objects.normalize_email(email),
        timezone=timezone_name,
        is_staff=admin,
        is_superuser=admin,
    )
    if password is not None:
        validate_password(password, user)
    user.set_password(password)  # None makes it unusable
    user.full_clean()
    user.save()
    audit.record("user.created", subject=user, subject_id=user.pk, detail={"admin": admin})
    return user


@transaction.atomic
def make_admin(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    audit.record("user.made_admin", subject=user, subject_id=user.pk)


def create_token(user: User, name: str) -> str:
    """The text of a new token. This is the only time it exists outside of its owner's hands."""
    return issue(ApiToken(user=user, name=name)).text


@transaction.atomic
def issue(token: ApiToken) -> ApiToken:
    token.text = PREFIX + secrets.token_urlsafe(32)
    token.hash = hash_of(token.text)
    token.full_clean(exclude=["user"])
    token.save()
    audit.record("token.created", subject=_named(token), subject_id=token.pk)
    return token


def hash_of(text: str) -> str:
    """Tokens hold 256 random bits: a plain hash cannot be searched, and equal work is done for every guess."""
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def revoke(token: ApiToken) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token.revoked", subject=_named(token), subject_id=token.pk)


def _named(token: ApiToken) -> str:
    return f"{token.name} of {token.user}"


def token_used(token: ApiToken) -> None:
    """Note the use, at most once a minute, so that requests do not queue up behind one row."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - USED_AGAIN:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_AGAIN)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
