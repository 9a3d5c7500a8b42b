"""What has to be true before anything is served: tables, an administrator, no node that only seems to run."""

import secrets

import redis
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, OperationalError, connection, connections

from config.supervisor.errors import CannotStart
from executions import schema


def services_answer() -> None:
    """The servers that the settings name are there; our own broker is not asked."""
    try:
        connection.ensure_connection()
    except OperationalError as wrong:
        reason = str(wrong).strip().splitlines()[0]
        raise CannotStart(f"The database does not answer: {reason}") from None
    if settings.BROKER_SOCKET is None:
        try:
            with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as client:
                client.ping()
        except redis.RedisError as wrong:
            raise CannotStart(f"The server of REDIS_URL does not answer: {wrong}") from None


def migrate() -> bool:
    """Bring the tables up to date; False when they are. Asking costs a tenth of what the command `migrate` costs."""
    found = schema.fit()
    if found.newer:
        raise CannotStart(found.newer)
    if found.older:
        call_command("migrate", verbosity=0, interactive=False)
    return bool(found.older)


def administrator() -> str | None:
    """The password of a user `admin` made now; None when there is an administrator already."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    password = secrets.token_urlsafe(12)
    try:
        users.create_superuser("admin", password=password)
    except IntegrityError:
        return (
            None  # another process was faster, or somebody called admin is no administrator: that is a person's choice
        )
    return password


def release() -> int:
    """Nodes that a killed worker seemed to run go back to their queue. The lock proves that no worker lives."""
    from executions import services

    return services.release_all()


def left() -> int:
    """Node executions that wait for the next start, those included that the workers could not finish."""
    from executions.models import NodeExecution
    from executions.states import Status

    release()
    return NodeExecution.objects.filter(status=Status.QUEUED).count()


def forget_connections() -> None:
    """Children are forked from here, and the supervisor needs the database again only when it stops."""
    for each in connections.all(initialized_only=True):
        try:
            each.close()
        except DatabaseError:
            each.connection = None
