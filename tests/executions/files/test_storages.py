"""Files of runs in a storage that is no folder: everything holds that holds for a folder."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from blocks.library.file_read import FileReadBlock
from blocks.library.file_store import FileStoreBlock
from blocks.library.send_web_request import SendWebRequestBlock
from blocks.sdk import files
from config import checks
from executions import services
from executions.engine.work import Work
from executions.errors import LostClaim
from executions.files import copies, stored
from executions.models import GraphExecution, NodeExecution, RunFile
from executions.states import Status
from outbound import allowing
from scheduling.jobs import expiry, retention
from tests.blocks_for_tests import LoudBlock
from tests.executions.driver import Driver
from tests.executions.files.opaque import OpaqueStorage
from tests.executions.runs import taken, values
from tests.graphs_for_tests import Build, Built
from tests.outbound.servers import Answer, serving

STORE, READ, LOUD = FileStoreBlock.id, FileReadBlock.id, LoudBlock.id
HI = {"file_in": "data:text/plain;base64,aGk="}
LINKS = "s.file_out -> l.x", "l.out -> r.file_input"
BACKEND = "tests.executions.files.opaque.OpaqueStorage"


@pytest.fixture
def bucket(drive: Driver, settings: Any, tmp_path: Path) -> OpaqueStorage:
    settings.MEDIA_ROOT = str(tmp_path / "machine")
    (tmp_path / "bucket").mkdir()
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": BACKEND, "OPTIONS": {"folder": str(tmp_path / "bucket")}}
    }
    return cast(OpaqueStorage, storages["default"])


def copies_left() -> list[str]:
    return [one.name for one in copies.folder().iterdir() if one.name != copies.LOCK]


def waits_with_files(build: Build, drive: Driver) -> tuple[Built, GraphExecution]:
    """A run that has made two files and waits for a time far ahead."""
    nodes = {"s": (STORE, HI), "l": LOUD, "t": ("CountdownTimer", {"seconds": 3600})}
    built = build(nodes, "s.file_out -> l.x")
    run = built.start()
    while drive.messages:
        drive.step()
    return built, run


def test_blocks_pass_files_on_and_nothing_is_left_when_the_run_has_completed(
    bucket: OpaqueStorage, build: Build, drive: Driver
) -> None:
    built = build({"s": (STORE, HI), "l": LOUD, "r": READ}, *LINKS)
    run = drive(built.start())
    assert (run.status, values(built, run, "r", "content")) == (Status.COMPLETED, ["HI"])
    assert (bucket.contents(), RunFile.objects.count(), copies_left()) == ([], 0, [])


def test_an_upload_is_given_to_a_run(bucket: OpaqueStorage, api: APIClient, build: Build, drive: Driver) -> None:
    file = SimpleUploadedFile("a.txt", b"hi", content_type="text/plain")
    sent = api.post("/v1/files/upload", {"file": file}, format="multipart").json()
    built = build({"s": (STORE, {"file_in": sent["file_uri"]}), "l": LOUD, "r": READ}, *LINKS)
    run = drive(built.start())
    assert values(built, run, "r", "content") == ["HI"]
    assert bucket.contents() == ["hi"]  # the upload


def test_the_owner_lists_and_reads_the_files_of_a_run_and_nobody_else_does(
    bucket: OpaqueStorage, api: APIClient, build: Build, drive: Driver
) -> None:
    built, run = waits_with_files(build, drive)
    address = f"/v1/graphs/{built.version.graph_id}/executions/{run.pk}/files"
    loud, plain = (one["name"] for one in reversed(api.get(address).json()))
    assert loud == f"loud-{plain}"
    read: Any = api.get(f"{address}/{loud}")
    assert (b"".join(read.streaming_content), read["Content-Disposition"][:10]) == (b"HI", "attachment")
    assert [api.get(f"{address}/{name}").status_code for name in ("absent", "..", "..%2Fx")] == [404] * 3
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    assert [eve.get(address).status_code, eve.get(f"{address}/{loud}").status_code] == [404, 404]


def test_files_of_a_stopped_run_stay_for_a_retry_until_retention_takes_them(
    bucket: OpaqueStorage, build: Build, drive: Driver, settings: Any
) -> None:
    settings.FILE_BYTES = 1024
    nodes = {"s": (STORE, HI), "e": ("Echo", {"x": "y" * 2000}), "t": ("CountdownTimer", {"seconds": 3600})}
    run = build(nodes).start()
    while drive.messages:
        drive.step()
    services.stop_run(run)
    run = drive(run)
    assert (run.status, len(bucket.contents())) == (Status.TERMINATED, 2)
    GraphExecution.objects.update(ended_at=timezone.now() - timedelta(days=200))
    assert "Deleted 1 runs" in retention.purge()
    assert bucket.contents() == []


def test_a_large_value_is_kept_once_and_read_by_who_receives_it(
    bucket: OpaqueStorage, build: Build, drive: Driver, settings: Any
) -> None:
    settings.FILE_BYTES = settings.REFERENCE_BYTES = 1024
    built = build({"a": ("Echo", {"x": "y" * 2000}), "b": "Echo"}, "a.out -> b.x")
    run = drive(built.start())
    assert [len(content) for content in bucket.contents()] == [2002, 2002]
    [received] = built.of(run, "b")
    assert received.outputs.get(pin="out").file is not None


@pytest.mark.parametrize(
    ("limit", "most", "problem"), [("MOST_BYTES", 60, "is larger than"), ("MOST_BYTES_OF_RUN", 100, "together")]
)
def test_limits_hold_for_files_that_a_block_writes_by_itself(
    bucket: OpaqueStorage,
    build: Build,
    drive: Driver,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    most: int,
    problem: str,
) -> None:
    monkeypatch.setattr(files, limit, most)
    letters = base64.b64encode(("\u0149" * 30).encode()).decode()  # 60 bytes, and 90 as capitals
    built = build({"s": (STORE, {"file_in": f"data:text/plain;base64,{letters}"}), "l": LOUD}, "s.file_out -> l.x")
    run = drive(built.start())
    [failed] = built.of(run, "l")
    assert failed.status == Status.FAILED
    assert problem in failed.stats["error"]


def test_a_storage_that_does_not_answer_costs_attempts_and_no_outputs(
    bucket: OpaqueStorage, build: Build, drive: Driver
) -> None:
    bucket.refuses = 1
    built = build({"s": (STORE, HI), "l": LOUD, "r": READ}, *LINKS)
    run = drive(built.start())
    [again] = built.of(run, "s")
    assert (values(built, run, "r", "content"), again.mishaps) == (["HI"], 1)


def test_requests_are_answered_503_while_the_storage_does_not_answer(
    bucket: OpaqueStorage, api: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    bucket.refuses = 1
    file = SimpleUploadedFile("a.txt", b"hi", content_type="text/plain")
    refused = api.post("/v1/files/upload", {"file": file}, format="multipart")
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    assert "the bucket does not answer" in caplog.text
    assert "bucket" not in refused.json()["message"]


def test_a_block_on_the_event_loop_reads_what_another_block_has_kept(
    bucket: OpaqueStorage, build: Build, drive: Driver
) -> None:
    with (
        serving(lambda _asked: Answer(200, {"content-type": "text/plain"}, b"thanks")) as server,
        allowing("127.0.0.1"),
    ):
        nodes = {"s": (STORE, HI), "w": (SendWebRequestBlock.id, {"url": server.url, "json_format": False})}
        built = build(nodes, "s.file_out -> w.files_$_0")
        run = drive(built.start())
    assert values(built, run, "w", "response") == ["thanks"]
    assert "hi" in server.asked[0].body.decode()


def test_the_same_file_is_kept_once(bucket: OpaqueStorage, build: Build, drive: Driver) -> None:
    nodes = {"s": (STORE, HI), "u": (STORE, HI), "t": ("CountdownTimer", {"seconds": 3600})}
    build(nodes).start()
    while drive.messages:
        drive.step()
    assert bucket.contents() == ["hi"]


def claimed(build: Build, drive: Driver) -> Work:
    """An attempt at a node, whose block has not been called."""
    built = build({"s": (STORE, HI)})
    run = built.start()
    drive.step()
    [node] = built.of(run, "s")
    return taken(node)


def test_a_file_that_is_written_anew_replaces_the_one_before(
    bucket: OpaqueStorage, build: Build, drive: Driver
) -> None:
    work = claimed(build, drive)
    with work.files:
        work.files.folder.mkdir()
        for text in ("one", "three"):
            (work.files.folder / "note.txt").write_text(text)
            work.files.keep()
            work.files.keep()
        (work.files.folder / "note.txt").unlink()
        assert files.store("note.txt", work.files.folder).data_uri() == "data:text/plain;base64,dGhyZWU="
    assert bucket.contents() == ["three"]
    assert not work.files.folder.exists()


def test_who_has_lost_the_claim_keeps_nothing(bucket: OpaqueStorage, build: Build, drive: Driver) -> None:
    work = claimed(build, drive)
    NodeExecution.objects.update(claim_token=uuid4())
    with work.files:
        work.files.folder.mkdir()
        (work.files.folder / "note.txt").write_text("late")
        with pytest.raises(LostClaim):
            work.files.keep()
    assert (bucket.contents(), RunFile.objects.count()) == ([], 0)


def test_files_that_a_completed_run_has_left_are_removed_later(
    bucket: OpaqueStorage, build: Build, drive: Driver
) -> None:
    run = drive(build({"e": ("Echo", {"x": 1})}).start())
    bucket.refuses = 0
    (bucket.folder / "k").write_text("left")
    RunFile.objects.create(run=run, name="a.txt", size=4, digest="", file="k")
    expiry.clean()
    assert (bucket.contents(), RunFile.objects.count(), stored.listed(run.pk)) == ([], 0, [])


def test_copies_of_a_process_that_was_killed_are_removed_by_the_next_one(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "one")
    alive = copies.folder()
    (alive.parent / "killed" / "token").mkdir(parents=True)
    copies._folders.clear()  # as in another process
    other = copies.folder()
    assert {one.name for one in other.parent.iterdir()} == {alive.name, other.name, copies.LOCK}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"BACKEND": "tests.absent.Storage"}, "No module named 'tests.absent'"),
        ({"BACKEND": BACKEND}, "missing 1 required positional argument: 'folder'"),
        ({"BACKEND": BACKEND, "OPTIONS": {"folder": "/"}}, ""),
    ],
)
def test_a_storage_that_cannot_be_made_is_found_before_the_start(settings: Any, entry: Any, problem: str) -> None:
    settings.STORAGES = settings.STORAGES | {"default": entry}
    found = checks.files_can_be_kept()
    assert [(one.id, problem in one.msg) for one in found] == ([("config.E011", True)] if problem else [])
