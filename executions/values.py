"""Values between nodes: small ones are copied, large ones delivered by reference, very large ones kept in files.

The limits are PETIOLE_REFERENCE_BYTES and PETIOLE_FILE_BYTES (design 3.2)."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from columns import Encoded, encode
from executions.models import NodeExecution, NodeInput, NodeOutput
from graphs import pins


@dataclass(frozen=True, slots=True)
class Emitted:
    """One output on its way: `value` as the block gave it, `plain` and `text` as JSON."""

    pin: str
    value: Any
    plain: Any
    text: Encoded
    file: str | None = None  # where it is kept already

    def row(self, execution: NodeExecution, sequence: int) -> NodeOutput:
        """The row that stores it; a very large value goes to the file storage first."""
        output = NodeOutput(
            node_execution_id=execution.pk,
            epoch=execution.epoch,
            sequence=sequence,
            pin=self.pin,
            size=len(self.text),
        )
        if len(self.text) > settings.FILE_BYTES:
            name = f"{execution.pk}-{execution.epoch}-{sequence}"
            output.file = self.file or kept(execution.run_id, name, self.text)
        else:
            output.data = self.text
        return output


@dataclass(frozen=True, slots=True)
class Delivery:
    """A value for one input pin: the value itself, and what is stored for it."""

    pin: str
    value: Any
    text: Encoded | None
    output_id: int | None = None
    selector: str | None = None

    @classmethod
    def of(cls, pin: str, value: Any, output: NodeOutput, selector: str) -> "Delivery":
        text = encode(value)
        # an attribute is looked up on the block's own object, which the stored JSON is not any more
        if len(text) > settings.REFERENCE_BYTES and "_@_" not in selector:
            return cls(pin, value, None, output.pk, selector)
        return cls(pin, value, text)

    @classmethod
    def whole(cls, pin: str, emitted: Emitted, output: NodeOutput) -> "Delivery":
        if len(emitted.text) > settings.REFERENCE_BYTES:
            return cls(pin, emitted.plain, None, output.pk, output.pin)
        return cls(pin, emitted.plain, emitted.text)

    def as_columns(self) -> dict[str, Any]:
        """`inputs` and `references` of an execution that has this one value."""
        if self.text is None:
            return {"inputs": {}, "references": {self.pin: [self.output_id, self.selector]}}
        return {"inputs": Encoded(f"{{{json.dumps(self.pin)}:{self.text}}}")}


def kept(run_id: UUID, name: str, text: Encoded) -> str:
    """A value in the file storage; its name there."""
    return default_storage.save(f"runs/{run_id}/{name}.json", ContentFile(text.encode("ascii")))


def folder_of(run_id: UUID) -> Path:
    """The private folder of a run for the files its blocks pass on; removed when the run ends.

    NotImplementedError where the file storage is no folder (executions.files.places)."""
    return Path(default_storage.path(f"runs/{run_id}/work"))


def content(output: NodeOutput) -> Any:
    """The value of a stored output, wherever it is kept."""
    if output.file is None:
        return output.data
    with default_storage.open(output.file) as file:
        return json.load(file)


def _part(output: NodeOutput, selector: str) -> Any:
    value = content(output)
    return pins.select(output.pin, value, selector, "", "") if selector != output.pin else value


def _referenced(references: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Any]:
    wanted = list(references)
    rows = NodeOutput.objects.in_bulk({output_id for output_id, _ in wanted}) if wanted else {}
    return {(output_id, selector): _part(rows[output_id], selector) for output_id, selector in wanted}


def received(execution: NodeExecution) -> dict[str, Any]:
    """Pin → value of everything the execution has received, in order of arrival."""
    return received_of([execution])[execution.pk]


def received_of(executions: Iterable[NodeExecution]) -> dict[UUID, dict[str, Any]]:
    """The same for many executions in at most two queries."""
    many = list(executions)
    arrivals: dict[tuple[int, int], list[NodeInput]] = {}
    paired = {execution.run_node_id for execution in many if execution.run_node_id is not None}
    if paired:
        ordinals = [execution.ordinal for execution in many if execution.run_node_id is not None]
        rows = NodeInput.objects.filter(run_node__in=paired, ordinal__range=(min(ordinals), max(ordinals)))
        for row in rows.order_by("id"):
            arrivals.setdefault((row.run_node_id, row.ordinal), []).append(row)
    wanted = {
        (row.output_id, row.selector or "") for rows in arrivals.values() for row in rows if row.output_id is not None
    } | {(output_id, selector) for one in many for output_id, selector in (one.references or {}).values()}
    large = _referenced(wanted)
    return {one.pk: _received(one, arrivals.get((one.run_node_id or 0, one.ordinal), []), large) for one in many}


def _received(
    execution: NodeExecution, arrivals: list[NodeInput], large: Mapping[tuple[int, str], Any]
) -> dict[str, Any]:
    values = {
        row.pin: row.value if row.output_id is None else large[row.output_id, row.selector or ""] for row in arrivals
    }
    values.update(execution.inputs)
    for pin, (output_id, selector) in (execution.references or {}).items():
        values[pin] = large[output_id, selector]
    return values
