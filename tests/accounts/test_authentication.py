from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts import services
from accounts.models import ApiToken, User


def ask(authorization: str | None) -> Any:
    client = APIClient()
    if authorization is not None:
        client.credentials(HTTP_AUTHORIZATION=authorization)
    return client.get("/v1/auth/user")


def test_a_token_tells_whose_it_is(user: User, token: str) -> None:
    assert ask(f"Bearer {token}").json() == {
        "id": str(user.pk),
        "username": "joe",
        "email": "Joe@example.org",
        "timezone": "Europe/Vienna",
        "is_admin": False,
    }


def test_an_administrator_is_shown_as_one(user: User, token: str) -> None:
    services.make_admin(user)
    assert ask(f"bearer {token}").json()["is_admin"] is True


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic am9lOmpvZQ==",
        "Bearer",
        "Bearer ptl_wrong",
        "Bearer a b",
        "Bearer ptl_\xe9\xff",
        "Bearer " + "x" * 9999,
    ],
)
def test_everything_else_is_answered_with_401_and_the_scheme(token: str, authorization: str | None) -> None:
    answer = ask(authorization)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="petiole"')
    assert list(answer.json()) == ["detail"]


def test_a_revoked_token_opens_nothing_and_other_tokens_still_do(user: User, token: str) -> None:
    other = services.create_token(user, "phone")
    services.revoke(ApiToken.objects.get(name="laptop"))
    assert [ask(f"Bearer {text}").status_code for text in (token, other)] == [401, 200]


def test_a_closed_account_opens_nothing(user: User, token: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ask(f"Bearer {token}").status_code == 401


def test_only_the_hash_of_a_token_is_kept(token: str) -> None:
    row = ApiToken.objects.values().get()
    assert token.startswith("ptl_")
    assert not any(token in str(value) or token[4:] in str(value) for value in row.values())


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(
    token: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ask(f"Bearer {token}")
    first = ApiToken.objects.get().last_used_at
    with django_assert_num_queries(1):
        ask(f"Bearer {token}")
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    ask(f"Bearer {token}")
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    assert used > timezone.now() - timedelta(seconds=30)
