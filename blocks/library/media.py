"""Sound and video through ffmpeg, a process of its own with limits: files come from strangers."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from blocks.sdk import Context
from blocks.sdk.files import MOST_BYTES, StoredFile, keep

MOST_SECONDS: Final = 600
LONGEST_VIDEO: Final = 4 * 3600.0
# formats that hold sound and pictures themselves: playlists could name any file of this machine
_FORMATS: Final = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mp3", "wav", "ogg", "flac", "aac", "avi", "mpegts", "mpeg", "flv",
    "asf", "gif", "aiff", "caf", "amr",
)  # fmt: skip
_INPUT: Final = (
    "-protocol_whitelist", "file", "-format_whitelist", ",".join(_FORMATS), "-max_pixels", "40000000", "-threads", "2",
)  # fmt: skip
ENCODED: Final = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-threads", "2", "-c:a", "aac")
_DURATION: Final = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")


def duration_of(file: StoredFile, context: Context, *, stream: str) -> float:
    """The length in seconds. ValueError when the file has no `stream` (Video or Audio) or does not tell its length."""
    told = _run([*source(file)], file.folder, context.cancelled)[1]
    if f": {stream}:" not in told:
        raise ValueError(f"{file.name} is no file with {stream.lower()} in it that can be read")
    found = _DURATION.search(told)
    if found is None:
        raise ValueError(f"{file.name} does not say how long it is")
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])


def source(file: StoredFile, *options: str) -> list[str]:
    """The arguments that make the file an input."""
    return [*_INPUT, *options, "-i", str((file.folder / file.name).resolve())]


def made(arguments: Sequence[str], folder: Path, context: Context) -> StoredFile:
    """The video that ffmpeg writes, as a file of the run; named after how it is made: a repeated call finds it."""
    name = f"{hashlib.sha256(chr(0).join(arguments).encode()).hexdigest()[:32]}.mp4"
    with tempfile.TemporaryDirectory() as workshop:
        made = Path(workshop) / name
        limits = ["-fs", str(MOST_BYTES + 1), "-timelimit", str(MOST_SECONDS)]
        status, told = _run([*arguments, *limits, str(made)], folder, context.cancelled)
        if status or not made.exists():
            raise ValueError(f"ffmpeg could not make the video: {told.strip()[-500:]}")
        if made.stat().st_size > MOST_BYTES:
            raise ValueError(f"the video would be larger than {MOST_BYTES // 2**20} MB")
        return keep(folder, name, made.read_bytes())


def _run(arguments: Sequence[str], folder: Path, cancelled: Callable[[], bool]) -> tuple[int, str]:
    command = [_ffmpeg(), "-hide_banner", "-nostdin", "-nostats", "-y", *arguments]
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=told)
        try:
            _wait(process, cancelled)
        finally:
            process.kill()  # whatever ends the block ends its process; for one that has ended it does nothing
            process.wait()
        told.seek(0)
        return process.returncode, told.read(1_000_000).decode("utf-8", "replace")


def _wait(process: subprocess.Popen[bytes], cancelled: Callable[[], bool]) -> None:
    for _ in range(MOST_SECONDS * 5):
        try:
            process.wait(timeout=0.2)
            return
        except subprocess.TimeoutExpired:
            if cancelled():
                raise ValueError("the run was stopped") from None
    raise ValueError(f"ffmpeg took more than {MOST_SECONDS} seconds")


def _ffmpeg() -> str:
    try:
        from imageio_ffmpeg import get_ffmpeg_exe  # type: ignore[import-untyped] # it has no types

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if found is None:
        raise ValueError("ffmpeg is not installed here: pip install petiole[media], or the ffmpeg of the system")
    return found
