import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from credits import services
from credits.models import CreditTransaction
from tests.credits.conftest import Charging

LEDGER = "/admin/credits/credittransaction/"


def grant_page(user: User) -> str:
    return f"/admin/credits/balance/{user.pk}/grant/"


def key_in(page: bytes) -> str:
    found = re.search(rb'name="key" value="([^"]+)"', page)
    assert found is not None
    return found.group(1).decode()


def test_the_ledger_is_read_only(admin_client: Client, rich: User) -> None:
    row = CreditTransaction.objects.get()
    assert b'name="_save"' not in admin_client.get(f"{LEDGER}{row.pk}/change/").content
    assert admin_client.post(f"{LEDGER}{row.pk}/change/", {"amount": 5}).status_code == 403
    assert admin_client.post(f"{LEDGER}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert admin_client.get(f"{LEDGER}add/").status_code == 403
    assert admin_client.post(f"/admin/credits/balance/{rich.pk}/change/", {"balance": 5}).status_code == 403


def test_movements_are_found_by_user_run_and_node_execution(admin_client: Client, rich: User, charge: Charging) -> None:
    run, node = uuid4(), uuid4()
    charge(rich, 10, run=run, node=node)
    charge(rich, 20, run=uuid4())
    for term, number in (("joe", 3), (str(rich.pk), 3), (str(run), 1), (str(node), 1), ("nobody", 0)):
        page = admin_client.get(LEDGER, {"q": term})
        assert page.context["cl"].result_count == number


@pytest.mark.parametrize("query", [{"type": "USAGE"}, {"is_active__exact": "1"}, {"kind": "run"}])
def test_the_ledger_is_filtered(admin_client: Client, rich: User, query: dict[str, str]) -> None:
    assert admin_client.get(LEDGER, query).status_code == 200


def test_an_administrator_grants_credits_and_sending_the_form_twice_grants_once(
    admin_client: Client, rich: User
) -> None:
    assert grant_page(rich).encode() in admin_client.get(f"/admin/credits/balance/{rich.pk}/change/").content
    form = {"amount": "500", "reason": "sorry", "key": key_in(admin_client.get(grant_page(rich)).content)}
    for _ in range(2):
        assert admin_client.post(grant_page(rich), form).status_code == 302
    assert services.balance(rich.pk) == 1500
    row = CreditTransaction.objects.get(key=f"admin:{form['key']}")
    assert (row.metadata["reason"], row.metadata["admin_id"]) == ("sorry", str(User.objects.get(username="admin").pk))


@pytest.mark.parametrize("amount", ["0", "-1001", "99999999999999999999", "many", ""])
def test_what_cannot_be_granted_is_said_at_the_form(admin_client: Client, rich: User, amount: str) -> None:
    page = admin_client.post(grant_page(rich), {"amount": amount, "reason": "sorry", "key": "k"})
    assert (page.status_code, services.balance(rich.pk)) == (200, 1000)
    assert b"errorlist" in page.content


def test_granting_needs_the_permission_to_grant(client: Client, rich: User) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_balance", "change_balance"]))
    client.force_login(clerk)
    assert client.get("/admin/credits/balance/").status_code == 200
    assert client.post(grant_page(rich), {"amount": "5", "reason": "mine", "key": "k"}).status_code == 403


def test_the_balances_show_who_has_what(admin_client: Client, rich: User) -> None:
    assert b"1000" in admin_client.get("/admin/credits/balance/", {"q": "joe"}).content
    assert admin_client.get(grant_page(User(pk=uuid4()))).status_code == 404
