"""Money back: who asks gets it at once while the credits are still there, otherwise a person decides.

The ledger moves when the provider says that the money has gone, or an administrator of what was paid by hand."""

import logging
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from audit import services as audit
from credits import payments, services, signals, topups
from credits.errors import ProviderFailed, RefundRefused, UnknownPayment
from credits.models import CreditTransaction, RefundRequest
from credits.providers import PaidBack, provider

log = logging.getLogger(__name__)
Status = RefundRequest.Status

SENT = "The provider was asked to pay it back."
BY_HAND = "A person looks at it."


def ask(user_id: UUID, key: str, *, reason: str = "") -> int:
    """The cents that are on their way back; 0 when a person decides. Raises UnknownPayment and RefundRefused."""
    paid = CreditTransaction.objects.active().payments(user_id).filter(key=key).first()
    if paid is None:
        raise UnknownPayment(f"There is no payment {key!r}.")
    try:
        with transaction.atomic():
            held = services.balance_of(user_id)  # of requests at once each counts those before it
            left = payments.left_of(paid)
            if left <= 0:
                raise RefundRefused("Nothing of this payment is left: it has been refunded.")
            missing = left + _on_the_way(user_id) - held.balance
            by_hand = not paid.provider_payment or missing > settings.REFUND_TOLERANCE
            request = RefundRequest(user_id=user_id, payment=paid, amount=left, reason=reason[:2000])
            request.result = BY_HAND if by_hand else SENT
            request.save(force_insert=True)
            if by_hand:
                signals.refund_requested.send(RefundRequest, request=request)
    except IntegrityError:
        raise RefundRefused("A refund of this payment has been requested before.") from None
    if by_hand:
        return 0
    return left if _send(request) else 0


def _on_the_way(user_id: UUID) -> int:
    """Credits that the balance still holds, although their money has been asked for."""
    sent = RefundRequest.objects.filter(user_id=user_id, status=Status.PENDING, result=SENT)
    return int(sent.aggregate(total=Sum("amount"))["total"] or 0)


def _send(request: RefundRequest) -> bool:
    """Asked under the name of the request: however often, the provider pays once."""
    try:
        sent = _asked(request)
    except (ProviderFailed, UnknownPayment) as failed:
        log.warning("refund %s: %s", request.pk, failed)
        sent = False
    if not sent:
        signals.refund_requested.send(RefundRequest, request=request)
    return sent


def _asked(request: RefundRequest) -> bool:
    """False: the provider has no way to do it. From here on the request cannot be rejected, unless the call fails."""
    payment = request.payment.provider_payment
    if not payment or not _said(request, SENT):
        return False
    sent = False
    try:
        sent = provider().pay_back(payment, request.amount, key=f"refund-{request.pk}")
    finally:
        if not sent:
            _said(request, BY_HAND)
    return sent


def _said(request: RefundRequest, result: str) -> bool:
    pending = RefundRequest.objects.filter(pk=request.pk, status=Status.PENDING)
    return bool(pending.update(result=result, updated_at=timezone.now()))


def approve(request_id: UUID) -> RefundRequest:
    """An administrator agrees: the provider is asked; where none can do it, the money counts as paid back."""
    request = RefundRequest.objects.select_related("payment").get(pk=request_id)
    audit.record("refund.approved", subject=request, subject_id=request.pk, detail={"amount": request.amount})
    if request.status == Status.PENDING and _asked(request):
        request.refresh_from_db()
        return request
    with transaction.atomic():
        # whoever rejects it meanwhile waits for this lock, and then finds it decided
        request = RefundRequest.objects.select_for_update().get(pk=request_id)
        if request.status != Status.PENDING:
            raise RefundRefused(f"The request is {request.status} already.")
        _take_back(request.payment, request.amount, key=f"refund-{request.pk}")
    request.refresh_from_db()
    return request


def reject(request_id: UUID, *, result: str) -> bool:
    """False when it was decided before, or the provider has been asked."""
    with transaction.atomic():
        pending = RefundRequest.objects.filter(pk=request_id, status=Status.PENDING).exclude(result=SENT)
        rejected = pending.update(status=Status.REJECTED, result=result, updated_at=timezone.now())
        if rejected:
            audit.record("refund.rejected", subject_id=request_id, detail={"result": result})
    return bool(rejected)


def went_back(money: PaidBack) -> bool:
    """The provider says so, as often as it likes; True for the call that booked it."""
    paid = _paid_as(money.payment)
    if paid is None and (standing := provider().of_payment(money.payment)):
        topups.fulfil(standing)  # its calls come in any order: that of the payment is still to come
        paid = _paid_as(money.payment)
    if paid is None:
        log.warning("refund %s: the payment %s is none of ours", money.id, money.payment)
        return False
    return _take_back(paid, money.amount, key=money.id)


def _paid_as(payment: str) -> CreditTransaction | None:
    return CreditTransaction.objects.active().filter(provider_payment=payment).first()


@transaction.atomic
def _take_back(paid: CreditTransaction, amount: int, *, key: str) -> bool:
    list(RefundRequest.objects.select_for_update().filter(payment=paid))  # before the balance, which is the last lock
    booking = payments.take_back(paid.user_id, paid.key, amount, key=key, reason="The payment was refunded.")
    if not booking.booked:
        return False
    asked = RefundRequest.objects.filter(payment=paid)  # also one that was rejected: the money has gone
    asked.update(status=Status.APPROVED, result="The money has been paid back.", updated_at=timezone.now())
    signals.refund_processed.send(RefundRequest, user_id=paid.user_id, amount=amount, balance=booking.balance, key=key)
    return True
