"""Files that a run keeps in a folder of its own: what data URIs and addresses hold is stored, names are looked up."""

import base64
import binascii
import hashlib
import mimetypes
import re
from collections.abc import Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

MOST_BYTES = 100 * 1024 * 1024  # of one file
MOST_BYTES_OF_RUN = 1024 * 1024 * 1024

_DATA = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+=[^;,]*)*;base64,", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the folder of a run; `name` is its path relative to that folder."""

    folder: Path
    name: str
    mime: str

    def data_uri(self) -> str:
        content = (self.folder / self.name).read_bytes()
        return f"data:{self.mime};base64,{base64.b64encode(content).decode('ascii')}"


class Depot(Protocol):
    """Has the files of a run where its folder is only a working copy."""

    def fetch(self, name: str) -> None:
        """Puts the file of this name into the folder, when the run has one."""

    def used(self, besides: Set[str]) -> int:
        """Bytes of the files of the run, but for these names."""


_depots: Final[dict[Path, Depot]] = {}


@contextmanager
def kept_in(folder: Path, depot: Depot) -> Iterator[None]:
    """Meanwhile what is not in the folder is looked for in the depot."""
    _depots[folder] = depot
    try:
        yield
    finally:
        del _depots[folder]


def store(reference: str, folder: Path | None) -> StoredFile:
    """The file that `reference` means: a data URI or web address, whose content is stored, or the name of a file that
    is there already."""
    if folder is None:
        raise ValueError("this run has no folder for files")
    if reference.startswith("data:"):
        return _stored(reference, folder)
    if _SCHEME.match(reference):
        scheme = reference.partition("://")[0].lower()
        if scheme in ("http", "https"):
            return _downloaded(reference, folder)
        raise ValueError(
            f"files from {scheme}:// addresses are not supported: give an http address, a data URI or a file's name"
        )
    return find(reference, folder)


def _stored(uri: str, folder: Path) -> StoredFile:
    head = _DATA.match(uri)
    if head is None:
        raise ValueError("a data URI must look like data:<type>;base64,<content>")
    check_size((len(uri) - head.end()) * 3 // 4)
    try:
        content = base64.b64decode(uri[head.end() :], validate=True)
    except binascii.Error as wrong:
        raise ValueError(f"the content of the data URI is no base64: {wrong}") from None
    mime = head["mime"] or "text/plain"
    # named after its content, so that a repeated call of the block finds the same file
    name = hashlib.sha256(content).hexdigest()[:32] + (mimetypes.guess_extension(mime) or ".bin")
    _write(folder, name, content)
    return StoredFile(folder, name, mime)


def keep(folder: Path, name: str, content: bytes) -> StoredFile:
    """A file that a block made, as a file of the run. ValueError when there is no room for it."""
    _write(folder, name, content)
    return StoredFile(folder, name, mimetypes.guess_type(name)[0] or "application/octet-stream")


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / name).exists():
        _make_room(folder, name, len(content))
        (folder / name).write_bytes(content)


def _downloaded(url: str, folder: Path) -> StoredFile:
    import httpx

    import outbound

    try:
        with outbound.client(outbound.Policy(max_bytes=MOST_BYTES, timeout=300)) as client:
            answer = outbound.fetch(client, outbound.build(client, "GET", url)).raise_for_status()
    except httpx.HTTPStatusError as refused:
        raise ValueError(f"the file was not delivered: the server answered {refused.response.status_code}") from None
    except httpx.HTTPError as wrong:
        raise ValueError(f"the file could not be fetched: {str(wrong) or type(wrong).__name__}") from None
    mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    name = _named(answer.url.path, answer.content)
    _write(folder, name, answer.content)
    return StoredFile(folder, name, mime or mimetypes.guess_type(name)[0] or "application/octet-stream")


def _named(path: str, content: bytes) -> str:
    """The last part of the address; when another file of the run has this name, with a mark of the content."""
    digest = hashlib.sha256(content).hexdigest()[:32]
    last = re.sub(r"[^\w.-]", "_", path.rpartition("/")[2])[-150:].strip(".")
    return f"{digest[:12]}_{last}" if last else f"{digest}.bin"


def _make_room(folder: Path, name: str, size: int) -> None:
    sizes = {file.name: file.stat().st_size for file in folder.iterdir() if file.is_file()}
    depot = _depots.get(folder)
    elsewhere = 0 if depot is None else depot.used({name, *sizes})
    check_room(sum(sizes.values()) + elsewhere, size)


def check_size(size: int) -> None:
    """Raises ValueError when a file may not have so many bytes."""
    if size > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES // 2**20} MB")


def check_room(used: int, size: int) -> None:
    """Raises ValueError when a run whose files have `used` bytes has no room for one of `size`."""
    if used + size > MOST_BYTES_OF_RUN:
        raise ValueError(f"the files of this run would be larger than {MOST_BYTES_OF_RUN // 2**20} MB together")


def find(reference: str, folder: Path) -> StoredFile:
    """The file of this name, which leads nowhere else. Raises ValueError when there is none."""
    # separators become part of the name: no reference leads out of the folder
    name = re.sub(r"[/\\\0]", "_", reference)
    path = folder / name
    # longer names cannot exist and are an error of the file system
    if name in {"", ".", ".."} or len(name) > 200 or not _is_there(folder, name) or path.is_symlink():
        raise ValueError(f"this run has no file {name[:200]!r}")
    check_size(path.stat().st_size)
    return StoredFile(folder, name, mimetypes.guess_type(name)[0] or "application/octet-stream")


def _is_there(folder: Path, name: str) -> bool:
    path, depot = folder / name, _depots.get(folder)
    if depot is not None and not path.exists():
        depot.fetch(name)
    return path.is_file()
