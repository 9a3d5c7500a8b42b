"""Sound and video, by a real ffmpeg."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from blocks import registry
from blocks.library import media
from blocks.sdk import Context
from blocks.sdk.cases import call


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of video without sound, and half a second of sound."""
    folder = tmp_path_factory.mktemp("run")
    made = ("-hide_banner", "-loglevel", "error", "-f", "lavfi", "-i")
    for source, name in (("color=red:s=32x32:r=10:d=1", "red.mp4"), ("sine=440:d=0.5", "tone.wav")):
        subprocess.run([media._ffmpeg(), *made, source, str(folder / name)], check=True)
    return folder


def emitted(name: str, folder: Path, context: dict[str, Any] | None = None, **data: Any) -> Any:
    spec = next(spec for spec in registry.all_specs() if spec.name == name)
    ((_, value),) = call(spec, data, Context(files=folder, **context or {}))
    return value


def length(folder: Path, name: str, *, is_video: bool = True) -> float:
    measured = emitted("MediaDurationBlock", folder, media_in=name, is_video=is_video)
    return round(float(measured), 1)


def test_a_file_has_a_length(folder: Path) -> None:
    assert length(folder, "red.mp4") == 1.0
    assert length(folder, "tone.wav", is_video=False) == 0.5
    with pytest.raises(ValueError, match="no file with video"):
        length(folder, "tone.wav")


def test_a_video_is_repeated(folder: Path) -> None:
    assert length(folder, emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=3)) == 3.0
    assert length(folder, emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=3, duration=1.5)) == 1.5
    uri = emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=1, output_return_type="data_uri")
    assert uri.startswith("data:video/mp4;base64,")


def test_a_video_gets_another_sound_and_keeps_its_length(folder: Path) -> None:
    dubbed = emitted("AddAudioToVideoBlock", folder, video_in="red.mp4", audio_in="tone.wav", volume=0.5)
    assert length(folder, dubbed) == 1.0
    assert length(folder, dubbed, is_video=False) == 1.0


def test_a_repeated_call_makes_no_second_file(folder: Path) -> None:
    first = emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=2)
    files = sorted(folder.iterdir())
    assert emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=2) == first
    assert sorted(folder.iterdir()) == files


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.txt", "ffconcat version 1.0\nfile red.mp4\n"),
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nred.mp4\n#EXT-X-ENDLIST\n"),
        ("noise.mp4", "no video at all"),
    ],
)
def test_a_playlist_does_not_lead_to_other_files(folder: Path, name: str, content: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(ValueError, match="no file with video"):
        length(folder, name)


def test_a_video_of_days_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="longer than 4 hours"):
        emitted("LoopVideoBlock", folder, video_in="red.mp4", n_loops=100_000)


def test_a_stop_ends_the_work(folder: Path) -> None:
    with pytest.raises(ValueError, match="stopped"):
        emitted("LoopVideoBlock", folder, {"cancelled": lambda: True}, video_in="red.mp4", duration=14_000.0)


def test_without_ffmpeg_the_remedy_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ValueError, match=r"petiole\[media\]"):
        length(folder, "red.mp4")
