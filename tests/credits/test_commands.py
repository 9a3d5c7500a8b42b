import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from credits import services
from credits.models import CreditTransaction


def test_credits_are_added_on_the_command_line(user: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("add_credits", "joe", "500", "--reason", "welcome")
    assert capsys.readouterr().out == "joe has 500 credits\n"
    assert CreditTransaction.objects.get().metadata == {"reason": "welcome"}


def test_credits_are_taken_on_the_command_line(rich: User) -> None:
    call_command("add_credits", "--", "joe", "-400")
    assert services.balance(rich.pk) == 600


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ann", "5"], "no user 'ann'"),
        (["joe", "0"], "between"),
        (["joe", "99999999999999999999"], "between"),
        (["--", "joe", "-5"], "does not allow"),
    ],
)
def test_what_cannot_be_granted_is_refused_in_words(user: User, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("add_credits", *arguments)
