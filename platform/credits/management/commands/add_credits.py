"""`manage.py add_credits USER AMOUNT`: give credits, or take some with a negative amount."""

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from credits import services
from credits.errors import CreditsError


class Command(BaseCommand):
    help = "Adds credits (1 credit = 1 cent) to a user's balance; a negative amount takes credits."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="user name")
        parser.add_argument(
            "amount", type=int, help="credits, such as 500; write a negative amount after --: -- joe -5"
        )
        parser.add_argument("--reason", default="Granted on the command line", help="kept in the transaction")

    def handle(self, *, user: str, amount: int, reason: str, **options: Any) -> None:
        owner = get_user_model().objects.filter(username=user).first()
        if owner is None:
            raise CommandError(f"There is no user {user!r}.")
        try:
            booking = services.grant(owner.pk, amount, reason=reason)
        except CreditsError as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{user} has {booking.balance} credits")
