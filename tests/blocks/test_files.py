"""Files of a run stay in the folder of the run."""

from pathlib import Path

import pytest

from blocks.sdk import files

HELLO = "data:text/plain;base64,aGk="


def test_a_data_uri_is_stored_and_found_again(tmp_path: Path) -> None:
    stored = files.store(HELLO, tmp_path / "run")
    assert (tmp_path / "run" / stored.name).read_bytes() == b"hi"
    assert stored.name.endswith(".txt")
    assert files.store(stored.name, tmp_path / "run").data_uri() == HELLO


def test_a_repeated_call_stores_the_same_file(tmp_path: Path) -> None:
    assert files.store(HELLO, tmp_path) == files.store(HELLO, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_an_unusual_type_is_kept(tmp_path: Path) -> None:
    stored = files.store("data:application/x-odd;charset=utf-8;base64,aGk=", tmp_path)
    assert (stored.mime, stored.name[-4:]) == ("application/x-odd", ".bin")


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        ("http://127.0.0.1/a.txt", "no public address"),
        ("gcs://bucket/a.txt", "gcs:// addresses are not supported"),
        ("data:text/plain,hi", "must look like"),
        ("data:text/plain;base64,a*k=", "no base64"),
        ("absent.txt", "no file 'absent.txt'"),
        ("../secret.txt", "no file '.._secret.txt'"),
        ("..", r"no file '\.\.'"),
        ("", "no file ''"),
        ("a" * 100_000, "no file 'aaa"),
    ],
)
def test_other_references_are_refused(reference: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(ValueError, match=problem):
        files.store(reference, tmp_path / "run")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ValueError, match="no file"):
        files.store("link.txt", tmp_path / "run")


def test_separators_become_part_of_the_name(tmp_path: Path) -> None:
    (tmp_path / "a_b.txt").write_text("x")
    assert files.store("a/b.txt", tmp_path).name == "a_b.txt"


def test_files_have_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1024)
    with pytest.raises(ValueError, match="larger than"):
        files.store(HELLO + "A" * 4000, tmp_path)


def test_the_files_of_a_run_have_a_largest_size_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES_OF_RUN", 3)
    files.store(HELLO, tmp_path)
    with pytest.raises(ValueError, match="together"):
        files.store("data:text/plain;base64,aG8=", tmp_path)


def test_without_a_folder_there_are_no_files() -> None:
    with pytest.raises(ValueError, match="no folder"):
        files.store(HELLO, None)
