"""Whose graph it is, when a command says so by name, or not at all."""

from django.core.management.base import CommandError

from accounts.models import User


def owner_named(name: str | None) -> User:
    """The user of that name; without a name the first administrator, or the only user there is."""
    if name is not None:
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(f"There is no user {name!r}.")
        return user
    admin = User.objects.filter(is_superuser=True, is_active=True).order_by("date_joined", "pk").first()
    if admin is not None:
        return admin
    users = list(User.objects.all()[:2])
    if len(users) != 1:
        raise CommandError("Say whose graph it shall be: --owner NAME (there is no administrator to take it).")
    return users[0]
