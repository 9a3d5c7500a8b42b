"""Money: what each user has, and every movement that led there (1 credit = 1 cent)."""

from typing import Final, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from columns import JSONText, new_id

# Every amount stays exact in JSON, whoever reads it: the largest whole number a double holds without gaps.
MOST: Final = 2**53 - 1


class Balance(models.Model):
    """What a user has: always the sum of the user's active transactions.

    A charge cannot take it below zero; only the refund of a payment can, and that statement alone raises `overdrawn`.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="credit_balance"
    )
    balance = models.BigIntegerField(default=0)
    overdrawn = models.BigIntegerField(default=0, help_text="How far refunds of payments took the balance below zero")
    owed = models.BigIntegerField(
        default=0, help_text="Surcharges that the balance did not cover; the next top-up pays them"
    )
    executions = models.BigIntegerField(default=0, help_text="Node executions counted for the volume surcharge")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="balance_below_zero_by_refund_only",
                condition=Q(balance__gte=0, overdrawn=0) | Q(balance__lt=0, overdrawn=F("balance") * -1),
            ),
            models.CheckConstraint(name="balance_within_limits", condition=Q(balance__gte=-MOST, balance__lte=MOST)),
            models.CheckConstraint(name="balance_counts_upwards", condition=Q(owed__gte=0, executions__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.balance} credits"


class CreditTransactionQuerySet(models.QuerySet["CreditTransaction"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def payments(self, user_id: UUID) -> Self:
        return self.filter(user_id=user_id, type="TOP_UP")

    def pending_payments(self, user_id: UUID) -> Self:
        return self.payments(user_id).filter(is_active=False)

    def standing(self, node_execution_id: UUID, kind: str) -> Self:
        """The charge of a node execution that no refund has ended: none or one."""
        refunds = CreditTransaction.objects.filter(
            node_execution_id=OuterRef("node_execution_id"),
            kind=OuterRef("kind"),
            cycle=OuterRef("cycle"),
            type="REFUND",
        )
        return self.filter(~Exists(refunds), node_execution_id=node_execution_id, kind=kind, type="USAGE")


class CreditTransaction(models.Model):
    """One movement of a balance. Rows are added, never changed; only a pending payment becomes active later.

    A node execution is charged once per kind and cycle: its USAGE row opens the cycle, a REFUND row ends it.
    """

    class Type(models.TextChoices):
        TOP_UP = "TOP_UP"
        USAGE = "USAGE"
        GRANT = "GRANT"
        REFUND = "REFUND"
        CARD_CHECK = "CARD_CHECK"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # no index of its own: transaction_key_once starts with it
    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="+", on_delete=models.PROTECT, db_index=False)
    key = models.CharField(max_length=255, help_text="Makes a repeated request book once")
    type = models.CharField(max_length=10, choices=Type)
    amount = models.BigIntegerField()
    running_balance = models.BigIntegerField(help_text="The balance after this movement")
    is_active = models.BooleanField(default=True, help_text="A pending payment is not active and moves nothing")
    created_at = models.DateTimeField(default=timezone.now)
    metadata = JSONText(default=dict)
    graph_exec_id = models.UUIDField(null=True, blank=True)
    graph_id = models.UUIDField(null=True, blank=True)
    node_execution_id = models.UUIDField(null=True, blank=True)
    kind = models.CharField(max_length=16, blank=True, default="", help_text="What is charged: run, tier …")
    cycle = models.PositiveIntegerField(null=True, blank=True, help_text="Which charge of the node execution, from 1")

    provider_payment = models.CharField(
        max_length=255, null=True, blank=True, help_text="The provider's name of the money, of a payment that arrived"
    )
    payment = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="taken_back", db_index=False
    )

    objects = CreditTransactionQuerySet.as_manager()

    class Meta:
        permissions = [("grant_credits", "Can grant and take credits")]
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="transaction_key_once"),
            # also answers: which payment does the provider speak of?
            models.UniqueConstraint(
                fields=["provider_payment"],
                condition=Q(provider_payment__isnull=False),
                name="transaction_once_per_payment",
            ),
            models.UniqueConstraint(
                fields=["node_execution_id", "kind", "cycle", "type"],
                condition=Q(node_execution_id__isnull=False),
                name="transaction_once_per_cycle",
            ),
            models.CheckConstraint(
                name="transaction_sign_fits_type",
                condition=Q(type="USAGE", amount__lt=0)
                | Q(type="TOP_UP", amount__gt=0)
                | Q(type="CARD_CHECK", amount=0)
                | Q(type__in=["GRANT", "REFUND"]),
            ),
            models.CheckConstraint(
                name="transaction_below_zero_by_refund_only",
                condition=Q(running_balance__gte=0) | Q(type="REFUND") | Q(amount__gt=0) | Q(is_active=False),
            ),
            models.CheckConstraint(
                name="transaction_within_limits",
                condition=Q(amount__gte=-MOST, amount__lte=MOST, running_balance__gte=-MOST, running_balance__lte=MOST),
            ),
            models.CheckConstraint(
                name="transaction_cycle_of_node_execution",
                condition=Q(node_execution_id=None, cycle=None)
                | Q(node_execution_id__isnull=False, cycle__gte=1, is_active=True, type__in=["USAGE", "REFUND"])
                & ~Q(kind=""),
            ),
        ]
        indexes = [
            # the user's history, newest first
            models.Index(
                fields=["user", "-created_at", "-id"], condition=Q(is_active=True), name="transaction_history"
            ),
            # what a run cost, and the newest movement of a run in the history
            models.Index(
                fields=["graph_exec_id", "-created_at"],
                condition=Q(graph_exec_id__isnull=False),
                name="transaction_of_run",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.amount:+d}"


class TierTally(models.Model):
    """How many node executions of a run have been counted for the volume surcharge: none is counted twice."""

    run_id = models.UUIDField(primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="+", on_delete=models.CASCADE)
    counted = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "tier tallies"

    def __str__(self) -> str:
        return f"{self.counted} of run {self.run_id}"


class ShortfallNotice(models.Model):
    """A user was told that a graph failed for lack of credits; not told again until credits arrive."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="+", on_delete=models.CASCADE, db_index=False)
    graph_id = models.UUIDField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "graph_id"], name="shortfall_told_once")]

    def __str__(self) -> str:
        return f"Shortfall of graph {self.graph_id}"


class PriceQuerySet(models.QuerySet["Price"]):
    def current(self) -> Self:
        return self.filter(until=None)


class Price(models.Model):
    """A price that an administrator has set for a block. Never changed: another one ends it. One holds for an input."""

    class Type(models.TextChoices):
        RUN = "run", "run: credits for one execution"
        SECOND = "second", "second: credits for each second in the block"
        BYTE = "byte", "byte: credits for each byte that goes in and comes out"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    block_id = models.CharField("block", max_length=36)
    type = models.CharField(max_length=6, choices=Type, default=Type.RUN)
    amount = models.BigIntegerField(help_text="Credits")
    filter = JSONText(default=dict, help_text="The input for which it holds: pin → value; {} is any")
    platform = models.BooleanField(
        "platform only", default=False, help_text="Only where the platform's own credentials are used"
    )
    key = models.CharField(max_length=64, editable=False, help_text="Digest of the filter")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=1000)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, related_name="+", on_delete=models.SET_NULL, db_index=False
    )
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, related_name="+", on_delete=models.SET_NULL, db_index=False
    )
    ended_reason = models.CharField(max_length=1100, blank=True, default="")

    objects = PriceQuerySet.as_manager()

    class Meta:
        constraints = [
            # also answers: which prices hold now?
            models.UniqueConstraint(
                fields=["block_id", "key"], condition=Q(until=None), name="price_one_holds_for_an_input"
            ),
            models.CheckConstraint(name="price_not_negative", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} credits a {self.type} of {self.block_id}"


class RefundRequest(models.Model):
    """Somebody wants money back. One request for each payment; approved when the ledger has moved."""

    class Status(models.TextChoices):
        PENDING = "PENDING"
        APPROVED = "APPROVED"
        REJECTED = "REJECTED"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, related_name="+", on_delete=models.PROTECT, db_index=False)
    payment = models.OneToOneField(CreditTransaction, related_name="refund_request", on_delete=models.PROTECT)
    amount = models.BigIntegerField()
    reason = models.TextField(blank=True, default="")
    result = models.TextField(blank=True, default="", help_text="What came of it, for the person who asked")
    status = models.CharField(max_length=8, choices=Status, default=Status.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(name="refund_request_of_something", condition=Q(amount__gt=0))]
        indexes = [models.Index(fields=["user", "-created_at"], name="refund_request_of_user")]

    def __str__(self) -> str:
        return f"{self.amount} credits of {self.payment_id}"
