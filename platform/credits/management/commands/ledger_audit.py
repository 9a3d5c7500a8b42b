"""`manage.py ledger_audit`: exit status 1 and a list when the ledger contradicts itself."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from credits import audit
from credits.models import Balance, CreditTransaction


class Command(BaseCommand):
    help = "Compares every balance with its transactions and every charge with its refunds."

    def handle(self, **options: Any) -> None:
        number = 0
        for number, difference in enumerate(audit.differences(), 1):  # noqa: B007
            self.stdout.write(difference)
        if number:
            self.stderr.write(f"{number} differences")
            sys.exit(1)
        self.stdout.write(
            f"{Balance.objects.count()} balances and {CreditTransaction.objects.count()} transactions agree"
        )
