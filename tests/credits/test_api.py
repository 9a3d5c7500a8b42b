from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import User
from credits import services
from tests.credits.conftest import Charging

ADD = "/v1/credits/admin/add_credits"
TRANSACTIONS = "/v1/credits/transactions"


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(rich: User) -> APIClient:
    return client_of(rich)


@pytest.fixture
def admin_api(db: None) -> APIClient:
    return client_of(User.objects.create_superuser("root"))


def test_the_balance_is_that_of_the_caller(api: APIClient, admin_api: APIClient) -> None:
    assert api.get("/v1/credits").json() == {"credits": 1000}
    assert admin_api.get("/v1/credits").json() == {"credits": 0}


@pytest.mark.parametrize("path", ["/v1/credits", TRANSACTIONS])
def test_strangers_see_nothing(db: None, path: str) -> None:
    assert APIClient().get(path).status_code == 401


def test_transactions_are_shown_with_what_they_paid_for(api: APIClient, rich: User, charge: Charging) -> None:
    run, graph = uuid4(), uuid4()
    charge(rich, 10, run=run, graph_id=str(graph))
    answer = api.get(TRANSACTIONS, {"transaction_count_limit": 200}).json()
    assert answer["next_transaction_time"] is None
    used, granted = answer["transactions"]
    assert (used["usage_execution_id"], used["usage_graph_id"]) == (str(run), str(graph))
    assert (used["amount"], used["usage_node_count"], used["running_balance"]) == (-10, 1, 990)
    assert (granted["transaction_type"], granted["description"]) == ("GRANT", "start")
    assert granted["usage_execution_id"] is None


def test_the_next_page_begins_where_the_last_one_said(api: APIClient, rich: User, charge: Charging) -> None:
    charge(rich, 10)
    first = api.get(TRANSACTIONS, {"transaction_count_limit": 1}).json()
    second = api.get(f"{TRANSACTIONS}?{urlencode({'transaction_time': first['next_transaction_time']})}").json()
    assert [entry["amount"] for entry in first["transactions"] + second["transactions"]] == [-10, 1000]


@pytest.mark.parametrize("number", [1, 30])
def test_a_page_costs_the_same_queries_for_any_number(
    api: APIClient, rich: User, charge: Charging, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for _ in range(number):
        charge(rich, 10, run=uuid4())
    with django_assert_num_queries(2):
        api.get(TRANSACTIONS)


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "9" * 30])
def test_a_page_that_is_too_small_or_too_large_is_refused(api: APIClient, limit: str) -> None:
    assert api.get(TRANSACTIONS, {"transaction_count_limit": limit}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [{"transaction_type": "THEFT"}, {"transaction_time": "yesterday"}, {"transaction_count_limit": "many"}],
)
def test_a_question_that_makes_no_sense_is_refused(api: APIClient, query: dict[str, str]) -> None:
    assert api.get(TRANSACTIONS, query).status_code == 422


def test_an_administrator_adds_credits(admin_api: APIClient, rich: User) -> None:
    answer = admin_api.post(ADD, {"user_id": str(rich.pk), "amount": 25, "comments": "sorry"})
    assert (answer.status_code, answer.json()["new_balance"]) == (200, 1025)
    assert admin_api.post(ADD, {"user_id": str(rich.pk), "amount": -1025}).json()["new_balance"] == 0


def test_nobody_else_adds_credits(api: APIClient, rich: User) -> None:
    assert api.post(ADD, {"user_id": str(rich.pk), "amount": 25}).status_code == 403
    assert APIClient().post(ADD, {"user_id": str(rich.pk), "amount": 25}).status_code == 401
    User.objects.filter(pk=rich.pk).update(is_staff=True)
    assert client_of(User.objects.get(pk=rich.pk)).post(ADD, {}).status_code == 403
    assert services.balance(rich.pk) == 1000


def test_the_permission_to_grant_is_enough(rich: User) -> None:
    rich.user_permissions.add(Permission.objects.get(codename="grant_credits"))
    assert client_of(rich).post(ADD, {"user_id": str(rich.pk), "amount": 1}).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"amount": 0}, 400),
        ({"amount": -1001}, 400),
        ({"amount": 2**63}, 400),
        ({"amount": -(10**400)}, 400),
        ({"amount": "many"}, 422),
        ({"amount": 1.5}, 422),
        ({"user_id": "joe"}, 422),
        ({"user_id": str(uuid4())}, 404),
        ({"comments": "\x00"}, 422),
        ({"comments": "x" * 1001}, 422),
    ],
)
def test_what_cannot_be_granted_is_refused_with_a_reason(
    admin_api: APIClient, rich: User, change: dict[str, Any], status: int
) -> None:
    answer = admin_api.post(ADD, {"user_id": str(rich.pk), "amount": 5, "comments": ""} | change)
    assert answer.status_code == status
    assert answer.json()["message"]
    assert services.balance(rich.pk) == 1000
