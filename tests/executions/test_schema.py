"""A program and tables of different versions do not touch each other, and say what to do.

The tables of the tests themselves are left as they are: the workers of other tests would end, as they should."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.db.migrations.recorder import MigrationRecorder

from config import health
from executions import schema

FUTURE = "executions", "9999_from_the_future"


def applied(monkeypatch: pytest.MonkeyPatch, *, more: tuple[str, str] | None = None, less: str = "") -> None:
    """What the table of migrations would say."""
    real = MigrationRecorder.applied_migrations

    def instead(self: MigrationRecorder) -> dict[tuple[str, str], object]:
        found = {name: row for name, row in real(self).items() if name != ("executions", less)}
        return found | ({more: None} if more else {})

    monkeypatch.setattr(MigrationRecorder, "applied_migrations", instead)


@pytest.mark.django_db
def test_the_tables_of_this_version_fit() -> None:
    assert schema.fit() == schema.Fit()


@pytest.mark.django_db
def test_newer_tables_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    applied(monkeypatch, more=FUTURE)
    with pytest.raises(SystemExit, match=r"newer version of Petiole \(unknown migrations: executions.9999_from"):
        schema.insist()


@pytest.mark.django_db
def test_older_tables_ask_for_migrate(monkeypatch: pytest.MonkeyPatch) -> None:
    name = max(path.stem for path in Path(schema.__file__).parent.glob("migrations/0*.py"))
    applied(monkeypatch, less=name)
    assert schema.fit().problem.endswith(f"(missing migrations: executions.{name}). Run `manage.py migrate`.")


@pytest.mark.django_db
def test_a_process_notices_that_the_tables_were_changed_under_it(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = schema.Watch()
    assert (watch.problem(), health.database_problem()) == ("", "")
    applied(monkeypatch, more=FUTURE)
    assert "newer version" in schema.Watch().problem()
    assert watch.problem() == ""  # it looks again when a migration was applied, and only then
    MigrationRecorder.Migration.objects.create(app="elsewhere", name="0001_initial")
    assert "newer version" in watch.problem()
    assert "newer version" in health.database_problem()


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation of its own, whose tables a newer version has made."""
    taken = ("DATABASE_URL", "REDIS_URL", "BROKER_URL")
    environment = {name: value for name, value in os.environ.items() if name not in taken}
    environment["PETIOLE_STATE"] = str(tmp_path)
    subprocess.run([sys.executable, "-m", "django", "migrate"], env=environment, capture_output=True, check=True)
    with sqlite3.connect(tmp_path / "petiole.sqlite3") as database:
        database.execute("INSERT INTO django_migrations (app, name, applied) VALUES (?, ?, '2099-01-01')", FUTURE)
    database.close()
    return environment


@pytest.mark.worker
@pytest.mark.parametrize("command", [("worker", "-Q", "io"), ("beat", "--pidfile=")], ids=["worker", "beat"])
def test_no_process_begins_to_work_on_newer_tables(elsewhere: dict[str, str], command: tuple[str, ...]) -> None:
    words = [sys.executable, "-m", "celery", "-A", "config", *command]
    ended = subprocess.run(words, env=elsewhere, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    assert "newer version of Petiole" in ended.stderr
