"""The ledger against itself: does every balance equal its movements, was every charge taken once."""

from collections.abc import Iterator

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from credits.models import Balance, CreditTransaction

USAGE = Q(type=CreditTransaction.Type.USAGE)
REFUND = Q(type=CreditTransaction.Type.REFUND)


def differences() -> Iterator[str]:
    """One sentence per difference. Each question is one statement, so a ledger in use is seen at one moment."""
    yield from _balances()
    yield from _without_balance()
    yield from _returned_wrongly()
    yield from _charged_twice()


def _balances() -> Iterator[str]:
    movements = CreditTransaction.objects.active().filter(user_id=OuterRef("user_id")).order_by().values("user_id")
    total = Coalesce(Subquery(movements.annotate(total=Sum("amount")).values("total")), 0)
    for row in Balance.objects.annotate(total=total).exclude(balance=F("total")).order_by("user_id").iterator():
        yield f"user {row.user_id}: the balance is {row.balance}, the sum of the transactions {row.total}"


def _without_balance() -> Iterator[str]:
    orphans = CreditTransaction.objects.active().filter(user__credit_balance=None).order_by("user_id").values("user_id")
    for row in orphans.annotate(total=Sum("amount")).iterator():
        yield f"user {row['user_id']}: there is no balance, the sum of the transactions is {row['total']}"


def _returned_wrongly() -> Iterator[str]:
    """A refund returns exactly what its cycle charged."""
    of_nodes = CreditTransaction.objects.filter(node_execution_id__isnull=False).order_by()
    cycles = of_nodes.values("node_execution_id", "kind", "cycle").annotate(
        charged=Coalesce(Sum("amount", filter=USAGE), 0), returned=Sum("amount", filter=REFUND)
    )
    for row in cycles.filter(returned__isnull=False).exclude(returned=-F("charged")).iterator():
        yield (
            f"node execution {row['node_execution_id']}, {row['kind']}, cycle {row['cycle']}:"
            f" charged {-row['charged']}, returned {row['returned']}"
        )


def _charged_twice() -> Iterator[str]:
    """At most one cycle is open, the last one: charges minus refunds are nothing or exactly one price."""
    of_nodes = CreditTransaction.objects.filter(node_execution_id__isnull=False).order_by()
    nodes = of_nodes.values("node_execution_id", "kind").annotate(
        charges=Count("id", filter=USAGE), refunds=Count("id", filter=REFUND), last=Max("cycle"), net=Sum("amount")
    )
    wrong = ~Q(charges=F("refunds"), last=F("refunds")) & ~Q(charges=F("refunds") + 1, last=F("charges"))
    for row in nodes.filter(wrong).iterator():
        yield (
            f"node execution {row['node_execution_id']}, {row['kind']}:"
            f" {row['charges']} charges and {row['refunds']} refunds leave {-row['net']}"
        )
