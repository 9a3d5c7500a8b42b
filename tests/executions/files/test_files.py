"""Files that are uploaded and given to runs, and the files of runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from blocks.library.file_store import FileStoreBlock
from executions.files import uploads
from executions.models import GraphExecution, Upload
from executions.states import Status
from executions.values import folder_of
from tests.executions.driver import Driver
from tests.executions.runs import values
from tests.graphs_for_tests import Build

pytestmark = [pytest.mark.usefixtures("drive")]
STORE, FILE_INPUT = FileStoreBlock.id, "95ead23f-8283-4654-aef3-10c053b74a31"


@pytest.fixture(autouse=True)
def storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


def uploaded(api: APIClient, content: bytes = b"hi", name: str = "a b.txt", hours: Any = 24) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/plain")
    return api.post(f"/v1/files/upload?expiration_hours={hours}", {"file": file}, format="multipart")


def test_an_upload_is_kept_and_read_again(api: APIClient) -> None:
    answer = uploaded(api).json()
    upload = Upload.objects.get()
    assert answer == {
        "file_uri": f"upload://{upload.pk}/a b.txt",
        "file_name": "a b.txt",
        "size": 2,
        "content_type": "text/plain",
        "expires_in_hours": 24,
    }
    content: Any = api.get(f"/v1/files/{upload.pk}")
    assert (b"".join(content.streaming_content), content["Content-Type"]) == (b"hi", "application/octet-stream")
    assert content["Content-Disposition"].startswith("attachment")


def test_limits_of_time_and_size_hold(api: APIClient, settings: Any) -> None:
    settings.UPLOAD_BYTES = 1024
    assert [uploaded(api, hours=hours).status_code for hours in (0, 49, "x")] == [400, 400, 422]
    assert uploaded(api, b"x" * 1025).status_code == 400
    assert api.post("/v1/files/upload", {}, format="multipart").status_code == 422
    assert (uploaded(api, hours=48).status_code, Upload.objects.count()) == (200, 1)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", "a/b\\c.txt", "x" * 500 + ".png"])
def test_a_name_leads_nowhere(name: str) -> None:
    plain = uploads.safe(name)
    assert not {"/", "\\"} & set(plain)
    assert 0 < len(plain) <= 150
    assert plain not in {".", ".."}


def test_a_run_is_given_an_upload(api: APIClient, build: Build, drive: Driver) -> None:
    reference = uploaded(api).json()["file_uri"]
    nodes = {"i": (FILE_INPUT, {"name": "f", "base_64": True}), "e": "Echo"}
    built = build(nodes, "i.result -> e.x")
    run = drive(built.start(inputs={"f": reference}))
    assert (run.status, values(built, run, "e")) == (Status.COMPLETED, ["data:text/plain;base64,aGk="])
    stored = build({"s": (STORE, {"file_in": reference}), "t": (STORE, {"base_64": True})}, "s.file_out -> t.file_in")
    run = drive(stored.start())
    assert values(stored, run, "t", "file_out") == ["data:text/plain;base64,aGk="]
    assert not folder_of(run.pk).exists()


def test_uploads_of_somebody_else_do_not_exist(api: APIClient, build: Build, drive: Driver) -> None:
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    theirs = uploaded(eve).json()["file_uri"]
    assert api.get(f"/v1/files/{Upload.objects.get().pk}").status_code == 404
    for reference in (theirs, f"upload://{uuid4()}/x", "upload://x"):
        built = build({"s": (STORE, {"file_in": reference})})
        run = drive(built.start())
        assert built.of(run, "s")[0].status == Status.FAILED
        assert "there is no uploaded file" in built.of(run, "s")[0].stats["error"]


def test_what_has_run_out_is_gone(api: APIClient) -> None:
    uploaded(api)
    upload = Upload.objects.get()
    Upload.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert api.get(f"/v1/files/{upload.pk}").status_code == 404
    assert (uploads.purge(), Upload.objects.count(), default_storage.exists(upload.file)) == (1, 0, False)


def test_the_files_of_a_run_are_listed_and_read_by_its_owner(api: APIClient, build: Build) -> None:
    run: GraphExecution = build({"e": ("Echo", {"x": 1})}).start()
    address = f"/v1/graphs/{run.graph_version.graph_id}/executions/{run.pk}/files"
    assert api.get(address).json() == []
    folder_of(run.pk).mkdir(parents=True)
    (folder_of(run.pk) / "a.txt").write_text("hi")
    (folder_of(run.pk) / "link.txt").symlink_to("/etc/hostname")
    assert {"name": "a.txt", "size": 2} in api.get(address).json()
    read: Any = api.get(f"{address}/a.txt")
    assert b"".join(read.streaming_content) == b"hi"
    assert [api.get(f"{address}/{name}").status_code for name in ("b.txt", "..", "link.txt", "..%2F..%2Fx")] == [
        404
    ] * 4
    eve = APIClient()
    eve.force_authenticate(User.objects.create_user("eve"))
    assert [eve.get(address).status_code, eve.get(f"{address}/a.txt").status_code] == [404, 404]
