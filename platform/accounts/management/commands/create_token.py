"""`manage.py create_token NAME`: a token for a program, printed once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import services
from accounts.models import User


class Command(BaseCommand):
    help = "Creates an API token and prints it; nothing else is printed on standard output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the token is for; also its user, who is created when missing")
        parser.add_argument("--user", help="an existing user whom the token is for, instead of NAME")
        parser.add_argument("--admin", action="store_true", help="make the user an administrator")

    def handle(self, *, name: str, user: str | None, admin: bool, **options: Any) -> str:
        try:
            with transaction.atomic():
                owner = self._existing(user) if user else self._existing_or_new(name)
                if admin:
                    services.make_admin(owner)
                return services.create_token(owner, name)
        except ValidationError as refused:
            raise CommandError("; ".join(refused.messages)) from None

    def _existing(self, username: str) -> User:
        owner = User.objects.filter(username=username).first()
        if owner is None:
            raise CommandError(f"There is no user {username!r}.")
        if not owner.is_active:
            raise CommandError(f"The account of {username!r} is closed; its tokens would not work.")
        return owner

    def _existing_or_new(self, username: str) -> User:
        if User.objects.filter(username=username).exists():
            return self._existing(username)
        return services.create_user(username)
