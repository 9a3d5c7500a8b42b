"""Paying with Stripe, against a server on this machine that speaks its API."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from credits import audit, providers, refunds, services, topups
from credits.errors import ProviderFailed, RefundRefused
from credits.models import CreditTransaction, RefundRequest
from notifications.models import Notice
from tests.credits.conftest import Charging
from tests.credits.stripe_server import KEY, SECRET, Stripe, stripe_server

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stripe(settings: Settings) -> Iterator[Stripe]:
    with stripe_server() as server:
        settings.PAYMENTS, settings.STRIPE_API = "stripe", server.url
        settings.STRIPE_KEY, settings.STRIPE_WEBHOOK_SECRET = KEY, SECRET
        settings.PAYMENT_PAGE = "https://shop.test/credits"
        providers.chosen.cache_clear()
        yield server
        providers.chosen.cache_clear()


@pytest.fixture
def joe(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def begin(joe: APIClient, amount: int = 1000) -> str:
    """The session of a payment that was begun."""
    url = joe.post("/v1/credits", {"credit_amount": amount}).json()["checkout_url"]
    return str(url).rpartition("/")[2]


def tell(stripe: Stripe, kind: str, about: dict[str, Any], **options: str) -> Any:
    return hook(*stripe.told(kind, about, **options))


def hook(body: bytes, signature: str) -> Any:
    """What Stripe sends; anybody may send something."""
    headers = {"Stripe-Signature": signature}
    return Client().generic("POST", "/v1/credits/stripe_webhook", body, "application/json", headers=headers)


def paid(joe: APIClient, stripe: Stripe, amount: int = 1000) -> str:
    session = begin(joe, amount)
    stripe.pay(session)
    assert tell(stripe, "checkout.session.completed", stripe.sessions[session]).json() == {"moved": True}
    return session


def came_back(user: User, session: str) -> bool:
    return topups.returned(user.pk, session) > 0


def at_once(calls: Sequence[Callable[[], bool]]) -> list[bool]:
    gate = Barrier(len(calls))

    def make(call: Callable[[], bool]) -> bool:
        gate.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(make, call) for call in calls]]


def test_a_payment_becomes_credits_when_stripe_tells_of_it(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = begin(joe)
    assert stripe.sessions[session]["amount_total"] == 1000
    assert stripe.sessions[session]["success_url"] == (
        "https://shop.test/credits?topup=success&session_id={CHECKOUT_SESSION_ID}"
    )
    assert services.balance(user.pk) == 0
    stripe.pay(session)
    for moved in (True, False, False):
        answer = tell(stripe, "checkout.session.completed", stripe.sessions[session])
        assert (answer.status_code, answer.json()) == (200, {"moved": moved})
    assert services.balance(user.pk) == 1000
    row = CreditTransaction.objects.get()
    assert (row.key, row.provider_payment, row.is_active) == (session, f"pi_{session}", True)


def test_a_payment_becomes_credits_when_the_person_returns(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = begin(joe)
    assert joe.patch("/v1/credits", {"session_id": session}).json() == {"arrived": 0}
    stripe.pay(session)
    assert joe.patch("/v1/credits", {"session_id": session}).json() == {"arrived": 1}
    assert joe.patch("/v1/credits").json() == {"arrived": 0}
    assert services.balance(user.pk) == 1000


def test_a_paid_session_is_found_behind_newer_ones_that_were_given_up(
    joe: APIClient, user: User, stripe: Stripe
) -> None:
    session = begin(joe)
    begin(joe, 500)
    stripe.pay(session)
    assert joe.patch("/v1/credits").json() == {"arrived": 1}
    assert services.balance(user.pk) == 1000


def test_webhooks_and_return_pages_that_race_book_once(joe: APIClient, user: User, stripe: Stripe) -> None:
    for _ in range(5):
        session = begin(joe, 500)
        stripe.pay(session)
        body, signature = stripe.told("checkout.session.completed", stripe.sessions[session])
        calls = [partial(topups.heard, body, signature), partial(came_back, user, session)]
        assert sorted(at_once(calls * 2)) == [False, False, False, True]
    assert services.balance(user.pk) == 2500
    assert list(audit.differences()) == []


def test_a_payment_whose_row_was_lost_reaches_its_user(joe: APIClient, user: User, stripe: Stripe) -> None:
    """The process died after Stripe had made the session."""
    session = begin(joe)
    CreditTransaction.objects.all().delete()
    stripe.pay(session)
    assert tell(stripe, "checkout.session.completed", stripe.sessions[session]).json() == {"moved": True}
    assert services.balance(user.pk) == 1000


def test_what_is_not_paid_moves_nothing(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = begin(joe)
    assert tell(stripe, "checkout.session.completed", stripe.sessions[session]).json() == {"moved": False}
    assert tell(stripe, "customer.created", {"id": "cus_1", "object": "customer"}).json() == {"moved": False}
    assert services.balance(user.pk) == 0


def test_a_call_that_stripe_has_not_signed_is_refused(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = begin(joe)
    stripe.pay(session)
    answer = tell(stripe, "checkout.session.completed", stripe.sessions[session], secret="whsec_of_somebody_else")
    assert answer.status_code == 400
    for body, signature in ((b"{", ""), (b"", "t=1,v1=00"), (b"\xff", "nonsense")):
        assert hook(body, signature).status_code == 400
    assert services.balance(user.pk) == 0


@pytest.mark.parametrize("amount", [499, 550, 0, -500, 100_000_100])
def test_amounts_that_cannot_be_paid_are_refused(joe: APIClient, stripe: Stripe, amount: int) -> None:
    answer = joe.post("/v1/credits", {"credit_amount": amount})
    assert (answer.status_code, "multiple of 100" in answer.json()["message"]) == (400, True)
    assert not stripe.sessions


def test_a_stripe_that_fails_is_asked_again_and_then_told(joe: APIClient, user: User, stripe: Stripe) -> None:
    stripe.fails = 1
    begin(joe)
    stripe.fails = 10
    answer = joe.post("/v1/credits", {"credit_amount": 500})
    assert (answer.status_code, answer.json()["message"]) == (502, "Stripe did not answer as expected.")
    assert CreditTransaction.objects.count() == 1


def test_credits_that_are_still_there_are_paid_back_at_once(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = paid(joe, stripe)
    answer = joe.post(f"/v1/credits/{session}/refund", {"reason": "by mistake"})
    assert (answer.status_code, answer.json()) == (200, 1000)
    assert services.balance(user.pk) == 1000  # until the money has gone
    [refund] = stripe.refunds.values()
    assert [tell(stripe, "refund.created", refund).json()["moved"] for _ in range(2)] == [True, False]
    assert services.balance(user.pk) == 0
    [request] = joe.get("/v1/credits/refunds").json()
    assert (request["status"], request["transaction_key"], request["reason"]) == ("APPROVED", session, "by mistake")
    assert Notice.objects.filter(user=user, kind="REFUND_PROCESSED").count() == 1
    assert list(audit.differences()) == []


def test_a_refund_of_credits_that_are_spent_is_decided_by_a_person(
    joe: APIClient, user: User, stripe: Stripe, charge: Charging, django_user_model: type[User]
) -> None:
    admin = django_user_model.objects.create_superuser("boss")
    session = paid(joe, stripe, 2000)
    charge(user, 501)
    assert joe.post(f"/v1/credits/{session}/refund", {}).json() == 0
    assert not stripe.refunds
    assert RefundRequest.objects.get().status == "PENDING"
    assert Notice.objects.get(kind="REFUND_REQUEST").user == admin
    again = joe.post(f"/v1/credits/{session}/refund", {})
    assert (again.status_code, "requested before" in again.json()["message"]) == (400, True)


def test_within_the_tolerance_spent_credits_are_paid_back_and_the_balance_is_below_zero(
    joe: APIClient, user: User, stripe: Stripe, charge: Charging
) -> None:
    session = paid(joe, stripe)
    charge(user, 500)
    assert joe.post(f"/v1/credits/{session}/refund", {}).json() == 1000
    tell(stripe, "refund.updated", next(iter(stripe.refunds.values())))
    assert services.balance(user.pk) == -500
    assert list(audit.differences()) == []


def test_a_refund_that_is_told_before_its_payment_is_taken_all_the_same(
    joe: APIClient, user: User, stripe: Stripe
) -> None:
    session = begin(joe)
    stripe.pay(session)
    refund = {"id": "re_1", "object": "refund", "status": "succeeded", "payment_intent": f"pi_{session}", "amount": 400}
    assert tell(stripe, "refund.created", refund).json() == {"moved": True}
    assert tell(stripe, "checkout.session.completed", stripe.sessions[session]).json() == {"moved": False}
    assert tell(stripe, "refund.updated", refund).json() == {"moved": False}
    assert services.balance(user.pk) == 600
    assert list(audit.differences()) == []


def test_many_requests_for_one_refund_pay_back_once(joe: APIClient, user: User, stripe: Stripe) -> None:
    session = paid(joe, stripe)

    def ask() -> bool:
        try:
            return refunds.ask(user.pk, session) > 0
        except RefundRefused:
            return False

    assert sorted(at_once([ask] * 4)) == [False, False, False, True]
    assert len(stripe.refunds) == 1


def test_credits_that_one_refund_takes_do_not_cover_another(
    joe: APIClient, user: User, stripe: Stripe, charge: Charging
) -> None:
    first, second = paid(joe, stripe), paid(joe, stripe)
    charge(user, 1000)
    assert [joe.post(f"/v1/credits/{session}/refund", {}).json() for session in (first, second)] == [1000, 0]
    assert len(stripe.refunds) == 1
    tell(stripe, "refund.created", next(iter(stripe.refunds.values())))
    assert services.balance(user.pk) == 0


def test_of_refunds_that_are_asked_for_at_once_so_many_are_sent_as_credits_are_there(
    joe: APIClient, user: User, stripe: Stripe, charge: Charging
) -> None:
    sessions = [paid(joe, stripe) for _ in range(4)]
    charge(user, 2000)
    asks = [lambda session=session: refunds.ask(user.pk, session) > 0 for session in sessions]
    assert sorted(at_once(asks)) == [False, False, True, True]
    assert len(stripe.refunds) == 2


def test_payments_of_others_are_not_refunded(joe: APIClient, stripe: Stripe) -> None:
    other = APIClient()
    other.force_authenticate(User.objects.create_user("eve"))
    session = paid(joe, stripe)
    assert other.post(f"/v1/credits/{session}/refund", {}).status_code == 404
    assert other.patch("/v1/credits", {"session_id": session}).status_code == 404


def test_the_portal_is_that_of_the_customer_who_has_paid(joe: APIClient, stripe: Stripe) -> None:
    assert joe.get("/v1/credits/manage").status_code == 404
    paid(joe, stripe)
    assert joe.get("/v1/credits/manage").json() == {"url": "https://portal/cus_1"}


def test_a_refund_that_stripe_does_not_take_waits_for_a_person(joe: APIClient, stripe: Stripe) -> None:
    session = paid(joe, stripe)
    stripe.fails = 10
    assert joe.post(f"/v1/credits/{session}/refund", {}).json() == 0
    assert RefundRequest.objects.get().status == "PENDING"
    with pytest.raises(ProviderFailed):
        topups.begin(RefundRequest.objects.get().user_id, 500)


def test_a_refund_that_the_provider_was_asked_for_is_not_rejected_any_more(joe: APIClient, stripe: Stripe) -> None:
    session = paid(joe, stripe)
    joe.post(f"/v1/credits/{session}/refund", {})
    request = RefundRequest.objects.get()
    assert (request.result, refunds.reject(request.pk, result="no")) == (refunds.SENT, False)
    assert refunds.approve(request.pk).status == "PENDING"  # asked once more, under the same name
    assert len(stripe.refunds) == 1


def test_a_refund_that_a_person_agrees_to_is_sent_then(
    joe: APIClient, user: User, stripe: Stripe, charge: Charging
) -> None:
    session = paid(joe, stripe, 2000)
    charge(user, 600)
    assert joe.post(f"/v1/credits/{session}/refund", {}).json() == 0
    request = refunds.approve(RefundRequest.objects.get().pk)
    assert (request.result, services.balance(user.pk)) == (refunds.SENT, 1400)
    tell(stripe, "refund.created", next(iter(stripe.refunds.values())))
    assert (RefundRequest.objects.get().status, services.balance(user.pk)) == ("APPROVED", -600)
