"""What a number has to be read with: the machine and the versions."""

import os
import platform
import re
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import redis
from django.db import connection

PACKAGES = ("celery", "kombu", "redis", "django", "psycopg", "pydantic")


def machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "processor": _processor(), "system": f"{platform.system()} {platform.release()}"}


def load() -> float:
    """Processes that wanted to run in the last minute, those of others included."""
    return os.getloadavg()[0]


def versions(broker: str) -> dict[str, str]:
    with redis.Redis.from_url(broker) as server:
        info: Any = server.info("server")
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "broker": f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}",
        "database": _database(),
    }


def commit_ms(times: int = 50) -> float:
    """How long one small commit takes here: in a chain nothing can be faster than the commits that it needs."""
    took = []
    with connection.cursor() as cursor:
        for _ in range(times):
            began = time.perf_counter()
            cursor.execute("UPDATE accounts_user SET username = username")
            took.append(time.perf_counter() - began)
    return median(took) * 1000


def broker_pid(broker: str) -> int:
    with redis.Redis.from_url(broker) as server:
        info: Any = server.info("server")
    return int(info["process_id"])


def settings() -> dict[str, str]:
    """The variables that were set for Petiole, without secrets and addresses."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith("PETIOLE_") and name not in {"PETIOLE_SECRET_KEY", "PETIOLE_STATE"}
    }


def _database() -> str:
    asked = "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
    with connection.cursor() as cursor:
        cursor.execute(asked)
        (found,) = cursor.fetchone()
    return f"{connection.vendor} {found}"


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", facts.read_text(), re.MULTILINE) if facts.is_file() else None
    return found[1] if found else platform.processor() or platform.machine()
