"""Workers on several machines that share no folder."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.core.files.storage import storages

from blocks.library.file_read import FileReadBlock
from blocks.library.file_store import FileStoreBlock
from executions.files import copies
from executions.models import NodeExecution
from executions.states import Status
from tests import stack
from tests.blocks_for_tests import LoudBlock
from tests.executions.files.opaque import OpaqueStorage
from tests.executions.files.test_storages import BACKEND
from tests.executions.runs import end_of
from tests.graphs_for_tests import Build

TEXT = "hi " * 40_000


@pytest.mark.worker
def test_files_and_large_values_go_from_machine_to_machine_through_the_storage(
    broker: None, transactional_db: None, build: Build, settings: Any, tmp_path: Path
) -> None:
    """One worker takes the blocks for io, the other those for processes; each has a folder of its own."""
    (tmp_path / "bucket").mkdir()
    entry = {"BACKEND": BACKEND, "OPTIONS": {"folder": str(tmp_path / "bucket")}}
    settings.STORAGES = settings.STORAGES | {"default": entry}
    common = {"PETIOLE_FILE_STORAGE": json.dumps(entry), "PETIOLE_FILE_BYTES": "8192"}
    nodes = {
        "e": ("Echo", {"x": f"data:text/plain;base64,{base64.b64encode(TEXT.encode()).decode()}"}),
        "s": FileStoreBlock.id,
        "l": LoudBlock.id,
        "r": FileReadBlock.id,
    }
    built = build(nodes, "e.out -> s.file_in", "s.file_out -> l.x", "l.out -> r.file_input")
    with (
        stack.worker("io,engine", "-P", "threads", "-c", "4", PETIOLE_FILES=str(tmp_path / "one"), **common),
        stack.worker("cpu", "-P", "prefork", "-c", "1", PETIOLE_FILES=str(tmp_path / "two"), **common),
    ):
        run = end_of(built.start(), within=60)
        bucket = storages["default"]
        assert isinstance(bucket, OpaqueStorage)
        assert run.status == Status.COMPLETED
        [read] = NodeExecution.objects.filter(run=run, node_id=built.ids["r"])
        [output] = read.outputs.filter(pin="content")
        with bucket.open(output.file or "") as content:
            assert json.load(content) == TEXT.upper()
        values = NodeExecution.objects.filter(run=run, outputs__file__isnull=False).count()
        stack.eventually(lambda: len(bucket.contents()) == values)  # the files have gone with the run
    current_app.control.purge()
    assert [left for machine in ("one", "two") for left in (tmp_path / machine).rglob("*") if _is_content(left)] == []


def _is_content(path: Path) -> bool:
    return path.is_file() and path.name != copies.LOCK
