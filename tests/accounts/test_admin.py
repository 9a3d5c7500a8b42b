import re

from django.test import Client

from accounts import services
from accounts.models import ApiToken, User

TOKENS = "/admin/accounts/apitoken/"


def test_a_token_is_shown_once_when_it_is_created(admin_client: Client, user: User) -> None:
    page = admin_client.post(f"{TOKENS}add/", {"user": str(user.pk), "name": "laptop"}).content.decode()
    shown = re.search(r"ptl_[\w-]+", page)
    assert shown is not None
    token = ApiToken.objects.get(hash=services.hash_of(shown.group()))
    assert (token.user, token.name) == (user, "laptop")
    for later in (TOKENS, f"{TOKENS}{token.pk}/change/", f"{TOKENS}{token.pk}/history/"):
        assert shown.group() not in admin_client.get(later).content.decode()


def test_tokens_are_revoked_and_never_edited_or_deleted(admin_client: Client, token: str) -> None:
    row = ApiToken.objects.get()
    admin_client.post(TOKENS, {"action": "revoke", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.revoked_at is not None
    assert admin_client.post(f"{TOKENS}{row.pk}/change/", {"name": "other"}).status_code == 403
    assert admin_client.post(f"{TOKENS}{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_users_are_searched_edited_and_closed_but_not_deleted(admin_client: Client, user: User) -> None:
    assert b"joe" in admin_client.get("/admin/accounts/user/", {"q": "joe"}).content
    page = f"/admin/accounts/user/{user.pk}/"
    assert b"Europe/Vienna" in admin_client.get(f"{page}change/").content
    change = {"username": "joe", "timezone": "Asia/Tokyo", "email": ""}
    assert admin_client.post(f"{page}change/", change).status_code == 302
    user.refresh_from_db()
    assert (user.timezone, user.is_active) == ("Asia/Tokyo", False)
    assert admin_client.post(f"{page}delete/", {"post": "yes"}).status_code == 403


def test_a_user_is_added_with_a_password(admin_client: Client) -> None:
    form = {"username": "ann", "usable_password": "true", "password1": "correct horse", "password2": "correct horse"}
    assert admin_client.post("/admin/accounts/user/add/", form).status_code == 302
    assert User.objects.get(username="ann").check_password("correct horse")
