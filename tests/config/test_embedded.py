import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import embedded


def test_only_the_owner_looks_into_the_state_folder(tmp_path: Path) -> None:
    key = embedded.secret_key(tmp_path / "state")
    assert len(key) >= 50
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / "secret_key").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "state").iterdir()] == ["secret_key"]


def test_the_key_stays_the_same(tmp_path: Path) -> None:
    assert embedded.secret_key(tmp_path) == embedded.secret_key(tmp_path)


def test_a_folder_with_other_things_in_it_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "something").touch()
    assert stat.S_IMODE(embedded.private_folder(tmp_path).stat().st_mode) == 0o755


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        ImproperlyConfigured, match=r"The folder .*/file/state cannot be used: Not a directory\. PETIOLE_STATE"
    ):
        embedded.secret_key(tmp_path / "file" / "state")


def test_the_socket_lies_in_the_state_folder_unless_its_path_is_too_long(tmp_path: Path) -> None:
    assert embedded.socket_path(tmp_path) == tmp_path / "valkey.sock"
    far = Path("/") / "/".join(["far"] * 30)
    assert len(str(embedded.socket_path(far))) < embedded.LONGEST_SOCKET_PATH
    assert embedded.socket_path(far) != embedded.socket_path(far / "away")


@pytest.mark.parametrize(
    ("url", "celery"),
    [
        ("unix:///s/valkey.sock", "redis+socket:///s/valkey.sock?virtual_host=0"),
        ("unix:///s/valkey.sock?db=3", "redis+socket:///s/valkey.sock?virtual_host=3"),
        ("rediss://:pw@host/1", "rediss://:pw@host/1"),
    ],
)
def test_celery_spells_sockets_its_own_way(url: str, celery: str) -> None:
    assert embedded.celery_url(url) == celery
