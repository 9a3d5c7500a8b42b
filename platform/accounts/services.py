"""Users and their tokens: every write."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiToken, User

PREFIX: Final = "ptl_"  # tells a person, and whoever scans for leaked secrets, what the text is
USED_AGAIN: Final = timedelta(minutes=1)


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
    return user


def make_admin(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)


def create_token(user: User, name: str) -> str:
    """The text of a new token. This is the only time it exists outside of its owner's hands."""
    return issue(ApiToken(user=user, name=name)).text


def issue(token: ApiToken) -> ApiToken:
    token.text = PREFIX + secrets.token_urlsafe(32)
    token.hash = hash_of(token.text)
    token.full_clean(exclude=["user"])
    token.save()
    return token


def hash_of(text: str) -> str:
    """Tokens hold 256 random bits: a plain hash cannot be searched, and equal work is done for every guess."""
    return hashlib.sha256(text.encode()).hexdigest()


def revoke(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())


def token_used(token: ApiToken) -> None:
    """Note the use, at most once a minute, so that requests do not queue up behind one row."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - USED_AGAIN:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - USED_AGAIN)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
