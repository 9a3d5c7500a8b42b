import pytest
from django.core.management import CommandError, call_command

from accounts import services
from accounts.models import ApiToken, User


def created(capsys: pytest.CaptureFixture[str], *arguments: str) -> ApiToken:
    call_command("create_token", *arguments)
    printed = capsys.readouterr()
    assert printed.err == ""
    assert len(printed.out.split()) == 1
    return ApiToken.objects.get(hash=services.hash_of(printed.out.strip()))


def test_a_token_is_printed_and_nothing_else_and_its_user_created(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    token = created(capsys, "ci")
    assert (token.name, token.user.username, token.user.is_staff) == ("ci", "ci", False)
    assert not token.user.has_usable_password()
    assert created(capsys, "ci").user == token.user


def test_an_administrator_s_token(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    user = created(capsys, "root", "--admin").user
    assert user.is_staff
    assert user.is_superuser


def test_a_token_for_an_existing_user(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    assert created(capsys, "laptop", "--user", "joe").user == user


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ci", "--user", "nobody"], "no user 'nobody'"),
        (["two words"], "valid username"),
        (["x" * 151], "at most 150"),
        (["x" * 151, "--user", "joe"], "at most 150"),
    ],
)
def test_what_cannot_be_created_is_refused_in_words_and_leaves_nothing(
    user: User, arguments: list[str], words: str
) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("create_token", *arguments)
    assert (User.objects.count(), ApiToken.objects.count()) == (1, 0)


def test_a_closed_account_gets_no_token(user: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="closed"):
        call_command("create_token", "joe")
