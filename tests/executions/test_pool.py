"""A process with a pool of connections goes on when the database has ended all of them at once."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.stack import environment

pytestmark = pytest.mark.skipif(not settings.PRODUCTION, reason="SQLite has no pool and no server")

PROGRAM = """
import threading
import django
django.setup()
from django.db import connection
from accounts.models import User
from executions.database import release, repeated

together = threading.Barrier(12)

def one_connection_each():
    connection.ensure_connection()
    together.wait()
    release()

threads = [threading.Thread(target=one_connection_each) for _ in range(12)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with connection.cursor() as cursor:
    cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                   "WHERE application_name = 'pool-of-a-test' AND pid <> pg_backend_pid()")
    print(cursor.fetchone()[0], "ended")
release()

@repeated
def asked():
    return User.objects.count()

asked()
print("answered")
"""


@pytest.mark.django_db(transaction=True)
def test_a_step_is_repeated_on_a_connection_that_lives() -> None:
    values = environment()
    variables = {"DATABASE_URL": values["DATABASE_URL"] + "?application_name=pool-of-a-test", "PETIOLE_POOL": "12"}
    program = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | variables | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert program.stdout.splitlines() == ["11 ended", "answered"], program.stderr[-2000:]
