"""Plug-ins: the example is built, installed and run; a new one begins as a skeleton; unfit ones are disabled."""

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from django.core.management import CommandError, call_command

from blocks import plugins, skeleton
from blocks.sdk import API_VERSION

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "plugin"


def python(*arguments: str, path: Path) -> subprocess.CompletedProcess[str]:
    """A process in which the packages below `path` are installed."""
    environment = {**os.environ, "PYTHONPATH": str(path), "PYTHONWARNINGS": ""}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def install(folder: Path, target: Path) -> None:
    """Without the network: all that is needed to build it is here."""
    alone = ("--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet")
    done = python("-m", "pip", "install", *alone, "--target", str(target), str(folder), path=target)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, a fresh skeleton, and a plug-in that declares nothing, installed into a folder of their own."""
    folder = tmp_path_factory.mktemp("plugins")
    target = folder / "site"
    call_command("new_block", "ShoutText", folder=folder / "petiole-shout-text")
    install(EXAMPLE, target)
    install(folder / "petiole-shout-text", target)
    (target / "silent.py").write_text("")
    facts = target / "silent-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: silent\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[petiole.blocks]\nsilent = silent\n")
    return target


@pytest.mark.parametrize(("name", "cases"), [("Slug", 3), ("SignTextBlock", 1), ("ShoutText", 2)])
def test_a_block_of_an_installed_plug_in_tests_itself(site: Path, name: str, cases: int) -> None:
    done = python("manage.py", "test_block", name, path=site)
    assert done.stdout.splitlines()[-1] == f"{cases} passed, 0 failed", done.stderr
    assert done.returncode == 0


def test_the_tests_and_the_pages_of_a_skeleton_work(site: Path) -> None:
    plugin = site.parent / "petiole-shout-text"
    tested = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(plugin), str(plugin), path=site)
    assert "2 passed" in tested.stdout, tested.stdout
    written = python("-m", "blocks.docs", str(plugin / "docs"), "petiole_shout_text", path=site)
    assert written.returncode == 0, written.stderr
    assert '| `mark` | string | `"!"` | What stands at the end. |' in (plugin / "docs" / "shout_text.md").read_text()


def test_the_pages_of_the_example_are_those_of_today(site: Path, tmp_path: Path) -> None:
    for page in (EXAMPLE / "docs").iterdir():
        (tmp_path / page.name).write_text(page.read_text())
    python("-m", "blocks.docs", str(tmp_path), "petiole_example", path=site)
    pages = {page.name: page.read_text() for page in (EXAMPLE / "docs").iterdir()}
    assert {page.name: page.read_text() for page in tmp_path.iterdir()} == pages


def test_an_installed_plug_in_says_for_which_api_it_was_written(site: Path) -> None:
    checked = python("manage.py", "check", path=site)
    assert "silent" in checked.stderr
    assert f"add PETIOLE_API = {API_VERSION} to silent" in checked.stderr


def test_a_plug_in_of_another_api_is_unfit() -> None:
    module = ModuleType("weather")
    assert plugins.unfit(module, must_declare=False) is None
    module.PETIOLE_API = API_VERSION  # type: ignore[attr-defined] # as its author writes it
    assert plugins.unfit(module, must_declare=True) is None
    module.PETIOLE_API = 99  # type: ignore[attr-defined] # as its author writes it
    assert "written for version 99" in str(plugins.unfit(module, must_declare=False))


@pytest.mark.parametrize("name", ["shout", "Shout Text", "../Shout", "S", "Block"])
def test_a_block_needs_a_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no name of a block"):
        call_command("new_block", name, folder=tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is there already"):
        call_command("new_block", "ShoutText", folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_parts_of_a_plug_in_are_called_after_its_block() -> None:
    names = skeleton.named("HTMLToTextBlock")
    assert (names.block, names.module, names.package) == ("HTMLToText", "html_to_text", "petiole_html_to_text")
    assert names.distribution == "petiole-html-to-text"


def test_a_block_that_is_not_here_cannot_be_tested() -> None:
    with pytest.raises(CommandError, match="There is no block 'Nobodys'"):
        call_command("test_block", "Nobodys")
    with pytest.raises(CommandError, match="not part of this installation"):
        call_command("test_block", "GithubComment")
