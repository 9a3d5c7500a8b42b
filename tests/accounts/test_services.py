import pytest
from django.core.exceptions import ValidationError

from accounts import services
from accounts.models import User


def test_a_user_has_a_time_ordered_id(user: User) -> None:
    assert user.pk.version == 7
    assert user.pk < services.create_user("ann").pk


def test_a_user_without_a_password_cannot_log_in(user: User) -> None:
    assert not user.has_usable_password()
    assert services.create_user("ann", password="correct horse battery").check_password("correct horse battery")


def test_an_administrator_may_everything(db: None) -> None:
    assert services.create_user("root", admin=True).has_perm("credits.grant_credits")


@pytest.mark.parametrize(
    ("username", "options", "words"),
    [
        ("joe", {}, "already exists"),
        ("", {}, "blank"),
        ("ann", {"timezone_name": "Mars/Base"}, "not a time zone"),
        ("ann", {"email": "no address"}, "valid email"),
    ],
)
def test_a_user_who_makes_no_sense_is_refused(user: User, username: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        services.create_user(username, **options)  # type: ignore[arg-type]  # all options used here are texts
