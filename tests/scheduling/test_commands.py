from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from executions.models import GraphExecution
from scheduling.models import Backfill
from tests.scheduling.conftest import START, Clock, Make

pytestmark = pytest.mark.django_db(transaction=True)
SPAN = ["--from", "2027-05-03T04:00", "--to", "2027-05-03T09:00:00+02:00"]


def backfill(*words: str) -> str:
    out = StringIO()
    call_command("backfill", *words, stdout=out)
    return out.getvalue()


def test_a_dry_run_says_which_times_and_begins_nothing(schedule: Make) -> None:
    schedule()
    said = backfill("nightly", *SPAN, "--dry-run")
    assert "2027-05-03 04:00:00 UTC" in said
    assert "4 times have no run" in said
    assert "would cost" in said
    assert not Backfill.objects.exists()


def test_a_backfill_is_begun_and_followed(schedule: Make, clock: Clock) -> None:
    made = schedule()
    assert "4 times" in backfill(str(made.pk), *SPAN, "--no-wait", "--concurrency", "4")
    with pytest.raises(CommandError, match="under way"):
        backfill(str(made.pk), *SPAN)
    Backfill.objects.update(ended_at=START)
    clock.now = START + timedelta(hours=1)
    before = {"--from": "2027-05-03T09:00", "--to": "2027-05-03T08:00"}
    with pytest.raises(CommandError, match="before the beginning"):
        backfill(str(made.pk), *(word for pair in before.items() for word in pair))
    assert "0 of 0 times" in backfill(str(made.pk), "--from", "2027-05-03T09:10", "--to", "2027-05-03T09:20")
    assert not GraphExecution.objects.exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(["nobody", *SPAN], "no schedule"), (["nightly", *SPAN, "--concurrency", "0"], "from 1 to 100")],
)
def test_what_cannot_be_is_refused(schedule: Make, words: list[str], complaint: str) -> None:
    schedule()
    with pytest.raises(CommandError, match=complaint):
        backfill(*words)
