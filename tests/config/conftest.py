import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings

from tests.config.installation import Installation, installed


@pytest.fixture(scope="session")
def profile() -> Iterator[dict[str, str]]:
    """The environment of the profile under test; in production with a database of these tests' own."""
    if not settings.PRODUCTION:
        yield {}
        return
    url = urlsplit(os.environ["DATABASE_URL"])
    name = f"{url.path.lstrip('/')}_up"
    with psycopg.connect(urlunsplit(url), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
        server.execute(f'CREATE DATABASE "{name}"'.encode())
        yield {
            "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}")),
            **{known: os.environ[known] for known in os.environ if known.startswith("PETIOLE_")},
            "REDIS_URL": os.environ["REDIS_URL"],
        }
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def installation(tmp_path: Path, profile: dict[str, str]) -> Iterator[Installation]:
    with installed(tmp_path, profile) as made:
        yield made
