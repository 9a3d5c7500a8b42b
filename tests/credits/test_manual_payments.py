"""Payments that an administrator confirms, refunds by hand, and installations without payments."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from config.checks import settings_fit_together
from credits import audit, providers, services
from credits.models import CreditTransaction, RefundRequest
from tests.credits.conftest import Charging

LEDGER = "/admin/credits/credittransaction/"
REFUNDS = "/admin/credits/refundrequest/"


@pytest.fixture
def by_hand(settings: Settings) -> Iterator[None]:
    settings.PAYMENTS, settings.PAYMENT_PAGE = "manual", "https://shop.test/pay?lang=en"
    providers.chosen.cache_clear()
    yield
    providers.chosen.cache_clear()


@pytest.fixture
def joe(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def confirmed(joe: APIClient, admin_client: Client, amount: int = 500) -> CreditTransaction:
    joe.post("/v1/credits", {"credit_amount": amount})
    row = CreditTransaction.objects.get(type="TOP_UP")
    admin_client.post(LEDGER, {"action": "confirm", "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    return row


@pytest.mark.usefixtures("by_hand")
def test_a_payment_by_hand_arrives_when_an_administrator_says_so(
    joe: APIClient, user: User, admin_client: Client
) -> None:
    url = joe.post("/v1/credits", {"credit_amount": 700}).json()["checkout_url"]
    row = CreditTransaction.objects.get()
    assert url == f"https://shop.test/pay?lang=en&reference={row.key}"
    assert (row.is_active, services.balance(user.pk)) == (False, 0)
    assert joe.patch("/v1/credits", {"session_id": row.key}).json() == {"arrived": 0}
    for _ in range(2):
        answer = admin_client.post(LEDGER, {"action": "confirm", "_selected_action": [str(row.pk)]}, follow=True)
        assert answer.status_code == 200
    assert services.balance(user.pk) == 700


@pytest.mark.usefixtures("by_hand")
def test_a_refund_by_hand_is_booked_when_it_is_approved(joe: APIClient, user: User, admin_client: Client) -> None:
    row = confirmed(joe, admin_client)
    assert joe.post(f"/v1/credits/{row.key}/refund", {"reason": "too many"}).json() == 0
    request = RefundRequest.objects.get()
    assert (request.status, services.balance(user.pk)) == ("PENDING", 500)
    assert "too many" in admin_client.get(REFUNDS).content.decode()
    for _ in range(2):
        admin_client.post(REFUNDS, {"action": "approve", "_selected_action": [str(request.pk)]})
    request.refresh_from_db()
    assert (request.status, services.balance(user.pk)) == ("APPROVED", 0)
    assert list(audit.differences()) == []


@pytest.mark.usefixtures("by_hand")
def test_a_refund_that_is_rejected_moves_nothing(joe: APIClient, user: User, admin_client: Client) -> None:
    row = confirmed(joe, admin_client)
    joe.post(f"/v1/credits/{row.key}/refund", {})
    request = RefundRequest.objects.get()
    for action in ("reject", "approve"):
        admin_client.post(REFUNDS, {"action": action, "_selected_action": [str(request.pk)]})
    [told] = joe.get("/v1/credits/refunds").json()
    assert (told["status"], services.balance(user.pk)) == ("REJECTED", 500)


def test_where_nobody_takes_money_nobody_can_pay(joe: APIClient, settings: Settings) -> None:
    settings.PAYMENTS = ""
    answer = joe.post("/v1/credits", {"credit_amount": 500})
    assert (answer.status_code, answer.json()["message"]) == (503, "Payments are not set up here.")
    assert joe.post("/v1/credits", {}).status_code == 422
    assert not CreditTransaction.objects.exists()


def test_the_start_is_refused_when_payments_are_set_up_by_half(settings: Settings) -> None:
    for name, told in (("cheque", "must be manual, stripe or empty"), ("stripe", "needs PETIOLE_PAYMENT_PAGE")):
        settings.PAYMENTS, settings.PAYMENT_PAGE = name, ""
        assert told in str(settings_fit_together()[0])


def test_administrators_see_the_movements_of_everybody(
    joe: APIClient, rich: User, charge: Charging, django_user_model: type[User]
) -> None:
    charge(rich, 10)
    assert joe.get("/v1/credits/admin/users_history").status_code == 403
    boss = APIClient()
    boss.force_authenticate(django_user_model.objects.create_superuser("boss"))
    page = boss.get("/v1/credits/admin/users_history", {"search": "JO", "page_size": "1"}).json()
    assert page["pagination"] == {"total_items": 2, "total_pages": 2, "current_page": 1, "page_size": 1}
    [newest] = page["history"]
    assert (newest["amount"], newest["current_balance"], newest["user_id"]) == (-10, 990, str(rich.pk))
    granted = boss.get("/v1/credits/admin/users_history", {"transaction_filter": "GRANT"}).json()["history"]
    assert [row["reason"] for row in granted] == ["start"]
