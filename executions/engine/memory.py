"""What blocks keep for later runs (blocks.sdk.memory), in the database. A block that asks holds no connection after."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from blocks.sdk.memory import Scope
from blocks.sdk.values import to_json
from columns import encode
from executions.crashpoints import crash_point
from executions.database import release, repeated, write
from executions.errors import LostClaim
from executions.models import NodeExecution, Remembered


@dataclass(frozen=True)
class RunMemory:
    """Of one attempt: who has lost the claim writes nothing any more."""

    user_id: UUID
    graph_id: UUID
    node_execution_id: UUID
    token: UUID

    def get(self, key: str, scope: Scope) -> tuple[bool, Any]:
        try:
            found = self._found(self._stored(key, scope))
        finally:
            release()
        return (False, None) if found is None else (True, found.value)

    def set(self, key: str, scope: Scope, value: Any) -> None:
        text = encode(to_json(value))
        if len(text) > settings.MAX_OUTPUT_BYTES:
            most = settings.MAX_OUTPUT_BYTES
            raise ValueError(f"a value of {len(text)} bytes; at most {most} can be kept (PETIOLE_MAX_OUTPUT_BYTES)")
        row = Remembered(
            user_id=self.user_id,
            key=self._stored(key, scope),
            value=text,
            node_execution_id=self.node_execution_id,
            updated_at=timezone.now(),
        )
        try:
            self._keep(row)
        finally:
            release()

    def _stored(self, key: str, scope: Scope) -> str:
        return f"shared/{key}" if scope is Scope.ACROSS_AGENTS else f"agent/{self.graph_id}/{key}"

    @repeated
    def _found(self, key: str) -> Remembered | None:
        return Remembered.objects.filter(user_id=self.user_id, key=key).first()

    @repeated
    def _keep(self, row: Remembered) -> None:
        crash_point("memory.begun")
        with write():
            # also the lock that keeps a takeback away
            held = NodeExecution.objects.held(self.node_execution_id, self.token)
            if not held.select_for_update(no_key=True).values_list("pk").first():
                raise LostClaim
            crash_point("memory.proved")
            Remembered.objects.bulk_create(
                [row],
                update_conflicts=True,
                unique_fields=["user", "key"],
                update_fields=["value", "node_execution", "updated_at"],
            )
            crash_point("memory.before_commit")
        crash_point("memory.after_commit")
